//! Batteries that die unnoticed, and that age in heat.

use super::common::{agrees, metric, run_plain};
use super::{HOUR, down, world};
use serde_json::{Value, json};

#[test]
fn a_dead_battery_is_found_at_the_worst_moment_or_by_a_test() {
    let battery = |hours: f64, more: Value| {
        let mut file = world(1, hours, json!({ "outages": { "up": "23 h", "down": "1 h" } }));
        file["fleet"][0]["ups"] =
            json!({ "energy": "500 Wh", "death": { "lifetime": "220 h", "replacement": "100 h" } });
        file["fleet"][0]["ups"]
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().expect("an object"));
        run_plain(&file)
    };
    // It dies at 220 h, is found at 239 h and replaced at 339 h; outages at 239, 263, 287, 311 and 335 h are not carried. The
    // next dies at 559 h, is found at 575 h, and so on.
    let record = battery(960.0, json!({}));
    assert_eq!(metric(&record, "sites.dead_batteries"), 3.0);
    assert_eq!(metric(&record, "nodes.failures"), 5.0 + 5.0 + 3.0);
    // A test finds it within an hour: replaced before 321 h.
    let tested = battery(400.0, json!({ "self_test": "1 h" }));
    assert_eq!((metric(&tested, "nodes.failures"), metric(&tested, "sites.dead_batteries")), (4.0, 1.0));
    assert_eq!(metric(&battery(960.0, json!({ "death": { "lifetime": "220 h" } })), "nodes.failures"), 31.0);
    assert_eq!(metric(&battery(960.0, json!({ "death": { "lifetime": "50 d" } })), "nodes.failures"), 0.0);
}

#[test]
fn a_hot_room_ages_batteries() {
    let aged = |room: &str| {
        let mut file = world(1, 700.0, json!({ "outages": { "up": "500 h", "down": "150 h" } }));
        file["regions"]["here"]["weather"] = json!({ "constant": room });
        file["fleet"][0]["ups"] = json!({ "energy": "1 kWh", "ageing": { "life": "2000 h" } });
        down(&run_plain(&file), "ups", 1.0, 700.0)
    };
    // 10 h of load when new; a quarter of a life costs 5 %, half a life 10 %.
    agrees("25 °C", aged("25 C"), (150.0 - 9.5) * HOUR, 1e-3);
    agrees("35 °C", aged("35 C"), (150.0 - 9.0) * HOUR, 1e-3);
}
