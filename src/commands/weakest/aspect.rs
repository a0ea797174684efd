//! What a failure domain can take down: requests, the reading of data, work of jobs, and if nothing is asked of the fleet its nodes.

use super::experiment::KILL;
use sim_core::measure::catalog::of_workload;
use sim_core::measure::record::RunRecord;

/// One of the things that a fleet is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    Requests,
    Data,
    Work,
    Nodes,
}

pub fn metric(record: &RunRecord, name: &str) -> f64 {
    record.metric(name).unwrap_or(0.0)
}

pub fn of_kill(record: &RunRecord, name: &str) -> Option<f64> {
    record.metric(&of_workload(&format!("faults.{name}"), KILL))
}

/// Requests that failed, were late, or are under way past their deadline.
pub fn missed(record: &RunRecord) -> f64 {
    let in_time = metric(record, "requests.completed") - metric(record, "requests.late");
    match record.metric("requests.success_ratio") {
        // The ratio is that of answers in time to requests decided.
        Some(ratio) if ratio > 0.0 => (in_time / ratio - in_time).round(),
        _ => metric(record, "requests.failed") + metric(record, "requests.late"),
    }
}

/// Work of jobs that led to results or is not lost yet, in seconds at speed 1.
pub fn progress(record: &RunRecord) -> f64 {
    metric(record, "jobs.useful_work") + metric(record, "jobs.work_in_progress")
}

impl Aspect {
    /// What the fleet of the undisturbed run is there for.
    pub fn of(undisturbed: &RunRecord) -> Vec<Self> {
        let asked = [
            (Self::Requests, of_kill(undisturbed, "requests").is_some_and(|requests| requests > 0.0)),
            (Self::Data, metric(undisturbed, "objects.count") > 0.0),
            (Self::Work, progress(undisturbed) > 0.0),
        ];
        let aspects: Vec<Self> = asked.into_iter().filter(|(_, is)| *is).map(|(aspect, _)| aspect).collect();
        if aspects.is_empty() { vec![Self::Nodes] } else { aspects }
    }

    /// Of what a share is meant.
    pub const fn whole(self) -> &'static str {
        match self {
            Self::Requests => "of the requests that come meanwhile",
            Self::Data => "of the time in which data could be read meanwhile",
            Self::Work => "of the work that jobs do in as long",
            Self::Nodes => "of all node-time meanwhile",
        }
    }

    /// What the axis of the picture says where it is the only one.
    pub const fn axis(self) -> &'static str {
        match self {
            Self::Requests => "requests lost, of those that come meanwhile (%)",
            Self::Data => "time in which objects cannot be read, of that of all objects meanwhile (%)",
            Self::Work => "work of jobs lost, of what they do in as long (%)",
            Self::Nodes => "node-time down, of that of all nodes meanwhile (%)",
        }
    }
}
