//! All layers that send more than one message for a request, together: copies, hedges, retries and breakers. Each alone is bounded;
//! what must hold is that the whole is, too, and that a bound on one layer never makes another send more than it saves.

use super::*;

/// Thirty nodes of which half stop answering for half of the time measured, messages that are lost, and a health check that does not help.
fn failing() -> Value {
    let mut file = with(queues(30, 0.3, "320 s"), "/fleet/1/link/loss", json!(0.05));
    file["faults"] = json!([{ "at": "120 s", "for": "100 s", "loss": { "fleet": "far", "p": 0.9 } }]);
    file
}

/// Every layer at once: c copies, hedges, `attempts` tries of each, a breaker, and budgets if there are any.
fn chain(retries: Value, hedges: Value) -> Value {
    let mut requests = json!({
        "copies": 2, "attempts": 4, "timeout": "400 ms",
        "hedge": { "after": "200 ms", "max": 2 },
        "circuit_breaker": { "failures": 5, "open": "5 s", "most": 0.5 }
    });
    if !retries.is_null() {
        requests["retry_budget"] = retries;
    }
    if !hedges.is_null() {
        requests["hedge"]["budget"] = hedges;
    }
    json!({ "health": "none", "requests": requests })
}

/// Attempts for each request that arrived after the warm-up.
fn amplification(record: &RunRecord) -> f64 {
    value(record, "requests.attempts") / value(record, "requests.arrived")
}

#[test]
fn budgets_bound_the_amplification_of_the_whole_chain() {
    let file = failing();
    let free = alone(&file, &chain(Value::Null, Value::Null));
    // Without budgets, copies and hedges, each tried again and again, multiply.
    assert!(amplification(&free) > 3.2, "{}", amplification(&free));
    for (retries, hedges) in [(0.3, 0.2), (0.1, 0.1), (0.1, 0.0), (0.0, 0.1), (0.0, 0.0)] {
        let record = alone(&file, &chain(json!(retries), json!(hedges)));
        let arrived = value(&record, "requests.arrived");
        // A bucket at each of the two gateways holds ten tokens of each kind; what was under way when measuring began counts too.
        let most = 2.0 + retries + hedges + (2.0 * 2.0 * 10.0 + 100.0) / arrived;
        assert!(
            amplification(&record) <= most,
            "{retries}, {hedges}: {} and at most {most}",
            amplification(&record)
        );
        // What was sent is what the layers say that they have sent.
        let sent = |name: &str| record.metrics.get(name).copied().unwrap_or(0.0);
        let layers = 2.0 * arrived + sent("requests.retries.sent") + sent("requests.hedges.sent");
        let all = value(&record, "requests.attempts");
        assert!((all - layers).abs() <= 0.01 * all, "{all} attempts, {layers} by layers");
        assert!(sent("requests.retries.sent") <= retries * arrived + 40.0, "{retries}");
        assert!(sent("requests.hedges.sent") <= hedges * arrived + 40.0, "{hedges}");
    }
}

#[test]
fn a_budget_never_raises_load() {
    for file in [queues(30, 0.3, "220 s"), failing()] {
        let load = |retries: Value, hedges: Value| {
            let record = alone(&file, &chain(retries, hedges));
            (amplification(&record), value(&record, "nodes.busy"), record.exogenous)
        };
        let budgets = [Value::Null, json!(0.5), json!(0.2), json!(0.05), json!(0)];
        let by_retries: Vec<_> = budgets.iter().map(|it| load(it.clone(), Value::Null)).collect();
        let by_hedges: Vec<_> = budgets.iter().map(|it| load(Value::Null, it.clone())).collect();
        let by_both: Vec<_> = budgets.iter().map(|it| load(it.clone(), it.clone())).collect();
        for loads in [by_retries, by_hedges, by_both] {
            for pair in loads.windows(2) {
                // Draws are those of the request, but queues differ: a thousandth of chance is left.
                assert!(pair[1].0 <= 1.001 * pair[0].0, "{loads:?}");
                assert!(pair[1].1 <= 1.005 * pair[0].1, "{loads:?}");
                assert_eq!(pair[0].2, pair[1].2, "the world is the same");
            }
        }
    }
}
