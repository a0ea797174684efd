//! What is taken by name, and what is refused.

use super::common::{load, refused, run_of, value};
use super::{calm, read_often};
use serde_json::json;
use sim_core::scenario::{self, NoFiles, Overrides, Source};

#[test]
fn what_cannot_be_is_refused() {
    for (policy, says) in [
        (json!({ "code": { "data": 3, "total": 5 }, "reads": { "extra": 3 } }), "there are 5"),
        (json!({ "copies": 1, "reads": { "hedge": { "after": "1 s" } } }), "none is left for a hedge"),
        (json!({ "code": { "data": 3, "total": 5 }, "upload": { "success": 2 } }), "is not written with 2"),
        (json!({ "code": { "data": 3, "total": 5 }, "upload": { "start": 4 } }), "cannot succeed"),
        (json!("storj-lik"), "nothing is named"),
    ] {
        let problems = refused(&calm(30, read_often(), policy));
        assert!(problems.contains(says), "{problems}");
    }
}

#[test]
fn packs_are_taken_by_name_and_overridden() {
    for pack in ["storj-like", "sia-like", "filecoin-like", "three-replicas", "copyset-3"] {
        let mut file = calm(120, json!({ "count": 50, "writes": { "every": "5 min" } }), json!(pack));
        file["workloads"]["data"]["objects"]["reads"] = json!({ "every": "1 min" });
        let record = run_of(&file, 0);
        assert_eq!(value(&record, "objects.reads.success_ratio"), 1.0, "{pack}");
        assert_eq!(value(&record, "objects.writes.success_ratio"), 1.0, "{pack}");
    }
    let own = json!({ "from": "storj-like", "upload": { "start": 90, "success": 80 } });
    let scenario = load(&calm(120, read_often(), own));
    let objects = &scenario.policies["policy"].objects;
    assert_eq!((objects.code.data, objects.upload.start, objects.reads.extra), (29, Some(90), 10));
}

#[test]
fn sweeps_reach_into_packs() {
    let mut file = calm(120, read_often(), json!("storj-like"));
    file["vary"] = json!({ "/policies/policy/objects/reads": [{}, { "extra": 5 }] });
    let text = file.to_string();
    let source = Source { name: "x.json", text: &text };
    let plan = scenario::load(&source, &NoFiles, &Overrides::default()).expect("a scenario");
    let extra = |at: usize| plan.variations[at].scenario.policies["policy"].objects.reads.extra;
    assert_eq!((extra(0), extra(1)), (0, 5));
}
