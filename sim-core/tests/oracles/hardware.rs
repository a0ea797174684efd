//! Groups k, g (Arrhenius), c (crews, common causes, quorums, storms) and p (presence): lives, repair crews, what fails together,
//! and hosts that are switched on and off.

use crate::support::*;
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

at_both_scales!(
    renewal_functions,
    erlang_lives,
    bathtub,
    arrhenius,
    crews,
    common_cause_of_sites,
    common_cause_of_versions,
    quorums,
    stormy_faults,
    presence_fits,
);

const HOUR: f64 = 3600.0;
const YEAR: f64 = 365.25 * 24.0 * HOUR;

fn faults(up: Value, down: Value) -> Value {
    json!({ "faults": { "up": up, "down": down } })
}

fn nodes_of(scale: Scale, quick: u32) -> u32 {
    if scale == Scale::Full { 50_000 } else { quick }
}

/// Deaths per node.
fn per_node(nodes: u32) -> impl Fn(&RunRecord) -> f64 {
    move |record| value(record, "nodes.deaths") / f64::from(nodes)
}

/// Every node is replaced at once when it dies; counts deaths per node until t years.
fn renewals(scale: Scale, id: &str, lifetime: &Value, times: &[(&str, f64)], quick: u32, resolution: f64) {
    let oracle = Oracle::named(id);
    let nodes = nodes_of(scale, quick);
    for (name, t) in times {
        let study = Study::new(id, scale, 20, 1.0, |_| {
            let death = json!({ "death": { "lifetime": lifetime, "replacement": "0 s" } });
            Setup::new(nodes, 1, 0.0, t * YEAR).node("hardware", death).build()
        });
        study.agrees(&oracle, name, resolution, per_node(nodes));
    }
}

fn renewal_functions(scale: Scale) {
    for number in [2, 3, 4] {
        let id = format!("k.weibull.{number}");
        let shape = Oracle::named(&id).param("shape");
        let lifetime = json!({ "weibull": { "scale": "1 y", "shape": shape } });
        let times = [("m(0.5)", 0.5), ("m(1.0)", 1.0), ("m(2.0)", 2.0)];
        renewals(scale, &id, &lifetime, &times, 2000, 0.08);
    }
}

fn erlang_lives(scale: Scale) {
    let lifetime = json!({ "gamma": { "mean": "1 y", "shape": 2 } });
    renewals(scale, "k.erlang2", &lifetime, &[("m(0.5)", 0.5), ("m(1)", 1.0), ("m(2)", 2.0)], 1000, 0.08);
}

fn bathtub(scale: Scale) {
    let oracle = Oracle::named("k.bathtub");
    let weibull =
        |scale: f64, shape: f64| json!({ "weibull": { "scale": format!("{scale} y"), "shape": shape } });
    let lifetime = json!({ "mixture": [
        { "weight": oracle.param("p"), "of": weibull(oracle.param("e1"), oracle.param("b1")) },
        { "weight": 1.0 - oracle.param("p"), "of": weibull(oracle.param("e2"), oracle.param("b2")) }
    ] });
    let nodes = nodes_of(scale, 3000);
    for (name, t) in [("S(0.25y)", 0.25), ("S(1y)", 1.0), ("S(3y)", 3.0), ("S(5y)", 5.0), ("S(8y)", 8.0)] {
        // Nobody is replaced, so that the dead are those who have not survived.
        let study = Study::new("bathtub", scale, 20, 1.0, |_| {
            let death = json!({ "death": { "lifetime": lifetime } });
            Setup::new(nodes, 1, 0.0, t * YEAR).node("hardware", death).build()
        });
        let alive = per_node(nodes);
        study.agrees(&oracle, name, 0.04, move |record| 1.0 - alive(record));
    }
}

/// A node that lives for a known exposure at T1 stands in air at T2: how many times sooner it dies is the factor.
fn arrhenius(_: Scale) {
    for number in [1, 2, 3] {
        let oracle = Oracle::named(&format!("g.arrh.{number}"));
        let celsius = |name: &str| format!("{} C", oracle.param(name));
        let laws = [
            ("AF", json!({ "arrhenius": { "energy": oracle.param("Ea_eV"), "reference": celsius("T1_C") } })),
            ("ten_degree_rule", json!({ "per_10K": 2, "reference": celsius("T1_C") })),
        ];
        for (name, law) in laws {
            let scenario = Setup::new(1, 1, 0.0, 1000.0 * HOUR)
                .region("weather", json!({ "constant": celsius("T2_C") }))
                .node("hardware", json!({ "death": { "lifetime": "700 h" }, "acceleration": law }))
                .build();
            let lived = value(&run_of(&scenario, 0), "nodes.uptime") * 1000.0;
            exact(&format!("g.arrh.{number} {name}"), 700.0 / lived, oracle.value(name));
        }
    }
}

fn crews(scale: Scale) {
    for (number, measured, resolution) in
        [(1, 150_000.0, 0.25), (2, 20_000.0, 0.25), (4, 60_000.0, 0.25), (6, 700_000.0, 0.5)]
    {
        let oracle = Oracle::named(&format!("c.crew.{number}"));
        let count = |name: &str| oracle.param(name) as u32;
        let hardware = faults(
            exponential(&hours(1.0 / oracle.param("lam"))),
            exponential(&hours(1.0 / oracle.param("mu"))),
        );
        let study = Study::of_hours("crews", scale, 20, (40.0, measured), |factor| {
            Setup::new(count("n"), 1, 1000.0 * HOUR, factor * measured * HOUR)
                .node("hardware", hardware.clone())
                .fleet("crews", json!(count("crews")))
                .top("quorum", json!({ "nodes": count("k") }))
                .build()
        });
        study.agrees(&oracle, "U_sys", resolution, |record| 1.0 - value(record, "nodes.quorum_met"));
        let n = oracle.param("n");
        study.agrees(&oracle, "mean_failed", resolution, |record| n * (1.0 - value(record, "nodes.uptime")));
        let hours = study.hours.expect("the study knows its hours");
        study.agrees(&oracle, "failures_per_hour", resolution, |record| {
            value(record, "nodes.quorum_losses") / hours
        });
    }
}

/// Sites of two, two and one nodes: a site down takes its nodes with it.
fn common_cause_of_sites(scale: Scale) {
    let oracle = Oracle::named("c.ccf.4");
    let (site, node) = (oracle.param("A_site"), oracle.param("a_node"));
    let study = Study::of_hours("common cause of sites", scale, 20, (100.0, 80_000.0), |factor| {
        let entry = |name: &str, sites: u32, nodes: u32| json!({ "name": name, "region": "here", "sites": sites, "racks": [{ "nodes": { "node": nodes } }] });
        Setup::new(1, 1, 1000.0 * HOUR, factor * 80_000.0 * HOUR)
            .region("grid", json!({ "outages": { "up": exponential(&hours(3.0 * site / (1.0 - site))), "down": exponential("3 h") } }))
            .node("hardware", faults(exponential(&hours(10.0 * node / (1.0 - node))), exponential("10 h")))
            .top("fleet", json!([entry("pairs", 2, 2), entry("single", 1, 1)]))
            .top("quorum", json!({ "nodes": oracle.param("k") as u32 }))
            .build()
    });
    study.agrees(&oracle, "U_sys", 0.4, |record| 1.0 - value(record, "nodes.quorum_met"));
}

/// All nodes run one version: its bugs are the common cause, as a single site is.
fn common_cause_of_versions(scale: Scale) {
    let oracle = Oracle::named("c.ccf.2");
    let (site, node) = (oracle.param("A_site"), oracle.param("a_node"));
    let study = Study::of_hours("common cause of versions", scale, 20, (100.0, 10_000.0), |factor| {
        let bug =
            json!({ "every": exponential(&hours(3.0 * site / (1.0 - site))), "fix": exponential("3 h") });
        Setup::new(20, 1, 1000.0 * HOUR, factor * 10_000.0 * HOUR)
            .node("hardware", faults(exponential(&hours(10.0 * node / (1.0 - node))), exponential("10 h")))
            .top("software", json!({ "client": { "bug": bug } }))
            .top("quorum", json!({ "nodes": oracle.param("k") as u32 }))
            .build()
    });
    study.agrees(&oracle, "U_sys", 0.35, |record| 1.0 - value(record, "nodes.quorum_met"));
}

fn quorums(scale: Scale) {
    for (number, measured, resolution) in [(1, 400_000.0, 0.5), (3, 40_000.0, 0.4), (5, 2_000.0, 0.5)] {
        let oracle = Oracle::named(&format!("c.kofn.{number}"));
        let (n, a, mttr) = (oracle.param("n") as u32, oracle.param("a"), oracle.param("mttr"));
        let study = Study::of_hours("quorum", scale, 20, (40.0, measured), |factor| {
            Setup::new(n, 1, 100.0 * HOUR, factor * measured * HOUR)
                .node(
                    "hardware",
                    faults(exponential(&hours(mttr * a / (1.0 - a))), exponential(&hours(mttr))),
                )
                .top("quorum", json!({ "nodes": oracle.param("k") as u32 }))
                .build()
        });
        study.agrees(&oracle, "U_sys", resolution, |record| 1.0 - value(record, "nodes.quorum_met"));
    }
}

/// Nodes fail by themselves, more often in a storm of their region.
fn stormy_faults(scale: Scale) {
    for (number, measured, resolution, quorum_resolution) in
        [(1, 200_000.0, 0.15, None), (3, 60_000.0, 0.15, Some(0.5))]
    {
        let oracle = Oracle::named(&format!("c.storm.{number}"));
        let rate = |name: &str| exponential(&hours(1.0 / oracle.param(name)));
        let study = Study::of_hours("stormy faults", scale, 20, (200.0, measured), |factor| {
            let storms = json!({ "every": rate("a"), "for": rate("b") });
            let faults =
                json!({ "up": rate("l_normal"), "down": rate("mu"), "in_storm": { "up": rate("l_storm") } });
            Setup::new(oracle.param("n") as u32, 1, 3000.0 * HOUR, factor * measured * HOUR)
                .region("weather", json!({ "constant": "20 C", "storms": storms }))
                .node("hardware", json!({ "faults": faults }))
                .top("quorum", json!({ "nodes": oracle.param("k") as u32 }))
                .build()
        });
        study
            .agrees(&oracle, "node_unavailability", resolution, |record| 1.0 - value(record, "nodes.uptime"));
        if scale == Scale::Full || quorum_resolution.is_some() {
            study.agrees(&oracle, "U_sys", quorum_resolution.unwrap_or(0.0), |record| {
                1.0 - value(record, "nodes.quorum_met")
            });
        }
    }
}

/// The nine published fits: the share of time on, from the means of the fitted times on and off.
fn presence_fits(scale: Scale) {
    let fits =
        ["skype06", "overnet03", "microsoft99", "websites02", "ldns04", "nd07cpu", "g5k06", "lanl05", "pl05"];
    for (place, fit) in fits.iter().enumerate() {
        let oracle = Oracle::named(&format!("p.fta.{fit}"));
        let variants =
            [("exp", "-exponential"), ("weibull", ""), ("lognormal", "-lognormal"), ("gamma", "-gamma")];
        for (name, suffix) in variants.into_iter().take(if place < 6 || scale == Scale::Full { 4 } else { 2 })
        {
            // Long enough for the slowest of the times to be drawn many times.
            let mean =
                oracle.value(&format!("{name}_mean_up_h")) + oracle.value(&format!("{name}_mean_down_h"));
            let study = Study::of_hours(fit, scale, 20, (40.0, 200.0 * mean), |factor| {
                Setup::new(40, 1, 20.0 * mean * HOUR, factor * 200.0 * mean * HOUR)
                    .node("presence", json!(format!("fta-{fit}{suffix}")))
                    .build()
            });
            study.agrees(&oracle, &format!("{name}_availability"), 0.3, metric("nodes.uptime"));
        }
    }
}
