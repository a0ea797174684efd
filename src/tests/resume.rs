//! Stopping in the middle costs no finished run, and going on gives the same bytes.

use super::{Ended, Place};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Enough runs that a signal always comes in the middle.
const MANY: [&str; 4] = ["--replications", "150", "--threads", "2"];

/// Starts the program and waits until `runs` runs are in the log.
fn started(place: &Place, runs: usize) -> Child {
    let mut command = place.command(&["run", "tiny.json", "--quiet", "--out", "stopped"]);
    let child =
        command.args(MANY).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let since = Instant::now();
    while lines(place) < runs {
        assert!(since.elapsed() < Duration::from_secs(60), "no run was logged for a minute");
        sleep(Duration::from_millis(1));
    }
    child
}

/// Runs in the log.
fn lines(place: &Place) -> usize {
    fs::read_to_string(place.path("stopped/runs.jsonl")).map_or(0, |text| text.lines().count())
}

/// Finishes what was stopped and compares it with what was never stopped.
fn assert_resumes(place: &Place) {
    let kept = lines(place);
    assert!((3..300).contains(&kept), "stopped in the middle, with {kept} of 300 runs");
    place.command(&["run", "tiny.json", "--quiet", "--out", "whole"]).args(MANY).status().expect("it runs");
    let resumed = place.command(&["run", "tiny.json", "--resume", "--out", "stopped"]).args(MANY).output();
    let resumed = Ended::from(resumed.expect("it runs")).ok();
    let told = resumed.out.lines().next().unwrap_or_default();
    assert!(told.starts_with("tiny: 300 runs (") && told.contains(" of them kept)"), "{told}");
    assert_eq!(place.digest("stopped"), place.digest("whole"));
    for file in ["runs.jsonl", "summary.json", "summary.csv", "plots/policies.svg"] {
        assert!(
            place.read(&format!("stopped/{file}")) == place.read(&format!("whole/{file}")),
            "{file} differs"
        );
    }
}

#[test]
fn a_killed_program_resumes_to_the_same_bytes() {
    let place = Place::with_tiny();
    let mut child = started(&place, 5);
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(!place.path("stopped/summary.json").exists());
    let mut log = OpenOptions::new().append(true).open(place.path("stopped/runs.jsonl")).expect("the log");
    log.write_all(br#"{"id":"torn in the mid"#).expect("a torn line");
    assert_resumes(&place);
}

#[cfg(unix)]
#[test]
fn an_interrupted_program_keeps_what_is_finished_and_says_how_to_go_on() {
    let place = Place::with_tiny();
    let child = started(&place, 3);
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(signal.expect("kill runs").success());
    let ended = Ended::from(child.wait_with_output().expect("ended"));
    assert_eq!(ended.code, Some(130), "{}", ended.err);
    assert!(
        ended.err.contains("of 300 runs are kept in stopped") && ended.err.contains("--resume"),
        "{}",
        ended.err
    );
    assert_resumes(&place);
}

#[test]
fn resuming_makes_only_what_is_missing() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json", "--replications", "2"]).ok();
    let more = place.run(&["run", "tiny.json", "--replications", "3", "--resume"]).ok();
    assert!(more.out.starts_with("tiny: 6 runs (4 of them kept)"), "{}", more.out);
    place.run(&["run", "tiny.json", "--replications", "3", "--out", "fresh"]).ok();
    assert_eq!(place.digest("results/tiny"), place.digest("fresh"));
    let again = place.run(&["run", "tiny.json", "--replications", "3", "--resume"]).ok();
    assert_eq!(again.err, "");
    assert_eq!(place.read("results/tiny/runs.jsonl"), place.read("fresh/runs.jsonl"));
}

#[test]
fn resuming_with_another_seed_drops_nothing_and_says_what_to_do() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json"]).ok();
    let other = place.run(&["run", "tiny.json", "--seed", "2", "--resume"]);
    assert_eq!(other.code, Some(2));
    assert!(other.err.contains("results/tiny holds 8 finished runs of another scenario"), "{}", other.err);
    assert_eq!(place.read("results/tiny/runs.jsonl").lines().count(), 8);
}

#[test]
fn a_log_that_is_broken_in_the_middle_is_an_error_with_its_line() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json"]).ok();
    let log = place.read("results/tiny/runs.jsonl").replacen("\"metrics\"", "metrics", 1);
    fs::write(place.path("results/tiny/runs.jsonl"), log).expect("written");
    let ended = place.run(&["run", "tiny.json", "--resume"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("runs.jsonl:1 is not a run record"), "{}", ended.err);
}
