//! Breakers and batteries feel the air of their room, whatever makes it hot.

use super::common::{agrees, metric, run_plain, with};
use super::{HOUR, down, world};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// A node of 1.1 kW for 48 hours behind a breaker of 1 kW that loses 1 % for each kelvin above 40 °C.
fn derated(air: &str) -> Value {
    let mut file = world(1, 48.0, json!({}));
    file["nodes"]["node"] = json!({ "idle": "1.1 kW", "peak": "1.1 kW" });
    file["regions"]["here"]["weather"] = json!({ "constant": air });
    file["fleet"][0]["breaker"] = json!({
        "rating": "10 A", "voltage": "100 V", "time_constant": "150 s", "trip_ratio": 1.25,
        "derating": { "above": "40 C", "per_K": 0.01 }
    });
    file
}

fn heat(rise: &str, at: &str, lasts: &str) -> Value {
    json!([{ "name": "hot", "at": at, "for": lasts, "heat": { "all": true, "rise": rise } }])
}

/// Seconds until the only trip.
fn tripped_at(record: &RunRecord) -> f64 {
    assert_eq!(metric(record, "sites.breaker_trips"), 1.0);
    48.0 * HOUR - down(record, "breaker", 1.0, 48.0)
}

/// θ has settled at 1.1² when the rating falls to four fifths, and rises towards 1.375² from there.
#[test]
fn injected_heat_trips_a_breaker_when_theory_says() {
    let i = 1.375_f64 * 1.375;
    let after = 150.0 * libm::log((i - 1.1 * 1.1) / (i - 1.25 * 1.25));
    let file = with(derated("30 C"), "/faults", heat("30 K", "12 h", "6 h"));
    agrees("tripped", tripped_at(&run_plain(&file)), 12.0 * HOUR + after, 1e-3);
    // A room in a building feels it too, whether it holds a setpoint or not.
    for building in [
        json!({ "time_constant": "15 min" }),
        json!({ "time_constant": "15 min", "setpoint": "30 C" }),
        json!({ "time_constant": "15 min", "conductance": "1 kW/K", "air_conditioning": { "setpoint": "30 C" } }),
    ] {
        let file = with(file.clone(), "/fleet/0/building", building);
        agrees("tripped in a room", tripped_at(&run_plain(&file)), 12.0 * HOUR + after, 1e-3);
    }
    // Four minutes of heat are too short for it, as nothing at all is.
    for faults in [heat("30 K", "12 h", "100 s"), heat("15 K", "12 h", "6 h"), json!([])] {
        let record = run_plain(&with(derated("30 C"), "/faults", faults));
        assert_eq!(metric(&record, "sites.breaker_trips"), 0.0);
    }
}

/// What stands in a room warms it by 22 K, to 52 °C and a rating of 0.88, at which 1.25 times the rated current flows; a little more
/// outdoors is too much, and so is air conditioning that fails.
#[test]
fn a_room_warmed_by_its_nodes_derates_the_breaker() {
    let building = json!({ "time_constant": "15 min", "conductance": "50 W/K" });
    let room = |air: &str| with(derated(air), "/fleet/0/building", building.clone());
    assert_eq!(metric(&run_plain(&room("29.5 C")), "sites.breaker_trips"), 0.0);
    // 32 + 22 (1 − e^(−t/15 min)) = 52: the window looks ahead from 15 minutes before that, and θ needs some minutes.
    let at = tripped_at(&run_plain(&room("32 C")));
    let crosses = 900.0 * libm::log(22.0 / 2.0);
    assert!((crosses - 900.0..crosses + 1800.0).contains(&at), "at {at} s, 52 °C at {crosses} s");
    let cooled = with(room("32 C"), "/fleet/0/building/air_conditioning", json!({ "setpoint": "25 C" }));
    assert_eq!(metric(&run_plain(&cooled), "sites.breaker_trips"), 0.0);
    let fails = json!([{ "name": "unit", "at": "12 h", "for": "6 h", "cooling_failure": { "all": true } }]);
    let at = tripped_at(&run_plain(&with(cooled, "/faults", fails))) - 12.0 * HOUR;
    // It stood at 25 °C, seven kelvins below outdoors.
    let crosses = 900.0 * libm::log(29.0 / 2.0);
    assert!((crosses - 900.0..crosses + 1800.0).contains(&at), "{at} s after, 52 °C at {crosses} s");
}

/// On identical mains more injected heat never trips less, nor does it leave more in a battery.
#[test]
fn more_heat_is_never_better() {
    let mut file = derated("28 C");
    file["fleet"][0]["sites"] = json!(40);
    file["fleet"][0]["breaker"]["trip_ratio"] = json!({ "uniform": { "min": 1.13, "max": 1.45 } });
    file["regions"]["here"]["grid"] = json!({ "outages": { "up": "20 h", "down": "2 h" } });
    file["fleet"][0]["ups"] = json!({ "energy": "1.2 kWh", "ageing": { "life": "100 h" } });
    let runs: Vec<RunRecord> = ["0 K", "8 K", "16 K", "24 K", "32 K"]
        .into_iter()
        .map(|rise| run_plain(&with(file.clone(), "/faults", heat(rise, "1 h", "30 h"))))
        .collect();
    for pair in runs.windows(2) {
        assert_eq!(pair[0].exogenous, pair[1].exogenous, "the world is the same");
        for name in ["sites.breaker_trips", "nodes.down.ups"] {
            let (less, more) = (metric(&pair[0], name), metric(&pair[1], name));
            assert!(less <= more, "{name}: {less} becomes {more}");
        }
    }
    let trips = |record: &RunRecord| metric(record, "sites.breaker_trips");
    assert_eq!(trips(&runs[0]), 0.0);
    assert!(trips(&runs[3]) > 0.0 && trips(&runs[3]) < trips(&runs[4]));
}

/// 10 h of load when new, at 25 °C; each kelvin-decade doubles the speed at which 2000 h of life are used up.
#[test]
fn heat_that_is_injected_or_comes_from_nodes_ages_batteries() {
    let carried = |more: &dyn Fn(Value) -> Value| {
        let mut file = world(1, 700.0, json!({ "outages": { "up": "500 h", "down": "150 h" } }));
        file["regions"]["here"]["weather"] = json!({ "constant": "25 C" });
        file["fleet"][0]["ups"] = json!({ "energy": "1 kWh", "ageing": { "life": "2000 h" } });
        150.0 * HOUR - down(&run_plain(&more(file)), "ups", 1.0, 700.0)
    };
    let after = |hours: f64| 10.0 * HOUR * (1.0 - 0.2 * hours / 2000.0);
    agrees("undisturbed", carried(&|file| file), after(500.0), 1e-3);
    let hot = heat("10 K", "100 h", "300 h");
    agrees("injected", carried(&|file| with(file, "/faults", hot.clone())), after(800.0), 1e-3);
    let room = json!({ "time_constant": "15 min", "conductance": "10 W/K" });
    // ∫ (2 − 2^(1 − e^(−t/τ))) dt = 2 τ Ein(ln 2) is what it takes the room to become ten kelvins warmer.
    let warming = 2.0 * 0.25 * 0.589_373_3;
    let warmed = carried(&|file| with(file, "/fleet/0/building", room.clone()));
    agrees("warmed", warmed, after(1000.0 - warming), 1e-2);
    let both = carried(&|file| with(with(file, "/fleet/0/building", room.clone()), "/faults", hot.clone()));
    agrees("both", both, after(1600.0 - warming), 1e-2);
}
