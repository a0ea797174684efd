//! The pictures of a results folder. [`of_variation`] says which there are; the other files draw one kind each.

pub mod axes;
pub mod blame;
pub mod ccdf;
mod dots;
pub mod png;
pub mod scale;
mod style;
pub mod timeline;
mod weakest;

use crate::failure::Failure;
use crate::tell::table;
use ccdf::Tail;
use dots::{Interval, Panel};
use indexmap::IndexMap;
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::{FAMILIES, MetricSummary, VariationSummary};
use style::Drawn;
pub use weakest::{Bar, Weakest};

/// Metrics on which the first picture compares policies; with labels; those that no policy has, or that are zero
/// for all, are left out.
const COMPARED: [(&str, &str); 6] = [
    ("requests.success_ratio", "requests answered in time"),
    ("requests.latency.p99", "latency, 99th percentile"),
    ("nodes.uptime", "node-time up"),
    ("requests.extra_load", "extra attempts per request"),
    ("nodes.throttled", "node-time throttled"),
    ("energy.total", "energy drawn"),
];

/// File names and SVG texts.
pub type Pictures = Vec<(String, String)>;

/// Draws the pictures of variation `index`, one of `count`. `deadlines` are in seconds by workload.
pub fn of_variation(
    scenario: &str,
    (index, count): (usize, usize),
    summary: &VariationSummary,
    records: &[RunRecord],
    deadlines: &IndexMap<String, f64>,
) -> Result<Pictures, Failure> {
    let varied = count > 1;
    let note = if varied { format!("{}; ", table::values(&summary.values)) } else { String::new() };
    let suffix = if varied { format!("-v{index}") } else { String::new() };
    let of_variation =
        Of { scenario, note, variation: summary, records: records.iter().collect(), deadlines };
    let named = |(name, drawn): (String, Drawn)| {
        let svg = drawn.map_err(|error| Failure::Work(format!("cannot draw {name}: {error}")))?;
        Ok((format!("{name}{suffix}.svg"), svg))
    };
    of_variation.pictures().into_iter().map(named).collect()
}

/// Draws what each failure domain takes down.
pub fn weakest(picture: &Weakest) -> Result<String, Failure> {
    weakest::draw(picture).map_err(|error| Failure::Work(format!("cannot draw the failure domains: {error}")))
}

/// What the pictures of one variation are drawn from.
struct Of<'a> {
    scenario: &'a str,
    note: String,
    variation: &'a VariationSummary,
    records: Vec<&'a RunRecord>,
    deadlines: &'a IndexMap<String, f64>,
}

impl Of<'_> {
    fn pictures(&self) -> Vec<(String, Drawn)> {
        let mut pictures = vec![("policies".to_owned(), self.policies())];
        pictures.extend(self.blame());
        pictures.extend(self.tails());
        pictures.extend(self.timelines());
        pictures
    }

    /// All policies against each other.
    fn policies(&self) -> Drawn {
        let names: Vec<String> = self.variation.policies.keys().cloned().collect();
        let panels: Vec<Panel> =
            COMPARED.iter().filter_map(|(metric, label)| self.panel(metric, label)).collect();
        let metrics = self.variation.policies.values().flat_map(|policy| policy.metrics.values());
        let replications = metrics.map(|metric| metric.n).max().unwrap_or(0);
        let what = match replications {
            1 => "one replication, so without intervals".to_owned(),
            n => format!("means over {n} replications with 95 % confidence intervals"),
        };
        dots::draw(
            &format!("{}: policies compared", self.scenario),
            &format!("{}{what}", self.note),
            &names,
            &panels,
        )
    }

    fn panel(&self, metric: &str, label: &str) -> Option<Panel> {
        let summaries: Vec<Option<&MetricSummary>> =
            self.variation.policies.values().map(|policy| policy.metrics.get(metric)).collect();
        let largest = summaries.iter().flatten().map(|summary| summary.mean.abs()).fold(0.0, f64::max);
        if largest == 0.0 {
            return None;
        }
        let scale = scale::of(metric, largest);
        let interval = |summary: &MetricSummary| {
            let [low, high] = summary.ci95.unwrap_or([summary.mean; 2]);
            Interval { mean: summary.mean * scale.factor, low: low * scale.factor, high: high * scale.factor }
        };
        Some(Panel {
            label: format!("{label} ({})", scale.unit),
            intervals: summaries.into_iter().map(|summary| summary.map(interval)).collect(),
            possible: scale.possible,
        })
    }

    /// What was lost to which root cause: `blame` of requests, `blame-jobs-failed` and so on of what else there is.
    fn blame(&self) -> Vec<(String, Drawn)> {
        let families = FAMILIES.iter().filter(|family| family.is_in(self.variation));
        let draw = |family: &sim_core::measure::summary::Family| {
            let name = match family.sum {
                "blame.requests" => "blame".to_owned(),
                other => other.replace('.', "-"),
            };
            let title = format!("{}: {}", self.scenario, family.heading);
            (name, blame::draw(&title, &self.note, self.variation, family))
        };
        families.map(draw).collect()
    }

    /// The tail of latency, a picture for each workload.
    fn tails(&self) -> Vec<(String, Drawn)> {
        let mut workloads: Vec<&String> =
            self.records.iter().flat_map(|record| record.latency.keys()).collect();
        workloads.sort();
        workloads.dedup();
        let several = workloads.len() > 1;
        let draw = |workload: &String| {
            let tails: Vec<Tail> = self
                .variation
                .policies
                .keys()
                .map(|policy| Tail::of(&self.records, policy, workload))
                .collect();
            let title = format!("{}: latency of {workload}", self.scenario);
            let name = if several {
                format!("latency-ccdf-{}", file_name(workload))
            } else {
                "latency-ccdf".to_owned()
            };
            (name, ccdf::draw(&title, &self.note, &tails, self.deadlines.get(workload).copied()))
        };
        workloads.into_iter().map(draw).collect()
    }

    /// The course of the fleet, a picture for each policy of which one was kept.
    fn timelines(&self) -> Vec<(String, Drawn)> {
        let draw = |policy: &String| {
            let kept =
                self.records.iter().find(|record| record.policy == *policy && record.timeline.is_some())?;
            let title = format!("{}: the fleet under policy {policy}", self.scenario);
            let drawn = timeline::draw(&title, &self.note, kept.timeline.as_ref()?);
            Some((format!("timeline-{}", file_name(policy)), drawn))
        };
        self.variation.policies.keys().filter_map(draw).collect()
    }
}

/// A name as a part of a file's name.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}
