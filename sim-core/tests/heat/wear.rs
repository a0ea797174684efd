//! Wear in air that is shared, and of nodes of two masses: against closed forms and an integration with small steps.

use super::common::{close, exponential, metric, run_of, with};
use super::heated;
use serde_json::{Value, json};

/// One machine that lives 400 h at 40 C, twice as fast every 10 K.
fn world() -> Value {
    json!({
        "name": "wear",
        "duration": "1000 h",
        "regions": { "here": { "weather": { "constant": "20 C" } } },
        "nodes": { "node": {
            "slots": 1, "idle": "60 W", "peak": "300 W",
            "thermal": {
                "resistance": "0.06 K/W", "time_constant": "20 s",
                "chassis": { "resistance": "0.05 K/W", "time_constant": "9 min" }
            },
            "hardware": { "death": { "lifetime": "400 h" }, "acceleration": { "per_10K": 2, "reference": "40 C" } }
        } },
        "fleet": [{
            "region": "here", "sites": 1,
            "building": { "time_constant": "35 min", "conductance": "25 W/K" },
            "racks": [{ "cooling": { "airflow": "60 CFM", "recirculation": 0.1 }, "nodes": { "node": 1 } }]
        }],
        "workloads": { "work": { "requests": { "arrivals": { "every": "50 min" }, "demand": "17 min" } } },
        "policies": { "policy": { "health": "none" } }
    })
}

/// Hours that the only node of a file has lived.
fn lived(file: &Value) -> f64 {
    1000.0 * metric(&run_of(file, 0), "nodes.uptime")
}

/// Kelvins by which air in the rack is warmer than that of the room, per watt.
const RISE: f64 = 1.76 / 60.0 / 0.9;

/// Hours until 400 h at 40 C are used up, by steps of a second with the midpoint rule, at `power(seconds)`.
fn by_steps(power: impl Fn(f64) -> f64, leakage: f64) -> f64 {
    // Room, die, chassis, exposure.
    let slopes = |state: [f64; 4], power: f64| {
        let [room, die, chassis, _] = state;
        let drawn = power * (1.0 + leakage * (die - 60.0));
        let across = (die - chassis) / 0.06;
        [
            (20.0 + drawn / 25.0 - room) / 2100.0,
            (drawn - across) * 0.06 / 20.0,
            (across - (chassis - room - RISE * drawn) / 0.05) * 0.05 / 540.0,
            libm::exp2(0.1 * (die - 40.0)),
        ]
    };
    let moved = |state: [f64; 4], by: [f64; 4], step: f64| {
        [0, 1, 2, 3].map(|index: usize| state[index] + step * by[index])
    };
    let (mut state, mut seconds) = ([20.0, 20.0, 20.0, 0.0], 0.0);
    while state[3] < 400.0 * 3600.0 {
        let power = power(seconds + 0.5);
        let middle = moved(state, slopes(state, power), 0.5);
        state = moved(state, slopes(middle, power), 1.0);
        seconds += 1.0;
    }
    seconds / 3600.0
}

fn square(seconds: f64) -> f64 {
    let phase = seconds.rem_euclid(3000.0);
    if seconds >= 3000.0 && phase < 1020.0 { 300.0 } else { 60.0 }
}

#[test]
fn at_one_temperature_it_is_a_quotient() {
    // Everything settles within seconds; the first seconds are cooler.
    let file = with(world(), "/workloads", json!({}));
    let file = with(file, "/nodes/node/idle", json!("300 W"));
    let quick = [
        ("/fleet/0/building/time_constant", "1 s"),
        ("/nodes/node/thermal/time_constant", "1 ms"),
        ("/nodes/node/thermal/chassis/time_constant", "1 ms"),
    ];
    let shared =
        quick.into_iter().fold(file.clone(), |file, (pointer, time)| with(file, pointer, json!(time)));
    let above = 20.0 + 300.0 * (1.0 / 25.0 + RISE + 0.06 + 0.05) - 40.0;
    close(lived(&shared) * 3600.0, 400.0 * 3600.0 * libm::exp2(-0.1 * above), 3.0);
    // A chassis alone, in the air of the weather.
    let mut alone = shared;
    alone["fleet"][0].as_object_mut().expect("an entry").shift_remove("building");
    alone["fleet"][0]["racks"][0].as_object_mut().expect("a rack").shift_remove("cooling");
    let above = 20.0 + 300.0 * 0.11 - 40.0;
    close(lived(&alone) * 3600.0, 400.0 * 3600.0 * libm::exp2(-0.1 * above), 0.1);
}

#[test]
fn under_changing_work_it_follows_a_fine_step() {
    let found = lived(&world());
    let expected = by_steps(square, 0.0);
    assert!(expected > 100.0 && expected < 900.0, "{expected} h");
    // The promise is 60 s and 10⁻⁴; in air that only its own work changes it is better.
    close(found * 3600.0, expected * 3600.0, 2.0 + 2e-5 * expected * 3600.0);
    let leaky = with(world(), "/nodes/node/thermal/leakage", json!({ "per_K": 0.004, "reference": "60 C" }));
    let leaky = with(leaky, "/nodes/node/thermal/shutdown", json!({ "at": "150 C", "resume": "60 C" }));
    let expected = by_steps(square, 0.004);
    // Leakage is taken in steps that keep the air of room and rack within 0.1 K each, which is 1.4 % of wear.
    close(lived(&leaky) * 3600.0, expected * 3600.0, 2.0 + 0.014 * expected * 3600.0);
}

#[test]
fn neighbours_wear_one_another() {
    // Beside the machine that wears, which always draws 60 W, one that changes and does not wear.
    let mut file = world();
    let mut worn = file["nodes"]["node"].clone();
    worn["peak"] = json!("60 W");
    file["nodes"]["node"].as_object_mut().expect("a type").shift_remove("hardware");
    file["nodes"]["worn"] = worn;
    file["fleet"][0]["racks"][0]["nodes"] = json!({ "worn": 1, "node": 1 });
    file["policies"]["policy"]["routing"] = json!("round_robin");
    let shared = 2000.0 * metric(&run_of(&file, 0), "nodes.uptime") - 1000.0;
    // Every second piece of work is the neighbour's, from the first or the second on.
    let by = |turn: f64| {
        let warm = |seconds: f64| {
            let phase = (seconds - turn * 3000.0).rem_euclid(6000.0);
            let busy = seconds >= turn * 3000.0 && phase < 1020.0;
            if busy { 300.0 } else { 60.0 }
        };
        beside(warm)
    };
    let near =
        [by(1.0), by(2.0)].map(|expected| (shared - expected).abs() * 3600.0 / (60.0 + 0.36 * expected));
    assert!(near[0].min(near[1]) <= 1.0, "{shared} h instead of {} or {}", by(1.0), by(2.0));
    // Alone it lives longer.
    file["fleet"][0]["racks"][0]["nodes"] = json!({ "worn": 1 });
    assert!(lived(&file) > shared + 10.0);
}

/// As [`by_steps`], of a node of 60 W whose air is warmed by another too.
fn beside(other: impl Fn(f64) -> f64) -> f64 {
    let (mut room, mut die, mut chassis, mut exposure, mut seconds) = (20.0, 20.0, 20.0, 0.0, 0.0);
    const STEP: f64 = 0.5;
    while exposure < 400.0 * 3600.0 {
        let heat = 60.0 + other(seconds + 0.5 * STEP);
        let across = (die - chassis) / 0.06;
        let slopes = [
            (20.0 + heat / 25.0 - room) / 2100.0,
            (60.0 - across) * 0.06 / 20.0,
            (across - (chassis - room - RISE * heat) / 0.05) * 0.05 / 540.0,
        ];
        exposure += STEP * libm::exp2(0.1 * (die - 40.0));
        room += STEP * slopes[0];
        die += STEP * slopes[1];
        chassis += STEP * slopes[2];
        seconds += STEP;
    }
    seconds / 3600.0
}

/// Many machines, one to a room, with drawn lives, in a summer with storms, that always draw the same.
fn fleet() -> Value {
    let weather = json!({
        "daily": { "mean": "22 C", "swing": "8 K", "hottest": "15:00" },
        "storms": { "every": exponential("20 d"), "for": exponential("5 h") }
    });
    let node = json!({
        "idle": "250 W", "peak": "250 W",
        "thermal": { "resistance": "0.12 K/W", "time_constant": "6 min" },
        "hardware": {
            "death": { "lifetime": { "weibull": { "scale": "1 y", "shape": 2 } } },
            "acceleration": { "per_10K": 1.6, "reference": "45 C" }
        }
    });
    heated(11, "1 y", &weather, &node, json!({ "sites": 12, "racks": [{ "nodes": { "node": 1 } }] }))
}

#[test]
fn hotter_is_never_later() {
    let mut cool = fleet();
    cool["fleet"][0]["building"] = json!({ "time_constant": "1 h", "conductance": "80 W/K" });
    cool["fleet"][0]["racks"][0]["cooling"] = json!({ "airflow": "100 CFM" });
    let hotter = [
        ("/nodes/node/thermal/resistance", json!("0.15 K/W")),
        ("/fleet/0/racks/0/cooling/airflow", json!("60 CFM")),
        ("/fleet/0/racks/0/cooling/recirculation", json!(0.3)),
        ("/fleet/0/building/conductance", json!("50 W/K")),
        ("/regions/here/weather/daily/mean", json!("25 C")),
    ];
    for replication in 0..3 {
        let before = run_of(&cool, replication);
        for (pointer, value) in &hotter {
            let after = run_of(&with(cool.clone(), pointer, value.clone()), replication);
            let (was, is) = (metric(&before, "nodes.uptime"), metric(&after, "nodes.uptime"));
            // Nobody is replaced, so uptime is how long all have lived.
            assert!(is < was, "{pointer}: {is} after {was}");
            assert!(metric(&after, "nodes.deaths") >= metric(&before, "nodes.deaths"), "{pointer}");
        }
    }
}

#[test]
fn masses_that_make_no_difference_make_none() {
    // Replaced after a week, with faults that storms make likely: what is lumped, and the same with a second resistance of nothing.
    let mut lumped = fleet();
    lumped["nodes"]["node"]["hardware"]["death"]["replacement"] = json!("7 d");
    lumped["nodes"]["node"]["hardware"]["death"]["lifetime"]["weibull"]["scale"] = json!("60 d");
    lumped["nodes"]["node"]["hardware"]["faults"] = json!({
        "up": { "exponential": { "mean": "40 d" } }, "down": "5 h",
        "in_storm": { "up": { "exponential": { "mean": "2 d" } } }
    });
    let chassis = json!({ "resistance": "0.000001 K/W", "time_constant": "1 ms" });
    let two = with(lumped.clone(), "/nodes/node/thermal/chassis", chassis);
    for replication in 0..3 {
        let (one, two) = (run_of(&lumped, replication), run_of(&two, replication));
        for name in ["nodes.deaths", "nodes.failures"] {
            assert!(metric(&one, name) > 20.0, "{name}");
            close(metric(&two, name), metric(&one, name), 0.0);
        }
        // Each failure is at most a minute late.
        let slack = 60.0 * metric(&one, "nodes.failures") / (12.0 * 365.25 * 86_400.0);
        close(metric(&two, "nodes.uptime"), metric(&one, "nodes.uptime"), slack);
        close(metric(&two, "nodes.temperature.max"), metric(&one, "nodes.temperature.max"), 1e-2);
    }
}
