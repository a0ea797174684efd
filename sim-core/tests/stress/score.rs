//! Scores in scenario files: places of mistakes, and what an evaluation costs.

use super::*;
use sim_core::policy::score::{Attribute, Score};
use sim_core::scenario::{self, NoFiles, Overrides, Source};

#[test]
fn a_mistake_is_marked_inside_the_text() {
    let text = r#"{
  "duration": "1 min",
  "nodes": { "box": {} },
  "fleet": [{ "racks": [{ "nodes": { "box": 2 } }] }],
  "policies": {
    "mine": { "routing": { "score": "2*reliability - 0.5*laod" } }
  }
}"#;
    let problems = scenario::load(&Source { name: "score.json", text }, &NoFiles, &Overrides::default())
        .expect_err("there is no such thing");
    let shown = problems.to_string();
    let marked = "    \"mine\": { \"routing\": { \"score\": \"2*reliability - 0.5*laod\" } }";
    let column = marked.find("laod").expect("it is there");
    assert!(shown.contains(&format!("{marked}\n  | {}^^^^\n", " ".repeat(column))), "{shown}");
    assert!(shown.contains("unknown name `laod` (character 21 of the expression)"), "{shown}");
    assert!(shown.contains("did you mean `load`?"), "{shown}");
    assert!(shown.contains("/policies/mine/routing/score"), "{shown}");
}

#[test]
fn a_score_is_the_policy_that_it_describes() {
    let file = queues(10, 0.6, "60 s");
    let record = |routing: Value| alone(&file, &json!({ "routing": routing }));
    let shown = record(json!({ "score": "0 - outstanding", "choices": 2 }));
    let folded = record(json!({ "score": "-(1 + 0) * outstanding", "choices": 2 }));
    assert_eq!(shown.metrics, folded.metrics);
}

/// Evaluates a score for many candidates.
#[test]
#[ignore = "a measurement: cargo test --release --workspace --test stress -- --ignored --nocapture nanoseconds"]
fn nanoseconds_of_a_candidate() {
    let score = Score::parse("2*reliability - 0.5*load - latency_ms/400").expect("it is valid");
    let table: Vec<[f64; 3]> = (0..1000).map(|i| [1.0, f64::from(i % 7), f64::from(i % 90)]).collect();
    let begin = cpu_time::ProcessTime::now();
    let mut best = f64::NEG_INFINITY;
    for _ in 0..10_000 {
        for row in &table {
            let value = score.value(|attribute| match attribute {
                Attribute::Reliability => row[0],
                Attribute::Load => row[1],
                _ => row[2],
            });
            best = best.max(value);
        }
    }
    let nanoseconds = begin.elapsed().as_secs_f64() * 1e9 / 1e7;
    println!("{nanoseconds:.1} ns a candidate; the best has {best}");
    assert!(nanoseconds < 1000.0);
}
