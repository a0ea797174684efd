//! Replications whose number depends on what they show: the same runs whatever happens on the way.

use super::{Place, TINY};
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The small scenario with other replications, and what else is asked.
fn place(replications: &str) -> Place {
    Place::with(&TINY.replace("\"replications\": 4", &format!("\"replications\": {replications}")))
}

const UNTIL: &str =
    r#"{ "min": 4, "max": 64, "until": { "metric": "requests.success_ratio", "half_width": 0.015 } }"#;

fn json(place: &Place, file: &str) -> Value {
    serde_json::from_str(&place.read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[track_caller]
fn assert_same(place: &Place, a: &str, b: &str) {
    for file in ["runs.jsonl", "summary.json", "summary.csv"] {
        let (one, other) = (place.read(&format!("{a}/{file}")), place.read(&format!("{b}/{file}")));
        assert!(one == other, "{file} differs between {a} and {b}");
    }
    assert_eq!(place.digest(a), place.digest(b));
}

#[test]
fn runs_go_on_until_enough_is_known() {
    let place = place(UNTIL);
    let told = place.run(&["run", "tiny.json", "--out", "one", "--threads", "1"]).ok();
    assert!(told.out.contains("requests.success_ratio is known well enough after"), "{}", told.out);
    let manifest = json(&place, "one/manifest.json");
    let made = manifest["ended"][0]["until"]["replications"].as_u64().expect("a number");
    assert!(made > 4 && made < 64 && manifest["complete"] == true, "{manifest}");
    assert_eq!(manifest["runs"].as_u64(), Some(2 * made));
    let summary = json(&place, "one/summary.json");
    assert_eq!(summary["variations"][0]["ended"]["until"]["reason"], "reached");
    let metric = &summary["variations"][0]["policies"]["bare"]["metrics"]["requests.success_ratio"];
    assert_eq!((metric["interval"].as_str(), metric["n"].as_u64()), (Some("repeated"), Some(made)));
    let width = (metric["ci95"][1].as_f64().unwrap() - metric["ci95"][0].as_f64().unwrap()) / 2.0;
    assert!(width <= 0.015, "{width}");
    // Threads change nothing, nor that more is there than is needed.
    place.run(&["run", "tiny.json", "--out", "two", "--threads", "2", "--quiet"]).ok();
    assert_same(&place, "one", "two");
    place.run(&["run", "tiny.json", "--replications", "64", "--out", "more", "--quiet"]).ok();
    place.run(&["run", "tiny.json", "--out", "more", "--resume", "--quiet"]).ok();
    assert_same(&place, "one", "more");
    // In a batch too, and again there is nothing to do.
    place.run(&["batch", "tiny.json", "--out", "batch", "--quiet"]).ok();
    assert_same(&place, "one", "batch/tiny");
    let again = place.run(&["batch", "tiny.json", "--out", "batch"]).ok();
    assert!(again.out.contains("unchanged"), "{}", again.out);
    let only = ["run", "tiny.json", "--only", "policy=bare,replication=1", "--out", "few", "--quiet"];
    place.run(&only).ok();
    assert_eq!(place.read("few/runs.jsonl").lines().count(), 1);
}

#[test]
fn a_killed_search_goes_on_to_the_same_bytes() {
    let place = place(UNTIL);
    let arguments = ["run", "tiny.json", "--quiet", "--threads", "2", "--out"];
    let mut command = place.command(&arguments);
    let mut child = command.arg("stopped").stdout(Stdio::null()).spawn().expect("the program starts");
    let lines =
        || fs::read_to_string(place.path("stopped/runs.jsonl")).map_or(0, |text| text.lines().count());
    let since = Instant::now();
    while lines() < 11 {
        assert!(since.elapsed() < Duration::from_secs(60), "no run was logged for a minute");
        sleep(Duration::from_millis(1));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    place.run(&[&arguments[..], &["stopped", "--resume"]].concat()).ok();
    place.run(&[&arguments[..], &["whole"]].concat()).ok();
    assert_same(&place, "stopped", "whole");
}

#[test]
fn a_cap_is_told_and_parts_are_refused() {
    let place = place(
        r#"{ "min": 4, "max": 8, "until": { "metric": "requests.latency.p99", "relative_half_width": "1 %" } }"#,
    );
    let told = place.run(&["run", "tiny.json"]).ok();
    assert!(told.out.contains("requests.latency.p99 is NOT known well enough after 8"), "{}", told.out);
    assert_eq!(json(&place, "results/tiny/manifest.json")["ended"][0]["until"]["reason"], "cap");
    let refused = place.run(&["run", "tiny.json", "--shard", "1/2"]);
    assert!(refused.code == Some(2) && refused.err.contains("cannot be cut with --shard"), "{}", refused.err);
    place.run(&["run", "tiny.json", "--shard", "1/2", "--replications", "4", "--out", "part"]).ok();
    let check = place.run(&["check", "tiny.json"]).ok();
    let planned = "4 to 8 replications until requests.latency.p99 is known to ±1 %";
    assert!(check.out.contains(planned) && check.out.contains("at most 16 runs"), "{}", check.out);
    let plan = place.run(&["plan", "tiny.json"]).ok();
    assert!(plan.out.contains(planned), "{}", plan.out);
}

#[test]
fn the_best_is_selected_by_a_flag() {
    let place = place(r#"{ "min": 5, "max": 40 }"#);
    let by_flag = place.run(&["run", "tiny.json", "--select", "requests.success_ratio=0.01"]).ok();
    assert!(by_flag.out.contains("best on requests.success_ratio: retrying, "), "{}", by_flag.out);
    let (page, digest) = (place.read("results/tiny/report.html"), place.digest("results/tiny"));
    assert!(
        page.contains("--select requests.success_ratio=0.01"),
        "the command that makes it again has the flag"
    );
    let select = r#"/select={"metric": "requests.success_ratio", "indifference": 0.01, "policies": ["retrying", "bare"]}"#;
    place.run(&["run", "tiny.json", "--set", select]).ok();
    assert_eq!(place.digest("results/tiny"), digest);
    let wrong = select.replace("\"bare\"", "\"baer\"");
    let ended = place.run(&["run", "tiny.json", "--set", &wrong]);
    assert!(ended.code == Some(2) && ended.err.contains("did you mean `bare`?"), "{}", ended.err);
}

#[test]
fn the_best_is_selected_with_runs_for_contenders() {
    let place = place(r#"{ "min": 5, "max": 40 }"#);
    let select = r#"/select={"metric": "requests.success_ratio", "indifference": 0.01}"#;
    let told = place.run(&["run", "tiny.json", "--set", select]).ok();
    assert!(
        told.out.contains("best on requests.success_ratio: retrying, with probability 0.95"),
        "{}",
        told.out
    );
    let selection = &json(&place, "results/tiny/summary.json")["variations"][0]["ended"]["select"];
    assert_eq!(
        (selection["best"].as_str(), selection["reason"].as_str()),
        (Some("retrying"), Some("reached"))
    );
    assert!(selection["eliminated"]["bare"].as_u64().is_some_and(|after| after < 40), "{selection}");
    let nothing = place.run(&["run", "tiny.json"]);
    assert!(
        nothing.code == Some(2) && nothing.err.contains("nothing says when enough is known"),
        "{}",
        nothing.err
    );
}

#[test]
fn senseless_rules_are_refused() {
    for (replications, what) in [
        (r#"{ "max": 8, "until": { "metric": "requests.latency.p99" } }"#, "no width that is enough"),
        (r#"{ "max": 8, "until": { "metric": "requests.latency", "half_width": 1 } }"#, "there is no metric"),
        (
            r#"{ "max": 8, "until": { "metric": "nodes.uptime", "relative_half_width": 0.1, "difference": true } }"#,
            "a difference can be zero",
        ),
        (
            r#"{ "max": 8, "until": { "metric": "nodes.uptime", "half_width": 0.1, "policies": ["bear"] } }"#,
            "there is no policy `bear`",
        ),
        (
            r#"{ "min": 9, "max": 8, "until": { "metric": "nodes.uptime", "half_width": 0.1 } }"#,
            "more than `max`",
        ),
    ] {
        let refused = place(replications).run(&["check", "tiny.json"]);
        assert!(refused.code == Some(2) && refused.err.contains(what), "{replications}: {}", refused.err);
    }
}
