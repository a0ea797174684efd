//! Budgets, ties, breakers, shedding, limits and timeouts that adapt.

use super::common::told;
use super::*;

/// All that a policy can do about stress at once.
fn everything() -> Value {
    json!({
        "health": { "heartbeat": { "period": "5 s", "timeout": "12 s" } },
        "routing": { "latency_aware": {} },
        "requests": {
            "attempts": 3, "copies": 2, "tied": true,
            "timeout": { "percentile": "p99", "times": 3, "initial": "2 s" },
            "backoff": { "base": "20 ms", "jitter": 0.5 },
            "hedge": { "after": "p95", "budget": 0.05 },
            "retry_budget": { "per_success": 0.1 },
            "circuit_breaker": { "failures": 3, "share": 0.5, "open": "5 s" },
            "shedding": { "queue": 8, "age": "2 s", "codel": {}, "overdue": true, "newest_first": true },
            "concurrency": { "initial": 50, "latency": "1 s" }
        }
    })
}

/// A fleet in which nodes fail, messages are lost and a third of the nodes is slow for a while.
fn troubled() -> Value {
    let mut file = queues(20, 0.6, "200 s");
    file["nodes"]["box"] = json!({ "hardware": { "faults": { "up": { "exponential": { "mean": "200 s" } }, "down": "20 s" } }, "queue": 50 });
    file["faults"] =
        json!([{ "at": "80 s", "for": "20 s", "slow": { "all": true, "share": 0.3, "factor": 10 } }]);
    file
}

#[test]
fn no_policy_moves_the_world_and_every_run_repeats() {
    let mut file = troubled();
    let requests = |fields: Value| json!({ "requests": fields });
    file["policies"] = json!({
        "plain": {},
        "everything": everything(),
        "budget": requests(json!({ "attempts": 4, "timeout": "500 ms", "retry_budget": 0.1 })),
        "round-trip": requests(json!({ "attempts": 2, "timeout": { "initial": "2 s" } })),
        "tied": requests(json!({ "copies": 2, "tied": true })),
        "tied-hedge": requests(json!({ "hedge": { "after": "30 ms" }, "tied": true })),
        "breaker": { "health": "none", "requests": { "attempts": 2, "timeout": "1 s", "circuit_breaker": { "failures": 2 } } }
    });
    let (first, again) = (run(&file, 0), run(&file, 0));
    for (record, repeated) in first.iter().zip(&again) {
        assert_eq!(record.exogenous, first[0].exogenous, "{}", record.policy);
        assert_eq!(record.trace, repeated.trace, "{}", record.policy);
        assert_eq!(record.metrics, repeated.metrics, "{}", record.policy);
        let over = ["completed", "failed", "in_flight"].map(|it| value(record, &format!("requests.{it}")));
        // Those in flight at the end of the warm-up are resolved, but did not arrive after it.
        assert!(
            (over.iter().sum::<f64>() - value(record, "requests.arrived")).abs() < 0.5,
            "{}",
            record.policy
        );
    }
    let everything = &first[1];
    for name in ["retries.sent", "hedges.sent", "hedges.won", "shed", "breaker_opens"] {
        assert!(value(everything, &format!("requests.{name}")) > 0.0, "{name}: {:?}", everything.metrics);
    }
}

/// What is told of a policy does not depend on what stands beside it in the file.
#[test]
fn the_metrics_of_a_policy_are_its_own() {
    let mut file = queues(4, 0.5, "60 s");
    let hedged = json!({ "requests": { "hedge": { "after": "100 ms" }, "attempts": 2, "timeout": "2 s" } });
    file["policies"] = json!({ "plain": {}, "hedged": hedged, "everything": everything() });
    let together = run(&file, 0);
    let names = |record: &RunRecord| -> Vec<String> { record.metrics.keys().cloned().collect() };
    for (index, policy) in [(0, json!({})), (1, hedged)] {
        assert_eq!(names(&alone(&file, &policy)), names(&together[index]));
        assert!(together[index].metrics.contains_key("requests.amplification"));
    }
    let has = |name: &str| together[..2].iter().map(|it| it.metrics.contains_key(name)).collect::<Vec<_>>();
    for name in ["requests.hedges.sent", "requests.hedges.won", "requests.retries.sent"] {
        assert_eq!(has(name), [false, true], "{name}");
    }
    assert_eq!(has("requests.shed"), [false, false]);
}

/// Metrics of requests, which must be the same.
fn requests_of(record: &RunRecord) -> Vec<(String, f64)> {
    let all = record.metrics.iter().filter(|(name, _)| name.starts_with("requests."));
    let ours = ["amplification", "retries", "hedges", "shed", "breaker"];
    all.filter(|(name, _)| !ours.iter().any(|it| name.contains(it))).map(|(k, v)| (k.clone(), *v)).collect()
}

#[test]
fn what_bounds_nothing_is_nothing() {
    let file = troubled();
    let base = json!({ "attempts": 3, "timeout": "400 ms", "hedge": { "after": "200 ms" } });
    let plain = alone(&file, &json!({ "requests": base }));
    for (field, to) in [
        ("/retry_budget", json!(1e9)),
        ("/tied", json!(false)),
        ("/hedge/budget", json!(1e9)),
        ("/shedding", json!({ "queue": 4_000_000_000_u32 })),
        ("/shedding", json!({ "age": "1 y", "codel": { "target": "1 y", "interval": "1 y" } })),
        ("/concurrency", json!({ "initial": 100_000, "least": 100_000, "most": 100_000 })),
        ("/circuit_breaker", json!({ "failures": 4_000_000_000_u32 })),
        ("/timeout", json!({ "initial": "400 ms", "least": "400 ms", "most": "400 ms" })),
    ] {
        let bounded = alone(&file, &json!({ "requests": with(base.clone(), field, to) }));
        assert_eq!(bounded.trace, plain.trace, "{field}");
        assert_eq!(requests_of(&bounded), requests_of(&plain), "{field}");
    }
}

#[test]
fn a_single_attempt_is_tied_to_nothing_and_no_budget_means_none() {
    let file = troubled();
    let plain = alone(&file, &json!({}));
    assert_eq!(alone(&file, &json!({ "requests": { "tied": true } })).trace, plain.trace);
    let never = alone(&file, &json!({ "requests": { "hedge": { "after": "50 ms", "budget": 0 } } }));
    assert!(value(&never, "requests.hedges.sent") == 0.0 && value(&never, "requests.extra_load") <= 0.0);
    assert!(value(&never, "requests.completed") == value(&plain, "requests.completed"));
    let once = json!({ "requests": { "timeout": "500 ms" } });
    let broke = json!({ "requests": { "timeout": "500 ms", "attempts": 5, "retry_budget": 0 } });
    let broke = alone(&file, &broke);
    assert_eq!(requests_of(&broke), requests_of(&alone(&file, &once)));
    assert!(value(&broke, "requests.retries.denied") > 0.0);
}

#[test]
fn ties_save_work_and_shorten_the_wait() {
    let file = queues(20, 0.5, "300 s");
    let requests = |fields: Value| alone(&file, &json!({ "requests": fields }));
    let single = requests(json!({}));
    let copies = requests(json!({ "copies": 2, "cancel": false }));
    let tied = requests(json!({ "copies": 2, "cancel": false, "tied": true }));
    assert_eq!(value(&tied, "requests.attempts"), value(&copies, "requests.attempts"));
    let busy = |record: &RunRecord| value(record, "nodes.busy");
    assert!(busy(&copies) > 1.8 * busy(&single), "both copies are served");
    // Ties are lost to the time that messages take: two nodes that are idle both begin.
    assert!(busy(&tied) < 0.85 * busy(&copies), "{} of {}", busy(&tied), busy(&copies));
    let mean = |record: &RunRecord| value(record, "requests.latency.mean");
    assert!(mean(&tied) < mean(&single), "{} and {}", mean(&tied), mean(&single));
    // A delay between the two, as Dean and Barroso advise, leaves little work done twice.
    let delayed = requests(json!({ "hedge": { "after": "80 ms" }, "cancel": false, "tied": true }));
    assert!(busy(&delayed) < 1.25 * busy(&single), "{} of {}", busy(&delayed), busy(&single));
    assert!(mean(&delayed) < mean(&single));
}

#[test]
fn breakers_leave_dead_nodes_alone_and_find_them_again() {
    let mut file = queues(20, 0.2, "300 s");
    file["faults"] = json!([{ "at": "60 s", "for": "120 s", "kill": { "fleet": "far" } }]);
    let requests = json!({ "attempts": 3, "timeout": "1 s" });
    let naive = alone(&file, &json!({ "health": "none", "requests": requests }));
    let guarded =
        with(requests.clone(), "/circuit_breaker", json!({ "failures": 3, "open": "10 s", "most": 0.6 }));
    let guarded = alone(&file, &json!({ "health": "none", "requests": guarded }));
    assert!(
        value(&guarded, "requests.success_ratio") > value(&naive, "requests.success_ratio") + 0.1,
        "{:?}\n{:?}",
        guarded.metrics,
        naive.metrics
    );
    assert!(value(&guarded, "requests.attempts") < 0.95 * value(&naive, "requests.attempts"));
    // Ten nodes die; each is tried about every 10 s for two minutes.
    let opens = value(&guarded, "requests.breaker_opens");
    assert!((60.0..160.0).contains(&opens), "{opens}");
    // Beforehand and afterwards all work: half of the attempts end at the far fleet.
    let far = value(&guarded, "nodes.busy") / value(&naive, "nodes.busy");
    assert!((0.85..1.15).contains(&far), "{far}");
}

#[test]
fn shedding_and_limits_keep_an_overloaded_service_useful() {
    let file = queues(10, 1.6, "200 s");
    let goodput = |fields: Value| value(&alone(&file, &json!({ "requests": fields })), "requests.goodput");
    let capacity = 100.0;
    let plain = goodput(json!({}));
    assert!(plain < 0.15 * capacity, "first come, first served late: {plain}");
    for (name, fields) in [
        ("queue", json!({ "shedding": { "queue": 4 } })),
        ("age", json!({ "shedding": { "age": "500 ms" } })),
        ("overdue", json!({ "shedding": { "overdue": true } })),
        ("codel", json!({ "shedding": { "codel": { "target": "50 ms", "interval": "500 ms" } } })),
        ("newest first", json!({ "shedding": { "newest_first": true } })),
        ("limit", json!({ "concurrency": { "latency": "600 ms" } })),
    ] {
        let kept = goodput(fields);
        assert!(kept > 0.5 * capacity, "{name} keeps {kept} of {capacity}");
    }
}

#[test]
fn a_timeout_that_adapts_finds_its_length() {
    let file = with(queues(20, 0.3, "300 s"), "/fleet/1/link/loss", json!(0.2));
    let with_timeout = |timeout: Value| {
        let requests = json!({ "attempts": 4, "timeout": timeout });
        alone(&file, &json!({ "health": "none", "requests": requests }))
    };
    let long = with_timeout(json!("10 s"));
    for adaptive in
        [json!({ "percentile": "p90", "times": 2, "initial": "10 s" }), json!({ "initial": "10 s" })]
    {
        let record = with_timeout(adaptive.clone());
        let (p99, before) = (value(&record, "requests.latency.p99"), value(&long, "requests.latency.p99"));
        assert!(p99 < 0.3 * before, "{adaptive}: {p99} s after {before} s");
        assert!(value(&record, "requests.completed") >= value(&long, "requests.completed") - 40.0);
        assert!(value(&record, "requests.extra_load") < 0.35, "{:?}", record.metrics);
    }
}

#[test]
fn naive_retries_keep_an_overload_going_and_a_budget_ends_it() {
    let mut file = with(queues(20, 0.7, "400 s"), "/fleet/1/link/loss", json!(0));
    file["faults"] =
        json!([{ "name": "brake", "at": "100 s", "for": "30 s", "slow": { "all": true, "factor": 3 } }]);
    let requests = json!({ "attempts": 4, "timeout": "1 s", "cancel": false });
    let naive = alone(&file, &json!({ "requests": requests }));
    let budget = alone(&file, &json!({ "requests": with(requests.clone(), "/retry_budget", json!(0.1)) }));
    assert!(value(&naive, "requests.success_ratio") < 0.45, "{:?}", naive.metrics);
    assert!(value(&budget, "requests.success_ratio") > 0.6, "{:?}", budget.metrics);
    assert!(!naive.metrics.contains_key("faults[brake].time_to_baseline"), "{:?}", naive.metrics);
}

#[test]
fn mistakes_and_doubts_are_told() {
    let told = |requests: Value| {
        told(&with(queues(4, 0.5, "1 min"), "/policies", json!({ "it": { "requests": requests } })))
    };
    for (requests, words) in [
        (json!({ "copies": 3, "quorum": 2, "tied": true }), "tied attempts cancel each other"),
        (json!({ "tied": true }), "no request has more than one"),
        (json!({ "retry_budget": 0.1 }), "makes none"),
        (json!({ "retry_budget": {} }), "exactly one of `per_request` and `per_success`"),
        (json!({ "retry_budget": { "per_request": 1, "per_success": 1 } }), "exactly one of"),
        (json!({ "circuit_breaker": {} }), "nothing opens this breaker"),
        (json!({ "circuit_breaker": { "failures": 3 } }), "nothing ever opens them"),
        (json!({ "shedding": {} }), "this sheds nothing"),
        (json!({ "timeout": { "initial": "1 h" } }), "does not lie between"),
        (json!({ "timeout": { "percentile": "99" } }), "accepted: a percentile"),
        (json!({ "concurrency": { "initial": 2000 } }), "does not lie between"),
    ] {
        let told = told(requests.clone());
        assert!(told.contains(words), "{requests}: {told}");
    }
}

/// A timeout that is shorter than every latency sees no reply; it must not stay there.
#[test]
fn a_percentile_timeout_finds_latencies_beyond_it_and_recovers() {
    let mut file = json!({
        "name": "patience", "duration": "190 min", "replications": 1,
        "nodes": { "box": { "slots": 10 } },
        "fleet": [{ "racks": [{ "nodes": { "box": 10 } }] }],
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "1 /s" } }, "demand": "20 s" } } },
    });
    let policy =
        json!({ "health": "none", "requests": { "timeout": { "percentile": "p99", "times": 1.5 } } });
    let success = |file: &Value| value(&alone(file, &policy), "requests.success_ratio");
    let calm = success(&file);
    assert!(calm > 0.97, "{calm}");
    file["faults"] = json!([{ "at": "1 h", "for": "1 h", "slow": { "all": true, "factor": 40 } }]);
    file["warmup"] = json!("130 min");
    let after = success(&file);
    assert!(after > 0.97, "{after}");
}
