//! Runs jobs over all cores: each alone, the longest first, so that a panic or Ctrl-C costs no finished run.
//!
//! A run depends on nothing but its job, so neither the number of threads nor the order of completion reaches a result.

use crate::failure::Failure;
use rayon::ThreadPoolBuilder;
use rayon::iter::{ParallelBridge, ParallelIterator};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::Run;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// How often a waiting main thread looks whether it was interrupted.
const GLANCE: Duration = Duration::from_millis(50);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// What the last panic of this thread said.
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A run to be made.
#[derive(Clone, Debug)]
pub struct Job {
    /// Policy, variation and replication.
    pub run: Run,
    /// Content address of the run.
    pub id: String,
    /// Estimated work, in events; 0 where it is unknown.
    pub weight: f64,
}

/// How a job ended.
#[derive(Debug)]
pub enum Outcome {
    /// With a record.
    Finished(Box<RunRecord>),
    /// With a panic that said this.
    Panicked(Job, String),
}

/// How a batch of jobs ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All jobs have an outcome.
    Complete,
    /// Ctrl-C came before that.
    Interrupted,
}

/// Makes Ctrl-C end a batch after what is finished has been kept; a second one ends the program at once.
pub fn listen_for_interrupts() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            process::exit(130);
        }
    })
    .map_err(|error| Failure::Work(format!("cannot listen for Ctrl-C: {error}")))
}

/// Runs all jobs on `threads` threads and hands each outcome to `take`, on the calling thread, as it comes.
///
/// Returns early, leaving running jobs to themselves, when `take` fails or Ctrl-C is pressed.
pub fn execute<S, T>(mut jobs: Vec<Job>, threads: usize, simulate: S, mut take: T) -> Result<End, Failure>
where
    S: Fn(&Run) -> RunRecord + Send + Sync + 'static,
    T: FnMut(Outcome) -> Result<(), Failure>,
{
    if jobs.is_empty() {
        return Ok(End::Complete);
    }
    jobs.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    std::panic::set_hook(Box::new(remember_panic));
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("run-{index}"))
        .build()
        .map_err(|error| Failure::Work(format!("cannot start {threads} threads: {error}")))?;
    let (sender, outcomes) = mpsc::channel();
    pool.spawn(move || {
        jobs.into_iter().par_bridge().for_each_with(sender, |sender, job| {
            if !INTERRUPTED.load(Ordering::Relaxed) {
                // Nobody listens any more when the batch was given up.
                let _ = sender.send(attempt(job, &simulate));
            }
        });
    });
    loop {
        if INTERRUPTED.load(Ordering::Relaxed) {
            outcomes.try_iter().try_for_each(&mut take)?;
            return Ok(End::Interrupted);
        }
        match outcomes.recv_timeout(GLANCE) {
            Ok(outcome) => take(outcome)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(End::Complete),
        }
    }
}

/// Runs one job; a panic is its outcome.
fn attempt(job: Job, simulate: impl Fn(&Run) -> RunRecord) -> Outcome {
    match catch_unwind(AssertUnwindSafe(|| simulate(&job.run))) {
        Ok(mut record) => {
            record.id.clone_from(&job.id);
            Outcome::Finished(Box::new(record))
        }
        Err(_) => Outcome::Panicked(job, LAST_PANIC.with(|last| last.take())),
    }
}

/// Keeps what a panic says for the report of its run, instead of printing it between lines of progress.
fn remember_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text =
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned());
    let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
    LAST_PANIC.with(|last| last.replace(format!("{text}{place}")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;
    use std::sync::Mutex;

    fn record(run: &Run) -> RunRecord {
        RunRecord {
            id: String::new(),
            variation: run.variation,
            policy: run.policy.clone(),
            replication: run.replication,
            seed: 1,
            metrics: IndexMap::new(),
            trace: String::new(),
            exogenous: String::new(),
            latency: IndexMap::new(),
            timeline: None,
            spread: None,
        }
    }

    fn jobs(count: u32) -> Vec<Job> {
        let run = |replication| Run { variation: 0, policy: "bare".to_owned(), replication };
        (0..count).map(|r| Job { run: run(r), id: format!("id{r}"), weight: f64::from(r) }).collect()
    }

    #[test]
    fn a_panicking_run_fails_alone_and_says_why() {
        let simulate = |run: &Run| {
            assert!(run.replication != 3, "broken invariant in replication {}", run.replication);
            record(run)
        };
        let (mut finished, mut panicked) = (Vec::new(), Vec::new());
        let end = execute(jobs(8), 2, simulate, |outcome| {
            match outcome {
                Outcome::Finished(record) => finished.push(record.id),
                Outcome::Panicked(job, message) => panicked.push((job.id, message)),
            }
            Ok(())
        });
        finished.sort();
        assert!(matches!(end, Ok(End::Complete)));
        assert_eq!(finished, ["id0", "id1", "id2", "id4", "id5", "id6", "id7"]);
        assert_eq!(panicked.len(), 1);
        assert_eq!(panicked[0].0, "id3");
        assert!(
            panicked[0].1.contains("broken invariant in replication 3 (src/execute.rs:"),
            "{}",
            panicked[0].1
        );
    }

    #[test]
    fn the_heaviest_job_starts_first() {
        static STARTED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
        let simulate = |run: &Run| {
            STARTED.lock().expect("lock").push(run.replication);
            record(run)
        };
        execute(jobs(5), 1, simulate, |_| Ok(())).expect("runs");
        assert_eq!(*STARTED.lock().expect("lock"), [4, 3, 2, 1, 0]);
    }

    #[test]
    fn a_failure_to_keep_a_record_ends_the_batch() {
        let end = execute(jobs(3), 1, record, |_| Err(Failure::Work("disk full".to_owned())));
        assert!(matches!(end, Err(Failure::Work(message)) if message == "disk full"));
    }
}
