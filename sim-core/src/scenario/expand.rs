//! Changing the tree before it is read: values set from outside, and the variations of `vary`.

use super::catalog;
use super::kinds::top::VARY;
use super::load::Overrides;
use super::problem::{Problem, accepted};
use super::read::Reader;
use super::section::merged;
use super::tree::{Member, Node, Origin, Span, Value};
use indexmap::IndexMap;
use serde_json::Value as Json;

/// One variation, not yet read.
#[derive(Clone)]
pub(super) struct Cell {
    pub(super) values: IndexMap<String, Json>,
    pub(super) root: Node,
}

/// Most variations that a file may have; more is a slip.
const MOST: usize = 100_000;

/// Applies what is set from outside, then takes `vary` out and gives the cross product.
pub(super) fn cells(mut root: Node, overrides: &Overrides, reader: &mut Reader<'_>) -> Vec<Cell> {
    for (pointer, value) in &overrides.set {
        put_json(&mut root, pointer, value, reader);
    }
    if let Some(seed) = overrides.seed {
        put_json(&mut root, "/seed", &seed.into(), reader);
    }
    if let Some(replications) = overrides.replications {
        put_json(&mut root, "/replications", &replications.into(), reader);
    }
    let axes = take_axes(&mut root, reader);
    if let Some(policies) = &overrides.policies {
        select_policies(&mut root, policies, reader);
    }
    let count = axes.iter().try_fold(1_usize, |product, (_, values)| product.checked_mul(values.len()));
    if count.is_none_or(|count| count > MOST) {
        reader.within(VARY, |reader| {
            reader.fault(root.span, "`vary` makes too many variations", format!("at most {MOST} in all"));
        });
        return vec![Cell { values: IndexMap::new(), root }];
    }
    let mut cells = vec![Cell { values: IndexMap::new(), root }];
    for (member, values) in &axes {
        cells = cells.iter().flat_map(|cell| along(cell, member, values, reader)).collect();
    }
    cells
}

/// The cells along one axis; if the pointer is wrong, the cell as it is, so that the rest of the file is still read.
fn along(cell: &Cell, axis: &Member, values: &[Node], reader: &mut Reader<'_>) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(values.len());
    for value in values {
        let Cell { values: mut set, mut root } = cell.clone();
        if let Err(problem) = put(&mut root, &axis.key, value.clone(), axis.key_span, reader) {
            reader.note_problem(*problem);
            return vec![cell.clone()];
        }
        set.insert(axis.key.clone(), value.to_json());
        cells.push(Cell { values: set, root });
    }
    cells
}

fn put_json(root: &mut Node, pointer: &str, value: &Json, reader: &mut Reader<'_>) {
    let at = Span { origin: Origin::Set, ..root.span };
    let node = Node::from_json(value, Span { end: at.start + 1, ..at });
    if let Err(problem) = put(root, pointer, node, Span { end: at.start + 1, ..at }, reader) {
        reader.note_problem(*problem);
    }
}

/// Removes `vary` from the tree: its members, with the values of each.
fn take_axes(root: &mut Node, reader: &mut Reader<'_>) -> Vec<(Member, Vec<Node>)> {
    let Value::Object(members) = &mut root.value else { return Vec::new() };
    let Some(at) = members.iter().position(|member| member.key == VARY) else { return Vec::new() };
    let vary = members.remove(at).value;
    let mut axes = Vec::new();
    reader.within(VARY, |reader| {
        let Value::Object(members) = vary.value else {
            let _: Option<()> =
                reader.mismatch(&vary, "an object: JSON Pointers, each with an array of values");
            return;
        };
        for member in members {
            match &member.value.value {
                Value::Array(values) if !values.is_empty() => axes.push((member.clone(), values.clone())),
                _ => reader.within(&member.key, |reader| {
                    let _: Option<()> = reader.mismatch(&member.value, "an array of at least one value");
                }),
            }
        }
    });
    axes
}

/// Keeps the policies named, in the order named.
fn select_policies(root: &mut Node, names: &[String], reader: &mut Reader<'_>) {
    let Value::Object(members) = &mut root.value else { return };
    let Some(policies) = members.iter_mut().find(|member| member.key == "policies") else { return };
    let span = policies.key_span;
    let Value::Object(all) = &mut policies.value.value else { return };
    let known: Vec<String> = all.iter().map(|member| member.key.clone()).collect();
    // A policy that is taken `from` another is made whole first, because the other may go.
    let siblings: Vec<(String, Node)> =
        all.iter().map(|member| (member.key.clone(), member.value.clone())).collect();
    let mut kept = Vec::new();
    for name in names {
        let Some(at) = known.iter().position(|known| known == name) else {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let help = accepted(name, &known);
            reader.within("policies", |reader| {
                reader.fault(span, format!("there is no policy `{name}`"), help);
            });
            continue;
        };
        let mut member = all[at].clone();
        if let Ok(whole) = merged(&member.value, None, &siblings[..at], 0) {
            member.value = whole;
        }
        if !kept.iter().any(|kept: &Member| kept.key == *name) {
            kept.push(member);
        }
    }
    // With none left, the problem told above is the one to mend.
    if !kept.is_empty() {
        *all = kept;
    }
}

/// The kind of thing in the catalog that stands at a path of the file.
fn catalog_kind(path: &[String]) -> Option<&'static str> {
    let last = path.last()?.as_str();
    match path.len() {
        2 if path[0] == "nodes" => Some("nodes"),
        3 if path[0] == "policies" && last == "objects" => Some("objects"),
        _ if !["regions", "fleet"].contains(&path[0].as_str()) => None,
        _ => catalog::kinds().iter().find(|kind| kind.name == last && last != "nodes").map(|kind| kind.name),
    }
}

/// Puts `value` where `pointer` (RFC 6901) points: in place of what is there, or as a new field of an object that is there.
///
/// Where the way leads through a name of the catalog or a `from`, the entry is put in its place first.
fn put(
    root: &mut Node,
    pointer: &str,
    value: Node,
    at: Span,
    reader: &Reader<'_>,
) -> Result<(), Box<Problem>> {
    let fault =
        |message: String, help: String| Box::new(reader.problem(pointer.to_owned(), at, message, Some(help)));
    let Some(rest) = pointer.strip_prefix('/') else {
        let message = format!("{pointer:?} is not a JSON Pointer to a field");
        return Err(fault(message, "like \"/fleet/0/sites\"".to_owned()));
    };
    let segments: Vec<String> = rest.split('/').map(|it| it.replace("~1", "/").replace("~0", "~")).collect();
    let siblings = match root.get(&segments[0]).map(|section| &section.value) {
        Some(Value::Object(members)) => members.iter().map(|it| (it.key.clone(), it.value.clone())).collect(),
        _ => Vec::new(),
    };
    let mut node = root;
    let (last, way) = segments.split_last().expect("a split gives at least one part");
    for (depth, segment) in way.iter().enumerate() {
        make_whole(node, &segments[..depth], &siblings);
        let known = children(node);
        node = match &mut node.value {
            Value::Object(members) => {
                members.iter_mut().find(|it| it.key == *segment).map(|it| &mut it.value)
            }
            Value::Array(items) => index(segment).and_then(|index| items.get_mut(index)),
            _ => None,
        }
        .ok_or_else(|| {
            fault(format!("`{pointer}` points to nothing: there is no `{segment}`"), nearby(segment, &known))
        })?;
    }
    make_whole(node, way, &siblings);
    let known = children(node);
    match &mut node.value {
        Value::Object(members) => match members.iter_mut().find(|it| it.key == *last) {
            Some(member) => {
                let value = if value.span.origin == Origin::Set {
                    value.at(Span { origin: Origin::Set, ..member.value.span })
                } else {
                    value
                };
                member.value = value;
            }
            None => members.push(Member { key: last.clone(), key_span: value.span, value }),
        },
        Value::Array(items) => {
            let item = index(last).and_then(|index| items.get_mut(index));
            let nothing = || {
                fault(format!("`{pointer}` points to nothing: there is no `{last}`"), nearby(last, &known))
            };
            *item.ok_or_else(nothing)? = value;
        }
        _ => {
            return Err(fault(
                format!("`{pointer}` points into {}", node.found()),
                "a field of an object, or an item of an array".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Puts the entry of the catalog, or of the same section, in place of its name.
fn make_whole(node: &mut Node, path: &[String], siblings: &[(String, Node)]) {
    let section = path.len() == 2 && ["nodes", "policies", "regions"].contains(&path[0].as_str());
    let kind = catalog_kind(path);
    if !section && kind.is_none() {
        return;
    }
    let earlier =
        if section { siblings.iter().position(|(name, _)| *name == path[1]).unwrap_or(0) } else { 0 };
    if node.text().is_some_and(|text| text != "none") || node.get("from").is_some() {
        // A name that is not known stays, and is reported when the tree is read.
        if let Ok(whole) = merged(node, kind, &siblings[..earlier], 0) {
            *node = whole;
        }
    }
}

/// An array index as RFC 6901 has it: digits without a leading zero.
fn index(segment: &str) -> Option<usize> {
    let plain =
        segment == "0" || (!segment.starts_with('0') && segment.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| segment.parse().ok())?
}

fn children(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Object(members) => members.iter().map(|member| member.key.clone()).collect(),
        Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
        _ => Vec::new(),
    }
}

fn nearby(segment: &str, known: &[String]) -> String {
    accepted(segment, &known.iter().map(String::as_str).collect::<Vec<_>>())
}
