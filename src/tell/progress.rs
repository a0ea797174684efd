//! Progress on standard error: a bar with the time left on a terminal, else a line every tenth.

use super::numbers::elapsed;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

/// Tells how many runs are done.
pub enum Progress {
    /// A bar on a terminal.
    Bar(ProgressBar),
    /// A line every tenth.
    Lines(Lines),
    /// Nothing.
    Silent,
}

/// Progress where no bar can be drawn.
pub struct Lines {
    name: String,
    done: usize,
    all: usize,
    since: Instant,
}

impl Progress {
    /// Begins with `done` of `all` runs done.
    pub fn start(name: &str, done: usize, all: usize, quiet: bool) -> Self {
        if quiet {
            return Self::Silent;
        }
        if !io::stderr().is_terminal() {
            return Self::Lines(Lines { name: name.to_owned(), done, all, since: Instant::now() });
        }
        let bar = ProgressBar::new(all as u64).with_position(done as u64).with_message(name.to_owned());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len} runs, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(250));
        Self::Bar(bar)
    }

    /// One more run is done.
    pub fn step(&mut self) {
        match self {
            Self::Bar(bar) => bar.inc(1),
            Self::Lines(lines) => lines.step(),
            Self::Silent => {}
        }
    }

    /// Takes a bar off the screen.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl Lines {
    fn step(&mut self) {
        let tenth = |runs: usize| runs * 10 / self.all;
        let before = tenth(self.done);
        self.done += 1;
        if tenth(self.done) > before {
            eprintln!(
                "{}: {} of {} runs after {}",
                self.name,
                self.done,
                self.all,
                elapsed(self.since.elapsed().as_secs_f64())
            );
        }
    }
}
