//! Replications until enough is known: sequential intervals that cover whenever one stops.
//!
//! Who looks at an interval again and again, and stops when it is narrow, is right less often than it says. So looks are
//! taken at fixed numbers of replications (the least, doubled until the most), and what may go wrong, α = 5 %, is divided
//! among the K looks: at each the interval is Student's t at confidence 1 − α/K. By Bonferroni's inequality *all* K intervals
//! hold together with probability 95 % or more, so that of the look at which one stops does too, whatever the rule:
//! a width, a relative width, or that of a difference (repeated confidence intervals: Jennison and Turnbull, *Group Sequential
//! Methods*, 1999, ch. 9). Its price against one look is (z(1 − α/2K)/z(1 − α/2))², 1.9 times the replications for K = 7.
//! For data that are not normal it is as good as Student's t is; the tests measure it.
//!
//! Where all values of a share are at its bound, 0 or 1, the t interval would be a point and one would stop at once with a false
//! certainty; there the exact interval counts, in which a replication is a trial (see [`super::interval`]).
//!
//! Decisions see whole looks alone. So they do not depend on the order in which runs are finished, on threads, or on
//! whether the program was stopped in between.

use super::catalog::{self, Direction};
use super::interval::at_bound;
use super::selection::{Contest, Selection};
use super::stats::{CONFIDENCE, Moments, PairedDifference, stein_replications, t_quantile};
use crate::scenario::{Best, Scenario, Until, Width};
use serde::{Deserialize, Serialize};

/// The numbers of replications at which is decided: `first`, doubled until `most`.
pub fn looks(first: u32, most: u32) -> Vec<u32> {
    let double = |n: &u32| Some(n.saturating_mul(2).max(1));
    let mut looks: Vec<u32> =
        std::iter::successors(Some(first), double).take_while(|look| *look < most).collect();
    looks.push(most);
    looks
}

/// What decides on the number of replications of a variation.
#[derive(Clone, Debug)]
pub enum Rule {
    /// A mean is to be known.
    Until(Goals),
    /// The best policy is to be known.
    Select(Contest),
}

/// What a rule says next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// So many replications of each policy are needed before it can say more.
    More(Vec<u32>),
    /// It is enough: so many of each, and why.
    Done(Vec<u32>, Ended),
}

/// How a rule ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// About a mean.
    Until(Stopping),
    /// About the best policy.
    Select(Selection),
}

/// Why no more replications were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What was to be known is known.
    Reached,
    /// There were as many as there may be.
    Cap,
    /// The metric has no values on which to decide.
    NoValues,
}

/// How replications ended that were made until a mean was known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    /// Name of the metric.
    pub metric: String,
    /// Why it was enough.
    pub reason: Reason,
    /// Replications of each policy.
    pub replications: u32,
    /// The numbers of replications at which was looked.
    pub looks: Vec<u32>,
    /// Confidence of the interval at a look, so that all looks together have 95 %.
    pub confidence: f64,
    /// What is known.
    pub goals: Vec<Goal>,
}

/// One mean that was to be known, at the last look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// The policy.
    pub policy: String,
    /// The policy that it is compared with, of differences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minus: Option<String>,
    /// Number of values.
    pub n: u64,
    /// Their mean.
    pub mean: Option<f64>,
    /// Interval that covers with 95 %, whatever made the looks end.
    pub ci95: Option<[f64; 2]>,
    /// Half the width that was asked for, in the unit of the metric.
    pub wanted: f64,
    /// Whether the interval is as narrow.
    pub reached: bool,
    /// Replications that it would take by Stein's procedure, going by what is known now, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<u64>,
}

/// Means that are to be known.
#[derive(Clone, Debug)]
pub struct Goals {
    until: Until,
    policies: Vec<String>,
    /// Numbers of the policies that count.
    asked: Vec<usize>,
    looks: Vec<u32>,
}

impl Rule {
    /// The rule of a scenario; `None` if the number of replications is fixed.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let statistics = &scenario.statistics;
        let first = statistics.first?;
        let policies: Vec<String> = scenario.policies.keys().cloned().collect();
        if let Some(until) = &statistics.until {
            return Some(Self::Until(Goals::new(until.clone(), policies, (first, scenario.replications))));
        }
        let select = statistics.select.clone()?;
        let higher = match select.best {
            Best::Highest => true,
            Best::Lowest => false,
            Best::Auto => catalog::direction(&select.metric) == Direction::Higher,
        };
        Some(Self::Select(Contest { select, higher, policies, first, most: scenario.replications }))
    }

    /// Name of the metric that it looks at.
    pub fn metric(&self) -> &str {
        match self {
            Self::Until(goals) => &goals.until.metric,
            Self::Select(contest) => &contest.select.metric,
        }
    }

    /// What it says of the values that there are: of each policy in the order of the scenario, one for each replication that was
    /// made, `None` where the run failed or has no value. It never looks further than it asked for.
    pub fn next(&self, values: &[Vec<Option<f64>>]) -> Step {
        match self {
            Self::Until(goals) => goals.next(values),
            Self::Select(contest) => contest.next(values),
        }
    }
}

impl Goals {
    /// Means of `policies` that are to be known, from the first look to the last.
    pub fn new(until: Until, policies: Vec<String>, (first, most): (u32, u32)) -> Self {
        let counts = |name: &String| until.policies.as_ref().is_none_or(|named| named.contains(name));
        let asked = (0..policies.len()).filter(|number| counts(&policies[*number])).collect();
        Self { asked, looks: looks(first.min(most), most), until, policies }
    }

    /// Confidence of the interval at a look.
    pub fn confidence(&self) -> f64 {
        1.0 - (1.0 - CONFIDENCE) / self.looks.len() as f64
    }

    fn next(&self, values: &[Vec<Option<f64>>]) -> Step {
        for (number, look) in self.looks.iter().enumerate() {
            if values.iter().any(|of| of.len() < *look as usize) {
                return Step::More(vec![*look; self.policies.len()]);
            }
            let goals = self.goals(values, *look as usize);
            let reached = goals.iter().all(|goal| goal.reached);
            let valueless = goals.iter().all(|goal| goal.n == 0);
            if !reached && !valueless && number + 1 < self.looks.len() {
                continue;
            }
            let reason = match (valueless, reached) {
                (true, _) => Reason::NoValues,
                (_, true) => Reason::Reached,
                _ => Reason::Cap,
            };
            let stopping = Stopping {
                metric: self.until.metric.clone(),
                reason,
                replications: *look,
                looks: self.looks[..=number].to_vec(),
                confidence: self.confidence(),
                goals,
            };
            return Step::Done(vec![*look; self.policies.len()], Ended::Until(stopping));
        }
        unreachable!("there is a last look")
    }

    /// What is known from the first `look` replications.
    fn goals(&self, values: &[Vec<Option<f64>>], look: usize) -> Vec<Goal> {
        let mut goals = Vec::new();
        for (place, a) in self.asked.iter().enumerate() {
            if !self.until.difference {
                let of: Vec<f64> = values[*a][..look].iter().flatten().copied().collect();
                goals.push(self.goal((*a, None), &of));
                continue;
            }
            for b in &self.asked[place + 1..] {
                let both = values[*a][..look].iter().zip(&values[*b][..look]);
                let pairs: Vec<_> = both.filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
                goals.push(self.goal((*a, Some(*b)), &PairedDifference::differences(&pairs)));
            }
        }
        goals
    }

    fn goal(&self, (policy, minus): (usize, Option<usize>), values: &[f64]) -> Goal {
        let moments: Moments = values.iter().copied().collect();
        let ci95 =
            if minus.is_none() { at_bound(&self.until.metric, values, self.confidence()) } else { None };
        let ci95 = ci95.or_else(|| repeated(&moments, self.confidence()));
        let wanted = match self.until.width {
            Width::Absolute(width) => width,
            Width::Relative(share) => share * moments.mean().unwrap_or(0.0).abs(),
        };
        let reached = ci95.is_some_and(|[low, high]| (high - low) / 2.0 <= wanted);
        let needed = || stein_replications(values, wanted, self.confidence());
        Goal {
            policy: self.policies[policy].clone(),
            minus: minus.map(|minus| self.policies[minus].clone()),
            n: moments.n(),
            mean: moments.mean(),
            reached,
            needed: if reached || wanted == 0.0 { None } else { needed() },
            ci95,
            wanted,
        }
    }
}

/// Student's t interval at a confidence.
fn repeated(moments: &Moments, confidence: f64) -> Option<[f64; 2]> {
    let (mean, error) = (moments.mean()?, moments.standard_error()?);
    let half = t_quantile(0.5 + confidence / 2.0, moments.n() - 1) * error;
    Some([mean - half, mean + half])
}
