//! What each domain takes down, in order, and in words.

use super::aspect::{Aspect, metric, missed, of_kill, progress};
use super::experiment::{Candidate, Experiment};
use crate::tell::numbers::simulated;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use sim_core::measure::catalog::format_value;
use sim_core::measure::record::RunRecord;
use sim_core::scenario::faults::DomainKind;

/// Less than this share of the requests, the data or the work is no failure worth a name.
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
    /// Most objects that could not be read at once while it was down, beyond those of the undisturbed run; `None` without objects.
    pub objects_unreadable: Option<f64>,
    /// Time in which objects could not be read beyond that of the undisturbed run, of that of all objects while it was down.
    pub share_unreadable: Option<f64>,
    /// Objects lost for good beyond those of the undisturbed run.
    pub objects_lost: Option<f64>,
    /// Work of jobs that is lost or was not done by the end, in seconds at speed 1, against the undisturbed run; of jobs that came in the time measured. `None` without jobs.
    pub work_lost: Option<f64>,
    /// The same, of what the undisturbed run does in as long as it was down.
    pub share_work: Option<f64>,
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
    /// What is asked of the fleet.
    pub aspects: Vec<Aspect>,
    /// Success ratio of the undisturbed run.
    pub undisturbed: Option<f64>,
    pub verdict: String,
}

impl Row {
    /// The share that it takes of one thing.
    pub fn share_of(&self, aspect: Aspect) -> f64 {
        match aspect {
            Aspect::Requests => self.share_lost,
            Aspect::Data => self.share_unreadable.unwrap_or(0.0),
            Aspect::Work => self.share_work.unwrap_or(0.0),
            Aspect::Nodes => self.share_down,
        }
    }

    /// The greatest of its shares, and of what.
    fn worst(&self, aspects: &[Aspect]) -> (f64, Aspect) {
        let shares = aspects.iter().map(|aspect| (self.share_of(*aspect), *aspect));
        shares.max_by(|(a, _), (b, _)| a.total_cmp(b)).unwrap_or((self.share_down, Aspect::Nodes))
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
        let aspects = Aspect::of(undisturbed);
        let (data, work) = (aspects.contains(&Aspect::Data), aspects.contains(&Aspect::Work));
        // How many times as long as a domain is down is measured.
        let spans = measured / hours(experiment.lasts);
        let more = |record: &RunRecord, name: &str| metric(record, name) - metric(undisturbed, name);
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
                objects_unreadable: data.then(|| {
                    let most = |record| of_kill(record, "objects_unreadable").unwrap_or(0.0);
                    (most(record) - most(undisturbed)).max(0.0)
                }),
                share_unreadable: data.then(|| -more(record, "objects.availability") * spans),
                objects_lost: data.then(|| more(record, "objects.lost")),
                work_lost: work.then(|| progress(undisturbed) - progress(record)),
                share_work: work.then(|| spans * (1.0 - progress(record) / progress(undisturbed))),
                success_ratio: record.metric("requests.success_ratio"),
                time_to_detect: of_kill(record, "time_to_detect.mean"),
                time_to_reroute: of_kill(record, "time_to_reroute"),
                time_to_baseline: of_kill(record, "time_to_baseline"),
                candidate,
            }
        };
        let mut rows: Vec<Row> = records[1..].iter().enumerate().map(row).collect();
        rows.sort_by(|a, b| {
            let keys = |row: &Row| [row.worst(&aspects).0, row.node_hours, row.capacity];
            let order = keys(b).into_iter().zip(keys(a)).map(|(b, a)| b.total_cmp(&a));
            order.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.candidate.cmp(&b.candidate))
        });
        let mut ranking = Self {
            rows,
            aspects,
            undisturbed: undisturbed.metric("requests.success_ratio"),
            verdict: String::new(),
        };
        ranking.verdict = ranking.words(experiment);
        ranking
    }

    /// The greatest share that a domain takes of anything.
    pub fn share(&self, row: &Row) -> f64 {
        row.worst(&self.aspects).0
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
        let percent = |share: f64| format_value("nodes.uptime", share.max(0.0));
        let lasts = simulated(experiment.lasts.as_secs_f64());
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
                "there is no single point of failure among them: the worst, {}, down for {lasts}, takes down {}",
                culprit.label,
                self.toll(culprit)
            );
        }
        let of_next = |next: &Row| {
            let (share, aspect) = next.worst(&self.aspects);
            if self.aspects.len() > 1 {
                format!("{} {}", percent(share), aspect.whole())
            } else {
                percent(share)
            }
        };
        let stands_out = next.is_none_or(|next| share >= OUTSTANDING * self.share(next));
        match (stands_out, next) {
            (true, next) => format!(
                "the single point of failure is {} ({size}): killing it for {lasts} takes down {}{}",
                culprit.label,
                self.toll(culprit),
                next.map_or_else(String::new, |next| format!(
                    "; the next, {}, takes {}",
                    next.label,
                    of_next(next)
                ))
            ),
            (false, Some(next)) => format!(
                "nothing stands out alone: killing {} ({size}) for {lasts} takes down {}, {} {}",
                culprit.label,
                self.toll(culprit),
                next.label,
                of_next(next)
            ),
            (false, None) => unreachable!("alone, it stands out"),
        }
    }

    /// What a domain takes down of everything: "30 % of the requests that come meanwhile and 2 % of …".
    fn toll(&self, row: &Row) -> String {
        let part = |aspect: &Aspect| {
            let share = format_value("nodes.uptime", row.share_of(*aspect).max(0.0));
            format!("{share} {}", aspect.whole())
        };
        let parts: Vec<String> = self.aspects.iter().map(part).collect();
        let toll = parts.join(" and ");
        match row.objects_lost {
            Some(lost) if lost >= 1.0 => format!("{toll}, and loses {lost:.0} objects for good"),
            _ => toll,
        }
    }

    /// The first rows as a table.
    pub fn table(&self, top: usize) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_BORDERS_ONLY);
        let mut header = vec!["", "killed", "nodes", "capacity"];
        let has = |aspect| self.aspects.contains(&aspect);
        if has(Aspect::Requests) {
            header.extend(["requests lost", "of those coming", "detected after", "back after its end"]);
        }
        if has(Aspect::Data) {
            header.extend(["objects unreadable", "of reading time", "objects lost"]);
        }
        if has(Aspect::Work) {
            header.extend(["work lost", "of that meanwhile"]);
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
            if has(Aspect::Requests) {
                cells.extend([
                    format!("{}", row.requests_lost.round()),
                    format_value("requests.extra_load", row.share_lost),
                    time(row.time_to_detect),
                    time(row.time_to_baseline),
                ]);
            }
            if has(Aspect::Data) {
                cells.extend([
                    format!("{}", row.objects_unreadable.unwrap_or(0.0).round()),
                    format_value("requests.extra_load", row.share_of(Aspect::Data)),
                    format!("{}", row.objects_lost.unwrap_or(0.0).round()),
                ]);
            }
            if has(Aspect::Work) {
                cells.extend([
                    format_value("jobs.useful_work", row.work_lost.unwrap_or(0.0)),
                    format_value("requests.extra_load", row.share_of(Aspect::Work)),
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
