//! Hosts that come and go, and the software that they share.

use crate::scenario::declare::object;
use crate::scenario::dist::{Durations, Spans};
use crate::scenario::read::Reader;
use crate::scenario::scalar::{Clock, Count, Duration, NonNegative, Number, Probability};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{Bug, Churn, DailyPresence, Presence, Software};
use crate::scenario::tree::Node;

object! {
    /// Hosts that join and leave for good, whatever their hardware does.
    ChurnKind: Churn = Churn {
        /// Time from joining to leaving. Left out: they stay.
        optional "lifetime" => lifetime: Spans,
        /// Time from leaving until a new, empty host takes the place. Left out: never.
        optional "rejoin" => rejoin: Durations,
        /// Time from the beginning to joining. Left out: hosts are there from the beginning.
        optional "starts_after" => starts_after: Durations,
        /// How long before leaving a host that leaves in good order says so. Left out: nobody says so.
        optional "notice" => notice: Durations,
        /// Share of the departures that are in good order, where there is `notice`.
        default "graceful" => graceful: Probability = "1",
    }
    check check_churn
}

fn check_churn(churn: &Churn, node: &Node, reader: &mut Reader<'_>) {
    // Whether anybody leaves otherwise, so that `rejoin` has a meaning, is looked at where repairs are known.
    if churn.lifetime.is_none() && churn.starts_after.is_none() && churn.rejoin.is_none() {
        let message = "`churn` that says nothing: hosts are there from the beginning and stay";
        reader.fault(node.span, message, "`lifetime`, `starts_after` or both; or leave `churn` out");
    }
}

object! {
    /// Hosts that their owners switch on and off. Hosts are of three kinds: some always on, some with a daily rhythm, the
    /// others alternating at random, starting on.
    PresenceKind: Presence = Presence {
        /// Time on. Left out: no host alternates at random.
        optional "on" => on: Spans,
        /// Time off.
        optional "off" => off: Durations,
        /// Standard deviation of the logarithm of two factors, of median 1, on the times on and off of each host.
        default "heterogeneity" => heterogeneity: Number<NonNegative> = "0",
        /// Share of hosts that are always on.
        default "always" => always: Probability = "0",
        /// Hosts that are away in the hours of their owners.
        optional "daily" => daily: DailyPresenceKind,
    }
    check check_presence
}

impl Catalogued for PresenceKind {
    const CATALOG: Option<&'static str> = Some("presence");
}

fn check_presence(presence: &Presence, node: &Node, reader: &mut Reader<'_>) {
    if presence.on.is_some() != presence.off.is_some() {
        let (there, missing) = if presence.on.is_some() { ("on", "off") } else { ("off", "on") };
        reader.fault(node.span, format!("`{there}` without `{missing}`"), "both, or neither");
    } else if presence.on.is_none() && presence.daily.is_none() {
        let message = "no host is ever switched off: there is neither `on` and `off` nor `daily`";
        reader.fault(node.span, message, "one of them, or leave `presence` out");
    } else if presence.on.is_none() && presence.heterogeneity > 0.0 {
        let message = "`heterogeneity` of times `on` and `off` that are not given";
        reader.fault_in(node, "heterogeneity", message, "add `on` and `off`, or leave it out");
    }
    if presence.always >= 1.0 {
        reader.fault_in(
            node,
            "always",
            "all hosts are always on",
            "a share below 1, or leave `presence` out",
        );
    }
    let daily = presence.daily.as_ref().map_or(0.0, |daily| daily.share);
    if presence.always + daily > 1.0 + 1e-9 {
        let message = format!("`always` ({}) and the share of `daily` ({daily}) exceed 1", presence.always);
        reader.fault_in(node, "always", message, "shares that add up to at most 1");
    }
}

object! {
    /// Hosts that are away in the hours of their owners, every day.
    DailyPresenceKind: DailyPresence = DailyPresence {
        /// Share of hosts.
        default "share" => share: Probability = "1",
        /// Time of day at which they go.
        required "from" => from: Clock,
        /// Time of day at which they come back; before `from`: on the next day.
        required "to" => to: Clock,
        /// The hours of each host are shifted by up to this, either way.
        default "spread" => spread: Duration = "\"0 s\"",
    }
    check check_daily
}

fn check_daily(daily: &DailyPresence, node: &Node, reader: &mut Reader<'_>) {
    if daily.from == daily.to {
        reader.fault_in(node, "to", "`to` is `from`: there are no such hours", "another time of day");
    }
    if daily.spread.as_secs_f64() > 12.0 * 3600.0 {
        reader.fault_in(node, "spread", "the hours are shifted by more than half a day", "up to 12 h");
    }
}

object! {
    /// A version of the software that nodes run.
    SoftwareKind: Software = Software {
        /// Share of the nodes that run it.
        default "share" => share: Probability = "1",
        /// A bug that takes down all of them at once. Left out: there is none.
        optional "bug" => bug: BugKind,
    }
}

object! {
    /// A bug that takes down every node of a version at once.
    BugKind: Bug = Bug {
        /// Time from the fix of one to the next.
        required "every" => every: Spans,
        /// Time until there is a fix; every node reboots then.
        required "fix" => fix: Durations,
        /// Time until a node has the fix, drawn for each. Left out: at once.
        optional "patch" => patch: Durations,
    }
}

object! {
    /// How many nodes must be up for the whole to be.
    QuorumKind: Quorum = Quorum {
        /// How many.
        required "nodes" => nodes: Count<1>,
    }
}

/// How many nodes must be up.
pub(in crate::scenario) struct Quorum {
    pub(in crate::scenario) nodes: u32,
}
