//! Units whose course is known exactly.

use super::super::{Model, Simulation};
use crate::kernel::SimTime;
use crate::scenario::{NoFiles, Overrides, Scenario, Source, load};
use crate::world::fleet::NodeId;

/// One node that draws 100 W when idle, with this hardware, for a day.
fn scenario(hardware: &str, more: &str) -> Scenario {
    let text = format!(
        r#"{{ "duration": "1 d", {more}
             "nodes": {{ "node": {{ "idle": "100 W", "peak": "100 W", "hardware": {hardware},
                                    "thermal": {{ "resistance": "0.2 K/W", "time_constant": "1 s" }} }} }},
             "fleet": [{{ "racks": [{{ "nodes": {{ "node": 1 }} }}] }}],
             "policies": {{ "ideal": {{}} }} }}"#
    );
    let plan = load(&Source { name: "unit.json", text: &text }, &NoFiles, &Overrides::default());
    plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario
}

/// Lets everything happen that happens until `hours`.
fn go_on(run: &mut Simulation<'_>, hours: f64) {
    while let Some(event) = run.engine.next(SimTime::from_secs_f64(3600.0 * hours)) {
        run.handle(event);
    }
}

#[test]
fn telemetry_shows_symptoms_before_the_failure() {
    let scenario = scenario(
        r#"{ "death": { "lifetime": "10 h", "replacement": "1 h" },
             "degradation": { "lead": "3 h", "slowdown": 2, "resistance": 1.5, "errors": "5 /h" } }"#,
        "",
    );
    let model = Model::new(&scenario, "ideal", 0);
    let mut run = Simulation::new(&model);
    let node = NodeId(0);
    go_on(&mut run, 6.0);
    let before = run.telemetry(node);
    assert!(!before.degraded && before.slowdown == 1.0 && before.errors.0 == 0.0 && before.incarnation == 0);
    assert!((before.temperature.expect("it has a thermal model").0 - 40.0).abs() < 1e-9);
    assert!((before.age.as_secs_f64() - 6.0 * 3600.0).abs() < 1e-6);
    go_on(&mut run, 8.0);
    let worn = run.telemetry(node);
    assert!(worn.degraded && worn.slowdown == 2.0 && (worn.errors.0 - 5.0 / 3600.0).abs() < 1e-12);
    assert!((worn.temperature.expect("it has a thermal model").0 - 50.0).abs() < 1e-9);
    // Dead at 10 h, and another one at 11 h.
    go_on(&mut run, 10.5);
    assert!(run.node(node).reasons.is_off());
    go_on(&mut run, 12.0);
    let new = run.telemetry(node);
    assert!(run.node(node).reasons.is_up() && !new.degraded);
    assert_eq!((new.incarnation, run.incarnation(node)), (1, 1));
    assert!((new.age.as_secs_f64() - 3600.0).abs() < 1e-6);
}

#[test]
fn symptoms_that_heat_a_node_bring_its_end_forward() {
    let hardware = |resistance: f64| {
        format!(
            r#"{{ "death": {{ "lifetime": "10 h" }}, "acceleration": {{ "per_10K": 2, "reference": "40 C" }},
                 "degradation": {{ "lead": "4 h", "resistance": {resistance} }} }}"#
        )
    };
    // The last four hours of exposure pass twice as fast at 50 C.
    for (resistance, end) in [(1.0, 10.0), (1.5, 8.0)] {
        let record = super::super::run(&scenario(&hardware(resistance), ""), "ideal", 0, 0);
        let lived = 24.0 * record.metrics["nodes.uptime"];
        // The node starts at ambient temperature, and each change takes seconds.
        assert!((lived - end).abs() < 3e-3, "{lived} h instead of {end} h");
    }
}

#[test]
fn storms_come_from_the_region() {
    let hardware = r#"{ "faults": { "up": "1 y", "down": "1 h", "in_storm": { "up": "30 min" } } }"#;
    let weather = r#""regions": { "here": { "storms": { "every": "5 h", "for": "2 h" } } },"#;
    let record = super::super::run(&scenario(hardware, weather), "ideal", 0, 0);
    // Storms from 5 to 7, 12 to 14 and 19 to 21 h; in each a fault after half an hour, and another one after the repair.
    let met = record.metrics["nodes.failures"];
    assert!((3.0..=6.0).contains(&met), "{met}");
    assert!((24.0 * record.metrics["nodes.down.hardware"] - met).abs() < 1e-6);
}

#[test]
fn an_idle_fleet_without_hazards_costs_nothing() {
    let idle = scenario(
        r#"{ "acceleration": { "per_10K": 2, "reference": "40 C" }, "death": { "lifetime": "100 y" } }"#,
        "",
    );
    let record = super::super::run(&idle, "ideal", 0, 0);
    assert_eq!(record.metrics["engine.events"], 0.0);
}
