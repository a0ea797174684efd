//! What is hit: batches of a type, racks with shared air.

use super::batches;
use super::common::{close, load, run_plain, value, with};
use serde_json::{Value, json};
use sim_core::scenario::faults::{DomainKind, domains};
use sim_core::scenario::{Scenario, Target, Which};

fn nodes(scenario: &Scenario, target: &Target) -> Vec<u32> {
    target.resolve(scenario).unwrap_or_else(|why| panic!("{why:?}")).nodes
}

#[test]
fn a_batch_goes_down_together() {
    // Nodes of x/0: b 0, b 1, a 2–5; of x/1: b 6, b 7, a 8–11; of y: a 12, 13, c 14–17, b 18, 19.
    let scenario = load(&batches(false, json!([])));
    let batch = |which: Which| nodes(&scenario, &Target { batch: Some(which), ..Target::default() });
    assert_eq!(batch(Which::Index(0)), [2, 3, 4, 5]);
    assert_eq!(batch(Which::Name("a/2".to_owned())), [12, 13]);
    assert_eq!(batch(Which::Index(3)), [0, 1, 6]);
    assert_eq!(batch(Which::Name("b/1".to_owned())), [7, 18, 19]);
    let at = Target { batch: Some(Which::Index(4)), fleet: Some(Which::Index(1)), ..Target::default() };
    assert_eq!(nodes(&scenario, &at), [18, 19]);
    let kill = json!([{ "name": "f", "at": "5 h", "kill": { "batch": "b/1" } }]);
    let record = run_plain(&batches(false, kill));
    close(value(&record, "faults[f].nodes_hit"), 3.0, 0.0);
    close(value(&record, "nodes.down.injected"), 3.0 / 20.0 / 2.0, 1e-12);
}

#[test]
fn the_batches_of_a_type_hold_each_of_its_nodes_once() {
    for mixed in [false, true] {
        let scenario = load(&batches(mixed, json!([])));
        let all = domains(&scenario, DomainKind::Batch);
        let names: Vec<&str> = all.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(names, ["a/0", "a/1", "a/2", "b/0", "b/1"]);
        let mut members: Vec<u32> = all.iter().flat_map(|domain| nodes(&scenario, &domain.target)).collect();
        members.sort_unstable();
        assert_eq!(members, (0..14).chain(18..20).collect::<Vec<_>>(), "mixed: {mixed}");
    }
    // Who is in a mixed batch differs between replications, and not between policies.
    let kill = json!([{ "name": "f", "at": "5 h", "kill": { "batch": "a/0" } }]);
    let scenario = load(&with(batches(true, kill), "/policies/other", json!({ "health": "none" })));
    let worlds: Vec<u64> = (0..8)
        .map(|replication| {
            let record = sim_core::run(&scenario, "plain", 0, replication);
            let other = sim_core::run(&scenario, "other", 0, replication);
            assert_eq!(record.exogenous, other.exogenous);
            assert_eq!(value(&record, "faults[f].nodes_hit"), value(&other, "faults[f].nodes_hit"));
            value(&record, "faults[f].nodes_hit") as u64
        })
        .collect();
    assert!(worlds.iter().any(|hit| *hit != worlds[0]), "{worlds:?}");
}

#[test]
fn racks_with_shared_air_are_hit_as_they_stand() {
    let scenario = |cooling: Value| {
        let file = with(batches(false, json!([])), "/fleet/0/racks/0/cooling", cooling);
        load(&file)
    };
    let rack = |number| Target { rack: Some(Which::Index(number)), ..Target::default() };
    let apart = scenario(json!({}));
    assert_eq!([nodes(&apart, &rack(0)), nodes(&apart, &rack(1))], [vec![0, 2, 3], vec![1, 4, 5]]);
    let shared = scenario(json!({ "airflow": "100 CFM" }));
    assert_eq!([nodes(&shared, &rack(0)), nodes(&shared, &rack(1))], [vec![0, 1, 2], vec![3, 4, 5]]);
    let batch = Target { batch: Some(Which::Name("b/0".to_owned())), ..Target::default() };
    assert_eq!(nodes(&shared, &batch), [0, 3, 6]);
}
