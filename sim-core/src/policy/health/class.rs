//! What the watches of like nodes share: the schedule of messages, the path they take, and the split into good and bad.

use crate::kernel::{Dist, DurationTable, Periodic, Process, SimDuration, SimTime, Stream, Streams};
use crate::scenario::{Health, Link, Loss};
use crate::world::network::loss_probability;

/// Shares of slow messages that may be called bad, least first: the first is used whose good messages are prompt enough.
const TAIL_LADDER: [f64; 6] =
    [1.0 / 1_048_576.0, 1.0 / 16_384.0, 1.0 / 1024.0, 1.0 / 128.0, 1.0 / 16.0, 0.25];

/// Which messages are exchanged with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// None.
    Silent,
    /// The node sends a beat every `period`.
    Beats {
        /// Time between beats.
        period: SimDuration,
    },
    /// The node is probed every `period`.
    Probes {
        /// Time between probes.
        period: SimDuration,
        /// A reply later than this is a miss.
        timeout: SimDuration,
    },
}

/// How a [`crate::policy::health::HealthWatch`] judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Knows the truth.
    Truth,
    /// Suspects nobody.
    Never,
    /// Suspects this long after the last arrival.
    Timeout(SimDuration),
    /// Beat j is due this long after it was sent.
    Freshness(SimDuration),
    /// Suspects after this many misses in a row.
    Misses(u32),
}

/// The health check of a class of nodes: same detector, same link, same distance. All times in nanoseconds.
#[derive(Clone, Debug)]
pub struct HealthClass {
    pub(super) rule: Rule,
    pub(super) schedule: Schedule,
    /// Time between messages, at least 1 ns.
    pub(super) period: u64,
    pub(super) loss: Option<Loss>,
    pub(super) latency: Dist,
    /// Quantiles of the latency, where every message is visited and they are slow.
    pub(super) table: Option<DurationTable>,
    pub(super) backbone: SimDuration,
    /// q: the share of slowest messages that are called bad.
    pub(super) tail: f64,
    /// Least latency of a message on the link.
    pub(super) least: SimDuration,
    /// λ: greatest latency on the link of a message that is not among the slowest.
    pub(super) most: SimDuration,
    /// Probability that one message is neither lost nor among the slowest, by state of the link.
    pub(super) prompt: [f64; 2],
    /// Probability that a beat or probe is bad, by state of the link.
    pub(super) bad: [f64; 2],
    /// ln(1 − bad), by state of the link.
    pub(super) log_good: [f64; 2],
    /// How many good beats before a bad one must be looked at to know the last arrival.
    pub(super) replay: u64,
    /// How many bad messages in a row, between good ones, cannot upset the detector.
    pub(super) harmless: u64,
    /// Whether beats are good again although some are still under way: worth it only where they take many periods.
    pub(super) overlaps: bool,
}

impl HealthClass {
    /// The built-in detector `health` over `link` (`None`: ideal) and a backbone that delays each message by `backbone`.
    pub fn new(health: &Health, link: Option<&Link>, backbone: SimDuration) -> Self {
        let (rule, schedule) = match *health {
            Health::Oracle => (Rule::Truth, Schedule::Silent),
            // The members of a group watch each other: see `super::swim`.
            Health::None | Health::Swim(_) => (Rule::Never, Schedule::Silent),
            Health::PhiAccrual(ref phi) => (Rule::Never, Schedule::Beats { period: phi.period }),
            Health::Gossip(ref gossip) => {
                (Rule::Timeout(gossip.timeout), Schedule::Beats { period: gossip.period })
            }
            Health::HeartbeatTimeout { period, timeout } => {
                (Rule::Timeout(timeout), Schedule::Beats { period })
            }
            Health::HeartbeatFreshness { period, freshness } => {
                (Rule::Freshness(freshness), Schedule::Beats { period })
            }
            Health::Probe { period, misses, timeout } => {
                (Rule::Misses(misses.max(1)), Schedule::Probes { period, timeout })
            }
        };
        let mut class = Self::build(rule, schedule, link, backbone);
        class.overlaps = matches!(health, Health::Gossip(_));
        class.harmless = if class.overlaps { 0 } else { class.harmless() };
        class
    }

    /// The greatest number of bad messages in a row after a good one that the next good one always makes up for.
    ///
    /// A good message takes between `least` and `most` on the link, so after k bad ones the next arrival is at most
    /// `(k + 1) · period + most − least` after the last, and beat j + k + 1 arrives at most `k · period + backbone + most` after
    /// beat j + 1 was sent. Probes are missed one after the other if each is decided before the next goes out.
    fn harmless(&self) -> u64 {
        if self.tail >= 1.0 {
            return 0;
        }
        let spread = self.most.as_nanos().saturating_sub(self.least.as_nanos());
        let slowest = self.most.as_nanos().saturating_add(self.backbone.as_nanos());
        match (self.rule, self.schedule) {
            (Rule::Timeout(timeout), _) => {
                (timeout.as_nanos().saturating_sub(spread) / self.period).saturating_sub(1)
            }
            (Rule::Freshness(freshness), _) => freshness.as_nanos().saturating_sub(slowest) / self.period,
            (Rule::Misses(misses), Schedule::Probes { timeout, .. }) if timeout.as_nanos() < self.period => {
                u64::from(misses) - 1
            }
            _ => 0,
        }
    }

    /// The messages of a detector of one's own, for [`crate::policy::health::ExplicitWatch`].
    pub fn for_schedule(schedule: Schedule, link: Option<&Link>, backbone: SimDuration) -> Self {
        Self::build(Rule::Never, schedule, link, backbone)
    }

    /// How long each beat takes, if all that are not lost take the same time.
    pub(super) fn constant_delay(&self) -> Option<SimDuration> {
        match (&self.latency, self.schedule) {
            (Dist::Constant(latency), Schedule::Beats { .. }) => {
                let latency = SimDuration::from_secs_f64(*latency).as_nanos();
                Some(SimDuration::from_nanos(latency.saturating_add(self.backbone.as_nanos())))
            }
            _ => None,
        }
    }

    /// Which messages are exchanged.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    fn build(rule: Rule, schedule: Schedule, link: Option<&Link>, backbone: SimDuration) -> Self {
        let period = match schedule {
            Schedule::Silent => u64::MAX,
            Schedule::Beats { period } | Schedule::Probes { period, .. } => period.as_nanos().max(1),
        };
        let latency = link.and_then(|link| link.latency.clone()).unwrap_or(Dist::Constant(0.0));
        let loss = link.and_then(|link| link.loss);
        let least = SimDuration::from_secs_f64(latency.quantile(f64::MIN_POSITIVE));
        let tolerated = tolerated_latency(rule, schedule, least, backbone);
        let (tail, most) = split(&latency, tolerated);
        let prompt = [false, true].map(|bad| (1.0 - loss_probability(loss.as_ref(), bad)) * (1.0 - tail));
        let messages = if matches!(schedule, Schedule::Probes { .. }) { 2 } else { 1 };
        let bad = [false, true].map(|state| {
            let p = loss_probability(loss.as_ref(), state);
            // 1 − ((1 − p)(1 − q))^messages without cancellation.
            let one = if tail >= 1.0 { 1.0 } else { p + (1.0 - p) * tail };
            if messages == 2 { one * (2.0 - one) } else { one }
        });
        let log_good = bad.map(|bad| libm::log1p(-bad));
        let spread = most.as_nanos().saturating_sub(least.as_nanos());
        let replay = if matches!(rule, Rule::Timeout(_)) { spread.div_ceil(period).max(1) } else { 0 };
        let every = rule == Rule::Never && !matches!(schedule, Schedule::Silent);
        let table = if every { DurationTable::new(&latency) } else { None };
        Self {
            rule,
            schedule,
            period,
            loss,
            latency,
            table,
            backbone,
            tail,
            least,
            most,
            prompt,
            bad,
            log_good,
            replay,
            harmless: 0,
            overlaps: false,
        }
    }
}

/// The greatest latency on the link with which good messages in a row cannot upset the detector; `None` if even the least can.
fn tolerated_latency(
    rule: Rule,
    schedule: Schedule,
    least: SimDuration,
    backbone: SimDuration,
) -> Option<u64> {
    match (rule, schedule) {
        // Two beats in a row arrive at most period + λ − least apart.
        (Rule::Timeout(timeout), Schedule::Beats { period }) => {
            Some(timeout.as_nanos().checked_sub(period.as_nanos())?.saturating_add(least.as_nanos()))
        }
        (Rule::Freshness(freshness), _) => freshness.as_nanos().checked_sub(backbone.as_nanos()),
        (Rule::Misses(_), Schedule::Probes { timeout, .. }) => {
            (timeout.as_nanos() / 2).checked_sub(backbone.as_nanos())
        }
        _ => Some(u64::MAX),
    }
}

/// The share of slowest messages to call bad, and the greatest latency of the others.
fn split(latency: &Dist, tolerated: Option<u64>) -> (f64, SimDuration) {
    let prompt_enough = |most: SimDuration| tolerated.is_some_and(|limit| most.as_nanos() <= limit);
    if let Dist::Constant(value) = latency {
        let most = SimDuration::from_secs_f64(*value);
        return (if prompt_enough(most) { 0.0 } else { 1.0 }, most);
    }
    let most = SimDuration::from_secs_f64(latency.supremum());
    if matches!(latency, Dist::Empirical(_)) && prompt_enough(most) {
        return (0.0, most);
    }
    for tail in TAIL_LADDER {
        let most = SimDuration::from_secs_f64(latency.quantile(1.0 - tail));
        if prompt_enough(most) {
            return (tail, most);
        }
    }
    (1.0, SimDuration::from_secs_f64(latency.quantile(f64::MIN_POSITIVE)))
}

/// The random streams of health messages.
#[derive(Clone, Copy, Debug)]
pub struct HealthStreams {
    pub(super) phase: Stream,
    /// Gaps between bad messages; index = running count.
    pub(super) gap: Stream,
    /// What is bad about a bad message: first and second leg; index = message.
    pub(super) kind: [Stream; 2],
    /// Latency: first and second leg; index = message.
    pub(super) latency: [Stream; 2],
    pub(super) link_state: Stream,
    /// Whether a message is dropped before a busy uplink; index = message.
    pub(super) queue: Stream,
}

impl HealthStreams {
    /// The streams of one run. The timeline of link states is that which [`Process::LinkState`] with salt 0 and the
    /// site as entity gives to all.
    pub fn new(streams: &Streams) -> Self {
        Self {
            phase: streams.stream(Process::HealthPhase, 0),
            gap: streams.stream(Process::HealthLoss, 0),
            kind: [streams.stream(Process::HealthLoss, 1), streams.stream(Process::HealthLoss, 2)],
            latency: [streams.stream(Process::HealthLatency, 0), streams.stream(Process::HealthLatency, 1)],
            link_state: streams.stream(Process::LinkState, 0),
            queue: streams.stream(Process::QueueLoss, 0),
        }
    }
}

/// What a watch needs to know of its surroundings at each call. The same class, node and site must be given each time.
#[derive(Clone, Copy, Debug)]
pub struct HealthContext<'a> {
    /// What like nodes share.
    pub class: &'a HealthClass,
    /// Streams of the run.
    pub streams: &'a HealthStreams,
    /// The node, as entity of the draws.
    pub node: u32,
    /// Its site, as entity of the timeline of link states.
    pub site: u32,
    /// Nothing after this is of interest: the end of the run.
    pub until: SimTime,
    /// The moments at which messages go out.
    moments: Periodic,
}

impl<'a> HealthContext<'a> {
    /// The surroundings of a watch.
    pub fn new(
        class: &'a HealthClass,
        streams: &'a HealthStreams,
        node: u32,
        site: u32,
        until: SimTime,
    ) -> Self {
        let silent = matches!(class.schedule, Schedule::Silent);
        let unit = if silent { 0.0 } else { streams.phase.unit(node, 0) };
        Self { class, streams, node, site, until, moments: Periodic::new(class.period, unit) }
    }

    /// σ: when message `number` goes out.
    pub(super) fn sent(&self, number: u64) -> SimTime {
        self.moments.at(number)
    }

    /// Number of the first message that goes out at `at` or later.
    pub(super) fn first_from(&self, at: SimTime) -> u64 {
        self.moments.first_from(at)
    }
}
