//! How what hardly ever happens is estimated.

use super::faults::TargetKind;
use crate::scenario::declare::{choice, object};
use crate::scenario::faults::Mistarget;
use crate::scenario::read::Reader;
use crate::scenario::scalar::{Count, Duration, Number, Positive, Range};
use crate::scenario::section::List;
use crate::scenario::spec::{Rare, RareMethod, RareOutage, RareUnit, Scenario, Target};
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
    /// How the probability of what is too rare to be counted is estimated: that an object is lost, or of an outage. Each replication gives one unbiased
    /// estimate.
    RareKind: Rare = Rare {
        /// The outage; without it, it is the loss of an object.
        optional "outage" => outage: RareOutageKind,
        /// By which method.
        default "method" => method: RareMethodKind = "\"auto\"",
        /// Paths: of each stage of splitting, or in all under failure biasing. States of as many may be kept in memory.
        default "paths" => paths: Count<2, PATHS_MAX> = "1000",
        /// Levels of danger at which splitting forks, ascending: numbers of missing shards, or of what is down; from the number that is an outage on, the moments at which
        /// it has lasted for a given share of `longer_than`. Left out: a pilot finds them.
        optional "levels" => levels: List<Count<1>, 1>,
        /// Probability that failure biasing gives the next failure before the end of a repair. Left out: a pilot finds how much sooner failures come at each level.
        optional "bias" => bias: Number<Inner>,
        /// About how long a repair takes, for failure biasing to begin with where repairs take no drawn time.
        optional "recovery" => recovery: Duration<Positive>,
    }
    check check_rare
}

object! {
    /// So much of the fleet is down at once, at some moment from the end of the warm-up on.
    RareOutageKind: RareOutage = RareOutage {
        /// Number of nodes or sites down at once.
        required "down" => down: Count<1>,
        /// What is down.
        default "of" => of: RareUnitKind = "\"nodes\"",
        /// It lasts longer than this at a stretch. Of an outage that is not over at the end, only what has passed counts.
        default "longer_than" => longer_than: Duration = "\"0 s\"",
        /// Of whom; left out, of the whole fleet.
        optional "target" => target: TargetKind,
    }
}

choice! {
    /// What is down.
    RareUnitKind: RareUnit {
        words {
            /// Nodes.
            "nodes" => RareUnit::Nodes,
            /// Sites of which no node is up.
            "sites" => RareUnit::Sites,
        }
    }
}

choice! {
    /// The method.
    RareMethodKind: RareMethod {
        words {
            /// The one that takes fewer events for the same error in pilots.
            "auto" => RareMethod::Auto,
            /// Multilevel splitting over forks of the whole world.
            "splitting" => RareMethod::Splitting,
            /// What brings the event nearer happens sooner; paths count with their likelihood ratio.
            "biasing" => RareMethod::Biasing,
            /// Splitting of paths under failure biasing.
            "both" => RareMethod::Both,
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
            "numbers of what is missing, least first",
        );
    }
    if rare.levels.is_some() && rare.method == RareMethod::Biasing {
        reader.fault_in(node, "levels", "failure biasing alone has no levels", "\"splitting\" or \"both\"");
    }
    if rare.bias.is_some() && rare.method == RareMethod::Splitting {
        reader.fault_in(node, "bias", "splitting alone hastens nothing", "\"biasing\" or \"both\"");
    }
}

/// What estimating asks of the rest.
pub(super) fn check(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let Some(rare) = &scenario.rare else { return };
    if let Some(outage) = &rare.outage {
        check_outage(scenario, rare, outage, node, reader);
        return;
    }
    let mut fault = |message: &str, help: &str| reader.fault_in(node, "rare", message, help);
    if scenario.objects().next().is_none() {
        let help = "a workload of `objects`, or `outage`";
        fault("`rare` estimates the loss of objects or an outage, and there are no objects", help);
    } else if scenario.objects().all(|(_, _, objects)| objects.count == 0) {
        fault("`rare` looks at an object that is there from the beginning", "a `count` of at least 1");
    }
    let biased = matches!(rare.method, RareMethod::Biasing | RareMethod::Both);
    if biased && !scenario.rare_can_bias() {
        let help = "`death` with an exponential `lifetime` for every node type, without faults, batches, acceleration or \
                    degradation; or \"splitting\"";
        fault("failure biasing is for lives that are exponential", help);
    }
}

/// The members of an outage are enough.
fn check_outage(scenario: &Scenario, rare: &Rare, outage: &RareOutage, node: &Node, reader: &mut Reader<'_>) {
    let Some((found, of)) = node.get("rare").and_then(|rare| Some((rare, rare.get("outage")?))) else {
        return;
    };
    reader.within_all(&["rare", "outage"], |reader| match outage.hits(scenario) {
        Err(Mistarget { field, message, help }) => match of.get("target") {
            Some(target) if !field.is_empty() => {
                reader.within("target", |reader| reader.fault_in(target, field, message, help));
            }
            _ => reader.fault_in(of, "target", message, help),
        },
        Ok(_) if outage.target.as_ref().is_some_and(Target::is_way) => {
            reader.fault_in(of, "target", "a way of messages is no group of nodes", "nodes or sites");
        }
        Ok(hits) => {
            let (units, what) = match outage.of {
                RareUnit::Nodes => (hits.nodes.len(), "nodes"),
                RareUnit::Sites => (hits.sites.len(), "sites"),
            };
            if outage.down as usize > units {
                let message = format!("{} cannot be down at once among {units} {what}", outage.down);
                reader.fault_in(of, "down", message, format!("at most {units}"));
            }
        }
    });
    if outage.longer_than.as_nanos() >= scenario.duration.as_nanos() - scenario.warmup.as_nanos() {
        let message = "an outage that is longer than what is measured never happens";
        reader.within_all(&["rare", "outage"], |reader| {
            reader.fault_in(of, "longer_than", message, "less than `duration` without `warmup`");
        });
    }
    let biased = matches!(rare.method, RareMethod::Biasing | RareMethod::Both);
    if biased && !scenario.rare_has_clocks() {
        let help = "exponential `up`, `lifetime` or outages without storms; or \"splitting\"";
        reader.within("rare", |reader| {
            reader.fault_in(found, "method", "failure biasing is for failures after exponential times", help);
        });
    }
}
