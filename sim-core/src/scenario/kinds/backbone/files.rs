//! Files of a backbone: topologies of the topohub collection, and network coordinates.

use crate::scenario::plan::sha256;
use crate::scenario::read::Reader;
use crate::scenario::tree::Node;
use serde_json::Value as Json;
use std::rc::Rc;

/// The text of a file that the scenario names, and its digest, which is checked.
pub(super) fn text(
    file: &str,
    wanted: Option<&str>,
    node: &Node,
    reader: &mut Reader<'_>,
) -> Option<(Rc<str>, String)> {
    let text = match reader.file(file) {
        Ok(text) => text,
        Err(message) => {
            reader.fault_in(node, "file", format!("{file}: {message}"), "a file, relative to the scenario");
            return None;
        }
    };
    let found = sha256(text.as_bytes());
    if wanted.is_some_and(|wanted| wanted != found) {
        let message = format!("{file} is not the file this was written for: its SHA-256 is {found}");
        reader.fault_in(node, "sha256", message, "put the file back, or leave `sha256` out");
        return None;
    }
    Some((text, found))
}

/// Names, places as latitude and longitude, and links as (node, node, kilometres).
type Parsed = (Vec<String>, Vec<[f64; 2]>, Vec<(usize, usize, f64)>);

/// A graph in the node-link form of topohub: nodes with `id`, `name` and `pos` (longitude, latitude), edges with
/// `source`, `target` and `dist` in kilometres.
pub(super) fn topology(text: &str) -> Result<Parsed, String> {
    let file: Json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let nodes = file["nodes"].as_array().ok_or("there are no `nodes`")?;
    let edges = file["edges"].as_array().or(file["links"].as_array()).ok_or("there are no `edges`")?;
    let (mut ids, mut names, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for node in nodes {
        let place = [1, 0].map(|index| node["pos"][index].as_f64().unwrap_or(f64::NAN));
        ids.push(&node["id"]);
        names.push(node["name"].as_str().map_or_else(|| node["id"].to_string(), str::to_owned));
        places.push(place);
    }
    if names.is_empty() {
        return Err("there are no `nodes`".to_owned());
    }
    let mut links = Vec::new();
    for edge in edges {
        let end = |key: &str| ids.iter().position(|id| **id == edge[key]);
        let length = edge["dist"].as_f64().filter(|length| length.is_finite() && *length >= 0.0);
        match (end("source"), end("target"), length) {
            (Some(a), Some(b), Some(length)) if a != b => links.push((a, b, length)),
            (Some(_), Some(_), Some(_)) => {}
            _ => return Err(format!("an edge without known ends and a length `dist`: {edge}")),
        }
    }
    Ok((names, places, links))
}

/// Rows of `id x y ignored height`, as x, y and height in milliseconds.
pub(super) fn coordinates(text: &str) -> Result<Vec<[f64; 3]>, String> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| {
            fields.get(at).and_then(|field| field.parse::<f64>().ok()).filter(|value| value.is_finite())
        };
        // The height stands last; a row may have no ignored field before it.
        match (number(1), number(2), number(fields.len().saturating_sub(1).max(3))) {
            (Some(x), Some(y), Some(height)) if height >= 0.0 => rows.push([x, y, height]),
            _ => return Err(format!("line {}: {line:?} is not `id x y ignored height`", index + 1)),
        }
    }
    if rows.is_empty() { Err("the file has no rows".to_owned()) } else { Ok(rows) }
}

/// The place nearest to `to` on the sphere.
pub(super) fn nearest(places: &[[f64; 2]], to: [f64; 2]) -> Option<usize> {
    let distance = |place: &[f64; 2]| {
        let [a, b] = [place, &to].map(|it| it.map(f64::to_radians));
        let (half_latitude, half_longitude) =
            (libm::sin(0.5 * (a[0] - b[0])), libm::sin(0.5 * (a[1] - b[1])));
        half_latitude * half_latitude + libm::cos(a[0]) * libm::cos(b[0]) * half_longitude * half_longitude
    };
    let known = places.iter().enumerate().filter(|(_, place)| place.iter().all(|it| it.is_finite()));
    known.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b))).map(|(index, _)| index)
}
