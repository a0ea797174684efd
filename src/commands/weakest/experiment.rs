//! Which runs are made, and making them.

use crate::execute::{self, End, Outcome};
use crate::failure::{Failure, error};
use crate::tell::numbers::{counted, simulated};
use crate::tell::progress::Progress;
use sim_core::kernel::SimDuration;
use sim_core::measure::record::RunRecord;
use sim_core::scenario::faults::{Domain, DomainKind, domains};
use sim_core::scenario::{Fault, FaultAction, Scenario, Target};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the kill, among the faults that the scenario has of its own.
pub const KILL: &str = "weakest";

/// What the user asked for.
pub struct Choice<'a> {
    pub kinds: &'a [DomainKind],
    pub policy: Option<&'a str>,
    pub at: Option<SimDuration>,
    pub lasts: Option<SimDuration>,
    pub window: SimDuration,
    pub limit: usize,
}

/// A failure domain to be killed, with what else means the same nodes.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub domain: Domain,
    /// Kinds and names, such as "isp cable = operator ann".
    pub label: String,
    /// Numbers of its nodes, ascending.
    pub nodes: Vec<u32>,
}

/// All runs to be made.
pub struct Experiment {
    /// The scenario, shortened.
    pub scenario: Arc<Scenario>,
    pub policy: String,
    pub at: SimDuration,
    pub lasts: SimDuration,
    pub domains: Vec<Candidate>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Experiment {
    /// Plans the runs.
    pub fn new(scenario: &Scenario, choice: &Choice<'_>) -> Result<Self, Failure> {
        let policy = policy(scenario, choice.policy)?;
        let mut short = scenario.clone();
        short.replications = 1;
        short.policies.retain(|name, _| *name == policy);
        let measurable = scenario.duration.as_nanos().saturating_sub(scenario.warmup.as_nanos());
        let third = SimDuration::from_nanos(choice.window.as_nanos().min(measurable) / 3);
        let at = choice.at.unwrap_or(scenario.warmup + third);
        if at >= scenario.duration {
            return Err(Failure::Usage(format!(
                "the kill at {} is not before the end of the run ({}); choose another --at, or --set /duration=…",
                simulated(at.as_secs_f64()),
                simulated(scenario.duration.as_secs_f64())
            )));
        }
        short.warmup = SimDuration::from_nanos(at.as_nanos().saturating_sub(third.as_nanos()));
        short.duration = (at + third + third).min(scenario.duration);
        let left = short.duration.as_nanos() - at.as_nanos();
        let wanted = choice.lasts.unwrap_or_else(|| third.min(SimDuration::from_secs(3600)));
        let lasts = wanted.min(SimDuration::from_nanos(left));
        let mut notes = Vec::new();
        if lasts < wanted {
            notes.push(format!(
                "domains are down for {} only, until the end of the window",
                simulated(lasts.as_secs_f64())
            ));
        }
        short.faults.retain(|fault| fault.at < short.duration && fault.name != KILL);
        let domains = candidates(scenario, choice, &mut notes);
        if domains.is_empty() {
            let kinds: Vec<&str> = choice.kinds.iter().map(|kind| kind.name()).collect();
            return Err(Failure::Usage(format!(
                "the scenario has no failure domain of kind {} that is less than the whole fleet; choose others with --kinds",
                kinds.join(", ")
            )));
        }
        Ok(Self { scenario: Arc::new(short), policy, at, lasts, domains, notes })
    }

    /// Makes the undisturbed run, first, and then one for each domain.
    pub fn run(&self, threads: usize, quiet: bool) -> Result<Vec<RunRecord>, Failure> {
        let mut targets = vec![(Target { all: true, ..Target::default() }, 0.0)];
        targets.extend(self.domains.iter().map(|candidate| (candidate.domain.target.clone(), 1.0)));
        let jobs: Vec<u32> = (0..targets.len() as u32).collect();
        let (scenario, at, lasts) = (Arc::clone(&self.scenario), self.at, self.lasts);
        let policy = self.policy.clone();
        let simulate = move |number: &u32| {
            let (target, share) = targets[*number as usize].clone();
            let mut scenario = Scenario::clone(&scenario);
            scenario.faults.push(Fault {
                name: KILL.to_owned(),
                at,
                lasts: Some(lasts),
                action: FaultAction::Kill,
                target,
                share,
            });
            sim_core::run(&scenario, &policy, *number, 0)
        };
        let mut progress = Progress::start(&self.scenario.name, 0, jobs.len(), quiet);
        let (mut records, mut failed) = (Vec::new(), 0);
        let end = execute::execute(jobs, threads, simulate, |outcome| {
            match outcome {
                Outcome::Finished(_, record) => records.push(record),
                Outcome::Panicked(number, message) => {
                    let whom = match number.checked_sub(1) {
                        Some(index) => format!("with {} killed", self.domains[index as usize].label),
                        None => "without a kill".to_owned(),
                    };
                    error(&format!("the run {whom} failed: {message}"));
                    failed += 1;
                }
            }
            progress.step();
            Ok(())
        })?;
        progress.finish();
        if end == End::Interrupted {
            return Err(Failure::Interrupted("interrupted; nothing is written".to_owned()));
        }
        if failed > 0 {
            return Err(Failure::Work(format!("{} failed", counted(failed, "run"))));
        }
        records.sort_by_key(|record| record.variation);
        Ok(records)
    }
}

/// The policy asked for, or the last of the file.
fn policy(scenario: &Scenario, asked: Option<&str>) -> Result<String, Failure> {
    let names: Vec<&str> = scenario.policies.keys().map(String::as_str).collect();
    match asked {
        None => Ok(names.last().copied().unwrap_or_default().to_owned()),
        Some(asked) if names.contains(&asked) => Ok(asked.to_owned()),
        Some(asked) => Err(Failure::Usage(format!(
            "there is no policy `{asked}` in the scenario; accepted: {}",
            names.join(", ")
        ))),
    }
}

/// The domains to be killed: of several that are the same nodes one, none that is the whole fleet, and no more than the limit.
fn candidates(scenario: &Scenario, choice: &Choice<'_>, notes: &mut Vec<String>) -> Vec<Candidate> {
    let mut kinds: Vec<DomainKind> = choice.kinds.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let all: Vec<Vec<Domain>> = kinds.iter().map(|kind| domains(scenario, *kind)).collect();
    let counts: Vec<usize> = all.iter().map(Vec::len).collect();
    let quotas = quotas(&counts, choice.limit);
    let whole =
        Target { all: true, ..Target::default() }.resolve(scenario).map_or(0, |hits| hits.nodes.len());
    let mut found: Vec<Candidate> = Vec::new();
    let mut known: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    for (domains, quota) in all.into_iter().zip(quotas) {
        let count = domains.len();
        if quota < count {
            notes.push(format!(
                "{quota} of {} are killed, at even distances; --limit sets how many",
                counted(count, &format!("{} domain", domains[0].kind.name()))
            ));
        }
        for (index, domain) in domains.into_iter().enumerate() {
            // Number i of n is taken if it is the first of its share of the quota.
            let taken = index == 0 || index * quota / count != (index - 1) * quota / count;
            if quota == 0 || !taken {
                continue;
            }
            let nodes = domain.target.resolve(scenario).map(|hits| hits.nodes).unwrap_or_default();
            if nodes.len() == whole {
                notes.push(format!("{} is the whole fleet and is left out", domain.label()));
                continue;
            }
            let label = domain.label();
            match known.get(&nodes).filter(|_| !nodes.is_empty()) {
                Some(&same) => found[same].label = format!("{} = {label}", found[same].label),
                None => {
                    known.insert(nodes.clone(), found.len());
                    found.push(Candidate { domain, label, nodes });
                }
            }
        }
    }
    found
}

/// How many domains of each kind are killed: all of the small kinds, and equal parts of what is left for the others.
fn quotas(counts: &[usize], limit: usize) -> Vec<usize> {
    let mut quotas = vec![0; counts.len()];
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|index| counts[*index]);
    let mut left = limit;
    for (done, index) in order.iter().enumerate() {
        let fair = left / (counts.len() - done);
        quotas[*index] = counts[*index].min(fair);
        left -= quotas[*index];
    }
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_kinds_are_killed_whole_and_large_ones_share_the_rest() {
        assert_eq!(quotas(&[560, 56, 3, 0], 200), [141, 56, 3, 0]);
        assert_eq!(quotas(&[560, 400], 200), [100, 100]);
        assert_eq!(quotas(&[5, 7], 200), [5, 7]);
        assert_eq!(quotas(&[5, 7, 9], 1).iter().sum::<usize>(), 1);
    }
}
