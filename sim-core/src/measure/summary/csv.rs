//! The summary as a table: one row per variation, policy and metric.

use super::Summary;
use serde_json::Value;
use std::borrow::Cow;

/// The metrics of a summary as CSV (RFC 4180, with `\n`). Columns: `variation` (number), one per varied JSON Pointer,
/// `policy`, `metric`, `n`, `mean`, `sd`, `ci95_low`, `ci95_high`, `unit`. What is undefined is empty. Numbers are in
/// the shortest form that reads back to the same bits, whole ones as `2.0`.
pub fn summary_csv(summary: &Summary) -> String {
    let mut pointers: Vec<&str> = Vec::new();
    for pointer in summary.variations.iter().flat_map(|variation| variation.values.keys()) {
        if !pointers.contains(&pointer.as_str()) {
            pointers.push(pointer);
        }
    }
    let mut csv = String::new();
    let head = ["variation"].into_iter().chain(pointers.iter().copied());
    let tail = ["policy", "metric", "n", "mean", "sd", "ci95_low", "ci95_high", "unit"];
    push_row(&mut csv, head.chain(tail).map(Cow::Borrowed));
    for (number, variation) in summary.variations.iter().enumerate() {
        let values: Vec<String> =
            pointers.iter().map(|pointer| text_of(variation.values.get(*pointer))).collect();
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
    }
    csv
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
