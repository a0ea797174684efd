//! Units whose course is known exactly.

use super::super::climate::Assumed;
use super::super::{Model, Simulation};
use super::Along;
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Celsius;
use crate::scenario::{NoFiles, Overrides, Scenario, Source, load};
use crate::world::fleet::NodeId;
use crate::world::thermal::MassState;

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

/// Busy nodes of one and two masses that share a garage in summer: what a course is said to expose them to is what Simpson's rule
/// finds along it in five hundred steps.
#[test]
fn courses_expose_as_fine_steps_say() {
    const STEPS: u64 = 500;
    for law in [
        r#"{ "per_10K": 2, "reference": "40 C" }"#,
        r#"{ "arrhenius": { "energy": 0.7, "reference": "40 C" } }"#,
    ] {
        let text = format!(
            r#"{{ "duration": "1 d", "start": "2025-07-15 00:00",
                 "regions": {{ "here": {{ "weather": "phoenix" }} }},
                 "nodes": {{
                   "small": {{ "from": "mini-pc", "hardware": {{ "from": "consumer-24x7", "acceleration": {law} }} }},
                   "big": {{ "from": "gpu-workstation", "hardware": {{ "from": "consumer-24x7", "acceleration": {law} }} }} }},
                 "fleet": [{{ "region": "here", "building": "warm-garage", "sites": 3,
                   "racks": [{{ "cooling": "fan-rack", "nodes": {{ "small": 2, "big": 1 }} }}] }}],
                 "workloads": {{ "calls": {{ "requests": {{ "arrivals": {{ "poisson": {{ "rate": "0.01 /s" }} }},
                   "demand": {{ "lognormal": {{ "median": "1 min", "sigma": 1 }} }} }} }} }},
                 "policies": {{ "plain": {{}} }} }}"#
        );
        let plan = load(&Source { name: "busy.json", text: &text }, &NoFiles, &Overrides::default());
        let scenario = plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario;
        let model = Model::new(&scenario, "plain", 0);
        let mut run = Simulation::new(&model);
        let (mut even, mut all, mut checked, mut worst, mut off) = (0, 0, 0, 0.0_f64, 0.0);
        while let Some(event) = run.engine.next(SimTime::from_secs_f64(86_400.0)) {
            let now = run.engine.now();
            for node in (0..9).map(NodeId) {
                let state = run.node(node);
                let since = run.hardware.units[node.index()].since;
                let Some(masses) = run.masses(node).filter(|_| since == state.heat.at && since < now) else {
                    continue;
                };
                let mut mass =
                    MassState { die: state.heat.temperature, chassis: state.chassis, at: state.heat.at };
                let inlet = run.inlet(node, Assumed::Present);
                let mut driven = masses.driven(&inlet, run.heating_power(node));
                let along = Along::follow(&mut mass, now, &mut driven);
                all += 1;
                let Some(known) = run.even_exposure(node, since, along) else { continue };
                even += 1;
                if even % 40 != 0 || now.since(since) < SimDuration::from_secs(10) {
                    continue;
                }
                let ageing = run.ageing(node).expect("heat wears it");
                let mut at = MassState {
                    die: run.node(node).heat.temperature,
                    chassis: run.node(node).chassis,
                    at: since,
                };
                let quarter = SimDuration::from_nanos(now.since(since).as_nanos() / (2 * STEPS));
                let mut slow = 0.0;
                for _ in 0..STEPS {
                    let middle = driven.lead(&at, at.at.saturating_add(quarter));
                    let end = driven.lead(&middle, middle.at.saturating_add(quarter));
                    let [a, b, c] = [at, middle, end].map(|mass| ageing.factor(Celsius(mass.die)));
                    slow += end.at.since(at.at).as_secs_f64() * (a + 4.0 * b + c) / 6.0;
                    at = end;
                }
                checked += 1;
                worst = worst.max((known[0] / slow - 1.0).abs());
                off += known[0] / slow - 1.0;
            }
            run.handle(event);
        }
        assert!(all > 5_000 && even * 10 > all * 7, "{even} of {all}");
        assert!(
            worst < 0.01 && (off / f64::from(checked)).abs() < 2e-4,
            "{worst} at most, {off} in all of {checked}"
        );
    }
}
