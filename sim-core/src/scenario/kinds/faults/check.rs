//! Names for faults that have none, and what must hold between faults and the rest of the scenario.

use crate::scenario::faults::Mistarget;
use crate::scenario::read::Reader;
use crate::scenario::spec::{Fault, FaultAction, FleetEntry, NodeType, Rack, Scenario, Target, Which};
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
        target.batch.as_ref().map(|it| format!("batch {}", which(it))),
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
        let narrow = [("node", &fault.target.node), ("batch", &fault.target.batch)];
        let field = narrow.iter().find(|(_, which)| which.is_some()).map_or("rack", |(field, _)| field);
        return wrong(
            field,
            format!("`{action}` acts on sites as wholes"),
            "name sites, or use `kill` or `loss`",
        );
    }
    without_effect(&fault.action, scenario, &hits.nodes)
}

/// Whether what an action acts on is there at all, at some of these nodes.
fn without_effect(action: &FaultAction, scenario: &Scenario, nodes: &[u32]) -> Result<(), Mistarget> {
    let any = |holds: &dyn Fn(&FleetEntry, &Rack, &NodeType) -> bool| any_node(scenario, nodes, holds);
    let heated = |node: &NodeType| node.thermal.is_some();
    // Breakers and batteries feel the air of the room.
    let feels = |entry: &FleetEntry| {
        entry.breaker.as_ref().is_some_and(|breaker| breaker.derating.is_some())
            || entry.ups.as_ref().is_some_and(|ups| ups.ageing.is_some())
    };
    let cooled_room = |entry: &FleetEntry| {
        let building = entry.building.as_ref();
        building.is_some_and(|building| building.setpoint.is_some() || building.air_conditioning.is_some())
    };
    let (exists, message, help) = match action {
        FaultAction::Throttle => (
            any(&|_, _, node| node.thermal.as_ref().is_some_and(|thermal| thermal.throttle.is_some())),
            "no node type there has `thermal` with `throttle`",
            "give it one, or use `slow`",
        ),
        FaultAction::Heat { .. } => (
            any(&|entry, _, node| heated(node) || feels(entry)),
            "no node type there has `thermal`, so heat does nothing",
            "give it one, or the breaker `derating` or the UPS `ageing`; or use `throttle` or `slow`",
        ),
        FaultAction::CoolingFailure => (
            any(&|entry, rack, node| {
                (heated(node) && (cooled_room(entry) || rack.cooling.is_some()))
                    || (feels(entry) && cooled_room(entry))
            }),
            "nothing there both is cooled and has a temperature",
            "node types need `thermal`, and the building `setpoint` or `air_conditioning`, or the racks `cooling`",
        ),
        FaultAction::Surge => (
            any(&|_, _, node| node.hardware.surge_damage.is_some()),
            "no node type there has `surge_damage`, so a surge does nothing",
            "give it one under `hardware`, or use `kill`",
        ),
        _ => return Ok(()),
    };
    if exists {
        return Ok(());
    }
    Err(Mistarget { field: "", message: message.to_owned(), help: help.to_owned() })
}

/// Whether something holds of the kinds of node of a fleet entry that some of these nodes are in.
fn any_node(
    scenario: &Scenario,
    nodes: &[u32],
    holds: &dyn Fn(&FleetEntry, &Rack, &NodeType) -> bool,
) -> bool {
    let mut first = 0;
    for entry in &scenario.fleet {
        let per_site: u32 =
            entry.racks.iter().map(|rack| rack.count * rack.nodes.values().sum::<u32>()).sum();
        let end = first + entry.sites * per_site;
        let at = nodes.partition_point(|node| *node < first);
        let kinds = entry.racks.iter().flat_map(|rack| rack.nodes.iter().map(move |kind| (rack, kind)));
        let mut kinds = kinds.filter(|(_, (_, count))| **count > 0);
        if nodes.get(at).is_some_and(|node| *node < end)
            && kinds.any(|(rack, (name, _))| holds(entry, rack, &scenario.nodes[name]))
        {
            return true;
        }
        first = end;
    }
    false
}
