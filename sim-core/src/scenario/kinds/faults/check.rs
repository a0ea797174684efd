//! Names for faults that have none, and what must hold between faults and the rest of the scenario.

use crate::scenario::faults::Mistarget;
use crate::scenario::read::Reader;
use crate::scenario::spec::{Fault, FaultAction, Scenario, Target, Which};
use crate::scenario::tree::{Node, Value};
use serde_json::Value as Json;

/// Gives names to the faults that have none, and puts them into the canonical form.
pub(in crate::scenario) fn complete(written: Vec<(Option<String>, Fault)>, json: &mut Json) -> Vec<Fault> {
    let mut taken: Vec<String> = written.iter().filter_map(|(name, _)| name.clone()).collect();
    let mut faults = Vec::with_capacity(written.len());
    for (index, (name, mut fault)) in written.into_iter().enumerate() {
        fault.name = name.unwrap_or_else(|| {
            let made_up = format!("{} {}", fault.action.name().replace('_', " "), label(&fault.target));
            let mut name = made_up.clone();
            for number in 2.. {
                if !taken.contains(&name) {
                    break;
                }
                name = format!("{made_up} {number}");
            }
            taken.push(name.clone());
            name
        });
        json["faults"][index]["name"] = fault.name.as_str().into();
        faults.push(fault);
    }
    faults
}

/// A target in a few words.
fn label(target: &Target) -> String {
    let which = |which: &Which| match which {
        Which::Name(name) => name.clone(),
        Which::Index(index) => index.to_string(),
    };
    let numbered = |kind: &str, it: &Option<Which>| match it {
        Some(Which::Index(index)) => Some(format!("{kind} {index}")),
        Some(Which::Name(name)) => Some(name.clone()),
        None => None,
    };
    let parts = [
        numbered("region", &target.region),
        numbered("fleet", &target.fleet),
        target.isp.clone(),
        target.operator.clone(),
        target.feeder.as_ref().map(|it| format!("feeder {}", which(it))),
        target.site.as_ref().map(|it| format!("site {}", which(it))),
        target.circuit.as_ref().map(|it| format!("circuit {}", which(it))),
        target.rack.as_ref().map(|it| format!("rack {}", which(it))),
        target.node.as_ref().map(|it| format!("node {}", which(it))),
        target.gateway.as_ref().map(|it| format!("gateway {}", which(it))),
        target.backbone.as_ref().map(|[a, b]| format!("{}–{}", which(a), which(b))),
    ];
    let words: Vec<String> = parts.into_iter().flatten().collect();
    if words.is_empty() { "everything".to_owned() } else { words.join(" ") }
}

/// What must hold between faults and the rest of the scenario.
pub(in crate::scenario) fn check(node: &Node, scenario: &Scenario, reader: &mut Reader<'_>) {
    let Some(Value::Array(items)) = node.get("faults").map(|node| &node.value) else { return };
    let mut names = std::collections::BTreeSet::new();
    for (index, (item, fault)) in items.iter().zip(&scenario.faults).enumerate() {
        reader.within("faults", |reader| {
            reader.within(&index.to_string(), |reader| {
                if !names.insert(fault.name.as_str()) {
                    reader.fault_in(
                        item,
                        "name",
                        format!("two faults are named `{}`", fault.name),
                        "a name of its own",
                    );
                }
                if fault.at >= scenario.duration {
                    let message = format!(
                        "`at` ({}) is not before the end of the run ({})",
                        fault.at, scenario.duration
                    );
                    reader.fault_in(item, "at", message, "a time below `duration`");
                }
                let action = fault.action.name();
                if let (Err(Mistarget { field, message, help }), Some(aim)) =
                    (aimed(fault, scenario), item.get(action))
                {
                    reader.within(action, |reader| match field {
                        "" => reader.fault(aim.span, message, help),
                        field => reader.fault_in(aim, field, message, help),
                    });
                }
            });
        });
    }
}

/// Whether the target exists and the action can befall it.
fn aimed(fault: &Fault, scenario: &Scenario) -> Result<(), Mistarget> {
    let hits = fault.target.resolve(scenario)?;
    let wrong = |field, message: String, help: &str| Err(Mistarget { field, message, help: help.to_owned() });
    let action = fault.action.name();
    if fault.target.is_way() {
        let field = if hits.gateway.is_some() { "gateway" } else { "backbone" };
        if !fault.action.acts_on_ways() {
            return wrong(
                field,
                format!("`{action}` does not act on the way of messages"),
                "for these, accepted: `kill`, `partition`, `latency`, `loss`",
            );
        }
        if fault.share < 1.0 {
            return wrong(
                "share",
                "there is but one target".to_owned(),
                "leave `share` out, or use `loss` with a probability",
            );
        }
    } else if fault.action.needs_sites() && !hits.whole_sites {
        let field = if fault.target.node.is_some() { "node" } else { "rack" };
        return wrong(
            field,
            format!("`{action}` acts on sites as wholes"),
            "name sites, or use `kill` or `loss`",
        );
    }
    if matches!(fault.action, FaultAction::Throttle) && !any_throttles(scenario, &hits.nodes) {
        return wrong(
            "",
            "no node type there has `thermal` with `throttle`".to_owned(),
            "give it one, or use `slow`",
        );
    }
    Ok(())
}

/// Whether some node has a type that says what throttling means.
fn any_throttles(scenario: &Scenario, nodes: &[u32]) -> bool {
    let throttles =
        |name: &str| scenario.nodes[name].thermal.as_ref().is_some_and(|thermal| thermal.throttle.is_some());
    let mut first = 0;
    for entry in &scenario.fleet {
        let per_site: u32 =
            entry.racks.iter().map(|rack| rack.count * rack.nodes.values().sum::<u32>()).sum();
        let end = first + entry.sites * per_site;
        let hit = nodes.iter().any(|node| (first..end).contains(node));
        if hit
            && entry
                .racks
                .iter()
                .any(|rack| rack.nodes.iter().any(|(name, count)| *count > 0 && throttles(name)))
        {
            return true;
        }
        first = end;
    }
    false
}
