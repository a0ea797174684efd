//! Traces of some sites, as Chrome and Perfetto read them.

use super::Place;
use serde_json::Value;
use std::collections::BTreeMap;

fn events(place: &Place, name: &str) -> Vec<Value> {
    let trace: Value = serde_json::from_str(&place.read(name)).expect("a trace is JSON");
    trace["traceEvents"].as_array().expect("events").clone()
}

#[test]
fn a_trace_has_processes_threads_slices_and_counters() {
    let place = Place::with_tiny();
    let told = place.run(&["trace", "tiny.json", "--policy", "retrying", "--site", "home/1"]).ok();
    assert!(told.out.contains("of 1 site under policy retrying in trace.json"), "{}", told.out);
    let events = events(&place, "trace.json");
    assert!(events.iter().any(|event| event["args"]["name"] == "home/1"));
    let mut lengths: BTreeMap<u64, f64> = BTreeMap::new();
    for slice in events.iter().filter(|event| event["ph"] == "X" && event["cat"] == "state") {
        *lengths.entry(slice["tid"].as_u64().expect("a thread")).or_default() +=
            slice["dur"].as_f64().expect("a duration");
    }
    // Two nodes, each in some state for all of ten minutes.
    assert_eq!(lengths.values().map(|micros| micros.round()).collect::<Vec<_>>(), [6e8, 6e8]);
    let names: Vec<_> = events.iter().filter_map(|event| event["name"].as_str()).collect();
    assert!(
        names.contains(&"hardware") && names.iter().any(|name| name.ends_with(": busy slots")),
        "{names:?}"
    );
}

#[test]
fn a_window_ends_the_run_and_mistakes_are_named() {
    let place = Place::with_tiny();
    place
        .run(&["trace", "tiny.json", "--from", "2 min", "--to", "3 min", "--out", "short.json", "--quiet"])
        .ok();
    let times: Vec<f64> =
        events(&place, "short.json").iter().filter_map(|event| event["ts"].as_f64()).collect();
    assert!(!times.is_empty() && times.iter().all(|time| (1.2e8..=1.8e8).contains(time)), "{times:?}");
    let beyond = place.run(&["trace", "tiny.json", "--to", "3 d", "--replication", "9", "--quiet"]).ok();
    for what in ["--to: the scenario ends at 10", "--replication 9 is beyond the plan, whose last is 3"] {
        assert!(beyond.err.contains(what), "{what}: {}", beyond.err);
    }
    for (arguments, what) in [
        (["--site", "hme"], "there is no fleet entry \"hme\"; accepted: ENTRY or ENTRY/N of home (0 to 2)"),
        (["--site", "home/3"], "\"home/3\" is no site"),
        (["--policy", "none"], "there is no policy `none`; accepted: bare, retrying"),
        (["--from", "11 min"], "nothing is in it"),
        (["--variation", "1"], "there is no variation 1; accepted: 0 to 0"),
        (["--to", "0 s"], "it must be more than zero"),
    ] {
        let ended = place.run(&[&["trace", "tiny.json"], &arguments[..]].concat());
        assert!(ended.code == Some(2) && ended.err.contains(what), "{arguments:?}: {}", ended.err);
    }
}
