//! The fate of each health message: lost, slow, or good. A pure function of (seed, replication, node, message).
//!
//! Messages are *bad* with a probability that depends only on the state of the link when they go out: lost with
//! probability p, or else among the share q of slowest. The number of good messages before the next bad one is geometric
//! within a sojourn of the link, `P(gap ≥ k) = (1 − b)^k`, and drawn anew at the first message of the next sojourn.
//!
//! Latencies are inverse-CDF draws with the unit interval split at 1 − q: good messages take it from the lower part, slow
//! ones from the upper. So each message's latency has exactly the link's distribution, atoms and all.

use super::class::{HealthContext, Schedule};
use crate::kernel::{SimDuration, SimTime};
use crate::world::network::{LinkState, loss_probability};

/// Far more than what rounding does to a chance.
const MARGIN: f64 = 1e-9;

/// A cursor that finds the bad messages of one node, in order.
#[derive(Clone, Copy, Debug)]
pub struct FateWalk {
    link: LinkState,
    /// The next bad message, or the first message of the next sojourn; every message before it is good.
    next: u64,
    drawn: u32,
    bad: bool,
}

impl FateWalk {
    /// A walk over the messages from `first` on.
    pub fn new(context: &HealthContext<'_>, first: u64) -> Self {
        let link = LinkState::new(context.class.loss.as_ref(), &context.streams.link_state, context.site);
        Self { link, next: first, drawn: 0, bad: false }
    }

    /// Number of the next message that may be bad; all before it are good.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether message [`Self::next`] is bad; if not, nothing is known from there on.
    pub fn is_bad(&self) -> bool {
        self.bad
    }

    /// Whether message [`Self::next`], which is bad, arrives, if late, or a part of it.
    pub fn is_late(&self, context: &HealthContext<'_>) -> bool {
        let legs = if matches!(context.class.schedule, Schedule::Probes { .. }) { 2 } else { 1 };
        let kinds = bad_kinds(context, self.link.is_bad(), legs, self.next);
        kinds.into_iter().take(legs).any(|kind| kind == Kind::Slow)
    }

    /// Goes one step: to the next bad message, or the end of the link's sojourn if that comes first.
    pub fn advance(&mut self, context: &HealthContext<'_>) {
        let class = context.class;
        let from = if self.bad { self.next.saturating_add(1) } else { self.next };
        let at = context.sent(from);
        let state = self.link.bad_at(at, class.loss.as_ref(), &context.streams.link_state, context.site);
        let boundary = match self.link.ends() {
            SimTime::MAX => u64::MAX,
            ends => context.first_from(ends),
        };
        let probability = class.bad[usize::from(state)];
        let gap = if probability <= 0.0 {
            u64::MAX
        } else if probability >= 1.0 {
            0
        } else {
            let unit = context.streams.gap.unit(context.node, self.drawn);
            self.drawn = self.drawn.wrapping_add(1);
            let left = boundary.saturating_sub(from);
            good_before(unit, probability, class.log_good[usize::from(state)], left)
        };
        self.next = from.saturating_add(gap);
        self.bad = self.next < boundary;
        if !self.bad {
            self.next = boundary;
        }
    }

    /// Goes on until it is known whether message `number` is bad.
    pub fn settle(&mut self, context: &HealthContext<'_>, number: u64) {
        while self.next < number || (self.next == number && !self.bad && number < u64::MAX) {
            self.advance(context);
        }
    }

    /// How long message `number` takes until it is known at the other end: the delay of a beat, the round trip of a
    /// probe; `None` if it is lost on the way. Numbers must not decrease from call to call.
    pub fn delay(&mut self, context: &HealthContext<'_>, number: u64) -> Option<SimDuration> {
        self.settle(context, number);
        let bad = self.bad && self.next == number;
        let state = bad && self.link.is_bad();
        let class = context.class;
        let legs = if matches!(class.schedule, Schedule::Probes { .. }) { 2 } else { 1 };
        let kinds = if bad { bad_kinds(context, state, legs, number) } else { [Kind::Prompt; 2] };
        let mut delay = SimDuration::ZERO;
        for (leg, kind) in kinds.into_iter().enumerate().take(legs) {
            let on_link = leg_latency(context, leg, kind, number)?;
            delay = SimDuration::from_nanos(
                delay.as_nanos().saturating_add(on_link.as_nanos()).saturating_add(class.backbone.as_nanos()),
            );
        }
        Some(delay)
    }
}

/// How many messages go well before the next bad one, or a number above `left` if that is not among the `left` that are left: the quantile `unit` of
/// a geometric distribution, of messages that are bad with this `probability`, `ln(1 − probability)` being `log_good`.
#[inline]
fn good_before(unit: f64, probability: f64, log_good: f64, left: u64) -> u64 {
    // (1 − b)^n ≥ 1 − n b: most draws need no logarithm to say that all that are left are good.
    if unit < 1.0 - left as f64 * probability - MARGIN {
        u64::MAX
    } else {
        (libm::log(unit) / log_good) as u64
    }
}

/// What happened to one leg of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Neither lost nor slow.
    Prompt,
    /// Among the slowest.
    Slow,
    Lost,
}

/// Given that the message is bad, what happened to each leg: the first is drawn given that not both are prompt, and the
/// second without condition if the first already is not prompt.
fn bad_kinds(context: &HealthContext<'_>, state: bool, legs: usize, number: u64) -> [Kind; 2] {
    let class = context.class;
    let (lost, prompt) = (loss_probability(class.loss.as_ref(), state), class.prompt[usize::from(state)]);
    let upset = 1.0 - prompt;
    // `unit` uniform below `upset`: which of the ways not to be prompt.
    let either = |unit: f64| if unit < lost { Kind::Lost } else { Kind::Slow };
    let [first, second] = context.streams.kind.map(|stream| stream.unit(context.node, number as u32));
    let unit = first * class.bad[usize::from(state)];
    if legs == 1 || unit < upset {
        let other = if second < upset { either(second) } else { Kind::Prompt };
        return [either(unit), other];
    }
    [Kind::Prompt, either((unit - upset) / prompt)]
}

/// Latency of one leg on the link.
fn leg_latency(context: &HealthContext<'_>, leg: usize, kind: Kind, number: u64) -> Option<SimDuration> {
    let class = context.class;
    let unit = || context.streams.latency[leg].unit(context.node, number as u32);
    match kind {
        Kind::Lost => None,
        Kind::Slow => Some(SimDuration::from_secs_f64(class.latency.quantile(upper(class.tail, unit())))),
        Kind::Prompt if class.tail == 0.0 && class.least == class.most => Some(class.most),
        Kind::Prompt => {
            let unit = (1.0 - class.tail) * unit();
            let drawn = match &class.table {
                Some(table) => table.quantile(unit),
                None => SimDuration::from_secs_f64(class.latency.quantile(unit)),
            };
            Some(drawn.clamp(class.least, class.most))
        }
    }
}

/// `unit` mapped to the upper share `tail` of the unit interval, below 1.
fn upper(tail: f64, unit: f64) -> f64 {
    (1.0 - tail + tail * unit).min(1.0 - f64::EPSILON / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::{squares64, unit_of};

    /// With and without the logarithm, as far as it matters the next bad message is the same.
    #[test]
    fn what_needs_no_logarithm_is_what_the_logarithm_says() {
        let mut without = 0;
        for (case, probability) in [1e-12, 1e-6, 1e-3, 0.05, 0.4, 0.99].into_iter().enumerate() {
            let log_good = libm::log1p(-probability);
            for index in 0..20_000_u64 {
                let unit = unit_of(squares64(index << 8 | case as u64, 0x9b1f_6e2d_83c5_a47d));
                let left = (1 << (index % 40)) - index % 2;
                let slow = (libm::log(unit) / log_good) as u64;
                let found = good_before(unit, probability, log_good, left);
                assert_eq!(found.min(left), slow.min(left), "{unit} {probability} {left}");
                without += u32::from(found == u64::MAX);
            }
        }
        assert!(without > 10_000, "{without}");
    }
}
