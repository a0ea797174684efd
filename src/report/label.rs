//! Short names for the metrics on which policies are compared.

use super::html::{code, escape, plain};
use sim_core::measure::catalog::{self, Direction};

const LABELS: [(&str, &str); 22] = [
    ("requests.success_ratio", "Answered in time"),
    ("requests.latency.p50", "Median latency"),
    ("requests.latency.p99", "99 % latency"),
    ("requests.extra_load", "Extra load"),
    ("requests.windows_met", "Windows met"),
    ("nodes.uptime", "Node uptime"),
    ("nodes.throttled", "Throttled"),
    ("objects.availability", "Data readable"),
    ("objects.lost", "Objects lost"),
    ("objects.repair_bytes", "Repair traffic"),
    ("objects.reads.latency.p99", "99 % read latency"),
    ("jobs.completed", "Jobs finished"),
    ("jobs.completion_time.mean", "Time per job"),
    ("jobs.wasted_work", "Work wasted"),
    ("detection.delay.mean", "Time to suspect"),
    ("detection.false_per_node_day", "False alarms"),
    ("detection.missed", "Failures missed"),
    ("energy.total", "Energy"),
    ("energy.per_request", "Energy per request"),
    ("economics.net", "Net earnings"),
    ("economics.spent", "Money spent"),
    ("energy.cost", "Cost of energy"),
];

/// A short name; that of the metric where it has none.
pub fn short(metric: &str) -> String {
    let (plain, workload) = catalog::split(metric);
    let known = LABELS.iter().find(|(name, _)| *name == plain);
    let label = known.map_or(plain.as_str(), |(_, label)| label).to_owned();
    workload.map_or(label.clone(), |workload| format!("{label} ({workload})"))
}

/// A short name over the exact one, as HTML.
pub fn both(metric: &str) -> String {
    let known = LABELS.iter().any(|(name, _)| *name == catalog::split(metric).0);
    let meaning = catalog::describe(metric).unwrap_or_default();
    if !known {
        return format!("<span title=\"{}\">{}</span>", plain(&meaning), code(metric));
    }
    format!("<span title=\"{}\">{}<br>{}</span>", plain(&meaning), escape(&short(metric)), code(metric))
}

/// In which direction lies the better, for the end of an axis.
pub fn better(metric: &str) -> &'static str {
    match catalog::direction(metric) {
        Direction::Higher => "more is better →",
        Direction::Lower => "← less is better",
        Direction::Neutral => "",
    }
}
