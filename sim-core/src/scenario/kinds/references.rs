//! What must hold between sections: names that one section uses are declared in another. It is looked for in the tree, so that it is
//! also told when something else is wrong.

use super::top::ONLY_REGION;
use crate::scenario::problem::accepted;
use crate::scenario::read::Reader;
use crate::scenario::tree::{Node, Value};
use crate::scenario::units::parse_duration;

/// Notes every name that is used and not declared, and every length that does not fit another.
pub(super) fn check(node: &Node, reader: &mut Reader<'_>) {
    let length = |key: &str| node.get(key).and_then(Node::text).and_then(|text| parse_duration(text).ok());
    if let (Some(warmup), Some(duration)) = (length("warmup"), length("duration"))
        && warmup >= duration
    {
        let message = format!("`warmup` ({warmup}) is not shorter than `duration` ({duration})");
        reader.fault_in(node, "warmup", message, "a time below `duration`");
    }
    let regions = node.get("regions").map_or_else(Vec::new, keys);
    check_fleet(node, &regions, reader);
    check_isps(node, reader);
    if let Some(between) = node.get("backbone").and_then(|backbone| backbone.get("between")) {
        reader.within_all(&["backbone", "between"], |reader| check_between(between, &regions, reader));
    }
    for (name, workload) in node.get("workloads").map_or_else(Vec::new, members) {
        if let Some(from) = workload.get("requests").and_then(|requests| requests.get("from")) {
            reader.within_all(&["workloads", name, "requests", "from"], |reader| {
                check_names(from, "region", &or_only(&regions), reader);
            });
        }
    }
    if let Some(slo) = node.get("slo") {
        let workloads = node.get("workloads").map_or_else(Vec::new, keys);
        reader.within("slo", |reader| check_names(slo, "workload", &workloads, reader));
        let declared = node.get("workloads").map_or_else(Vec::new, members);
        for (name, objective) in members(slo) {
            let workload = declared.iter().find(|(it, _)| *it == name).map(|(_, workload)| *workload);
            let kind = workload.and_then(|workload| {
                ["objects", "jobs"].into_iter().find(|kind| workload.get(kind).is_some())
            });
            if let Some(kind) = kind {
                reader.within_all(&["slo", name], |reader| {
                    let message = format!("`{name}` is a workload of {kind}, which have no such objectives");
                    reader.fault(objective.span, message, "the name of a workload of requests");
                });
            }
        }
    }
}

/// The declared regions, or the one there is without any.
fn or_only<'n>(regions: &[&'n str]) -> Vec<&'n str> {
    if regions.is_empty() { vec![ONLY_REGION] } else { regions.to_vec() }
}

fn members(node: &Node) -> Vec<(&str, &Node)> {
    match &node.value {
        Value::Object(members) => members.iter().map(|member| (member.key.as_str(), &member.value)).collect(),
        _ => Vec::new(),
    }
}

fn keys(node: &Node) -> Vec<&str> {
    members(node).into_iter().map(|(key, _)| key).collect()
}

pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// Notes the keys of `node` that are not among `names`.
fn check_names(node: &Node, what: &str, names: &[&str], reader: &mut Reader<'_>) {
    let Value::Object(members) = &node.value else { return };
    for member in members.iter().filter(|member| !names.contains(&member.key.as_str())) {
        let (key, span) = (&member.key, member.key_span);
        let help = if what == "node type" && crate::scenario::catalog::value("nodes", key).is_some() {
            format!("it is in the catalog: add \"{key}\": \"{key}\" to `nodes`")
        } else {
            accepted(key, names)
        };
        reader.within(key, |reader| reader.fault(span, format!("there is no {what} `{key}`"), help));
    }
}

fn check_fleet(node: &Node, regions: &[&str], reader: &mut Reader<'_>) {
    let types = node.get("nodes").map_or_else(Vec::new, keys);
    let mut names = std::collections::BTreeSet::new();
    for (index, entry) in items(node.get("fleet")).iter().enumerate() {
        reader.within_all(&["fleet", &index.to_string()], |reader| {
            if let Some(name) = entry.get("name").and_then(Node::text)
                && !names.insert(name)
            {
                reader.fault_in(
                    entry,
                    "name",
                    format!("two fleet entries are named `{name}`"),
                    "a name of its own",
                );
            }
            match entry.get("region").map(Node::text) {
                Some(Some(region)) if !or_only(regions).contains(&region) => {
                    let help = accepted(region, &or_only(regions));
                    reader.fault_in(entry, "region", format!("there is no region `{region}`"), help);
                }
                None if regions.len() > 1 => {
                    let help = format!("there are several regions; {}", accepted("", regions));
                    reader.fault(entry.span, "missing field `region`", help);
                }
                _ => {}
            }
            for (rack, place) in items(entry.get("racks")).iter().enumerate() {
                if let Some(nodes) = place.get("nodes") {
                    reader.within_all(&["racks", &rack.to_string(), "nodes"], |reader| {
                        check_names(nodes, "node type", &types, reader);
                    });
                }
            }
        });
    }
}

/// Where providers are declared, every one named by a fleet entry is among them, and each has sites.
fn check_isps(node: &Node, reader: &mut Reader<'_>) {
    let Some(isps) = node.get("isps").map(members).filter(|isps| !isps.is_empty()) else { return };
    let names: Vec<&str> = isps.iter().map(|(name, _)| *name).collect();
    let used: Vec<Option<&str>> =
        items(node.get("fleet")).iter().map(|entry| entry.get("isp").and_then(Node::text)).collect();
    for (index, isp) in used.iter().enumerate() {
        if let Some(isp) = isp.filter(|isp| !names.contains(isp)) {
            let entry = &items(node.get("fleet"))[index];
            reader.within_all(&["fleet", &index.to_string()], |reader| {
                reader.fault_in(entry, "isp", format!("there is no isp `{isp}`"), accepted(isp, &names));
            });
        }
    }
    for (name, isp) in isps.iter().filter(|(name, _)| !used.contains(&Some(*name))) {
        reader.within_all(&["isps", name], |reader| {
            let help = "`isp` of a fleet entry, or leave it out here";
            reader.fault(isp.span, format!("no fleet entry has the isp `{name}`"), help);
        });
    }
}

fn check_between(between: &Node, regions: &[&str], reader: &mut Reader<'_>) {
    let Value::Array(items) = &between.value else { return };
    let mut pairs = std::collections::BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Array(triple) = &item.value else { continue };
        for (place, end) in triple.iter().take(2).enumerate() {
            if let Some(region) = end.text().filter(|region| !regions.contains(region)) {
                reader.within_all(&[&index.to_string(), &place.to_string()], |reader| {
                    reader.fault(
                        end.span,
                        format!("there is no region `{region}`"),
                        accepted(region, regions),
                    );
                });
            }
        }
        if let [Some(a), Some(b), ..] = triple.iter().map(Node::text).collect::<Vec<_>>()[..] {
            let message = if a == b {
                "from a region to itself"
            } else if !pairs.insert((a.min(b), a.max(b))) {
                "these regions are already connected above"
            } else {
                continue;
            };
            reader.within(&index.to_string(), |reader| {
                reader.fault(item.span, message, "each pair of two regions once");
            });
        }
    }
}
