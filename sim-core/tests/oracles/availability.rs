//! Group c: nodes that fail and recover, alone, k of n, with a common cause, and in storms.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(alternating_renewal, transient, k_of_n, common_cause, storms);

const HOUR: f64 = 3600.0;

fn faults(up: Value, down: Value) -> Value {
    json!({ "faults": { "up": up, "down": down } })
}

fn alternating_renewal(scale: Scale) {
    let exponential_case = faults(exponential("500 h"), exponential("4 h"));
    // A Weibull of shape 0.7 and mean 300 h has the scale 300 / Γ(1 + 1/0.7).
    let gamma = 1.265_823_506_057_283;
    let weibull = json!({ "weibull": { "scale": hours(300.0 / gamma), "shape": 0.7 } });
    for (id, hardware) in [("c.renewal.1", exponential_case), ("c.renewal.3", faults(weibull, json!("12 h")))]
    {
        let oracle = Oracle::named(id);
        let study = Study::new(id, scale, 20, 5.0, |factor| {
            Setup::new(20, 1, 3000.0 * HOUR, factor * 2500.0 * HOUR)
                .node("hardware", hardware.clone())
                .build()
        });
        if scale == Scale::Quick {
            let down = oracle.value("unavailability");
            study.agrees_with(&format!("{id} unavailability"), down, 0.2, |record| {
                1.0 - value(record, "nodes.uptime")
            });
        } else {
            study.agrees(&oracle, "availability", 0.0, metric("nodes.uptime"));
        }
        study.agrees_with(
            &format!("{id} mean repair"),
            oracle.value("mean_down") * HOUR,
            0.2,
            metric("nodes.mttr"),
        );
        study.agrees_with(
            &format!("{id} mean up"),
            oracle.value("mean_up") * HOUR,
            0.2,
            metric("nodes.mtbf"),
        );
    }
}

fn transient(scale: Scale) {
    let oracle = Oracle::named("c.transient");
    let hardware =
        || faults(exponential(&hours(oracle.param("mttf"))), exponential(&hours(oracle.param("mttr"))));
    let nodes = if scale == Scale::Full { 50_000 } else { 5_000 };
    for t in [1.0, 2.0, 4.0, 8.0, 24.0] {
        // All nodes start up; look for one second after t hours.
        let study = Study::new("transient", scale, 20, 1.0, |_| {
            Setup::new(nodes, 1, t * HOUR, 1.0).node("hardware", hardware()).build()
        });
        let name = format!("A_t{t}");
        match scale {
            Scale::Full => study.agrees(&oracle, &name, 0.0, metric("nodes.uptime")),
            Scale::Quick => study.agrees(&oracle, &name, 0.003, metric("nodes.uptime")),
        }
    }
    let study = Study::new("first day", scale, 20, 1.0, |_| {
        Setup::new(nodes, 1, 0.0, 24.0 * HOUR).node("hardware", hardware()).build()
    });
    study.agrees(&oracle, "mean_uptime_fraction_first_24h", 0.003, metric("nodes.uptime"));
}

/// Requests that ask all nodes at once and need answers of `quorum`: each samples whether the system is up.
fn sampled(setup: Setup, every: f64, copies: u32, quorum: u32) -> Value {
    setup
        .node("slots", json!(1000))
        .requests(poisson(1.0 / every), json!("0 s"))
        .policy("requests", json!({ "copies": copies, "quorum": quorum, "timeout": "1 s" }))
        .build()
}

fn unavailable(record: &sim_core::measure::record::RunRecord) -> f64 {
    value(record, "requests.failed") / value(record, "requests.arrived")
}

fn k_of_n(scale: Scale) {
    for (number, measured, every, resolution) in
        [(2, 100_000.0, 2.0, 0.5), (3, 20_000.0, 1.0, 0.4), (5, 600.0, 0.1, 0.6)]
    {
        let oracle = Oracle::named(&format!("c.kofn.{number}"));
        let (n, k, a, mttr) =
            (oracle.param("n") as u32, oracle.param("k") as u32, oracle.param("a"), oracle.param("mttr"));
        let study = Study::of_hours(&format!("{k} of {n}"), scale, 20, (40.0, measured), |factor| {
            let setup = Setup::new(n, 1, 100.0 * HOUR, factor * measured * HOUR).node(
                "hardware",
                faults(exponential(&hours(mttr * a / (1.0 - a))), exponential(&hours(mttr))),
            );
            sampled(setup, every * HOUR, n, k)
        });
        study.agrees(&oracle, "U_sys", resolution, unavailable);
    }
}

fn common_cause(scale: Scale) {
    // One site of twenty nodes: the site's supply is the system's, whatever the redundancy.
    let oracle = Oracle::named("c.ccf.2");
    let (site, node) = (oracle.param("A_site"), oracle.param("a_node"));
    let study = Study::new("common cause", scale, 20, 100.0, |factor| {
        let setup = Setup::new(1, 20, 1000.0 * HOUR, factor * 6000.0 * HOUR)
            .region("grid", json!({ "outages": { "up": exponential(&hours(3.0 * site / (1.0 - site))), "down": exponential("3 h") } }))
            .node("hardware", faults(exponential(&hours(10.0 * node / (1.0 - node))), exponential("10 h")));
        sampled(setup, 2.0 * HOUR, 20, oracle.param("k") as u32)
    });
    study.agrees(&oracle, "U_sys", 0.35, unavailable);
    assert!(study.estimate(unavailable).0 > 1000.0 * oracle.value("U_if_wrongly_independent"));
}

fn storms(scale: Scale) {
    let oracle = Oracle::named("c.storm.1");
    let rate = |name: &str| exponential(&hours(1.0 / oracle.param(name)));
    let scenario = |factor: f64| {
        Setup::new(3, 1, 3000.0 * HOUR, factor * 200_000.0 * HOUR)
            .region(
                "weather",
                json!({ "constant": "20 C", "storms": { "every": rate("a"), "for": rate("b") } }),
            )
            .region(
                "grid",
                json!({ "outages": { "up": rate("l_normal"), "down": rate("mu"), "in_storm": { "up": rate("l_storm") } } }),
            )
    };
    let study = Study::new("storms", scale, 20, 20.0, |factor| scenario(factor).build());
    study.agrees(&oracle, "node_unavailability", 0.15, |record| 1.0 - value(record, "nodes.uptime"));
    if scale == Scale::Full {
        // All three down at once, which independent outages would do a hundred times less often.
        let study = Study::new("storms", scale, 20, 20.0, |factor| sampled(scenario(factor), HOUR, 3, 1));
        study.agrees(&oracle, "U_sys", 0.0, unavailable);
    }
}
