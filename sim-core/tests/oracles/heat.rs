//! Group g: lumped heat. Inputs are constant between events, so results are exact and need one run.

use crate::support::*;
use serde_json::{Value, json};

fn watts(p: f64) -> Value {
    json!(format!("{p} W"))
}

fn celsius(t: f64) -> Value {
    json!(format!("{t} C"))
}

/// One node that always draws the same, in constant air; `thermal` holds the fields besides R and τ.
fn heater(oracle: &Oracle, power: f64, duration: f64, mut thermal: Value) -> Setup {
    let (resistance, capacity) = (oracle.param("R"), oracle.param("C"));
    thermal["resistance"] = json!(format!("{resistance} K/W"));
    thermal["time_constant"] = json!(seconds(resistance * capacity));
    Setup::new(1, 1, 0.0, duration)
        .region("weather", json!({ "constant": celsius(oracle.param("Ta")) }))
        .node("idle", watts(power))
        .node("peak", watts(power))
        .node("thermal", thermal)
}

#[test]
fn a_node_heats_up_exponentially() {
    for id in ["g.rc1.1", "g.rc1.3"] {
        let oracle = Oracle::named(id);
        let (power, tau) = (oracle.param("P"), oracle.value("tau"));
        for multiple in ["0.1", "0.5", "1", "2", "5"] {
            let duration = multiple.parse::<f64>().expect("a number") * tau;
            let record = run_of(&heater(&oracle, power, duration, json!({})).build(), 0);
            let expected = oracle.value(&format!("T_at_{multiple}tau"));
            exact(&format!("{id} after {multiple} tau"), value(&record, "nodes.temperature.max"), expected);
            if multiple == "2" {
                exact(
                    &format!("{id} mean"),
                    value(&record, "nodes.temperature.mean"),
                    oracle.value("avg_T_over_first_2tau"),
                );
            }
            exact(&format!("{id} energy"), value(&record, "energy.total"), power * duration);
        }
        let record = run_of(&heater(&oracle, power, 60.0 * tau, json!({})).build(), 0);
        exact(&format!("{id} steady"), value(&record, "nodes.temperature.max"), oracle.value("T_ss"));
    }
}

#[test]
fn a_threshold_is_crossed_when_theory_says() {
    for id in ["g.rc1.1", "g.rc1.3"] {
        let oracle = Oracle::named(id);
        // Once throttled it stays so, since it cannot cool to the point of resuming.
        let threshold = oracle.param("T_threshold");
        let throttle = json!({ "throttle": {
            "at": celsius(threshold), "resume": celsius(oracle.param("Ta") - 30.0), "speed": 0.5, "power": watts(oracle.param("P"))
        } });
        let duration = 4.0 * oracle.value("t_to_threshold");
        let record = run_of(&heater(&oracle, oracle.param("P"), duration, throttle).build(), 0);
        let crossed = duration * (1.0 - value(&record, "nodes.throttled"));
        agrees(&format!("{id} first throttle"), crossed, oracle.value("t_to_threshold"), 1e-6 * duration);

        // A node that switches off at the threshold and on again 10 K below: the length of its first heating is the same.
        let shutdown =
            json!({ "shutdown": { "at": celsius(threshold), "resume": celsius(oracle.param("Ta") - 30.0) } });
        let record = run_of(&heater(&oracle, oracle.param("P"), duration, shutdown).build(), 0);
        agrees(
            &format!("{id} shutdown"),
            duration * value(&record, "nodes.uptime"),
            oracle.value("t_to_threshold"),
            1e-6 * duration,
        );
        exact(
            &format!("{id} blame"),
            value(&record, "nodes.down.overheat"),
            1.0 - value(&record, "nodes.uptime"),
        );
    }
}

#[test]
fn throttling_is_a_limit_cycle() {
    let oracle = Oracle::named("g.hyst.2");
    let throttle = json!({ "throttle": {
        "at": celsius(oracle.param("T_hi")),
        "resume": celsius(oracle.param("T_lo")),
        "speed": oracle.param("speed_thr"),
        "power": watts(oracle.param("P_throttled"))
    } });
    let first = oracle.value("t_first_throttle");
    let scenario = |warmup: f64, duration: f64| {
        heater(&oracle, oracle.param("P_full"), duration, throttle.clone())
            .top("warmup", json!(seconds(warmup)))
            .top("duration", json!(seconds(warmup + duration)))
    };
    let record = run_of(&scenario(0.0, 1.1 * first).build(), 0);
    agrees("first throttle", 1.1 * first * (1.0 - value(&record, "nodes.throttled")), first, 1e-5 * first);

    // Whole periods from the moment it first throttles: means of the cycle. The period of the file has twelve digits.
    let measured = 1000.0 * oracle.value("period");
    let record = run_of(&scenario(first, measured).build(), 0);
    agrees("duty", 1.0 - value(&record, "nodes.throttled"), oracle.value("duty_full_power"), 1e-6);
    agrees("mean power", value(&record, "energy.total") / measured, oracle.value("mean_power"), 1e-4);
    agrees("mean temperature", value(&record, "nodes.temperature.mean"), oracle.value("mean_T"), 1e-4);

    // Work is done at the mean speed when there is always some waiting; idle and peak draw are the same here.
    let record =
        run_of(&scenario(first, measured).requests(json!({ "every": "1 s" }), json!("1 s")).build(), 0);
    let speed = value(&record, "requests.completed") / measured;
    agrees("mean speed", speed, oracle.value("mean_speed"), 2.0 / measured * 2.0);
}

#[test]
fn a_room_follows_the_day() {
    for id in ["g.diurnal.2", "g.diurnal.3"] {
        let oracle = Oracle::named(id);
        let day = 24.0 * 3600.0;
        let scenario = |throttle: Value| {
            Setup::new(1, 1, 20.0 * day, 20.0 * day)
                .region(
                    "weather",
                    json!({ "daily": {
                        "mean": celsius(oracle.param("mean")), "swing": format!("{} K", oracle.param("amp")), "hottest": "15:00"
                    } }),
                )
                .fleet(
                    "building",
                    json!({ "time_constant": hours(oracle.param("tau_hours")), "gain": format!("{} K", oracle.param("RP")) }),
                )
                // A node that draws nothing and follows the room at once is a thermometer.
                .node("thermal", json!({ "resistance": "1 K/W", "time_constant": "1 s", "throttle": throttle }))
        };
        let threshold = oracle.value("threshold_0.8amp");
        let throttle =
            json!({ "at": celsius(threshold), "resume": celsius(threshold - 0.001), "speed": 1, "power": 1 });
        let record = run_of(&scenario(throttle).build(), 0);
        // The thermometer lags by a second, and the maximum is read where something happens.
        agrees(&format!("{id} mean"), value(&record, "nodes.temperature.mean"), oracle.value("T_mean"), 0.01);
        agrees(&format!("{id} max"), value(&record, "nodes.temperature.max"), oracle.value("T_max"), 0.05);
        let above = 24.0 * value(&record, "nodes.throttled");
        agrees(
            &format!("{id} hours above"),
            above,
            oracle.value("hours_per_day_above_threshold_0.8amp"),
            0.1,
        );
    }
}

#[test]
fn die_and_chassis_are_two_exponentials() {
    for id in ["g.rc2.2", "g.rc2.3"] {
        let oracle = Oracle::named(id);
        let (inner, outer) = (oracle.param("R12"), oracle.param("R2a"));
        let threshold = oracle.param("T_threshold");
        let scenario = |duration: f64, throttle: bool| {
            let mut thermal = json!({
                "resistance": format!("{inner} K/W"),
                "time_constant": seconds(inner * oracle.param("C1")),
                "chassis": {
                    "resistance": format!("{outer} K/W"),
                    "time_constant": seconds(outer * oracle.param("C2"))
                }
            });
            if throttle {
                let resume = celsius(oracle.param("Ta") - 10.0);
                thermal["throttle"] = json!({ "at": celsius(threshold), "resume": resume, "speed": 0.5 });
            }
            Setup::new(1, 1, 0.0, duration)
                .region("weather", json!({ "constant": celsius(oracle.param("Ta")) }))
                .node("idle", watts(oracle.param("P")))
                .node("peak", watts(oracle.param("P")))
                .node("thermal", thermal)
                .build()
        };
        for time in [10.0, 60.0, 300.0, 1800.0, 7200.0] {
            let record = run_of(&scenario(time, false), 0);
            let expected = oracle.value(&format!("T1_t{time}"));
            exact(&format!("{id} after {time} s"), value(&record, "nodes.temperature.max"), expected);
        }
        let crossing = oracle.value("t_T1_to_threshold");
        if crossing > 0.0 {
            let record = run_of(&scenario(4.0 * crossing, true), 0);
            let crossed = 4.0 * crossing * (1.0 - value(&record, "nodes.throttled"));
            agrees(&format!("{id} threshold"), crossed, crossing, 1e-6 * crossing);
        }
    }
}

#[test]
fn leakage_raises_temperature_and_power() {
    for id in ["g.leak.1", "g.leak.2", "g.leak.3"] {
        let oracle = Oracle::named(id);
        let tau = 100.0;
        let scenario = |warmup: f64, duration: f64| {
            Setup::new(1, 1, warmup, duration)
                .region("weather", json!({ "constant": celsius(oracle.param("Ta")) }))
                .node("idle", watts(oracle.param("P0")))
                .node("peak", watts(oracle.param("P0")))
                .node(
                    "thermal",
                    json!({
                        "resistance": format!("{} K/W", oracle.param("R")),
                        "time_constant": seconds(tau),
                        "leakage": { "per_K": oracle.param("alpha"), "reference": celsius(oracle.param("Tref")) },
                        "shutdown": { "at": "300 C", "resume": "-100 C" }
                    }),
                )
                .build()
        };
        let steady = oracle.value("T_ss");
        if oracle.value("loop_gain") >= 1.0 {
            let record = run_of(&scenario(0.0, 100.0 * tau), 0);
            assert!(value(&record, "nodes.down.overheat") > 0.5, "{id} runs away and shuts down");
            continue;
        }
        let record = run_of(&scenario(100.0 * tau, tau), 0);
        exact(&format!("{id} steady"), value(&record, "nodes.temperature.max"), steady);
        exact(&format!("{id} power"), value(&record, "energy.total") / tau, oracle.value("P_ss"));
        // It nears its end temperature with the longer time constant.
        let slower = tau * oracle.value("tau_multiplier");
        let record = run_of(&scenario(0.0, slower), 0);
        let expected = steady + (oracle.param("Ta") - steady) * 0.367_879_441_171_442_33;
        agrees(&format!("{id} pace"), value(&record, "nodes.temperature.max"), expected, 1e-6 * expected);
    }
}
