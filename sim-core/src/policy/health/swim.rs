//! SWIM: members of a group ping each other and spread what they find.
//!
//! A. Das, I. Gupta and A. Motivala, "SWIM: scalable weakly-consistent infection-style process group membership protocol", DSN
//! 2002. In each protocol period T' every live member pings another. If no acknowledgement comes within `timeout`, k proxies ping
//! on its behalf; if none brings one within `timeout` again, the member is suspected, and after `suspect` without refutation it is
//! taken for failed, and no longer pinged. News travels piggybacked on pings.
//!
//! - *Detection.* With n members that are not yet taken for failed, of which L live, a failed one is picked in a period with
//!   probability `1 − (1 − 1/(n − 1))^L`: geometric, `e/(e − 1)` periods on average for many members, whatever their number. With
//!   `round_robin` each member visits all others in an order that it shuffles after each visit of all; the time from the failure to
//!   the next visit by one of them is then the residual of a sum of two uniform times ([`residual`]), so no failure stays
//!   unnoticed for 2 n − 1 periods.
//! - *False suspicion.* A ping is two messages, one by a proxy four. With a share q of messages arriving, a ping leads to suspicion of a
//!   live member with probability `(1 − q²)(1 − q⁴)^k`. Of each exchange, losses are charged to the access link of the far end: of the
//!   member pinged, or of the proxy. (A member whose own link fails finds everybody else silent, and would have to conclude that it is
//!   the one: Lifeguard, Dadgar et al., DSN-W 2018.) A message slower than half the timeout counts as lost.
//! - *Disturbance.* Faults on purpose lose or delay the messages to and from some members while they hold. Then q of such a member is
//!   computed anew, with the losses as further factors and the probability that latencies together exceed half the timeout, and so
//!   are its false suspicions from then on, until the fault ends; gaps between them have no memory. It hears of its suspicion, and denies
//!   it, only in a period in which its own ping or one to it comes through: with q² for each. As proxies, members count as undisturbed.
//! - *Dissemination.* If only some members are `heard` by the gateway, news must reach one of them: each period, a member that
//!   does not know is told with probability `1 − (1 − I/(n − 1))(1 − 1/(n − 1))^I` by one of the I that do (its own ping's
//!   acknowledgement, or theirs), and how many are told is drawn: a chain over the number of informed.
//! - *Refutation.* A live member that hears of its own suspicion denies it, which must reach the gateway in turn. A member that comes
//!   back announces itself with its first ping.
//!
//! Periods of a group begin together, as in the paper's analysis, at a random phase. A failure is a random time before the next
//! beginning, half a period on average, and with the default `timeout` of a quarter of the period direct and indirect pings take
//! another half: so failure to first detection takes as many periods on average as the paper counts.
//!
//! # What it costs
//!
//! Nothing, while all members live and no message is lost. A failed member is looked at once a period until it is found, 1.6 times on
//! average. False suspicions are found by geometric gaps, drawn for the greatest rate there can be and thinned to the present one.
//!
//! Defaults: k = 3 proxies as in the paper's experiments \[M\]; `timeout` a quarter of the period \[A\] (memberlist: half \[M\]); no
//! suspicion time (memberlist: 4 log10(n + 1) periods at least \[M\]); everybody is heard.
//!
//! Left out: views that differ between members; piggyback buffers that overflow; phases that differ between members.

use super::detector::Verdict;
use super::gossip::stationary_loss;
use super::watch::Woken;
use crate::kernel::{Dist, Process, SimDuration, SimTime, Stream, Streams};
use crate::scenario::{Link, Loss, Swim, SwimOrder};
use crate::world::network::{LinkState, loss_probability};

/// Rounds after which news is taken to have reached everybody.
const ROUNDS: u32 = 64;

/// What the members of a group with like links share.
#[derive(Clone, Debug)]
pub struct SwimClass {
    period: u64,
    /// From the beginning of a period to the end of its pings.
    decision: SimDuration,
    suspect: SimDuration,
    order: SwimOrder,
    heard: Option<u32>,
    /// Members, dead or alive.
    members: u32,
    loss: Option<Loss>,
    /// Probability that a ping of a live member leads to suspicion, by state of its link.
    mistake: [f64; 2],
    /// Share of the exchanges between two members that succeed.
    exchange: f64,
    proxies: u32,
    latency: Option<Dist>,
    /// Seconds after which a message counts as lost.
    limit: f64,
}

/// What faults on purpose do to the messages of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbance {
    /// Probability that a ping of the member leads to suspicion, by state of its link.
    mistake: [f64; 2],
    /// Probability that a period brings it an exchange, by state of its link.
    heard: [f64; 2],
}

impl SwimClass {
    /// SWIM among `members`, over links of which this is one.
    pub fn new(swim: &Swim, link: Option<&Link>, members: u32) -> Self {
        let period = swim.period.as_nanos().max(1);
        let timeout = swim.timeout.unwrap_or(SimDuration::from_nanos(period / 4));
        let tries = if swim.proxies > 0 { 2 } else { 1 };
        let loss = link.and_then(|link| link.loss);
        let latency = link.and_then(|link| link.latency.as_ref());
        let slow = latency.map_or(0.0, |latency| share_above(latency, 0.5 * timeout.as_secs_f64()));
        let arrives = |p: f64| (1.0 - p) * (1.0 - slow);
        let proxy = arrives(stationary_loss(loss.as_ref()));
        let mistake = [false, true].map(|bad| {
            let own = arrives(loss_probability(loss.as_ref(), bad));
            (1.0 - own * own) * libm::pow(1.0 - own * own * proxy * proxy, f64::from(swim.proxies))
        });
        Self {
            period,
            decision: SimDuration::from_nanos(timeout.as_nanos().saturating_mul(tries)),
            suspect: swim.suspect,
            order: swim.order,
            heard: swim.heard,
            members,
            loss,
            mistake,
            exchange: proxy * proxy,
            proxies: swim.proxies,
            latency: latency.cloned(),
            limit: 0.5 * timeout.as_secs_f64(),
        }
    }

    /// What faults do to a member that lose its messages with these probabilities each, and add such latencies to them.
    pub fn disturbed(&self, losses: &[f64], delays: &[&Dist]) -> Disturbance {
        let passes = losses.iter().map(|p| 1.0 - p).product::<f64>();
        let slow = share_of_sums_above(self.latency.as_ref(), delays, self.limit);
        let own = [false, true].map(|bad| {
            let own = passes * (1.0 - loss_probability(self.loss.as_ref(), bad)) * (1.0 - slow);
            own * own
        });
        let mistake = own.map(|own| {
            (1.0 - own) * libm::pow((1.0 - own * self.exchange).max(0.0), f64::from(self.proxies))
        });
        Disturbance { mistake, heard: own.map(|own| 1.0 - (1.0 - own) * (1.0 - own)) }
    }

    /// Probability that a ping of a live member leads to its suspicion while its link is good, or bad.
    pub fn mistake(&self, bad: bool) -> f64 {
        self.mistake[usize::from(bad)]
    }

    /// Messages that a member sends per second, acknowledgements included, while nobody fails; each failure adds a few.
    pub fn messages_per_second(&self, proxies: u32) -> f64 {
        let direct = 1.0 - self.exchange;
        (2.0 + 4.0 * f64::from(proxies) * direct) / SimDuration::from_nanos(self.period).as_secs_f64()
    }
}

/// The share of a distribution above `limit`.
fn share_above(dist: &Dist, limit: f64) -> f64 {
    if dist.supremum() <= limit {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if dist.quantile(middle) <= limit { low = middle } else { high = middle }
    }
    1.0 - low
}

/// The share of sums of independent variates above `limit`: of one distribution, if there is one, and all of `others`. Each of the
/// others is taken at the middles of equally likely parts, a thousand in all.
fn share_of_sums_above(one: Option<&Dist>, others: &[&Dist], limit: f64) -> f64 {
    let Some((first, rest)) = others.split_first() else {
        return one.map_or(f64::from(u8::from(limit < 0.0)), |one| share_above(one, limit));
    };
    let parts = match (one, others.len()) {
        _ if first.supremum() <= first.quantile(0.0) => 1,
        (None, 1) => return share_above(first, limit),
        (_, many) => (libm::pow(1000.0, 1.0 / many as f64) as u32).max(4),
    };
    let at = |part: u32| first.quantile((f64::from(part) + 0.5) / f64::from(parts));
    let above = (0..parts).map(|part| share_of_sums_above(one, rest, limit - at(part)));
    above.sum::<f64>() / f64::from(parts)
}

/// Probability that a visitor that goes round `others` members in shuffled order does not come to a given one within the next `periods`.
///
/// With m others, the time between two visits is m − U₁ + U₂, both uniform on 1…m; the time from a random moment to the
/// next visit is its residual.
pub fn residual(others: u32, periods: u64) -> f64 {
    let (m, r) = (f64::from(others), periods as f64);
    if periods >= 2 * u64::from(others) - 1 {
        return 0.0;
    }
    if r <= m {
        1.0 - r / m + (r - 1.0) * r * (r + 1.0) / (6.0 * m * m * m)
    } else {
        let k = 2.0 * m - 1.0 - r;
        k * (k + 1.0) * (k + 2.0) / (6.0 * m * m * m)
    }
}

/// How a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peers {
    /// Members that live and can be reached.
    pub live: u32,
    /// Members that are not taken for failed.
    pub listed: u32,
}

impl Peers {
    /// Probability that a member that has failed is pinged in the period that ends `periods` after it failed.
    fn finds(&self, order: SwimOrder, periods: u64) -> f64 {
        let Some(others) = self.listed.checked_sub(1).filter(|others| *others > 0) else { return 0.0 };
        let live = f64::from(self.live);
        let missed = match order {
            SwimOrder::Random => libm::log1p(-1.0 / f64::from(others)),
            SwimOrder::RoundRobin => {
                let before = residual(others, periods - 1);
                if before <= 0.0 { f64::NEG_INFINITY } else { libm::log(residual(others, periods) / before) }
            }
        };
        if live == 0.0 { 0.0 } else { -libm::expm1(live * missed) }
    }

    /// Probability that a live member is falsely suspected in a period, if each ping leads to that with probability `mistake`.
    fn mistakes(&self, mistake: f64) -> f64 {
        let Some(others) = self.listed.checked_sub(1).filter(|others| *others > 0) else { return 0.0 };
        let pinging = f64::from(self.live.saturating_sub(1).min(others));
        -libm::expm1(pinging * libm::log1p(-mistake / f64::from(others)))
    }
}

/// The random streams of SWIM.
#[derive(Clone, Copy, Debug)]
pub struct SwimStreams {
    phase: Stream,
    ping: Stream,
    mistake: Stream,
    news: Stream,
    link_state: Stream,
}

impl SwimStreams {
    /// The streams of one run.
    pub fn new(streams: &Streams) -> Self {
        Self {
            phase: streams.stream(Process::SwimPing, 1),
            ping: streams.stream(Process::SwimPing, 0),
            mistake: streams.stream(Process::SwimMistake, 0),
            news: streams.stream(Process::SwimNews, 0),
            link_state: streams.stream(Process::LinkState, 0),
        }
    }
}

/// What a watch needs to know of its surroundings at each call.
#[derive(Clone, Copy, Debug)]
pub struct SwimContext<'a> {
    /// What like members share.
    pub class: &'a SwimClass,
    /// Streams of the run.
    pub streams: &'a SwimStreams,
    /// The member, as entity of the draws.
    pub node: u32,
    /// Its group.
    pub group: u32,
    /// Its site, as entity of the timeline of link states.
    pub site: u32,
    /// The end of the run.
    pub until: SimTime,
    /// How its group stands now.
    pub peers: Peers,
}

impl SwimContext<'_> {
    fn begins(&self, period: u64) -> SimTime {
        let phase = (self.streams.phase.unit(self.group, 0) * self.class.period as f64) as u64;
        SimTime::from_nanos(period.saturating_mul(self.class.period).saturating_add(phase))
    }

    fn first_from(&self, at: SimTime) -> u64 {
        at.as_nanos().saturating_sub(self.begins(0).as_nanos()).div_ceil(self.class.period)
    }

    fn periods(&self, count: u32) -> SimDuration {
        SimDuration::from_nanos(self.class.period.saturating_mul(u64::from(count)))
    }
}

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
    rumours: u32,
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

    fn rounds_to_gateway(&mut self, context: &SwimContext<'_>) -> u32 {
        match context.class.heard {
            Some(heard) if heard < context.class.members => self.rounds(context, heard, true),
            _ => 0,
        }
    }

    /// Periods until news that one member has is known to one of `wanted` others; at once if that one may be `among` them.
    fn rounds(&mut self, context: &SwimContext<'_>, wanted: u32, among: bool) -> u32 {
        let first = self.rumours.wrapping_mul(2 * ROUNDS + 1);
        self.rumours = self.rumours.wrapping_add(1);
        let unit = |index: u32| context.streams.news.unit(context.node, first.wrapping_add(index));
        let members = f64::from(context.peers.live.max(2));
        let wanted = f64::from(wanted).min(members);
        if among && unit(2 * ROUNDS) < wanted / members {
            return 0;
        }
        let mut informed = 1.0;
        for round in 0..ROUNDS {
            let others = members - 1.0;
            let told = 1.0 - (1.0 - informed / others).max(0.0) * libm::pow(1.0 - 1.0 / others, informed);
            let told = (told * context.class.exchange).min(1.0);
            let ignorant = members - informed;
            let newly = binomial(ignorant, told, unit(2 * round));
            let none = libm::exp(newly * libm::log1p(-(wanted / ignorant).min(1.0)));
            if newly > 0.0 && unit(2 * round + 1) >= none {
                return round + 1;
            }
            informed += newly;
            if members - informed < 1.0 {
                return round + 1;
            }
        }
        ROUNDS
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

/// A binomial variate by inversion: exact for small means, by the normal distribution for means of both outcomes above 30.
fn binomial(n: f64, p: f64, unit: f64) -> f64 {
    let n = n.floor();
    if n <= 0.0 || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return n;
    }
    if p > 0.5 {
        return n - binomial(n, 1.0 - p, 1.0 - unit);
    }
    let mean = n * p;
    if mean > 30.0 {
        let z = crate::kernel::normal_quantile(unit);
        return (mean + z * libm::sqrt(mean * (1.0 - p))).round().clamp(0.0, n);
    }
    let mut term = libm::exp(n * libm::log1p(-p));
    let (mut sum, mut k) = (term, 0.0);
    while unit > sum && k < n {
        term *= (n - k) / (k + 1.0) * p / (1.0 - p);
        k += 1.0;
        sum += term;
        if term < 1e-300 {
            break;
        }
    }
    k
}

#[cfg(test)]
mod tests;
