//! Says in words which policy wins on what, and which differences may be noise.

use super::{Comparison, MetricSummary, Summary, VariationSummary};
use crate::measure::catalog::{self, format_difference, format_value};
use std::cmp::Ordering;

/// Adjusted p-values up to this one count as a difference.
pub const SIGNIFICANCE: f64 = 0.05;

/// At most this many policies are named in a list.
const NAMED: usize = 4;

/// What was found on one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The best policy is told apart from at least one other.
    Difference,
    /// The best policy is told apart from no other.
    Noise,
    /// All policies did the same in every replication.
    Same,
    /// There is only one replication, so nothing is known about noise.
    Unknown,
}

/// What can be said about one metric in one variation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Number of the variation, from 0.
    pub variation: usize,
    /// Name of the metric.
    pub metric: String,
    /// What was found.
    pub finding: Finding,
    /// The policy with the best mean.
    pub best: String,
    /// Policies not told apart from the best one.
    pub tied: Vec<String>,
    /// Of the policies told apart from the best one, that with the worst mean.
    pub worst: Option<String>,
    /// The finding in words, with the size of the effect and its interval.
    pub text: String,
}

/// A sentence for each headline metric that at least two policies of a variation have.
pub fn verdict(summary: &Summary) -> Vec<Sentence> {
    let sentences = |(number, variation)| {
        let metrics = headline_metrics(variation);
        metrics.into_iter().filter_map(move |metric| judge(number, variation, metric))
    };
    summary.variations.iter().enumerate().flat_map(sentences).collect()
}

/// The compared metrics of a variation, in the order in which they are shown.
fn headline_metrics(variation: &VariationSummary) -> Vec<&str> {
    let mut metrics: Vec<&str> = variation
        .comparisons
        .iter()
        .map(|c| c.metric.as_str())
        .filter(|name| catalog::is_headline(name))
        .collect();
    metrics.dedup();
    metrics
}

/// A policy beside the best one on a metric.
struct Rival<'a> {
    name: &'a str,
    mean: f64,
    /// Replications in which it has a value.
    n: u64,
    /// This policy minus the best one.
    versus_best: Comparison,
}

impl Rival<'_> {
    /// Whether it is worse than the best beyond noise, and beyond what is stated not to matter. With runs missing, the means and the paired difference may rank
    /// two policies differently; then neither is called better.
    fn is_told_apart(&self) -> bool {
        let Comparison { metric, difference, p_adjusted, immaterial, .. } = &self.versus_best;
        if *immaterial == Some(true) {
            return false;
        }
        let is_worse = catalog::direction(metric).prefers(0.0, *difference) == Some(true);
        is_worse && p_adjusted.is_some_and(|p| p <= SIGNIFICANCE)
    }
}

/// One metric of a variation: the best policy and the others, from better to worse.
struct Contest<'a> {
    metric: &'a str,
    best: &'a str,
    best_summary: &'a MetricSummary,
    rivals: Vec<Rival<'a>>,
}

fn judge(number: usize, variation: &VariationSummary, metric: &str) -> Option<Sentence> {
    let contest = Contest::new(variation, metric)?;
    let (apart, tied): (Vec<_>, Vec<_>) = contest.rivals.iter().partition(|rival| rival.is_told_apart());
    let (finding, text) = if contest.rivals.iter().all(|rival| rival.versus_best.is_same()) {
        (Finding::Same, contest.same())
    } else if contest.rivals.iter().all(|rival| rival.versus_best.p_adjusted.is_none()) {
        (Finding::Unknown, contest.unknown())
    } else if let Some(worst) = apart.last() {
        (Finding::Difference, contest.difference(&tied, worst))
    } else {
        (Finding::Noise, contest.noise())
    };
    Some(Sentence {
        variation: number,
        metric: metric.to_string(),
        finding,
        best: contest.best.to_string(),
        tied: tied.iter().map(|rival| rival.name.to_string()).collect(),
        worst: apart.last().map(|rival| rival.name.to_string()),
        text,
    })
}

impl<'a> Contest<'a> {
    /// `None` if fewer than two policies can be compared.
    fn new(variation: &'a VariationSummary, metric: &'a str) -> Option<Self> {
        let direction = catalog::direction(metric);
        let with_metric =
            variation.policies.iter().filter_map(|(name, p)| Some((name, p.metrics.get(metric)?)));
        let mut ranked: Vec<(&String, &MetricSummary)> = with_metric.collect();
        // Equal means keep the order of the file.
        ranked.sort_by(|(_, a), (_, b)| match direction.prefers(a.mean, b.mean) {
            Some(true) => Ordering::Less,
            Some(false) => Ordering::Greater,
            None => Ordering::Equal,
        });
        let (best, best_summary) = *ranked.first()?;
        let rival = |(name, summary): &(&'a String, &MetricSummary)| {
            Some(Rival {
                name,
                mean: summary.mean,
                n: summary.n,
                versus_best: versus(variation, metric, name, best)?,
            })
        };
        let rivals: Vec<_> = ranked[1..].iter().filter_map(rival).collect();
        (!rivals.is_empty()).then_some(Self { metric, best, best_summary, rivals })
    }

    fn same(&self) -> String {
        let value = format_value(self.metric, self.best_summary.mean);
        match self.rivals.as_slice() {
            [rival] => format!("{} and {} are the same on {}: {value}", self.best, rival.name, self.metric),
            _ => format!("{}: the same under every policy, {value}", self.metric),
        }
    }

    fn unknown(&self) -> String {
        let worst = self.rivals.last().expect("a contest has rivals");
        let several = self.best_summary.n > 1 || self.rivals.iter().any(|rival| rival.n > 1);
        let why = match (several, worst.versus_best.n) {
            (false, _) => "from one replication nothing can be said about noise",
            (true, 0) => "no replication has a value of both, so they cannot be compared",
            (true, _) => {
                "only one replication has a value of both, from which nothing can be said about noise"
            }
        };
        format!(
            "{}: {} has {}, {} has {}; {why}",
            self.metric,
            self.best,
            format_value(self.metric, self.best_summary.mean),
            worst.name,
            format_value(self.metric, worst.mean),
        )
    }

    /// Intervals are not corrected for the number of comparisons, so that one may leave out zero where the adjusted p-value is high.
    fn noise(&self) -> String {
        let alone = |rival: &Rival<'_>| {
            rival.versus_best.ci95.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
                && rival.versus_best.p_adjusted.is_some_and(|p| p > SIGNIFICANCE)
        };
        let margins = self.rivals.iter().map(|rival| {
            rival.versus_best.indifference.filter(|_| rival.versus_best.immaterial == Some(true))
        });
        let found = if let Some(margins) = margins.collect::<Option<Vec<_>>>() {
            let margin = margins.iter().fold(0.0, |largest: f64, it| largest.max(*it));
            &*format!("no difference that matters (more than {})", size(self.metric, margin))
        } else if self.rivals.iter().any(alone) {
            "no difference significant after Holm's correction"
        } else {
            "no difference seen beyond noise"
        };
        match self.rivals.as_slice() {
            [rival] => format!(
                "{} vs {} on {}: {found}, {}",
                self.best,
                rival.name,
                self.metric,
                effect(&reversed(&rival.versus_best), "")
            ),
            rivals => format!(
                "{}: {found} between {} policies, means from {} ({}) to {} ({}), {}",
                self.metric,
                rivals.len() + 1,
                format_value(self.metric, self.best_summary.mean),
                self.best,
                format_value(self.metric, rivals[rivals.len() - 1].mean),
                rivals[rivals.len() - 1].name,
                self.pairs(),
            ),
        }
    }

    /// Over how many pairs of replications the others are compared with the best: not all have a value in each.
    fn pairs(&self) -> String {
        let pairs = || self.rivals.iter().map(|rival| rival.versus_best.n);
        let (least, most) = (pairs().min().unwrap_or(0), pairs().max().unwrap_or(0));
        if least == most { format!("n = {most}") } else { format!("n = {least} to {most}") }
    }

    fn difference(&self, tied: &[&Rival<'_>], worst: &Rival<'_>) -> String {
        if self.rivals.len() == 1 {
            let relative = self.relative(self.best_summary.mean, worst.mean);
            let effect = effect(&reversed(&worst.versus_best), &relative);
            return format!("{} beats {} on {}: {effect}", self.best, worst.name, self.metric);
        }
        let (same, near): (Vec<_>, Vec<&&Rival<'_>>) =
            tied.iter().partition(|rival| rival.versus_best.is_same());
        let (equal, near): (Vec<_>, Vec<_>) =
            near.into_iter().partition(|rival| rival.versus_best.immaterial == Some(true));
        let mut text = format!(
            "{}: {} is best with {}",
            self.metric,
            self.best,
            format_value(self.metric, self.best_summary.mean)
        );
        if !same.is_empty() {
            text += &format!("; the same: {}", list(&same));
        }
        if !equal.is_empty() {
            text += &format!("; no difference that matters: {}", list(&equal));
        }
        let (unknown, near): (Vec<_>, Vec<_>) =
            near.into_iter().partition(|rival| rival.versus_best.p_adjusted.is_none());
        if !near.is_empty() {
            text += &format!("; not told apart from it: {}", list(&near));
        }
        if !unknown.is_empty() {
            text += &format!("; with too few values to be compared with it: {}", list(&unknown));
        }
        let relative = self.relative(worst.mean, self.best_summary.mean);
        text + &format!(
            "; the worst that is told apart from it is {}, {}",
            worst.name,
            effect(&worst.versus_best, &relative)
        )
    }

    /// The change from `base` to `mean` as a percentage; nothing for shares, whose differences are percentages anyway.
    fn relative(&self, mean: f64, base: f64) -> String {
        let is_share = catalog::lookup(self.metric)
            .is_some_and(|metric| matches!(metric.format, catalog::Format::Share | catalog::Format::Ratio));
        let change = (mean / base - 1.0) * 100.0;
        if is_share || base <= 0.0 || mean < 0.0 || !change.is_finite() {
            return String::new();
        }
        if change >= 900.0 {
            return format!(", {:.0} times as much", mean / base);
        }
        format!(
            ", {}{:.*} %",
            if change < 0.0 { '−' } else { '+' },
            usize::from(change.abs() < 10.0),
            change.abs()
        )
    }
}

/// The comparison of `name` with `other`, as `name` minus `other`.
fn versus(variation: &VariationSummary, metric: &str, name: &str, other: &str) -> Option<Comparison> {
    let on_metric = |c: &&Comparison| c.metric == metric;
    variation.comparisons.iter().filter(on_metric).find_map(|c| match (c.a.as_str(), c.b.as_str()) {
        (a, b) if (a, b) == (name, other) => Some(c.clone()),
        (a, b) if (a, b) == (other, name) => Some(reversed(c)),
        _ => None,
    })
}

/// The same comparison from the other side.
fn reversed(comparison: &Comparison) -> Comparison {
    Comparison {
        a: comparison.b.clone(),
        b: comparison.a.clone(),
        difference: 0.0 - comparison.difference,
        ci95: comparison.ci95.map(|[low, high]| [0.0 - high, 0.0 - low]),
        ..comparison.clone()
    }
}

/// The difference with its interval, the change relative to the other policy, the p-value and the number of pairs.
fn effect(comparison: &Comparison, relative: &str) -> String {
    let size = format_difference(&comparison.metric, comparison.difference, comparison.ci95);
    let p = match comparison.p_adjusted {
        None => String::new(),
        Some(p) if p < 0.001 => ", adjusted p < 0.001".to_string(),
        Some(p) => format!(", adjusted p = {p:.*}", if p < 0.1 { 3 } else { 2 }),
    };
    format!("{size}{relative}{p}, n = {}", comparison.n)
}

/// A margin, without a sign.
fn size(metric: &str, margin: f64) -> String {
    format_difference(metric, margin, None).trim_start_matches('+').to_owned()
}

fn list(rivals: &[&&Rival<'_>]) -> String {
    let names: Vec<_> = rivals.iter().take(NAMED).map(|rival| rival.name).collect();
    let rest = rivals.len() - names.len();
    if rest > 0 { format!("{} and {rest} more", names.join(", ")) } else { names.join(", ") }
}
