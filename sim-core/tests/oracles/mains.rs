//! Groups h, k, l and c: batteries under Peukert's law, interruption indices, other loads on a circuit, frequency scaling, storms.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(interruption_indices, severe_storms);

const HOUR: f64 = 3600.0;
const YEAR: f64 = 8760.0 * HOUR;

fn watts(p: f64) -> Value {
    json!(format!("{p} W"))
}

#[test]
fn batteries_last_as_peukert_says() {
    for number in [1, 3, 4] {
        let oracle = Oracle::named(&format!("h.peukert.{number}"));
        let energy = oracle.param("C_Ah") * oracle.param("V");
        for (share, result) in [(1.0, "runtime_min"), (0.5, "runtime_min_half_load")] {
            let load = share * oracle.param("load_W");
            let (up, duration) = (HOUR, 30.0 * HOUR);
            let scenario = Setup::new(1, 1, 0.0, duration)
                .region("grid", json!({ "outages": { "up": seconds(up), "down": "100 h" } }))
                .node("idle", watts(load))
                .node("peak", watts(load))
                .fleet(
                    "ups",
                    json!({
                        "energy": format!("{energy} Wh"),
                        "efficiency": oracle.param("eff"),
                        "peukert": { "exponent": oracle.param("k"), "rated_time": hours(oracle.param("rated_hours")) }
                    }),
                )
                .build();
            let down = duration * value(&run_of(&scenario, 0), "nodes.down.ups");
            exact(&format!("h.peukert.{number} {result}"), duration - up - down, 60.0 * oracle.value(result));
        }
    }
}

#[test]
fn other_loads_heat_the_breaker_as_a_cycle() {
    let oracle = Oracle::named("h.cyc.3");
    let rated = 1200.0;
    let period = oracle.param("t_on") + oracle.param("t_off");
    let peak = oracle.value("theta_peak_limit").sqrt();
    for (k, trips) in [(1.001 * peak, 0.0), (0.999 * peak, 1.0)] {
        let scenario = Setup::new(1, 1, 0.0, 50.0 * period)
            .node("idle", watts(oracle.param("i_off") * rated))
            .node("peak", watts(oracle.param("i_off") * rated))
            .fleet(
                "breaker",
                json!({
                    "rating": "10 A", "voltage": "120 V", "time_constant": seconds(oracle.param("tau")), "trip_ratio": k,
                    "neighbours": {
                        "load": watts((oracle.param("i_on") - oracle.param("i_off")) * rated),
                        "every": seconds(oracle.param("t_off")), "for": seconds(oracle.param("t_on"))
                    }
                }),
            )
            .build();
        agrees(&format!("trips at k = {k}"), value(&run_of(&scenario, 0), "sites.breaker_trips"), trips, 0.0);
    }
}

#[test]
fn energy_per_work_is_least_at_the_optimal_speed() {
    for number in 1..=3 {
        let oracle = Oracle::named(&format!("l.dvfs.{number}"));
        let energy = |speed: Value| {
            let scenario = Setup::new(1, 1, 0.0, 9000.0)
                .node("dvfs", json!({ "static": watts(oracle.param("Ps")), "dynamic": watts(oracle.param("k")), "speed": speed }))
                .requests(json!({ "every": "5000 s" }), json!("1000 s"))
                .build();
            value(&run_of(&scenario, 0), "energy.total") / 1000.0
        };
        let best = energy(json!("optimal"));
        exact("optimal", best, oracle.value("E_opt_per_unit"));
        exact("optimal as a number", energy(json!(oracle.value("f_opt"))), oracle.value("E_opt_per_unit"));
        exact("full", energy(json!(1)), oracle.value("E_at_full"));
        for factor in [0.9, 1.05] {
            let speed = (factor * oracle.value("f_opt")).min(1.0);
            assert!(energy(json!(speed)) > best, "{speed} is not better");
        }
    }
}

fn interruption_indices(scale: Scale) {
    for number in 1..=5 {
        let oracle = Oracle::named(&format!("k.saidi.{number}"));
        let caidi = 60.0 * oracle.value("CAIDI_min");
        let outages = json!({
            "up": exponential(&hours(oracle.value("mean_up_hours"))),
            "down": { "lognormal": { "mean": seconds(caidi), "sigma": 0.8 } }
        });
        let study = Study::new(&format!("indices {number}"), scale, 20, 10.0, |factor| {
            Setup::new(1000, 1, 0.1 * YEAR, factor * YEAR)
                .region("grid", json!({ "outages": outages }))
                .build()
        });
        let down = oracle.param("SAIDI_min") / 525_600.0;
        let limit = if scale == Scale::Full { 0.03 } else { 0.12 };
        study.agrees_with("unavailability", down, limit, |record| 1.0 - value(record, "nodes.uptime"));
        // The indices are for years of 365 days.
        study.agrees_with(
            "frequency",
            oracle.param("SAIFI") * 365.25 / 365.0,
            limit,
            metric("sites.grid_outages_per_year"),
        );
    }
}

fn severe_storms(scale: Scale) {
    let oracle = Oracle::named("c.storm.3");
    let rate = |name: &str| exponential(&hours(1.0 / oracle.param(name)));
    let study = Study::new("severe storms", scale, 20, 20.0, |factor| {
        Setup::new(oracle.param("n") as u32, 1, 500.0 * HOUR, factor * 40_000.0 * HOUR)
            .region("storms", json!({ "every": rate("a"), "for": rate("b") }))
            .region(
                "grid",
                json!({ "outages": { "up": rate("l_normal"), "down": rate("mu"), "in_storm": { "up": rate("l_storm") } } }),
            )
            .build()
    });
    study.agrees(&oracle, "node_unavailability", 0.2, |record| 1.0 - value(record, "nodes.uptime"));
}
