//! Groups a and b: single stations and the power of choices. One unit of time is a second.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(
    mm1,
    mmc,
    md1,
    mlogn1,
    mm1k,
    erlang_loss_for_any_service,
    processor_sharing,
    breakdowns,
    setup_times,
    power_of_choices,
    linear_power
);

/// One node with `slots` servers.
fn station(slots: u32, rate: f64, demand: Value, customers: f64, warmup: f64) -> Setup {
    Setup::new(1, 1, warmup, customers / rate).node("slots", json!(slots)).requests(poisson(rate), demand)
}

fn lognormal(mean: f64, cv2: f64) -> Value {
    json!({ "lognormal": { "mean": seconds(mean), "sigma": libm::log(1.0 + cv2).sqrt() } })
}

const QUANTILES: [(&str, &str); 5] = [
    ("T_q0.5", "requests.latency.p50"),
    ("T_q0.9", "requests.latency.p90"),
    ("T_q0.95", "requests.latency.p95"),
    ("T_q0.99", "requests.latency.p99"),
    ("T_q0.999", "requests.latency.p999"),
];

fn mm1(scale: Scale) {
    for (id, customers, warmup, resolution) in
        [("a.mm1.1", 50_000.0, 500.0, 0.04), ("a.mm1.3", 100_000.0, 5_000.0, 0.2)]
    {
        let oracle = Oracle::named(id);
        let study = Study::new(id, scale, 20, 1e7 / 20.0 / customers, |factor| {
            station(1, oracle.param("lam"), exponential("1 s"), factor * customers, warmup).build()
        });
        study.agrees(&oracle, "W", resolution, metric("requests.latency.mean"));
        study.agrees(&oracle, "util", 0.03, metric("nodes.busy"));
        for (name, quantile) in &QUANTILES[..4] {
            study.agrees(&oracle, name, 1.5 * resolution, metric(quantile));
        }
        study.agrees(&oracle, "T_q0.999", 4.0 * resolution, metric("requests.latency.p999"));
    }
}

fn mmc(scale: Scale) {
    for (id, customers, resolution) in [("a.mmc.1", 60_000.0, 0.08), ("a.mmc.3", 100_000.0, 0.08)] {
        let oracle = Oracle::named(id);
        let slots = oracle.param("c") as u32;
        // Of 10⁷ customers the 95th percentile has a standard error of 0.4 %, too near to the 1 % of the file; of four times as many, half.
        let study = Study::new(id, scale, 20, 4e7 / 20.0 / customers, |factor| {
            station(slots, oracle.param("lam"), exponential("1 s"), factor * customers, 1_000.0).build()
        });
        study.agrees(&oracle, "W", resolution, metric("requests.latency.mean"));
        for (name, quantile) in &QUANTILES[..4] {
            study.agrees(&oracle, name, 2.0 * resolution, metric(quantile));
        }
    }
}

fn md1(scale: Scale) {
    for (id, customers, warmup, resolution) in
        [("a.md1.1", 30_000.0, 300.0, 0.02), ("a.md1.3", 60_000.0, 2_000.0, 0.12)]
    {
        let oracle = Oracle::named(id);
        let study = Study::new(id, scale, 20, 1e7 / 20.0 / customers, |factor| {
            station(1, oracle.param("lam"), json!("1 s"), factor * customers, warmup).build()
        });
        study.agrees(&oracle, "W", resolution, metric("requests.latency.mean"));
        // The service is constant, so quantiles of the wait are those of the sojourn less one second.
        for (name, quantile) in [("Wq_q0.9", "requests.latency.p90"), ("Wq_q0.99", "requests.latency.p99")] {
            study.agrees(&oracle, name, 3.0 * resolution, |record| value(record, quantile) - 1.0);
        }
    }
}

fn mlogn1(scale: Scale) {
    let oracle = Oracle::named("a.mlogn1.1");
    let study = Study::new("M/lognormal/1", scale, 20, 20.0, |factor| {
        station(1, oracle.param("lam"), lognormal(1.0, oracle.param("cv2")), factor * 25_000.0, 500.0).build()
    });
    study.agrees(&oracle, "W", 0.06, metric("requests.latency.mean"));
}

fn mm1k(scale: Scale) {
    for id in ["a.mm1k.2", "a.mm1k.3", "a.mm1k.4"] {
        let oracle = Oracle::named(id);
        let (rate, places) = (oracle.param("lam"), oracle.param("K") as u32);
        let study = Study::new(id, scale, 20, 20.0, |factor| {
            station(1, rate, exponential("1 s"), factor * 25_000.0, 500.0)
                .node("queue", json!(places - 1))
                .build()
        });
        study.agrees(&oracle, "loss", 0.3, ratio("requests.rejected", "requests.arrived"));
        study.agrees(&oracle, "W_accepted", 0.08, metric("requests.latency.mean"));
        study.agrees_with(&format!("{id} 1 - P0"), 1.0 - oracle.value("P0"), 0.03, metric("nodes.busy"));
    }
}

fn erlang_loss_for_any_service(scale: Scale) {
    for (id, resolution) in [("a.mgcc.1", 0.03), ("a.mgcc.3", 0.3)] {
        let oracle = Oracle::named(id);
        let slots = oracle.param("c") as u32;
        for demand in [exponential("1 s"), json!("1 s"), lognormal(1.0, 4.0)] {
            let study = Study::new(&format!("{id} with {demand}"), scale, 20, 20.0, |factor| {
                station(slots, oracle.param("lam"), demand.clone(), factor * 25_000.0, 50.0)
                    .node("queue", json!(0))
                    .build()
            });
            study.agrees(&oracle, "blocking", resolution, ratio("requests.rejected", "requests.arrived"));
            study.agrees(&oracle, "carried", 0.02, |record| f64::from(slots) * value(record, "nodes.busy"));
        }
    }
}

fn processor_sharing(scale: Scale) {
    let oracle = Oracle::named("a.mm1ps.1");
    for demand in [exponential("1 s"), json!("1 s"), lognormal(1.0, 1.0)] {
        let study = Study::new(&format!("processor sharing with {demand}"), scale, 20, 20.0, |factor| {
            station(1, oracle.param("lam"), demand.clone(), factor * 25_000.0, 500.0)
                .node("discipline", json!("ps"))
                .build()
        });
        study.agrees(&oracle, "ET", 0.06, metric("requests.latency.mean"));
        if demand == exponential("1 s") {
            for (name, quantile) in &QUANTILES[..4] {
                study.agrees(&oracle, name, 0.1, metric(quantile));
            }
        }
    }
}

fn breakdowns(scale: Scale) {
    let cases: &[(&str, f64)] = match scale {
        Scale::Quick => &[("a.mm1brk.2", 0.35)],
        Scale::Full => &[("a.mm1brk.2", 0.0), ("a.mm1brk.4", 0.0)],
    };
    for &(id, resolution) in cases {
        let oracle = Oracle::named(id);
        let study = Study::new(id, scale, 20, 20.0, |factor| {
            station(1, oracle.param("lam"), exponential("1 s"), factor * 35_000.0, 5_000.0)
                .node("on_down", json!("hold"))
                .node(
                    "hardware",
                    json!({ "faults": {
                        "up": exponential(&seconds(1.0 / oracle.param("alpha"))),
                        "down": exponential(&seconds(1.0 / oracle.param("beta")))
                    } }),
                )
                .build()
        });
        study.agrees(&oracle, "availability", 0.02, metric("nodes.uptime"));
        study.agrees(&oracle, "W", resolution, metric("requests.latency.mean"));
    }
}

fn setup_times(scale: Scale) {
    let oracle = Oracle::named("a.mm1setup.2");
    let study = Study::new("set-up", scale, 20, 20.0, |factor| {
        let wake = exponential(&seconds(1.0 / oracle.param("alpha")));
        station(1, oracle.param("lam"), exponential("1 s"), factor * 25_000.0, 1_000.0)
            .node("sleep", json!({ "after": "0 s", "wake": wake }))
            .build()
    });
    study.agrees(&oracle, "ET", 0.1, metric("requests.latency.mean"));
}

/// Mean sojourn by Mitzenmacher's fixed point: a share `lam^((d^i − 1)/(d − 1))` of servers has at least i customers.
fn supermarket(lam: f64, d: f64) -> f64 {
    let tails = (1..60).map(|i| libm::pow(lam, (libm::pow(d, f64::from(i)) - 1.0) / (d - 1.0)));
    tails.take_while(|share| *share > 0.0).sum::<f64>() / lam
}

fn power_of_choices(scale: Scale) {
    let nodes = 500;
    for (choices, lam, resolution) in
        [(1, 0.7, 0.03), (2, 0.7, 0.01), (2, 0.9, 0.02), (5, 0.5, 0.01), (5, 0.9, 0.02)]
    {
        let study = Study::new(&format!("power of {choices} at {lam}"), scale, 10, 10.0, |factor| {
            Setup::new(1, nodes, 100.0, factor * 200.0)
                .requests(poisson(f64::from(nodes) * lam), exponential("1 s"))
                .policy("routing", json!({ "power_of_choices": { "choices": choices } }))
                .build()
        });
        // The limit is for infinitely many servers; at 500 the bias of the mean is below half a per cent at these loads.
        let (mean, standard_error) = study.estimate(metric("requests.latency.mean"));
        let expected = match choices {
            1 => Oracle::named("b.pod.d1").value(&format!("ET_lam{lam}")),
            5 => Oracle::named("b.pod.d5").value(&format!("ET_lam{lam}")),
            d => supermarket(lam, f64::from(d)),
        };
        let tolerance = 5.0 * standard_error + 0.005 * expected;
        assert!(tolerance <= (resolution + 0.005) * expected, "too few samples: {tolerance} of {expected}");
        agrees(&format!("power of {choices} at {lam}"), mean, expected, tolerance);
    }
    let tails = Oracle::named("b.pod.tails");
    let known: f64 = (1..=5).map(|i| tails.value(&format!("s{i}_lam0.7"))).sum();
    agrees("the fixed point agrees with the oracle", supermarket(0.7, 2.0), known / 0.7, 1e-6);
}

fn linear_power(scale: Scale) {
    for id in ["l.power.1", "l.power.2"] {
        let oracle = Oracle::named(id);
        let seconds_measured = 40_000.0;
        let study = Study::new(id, scale, 20, 10.0, |factor| {
            station(
                1,
                oracle.param("rho"),
                exponential("1 s"),
                factor * seconds_measured * oracle.param("rho"),
                200.0,
            )
            .node("idle", json!(format!("{} W", oracle.param("P_idle"))))
            .node("peak", json!(format!("{} W", oracle.param("P_peak"))))
            .build()
        });
        let measured = if scale == Scale::Full { 10.0 * seconds_measured } else { seconds_measured };
        study.agrees(&oracle, "mean_power", 0.02, |record| value(record, "energy.total") / measured);
    }
}
