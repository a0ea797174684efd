//! What only the inside can see: credits for work, and runs that are forked halfway.

use super::super::{Model, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::accumulate::Deeds;
use crate::scenario::{NoFiles, Overrides, Scenario, Source, load};

/// Two nodes of which the first dies 130 seconds into a job of 200.
fn killed(jobs: &str) -> Scenario {
    let text = format!(
        r#"{{
            "duration": "1999 s",
            "nodes": {{ "node": {{}} }},
            "fleet": [{{ "name": "farm", "sites": 2, "racks": [{{ "nodes": {{ "node": 1 }} }}] }}],
            "workloads": {{ "work": {{ "jobs": {{ "arrivals": {{ "every": "1000 s" }}, "demand": "200 s" }} }} }},
            "faults": [{{ "at": "1130 s", "for": "10 s", "kill": {{ "site": "farm/0" }} }}],
            "policies": {{ "it": {{ "routing": "least_loaded", "jobs": {jobs} }} }}
        }}"#
    );
    let plan = load(&Source { name: "jobs.json", text: &text }, &NoFiles, &Overrides::default());
    plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario
}

fn run_until(simulation: &mut Simulation<'_>, seconds: u64) {
    let until = SimTime::ZERO + SimDuration::from_secs(seconds);
    while let Some(event) = simulation.engine.next(until) {
        simulation.handle(event);
    }
}

#[test]
fn nodes_are_credited_for_the_work_that_was_kept() {
    let credits = |jobs: &str| {
        let scenario = killed(jobs);
        let model = Model::new(&scenario, "it", 0);
        let mut simulation = Simulation::new(&model);
        simulation.collect.deeds = Deeds::of(2);
        run_until(&mut simulation, 1999);
        [0, 1].map(|node| simulation.collect.deeds.all()[node].compute.value())
    };
    let free = r#""every": "50 s", "cost": "0 s""#;
    assert_eq!(credits("{}"), [0.0, 200.0]);
    assert_eq!(credits(&format!("{{\"checkpoint\": {{{free}}}}}")), [100.0, 100.0]);
    assert_eq!(credits(&format!("{{\"checkpoint\": {{{free}, \"keep\": \"local\"}}}}")), [0.0, 200.0]);
    assert_eq!(credits(r#"{"on_failure": "wait"}"#), [200.0, 0.0]);
    assert_eq!(credits(r#"{"quorum": 2}"#), [200.0, 200.0]);
}

#[test]
fn a_run_forked_in_the_middle_goes_on_as_it_would_have() {
    let scenario = killed(r#"{"checkpoint": {"every": "50 s", "cost": "3 s"}, "copies": 2}"#);
    let model = Model::new(&scenario, "it", 0);
    let whole = Simulation::new(&model).run(0);
    for seconds in [500, 1_001, 1_051, 1_131, 1_139] {
        let mut simulation = Simulation::new(&model);
        run_until(&mut simulation, seconds);
        let fork = simulation.clone();
        assert_eq!(fork.run(0).metrics, whole.metrics);
        assert_eq!(simulation.run(0).trace, whole.trace);
    }
}
