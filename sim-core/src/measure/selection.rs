//! Which of many policies is best, with a stated probability of being right, and with runs spent on those that may be it.
//!
//! The procedure KN of Kim and Nelson (ACM TOMACS 11, 2001). With k policies, indifference δ, probability 1 − α and
//! n₀ first replications, S²ᵢₗ is the variance of the differences of policies i and l, paired by replication, in the first n₀; η =
//! ½((2α/(k − 1))^(−2/(n₀ − 1)) − 1) and h² = 2η(n₀ − 1). After r replications policy i stays if for every l that is left
//!
//! > X̄ᵢ(r) ≥ X̄ₗ(r) − W,  W = max(0, δ/2r · (h²S²ᵢₗ/δ² − r))
//!
//! until one is left; after max h²S²/δ² replications all W are zero, and the best mean wins. If the best policy is better than
//! all others by δ or more, it is found with probability 1 − α for normal data *under common random numbers*, which make S² small.
//! Where others are closer than δ, one that is as good but for δ is found. The policies are screened at fixed numbers of
//! replications (each an eighth more than the last, and two at least) instead of after every one, which only makes errors rarer.
//!
//! For the comparison `equal_allocation_runs` says what the two-stage procedure of Clark and Yang (1986) would take that gives every
//! policy the same replications with the same guarantee under common random numbers: n = max t²(1 − α/(k − 1), n₀ − 1)·S²ᵢₗ/δ².

use super::stats::{Moments, t_quantile};
use super::stopping::{Ended, Reason, Step};
use crate::scenario::Select;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What is needed to find the best.
#[derive(Clone, Debug)]
pub struct Contest {
    /// What is asked.
    pub select: Select,
    /// Whether more is better.
    pub higher: bool,
    /// Policies in the order of the scenario.
    pub policies: Vec<String>,
    /// Replications before the first decision.
    pub first: u32,
    /// Replications at most.
    pub most: u32,
}

/// How the search for the best policy ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Name of the metric.
    pub metric: String,
    /// The best policy.
    pub best: Option<String>,
    /// Why the search ended: with `cap` the probability is not warranted.
    pub reason: Reason,
    /// Probability of being right if the best is better than all others by the indifference or more.
    pub probability: f64,
    /// A policy that is worse by less than this is as good.
    pub indifference: f64,
    /// Policies that were left, the best first.
    pub contenders: Vec<String>,
    /// The others, each with the number of replications after which it was out.
    pub eliminated: IndexMap<String, u32>,
    /// Runs of all policies that take part.
    pub runs: u64,
    /// Runs that an equal number of replications of every policy would take for the same guarantee.
    pub equal_allocation_runs: Option<u64>,
}

/// The search on its way.
struct Search<'a> {
    contest: &'a Contest,
    /// Policies that are left.
    left: Vec<usize>,
    /// Replications asked for, by policy.
    asked: Vec<u32>,
    eliminated: IndexMap<String, u32>,
    /// Variances of differences of the first replications, by pair.
    variances: Vec<Vec<f64>>,
    /// First replications with a value of all.
    first: u64,
}

impl Contest {
    /// See [`super::stopping::Rule::next`].
    pub fn next(&self, values: &[Vec<Option<f64>>]) -> Step {
        let Some(names) = &self.select.policies else { return self.among_all(values) };
        let part = |(_, name): &(usize, &String)| names.contains(name);
        let part: Vec<usize> =
            self.policies.iter().enumerate().filter(part).map(|(index, _)| index).collect();
        let contest = Self {
            policies: part.iter().map(|index| self.policies[*index].clone()).collect(),
            select: Select { policies: None, ..self.select.clone() },
            ..self.clone()
        };
        // The others have the first replications, so that they can be compared.
        let widened = |theirs: Vec<u32>| {
            let mut all = vec![self.first.min(self.most); self.policies.len()];
            part.iter().zip(theirs).for_each(|(index, wanted)| all[*index] = wanted);
            all
        };
        let theirs: Vec<_> = part.iter().map(|index| values[*index].clone()).collect();
        match contest.among_all(&theirs) {
            Step::More(wanted) => Step::More(widened(wanted)),
            Step::Done(wanted, ended) => Step::Done(widened(wanted), ended),
        }
    }

    fn among_all(&self, values: &[Vec<Option<f64>>]) -> Step {
        let k = self.policies.len();
        let mut at = self.first.min(self.most);
        let short = |policies: &[usize], at: u32| policies.iter().any(|i| values[*i].len() < at as usize);
        let all: Vec<usize> = (0..k).collect();
        if short(&all, at) {
            return Step::More(vec![at; k]);
        }
        let Some(mut search) = Search::begin(self, values, at) else {
            return self.done(&vec![at; k], (None, &all), IndexMap::new(), (Reason::NoValues, None));
        };
        let equal = Some(search.equal_allocation() * k as u64);
        loop {
            let over = search.screen(values, at);
            if over || at == self.most {
                let reason = if over { Reason::Reached } else { Reason::Cap };
                let left = search.ranked(values, at);
                return self.done(&search.asked, (left.first(), &left), search.eliminated, (reason, equal));
            }
            at = at.saturating_add((at / 8).max(2)).min(self.most);
            search.left.iter().for_each(|i| search.asked[*i] = at);
            if short(&search.left, at) {
                return Step::More(search.asked);
            }
        }
    }

    fn done(
        &self,
        asked: &[u32],
        (best, left): (Option<&usize>, &[usize]),
        eliminated: IndexMap<String, u32>,
        (reason, equal_allocation_runs): (Reason, Option<u64>),
    ) -> Step {
        let name = |i: &usize| self.policies[*i].clone();
        let selection = Selection {
            metric: self.select.metric.clone(),
            best: best.map(name),
            reason,
            probability: self.select.probability,
            indifference: self.select.indifference,
            contenders: left.iter().map(name).collect(),
            eliminated,
            runs: asked.iter().map(|n| u64::from(*n)).sum(),
            equal_allocation_runs,
        };
        Step::Done(asked.to_vec(), Ended::Select(selection))
    }

    /// Values of two policies in the same replication, as far as both have them, turned so that more is better.
    fn differences(&self, values: &[Vec<Option<f64>>], (i, l): (usize, usize), at: u32) -> Moments {
        let sign = if self.higher { 1.0 } else { -1.0 };
        let both = values[i].iter().zip(&values[l]).take(at as usize);
        both.filter_map(|(a, b)| Some(sign * ((*a)? - (*b)?))).collect()
    }
}

impl<'a> Search<'a> {
    /// From the first replications; `None` if two policies have fewer than two of them in common.
    fn begin(contest: &'a Contest, values: &[Vec<Option<f64>>], at: u32) -> Option<Self> {
        let k = contest.policies.len();
        let (mut variances, mut first) = (vec![vec![0.0; k]; k], u64::from(at));
        for (i, of_i) in variances.iter_mut().enumerate() {
            for (l, variance) in of_i.iter_mut().enumerate().filter(|(l, _)| *l != i) {
                let moments = contest.differences(values, (i, l), at);
                *variance = moments.variance()?;
                first = first.min(moments.n());
            }
        }
        let (left, asked) = ((0..k).collect(), vec![at; k]);
        Some(Self { contest, left, asked, eliminated: IndexMap::new(), variances, first })
    }

    /// h² of the procedure.
    fn h_squared(&self) -> f64 {
        let (freedom, k) = ((self.first - 1) as f64, self.contest.policies.len() as f64);
        let alpha = 1.0 - self.contest.select.probability;
        let eta = 0.5 * libm::expm1(-2.0 / freedom * libm::log(2.0 * alpha / (k - 1.0)));
        // With two policies and a probability of one half nothing is asked.
        2.0 * eta.max(0.0) * freedom
    }

    /// Replications of every policy in the two-stage procedure.
    fn equal_allocation(&self) -> u64 {
        let (delta, k) = (self.contest.select.indifference, self.contest.policies.len() as f64);
        let t = t_quantile(1.0 - (1.0 - self.contest.select.probability) / (k - 1.0), self.first - 1);
        let largest = self.variances.iter().flatten().fold(0.0, |largest: f64, it| largest.max(*it));
        ((t * t * largest / (delta * delta)).ceil() as u64).max(u64::from(self.contest.first))
    }

    /// Takes out who cannot be the best; whether that is all.
    fn screen(&mut self, values: &[Vec<Option<f64>>], at: u32) -> bool {
        let (delta, h_squared) = (self.contest.select.indifference, self.h_squared());
        let (mut out, mut certain) = (Vec::new(), true);
        for i in &self.left {
            for l in self.left.iter().filter(|l| *l != i) {
                let moments = self.contest.differences(values, (*i, *l), at);
                let r = moments.n() as f64;
                let reach = h_squared * self.variances[*i][*l] / (delta * delta);
                let margin = (delta / (2.0 * r) * (reach - r)).max(0.0);
                certain &= r > reach;
                if moments.mean().unwrap_or(0.0) < -margin && !out.contains(i) {
                    out.push(*i);
                }
            }
        }
        self.left.retain(|i| !out.contains(i));
        for i in out {
            self.eliminated.insert(self.contest.policies[i].clone(), at);
        }
        self.left.len() == 1 || certain
    }

    /// Who is left, from the best on; those that are equal in the order of the scenario.
    fn ranked(&self, values: &[Vec<Option<f64>>], at: u32) -> Vec<usize> {
        let has = |r: &usize| self.left.iter().all(|i| values[*i][*r].is_some());
        let common: Vec<usize> = (0..at as usize).filter(has).collect();
        let sum = |i: &usize| -> f64 { common.iter().filter_map(|r| values[*i][*r]).sum() };
        let sign = if self.contest.higher { -1.0 } else { 1.0 };
        let mut left: Vec<(f64, usize)> = self.left.iter().map(|i| (sign * sum(i), *i)).collect();
        left.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        left.into_iter().map(|(_, i)| i).collect()
    }
}
