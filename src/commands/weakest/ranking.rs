//! What each domain takes down, in order, and in words.

use super::experiment::{Candidate, Experiment, KILL};
use crate::tell::numbers::simulated;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use sim_core::measure::catalog::{format_value, of_workload};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::faults::DomainKind;

/// Less than this share of the requests is no failure worth a name.
const SLIGHT: f64 = 0.01;
/// A domain that takes this part of what the worst takes, and is smaller, is what breaks.
const NEARLY: f64 = 0.9;
/// The worst stands out if it takes so many times what the next takes.
const OUTSTANDING: f64 = 2.0;

/// What one domain takes down.
#[derive(Clone, Debug)]
pub struct Row {
    pub label: String,
    pub kind: DomainKind,
    pub nodes: u64,
    /// Share of what all nodes can serve.
    pub capacity: f64,
    /// Requests that failed or were late by the end, beyond those of the undisturbed run. What is still under way and in time
    /// is not counted.
    pub requests_lost: f64,
    /// The same, of the requests that came while it was down.
    pub share_lost: f64,
    /// Node-hours down beyond those of the undisturbed run.
    pub node_hours: f64,
    /// The same, of those of all nodes while it was down.
    pub share_down: f64,
    pub success_ratio: Option<f64>,
    pub time_to_detect: Option<f64>,
    pub time_to_reroute: Option<f64>,
    pub time_to_baseline: Option<f64>,
    /// Position among the candidates.
    candidate: usize,
}

/// All domains, the worst first.
pub struct Ranking {
    pub rows: Vec<Row>,
    /// Whether anything is asked of the fleet.
    pub has_work: bool,
    /// Success ratio of the undisturbed run.
    pub undisturbed: Option<f64>,
    pub verdict: String,
}

fn metric(record: &RunRecord, name: &str) -> f64 {
    record.metric(name).unwrap_or(0.0)
}

fn of_kill(record: &RunRecord, name: &str) -> Option<f64> {
    record.metric(&of_workload(&format!("faults.{name}"), KILL))
}

/// Requests that failed, were late, or are under way past their deadline.
fn missed(record: &RunRecord) -> f64 {
    let in_time = metric(record, "requests.completed") - metric(record, "requests.late");
    match record.metric("requests.success_ratio") {
        // The ratio is that of answers in time to requests decided.
        Some(ratio) if ratio > 0.0 => (in_time / ratio - in_time).round(),
        _ => metric(record, "requests.failed") + metric(record, "requests.late"),
    }
}

impl Ranking {
    /// Compares each run, after the first, with the first, which is undisturbed.
    pub fn new(experiment: &Experiment, records: &[RunRecord]) -> Self {
        let undisturbed = &records[0];
        let scenario = &experiment.scenario;
        let hours = |span: sim_core::kernel::SimDuration| span.as_secs_f64() / 3600.0;
        let measured = hours(scenario.duration) - hours(scenario.warmup);
        let requests = of_kill(undisturbed, "requests").unwrap_or(0.0);
        let all_nodes: u64 = nodes(experiment);
        let row = |(candidate, record): (usize, &RunRecord)| {
            let Candidate { domain, label, .. } = &experiment.domains[candidate];
            let lost = missed(record) - missed(undisturbed);
            let down = metric(undisturbed, "nodes.uptime") - metric(record, "nodes.uptime");
            let node_hours = down * measured * all_nodes as f64;
            Row {
                label: label.clone(),
                kind: domain.kind,
                nodes: domain.nodes,
                capacity: domain.capacity,
                requests_lost: lost,
                share_lost: if requests > 0.0 { lost / requests } else { 0.0 },
                node_hours,
                share_down: node_hours / (all_nodes as f64 * hours(experiment.lasts)),
                success_ratio: record.metric("requests.success_ratio"),
                time_to_detect: of_kill(record, "time_to_detect.mean"),
                time_to_reroute: of_kill(record, "time_to_reroute"),
                time_to_baseline: of_kill(record, "time_to_baseline"),
                candidate,
            }
        };
        let mut rows: Vec<Row> = records[1..].iter().enumerate().map(row).collect();
        rows.sort_by(|a, b| {
            let keys = |row: &Row| [row.requests_lost, row.node_hours, row.capacity];
            let order = keys(b).into_iter().zip(keys(a)).map(|(b, a)| b.total_cmp(&a));
            order.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.candidate.cmp(&b.candidate))
        });
        let mut ranking = Self {
            rows,
            has_work: requests > 0.0,
            undisturbed: undisturbed.metric("requests.success_ratio"),
            verdict: String::new(),
        };
        ranking.verdict = ranking.words(experiment);
        ranking
    }

    fn share(&self, row: &Row) -> f64 {
        if self.has_work { row.share_lost } else { row.share_down }
    }

    /// The smallest domain that takes nearly all that the worst takes, and the worst of those that do not hold it.
    fn culprit(&self, experiment: &Experiment) -> (&Row, Option<&Row>) {
        let worst = self.share(&self.rows[0]);
        let near = self.rows.iter().filter(|row| self.share(row) >= NEARLY * worst);
        let culprit = near.min_by_key(|row| row.nodes).unwrap_or(&self.rows[0]);
        let nodes = |row: &Row| &experiment.domains[row.candidate].nodes;
        let holds = |row: &Row| match nodes(culprit)[..] {
            // Gateways and ways have no nodes, and nothing else holds them.
            [] => row.candidate == culprit.candidate,
            ref own => own.iter().all(|node| nodes(row).binary_search(node).is_ok()),
        };
        (culprit, self.rows.iter().find(|row| !holds(row)))
    }

    fn words(&self, experiment: &Experiment) -> String {
        let (culprit, next) = self.culprit(experiment);
        let percent = |row: &Row| format_value("nodes.uptime", self.share(row).max(0.0));
        let lasts = simulated(experiment.lasts.as_secs_f64());
        let of =
            if self.has_work { "of the requests that come meanwhile" } else { "of all node-time meanwhile" };
        let share = self.share(culprit);
        let size = match culprit.nodes {
            0 => "no nodes of its own".to_owned(),
            own => {
                let capacity = format_value("nodes.uptime", culprit.capacity);
                format!("{own} of {} nodes, {capacity} of the capacity", nodes(experiment))
            }
        };
        if share < SLIGHT {
            let culprit = &self.rows[0];
            return format!(
                "there is no single point of failure among them: the worst, {}, down for {lasts}, takes down {} {of}",
                culprit.label,
                percent(culprit)
            );
        }
        let stands_out = next.is_none_or(|next| share >= OUTSTANDING * self.share(next));
        match (stands_out, next) {
            (true, next) => format!(
                "the single point of failure is {} ({size}): killing it for {lasts} takes down {} {of}{}",
                culprit.label,
                percent(culprit),
                next.map_or_else(String::new, |next| format!(
                    "; the next, {}, takes {}",
                    next.label,
                    percent(next)
                ))
            ),
            (false, Some(next)) => format!(
                "nothing stands out alone: killing {} ({size}) for {lasts} takes down {} {of}, {} {}",
                culprit.label,
                percent(culprit),
                next.label,
                percent(next)
            ),
            (false, None) => unreachable!("alone, it stands out"),
        }
    }

    /// The first rows as a table.
    pub fn table(&self, top: usize) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_BORDERS_ONLY);
        let mut header = vec!["", "killed", "nodes", "capacity"];
        if self.has_work {
            header.extend(["requests lost", "of those coming", "detected after", "back after its end"]);
        }
        header.push("node-hours down");
        table.set_header(header);
        let time =
            |seconds: Option<f64>| seconds.map_or_else(|| "–".to_owned(), |s| format_value("nodes.mttr", s));
        for (index, row) in self.rows.iter().take(top).enumerate() {
            let mut cells = vec![
                (index + 1).to_string(),
                row.label.clone(),
                row.nodes.to_string(),
                format_value("nodes.uptime", row.capacity),
            ];
            if self.has_work {
                cells.extend([
                    format!("{}", row.requests_lost.round()),
                    format_value("requests.extra_load", row.share_lost),
                    time(row.time_to_detect),
                    time(row.time_to_baseline),
                ]);
            }
            cells.push(format!("{:.1}", row.node_hours));
            table.add_row(cells);
        }
        table.column_iter_mut().skip(2).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        table
    }
}

/// Nodes of the whole fleet.
fn nodes(experiment: &Experiment) -> u64 {
    let racks = experiment
        .scenario
        .fleet
        .iter()
        .flat_map(|entry| entry.racks.iter().map(move |rack| (entry.sites, rack)));
    racks
        .map(|(sites, rack)| {
            u64::from(sites) * u64::from(rack.count) * rack.nodes.values().map(|n| u64::from(*n)).sum::<u64>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;

    fn record(metrics: &[(&str, f64)]) -> RunRecord {
        RunRecord {
            id: String::new(),
            variation: 0,
            policy: "p".to_owned(),
            replication: 0,
            seed: 1,
            metrics: metrics.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            trace: String::new(),
            exogenous: String::new(),
            latency: IndexMap::new(),
            timeline: None,
            spread: None,
        }
    }

    #[test]
    fn what_is_past_its_deadline_is_missed_and_what_may_still_come_is_not() {
        // Of 100 requests 70 are answered, 10 of them late, 5 have failed, 15 are past their deadline, and 10 may still come.
        let record = record(&[
            ("requests.completed", 70.0),
            ("requests.late", 10.0),
            ("requests.failed", 5.0),
            ("requests.success_ratio", 60.0 / 90.0),
        ]);
        assert_eq!(missed(&record), 30.0);
    }

    #[test]
    fn without_a_single_answer_failures_are_counted_themselves() {
        let record = record(&[("requests.failed", 12.0), ("requests.success_ratio", 0.0)]);
        assert_eq!(missed(&record), 12.0);
    }
}
