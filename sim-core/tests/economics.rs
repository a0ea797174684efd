//! The bill in small worlds whose course is known, and what must hold on identical weather.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod common;

use common::{agrees, metric, run, run_plain, told, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

const KWH: f64 = 3.6e6;

/// Equal but for rounding.
fn equal(what: &str, found: f64, expected: f64) {
    agrees(what, found, expected, 1e-9 * expected.abs().max(1e-9));
}

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

#[test]
fn peaks_are_charged_by_the_month() {
    let tariff = json!({ "flat": "0.1 $/kWh", "demand": "15 $/kW", "monthly": "73 $/month" });
    let node = json!({ "idle": "200 W", "peak": "1.2 kW" });
    let idle = one(31.0, node, json!({ "tariff": tariff }));
    let fixed = 31.0 * 2.4;
    let base = 31.0 * 24.0 * 0.2 * 0.1;
    equal("idle", metric(&run_plain(&idle), "energy.cost"), base + 15.0 * 0.2 + fixed);
    // Ten minutes of work in a quarter of an hour: two thirds of the difference.
    let work = json!({ "work": { "requests": { "arrivals": { "every": "11 d" }, "demand": "10 min" } } });
    let busy = run_plain(&with(idle, "/workloads", work));
    let worked = 2.0 / 6.0 * 1.0 * 0.1;
    equal("busy", metric(&busy, "energy.cost"), base + worked + 15.0 * (0.2 + 2.0 / 3.0) + fixed);
}

/// Cheap until 06:00, dear from 17:00 to 21:00.
fn spread() -> Value {
    json!({
        "periods": [
            { "to": "06:00", "price": "0.1 $/kWh" },
            { "from": "17:00", "to": "21:00", "price": "0.5 $/kWh" }
        ],
        "otherwise": "0.2 $/kWh"
    })
}

#[test]
fn batteries_earn_the_difference_of_prices() {
    let ups = json!({ "energy": "1 kWh", "recharge": "200 W", "efficiency": 0.8 });
    let node = json!({ "idle": "100 W", "peak": "100 W" });
    let file = one(10.0, node, json!({ "tariff": spread(), "ups": ups }));
    let plain = run_plain(&file);
    equal("without trade", metric(&plain, "energy.cost"), 10.0 * (0.06 + 0.28 + 0.2));
    let trade = json!({ "energy": { "arbitrage": { "charge_up_to": "0.1 $/kWh", "discharge_above": "0.4 $/kWh", "reserve": 0.25 } } });
    let file = with(file, "/policies/plain", trade);
    let traded = run_plain(&file);
    // Four dear hours take 500 Wh from the battery, which come back in the next night; the last day's do not.
    equal("with trade", metric(&traded, "energy.cost"), 10.0 * (0.06 + 0.28) + 9.0 * 0.05);
    agrees("nodes do not notice", metric(&traded, "nodes.uptime"), 1.0, 0.0);
    equal("stored", metric(&traded, "energy.stored"), -0.5 * KWH);
    // With a reserve of three quarters, two hours are left to trade with.
    let careful = run_plain(&with(file.clone(), "/policies/plain/energy/arbitrage/reserve", json!(0.75)));
    equal("with a reserve", metric(&careful, "energy.cost"), 10.0 * (0.06 + 0.28 + 0.1) + 9.0 * 0.025);
    // An outage in the dear hours finds what is left: the reserve.
    let outage = json!([{ "at": "45 h", "for": "5 h", "grid_outage": { "fleet": "home" } }]);
    let hit = run_plain(&with(file, "/faults", outage));
    agrees("down for want of charge", metric(&hit, "nodes.down.ups") * 240.0, 1.0, 1e-6);
}

#[test]
fn work_that_can_wait_is_done_in_cheap_hours() {
    let node = json!({ "slots": 2, "idle": "10 W", "peak": "110 W" });
    let mut file = one(10.0, node, json!({ "sites": 2, "tariff": spread() }));
    let work = json!({ "work": { "requests": { "arrivals": { "every": "5 h" }, "demand": "3 h" } } });
    file = with(file, "/workloads", work);
    let hold = json!({ "energy": { "shift": { "above": "0.4 $/kWh" } } });
    let cap = json!({ "energy": { "shift": { "above": "p80", "cap": 0.25 } } });
    let policies = json!({ "plain": {}, "hold": hold, "cap": cap });
    file = with(file, "/policies", policies);
    let [plain, hold, cap] = ["plain", "hold", "cap"].map(|policy| run(&file, policy, 0));
    for record in [&plain, &hold, &cap] {
        let open = metric(record, "requests.arrived") - metric(record, "requests.completed");
        assert!((0.0..=3.0).contains(&open), "{:?}", record.metrics);
    }
    for record in [&hold, &cap] {
        assert!(metric(record, "energy.cost") < metric(&plain, "energy.cost"));
    }
    let price = |record: &RunRecord| metric(record, "energy.price");
    assert!(price(&hold) < price(&cap) && price(&cap) < price(&plain));
    // What is begun before the dear hours ends that much later.
    agrees("waiting", metric(&hold, "requests.latency.max"), 7.0 * 3600.0, 0.01 * 7.0 * 3600.0);
    assert!(metric(&cap, "requests.latency.max") < metric(&hold, "requests.latency.max"));
    assert_eq!(plain.exogenous, hold.exogenous);
}

#[test]
fn new_work_goes_where_electricity_is_cheaper() {
    let node = json!({ "slots": 40, "idle": "10 W", "peak": "110 W" });
    let mut file = one(10.0, node, json!({ "tariff": spread() }));
    let mut cheap = file["fleet"][0].clone();
    (cheap["name"], cheap["tariff"]) = (json!("abroad"), json!({ "flat": "0.15 $/kWh" }));
    file["fleet"].as_array_mut().expect("an array").push(cheap);
    let work = json!({ "work": { "requests": { "arrivals": { "every": "10 min" }, "demand": "1 h" } } });
    file = with(file, "/workloads", work);
    let away = json!({ "energy": { "shift": { "above": "0.15 $/kWh", "withdraw": true } } });
    file = with(file, "/policies", json!({ "plain": {}, "away": away }));
    let [plain, away] = ["plain", "away"].map(|policy| run(&file, policy, 0));
    assert_eq!(metric(&plain, "requests.completed"), metric(&away, "requests.completed"));
    assert!(metric(&away, "energy.cost") < metric(&plain, "energy.cost"));
    equal("latency", metric(&away, "requests.latency.max"), metric(&plain, "requests.latency.max"));
}

#[test]
fn sites_on_battery_cap_or_drain() {
    let node = json!({ "idle": "20 W", "peak": "120 W" });
    let ups = json!({ "energy": "240 Wh", "recharge": "100 W" });
    let mut file = one(2.0, node, json!({ "ups": ups }));
    let spare = json!({ "name": "spare", "racks": [{ "nodes": { "node": 1 } }] });
    file["fleet"].as_array_mut().expect("an array").push(spare);
    let work = json!({ "work": { "requests": { "arrivals": { "every": "30 min" }, "demand": "59 min" } } });
    file = with(file, "/workloads", work);
    file = with(file, "/faults", json!([{ "at": "10 h", "for": "6 h", "grid_outage": { "fleet": "home" } }]));
    let policy = |energy: Value| json!({ "routing": "least_loaded", "requests": { "attempts": 3, "timeout": "8 h" }, "energy": energy });
    let policies = json!({
        "run": policy(json!({})),
        "cap": policy(json!({ "on_battery": "cap", "battery_cap": 0.25 })),
        "drain": policy(json!({ "on_battery": "drain" })),
        "sleepy": policy(json!({ "on_battery": "cap", "battery_cap": 0 })),
    });
    file = with(file, "/policies", policies);
    let down = |policy: &str| metric(&run(&file, policy, 0), "nodes.down.ups") * 2.0 * 48.0;
    // Busy throughout at 120 W the battery lasts two hours of six; capped to 45 W five and a third; at idle all six.
    agrees("run", down("run"), 4.0, 0.1);
    agrees("cap", down("cap"), 0.7, 0.1);
    agrees("drain", down("drain"), 0.0, 0.0);
    agrees("stand still", down("sleepy"), 0.0, 0.0);
    let record = run(&file, "drain", 0);
    assert_eq!(metric(&record, "requests.failed"), 0.0);
}

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
fn a_cap_below_idle_draw_is_doubtful() {
    let breaker = json!({ "breaker": { "rating": "10 A", "voltage": "100 V" } });
    let file = one(1.0, json!({ "idle": "300 W", "peak": "500 W" }), breaker);
    let capped = |share: f64| {
        let energy = json!({ "energy": { "power_cap": share } });
        told(&with(file.clone(), "/policies/plain", energy))
    };
    assert!(capped(0.2).contains("the cap cannot be held"), "{}", capped(0.2));
    assert!(!capped(0.4).contains("cannot be held"), "{}", capped(0.4));
}

#[test]
fn amounts_that_overflow_or_say_nothing_are_refused() {
    let file = with(one(1.0, json!({}), json!({})), "/economics", json!({}));
    let cases = [
        ("/nodes/node/capex", json!("1e308 $"), "from 0 to 1e12"),
        ("/nodes/node/lifetime_months", json!(1e-300), "from 0.01 to 12000"),
        ("/economics/discount", json!(11), "from 0 to 10"),
        ("/economics/cloud", json!({}), "a cloud without a price"),
        ("/policies/plain/flapping", json!({}), "`flapping` that says nothing"),
        ("/fleet/0/rent", json!("1e300 $/month"), "from 0 to 1e12"),
        ("/fleet/0/tariff", json!({ "flat": "1e300 $/kWh" }), "from -1e12 to 1e12"),
    ];
    for (pointer, value, reason) in cases {
        let found = told(&with(file.clone(), pointer, value));
        assert!(found.contains(reason), "{pointer}: {found:?} does not say {reason:?}");
    }
    let most = with(file, "/nodes/node", json!({ "capex": "1e12 $", "lifetime_months": 0.01 }));
    assert!(metric(&run_plain(&most), "economics.spent") > 0.0);
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

#[test]
fn dates_are_local_and_days_have_either_case() {
    let file = one(1.0, json!({}), json!({}));
    let start = |start: &str| told(&with(file.clone(), "/start", json!(start)));
    for (text, reason) in [
        ("2024-01-01T00:00Z", "has a zone, but dates are local"),
        ("2024-01-01 00:00+01:00", "has a zone, but dates are local"),
        ("2024-01-01 24:00", "is no time of day"),
        ("2024-01-01 00:00:00.5", "has a fraction"),
        ("2024-02-30", "a local date"),
    ] {
        assert!(start(text).contains(reason), "{text}: {:?}", start(text));
        assert!(start(text).contains("2024-07-01 00:00"), "{text}: {:?}", start(text));
    }
    for text in ["2024-01-01", "2024-01-01T00:00", "2024-01-01 23:59:59"] {
        assert_eq!(start(text), "", "{text}");
    }
    let days = |days: &str| {
        let tariff = json!({ "periods": [{ "days": days, "price": "0.2 $/kWh" }], "otherwise": "0.1 $/kWh" });
        told(&with(file.clone(), "/fleet/0/tariff", tariff))
    };
    for fine in ["mon-fri", "Mon-Fri", "SAT , sun", "mon - wed"] {
        assert_eq!(days(fine), "", "{fine}");
    }
    assert!(days("m on-fri").contains("is none of"), "{}", days("m on-fri"));
}

#[test]
fn nonsense_is_refused_with_a_word_on_what_is_accepted() {
    let wrong = |tariff: Value| told(&one(1.0, json!({}), json!({ "tariff": tariff })));
    let price = "0.2 $/kWh";
    let cases = [
        (json!({ "flat": "0.2 $" }), "not a unit of a price of energy"),
        (json!({ "flat": price, "periods": [{ "price": price }] }), "both `flat` and `periods`"),
        (json!({}), "without a price"),
        (json!({ "periods": [{ "months": "jun-spe", "price": price }] }), "`spe` is none of"),
        (json!({ "periods": [{ "days": "weekdays", "price": price }] }), "`weekdays` is none of"),
        (json!({ "periods": [{ "from": "07:00", "to": "07:00", "price": price }] }), "the period is empty"),
        (json!({ "periods": [{ "from": "25:00", "price": price }] }), "time of day"),
        (json!({ "periods": [{ "price": price }, { "from": "07:00", "price": price }] }), "never counts"),
        (json!({ "periods": [{ "from": "07:00", "price": price }] }), "cost nothing"),
        (json!("us-residential"), "us-residential-tou"),
    ];
    for (tariff, said) in cases {
        let found = wrong(tariff.clone());
        assert!(found.contains(said), "{tariff}: {found:?} does not say {said:?}");
    }
    for fine in [
        "us-mean",
        "us-residential-tou",
        "pge-e-tou-c",
        "texas-flat",
        "germany-flat",
        "nordic-hourly",
        "office-demand",
        "diesel-generator",
    ] {
        assert_eq!(wrong(json!(fine)), "", "{fine}");
    }
}
