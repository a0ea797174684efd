//! What machines and clouds cost, and who loses.

use super::common::{agrees, metric, run, run_plain, with};
use super::{equal, one};
use serde_json::json;

#[test]
fn replaced_units_are_bought() {
    let node = json!({
        "capex": "100 $", "lifetime_months": 40,
        "hardware": { "death": { "lifetime": "10 d", "replacement": "1 d" } }
    });
    let file = one(730.0 / 24.0 * 4.0, node, json!({ "visit": "7 $" }));
    let record = run_plain(&with(file, "/economics", json!({ "reward": { "uptime": "10 $/month" } })));
    // A death every 11 days in 121.7: eleven, of which each is replaced within the time; the last unit is 0.67 days old.
    let last = (730.0 * 4.0 - 11.0 * 264.0) / 730.0 / 40.0;
    equal("capital", metric(&record, "economics.spent.capital"), 100.0 * (11.0 + last));
    equal("visits", metric(&record, "economics.spent.visits"), 77.0);
}

#[test]
fn a_machine_costs_its_price_once() {
    let node = |months: u32| {
        json!({
            "capex": "100 $", "lifetime_months": months,
            "hardware": { "death": { "lifetime": "7300 h", "replacement": "0 s" } }
        })
    };
    let capital = |months: u32, hours: f64, warmup: f64| {
        let file = one(hours / 24.0, node(months), json!({}));
        let file = with(file, "/warmup", json!(format!("{warmup} h")));
        metric(&run_plain(&with(file, "/economics", json!({}))), "economics.spent.capital")
    };
    equal("one life", capital(10, 7299.0, 0.0), 100.0 * 7299.0 / 7300.0);
    agrees("two lives", capital(10, 14_599.0, 0.0), 200.0 - 100.0 / 7300.0, 1e-3);
    agrees("early deaths", capital(20, 14_599.0, 0.0), 150.0, 1e-2);
    equal("written off before it dies", capital(5, 7299.0, 0.0), 100.0);
    agrees("the second half of a life, and the next", capital(10, 14_599.0, 3650.0), 150.0, 2e-2);
}

#[test]
fn what_dies_too_soon_never_pays() {
    let paid = json!({ "reward": { "uptime": "50 $/month" }, "cloud": { "request": "1 $" } });
    let node = json!({
        "capex": "100 $", "lifetime_months": 40,
        "hardware": { "death": { "lifetime": "1000 h", "replacement": "0 s" } }
    });
    let mut file = with(one(7300.0 / 24.0, node, json!({})), "/economics", paid);
    file = with(
        file,
        "/workloads",
        json!({ "work": { "requests": { "arrivals": { "every": "15 h" }, "demand": "1 s" } } }),
    );
    let record = run_plain(&file);
    // Seven units in ten months cost 70 $ a month, and earn 50 $ or save 49 $.
    for what in ["payback_months", "payback_months_discounted", "breakeven_months"] {
        equal(what, metric(&record, &format!("economics.{what}")), -1.0);
    }
    assert!(metric(&record, "economics.net_present_value") < -100.0);
    // Two units in ten months leave 30 $ a month.
    let sturdy = with(file, "/nodes/node/hardware/death/lifetime", json!("3000 h"));
    agrees("payback", metric(&run_plain(&sturdy), "economics.payback_months"), 100.0 / 30.0, 0.01);
}

#[test]
fn a_cloud_prices_objects_and_not_shards() {
    let mut file = one(730.0 / 24.0, json!({ "capex": "1 $" }), json!({ "sites": 100 }));
    let economics = json!({ "cloud": { "storage": "0.023 $/GB-month", "egress": "0.1 $/GB" } });
    file = with(file, "/economics", economics);
    file = with(file, "/workloads", json!({ "files": { "objects": { "count": 100, "size": "1 GB" } } }));
    let codes = json!({
        "single": { "objects": { "code": { "data": 1, "total": 1 } } },
        "triple": { "objects": { "code": { "data": 1, "total": 3 } } },
        "coded": { "objects": { "code": { "data": 29, "total": 80 } } },
    });
    file = with(file, "/policies", codes);
    for policy in ["single", "triple", "coded"] {
        equal(policy, metric(&run(&file, policy, 0), "economics.cloud_cost"), 2.3);
    }
    file = with(file, "/workloads/files/objects/reads", json!({ "every": "10 h" }));
    file = with(file, "/policies/coded/objects/reads", json!({ "extra": 10 }));
    for policy in ["single", "triple", "coded"] {
        let record = run(&file, policy, 0);
        let read = metric(&record, "objects.reads.completed");
        assert!(read > 70.0, "{policy}: {read} reads");
        equal(policy, metric(&record, "economics.cloud_cost"), 2.3 + 0.1 * read);
    }
}

#[test]
fn what_is_left_by_rounding_is_no_loss() {
    for cents in [10.0, 30.0, 70.0, 110.0, 170.0, 230.0, 290.0] {
        let month = cents / 100.0;
        let node = json!({ "idle": "90 W", "peak": "90 W", "capex": format!("{} $", 36.0 * month), "lifetime_months": 36 });
        let free = one(31.0, node, json!({}));
        let free = with(free, "/economics", json!({ "reward": { "uptime": format!("{month} $/month") } }));
        // The reward pays exactly for the write-off, so that electricity alone makes the loss.
        let what = |name: &str| format!("{name} at {month} $");
        equal(&what("loses"), metric(&run_plain(&free), "economics.unprofitable_nodes"), 0.0);
        let priced = run_plain(&with(free, "/fleet/0/tariff", json!({ "flat": "0.13 $/kWh" })));
        equal(&what("loses"), metric(&priced, "economics.unprofitable_nodes"), 1.0);
        equal(&what("but for"), metric(&priced, "economics.unprofitable_but_for.electricity"), 1.0);
    }
}
