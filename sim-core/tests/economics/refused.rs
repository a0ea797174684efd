//! What is refused, and what is doubtful.

use super::common::{metric, run_plain, told, with};
use super::one;
use serde_json::{Value, json};

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
