//! Placements by a score.

use super::calm;
use super::common::{refused, run_of, value, with};
use serde_json::{Value, json};

/// Half of the nodes buy dear electricity. They stand still from the second minute on, so that what is not available then is on them.
fn dear(placement: Value) -> Value {
    let mut file = calm(20, json!({ "count": 6000 }), json!({ "copies": 1, "placement": placement }));
    let entry = file["fleet"][0].clone();
    file["fleet"] = json!([
        both_of(entry.clone(), "cheap", json!({ "flat": "0.1 $/kWh" })),
        both_of(entry, "dear", json!({ "flat": "0.4 $/kWh" })),
    ]);
    file["faults"] = json!([{ "at": "1 min", "kill": { "fleet": "dear" } }]);
    file
}

fn both_of(mut entry: Value, name: &str, tariff: Value) -> Value {
    (entry["name"], entry["tariff"]) = (json!(name), tariff);
    entry
}

/// The share of the objects that are on nodes that stand still for 59 of 60 minutes.
fn share_on_dear(placement: Value) -> f64 {
    (1.0 - value(&run_of(&dear(placement), 0), "objects.availability")) * 60.0 / 59.0
}

#[test]
fn a_score_chooses_among_candidates() {
    let tolerance = 5.0 * 0.5 / 6000.0_f64.sqrt();
    assert!((share_on_dear(json!({})) - 0.5).abs() < tolerance);
    for choices in [1_u32, 2, 4] {
        let found = share_on_dear(json!({ "score": "-price", "choices": choices }));
        let expected = 1.0 / f64::from(1_u32 << choices);
        assert!((found - expected).abs() < tolerance, "{found}, not {expected}");
    }
    // Two candidates where nothing is said; nothing is observed yet when objects are placed at the start.
    let two = share_on_dear(json!({ "score": "-price", "choices": 2 }));
    assert_eq!(share_on_dear(json!({ "score": "-price" })).to_bits(), two.to_bits());
    let blind = share_on_dear(json!({ "score": "outstanding", "choices": 8 }));
    assert_eq!(blind.to_bits(), share_on_dear(json!({})).to_bits(), "equals are not told apart");
    // The bound on failure domains comes first: one of two copies is on dear nodes.
    let spread = dear(json!({ "score": "-price", "choices": 8, "spread": "site" }));
    let spread = with(spread, "/policies/policy/objects/copies", json!(2));
    assert_eq!(value(&run_of(&spread, 0), "objects.lost"), 0.0);
}

/// Shards that are repaired go to nodes that answer.
#[test]
fn a_score_sees_what_replies_have_taught() {
    let lost = |placement: Value| {
        let mut file =
            calm(20, json!({ "count": 0, "writes": { "poisson": { "rate": "1 /s" } } }), json!({}));
        file["fleet"] = json!([
            both_of(file["fleet"][0].clone(), "good", json!({ "flat": "0.1 $/kWh" })),
            both_of(file["fleet"][0].clone(), "bad", json!({ "flat": "0.1 $/kWh" })),
        ]);
        file["workloads"]["calls"] =
            json!({ "requests": { "arrivals": { "poisson": { "rate": "20 /s" } }, "demand": "10 ms" } });
        file["faults"] = json!([
            { "at": "0 s", "for": "50 min", "loss": { "fleet": "bad", "p": 0.5 } },
            { "at": "50 min", "kill": { "fleet": "bad" } },
        ]);
        file["policies"]["policy"] = json!({ "requests": { "timeout": "1 s" }, "health": "none", "objects": { "placement": placement } });
        1.0 - value(&run_of(&file, 0), "objects.availability")
    };
    let (any, reliable) = (lost(json!({})), lost(json!({ "score": "reliability", "choices": 4 })));
    assert!(reliable < 0.3 * any, "{reliable} of {any}");
}

#[test]
fn scores_of_placements_are_checked() {
    let refused_by = |placement: Value| refused(&dear(placement));
    let typo = refused_by(json!({ "score": "2*reliabilty - price" }));
    assert!(typo.contains("(character 3 of the expression)") && typo.contains("reliability"), "{typo}");
    assert!(typo.contains("^^^^^^^^^^"), "{typo}");
    assert!(refused_by(json!({ "score": "-temperature" })).contains("asks for nothing"));
    assert!(refused_by(json!({ "score": "-price", "oldest_of": 2 })).contains("by age"));
    assert!(refused_by(json!({ "score": "-price", "copysets": 4 })).contains("copysets"));
    assert!(refused_by(json!({ "choices": 3 })).contains("there is none"));
    let mut file = dear(json!({ "score": "-price" }));
    for entry in 0..2 {
        file["fleet"][entry].as_object_mut().expect("an entry").remove("tariff");
    }
    let message = refused(&file);
    assert!(message.contains("places objects by the price"), "{message}");
}
