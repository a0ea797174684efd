//! `weakest.json` and `weakest.csv`.

use super::experiment::Experiment;
use super::ranking::{Ranking, Row};
use crate::failure::Failure;
use serde_json::{Value, json};

/// Name of the JSON file, by which its folder is known.
pub const JSON: &str = "weakest.json";
/// Name of the table.
pub const CSV: &str = "weakest.csv";

/// Everything, in SI units but for node-hours.
pub fn json(experiment: &Experiment, ranking: &Ranking) -> Result<String, Failure> {
    let domain = |(index, row): (usize, &Row)| {
        json!({
            "rank": index + 1,
            "domain": row.label,
            "kind": row.kind.name(),
            "nodes": row.nodes,
            "capacity": row.capacity,
            "requests_lost": row.requests_lost,
            "share_lost": row.share_lost,
            "objects_unreadable": row.objects_unreadable,
            "share_unreadable": row.share_unreadable,
            "objects_lost": row.objects_lost,
            "work_lost_s": row.work_lost,
            "share_work_lost": row.share_work,
            "node_hours_down": row.node_hours,
            "success_ratio": row.success_ratio,
            "time_to_detect_s": row.time_to_detect,
            "time_to_reroute_s": row.time_to_reroute,
            "time_to_baseline_s": row.time_to_baseline,
        })
    };
    let scenario = &experiment.scenario;
    let whole: Value = json!({
        "scenario": scenario.name,
        "seed": scenario.seed,
        "policy": experiment.policy,
        "killed_at_s": experiment.at.as_secs_f64(),
        "killed_for_s": experiment.lasts.as_secs_f64(),
        "measured_from_s": scenario.warmup.as_secs_f64(),
        "measured_to_s": scenario.duration.as_secs_f64(),
        "notes": experiment.notes,
        "undisturbed": { "success_ratio": ranking.undisturbed },
        "verdict": ranking.verdict,
        "domains": ranking.rows.iter().enumerate().map(domain).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&whole);
    text.map(|text| text + "\n").map_err(|error| Failure::Work(format!("cannot write {JSON}: {error}")))
}

/// The domains as a table; what has no value is empty.
pub fn csv(ranking: &Ranking) -> String {
    let mut text = "rank,kind,domain,nodes,capacity,requests_lost,share_lost,node_hours_down,success_ratio,\
                    time_to_detect_s,time_to_reroute_s,time_to_baseline_s,objects_unreadable,share_unreadable,objects_lost,\
                    work_lost_s,share_work_lost\n"
        .to_owned();
    let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for (index, row) in ranking.rows.iter().enumerate() {
        let fields = [
            (index + 1).to_string(),
            row.kind.name().to_owned(),
            quoted(&row.label),
            row.nodes.to_string(),
            row.capacity.to_string(),
            row.requests_lost.to_string(),
            row.share_lost.to_string(),
            row.node_hours.to_string(),
            optional(row.success_ratio),
            optional(row.time_to_detect),
            optional(row.time_to_reroute),
            optional(row.time_to_baseline),
            optional(row.objects_unreadable),
            optional(row.share_unreadable),
            optional(row.objects_lost),
            optional(row.work_lost),
            optional(row.share_work),
        ];
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
