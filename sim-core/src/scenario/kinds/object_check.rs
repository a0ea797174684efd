//! What objects ask of the fleet.

use crate::scenario::cost::{rate, size};
use crate::scenario::read::Reader;
use crate::scenario::spec::Scenario;
use crate::scenario::tree::Node;

/// Shards have numbers of 32 bits.
const SHARDS_MAX: u64 = u32::MAX as u64 - 8;
/// Workloads with objects at most.
const SETS_MAX: usize = 255;

/// Every policy can place the objects that there are: on as many nodes as an object has shards, and with numbers for all.
pub(super) fn check_objects(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let (nodes, _) = size(scenario);
    let seconds = scenario.duration.as_secs_f64();
    let written = scenario.objects().filter_map(|(_, _, objects)| objects.writes.as_ref());
    let written: f64 = written.map(|writes| seconds * rate(writes, seconds)).sum();
    let objects: u64 = scenario.objects().map(|(_, _, objects)| u64::from(objects.count)).sum();
    let objects = objects.saturating_add(written as u64);
    if scenario.objects().count() > SETS_MAX {
        reader.fault_in(node, "workloads", "too many of them keep objects", format!("at most {SETS_MAX}"));
    }
    if scenario.objects().next().is_none() {
        return;
    }
    for (name, policy) in &scenario.policies {
        let total = policy.objects.code.total;
        let at = || node.get("policies").and_then(|policies| policies.get(name)).unwrap_or(node);
        if u64::from(total) > nodes {
            let message =
                format!("an object has {total} shards on different nodes, but there are {nodes} nodes");
            reader.within_all(&["policies", name], |reader| {
                reader.fault_in(at(), "objects", message, "fewer shards, or more nodes");
            });
        } else if objects.saturating_mul(u64::from(total)) > SHARDS_MAX {
            let message = format!("{objects} objects of {total} shards are too many");
            reader.fault_in(node, "workloads", message, format!("at most {SHARDS_MAX} shards"));
        }
    }
}
