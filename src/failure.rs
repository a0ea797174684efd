//! How a command ends when it does not end well: a message for standard error and an exit code.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What went wrong, by who has to act.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage or bad input: the user has to change something. Exit code 2.
    Usage(String),
    /// A run or an access to a file failed. Exit code 1.
    Work(String),
    /// A guard found a regression. Exit code 3.
    Regression(String),
    /// An objective of the scenario was missed under `--check-slo`. Exit code 99.
    Slo(String),
    /// Stopped by Ctrl-C after what was finished had been kept. Exit code 130.
    Interrupted(String),
    /// Whoever read standard output has gone; nothing is left to say. Exit code 0.
    OutputClosed,
}

impl Failure {
    /// An access to a file that failed.
    pub fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::Work(format!("cannot {action} {}: {}", path.display(), plain(error)))
    }

    /// Tells the user on standard error and gives the exit code.
    pub fn report(&self) -> ExitCode {
        let (code, message) = match self {
            Self::Usage(message) => (2, message),
            Self::Work(message) => (1, message),
            Self::Regression(message) => (3, message),
            Self::Slo(message) => (99, message),
            Self::Interrupted(message) => (130, message),
            Self::OutputClosed => return ExitCode::SUCCESS,
        };
        error(message);
        ExitCode::from(code)
    }
}

impl From<io::Error> for Failure {
    /// An error of standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Work(format!("cannot write to standard output: {}", plain(&error)))
        }
    }
}

/// What an I/O error says without its number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}

/// Writes an error to standard error; a message that has its own heading keeps it.
pub fn error(message: &str) {
    labelled("error", AnsiColor::Red, message);
}

/// Writes a warning to standard error.
pub fn warning(message: impl Display) {
    labelled("warning", AnsiColor::Yellow, &message.to_string());
}

fn labelled(label: &str, colour: AnsiColor, message: &str) {
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let rest = message.strip_prefix(label).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message);
    anstream::eprintln!("{style}{label}{style:#}: {rest}");
}
