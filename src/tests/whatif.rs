//! What another policy would have done from some moment on.

use super::Place;
use serde_json::Value;

/// The means of a policy in what `--json` prints.
fn mean(summary: &Value, policy: &str, metric: &str) -> f64 {
    summary["variations"][0]["policies"][policy]["metrics"][metric]["mean"].as_f64().expect("a mean")
}

#[test]
fn at_the_start_it_says_what_a_run_says() {
    let place = Place::with_tiny();
    let told = place.run(&["whatif", "tiny.json", "--at", "0 s", "--policy", "retrying", "--json"]).ok();
    let forked: Value = serde_json::from_str(&told.out).expect("JSON");
    let plain: Value =
        serde_json::from_str(&place.run(&["run", "tiny.json", "--json"]).ok().out).expect("JSON");
    for (metric, value) in
        plain["variations"][0]["policies"]["retrying"]["metrics"].as_object().expect("metrics")
    {
        let own = &forked["variations"][0]["policies"]["retrying from 0 s"]["metrics"][metric];
        assert_eq!(own, value, "{metric}");
    }
}

#[test]
fn both_courses_and_their_differences_are_told() {
    let place = Place::with_tiny();
    let arguments = ["whatif", "tiny.json", "--at", "4 min", "--policy", "retrying"];
    let told = place.run(&[&arguments[..], &["--each"]].concat()).ok();
    for words in [
        "tiny: 4 runs under `bare`, and what `retrying` would have done from 4 min on",
        "measured is what comes after 4 min",
        "replication 3",
        "all replications",
        "retrying from 4 min minus bare, paired by replication",
    ] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    let told = place.run(&[&arguments[..], &["--json", "--threads", "1"]].concat()).ok();
    let summary: Value = serde_json::from_str(&told.out).expect("JSON");
    let arrived = mean(&summary, "bare", "requests.arrived");
    // Four requests a second for six of ten minutes.
    assert!((arrived - 1440.0).abs() < 100.0, "{arrived}");
    assert_eq!(arrived, mean(&summary, "retrying from 4 min", "requests.arrived"));
    let ratio = |policy| mean(&summary, policy, "requests.success_ratio");
    assert!(ratio("retrying from 4 min") > ratio("bare") + 0.02, "{}", told.out);
    let one = place.run(&[&arguments[..], &["--replication", "2"]].concat()).ok();
    assert!(one.out.contains("tiny: 1 run under") && !one.out.contains(" ± "), "{}", one.out);
    assert_eq!(
        place.run(&[&arguments[..], &["--json"]].concat()).ok().out,
        told.out,
        "threads do not matter"
    );
}

#[test]
fn mistakes_are_named() {
    let place = Place::with(&super::TINY.replace(
        "\"bare\": { \"health\": \"none\" },",
        "\"bare\": { \"health\": \"none\" }, \"capped\": { \"energy\": { \"stagger\": \"1 min\" } },",
    ));
    for (arguments, what) in [
        (
            ["--policy", "none", "--at", "1 min"],
            "there is no policy `none`; accepted: bare, capped, retrying",
        ),
        (["--policy", "retrying", "--at", "1 h"], "the run is over at 10 min"),
        (
            ["--policy", "capped", "--at", "1 min"],
            "`capped` cannot take over from `bare` in the middle of a run: they differ in `energy`",
        ),
    ] {
        let ended = place.run(&[&["whatif", "tiny.json"], &arguments[..]].concat());
        assert!(ended.code == Some(2) && ended.err.contains(what), "{arguments:?}: {}", ended.err);
    }
    place.run(&["whatif", "tiny.json", "--policy", "capped", "--at", "0 s"]).ok();
}
