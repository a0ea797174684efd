//! What is said about files that are wrong.

use super::*;

/// A file with more than ten different mistakes, and exactly what is said about them.
#[test]
fn all_problems_of_a_file_are_told_in_one_go() {
    let told = load_text(include_str!("wrong.jsonc")).unwrap_err().to_string();
    assert_file("tests/wrong.txt", &format!("{told}\n"));
}

/// Loads the smallest scenario with `from` replaced by `to`, and expects a problem at `pointer` that says `reason`.
fn assert_problem(from: &str, to: &str, pointer: &str, reason: &str) {
    let text = template("smallest");
    assert!(text.contains(from), "{from} is not in the template");
    let problems = load_text(&text.replacen(from, to, 1)).expect_err(to);
    let found = problems.0.iter().any(|it| it.pointer == pointer && it.message.contains(reason));
    assert!(found, "{to}: no problem at {pointer} says {reason:?}:\n{problems}");
}

#[test]
fn values_out_of_range_are_refused() {
    let node = |to: &str, pointer: &str, reason: &str| {
        assert_problem("\"server\": {}", &format!("\"server\": {to}"), pointer, reason);
    };
    node("{\"speed\": 0}", "/nodes/server/speed", "out of range");
    node("{\"speed\": 1e999}", "/nodes/server/speed", "the number 1e999");
    node("{\"speed\": \"1 W\"}", "/nodes/server/speed", "the string");
    node("{\"slots\": 0}", "/nodes/server/slots", "the number 0");
    node("{\"slots\": 1.5}", "/nodes/server/slots", "the number 1.5");
    node("{\"slots\": 99999999999}", "/nodes/server/slots", "the number 99999999999");
    node("{\"peak\": \"-5 W\"}", "/nodes/server/peak", "out of range");
    node("{\"idle\": \"5 W\", \"peak\": \"4 W\"}", "/nodes/server/peak", "less than `idle`");
    node("{\"idle\": 5}", "/nodes/server/idle", "has no unit, but is a power");
    node("{\"idle\": \"5 C\"}", "/nodes/server/idle", "`C` in \"5 C\" is not a unit of a power");
    node("{\"discipline\": \"lifo\"}", "/nodes/server/discipline", "\"lifo\"");
    node("{\"hardware\": {\"deaths\": {}}}", "/nodes/server/hardware/deaths", "unknown field");
    node("{\"storage\": \"1 TB\"}", "/nodes/server/storage", "unknown field");
    node("null", "/nodes/server", "found null");
    let thermal =
        r#"{"idle": "5 W", "peak": "9 W", "thermal": {"resistance": "1 K/W", "time_constant": "1 min", "#;
    node(
        &format!("{thermal}\"throttle\": {{\"at\": \"80 C\", \"resume\": \"80 C\", \"speed\": 0.5}}}}}}"),
        "/nodes/server/thermal/throttle/resume",
        "`resume` (80 C) is not below `at` (80 C)",
    );
    node(
        &format!(
            "{thermal}\"throttle\": {{\"at\": \"80 C\", \"resume\": \"70 C\", \"speed\": 0.5}}, \"shutdown\": {{\"at\": \"75 C\", \"resume\": \"60 C\"}}}}}}"
        ),
        "/nodes/server/thermal/shutdown",
        "before it throttles",
    );
    assert_problem("\"5 /s\"", "\"-5 /s\"", "/workloads/work/requests/arrivals/poisson/rate", "out of range");
    assert_problem(
        "\"5 /s\"",
        "5",
        "/workloads/work/requests/arrivals/poisson/rate",
        "has no unit, but is a rate",
    );
    assert_problem(
        "\"5 /s\"",
        "\"5 /s\", \"daily_swing\": 1.2",
        "/workloads/work/requests/arrivals/poisson/daily_swing",
        "out of range",
    );
}

#[test]
fn empty_and_missing_things_are_refused() {
    assert_problem("\"duration\": \"1 h\",", "", "", "missing field `duration`");
    assert_problem("\"1 h\"", "\"0 h\"", "/duration", "out of range");
    assert_problem("\"1 h\"", "\"1 h\", \"warmup\": \"1 h\"", "/warmup", "not shorter than `duration`");
    assert_problem("[{ \"racks\"", "[], \"fleet_\": [{ \"racks\"", "/fleet", "the array has 0 items");
    assert_problem("{ \"racks\"", "{ \"sites\": 0, \"racks\"", "/fleet/0/sites", "the number 0");
    assert_problem("{ \"server\": 1 }", "{ \"server\": 0 }", "/fleet/0/racks/0/nodes", "the rack is empty");
    assert_problem("{ \"server\": 1 }", "{}", "/fleet/0/racks/0/nodes", "the object is empty");
    assert_problem("{ \"plain\": {} }", "{}", "/policies", "the object is empty");
    assert_problem("\"server\": {} }", "}", "/nodes", "the object is empty");
    assert_problem("{ \"plain\": {} }", "[]", "/policies", "found an array");
}

#[test]
fn names_that_lead_nowhere_are_refused() {
    assert_problem(
        "{ \"racks\"",
        "{ \"region\": \"moon\", \"racks\"",
        "/fleet/0/region",
        "there is no region `moon`",
    );
    assert_problem(
        "{ \"server\": 1 }",
        "{ \"servr\": 1 }",
        "/fleet/0/racks/0/nodes/servr",
        "there is no node type `servr`",
    );
    assert_problem(
        "{ \"racks\"",
        "{ \"link\": \"fiber\", \"racks\"",
        "/fleet/0/link",
        "nothing is named `fiber`",
    );
    assert_problem(
        "\"policies\"",
        "\"slo\": {\"wrk\": {}}, \"policies\"",
        "/slo/wrk",
        "there is no workload `wrk`",
    );
    let two = "\"regions\": {\"a\": {}, \"b\": {}}, \"policies\"";
    assert_problem("\"policies\"", two, "/fleet/0", "missing field `region`");
    let backbone =
        "\"regions\": {\"a\": {}}, \"backbone\": {\"between\": [[\"a\", \"b\", \"1 ms\"]]}, \"policies\"";
    assert_problem("\"policies\"", backbone, "/backbone/between/0/1", "there is no region `b`");
    assert_problem(
        "\"demand\"",
        "\"from\": {\"x\": 1}, \"demand\"",
        "/workloads/work/requests/from/x",
        "there is no region `x`",
    );
    let two = "[{ \"name\": \"a\", \"racks\": [{\"nodes\": {\"server\": 1}}] }, { \"name\": \"a\", \"racks\"";
    assert_problem("[{ \"racks\"", two, "/fleet/1/name", "two fleet entries");
    let catalog =
        load_text(&template("smallest").replace("{ \"server\": 1 }", "{ \"mini-pc\": 1 }")).unwrap_err();
    assert!(catalog.0[0].help.as_ref().unwrap().contains("it is in the catalog"), "{catalog}");
}

#[test]
fn policies_that_cannot_work_are_refused() {
    let policy = |to: &str, pointer: &str, reason: &str| {
        assert_problem("\"plain\": {}", &format!("\"plain\": {to}"), pointer, reason);
    };
    let requests = "/policies/plain/requests";
    policy(
        r#"{"requests": {"quorum": 2}}"#,
        &format!("{requests}/quorum"),
        "needs more replies than the 1 copies",
    );
    policy(r#"{"requests": {"attempts": 1001}}"#, &format!("{requests}/attempts"), "1001");
    policy(
        r#"{"requests": {"hedge": {"after": "q95"}}}"#,
        &format!("{requests}/hedge/after"),
        "is not a percentile",
    );
    policy(
        r#"{"requests": {"hedge": {"after": "1 s", "max": 0}}}"#,
        &format!("{requests}/hedge/max"),
        "the number 0",
    );
    policy(r#"{"requests": {"retry_budget": 1}}"#, &format!("{requests}/retry_budget"), "unknown field");
    policy(
        r#"{"health": {"probe": {"period": "1 s", "misses": 0, "timeout": "1 s"}}}"#,
        "/policies/plain/health/probe/misses",
        "the number 0",
    );
    policy(
        r#"{"health": {"heartbeat": {"period": "1 s"}}}"#,
        "/policies/plain/health/heartbeat",
        "exactly one of",
    );
    policy(r#"{"health": {"swims": {}}}"#, "/policies/plain/health/swims", "unknown choice");
    policy(
        r#"{"routing": {"power_of_choices": {"choices": 0}}}"#,
        "/policies/plain/routing/power_of_choices/choices",
        "the number 0",
    );
    policy(r#"{"routing": {}}"#, "/policies/plain/routing", "an object with 0 members");
    policy(r#"{"jobs": {}}"#, "/policies/plain/jobs", "unknown field");
}

#[test]
fn syntax_is_json_with_comments_and_trailing_commas_and_no_more() {
    for (text, reason) in [
        ("", "the file is empty"),
        ("// nothing", "the file is empty"),
        ("{", "this is not JSON: unterminated object"),
        ("{'duration': 1}", "this is not JSON: single-quoted strings"),
        ("{duration: 1}", "this is not JSON"),
        ("{\"a\": +1}", "this is not JSON: unary plus"),
        ("{\"a\": 0x1}", "this is not JSON: hexadecimal"),
        ("{\"a\": NaN}", "this is not JSON"),
        ("{\"a\": 1 \"b\": 2}", "this is not JSON: expected comma"),
        ("{} {}", "this is not JSON"),
        ("{\"a\": 1, \"b\": {\"c\": 1, \"c\": 2}, \"a\": 3}", "`c` stands twice"),
        ("[]", "found an array"),
    ] {
        let problems = load_text(text).unwrap_err();
        assert!(problems.0[0].message.contains(reason), "{text}: {problems}");
    }
    let twice = load_text("{\"a\": 1, \"b\": {\"c\": 1, \"c\": 2}, \"a\": 3}").unwrap_err();
    assert_eq!(
        twice.0.iter().map(|it| (it.pointer.as_str(), it.line, it.column)).collect::<Vec<_>>(),
        [("/b/c", 1, 24), ("/a", 1, 33)]
    );
}

#[test]
fn places_count_characters_and_long_lines_are_cut() {
    let text =
        template("smallest").replace("\"1 h\"", "\"1 hö\"").replace("\"duration\"", "/* ä€𝄞 */ \"duration\"");
    let problems = load_text(&text).unwrap_err();
    assert_eq!((problems.0[0].line, problems.0[0].column, problems.0[0].width), (4, 25, 6), "{problems}");
    let long = load_text(&text.replace('\n', " ").replace(
        "// The smallest scenario: an ideal queue with one server. What is left out does not exist.",
        "",
    ))
    .unwrap_err();
    let problem = &long.0[0];
    assert!(problem.excerpt.chars().count() <= 202, "{problem}");
    let marked: String = problem.excerpt.chars().skip(problem.caret).take(problem.width).collect();
    assert_eq!(marked, "\"1 hö\"");
}

#[test]
fn deep_nesting_is_read_or_refused_but_does_not_overflow() {
    for depth in [100, 250, 100_000] {
        let dist = format!("{}\"1 s\"{}", "{\"shift\": \"1 ms\", \"of\": ".repeat(depth), "}".repeat(depth));
        let text = template("smallest").replace("{ \"exponential\": { \"mean\": \"100 ms\" } }", &dist);
        assert_eq!(load_text(&text).is_ok(), depth <= 250, "{depth}");
    }
}

#[test]
fn doubtful_scenarios_load_with_warnings() {
    let busy = load_text(&template("smallest").replace("\"5 /s\"", "\"15 /s\"")).unwrap();
    assert_eq!(busy.warnings.len(), 1);
    assert!(busy.warnings[0].message.contains("1.50 times"), "{}", busy.warnings[0].render("warning"));
    assert_eq!(busy.warnings[0].line, 7, "{}", busy.warnings[0].render("warning"));
    let lossy =
        load_text(&template("smallest").replace("{ \"racks\"", "{ \"link\": { \"loss\": 0.1 }, \"racks\""))
            .unwrap();
    assert!(lossy.warnings[0].message.contains("under way for ever"));
    assert_eq!(lossy.warnings[0].pointer, "/policies/plain");
}

#[test]
fn contradictory_hardware_and_hosts_are_refused() {
    let node = |hardware: &str, pointer: &str, reason: &str| {
        let to = format!("\"server\": {{\"hardware\": {hardware}}}");
        assert_problem("\"server\": {}", &to, &format!("/nodes/server/hardware{pointer}"), reason);
    };
    node(r#"{"faults": {"up": "1 d"}}"#, "/faults", "neither `down` nor `repair`");
    node(r#"{"faults": {"up": "1 d", "down": "1 h"}, "repair": {}}"#, "/repair", "both say how long");
    node(r#"{"repair": "volunteer-home"}"#, "/repair", "without `faults`");
    node(r#"{"acceleration": {"per_10K": 2, "reference": "25 C"}}"#, "/acceleration", "without anything");
    node(
        r#"{"death": {"lifetime": "1 y"}, "acceleration": {"per_10K": 2}}"#,
        "/acceleration",
        "with `reference`",
    );
    node(
        r#"{"death": {"lifetime": "1 y"}, "acceleration": {"per_10K": 0.5, "reference": "25 C"}}"#,
        "/acceleration/per_10K",
        "out of range",
    );
    node(
        r#"{"hangs": {"every": "1 d", "watchdog": "5 min", "watchdog_works": 0.5}}"#,
        "/hangs/human",
        "nobody",
    );
    node(r#"{"hangs": {"every": "1 d"}}"#, "/hangs/human", "nobody");
    let presence = |presence: &str, pointer: &str, reason: &str| {
        let to = format!("\"server\": {{\"presence\": {presence}}}");
        assert_problem("\"server\": {}", &to, &format!("/nodes/server/presence{pointer}"), reason);
    };
    presence(r#"{"on": "1 h"}"#, "", "`on` without `off`");
    presence(
        r#"{"always": 0.7, "daily": {"share": 0.5, "from": "08:00", "to": "18:00"}}"#,
        "/always",
        "exceed 1",
    );
    presence(r#"{"daily": {"from": "08:00", "to": "08:00"}}"#, "/daily/to", "no such hours");
    presence("\"fta-skype07\"", "", "nothing is named");
    let top = |field: &str, pointer: &str, reason: &str| {
        assert_problem("\"nodes\"", &format!("{field}, \"nodes\""), pointer, reason);
    };
    top(r#""quorum": {"nodes": 99}"#, "/quorum", "never met");
    top(r#""software": {"a": {"share": 0.7}, "b": {"share": 0.7}}"#, "/software", "add up to 1.4");
}
