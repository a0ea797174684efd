//! Thousands of damaged files: loading never panics, and what loads resolves to itself.

use super::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value as Json, json};

/// A whole number below `bound`.
fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    (rng.next_u64() % bound as u64) as usize
}

fn seeds() -> Vec<String> {
    vec![
        template("garage"),
        template("smallest"),
        include_str!("wrong.jsonc").to_owned(),
        Examples.read("first.json").unwrap(),
        Examples.read("isp-cabinet.json").unwrap(),
        Examples.read("backbone-cut.json").unwrap(),
    ]
}

/// A short table under every name.
struct AnyTable;

impl Files for AnyTable {
    fn read(&self, _: &str) -> Result<String, String> {
        Ok("temperature_C\n20\n21.5\n30\n".to_owned())
    }
}

/// Loads with a table for every file; if it loads, its resolved form must load to the same.
fn exercise(text: &str) -> bool {
    match load(&Source { name: "fuzz.json", text }, &AnyTable, &Overrides::default()) {
        Ok(plan) => {
            assert_round_trip(&plan, &AnyTable);
            plan.planned().take(3).for_each(|run| assert_eq!(run.id.len(), 64));
            assert!(plan.estimate().events_per_run >= 0.0);
            true
        }
        Err(problems) => {
            assert!(!problems.0.is_empty());
            assert!(problems.to_string().lines().count() >= 5 * problems.0.len());
            false
        }
    }
}

#[test]
fn damaged_text_never_panics() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let seeds = seeds();
    for _ in 0..800 {
        let mut text: Vec<char> = seeds[below(&mut rng, seeds.len())].chars().collect();
        for _ in 0..=below(&mut rng, 3) {
            let at = below(&mut rng, text.len());
            let end = (at + below(&mut rng, 12)).min(text.len());
            let part: Vec<char> = text[at..end].to_vec();
            match below(&mut rng, 4) {
                0 => drop(text.drain(at..end)),
                1 => drop(text.splice(at..at, part)),
                2 => {
                    text[at] = ['"', '{', '}', '[', ',', '-', '9', 'e', '\\', 'é', '\u{0}', ' ']
                        [below(&mut rng, 12)];
                }
                _ => {
                    let other = below(&mut rng, text.len());
                    text.swap(at, other);
                }
            }
        }
        exercise(&text.into_iter().collect::<String>());
    }
}

/// All pointers of a value.
fn pointers(json: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match json {
        Json::Object(members) => {
            members.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), all));
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), all));
        }
        _ => {}
    }
}

fn pool() -> Vec<Json> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(0.5),
        json!(1e308),
        json!(u64::MAX),
        json!("none"),
        json!(""),
        json!("0 s"),
        json!("1 ns"),
        json!("5 s"),
        json!("584 y"),
        json!("20 %"),
        json!("1e300 W"),
        json!("-300 C"),
        json!("1 /y"),
        json!("garage"),
        json!("mini-pc"),
        json!("p50"),
        json!([]),
        json!({}),
        json!({ "from": "mini-pc" }),
        json!({ "from": "cable", "loss": "none" }),
        json!({ "exponential": { "mean": "1e-9 s" } }),
        json!({ "pareto": { "min": "1 s", "shape": 0.01 } }),
        json!({ "lognormal": { "mean": "1 y", "sigma": 30 } }),
        json!({ "mixture": [{ "weight": 1e-300, "of": "1 s" }] }),
        json!({ "file": "data/denver-tmy3.csv", "column": "temperature_C", "unit": "K" }),
        json!({ "file": "data/miami-tmy2.csv", "column": "temperature_C", "unit": "C", "step": "1 ns" }),
        json!({ "empirical": { "file": "data/miami-tmy2.csv", "column": "temperature_C", "unit": "ns" } }),
    ]
}

#[test]
fn damaged_values_never_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let pool = pool();
    let mut loaded = 0;
    for text in seeds() {
        let whole = tree::Node::parse(&text).map_err(|_| ()).unwrap().to_json();
        let mut all = Vec::new();
        pointers(&whole, "", &mut all);
        for _ in 0..250 {
            let mut json = whole.clone();
            for _ in 0..=below(&mut rng, 2) {
                let other = json.pointer(&all[below(&mut rng, all.len())]).cloned();
                let value = match below(&mut rng, 4) {
                    0 => other.unwrap_or_default(),
                    _ => pool[below(&mut rng, pool.len())].clone(),
                };
                if let Some(place) = json.pointer_mut(&all[below(&mut rng, all.len())]) {
                    *place = value;
                }
            }
            loaded += usize::from(exercise(&json.to_string()));
        }
    }
    assert!(loaded > 20, "only {loaded} of the damaged files load: the test does not reach far");
}

#[test]
fn damaged_tables_never_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let start = LocalDateTime::default();
    let table: String =
        (0..48).map(|hour| format!("2024-01-{:02}T{:02}:00,{hour}.5\n", 1 + hour / 24, hour % 24)).collect();
    let table = format!("time,t\n{table}");
    for _ in 0..1000 {
        let mut text: Vec<char> = table.chars().collect();
        for _ in 0..=below(&mut rng, 2) {
            let at = below(&mut rng, text.len());
            let end = (at + below(&mut rng, 20)).min(text.len());
            drop(text.splice(
                at..end,
                ["", "\n", ",", "\"", "#", "é", "-", "1e99", "9999-12-31"][below(&mut rng, 9)].chars(),
            ));
        }
        let text: String = text.into_iter().collect();
        if let Ok(column) = table::column(&text, "t", Some("time")) {
            let step = crate::kernel::SimDuration::from_secs(3600);
            if let Ok(series) = table::align(&column, start, 86_400, step) {
                assert!(!series.values.is_empty() && series.values.iter().all(|value| value.is_finite()));
                assert!(series.step.as_nanos() > 0);
            }
        }
    }
}
