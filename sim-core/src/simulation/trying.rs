//! A small world with outages, links, jobs and policies of many kinds, for tests of forks and of where runs part.

use crate::scenario::{NoFiles, Overrides, Scenario, Source, load};

/// Two hours of eight machines that lose power, links and work.
pub(super) const TRYING: &str = r#"{
  "seed": 5, "duration": "2 h",
  "regions": {
    "here": { "grid": { "outages": { "up": { "exponential": { "mean": "1 h" } }, "down": { "exponential": { "mean": "10 min" } } } } }
  },
  "nodes": { "box": { "slots": 2, "idle": "20 W", "peak": "60 W", "boot": "1 min",
    "hardware": { "faults": { "up": { "exponential": { "mean": "1 h" } }, "down": { "exponential": { "mean": "5 min" } } } } } },
  "fleet": [{ "name": "home", "region": "here", "sites": 4, "racks": [{ "nodes": { "box": 2 } }],
    "link": { "latency": { "exponential": { "mean": "20 ms" } }, "loss": 0.02 } }],
  "workloads": {
    "calls": { "requests": { "arrivals": { "poisson": { "rate": "0.5 /s" } }, "demand": { "exponential": { "mean": "600 ms" } }, "deadline": "3 s" } },
    "films": { "jobs": { "arrivals": { "poisson": { "rate": "0.01 /s" } }, "demand": "60 s" } }
  },
  "policies": {
    "bare": { "health": "none", "routing": "random" },
    "bare again": { "health": "none", "routing": "random" },
    "knowing": { "health": "oracle", "routing": "oracle" },
    "knowing again": { "health": "oracle", "routing": "oracle" },
    "trying": { "health": "none", "requests": { "attempts": 3, "timeout": "1 s", "backoff": "100 ms" } },
    "watching": { "health": { "heartbeat": { "period": "1 s", "timeout": "5 s" } }, "routing": "least_loaded",
      "requests": { "attempts": 3, "timeout": "2 s" } },
    "accruing": { "health": { "phi_accrual": { "period": "1 s" } }, "routing": "join_idle_queue",
      "flapping": { "hold": "10 s" },
      "requests": { "attempts": 2, "timeout": { "percentile": "p99" }, "circuit_breaker": { "failures": 5 } } },
    "hedging": { "health": { "probe": { "period": "2 s", "timeout": "500 ms", "misses": 2 } }, "routing": { "power_of_choices": {} },
      "requests": { "copies": 2, "quorum": 2, "hedge": { "after": "500 ms" }, "cancel": true, "attempts": 2, "timeout": "2 s" } }
  }
}"#;

/// The scenario of a text.
pub(super) fn scenario_of(text: &str) -> Scenario {
    let plan = load(&Source { name: "trying", text }, &NoFiles, &Overrides::default());
    plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario
}
