//! The table of metrics.

use super::Direction::{Higher, Lower, Neutral};
use super::Format::{Bytes, Count, Duration, Energy, Money, Plain, Ratio, Share, Temperature};
use super::{Direction, Format, Metric};

const fn metric(
    pattern: &'static str,
    unit: &'static str,
    direction: Direction,
    format: Format,
    meaning: &'static str,
) -> Metric {
    Metric { pattern, unit, direction, format, meaning }
}

#[rustfmt::skip]
pub(super) const METRICS: &[Metric] = &[
    metric("requests.success_ratio", "1", Higher, Share, "share of resolved requests answered correctly and in time"),
    metric("requests.latency.*", "s", Lower, Duration, "time from arrival to answer of completed requests"),
    metric("requests.extra_load", "1", Lower, Ratio, "attempts per request beyond the first"),
    metric("requests.windows_met", "1", Higher, Share, "share of time windows in which the objective held"),
    metric("requests.goodput", "/s", Higher, Plain, "requests answered correctly and in time per second"),
    metric("requests.arrived", "1", Neutral, Count, "requests that arrived"),
    metric("requests.completed", "1", Higher, Count, "requests answered"),
    metric("requests.failed", "1", Lower, Count, "requests given up"),
    metric("requests.late", "1", Lower, Count, "requests answered after their deadline"),
    metric("requests.rejected", "1", Lower, Count, "requests that found no place in a queue"),
    metric("requests.in_flight", "1", Neutral, Count, "requests unresolved at the end"),
    metric("requests.attempts", "1", Lower, Count, "attempts sent to nodes"),
    metric("nodes.uptime", "1", Higher, Share, "share of node-time up"),
    metric("nodes.uptime.*", "1", Higher, Share, "share of time up over nodes"),
    metric("nodes.down.*", "1", Lower, Share, "share of node-time down by first cause"),
    metric("nodes.throttled", "1", Lower, Share, "share of node-time slowed down by heat"),
    metric("nodes.mtbf", "s", Higher, Duration, "mean time between failures of a node"),
    metric("nodes.mttr", "s", Lower, Duration, "mean time until a node is up again"),
    metric("nodes.busy", "1", Neutral, Share, "share of slot-time busy"),
    metric("nodes.temperature.*", "C", Lower, Temperature, "temperature of nodes"),
    metric("sites.outages_per_year", "/y", Lower, Plain, "power outages per site and year"),
    metric("sites.breaker_trips", "1", Lower, Count, "breaker trips"),
    metric("objects.availability", "1", Higher, Share, "share of time in which an object can be read"),
    metric("objects.lost", "1", Lower, Count, "objects lost for good"),
    metric("objects.loss_probability", "1", Lower, Share, "probability that an object is lost"),
    metric("objects.repair_bytes", "B", Lower, Bytes, "data moved for repairs"),
    metric("objects.degraded", "1", Lower, Share, "share of time in which an object misses shards"),
    metric("objects.reads.latency.*", "s", Lower, Duration, "time to read an object"),
    metric("jobs.completed", "1", Higher, Count, "jobs finished"),
    metric("jobs.failed", "1", Lower, Count, "jobs given up"),
    metric("jobs.completion_time.*", "s", Lower, Duration, "time from arrival to end of a job"),
    metric("jobs.wasted_work", "1", Lower, Share, "share of work done that was lost"),
    metric("detection.delay.*", "s", Lower, Duration, "time from failure to suspicion"),
    metric("detection.false_per_node_day", "/d", Lower, Plain, "suspicions of a live node per node and day"),
    metric("detection.missed", "1", Lower, Count, "failures over before they were suspected"),
    metric("energy.total", "J", Lower, Energy, "energy drawn by all nodes"),
    metric("energy.per_request", "J", Lower, Energy, "energy per completed request"),
    metric("energy.cost", "$", Lower, Money, "cost of energy"),
    metric("economics.earned", "$", Higher, Money, "rewards earned"),
    metric("economics.spent", "$", Lower, Money, "money spent by operators"),
    metric("economics.net", "$", Higher, Money, "rewards less spending"),
    metric("economics.efficiency_to_earnings", "1", Higher, Plain, "efficiency to earnings"),
    metric("economics.unprofitable_nodes", "1", Lower, Share, "share of nodes that lose money"),
    metric("economics.cloud_cost", "$", Neutral, Money, "cost of the same work in a cloud"),
    metric("economics.breakeven_months", "months", Lower, Plain, "months until a node has paid for itself"),
    metric("engine.events", "1", Neutral, Count, "events simulated"),
    metric("engine.ties", "1", Neutral, Count, "events at the same instant as the one before"),
];
