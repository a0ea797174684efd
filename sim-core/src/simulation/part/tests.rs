use super::super::trying::{TRYING, scenario_of};
use super::*;

fn sides<'a>(scenarios: [&'a Scenario; 2], policies: [&'a str; 2], replications: [u32; 2]) -> [Side<'a>; 2] {
    [0, 1].map(|side| Side {
        scenario: scenarios[side],
        policy: policies[side],
        variation: 0,
        replication: replications[side],
    })
}

fn parting(sides: [Side<'_>; 2], last: usize) -> Parting {
    match compare(sides, last) {
        Compared::Parted(parting) => *parting,
        Compared::Same { events, .. } => panic!("they are the same for {events} events"),
    }
}

#[test]
fn a_run_is_the_same_as_itself() {
    let scenario = scenario_of(TRYING);
    let Compared::Same { events, metrics } = compare(sides([&scenario; 2], ["bare"; 2], [3; 2]), 5) else {
        panic!("it differs")
    };
    assert_eq!(events as f64, crate::run(&scenario, "bare", 0, 3).metrics["engine.events"]);
    assert!(metrics.is_empty(), "{metrics:?}");
}

#[test]
fn two_seeds_part_at_their_first_event() {
    let one = scenario_of(TRYING);
    let mut other = one.clone();
    other.seed += 1;
    let parting = parting(sides([&one, &other], ["bare"; 2], [0; 2]), 5);
    assert_eq!((parting.agreed, parting.before.len()), (0, 0));
    let [Some(a), Some(b)] = &parting.first else { panic!("{parting:?}") };
    assert!((a.number, b.number) == (1, 1) && a.at != b.at, "{parting:?}");
    let first = |scenario: &Scenario| {
        let model = Model::new(scenario, "bare", 0);
        let mut run = Simulation::new(&model);
        run.next_trait().map(|it| (it.at, it.event.name()))
    };
    assert_eq!(first(&one), Some((a.at, a.name.clone())));
    assert_eq!(first(&other), Some((b.at, b.name.clone())));
}

#[test]
fn two_policies_part_where_the_first_try_fails() {
    let scenario = scenario_of(TRYING);
    let parting = parting(sides([&scenario; 2], ["bare", "trying"], [0; 2]), 8);
    assert!(parting.same_at_start && parting.same_before && !parting.same_event);
    assert!(parting.agreed > 0 && parting.before.len() == 8.min(parting.agreed as usize));
    // The second policy has a timeout: it fires before anything else that differs happens.
    let [Some(a), Some(b)] = &parting.first else { panic!("{parting:?}") };
    assert!(b.name.starts_with("timeout") && b.at < a.at, "{parting:?}");
    assert!(b.about[0].contains("of calls, drawn demand"), "{:?}", b.about);
    assert!(parting.before.iter().all(|step| step.at <= b.at && step.number <= parting.agreed));
}

#[test]
fn a_demand_that_is_drawn_differently_is_found_at_the_arrival() {
    let text = |scale: &str| {
        TRYING
            .replace(r#"{ "poisson": { "rate": "0.5 /s" } }"#, r#"{ "every": "2 s" }"#)
            .replace(r#""mean": "600 ms""#, scale)
    };
    let (one, other) = (scenario_of(&text(r#""mean": "600 ms""#)), scenario_of(&text(r#""mean": "601 ms""#)));
    let parting = parting(sides([&one, &other], ["bare"; 2], [0; 2]), 3);
    assert!(parting.same_event && parting.same_before, "{parting:?}");
    let [Some(a), Some(b)] = &parting.first else { panic!("{parting:?}") };
    assert!(a.name.starts_with("arrival") && a.at == b.at && a.about != b.about, "{parting:?}");
}
