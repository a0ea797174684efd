//! Tests of the health checks: a driver for both kinds of watch, and what the test files share.

mod agreement;
mod lazy;
mod quality;

use super::*;
use crate::kernel::{Dist, SimDuration, SimTime, Stream, Streams};
use crate::quantity::PerSecond;
use crate::scenario::{Health, Link, Loss};

/// What both kinds of watch can do.
trait Watch: Clone {
    fn lost(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime>;
    fn back(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime>;
    fn woken(&mut self, now: SimTime, context: &HealthContext<'_>) -> Woken;
    fn first(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime>;
    /// Whoever watches is dead from `now` until `back`, when the node answers or not.
    fn rested(
        &mut self,
        _now: SimTime,
        _back: SimTime,
        _answering: bool,
        _context: &HealthContext<'_>,
    ) -> Option<SimTime> {
        unreachable!("only for watches themselves")
    }
}

macro_rules! watch {
    ($name:ty) => {
        impl Watch for $name {
            fn lost(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
                self.node_lost(now, context)
            }
            fn back(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
                self.node_back(now, context)
            }
            fn woken(&mut self, now: SimTime, context: &HealthContext<'_>) -> Woken {
                self.wake(now, context)
            }
            fn first(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
                self.next(now, context)
            }
            fn rested(
                &mut self,
                now: SimTime,
                back: SimTime,
                answering: bool,
                context: &HealthContext<'_>,
            ) -> Option<SimTime> {
                self.pause(now, context);
                self.restart(back, context, answering)
            }
        }
    };
}
watch!(HealthWatch);
watch!(ExplicitWatch);
watch!(LazyWatch);

/// Drives a watch as a world would: at each of `flips` the node stops or resumes answering, in turn. Returns all changes
/// of verdict until `context.until`, and the number of times the watch was woken.
fn drive(
    mut watch: impl Watch,
    flips: &[SimTime],
    context: &HealthContext<'_>,
) -> (Vec<(SimTime, Verdict)>, u32) {
    let (mut verdicts, mut woken) = (Vec::new(), 0);
    let mut pending = watch.first(SimTime::ZERO, context);
    let mut flip = flips.iter().copied().enumerate().peekable();
    loop {
        let next_flip = flip.peek().map(|(_, at)| *at);
        let at = match (pending, next_flip) {
            (None, None) => return (verdicts, woken),
            (wake, flip) => wake.unwrap_or(SimTime::MAX).min(flip.unwrap_or(SimTime::MAX)),
        };
        if at > context.until {
            return (verdicts, woken);
        }
        if pending == Some(at) {
            let Woken { verdict, next } = watch.woken(at, context);
            assert!(next.is_none_or(|next| next >= at));
            verdicts.extend(verdict.map(|verdict| (at, verdict)));
            pending = next;
            woken += 1;
        } else {
            let (index, _) = flip.next().expect("the flip just seen");
            pending = if index % 2 == 0 { watch.lost(at, context) } else { watch.back(at, context) };
        }
    }
}

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

fn at(s: f64) -> SimTime {
    SimTime::from_secs_f64(s)
}

fn link(latency: Option<Dist>, loss: Option<Loss>) -> Link {
    Link { latency, loss, ..Link::default() }
}

fn bursty(to_bad: f64, to_good: f64, loss_good: f64, loss_bad: f64) -> Loss {
    Loss::GilbertElliott { to_bad: PerSecond(to_bad), to_good: PerSecond(to_good), loss_good, loss_bad }
}

fn heartbeat(period: f64, timeout: f64) -> Health {
    Health::HeartbeatTimeout { period: seconds(period), timeout: seconds(timeout) }
}

fn freshness(period: f64, freshness: f64) -> Health {
    Health::HeartbeatFreshness { period: seconds(period), freshness: seconds(freshness) }
}

fn probe(period: f64, misses: u32, timeout: f64) -> Health {
    Health::Probe { period: seconds(period), misses, timeout: seconds(timeout) }
}

/// Moments at which a node goes down and comes back, with these mean times.
fn flapping(stream: &Stream, entity: u32, up: f64, down: f64, until: SimTime) -> Vec<SimTime> {
    let (mut now, mut flips) = (SimTime::ZERO, Vec::new());
    for index in 0.. {
        let mean = if index % 2 == 0 { up } else { down };
        now += Dist::Weibull { scale: mean, shape: 0.6 }.draw_duration(stream, entity, index);
        if now > until {
            return flips;
        }
        flips.push(now);
    }
    flips
}

fn streams(seed: u64) -> (Streams, HealthStreams) {
    let streams = Streams::new(seed, 0);
    (streams, HealthStreams::new(&streams))
}
