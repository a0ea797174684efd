//! Does jobs over all cores: each alone, so that a panic or Ctrl-C costs no finished one.
//!
//! A result depends on nothing but its job, so neither the number of threads nor the order of completion reaches it.

use crate::failure::Failure;
use rayon::ThreadPoolBuilder;
use rayon::iter::{ParallelBridge, ParallelIterator};
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

/// How a job ended.
#[derive(Debug)]
pub enum Outcome<J, R> {
    /// With a result.
    Finished(J, R),
    /// With a panic that said this.
    Panicked(J, String),
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

/// Does all jobs on `threads` threads, begun in the order given, and hands each outcome to `take`, on the calling thread, as it comes.
///
/// Returns early, leaving jobs under way to themselves, when `take` fails or Ctrl-C is pressed.
pub fn execute<J, R, W, T>(jobs: Vec<J>, threads: usize, work: W, mut take: T) -> Result<End, Failure>
where
    J: Send + 'static,
    R: Send + 'static,
    W: Fn(&J) -> R + Send + Sync + 'static,
    T: FnMut(Outcome<J, R>) -> Result<(), Failure>,
{
    if jobs.is_empty() {
        return Ok(End::Complete);
    }
    std::panic::set_hook(Box::new(remember_panic));
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("run-{index}"))
        .build()
        .map_err(|error| Failure::Work(format!("cannot start {threads} threads: {error}")))?;
    // Bounded, so that a slow disk holds the workers up instead of filling the memory.
    let (sender, outcomes) = mpsc::sync_channel(2 * threads);
    pool.spawn(move || {
        jobs.into_iter().par_bridge().for_each_with(sender, |sender, job| {
            if !INTERRUPTED.load(Ordering::Relaxed) {
                // Nobody listens any more when the batch was given up.
                let _ = sender.send(attempt(job, &work));
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

/// Does one job; a panic is its outcome.
fn attempt<J, R>(job: J, work: impl Fn(&J) -> R) -> Outcome<J, R> {
    match catch_unwind(AssertUnwindSafe(|| work(&job))) {
        Ok(result) => Outcome::Finished(job, result),
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
    use std::sync::Mutex;

    #[test]
    fn a_panicking_run_fails_alone_and_says_why() {
        let work = |job: &u32| {
            assert!(*job != 3, "broken invariant in replication {job}");
            job * 10
        };
        let (mut finished, mut panicked) = (Vec::new(), Vec::new());
        let end = execute((0..8).collect(), 2, work, |outcome| {
            match outcome {
                Outcome::Finished(job, result) => finished.push((job, result)),
                Outcome::Panicked(job, message) => panicked.push((job, message)),
            }
            Ok(())
        });
        finished.sort_unstable();
        assert!(matches!(end, Ok(End::Complete)));
        assert_eq!(finished, [(0, 0), (1, 10), (2, 20), (4, 40), (5, 50), (6, 60), (7, 70)]);
        let [(3, message)] = &panicked[..] else { panic!("{panicked:?}") };
        assert!(message.contains("broken invariant in replication 3 (src/execute.rs:"), "{message}");
    }

    #[test]
    fn jobs_start_in_their_order() {
        static STARTED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
        let work = |job: &u32| STARTED.lock().expect("lock").push(*job);
        execute(vec![4, 3, 0, 2, 1], 1, work, |_| Ok(())).expect("they run");
        assert_eq!(*STARTED.lock().expect("lock"), [4, 3, 0, 2, 1]);
    }

    #[test]
    fn a_failure_to_keep_a_record_ends_the_batch() {
        let end = execute(vec![1, 2, 3], 1, |_| (), |_| Err(Failure::Work("disk full".to_owned())));
        assert!(matches!(end, Err(Failure::Work(message)) if message == "disk full"));
    }
}
