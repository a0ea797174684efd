//! The bill in small worlds whose course is known, and what must hold on identical weather.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod books;
#[path = "../common/mod.rs"]
mod common;
mod refused;
mod spending;
mod tariffs;

use common::agrees;
use serde_json::{Value, json};

const KWH: f64 = 3.6e6;

/// Equal but for rounding.
fn equal(what: &str, found: f64, expected: f64) {
    agrees(what, found, expected, 1e-9 * expected.abs().max(1e-9));
}

/// One site of one node for `days` days from midnight on.
fn one(days: f64, node: Value, fleet: Value) -> Value {
    let mut entry = json!({ "name": "home", "racks": [{ "nodes": { "node": 1 } }] });
    for (field, value) in fleet.as_object().expect("an object") {
        entry[field] = value.clone();
    }
    json!({
        "name": "bill",
        "duration": format!("{days} d"),
        "regions": { "here": {} },
        "nodes": { "node": node },
        "fleet": [entry],
        "policies": { "plain": {} }
    })
}
