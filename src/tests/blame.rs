//! What requests failed or were late for.

use super::Place;
use serde_json::Value;

#[test]
fn causes_are_told_where_they_are_asked_for() {
    let place = Place::with_tiny();
    let plain = place.run(&["run", "tiny.json"]).ok();
    assert!(!plain.out.contains("root cause"), "{}", plain.out);
    let told = place.run(&["run", "tiny.json", "--set", "/blame=true"]).ok();
    for words in [
        "requests that failed or were late, by root cause",
        "│ hardware",
        "│ all",
        "- bare: ",
        " % go back to ",
        "began with an attempt that was sent to a node already down, unnoticed for ",
        "differences, paired by replication",
        "retrying minus bare",
    ] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    assert!(!told.out.contains("beats bare on blame") && !told.out.contains("on blame."), "{}", told.out);
}

#[test]
fn what_is_charged_adds_up_to_what_failed() {
    let place = Place::with_tiny();
    let told = place.run(&["run", "tiny.json", "--set", "/blame=true", "--json", "--quiet"]).ok();
    let summary: Value = serde_json::from_str(&told.out).expect("JSON");
    for policy in ["bare", "retrying"] {
        let metrics = summary["variations"][0]["policies"][policy]["metrics"].as_object().expect("metrics");
        let mean = |name: &str| metrics[name]["mean"].as_f64().expect("a mean");
        let causes = metrics.keys().filter(|name| name.starts_with("blame.requests."));
        let sum: f64 = causes.map(|name| mean(name)).sum();
        assert!((sum - mean("blame.requests")).abs() < 1e-9, "{policy}");
        assert!(mean("blame.requests") >= mean("requests.failed") + mean("requests.late"), "{policy}");
    }
}

#[test]
fn the_page_and_a_picture_show_the_waterfall_where_it_is_asked_for() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json", "--quiet"]).ok();
    assert!(!place.read("results/tiny/report.html").contains("<section id=\"blame\">"));
    assert!(!place.path("results/tiny/plots/blame.svg").exists());
    place.run(&["run", "tiny.json", "--set", "/blame=true", "--quiet"]).ok();
    let page = place.read("results/tiny/report.html");
    let section =
        page.split("<section id=\"blame\">").nth(1).and_then(|rest| rest.split("</section>").next());
    let section = section.expect("a section on what is to blame");
    for told in [
        "Requests that failed or were late",
        "Node-time down",
        "bare: asked, ",
        "bare: lost to hardware, ",
        "retrying minus bare: all causes ",
        "95 % intervals",
        "aria-label=\"bare: requests that failed or were late by root cause",
    ] {
        assert!(section.contains(told), "{told} is missing");
    }
    let svg = place.read("results/tiny/plots/blame.svg");
    assert!(svg.contains("hardware") && svg.contains("in time"), "{svg}");
    assert!(place.path("results/tiny/plots/blame-nodes.svg").exists());
}
