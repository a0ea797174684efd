//! Circuit breakers: a node that keeps failing is left alone for a while (M. Nygard, "Release It!", 2007).
//!
//! Closed, a breaker counts failures (timeouts, rejections): it opens after so many in a row (Envoy's outlier detection: 5 in a row, 30 s), or when
//! their share among the attempts judged lately reaches a limit (Hystrix: half of at least 20 in 10 s). Judged attempts fade
//! exponentially here, instead of falling out of a window of buckets. Open, the node is no candidate. After `open` it is half
//! open: up to `trials` attempts may be under way; a reply closes it, a failure opens it again.
//!
//! At most the share `most` of all nodes is left alone at the same time. What the health check says is another matter: a suspected node is no
//! candidate either way.

use crate::kernel::{SimDuration, SimTime};
use crate::policy::beta::FadingBeta;
use crate::scenario::CircuitBreaker;
use crate::world::fleet::NodeId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open,
    /// With so many trials left to give.
    HalfOpen(u32),
}

#[derive(Clone, Copy, Debug)]
struct Breaker {
    state: State,
    in_a_row: u32,
    judged: FadingBeta,
}

/// The breakers of all nodes.
#[derive(Clone, Debug)]
pub(super) struct Breakers {
    spec: CircuitBreaker,
    breakers: Vec<Breaker>,
    open: usize,
}

impl Breakers {
    pub fn new(spec: CircuitBreaker, nodes: usize) -> Self {
        let closed = Breaker { state: State::Closed, in_a_row: 0, judged: FadingBeta::default() };
        Self { spec, breakers: vec![closed; nodes], open: 0 }
    }

    /// How long a breaker stays open.
    pub fn open_for(&self) -> SimDuration {
        self.spec.open
    }

    /// Whether another attempt may go to `node`.
    pub fn lets_pass(&self, node: NodeId) -> bool {
        match self.breakers[node.index()].state {
            State::Closed => true,
            State::Open => false,
            State::HalfOpen(trials) => trials > 0,
        }
    }

    /// An attempt goes to `node`; whether it is a trial.
    pub fn sent(&mut self, node: NodeId) -> bool {
        match &mut self.breakers[node.index()].state {
            State::HalfOpen(trials) => {
                *trials = trials.saturating_sub(1);
                true
            }
            _ => false,
        }
    }

    /// A trial has ended without a verdict.
    pub fn trial_returned(&mut self, node: NodeId) {
        if let State::HalfOpen(trials) = &mut self.breakers[node.index()].state {
            *trials = (*trials + 1).min(self.spec.trials);
        }
    }

    /// A reply has come.
    pub fn succeeded(&mut self, now: SimTime, node: NodeId) {
        self.judge(now, node, true);
        let breaker = &mut self.breakers[node.index()];
        breaker.in_a_row = 0;
        if matches!(breaker.state, State::HalfOpen(_)) {
            breaker.state = State::Closed;
            breaker.judged = FadingBeta::default();
            self.open -= 1;
        }
    }

    /// An attempt has failed; whether the breaker opens.
    pub fn failed(&mut self, now: SimTime, node: NodeId) -> bool {
        self.judge(now, node, false);
        let spec = self.spec;
        let breaker = &mut self.breakers[node.index()];
        breaker.in_a_row += 1;
        match breaker.state {
            State::Open => false,
            State::HalfOpen(_) => {
                breaker.state = State::Open;
                true
            }
            State::Closed => {
                let many = spec.failures.is_some_and(|failures| breaker.in_a_row >= failures);
                let (good, bad) = breaker.judged.at_last();
                let large = spec
                    .share
                    .is_some_and(|share| good + bad >= f64::from(spec.volume) && bad >= share * (good + bad));
                let spared = self.open as f64 + 1.0 <= spec.most * self.breakers.len() as f64;
                let opens = (many || large) && spared;
                if opens {
                    self.breakers[node.index()].state = State::Open;
                    self.open += 1;
                }
                opens
            }
        }
    }

    /// The breaker of `node` has been open for long enough.
    pub fn half_open(&mut self, node: NodeId) {
        let breaker = &mut self.breakers[node.index()];
        if breaker.state == State::Open {
            breaker.state = State::HalfOpen(self.spec.trials);
            breaker.in_a_row = 0;
        }
    }

    fn judge(&mut self, now: SimTime, node: NodeId, success: bool) {
        self.breakers[node.index()].judged.report(now, self.spec.window, success);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> CircuitBreaker {
        CircuitBreaker {
            failures: Some(3),
            share: None,
            volume: 20,
            window: SimDuration::from_secs(10),
            open: SimDuration::from_secs(30),
            trials: 1,
            most: 1.0,
        }
    }

    #[test]
    fn it_opens_tries_and_closes() {
        let (node, now) = (NodeId(0), SimTime::ZERO);
        let mut breakers = Breakers::new(spec(), 2);
        assert!(!breakers.failed(now, node) && !breakers.failed(now, node));
        breakers.succeeded(now, node);
        assert!(!breakers.failed(now, node) && !breakers.failed(now, node), "not in a row");
        assert!(breakers.failed(now, node));
        assert!(!breakers.lets_pass(node) && !breakers.failed(now, node), "open");
        breakers.half_open(node);
        assert!(breakers.lets_pass(node) && breakers.sent(node) && !breakers.lets_pass(node));
        breakers.trial_returned(node);
        assert!(breakers.lets_pass(node) && breakers.sent(node));
        assert!(breakers.failed(now, node), "the trial failed");
        breakers.half_open(node);
        breakers.sent(node);
        breakers.succeeded(now, node);
        assert!(breakers.lets_pass(node) && !breakers.sent(node), "closed");
    }

    #[test]
    fn a_share_needs_a_volume_that_has_not_faded() {
        let share = CircuitBreaker { failures: None, share: Some(0.5), volume: 4, ..spec() };
        let mut breakers = Breakers::new(share, 1);
        let opens = |breakers: &mut Breakers, seconds: u64| {
            breakers.failed(SimTime::ZERO + SimDuration::from_secs(seconds), NodeId(0))
        };
        assert!(!(0..3).any(|_| opens(&mut breakers, 0)));
        assert!(!opens(&mut breakers, 1000), "what was long ago has faded");
        assert!(!opens(&mut breakers, 1000) && !opens(&mut breakers, 1000));
        assert!(opens(&mut breakers, 1000));
    }

    #[test]
    fn not_more_than_some_are_left_alone() {
        let mut breakers = Breakers::new(CircuitBreaker { most: 0.5, ..spec() }, 4);
        let opened: Vec<bool> =
            (0..4).map(|node| (0..3).any(|_| breakers.failed(SimTime::ZERO, NodeId(node)))).collect();
        assert_eq!(opened, [true, true, false, false]);
    }
}
