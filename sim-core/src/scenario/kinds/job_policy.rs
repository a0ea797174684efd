//! How jobs are protected: checkpoints, copies, quorums, stragglers, drains.

use crate::kernel::SimDuration;
use crate::quantity::{Celsius, Kelvin};
use crate::scenario::declare::{choice, object};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Any, Count, Duration, Flag, NonNegative, Number, Positive, PositiveUnit, Probability, Quantity,
};
use crate::scenario::spec::{
    Checkpoint, CheckpointEvery, Drain, DrainAt, IntervalFormula, JobPolicy, Keep, OnFailure, Scenario,
    Speculate, Trust, WrongResults,
};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// How jobs are protected. A job waits with the controller until a node that is trusted has a slot to spare; `routing` chooses
    /// among those. It keeps the slot until it is done or fails. Left out: one instance, no checkpoints, on to another node after a failure.
    JobPolicyKind: JobPolicy = JobPolicy {
        /// Checkpoints. Left out: none, a failure costs all work done.
        optional "checkpoint" => checkpoint: CheckpointKind,
        /// Instances started at once on distinct nodes. The first result counts. One that fails is not replaced while another runs; when all
        /// have failed, all start anew.
        default "copies" => copies: Count<1, 1000> = "1",
        /// Identical results needed. More instances are issued, on other nodes, until so many agree.
        default "quorum" => quorum: Count<1, 1000> = "1",
        /// What becomes of an instance whose node fails.
        default "on_failure" => on_failure: OnFailureKind = "\"reroute\"",
        /// Whether instances that are no longer needed are cancelled at once.
        default "cancel" => cancel: Flag = "true",
        /// When instances leave a node before it fails: checkpoint, then migrate. Left out: never.
        optional "drain" => drain: DrainKind,
        /// Extra instances for stragglers, after LATE. Left out: none.
        optional "speculate" => speculate: SpeculateKind,
        /// Adaptive replication: a node that has given valid results is asked without a quorum. Left out: never.
        optional "trust" => trust: TrustKind,
        /// An instance that is not back this long after it was sent to a node is issued once more; the first to come back counts. Left out: never.
        optional "reissue_after" => reissue_after: Duration<Positive>,
        /// Instances of a job at most; one that needs more has failed.
        default "max_instances" => max_instances: Count<1, 65535> = "1000",
        /// Slots of each node that jobs leave to requests.
        default "reserve" => reserve: Count<0> = "0",
    }
    check check_jobs
}

fn check_jobs(it: &JobPolicy, node: &Node, reader: &mut Reader<'_>) {
    let least = it.copies.max(it.quorum);
    if it.max_instances < least {
        let message = format!("at most {} instances do not make {least}", it.max_instances);
        reader.fault_in(node, "max_instances", message, "at least `copies` and `quorum`");
    }
    if it.trust.is_some() && it.quorum < 2 {
        let message = "trust spares nodes a quorum, but there is none";
        reader.fault_in(node, "trust", message, "a `quorum` of 2 or more, or leave `trust` out");
    }
}

choice! {
    /// What becomes of an instance whose node fails.
    OnFailureKind: OnFailure {
        words {
            /// It moves to another node as soon as the health check suspects its own. (One whose node is back before that goes on there.)
            "reroute" => OnFailure::Reroute,
            /// It stays with its node and goes on when that is back.
            "wait" => OnFailure::Wait,
        }
    }
}

object! {
    /// Checkpoints. The work is cut into segments of `every`; each ends with a checkpoint, the last too, which is the result. After a failure,
    /// once the node is back or another is found, comes `restart`, and then the segment that was lost.
    CheckpointKind: Checkpoint = Checkpoint {
        /// Time of computing between two: a time, a formula, or one that learns.
        required "every" => every: CheckpointEveryKind,
        /// Time to take one, during which no work is done. Left out: as long as `state` takes over the uplink of the site.
        optional "cost" => cost: Duration,
        /// Time to recover after each failure. Left out: as long as `state` takes over the downlink.
        optional "restart" => restart: Duration,
        /// Where they are kept.
        default "keep" => keep: KeepKind = "\"remote\"",
        /// Mean time between failures for the formulas. Left out: from the `faults` of the node type and the `outages` of its grid.
        optional "mtbf" => mtbf: Duration<Positive>,
    }
    check check_checkpoint
}

fn check_checkpoint(it: &Checkpoint, node: &Node, reader: &mut Reader<'_>) {
    let free = it.cost.map_or(it.keep == Keep::Local, SimDuration::is_zero);
    if free && !matches!(it.every, CheckpointEvery::Fixed(_)) {
        let message = "checkpoints that cost nothing would be taken all the time";
        reader.fault_in(node, "cost", message, "a time of more than zero, or a fixed `every`");
    }
}

choice! {
    /// Where checkpoints are kept.
    KeepKind: Keep {
        words {
            /// With the controller: they survive the node.
            "remote" => Keep::Remote,
            /// On the node: of use if that comes back, lost if the instance moves or the unit is replaced.
            "local" => Keep::Local,
        }
    }
}

choice! {
    /// Time of computing between two checkpoints. Cost C, mean time between failures M.
    CheckpointEveryKind: CheckpointEvery {
        words {
            /// sqrt(2 C M) (Young 1974).
            "young" => CheckpointEvery::By(IntervalFormula::Young),
            /// Daly's higher-order formula (2006).
            "daly" => CheckpointEvery::By(IntervalFormula::Daly),
            /// The optimum for exponential failures, by Lambert's W.
            "optimal" => CheckpointEvery::By(IntervalFormula::Optimal),
        }
        objects {
            /// By a formula from the failures that the controller has seen.
            "adaptive" => AdaptiveKind,
        }
        bare {
            /// A fixed time.
            FixedEveryKind
        }
    }
}

/// A fixed interval.
pub(in crate::scenario) struct FixedEveryKind;

impl Kind for FixedEveryKind {
    type Out = CheckpointEvery;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(CheckpointEvery, Json)> {
        Duration::<Positive>::read(node, reader).map(|(every, json)| (CheckpointEvery::Fixed(every), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Duration::<Positive>::schema(definitions)
    }
}

object! {
    /// The mean time between failures is estimated as (weight prior + time of computing) / (weight + failures).
    AdaptiveKind: CheckpointEvery = CheckpointEvery::Adaptive {
        /// Mean time between failures supposed at the beginning.
        required "prior" => prior: Duration<Positive>,
        /// How many failures that is worth.
        default "weight" => weight: Number<Positive> = "1",
        /// The formula.
        default "formula" => formula: FormulaKind = "\"young\"",
    }
}

choice! {
    /// Interval from cost and mean time between failures.
    FormulaKind: IntervalFormula {
        words {
            /// Young 1974.
            "young" => IntervalFormula::Young,
            /// Daly 2006.
            "daly" => IntervalFormula::Daly,
            /// The optimum for exponential failures.
            "optimal" => IntervalFormula::Optimal,
        }
    }
}

/// A drain as written.
pub(in crate::scenario) struct DrainAsWritten {
    at: Option<DrainAt>,
    forecast: bool,
    on_battery: bool,
    period: SimDuration,
    hysteresis: Kelvin,
}

object! {
    /// Instances leave a node that gets too hot, or whose site falls back on its battery, if another node has a slot. The controller goes by the last readings that the `telemetry` of the policy has brought; without it, the state of the moment of the nodes that can be reached stands in.
    DrainFields: DrainAsWritten = DrainAsWritten {
        /// Temperature at which they leave, or "forecast". Left out: heat does not matter.
        optional "at" => at: DrainAtKind,
        /// The same as "forecast" for `at`.
        default "forecast" => forecast: Flag = "false",
        /// Whether they leave when the site falls back on its battery.
        default "on_battery" => on_battery: Flag = "false",
        /// How often the controller looks.
        default "period" => period: Duration<Positive> = "\"1 min\"",
        /// So far below the limit a node takes jobs again.
        default "hysteresis" => hysteresis: Quantity<Kelvin> = "\"5 K\"",
    }
}

choice! {
    /// The heat at which instances leave.
    DrainAtKind: DrainAt {
        words {
            /// As soon as the trend of the last readings reaches the first limit of the node type (throttle or shutdown) before
            /// they could have left.
            "forecast" => DrainAt::Forecast,
        }
        bare {
            /// A temperature.
            DrainTemperatureKind
        }
    }
}

/// A temperature at which to leave.
pub(in crate::scenario) struct DrainTemperatureKind;

impl Kind for DrainTemperatureKind {
    type Out = DrainAt;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(DrainAt, Json)> {
        Quantity::<Celsius, Any>::read(node, reader).map(|(at, json)| (DrainAt::Temperature(at), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Quantity::<Celsius, Any>::schema(definitions)
    }
}

/// [`DrainFields`], or "forecast" for short.
pub(in crate::scenario) struct DrainKind;

impl Kind for DrainKind {
    type Out = Drain;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Drain, Json)> {
        let short = (node.text() == Some("forecast"))
            .then(|| Node::from_json(&json!({ "at": "forecast" }), node.span));
        let node = short.as_ref().unwrap_or(node);
        let (it, json) = DrainFields::read(node, reader)?;
        let at = match it.at {
            Some(DrainAt::Temperature(_)) if it.forecast => {
                let message = "both a temperature and a forecast say when to leave";
                reader.fault_in(node, "forecast", message, "one of the two");
                return None;
            }
            at => at.or(it.forecast.then_some(DrainAt::Forecast)),
        };
        if at.is_none() && !it.on_battery {
            reader.fault(node.span, "nothing makes instances leave", "`at`, `forecast` or `on_battery`");
            return None;
        }
        let drain = Drain { at, on_battery: it.on_battery, period: it.period, hysteresis: it.hysteresis.0 };
        Some((drain, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let word = json!({ "const": "forecast", "description": "the same as {\"at\": \"forecast\"}" });
        json!({ "anyOf": [DrainFields::schema(definitions), word] })
    }
}

object! {
    /// Extra instances for stragglers (LATE, Zaharia et al., OSDI 2008): of the instances that are slower than most, the one that is expected to
    /// take longest gets a second, from the beginning, on a node that is not slow.
    SpeculateKind: Speculate = Speculate {
        /// Speculative instances at most, as a share of all slots.
        default "cap" => cap: Number<PositiveUnit> = "0.1",
        /// Instances (and nodes) whose rate of progress is below this quantile of all are slow.
        default "slow" => slow: Probability = "0.25",
        /// Nothing is judged before it has run this long.
        default "after" => after: Duration<NonNegative> = "\"1 min\"",
        /// How often the controller looks.
        default "period" => period: Duration<Positive> = "\"1 min\"",
    }
}

object! {
    /// Adaptive replication after BOINC: a job sent to a trusted node needs a single result.
    TrustKind: Trust = Trust {
        /// Consecutive valid results that make a node trusted.
        default "after" => after: Count<1> = "10",
        /// Probability that a job is given a quorum all the same. Left out: `after` over the node's consecutive valid results.
        optional "spot_check" => spot_check: Probability,
    }
}

/// Whether the policies can do with jobs what they say on this fleet.
pub(in crate::scenario) fn check_fleet(scenario: &Scenario, root: &Node, reader: &mut Reader<'_>) {
    if scenario.jobs().next().is_none() {
        return;
    }
    for (name, policy) in &scenario.policies {
        let written =
            root.get("policies").and_then(|all| all.get(name)).and_then(|policy| policy.get("jobs"));
        let Some(written) = written else { continue };
        let steps = ["policies", name.as_str(), "jobs"];
        reader.within_all(&steps, |reader| check_policy(scenario, &policy.jobs, written, reader));
    }
}

fn check_policy(scenario: &Scenario, policy: &JobPolicy, written: &Node, reader: &mut Reader<'_>) {
    let (mut nodes, mut all_wrong) = (0_u64, true);
    for entry in &scenario.fleet {
        for rack in &entry.racks {
            for (kind, count) in &rack.nodes {
                let node = &scenario.nodes[kind];
                if node.slots > policy.reserve {
                    nodes += u64::from(entry.sites) * u64::from(rack.count) * u64::from(*count);
                    all_wrong &= node.error_rate >= 1.0;
                }
            }
        }
    }
    if nodes == 0 {
        let message = format!("no node has more than {} slots, so that none is left to jobs", policy.reserve);
        reader.fault_in(written, "reserve", message, "fewer than the slots of some node type");
        return;
    }
    for (field, wanted) in [("copies", policy.copies), ("quorum", policy.quorum)] {
        if u64::from(wanted) > nodes {
            let message =
                format!("{wanted} distinct nodes are needed, but the fleet has {nodes} with slots for jobs");
            reader.fault_in(written, field, message, format!("at most {nodes}"));
        }
    }
    let independent = scenario.jobs().any(|(_, _, jobs)| jobs.wrong_results == WrongResults::Independent);
    if policy.quorum > 1 && all_wrong && independent {
        let message = "all results are wrong (`error_rate` 1) and no two agree: no quorum is ever met";
        reader.fault_in(written, "quorum", message, "an `error_rate` below 1, or no quorum");
    }
    if let Some(checkpoint) = &policy.checkpoint {
        let fixed = matches!(checkpoint.every, CheckpointEvery::Fixed(_));
        let stateless = scenario.jobs().any(|(_, _, jobs)| jobs.state.0 <= 0.0);
        if !fixed && checkpoint.cost.is_none() && stateless {
            let message =
                "a formula needs to know what a checkpoint costs, but there is neither `cost` nor `state`";
            reader.fault_in(written, "checkpoint", message, "`cost`, or `state` with the jobs");
        }
    }
}
