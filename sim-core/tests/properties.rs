//! What must hold in every run, whatever theory says about its numbers: runs repeat, policies meet the same world, requests are
//! conserved, and making the world kinder never makes the service worse.

mod common;

use common::{load, metric, sum_of, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::Scenario;

/// A small world with everything switched on.
fn world() -> Value {
    json!({
        "name": "everything",
        "seed": 11,
        "duration": "8 h",
        "start": "2024-07-01T10:00",
        "warmup": "1 h",
        "regions": { "here": {
            "weather": {
                "daily": { "mean": "30 C", "swing": "8 K", "hottest": "15:00" },
                "heat_waves": { "every": { "exponential": { "mean": "2 d" } }, "for": "6 h", "rise": "6 K" },
                "storms": { "every": { "exponential": { "mean": "10 h" } }, "for": { "exponential": { "mean": "2 h" } } }
            },
            "grid": {
                "outages": {
                    "up": { "exponential": { "mean": "10 h" } },
                    "down": { "lognormal": { "median": "10 min", "sigma": 1 } },
                    "shared_by": "feeder",
                    "in_storm": { "up": { "exponential": { "mean": "2 h" } } }
                },
                "feeder_size": 2
            }
        } },
        "nodes": { "node": {
            "slots": 2,
            "queue": 20,
            "idle": "40 W",
            "peak": "250 W",
            "boot": "30 s",
            "boot_power": 1.2,
            "slowdown": { "lognormal": { "median": 1, "sigma": 0.3 } },
            "hardware": { "faults": { "up": { "exponential": { "mean": "12 h" } }, "down": { "exponential": { "mean": "20 min" } } } },
            "thermal": {
                "resistance": "0.2 K/W",
                "time_constant": "4 min",
                "throttle": { "at": "65 C", "resume": "60 C", "speed": 0.5, "power": 0.6 },
                "shutdown": { "at": "90 C", "resume": "50 C" }
            }
        } },
        "fleet": [{
            "name": "garage", "region": "here", "sites": 8,
            "building": { "time_constant": "1 h", "gain": "4 K" },
            "ups": { "energy": "20 Wh", "recharge": "40 W", "efficiency": 0.9, "hidden_failure": 0.1 },
            "breaker": { "rating": "15 A", "voltage": "120 V", "time_constant": "150 s", "trip_ratio": 1.25, "reclose": "1 h" },
            "link": {
                "latency": { "lognormal": { "median": "20 ms", "sigma": 0.5 } },
                "loss": { "gilbert_elliott": { "to_bad": "0.002 /s", "to_good": "0.05 /s", "loss_good": 0.01, "loss_bad": 0.4 } },
                "outages": { "up": { "exponential": { "mean": "12 h" } }, "down": { "exponential": { "mean": "10 min" } } }
            },
            "racks": [{ "count": 1, "nodes": { "node": 3 } }]
        }],
        "workloads": { "work": { "requests": {
            "arrivals": { "poisson": { "rate": "2 /s", "daily_swing": 0.5 } },
            "demand": { "lognormal": { "median": "8 s", "sigma": 0.5 } },
            "deadline": "40 s"
        } } },
        "policies": {
            "bare": { "health": "none", "routing": "random" },
            "ideal": {},
            "probed": {
                "health": { "probe": { "period": "30 s", "misses": 2, "timeout": "1 s" } },
                "routing": "round_robin",
                "requests": { "timeout": "30 s", "attempts": 2 }
            },
            "copied": {
                "health": { "heartbeat": { "period": "10 s", "freshness": "5 s" } },
                "routing": "least_loaded",
                "requests": { "timeout": "1 min", "copies": 2 }
            },
            "hedged": {
                "health": { "heartbeat": { "period": "20 s", "timeout": "50 s" } },
                "routing": { "power_of_choices": { "choices": 2 } },
                "requests": { "timeout": "1 min", "attempts": 2, "hedge": { "after": "p95" } }
            }
        }
    })
}

fn without(mut file: Value, pointer: &str) -> Value {
    let (object, field) = pointer.rsplit_once('/').expect("a pointer");
    let object = file
        .pointer_mut(object)
        .and_then(Value::as_object_mut)
        .unwrap_or_else(|| panic!("nothing at {pointer}"));
    assert!(object.shift_remove(field).is_some(), "nothing at {pointer}");
    file
}

fn run(scenario: &Scenario, policy: &str, replication: u32) -> RunRecord {
    sim_core::run(scenario, policy, 0, replication)
}

const REPLICATIONS: u32 = 3;

#[test]
fn a_run_repeats_to_the_last_bit() {
    let scenario = load(&world());
    for policy in scenario.policies.keys() {
        let first = run(&scenario, policy, 0);
        assert_eq!(first, run(&scenario, policy, 0), "{policy} again");
        assert_eq!(first, run(&load(&world()), policy, 0), "{policy} from a fresh load");
        let other = run(&scenario, policy, 1);
        assert_ne!(first.trace, other.trace, "{policy}: replications differ");
        assert_ne!(first.exogenous, other.exogenous, "{policy}: the worlds of replications differ");
    }
}

#[test]
fn a_run_does_not_depend_on_the_thread() {
    let scenario = load(&world());
    let alone: Vec<RunRecord> =
        (0..REPLICATIONS).map(|replication| run(&scenario, "hedged", replication)).collect();
    let together: Vec<RunRecord> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..REPLICATIONS)
            .rev()
            .map(|r| {
                scope.spawn({
                    let scenario = &scenario;
                    move || run(scenario, "hedged", r)
                })
            })
            .collect();
        workers.into_iter().rev().map(|worker| worker.join().expect("a finished run")).collect()
    });
    assert_eq!(alone, together);
}

#[test]
fn a_seed_makes_another_world() {
    let one = run(&load(&world()), "bare", 0);
    let other = run(&load(&with(world(), "/seed", json!(12))), "bare", 0);
    assert_ne!(one.exogenous, other.exogenous);
    assert_ne!(one.trace, other.trace);
}

#[test]
fn policies_meet_the_same_world() {
    let scenario = load(&world());
    for replication in 0..REPLICATIONS {
        let records: Vec<RunRecord> =
            scenario.policies.keys().map(|policy| run(&scenario, policy, replication)).collect();
        for (index, record) in records.iter().enumerate() {
            assert_eq!(record.exogenous, records[0].exogenous, "{} and {}", record.policy, records[0].policy);
            for other in &records[..index] {
                assert_ne!(record.trace, other.trace, "{} and {}", record.policy, other.policy);
            }
            assert_eq!(
                metric(record, "requests.arrived"),
                metric(&records[0], "requests.arrived"),
                "{}",
                record.policy
            );
        }
    }
}

#[test]
fn a_policy_of_another_name_changes_nothing() {
    let file = with(world(), "/policies/twin", world()["policies"]["hedged"].clone());
    let scenario = load(&file);
    let (one, twin) = (run(&scenario, "hedged", 0), run(&scenario, "twin", 0));
    assert_eq!((one.trace, one.metrics, one.latency), (twin.trace, twin.metrics, twin.latency));
}

#[test]
fn requests_are_conserved() {
    let scenario = load(&with(world(), "/warmup", json!("0 s")));
    for policy in scenario.policies.keys() {
        for replication in 0..REPLICATIONS {
            let record = run(&scenario, policy, replication);
            let count = |name: &str| metric(&record, &format!("requests.{name}"));
            let told = format!("{policy}, replication {replication}: {:?}", record.metrics);
            assert!(count("arrived") > 10_000.0, "{told}");
            assert_eq!(count("arrived"), count("completed") + count("failed") + count("in_flight"), "{told}");
            assert!(count("late") <= count("completed"), "{told}");
            assert!(count("rejected") <= count("failed"), "{told}");
            assert!(count("attempts") >= count("completed"), "{told}");
            let share = count("success_ratio");
            assert!((0.0..=1.0).contains(&share), "{told}");
            let (completed, latencies): (f64, u64) =
                (count("completed"), record.latency.values().flatten().map(|(_, n)| n).sum());
            assert_eq!(completed, latencies as f64, "{told}");
        }
    }
}

#[test]
fn quantiles_ascend() {
    let scenario = load(&world());
    let record = run(&scenario, "hedged", 0);
    let quantiles: Vec<f64> = ["p50", "p90", "p95", "p99", "p999", "max"]
        .iter()
        .map(|q| metric(&record, &format!("requests.latency.{q}")))
        .collect();
    assert!(quantiles[0] > 0.0 && quantiles.is_sorted(), "{quantiles:?}");
}

#[test]
fn down_time_is_charged_to_its_first_causes() {
    let scenario = load(&world());
    for policy in scenario.policies.keys() {
        let record = run(&scenario, policy, 0);
        let down = sum_of(&record, "nodes.down.");
        let up = metric(&record, "nodes.uptime");
        assert!((up + down - 1.0).abs() < 1e-9, "{policy}: up {up}, down {down}");
        assert!(down > 0.01, "{policy}: this world is not kind");
    }
}

/// The metric of both worlds by replication, under one policy.
fn both(kinder: &Value, harsher: &Value, policy: &str, name: &str) -> Vec<(f64, f64)> {
    let (kinder, harsher) = (load(kinder), load(harsher));
    (0..REPLICATIONS)
        .map(|replication| {
            (
                metric(&run(&kinder, policy, replication), name),
                metric(&run(&harsher, policy, replication), name),
            )
        })
        .collect()
}

/// A world whose only trouble is its links; each request stands alone, so a message saved is never a message lost elsewhere.
fn lossy_world() -> Value {
    let mut file = without(without(world(), "/regions/here/grid"), "/nodes/node/thermal");
    for pointer in
        ["/nodes/node/hardware", "/nodes/node/queue", "/fleet/0/breaker", "/fleet/0/ups", "/fleet/0/building"]
    {
        file = without(file, pointer);
    }
    with(with(file, "/nodes/node/slots", json!(10_000)), "/workloads/work/requests/deadline", json!("10 min"))
}

#[test]
fn a_lossless_link_never_lowers_success() {
    let harsher = lossy_world();
    let kinder = without(harsher.clone(), "/fleet/0/link/loss");
    for policy in ["bare", "probed", "hedged"] {
        for (kind, harsh) in both(&kinder, &harsher, policy, "requests.success_ratio") {
            assert!(kind >= harsh, "{policy}: {kind} without loss, {harsh} with");
        }
    }
    let pairs = both(&kinder, &harsher, "bare", "requests.success_ratio");
    assert!(pairs.iter().all(|(kind, harsh)| kind > harsh), "loss has no effect: {pairs:?}");
}

#[test]
fn a_bigger_battery_never_lowers_uptime() {
    // A constant load, so that the policy does not matter, and nothing else that goes down.
    let mut file = with(world(), "/nodes/node/peak", json!("40 W"));
    for pointer in [
        "/nodes/node/thermal",
        "/nodes/node/boot",
        "/nodes/node/hardware",
        "/fleet/0/breaker",
        "/fleet/0/link/outages",
    ] {
        file = without(file, pointer);
    }
    let file = with(file, "/fleet/0/ups/hidden_failure", json!(0));
    let sizes = ["0.001 Wh", "5 Wh", "20 Wh", "80 Wh", "320 Wh"];
    for pair in sizes.windows(2) {
        let [smaller, bigger] = pair else { unreachable!("pairs") };
        let world_with = |size: &str| with(file.clone(), "/fleet/0/ups/energy", json!(size));
        let pairs = both(&world_with(bigger), &world_with(smaller), "bare", "nodes.uptime");
        assert!(pairs.iter().all(|(big, small)| big >= small), "{bigger} against {smaller}: {pairs:?}");
        assert!(
            pairs.iter().any(|(big, small)| big > small),
            "{bigger} against {smaller} makes no difference: {pairs:?}"
        );
    }
}

#[test]
fn hotter_weather_never_lowers_throttling() {
    // Always at full power, so that heat does not feed back through the work.
    let mut file = with(world(), "/nodes/node/idle", json!("250 W"));
    for pointer in
        ["/nodes/node/thermal/shutdown", "/regions/here/grid", "/nodes/node/hardware", "/fleet/0/breaker"]
    {
        file = without(file, pointer);
    }
    let at = |mean: &str| with(file.clone(), "/regions/here/weather/daily/mean", json!(mean));
    for (cooler, hotter) in [("2 C", "6 C"), ("6 C", "10 C"), ("10 C", "14 C")] {
        let pairs = both(&at(cooler), &at(hotter), "bare", "nodes.throttled");
        assert!(pairs.iter().all(|(cool, hot)| cool <= hot), "{cooler} against {hotter}: {pairs:?}");
        assert!(
            pairs.iter().any(|(cool, hot)| cool < hot),
            "{cooler} against {hotter} makes no difference: {pairs:?}"
        );
    }
}

#[test]
fn heat_makes_work_slower() {
    let slow = load(&world());
    let cool = load(&with(world(), "/regions/here/weather/daily/mean", json!("0 C")));
    let (hot, cool) = (run(&slow, "ideal", 0), run(&cool, "ideal", 0));
    assert!(metric(&hot, "nodes.throttled") > 0.05 && metric(&cool, "nodes.throttled") == 0.0);
    assert!(metric(&hot, "requests.latency.mean") > metric(&cool, "requests.latency.mean"));
}
