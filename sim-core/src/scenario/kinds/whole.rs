//! What must hold between sections once all of them are read: crews have something to mend, and regions with nodes reach each other.

use super::references::items;
use crate::scenario::read::Reader;
use crate::scenario::spec::{BackboneGraph, Churn, FleetEntry, Scenario};
use crate::scenario::tree::Node;

/// Notes what does not hold.
pub(super) fn check(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    check_crews(scenario, node, reader);
    check_rejoining(scenario, node, reader);
    if let Some(graph) = &scenario.backbone.graph {
        check_connected(graph, scenario, node, reader);
    }
}

/// Whether something at these sites is mended by hand, so that it may wait for a crew.
fn is_mended(scenario: &Scenario, entry: &FleetEntry) -> bool {
    entry.racks.iter().flat_map(|rack| rack.nodes.keys()).any(|name| {
        // A name that leads nowhere has been noted.
        let Some(node) = scenario.nodes.get(name) else { return true };
        let hardware = &node.hardware;
        let swapped = hardware.death.is_some() && node.build.is_some();
        hardware.faults.is_some() || swapped || hardware.surge_damage.is_some()
    })
}

/// Crews mend faults and exchange dead units; where nothing of the kind happens they never work.
fn check_crews(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let message = "`crews`, but nothing there is repaired";
    let help = "add `faults` with `repair` or `down` to the `hardware` of a node type (or `death` with a `build`), or leave `crews` out";
    let mut complain = |section: &str, key: &str, place: Option<&Node>| {
        let Some(place) = place else { return };
        reader.within(section, |reader| {
            reader.within(key, |reader| reader.fault_in(place, "crews", message, help));
        });
    };
    for (index, entry) in scenario.fleet.iter().enumerate() {
        if entry.crews.is_some() && !is_mended(scenario, entry) {
            complain("fleet", &index.to_string(), items(node.get("fleet")).get(index));
        }
    }
    for (name, region) in &scenario.regions {
        let served = |entry: &&FleetEntry| entry.region == *name && entry.crews.is_none();
        let mends = scenario.fleet.iter().filter(served).any(|entry| is_mended(scenario, entry));
        if region.crews.is_some() && !mends {
            complain("regions", name, node.get("regions").and_then(|regions| regions.get(name)));
        }
    }
}

/// Hosts join again only where others have left: at the end of their `lifetime`, or because their owner gives up a repair.
fn check_rejoining(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let message = "`rejoin` without `lifetime`: nobody leaves, so no place becomes free";
    let help = "add `lifetime` (or a `repair` with `give_up`), or leave `rejoin` out";
    let idle = |churn: &Option<Churn>| {
        churn.as_ref().is_some_and(|churn| churn.rejoin.is_some() && churn.lifetime.is_none())
    };
    let gives_up = |name: &String| {
        let repair = scenario.nodes.get(name).and_then(|node| node.hardware.repair.as_ref());
        repair.is_some_and(|repair| repair.give_up > 0.0)
    };
    let mut complain = |section: &str, key: &str, place: Option<&Node>| {
        let Some(churn) = place.and_then(|place| place.get("churn")) else { return };
        reader.within(section, |reader| {
            reader.within(key, |reader| {
                reader.within("churn", |reader| reader.fault_in(churn, "rejoin", message, help));
            });
        });
    };
    for (name, kind) in &scenario.nodes {
        if idle(&kind.churn) && !gives_up(name) {
            complain("nodes", name, node.get("nodes").and_then(|nodes| nodes.get(name)));
        }
    }
    for (index, entry) in scenario.fleet.iter().enumerate() {
        let mut kinds = entry.racks.iter().flat_map(|rack| rack.nodes.keys());
        if idle(&entry.churn) && !kinds.any(gives_up) {
            complain("fleet", &index.to_string(), items(node.get("fleet")).get(index));
        }
    }
}

/// Every region that has nodes is reached from every other while no link has failed.
fn check_connected(graph: &BackboneGraph, scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let count = scenario.regions.len() + graph.points.len();
    let mut part: Vec<usize> = (0..count).collect();
    // As many rounds as a path can be long; links are few.
    let mut changed = true;
    while changed {
        changed = false;
        for [a, b] in graph.links.iter().map(|link| link.ends.map(|end| end as usize)) {
            let least = part[a].min(part[b]);
            changed |= part[a] != part[b];
            (part[a], part[b]) = (least, least);
        }
    }
    let enters = |name: &String| {
        let given = |share: &f64| *share > 0.0;
        scenario.requests().any(|(_, _, it)| it.from.get(name).is_some_and(given))
    };
    let in_use = |name: &String| scenario.fleet.iter().any(|entry| entry.region == *name) || enters(name);
    let mut used = scenario.regions.keys().enumerate().filter(|(_, name)| in_use(name));
    let Some((first, origin)) = used.next() else { return };
    let cut_off: Vec<String> =
        used.filter(|(index, _)| part[*index] != part[first]).map(|(_, name)| format!("`{name}`")).collect();
    if !cut_off.is_empty() {
        let message = format!("the backbone joins `{origin}` with {} by no path", cut_off.join(", "));
        let help = "links by which every region with nodes or requests reaches every other";
        let key = if node.get("backbone").is_some_and(|it| it.get("links").is_some()) {
            "links"
        } else {
            "topology"
        };
        reader.within("backbone", |reader| match node.get("backbone") {
            Some(backbone) => reader.fault_in(backbone, key, message, help),
            None => reader.fault(node.span, message, help),
        });
    }
}
