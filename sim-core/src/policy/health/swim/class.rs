//! What the members of a group share, and the surroundings of a watch.

use super::Peers;
use crate::kernel::{Dist, Periodic, Process, SimDuration, SimTime, Stream, Streams};
use crate::policy::health::gossip::stationary_loss;
use crate::scenario::{Link, Loss, Swim, SwimOrder};
use crate::world::network::loss_probability;

/// What the members of a group with like links share.
#[derive(Clone, Debug)]
pub struct SwimClass {
    period: u64,
    /// From the beginning of a period to the end of its pings.
    pub(super) decision: SimDuration,
    pub(super) suspect: SimDuration,
    pub(super) order: SwimOrder,
    pub(super) heard: Option<u32>,
    /// Members, dead or alive.
    pub(super) members: u32,
    pub(super) loss: Option<Loss>,
    /// Probability that a ping of a live member leads to suspicion, by state of its link.
    pub(super) mistake: [f64; 2],
    /// Share of the exchanges between two members that succeed.
    pub(super) exchange: f64,
    proxies: u32,
    latency: Option<Dist>,
    /// Seconds after which a message counts as lost.
    limit: f64,
}

/// What faults on purpose do to the messages of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbance {
    /// Probability that a ping of the member leads to suspicion, by state of its link.
    pub(super) mistake: [f64; 2],
    /// Probability that a period brings it an exchange, by state of its link.
    pub(super) heard: [f64; 2],
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

/// The random streams of SWIM.
#[derive(Clone, Copy, Debug)]
pub struct SwimStreams {
    phase: Stream,
    pub(super) ping: Stream,
    pub(super) mistake: Stream,
    pub(super) news: Stream,
    pub(super) link_state: Stream,
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
    /// The beginnings of periods.
    fn moments(&self) -> Periodic {
        Periodic::new(self.class.period, self.streams.phase.unit(self.group, 0))
    }

    pub(super) fn begins(&self, period: u64) -> SimTime {
        self.moments().at(period)
    }

    pub(super) fn first_from(&self, at: SimTime) -> u64 {
        self.moments().first_from(at)
    }

    pub(super) fn periods(&self, count: u32) -> SimDuration {
        SimDuration::from_nanos(self.class.period.saturating_mul(u64::from(count)))
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
