//! Workloads and service level objectives.

use crate::kernel::SimDuration;
use crate::kernel::SimTime;
use crate::quantity::{Bytes, PerSecond};
use crate::scenario::column::{ColumnFile, read_column};
use crate::scenario::cost::mean;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Durations, Time};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Clock, Count, Duration, NonNegative, Number, Positive, PositiveUnit, Probability, Quantity,
};
use crate::scenario::section::ByName;
use crate::scenario::spec::{Arrivals, Keys, Requests, Slo, Workload};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

choice! {
    /// What the fleet is to do.
    WorkloadChoice: Workload {
        objects {
            /// A stream of short requests.
            "requests" => RequestsKind,
            /// Data that is kept.
            "objects" => super::objects::ObjectsKind,
            /// A stream of long computations.
            "jobs" => super::jobs::JobsKind,
        }
    }
}

object! {
    /// A stream of requests that enter at the gateways of the regions.
    RequestsFields: Requests = Requests {
        /// When they arrive.
        required "arrivals" => arrivals: ArrivalsKind,
        /// Work of each at speed 1, drawn once per request. Left out: none.
        optional "demand" => demand: Durations,
        /// Size of the request message.
        default "request" => request: Quantity<Bytes> = "\"0 B\"",
        /// Size of the reply message.
        default "reply" => reply: Quantity<Bytes> = "\"0 B\"",
        /// A reply later than this after the arrival is late. Left out: none is.
        optional "deadline" => deadline: Duration<Positive>,
        /// Shares of the requests that enter in each region. Left out: in proportion to nodes.
        default "from" => from: ByName<Number<NonNegative>> = "{}",
        /// What requests ask for, for routing by key. Left out: each for something of its own.
        optional "keys" => keys: KeysKind,
    }
    check check_from
}

object! {
    /// Keys that requests share.
    KeysKind: Keys = Keys {
        /// How many different ones there are.
        required "count" => count: Count<1, 10_000_000>,
        /// The k-th is asked for in proportion to k^-skew (Zipf); 0 = all alike.
        default "skew" => skew: Number<NonNegative> = "0",
    }
}

fn check_from(requests: &Requests, node: &Node, reader: &mut Reader<'_>) {
    if !requests.from.is_empty() && requests.from.values().sum::<f64>() <= 0.0 {
        reader.fault_in(node, "from", "the shares add up to nothing", "at least one share above zero");
    }
}

/// [`RequestsFields`] as a workload.
pub(in crate::scenario) struct RequestsKind;

impl Kind for RequestsKind {
    type Out = Workload;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Workload, Json)> {
        RequestsFields::read(node, reader).map(|(requests, json)| (Workload::Requests(requests), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        RequestsFields::schema(definitions)
    }
}

choice! {
    /// When something arrives.
    ArrivalsKind: Arrivals {
        objects {
            /// A Poisson process.
            "poisson" => PoissonKind,
            /// A renewal process with these gaps; the first gap ends with the first arrival.
            "every" => EveryKind,
            /// At the times in a file.
            "trace" => TraceKind,
        }
    }
}

object! {
    /// Poisson with rate `rate (1 + daily_swing cos(2 pi (clock - busiest)/24 h))`.
    PoissonKind: Arrivals = Arrivals::Poisson {
        /// Mean rate.
        required "rate" => rate: Quantity<PerSecond, Positive>,
        /// Relative amplitude over the day.
        default "daily_swing" => daily_swing: Probability = "0",
        /// Time of day of the greatest rate.
        default "busiest" => busiest: Clock = "\"15:00\"",
    }
}

/// Gaps of a renewal process.
pub(in crate::scenario) struct EveryKind;

impl Kind for EveryKind {
    type Out = Arrivals;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Arrivals, Json)> {
        let (gaps, json) = Durations::read(node, reader)?;
        if mean(&gaps) <= 0.0 {
            return reader.mismatch(node, "gaps of more than zero");
        }
        Some((Arrivals::Every(gaps), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Durations::schema(definitions)
    }
}

/// Arrival times from a file, counted from the start of the run.
pub(in crate::scenario) struct TraceKind;

impl Kind for TraceKind {
    type Out = Arrivals;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Arrivals, Json)> {
        let (seconds, json) = read_column::<Time>(node, reader)?;
        if let Some(at) = seconds.windows(2).position(|pair| pair[1] < pair[0]) {
            reader.fault_in(
                node,
                "column",
                format!("value {} of the trace is before the one above it", at + 2),
                "times that ascend",
            );
            return None;
        }
        let times: Vec<SimTime> = seconds.into_iter().map(SimTime::from_secs_f64).collect();
        Some((Arrivals::Trace(times.into()), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        ColumnFile::schema(definitions)
    }
}

/// Quantiles that an objective can bound, by name.
pub(in crate::scenario) struct Quantiles {
    p50: Option<SimDuration>,
    p90: Option<SimDuration>,
    p95: Option<SimDuration>,
    p99: Option<SimDuration>,
    p999: Option<SimDuration>,
}

object! {
    /// Greatest latency at quantiles.
    QuantileFields: Quantiles = Quantiles {
        /// Median.
        optional "p50" => p50: Duration<Positive>,
        /// 90th percentile.
        optional "p90" => p90: Duration<Positive>,
        /// 95th percentile.
        optional "p95" => p95: Duration<Positive>,
        /// 99th percentile.
        optional "p99" => p99: Duration<Positive>,
        /// 99.9th percentile.
        optional "p999" => p999: Duration<Positive>,
    }
}

/// [`QuantileFields`] as (quantile, latency) pairs.
pub(in crate::scenario) struct QuantilesKind;

impl Kind for QuantilesKind {
    type Out = Vec<(f64, SimDuration)>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Self::Out, Json)> {
        let (it, json) = QuantileFields::read(node, reader)?;
        let pairs = [(0.5, it.p50), (0.9, it.p90), (0.95, it.p95), (0.99, it.p99), (0.999, it.p999)];
        Some((pairs.into_iter().filter_map(|(quantile, latency)| Some((quantile, latency?))).collect(), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        QuantileFields::schema(definitions)
    }
}

object! {
    /// Service level objective of a workload.
    SloKind: Slo = Slo {
        /// Least share of requests that succeed on time.
        optional "success" => success: Number<PositiveUnit>,
        /// Greatest latency at quantiles.
        default "latency" => latency: QuantilesKind = "{}",
        /// Length of the windows that are met or missed each by itself. Left out: the run is one.
        optional "window" => window: Duration<Positive>,
    }
}
