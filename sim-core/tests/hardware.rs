//! What must be true of hardware, repair and hosts in every run, on identical weather: kinder conditions never make things worse.

mod common;

use common::{metric, run, sum_of, with};
use serde_json::{Value, json};

/// Machines in a hot summer that wear out, are repaired by few people, and do some work.
fn world() -> Value {
    json!({
        "name": "workshop",
        "seed": 5,
        "duration": "2 y",
        "regions": { "here": {
            "weather": {
                "daily": { "mean": "22 C", "swing": "8 K", "hottest": "15:00" },
                "storms": { "every": { "exponential": { "mean": "20 d" } }, "for": { "exponential": { "mean": "5 h" } } }
            },
            "grid": { "outages": { "up": { "exponential": { "mean": "60 d" } }, "down": { "exponential": { "mean": "3 h" } } } }
        } },
        "nodes": { "node": {
            "slots": 1,
            "idle": "30 W",
            "peak": "120 W",
            "boot": "1 min",
            "thermal": { "resistance": "0.3 K/W", "time_constant": "10 min" },
            "hardware": {
                "faults": { "up": { "exponential": { "mean": "200 d" } }, "down": { "exponential": { "mean": "2 d" } } },
                "death": { "lifetime": { "weibull": { "scale": "3 y", "shape": 2 } }, "replacement": "5 d" },
                "acceleration": { "per_10K": 1.5, "reference": "40 C" },
                "hangs": { "every": { "exponential": { "mean": "90 d" } }, "watchdog": "5 min" }
            }
        } },
        "fleet": [{ "name": "homes", "region": "here", "sites": 15, "racks": [{ "nodes": { "node": 2 } }] }],
        "workloads": { "work": { "requests": {
            "arrivals": { "poisson": { "rate": "6 /h" } },
            "demand": { "exponential": { "mean": "40 min" } }
        } } },
        "policies": {
            "bare": { "health": "none", "routing": "random", "requests": { "timeout": "1 d" } },
            "ideal": { "routing": "least_loaded", "requests": { "timeout": "1 d", "attempts": 3 } }
        }
    })
}

fn without_work(file: Value) -> Value {
    with(file, "/workloads", json!({}))
}

/// Requires `name` to be no worse in the kinder world in every replication, and better in one.
fn never_worse(kinder: &Value, harsher: &Value, name: &str, higher_is_better: bool) {
    let mut better = false;
    for replication in 0..3 {
        let (kind, harsh) = (
            metric(&run(kinder, "bare", replication), name),
            metric(&run(harsher, "bare", replication), name),
        );
        let (good, bad) = if higher_is_better { (kind, harsh) } else { (harsh, kind) };
        assert!(good >= bad, "{name} is {kind} in the kinder world, {harsh} in the harsher");
        better |= good > bad;
    }
    assert!(better, "{name}: it makes no difference");
}

#[test]
fn a_run_repeats_and_policies_meet_the_same_world() {
    let hosts = json!({
        "churn": { "lifetime": { "exponential": { "mean": "1 y" } }, "rejoin": { "exponential": { "mean": "20 d" } }, "starts_after": { "exponential": { "mean": "30 d" } } },
        "presence": { "on": { "exponential": { "mean": "5 d" } }, "off": { "exponential": { "mean": "1 d" } }, "heterogeneity": 0.5, "always": 0.3,
                      "daily": { "share": 0.3, "from": "18:00", "to": "23:00", "spread": "2 h" } }
    });
    let mut file = world();
    file["fleet"][0]["churn"] = hosts["churn"].clone();
    file["fleet"][0]["presence"] = hosts["presence"].clone();
    file["fleet"][0]["crews"] = json!(1);
    file["duration"] = json!("200 d");
    file["regions"]["here"]["weather"]["daily"]["swing"] = json!("0 K");
    file["workloads"]["work"]["requests"]["arrivals"]["poisson"]["rate"] = json!("2 /h");
    file["nodes"]["node"]["hardware"]["faults"] = json!({ "up": { "exponential": { "mean": "50 d" } }, "in_storm": { "up": { "exponential": { "mean": "2 d" } } } });
    file["nodes"]["node"]["hardware"]["repair"] = json!("volunteer-home");
    file["nodes"]["node"]["hardware"]["degradation"] = json!({ "share": 0.7, "lead": { "exponential": { "mean": "3 d" } }, "slowdown": 2, "resistance": 1.4 });
    file["nodes"]["node"]["build"] = json!({ "standard": { "swap": "20 min", "spare": 0.5 } });
    file["nodes"]["node"]["batches"] = json!({ "size": 4, "defect": 0.3, "factor": 5, "recall": { "after": { "exponential": { "mean": "60 d" } }, "for": "1 d" } });
    file["software"] = json!({
        "one": { "share": 0.6, "bug": { "every": { "exponential": { "mean": "30 d" } }, "fix": "8 h", "patch": { "exponential": { "mean": "30 h" } } } },
        "other": { "share": 0.3, "bug": { "every": { "exponential": { "mean": "3 d" } }, "fix": "2 h" } }
    });
    file["nodes"]["node"]["hardware"]["death"]["lifetime"]["weibull"]["scale"] = json!("1 y");
    file["quorum"] = json!({ "nodes": 12 });
    for replication in 0..3 {
        let bare = run(&file, "bare", replication);
        assert_eq!(bare, run(&file, "bare", replication));
        let ideal = run(&file, "ideal", replication);
        assert_eq!(bare.exogenous, ideal.exogenous);
        assert_ne!(bare.trace, ideal.trace);
        for name in [
            "nodes.down.departed",
            "nodes.down.away",
            "nodes.down.software",
            "nodes.down.hardware",
            "nodes.deaths",
            "nodes.departed",
            "nodes.hangs",
            "nodes.degraded",
            "nodes.quorum_met",
            "nodes.crew_wait",
        ] {
            assert!(metric(&bare, name) > 0.0, "{name}: {:?}", bare.metrics);
        }
        let down = sum_of(&bare, "nodes.down.");
        assert!((metric(&bare, "nodes.uptime") + down - 1.0).abs() < 1e-9);
    }
}

#[test]
fn plain_faults_do_not_depend_on_where_their_lives_are_kept() {
    // A crew for everybody moves the lives to where heat and storms have a say, and changes nothing.
    let mut plain = without_work(world());
    plain["nodes"]["node"]["hardware"] = json!({ "faults": { "up": { "exponential": { "mean": "20 d" } }, "down": { "exponential": { "mean": "2 d" } } } });
    let mut moved = plain.clone();
    moved["fleet"][0]["crews"] = json!(1000);
    for replication in 0..3 {
        let (plain, moved) = (run(&plain, "bare", replication), run(&moved, "bare", replication));
        assert_eq!(metric(&plain, "nodes.failures"), metric(&moved, "nodes.failures"));
        assert!((metric(&plain, "nodes.uptime") - metric(&moved, "nodes.uptime")).abs() < 1e-12);
    }
}

#[test]
fn a_cooler_place_never_has_more_failures() {
    // Hourly weather, and no grid to switch nodes on and off.
    let mut file = without_work(world());
    file["regions"]["here"].as_object_mut().expect("a region").shift_remove("grid");
    for (cool, hot) in [("10 C", "20 C"), ("20 C", "30 C")] {
        let at = |mean: &str| with(file.clone(), "/regions/here/weather/daily/mean", json!(mean));
        never_worse(&at(cool), &at(hot), "nodes.deaths", false);
    }
    // Faults alone, mended at once, so that a repair never saves a life from running on.
    let hardware = |factor: f64| json!({ "faults": { "up": { "exponential": { "mean": "100 d" } }, "down": "0 s" }, "acceleration": { "per_10K": factor, "reference": "0 C" } });
    let accelerated = |factor| with(file.clone(), "/nodes/node/hardware", hardware(factor));
    never_worse(&accelerated(1.2), &accelerated(1.6), "nodes.failures", false);
}

#[test]
fn work_wears_nodes_out() {
    let idle = with(world(), "/nodes/node/hardware/acceleration/per_10K", json!(2));
    let busy = with(idle.clone(), "/workloads/work/requests/arrivals/poisson/rate", json!("40 /h"));
    never_worse(&without_work(idle), &busy, "nodes.deaths", false);
}

/// A life is used up in the same way however often the node's power changes.
#[test]
fn exposure_follows_every_change_of_power() {
    let mut file = world();
    file["regions"]["here"].as_object_mut().expect("a region").shift_remove("grid");
    file["regions"]["here"]["weather"] = json!({ "constant": "20 C" });
    file["fleet"][0]["sites"] = json!(1);
    file["fleet"][0]["racks"][0]["nodes"]["node"] = json!(1);
    file["nodes"]["node"]["thermal"] = json!({ "resistance": "0.3 K/W", "time_constant": "1 ns" });
    file["nodes"]["node"]["hardware"] =
        json!({ "death": { "lifetime": "1000 h" }, "acceleration": { "per_10K": 2, "reference": "20 C" } });
    // An hour at work, an hour idle: 120 W heat by 36 K, 30 W by 9 K.
    file["workloads"]["work"]["requests"] = json!({ "arrivals": { "every": "2 h" }, "demand": "1 h" });
    file["duration"] = json!("1000 h");
    let (idle, busy) = (libm::exp2(0.9), libm::exp2(3.6));
    // From t = 2 h on, the first hour of two is at work.
    let cycles = ((1000.0 - 2.0 * idle) / (idle + busy)).floor();
    let rest = 1000.0 - 2.0 * idle - cycles * (idle + busy);
    let last = if rest < busy { rest / busy } else { 1.0 + (rest - busy) / idle };
    let lived = metric(&run(&file, "bare", 0), "nodes.uptime") * 1000.0;
    let expected = 2.0 + 2.0 * cycles + last;
    assert!((lived - expected).abs() < 1e-6, "{lived} h instead of {expected} h");
}

#[test]
fn shorter_repairs_and_more_crews_never_lower_uptime() {
    let mut file = without_work(world());
    file["regions"]["here"].as_object_mut().expect("a region").shift_remove("grid");
    file["nodes"]["node"]["hardware"] = json!({ "faults": { "up": { "exponential": { "mean": "20 d" } }, "down": { "exponential": { "mean": "2 d" } } } });
    let repaired_in =
        |mean: &str| with(file.clone(), "/nodes/node/hardware/faults/down/exponential/mean", json!(mean));
    for (shorter, longer) in [("6 h", "1 d"), ("1 d", "3 d")] {
        never_worse(&repaired_in(shorter), &repaired_in(longer), "nodes.uptime", true);
    }
    for (more, fewer) in [(2, 1), (4, 2), (8, 4)] {
        let crews = |count: u32| with(file.clone(), "/fleet/0/crews", json!(count));
        never_worse(&crews(more), &crews(fewer), "nodes.uptime", true);
    }
}

#[test]
fn symptoms_come_before_failures_and_slow_the_work() {
    let mut file = world();
    file["nodes"]["node"]["hardware"] = json!({
        "faults": { "up": { "exponential": { "mean": "60 d" } }, "down": "1 h" },
        "degradation": { "share": 1, "lead": "6 d", "slowdown": 3, "resistance": 2 }
    });
    let sound = with(file.clone(), "/nodes/node/hardware/degradation/slowdown", json!(1));
    let sound = with(sound, "/nodes/node/hardware/degradation/resistance", json!(1));
    let (worn, sound) = (run(&file, "bare", 0), run(&sound, "bare", 0));
    // Of an exponential life with mean 60 d, the last 6 d are the share 1 − e^(−0.1).
    assert!((metric(&worn, "nodes.degraded") - 0.0952).abs() < 0.015, "{}", metric(&worn, "nodes.degraded"));
    assert_eq!(metric(&worn, "nodes.failures"), metric(&sound, "nodes.failures"));
    assert!(metric(&worn, "requests.latency.mean") > 1.1 * metric(&sound, "requests.latency.mean"));
    assert!(metric(&worn, "nodes.temperature.max") > metric(&sound, "nodes.temperature.max") + 20.0);
    assert!(metric(&worn, "nodes.temperature.mean") > metric(&sound, "nodes.temperature.mean") + 0.5);
}

#[test]
fn standard_units_with_spares_are_back_sooner_than_bespoke_machines() {
    let mut file = without_work(world());
    file["nodes"]["node"]["hardware"] = json!({ "faults": { "up": { "exponential": { "mean": "40 d" } } }, "repair": { "notice": "1 h", "parts": { "for": "3 d" } } });
    let standard =
        with(file.clone(), "/nodes/node/build", json!({ "standard": { "swap": "15 min", "spare": 1 } }));
    let ordered = with(file.clone(), "/nodes/node/build", json!({ "standard": { "swap": "15 min" } }));
    let bespoke = with(file, "/nodes/node/build", json!({ "bespoke": { "technician": "2 d" } }));
    never_worse(&standard, &ordered, "nodes.uptime", true);
    never_worse(&ordered, &bespoke, "nodes.uptime", true);
}

#[test]
fn who_gives_up_is_gone_for_good() {
    let mut file = without_work(world());
    file["nodes"]["node"]["hardware"] = json!({ "faults": { "up": { "exponential": { "mean": "100 d" } } }, "repair": { "act": "1 h", "give_up": 1 } });
    file["duration"] = json!("20 y");
    let gone = run(&file, "bare", 0);
    assert_eq!(metric(&gone, "nodes.departed"), 30.0);
    assert!(
        (metric(&gone, "nodes.uptime") - 100.0 / 7305.0).abs() < 0.006,
        "{}",
        metric(&gone, "nodes.uptime")
    );
    // With rejoining hosts the places fill again.
    let file = with(file, "/nodes/node/churn", json!({ "rejoin": { "exponential": { "mean": "10 d" } } }));
    let filled = run(&file, "bare", 0);
    assert!((metric(&filled, "nodes.down.departed") - 10.0 / 110.0).abs() < 0.01);
    assert!(metric(&filled, "nodes.departed") > 1500.0);
}

#[test]
fn hosts_churn_at_the_rates_of_the_file() {
    let mut file = without_work(world());
    file["nodes"]["node"]["hardware"] = json!("none");
    file["regions"]["here"].as_object_mut().expect("a region").shift_remove("grid");
    file["duration"] = json!("30 y");
    file["fleet"][0]["churn"] = json!({ "lifetime": { "exponential": { "mean": "91 d" } }, "rejoin": { "exponential": { "mean": "9 d" } }, "starts_after": "1 y" });
    let record = run(&file, "bare", 0);
    let expected = 1.0 - (1.0 + 29.0 * 0.09) / 30.0;
    let up = metric(&record, "nodes.uptime");
    assert!((up - expected).abs() < 0.01, "{up} {expected}");
    assert!((metric(&record, "nodes.departed") / (30.0 * 29.0 * 365.25 / 100.0) - 1.0).abs() < 0.06);
}

#[test]
fn diurnal_hosts_are_away_in_their_hours() {
    let mut file = without_work(world());
    file["nodes"]["node"]["hardware"] = json!("none");
    file["nodes"]["node"]["boot"] = json!("0 s");
    file["regions"]["here"].as_object_mut().expect("a region").shift_remove("grid");
    file["start"] = json!("2024-03-01 20:30");
    file["duration"] = json!("10 d");
    file["nodes"]["node"]["presence"] =
        json!({ "daily": { "from": "18:00", "to": "03:00", "spread": "3 h" } });
    let away = metric(&run(&file, "bare", 0), "nodes.down.away");
    assert!((away - 9.0 / 24.0).abs() < 1e-9, "{away}");
}

#[test]
fn a_defective_batch_fails_more_until_it_is_recalled() {
    let mut file = without_work(world());
    file["nodes"]["node"]["hardware"] =
        json!({ "death": { "lifetime": { "exponential": { "mean": "2 y" } }, "replacement": "1 d" } });
    let batches = |defect: f64| json!({ "size": 5, "defect": defect, "factor": 10 });
    let sound = with(file.clone(), "/nodes/node/batches", batches(0.0));
    let bad = with(file.clone(), "/nodes/node/batches", batches(1.0));
    never_worse(&sound, &bad, "nodes.deaths", false);
    let recalled = with(bad.clone(), "/nodes/node/batches/recall", json!({ "after": "30 d", "for": "2 d" }));
    never_worse(&recalled, &bad, "nodes.deaths", false);
    let down = metric(&run(&recalled, "bare", 0), "nodes.down.maintenance");
    assert!((down - 2.0 / 730.5).abs() < 1e-4, "{down}");
}

#[test]
fn a_version_fails_as_one() {
    let mut file = without_work(world());
    file["nodes"]["node"]["hardware"] = json!("none");
    file["regions"]["here"].as_object_mut().expect("a region").shift_remove("grid");
    file["quorum"] = json!({ "nodes": 1 });
    let bug = json!({ "every": { "exponential": { "mean": "30 d" } }, "fix": { "exponential": { "mean": "1 d" } } });
    let one = with(file.clone(), "/software", json!({ "a": { "bug": bug } }));
    let many = with(
        file,
        "/software",
        json!({
            "a": { "share": 0.34, "bug": bug }, "b": { "share": 0.33, "bug": bug }, "c": { "share": 0.33, "bug": bug }
        }),
    );
    never_worse(&many, &one, "nodes.quorum_met", true);
    for replication in 0..3 {
        // One version: the fleet is up as one.
        let record = run(&one, "bare", replication);
        let gap = metric(&record, "nodes.quorum_met") - metric(&record, "nodes.uptime");
        assert!((-1e-12..1e-3).contains(&gap), "{gap}");
    }
}

#[test]
fn damage_ends_with_the_host_that_had_it() {
    let mut file = without_work(world());
    file["duration"] = json!("120 d");
    file["regions"]["here"]["grid"]["surges"] = json!({ "every": "1 d" });
    file["nodes"]["node"]["hardware"]["surge_damage"] = json!(1);
    file["nodes"]["node"]["batches"] = json!({ "size": 2, "defect": 1, "factor": 2, "recall": { "after": { "exponential": { "mean": "20 d" } }, "for": "1 d" } });
    for churn in [json!({ "lifetime": "5 d" }), json!({ "lifetime": "5 d", "rejoin": "2 d" })] {
        file["fleet"][0]["churn"] = churn;
        let record = run(&file, "bare", 0);
        assert!(metric(&record, "nodes.damaged") > 10.0, "surges damage");
        assert!(metric(&record, "nodes.down.departed") > 0.1, "hosts leave");
    }
}
