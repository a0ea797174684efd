//! What a beat of a health check costs.

use super::*;
use common::exponential;

/// Nodes whose beats all take differently long, so that each of them matters to φ.
#[test]
#[ignore = "a measurement: cargo test --release --workspace --test stress -- --ignored --nocapture nanoseconds"]
fn nanoseconds_of_a_beat() {
    let gamma = json!({ "gamma": { "mean": "4 ms", "shape": 0.8 } });
    for (name, latency) in [("gamma", gamma), ("exponential", exponential("4 ms"))] {
        let file = json!({
            "name": "beats", "duration": "100000 s", "nodes": { "box": {} },
            "fleet": [{ "sites": 20, "link": { "latency": latency }, "racks": [{ "nodes": { "box": 1 } }] }],
            "policies": { "phi": { "health": { "phi_accrual": { "period": "1 s", "threshold": 8 } } } }
        });
        let scenario = load(&file);
        let begin = cpu_time::ProcessTime::now();
        let record = sim_core::run(&scenario, "phi", 0, 0);
        let nanoseconds = begin.elapsed().as_secs_f64() * 1e9 / (20.0 * 100_000.0);
        println!("{nanoseconds:.0} ns a beat over {name} links");
        assert_eq!(value(&record, "nodes.uptime"), 1.0);
        assert!(nanoseconds < 5_000.0);
    }
}
