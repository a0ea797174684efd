//! Health checks.

use crate::kernel::SimDuration;
use crate::scenario::declare::{choice, object};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Number, Positive};
use crate::scenario::spec::{Among, Gossip, Health, PhiAccrual, PhiForm, Swim, SwimOrder};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

choice! {
    /// How the health of nodes is judged.
    HealthKind: Health {
        words {
            /// The truth at once.
            "oracle" => Health::Oracle,
            /// Nobody is suspected.
            "none" => Health::None,
        }
        objects {
            /// Nodes send beats; a node whose beats stay away is suspected.
            "heartbeat" => HeartbeatKind,
            /// The gateway asks and nodes answer; a node that misses several in a row is suspected.
            "probe" => ProbeKind,
            /// Nodes send beats; a node is suspected when its silence has become too improbable, judged by the beats before.
            "phi_accrual" => PhiAccrualKind,
            /// Nodes ping each other, directly and by proxies, and tell the gateway.
            "swim" => SwimKind,
            /// Nodes pass on counters of beats; a node whose counter stands still is suspected.
            "gossip" => GossipKind,
        }
    }
}

/// A heartbeat detector with one of its two deadlines.
pub(in crate::scenario) struct Heartbeat {
    period: SimDuration,
    timeout: Option<SimDuration>,
    freshness: Option<SimDuration>,
}

object! {
    /// Heartbeats; give exactly one of `timeout` and `freshness`.
    HeartbeatFields: Heartbeat = Heartbeat {
        /// Time between beats.
        required "period" => period: Duration<Positive>,
        /// A node is suspected when no beat has arrived for this long.
        optional "timeout" => timeout: Duration<Positive>,
        /// NFD-S of Chen, Toueg and Aguilera: beat i is due by i times the period plus this.
        optional "freshness" => freshness: Duration,
    }
}

/// [`HeartbeatFields`] as a detector.
pub(in crate::scenario) struct HeartbeatKind;

impl Kind for HeartbeatKind {
    type Out = Health;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Health, Json)> {
        let (it, json) = HeartbeatFields::read(node, reader)?;
        let period = it.period;
        let health = match (it.timeout, it.freshness) {
            (Some(timeout), None) => Health::HeartbeatTimeout { period, timeout },
            (None, Some(freshness)) => Health::HeartbeatFreshness { period, freshness },
            _ => {
                let message = "a heartbeat takes exactly one of `timeout` and `freshness`";
                reader.fault(node.span, message, "`timeout`: time since the last arrival; `freshness`: allowance on the time a beat is due");
                return None;
            }
        };
        Some((health, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        HeartbeatFields::schema(definitions)
    }
}

object! {
    /// Probes from the gateway.
    ProbeKind: Health = Health::Probe {
        /// Time between probes.
        required "period" => period: Duration<Positive>,
        /// Consecutive misses that make a suspect. Default: the plainest detector, `[A]`.
        default "misses" => misses: Count<1> = "1",
        /// A reply later than this is a miss.
        required "timeout" => timeout: Duration<Positive>,
    }
}

object! {
    /// Phi-accrual (Hayashibara and others, 2004): the silence since the last beat is judged by the distribution of the times between
    /// beats so far; phi = -log10(P(a longer silence)).
    PhiFields: PhiAccrual = PhiAccrual {
        /// Time between beats.
        required "period" => period: Duration<Positive>,
        /// The phi at which a node is suspected: a wrong suspicion has a probability of 10^-phi if the distribution fits. 8 as in
        /// Akka and Cassandra.
        default "threshold" => threshold: Number<Positive> = "8",
        /// How many times between beats are remembered.
        default "window" => window: Count<1, 1_000_000> = "1000",
        /// Least standard deviation that is assumed.
        default "min_sd" => min_sd: Duration<Positive> = "\"100 ms\"",
        /// Added to the mean: a pause that is acceptable.
        default "pause" => pause: Duration = "\"0 s\"",
        /// Time between beats that is assumed at first, with a quarter of it as standard deviation, until it has left the window. Left
        /// out: `period` and `min_sd` until the first beats are there.
        optional "first" => first: Duration<Positive>,
        /// The distribution that is fitted.
        default "form" => form: PhiFormKind = "\"normal\"",
    }
    check check_phi
}

fn check_phi(phi: &PhiAccrual, node: &Node, reader: &mut Reader<'_>) {
    let most = if phi.form == PhiForm::Exponential { 1e6 } else { 300.0 };
    if phi.threshold > most {
        let message = format!("a phi of {} is beyond the tail of any distribution", phi.threshold);
        reader.fault_in(node, "threshold", message, format!("up to {most}"));
    }
}

choice! {
    /// The distribution that is fitted to the times between beats.
    PhiFormKind: PhiForm {
        words {
            /// Normal, as in the paper.
            "normal" => PhiForm::Normal,
            /// Akka's logistic approximation of the normal distribution.
            "logistic" => PhiForm::Logistic,
            /// Exponential, as in Cassandra: phi is the silence over the mean, divided by ln 10; `min_sd` does not matter.
            "exponential" => PhiForm::Exponential,
        }
    }
}

/// [`PhiFields`] as a health check.
pub(in crate::scenario) struct PhiAccrualKind;
/// [`SwimFields`] as a health check.
pub(in crate::scenario) struct SwimKind;
/// [`GossipFields`] as a health check.
pub(in crate::scenario) struct GossipKind;

macro_rules! wrapped {
    ($($kind:ident $fields:ident $make:expr;)*) => {$(
        impl Kind for $kind {
            type Out = Health;

            fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Health, Json)> {
                $fields::read(node, reader).map(|(it, json)| ($make(it), json))
            }

            fn schema(definitions: &mut Definitions) -> Json {
                $fields::schema(definitions)
            }
        }
    )*};
}

wrapped! {
    PhiAccrualKind PhiFields Health::PhiAccrual;
    SwimKind SwimFields Health::Swim;
    GossipKind GossipFields Health::Gossip;
}

object! {
    /// SWIM (Das, Gupta and Motivala, 2002): in each period each member pings another; if that does not answer, proxies ping it.
    SwimFields: Swim = Swim {
        /// The protocol period.
        required "period" => period: Duration<Positive>,
        /// How many others are asked to ping a member that has not answered.
        default "proxies" => proxies: Count<0, 1000> = "3",
        /// How long a ping is waited for, and then the indirect ones. Left out: a quarter of the period each.
        optional "timeout" => timeout: Duration,
        /// Time from a suspicion to its confirmation; a live member that hears of it refutes it. Left out: suspects count as failed.
        default "suspect" => suspect: Duration = "\"0 s\"",
        /// Who pings whom.
        default "among" => among: AmongKind = "\"region\"",
        /// In which order a member pings the others.
        default "order" => order: SwimOrderKind = "\"random\"",
        /// How many members tell the gateway what they know; news reaches them piggybacked on pings. Left out: all do, so that the first
        /// detection counts.
        optional "heard" => heard: Count<1>,
    }
    check check_swim
}

fn check_swim(swim: &Swim, node: &Node, reader: &mut Reader<'_>) {
    let timeout = swim.timeout.map_or(0, SimDuration::as_nanos);
    if timeout.saturating_mul(2) > swim.period.as_nanos() {
        let message = "the direct ping and the indirect ones take longer than the period together";
        reader.fault_in(node, "timeout", message, "at most half the period");
    }
}

choice! {
    /// Groups of nodes.
    AmongKind: Among {
        words {
            /// The nodes of a site.
            "site" => Among::Site,
            /// The nodes of a region.
            "region" => Among::Region,
            /// All nodes.
            "all" => Among::All,
        }
    }
}

choice! {
    /// In which order a member pings the others.
    SwimOrderKind: SwimOrder {
        words {
            /// A random one in each period.
            "random" => SwimOrder::Random,
            /// All in turn, shuffled anew after each round: bounds the time to detection.
            "round_robin" => SwimOrder::RoundRobin,
        }
    }
}

object! {
    /// Gossip (van Renesse, Minsky and Hayden, 1998): each member counts up, and passes on the counters that it knows.
    GossipFields: Gossip = Gossip {
        /// Time between rounds.
        required "period" => period: Duration<Positive>,
        /// A node is suspected when its counter has not grown for this long.
        required "timeout" => timeout: Duration<Positive>,
        /// To how many others a member passes on what it knows in a round.
        default "fanout" => fanout: Count<1, 100> = "1",
        /// Who gossips with whom.
        default "among" => among: AmongKind = "\"region\"",
    }
    check check_gossip
}

fn check_gossip(gossip: &Gossip, node: &Node, reader: &mut Reader<'_>) {
    if gossip.timeout <= gossip.period {
        let message = "counters grow once in a period: none lasts for so short a `timeout`";
        reader.fault_in(node, "timeout", message, "more than `period`");
    }
}
