//! Columns of numbers in table files, as a scenario names them.

use super::declare::object;
use super::dist::Drawn;
use super::read::{Kind, Reader};
use super::scalar::Text;
use super::table::Column;
use super::tree::{Node, Value};
use serde_json::Value as Json;
use std::rc::Rc;

/// A column of numbers in a table file.
pub(super) struct ColumnRef {
    file: String,
    column: String,
    #[allow(dead_code, reason = "it is looked up in the tree, where it stands even beside mistakes")]
    unit: Option<String>,
    sha256: Option<String>,
}

object! {
    /// A column of numbers in a CSV file with a header line; lines that begin with # are skipped.
    ColumnFile: ColumnRef = ColumnRef {
        /// Path, relative to the scenario.
        required "file" => file: Text,
        /// Name of the column, from the header.
        required "column" => column: Text,
        /// Unit of the numbers; required for times.
        optional "unit" => unit: Text,
        /// SHA-256 of the file in hexadecimal; if given, another content is an error. Filled in by `check --resolved`.
        optional "sha256" => sha256: Text,
    }
}

/// Reads a [`ColumnFile`]; times come in seconds. The values are in the order of the file.
pub(super) fn read_column<D: Drawn>(node: &Node, reader: &mut Reader<'_>) -> Option<(Vec<f64>, Json)> {
    let wanted = ColumnFile::read(node, reader);
    // Also told when something else is wrong.
    let factor = column_unit::<D>(node, reader);
    let (wanted, mut json) = wanted?;
    let column = checked_column(&wanted.file, &wanted.column, None, wanted.sha256.as_deref(), node, reader)?;
    let factor = factor?;
    let values: Vec<f64> = column.values.iter().map(|value| value * factor.0 / factor.1).collect();
    if let Some(row) = values.iter().position(|value| *value < 0.0) {
        let message =
            format!("{}: line {}: {} is negative", wanted.file, column.lines[row], column.values[row]);
        reader.fault_in(node, "file", message, "values of zero or more");
        return None;
    }
    json["sha256"] = column.sha256.clone().into();
    Some((values, json))
}

fn column_unit<D: Drawn>(node: &Node, reader: &mut Reader<'_>) -> Option<(f64, f64)> {
    let names: Vec<&str> = D::UNITS.iter().map(|(name, _)| *name).collect();
    let Value::Object(_) = node.value else { return None };
    let unit = match node.get("unit") {
        None => None,
        // What is no text has been noted.
        Some(unit) => Some(unit.text()?),
    };
    match (unit, names.is_empty()) {
        (None, true) => Some((1.0, 1.0)),
        (None, false) => {
            reader.fault(
                node.span,
                "missing field `unit`",
                format!("`unit` of the numbers is required: {}", names.join(", ")),
            );
            None
        }
        (Some(unit), _) => match D::UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, nanos)) => Some((*nanos as f64, 1e9)),
            None => {
                let help = super::problem::accepted(unit, &names);
                reader.fault_in(node, "unit", format!("`{unit}` is not a unit accepted here"), help);
                None
            }
        },
    }
}

/// A column of a file, with the digest checked, at the place `node` that names it.
pub(super) fn checked_column(
    file: &str,
    name: &str,
    time: Option<&str>,
    sha256: Option<&str>,
    node: &Node,
    reader: &mut Reader<'_>,
) -> Option<Rc<Column>> {
    let column = match reader.column(file, name, time) {
        Ok(column) => column,
        Err(message) => {
            reader.fault_in(
                node,
                "file",
                format!("{file}: {message}"),
                "a CSV file with a header line, relative to the scenario",
            );
            return None;
        }
    };
    if sha256.is_some_and(|wanted| wanted != column.sha256) {
        let message =
            format!("{file} is not the file this was written for: its SHA-256 is {}", column.sha256);
        reader.fault_in(node, "sha256", message, "put the file back, or leave `sha256` out");
        return None;
    }
    Some(column)
}
