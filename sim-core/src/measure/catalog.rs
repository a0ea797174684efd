//! What every metric is called, what it means, in which unit it comes and whether more of it is better.
//!
//! Names are dotted. A metric of one workload carries the workload's name in brackets after its first part
//! (`requests[inference].latency.p99`); the plain name is the total over workloads. Lookups accept both. A name in the
//! table that ends in `.*` stands for a statistic (`mean`, `p99`, `max`, …) or a cause (`nodes.down.grid`).

mod format;
mod table;

pub use format::{format_difference, format_plus_minus, format_value, format_with_interval};

use Direction::{Higher, Lower, Neutral};

/// Whether more of something is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither: it describes, it does not judge.
    Neutral,
}

/// How a number is shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A count: plain, then with k, M, G.
    Count,
    /// A share between 0 and 1, as a percentage.
    Share,
    /// A ratio that may exceed 1, as a percentage.
    Ratio,
    /// Seconds, in ns … days.
    Duration,
    /// Joules: below one watt-hour in mJ or J, from there on in Wh … GWh.
    Energy,
    /// Bytes, in B … PiB.
    Bytes,
    /// Degrees Celsius.
    Temperature,
    /// US dollars.
    Money,
    /// A plain number with the unit of the metric behind it.
    Plain,
}

/// One metric, or a family of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name without workload; `.*` at the end stands for any statistic or cause.
    pub pattern: &'static str,
    /// Unit of the stored number; `1` = dimensionless.
    pub unit: &'static str,
    /// Whether more is better.
    pub direction: Direction,
    /// How it is shown to people.
    pub format: Format,
    /// What it is, as a phrase.
    pub meaning: &'static str,
}

/// The metrics on which policies are compared, if present, in total and by workload. They are chosen before any run,
/// so that a comparison cannot be picked for its result.
pub const HEADLINES: &[&str] = &[
    "requests.success_ratio",
    "requests.latency.p50",
    "requests.latency.p99",
    "requests.extra_load",
    "requests.windows_met",
    "nodes.uptime",
    "nodes.throttled",
    "objects.availability",
    "objects.lost",
    "objects.repair_bytes",
    "objects.reads.latency.p99",
    "jobs.completed",
    "jobs.completion_time.mean",
    "jobs.wasted_work",
    "detection.delay.mean",
    "detection.false_per_node_day",
    "detection.missed",
    "energy.total",
    "energy.per_request",
    "economics.net",
];

/// The metrics that are charged to root causes: each is the sum of those of its causes, `blame.requests` of `blame.requests.grid` and so on.
pub const CHARGED: [&str; 9] = [
    "blame.requests",
    "blame.jobs.failed",
    "blame.jobs.wasted",
    "blame.objects.reads",
    "blame.objects.read_delay",
    "blame.objects.writes",
    "blame.objects.unavailable",
    "blame.objects.lost",
    "blame.nodes",
];

/// All metrics, in the order in which they are shown.
pub fn metrics() -> &'static [Metric] {
    table::METRICS
}

/// The entry for a metric's name, with or without a workload in brackets.
pub fn lookup(name: &str) -> Option<&'static Metric> {
    position(name).map(|position| &table::METRICS[position])
}

/// The unit of a metric; empty for a name that is not in the table.
pub fn unit(name: &str) -> &'static str {
    lookup(name).map_or("", |metric| metric.unit)
}

/// Whether more of a metric is better; neutral for a name that is not in the table.
pub fn direction(name: &str) -> Direction {
    lookup(name).map_or(Neutral, |metric| metric.direction)
}

/// What a metric is, in words, with its statistic and workload; `None` for a name that is not in the table.
pub fn describe(name: &str) -> Option<String> {
    let metric = lookup(name)?;
    let (plain, workload) = split(name);
    let mut words = metric.meaning.to_string();
    if let Some(stem) = metric.pattern.strip_suffix('*') {
        let last = plain.strip_prefix(stem).unwrap_or_default();
        words = match statistic(last) {
            Some(statistic) => format!("{words}, {statistic}"),
            None => format!("{words}: {last}"),
        };
    }
    Some(match workload {
        Some(workload) => format!("{words} ({workload})"),
        None => words,
    })
}

/// A metric's name without its workload, and the workload: `requests[a].late` gives (`requests.late`, `a`).
pub fn split(name: &str) -> (String, Option<&str>) {
    if let Some(open) = name.find('[')
        && let Some(close) = name.rfind(']')
        && open < close
    {
        return (format!("{}{}", &name[..open], &name[close + 1..]), Some(&name[open + 1..close]));
    }
    (name.to_string(), None)
}

/// The name of a metric for one workload: `requests.late` of `a` is `requests[a].late`.
pub fn of_workload(plain: &str, workload: &str) -> String {
    match plain.split_once('.') {
        Some((area, rest)) => format!("{area}[{workload}].{rest}"),
        None => format!("{plain}[{workload}]"),
    }
}

/// The first part of a metric's name, such as `requests` or `nodes`.
pub fn area(name: &str) -> &str {
    name.split(['.', '[']).next().unwrap_or(name)
}

/// Whether policies are compared on this metric.
pub fn is_headline(name: &str) -> bool {
    HEADLINES.contains(&split(name).0.as_str())
}

/// Whether it is told how policies differ on this metric: the headlines, and what is charged to root causes.
pub fn is_compared(name: &str) -> bool {
    let plain = split(name).0;
    let charged =
        |sum: &str| plain.strip_prefix(sum).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    is_headline(name) || CHARGED.iter().any(|sum| charged(sum))
}

/// A key that sorts metrics as they are shown: by the table, totals before workloads, unknown names last.
pub fn sort_key(name: &str) -> (usize, String, Option<&str>) {
    let (plain, workload) = split(name);
    let statistic = plain.rsplit('.').next().and_then(statistic_rank).unwrap_or_default();
    let position = position(name).unwrap_or(table::METRICS.len());
    (position, format!("{statistic:02}{plain}"), workload)
}

fn position(name: &str) -> Option<usize> {
    let (plain, _) = split(name);
    table::METRICS.iter().position(|metric| match metric.pattern.strip_suffix('*') {
        Some(stem) => plain.strip_prefix(stem).is_some_and(|last| !last.is_empty() && !last.contains('.')),
        None => metric.pattern == plain,
    })
}

const STATISTICS: &[(&str, &str)] = &[
    ("mean", "mean"),
    ("p5", "5th percentile"),
    ("p50", "median"),
    ("p90", "90th percentile"),
    ("p95", "95th percentile"),
    ("p99", "99th percentile"),
    ("p999", "99.9th percentile"),
    ("max", "largest"),
];

fn statistic(suffix: &str) -> Option<&'static str> {
    STATISTICS.iter().find(|(name, _)| *name == suffix).map(|(_, words)| *words)
}

fn statistic_rank(suffix: &str) -> Option<usize> {
    STATISTICS.iter().position(|(name, _)| *name == suffix)
}

impl Direction {
    /// Whether `a` is better than `b`; `None` if they are equal or the metric is neutral.
    pub fn prefers(self, a: f64, b: f64) -> Option<bool> {
        match self {
            _ if a == b => None,
            Higher => Some(a > b),
            Lower => Some(a < b),
            Neutral => None,
        }
    }
}

#[cfg(test)]
mod tests;
