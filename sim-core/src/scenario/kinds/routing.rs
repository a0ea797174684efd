//! How a node is chosen.

use crate::policy::score::Score;
use crate::quantity::Celsius;
use crate::scenario::declare::{choice, object};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Any, Count, Duration, NonNegative, Number, OneOrMore, Positive, Probability, Quantity,
};
use crate::scenario::spec::{Preference, Routing, Scenario};
use crate::scenario::tree::{Node, Span};
use serde_json::{Value as Json, json};
use std::sync::Arc;

choice! {
    /// How a node is chosen among those not suspected.
    RoutingChoice: Routing {
        words {
            /// Uniformly at random.
            "random" => Routing::Random,
            /// In turn.
            "round_robin" => Routing::RoundRobin,
            /// The shortest queue of all.
            "least_loaded" => Routing::LeastLoaded { stale: None },
            /// A node known to have a free slot, the one that has had it longest; failing that, a random one.
            "join_idle_queue" => Routing::JoinIdleQueue,
            /// The truth: where an attempt will be done first. An upper bound that no real controller reaches.
            "oracle" => Routing::Oracle,
        }
        objects {
            /// The shortest of some queues sampled without replacement.
            "power_of_choices" => PowerOfChoicesKind,
            /// The shortest queue of all, as it was known some time ago.
            "least_loaded" => LeastLoadedKind,
            /// The least observed latency times queue, of some sampled.
            "latency_aware" => LatencyAwareKind,
            /// The nearest region that has room.
            "locality" => LocalityKind,
            /// The coolest of some sampled that have room; needs telemetry.
            "thermal_aware" => ThermalAwareKind,
            /// The one with the cheapest electricity of some sampled that have room; needs tariffs.
            "price_aware" => PriceAwareKind,
            /// The fullest battery of some sampled that have room; needs telemetry.
            "battery_aware" => BatteryAwareKind,
            /// The longest up without a suspicion of some sampled that have room.
            "age_biased" => AgeBiasedKind,
            /// At random, weighted by the observed share of successes.
            "reliability" => ReliabilityKind,
            /// By hash of the key of a request, with bounded loads.
            "consistent_hashing" => ConsistentHashingKind,
        }
    }
}

/// [`RoutingChoice`], or a score.
pub(in crate::scenario) struct RoutingKind;

impl Kind for RoutingKind {
    type Out = Routing;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Routing, Json)> {
        if node.get("score").is_some() {
            return ScoreRouting::read(node, reader);
        }
        RoutingChoice::read(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        definitions.define("RoutingKind", |definitions| {
            RoutingChoice::schema(definitions);
            let mut schema = definitions.0.shift_remove("RoutingChoice").expect("it was just defined");
            ScoreRouting::schema(definitions);
            let score = definitions.0.shift_remove("ScoreRouting").expect("it was just defined");
            schema["anyOf"].as_array_mut().expect("a choice is one of several").push(score);
            schema
        })
    }
}

object! {
    /// The shortest of some queues.
    PowerOfChoicesKind: Routing = Routing::PowerOfChoices {
        /// How many are sampled. Default: most of the gain comes with the second (Mitzenmacher, IEEE TPDS 12(10), 2001), `[M]`.
        default "choices" => choices: Count<1, 64> = "2",
        /// Queues are known only as they were when this period last began. Left out: as they are.
        optional "stale" => stale: Duration<Positive>,
    }
}

object! {
    /// The shortest queue of all.
    LeastLoadedKind: Routing = Routing::LeastLoaded {
        /// Queues are known only as they were when this period last began. Left out: as they are.
        optional "stale" => stale: Duration<Positive>,
    }
}

object! {
    /// The least peak-EWMA latency times queue, of some sampled.
    LatencyAwareKind: Routing = Routing::LatencyAware {
        /// How many are sampled.
        default "choices" => choices: Count<1, 64> = "2",
        /// Time constant of the moving average. Default: Finagle's, `[M]`.
        default "decay" => decay: Duration<Positive> = "\"10 s\"",
    }
}

object! {
    /// Whom to compare, and until when the preference holds.
    PreferenceFields: Preference = Preference {
        /// How many nodes are sampled.
        default "choices" => choices: Count<1, 64> = "2",
        /// A node has room while its attempts are fewer than this multiple of its slots; where none has room, the shortest queue decides.
        default "spill" => spill: Number<Positive> = "1",
    }
}

macro_rules! preferences {
    ($($(#[doc = $doc:literal])+ $kind:ident = $make:path;)*) => {$(
        $(#[doc = $doc])+
        pub(in crate::scenario) struct $kind;

        impl Kind for $kind {
            type Out = Routing;

            fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Routing, Json)> {
                PreferenceFields::read(node, reader).map(|(among, json)| ($make(among), json))
            }

            fn schema(definitions: &mut Definitions) -> Json {
                PreferenceFields::schema(definitions)
            }
        }
    )*};
}

preferences! {
    /// The nearest region that has room.
    LocalityKind = Routing::Locality;
    /// The cheapest electricity.
    PriceAwareKind = Routing::PriceAware;
    /// The longest up.
    AgeBiasedKind = Routing::AgeBiased;
}

/// The fields of a preference with a limit.
pub(in crate::scenario) struct Limited<T> {
    choices: u32,
    spill: f64,
    limit: T,
}

pub(in crate::scenario) type Temperature = Limited<Celsius>;
pub(in crate::scenario) type Reserve = Limited<f64>;

object! {
    /// The coolest.
    ThermalAwareFields: Temperature = Limited {
        /// How many nodes are sampled.
        default "choices" => choices: Count<1, 64> = "2",
        /// As for the other preferences.
        default "spill" => spill: Number<Positive> = "1",
        /// Nodes this hot, or throttled, are a last resort. Default: some kelvins below where cards throttle, `[A]`.
        default "avoid" => limit: Quantity<Celsius, Any> = "\"75 C\"",
    }
}

object! {
    /// The fullest battery.
    BatteryAwareFields: Reserve = Limited {
        /// How many nodes are sampled.
        default "choices" => choices: Count<1, 64> = "2",
        /// As for the other preferences.
        default "spill" => spill: Number<Positive> = "1",
        /// Nodes on a battery with a charge below this share are a last resort. Default `[A]`.
        default "reserve" => limit: Probability = "0.5",
    }
}

/// [`ThermalAwareFields`] as a choice.
pub(in crate::scenario) struct ThermalAwareKind;

impl Kind for ThermalAwareKind {
    type Out = Routing;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Routing, Json)> {
        let (Limited { choices, spill, limit }, json) = ThermalAwareFields::read(node, reader)?;
        Some((Routing::ThermalAware { among: Preference { choices, spill }, avoid: limit }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        ThermalAwareFields::schema(definitions)
    }
}

/// [`BatteryAwareFields`] as a choice.
pub(in crate::scenario) struct BatteryAwareKind;

impl Kind for BatteryAwareKind {
    type Out = Routing;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Routing, Json)> {
        let (Limited { choices, spill, limit }, json) = BatteryAwareFields::read(node, reader)?;
        Some((Routing::BatteryAware { among: Preference { choices, spill }, reserve: limit }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        BatteryAwareFields::schema(definitions)
    }
}

/// The fields of [`Routing::Reliability`].
pub(in crate::scenario) struct Reliability {
    sharpness: f64,
    successes: f64,
    failures: f64,
    memory: crate::kernel::SimDuration,
}

object! {
    /// At random, weighted by the observed share of successes.
    ReliabilityFields: Reliability = Reliability {
        /// Power to which the share is raised. Default: one that fails one time in ten gets 43 %, `[A]`.
        default "sharpness" => sharpness: Number<NonNegative> = "8",
        /// Successes counted in advance, so that a new node is given a chance.
        default "prior_successes" => successes: Number<Positive> = "1",
        /// Failures counted in advance.
        default "prior_failures" => failures: Number<NonNegative> = "0",
        /// Observations fade with this time constant. Default `[A]`.
        default "memory" => memory: Duration<Positive> = "\"1 d\"",
    }
}

/// [`ReliabilityFields`] as a choice.
pub(in crate::scenario) struct ReliabilityKind;

impl Kind for ReliabilityKind {
    type Out = Routing;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Routing, Json)> {
        let (it, json) = ReliabilityFields::read(node, reader)?;
        let prior = [it.successes, it.failures];
        Some((Routing::Reliability { sharpness: it.sharpness, prior, memory: it.memory }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        ReliabilityFields::schema(definitions)
    }
}

object! {
    /// By hash of the key of a request, clockwise from it the first node that is not full.
    ConsistentHashingKind: Routing = Routing::ConsistentHashing {
        /// No node gets more than this multiple of its share of the load; left out: no bound.
        optional "bound" => bound: Number<OneOrMore>,
        /// Points on the ring for each slot. Default: shares of single nodes differ by an eighth, `[C]`.
        default "points" => points: Count<1, 1000> = "64",
    }
}

object! {
    /// The node of the greatest value of an expression over what is observed of it.
    ScoreRouting: Routing = Routing::Score {
        /// The expression, such as "2*reliability - 0.5*load - latency_ms/400". A value that is not known of a node makes its score
        /// unknown (NaN), which ranks below every known one, minus infinity included; `default(x, y)` replaces it.
        required "score" => score: ScoreKind,
        /// How many nodes are sampled; one draw of a decision is for `random`. Left out: all are compared.
        optional "choices" => choices: Count<1, 63>,
    }
}

/// An expression over what is observed of a node.
pub(in crate::scenario) struct ScoreKind;

impl Kind for ScoreKind {
    type Out = Arc<Score>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Arc<Score>, Json)> {
        let Some(text) = node.text() else {
            return reader.mismatch(node, "an expression, like \"2*reliability - 0.5*load\"");
        };
        match Score::parse(text) {
            Ok(score) => Some((Arc::new(score), text.into())),
            Err(mistake) => {
                let character = text[..mistake.start].chars().count() + 1;
                let message = format!("{} (character {character} of the expression)", mistake.message);
                reader.fault(within(node.span, text, mistake.start, mistake.end), message, mistake.help);
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({
            "description": "an expression over what is observed of a node",
            "type": "string",
            "examples": ["2*reliability - 0.5*load - latency_ms/400"],
        })
    }
}

/// Requires of policies that route, or place objects, by what nodes say, or by prices, that there is such a thing. `resolved` is
/// the scenario in full.
pub(super) fn check(node: &Node, scenario: &Scenario, resolved: &Json, reader: &mut Reader<'_>) {
    let has_prices =
        resolved["fleet"].as_array().into_iter().flatten().any(|entry| entry.get("tariff").is_some());
    for (name, policy) in &scenario.policies {
        let Some(at) = node.get("policies").and_then(|policies| policies.get(name)) else { continue };
        let says = resolved["policies"][name.as_str()].get("telemetry").is_some();
        let (routing, score) = (&policy.routing, policy.objects.placement.score.as_ref());
        let reads = [
            ("routing", "routes", routing.reads_telemetry(), routing.reads_prices()),
            (
                "objects",
                "places objects",
                score.is_some_and(|score| score.reads_telemetry()),
                score.is_some_and(|score| score.reads_prices()),
            ),
        ];
        for (key, does, telemetry, prices) in reads {
            let (message, help) = if telemetry && !says {
                (
                    format!("policy `{name}` {does} by what nodes say of themselves, but asks for nothing"),
                    "add `telemetry` to the policy",
                )
            } else if prices && !has_prices {
                (
                    format!("policy `{name}` {does} by the price of electricity, but there is none"),
                    "add `tariff` to the fleet",
                )
            } else {
                continue;
            };
            reader.within_all(&["policies", name], |reader| reader.fault_in(at, key, message, help));
        }
    }
}

/// The place of the bytes from `start` to `end` of a text that stands at `span`; the whole, where it has escapes or stands
/// elsewhere.
fn within(span: Span, text: &str, start: usize, end: usize) -> Span {
    if span.end.saturating_sub(span.start) != text.len() + 2 {
        return span;
    }
    Span { start: span.start + 1 + start, end: span.start + 1 + end, ..span }
}
