//! Group f: bursty links and retransmission. A step of the oracle's chain is a second.
//!
//! A request and its reply are two messages. They meet the same state of the link, since the latency is zero, but each draws its
//! own loss; so where a state loses an exchange with probability p, each message is lost with 1 − √(1 − p).

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(
    loss_of_a_bursty_link,
    retries_over_a_bursty_link,
    retries_with_independent_loss,
    sojourns_of_a_continuous_link
);

/// Loss of one message such that an exchange of two is lost with probability `loss`.
fn each_way(loss: f64) -> f64 {
    1.0 - (1.0 - loss).sqrt()
}

/// The continuous-time link that, looked at every second, is the oracle's chain: with p + r = 1 − e^{−(α+β)} and α : β = p : r.
fn gilbert_elliott(oracle: &Oracle) -> Value {
    let (p, r) = (oracle.param("p"), oracle.param("r"));
    let rate = -libm::log(1.0 - p - r) / (p + r);
    json!({ "loss": { "gilbert_elliott": {
        "to_bad": per_second(rate * p),
        "to_good": per_second(rate * r),
        "loss_good": each_way(1.0 - oracle.param("deliver_good")),
        "loss_bad": each_way(1.0 - oracle.param("deliver_bad"))
    } } })
}

/// One request every `gap` seconds to a server that answers at once.
fn pinger(link: Value, gap: f64, requests: f64) -> Setup {
    Setup::new(1, 1, 100.0, gap * requests)
        .node("slots", json!(1000))
        .fleet("link", link)
        .requests(json!({ "every": seconds(gap) }), json!("0 s"))
}

fn failed() -> impl Fn(&sim_core::measure::record::RunRecord) -> f64 {
    ratio("requests.failed", "requests.arrived")
}

fn loss_of_a_bursty_link(scale: Scale) {
    for (id, runs) in [("f.ge.1", [2, 3, 5].as_slice()), ("f.ge.3", &[])] {
        let oracle = Oracle::named(id);
        let study = Study::new(id, scale, 20, 10.0, |factor| {
            pinger(gilbert_elliott(&oracle), 1.0, factor * 50_000.0)
                .policy("requests", json!({ "timeout": "100 ms" }))
                .build()
        });
        study.agrees(&oracle, "loss_rate", 0.12, failed());

        // Two tries a second apart fail together as often as a loss is followed by a loss.
        let pairs = Study::new(id, scale, 20, 10.0, |factor| {
            pinger(gilbert_elliott(&oracle), 1.0, factor * 50_000.0)
                .policy("requests", json!({ "timeout": "1 s", "attempts": 2 }))
                .build()
        });
        let both = oracle.value("loss_rate") * oracle.value("P_loss_given_prev_loss");
        pairs.agrees_with(&format!("{id} loss and loss"), both, 0.15, failed());

        // A run of losses that has begun reaches length n with the oracle's probability; the bad state of f.ge.1 always loses.
        for n in runs {
            let study = Study::new(id, scale, 20, 10.0, |factor| {
                pinger(gilbert_elliott(&oracle), 1.0, factor * 50_000.0)
                    .policy("requests", json!({ "timeout": "1 s", "attempts": n }))
                    .build()
            });
            let expected = oracle.value("loss_rate") * oracle.value(&format!("P_run_ge_{n}"));
            study.agrees_with(&format!("{id} run of {n}"), expected, 0.25, failed());
        }
    }
}

fn retries_over_a_bursty_link(scale: Scale) {
    for (id, requests, resolution) in
        [("f.arq.1", 50_000.0, 0.2_f64), ("f.arq.3", 100_000.0, 0.35), ("f.arq.4", 50_000.0, 1.0)]
    {
        let oracle = Oracle::named(id);
        let (tries, first) = (1 + oracle.param("retries") as u32, oracle.param("L0"));
        // Gaps of L0 · 2^a cannot be had from a constant timeout, so it is next to nothing there and the back-off is the gap.
        let requests_policy = match oracle.text("mode") {
            "fixed" => json!({ "attempts": tries, "timeout": seconds(first) }),
            _ => json!({
                "attempts": tries,
                "timeout": "1 us",
                "backoff": { "base": seconds(first), "factor": 2, "max": "1 d", "jitter": 0 }
            }),
        };
        let study = Study::new(id, scale, 20, 10.0, |factor| {
            pinger(gilbert_elliott(&oracle), 3.0, factor * requests)
                .policy("requests", requests_policy.clone())
                .build()
        });
        study.agrees(&oracle, "mean_attempts", 0.02, |record| 1.0 + value(record, "requests.extra_load"));
        study.agrees(
            &oracle,
            "mean_extra_delay_steps_given_delivered",
            resolution.min(0.5),
            metric("requests.latency.mean"),
        );
        if id != "f.arq.4" || scale == Scale::Full {
            study.agrees(&oracle, "P_fail", resolution, failed());
        }
    }
}

fn retries_with_independent_loss(scale: Scale) {
    for (id, resolution) in [("f.arqiid.1", 0.2), ("f.arqiid.3", 0.05)] {
        let oracle = Oracle::named(id);
        let (timeout, growth) = (oracle.param("timeout"), oracle.param("backoff"));
        let link = json!({ "loss": each_way(oracle.param("loss")) });
        let study = Study::new(id, scale, 20, 5.0, |factor| {
            pinger(link.clone(), 1.0, factor * 10_000.0)
                .policy(
                    "requests",
                    json!({
                        "attempts": 1 + oracle.param("retries") as u32,
                        "timeout": "1 us",
                        "backoff": { "base": seconds(timeout), "factor": growth, "max": "1 d", "jitter": 0 }
                    }),
                )
                .build()
        });
        study.agrees(&oracle, "mean_attempts", 0.02, |record| 1.0 + value(record, "requests.extra_load"));
        study.agrees(&oracle, "mean_wait_given_delivered", resolution, metric("requests.latency.mean"));
        if id == "f.arqiid.3" {
            study.agrees(&oracle, "P_fail", 0.2, failed());
        }
    }
}

fn sojourns_of_a_continuous_link(scale: Scale) {
    let oracle = Oracle::named("f.gecont.1");
    let link = json!({ "loss": { "gilbert_elliott": {
        "to_bad": per_second(oracle.param("rate_good_to_bad")),
        "to_good": per_second(oracle.param("rate_bad_to_good")),
        "loss_good": 0,
        "loss_bad": 1
    } } });
    let frac_bad = oracle.value("frac_bad");
    for (after, resolution) in [(1.0, 0.15), (10.0, 0.3)] {
        let study = Study::new("two tries", scale, 20, 10.0, |factor| {
            pinger(link.clone(), 3.0, factor * 30_000.0)
                .policy("requests", json!({ "attempts": 2, "timeout": seconds(after) }))
                .build()
        });
        // The first try of each request samples the state; the second samples it again, given bad.
        let first_lost = |record: &sim_core::measure::record::RunRecord| value(record, "requests.extra_load");
        study.agrees(&oracle, "frac_bad", 0.12, first_lost);
        let both = frac_bad * oracle.value(&format!("P_bad_at_{after}_given_bad"));
        study.agrees_with(&format!("bad and bad {after} s later"), both, resolution, failed());
    }
}
