//! The JSON Schema of scenario files, from the same declarations that read them.

use super::kinds::top::ScenarioKind;
use super::read::{Definitions, Kind};
use serde_json::{Value as Json, json};

/// JSON Schema (2020-12) of a scenario file, with unit, default and meaning of every field.
pub fn schema() -> Json {
    let mut definitions = Definitions::default();
    ScenarioKind::schema(&mut definitions);
    let root = definitions.0.shift_remove("ScenarioFields").unwrap_or_default();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "brownout scenario",
    });
    for (key, value) in root.as_object().into_iter().flatten() {
        schema[key] = value.clone();
    }
    schema["$defs"] = definitions.0.into_iter().collect();
    schema
}
