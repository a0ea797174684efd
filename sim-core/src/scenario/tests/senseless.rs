//! Inputs of the world that are well formed and make no sense: refused, or warned of at the field they are about.

use super::problems::assert_problem;
use super::*;

/// Expects a problem with something put before `racks` of the one fleet entry.
fn entry(fields: &str, pointer: &str, reason: &str) {
    assert_problem("{ \"racks\"", &format!("{{ {fields}, \"racks\""), &format!("/fleet/0{pointer}"), reason);
}

/// Expects a problem with something put before `nodes`.
fn top(fields: &str, pointer: &str, reason: &str) {
    assert_problem("\"nodes\"", &format!("{fields}, \"nodes\""), pointer, reason);
}

/// Expects a problem with the fields of the one node type.
fn node(fields: &str, pointer: &str, reason: &str) {
    assert_problem(
        "\"server\": {}",
        &format!("\"server\": {{{fields}}}"),
        &format!("/nodes/server{pointer}"),
        reason,
    );
}

#[test]
fn senseless_mains_are_refused() {
    let grid = |fields: &str, pointer: &str, reason: &str| {
        entry(&format!("\"grid\": {{{fields}}}"), &format!("/grid{pointer}"), reason);
    };
    let dips = |depth: &str| format!("{{\"every\": \"1 d\", \"for\": \"1 s\", \"depth\": {depth}}}");
    grid(&format!("\"sags\": {}", dips("1.5")), "/sags/depth", "is a share, but reaches 1.5");
    let uniform = dips("{\"uniform\": {\"min\": 0.2, \"max\": 30}}");
    grid(&format!("\"sags\": [{uniform}]"), "/sags/0/depth", "reaches 30");
    assert!(
        load_text(&template("smallest").replacen(
            "{ \"racks\"",
            &format!("{{ \"grid\": {{\"sags\": {}}}, \"racks\"", dips("{\"exponential\": {\"mean\": 0.3}}")),
            1
        ))
        .is_ok()
    );
    grid("\"surges\": {\"at_restoration\": 0.2}", "/surges/at_restoration", "no outages to restore from");
    grid("\"storm_damage\": {\"share\": 40, \"restoration\": \"1 h\"}", "/storm_damage/share", "reaches 40");
}

#[test]
fn senseless_breakers_and_batteries_are_refused() {
    let breaker = |fields: &str, pointer: &str, reason: &str| {
        let breaker = format!("\"breaker\": {{\"rating\": \"16 A\", \"voltage\": \"230 V\", {fields}}}");
        entry(&breaker, &format!("/breaker{pointer}"), reason);
    };
    breaker("\"reclose\": \"0 s\"", "/reclose", "trips again without end");
    breaker(
        "\"reclose\": {\"day\": \"1 h\", \"night\": \"0 s\"}",
        "/reclose/night",
        "trips again without end",
    );
    breaker("\"fatigue\": {\"trips\": 3}", "/fatigue", "nobody recloses");
    breaker(
        "\"reclose\": \"1 h\", \"fatigue\": {\"trips\": 3, \"leave\": 0}",
        "/fatigue/leave",
        "out of range",
    );
    breaker(
        "\"neighbours\": {\"load\": \"0 W\", \"every\": \"1 h\", \"for\": \"1 h\"}",
        "/neighbours/load",
        "draw nothing",
    );
    entry("\"ups\": {\"energy\": \"1 kWh\", \"self_test\": \"14 d\"}", "/ups/self_test", "nothing to find");
    entry(
        "\"ups\": {\"energy\": \"1 kWh\", \"self_test\": \"14 d\", \"hidden_failure\": 0.1}",
        "/ups/self_test",
        "drawn anew at each call",
    );
}

#[test]
fn senseless_nodes_and_hosts_are_refused() {
    let dvfs = "\"idle\": \"5 W\", \"dvfs\": {\"static\": \"10 W\", \"dynamic\": \"20 W\", \"speed\": 1}";
    node(
        &format!("{dvfs}, \"power_cap\": \"40 W\""),
        "/power_cap",
        "above the 30 W that `dvfs` lets it draw",
    );
    node("\"batches\": {\"size\": 4, \"defect\": 0.1, \"factor\": 3}", "/batches", "nothing breaks");
    node("\"build\": {\"standard\": {\"swap\": \"1 h\"}}", "/build", "nothing breaks");
    let hangs = "\"hangs\": {\"every\": \"1 d\", \"human\": \"1 h\", \"watchdog_works\": 0.5}";
    node(&format!("\"hardware\": {{{hangs}}}"), "/hardware/hangs/watchdog_works", "without `watchdog`");
    node("\"churn\": {\"rejoin\": \"1 d\"}", "/churn/rejoin", "nobody leaves");
    node("\"churn\": {}", "/churn", "says nothing");
    node("\"presence\": {}", "/presence", "no host is ever switched off");
    node("\"presence\": {\"on\": \"1 h\", \"off\": \"1 h\", \"always\": 1}", "/presence/always", "always on");
    node(
        "\"presence\": {\"daily\": {\"from\": \"08:00\", \"to\": \"18:00\"}, \"heterogeneity\": 1}",
        "/presence/heterogeneity",
        "not given",
    );
    entry("\"crews\": 2", "/crews", "nothing there is repaired");
    top("\"regions\": {\"here\": {\"crews\": 1}}", "/regions/here/crews", "nothing there is repaired");
}

#[test]
fn senseless_networks_and_weathers_are_refused() {
    entry("\"link\": {\"up\": \"5 Mbit/s\", \"aqm\": \"fq\"}", "/link/aqm", "there is no `buffer`");
    entry("\"link\": {\"nat\": {\"unreachable\": 0}}", "/link/nat", "no site unreachable");
    entry(
        "\"link\": {\"up\": \"5 Mbit/s\", \"down\": \"9 Mbit/s\", \"cap\": {\"bytes\": \"1 TB\", \"then\": \"1 Gbit/s\"}}",
        "/link/cap",
        "as fast as before",
    );
    let graph = |links: &str| {
        let text = template("smallest").replacen(
            "\"nodes\"",
            &format!("\"regions\": {{\"a\": {{}}, \"b\": {{}}, \"c\": {{}}}}, \"backbone\": {{\"nodes\": [\"x\"], \"links\": [{links}]}}, \"nodes\""),
            1,
        );
        let rack = "{ \"racks\": [{ \"nodes\": { \"server\": 1 } }] }";
        assert!(text.contains(rack), "the template has changed: {text}");
        let sites = ["a", "b"].map(|region| rack.replacen('{', &format!("{{ \"region\": \"{region}\","), 1));
        load_text(&text.replacen(rack, &sites.join(", "), 1))
    };
    let apart = graph("[\"a\", \"c\", \"1 ms\"], [\"b\", \"x\", \"1 ms\"]").unwrap_err();
    let found = apart
        .0
        .iter()
        .any(|it| it.pointer == "/backbone/links" && it.message.contains("joins `a` with `b` by no path"));
    assert!(found, "{apart}");
    // Region c has no nodes and needs no way; exchange points join.
    let joined = graph("[\"a\", \"x\", \"1 ms\"], [\"b\", \"x\", \"1 ms\"]");
    assert!(joined.is_ok(), "{:?}", joined.err());
}

/// Expects a warning of the smallest scenario with these changes.
fn warning(changes: &[(&str, &str)], pointer: &str, reason: &str) {
    let mut text = template("smallest");
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the template");
        text = text.replacen(from, to, 1);
    }
    let plan = load_text(&text).unwrap_or_else(|problems| panic!("{problems}"));
    let told: Vec<String> = plan.warnings.iter().map(|it| it.render("warning")).collect();
    let found = plan.warnings.iter().any(|it| it.pointer == pointer && it.message.contains(reason));
    assert!(found, "no warning at {pointer} says {reason:?}: {}\n{text}", told.join("\n"));
    let placed = plan.warnings.iter().all(|it| it.line > 1);
    assert!(placed, "a warning points at the beginning of the file: {}", told.join("\n"));
}

#[test]
fn doubts_about_the_world_point_at_their_field() {
    let rack = "{ \"racks\"";
    let fleet = |fields: &str| format!("{{ {fields}, \"racks\"");
    let sags = "\"grid\": {\"sags\": {\"every\": \"1 d\", \"for\": \"5 min\", \"depth\": 0.3}}";
    warning(&[(rack, &fleet(sags))], "/fleet/0/grid/sags", "sustained undervoltage");
    let boot = "\"server\": {\"boot_power\": 2}";
    warning(&[("\"server\": {}", boot)], "/nodes/server/boot_power", "boots in no time");
    let storm =
        "\"grid\": {\"outages\": {\"up\": \"1 d\", \"down\": \"1 h\", \"in_storm\": {\"up\": \"1 h\"}}}";
    warning(&[(rack, &fleet(storm))], "/fleet/0/grid/outages", "has no storms");
    let damage = "\"grid\": {\"storm_damage\": {\"share\": 0.3, \"restoration\": \"1 h\"}}";
    warning(&[(rack, &fleet(damage))], "/fleet/0/grid/storm_damage", "has no storms");
    let rolling = "\"grid\": {\"rolling\": {\"every\": \"1 d\", \"for\": \"2 h\", \"slot\": \"1 h\", \"in_heat_wave_only\": true}}";
    warning(&[(rack, &fleet(rolling))], "/fleet/0/grid/rolling", "wait for heat waves");
    let faults = "\"server\": {\"hardware\": {\"faults\": {\"up\": \"9 d\", \"down\": \"1 h\", \"in_storm\": {\"up\": \"1 h\"}}}}";
    warning(&[("\"server\": {}", faults)], "/nodes/server/hardware/faults/in_storm", "has no storms");
    let drawing = ("\"server\": {}", "\"server\": {\"idle\": \"500 W\", \"peak\": \"600 W\"}");
    let ups = fleet("\"ups\": {\"energy\": \"1 kWh\", \"power\": \"300 W\"}");
    warning(&[drawing, (rack, &ups)], "/fleet/0/ups", "never takes over");
    let breaker = fleet("\"breaker\": {\"rating\": \"2 A\", \"voltage\": \"120 V\"}");
    warning(&[drawing, (rack, &breaker)], "/fleet/0/breaker", "always trips");
    warning(
        &[("\"server\": {}", "\"server\": {\"peak\": \"9 W\", \"inrush\": 8}")],
        "/nodes/server/inrush",
        "`magnetic`",
    );
    let shared =
        fleet("\"link\": {\"outages\": {\"up\": \"9 d\", \"down\": \"1 h\", \"shared_by\": \"isp\"}}");
    warning(&[(rack, &shared)], "/fleet/0/link/outages/shared_by", "names none");
    let cabinet = "\"isps\": {\"glass\": {\"cabinet\": {\"battery\": \"1 h\"}}}, \"nodes\"";
    warning(
        &[("\"nodes\"", cabinet), (rack, &fleet("\"isp\": \"glass\""))],
        "/isps/glass/cabinet",
        "never fail",
    );
    warning(&[("\"nodes\"", "\"software\": {\"a\": {}}, \"nodes\"")], "/software/a", "no bug");
    warning(
        &[("\"plain\": {}", "\"plain\": {\"energy\": {\"power_cap\": 0.8}}")],
        "/policies/plain/energy/power_cap",
        "no site has one",
    );
    for (action, field) in [
        ("kill", "\"share\": 0"),
        ("loss", "\"p\": 0"),
        ("sag", "\"depth\": 0"),
        ("latency", "\"add\": \"0 s\""),
        ("slow", "\"factor\": 1"),
    ] {
        let fault = format!("{{\"at\": \"1 min\", \"{action}\": {{\"all\": true, {field}}}}}");
        let faults = format!("\"faults\": [{fault}], \"nodes\"");
        warning(&[("\"nodes\"", &faults)], &format!("/faults/0/{action}"), "does nothing");
    }
}

#[test]
fn all_that_is_wrong_with_a_column_is_told_at_once() {
    let told = |text: &str| {
        let problems = load_text(text).expect_err(text);
        problems.0.iter().map(|it| it.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let demand = |column: &str| {
        template("smallest").replacen(
            "{ \"exponential\": { \"mean\": \"100 ms\" } }",
            &format!("{{\"empirical\": {column}}}"),
            1,
        )
    };
    let both = told(&demand("{\"file\": \"x.csv\"}"));
    assert!(both.contains("missing field `column`") && both.contains("missing field `unit`"), "{both}");
    let both = told(&demand("{\"column\": 5, \"unit\": \"parsec\"}"));
    for part in ["missing field `file`", "found the number 5", "`parsec` is not a unit"] {
        assert!(both.contains(part), "{part}: {both}");
    }
    let unit = told(&demand("{\"file\": \"x.csv\", \"column\": \"a\", \"unit\": \"parsec\"}"));
    assert!(unit.contains("no files can be read") && unit.contains("`parsec`"), "{unit}");
    let trace = template("smallest").replacen(
        "{ \"poisson\": { \"rate\": \"5 /s\" } }",
        "{\"trace\": {\"file\": \"x.csv\"}}",
        1,
    );
    let both = told(&trace);
    assert!(both.contains("missing field `column`") && both.contains("missing field `unit`"), "{both}");
    let weather = small("\"regions\": {\"here\": {\"weather\": {\"file\": \"x.csv\", \"unit\": \"R\"}}},");
    let both = told(&weather);
    assert!(both.contains("\"R\"") && both.contains("missing field `column`"), "{both}");
}

#[test]
fn senseless_requests_and_routing_are_warned_of() {
    let policy = |fields: &str, reason: &str| {
        let to = format!("{{ \"plain\": {{{fields}}} }}");
        warning(&[("{ \"plain\": {} }", &to)], "/policies/plain", reason);
    };
    policy(r#""routing": {"score": "2 * 3"}"#, "constant score");
    policy(r#""health": {"heartbeat": {"period": "10 s", "timeout": "5 s"}}"#, "between two beats");
    policy(r#""health": {"probe": {"period": "10 s", "timeout": "15 s"}}"#, "sends the next after 10 s");
    policy(r#""health": {"swim": {"period": "10 s", "proxies": 9}}"#, "no more members");
    policy(r#""ejection": {"slow": 1}"#, "about half of them");
    policy(r#""requests": {"copies": 2}"#, "more copies than there are nodes");
    policy(r#""requests": {"backoff": "1 s"}"#, "never does");
}

#[test]
fn a_quorum_of_more_replies_than_nodes_is_refused() {
    assert_problem(
        "{ \"plain\": {} }",
        "{ \"plain\": {\"requests\": {\"copies\": 2, \"quorum\": 2}} }",
        "/policies/plain/requests/quorum",
        "never met among 1",
    );
}

#[test]
fn objectives_are_for_requests() {
    let jobs = "\"batch\": { \"jobs\": { \"arrivals\": { \"poisson\": { \"rate\": \"1 /h\" } }, \"work\": \"1 min\" } }, \"work\"";
    let text = template("smallest").replacen("\"work\"", jobs, 1).replacen(
        "\"policies\"",
        "\"slo\": { \"batch\": { \"success\": 0.9 } }, \"policies\"",
        1,
    );
    let problems = load_text(&text).expect_err("jobs have no success ratio");
    let found =
        problems.0.iter().any(|it| it.pointer == "/slo/batch" && it.message.contains("workload of jobs"));
    assert!(found, "{problems}");
}

#[test]
fn beats_of_random_latency_are_counted_in_the_estimate() {
    let events = |latency: &str| {
        let link = format!("{{ \"link\": {{ \"latency\": {latency} }}, \"racks\"");
        let text = template("smallest").replacen("{ \"racks\"", &link, 1).replacen(
            "{ \"plain\": {} }",
            "{ \"plain\": { \"health\": { \"phi_accrual\": { \"period\": \"100 ms\" } } } }",
            1,
        );
        load_text(&text).unwrap_or_else(|problems| panic!("{problems}")).estimate().events_per_run
    };
    let more = events("{ \"exponential\": { \"mean\": \"10 ms\" } }") - events("\"10 ms\"");
    assert!(more >= 36_000.0, "an hour has 36,000 beats, and {more} events are counted for them");
}
