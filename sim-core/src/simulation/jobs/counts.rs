//! What is counted of jobs, and the metrics made of it.
//!
//! Work is in seconds at speed 1, overheads included, as what could have been done meanwhile. Of all jobs that arrived after the warm-up:
//! `started = useful + Σ wasted by cause + in progress`.

use super::super::Simulation;
use super::super::finish::Metrics;
use super::state::Place;
use crate::kernel::SimTime;
use crate::measure::accumulate::Sum;
use crate::measure::catalog::of_workload;
use crate::measure::sketch::LatencySketch;

/// Why work was wasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waste {
    /// Lost with a node that failed.
    Failure,
    /// Done on a node that was given up although it ran.
    Suspicion,
    /// By instances that another overtook.
    Copies,
    /// Time for checkpoints.
    Checkpoint,
    /// Time to recover from failures.
    Restart,
    /// Results that are wrong, and right ones that wrong ones outvoted.
    Wrong,
    /// Right results but the first, for the quorum.
    Validation,
    /// By the loser where a straggler had been given a second instance.
    Speculation,
    /// Time to leave a node and to begin at another.
    Migration,
    /// Of jobs that were not done in time, or given up.
    Deadline,
}

impl Waste {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Failure, "failure"),
        (Self::Suspicion, "suspicion"),
        (Self::Copies, "copies"),
        (Self::Checkpoint, "checkpoint"),
        (Self::Restart, "restart"),
        (Self::Wrong, "wrong"),
        (Self::Validation, "validation"),
        (Self::Speculation, "speculation"),
        (Self::Migration, "migration"),
        (Self::Deadline, "deadline"),
    ];
}

/// What is counted of one workload.
#[derive(Clone, Debug, Default)]
pub(super) struct JobCounts {
    pub arrived: u64,
    pub completed: u64,
    pub failed: u64,
    pub running: u64,
    pub waiting: u64,
    pub instances: u64,
    pub attempts: u64,
    pub wrong: u64,
    pub checkpoints: u64,
    pub migrations: u64,
    pub started: Sum,
    pub useful: Sum,
    pub in_progress: Sum,
    pub wasted: [Sum; Waste::ALL.len()],
    /// Completion time over demand, of jobs completed.
    pub slowdown: Sum,
    pub completion: LatencySketch,
}

impl JobCounts {
    pub(super) fn waste(&mut self, work: f64, cause: Waste) {
        self.wasted[cause as usize].add(work);
    }

    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.arrived, other.arrived),
            (&mut self.completed, other.completed),
            (&mut self.failed, other.failed),
            (&mut self.running, other.running),
            (&mut self.waiting, other.waiting),
            (&mut self.instances, other.instances),
            (&mut self.attempts, other.attempts),
            (&mut self.wrong, other.wrong),
            (&mut self.checkpoints, other.checkpoints),
            (&mut self.migrations, other.migrations),
        ] {
            *mine += theirs;
        }
        self.started.add(other.started.value());
        self.useful.add(other.useful.value());
        self.in_progress.add(other.in_progress.value());
        self.slowdown.add(other.slowdown.value());
        for (mine, theirs) in self.wasted.iter_mut().zip(&other.wasted) {
            mine.add(theirs.value());
        }
        self.completion.merge(&other.completion);
    }
}

impl Simulation<'_> {
    /// Measuring of jobs begins anew.
    pub(in crate::simulation) fn jobs_warmed_up(&mut self) {
        self.jobs.counts.fill(JobCounts::default());
        self.job_impacts_restart();
    }

    /// Closes the accounts of the jobs that are left, and says what became of all.
    pub(in crate::simulation) fn job_metrics(&mut self, metrics: &mut Metrics) {
        if !self.model.jobs.exist() {
            return;
        }
        let now = self.engine.now();
        self.close_jobs(now);
        self.fault_job_metrics(metrics);
        let mut total = JobCounts::default();
        for counts in &self.jobs.counts {
            total.merge(counts);
        }
        put(metrics, None, &total);
        if self.jobs.counts.len() > 1 {
            for (workload, counts) in self.model.jobs.workloads.iter().zip(&self.jobs.counts) {
                put(metrics, Some(&workload.name), counts);
            }
        }
    }

    fn close_jobs(&mut self, now: SimTime) {
        for index in 0..self.jobs.jobs.len() {
            if !self.jobs.jobs[index].live {
                continue;
            }
            let ids = self.jobs.jobs[index].instances.clone();
            let mut runs = false;
            for id in ids {
                self.charge_instance(id, now);
                let instance = &self.jobs.instances[id.index()];
                runs |= instance.place == Place::OnSlot;
                let progress = instance.work.progress();
                if let Some(counts) = self.counts_of(instance.job) {
                    counts.in_progress.add(progress);
                }
            }
            let job = &self.jobs.jobs[index];
            if job.over {
                continue;
            }
            let id = crate::world::workload::JobId::from_index(index);
            if let Some(counts) = self.counts_of(id) {
                *(if runs { &mut counts.running } else { &mut counts.waiting }) += 1;
            }
        }
    }
}

fn put(metrics: &mut Metrics, workload: Option<&str>, counts: &JobCounts) {
    let mut one = |name: &str, value: f64| {
        let plain = format!("jobs.{name}");
        metrics.put(workload.map_or_else(|| plain.clone(), |workload| of_workload(&plain, workload)), value);
    };
    for (name, count) in [
        ("arrived", counts.arrived),
        ("completed", counts.completed),
        ("failed", counts.failed),
        ("running", counts.running),
        ("waiting", counts.waiting),
        ("attempts", counts.attempts),
        ("instances", counts.instances),
        ("wrong", counts.wrong),
        ("checkpoints", counts.checkpoints),
        ("migrations", counts.migrations),
    ] {
        one(name, count as f64);
    }
    let started = counts.started.value();
    one("started_work", started);
    one("useful_work", counts.useful.value());
    one("work_in_progress", counts.in_progress.value());
    let wasted: Sum = counts.wasted.iter().map(Sum::value).collect();
    one("wasted_work", wasted.value() / started);
    for (cause, name) in Waste::ALL {
        one(&format!("wasted_work.{name}"), counts.wasted[cause as usize].value() / started);
    }
    one("slowdown", counts.slowdown.value() / counts.completed as f64);
    let prefix = workload
        .map_or_else(|| "jobs.completion_time".to_owned(), |it| format!("jobs[{it}].completion_time"));
    let names = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)];
    metrics.quantiles(&prefix, &counts.completion, &names);
}
