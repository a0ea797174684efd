//! Jobs as a workload.

use super::workload::ArrivalsKind;
use crate::quantity::Bytes;
use crate::scenario::cost::mean;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Duration, Positive, Quantity};
use crate::scenario::spec::{Jobs, Workload, WrongResults};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

object! {
    /// A stream of long computations.
    JobsFields: Jobs = Jobs {
        /// When they arrive.
        required "arrivals" => arrivals: ArrivalsKind,
        /// Work of each at speed 1, drawn once per job.
        required "demand" => demand: Durations,
        /// Size of a checkpoint.
        default "state" => state: Quantity<Bytes> = "\"0 B\"",
        /// A job that is not done this long after its arrival has failed. Left out: none has.
        optional "deadline" => deadline: Duration<Positive>,
        /// Whether the wrong results that nodes give by their `error_rate` are alike.
        default "wrong_results" => wrong_results: WrongResultsKind = "\"independent\"",
    }
    check check_demand
}

fn check_demand(jobs: &Jobs, node: &Node, reader: &mut Reader<'_>) {
    if mean(&jobs.demand) <= 0.0 {
        reader.fault_in(
            node,
            "demand",
            "jobs without work are done as soon as they come",
            "a time of more than zero",
        );
    }
}

choice! {
    /// Whether the wrong results of a job are alike.
    WrongResultsKind: WrongResults {
        words {
            /// No two are: they never make a quorum.
            "independent" => WrongResults::Independent,
            /// All are: enough of them make a quorum.
            "colluding" => WrongResults::Colluding,
        }
    }
}

/// [`JobsFields`] as a workload.
pub(in crate::scenario) struct JobsKind;

impl Kind for JobsKind {
    type Out = Workload;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Workload, Json)> {
        JobsFields::read(node, reader).map(|(jobs, json)| (Workload::Jobs(jobs), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        JobsFields::schema(definitions)
    }
}
