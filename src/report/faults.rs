//! What each fault of the scenario did under each policy.

use super::Of;
use super::compare::plus_minus;
use super::html::{Cell, Table, escape};
use super::look::Look;
use crate::tell::faults::sentence;
use serde_json::Value;
use sim_core::measure::catalog::of_workload;

const COLUMNS: [(&str, &str); 9] = [
    ("nodes_hit", "nodes hit"),
    ("time_to_detect.mean", "until suspected"),
    ("undetected", "never suspected"),
    ("time_to_reroute", "until rerouted"),
    ("time_to_baseline", "from its end until back"),
    ("requests_lost", "requests lost"),
    ("success_during", "success meanwhile"),
    ("objects_unreadable", "most objects unreadable"),
    ("repair_bytes", "repair traffic meanwhile"),
];

/// A paragraph and a table for each fault.
pub fn html(of: &Of<'_>) -> String {
    let Some(faults) = of.resolved["faults"].as_array() else { return String::new() };
    faults.iter().filter_map(|fault| one(of, fault)).collect()
}

fn one(of: &Of<'_>, fault: &Value) -> Option<String> {
    let name = fault["name"].as_str()?;
    let lasts = fault["for"].as_str();
    let at = fault["at"].as_str().unwrap_or("an unknown time");
    let span = lasts.map_or_else(String::new, |lasts| format!(" for {lasts}"));
    let items: String = of
        .policies()
        .map(|(look, policy)| {
            let told = sentence(name, lasts.is_some(), &of.variation.policies[policy].metrics);
            format!("<li>{} <span><b>{}</b>: {}</span></li>\n", look.sample(), escape(policy), escape(&told))
        })
        .collect();
    let columns: Vec<(String, &str)> = COLUMNS
        .iter()
        .map(|(plain, heading)| (of_workload(&format!("faults.{plain}"), name), *heading))
        .filter(|(metric, _)| of.metrics(metric).is_some())
        .collect();
    let row = |(look, policy): (Look, &str)| {
        let first = Cell::html(format!("{} {}", look.sample(), escape(policy)));
        let cell = |(metric, _): &(String, &str)| {
            of.metric(policy, metric)
                .map_or_else(Cell::none, |it| Cell::number(&plus_minus(metric, it), it.mean))
        };
        std::iter::once(first).chain(columns.iter().map(cell)).collect()
    };
    let table = if columns.is_empty() {
        String::new()
    } else {
        let head = std::iter::once("policy".to_owned()).chain(columns.iter().map(|(_, it)| (*it).to_owned()));
        Table::new(format!("Fault {name}"), head.collect(), of.policies().map(row).collect()).html()
    };
    Some(format!(
        "<h3>{} at {}{}</h3>\n<ul class=\"told\">\n{items}</ul>\n{table}",
        escape(name),
        escape(at),
        escape(&span)
    ))
}
