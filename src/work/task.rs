//! A run to be made: when it comes, and how it is made.

use super::Limits;
use super::project::Project;
use crate::output::runs;
use crate::tell::numbers::{about, elapsed};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A run to be made, for all who want it.
pub struct Task {
    /// Its name by its content.
    pub id: String,
    /// Roughly how many events it has.
    pub events: f64,
    /// Project and number of the run in its plan.
    pub targets: Vec<(usize, usize)>,
}

/// Long runs first, so that none is left alone at the end; but project by project, so that results come before all is done.
pub fn in_order(mut tasks: Vec<Task>) -> Vec<Task> {
    let mut longest: BTreeMap<usize, f64> = BTreeMap::new();
    for task in &tasks {
        let of_project = longest.entry(task.targets[0].0).or_insert(0.0);
        *of_project = of_project.max(task.events);
    }
    let key = |task: &Task| (longest[&task.targets[0].0], task.targets[0].0, task.events, task.targets[0].1);
    tasks.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(b.2.total_cmp(&a.2)).then(a.3.cmp(&b.3))
    });
    tasks
}

impl Limits {
    /// What of it a run with so many events after so long has gone over.
    fn exceeded(&self, events: u64, spent: Duration) -> Option<String> {
        match (self.events, self.time) {
            (Some(most), _) if events > most => {
                Some(format!("it has more than {} events", about(most as f64)))
            }
            (_, Some(most)) if spent > most => {
                Some(format!("it takes longer than {}", elapsed(most.as_secs_f64())))
            }
            _ => None,
        }
    }
}

/// Makes a run: the line of its record, or why there is none, and the seconds that it took.
pub fn simulate(projects: &[Project], task: &Task, limits: Limits) -> (Result<Vec<u8>, String>, f64) {
    let (place, number) = task.targets[0];
    let project = &projects[place];
    let run = &project.runs[number].run;
    let scenario = &project.plan.variations[run.variation as usize].scenario;
    let (began, mut over) = (Instant::now(), None);
    let record = sim_core::run_while(scenario, &run.policy, run.variation, run.replication, |events| {
        over = limits.exceeded(events, began.elapsed());
        over.is_none()
    });
    // A short run may never have been asked.
    if let Some(record) = &record {
        let events = record.metric("engine.events").unwrap_or(0.0) as u64;
        over = limits.exceeded(events, began.elapsed());
    }
    let seconds = began.elapsed().as_secs_f64();
    let line = match (over, record) {
        (None, Some(mut record)) => {
            record.id.clone_from(&task.id);
            runs::line(&record).map_err(|_| "its record cannot be written".to_owned())
        }
        (over, _) => Err(format!("over its budget: {}", over.unwrap_or_default())),
    };
    (line, seconds)
}
