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

/// Load is what is sent. How busy nodes are is another matter: an early retry that succeeds calls back what its siblings would have done.
/// Nor is a tighter budget of one layer always less load while another is free: without hedges more attempts time out and are tried again.
#[test]
fn a_budget_never_raises_load() {
    for file in [queues(30, 0.3, "220 s"), failing()] {
        let load = |retries: Value, hedges: Value| {
            let record = alone(&file, &chain(retries, hedges));
            (amplification(&record), record.exogenous)
        };
        let free = load(Value::Null, Value::Null);
        let mut before = free.clone();
        for budget in [0.5, 0.2, 0.05, 0.0] {
            let both = load(json!(budget), json!(budget));
            assert!(both.0 <= before.0, "{budget}: {} after {}", both.0, before.0);
            for one in [load(json!(budget), Value::Null), load(Value::Null, json!(budget))] {
                assert!(one.0 <= free.0, "{budget}: {} and without it {}", one.0, free.0);
                assert!(both.0 <= one.0, "{budget}: {} with both budgets and {} with one", both.0, one.0);
                assert_eq!(one.1, free.1, "the world is the same");
            }
            before = both;
        }
    }
}
