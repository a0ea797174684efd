use super::super::trying::{TRYING, scenario_of};
use crate::measure::blame::Root;
use crate::measure::record::RunRecord;
use crate::scenario::Scenario;

fn blaming(text: &str) -> Scenario {
    let mut scenario = scenario_of(text);
    scenario.blame = true;
    scenario
}

fn charged(record: &RunRecord, root: &str) -> f64 {
    // Storms are told of only where they touch the mains.
    record.metrics.get(&format!("blame.requests.{root}")).copied().unwrap_or(0.0)
}

/// Requests that make up the complement of the success ratio.
fn failures(record: &RunRecord) -> f64 {
    let metric = |name: &str| record.metrics[name];
    let in_time = metric("requests.completed") - metric("requests.late");
    (in_time / metric("requests.success_ratio")).round() - in_time
}

#[test]
fn what_is_charged_is_what_failed_and_nothing_else_changes() {
    for text in [
        TRYING.to_owned(),
        TRYING.replace(r#""duration": "2 h""#, r#""duration": "2 h", "warmup": "30 min""#),
    ] {
        let (plain, scenario) = (scenario_of(&text), blaming(&text));
        for policy in scenario.policies.keys() {
            let record = crate::run(&scenario, policy, 0, 0);
            let sum: f64 = Root::of_requests().map(|root| charged(&record, root.name())).sum();
            assert_eq!((sum, sum), (failures(&record), record.metrics["blame.requests"]), "{policy}");
            assert!(sum > 0.0, "{policy}");
            let down: f64 = record
                .metrics
                .iter()
                .filter(|(name, _)| name.starts_with("blame.nodes."))
                .map(|(_, it)| it)
                .sum();
            assert!((down - (1.0 - record.metrics["nodes.uptime"])).abs() < 1e-9, "{policy}");
            let before = crate::run(&plain, policy, 0, 0);
            assert_eq!((&before.trace, &before.exogenous), (&record.trace, &record.exogenous));
            assert!(before.metrics.iter().all(|(name, value)| record.metrics[name] == *value), "{policy}");
            assert!(before.metrics.keys().all(|name| !name.starts_with("blame")), "{policy}");
        }
    }
}

/// A boot after an outage is charged to the outage, so nothing is left for booting.
#[test]
fn the_cause_is_the_one_that_began_the_spell() {
    let record = crate::run(&blaming(TRYING), "bare", 0, 0);
    assert!(charged(&record, "grid") > 50.0 && charged(&record, "hardware") > 10.0, "{:?}", record.metrics);
    assert_eq!(charged(&record, "booting"), 0.0);
    assert!(charged(&record, "message_loss") > 20.0);
    assert!(
        record.metrics["blame.undetected"] > 0.5 * charged(&record, "grid"),
        "nobody looks whether a node is there"
    );
    assert!(record.metrics["nodes.down.booting"] > 0.0 && record.metrics["blame.nodes.booting"] == 0.0);
}

#[test]
fn a_health_check_finds_what_is_down() {
    let scenario = blaming(TRYING);
    let record = |policy: &str| crate::run(&scenario, policy, 0, 0);
    let (bare, watching, knowing) = (record("bare"), record("watching"), record("knowing"));
    let undetected = |record: &RunRecord| record.metrics["blame.undetected"];
    assert!(undetected(&watching) < 0.2 * undetected(&bare) && undetected(&knowing) == 0.0);
    // It suspects five seconds after the last beat, so what is sent to a dead node goes there before.
    assert!(watching.metrics["blame.undetected_for.mean"] < 6.0);
    assert!(bare.metrics["blame.undetected_for.mean"] > 60.0);
}

/// Without the cause there is as much less failure as was charged to it, but for what other causes would have done to the same requests.
#[test]
fn without_the_top_cause_about_as_much_failure_is_gone() {
    let text = TRYING.replace(r#""loss": 0.02"#, r#""loss": 0.002"#);
    let calm = text.replace(r#""up": { "exponential": { "mean": "1 h" } }, "down": { "exponential": { "mean": "10 min" } } } } }
  }"#, r#""up": { "exponential": { "mean": "1000 h" } }, "down": { "exponential": { "mean": "10 min" } } } } }
  }"#);
    assert_ne!(text, calm);
    let (with, without) = (blaming(&text), blaming(&calm));
    for policy in ["bare", "trying", "watching"] {
        let (mut blamed, mut gone, mut all) = (0.0, 0.0, 0.0);
        for replication in 0..3 {
            let (before, after) =
                (crate::run(&with, policy, 0, replication), crate::run(&without, policy, 0, replication));
            assert_eq!(charged(&after, "grid"), 0.0);
            blamed += charged(&before, "grid");
            all += failures(&before);
            gone += failures(&before) - failures(&after);
        }
        assert!(
            (gone - blamed).abs() < 0.3 * blamed.max(0.1 * all),
            "{policy}: {blamed} of {all}, {gone} gone"
        );
    }
}

/// One slot at three quarters of its capacity: what is late waited, and what takes longer than its deadline by itself is not blamed on the queue.
#[test]
fn what_is_late_is_charged_to_its_longest_part() {
    let queue = r#"{ "duration": "10 h", "seed": 2, "blame": true, "nodes": { "box": {} }, "fleet": [{ "racks": [{ "nodes": { "box": 1 } }] }],
      "workloads": { "calls": { "requests": { "arrivals": { "poisson": { "rate": "0.75 /s" } }, "demand": { "exponential": { "mean": "1 s" } }, "deadline": "3 s" } } },
      "policies": { "plain": {} } }"#;
    let record = crate::run(&scenario_of(queue), "plain", 0, 0);
    let demand = charged(&record, "demand") / record.metrics["requests.completed"];
    // Longer than three seconds by itself.
    assert!((demand - libm::exp(-3.0)).abs() < 0.005, "{demand}");
    assert_eq!(charged(&record, "demand") + charged(&record, "queueing"), failures(&record));
    assert!(charged(&record, "queueing") > charged(&record, "demand"));
    let full = queue.replace(r#""box": {} }"#, r#""box": { "queue": 1 } }"#);
    let record = crate::run(&scenario_of(&full), "plain", 0, 0);
    // Of those turned away, the share that would have been late anyway is charged to its demand.
    let (rejected, turned_away) = (record.metrics["requests.rejected"], charged(&record, "no_place"));
    assert!(
        rejected > 1000.0 && (turned_away / rejected - 1.0 + libm::exp(-3.0)).abs() < 0.01,
        "{turned_away} of {rejected}"
    );
}
