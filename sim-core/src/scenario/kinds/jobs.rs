//! Jobs as a workload.

use super::workload::ArrivalsKind;
use crate::quantity::Bytes;
use crate::scenario::declare::object;
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Duration, Positive, Quantity};
use crate::scenario::spec::{Jobs, Workload};
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
