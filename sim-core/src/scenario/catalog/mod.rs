//! The built-in catalog: hardware, sites, grids, links and weathers that a scenario can name instead of describing.
//!
//! Each entry is JSON as a scenario would write it, with a title and, for every value, its source and a mark of how
//! sure it is: **`[L]`** looked up in the named source, **`[M]`** from memory of the named source (the third digit is soft),
//! **`[C]`** computed from others, **`[A]`** an assumption, to be replaced by what you know of your place.

use super::tree::Node;
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::sync::LazyLock;

mod policies;

/// A kind of thing that the catalog has.
#[derive(Clone, Copy, Debug)]
pub struct CatalogKind {
    /// Name of the kind; also the field of a scenario where its entries can stand.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    text: &'static str,
}

/// An entry of the catalog.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its kind.
    pub kind: &'static str,
    /// The name that a scenario uses.
    pub name: String,
    /// What it is, in a line.
    pub title: String,
    /// What the name stands for.
    pub value: Json,
    /// Where values come from, by JSON Pointer into `value`; a pointer speaks for all below it.
    pub sources: IndexMap<String, String>,
}

/// Name of the pack that lists what a policy can be made of.
pub const POLICIES: &str = "policies";

const KINDS: &[CatalogKind] = &[
    CatalogKind { name: "nodes", doc: "node types", text: include_str!("nodes.jsonc") },
    CatalogKind { name: "hardware", doc: "what breaks by itself", text: include_str!("hardware.jsonc") },
    CatalogKind { name: "repair", doc: "repair by volunteers", text: include_str!("repair.jsonc") },
    CatalogKind { name: "presence", doc: "hosts switched on and off", text: include_str!("presence.jsonc") },
    CatalogKind { name: "grid", doc: "mains supplies", text: include_str!("grid.jsonc") },
    CatalogKind { name: "building", doc: "buildings", text: include_str!("building.jsonc") },
    CatalogKind { name: "cooling", doc: "cooling of a rack", text: include_str!("cooling.jsonc") },
    CatalogKind { name: "breaker", doc: "breakers", text: include_str!("breaker.jsonc") },
    CatalogKind { name: "ups", doc: "uninterruptible power supplies", text: include_str!("ups.jsonc") },
    CatalogKind { name: "link", doc: "access links", text: include_str!("link.jsonc") },
    CatalogKind { name: "tariff", doc: "prices of electricity", text: include_str!("tariff.jsonc") },
    CatalogKind { name: "reward", doc: "what nodes are paid for", text: include_str!("reward.jsonc") },
    CatalogKind { name: "cloud", doc: "prices of clouds", text: include_str!("cloud.jsonc") },
    CatalogKind { name: "objects", doc: "how objects are kept", text: include_str!("objects.jsonc") },
    CatalogKind { name: "weather", doc: "outdoor temperatures", text: include_str!("weather.jsonc") },
];

static ENTRIES: LazyLock<IndexMap<&'static str, IndexMap<String, Entry>>> =
    LazyLock::new(|| KINDS.iter().map(|kind| (kind.name, parse(kind))).collect());

static OPTIONS: LazyLock<Vec<Entry>> = LazyLock::new(policy_options);

fn parse(kind: &CatalogKind) -> IndexMap<String, Entry> {
    let Ok(Json::Object(members)) = Node::parse(kind.text).map(|node| node.to_json()) else {
        panic!("the catalog of {} is not a JSON object", kind.name);
    };
    let entry = |name: &str, json: &Json| Entry {
        kind: kind.name,
        name: name.to_owned(),
        title: json["title"].as_str().unwrap_or_default().to_owned(),
        value: json["value"].clone(),
        sources: json["sources"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(pointer, source)| (pointer.clone(), source.as_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    members.iter().map(|(name, json)| (name.clone(), entry(name, json))).collect()
}

/// The kinds of things that a scenario can name.
pub fn kinds() -> &'static [CatalogKind] {
    KINDS
}

/// All entries of a kind, or the options of [`POLICIES`]; nothing for another name.
pub fn entries(kind: &str) -> Vec<&'static Entry> {
    if kind == POLICIES {
        return OPTIONS.iter().collect();
    }
    ENTRIES.get(kind).map(|entries| entries.values().collect()).unwrap_or_default()
}

/// The entry of this name; no two kinds share one.
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES
        .values()
        .find_map(|entries| entries.get(name))
        .or_else(|| OPTIONS.iter().find(|option| option.name == name))
}

/// Names of the entries of a kind.
pub(super) fn names(kind: &str) -> Vec<&'static str> {
    ENTRIES.get(kind).map(|entries| entries.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// What an entry stands for.
pub(super) fn value(kind: &str, name: &str) -> Option<&'static Json> {
    ENTRIES.get(kind)?.get(name).map(|entry| &entry.value)
}

/// Parts of a policy of which each field is an option, with their definitions.
const PARTS: &[(&str, &str)] = &[
    ("requests", "RequestPolicyKind"),
    ("energy", "EnergyPolicyKind"),
    ("telemetry", "TelemetryKind"),
    ("flapping", "FlappingKind"),
    ("flapping.damping", "DampingKind"),
    ("ejection", "EjectionKind"),
    ("forecast", "ForecastKind"),
    ("symptoms", "SymptomsKind"),
    ("reputation", "ReputationKind"),
    ("reputation.online", "OnlineKind"),
    ("gateways", "GatewaysKind"),
    ("objects", "ObjectPolicyFields"),
];

/// What a policy can be made of, from the schema: each choice of `health`, `routing` and `network`, each field of [`PARTS`].
fn policy_options() -> Vec<Entry> {
    let schema = super::schema();
    let mut sources = policies::sources();
    let text = |json: &Json| json["description"].as_str().unwrap_or_default().to_owned();
    let mut option = |group: &str, name: &str, title: String, value: Json| {
        let full = format!("{group}.{name}");
        let value = group.rsplit('.').fold(value, |inner, part| serde_json::json!({ part: inner }));
        let sources = sources.shift_remove(&full).unwrap_or_default();
        Entry { kind: POLICIES, name: full, title, value, sources }
    };
    let mut options = Vec::new();
    for (group, definition) in
        [("health", "HealthKind"), ("routing", "RoutingKind"), ("network", "ReroutingKind")]
    {
        for choice in schema["$defs"][definition]["anyOf"].as_array().into_iter().flatten() {
            if let Some(word) = choice["const"].as_str() {
                options.push(option(group, word, text(choice), word.into()));
            } else if let Some((name, inner)) =
                choice["properties"].as_object().and_then(|it| it.iter().next())
            {
                let fields = fields_of(&schema, inner);
                options.push(option(group, name, text(choice), serde_json::json!({ name: fields })));
            }
        }
    }
    for (group, definition) in PARTS {
        let fields = &schema["$defs"][definition]["properties"];
        for (name, field) in fields.as_object().into_iter().flatten() {
            let default = field.get("default").cloned().unwrap_or_else(|| "left out".into());
            options.push(option(group, name, text(field), serde_json::json!({ name: default })));
        }
    }
    assert!(sources.is_empty(), "sources of options that do not exist: {:?}", sources.keys());
    listed_once(options)
}

/// An option that is a word or an object is listed once.
fn listed_once(options: Vec<Entry>) -> Vec<Entry> {
    let mut listed: IndexMap<String, Entry> = IndexMap::new();
    for option in options {
        match listed.get_mut(&option.name) {
            Some(word) => word.value = option.value,
            None => {
                listed.insert(option.name.clone(), option);
            }
        }
    }
    listed.into_values().collect()
}

/// The fields of a definition, each with its description.
fn fields_of(schema: &Json, reference: &Json) -> Json {
    let path = reference["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
    let properties = schema.pointer(path).and_then(|definition| definition["properties"].as_object());
    properties
        .into_iter()
        .flatten()
        .map(|(name, field)| (name.clone(), field["description"].clone()))
        .collect()
}
