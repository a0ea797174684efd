//! What the course of a run says: when its beginning was over, and how well the mean of one long run is known.

use super::PolicySummary;
use crate::measure::batch_means::{BatchMeans, batch_means, warm_up};
use crate::measure::interval::Interval;
use crate::measure::record::{RunRecord, Timeline};
use crate::measure::stats::Moments;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A metric in the course of the first replication, in equal bins of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Time in seconds after which MSER-5 finds the course steady; `null` where the run is too short to tell.
    pub steady_from_s: Option<f64>,
    /// Whether the scenario has a warm-up that ends before, so that a part of the beginning is measured as if it were usual.
    pub warmup_too_short: bool,
    /// The mean after the warm-up and its interval by batch means; `null` where there are too few bins.
    pub batch_means: Option<BatchMeans>,
}

/// The course of a metric in a timeline, by bin.
type OfTimeline = fn(&Timeline) -> Vec<Option<f64>>;

/// Metrics whose course is kept.
const METRICS: [(&str, OfTimeline); 2] =
    [("requests.success_ratio", |timeline| timeline.success.clone()), ("nodes.uptime", uptime)];

/// The courses of a policy from the record that has a timeline. What happens before `warmup`, in seconds, is not measured.
pub(super) fn courses(record: &RunRecord, warmup: f64) -> IndexMap<String, Course> {
    let Some(timeline) = &record.timeline else { return IndexMap::new() };
    let of = |(name, course): &(&str, OfTimeline)| {
        record.metric(name)?;
        Some(((*name).to_owned(), one(&course(timeline), timeline.bin, warmup)?))
    };
    METRICS.iter().filter_map(of).collect()
}

/// Share of nodes that are up, throttled or not.
fn uptime(timeline: &Timeline) -> Vec<Option<f64>> {
    let bins = timeline.nodes.values().map(Vec::len).max().unwrap_or(0);
    let sum = |bin: usize, counts: fn(&str) -> bool| -> f64 {
        let states = timeline.nodes.iter().filter(|(state, _)| counts(state));
        states.filter_map(|(_, course)| course.get(bin)).sum()
    };
    let share = |bin: usize| {
        let all = sum(bin, |_| true);
        (all > 0.0).then(|| sum(bin, |state| state == "up" || state == "throttled") / all)
    };
    (0..bins).map(share).collect()
}

/// `None` for an empty course.
fn one(course: &[Option<f64>], bin: f64, warmup: f64) -> Option<Course> {
    let there: Vec<(f64, f64)> =
        course.iter().enumerate().filter_map(|(at, value)| Some((at as f64 * bin, (*value)?))).collect();
    let values: Vec<f64> = there.iter().map(|(_, value)| *value).collect();
    let steady = warm_up(&values).map(|cut| there[cut].0);
    let measured: Vec<f64> =
        there.iter().filter(|(from, _)| *from + 1e-9 >= warmup).map(|(_, value)| *value).collect();
    (!there.is_empty()).then(|| Course {
        steady_from_s: steady,
        warmup_too_short: warmup > 0.0 && steady.is_some_and(|from| is_too_short(&there, from, warmup + bin)),
        batch_means: batch_means(&measured),
    })
}

/// Whether the course is steady only from later on than what is left out at most, and was elsewhere between by more than it sways.
fn is_too_short(course: &[(f64, f64)], steady: f64, left_out: f64) -> bool {
    let of = |keep: &dyn Fn(f64) -> bool| -> Moments {
        course.iter().filter(|(from, _)| keep(*from)).map(|(_, value)| *value).collect()
    };
    let (before, after) = (of(&|from| from >= left_out && from < steady), of(&|from| from >= steady));
    match (before.mean(), after.mean(), after.sd()) {
        (Some(before), Some(after), Some(sd)) => (before - after).abs() > sd,
        _ => false,
    }
}

/// The intervals of one run, where its batches may be trusted and have the mean of the metric.
pub(super) fn of_one_run(policy: &mut PolicySummary) {
    for (name, course) in &policy.courses {
        let Some(BatchMeans { mean, ci95: Some([low, high]), trusted: true, .. }) = course.batch_means else {
            continue;
        };
        if let Some(summary) = policy.metrics.get_mut(name).filter(|it| it.n == 1 && it.ci95.is_none()) {
            let off = summary.mean - mean;
            if off.abs() <= (high - low) / 8.0 {
                (summary.ci95, summary.interval) = (Some([low + off, high + off]), Interval::BatchMeans);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_that_is_measured_is_told() {
        // Down at first, then up with a ripple.
        let course: Vec<Option<f64>> = (0..240)
            .map(|bin| Some(if bin < 20 { 0.2 } else { 0.9 + 0.01 * f64::from(bin * 7 % 5) }))
            .collect();
        let seen = one(&course, 60.0, 600.0).expect("a course");
        assert_eq!(seen.steady_from_s, Some(1200.0));
        assert!(seen.warmup_too_short);
        let seen = one(&course, 60.0, 1200.0).expect("a course");
        assert!(!seen.warmup_too_short);
        let means = seen.batch_means.expect("enough");
        assert!((means.mean - 0.92).abs() < 1e-3 && means.trusted, "{means:?}");
        assert_eq!(one(&[], 60.0, 0.0), None);
    }
}
