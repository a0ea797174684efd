//! Sections of named things, lists, and things that may be taken from the catalog.

use super::catalog;
use super::problem::accepted;
use super::read::{Definitions, Kind, Reader};
use super::spec::Named;
use super::tree::{Member, Node, Origin, Span, Value};
use serde_json::{Map, Value as Json, json};
use std::marker::PhantomData;

/// A kind of which the catalog has entries: a name, or an object whose `from` names one and whose other fields override it.
///
/// A field of an entry is overridden as a whole. Where a section of the file holds such things, `from` and names reach
/// earlier entries of that section too.
pub(super) trait Catalogued: Kind {
    /// The catalog's name of the kind; `None` if the catalog has none, and only siblings can be named.
    const CATALOG: Option<&'static str>;
}

/// Anything of kind `K` in full, by name, or `from` a name.
pub(super) struct Reference<K>(PhantomData<K>);

impl<K: Catalogued> Kind for Reference<K> {
    type Out = K::Out;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(K::Out, Json)> {
        K::read(&inline(node, K::CATALOG, reader)?, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let full = K::schema(definitions);
        let name =
            full["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
        let mut from = definitions.0[&name].clone();
        let names: Vec<&str> = K::CATALOG.map(catalog::names).unwrap_or_default();
        let siblings = "an earlier entry of the section, or an entry of the catalog";
        from["properties"]["from"] = json!({ "type": "string", "description": siblings, "examples": names });
        from["required"] = json!(["from"]);
        let from = definitions.define(&format!("{name}From"), |_| from);
        json!({ "anyOf": [full, from, { "type": "string", "description": siblings, "examples": names }] })
    }
}

/// The object that `node` stands for once names are looked up.
pub(super) fn inline(node: &Node, catalog: Option<&str>, reader: &mut Reader<'_>) -> Option<Node> {
    match merged(node, catalog, &reader.siblings, 0) {
        Ok(node) => Some(node),
        Err(Unknown { at, message, help }) => {
            reader.fault(at, message, help);
            None
        }
    }
}

/// Why a name could not be looked up.
pub(super) struct Unknown {
    at: Span,
    message: String,
    help: String,
}

/// The object that `node` stands for: entries named are looked up among `siblings`, latest first, then in the catalog.
pub(super) fn merged(
    node: &Node,
    catalog: Option<&str>,
    siblings: &[(String, Node)],
    depth: usize,
) -> Result<Node, Unknown> {
    let name_node = match &node.value {
        Value::String(_) => node,
        Value::Object(_) => match node.get("from") {
            Some(from) => from,
            None => return Ok(node.clone()),
        },
        _ => return Ok(node.clone()),
    };
    let unknown = |message: String, help: String| Unknown { at: name_node.span, message, help };
    let Some(name) = name_node.text() else {
        return Err(unknown(format!("found {}", name_node.found()), "accepted: a name".to_owned()));
    };
    let sibling = siblings.iter().rposition(|(sibling, _)| sibling == name);
    let mut base = if let Some(at) = sibling {
        merged(&siblings[at].1, catalog, &siblings[..at], depth)?
    } else if let Some(json) = catalog.and_then(|kind| catalog::value(kind, name)) {
        let entry = Node::from_json(json, Span { origin: Origin::Catalog, ..name_node.span });
        if depth > 8 {
            return Err(unknown(
                format!("`{name}` is defined by itself"),
                "an entry that ends in one without `from`".to_owned(),
            ));
        }
        merged(&entry, catalog, &[], depth + 1)?
    } else {
        let known: Vec<&str> = siblings
            .iter()
            .map(|(name, _)| name.as_str())
            .chain(catalog.map(catalog::names).unwrap_or_default())
            .collect();
        let kind = catalog.map_or_else(String::new, |kind| format!(" in the catalog of `{kind}`"));
        let near = accepted(name, &known);
        return Err(unknown(
            format!("nothing is named `{name}`{kind}"),
            format!("{near}; or an object with the fields themselves"),
        ));
    };
    if let (Value::Object(fields), Value::Object(overrides)) = (&mut base.value, &node.value) {
        base.span = node.span;
        for member in overrides.iter().filter(|member| member.key != "from") {
            match fields.iter_mut().find(|field| field.key == member.key) {
                Some(field) => *field = member.clone(),
                None => fields.push(member.clone()),
            }
        }
    }
    Ok(base)
}

/// A section: an object of named things; `MIN` at least.
pub(super) struct Section<K, const MIN: usize = 0>(PhantomData<K>);

impl<K: Catalogued, const MIN: usize> Kind for Section<K, MIN> {
    type Out = Named<K::Out>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Named<K::Out>, Json)> {
        let outer = std::mem::take(&mut reader.siblings);
        let result = read_members::<Reference<K>, MIN>(node, reader, |reader, member| {
            reader.siblings.push((member.key.clone(), member.value.clone()));
        });
        reader.siblings = outer;
        result
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "object", "minProperties": MIN, "additionalProperties": Reference::<K>::schema(definitions) })
    }
}

/// An object with names chosen by the user; `MIN` at least.
pub(super) struct ByName<K, const MIN: usize = 0>(PhantomData<K>);

impl<K: Kind, const MIN: usize> Kind for ByName<K, MIN> {
    type Out = Named<K::Out>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Named<K::Out>, Json)> {
        read_members::<K, MIN>(node, reader, |_, _| {})
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "object", "minProperties": MIN, "additionalProperties": K::schema(definitions) })
    }
}

fn read_members<K: Kind, const MIN: usize>(
    node: &Node,
    reader: &mut Reader<'_>,
    mut after: impl FnMut(&mut Reader<'_>, &Member),
) -> Option<(Named<K::Out>, Json)> {
    let Value::Object(members) = &node.value else {
        return reader.mismatch(node, "an object with a member for each name");
    };
    if members.len() < MIN {
        reader.fault(node.span, "the object is empty", "accepted: at least one named entry");
        return None;
    }
    let (mut named, mut json, mut complete) = (Named::new(), Map::new(), true);
    for member in members {
        if member.key.is_empty() {
            reader.fault(member.key_span, "a name is empty", "a name of one character or more");
            complete = false;
        }
        match reader.within(&member.key, |reader| K::read(&member.value, reader)) {
            Some((value, text)) => {
                named.insert(member.key.clone(), value);
                json.insert(member.key.clone(), text);
            }
            None => complete = false,
        }
        after(reader, member);
    }
    complete.then_some((named, Json::Object(json)))
}

/// An array; `MIN` items at least.
pub(super) struct List<K, const MIN: usize = 0>(PhantomData<K>);

impl<K: Kind, const MIN: usize> Kind for List<K, MIN> {
    type Out = Vec<K::Out>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Vec<K::Out>, Json)> {
        let Value::Array(items) = &node.value else {
            return reader.mismatch(node, "an array");
        };
        if items.len() < MIN {
            reader.fault(
                node.span,
                format!("the array has {} items", items.len()),
                format!("accepted: at least {MIN}"),
            );
            return None;
        }
        let items: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(index, item)| reader.within(&index.to_string(), |reader| K::read(item, reader)))
            .collect();
        let (values, json): (Vec<_>, Vec<_>) =
            items.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
        Some((values, Json::Array(json)))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "array", "minItems": MIN, "items": K::schema(definitions) })
    }
}

/// One thing, or an array of them.
pub(super) struct OneOrMany<K>(PhantomData<K>);

impl<K: Kind> Kind for OneOrMany<K> {
    type Out = Vec<K::Out>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Vec<K::Out>, Json)> {
        if let Value::Array(_) = node.value {
            return List::<K>::read(node, reader);
        }
        let (value, json) = K::read(node, reader)?;
        Some((vec![value], json!([json])))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [K::schema(definitions), List::<K>::schema(definitions)] })
    }
}
