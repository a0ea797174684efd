//! Links of the backbone.

use super::common::{close, load, value, with};
use super::{agree, graph};
use serde_json::{Value, json};
use sim_core::scenario::faults::{DomainKind, domains};

#[test]
fn a_link_of_the_graph_is_cut_and_routed_around_as_by_itself() {
    let link = json!({ "between": ["here", "ix"], "latency": "10 ms" });
    let own = with(link.clone(), "/outages", json!({ "up": "100.5 s", "down": "50 s" }));
    for (action, name) in [("kill", "kill ix–here"), ("partition", "partition ix–here")] {
        let mut fault = json!({ "at": "100.5 s", "for": "50 s" });
        fault[action] = json!({ "backbone": ["ix", "here"] });
        for (policy, detour, failed) in [
            ("static", false, 50.0),
            ("reroute", false, 60.0),
            ("static", true, 50.0),
            ("reroute", true, 10.0),
            ("fast", true, 2.0),
        ] {
            let injected = load(&graph(detour, link.clone(), json!([fault])));
            let injected = sim_core::run(&injected, policy, 0, 0);
            close(value(&injected, "requests.failed"), failed, 0.0);
            let natural = sim_core::run(&load(&graph(detour, own.clone(), json!([]))), policy, 0, 0);
            agree(&injected, &natural, 1e-9);
            close(value(&injected, &format!("faults[{name}].requests")), 50.0, 0.0);
        }
    }
    // With an outage of its own, and with one another, they nest.
    let cut = |at: &str| json!({ "at": at, "for": "40 s", "kill": { "backbone": ["here", "ix"] } });
    let nested = load(&graph(false, own, json!([cut("80.5 s"), cut("130.5 s")])));
    close(value(&sim_core::run(&nested, "static", 0, 0), "requests.failed"), 90.0, 0.0);
}

#[test]
fn latency_and_loss_of_a_link_befall_what_passes_over_it() {
    let link = json!(["here", "ix", "10 ms"]);
    let slow = |ends: Value| json!([{ "at": "0 s", "latency": { "backbone": ends, "add": "100 ms" } }]);
    let max = |detour, ends| {
        let scenario = load(&graph(detour, link.clone(), slow(ends)));
        value(&sim_core::run(&scenario, "static", 0, 0), "requests.latency.max")
    };
    close(max(true, json!(["here", "ix"])), 0.241, 1e-9);
    close(max(true, json!(["ix", "there"])), 0.241, 1e-9);
    close(max(true, json!(["here", "there"])), 0.041, 1e-9);
    // Without a link of that name, all between the two regions.
    close(max(false, json!(["here", "there"])), 0.241, 1e-9);
    let lossy = json!([{ "at": "0 s", "loss": { "backbone": ["ix", "there"], "p": 1 } }]);
    let record = sim_core::run(&load(&graph(true, link.clone(), lossy)), "static", 0, 0);
    close(value(&record, "requests.success_ratio"), 0.0, 0.0);
    let scenario = load(&graph(true, link, json!([])));
    let names: Vec<String> =
        domains(&scenario, DomainKind::Backbone).into_iter().map(|domain| domain.name).collect();
    assert_eq!(names, ["here–ix", "there–ix", "here–there"]);
}
