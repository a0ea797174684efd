//! The summary as a table: one row per variation, policy and metric.

use super::VariationSummary;
use indexmap::IndexMap;
use serde_json::Value;
use std::borrow::Cow;

/// Makes the metrics of a summary CSV (RFC 4180, with `\n`), a variation at a time. Columns: `variation` (number), one per varied JSON Pointer,
/// `policy`, `metric`, `n`, `mean`, `sd`, `ci95_low`, `ci95_high`, `unit`. What is undefined is empty. Numbers are in
/// the shortest form that reads back to the same bits, whole ones as `2.0`.
#[derive(Clone, Debug)]
pub struct SummaryCsv {
    pointers: Vec<String>,
}

impl SummaryCsv {
    /// For variations that set these values.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a IndexMap<String, Value>>) -> Self {
        let mut pointers: Vec<String> = Vec::new();
        for pointer in values.into_iter().flat_map(IndexMap::keys) {
            if !pointers.contains(pointer) {
                pointers.push(pointer.clone());
            }
        }
        Self { pointers }
    }

    /// The names of the columns.
    pub fn head(&self) -> String {
        let mut csv = String::new();
        let head = ["variation"].into_iter().chain(self.pointers.iter().map(String::as_str));
        let tail = ["policy", "metric", "n", "mean", "sd", "ci95_low", "ci95_high", "unit"];
        push_row(&mut csv, head.chain(tail).map(Cow::Borrowed));
        csv
    }

    /// The rows of a variation.
    pub fn rows(&self, number: usize, variation: &VariationSummary) -> String {
        let mut csv = String::new();
        let values: Vec<String> =
            self.pointers.iter().map(|pointer| text_of(variation.values.get(pointer))).collect();
        for (policy, metrics) in &variation.policies {
            for (name, metric) in &metrics.metrics {
                let head = [number.to_string()].into_iter().chain(values.iter().cloned());
                let end = |i: usize| optional(metric.ci95.map(|ci95| ci95[i]));
                let tail = [
                    policy.clone(),
                    name.clone(),
                    metric.n.to_string(),
                    decimal(metric.mean),
                    optional(metric.sd),
                    end(0),
                    end(1),
                    metric.unit.clone(),
                ];
                push_row(&mut csv, head.chain(tail).map(Cow::Owned));
            }
        }
        csv
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, decimal)
}

/// With a point or an exponent, so that a reader that looks at the first rows does not take the column for whole numbers.
fn decimal(value: f64) -> String {
    format!("{value:?}")
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn push_row<'a>(csv: &mut String, fields: impl Iterator<Item = Cow<'a, str>>) {
    let quoted: Vec<_> = fields.map(quote).collect();
    csv.push_str(&quoted.join(","));
    csv.push('\n');
}

fn quote(field: Cow<'_, str>) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        return Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")));
    }
    field
}
