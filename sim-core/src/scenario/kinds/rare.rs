//! How what hardly ever happens is estimated.

use crate::scenario::declare::{choice, object};
use crate::scenario::read::Reader;
use crate::scenario::scalar::{Count, Duration, Number, Positive, Range};
use crate::scenario::section::List;
use crate::scenario::spec::{Rare, RareMethod, Scenario};
use crate::scenario::tree::Node;

/// Paths at most: states of half of them may be kept at once.
const PATHS_MAX: u32 = 10_000_000;

/// A probability that is neither 0 nor 1.
pub(in crate::scenario) struct Inner;

impl Range for Inner {
    fn holds(value: f64) -> bool {
        value > 0.0 && value < 1.0
    }
    const WORDS: &'static str = "more than 0 and less than 1";
    const BOUNDS: &'static [(&'static str, f64)] = &[("exclusiveMinimum", 0.0), ("exclusiveMaximum", 1.0)];
}

object! {
    /// How the probability that an object is lost is estimated where it is too small to be counted: each replication gives one unbiased
    /// estimate.
    RareKind: Rare = Rare {
        /// By which method.
        default "method" => method: RareMethodKind = "\"auto\"",
        /// Paths: of each stage of splitting, or in all under failure biasing. States of as many may be kept in memory.
        default "paths" => paths: Count<2, PATHS_MAX> = "1000",
        /// Numbers of missing shards at which splitting forks, ascending. Left out: a pilot finds them.
        optional "levels" => levels: List<Count<1>, 1>,
        /// Probability that failure biasing gives the next death before the end of a repair.
        default "bias" => bias: Number<Inner> = "0.5",
        /// About how long an object lacks a shard, for failure biasing where repairs take no drawn `time`.
        optional "recovery" => recovery: Duration<Positive>,
    }
    check check_rare
}

choice! {
    /// The method.
    RareMethodKind: RareMethod {
        words {
            /// Failure biasing where steps are rare and few, else splitting.
            "auto" => RareMethod::Auto,
            /// Multilevel splitting over forks of the whole world.
            "splitting" => RareMethod::Splitting,
            /// Units that hold shards die sooner; paths count with their likelihood ratio.
            "biasing" => RareMethod::Biasing,
        }
    }
}

fn check_rare(rare: &Rare, node: &Node, reader: &mut Reader<'_>) {
    if let Some(levels) = &rare.levels
        && levels.windows(2).any(|pair| pair[0] >= pair[1])
    {
        reader.fault_in(
            node,
            "levels",
            "levels that do not ascend",
            "numbers of missing shards, least first",
        );
    }
}

/// What estimating asks of the rest.
pub(super) fn check(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let Some(rare) = &scenario.rare else { return };
    let mut fault = |message: &str, help: &str| reader.fault_in(node, "rare", message, help);
    if scenario.objects().count() != 1 {
        fault("`rare` estimates the loss of objects of one workload", "exactly one workload of `objects`");
    }
    if scenario.objects().any(|(_, _, objects)| objects.count == 0) {
        fault("`rare` looks at an object that is there from the beginning", "a `count` of at least 1");
    }
    if !scenario.warmup.is_zero() {
        fault("`rare` counts losses from the beginning", "no `warmup`");
    }
    if rare.method == RareMethod::Biasing {
        if !scenario.rare_can_bias() {
            let help = "`death` with an exponential `lifetime` for every node type, without faults, batches, acceleration or \
                        degradation; or \"splitting\"";
            fault("failure biasing is for lives that are exponential", help);
        }
        let moves = |policy: &&crate::scenario::spec::Policy| {
            policy.objects.repair.as_ref().is_some_and(|repair| repair.time.is_none())
        };
        if rare.recovery.is_none() && scenario.policies.values().any(|policy| moves(&policy)) {
            fault("how long repairs take that move shards is not known beforehand", "`recovery`, roughly");
        }
    }
}
