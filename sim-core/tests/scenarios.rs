//! Every scenario of `scenarios/` runs, shortened, and gives the results that are pinned in `data/digests.json`.
//!
//! A change that moves a digest changes predictions: it says why, and bumps `MODEL_VERSION`. To write the file anew:
//! `BROWNOUT_UPDATE_DIGESTS=1 cargo test -p sim-core --test scenarios`.

use serde_json::{Map, Value, json};
use sim_core::measure::{catalog, digest::digest};
use sim_core::scenario::{self, Files, Overrides, Plan, Source};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each scenario is shortened to, with its warm-up, where its own length would take too long for a test.
const SHORTENED: &[(&str, &str, &str)] = &[
    ("archive.json", "30 d", "1 d"),
    ("backbone-cut.json", "2 d", "1 h"),
    ("bufferbloat.json", "2 h", "10 min"),
    ("cold-load-pickup.json", "4 d", "1 d"),
    ("edge-ring.json", "60 s", "0 s"),
    ("first.json", "12 h", "1 h"),
    ("heat-wave.json", "5 h", "1 h"),
    ("inference-mesh.json", "90 min", "15 min"),
    ("isp-cabinet.json", "20 d", "1 d"),
    ("metastable.json", "5 min", "1 min"),
    ("million.json", "1 h", "5 min"),
    ("monoculture.json", "60 d", "1 d"),
    ("render-farm.json", "6 d", "1 d"),
    ("small-or-big.json", "40 d", "1 d"),
    ("storm-front.json", "8 d", "1 d"),
    ("year.json", "36 h", "1 h"),
];

/// What else is made smaller.
const SMALLER: &[(&str, &str, &str)] = &[
    ("archive.json", "/workloads/archive/objects/count", "400"),
    ("archive.json", "/faults/0/at", "\"20 d\""),
    ("million.json", "/fleet/0/sites", "60"),
    ("million.json", "/fleet/1/sites", "5"),
    ("million.json", "/fleet/2/sites", "65"),
    ("million.json", "/fleet/3/sites", "100"),
    ("million.json", "/fleet/4/sites", "20"),
    ("million.json", "/workloads/archive/objects/count", "1000"),
    ("million.json", "/workloads/calls/requests/arrivals/poisson/rate", "\"0.11574 /s\""),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(self.0.join(path)).map_err(|error| error.to_string())
    }
}

fn bundled() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the scenarios folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".json")).collect::<BTreeSet<_>>().into_iter().collect()
}

fn load(name: &str) -> Plan {
    let text = fs::read_to_string(folder().join(name)).expect("a scenario");
    let set = SHORTENED.iter().filter(|(short, ..)| *short == name).flat_map(|(_, duration, warmup)| {
        [("/duration", duration), ("/warmup", warmup)].map(|(field, to)| (field.to_owned(), json!(to)))
    });
    let smaller = SMALLER.iter().filter(|(small, ..)| *small == name);
    let smaller = smaller
        .map(|(_, field, to)| ((*field).to_owned(), serde_json::from_str(to).expect("the value is JSON")));
    let set = set.chain(smaller);
    let overrides = Overrides { set: set.collect(), ..Overrides::default() };
    let plan = scenario::load(&Source { name, text: &text }, &Beside(folder()), &overrides);
    plan.unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
}

/// The digest of replication 0 of the first variation, and the world's part of it, by policy.
fn results(name: &str) -> Value {
    let plan = load(name);
    assert!(plan.warnings.is_empty(), "{name} is doubtful: {:?}", plan.warnings);
    let scenario = &plan.variations[0].scenario;
    let policies = scenario.policies.keys().map(|policy| {
        let record = sim_core::run(scenario, policy, 0, 0);
        for metric in record.metrics.keys() {
            assert!(catalog::lookup(metric).is_some(), "{name}, {policy}: nothing is known of {metric}");
        }
        let short = digest(std::slice::from_ref(&record))[..16].to_owned();
        (policy.clone(), json!({ "results": short, "exogenous": record.exogenous }))
    });
    Value::Object(policies.collect::<Map<_, _>>())
}

#[test]
fn every_scenario_gives_the_pinned_results() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/digests.json");
    let names = bundled();
    let found: Vec<Value> = std::thread::scope(|scope| {
        let runs: Vec<_> = names.iter().map(|name| scope.spawn(move || results(name))).collect();
        runs.into_iter().map(|run| run.join().expect("a finished run")).collect()
    });
    let found: Map<String, Value> = names.into_iter().zip(found).collect();
    if std::env::var_os("BROWNOUT_UPDATE_DIGESTS").is_some() {
        let text = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
        fs::write(&file, text).expect("the digests are written");
        return;
    }
    let pinned: Map<String, Value> =
        serde_json::from_str(&fs::read_to_string(&file).expect("there are pinned digests")).expect("JSON");
    for (name, results) in &found {
        assert_eq!(Some(results), pinned.get(name), "{name} predicts something else now");
        let worlds: BTreeSet<&str> = results
            .as_object()
            .expect("an object")
            .values()
            .filter_map(|policy| policy["exogenous"].as_str())
            .collect();
        assert_eq!(worlds.len(), 1, "{name}: every policy meets the same world");
    }
    assert_eq!(pinned.len(), found.len(), "a scenario that is pinned is gone");
}

#[test]
fn resolved_scenarios_load_again_to_the_same() {
    for name in bundled() {
        let plan = load(&name);
        let text = plan.variations[0].resolved.clone();
        let again =
            scenario::load(&Source { name: &name, text: &text }, &Beside(folder()), &Overrides::default());
        let again = again.unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert_eq!(again.variations[0].tree(), plan.variations[0].tree(), "{name}");
    }
}
