//! Breakers: cold load, inrush, heat, the hour of the trip, and owners who have had enough.

use super::common::{agrees, metric, run, run_plain, with};
use super::{HOUR, down, world};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// Eight nodes of 200 W that boot at twice that on 15 A at 120 V, after an outage.
fn cold_load() -> Value {
    let mut file = world(1, 30.0, json!({ "outages": { "up": "5 h", "down": "5 h" } }));
    file["nodes"]["node"] = json!({ "idle": "200 W", "peak": "200 W", "boot": "200 s", "boot_power": 2 });
    file["fleet"][0]["racks"] = json!([{ "nodes": { "node": 8 } }]);
    file["fleet"][0]["breaker"] = json!({ "rating": "15 A", "voltage": "120 V", "reclose": "30 min" });
    file["policies"]["staggered"] =
        json!({ "energy": { "stagger": { "uniform": { "min": "0 s", "max": "40 min" } } } });
    file
}

#[test]
fn a_cold_load_trips_again_and_again_and_staggering_cures_it() {
    let together = run_plain(&cold_load());
    assert!(metric(&together, "sites.breaker_trips") > 10.0);
    let staggered = run(&cold_load(), "staggered", 0);
    assert_eq!(metric(&staggered, "sites.breaker_trips"), 0.0);
    assert!(metric(&staggered, "nodes.uptime") > metric(&together, "nodes.uptime"));
    assert_eq!(together.exogenous, staggered.exogenous, "the world is the same");
    // Those that wait are booting and draw nothing: two boots of eight nodes, 200 s each, and 20 min on average.
    let waiting = down(&staggered, "booting", 8.0, 30.0) / 16.0;
    agrees("waiting and booting", waiting, 20.0 * 60.0 + 200.0, 600.0);
    let on = 30.0 * HOUR * 8.0 * metric(&staggered, "nodes.uptime") + 16.0 * 2.0 * 200.0;
    agrees("energy", metric(&staggered, "energy.total"), 200.0 * on, 1e-6 * 200.0 * on);
}

#[test]
fn an_owner_has_had_enough() {
    let file = with(cold_load(), "/fleet/0/breaker/fatigue", json!({ "trips": 3 }));
    let record = run_plain(&file);
    assert_eq!((metric(&record, "sites.breaker_trips"), metric(&record, "sites.left")), (3.0, 1.0));
    assert!(metric(&record, "nodes.uptime") < 0.2, "it never comes back");
}

#[test]
fn inrush_trips_the_magnetic_release_once() {
    let file = with(cold_load(), "/nodes/node", json!({ "idle": "100 W", "peak": "100 W", "inrush": 20 }));
    let breaker = |magnetic: f64| {
        let breaker =
            json!({ "rating": "15 A", "voltage": "120 V", "magnetic": magnetic, "reclose": "10 h" });
        with(file.clone(), "/fleet/0/breaker", breaker)
    };
    // Eight times 2 kW are 8.9 times the rating, on top of the load itself.
    assert!(metric(&run_plain(&breaker(7.5)), "sites.breaker_trips") > 0.0);
    assert_eq!(metric(&run_plain(&breaker(10.0)), "sites.breaker_trips"), 0.0);
    assert_eq!(metric(&run(&breaker(7.5), "staggered", 0), "sites.breaker_trips"), 0.0);
}

#[test]
fn a_hot_breaker_trips_when_theory_says() {
    let hot = |air: Value, more: Value| {
        let mut file = world(1, 48.0, json!({}));
        file["nodes"]["node"] = json!({ "idle": "1.1 kW", "peak": "1.1 kW" });
        file["regions"]["here"]["weather"] = air;
        file["fleet"][0]["breaker"] =
            json!({ "rating": "10 A", "voltage": "100 V", "time_constant": "150 s", "trip_ratio": 1.25 });
        file["fleet"][0]["breaker"]
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().expect("an object"));
        file
    };
    let derating = json!({ "derating": { "above": "40 C", "per_K": 0.01 } });
    // 1.1 of the rating, and 1.375 of the four fifths that are left at 60 °C.
    let record = run_plain(&hot(json!({ "constant": "60 C" }), derating.clone()));
    let i = 1.375_f64 * 1.375;
    let after = 150.0 * libm::log(i / (i - 1.25 * 1.25));
    agrees("tripped", down(&record, "breaker", 1.0, 48.0), 48.0 * HOUR - after, 1e-3);
    assert_eq!(
        metric(&run_plain(&hot(json!({ "constant": "60 C" }), json!({}))), "sites.breaker_trips"),
        0.0
    );
    assert_eq!(
        metric(&run_plain(&hot(json!({ "constant": "45 C" }), derating.clone())), "sites.breaker_trips"),
        0.0
    );
    // Air that swings to 60 °C at 15:00 makes it trip in the first afternoon, at 52 °C or soon after.
    let swinging = json!({ "daily": { "mean": "40 C", "swing": "20 K", "hottest": "15:00" } });
    let record = run_plain(&hot(swinging, derating));
    let at = 48.0 * HOUR - down(&record, "breaker", 1.0, 48.0);
    let crosses = (15.0 - 24.0 * libm::acos(0.6) / std::f64::consts::TAU) * HOUR;
    assert!((crosses - 900.0..crosses + 1800.0).contains(&at), "at {at} s, 52 °C at {crosses} s");
}

#[test]
fn the_hour_of_the_trip_decides_when_somebody_comes() {
    let trip = |start: &str| {
        let mut file = world(1, 100.0, json!({}));
        file["start"] = json!(start);
        file["nodes"]["node"] = json!({ "idle": "2 kW", "peak": "2 kW" });
        file["fleet"][0]["breaker"] = json!({
            "rating": "10 A", "voltage": "100 V", "reclose": { "day": "1 h", "night": "8 h", "weekend": "200 h" }, "fatigue": { "trips": 2 }
        });
        run_plain(&file)
    };
    // It trips once soon after the start, is reclosed, trips again and is left: count the time up and the first gap.
    let first_gap = |record: &RunRecord| {
        let up = 150.0 * libm::log(4.0 / (4.0 - 1.25 * 1.25));
        assert!(metric(record, "nodes.uptime") * 100.0 * HOUR >= up - 1e-3);
        metric(record, "sites.breaker_trips")
    };
    // 2024-01-05 was a Friday. By day and night it is reclosed within 100 h and trips again; at the weekend it is not.
    assert_eq!(first_gap(&trip("2024-01-05 12:00")), 2.0);
    assert_eq!(first_gap(&trip("2024-01-05 23:00")), 2.0);
    assert_eq!(first_gap(&trip("2024-01-06 12:00")), 1.0);
    assert_eq!(first_gap(&trip("2024-01-07 23:30")), 1.0);
    assert_eq!(first_gap(&trip("2024-01-08 00:30")), 2.0);
}
