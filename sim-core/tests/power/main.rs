//! The power side as a chain: dips, surges, storms, breakers, batteries and power supplies in small worlds whose course is known,
//! the balance of energy, and what must hold on identical weather.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod battery;
mod breaker;
mod chain;
#[path = "../common/mod.rs"]
mod common;
mod dips;
mod node;
mod outages;
mod place;
mod refused;

use common::metric;
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

const HOUR: f64 = 3600.0;

/// `sites` sites of one node of 100 W, with `grid`, for `hours` hours.
fn world(sites: u32, hours: f64, grid: Value) -> Value {
    json!({
        "name": "power",
        "seed": 7,
        "duration": format!("{hours} h"),
        "regions": { "here": { "grid": grid } },
        "nodes": { "node": { "idle": "100 W", "peak": "100 W" } },
        "fleet": [{ "name": "home", "region": "here", "sites": sites, "racks": [{ "nodes": { "node": 1 } }] }],
        "policies": { "plain": {} }
    })
}

/// Seconds down for `cause` of all nodes together.
fn down(record: &RunRecord, cause: &str, nodes: f64, hours: f64) -> f64 {
    metric(record, &format!("nodes.down.{cause}")) * nodes * hours * HOUR
}
