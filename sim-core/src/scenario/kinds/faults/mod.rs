//! Faults on purpose: what they look like. What must hold between them and the rest of a scenario stands in `check`.

mod check;

pub(in crate::scenario) use check::{check, complete};

use crate::kernel::SimDuration;
use crate::quantity::Kelvin;
use crate::scenario::declare::{ObjectSchema, object};
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Fields, Kind, Reader, list};
use crate::scenario::scalar::{Count, Duration, Flag, Number, Positive, Probability, Quantity, Text};
use crate::scenario::spec::{Fault, FaultAction, Target, Which};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};
use std::marker::PhantomData;

/// A fault whose name may still be missing.
pub(in crate::scenario) struct FaultAsWritten {
    name: Option<String>,
    at: SimDuration,
    lasts: Option<SimDuration>,
    kill: Option<Aim>,
    grid_outage: Option<Aim>,
    latency: Option<Aim>,
    loss: Option<Aim>,
    partition: Option<Aim>,
    slow: Option<Aim>,
    throttle: Option<Aim>,
    heat: Option<Aim>,
    cooling_failure: Option<Aim>,
    sag: Option<Aim>,
    surge: Option<Aim>,
}

object! {
    /// Something that is done to the world on purpose: give exactly one of the actions, with its target. Faults may overlap;
    /// each end takes back what its beginning did.
    FaultFields: FaultAsWritten = FaultAsWritten {
        /// Name, in metrics and pictures; a name is made up if left out.
        optional "name" => name: Text,
        /// When it begins, from the start of the run.
        required "at" => at: Duration,
        /// How long it holds. Left out: until the end of the run.
        optional "for" => lasts: Duration<Positive>,
        /// Nodes go down, whatever their power; of a gateway or backbone link: nothing passes.
        optional "kill" => kill: Aimed<Kill>,
        /// Sites lose their mains; a UPS carries them as in any outage.
        optional "grid_outage" => grid_outage: Aimed<GridOutage>,
        /// Messages take longer: requests, replies and health messages.
        optional "latency" => latency: Aimed<Latency>,
        /// Messages are lost, on top of what links lose.
        optional "loss" => loss: Aimed<Loss>,
        /// Sites run but cannot be reached; of a gateway or backbone link: nothing passes. Nodes are watched from the gateway of their own
        /// region: that of a region going silent makes all its nodes suspects, and a cut between regions none.
        optional "partition" => partition: Aimed<Partition>,
        /// Nodes serve slower but still answer health checks: grey failure.
        optional "slow" => slow: Aimed<Slow>,
        /// Nodes are throttled as if too hot; their type says what that means.
        optional "throttle" => throttle: Aimed<Throttle>,
        /// The air of sites is hotter.
        optional "heat" => heat: Aimed<Heat>,
        /// Air conditioners, fans and pumps of sites stand still.
        optional "cooling_failure" => cooling_failure: Aimed<CoolingFailure>,
        /// The voltage of the mains is lower: a sag against the ITIC curve, which a UPS corrects as any sag.
        optional "sag" => sag: Aimed<Sag>,
        /// A surge, which damages nodes by chance; it takes no `for`.
        optional "surge" => surge: Aimed<Surge>,
    }
}

/// [`FaultFields`] with its one action.
pub(in crate::scenario) struct FaultKind;

impl Kind for FaultKind {
    type Out = (Option<String>, Fault);

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Self::Out, Json)> {
        let (it, json) = FaultFields::read(node, reader)?;
        let aims = [
            it.kill,
            it.grid_outage,
            it.latency,
            it.loss,
            it.partition,
            it.slow,
            it.throttle,
            it.heat,
            it.cooling_failure,
            it.sag,
            it.surge,
        ];
        let mut aims = aims.into_iter().flatten();
        let (Some(aim), None) = (aims.next(), aims.next()) else {
            let message = "a fault takes exactly one action";
            reader.fault(node.span, message, format!("accepted: one of {}", list(ACTIONS)));
            return None;
        };
        let Aim { action, target, share } = aim;
        if action.is_instant() && it.lasts.is_some() {
            let message = format!("a `{}` is over at once", action.name());
            reader.fault_in(
                node,
                "for",
                message,
                "leave `for` out; what is damaged is repaired in its own time",
            );
        }
        let fault = Fault { name: String::new(), at: it.at, lasts: it.lasts, action, target, share };
        Some(((it.name, fault), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        FaultFields::schema(definitions)
    }
}

const ACTIONS: &[&str] = &[
    "kill",
    "grid_outage",
    "latency",
    "loss",
    "partition",
    "slow",
    "throttle",
    "heat",
    "cooling_failure",
    "sag",
    "surge",
];

/// An action with its target.
pub(in crate::scenario) struct Aim {
    action: FaultAction,
    target: Target,
    share: f64,
}

/// What an action takes beside its target.
pub(in crate::scenario) trait Parameters {
    /// Name of the schema definition.
    const NAME: &'static str;
    /// What it does, for the schema.
    const DOC: &'static str;
    /// All fields, those of the target included.
    const FIELDS: &'static [&'static str];
    /// Reads its own fields.
    fn read(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<FaultAction>;
    /// Declares its own fields.
    fn declare(schema: &mut ObjectSchema, definitions: &mut Definitions);
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $kind:ident { $($(#[doc = $about:literal])+ $json:literal => $field:ident : $of:ty),* } $make:expr;)*) => {$(
        $(#[doc = $doc])+
        pub(in crate::scenario) struct $kind;

        impl Parameters for $kind {
            const NAME: &'static str = concat!(stringify!($kind), "Fault");
            const DOC: &'static str = concat!($($doc, "\n"),+);
            const FIELDS: &'static [&'static str] = &[
                $($json,)* "share", "all", "fleet", "region", "isp", "operator", "feeder", "site", "circuit", "rack", "node",
                "batch", "gateway", "backbone",
            ];

            #[allow(unused_variables)]
            fn read(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<FaultAction> {
                $(let $field = fields.required::<$of>(reader, $json);)*
                $(let $field = $field?;)*
                Some($make)
            }

            #[allow(unused_variables)]
            fn declare(schema: &mut ObjectSchema, definitions: &mut Definitions) {
                $(schema.required::<$of>(definitions, $json, concat!($($about, "\n"),+));)*
            }
        }
    )*};
}

actions! {
    /// Nodes go down.
    Kill {} FaultAction::Kill;
    /// Sites lose their mains.
    GridOutage {} FaultAction::GridOutage;
    /// Messages take longer: requests, replies, those of objects and jobs, readings, beats, and probes and pings on each of their two ways. Nodes are watched from
    /// the gateway of their own region, so what is added between regions reaches health messages only where each gateway has its own view.
    Latency {
        /// What is added to each message, one way.
        "add" => add: Durations
    } FaultAction::Latency { add };
    /// Messages are lost, and those of objects and jobs sent again: requests, replies, readings, beats, and probes and pings on each of their two ways. Nodes are watched from the
    /// gateway of their own region, so losses between regions reach health messages only where each gateway has its own view.
    Loss {
        /// Probability of loss of each message; with that of the link, 1 - (1 - p)(1 - q).
        "p" => p: Probability
    } FaultAction::Loss { p };
    /// Sites cannot be reached.
    Partition {} FaultAction::Partition;
    /// Nodes serve slower.
    Slow {
        /// Work takes this many times as long; several factors multiply.
        "factor" => factor: Number<Positive>
    } FaultAction::Slow { factor };
    /// Nodes are throttled.
    Throttle {} FaultAction::Throttle;
    /// The air of sites is hotter, at once and by as much all the time; air conditioning does not feel it. Nor do breakers, whose derating
    /// follows the weather, and batteries, whose ageing does: both are known before the run.
    Heat {
        /// By how much; several rises add up.
        "rise" => rise: Quantity<Kelvin>
    } FaultAction::Heat { rise };
    /// Air conditioners, fans and pumps of sites stand still.
    CoolingFailure {} FaultAction::CoolingFailure;
    /// The voltage of the mains is lower.
    Sag {
        /// By which share: 0.3 leaves 70 %. Of several at once, the deepest counts.
        "depth" => depth: Probability
    } FaultAction::Sag { depth };
    /// A surge reaches sites.
    Surge {} FaultAction::Surge;
}

/// A target beside the parameters `P`.
pub(in crate::scenario) struct Aimed<P>(PhantomData<P>);

impl<P: Parameters> Kind for Aimed<P> {
    type Out = Aim;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Aim, Json)> {
        let mut fields = reader.open(node, P::FIELDS)?;
        let action = P::read(&mut fields, reader);
        let share = fields.default::<Probability>(reader, "share", "1");
        let target = target(&mut fields, reader);
        let aim = Aim { action: action?, target: target?, share: share? };
        Some((aim, fields.finish()))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        definitions.define(P::NAME, |definitions| {
            let mut schema = ObjectSchema::new(P::DOC);
            P::declare(&mut schema, definitions);
            let whole = "of the targets, drawn at random: nodes, or sites where only whole ones can be hit";
            schema.default::<Probability>(definitions, "share", &format!("Share {whole}."), "1");
            declare_target(&mut schema, definitions);
            schema.finish()
        })
    }
}

/// A target by itself.
pub(in crate::scenario) struct TargetKind;

impl Kind for TargetKind {
    type Out = Target;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Target, Json)> {
        let mut fields = reader.open(node, TARGET_FIELDS)?;
        let target = target(&mut fields, reader)?;
        Some((target, fields.finish()))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        definitions.define("Target", |definitions| {
            let mut schema = ObjectSchema::new("Nodes and sites, by what they have in common.");
            declare_target(&mut schema, definitions);
            schema.finish()
        })
    }
}

const TARGET_FIELDS: &[&str] = &[
    "all", "fleet", "region", "isp", "operator", "feeder", "site", "circuit", "rack", "node", "batch",
    "gateway", "backbone",
];

fn target(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Target> {
    // All are read before any is missed, so that all mistakes are told.
    let all = fields.optional::<Flag>(reader, "all");
    let [fleet, region, feeder, site, circuit, rack, node, batch, gateway] =
        ["fleet", "region", "feeder", "site", "circuit", "rack", "node", "batch", "gateway"]
            .map(|key| fields.optional::<WhichKind>(reader, key));
    let [isp, operator] = ["isp", "operator"].map(|key| fields.optional::<Text>(reader, key));
    let backbone = fields.optional::<PairKind>(reader, "backbone");
    Some(Target {
        all: all?.unwrap_or(false),
        fleet: fleet?,
        region: region?,
        isp: isp?,
        operator: operator?,
        feeder: feeder?,
        site: site?,
        circuit: circuit?,
        rack: rack?,
        node: node?,
        batch: batch?,
        gateway: gateway?,
        backbone: backbone?,
    })
}

fn declare_target(schema: &mut ObjectSchema, definitions: &mut Definitions) {
    schema.optional::<Flag>(definitions, "all", "The whole fleet.");
    for (key, doc) in [
        ("fleet", "Fleet entry, by name or number."),
        ("region", "Region, by name or number."),
        ("feeder", "Feeder: \"ENTRY/NUMBER\", or its number within what the other fields name."),
        ("site", "Site: \"ENTRY/NUMBER\", or its number within what the other fields name."),
        ("circuit", "What hangs on the breaker of a site, named like the site."),
        ("rack", "Rack: \"ENTRY/SITE/NUMBER\", or its number within what the other fields name."),
        ("node", "Node: \"ENTRY/SITE/NUMBER\", or its number within what the other fields name."),
        (
            "batch",
            "Batch of manufacture: \"TYPE/NUMBER\", or its number over all node types that have `batches`.",
        ),
        ("gateway", "The gateway of a region: what enters or is watched there. Alone."),
    ] {
        schema.optional::<WhichKind>(definitions, key, doc);
    }
    schema.optional::<Text>(definitions, "isp", "Internet service provider, in all regions.");
    schema.optional::<Text>(definitions, "operator", "Operator.");
    schema.optional::<PairKind>(
        definitions,
        "backbone",
        "The way between two regions; of a graph: the link between two regions or exchange points. Alone.",
    );
}

/// A name or path, or a number.
pub(in crate::scenario) struct WhichKind;

impl Kind for WhichKind {
    type Out = Which;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Which, Json)> {
        match &node.value {
            Value::String(text) => Some((Which::Name(text.clone()), text.as_str().into())),
            Value::Number(_) => {
                Count::<0>::read(node, reader).map(|(index, json)| (Which::Index(index), json))
            }
            _ => reader.mismatch(node, "a name or path, or a number from 0"),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        definitions.define("Which", |_| {
            json!({ "description": "a name or path, or a number from 0", "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }] })
        })
    }
}

/// Two regions, or exchange points.
pub(in crate::scenario) struct PairKind;

impl Kind for PairKind {
    type Out = [Which; 2];

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<([Which; 2], Json)> {
        let Value::Array(items) = &node.value else { return reader.mismatch(node, "[region, region]") };
        let [a, b] = &items[..] else { return reader.mismatch(node, "[region, region]") };
        let a = reader.within("0", |reader| WhichKind::read(a, reader));
        let b = reader.within("1", |reader| WhichKind::read(b, reader));
        let ((a, a_json), (b, b_json)) = (a?, b?);
        Some(([a, b], json!([a_json, b_json])))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "array", "items": WhichKind::schema(definitions), "minItems": 2, "maxItems": 2 })
    }
}
