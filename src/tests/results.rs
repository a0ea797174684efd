//! What a run leaves behind, and that it depends on nothing but the scenario.

use super::Place;
use serde_json::Value;
use std::fs;

#[test]
fn the_number_of_threads_reaches_no_result() {
    let place = Place::with_tiny();
    for threads in ["1", "2", "7"] {
        place.run(&["run", "tiny.json", "--threads", threads, "--out", threads]).ok();
    }
    for threads in ["2", "7"] {
        assert_eq!(place.digest("1"), place.digest(threads));
        for file in [
            "runs.jsonl",
            "summary.json",
            "summary.csv",
            "report.html",
            "plots/latency-ccdf.svg",
            "plots/timeline-bare.svg",
        ] {
            assert!(
                place.read(&format!("1/{file}")) == place.read(&format!("{threads}/{file}")),
                "{file} differs"
            );
        }
    }
    place.run(&["run", "tiny.json", "--seed", "2", "--out", "other"]).ok();
    assert_ne!(place.digest("1"), place.digest("other"));
}

#[test]
fn the_results_folder_holds_what_the_contract_names() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json"]).ok();
    let manifest: Value = serde_json::from_str(&place.read("results/tiny/manifest.json")).expect("JSON");
    assert_eq!(manifest["tool"], "brownout");
    assert_eq!(manifest["complete"], true);
    assert_eq!(manifest["seed"], 1);
    assert_eq!(manifest["runs"], 8);
    assert_eq!(manifest["scenario_hash"].as_str().map(str::len), Some(64));
    assert!(manifest["build"]["rustc"].as_str().is_some_and(|version| version.starts_with("rustc 1.")));
    assert_eq!(manifest["variations"][0]["resolved"]["name"], "tiny");
    let runs: Vec<Value> = place
        .read("results/tiny/runs.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    let order: Vec<_> =
        runs.iter().map(|run| (run["replication"].as_u64(), run["policy"].as_str())).collect();
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{order:?}");
    assert!(runs.iter().all(|run| run["metrics"]["requests.arrived"].as_f64() > Some(1000.0)));
    let summary: Value = serde_json::from_str(&place.read("results/tiny/summary.json")).expect("JSON");
    let success =
        |policy: &str| &summary["variations"][0]["policies"][policy]["metrics"]["requests.success_ratio"];
    assert_eq!(success("bare")["n"], 4);
    assert!(success("retrying")["mean"].as_f64() > success("bare")["mean"].as_f64());
    assert!(place.read("results/tiny/summary.csv").lines().count() > 10);
    for picture in ["policies", "latency-ccdf", "timeline-bare", "timeline-retrying"] {
        assert!(place.read(&format!("results/tiny/plots/{picture}.svg")).starts_with("<svg"), "{picture}");
    }
}

#[test]
fn pictures_can_be_drawn_again_from_the_results() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json"]).ok();
    let before = place.read("results/tiny/plots/policies.svg");
    fs::remove_dir_all(place.path("results/tiny/plots")).expect("removed");
    let listed = place.run(&["plot", "results/tiny"]).ok();
    assert!(listed.out.contains("results/tiny/plots/timeline-bare.svg"), "{}", listed.out);
    assert!(place.read("results/tiny/plots/policies.svg") == before);
}

#[test]
fn pictures_are_drawn_as_png_too() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json", "--replications", "1", "--png"]).ok();
    assert!(place.path("results/tiny/plots/policies.png").exists());
    let listed = place.run(&["plot", "results/tiny", "--png"]).ok();
    assert!(listed.out.contains("results/tiny/plots/policies.png"), "{}", listed.out);
    let png = fs::read(place.path("results/tiny/plots/policies.png")).expect("a picture");
    assert!(png.starts_with(b"\x89PNG") && png.len() > 20_000, "{} bytes", png.len());
    place.run(&["plot", "results/tiny"]).ok();
    assert!(!place.path("results/tiny/plots/policies.png").exists(), "an old PNG is left beside a new SVG");
}

#[test]
fn variations_are_told_and_drawn_apart() {
    let place = Place::with_tiny();
    let ended = place
        .run(&["run", "tiny.json", "--set", r#"/vary={"/fleet/0/sites": [2, 4]}"#, "--replications", "2"])
        .ok();
    assert!(
        ended.out.contains("/fleet/0/sites = 2") && ended.out.contains("/fleet/0/sites = 4"),
        "{}",
        ended.out
    );
    let summary: Value = serde_json::from_str(&place.read("results/tiny/summary.json")).expect("JSON");
    assert_eq!(summary["variations"][1]["values"]["/fleet/0/sites"], 4);
    assert!(place.path("results/tiny/plots/policies-v1.svg").exists());
}

#[test]
fn earlier_results_are_replaced_and_notes_beside_them_kept() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json"]).ok();
    fs::write(place.path("results/tiny/notes.md"), "mine").expect("written");
    place.run(&["run", "tiny.json", "--policies", "bare"]).ok();
    assert_eq!(place.read("results/tiny/runs.jsonl").lines().count(), 4);
    assert!(!place.path("results/tiny/plots/timeline-retrying.svg").exists());
    assert_eq!(place.read("results/tiny/notes.md"), "mine");
}

#[test]
fn a_folder_of_someone_else_is_left_alone() {
    let place = Place::with_tiny();
    fs::create_dir(place.path("thesis")).expect("created");
    fs::write(place.path("thesis/manifest.json"), r#"{"name": "a web page"}"#).expect("written");
    let ended = place.run(&["run", "tiny.json", "--out", "thesis"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("thesis is not empty and holds no results of this tool"), "{}", ended.err);
    assert_eq!(fs::read_dir(place.path("thesis")).expect("read").count(), 1);
}
