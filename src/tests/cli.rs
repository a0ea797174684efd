//! The command line as a user runs it: a folder, a scenario file in it, the program, and what comes out.

mod bad_input;
mod batch;
mod commands;
mod guard;
mod readme;
mod report;
mod results;
mod resume;
mod sequential;
mod trace;
mod weakest;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A small scenario in which requests queue, nodes break, and policies differ; a run takes milliseconds.
const TINY: &str = r#"{
  // Six machines that break every few minutes.
  "name": "tiny",
  "seed": 1,
  "duration": "10 min",
  "replications": 4,
  "regions": { "here": { "weather": { "daily": { "mean": "25 C", "swing": "5 K", "hottest": "15:00" } } } },
  "nodes": {
    "box": { "slots": 1, "hardware": { "faults": { "up": { "exponential": { "mean": "5 min" } }, "down": "30 s" } } },
  },
  "fleet": [{ "name": "home", "region": "here", "sites": 3, "racks": [{ "count": 1, "nodes": { "box": 2 } }] }],
  "workloads": {
    "web": {
      "requests": {
        "arrivals": { "poisson": { "rate": "4 /s" } },
        "demand": { "exponential": { "mean": "200 ms" } },
        "deadline": "2 s",
      },
    },
  },
  "policies": {
    "bare": { "health": "none" },
    "retrying": { "health": "none", "requests": { "attempts": 3, "timeout": "1 s" } },
  },
}
"#;

/// A folder of its own for a test.
struct Place(tempfile::TempDir);

impl Place {
    /// An empty folder.
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A folder with the small scenario in `tiny.json`.
    fn with_tiny() -> Self {
        Self::with(TINY)
    }

    /// A folder with `text` in `tiny.json`.
    fn with(text: &str) -> Self {
        let place = Self::new();
        fs::write(place.path("tiny.json"), text).expect("the scenario is written");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program, about to be run in the folder.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = brownout(self.0.path());
        command.args(arguments);
        command
    }

    /// Runs the program to its end.
    fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().expect("the program starts");
        Ended::from(output)
    }

    /// The digest in the manifest of a results folder.
    fn digest(&self, results: &str) -> String {
        let manifest: serde_json::Value =
            serde_json::from_str(&self.read(&format!("{results}/manifest.json")))
                .expect("a manifest is JSON");
        manifest["digest"].as_str().expect("a digest").to_owned()
    }
}

/// The program in a folder.
fn brownout(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brownout"));
    command.current_dir(folder).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// How the program ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "stderr: {}", self.err);
        self
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8");
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}
