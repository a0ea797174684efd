//! Progress on standard error, and only on a terminal: a bar with the time left.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// Tells how many runs are done.
pub enum Progress {
    /// A bar on a terminal.
    Bar(ProgressBar),
    /// Nothing.
    Silent,
}

impl Progress {
    /// Begins with `done` of `all` runs done.
    pub fn start(name: &str, done: usize, all: usize, quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self::Silent;
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
            Self::Silent => {}
        }
    }

    /// Takes the bar away while something else is written.
    pub fn pause<T>(&self, write: impl FnOnce() -> T) -> T {
        match self {
            Self::Bar(bar) => bar.suspend(write),
            Self::Silent => write(),
        }
    }

    /// Takes a bar off the screen.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
