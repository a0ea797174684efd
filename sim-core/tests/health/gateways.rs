//! Gateways that fail, move, and see for themselves.

use super::common::{close, exponential, run, value};
use serde_json::{Value, json};

/// Two regions of ten sites each; requests enter at both.
pub(super) fn file(gateways: Value, faults: Value) -> Value {
    let entry =
        |region: &str| json!({ "region": region, "sites": 10, "racks": [{ "nodes": { "node": 1 } }] });
    json!({
        "name": "gateways", "seed": 9, "duration": "4 h",
        "regions": { "east": {}, "west": {} },
        "backbone": { "between": [["east", "west", "40 ms"]] },
        "nodes": { "node": { "slots": 4 } },
        "fleet": [entry("east"), entry("west")],
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "5 /s" } }, "demand": "100 ms",
            "from": { "east": 1, "west": 1 } } } },
        "faults": faults,
        "policies": { "policy": {
            "health": { "heartbeat": { "period": "5 s", "timeout": "15 s" } },
            "requests": { "timeout": "2 s" }, "gateways": gateways } }
    })
}

fn success(file: &Value) -> f64 {
    value(&run(file, "policy", 0), "requests.success_ratio")
}

/// The backbone is cut for an hour of four. With one view, half of the requests go to where they cannot arrive; with two, each
/// gateway sees that, and uses its own nodes.
#[test]
fn gateways_with_views_of_their_own_notice_a_cut_backbone() {
    let cut =
        json!([{ "name": "cut", "at": "1 h", "for": "1 h", "partition": { "backbone": ["east", "west"] } }]);
    let (shared, each) = (file(json!({}), cut.clone()), file(json!({ "view": "each" }), cut));
    let (one, two) = (run(&shared, "policy", 0), run(&each, "policy", 0));
    assert_eq!(one.exogenous, two.exogenous);
    close(1.0 - value(&one, "requests.success_ratio"), 0.125, 0.01);
    assert!(1.0 - value(&two, "requests.success_ratio") < 0.002, "{:?}", two.metrics);
    // Every node is suspected by the other gateway for an hour.
    close(value(&two, "detection.disagreement"), 0.25, 0.002);
    assert_eq!(
        value(&two, "detection.false_per_node_day"),
        0.0,
        "the gateways of their regions hear all nodes"
    );
    // Without a fault the views agree, but for what distance delays.
    let calm = run(&file(json!({ "view": "each" }), json!([])), "policy", 0);
    assert_eq!(value(&calm, "detection.disagreement"), 0.0);
    assert_eq!(value(&calm, "requests.success_ratio"), 1.0);
}

/// A dead node is found by all gateways, each by its own beats.
#[test]
fn all_gateways_find_a_dead_node() {
    let kill = json!([{ "name": "dead", "at": "1 h", "for": "1 h", "kill": { "region": "east" } }]);
    let each = run(&file(json!({ "view": "each" }), kill.clone()), "policy", 0);
    let shared = run(&file(json!({}), kill), "policy", 0);
    close(value(&each, "detection.delay.mean"), value(&shared, "detection.delay.mean"), 1e-9);
    // They differ for less than a period at each change.
    let disagreement = value(&each, "detection.disagreement");
    assert!(disagreement > 0.0 && disagreement < 2.0 * 5.0 / 14_400.0, "{disagreement}");
    assert!(1.0 - value(&each, "requests.success_ratio") < 0.005);
}

/// The gateway of the east is dead for an hour: what enters there is lost, or all but what enters before the failover.
#[test]
fn another_gateway_takes_over() {
    let kill = json!([{ "name": "gone", "at": "1 h", "for": "1 h", "kill": { "gateway": "east" } }]);
    close(1.0 - success(&file(json!({}), kill.clone())), 0.125, 0.01);
    let failures: Vec<f64> = ["0 s", "1 min", "10 min"]
        .into_iter()
        .map(|failover| 1.0 - success(&file(json!({ "failover": failover, "view": "each" }), kill.clone())))
        .collect();
    assert!(failures[0] < 0.001, "{failures:?}");
    close(failures[1], 60.0 / 14_400.0 / 2.0, 0.001);
    close(failures[2], 600.0 / 14_400.0 / 2.0, 0.003);
}

/// A gateway on a node goes with it, and moves to another after the failover.
#[test]
fn gateways_on_nodes_fail_and_move() {
    let kill = json!([{ "name": "host", "at": "1 h", "for": "1 h", "kill": { "node": "fleet-1/0/0" } }]);
    let still = success(&file(json!({ "on": "nodes" }), kill.clone()));
    close(1.0 - still, 0.125, 0.012);
    let moved = success(&file(json!({ "on": "nodes", "failover": "1 min" }), kill.clone()));
    close(1.0 - moved, 60.0 / 14_400.0 / 2.0, 0.0025);
    let apart = success(&file(json!({}), kill));
    assert!(apart > moved);
    // With the whole region down its requests enter in the other.
    let kill = json!([{ "name": "region", "at": "1 h", "for": "1 h", "kill": { "region": "east" } }]);
    let away = success(&file(json!({ "on": "nodes", "failover": "1 min" }), kill));
    assert!(1.0 - away < 0.008, "{away}");
}

/// A dead gateway judges nobody: its nodes are not suspected for its silence, and again it begins with whole deadlines.
///
/// A few mistakes are of any gateway: a node that is back within the second that an unanswered probe is waited for, or within the half
/// second by which φ lets a beat be late. A few come of beginning anew, with deadlines that count from then and not from a beat: a
/// node that was down then, was not suspected yet, and is back when its deadline ends but has not yet sent its first beat. Of
/// 50 nodes 4.5 are down when their gateway is back, three in five of them not suspected, and one in 25 of those is caught so: a tenth
/// of a mistake for each return: with 78.5 returns a day of either gateway, 0.17 a node up and day. Were each death of a gateway to make all of its nodes suspected, it would be 95.
#[test]
fn a_dead_gateway_judges_nobody() {
    const REPLICATIONS: u32 = 8;
    let entry =
        |region: &str| json!({ "region": region, "sites": 50, "racks": [{ "nodes": { "node": 1 } }] });
    let faults = json!({ "faults": { "up": exponential("1000 s"), "down": exponential("100 s") } });
    // Of 78.5 failures a day of a node that is up in ten of eleven, these end in what the answer to a third probe is waited for, or in
    // what a beat may be late by before φ is 8.
    let failures_a_day = 86_400.0 / 1_100.0 * 1.1;
    let within = |after: [f64; 2], window: f64| {
        let [from, to] = after.map(|seconds| libm::exp(-seconds / 100.0));
        failures_a_day * (from - to) * 100.0 / (after[1] - after[0]) * -libm::expm1(-window / 100.0)
    };
    let mistakes = |health: &Value, gateways: Value| {
        let file = json!({
            "name": "fleeting", "seed": 2, "duration": "6 h",
            "regions": { "east": {}, "west": {} },
            "nodes": { "node": { "hardware": faults } },
            "fleet": [entry("east"), entry("west")],
            "policies": { "policy": { "health": health, "gateways": gateways } }
        });
        let found = (0..REPLICATIONS).map(|replication| {
            let record = run(&file, "policy", replication);
            let failures = value(&record, "nodes.failures");
            assert!(failures > 1500.0, "{failures}");
            value(&record, "detection.false_per_node_day")
        });
        found.sum::<f64>() / f64::from(REPLICATIONS)
    };
    for (health, expected) in [
        // A beat of who is back is there as soon as the timeout has passed, never after it.
        (json!({ "heartbeat": { "period": "10 s", "timeout": "30 s" } }), 0.0),
        (json!({ "probe": { "period": "10 s", "misses": 3, "timeout": "1 s" } }), within([20.0, 30.0], 1.0)),
        (json!({ "phi_accrual": { "period": "10 s", "threshold": 8 } }), within([0.0, 10.0], 0.561)),
    ] {
        let apart = mistakes(&health, json!({}));
        // Four standard errors.
        let tolerance = if expected > 0.0 { 0.2 } else { 0.0 };
        assert!((apart - expected).abs() <= tolerance, "{health}: {apart}, not {expected}");
        for gateways in [
            json!({ "on": "nodes" }),
            json!({ "view": "each", "on": "nodes" }),
            json!({ "view": "each", "on": "nodes", "failover": "20 s" }),
        ] {
            let found = mistakes(&health, gateways.clone());
            let more = found - apart;
            assert!((-0.1..0.3).contains(&more), "{health} {gateways}: {found} mistakes, and {apart} apart");
        }
    }
}

/// What fails while the gateway is up is found as ever; what fails while it is dead, a timeout after its return; it itself never.
#[test]
fn a_dead_gateway_finds_nothing_until_it_is_back() {
    let kill =
        |node: &str, at: &str, lasts: &str| json!({ "at": at, "for": lasts, "kill": { "node": node } });
    let host = kill("fleet-1/0/0", "1 h", "5 min");
    for view in ["shared", "each"] {
        let delay = |kills: Value| {
            let record = run(&file(json!({ "view": view, "on": "nodes" }), kills), "policy", 0);
            assert_eq!(value(&record, "detection.false_per_node_day"), 0.0);
            value(&record, "detection.delay.mean")
        };
        let later = kill("fleet-1/3/0", "2 h", "10 min");
        let undisturbed = delay(json!([later]));
        assert!(undisturbed > 10.0 && undisturbed <= 15.0, "{undisturbed}");
        close(delay(json!([host, later])), undisturbed, 1e-9);
        close(delay(json!([host, kill("fleet-1/4/0", "62 min", "1 h")])), 180.0 + 15.0, 1e-6);
    }
}
