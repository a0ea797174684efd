//! Group l: tariffs, and whether nodes pay.

use crate::support::*;
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

const HOUR: f64 = 3600.0;
/// Hours of a month.
const MONTH: f64 = 730.0;
const KWH: f64 = 3.6e6;
/// Relative tolerance of what is exact.
const EXACT: f64 = 1e-9;

fn equal(label: &str, found: f64, expected: f64) {
    agrees(label, found, expected, EXACT * expected.abs());
}

fn watts(p: f64) -> Value {
    json!(format!("{p} W"))
}

/// The tariffs of l.tou.
fn tariff(name: &str) -> Value {
    match name {
        "A" => json!({
            "periods": [
                { "months": "jun-sep", "from": "16:00", "to": "21:00", "price": "0.61 $/kWh" },
                { "months": "jun-sep", "price": "0.49 $/kWh" },
                { "months": "oct-may", "from": "16:00", "to": "21:00", "price": "0.50 $/kWh" }
            ],
            "otherwise": "0.47 $/kWh"
        }),
        _ => json!({
            "periods": [
                { "days": "mon-fri", "from": "07:00", "to": "11:00", "price": "0.32 $/kWh" },
                { "days": "mon-fri", "from": "17:00", "to": "21:00", "price": "0.32 $/kWh" },
                { "days": "mon-fri", "from": "11:00", "to": "17:00", "price": "0.22 $/kWh" }
            ],
            "otherwise": "0.11 $/kWh"
        }),
    }
}

#[test]
fn energy_by_time_of_use_costs_what_the_calendar_says() {
    for number in [1, 4, 6, 7, 9, 10, 12] {
        let oracle = Oracle::named(&format!("l.tou.{number}"));
        let year = oracle.param("year") as u32;
        let days = if year.is_multiple_of(4) { 366.0 } else { 365.0 };
        let constant = oracle.text("load").starts_with("const");
        // From eight in the morning on the day before, so that each day's work begins at eight; measured from midnight on.
        let setup = Setup::new(1, 1, 16.0 * HOUR, days * 24.0 * HOUR)
            .top("start", json!(format!("{}-12-31 08:00", year - 1)))
            .fleet("tariff", tariff(oracle.text("tariff")));
        let scenario = if constant {
            setup.node("idle", watts(120.0)).node("peak", watts(120.0)).build()
        } else {
            setup
                .node("idle", watts(60.0))
                .node("peak", watts(300.0))
                .requests(json!({ "every": "24 h" }), json!("12 h"))
                .build()
        };
        let record = run_of(&scenario, 0);
        equal(&format!("l.tou.{number} kWh"), value(&record, "energy.mains") / KWH, oracle.value("kWh"));
        equal(&format!("l.tou.{number} cost"), value(&record, "energy.cost"), oracle.value("cost"));
        equal(&format!("l.tou.{number} price"), value(&record, "energy.price"), oracle.value("avg_price"));
    }
}

/// A load that swings with the day is that of a node whose board leaks, and follows the air outdoors at once: 5 % of its 100 W for
/// each of the ten kelvins by which that swings. Weather is linear between knots of five minutes, which takes 4e-5 from the swing
/// and some 3e-6 from what it costs.
#[test]
fn a_load_that_swings_with_the_day_costs_what_the_calendar_says() {
    for number in [2, 8, 11] {
        let oracle = Oracle::named(&format!("l.tou.{number}"));
        let year = oracle.param("year") as u32;
        let days = if year.is_multiple_of(4) { 366.0 } else { 365.0 };
        let scenario = Setup::new(1, 1, 24.0 * HOUR, days * 24.0 * HOUR)
            .top("start", json!(format!("{}-12-31 00:00", year - 1)))
            .region("weather", json!({ "daily": { "mean": "15 C", "swing": "10 K", "hottest": "15:00" } }))
            .fleet("tariff", tariff(oracle.text("tariff")))
            .node("idle", watts(100.0))
            .node("peak", watts(100.0))
            .node(
                "thermal",
                json!({
                    "resistance": "0.000000001 K/W",
                    "time_constant": "1 ms",
                    "leakage": { "per_K": 0.05, "reference": "15 C" },
                    "shutdown": { "at": "100 C", "resume": "90 C" }
                }),
            )
            .build();
        let record = run_of(&scenario, 0);
        for (name, found) in [
            ("kWh", value(&record, "energy.mains") / KWH),
            ("cost", value(&record, "energy.cost")),
            ("avg_price", value(&record, "energy.price")),
        ] {
            let expected = oracle.value(name);
            agrees(&format!("l.tou.{number} {name}"), found, expected, 1e-5 * expected);
        }
    }
}

/// A node that is paid by the month for being up, measured for ten months.
fn paid(oracle: &Oracle) -> RunRecord {
    let uptime = oracle.param("uptime");
    let setup = Setup::new(1, 1, 0.0, 10.0 * MONTH * HOUR)
        .node("idle", watts(oracle.param("watts")))
        .node("peak", watts(oracle.param("watts")))
        .node("capex", json!(format!("{} $", oracle.param("capex"))))
        .node("lifetime_months", json!(oracle.param("months")))
        .node("maintenance", json!(format!("{} $/month", oracle.param("maintenance"))))
        .fleet("pue", json!(oracle.param("pue")))
        .fleet("tariff", json!({ "flat": format!("{} $/kWh", oracle.param("price")) }))
        .top("economics", json!({ "reward": { "uptime": format!("{} $/month", oracle.param("revenue")) } }));
    let setup = if uptime < 1.0 {
        let faults = json!({ "up": hours(100.0 * uptime), "down": hours(100.0 * (1.0 - uptime)) });
        setup.node("hardware", json!({ "faults": faults }))
    } else {
        setup
    };
    run_of(&setup.build(), 0)
}

#[test]
fn nodes_pay_when_theory_says() {
    for number in [1, 2, 4] {
        let oracle = Oracle::named(&format!("l.node.{number}"));
        let record = paid(&oracle);
        let by_month = |name: &str| record.metrics.get(name).copied().unwrap_or(0.0) / 10.0;
        let surplus = by_month("economics.net") + by_month("economics.spent.capital");
        let energy = by_month("energy.mains") / KWH * oracle.param("pue");
        let check =
            |name: &str, found: f64| equal(&format!("l.node.{number} {name}"), found, oracle.value(name));
        check("kWh", energy);
        check("energy_cost", by_month("energy.cost"));
        check("net_per_month", surplus);
        check("break_even_price", value(&record, "economics.breakeven_price"));
        check("payback_months", value(&record, "economics.payback_months"));
        check("discounted_payback_months", value(&record, "economics.payback_months_discounted"));
        check("NPV", value(&record, "economics.net_present_value"));
        // The oracle counts upkeep as well as electricity.
        check("efficiency_to_earnings", value(&record, "economics.earned_per_running_cost"));
        let electricity = by_month("economics.earned") / by_month("energy.cost");
        equal("efficiency to earnings", value(&record, "economics.efficiency_to_earnings"), electricity);
        // Without a cloud to compare with, breaking even is having earned one's price.
        check("payback_months", value(&record, "economics.breakeven_months"));
        let loses = f64::from(surplus < oracle.param("capex") / oracle.param("months"));
        agrees("loses money", value(&record, "economics.unprofitable_nodes"), loses, 0.0);
    }
}

#[test]
fn ten_dollars_earned_and_fifteen_burned() {
    let oracle = Oracle::named("l.brief");
    let scenario = Setup::new(1, 1, 0.0, MONTH * HOUR)
        .node("idle", watts(1000.0 / MONTH * 100.0))
        .node("peak", watts(1000.0 / MONTH * 100.0))
        .fleet("tariff", json!({ "flat": "0.15 $/kWh" }))
        .top("economics", json!({ "reward": "ten-a-month" }))
        .build();
    let record = run_of(&scenario, 0);
    equal("l.brief net", value(&record, "economics.net"), oracle.value("net"));
    equal("l.brief ratio", value(&record, "economics.efficiency_to_earnings"), oracle.value("ratio"));
    agrees("l.brief loses", value(&record, "economics.unprofitable_nodes"), 1.0, 0.0);
    agrees("but for electricity", value(&record, "economics.unprofitable_but_for.electricity"), 1.0, 0.0);
}

#[test]
fn own_nodes_break_even_with_a_cloud_when_theory_says() {
    for number in [1, 3] {
        let oracle = Oracle::named(&format!("l.cloud.{number}"));
        let units = oracle.param("units");
        // Work of an hour each, so often that all slots are busy; the measured time begins and ends between two completions.
        let between = HOUR / units;
        let scenario = Setup::new(1, 1, 2.0 * HOUR + between / 2.0, 10.0 * MONTH * HOUR)
            .node("slots", json!(units as u32))
            .node("idle", watts(oracle.param("watts")))
            .node("peak", watts(oracle.param("watts")))
            .node("capex", json!(format!("{} $", oracle.param("capex"))))
            .fleet("tariff", json!({ "flat": format!("{} $/kWh", oracle.param("price")) }))
            .fleet("rent", json!(format!("{} $/month", oracle.param("opex"))))
            .requests(json!({ "every": seconds(between) }), json!("1 h"))
            .top(
                "economics",
                json!({
                    "cloud": { "compute": format!("{} $/h", oracle.param("cloud_unit_hour")) },
                    "discount": oracle.param("discount")
                }),
            )
            .build();
        let record = run_of(&scenario, 0);
        let own = value(&record, "economics.spent") - value(&record, "economics.spent.capital");
        let check =
            |name: &str, found: f64| equal(&format!("l.cloud.{number} {name}"), found, oracle.value(name));
        check("cloud_per_month", value(&record, "economics.cloud_cost") / 10.0);
        check("own_per_month", own / 10.0);
        check("breakeven_months", value(&record, "economics.breakeven_months"));
        check("discounted_breakeven_months", value(&record, "economics.breakeven_months_discounted"));
        check("breakeven_utilisation_36m", value(&record, "economics.breakeven_utilisation"));
    }
}
