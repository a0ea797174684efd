//! `brownout trace FILE`: what the nodes and the power of some sites did, as a trace that Perfetto and Chrome show.
//!
//! The file is in the JSON form of Chrome's trace events: a process for each site, a thread for each state of a site or a node, counters for
//! busy slots, power and temperature. Times are in microseconds from t = 0.

use super::options::{Changes, some_time};
use crate::failure::{Failure, plain, warning};
use crate::input;
use crate::tell::numbers::{counted, simulated};
use clap::Args;
use serde_json::json;
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::scenario::{Scenario, Variation, duration};
use sim_core::simulation::trace::{Seen, Subject, Watched, run_watched};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Nodes that can be watched at once; more would slow the run down a hundredfold.
const NODES_MAX: u32 = 2000;

/// Which run, which sites, and when.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    changes: Changes,
    /// Policy [default: the first of the file]
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Number of the variation
    #[arg(long, value_name = "N", default_value_t = 0)]
    variation: u32,
    /// Number of the replication
    #[arg(long, value_name = "N", default_value_t = 0)]
    replication: u32,
    /// Sites to watch: ENTRY for all sites of a fleet entry, or ENTRY/N for one of them, counted from 0 [default: all, if they are few, or the first]
    #[arg(long, value_name = "ENTRY[/N]")]
    site: Option<String>,
    /// Beginning of the time window
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0 s")]
    from: SimDuration,
    /// End of the time window; the run ends there [default: the end of the scenario]
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    to: Option<SimDuration>,
    /// File for the trace
    #[arg(long, value_name = "FILE", default_value = "trace.json")]
    out: PathBuf,
    /// Do not say what was written
    #[arg(long)]
    quiet: bool,
}

/// Runs and writes.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let plan = input::plan(&arguments.file, &arguments.changes.overrides())?;
    let scenario = &variation_of(&plan.variations, arguments.variation)?.scenario;
    let policy = policy_of(scenario, arguments.policy.as_deref())?;
    let end = arguments.to.unwrap_or(scenario.duration).min(scenario.duration);
    if arguments.to.is_some_and(|to| to > end) {
        warning(format!(
            "--to: the scenario ends at {}, and so does the trace",
            simulated(end.as_secs_f64())
        ));
    }
    if arguments.replication >= scenario.replications {
        warning(format!(
            "--replication {} is beyond the plan, whose last is {}: it is traced all the same",
            arguments.replication,
            scenario.replications - 1
        ));
    }
    if arguments.from >= end {
        return Err(Failure::Usage(format!(
            "the window begins at {} and ends at {}; nothing is in it",
            simulated(arguments.from.as_secs_f64()),
            simulated(end.as_secs_f64())
        )));
    }
    let watched = Watched {
        sites: sites(scenario, arguments.site.as_deref())?,
        from: SimTime::ZERO + arguments.from,
        to: SimTime::ZERO + end,
    };
    let mut trace = Trace::create(&arguments.out, scenario)?;
    run_watched(scenario, &policy, (arguments.variation, arguments.replication), &watched, |seen| {
        trace.write(&seen);
    });
    let events = trace.finish()?;
    if !arguments.quiet {
        let sites = watched.sites.len();
        writeln!(
            io::stdout(),
            "{}: {} of {} under policy {policy} in {}; open it at https://ui.perfetto.dev or chrome://tracing",
            plan.name,
            counted(events, "trace event"),
            counted(sites, "site"),
            arguments.out.display()
        )?;
    }
    Ok(())
}

/// The variation of this number.
pub(super) fn variation_of(variations: &[Variation], number: u32) -> Result<&Variation, Failure> {
    variations.get(number as usize).ok_or_else(|| {
        let last = variations.len() - 1;
        Failure::Usage(format!("there is no variation {number}; accepted: 0 to {last}"))
    })
}

/// The policy of this name, or the first of the file.
pub(super) fn policy_of(scenario: &Scenario, asked: Option<&str>) -> Result<String, Failure> {
    let names: Vec<&str> = scenario.policies.keys().map(String::as_str).collect();
    match asked {
        None => Ok(names[0].to_owned()),
        Some(asked) if names.contains(&asked) => Ok(asked.to_owned()),
        Some(asked) => {
            Err(Failure::Usage(format!("there is no policy `{asked}`; accepted: {}", names.join(", "))))
        }
    }
}

/// Each fleet entry by name, with the numbers of its sites, and the nodes of each.
fn entries(scenario: &Scenario) -> Vec<(String, Range<u32>, u32)> {
    let mut first = 0;
    let mut entries = Vec::new();
    for entry in &scenario.fleet {
        let nodes: u32 = entry.racks.iter().map(|rack| rack.count * rack.nodes.values().sum::<u32>()).sum();
        entries.push((entry.name.clone(), first..first + entry.sites, nodes));
        first += entry.sites;
    }
    entries
}

/// Numbers of the sites asked for.
fn sites(scenario: &Scenario, asked: Option<&str>) -> Result<Range<u32>, Failure> {
    let entries = entries(scenario);
    let all: u32 = entries.iter().map(|(_, sites, nodes)| sites.len() as u32 * nodes).sum();
    let last = entries.last().map_or(0, |(_, sites, _)| sites.end);
    let Some(asked) = asked else {
        return Ok(if all <= NODES_MAX { 0..last } else { 0..1 });
    };
    let (name, number) = match asked.rsplit_once('/') {
        Some((name, number)) => (name, Some(number)),
        None => (asked, None),
    };
    let names = || {
        entries
            .iter()
            .map(|(name, sites, _)| format!("{name} (0 to {})", sites.len() - 1))
            .collect::<Vec<_>>()
    };
    let wrong = |what: String| {
        Failure::Usage(format!("--site: {what}; accepted: ENTRY or ENTRY/N of {}", names().join(", ")))
    };
    let (_, sites, nodes) = entries
        .iter()
        .find(|(of, ..)| *of == name)
        .ok_or_else(|| wrong(format!("there is no fleet entry {name:?}")))?;
    let sites = match number {
        None => sites.clone(),
        Some(number) => {
            let number: Option<u32> = number.parse().ok().filter(|number| *number < sites.end - sites.start);
            let site = sites.start + number.ok_or_else(|| wrong(format!("{asked:?} is no site")))?;
            site..site + 1
        }
    };
    let nodes = sites.len() as u32 * nodes;
    if nodes > NODES_MAX {
        return Err(wrong(format!("{asked} has {nodes} nodes, and at most {NODES_MAX} can be watched")));
    }
    Ok(sites)
}

/// A trace file on its way.
struct Trace {
    out: BufWriter<File>,
    path: PathBuf,
    /// Name of each fleet entry with its first site.
    entries: Vec<(u32, String)>,
    /// Threads by subject and track, by site.
    threads: BTreeMap<(u32, Option<u32>, &'static str), usize>,
    events: usize,
    failed: Option<io::Error>,
}

impl Trace {
    fn create(path: &Path, scenario: &Scenario) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| Failure::file("write", path, &error))?;
        let entries = entries(scenario).into_iter().map(|(name, sites, _)| (sites.start, name)).collect();
        let mut trace = Self {
            out: BufWriter::new(file),
            path: path.to_owned(),
            entries,
            threads: BTreeMap::new(),
            events: 0,
            failed: None,
        };
        trace.put("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
        Ok(trace)
    }

    fn put(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(text.as_bytes()).err();
        }
    }

    fn event(&mut self, event: &serde_json::Value) {
        let comma = if self.events > 0 { "," } else { "" };
        self.events += 1;
        self.put(&format!("{comma}\n{event}"));
    }

    fn write(&mut self, seen: &Seen) {
        match *seen {
            Seen::Slice { subject, track, name, from, to } => {
                let (site, tid) = self.thread(subject, track);
                let (ts, dur) = (micros(from), to.since(from).as_nanos() as f64 / 1e3);
                self.event(&json!({ "ph": "X", "pid": site, "tid": tid, "name": name, "cat": track, "ts": ts, "dur": dur }));
            }
            Seen::Level { subject, name, at, value } => {
                let (site, of) = match subject {
                    Subject::Site(site) => (site, "site".to_owned()),
                    Subject::Node(site, node) => (site, format!("node {node}")),
                };
                // A process has its name from its first thread on, so one is made.
                self.thread(subject, "state");
                let event = json!({ "ph": "C", "pid": site, "name": format!("{of}: {name}"), "ts": micros(at), "args": { name: value } });
                self.event(&event);
            }
        }
    }

    /// Process and thread of a track, named when they are first met.
    fn thread(&mut self, subject: Subject, track: &'static str) -> (u32, usize) {
        let (site, node) = match subject {
            Subject::Site(site) => (site, None),
            Subject::Node(site, node) => (site, Some(node)),
        };
        let key = (site, node, track);
        if let Some(thread) = self.threads.get(&key) {
            return (site, *thread);
        }
        let of_site = self.threads.range((site, None, "")..(site + 1, None, "")).count();
        if of_site == 0 {
            let (first, entry) =
                self.entries.iter().rev().find(|(first, _)| *first <= site).cloned().unwrap_or_default();
            let name = format!("{entry}/{}", site - first);
            self.event(&json!({ "ph": "M", "pid": site, "name": "process_name", "args": { "name": name } }));
            self.event(&json!({ "ph": "M", "pid": site, "name": "process_sort_index", "args": { "sort_index": site } }));
        }
        let name = node.map_or_else(|| track.to_owned(), |node| format!("node {node}: {track}"));
        self.threads.insert(key, of_site + 1);
        self.event(&json!({ "ph": "M", "pid": site, "tid": of_site + 1, "name": "thread_name", "args": { "name": name } }));
        (site, of_site + 1)
    }

    fn finish(mut self) -> Result<usize, Failure> {
        self.put("\n]}\n");
        let failed = self.failed.take().or_else(|| self.out.flush().err());
        match failed {
            Some(error) => {
                Err(Failure::Work(format!("cannot write {}: {}", self.path.display(), plain(&error))))
            }
            None => Ok(self.events),
        }
    }
}

fn micros(at: SimTime) -> f64 {
    at.since(SimTime::ZERO).as_nanos() as f64 / 1e3
}
