//! A world with everything that power has: energy balances, runs repeat, and kinder power is never worse.

use super::common::{agrees, metric, run, sum_of, with};
use serde_json::{Value, json};

/// A world with everything that power has.
fn everything() -> Value {
    json!({
        "name": "everything",
        "seed": 3,
        "start": "2024-07-01T00:00",
        "duration": "30 d",
        "warmup": "2 d",
        "regions": { "here": {
            "weather": { "daily": { "mean": "32 C", "swing": "9 K", "hottest": "15:00" } },
            "heat_waves": { "every": { "exponential": { "mean": "4 d" } }, "for": "2 d", "rise": "6 K" },
            "storms": { "every": { "exponential": { "mean": "4 d" } }, "for": { "exponential": { "mean": "5 h" } } },
            "grid": {
                "outages": { "up": { "exponential": { "mean": "3 d" } }, "down": { "lognormal": { "median": "30 min", "sigma": 1 } }, "shared_by": "feeder" },
                "sags": { "every": { "exponential": { "mean": "12 h" } }, "for": { "lognormal": { "median": "150 ms", "sigma": 1.5 } }, "depth": { "uniform": { "min": 0.1, "max": 1 } } },
                "brownouts": { "every": { "exponential": { "mean": "3 d" } }, "for": "2 h", "depth": { "uniform": { "min": 0.05, "max": 0.4 } }, "shared_by": "substation" },
                "surges": { "every": { "exponential": { "mean": "10 d" } }, "at_restoration": 0.1 },
                "planned": { "every": { "exponential": { "mean": "20 d" } }, "for": "3 h" },
                "rolling": { "every": { "exponential": { "mean": "5 d" } }, "for": "4 h", "block": 1, "slot": "1 h" },
                "storm_damage": { "share": { "uniform": { "min": 0, "max": 0.5 } }, "first_restore": "1 h", "restoration": { "lognormal": { "median": "4 h", "sigma": 0.8 } } },
                "feeder_size": 2,
                "substation_size": 2
            }
        } },
        "nodes": { "node": {
            "slots": 2, "idle": "60 W", "peak": "300 W", "curve": 1.4, "inrush": 3, "boot": "4 min", "boot_power": 2,
            "psu_efficiency": { "20": 0.87, "50": 0.9, "100": 0.87 },
            "hardware": { "surge_damage": 0.05, "psu_hold_up": "17 ms", "faults": { "up": { "exponential": { "mean": "20 d" } }, "down": "6 h" } }
        } },
        "fleet": [
            { "name": "bare", "region": "here", "sites": 8, "breaker": {
                "rating": "10 A", "voltage": "120 V", "trip_ratio": { "uniform": { "min": 1.15, "max": 1.4 } }, "magnetic": { "uniform": { "min": 5, "max": 10 } },
                "reclose": { "day": "1 h", "night": "6 h" }, "derating": { "above": "35 C", "per_K": 0.01 },
                "neighbours": { "load": { "uniform": { "min": "100 W", "max": "400 W" } }, "every": { "exponential": { "mean": "3 h" } }, "for": "20 min" },
                "fatigue": { "trips": 8, "leave": 0.2 } },
              "racks": [{ "cooling": "desk-fan", "nodes": { "node": 3 } }] },
            { "name": "backed", "region": "here", "sites": 8, "surge_protection": "type-2",
              "ups": { "energy": "300 Wh", "power": "1.6 kW", "recharge": "60 W", "efficiency": 0.88, "standby": "8 W", "transfer": "8 ms",
                       "peukert": { "exponent": 1.2, "rated_time": "20 h" }, "ageing": { "life": "1 y" },
                       "death": { "lifetime": { "weibull": { "scale": "25 d", "shape": 2 } }, "replacement": "3 d" }, "self_test": "14 d" },
              "racks": [{ "nodes": { "node": 2 } }] }
        ],
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "0.1 /s" } }, "demand": { "exponential": { "mean": "3 min" } }, "deadline": "30 min" } } },
        "policies": {
            "plain": {},
            "careful": { "routing": "least_loaded", "requests": { "timeout": "10 min", "attempts": 3 },
                         "energy": { "stagger": { "uniform": { "min": "0 s", "max": "10 min" } }, "power_cap": 0.8 } }
        }
    })
}

#[test]
fn energy_balances() {
    for file in [everything(), with(everything(), "/warmup", json!("0 s"))] {
        for policy in ["plain", "careful"] {
            for replication in 0..2 {
                let record = run(&file, policy, replication);
                let energy = |name: &str| metric(&record, &format!("energy.{name}"));
                let used =
                    energy("idle") + energy("work") + energy("cooling") + energy("losses") + energy("stored");
                agrees(&format!("{policy}: mains"), energy("mains"), used, 1e-9 * used);
                for name in ["idle", "work", "cooling", "losses"] {
                    assert!(energy(name) > 0.0, "{policy}: no energy.{name}");
                }
            }
        }
    }
}

#[test]
fn policies_meet_the_same_dips_and_runs_repeat() {
    let (plain, careful) = (run(&everything(), "plain", 1), run(&everything(), "careful", 1));
    assert_eq!(plain.exogenous, careful.exogenous);
    assert_ne!(plain.trace, careful.trace);
    assert_eq!(plain, run(&everything(), "plain", 1));
    for name in [
        "sites.sags_per_year",
        "sites.brownouts_per_year",
        "sites.surges_per_year",
        "sites.grid_outages_per_year",
    ] {
        assert!(metric(&plain, name) > 0.0 && metric(&plain, name) == metric(&careful, name), "{name}");
    }
    let down = sum_of(&plain, "nodes.down.");
    agrees("all time is up or down", metric(&plain, "nodes.uptime") + down, 1.0, 1e-9);
    for cause in ["grid", "sag", "breaker", "ups", "hardware", "booting"] {
        assert!(metric(&plain, &format!("nodes.down.{cause}")) > 0.0, "nobody is down for {cause}");
    }
}

/// Nodes without work or faults, whose uptime only power decides.
fn quiet() -> Value {
    let mut file = everything();
    file["workloads"] = json!({});
    file["nodes"]["node"] = json!({ "idle": "200 W", "peak": "200 W" });
    file["fleet"][0]["breaker"] = json!({ "rating": "10 A", "voltage": "120 V", "reclose": "2 h" });
    file
}

/// Requires that uptime never falls along the worlds, and rises somewhere.
fn never_worse(what: &str, worlds: &[Value]) {
    let mut better = false;
    for replication in 0..3 {
        let uptimes: Vec<f64> =
            worlds.iter().map(|file| metric(&run(file, "plain", replication), "nodes.uptime")).collect();
        assert!(uptimes.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12), "{what}: {uptimes:?}");
        better |= uptimes.windows(2).any(|pair| pair[1] > pair[0]);
    }
    assert!(better, "{what} makes no difference");
}

#[test]
fn kinder_power_is_never_worse() {
    let sizes = ["1 Wh", "100 Wh", "300 Wh", "3 kWh"];
    never_worse("a bigger battery", &sizes.map(|size| with(quiet(), "/fleet/1/ups/energy", json!(size))));
    let loads = ["550 W", "400 W", "300 W", "100 W"];
    never_worse(
        "a smaller load",
        &loads.map(|load| with(quiet(), "/nodes/node", json!({ "idle": load, "peak": load }))),
    );
    let shares = [0.9, 0.5, 0.2, 0.0];
    never_worse(
        "a weaker storm",
        &shares.map(|share| with(quiet(), "/regions/here/grid/storm_damage/share", json!(share))),
    );
    let depths = [1.0, 0.6, 0.15, 0.0];
    never_worse(
        "a shallower sag",
        &depths.map(|depth| with(quiet(), "/regions/here/grid/sags/depth", json!(depth))),
    );
    let holds = ["0 s", "20 ms", "1 s", "2 min"];
    never_worse(
        "more hold-up",
        &holds.map(|hold| with(quiet(), "/nodes/node/hardware", json!({ "psu_hold_up": hold }))),
    );
    let outages = |causes: usize| {
        let cause =
            json!({ "up": { "exponential": { "mean": "4 d" } }, "down": "1 h", "shared_by": "feeder" });
        with(quiet(), "/regions/here/grid/outages", json!(vec![cause; causes]))
    };
    never_worse("fewer causes of outages", &[outages(4), outages(2), outages(0)]);
}
