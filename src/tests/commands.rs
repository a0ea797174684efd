//! What each command prints, and where.

use super::{Ended, Place};
use serde_json::Value;
use std::process::Stdio;

#[test]
fn results_go_to_stdout_and_progress_only_to_a_terminal() {
    let place = Place::with_tiny();
    let ended = place.run(&["run", "tiny.json"]).ok();
    assert!(ended.out.contains("requests.success_ratio") && ended.out.contains("retrying"), "{}", ended.out);
    assert!(ended.out.contains(" ± ") && ended.out.contains("results in results/tiny"), "{}", ended.out);
    assert_eq!(ended.err, "");
    assert!(!ended.out.contains('\u{1b}'), "no colours without a terminal");
}

#[test]
fn quiet_says_nothing_and_json_only_json() {
    let place = Place::with_tiny();
    let quiet = place.run(&["run", "tiny.json", "--quiet"]).ok();
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    let json = place.run(&["run", "tiny.json", "--json", "--quiet"]).ok();
    let summary: Value = serde_json::from_str(&json.out).expect("stdout is one JSON document");
    assert_eq!(summary["scenario"], "tiny");
    assert_eq!(json.out, place.read("results/tiny/summary.json"));
    assert_eq!(json.err, "");
}

#[test]
fn flags_change_what_the_file_says() {
    let place = Place::with_tiny();
    let arguments = [
        "run",
        "tiny.json",
        "--policies",
        "retrying",
        "--replications",
        "2",
        "--seed",
        "9",
        "--set",
        "/duration=5 min",
        "--json",
    ];
    let summary: Value = serde_json::from_str(&place.run(&arguments).ok().out).expect("JSON");
    let policies = summary["variations"][0]["policies"].as_object().expect("policies");
    assert_eq!(policies.keys().collect::<Vec<_>>(), ["retrying"]);
    assert_eq!(policies["retrying"]["metrics"]["requests.arrived"]["n"], 2);
    let manifest: Value = serde_json::from_str(&place.read("results/tiny/manifest.json")).expect("JSON");
    assert_eq!(manifest["seed"], 9);
    assert_eq!(manifest["variations"][0]["resolved"]["duration"], "5 min");
}

#[test]
fn several_files_are_run_one_after_another() {
    let place = Place::with_tiny();
    std::fs::write(place.path("other.json"), super::TINY.replace("\"tiny\"", "\"other\"")).expect("written");
    place.run(&["run", "tiny.json", "other.json", "--replications", "1", "--out", "both"]).ok();
    assert!(place.path("both/tiny/summary.json").exists() && place.path("both/other/summary.json").exists());
}

#[test]
fn a_missed_objective_fails_only_when_asked_for() {
    let place = Place::with_tiny();
    let strict =
        ["run", "tiny.json", "--set", r#"/slo={"web": {"success": 0.99999, "latency": {"p99": "100 s"}}}"#];
    place.run(&strict).ok();
    let missed = place.run(&[&strict[..], &["--check-slo"]].concat());
    assert_eq!(missed.code, Some(99), "{}", missed.err);
    assert!(missed.err.contains("policy bare, workload web: requests.success_ratio is"), "{}", missed.err);
    assert!(!missed.err.contains("latency"), "{}", missed.err);
    let easy = ["run", "tiny.json", "--check-slo", "--set", r#"/slo={"web": {"success": 0.01}}"#];
    place.run(&easy).ok();
}

#[test]
fn check_shows_the_plan_and_runs_nothing() {
    let place = Place::with_tiny();
    let text = place.run(&["check", "tiny.json"]).ok();
    assert!(text.out.contains("2 policies × 4 replications = 8 runs"), "{}", text.out);
    assert!(text.out.contains("6 nodes at 3 sites") && text.out.contains("events a run"), "{}", text.out);
    assert!(!place.path("results").exists());
    let json: Value =
        serde_json::from_str(&place.run(&["check", "tiny.json", "--json"]).ok().out).expect("JSON");
    assert_eq!(json["runs"].as_array().map(Vec::len), Some(8));
    assert_eq!(json["estimate"]["nodes"], 6);
}

#[test]
fn a_resolved_scenario_is_a_scenario_that_gives_the_same_results() {
    let place = Place::with_tiny();
    let resolved = place.run(&["check", "tiny.json", "--resolved"]).ok().out;
    assert!(resolved.contains("\"attempts\": 1"), "defaults are filled in: {resolved}");
    std::fs::write(place.path("resolved.json"), resolved).expect("written");
    place.run(&["run", "tiny.json", "--out", "a"]).ok();
    place.run(&["run", "resolved.json", "--out", "b"]).ok();
    assert_eq!(place.digest("a"), place.digest("b"));
}

#[test]
fn schema_is_json_and_names_the_top_level_fields() {
    let schema: Value = serde_json::from_str(&Place::new().run(&["schema"]).ok().out).expect("JSON");
    for field in ["name", "duration", "fleet", "workloads", "policies", "vary"] {
        assert!(schema["properties"][field].is_object(), "{field}");
    }
}

#[test]
fn a_new_scenario_is_right_and_never_overwrites() {
    let place = Place::new();
    let made = place.run(&["new", "mine"]).ok();
    assert!(made.err.contains("wrote mine.json"), "{}", made.err);
    assert!(place.read("mine.json").contains("//"));
    place.run(&["check", "mine.json"]).ok();
    let again = place.run(&["new", "mine"]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("mine.json exists already"), "{}", again.err);
    assert_eq!(place.run(&["new", "mine", "--out", "-"]).ok().out, place.read("mine.json"));
}

#[test]
fn the_catalog_lists_kinds_and_shows_entries() {
    let place = Place::new();
    let all = place.run(&["catalog"]).ok().out;
    assert!(all.contains("garage") && all.contains("mini-pc"), "{all}");
    let entry = place.run(&["catalog", "mini-pc"]).ok().out;
    assert!(entry.contains("mini-pc") && entry.contains("source"), "{entry}");
    assert!(entry.len() < all.len());
}

#[test]
fn completions_are_there_but_not_in_the_help() {
    let place = Place::new();
    assert!(place.run(&["completions", "bash"]).ok().out.contains("_brownout"));
    let help = place.run(&["--help"]).ok().out;
    assert!(help.contains("run") && !help.contains("completions") && help.contains("Exit codes"), "{help}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let mut child =
        place.command(&["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    let ended = Ended::from(child.wait_with_output().expect("ended"));
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
}
