//! Runs of a project whose number of replications depends on what they show, stage by stage.
//!
//! A decision sees whole stages alone: whatever else a folder holds, in whatever order runs were finished, and however often
//! the program was stopped, the same runs are made in the end.

use super::Project;
use crate::failure::Failure;
use crate::output::finish::Held;
use sim_core::measure::record::RunRecord;
use sim_core::measure::stopping::{Ended, Rule, Step};
use std::collections::BTreeSet;

/// The stages of all variations of a project.
pub struct Stages {
    courses: Vec<Course>,
}

/// The stages of one variation.
struct Course {
    rule: Rule,
    /// Number of its first run in the plan.
    offset: usize,
    /// By policy, in the order of the plan, the values of the replications of whole stages.
    values: Vec<Vec<Option<f64>>>,
    /// Replications that are wanted of each policy so far.
    wanted: Vec<u32>,
    ended: Option<Ended>,
}

impl Stages {
    /// Those of a project; `None` where all runs are known beforehand: there is no rule, or runs were selected one by one.
    pub fn of(project: &Project) -> Option<Self> {
        if project.wanted.len() < project.runs.len() {
            return None;
        }
        let (mut courses, mut offset) = (Vec::new(), 0);
        for variation in &project.plan.variations {
            let scenario = &variation.scenario;
            let rule = Rule::of(scenario)?;
            let policies = scenario.policies.len();
            let (values, wanted) = (vec![Vec::new(); policies], vec![0; policies]);
            courses.push(Course { rule, offset, values, wanted, ended: None });
            offset += policies * scenario.replications as usize;
        }
        Some(Self { courses })
    }

    /// Goes on as far as the runs that are held allow, and returns the numbers of those that are needed next: none when all is decided.
    /// Runs that have failed are in `failed`; they have no values.
    pub fn next(&mut self, held: &mut Held, failed: &BTreeSet<usize>) -> Result<Vec<usize>, Failure> {
        let mut needed = Vec::new();
        for course in &mut self.courses {
            needed.extend(course.next(held, failed)?);
        }
        Ok(needed)
    }

    /// Whether all is decided.
    pub fn are_over(&self) -> bool {
        self.courses.iter().all(|course| course.ended.is_some())
    }

    /// How the variations ended, when all is decided.
    pub fn ended(&self) -> Vec<Ended> {
        self.courses.iter().filter_map(|course| course.ended.clone()).collect()
    }

    /// Numbers of all runs that were wanted, ascending.
    pub fn numbers(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = self.courses.iter().flat_map(Course::numbers).collect();
        numbers.sort_unstable();
        numbers
    }
}

impl Course {
    /// Number of a run in the plan.
    fn number(&self, policy: usize, replication: usize) -> usize {
        self.offset + replication * self.wanted.len() + policy
    }

    fn numbers(&self) -> Vec<usize> {
        let of = |(policy, count): (usize, &u32)| {
            (0..*count as usize).map(move |replication| self.number(policy, replication)).collect::<Vec<_>>()
        };
        self.wanted.iter().enumerate().flat_map(of).collect()
    }

    fn next(&mut self, held: &mut Held, failed: &BTreeSet<usize>) -> Result<Vec<usize>, Failure> {
        while self.ended.is_none() {
            let missing = |number: &usize| !held.has(*number) && !failed.contains(number);
            let needed: Vec<usize> = self.numbers().into_iter().filter(missing).collect();
            if !needed.is_empty() {
                return Ok(needed);
            }
            for policy in 0..self.wanted.len() {
                for replication in self.values[policy].len()..self.wanted[policy] as usize {
                    let value = self.value(held, self.number(policy, replication))?;
                    self.values[policy].push(value);
                }
            }
            match self.rule.next(&self.values) {
                Step::More(wanted) => self.wanted = wanted,
                Step::Done(wanted, ended) => (self.wanted, self.ended) = (wanted, Some(ended)),
            }
        }
        Ok(Vec::new())
    }

    /// What a run says; `None` if it failed or has no value.
    fn value(&self, held: &mut Held, number: usize) -> Result<Option<f64>, Failure> {
        let Some(line) = held.line(number)? else { return Ok(None) };
        let record: RunRecord = serde_json::from_slice(&line)
            .map_err(|error| Failure::Work(format!("a run is not a run record: {error}")))?;
        Ok(record.metric(self.rule.metric()))
    }
}
