//! Reputation: who may be trusted with work, by what came of work before.
//!
//! Each node has a [`Beta`] record of good and bad reports that fade; who falls below a threshold is suspended, or disqualified.
//!
//! Defaults are those of Storj's audits (storj/storj, `satellite/reputation`): λ = 0.999, w = 1, α₀ = 1000, β₀ = 0 \[L\]; Storj
//! disqualifies below 0.96 \[L\], that is after 41 failed audits in a row, and suspends (unknown results, λ = 0.95) below 0.6 \[L\].
//! Its score of being online is the mean, over 30 days of windows of 12 h, of the share of a window in which a node was up, with a
//! threshold of 0.6 \[L\]. A node counts as vetted after 100 good audits \[M\].
//!
//! Left out: that operators whose nodes are disqualified come back under another name, and that reports can lie.

use super::beta::Beta;
use crate::scenario::Reputation;
use crate::world::fleet::NodeId;

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// The result of a check of what a node keeps or has computed.
    Audit,
    /// The answer to an attempt, or none.
    Reply,
}

/// How a node stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It may be used.
    #[default]
    Good,
    /// It is not used for now.
    Suspended,
    /// It is not used any more.
    Disqualified,
}

/// The record of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Record {
    reports: Beta,
    good: u32,
    standing: Standing,
    /// Readings that were heard in the present window.
    heard: u32,
}

/// The records of all nodes.
#[derive(Clone, Debug)]
pub struct Records {
    rule: Reputation,
    nodes: Vec<Record>,
    /// Shares of past windows in which each node was heard of, node by node.
    windows: Vec<f32>,
    past: u32,
}

impl Records {
    /// Clean records.
    pub fn new(rule: Reputation, nodes: usize) -> Self {
        let windows = rule.online.map_or(0, |online| online.windows as usize * nodes);
        Self { rule, nodes: vec![clean(&rule); nodes], windows: vec![0.0; windows], past: 0 }
    }

    /// The score of a node.
    pub fn score(&self, node: NodeId) -> f64 {
        self.nodes[node.index()].reports.score()
    }

    /// How a node stands.
    pub fn standing(&self, node: NodeId) -> Standing {
        self.nodes[node.index()].standing
    }

    /// Whether a node has proved itself.
    pub fn is_vetted(&self, node: NodeId) -> bool {
        self.nodes[node.index()].good >= self.rule.vetting
    }

    /// A report; returns how the node stands, if that changes.
    pub fn report(&mut self, node: NodeId, good: bool, kind: ReportKind) -> Option<Standing> {
        if kind == ReportKind::Reply && !self.rule.replies {
            return None;
        }
        let rule = self.rule;
        let record = &mut self.nodes[node.index()];
        record.reports.report(rule.memory, good, rule.weight);
        record.good = record.good.saturating_add(u32::from(good));
        let score = record.reports.score();
        let standing = if record.standing == Standing::Disqualified
            || rule.disqualify.is_some_and(|limit| score < limit)
        {
            Standing::Disqualified
        } else if rule.suspend.is_some_and(|limit| score < limit) {
            Standing::Suspended
        } else {
            Standing::Good
        };
        let before = std::mem::replace(&mut record.standing, standing);
        (before != standing).then_some(standing)
    }

    /// A suspended node is tried again; false if it is not suspended any more.
    pub fn retry(&mut self, node: NodeId) -> bool {
        let record = &mut self.nodes[node.index()];
        let suspended = record.standing == Standing::Suspended;
        if suspended {
            record.standing = Standing::Good;
        }
        suspended
    }

    /// Another host stands in the place of `node`; returns whether its standing changes.
    pub fn newcomer(&mut self, node: NodeId) -> bool {
        let before = std::mem::replace(&mut self.nodes[node.index()], clean(&self.rule));
        before.standing != Standing::Good
    }

    /// A reading of `node` has arrived.
    pub fn heard(&mut self, node: NodeId) {
        self.nodes[node.index()].heard += 1;
    }

    /// A window ends in which `due` readings of each node should have arrived. Returns the nodes that are below the threshold.
    pub fn window_ends(&mut self, due: f64) -> Vec<bool> {
        let Some(online) = self.rule.online else { return Vec::new() };
        let (size, place) = (online.windows as usize, (self.past % online.windows) as usize);
        self.past += 1;
        let known = size.min(self.past as usize);
        let mut low = Vec::with_capacity(self.nodes.len());
        for (record, windows) in self.nodes.iter_mut().zip(self.windows.chunks_mut(size)) {
            windows[place] = (f64::from(std::mem::take(&mut record.heard)) / due).min(1.0) as f32;
            let score = windows[..known].iter().map(|share| f64::from(*share)).sum::<f64>() / known as f64;
            low.push(score < online.threshold);
        }
        low
    }
}

fn clean(rule: &Reputation) -> Record {
    Record { reports: Beta::new(rule.alpha, rule.beta), good: 0, standing: Standing::Good, heard: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::scenario::OnlineScore;

    fn rule() -> Reputation {
        let hours = |h: u64| SimDuration::from_secs(3600 * h);
        Reputation {
            memory: 0.999,
            weight: 1.0,
            alpha: 1000.0,
            beta: 0.0,
            disqualify: Some(0.96),
            suspend: None,
            retry: hours(1),
            vetting: 2,
            replies: false,
            online: Some(OnlineScore { window: hours(12), windows: 4, threshold: 0.6 }),
        }
    }

    /// From a clean record the score after r failures is 0.999^r: below 0.96 at the 41st.
    #[test]
    fn storj_disqualifies_after_41_failures() {
        let mut records = Records::new(rule(), 2);
        let node = NodeId(1);
        for failure in 1..=40 {
            assert_eq!(records.report(node, false, ReportKind::Audit), None);
            assert!((records.score(node) - libm::pow(0.999, f64::from(failure))).abs() < 1e-12);
        }
        assert_eq!(records.report(node, false, ReportKind::Audit), Some(Standing::Disqualified));
        for _ in 0..10_000 {
            assert_eq!(records.report(node, true, ReportKind::Audit), None);
        }
        assert!(records.score(node) > 0.99);
        assert_eq!(records.standing(node), Standing::Disqualified, "for good");
        assert!(records.newcomer(node));
        assert_eq!((records.standing(node), records.is_vetted(node)), (Standing::Good, false));
        assert_eq!(records.report(node, false, ReportKind::Reply), None, "replies do not count");
        assert!((records.score(node) - 1.0).abs() < 1e-12);
    }

    /// In the long run the score is the share of good reports.
    #[test]
    fn the_score_is_the_share_of_good_reports() {
        let mut records = Records::new(Reputation { disqualify: None, ..rule() }, 1);
        for report in 0..20_000 {
            records.report(NodeId(0), report % 10 != 0, ReportKind::Audit);
        }
        assert!((records.score(NodeId(0)) - 0.9).abs() < 0.001);
        assert!(records.is_vetted(NodeId(0)));
    }

    #[test]
    fn suspension_ends_with_the_score_or_on_trial() {
        let rule = Reputation { suspend: Some(0.999), disqualify: Some(0.5), ..rule() };
        let mut records = Records::new(rule, 1);
        let node = NodeId(0);
        assert_eq!(records.report(node, false, ReportKind::Audit), None);
        assert_eq!(records.report(node, false, ReportKind::Audit), Some(Standing::Suspended));
        assert!(records.retry(node) && !records.retry(node));
        assert_eq!(records.report(node, false, ReportKind::Audit), Some(Standing::Suspended));
        let mut standing = None;
        for _ in 0..2000 {
            standing = standing.or(records.report(node, true, ReportKind::Audit));
        }
        assert_eq!(standing, Some(Standing::Good));
    }

    /// Two windows away of four: one half, below 0.6.
    #[test]
    fn the_online_score_slides() {
        let mut records = Records::new(rule(), 1);
        let mut low = Vec::new();
        for heard in [10, 10, 0, 0, 10, 10, 10, 10] {
            (0..heard).for_each(|_| records.heard(NodeId(0)));
            low.push(records.window_ends(10.0)[0]);
        }
        assert_eq!(low, [false, false, false, true, true, true, false, false]);
    }
}
