//! Flapping: when a node that was suspected is trusted again.
//!
//! - *Hold-down*: only after the health check has trusted it without a break for `hold`. (Load balancers count good answers in a row
//!   instead, `rise` in HAProxy; with probes every p, a rise of r is a hold of (r − 1) p.)
//! - *Damping*: C. Villamizar, R. Chandra and R. Govindan, "BGP route flap damping", RFC 2439 (1998). Each suspicion adds a penalty
//!   of 1, which decays by `2^(−t / half_life)`. If the penalty is above `suppress` when the node would be trusted, it is kept back
//!   until the penalty is down to `reuse`, that is for `half_life · log2(penalty / reuse)`, but at most for `most`.
//!
//! Defaults are those of routers, with their penalty of 1000 as 1: half-life 15 min, suppress 2000, reuse 750, at most 60 min \[M\].
//! C. Pelsser et al. (PAM 2011) find suppress 2000 far too low for routes; edge nodes are not routes, so measure.

use crate::kernel::{SimDuration, SimTime};
use crate::scenario::Flapping;

/// What keeps a node back.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Damper {
    penalty: f64,
    at: SimTime,
}

/// When a node is trusted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Now.
    Now,
    /// Then, unless it is suspected before.
    At(SimTime),
}

impl Damper {
    /// The penalty at `now`.
    pub fn penalty(&self, now: SimTime, rule: &Flapping) -> f64 {
        let Some(damping) = rule.damping else { return 0.0 };
        let lives = now.since(self.at).as_secs_f64() / damping.half_life.as_secs_f64();
        self.penalty * libm::exp2(-lives)
    }

    /// The health check has come to suspect the node.
    pub fn suspected(&mut self, now: SimTime, rule: &Flapping) {
        self.penalty = self.penalty(now, rule) + 1.0;
        self.at = now;
    }

    /// The health check trusts the node again.
    pub fn trusted(&self, now: SimTime, rule: &Flapping) -> Decision {
        let mut wait = rule.hold;
        if let Some(damping) = rule.damping {
            let penalty = self.penalty(now, rule);
            if penalty > damping.suppress {
                let lives = libm::log2(penalty / damping.reuse);
                let kept = SimDuration::from_secs_f64(damping.half_life.as_secs_f64() * lives);
                wait = wait.max(kept.min(damping.most));
            }
        }
        if wait.is_zero() { Decision::Now } else { Decision::At(now.saturating_add(wait)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Damping;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    fn rule(hold: u64) -> Flapping {
        let damping = Damping {
            half_life: SimDuration::from_secs(900),
            suppress: 2.0,
            reuse: 0.75,
            most: SimDuration::from_secs(3600),
        };
        Flapping { hold: SimDuration::from_secs(hold), damping: Some(damping) }
    }

    /// Three suspicions at once: 3 > 2, so the node is kept back for two half-lives, until 3/4.
    #[test]
    fn penalties_decay_to_reuse() {
        let (rule, mut damper) = (rule(0), Damper::default());
        for _ in 0..2 {
            damper.suspected(at(100.0), &rule);
            assert_eq!(damper.trusted(at(100.0), &rule), Decision::Now);
        }
        damper.suspected(at(100.0), &rule);
        assert_eq!(damper.trusted(at(100.0), &rule), Decision::At(at(1900.0)));
        assert!((damper.penalty(at(1000.0), &rule) - 1.5).abs() < 1e-12);
    }

    /// However often it flaps, a node is kept back no longer than `most`, and never shorter than `hold`.
    #[test]
    fn suppression_is_bounded() {
        let (rule, mut damper) = (rule(10), Damper::default());
        damper.suspected(at(0.0), &rule);
        assert_eq!(damper.trusted(at(1.0), &rule), Decision::At(at(11.0)));
        for _ in 0..1000 {
            damper.suspected(at(2.0), &rule);
        }
        assert_eq!(damper.trusted(at(2.0), &rule), Decision::At(at(3602.0)));
    }
}
