//! Mistakes, each with the exit code and the words that help.

use super::{Place, TINY};
use std::fs;

/// The scenario with one thing in it replaced, run with these arguments, ends with 2 and says all of this.
#[track_caller]
fn refused(found: &str, replaced: &str, says: &[&str]) {
    assert_eq!(TINY.matches(found).count(), 1, "{found:?} stands in the scenario once");
    let place = Place::with(&TINY.replacen(found, replaced, 1));
    for command in ["run", "check"] {
        let ended = place.run(&[command, "tiny.json"]);
        assert_eq!(ended.code, Some(2), "{command}: {}", ended.err);
        for part in says {
            assert!(ended.err.contains(part), "{command} should say {part:?}: {}", ended.err);
        }
        assert_eq!(ended.out, "");
    }
    assert!(!place.path("results").exists(), "nothing is written");
}

/// These arguments end with 2 and all of this.
#[track_caller]
fn bad_usage(arguments: &[&str], says: &[&str]) {
    let place = Place::with_tiny();
    let ended = place.run(arguments);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    for part in says {
        assert!(ended.err.contains(part), "should say {part:?}: {}", ended.err);
    }
}

#[test]
fn a_misspelt_field_is_named_with_its_place_and_the_nearest_name() {
    refused("\"deadline\"", "\"deadlin\"", &["deadlin", "tiny.json:", "/workloads/web/requests", "deadline"]);
}

#[test]
fn a_missing_unit_is_asked_for() {
    refused("\"duration\": \"10 min\"", "\"duration\": 600", &["/duration", "600", "unit"]);
}

#[test]
fn a_wrong_unit_is_named() {
    refused("\"200 ms\"", "\"200 W\"", &["200 W", "/workloads/web/requests/demand"]);
}

#[test]
fn a_negative_rate_is_refused() {
    refused("\"4 /s\"", "\"-4 /s\"", &["-4", "/rate"]);
}

#[test]
fn an_empty_fleet_is_refused() {
    refused("\"sites\": 3", "\"sites\": 0", &["/fleet/0/sites", "0"]);
}

#[test]
fn a_region_that_does_not_exist_is_named_with_the_nearest() {
    refused("\"region\": \"here\"", "\"region\": \"hare\"", &["hare", "here", "/fleet/0/region"]);
}

#[test]
fn a_node_type_that_does_not_exist_is_named() {
    refused("{ \"box\": 2 }", "{ \"bax\": 2 }", &["bax", "box"]);
}

#[test]
fn a_scenario_without_policies_is_refused() {
    let start = TINY.find("\"policies\"").expect("there are policies");
    let place = Place::with(&format!("{}}}", &TINY[..start]));
    let ended = place.run(&["run", "tiny.json"]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("policies"), "{}", ended.err);
}

#[test]
fn a_field_twice_is_refused() {
    refused("\"seed\": 1,", "\"seed\": 1, \"seed\": 2,", &["seed", "tiny.json:"]);
}

#[test]
fn text_that_is_not_json_is_shown_with_its_line() {
    refused("\"seed\": 1,", "\"seed\" 1,", &["tiny.json:4"]);
}

#[test]
fn an_absurd_number_is_refused() {
    refused("\"5 min\"", "\"1e400 min\"", &["1e400"]);
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let text = TINY
        .replace("\"4 /s\"", "\"4 s\"")
        .replace("\"slots\": 1", "\"slots\": 0")
        .replace("\"region\":", "\"regoin\":");
    let ended = Place::with(&text).run(&["check", "tiny.json"]);
    assert_eq!(ended.code, Some(2));
    for part in ["/s", "slots", "regoin"] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    assert!(ended.err.matches("error").count() >= 3, "{}", ended.err);
}

#[test]
fn a_weather_file_that_is_missing_is_named() {
    refused(
        r#"{ "daily": { "mean": "25 C", "swing": "5 K", "hottest": "15:00" } }"#,
        r#"{ "file": "nowhere.csv", "column": "t", "unit": "C" }"#,
        &["nowhere.csv", "no such file", "/regions/here/weather"],
    );
}

#[test]
fn a_scenario_file_that_is_missing_unreadable_or_no_text_is_named() {
    bad_usage(&["run", "nowhere.json"], &["cannot read nowhere.json: no such file"]);
    bad_usage(&["check", "."], &["cannot read .: it is a folder"]);
    let place = Place::new();
    fs::write(place.path("tiny.json"), [b'{', 0xff, b'}']).expect("written");
    let ended = place.run(&["run", "tiny.json"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("not text in UTF-8 (byte 1)"), "{}", ended.err);
}

#[test]
fn mistakes_of_all_files_are_told_before_any_is_run() {
    let place = Place::with_tiny();
    let ended = place.run(&["run", "tiny.json", "nowhere.json", "missing.json"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("nowhere.json") && ended.err.contains("missing.json"), "{}", ended.err);
    assert!(!place.path("results").exists());
}

#[test]
fn two_files_that_would_write_to_one_folder_are_refused() {
    let place = Place::with_tiny();
    fs::write(place.path("copy.json"), TINY).expect("written");
    let ended = place.run(&["run", "tiny.json", "copy.json"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("tiny.json and copy.json would both write to results/tiny"), "{}", ended.err);
}

#[test]
fn an_unknown_policy_is_named_with_the_nearest() {
    bad_usage(&["run", "tiny.json", "--policies", "bare,retryin"], &["retryin", "retrying"]);
}

#[test]
fn a_setting_must_be_a_pointer_with_a_value_into_something_that_exists() {
    bad_usage(&["run", "tiny.json", "--set", "/duration"], &["no '='", "/json/pointer=value"]);
    bad_usage(&["run", "tiny.json", "--set", "duration=3 d"], &["begins with '/'", "duration"]);
    bad_usage(&["run", "tiny.json", "--set", "/fleet/7/sites=3"], &["/fleet/7"]);
    bad_usage(&["run", "tiny.json", "--set", "/duratoin=3 d"], &["duratoin", "duration"]);
}

#[test]
fn numbers_out_of_range_and_unknown_flags_are_refused() {
    bad_usage(&["run", "tiny.json", "--threads", "0"], &["--threads", "1..=1024"]);
    bad_usage(&["run", "tiny.json", "--replications", "0"], &["--replications"]);
    bad_usage(&["run", "tiny.json", "--seed", "-1"], &["-1"]);
    bad_usage(&["run", "tiny.json", "--polices", "bare"], &["--polices", "--policies"]);
    bad_usage(&["run"], &["FILE"]);
    bad_usage(&["chek", "tiny.json"], &["chek", "check"]);
}

#[test]
fn a_results_folder_that_cannot_be_made_is_named() {
    let place = Place::with_tiny();
    let ended = place.run(&["run", "tiny.json", "--out", "tiny.json/results"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("cannot create the results folder tiny.json/results"), "{}", ended.err);
}

#[test]
fn drawing_needs_results() {
    bad_usage(&["plot", "nowhere"], &["no results folder nowhere"]);
    bad_usage(&["plot", "."], &["holds no results", "manifest.json"]);
}

#[test]
fn an_unknown_catalog_name_is_answered_with_the_nearest() {
    bad_usage(&["catalog", "mini-cp"], &["mini-cp", "mini-pc", "kinds:"]);
}

#[test]
fn a_new_scenario_needs_a_name_that_can_be_a_file() {
    bad_usage(&["new", "../mine"], &["../mine", "letters, digits"]);
    bad_usage(&["new", ""], &["letters, digits"]);
}

#[test]
fn a_fleet_without_numbers_is_refused() {
    refused(
        "\"nodes\": { \"box\": 2 }",
        "\"nodes\": { \"box\": 4000000000 }",
        &["12000000000 nodes", "/fleet"],
    );
}

#[test]
fn a_plan_that_does_not_fit_is_refused_with_the_figure() {
    let place = Place::with(&TINY.replace("\"sites\": 3", "\"sites\": 2000000000"));
    for command in ["run", "check"] {
        let ended = place.run(&[command, "tiny.json"]);
        assert_eq!(ended.code, Some(2), "{command}: {}", ended.err);
        assert!(ended.err.contains("of memory") && ended.err.contains("GiB"), "{command}: {}", ended.err);
    }
    let ended = Place::with(&TINY.replace("4 /s", "1e12 /s")).run(&["check", "tiny.json"]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
}

#[test]
fn gaps_that_are_always_zero_are_refused() {
    refused(
        "{ \"poisson\": { \"rate\": \"4 /s\" } }",
        "{ \"every\": { \"uniform\": { \"min\": \"0 s\", \"max\": \"0 s\" } } }",
        &["/arrivals/every", "more than zero"],
    );
}

#[test]
fn a_byte_order_mark_is_called_by_its_name() {
    let place = Place::with(&format!("\u{feff}{TINY}"));
    let ended = place.run(&["check", "tiny.json"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("byte order mark"), "{}", ended.err);
}

#[test]
fn policies_that_do_not_exist_are_one_mistake() {
    bad_usage(&["run", "tiny.json", "--policies", "retry"], &["there is no policy `retry`", "retrying"]);
    let ended = Place::with_tiny().run(&["run", "tiny.json", "--policies", "retry"]);
    assert_eq!(ended.err.matches("error").count(), 1, "{}", ended.err);
}

#[test]
fn what_a_flag_sets_is_said_to_come_from_it() {
    bad_usage(
        &["run", "tiny.json", "--set", "/fleet/0/sites=-3"],
        &["/fleet/0/sites", "was set by `--set`, not by the file"],
    );
    bad_usage(
        &["run", "tiny.json", "--set", "/flet/0/sites=3"],
        &["no `flet`", "did you mean `fleet`?", "`--set`"],
    );
    bad_usage(
        &["run", "tiny.json", "--select", "requests.succes_ratio=0.01"],
        &["did you mean `requests.success_ratio`?", "`--select`"],
    );
    bad_usage(&["run", "tiny.json", "--select", "requests.success_ratio"], &["no '='", "METRIC=DELTA"]);
    bad_usage(&["run", "tiny.json", "--select", "nodes.uptime=0"], &["no number above zero"]);
}

#[test]
fn what_only_selects_is_suggested() {
    for (condition, what) in [
        ("policy=baer", "there is no policy `baer`; did you mean `bare`?"),
        ("scenario=tinny", "there is no scenario `tinny`; did you mean `tiny`?"),
        ("polcy=bare", "did you mean `policy`?"),
        ("/fleet/0/sits>2", "did you mean `sites`?"),
    ] {
        bad_usage(&["run", "tiny.json", "--only", condition], &[what]);
    }
}

#[test]
fn the_folder_of_a_batch_says_where_results_are() {
    let place = Place::with_tiny();
    place.run(&["batch", "tiny.json", "--replications", "2", "--out", "all", "--quiet"]).ok();
    let ended = place.run(&["plot", "all"]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(
        ended.err.contains("all is the folder of a batch; the results folders in it: all/tiny"),
        "{}",
        ended.err
    );
}
