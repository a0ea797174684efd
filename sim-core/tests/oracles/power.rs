//! Group h: breakers and batteries.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(ride_through, recharging);

const VOLTS: f64 = 120.0;
const AMPERES: f64 = 10.0;

fn watts(p: f64) -> Value {
    json!(format!("{p} W"))
}

/// A breaker that nobody recloses.
fn breaker(rating: f64, volts: f64, tau: f64, k: f64) -> Value {
    json!({ "rating": format!("{rating} A"), "voltage": format!("{volts} V"), "time_constant": seconds(tau), "trip_ratio": k })
}

#[test]
fn a_preloaded_breaker_trips_when_theory_says() {
    let oracle = Oracle::named("h.trip.2");
    let (preload, rated) = (oracle.param("preload"), VOLTS * AMPERES);
    // Idle is the preload; after two hours a request makes the node busy for the rest of the run.
    let (busy_from, duration) = (7200.0, 10_800.0);
    for multiple in ["1.13", "1.25", "1.3", "1.45", "1.6", "2", "2.55", "3", "5"] {
        let current: f64 = multiple.parse().expect("a number");
        let scenario = Setup::new(1, 1, 0.0, duration)
            .node("idle", watts(preload * rated))
            .node("peak", watts(current * rated))
            .fleet("breaker", breaker(AMPERES, VOLTS, oracle.param("tau"), oracle.param("k")))
            .requests(json!({ "every": seconds(busy_from) }), json!("1 d"))
            .build();
        let record = run_of(&scenario, 0);
        let expected = oracle.value(&format!("t_trip_at_{multiple}In"));
        let down = record.metrics.get("nodes.down.breaker").copied().unwrap_or(0.0) * duration;
        if expected < 0.0 {
            agrees(&format!("no trip at {multiple}"), down, 0.0, 0.0);
        } else {
            agrees(&format!("trip at {multiple}"), duration - busy_from - down, expected, 1e-5 * duration);
        }
        agrees("trips", value(&record, "sites.breaker_trips"), f64::from(expected > 0.0), 0.0);
    }
}

#[test]
fn a_cyclic_load_stays_below_the_trip() {
    let oracle = Oracle::named("h.cyc.3");
    let rated = VOLTS * AMPERES;
    let period = oracle.param("t_on") + oracle.param("t_off");
    let peak = oracle.value("theta_peak_limit").sqrt();
    // The replica peaks at θ: a breaker that trips just above never does, one that trips just below does.
    for (k, trips) in [(oracle.param("k"), 0.0), (1.001 * peak, 0.0), (0.999 * peak, 1.0)] {
        let scenario = Setup::new(1, 1, 0.0, 50.0 * period)
            .node("idle", watts(oracle.param("i_off") * rated))
            .node("peak", watts(oracle.param("i_on") * rated))
            .fleet("breaker", breaker(AMPERES, VOLTS, oracle.param("tau"), k))
            .requests(json!({ "every": seconds(period) }), json!(seconds(oracle.param("t_on"))))
            .build();
        agrees(&format!("trips at k = {k}"), value(&run_of(&scenario, 0), "sites.breaker_trips"), trips, 0.0);
    }
}

#[test]
fn servers_that_restart_together_can_trip_the_breaker() {
    for number in 1..=5 {
        let oracle = Oracle::named(&format!("h.coldload.{number}"));
        let (up, down) = (3600.0, 36_000.0);
        let duration = up + down + 3000.0;
        let scenario = |boot: f64| {
            Setup::new(1, oracle.param("n") as u32, 0.0, duration)
                .region("grid", json!({ "outages": { "up": seconds(up), "down": seconds(down) } }))
                .fleet(
                    "breaker",
                    breaker(oracle.param("In"), oracle.param("V"), oracle.param("tau"), oracle.param("k")),
                )
                .node("idle", watts(oracle.param("P_run")))
                .node("peak", watts(oracle.param("P_run")))
                .node("boot", json!(seconds(boot)))
                .node("boot_power", json!(oracle.param("boot_mult")))
                .build()
        };
        let record = run_of(&scenario(oracle.param("t_boot")), 0);
        let trips = value(&record, "sites.breaker_trips");
        agrees(&format!("cold load {number}"), trips, oracle.value("trips_ever"), 0.0);

        // If booting never ended, the breaker would trip after the time known.
        let sustained = oracle.value("t_trip_if_boot_sustained");
        if sustained > 0.0 {
            let record = run_of(&scenario(1e6), 0);
            let tripped = duration * value(&record, "nodes.down.breaker");
            agrees(
                &format!("cold load {number} sustained"),
                duration - up - down - tripped,
                sustained,
                1e-4 * sustained,
            );
        }
    }
}

/// The distribution that a "dist" parameter of the ride-through oracles names.
fn duration(dist: &str) -> Value {
    match dist {
        "exp mean 4.0 h" => json!({ "exponential": { "mean": "4 h" } }),
        "lognormal median 1.5 h sigma 1.4" => json!({ "lognormal": { "median": "1.5 h", "sigma": 1.4 } }),
        "Weibull scale 0.5 h shape 0.6" => json!({ "weibull": { "scale": "0.5 h", "shape": 0.6 } }),
        "lognormal median 0.05 h sigma 1.8" => json!({ "lognormal": { "median": "0.05 h", "sigma": 1.8 } }),
        other => panic!("unknown distribution {other}"),
    }
}

/// Sites of one node of 100 W behind a battery that carries it for `runtime` hours.
fn sites_on_battery(
    sites: u32,
    outages: Value,
    runtime: f64,
    recharge: Option<f64>,
    warmup: f64,
    measured: f64,
) -> Value {
    let mut ups = json!({ "energy": format!("{} Wh", 100.0 * runtime), "efficiency": 1 });
    if let Some(rate) = recharge {
        ups["recharge"] = watts(100.0 * rate);
    }
    let setup = Setup::new(sites, 1, warmup, measured)
        .region("grid", json!({ "outages": outages }))
        .node("idle", watts(100.0))
        .node("peak", watts(100.0));
    (if runtime > 0.0 { setup.fleet("ups", ups) } else { setup }).build()
}

fn ride_through(scale: Scale) {
    const YEAR: f64 = 8760.0 * 3600.0;
    for number in [1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 18, 19, 20] {
        let oracle = Oracle::named(&format!("h.ups.{number}"));
        let outages = json!({
            "up": exponential(&hours(8760.0 / oracle.param("rate_per_up_year"))),
            "down": duration(oracle.text("dist"))
        });
        let study = Study::new(&format!("ride-through {number}"), scale, 20, 25.0, |factor| {
            sites_on_battery(
                100,
                outages.clone(),
                oracle.param("runtime_h"),
                None,
                0.2 * YEAR,
                factor * 2.0 * YEAR,
            )
        });
        if scale == Scale::Full {
            study.agrees(&oracle, "availability", 0.0, metric("nodes.uptime"));
        } else {
            let down = 1.0 - oracle.value("availability");
            study.agrees_with("unavailability", down, 1.0, |record| 1.0 - value(record, "nodes.uptime"));
        }
    }
}

fn recharging(scale: Scale) {
    for (number, years) in [(2, 1.0), (3, 20.0)] {
        let oracle = Oracle::named(&format!("h.upsfluid.{number}"));
        let outages = json!({
            "up": exponential(&hours(1.0 / oracle.param("alpha"))),
            "down": exponential(&hours(1.0 / oracle.param("beta")))
        });
        let measured = years * 8760.0 * 3600.0;
        let study = Study::new(&format!("recharging {number}"), scale, 20, 10.0, |factor| {
            sites_on_battery(
                10,
                outages.clone(),
                oracle.param("B"),
                Some(oracle.param("r")),
                0.1 * measured,
                factor * measured,
            )
        });
        study.agrees(&oracle, "P_node_down", 0.12, |record| 1.0 - value(record, "nodes.uptime"));
        // The finite rate of charging shows: a battery that were always full would do measurably better.
        if number == 2 {
            let (down, standard_error) = study.estimate(|record| 1.0 - value(record, "nodes.uptime"));
            assert!(
                down - 2.0 * standard_error > oracle.value("P_node_down_if_always_full"),
                "recharging makes no difference: {down}"
            );
        }
    }
}
