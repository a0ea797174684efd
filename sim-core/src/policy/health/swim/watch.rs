//! The watch over one member.

use super::{Disturbance, SwimContext};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::health::{Verdict, Woken};
use crate::world::network::LinkState;

/// What the group and the gateway know of one member.
#[derive(Clone, Debug)]
pub struct SwimWatch {
    link: LinkState,
    answering: bool,
    suspected: bool,
    /// The next period to look at.
    look: u64,
    /// The first period since the failure.
    failed: u64,
    /// When the gateway will take it for failed, and for live again.
    suspect_at: SimTime,
    trust_at: SimTime,
    /// When its own voice is heard, where `trust_at` depends on that.
    speaks_at: SimTime,
    drawn: u32,
    /// News so far.
    pub(super) rumours: u32,
    /// Whether nobody is left that could find it.
    deserted: bool,
    disturbance: Option<Disturbance>,
}

impl SwimWatch {
    /// A watch over a member that answers and is trusted, from t = 0.
    pub fn new(context: &SwimContext<'_>) -> Self {
        let mut watch = Self {
            link: LinkState::new(context.class.loss.as_ref(), &context.streams.link_state, context.site),
            answering: true,
            suspected: false,
            look: 0,
            failed: 0,
            suspect_at: SimTime::MAX,
            trust_at: SimTime::MAX,
            speaks_at: SimTime::MAX,
            drawn: 0,
            rumours: 0,
            deserted: false,
            disturbance: None,
        };
        watch.look = watch.next_mistake(0, context);
        watch
    }

    /// Whether the watch has been told that the member answers.
    pub fn is_answering(&self) -> bool {
        self.answering
    }

    /// Faults begin to disturb the member's messages at `now`, do so in another way, or no longer. Returns when to wake the watch.
    pub fn disturb(
        &mut self,
        now: SimTime,
        disturbance: Option<Disturbance>,
        context: &SwimContext<'_>,
    ) -> Option<SimTime> {
        self.disturbance = disturbance;
        if self.answering {
            let speaks_late = self.speaks_at > now && self.speaks_at < SimTime::MAX;
            if speaks_late && disturbance.is_none() {
                let speaks_at = context.begins(context.first_from(now)).min(self.speaks_at);
                let earlier = self.speaks_at.since(speaks_at);
                self.trust_at = SimTime::from_nanos(self.trust_at.as_nanos() - earlier.as_nanos());
                self.trust_at = self.trust_at.max(now);
                if self.suspect_at < SimTime::MAX {
                    self.trust_at = self.trust_at.max(just_after(self.suspect_at));
                }
                self.speaks_at = speaks_at;
            }
            self.look = self.next_mistake(context.first_from(now), context);
        }
        self.next(context)
    }

    /// Probability that a ping of the member leads to suspicion, by state of its link.
    fn mistake(&self, context: &SwimContext<'_>) -> [f64; 2] {
        self.disturbance.map_or(context.class.mistake, |disturbance| disturbance.mistake)
    }

    /// Periods until an exchange with the member succeeds, where faults disturb its messages.
    fn periods_until_heard(&mut self, context: &SwimContext<'_>) -> SimDuration {
        let Some(disturbance) = self.disturbance else { return SimDuration::ZERO };
        let chance = disturbance.heard[usize::from(self.link.is_bad())];
        if chance >= 1.0 {
            return SimDuration::ZERO;
        }
        let unit = context.streams.mistake.unit(context.node, self.drawn);
        self.drawn = self.drawn.wrapping_add(1);
        let periods = libm::log(unit) / libm::log1p(-chance);
        let periods = if chance > 0.0 { periods.min(f64::from(u32::MAX)) as u32 } else { u32::MAX };
        // Not before the end of the run is as good as never, and leaves a moment that can be brought forward.
        context.periods(periods).min(context.until.since(SimTime::ZERO))
    }

    /// When to wake the watch if nothing changes; `None` = not before the end of the run.
    pub fn next(&self, context: &SwimContext<'_>) -> Option<SimTime> {
        let look = if self.look == u64::MAX { SimTime::MAX } else { context.begins(self.look) };
        let next = look.min(self.suspect_at).min(self.trust_at);
        (next <= context.until).then_some(next)
    }

    /// A group of which no member lived has one again. Returns when to wake the watch, if that changes.
    pub fn group_revives(&mut self, now: SimTime, context: &SwimContext<'_>) -> Option<SimTime> {
        if !std::mem::replace(&mut self.deserted, false) {
            return None;
        }
        self.look = context.first_from(now).max(self.failed);
        self.next(context)
    }

    /// The member stops answering at `now`. Returns when to wake the watch.
    pub fn node_lost(&mut self, now: SimTime, context: &SwimContext<'_>) -> Option<SimTime> {
        self.answering = false;
        self.failed = context.first_from(now);
        self.look = u64::MAX;
        if self.speaks_at >= now {
            // It will not deny or announce anything.
            (self.trust_at, self.speaks_at) = (SimTime::MAX, SimTime::MAX);
        }
        if self.trust_at < SimTime::MAX {
            self.look = context.first_from(self.trust_at).max(self.failed);
            self.failed = self.look;
        } else if !self.suspected && self.suspect_at == SimTime::MAX {
            self.look = self.failed;
        }
        self.next(context)
    }

    /// The member answers again from `now` on. Returns when to wake the watch.
    pub fn node_back(&mut self, now: SimTime, context: &SwimContext<'_>) -> Option<SimTime> {
        self.answering = true;
        self.deserted = false;
        if self.suspected || self.suspect_at < SimTime::MAX {
            let unheard = self.periods_until_heard(context);
            self.speaks_at = context.begins(context.first_from(now)).saturating_add(unheard);
            let known = self.speaks_at.saturating_add(context.periods(self.rounds_to_gateway(context)));
            if known < self.suspect_at && !self.suspected {
                self.suspect_at = SimTime::MAX;
                self.speaks_at = SimTime::MAX;
            } else {
                self.trust_at = if self.suspected { known } else { known.max(just_after(self.suspect_at)) };
            }
        }
        self.look = self.next_mistake(context.first_from(now), context);
        self.next(context)
    }

    /// Takes in what happens at `now`, a moment the watch asked for.
    pub fn wake(&mut self, now: SimTime, context: &SwimContext<'_>) -> Woken {
        let before = self.suspected;
        if self.suspect_at <= now {
            self.suspect_at = SimTime::MAX;
            self.suspected = true;
        } else if self.trust_at <= now {
            (self.trust_at, self.speaks_at) = (SimTime::MAX, SimTime::MAX);
            self.suspected = false;
        } else if self.look < u64::MAX && context.begins(self.look) <= now {
            self.look_at(self.look, context);
        }
        let verdict = if self.suspected { Verdict::Suspect } else { Verdict::Trust };
        Woken { verdict: (self.suspected != before).then_some(verdict), next: self.next(context) }
    }

    /// A period in which the member may be found failed, rightly or not.
    fn look_at(&mut self, period: u64, context: &SwimContext<'_>) {
        let decided = context.begins(period).saturating_add(context.class.decision);
        if !self.answering {
            if context.peers.live == 0 {
                (self.look, self.deserted) = (u64::MAX, true);
                return;
            }
            let chance = context.peers.finds(context.class.order, period - self.failed + 1);
            if context.streams.ping.unit(context.node, period as u32) < chance {
                self.look = u64::MAX;
                let news = context.periods(self.rounds_to_gateway(context));
                self.suspect_at = decided.saturating_add(context.class.suspect).saturating_add(news);
            } else {
                self.look = period + 1;
            }
            return;
        }
        let bad = self.link.is_bad();
        let bound = self.mistake(context)[usize::from(bad)];
        let chance = context.peers.mistakes(bound) / bound;
        let idle = !self.suspected && self.suspect_at == SimTime::MAX && self.trust_at == SimTime::MAX;
        if idle && context.streams.ping.unit(context.node, period as u32) < chance {
            self.suspect_falsely(decided, context);
        }
        self.look = self.next_mistake(period + 1, context);
    }

    /// The member is suspected though it lives: the news spreads, reaches the member, and its denial spreads.
    fn suspect_falsely(&mut self, decided: SimTime, context: &SwimContext<'_>) {
        let to_gateway = context.periods(self.rounds_to_gateway(context));
        let to_member = context.periods(self.rounds(context, 1, false));
        let denial = context.periods(self.rounds_to_gateway(context));
        let confirmed = decided.saturating_add(context.class.suspect).saturating_add(to_gateway);
        let unheard = self.periods_until_heard(context);
        let heard = decided.saturating_add(to_member).saturating_add(unheard);
        let denied = heard.saturating_add(denial);
        if denied <= confirmed && !context.class.suspect.is_zero() {
            return;
        }
        self.suspect_at = confirmed;
        self.speaks_at = heard;
        self.trust_at = denied.max(just_after(confirmed));
    }

    /// The first period from `from` on in which a live member may be suspected; [`u64::MAX`] if none before the end.
    fn next_mistake(&mut self, mut from: u64, context: &SwimContext<'_>) -> u64 {
        let class = context.class;
        let mistake = self.mistake(context);
        loop {
            let at = context.begins(from);
            if at > context.until || mistake == [0.0; 2] {
                return u64::MAX;
            }
            let bad = self.link.bad_at(at, class.loss.as_ref(), &context.streams.link_state, context.site);
            let boundary = match self.link.ends() {
                SimTime::MAX => u64::MAX,
                ends => context.first_from(ends),
            };
            let chance = mistake[usize::from(bad)];
            if chance > 0.0 {
                let unit = context.streams.mistake.unit(context.node, self.drawn);
                self.drawn = self.drawn.wrapping_add(1);
                let gap = if chance < 1.0 { (libm::log(unit) / libm::log1p(-chance)) as u64 } else { 0 };
                let period = from.saturating_add(gap);
                if period < boundary {
                    return if context.begins(period) > context.until { u64::MAX } else { period };
                }
            }
            from = boundary.max(from + 1);
        }
    }
}

/// The moment after.
fn just_after(at: SimTime) -> SimTime {
    at.saturating_add(SimDuration::from_nanos(1))
}
