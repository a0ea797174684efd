//! Health checks.

use crate::kernel::SimDuration;

/// How the health of nodes is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Health {
    /// Knows the truth at once.
    #[default]
    Oracle,
    /// Suspects nobody.
    None,
    /// Nodes send beats; suspect when none has arrived for `timeout`.
    HeartbeatTimeout {
        /// Time between beats.
        period: SimDuration,
        /// Since the last arrival.
        timeout: SimDuration,
    },
    /// NFD-S (Chen, Toueg, Aguilera): beat i is due by i·period + freshness.
    HeartbeatFreshness {
        /// Time between beats.
        period: SimDuration,
        /// δ.
        freshness: SimDuration,
    },
    /// The gateway probes; suspect after `misses` in a row.
    Probe {
        /// Time between probes.
        period: SimDuration,
        /// Consecutive misses that make a suspect.
        misses: u32,
        /// A reply later than this is a miss.
        timeout: SimDuration,
    },
    /// Nodes send beats; suspect when the silence has become improbable.
    PhiAccrual(PhiAccrual),
    /// Nodes ping each other.
    Swim(Swim),
    /// Nodes pass on counters of beats.
    Gossip(Gossip),
}

/// The φ-accrual detector of Hayashibara and others.
#[derive(Clone, Debug, PartialEq)]
pub struct PhiAccrual {
    /// Time between beats.
    pub period: SimDuration,
    /// φ at which a node is suspected.
    pub threshold: f64,
    /// Inter-arrival times that are remembered.
    pub window: u32,
    /// Least standard deviation that is assumed.
    pub min_sd: SimDuration,
    /// Added to the mean.
    pub pause: SimDuration,
    /// Inter-arrival time that is assumed before any has been seen, with a quarter of it as standard deviation.
    pub first: Option<SimDuration>,
    /// The distribution that is fitted.
    pub form: PhiForm,
}

/// The distribution that φ is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhiForm {
    /// The normal distribution.
    #[default]
    Normal,
    /// Akka's logistic approximation of it.
    Logistic,
    /// The exponential distribution, as in Cassandra.
    Exponential,
}

/// SWIM of Das, Gupta and Motivala.
#[derive(Clone, Debug, PartialEq)]
pub struct Swim {
    /// The protocol period.
    pub period: SimDuration,
    /// k: members that ping on behalf of another.
    pub proxies: u32,
    /// How long a direct ping is waited for, and then the indirect ones; `None` = a quarter of the period.
    pub timeout: Option<SimDuration>,
    /// Time from suspicion to confirmation, in which a live member can refute.
    pub suspect: SimDuration,
    /// Who pings whom.
    pub among: Among,
    /// Order of pings.
    pub order: SwimOrder,
    /// How many members tell the gateway what they know; `None` = all.
    pub heard: Option<u32>,
}

/// The members of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Among {
    /// Nodes of a site.
    Site,
    /// Nodes of a region.
    #[default]
    Region,
    /// All nodes.
    All,
}

/// In which order a member pings the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SwimOrder {
    /// A random one each time.
    #[default]
    Random,
    /// All in turn, in an order that is shuffled after each round.
    RoundRobin,
}

/// Counters of beats that spread like gossip, after van Renesse, Minsky and Hayden.
#[derive(Clone, Debug, PartialEq)]
pub struct Gossip {
    /// Time between rounds.
    pub period: SimDuration,
    /// A node is suspected when its counter has not grown for this long.
    pub timeout: SimDuration,
    /// To how many others a member passes on what it knows in a round.
    pub fanout: u32,
    /// Who gossips with whom.
    pub among: Among,
}
