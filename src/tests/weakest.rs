//! `brownout weakest` and faults on purpose, as a user meets them.

use super::{Ended, Place, TINY};
use serde_json::Value;
use std::path::Path;

/// The program on a bundled scenario, from the folder of the project, with results in `place`.
fn on_bundled(place: &Place, scenario: &str, arguments: &[&str]) -> Ended {
    let out = place.path("out").display().to_string();
    let mut command = super::brownout(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.args(["weakest", scenario, "--out", &out, "--quiet"]).args(arguments);
    Ended::from(command.output().expect("the program starts"))
}

#[test]
fn the_planted_single_point_of_failure_is_found_and_named() {
    let place = Place::new();
    on_bundled(&place, "scenarios/single-point.json", &["--kinds", "isp,region,operator,feeder"]).ok();
    let found: Value = serde_json::from_str(&place.read("out/weakest.json")).expect("JSON");
    let verdict = found["verdict"].as_str().expect("words");
    assert!(
        verdict.starts_with("the single point of failure is isp summit-cable (48 of 84 nodes"),
        "{verdict}"
    );
    assert!(verdict.contains("for 1 h takes down") && verdict.contains("the next, "), "{verdict}");
    assert_eq!(found["domains"][0]["domain"], "isp summit-cable");
    let share = |index: usize| found["domains"][index]["share_lost"].as_f64().expect("a share");
    assert!(share(0) > 0.3 && share(0) > 2.0 * share(1), "{found:#}");
    let table = place.read("out/weakest.csv");
    assert!(table.lines().nth(1).is_some_and(|row| row.starts_with("1,isp,isp summit-cable,48,")), "{table}");
    let picture = place.read("out/plots/weakest.svg");
    assert!(picture.contains("isp summit-cable") && picture.contains("requests lost"), "{picture}");
}

#[test]
fn the_ranking_does_not_depend_on_threads() {
    let place = Place::with_tiny();
    let with = |threads: &str, out: &str| {
        let arguments = [
            "weakest",
            "tiny.json",
            "--kinds",
            "node,site",
            "--window",
            "9 min",
            "--for",
            "2 min",
            "--threads",
            threads,
            "--out",
            out,
        ];
        place.run(&arguments).ok();
        (place.read(&format!("{out}/weakest.json")), place.read(&format!("{out}/weakest.csv")))
    };
    assert_eq!(with("1", "a"), with("2", "b"));
}

#[test]
fn it_tells_a_table_and_a_verdict_and_can_be_repeated() {
    let place = Place::with_tiny();
    let arguments = [
        "weakest",
        "tiny.json",
        "--kinds",
        "site",
        "--window",
        "9 min",
        "--for",
        "2 min",
        "--policy",
        "bare",
    ];
    for _ in 0..2 {
        let ended = place.run(&arguments).ok();
        assert!(
            ended.out.contains("3 failure domains killed for 2 min each under policy bare"),
            "{}",
            ended.out
        );
        assert!(ended.out.contains("site home/1") && ended.out.contains("33.3 %"), "{}", ended.out);
        assert!(ended.out.contains("results in results/tiny-weakest"), "{}", ended.out);
    }
    let json = place.run(&[&arguments[..], &["--json", "--quiet"]].concat()).ok();
    assert_eq!(json.out, place.read("results/tiny-weakest/weakest.json"));
}

#[test]
fn ways_can_be_cut_and_have_no_nodes() {
    let place = Place::with_tiny();
    let json = place
        .run(&[
            "weakest",
            "tiny.json",
            "--kinds",
            "gateway,site",
            "--window",
            "9 min",
            "--for",
            "2 min",
            "--json",
            "--quiet",
        ])
        .ok();
    let found: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(found["domains"][0]["domain"], "gateway here", "{found:#}");
    let verdict = found["verdict"].as_str().expect("words");
    assert!(
        verdict.contains("gateway here (no nodes of its own)") && verdict.contains("the next, site home/"),
        "{verdict}"
    );
}

#[test]
fn too_many_domains_are_sampled_and_said_so() {
    let place = Place::with_tiny();
    let ended = place
        .run(&[
            "weakest",
            "tiny.json",
            "--kinds",
            "node",
            "--limit",
            "2",
            "--window",
            "9 min",
            "--for",
            "1 min",
        ])
        .ok();
    assert!(ended.err.contains("2 of 6 node domains are killed, at even distances"), "{}", ended.err);
    assert!(ended.out.contains("node home/0/0") && ended.out.contains("node home/1/1"), "{}", ended.out);
}

#[test]
fn the_whole_fleet_is_no_failure_domain() {
    let place = Place::with_tiny();
    let ended = place.run(&["weakest", "tiny.json", "--kinds", "region,fleet"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("no failure domain of kind region, fleet"), "{}", ended.err);
}

#[test]
fn what_cannot_be_killed_is_refused() {
    let place = Place::with_tiny();
    for (arguments, says) in [
        (&["--kinds", "feedr"][..], "did you mean 'feeder'?"),
        (&["--policy", "bar"], "there is no policy `bar`"),
        (&["--for", "0 s"], "more than zero"),
        (&["--for", "90"], "unit"),
        (&["--at", "11 min"], "not before the end of the run"),
    ] {
        let ended = place.run(&[&["weakest", "tiny.json"][..], arguments].concat());
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(says), "{arguments:?} should say {says:?}: {}", ended.err);
    }
    std::fs::create_dir(place.path("mine")).expect("made");
    std::fs::write(place.path("mine/thesis.tex"), "dear").expect("written");
    let ended = place.run(&["weakest", "tiny.json", "--kinds", "site", "--window", "6 min", "--out", "mine"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("mine is not empty"), "{}", ended.err);
}

/// Objects of which site 1 of three holds a part that nobody else has, and jobs that a big site does alone.
const DATA_AND_WORK: &str = r#"{
  "name": "tiny", "seed": 4, "duration": "6 h",
  "nodes": { "box": {} },
  "fleet": [
    { "name": "small", "sites": 3, "racks": [{ "nodes": { "box": 1 } }] },
    { "name": "big", "sites": 1, "racks": [{ "nodes": { "box": 9 } }] },
  ],
  "workloads": {
    "files": { "objects": { "count": 120, "size": "1 MB" } },
    "work": { "jobs": { "arrivals": { "every": "1 min" }, "demand": "10 min" } },
  },
  "policies": { "bare": { "objects": { "copies": 1 } } },
}"#;

#[test]
fn data_and_work_are_ranked_told_and_drawn() {
    let place = Place::with(DATA_AND_WORK);
    let arguments = ["weakest", "tiny.json", "--kinds", "site", "--for", "1 h"];
    let ended = place.run(&arguments).ok();
    for text in ["objects unreadable", "of reading time", "objects lost", "work lost", "of that meanwhile"] {
        assert!(ended.out.contains(text), "{text}: {}", ended.out);
    }
    assert!(!ended.out.contains("requests lost"), "{}", ended.out);
    let found: Value = serde_json::from_str(&place.read("results/tiny-weakest/weakest.json")).expect("JSON");
    let of = |rank: usize, field: &str| found["domains"][rank][field].as_f64().expect("a number");
    assert_eq!(found["domains"][0]["domain"], "site big/0", "{found:#}");
    // Nine nodes of twelve hold three quarters of the data and do as much of the work.
    assert!((of(0, "share_unreadable") - 0.75).abs() < 0.15, "{found:#}");
    assert!(of(0, "objects_unreadable") > of(1, "objects_unreadable"), "{found:#}");
    assert_eq!(of(0, "objects_lost"), 0.0);
    assert!(of(0, "work_lost_s") > 0.0 && of(0, "share_work_lost") > of(1, "share_work_lost"), "{found:#}");
    let verdict = found["verdict"].as_str().expect("words");
    assert!(
        verdict.contains("of the time in which data could be read meanwhile and ")
            && verdict.contains("of the work that jobs do in as long"),
        "{verdict}"
    );
    let table = place.read("results/tiny-weakest/weakest.csv");
    assert!(
        table.lines().next().is_some_and(|row| row
            .ends_with(",objects_unreadable,share_unreadable,objects_lost,work_lost_s,share_work_lost")),
        "{table}"
    );
    assert!(place.read("results/tiny-weakest/plots/weakest.svg").contains("requests, data or work lost"));
}

/// The small scenario with a fault.
fn with_fault(fault: &str) -> Place {
    let end = TINY.rfind('}').expect("an object");
    Place::with(&format!("{}  \"faults\": [{fault}],\n}}\n", &TINY[..end]))
}

#[test]
fn faults_are_told_in_words_and_marked_in_pictures() {
    let place =
        with_fault(r#"{ "name": "blackout", "at": "4 min", "for": "2 min", "kill": { "site": "home/1" } }"#);
    let checked = place.run(&["check", "tiny.json"]).ok();
    assert!(checked.out.contains("fault     blackout: kill at 4 min for 2 min"), "{}", checked.out);
    let ended = place.run(&["run", "tiny.json"]).ok();
    assert!(ended.out.contains("fault blackout: kill at 4 min for 2 min"), "{}", ended.out);
    assert!(
        ended.out.contains("- bare: 2 nodes hit, none suspected") && ended.out.contains("requests lost"),
        "{}",
        ended.out
    );
    let summary = place.read("results/tiny/summary.json");
    assert!(
        summary.contains("faults[blackout].requests_lost") && summary.contains("nodes.down.injected"),
        "{summary}"
    );
    assert!(place.read("results/tiny/plots/timeline-bare.svg").contains("blackout"));
}

#[test]
fn wrong_faults_are_refused_with_their_place() {
    for (fault, says) in [
        (r#"{ "at": "4 min", "kill": { "site": "home/7" } }"#, "there is no site number 7"),
        (r#"{ "at": "4 min", "kill": { "fleet": "hom" } }"#, "did you mean `home`?"),
        (r#"{ "at": "11 min", "kill": { "all": true } }"#, "not before the end of the run"),
        (r#"{ "at": "1 min", "for": "0 s", "kill": { "all": true } }"#, "out of range"),
        (r#"{ "at": "1 min", "heal": { "all": true } }"#, "unknown field `heal`"),
    ] {
        let ended = with_fault(fault).run(&["check", "tiny.json"]);
        assert_eq!(ended.code, Some(2), "{fault}: {}", ended.err);
        assert!(
            ended.err.contains(says) && ended.err.contains("/faults/0"),
            "{fault} should say {says:?}: {}",
            ended.err
        );
    }
}
