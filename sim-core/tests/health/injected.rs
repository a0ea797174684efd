//! Injected latency and loss reach whatever watches nodes: pings of SWIM, readings of sensors, gateways of other regions.

use super::common::{close, run, value};
use super::gateways::file as of_gateways;
use serde_json::{Value, json};

/// A hundred sound members for four hours, the second of them with a fault.
fn members(fault: Value) -> Value {
    let mut fault = fault;
    (fault["name"], fault["at"], fault["for"]) = (json!("bad"), json!("1 h"), json!("1 h"));
    json!({
        "name": "members", "seed": 2, "duration": "4 h",
        "nodes": { "node": {} },
        "fleet": [{ "sites": 100, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "requests": { "arrivals": { "every": "1 h" } } } },
        "faults": [fault],
        "policies": { "policy": { "health": { "swim": { "period": "1 s" } } } }
    })
}

fn false_suspicions(file: &Value) -> f64 {
    let record = run(file, "policy", 0);
    // A hundred nodes for four hours.
    value(&record, "detection.false_per_node_day") * 100.0 / 6.0
}

/// With a share q of its messages arriving and sound proxies, a member is suspected in a period with probability (1 − q²)⁴.
#[test]
fn members_of_swim_are_suspected_as_often_as_messages_are_lost() {
    let expected = |q: f64| 3600.0 * 100.0 * libm::pow(1.0 - q * q, 4.0);
    for p in [0.1, 0.15] {
        let found = false_suspicions(&members(json!({ "loss": { "all": true, "p": p } })));
        let expected = expected(1.0 - p);
        // Suspected for some periods, a member is not suspected again.
        close(found, expected, 5.0 * libm::sqrt(expected) + 0.02 * expected);
    }
    // Half of the timeout is 125 ms.
    let late = false_suspicions(&members(
        json!({ "latency": { "all": true, "add": { "exponential": { "mean": "50 ms" } } } }),
    ));
    let expected = expected(1.0 - libm::exp(-2.5));
    close(late, expected, 5.0 * libm::sqrt(expected) + 0.02 * expected);
    assert_eq!(false_suspicions(&members(json!({ "latency": { "all": true, "add": "100 ms" } }))), 0.0);
    // A tenth of the members alone; a loss of next to nothing is as good as none.
    let some = false_suspicions(&members(json!({ "loss": { "all": true, "share": 0.1, "p": 0.15 } })));
    let all = false_suspicions(&members(json!({ "loss": { "all": true, "p": 0.15 } })));
    assert!((0.03..0.2).contains(&(some / all)), "{some} of {all}");
    assert_eq!(false_suspicions(&members(json!({ "loss": { "all": true, "p": 0.001 } }))), 0.0);
}

/// The more is lost, the longer a member cannot deny its failure; all is lost is as bad as nearly all.
#[test]
fn members_of_swim_are_unheard_while_next_to_all_is_lost() {
    let suspected = |p: f64| {
        let record = run(&members(json!({ "loss": { "all": true, "share": 0.2, "p": p } })), "policy", 0);
        value(&record, "detection.mistrust")
    };
    let shares = [0.3, 0.6, 0.9, 0.9999, 1.0].map(suspected);
    assert!(shares[..4].is_sorted() && shares[0] > 0.0, "{shares:?}");
    // A fifth of the members, for one of four hours.
    close(shares[3], 0.05, 0.001);
    close(shares[4], 0.05, 0.001);
}

/// A node of which less than six readings in ten arrive is taken for absent.
#[test]
fn readings_are_lost_and_late() {
    let withdrawn = |fault: Value| {
        let mut file = members(fault);
        file["faults"][0]["at"] = json!("0 s");
        file["faults"][0]["for"] = json!("4 h");
        file["policies"]["policy"] = json!({
            "health": "none", "telemetry": { "period": "10 s" },
            "reputation": { "online": { "window": "1 h", "windows": 4, "threshold": 0.6 } } });
        value(&run(&file, "policy", 0), "detection.withdrawn")
    };
    assert_eq!(withdrawn(json!({ "loss": { "all": true, "p": 0.2 } })), 0.0);
    // From the end of the first window on.
    close(withdrawn(json!({ "loss": { "all": true, "p": 0.6 } })), 0.75, 0.001);
    let late = |add: &str| withdrawn(json!({ "latency": { "all": true, "add": add } }));
    assert_eq!(late("10 min"), 0.0, "five of six arrive within the first window, then all");
    close(late("30 min"), 0.25, 0.001);
    close(late("5 h"), 0.75, 0.001);
}

/// Beats come every 5 s and are missed after 15 s: a node is suspected while its last three are lost.
#[test]
fn gateways_of_other_regions_meet_losses_of_the_backbone() {
    let disagreement = |fault: Value| {
        let mut fault = fault;
        (fault["name"], fault["at"], fault["for"]) = (json!("bad"), json!("1 h"), json!("1 h"));
        let record = run(&of_gateways(json!({ "view": "each" }), json!([fault])), "policy", 0);
        assert_eq!(value(&record, "detection.false_per_node_day"), 0.0, "at home all is heard");
        value(&record, "detection.disagreement")
    };
    let ends = json!(["east", "west"]);
    close(disagreement(json!({ "loss": { "backbone": ends, "p": 0.5 } })), 0.25 / 8.0, 0.005);
    close(disagreement(json!({ "loss": { "backbone": ends, "p": 1 } })), 0.25, 0.002);
    // Nothing comes for 25 s once, and that is noticed after 15 s.
    close(disagreement(json!({ "latency": { "backbone": ends, "add": "20 s" } })), 10.0 / 14_400.0, 1e-5);
    assert_eq!(disagreement(json!({ "latency": { "backbone": ends, "add": "9 s" } })), 0.0);
}
