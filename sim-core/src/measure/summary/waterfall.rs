//! Waterfalls: all that was asked for, less what was lost to each root cause, is what is left.
//!
//! What is charged to causes comes in families, each of which adds up to what is missing from a headline metric: requests, reads,
//! their delay, writes, objects, their time, jobs, their work, and the time of nodes.

use super::{MetricSummary, PolicySummary, VariationSummary};

/// What is charged together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// The metric that is the sum of all causes; that of a cause is this, a dot, and its name.
    pub sum: &'static str,
    /// What is lost, as a heading.
    pub heading: &'static str,
    /// What there would be if nothing were lost.
    pub all: &'static str,
    /// What is left.
    pub left: &'static str,
    /// Metrics that make up what is left, with their signs; empty for shares, of which all are 1.
    rest: &'static [(&'static str, f64)],
}

/// All families, in the order in which they are shown.
pub const FAMILIES: [Family; 9] = [
    Family {
        sum: "blame.requests",
        heading: "requests that failed or were late",
        all: "asked",
        left: "in time",
        rest: &[("requests.completed", 1.0), ("requests.late", -1.0)],
    },
    Family {
        sum: "blame.jobs.failed",
        heading: "jobs that failed",
        all: "jobs over",
        left: "finished",
        rest: &[("jobs.completed", 1.0)],
    },
    Family {
        sum: "blame.jobs.wasted",
        heading: "work that was wasted",
        all: "work done",
        left: "not wasted",
        rest: &[],
    },
    Family {
        sum: "blame.objects.reads",
        heading: "reads that failed",
        all: "reads",
        left: "read",
        rest: &[("objects.reads.completed", 1.0)],
    },
    Family {
        sum: "blame.objects.read_delay",
        heading: "time that a read takes beyond its own",
        all: "latency",
        left: "its own",
        rest: &[("objects.reads.latency.mean", 1.0), ("blame.objects.read_delay", -1.0)],
    },
    Family {
        sum: "blame.objects.writes",
        heading: "writes that failed",
        all: "writes",
        left: "written",
        rest: &[("objects.writes.completed", 1.0)],
    },
    Family {
        sum: "blame.objects.unavailable",
        heading: "time in which objects could not be read",
        all: "all time",
        left: "readable",
        rest: &[],
    },
    Family {
        sum: "blame.objects.lost",
        heading: "objects that were lost",
        all: "at risk",
        left: "kept",
        rest: &[("objects.count", 1.0), ("objects.lost", -1.0)],
    },
    Family { sum: "blame.nodes", heading: "node-time down", all: "all node-time", left: "up", rest: &[] },
];

impl Family {
    /// The cause that a metric of this family is about; `None` of another metric, and of the sum.
    pub fn cause<'n>(&self, metric: &'n str) -> Option<&'n str> {
        let cause = metric.strip_prefix(self.sum)?.strip_prefix('.')?;
        (!cause.contains('.')).then_some(cause)
    }

    /// Metrics of the causes of at least one policy, the gravest of all policies together first.
    pub fn causes<'a>(&self, variation: &'a VariationSummary) -> Vec<&'a str> {
        let mut causes: Vec<(&str, f64)> = Vec::new();
        for (name, summary) in variation.policies.values().flat_map(|policy| &policy.metrics) {
            if self.cause(name).is_none() || summary.mean == 0.0 {
                continue;
            }
            match causes.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += summary.mean,
                None => causes.push((name, summary.mean)),
            }
        }
        causes.sort_by(|a, b| b.1.total_cmp(&a.1));
        causes.into_iter().map(|(name, _)| name).collect()
    }

    /// Whether some policy has lost something.
    pub fn is_in(&self, variation: &VariationSummary) -> bool {
        let sums = variation.policies.values().filter_map(|policy| policy.metrics.get(self.sum));
        sums.into_iter().any(|sum| sum.mean > 0.0)
    }
}

/// One step down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'a> {
    /// The metric.
    pub metric: &'a str,
    /// The cause.
    pub cause: &'a str,
    /// What was charged to it.
    pub lost: &'a MetricSummary,
}

/// The waterfall of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall<'a> {
    /// What there would be if nothing were lost; means over replications.
    pub all: f64,
    /// What was lost.
    pub lost: f64,
    /// What is left.
    pub left: f64,
    /// What was lost to each cause that took anything, the gravest first.
    pub steps: Vec<Step<'a>>,
}

impl<'a> Waterfall<'a> {
    /// That of a policy; `None` if causes were not asked for.
    pub fn of(policy: &'a PolicySummary, family: &Family) -> Option<Self> {
        let mean = |name: &str| policy.metrics.get(name).map(|it| it.mean);
        let lost = mean(family.sum)?;
        let left = if family.rest.is_empty() {
            1.0 - lost
        } else {
            family.rest.iter().map(|(name, sign)| Some(sign * mean(name)?)).sum::<Option<f64>>()?
        };
        let step = |(metric, lost): (&'a String, &'a MetricSummary)| {
            let cause = family.cause(metric).filter(|_| lost.mean > 0.0)?;
            Some(Step { metric, cause, lost })
        };
        let mut steps: Vec<Step<'a>> = policy.metrics.iter().filter_map(step).collect();
        steps.sort_by(|a, b| b.lost.mean.total_cmp(&a.lost.mean));
        Some(Self { all: left + lost, lost, left, steps })
    }

    /// At most `most` steps; what the others took together, and how many they are.
    pub fn gravest(&self, most: usize) -> (&[Step<'a>], Option<(usize, f64)>) {
        if self.steps.len() <= most {
            return (&self.steps, None);
        }
        let (gravest, others) = self.steps.split_at(most.saturating_sub(1));
        (gravest, Some((others.len(), others.iter().map(|step| step.lost.mean).sum())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::catalog;

    fn summary(metrics: &[(&str, f64)]) -> VariationSummary {
        let mean = |mean: f64| MetricSummary { mean, n: 1, ..MetricSummary::default() };
        let metrics = metrics.iter().map(|(name, value)| ((*name).to_owned(), mean(*value))).collect();
        let policy = PolicySummary { metrics, ..PolicySummary::default() };
        VariationSummary {
            policies: [("a".to_owned(), policy)].into_iter().collect(),
            ..VariationSummary::default()
        }
    }

    #[test]
    fn steps_go_down_from_all_to_what_is_left() {
        let variation = summary(&[
            ("requests.completed", 95.0),
            ("requests.late", 5.0),
            ("blame.requests", 10.0),
            ("blame.requests.grid", 2.0),
            ("blame.requests.queueing", 7.0),
            ("blame.requests.shed", 1.0),
            ("blame.requests.link", 0.0),
        ]);
        let family = &FAMILIES[0];
        let waterfall = Waterfall::of(&variation.policies["a"], family).expect("it is there");
        assert_eq!((waterfall.all, waterfall.lost, waterfall.left), (100.0, 10.0, 90.0));
        let steps: Vec<_> = waterfall.steps.iter().map(|step| (step.cause, step.lost.mean)).collect();
        assert_eq!(steps, [("queueing", 7.0), ("grid", 2.0), ("shed", 1.0)]);
        let (gravest, others) = waterfall.gravest(2);
        assert_eq!((gravest.len(), others), (1, Some((2, 3.0))));
        assert_eq!(waterfall.gravest(3).1, None);
        assert_eq!(family.causes(&variation).len(), 3);
        assert!(family.is_in(&variation) && !FAMILIES[8].is_in(&variation));
    }

    #[test]
    fn all_that_is_summed_is_in_the_catalog_and_compared() {
        for family in FAMILIES {
            for name in [family.sum.to_owned(), format!("{}.grid", family.sum)] {
                assert_eq!(
                    catalog::lookup(&name).map(|it| it.direction),
                    Some(catalog::Direction::Lower),
                    "{name}"
                );
                assert!(catalog::is_compared(&name), "{name}");
            }
            for (name, _) in family.rest {
                assert!(catalog::lookup(name).is_some(), "{name}");
            }
            assert_eq!(family.cause(family.sum), None);
        }
        assert_eq!(FAMILIES[1].cause("blame.jobs.wasted.grid"), None);
        assert_eq!(FAMILIES.map(|family| family.sum), catalog::CHARGED);
    }
}
