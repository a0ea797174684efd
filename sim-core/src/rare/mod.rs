//! Probabilities that plain simulation cannot see: multilevel splitting, and failure biasing.
//!
//! Plain simulation needs 1/(p·r²) paths for a relative error r: at p = 10⁻¹², 10¹⁴ of them for one of 10 %. Both methods here give
//! an *unbiased* estimate of p from each replication, whatever they are told; what they are told only decides how well it does.
//!
//! # Splitting
//!
//! Let a level of danger Z be a number that can be read off the world (how many shards an object lacks), and let the rare event be that
//! Z reaches `l_m` before the path ends. For levels `l_1 < … < l_m`,
//!
//! ```text
//! p = p_1 · p_2 ⋯ p_m,   p_j = P(l_j is reached | l_{j−1} was)
//! ```
//!
//! Stage j runs N paths, each from a state in which `l_{j−1}` was first entered, until `l_j` is entered or the path ends; R_j of them get
//! there, and their states are where the next stage begins (*fixed effort*). A path that jumps over a level enters both at once. Which
//! state begins how many of the N paths is systematic sampling with one uniform number, so that each of R states expects N/R. Then
//!
//! ```text
//! p̂ = ∏ R_j/N,   E p̂ = p,   Var p̂/p² ≈ ∏ (1 + (1 − p_j)/(N p_j)) − 1
//! ```
//!
//! The expectation is exact for every N and every choice of levels, by induction backwards over the stages: given its beginnings,
//! a stage's average of any function of the states it enters has the right mean (Glasserman, Heidelberger, Shahabuddin and Zajic, *Operations
//! Research* 47, 1999; Del Moral, *Feynman–Kac Formulae*, 2004; Amrein and Künsch, *ACM TOMACS* 21, 2011). The variance is exact where
//! the states that enter a level are alike (L'Ecuyer, Demers and Tuffin, *ACM TOMACS* 17, 2007), and else a first
//! approximation: the honest figure is the spread over replications. It is least for a given effort when all p_j are about 0.2
//! (Villén-Altamirano and Villén-Altamirano on RESTART, 1991), so a pilot with draws of its own merges levels that are
//! nearly always passed.
//!
//! **What a fork draws.** A draw here is a pure function of (seed, replication, process, entity, index), so a copy of the world would
//! live through the same future. A fork draws from streams that the number of its branch enters
//! ([`crate::kernel::Streams::branch`]), which is a function of stage and path alone. What has been drawn but has not happened yet is
//! part of the state of the world. To keep it is right: given it, the rest is the future of a Markov process, and splitting such a process is
//! unbiased. But then forks of one state share it, and have little of their own. So a fork draws again, *given that it has not
//! happened yet*, what decides whether data are lost: the rest of the lives of units and of the repairs that take a drawn time.
//! For a quantile function q that has lasted until a, that is `q(F(a) + (1 − F(a))·u)` with a new uniform number u; for the
//! exponential distribution simply a new draw. This is a step of the same process seen with less memory, and changes no
//! probability. What is not drawn again (weather, outages of grid and links, hosts that come and go, placement, messages) is the *environment* of the
//! replication: p̂ is then unbiased for the probability given the environment, and its mean over replications, which have independent
//! environments, for p.
//!
//! # Failure biasing
//!
//! Where a single step is rare (two copies: the second dies within the hour in which the first is replaced), there is no level
//! between, and splitting is useless. Then what brings the event nearer is made more frequent, what ends danger less, and each path counts with its
//! likelihood ratio. Where the hazard λ(t) of an exponential clock is multiplied by b(t), which may depend on the past in any way,
//!
//! ```text
//! ln L = Σ_rings −ln b(t_r) + Σ_clocks ∫ (b(t) − 1) λ dt,      p̂ = mean of L over paths that meet the event
//! ```
//!
//! and E L·1{event} = p for every b > 0 ([`Likelihood`]). How good it is depends on b alone. To make only failures more frequent, until the next comes before the end
//! of a repair with a probability of about one half (*balanced failure biasing*: Shahabuddin, *Management Science* 40, 1994; Nakayama, *Operations Research* 44,
//! 1996), keeps the relative error bounded as p goes to zero, but the second moment of m steps against exponential repairs of rate r grows like 4^m at best: with
//! failures at the rate x a step has
//!
//! ```text
//! E L²/p² = (Λ + r)² / (x (2 Λ + r − x))  ≥  ((Λ + r)/(Λ + r/2))²
//! ```
//!
//! since what it should see is a repair that takes long, not failures that come early. So exponential repairs are held back as well: with failures at the rate Λ + r, and repairs at ε r, L is
//! nearly the same for all paths. The factors, one for each level of danger and kind of clock, are those that come
//! nearest to the law of paths that meet the event in the sense of *cross-entropy* (Rubinstein and Kroese, *The Cross-Entropy Method*, 2004): rings over hazard, each
//! weighted by the paths that get there, found by pilots ([`Tally`]). At level 0 that is *forcing* (Lewis and Böhm, *Nuclear Engineering and Design* 77, 1984). Over many
//! spells of danger, all biased, likelihood ratios would degenerate: then each is biased with a probability only, and counts by the ratio of the mixture, which is
//! bounded. Where repair waits for periodic checks, what is lost is lost between two of them: each such time is biased with a probability in proportion to what it adds to p, and
//! then by Doob's h-transform of the deaths that are still needed before the next check (`simulation::rare::checks`). Repairs that are neither exponential nor of bounded length cannot be held back, and may outlast what is hastened with weights of no finite variance: there
//! splitting is taken if it sees anything. The relative error that is told is the sample's own; a run that has not met its event says zero with its effort, no more.
//!
//! # Both
//!
//! Paths of splitting may be biased. Then the R_j states that enter `l_j` have weights w, the likelihood ratios of the stage; the next stage begins at them in proportion
//! to w, and
//!
//! ```text
//! p̂ = ∏ Σ w/N,   Var p̂/p² ≈ ∏ (1 + (N Σ w²/(Σ w)² − 1)/N) − 1
//! ```
//!
//! by the same induction (Del Moral, as above). That is how an outage is seen that begins rarely, and then lasts for a time with a heavy tail: failures are hastened until it
//! begins, and forks go on with the longest.
//!
//! # Intervals
//!
//! A probability of 10⁻¹³ with a standard error of half of it has no sensible symmetric interval. Over replications with mean p̄ and standard error s
//! it is `p̄·exp(±t·s/p̄)` with Student's t: the delta method for ln p̄, which stays positive ([`interval`]).
//!
//! Nothing here knows a word of the domain; [`crate::simulation`] says what a fork of the world is.

pub(crate) mod binomial;
mod likelihood;
mod splitting;
mod tilt;

pub use likelihood::{Likelihood, Weighted};
pub use splitting::{Branch, Estimate, Forks, Stage, merge_levels, split};
pub use tilt::{SeenAt, Tally};

use crate::measure::stats::{Estimate as Mean, t_quantile};

/// The 95 % interval of the mean of independent unbiased estimates of a probability, in the logarithm; `None` for fewer than two,
/// or if all are zero.
pub fn interval(estimates: &[f64]) -> Option<[f64; 2]> {
    let Mean { n, mean, sd, .. } = Mean::of(estimates)?;
    let sd = sd?;
    if mean <= 0.0 {
        return None;
    }
    let spread = libm::exp(t_quantile(0.975, n - 1) * sd / ((n as f64).sqrt() * mean));
    Some([mean / spread, (mean * spread).min(1.0)])
}

/// How many times more events plain simulation would take for the same relative error: its paths have the relative variance (1 − p)/p, and
/// `plain_events` each.
pub fn variance_reduction(p: f64, relative_error: f64, effort: u64, plain_events: f64) -> f64 {
    let plain = (1.0 - p) / p * plain_events / effort.max(1) as f64;
    plain / (relative_error * relative_error)
}

#[cfg(test)]
mod tests;
