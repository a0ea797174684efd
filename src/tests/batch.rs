//! Batches: many files as one plan, killed and gone on with, cut and put together.

use super::{Place, TINY};
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

/// A folder with three scenarios in `files/`: one with a sweep, one that shares its runs with the first, one with another seed.
fn place() -> Place {
    let place = Place::new();
    fs::create_dir(place.path("files")).expect("a folder");
    let vary = r#""seed": 1, "vary": { "/fleet/0/sites": [1, 2] },"#;
    let write = |name: &str, text: String| {
        fs::write(
            place.path(&format!("files/{name}.json")),
            text.replace("\"tiny\"", &format!("\"{name}\"")),
        )
        .expect("written");
    };
    write("sweep", TINY.replace("\"seed\": 1,", vary));
    write("same", TINY.replace("\"sites\": 3", "\"sites\": 2"));
    write("other", TINY.replace("\"seed\": 1,", "\"seed\": 2,"));
    fs::write(place.path("files/notes.txt"), "not a scenario").expect("written");
    place
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// All files of a results folder by name, but for what tells of the machine.
fn contents(place: &Place, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for scenario in ["other", "same", "sweep"] {
        for name in ["runs.jsonl", "summary.json", "summary.csv", "plots/policies.svg"] {
            let name = format!("{folder}/{scenario}/{name}");
            let bytes = fs::read(place.path(&name)).unwrap_or_default();
            files.push((name.replacen(folder, "", 1), bytes));
        }
        let mut manifest = json(&place.read(&format!("{folder}/{scenario}/manifest.json")));
        for machine in ["wall_time_s", "threads"] {
            manifest.as_object_mut().expect("an object").remove(machine);
        }
        files.push((format!("/{scenario}/manifest.json"), manifest.to_string().into_bytes()));
    }
    files.push(("/batch.json".to_owned(), place.read(&format!("{folder}/batch.json")).into_bytes()));
    files
}

#[track_caller]
fn assert_same(place: &Place, a: &str, b: &str) {
    for ((name, one), (_, other)) in contents(place, a).iter().zip(&contents(place, b)) {
        assert!(one == other, "{name} differs between {a} and {b}");
    }
}

#[test]
fn a_batch_is_what_its_files_are_one_by_one() {
    let place = place();
    let told = place.run(&["batch", "files", "--out", "all"]).ok();
    // Lines come in the order in which scenarios are finished; the sum last.
    let last = told.out.lines().last().unwrap_or_default();
    assert!(last.starts_with("3 scenarios, 32 runs in "), "{}", told.out);
    assert_eq!(told.out.lines().count(), 4, "{}", told.out);
    for name in ["other", "same", "sweep"] {
        place.run(&["run", &format!("files/{name}.json"), "--out", &format!("one/{name}")]).ok();
        assert_eq!(place.digest(&format!("all/{name}")), place.digest(&format!("one/{name}")), "{name}");
        for file in ["runs.jsonl", "summary.json"] {
            let of = |folder: &str| place.read(&format!("{folder}/{name}/{file}"));
            assert!(of("all") == of("one"), "{name}/{file} differs");
        }
    }
    let batch = json(&place.read("all/batch.json"));
    assert_eq!(batch["scenarios"].as_array().map(Vec::len), Some(3));
    assert!(batch["digest"].is_string() && last.contains(&batch["digest"].as_str().unwrap_or("-")[..16]));
}

#[test]
fn what_has_not_changed_is_not_made_again() {
    let place = place();
    place.run(&["batch", "files", "--out", "all"]).ok();
    let before =
        fs::metadata(place.path("all/sweep/runs.jsonl")).and_then(|it| it.modified()).expect("a time");
    let again = place.run(&["batch", "files", "--out", "all"]).ok();
    assert!(again.out.contains("3 scenarios, 32 runs (32 of them kept)"), "{}", again.out);
    assert_eq!(again.out.matches(", unchanged").count(), 3, "{}", again.out);
    let after =
        fs::metadata(place.path("all/sweep/runs.jsonl")).and_then(|it| it.modified()).expect("a time");
    assert_eq!(before, after);
    // One policy of one file is changed: its four runs are made, and no other.
    let text = place.read("files/other.json").replace("\"attempts\": 3", "\"attempts\": 2");
    fs::write(place.path("files/other.json"), text).expect("written");
    let third = place.run(&["batch", "files", "--out", "all"]).ok();
    assert!(third.out.contains("3 scenarios, 32 runs (28 of them kept)"), "{}", third.out);
    place.run(&["batch", "files", "--out", "fresh", "--fresh"]).ok();
    assert_same(&place, "all", "fresh");
    // Runs that a neighbour has are taken from there.
    fs::remove_dir_all(place.path("all/same")).expect("removed");
    let fourth = place.run(&["batch", "files", "--out", "all"]).ok();
    assert!(fourth.out.contains("3 scenarios, 32 runs (32 of them kept)"), "{}", fourth.out);
    assert_same(&place, "all", "fresh");
}

#[test]
fn killed_fifty_times_it_comes_to_the_same_bytes() {
    let place = place();
    let many = ["batch", "files", "--quiet", "--replications", "60", "--threads", "2", "--out"];
    place.run(&[&many[..], &["whole"]].concat()).ok();
    let (mut kills, mut draw) = (0, 12345_u64);
    for _ in 0..400 {
        let mut command = place.command(&[&many[..], &["killed"]].concat());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        // A linear congruential generator (Knuth's MMIX constants) is random enough for instants.
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sleep(Duration::from_micros(2_000 + (draw >> 33) % 40_000));
        if child.try_wait().expect("it can be asked").is_some() {
            if kills >= 50 {
                break;
            }
            // Done too early: begin again, to be killed more often.
            fs::remove_dir_all(place.path("killed")).expect("removed");
            continue;
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        kills += 1;
    }
    assert!(kills >= 50, "only {kills} kills");
    place.run(&[&many[..], &["killed"]].concat()).ok();
    assert_same(&place, "killed", "whole");
    let left: Vec<_> = fs::read_dir(place.path("killed/sweep")).expect("a folder").flatten().collect();
    assert!(
        left.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".brownout-")),
        "{left:?}"
    );
}

#[test]
fn parts_come_together_in_any_order() {
    let place = place();
    place.run(&["batch", "files", "--out", "whole"]).ok();
    for part in 1..=3 {
        let told =
            place.run(&["batch", "files", "--shard", &format!("{part}/3"), "--out", &format!("part{part}")]);
        let told = told.ok();
        assert!(told.out.contains(&format!("part {part}/3")), "{}", told.out);
    }
    for (number, order) in
        [["part1", "part2", "part3"], ["part3", "part1", "part2"], ["part2", "part3", "part1"]]
            .iter()
            .enumerate()
    {
        let out = format!("merged{number}");
        place.run(&[&["merge", "--out", &out], &order[..]].concat()).ok();
        assert_same(&place, &out, "whole");
    }
    let gap = place.run(&["merge", "part1", "part3", "--out", "gap"]);
    assert_eq!(gap.code, Some(2));
    assert!(
        gap.err.contains("runs of 8 missing, the first: policy") && !place.path("gap").exists(),
        "{}",
        gap.err
    );
    // Twice the same is no harm; a part of another seed is refused, as is one of another version.
    place.run(&["merge", "part1", "part2", "part2", "part3", "--out", "twice"]).ok();
    place.run(&["batch", "files", "--seed", "9", "--shard", "3/3", "--out", "seed9"]).ok();
    let seeds = place.run(&["merge", "part1", "part2", "seed9", "--out", "mixed"]);
    assert!(seeds.code == Some(2) && seeds.err.contains("their seeds are 2 and 9"), "{}", seeds.err);
    let manifest = place.read("part3/same/manifest.json");
    let other = manifest.replacen("\"model_version\": \"", "\"model_version\": \"9", 1);
    fs::write(place.path("part3/same/manifest.json"), other).expect("written");
    let versions = place.run(&["merge", "part1", "part2", "part3", "--out", "mixed"]);
    assert!(
        versions.code == Some(2) && versions.err.contains("their model versions are"),
        "{}",
        versions.err
    );
    assert!(!place.path("mixed").exists());
    // Nothing is lost by a slip: a part is no place for the whole, nor for another part.
    let before = place.read("part1/same/runs.jsonl");
    let into = place.run(&["merge", "part1", "part2", "part3", "--out", "part1"]);
    assert!(into.code == Some(2) && into.err.contains("part1 is one of the parts"), "{}", into.err);
    let over = place.run(&["batch", "files", "--shard", "2/3", "--out", "part1"]);
    assert!(over.code == Some(2) && over.err.contains("that --only or --shard leave out"), "{}", over.err);
    assert_eq!(place.read("part1/same/runs.jsonl"), before);
}

#[test]
fn parts_of_one_scenario_come_together_too() {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json", "--out", "whole"]).ok();
    place.run(&["run", "tiny.json", "--shard", "1/2", "--out", "a"]).ok();
    place.run(&["run", "tiny.json", "--shard", "2/2", "--out", "b"]).ok();
    place.run(&["merge", "b", "a", "--out", "merged"]).ok();
    assert_eq!(place.read("merged/runs.jsonl"), place.read("whole/runs.jsonl"));
    assert_eq!(place.read("merged/summary.json"), place.read("whole/summary.json"));
    assert_eq!(place.digest("merged"), place.digest("whole"));
}

#[test]
fn a_run_over_its_budget_fails_alone_and_is_made_with_a_larger_one() {
    let place = place();
    let long = place.read("files/other.json").replace("\"10 min\"", "\"20 h\"");
    fs::write(place.path("files/other.json"), long).expect("written");
    let few = place.run(&["batch", "files", "--max-events", "10", "--only", "scenario=same", "--out", "few"]);
    assert!(few.code == Some(1) && few.err.contains("8 runs failed"), "a short run counts too: {}", few.err);
    let over = place.run(&["batch", "files", "--max-events", "100000", "--out", "all"]);
    assert_eq!(over.code, Some(1));
    assert!(over.err.contains("over its budget: it has more than 100 k events"), "{}", over.err);
    assert!(over.err.contains("8 runs failed; all others are kept"), "{}", over.err);
    let reproduce = over.err.lines().find(|line| line.contains("reproduce with:")).unwrap_or_default();
    assert!(
        reproduce.contains("brownout run files/other.json --only policy=")
            && reproduce.contains("--out all/other-failed"),
        "{reproduce}"
    );
    let words: Vec<&str> = reproduce.split_whitespace().skip(3).collect();
    place.run(&words).ok();
    let more = place.run(&["batch", "files", "--max-events", "100000000", "--out", "all"]).ok();
    assert!(more.out.contains("32 runs (24 of them kept)"), "{}", more.out);
}

#[test]
fn lists_patterns_and_single_files_are_sources() {
    let place = place();
    fs::write(place.path("files/some.list"), "# two\nsame.json --replications 1\nother.json\n")
        .expect("written");
    let list = place.run(&["plan", "files/some.list"]).ok();
    assert!(list.out.ends_with("2 scenarios, 10 runs, about 120 k events\n"), "{}", list.out);
    let pattern = place.run(&["plan", "files/s*.json"]).ok();
    assert!(pattern.out.contains("2 scenarios, 24 runs"), "{}", pattern.out);
    let none = place.run(&["plan", "files/x*.json"]);
    assert!(none.code == Some(2) && none.err.contains("files/x*.json has no scenario files"), "{}", none.err);
}

#[test]
fn runs_are_selected_by_conditions_and_parts() {
    let place = place();
    let plan = |arguments: &[&str]| {
        let out = place.run(&[&["plan", "files", "--json"], arguments].concat()).ok().out;
        out.lines().map(json).collect::<Vec<_>>()
    };
    assert_eq!(plan(&[]).len(), 32);
    let some = plan(&["--only", "policy=retrying,/fleet/0/sites>1,replication<=1"]);
    assert_eq!(some.len(), 6);
    assert!(some.iter().all(|run| run["policy"] == "retrying" && run["replication"].as_u64() <= Some(1)));
    assert_eq!(plan(&["--only", "scenario=sweep|same,/duration>=600 s"]).len(), 24);
    let parts: Vec<_> = (1..=5).flat_map(|part| plan(&["--shard", &format!("{part}/5")])).collect();
    assert_eq!(parts.len(), 32);
    let nothing = place.run(&["plan", "files", "--only", "replication>99"]);
    assert!(nothing.code == Some(2) && nothing.err.contains("no run is selected"), "{}", nothing.err);
    let wrong = place.run(&["plan", "files", "--only", "/fleet/7/sites=1"]);
    assert!(
        wrong.code == Some(2) && wrong.err.contains("/fleet/7/sites points to nothing in"),
        "{}",
        wrong.err
    );
    // What was selected is a whole by itself.
    place.run(&["run", "files/sweep.json", "--only", "policy=bare", "--out", "bare"]).ok();
    assert_eq!(place.read("bare/runs.jsonl").lines().count(), 8);
    assert_eq!(json(&place.read("bare/manifest.json"))["only"], "policy=bare");
}

#[test]
fn a_file_with_mistakes_stops_all_or_is_left_out() {
    let place = place();
    fs::write(place.path("files/wrong.json"), "{ \"fleet\": 3 }").expect("written");
    let all = place.run(&["batch", "files", "--out", "all"]);
    assert_eq!(all.code, Some(2));
    assert!(!place.path("all/same").exists());
    let others = place.run(&["batch", "files", "--keep-going", "--out", "all"]);
    assert_eq!(others.code, Some(2));
    assert!(
        others.err.contains("1 file left out") && others.out.contains("3 scenarios, 32 runs"),
        "{}",
        others.err
    );
}
