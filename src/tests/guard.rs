//! A guard: green on what has not changed, red with a table on what became worse.

use super::{Place, TINY};
use std::fs;

/// A place with results in `results/tiny` and a baseline of them in `baselines`.
fn guarded() -> Place {
    let place = Place::with_tiny();
    place.run(&["run", "tiny.json", "--quiet"]).ok();
    let told = place.run(&["guard", "baselines", "results/tiny", "--update"]).ok();
    assert_eq!(told.out, "1 baseline in baselines\n");
    place
}

/// Makes the retrying policy a little worse, and runs that.
fn plant(place: &Place) {
    let worse = TINY.replace("\"timeout\": \"1 s\"", "\"timeout\": \"1200 ms\"");
    fs::write(place.path("tiny.json"), worse).expect("written");
    place.run(&["run", "tiny.json", "--quiet"]).ok();
}

#[test]
fn what_has_not_changed_is_green() {
    let place = guarded();
    let told = place.run(&["guard", "baselines", "results/tiny"]).ok();
    assert_eq!(told.out, "tiny: identical\n");
    assert_eq!(place.run(&["guard", "baselines", "results/tiny", "--quiet"]).ok().out, "");
    // Results can be held against results, and a batch against baselines.
    place.run(&["batch", "tiny.json", "--out", "all", "--quiet"]).ok();
    assert_eq!(place.run(&["guard", "results/tiny", "all"]).ok().out, "tiny: identical\n");
    assert_eq!(place.run(&["guard", "baselines/tiny.json", "all"]).ok().out, "tiny: identical\n");
}

#[test]
fn a_planted_regression_is_red_and_told() {
    let place = guarded();
    plant(&place);
    let red = place.run(&["guard", "baselines", "results/tiny", "--junit", "junit.xml", "--github"]);
    assert_eq!(red.code, Some(3), "{}{}", red.out, red.err);
    let row = red.out.lines().find(|line| line.contains("requests.latency.p99")).unwrap_or_default();
    assert!(row.contains("retrying") && row.contains("worse") && row.contains(" ms"), "{}", red.out);
    assert!(!red.out.lines().any(|line| line.contains(" bare ") && line.contains(" worse ")), "{}", red.out);
    assert!(red.out.contains("the scenario itself has changed"), "{}", red.out);
    let error = "::error title=brownout guard tiny::policy retrying: requests.latency.p99 went from ";
    assert!(red.out.lines().any(|line| line.starts_with(error)), "{}", red.out);
    assert!(red.err.contains("1 scenario worse than the baseline allows"), "{}", red.err);
    let junit = place.read("junit.xml");
    assert!(
        junit.contains("<testsuite name=\"tiny\"") && junit.contains("<failure message=\"policy retrying:"),
        "{junit}"
    );
    let tests: usize = junit.matches("<testcase ").count();
    assert!(junit.contains(&format!("tests=\"{tests}\"")), "{junit}");
    // Accepting it makes it green.
    place.run(&["guard", "baselines", "results/tiny", "--update"]).ok();
    assert_eq!(place.run(&["guard", "baselines", "results/tiny"]).ok().out, "tiny: identical\n");
}

#[test]
fn what_has_no_baseline_is_told_to_machines_too() {
    let place = guarded();
    let told = place.run(&["guard", "results/tiny", "results/tiny", "--json"]).ok();
    assert!(told.out.contains("\"guarded\": true"), "{}", told.out);
    place.run(&["run", "tiny.json", "--set", "/name=other", "--quiet"]).ok();
    let told = place.run(&["guard", "baselines", "results/other", "--github"]);
    let warning = "::warning title=brownout guard other::has no baseline; --update makes one";
    assert!(told.out.lines().any(|line| line == warning), "{}", told.out);
    assert!(told.out.contains("other: has no baseline; --update makes one"), "{}", told.out);
    let told = place.run(&["guard", "baselines", "results/other", "--json"]);
    assert!(told.out.contains("\"guarded\": false") && told.out.contains("has no baseline"), "{}", told.out);
}

#[test]
fn margins_say_what_is_red() {
    let place = guarded();
    plant(&place);
    let judged = |margins: &str| {
        fs::write(place.path("baselines/guard.json"), margins).expect("written");
        place.run(&["guard", "baselines", "results/tiny"])
    };
    let wide = judged(r#"{ "margins": { "*": { "relative": 100 } } }"#).ok();
    assert!(wide.out.contains("none worse than allowed"), "{}", wide.out);
    let exact = judged(r#"{ "exact": true, "margins": { "*": { "relative": 100 } } }"#);
    assert!(exact.code == Some(3) && exact.out.contains("the digest has changed"), "{}", exact.out);
    let other =
        judged(r#"{ "exact": ["another"], "margins": { "nodes.*": { "relative": 0.5 }, "*": "ignore" } }"#)
            .ok();
    assert!(other.out.contains("none worse than allowed"), "{}", other.out);
    // What is not said is 2 %; what says nothing is told.
    let few = judged(r#"{ "confidence": 0.9, "margins": { "requests.succes_ratio": { "relative": 1 } } }"#);
    assert!(few.code == Some(3) && few.out.contains("requests.latency.p99"), "{}", few.out);
    assert!(few.err.contains("the pattern \"requests.succes_ratio\" fits no metric"), "{}", few.err);
    let wrong = judged(r#"{ "margin": 3 }"#);
    assert!(wrong.code == Some(2) && wrong.err.contains("unknown field `margin`"), "{}", wrong.err);
}

#[test]
fn results_that_were_touched_or_met_other_weather_are_not_compared() {
    let place = guarded();
    let log = place.read("results/tiny/runs.jsonl");
    fs::write(
        place.path("results/tiny/runs.jsonl"),
        log.replacen("\"nodes.uptime\":0", "\"nodes.uptime\":1", 1),
    )
    .expect("written");
    let touched = place.run(&["guard", "baselines", "results/tiny"]);
    assert!(
        touched.code == Some(2) && touched.err.contains("does not hold the runs of its manifest"),
        "{}",
        touched.err
    );
    place.run(&["run", "tiny.json", "--quiet", "--seed", "9"]).ok();
    let seed = place.run(&["guard", "baselines", "results/tiny"]);
    assert!(seed.code == Some(3) && seed.out.contains("the seed is 9 and was 1"), "{}", seed.out);
    assert!(!seed.err.contains("--update"), "{}", seed.err);
}

#[test]
fn what_is_missing_is_red() {
    let place = guarded();
    place.run(&["run", "tiny.json", "--quiet", "--only", "policy=bare"]).ok();
    let some = place.run(&["guard", "baselines", "results/tiny"]);
    assert!(some.code == Some(3) && some.out.contains("policy retrying is missing"), "{}", some.out);
    place.run(&["run", "tiny.json", "--quiet", "--replications", "2"]).ok();
    let fewer = place.run(&["guard", "baselines", "results/tiny"]);
    assert!(fewer.code == Some(3) && fewer.out.contains("2 of 4 replications are missing"), "{}", fewer.out);
    place.run(&["run", "tiny.json", "--quiet", "--set", "/name=other"]).ok();
    let other = place.run(&["guard", "baselines", "results/other"]);
    assert!(other.code == Some(3) && other.out.contains("tiny: there are no results"), "{}", other.out);
    assert!(other.out.contains("other: has no baseline"), "{}", other.out);
}

#[test]
fn what_is_no_baseline_is_refused() {
    let place = guarded();
    let absent = place.run(&["guard", "nothing", "results/tiny"]);
    assert!(absent.code == Some(2) && absent.err.contains("no file or folder nothing"), "{}", absent.err);
    let over = place.run(&["guard", "results/tiny", "results/tiny", "--update"]);
    assert!(over.code == Some(2) && over.err.contains("is no folder for baselines"), "{}", over.err);
    fs::create_dir(place.path("empty")).expect("made");
    let empty = place.run(&["guard", "empty", "results/tiny"]);
    assert!(empty.code == Some(2) && empty.err.contains("neither baselines nor results"), "{}", empty.err);
    place.run(&["run", "tiny.json", "--quiet", "--shard", "1/2"]).ok();
    let part = place.run(&["guard", "baselines", "results/tiny"]);
    assert!(part.code == Some(2) && part.err.contains("holds part 1/2"), "{}", part.err);
    place.run(&["run", "tiny.json", "--quiet", "--max-events", "10"]);
}
