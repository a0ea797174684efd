//! Where repair waits for periodic checks: clocks that run the faster the nearer the next check is.
//!
//! (Without repair, the end of the run is the only one.) An object that is repaired at checks only is lost between two of them: at one it still had enough, and before the next too many of its units die. So the time
//! between two checks is a spell of its own, biased with a probability that depends on what is missing at its beginning. Of n units that hold shards, which die at the rate λ
//! each, of which m have to die within τ, the next dies at the rate
//!
//! ```text
//! n λ · P(Bin(n − 1, p) ≥ m − 1) / P(Bin(n, p) ≥ m),    p = 1 − exp(−λ τ)
//! ```
//!
//! *given that so many do*: Doob's h-transform, with which nearly each such spell leads to the event, and all with the same likelihood ratio V, which is the probability that it
//! does. With V(l) of spells that begin with l missing, of which a plain path has v(l), a spell is biased with the probability
//!
//! ```text
//! q(l) = V(l) / (p̂ (T − t)/T + 2 V(l) s(l) (1 − v(l)/Σ v)),    p̂ = Σ v(l) V(l)
//! ```
//!
//! which is V over what is still to come until T. The first part of that comes at any time alike: with it alone exactly one spell of each path would be biased, and no variance left if v were
//! the same for all. The second allows for the s spells in a row that begin at l until a unit dies. Without it paths that stay longer than others would count
//! for too much: while a spell goes on being as dangerous with probability 1 − 1/s, and is left unbiased with 1 − q, the second moment grows by (1 − 1/s)/(1 − q) with each.
//!
//! The rate is held between changes and cuts, at each of which a quarter of τ is over, at its value in the middle. Where repairs take time, τ goes on for their mean beyond the
//! check; while exponential ones run, deaths come at their own rate and that of the repairs together, and repairs are held back. None of this is more than a guide: the estimate is unbiased
//! for any rates.

use crate::kernel::{SimDuration, SimTime};
use crate::rare::binomial::{at_least, lift};

/// The share of the time to the next check after which rates are set anew, and the share of the time between checks within which they are not.
const CUT: f64 = 0.25;
const SHORTEST: f64 = 1.0 / 64.0;
/// A spell is biased with this probability at most, and below the least never. What is missed then is far below any error that can be told.
const SHARE_MAX: f64 = 0.9;
const SHARE_LEAST: f64 = 1e-7;
/// How far exponential repairs under way are held back.
const HELD_BACK: f64 = 0.1;

/// How clocks run between checks.
#[derive(Clone, Debug)]
pub(super) struct Checks {
    /// Nanoseconds between checks.
    period: u64,
    /// How many shards must be missing, and of how many.
    last: u32,
    total: u32,
    /// The hazard of one unit, by the second.
    hazard: f64,
    /// Mean seconds that a repair takes, and whether it is exponential.
    takes: (f64, bool),
    /// By what is missing at its beginning, of the probability that a spell is biased the inverse: for each second of the run that is left, and beyond that.
    odds: Vec<[f64; 2]>,
    end: SimTime,
}

impl Checks {
    /// With no spell biased so far.
    pub fn new(
        period: u64,
        (last, total): (u32, u32),
        hazard: f64,
        takes: (f64, bool),
        end: SimTime,
    ) -> Self {
        Self { period: period.max(1), last, total, hazard, takes, odds: Vec::new(), end }
    }

    /// Says how many spells of a plain path begin with so many missing, from 0 on; false if none leads to the event.
    pub fn settle(&mut self, spells: &[f64], begin: SimTime) -> bool {
        let seconds = self.period as f64 * 1e-9 + self.takes.0;
        let dies = |seconds: f64| -libm::expm1(-self.hazard * seconds);
        let value = |level: u32| at_least(self.total.saturating_sub(level), self.last - level, dies(seconds));
        let values: Vec<f64> = (0..self.last).map(value).collect();
        let all: f64 = values.iter().zip(spells).map(|(value, spells)| value * spells).sum();
        let run = self.end.since(begin).as_secs_f64();
        let count: f64 = spells.iter().sum();
        let odds = |(level, value): (usize, &f64)| {
            let one_dies =
                at_least(self.total.saturating_sub(level as u32), 1, dies(self.period as f64 * 1e-9));
            let rest = 2.0 / one_dies * (1.0 - spells[level] / count);
            [all / value / run, rest]
        };
        self.odds = values.iter().enumerate().map(odds).collect();
        all > 0.0
    }

    /// When the next check after `now` is, or the end.
    pub fn next(&self, now: SimTime) -> SimTime {
        let next = (now.as_nanos() / self.period + 1).saturating_mul(self.period);
        SimTime::from_nanos(next).min(self.end)
    }

    fn is_near(&self, left: f64) -> bool {
        left <= SHORTEST * self.period as f64 * 1e-9
    }

    /// Until when rates stay as they are from `now` on, in a spell that ends at `check`.
    pub fn until(&self, now: SimTime, check: SimTime) -> SimTime {
        let left = check.since(now).as_secs_f64();
        if self.is_near(left) {
            return check;
        }
        now.saturating_add(SimDuration::from_secs_f64(CUT * left)).min(check)
    }

    /// The probability that a spell is biased which begins now with so many missing.
    pub fn share(&self, level: u32, now: SimTime) -> f64 {
        let left = self.end.since(now).as_secs_f64();
        let share = self.odds.get(level as usize).map_or(0.0, |[each, rest]| 1.0 / (each * left + rest));
        if share < SHARE_LEAST { 0.0 } else { share.min(SHARE_MAX) }
    }

    /// How many times more often clocks are to ring in a biased spell, by kind: of `units` with this hazard in all, while so many repairs run, so many seconds before the
    /// next check.
    pub fn factors(&self, (units, hazard): (u32, f64), level: u32, mending: u32, left: f64) -> [f64; 2] {
        let needed = self.last.saturating_sub(level);
        let (takes, memoryless) = self.takes;
        if hazard <= 0.0 || needed > units {
            return [1.0; 2];
        }
        if mending > 0 && takes > 0.0 && memoryless {
            return [1.0 + f64::from(mending) / (takes * hazard), HELD_BACK];
        }
        let middle = if self.is_near(left) { 0.5 } else { 1.0 - 0.5 * CUT };
        let seconds = if mending > 0 { 0.0 } else { middle * left } + takes;
        let each = hazard / f64::from(units);
        [lift(units, needed, -libm::expm1(-each * seconds)).max(1.0), 1.0]
    }
}
