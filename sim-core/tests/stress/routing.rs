//! Ways of routing against theory and against each other.

use super::common::refused;
use super::*;

#[test]
fn no_way_of_routing_moves_the_world_and_every_run_repeats() {
    let mut file = queues(20, 0.6, "120 s");
    file["nodes"]["box"] =
        json!({ "hardware": { "faults": { "up": { "exponential": { "mean": "200 s" } }, "down": "20 s" } } });
    let ways = [
        json!("random"),
        json!("least_loaded"),
        json!({ "least_loaded": { "stale": "2 s" } }),
        json!({ "power_of_choices": { "choices": 2, "stale": "2 s" } }),
        json!("join_idle_queue"),
        json!({ "latency_aware": {} }),
        json!({ "locality": {} }),
        json!({ "age_biased": {} }),
        json!({ "reliability": {} }),
        json!({ "consistent_hashing": { "bound": 1.25 } }),
        json!({ "score": "2*reliability - 0.5*load - latency_ms/400" }),
        json!({ "score": "random + local - outstanding + age_h/24", "choices": 3 }),
        json!("oracle"),
    ];
    let health = json!({ "heartbeat": { "period": "5 s", "timeout": "12 s" } });
    let requests = json!({ "attempts": 2, "timeout": "1 s" });
    for (number, way) in ways.iter().enumerate() {
        let policy = json!({ "health": health, "routing": way, "requests": requests });
        file["policies"][number.to_string()] = policy;
    }
    let (first, again) = (run(&file, 0), run(&file, 0));
    for ((record, repeated), way) in first.iter().zip(&again).zip(&ways) {
        assert_eq!(record.exogenous, first[0].exogenous, "{way}");
        assert_eq!(record.trace, repeated.trace, "{way}");
        assert!(value(record, "requests.success_ratio") > 0.4, "{way}: {:?}", record.metrics);
    }
}

/// `nodes` equal nodes side by side without any way between, at a load; mean latency in units of the mean work.
fn mean_latency(nodes: u32, load: f64, routing: &Value) -> f64 {
    let file = json!({
        "duration": "250 s", "warmup": "30 s",
        "nodes": { "box": {} },
        "fleet": [{ "sites": nodes, "racks": [{ "nodes": { "box": 1 } }] }],
        "workloads": { "work": { "requests": {
            "arrivals": { "poisson": { "rate": format!("{} /s", 10.0 * load * f64::from(nodes)) } },
            "demand": { "exponential": { "mean": "100 ms" } } } } },
        "policies": { "it": { "routing": routing } }
    });
    10.0 * value(&run(&file, 0)[0], "requests.latency.mean")
}

#[test]
fn queues_are_as_long_as_theory_says() {
    // Random: M/M/1, 1/(1 - load). Two choices: the sum of load^(2^i - 2) (Mitzenmacher). Idle queue with a single dispatcher: an arrival
    // waits only when nobody is idle, which in a large fleet is rare; so nearly 1.
    let load: f64 = 0.8;
    let close = |name: &str, found: f64, expected: f64, within: f64| {
        assert!((found - expected).abs() < within * expected, "{name}: {found}, not {expected}");
    };
    let two: f64 = (1..=8).map(|i| libm::pow(load, f64::from((1_u32 << i) - 2))).sum();
    close("random", mean_latency(50, load, &json!("random")), 5.0, 0.1);
    close("two choices", mean_latency(50, load, &json!({ "power_of_choices": {} })), two, 0.05);
    close("score", mean_latency(50, load, &json!({ "score": "-load", "choices": 2 })), two, 0.05);
    close("idle queue", mean_latency(100, load, &json!("join_idle_queue")), 1.0, 0.05);
    close(
        "oracle",
        mean_latency(50, load, &json!("oracle")),
        mean_latency(50, load, &json!("least_loaded")),
        0.02,
    );
    close(
        "nearest",
        mean_latency(50, load, &json!({ "locality": {} })),
        mean_latency(50, load, &json!({ "power_of_choices": {} })),
        0.05,
    );
}

#[test]
fn old_news_makes_a_herd() {
    // Mitzenmacher (2000): the longer the period, the worse; the shortest of all suffers most, two choices less.
    let all = |stale: &str| mean_latency(20, 0.7, &json!({ "least_loaded": { "stale": stale } }));
    let two = |stale: &str| mean_latency(20, 0.7, &json!({ "power_of_choices": { "stale": stale } }));
    let random = mean_latency(20, 0.7, &json!("random"));
    let (fresh, old) = (all("10 ms"), all("3 s"));
    assert!(fresh < 0.5 * random, "{fresh} against {random}");
    assert!(old > 1.5 * random, "{old} against {random}");
    assert!(two("3 s") < 0.7 * old);
    assert!(two("10 ms") < two("300 ms") && two("300 ms") < two("3 s"));
    assert!(all("10 ms") < all("300 ms") && all("300 ms") < old);
}

#[test]
fn places_and_latencies_are_used() {
    let file = queues(20, 0.4, "120 s");
    let mean = |routing: Value| value(&alone(&file, &json!({ "routing": routing })), "requests.latency.mean");
    let two = mean(json!({ "power_of_choices": {} }));
    // All enter in one region; the other is 30 ms away.
    for way in [
        json!({ "locality": {} }),
        json!({ "latency_aware": { "choices": 4 } }),
        json!({ "score": "local - 2*load", "choices": 4 }),
        json!({ "score": "-latency_ms*(outstanding + 1)", "choices": 4 }),
        json!("oracle"),
    ] {
        let found = mean(way.clone());
        assert!(found < two - 0.01, "{way}: {found} s instead of {two} s");
    }
}

#[test]
fn grey_nodes_are_found_by_latency_and_by_failures() {
    let mut file = queues(20, 0.3, "200 s");
    file["faults"] = json!([{ "at": "20 s", "slow": { "all": true, "share": 0.2, "factor": 20 } }]);
    let requests = json!({ "attempts": 3, "timeout": "1 s" });
    let ratio = |routing: Value| {
        let record = alone(&file, &json!({ "routing": routing, "requests": requests }));
        (value(&record, "requests.success_ratio"), value(&record, "requests.extra_load"))
    };
    let (random, extra) = ratio(json!("random"));
    for way in [
        json!({ "reliability": {} }),
        json!({ "latency_aware": {} }),
        json!({ "score": "reliability - load/10" }),
    ] {
        let (found, more) = ratio(way.clone());
        assert!(
            found > random + 0.02 && more < 0.7 * extra,
            "{way}: {found}, {more} against {random}, {extra}"
        );
    }
}

#[test]
fn what_cannot_be_known_is_refused() {
    for (routing, words) in [
        (json!({ "thermal_aware": {} }), "asks for nothing"),
        (json!({ "battery_aware": {} }), "asks for nothing"),
        (json!({ "score": "-temperature" }), "asks for nothing"),
        (json!({ "price_aware": {} }), "but there is none"),
        (json!({ "score": "-price" }), "but there is none"),
    ] {
        let file = with(queues(4, 0.5, "1 min"), "/policies", json!({ "it": { "routing": routing } }));
        let problems = refused(&file);
        assert!(problems.contains(words) && problems.contains("/policies/it/routing"), "{problems}");
    }
}

#[test]
fn what_nodes_say_of_their_heat_spares_the_hot() {
    // Half of the nodes stand in a hut at 60 °C and throttle when busy for long.
    let mut file = queues(20, 0.3, "600 s");
    file["regions"] = json!({ "here": { "weather": { "constant": "15 C" } }, "there": { "weather": { "constant": "60 C" } } });
    file["nodes"]["box"] = json!({ "idle": "20 W", "peak": "200 W", "thermal": {
        "resistance": "0.2 K/W", "time_constant": "60 s",
        "throttle": { "at": "75 C", "resume": "70 C", "speed": 0.4, "power": 0.5 } } });
    file["workloads"]["work"]["requests"]["demand"] = json!({ "exponential": { "mean": "100 ms" } });
    let telemetry = json!({ "period": "5 s" });
    let of = |routing: Value| alone(&file, &json!({ "telemetry": telemetry, "routing": routing }));
    let blind = of(json!({ "power_of_choices": {} }));
    for way in [
        json!({ "thermal_aware": { "avoid": "70 C" } }),
        json!({ "score": "-default(temperature, 40)/10 - 3*load", "choices": 2 }),
    ] {
        let seeing = of(way.clone());
        let throttled = |record: &RunRecord| value(record, "nodes.throttled");
        assert!(
            throttled(&seeing) < 0.5 * throttled(&blind),
            "{way}: {} of {}",
            throttled(&seeing),
            throttled(&blind)
        );
        assert_eq!(seeing.exogenous, blind.exogenous);
    }
}

#[test]
fn published_prices_move_the_work() {
    let mut file = queues(20, 0.3, "120 s");
    file["nodes"]["box"] = json!({ "idle": "0 W", "peak": "200 W" });
    file["fleet"][0]["tariff"] = json!({ "flat": "0.4 $/kWh" });
    file["fleet"][1]["tariff"] = json!({ "flat": "0.1 $/kWh" });
    file["economics"] = json!({});
    let cost = |routing: Value| value(&alone(&file, &json!({ "routing": routing })), "energy.cost");
    let blind = cost(json!({ "power_of_choices": {} }));
    for way in [
        json!({ "price_aware": { "choices": 4, "spill": 3 } }),
        json!({ "score": "-price - load/20", "choices": 4 }),
    ] {
        let found = cost(way.clone());
        assert!(found < 0.8 * blind, "{way}: {found} instead of {blind} $");
    }
}
