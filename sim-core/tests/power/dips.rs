//! Dips in voltage: what is ridden through, and what brownouts do to breakers.

use super::common::{agrees, metric, run_plain, with};
use super::{HOUR, down, world};
use serde_json::json;

#[test]
fn sags_are_ridden_through_as_the_curve_says() {
    let sags = |depth: f64, lasts: &str| {
        world(1, 10.5, json!({ "sags": { "every": "1 h", "for": lasts, "depth": depth } }))
    };
    // Depth, duration, and seconds of it that are not ridden through, at full load and the default hold-up of 20 ms.
    let cases = [
        (0.5, "15 ms", 0.0),
        (0.5, "30 ms", 0.01),
        (1.0, "2 s", 1.98),
        (0.25, "400 ms", 0.0),
        (0.25, "600 ms", 0.1),
        (0.3, "600 ms", 0.1),
        (0.15, "9 s", 0.0),
        (0.15, "11 s", 1.0),
        (0.05, "50 s", 0.0),
    ];
    for (depth, lasts, lost) in cases {
        let record = run_plain(&sags(depth, lasts));
        let what = format!("depth {depth} for {lasts}");
        agrees(&what, metric(&record, "nodes.failures"), if lost > 0.0 { 10.0 } else { 0.0 }, 0.0);
        agrees(&what, down(&record, "sag", 1.0, 10.5), 10.0 * lost, 1e-6);
        let per_year = 10.0 / (10.5 / 8766.0);
        agrees("sags per year", metric(&record, "sites.sags_per_year"), per_year, 1e-6 * per_year);
    }
    // A light load is held up longer; a UPS corrects, unless it does not.
    let deep = sags(1.0, "150 ms");
    let light = with(
        with(deep.clone(), "/nodes/node/idle", json!("10 W")),
        "/nodes/node/hardware",
        json!({ "psu_hold_up": "16 ms" }),
    );
    assert_eq!(metric(&run_plain(&light), "nodes.failures"), 0.0, "160 ms at a tenth of the load");
    assert_eq!(metric(&run_plain(&deep), "nodes.failures"), 10.0);
    let ups = |corrects: bool| {
        with(deep.clone(), "/fleet/0/ups", json!({ "energy": "50 Wh", "corrects_sags": corrects }))
    };
    assert_eq!(metric(&run_plain(&ups(true)), "nodes.failures"), 0.0);
    assert_eq!(metric(&run_plain(&ups(false)), "nodes.failures"), 10.0);
}

#[test]
fn interruptions_shorter_than_the_hold_up_are_not_noticed() {
    for (hold_up, lasts, failures) in
        [("17 ms", "16 ms", 0.0), ("17 ms", "18 ms", 10.0), ("30 ms", "18 ms", 0.0), ("0 s", "1 ms", 10.0)]
    {
        let file = world(1, 10.5, json!({ "outages": { "up": "1 h", "down": lasts } }));
        let record = run_plain(&with(file, "/nodes/node/hardware", json!({ "psu_hold_up": hold_up })));
        agrees(&format!("{lasts} against {hold_up}"), metric(&record, "nodes.failures"), failures, 0.0);
        assert_eq!(
            metric(&record, "sites.grid_outages_per_year").round(),
            (10.0 / (10.5 / 8766.0_f64)).round()
        );
    }
    // The hold-up delays the loss, and nothing more.
    let file = world(1, 10.0, json!({ "outages": { "up": "4 h", "down": "2 h" } }));
    let record = run_plain(&with(file, "/nodes/node/hardware", json!({ "psu_hold_up": "1 s" })));
    agrees("down", down(&record, "grid", 1.0, 10.0), 2.0 * HOUR - 1.0, 1e-6);
}

#[test]
fn a_transfer_longer_than_the_hold_up_reboots() {
    for (gap, failures) in [("10 ms", 0.0), ("40 ms", 4.0)] {
        let file = world(1, 10.0, json!({ "outages": { "up": "2 h", "down": "30 min" } }));
        let file = with(file, "/fleet/0/ups", json!({ "energy": "1 kWh", "transfer": gap }));
        let record = run_plain(&with(file, "/nodes/node/hardware", json!({ "psu_hold_up": "17 ms" })));
        agrees(&format!("transfer of {gap}"), metric(&record, "nodes.failures"), failures, 0.0);
        agrees("gap", down(&record, "ups", 1.0, 10.0), failures * 0.04, 1e-6);
    }
}

#[test]
fn a_brownout_raises_the_current_and_trips_the_breaker() {
    let brownout = |depth: f64| {
        let file = world(1, 6.0, json!({ "brownouts": { "every": "3 h", "for": "1 h", "depth": depth } }));
        let file = with(file, "/nodes/node", json!({ "idle": "900 W", "peak": "900 W" }));
        with(
            file,
            "/fleet/0/breaker",
            json!({ "rating": "10 A", "voltage": "100 V", "time_constant": "150 s", "trip_ratio": 1.1 }),
        )
    };
    // 0.9 of the rating at full voltage, 1.2 at three quarters of it.
    let record = run_plain(&brownout(0.25));
    let (i, before) = (1.2_f64 * 1.2, 0.9_f64 * 0.9);
    let after = 150.0 * libm::log((i - before) / (i - 1.1 * 1.1));
    agrees("tripped", down(&record, "breaker", 1.0, 6.0), 3.0 * HOUR - after, 0.03);
    assert_eq!(metric(&run_plain(&brownout(0.15)), "sites.breaker_trips"), 0.0);
    // Nothing runs at 60 %; a battery carries it.
    let deep = brownout(0.4);
    agrees("down", down(&run_plain(&deep), "sag", 1.0, 6.0), HOUR - 0.02, 1e-6);
    let carried = run_plain(&with(deep, "/fleet/0/ups", json!({ "energy": "1 kWh" })));
    assert_eq!(metric(&carried, "nodes.uptime"), 1.0);
    assert_eq!(metric(&carried, "sites.breaker_trips"), 0.0);
}
