//! `vary`, values set from outside, runs and their names, the schema.

use super::*;
use serde_json::{Value as Json, json};

fn with(text: &str, set: &[(&str, Json)]) -> Result<Plan, Problems> {
    let set = set.iter().map(|(pointer, value)| ((*pointer).to_owned(), value.clone())).collect();
    load(&Source { name: "test.json", text }, &NoFiles, &Overrides { set, ..Overrides::default() })
}

#[test]
fn the_cross_product_of_vary_is_run() {
    let text = small(r#""vary": { "/fleet/0/sites": [1, 2, 3], "/nodes/server/slots": [1, 4] },"#);
    let plan = load_text(&text).unwrap();
    let cells: Vec<(u32, u32)> =
        plan.variations.iter().map(|it| (it.scenario.fleet[0].sites, it.scenario.nodes[0].slots)).collect();
    assert_eq!(cells, [(1, 1), (1, 4), (2, 1), (2, 4), (3, 1), (3, 4)]);
    assert_eq!(json!(plan.variations[3].values), json!({ "/fleet/0/sites": 2, "/nodes/server/slots": 4 }));
    assert!(plan.variations.iter().all(|it| it.tree().get("vary").is_none()));
    assert_eq!(plan.runs().count(), 6 * 10);
    assert_round_trip(&plan, &NoFiles);
}

#[test]
fn pointers_reach_through_names_of_the_catalog() {
    let text = template("garage").replace(
        "// \"vary\": { \"/fleet/0/sites\": [25, 50, 100] }",
        r#""vary": {
        "/fleet/0/link/loss": [0, 0.1],
        "/nodes/mini/thermal/throttle/at": ["90 C", "95 C"],
        "/regions/phoenix/grid/feeder_size": [1, 10],
        "/policies/hedged/routing": ["random"],
        "/regions/phoenix/weather/daily/mean": ["30 C", "35 C"],
    }"#,
    );
    let plan = load_text(&text).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(plan.variations.len(), 16);
    let first = &plan.variations[0].scenario;
    let link = first.fleet[0].link.as_ref().unwrap();
    assert_eq!((link.loss, link.up.map(|up| up.0)), (Some(Loss::Bernoulli(0.0)), Some(2.5e6)));
    let thermal = first.nodes["mini"].thermal.as_ref().unwrap();
    assert_eq!((thermal.throttle.as_ref().unwrap().at.0, thermal.time_constant.as_secs_f64()), (90.0, 180.0));
    assert_eq!(first.regions[0].grid.as_ref().unwrap().feeder_size, 1);
    assert_eq!(
        (&first.policies["hedged"].routing, first.policies["hedged"].requests.attempts),
        (&Routing::Random, 3)
    );
}

#[test]
fn values_are_set_from_outside() {
    let text = template("smallest");
    let plan = with(
        &text,
        &[("/duration", json!("2 h")), ("/nodes/server/slots", json!(3)), ("/name", json!("other"))],
    )
    .unwrap();
    let scenario = &plan.variations[0].scenario;
    assert_eq!(
        (scenario.duration.as_secs_f64(), scenario.nodes[0].slots, plan.name.as_str()),
        (7200.0, 3, "other")
    );
    let varied = with(&text, &[("/vary", json!({ "/nodes/server/slots": [1, 2] }))]).unwrap();
    assert_eq!(varied.variations.len(), 2);
    let overrides = Overrides { seed: Some(9), replications: Some(3), ..Overrides::default() };
    let plan = load(&Source { name: "test.json", text: &text }, &NoFiles, &overrides).unwrap();
    assert_eq!((plan.variations[0].scenario.seed, plan.runs().count()), (9, 3));
    assert_eq!(Overrides::parse_value("5"), json!(5));
    assert_eq!(Overrides::parse_value("5 s"), json!("5 s"));
    assert_eq!(Overrides::parse_value("[1, 2]"), json!([1, 2]));
}

#[test]
fn wrong_pointers_and_values_are_told_with_the_nearest_name() {
    for (pointer, value, message, help) in [
        ("/nodes/servr/slots", json!(1), "there is no `servr`", "did you mean `server`?"),
        ("/fleet/1/sites", json!(1), "there is no `1`", "`0`"),
        ("/fleet/00/sites", json!(1), "there is no `00`", "`0`"),
        ("/duration/x", json!(1), "points into the string", "a field of an object"),
        ("nodes", json!(1), "is not a JSON Pointer", "/fleet/0/sites"),
        ("/nodes/server/slotz", json!(1), "unknown field `slotz`", "did you mean `slots`?"),
        ("/nodes/server/slots", json!("x"), "found the string \"x\"", "a whole number"),
    ] {
        let problems = with(&template("smallest"), &[(pointer, value)]).expect_err(pointer);
        let problem = &problems.0[0];
        assert!(problem.message.contains(message), "{pointer}: {problem}");
        assert!(problem.help.as_ref().unwrap().contains(help), "{pointer}: {problem}");
    }
    let problems = with(&template("smallest"), &[("/duration", json!(5))]).unwrap_err();
    assert_eq!(
        (problems.0[0].line, problems.0[0].note.as_deref()),
        (4, Some("the value was set by `--set`, not by the file"))
    );
    for vary in ["[]", "{\"/seed\": []}", "{\"/seed\": 5}", "{\"/sed/x\": [1]}"] {
        let problems = load_text(&small(&format!("\"vary\": {vary},"))).expect_err(vary);
        assert!(problems.0.iter().all(|it| it.line == 10), "{vary}: {problems}");
    }
    let problems = load_text(&small("\"vary\": {\"/seed\": [1, -1]},")).unwrap_err();
    assert_eq!((problems.0.len(), problems.0[0].line, problems.0[0].column), (1, 10, 25), "{problems}");
}

#[test]
fn policies_are_selected_in_the_order_asked_for() {
    let select = |names: &[&str]| {
        let policies = Some(names.iter().map(|name| (*name).to_owned()).collect());
        let overrides = Overrides { policies, ..Overrides::default() };
        load(&Source { name: "test.json", text: &template("garage") }, &NoFiles, &overrides)
    };
    let plan = select(&["hedged", "bare"]).unwrap_or_else(|it| panic!("{it}"));
    let policies = &plan.variations[0].scenario.policies;
    assert_eq!(policies.keys().collect::<Vec<_>>(), ["hedged", "bare"]);
    // What "hedged" takes from "careful" is there although "careful" is not.
    assert_eq!(policies["hedged"].routing, Routing::PowerOfChoices { choices: 2, stale: None });
    assert!(select(&["hegded"]).unwrap_err().to_string().contains("did you mean `hedged`?"));
}

#[test]
fn runs_are_named_by_what_they_compute() {
    let ids = |text: &str| -> Vec<String> {
        let plan = load_text(text).unwrap_or_else(|it| panic!("{it}"));
        plan.planned().map(|planned| planned.id).collect()
    };
    let text = template("garage");
    let base = ids(&text);
    assert_eq!(base.len(), 15);
    assert_eq!(base.iter().collect::<std::collections::BTreeSet<_>>().len(), 15);
    // Other words for the same, and what changes no run, give the same names.
    assert_eq!(ids(&text.replace("\"2 d\"", "\"48 h\"").replace("mini PCs in hot garages", "else")), base);
    assert_eq!(ids(&text.replace("\"replications\": 5", "\"replications\": 4")), base[..12]);
    assert_eq!(
        ids(&text.replace("{ \"health\": \"none\" }", "{ \"health\": \"none\", \"routing\": \"random\" }")),
        base
    );
    // Another policy changes its own runs alone; another seed or another world changes all.
    let other =
        ids(&text
            .replace("{ \"health\": \"none\" }", "{ \"health\": \"none\", \"routing\": \"round_robin\" }"));
    assert_eq!(other.iter().zip(&base).filter(|(a, b)| a == b).count(), 10);
    for (from, to) in [
        ("\"seed\": 1", "\"seed\": 2"),
        ("\"sites\": 50", "\"sites\": 51"),
        ("\"us-suburban\"", "\"germany\""),
    ] {
        assert!(ids(&text.replace(from, to)).iter().all(|id| !base.contains(id)), "{to}");
    }
}

#[test]
fn a_large_fleet_loads_as_fast_as_a_small_one() {
    let text = template("smallest")
        .replace("{ \"server\": 1 }", "{ \"server\": 1000 }")
        .replace("{ \"racks\"", "{ \"sites\": 4000000, \"racks\"");
    let plan = load_text(&text).unwrap();
    let estimate = plan.estimate();
    assert_eq!((estimate.nodes, estimate.sites, estimate.runs), (4_000_000_000, 4_000_000, 10));
    assert!(estimate.bytes_per_run > 1e12);
}

#[test]
fn the_estimate_follows_rates_and_checks() {
    let estimate = |text: &str| load_text(text).unwrap().estimate();
    let text = template("smallest");
    let base = estimate(&text);
    // 5 requests a second for an hour, five events each.
    assert_eq!(base.events_per_run, 5.0 * 3600.0 * 5.0);
    // Probes that are answered are not visited one by one; one in ten is lost.
    let probed = text
        .replace("\"plain\": {}", r#""plain": {"health": {"probe": {"period": "1 s", "timeout": "1 s"}}}"#);
    assert_eq!(estimate(&probed).events_per_run, base.events_per_run);
    let probe = estimate(&probed.replace("{ \"racks\"", r#"{ "link": { "loss": 0.1 }, "racks""#));
    assert!((probe.events_per_run - base.events_per_run - 0.3 * 3600.0).abs() < 1e-6);
    assert_eq!(probe.events, 10.0 * probe.events_per_run);
}

#[test]
fn the_committed_schema_is_that_of_the_code() {
    let current = serde_json::to_string_pretty(&schema()).unwrap();
    assert_file("schema.json", &format!("{current}\n"));
}

/// Every object of the schema is closed, and every field says what it means.
#[test]
fn the_schema_documents_every_field() {
    let schema = schema();
    let mut fields = 0;
    check(&schema, &schema, "", &mut fields);
    assert!(fields > 150, "{fields} fields");
    for (pointer, default) in [
        ("/properties/seed", json!(1)),
        ("/$defs/NodeKind/properties/slots", json!(1)),
        ("/$defs/BreakerKind/properties/trip_ratio", json!(1.25)),
    ] {
        assert_eq!(schema.pointer(pointer).unwrap()["default"], default, "{pointer}");
    }
    assert!(schema["$defs"]["power"]["description"].as_str().unwrap().contains("kW"));
}

fn check(json: &Json, root: &Json, at: &str, fields: &mut usize) {
    if let Some(reference) = json.get("$ref").and_then(Json::as_str) {
        assert!(root.pointer(reference.trim_start_matches('#')).is_some(), "{at}: {reference} leads nowhere");
    }
    if let Some(properties) = json.get("properties").and_then(Json::as_object) {
        assert!(json.get("additionalProperties").is_some(), "{at} is open");
        for (name, field) in properties {
            *fields += 1;
            let described = field.get("description").or_else(|| json.get("description")).is_some();
            assert!(described, "{at}/{name} is not described");
        }
    }
    match json {
        Json::Object(members) => {
            members.iter().for_each(|(key, value)| check(value, root, &format!("{at}/{key}"), fields));
        }
        Json::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| check(item, root, &format!("{at}/{index}"), fields)),
        _ => {}
    }
}
