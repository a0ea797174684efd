//! A world with everything: money is conserved, dearer things never leave more, and the bill only observes.

use super::common::{agrees, metric, run_plain, with};
use super::{KWH, equal};
use serde_json::{Value, json};

/// Two operators with all that draws power: batteries, outages, cooling, air conditioning, leakage, power supplies, throttling.
fn everything() -> Value {
    json!({
        "name": "bill",
        "seed": 5,
        "start": "2024-06-27 09:30",
        "duration": "40 d",
        "warmup": "36 h",
        "regions": { "here": {
            "weather": { "daily": { "mean": "27 C", "swing": "8 K", "hottest": "15:00" } },
            "grid": { "outages": { "up": { "exponential": { "mean": "4 d" } }, "down": { "exponential": { "mean": "2 h" } } } }
        } },
        "nodes": {
            "rig": {
                "slots": 2, "idle": "60 W", "peak": "350 W", "psu_efficiency": 0.9, "boot": "2 min",
                "capex": "900 $", "lifetime_months": 48, "maintenance": "2 $/month",
                "hardware": { "faults": { "up": { "exponential": { "mean": "9 d" } }, "down": { "exponential": { "mean": "5 h" } } } }
            },
            "leaky": {
                "slots": 1, "idle": "20 W", "peak": "90 W",
                "thermal": { "resistance": "0.3 K/W", "time_constant": "100 s", "leakage": { "per_K": 0.008, "reference": "40 C" }, "shutdown": { "at": "105 C", "resume": "60 C" } }
            }
        },
        "fleet": [
            {
                "name": "garages", "operator": "ann", "sites": 3, "tariff": "pge-e-tou-c", "internet": "50 $/month", "visit": "30 $",
                "racks": [{ "cooling": "desk-fan", "nodes": { "rig": 2 } }]
            },
            {
                "name": "offices", "operator": "bob", "sites": 2, "tariff": { "flat": "0.2 $/kWh" }, "rent": "80 $/month",
                "ups": { "energy": "500 Wh", "recharge": "60 W", "efficiency": 0.9, "standby": "8 W" },
                "racks": [{ "count": 2, "nodes": { "rig": 1 } }]
            },
            { "name": "sheds", "operator": "ann", "sites": 2, "tariff": "nordic-hourly", "racks": [{ "nodes": { "leaky": 2 } }] }
        ],
        "workloads": { "work": { "requests": {
            "arrivals": { "poisson": { "rate": "20 /h" } }, "demand": { "lognormal": { "median": "30 min", "sigma": 0.5 } },
            "reply": "3 MB", "deadline": "6 h"
        } } },
        "policies": { "plain": { "requests": { "timeout": "3 h", "attempts": 2 } } },
        "economics": {
            "reward": { "request": "0.05 $", "uptime": "1 $/month", "egress": "0.01 $/GB", "share": 0.8 },
            "cloud": "big-three-on-demand"
        }
    })
}

#[test]
fn the_bill_only_observes() {
    let priced = everything();
    let mut free = with(priced.clone(), "/economics", json!("none"));
    for entry in 0..3 {
        free = with(free, &format!("/fleet/{entry}/tariff"), json!("none"));
    }
    let (priced, free) = (run_plain(&priced), run_plain(&free));
    assert_eq!((&priced.trace, &priced.exogenous), (&free.trace, &free.exogenous));
    for (name, value) in &free.metrics {
        assert_eq!(priced.metrics.get(name), Some(value), "{name}");
    }
    assert!(!free.metrics.keys().any(|name| name.starts_with("economics") || name == "energy.cost"));
    assert!(priced.metrics.contains_key("economics.net") && priced.metrics.contains_key("energy.cost"));
}

#[test]
fn at_one_price_energy_costs_what_the_mains_have_given() {
    let mut file = everything();
    for entry in 0..3 {
        file = with(file, &format!("/fleet/{entry}/tariff"), json!({ "flat": "0.25 $/kWh" }));
    }
    let record = run_plain(&file);
    let drawn = metric(&record, "energy.mains") / KWH;
    assert!(drawn > 100.0 && metric(&record, "nodes.failures") > 10.0, "{:?}", record.metrics);
    agrees("cost", metric(&record, "energy.cost"), 0.25 * drawn, 1e-9 * drawn);
    equal("price", metric(&record, "energy.price"), 0.25);
    // The same price in pieces is the same price, and twice the price is twice the cost.
    let pieces = json!({ "periods": [{ "days": "sat,sun", "from": "22:00", "to": "07:00", "price": "0.5 $/kWh" }, { "months": "jul", "price": "0.5 $/kWh" }], "otherwise": "0.5 $/kWh" });
    for entry in 0..3 {
        file = with(file, &format!("/fleet/{entry}/tariff"), pieces.clone());
    }
    equal("pieces", metric(&run_plain(&file), "energy.cost"), 2.0 * metric(&record, "energy.cost"));
}

#[test]
fn money_is_conserved() {
    let record = run_plain(&everything());
    let get = |name: &str| metric(&record, name);
    for what in ["earned", "spent", "net"] {
        let operators = ["ann", "bob"].map(|name| get(&format!("economics[{name}].{what}")));
        equal(what, operators.iter().sum(), get(&format!("economics.{what}")));
    }
    equal("net", get("economics.net"), get("economics.earned") - get("economics.spent"));
    for what in ["earned", "spent"] {
        let causes = record.metrics.iter().filter(|it| it.0.starts_with(&format!("economics.{what}.")));
        equal(what, causes.map(|it| it.1).sum(), get(&format!("economics.{what}")));
    }
    equal("electricity", get("economics.spent.electricity"), get("energy.cost"));
    // What customers pay is what operators get and the network keeps: by requests, gigabytes, and time up.
    equal("paid", get("economics.paid"), get("economics.earned") + get("economics.fees"));
    let answered = get("economics.earned.requests") / 0.05 / 0.8;
    agrees("a whole number of answers", answered, answered.round(), 1e-6);
    assert!((answered - get("requests.completed")).abs() < 60.0, "{answered} answers paid");
    equal("egress", get("economics.earned.egress"), answered * 0.003 * 0.01 * 0.8);
    let months = 38.5 * 24.0 / 730.0;
    equal("time up", get("economics.earned.uptime"), 0.8 * 14.0 * months * get("nodes.uptime"));
    // Capital and what goes by the month.
    equal("capital", get("economics.spent.capital"), 10.0 * 900.0 / 48.0 * months);
    equal("upkeep", get("economics.spent.maintenance"), 10.0 * 2.0 * months);
    equal("internet", get("economics.spent.internet"), 3.0 * 50.0 * months);
    equal("rent", get("economics.spent.rent"), 2.0 * 80.0 * months);
    let visits = get("economics.spent.visits") / 30.0;
    agrees("a whole number of repairs", visits, visits.round(), 1e-9);
    assert!(visits > 5.0);
}

#[test]
fn dearer_things_never_leave_more() {
    let base = everything();
    let net = |file: &Value| metric(&run_plain(file), "economics.net");
    let before = net(&base);
    let dearer = [
        ("/fleet/0/tariff", json!({ "flat": "0.95 $/kWh" })),
        ("/nodes/rig/capex", json!("1000 $")),
        ("/nodes/rig/lifetime_months", json!(24)),
        ("/fleet/0/internet", json!("60 $/month")),
        ("/fleet/0/visit", json!("60 $")),
        ("/fleet/1/pue", json!(1.5)),
        ("/economics/reward/share", json!(0.7)),
        ("/economics/reward/slashing", json!({ "per_hour": "0.1 $/h" })),
        ("/economics/reward/stake", json!("200 $")),
        ("/economics/reward/tiers", json!([{ "from": 0.999, "pays": 1 }])),
    ];
    for (pointer, value) in dearer {
        let after = net(&with(base.clone(), pointer, value));
        assert!(after < before, "{pointer}: {after} instead of less than {before}");
    }
    let held = json!({ "shares": [{ "until_months": 2, "share": 0.5 }], "at_months": 9 });
    let record = run_plain(&with(base, "/economics/reward/held_back", held));
    equal("half is held", metric(&record, "economics.held_back"), metric(&record, "economics.earned"));
}

#[test]
fn sensitivity_is_what_another_price_gives() {
    let file = with(everything(), "/fleet/2/tariff", json!("none"));
    let file = with(file, "/fleet/0/tariff", json!({ "flat": "0.2 $/kWh" }));
    let base = run_plain(&file);
    let dearer = with(file.clone(), "/fleet/0/tariff", json!({ "flat": "0.3 $/kWh" }));
    let dearer = run_plain(&with(dearer, "/fleet/1/tariff", json!({ "flat": "0.3 $/kWh" })));
    equal(
        "electricity",
        metric(&base, "economics.net_if.electricity_plus_50"),
        metric(&dearer, "economics.net"),
    );
    // At the price that breaks even, nothing is left but the price of nodes.
    let price = metric(&base, "economics.breakeven_price");
    let paid: f64 = metric(&base, "energy.mains") / KWH;
    let surplus = metric(&base, "economics.net") + metric(&base, "economics.spent.capital");
    let electricity = metric(&base, "economics.spent.electricity");
    equal("price that breaks even", price * paid, surplus + electricity);
}
