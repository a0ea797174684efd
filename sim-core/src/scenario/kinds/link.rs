//! Access links.

use crate::quantity::{BytesPerSecond, PerSecond};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;

use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Positive, Probability, Quantity};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{Link, LinkOutages, Loss};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

object! {
    /// An access link.
    LinkKind: Link = Link {
        /// One-way latency of each message. Left out: none.
        optional "latency" => latency: Durations,
        /// Loss of messages. Left out: none.
        optional "loss" => loss: LossKind,
        /// Rate from the site, shared fairly. Left out: unlimited.
        optional "up" => up: Quantity<BytesPerSecond, Positive>,
        /// Rate to the site, shared fairly. Left out: unlimited.
        optional "down" => down: Quantity<BytesPerSecond, Positive>,
        /// Outages. Left out: none.
        optional "outages" => outages: LinkOutagesKind,
    }
}

impl Catalogued for LinkKind {
    const CATALOG: Option<&'static str> = Some("link");
}

choice! {
    /// Loss of messages on a link.
    LossKind: Loss {
        objects {
            /// Each message by itself.
            "bernoulli" => BernoulliKind,
            /// Bursts: good and bad states with exponential sojourns, stationary at the start.
            "gilbert_elliott" => GilbertElliottKind,
        }
        bare {
            /// The probability of loss of each message by itself.
            BernoulliKind
        }
    }
}

/// A probability of loss, bare or as `{"p": …}`.
pub(in crate::scenario) struct BernoulliKind;

impl Kind for BernoulliKind {
    type Out = Loss;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Loss, Json)> {
        if let Value::Object(_) = node.value {
            let mut fields = reader.open(node, &["p"])?;
            let p = fields.required::<Probability>(reader, "p")?;
            return Some((Loss::Bernoulli(p), fields.finish()));
        }
        Probability::read(node, reader).map(|(p, json)| (Loss::Bernoulli(p), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let p = Probability::schema(definitions);
        json!({ "anyOf": [p, { "type": "object", "properties": { "p": p }, "required": ["p"], "additionalProperties": false }] })
    }
}

object! {
    /// Continuous-time Gilbert-Elliott loss.
    GilbertElliottKind: Loss = Loss::GilbertElliott {
        /// Rate from good to bad.
        required "to_bad" => to_bad: Quantity<PerSecond, Positive>,
        /// Rate from bad to good.
        required "to_good" => to_good: Quantity<PerSecond, Positive>,
        /// Loss probability in the good state.
        default "loss_good" => loss_good: Probability = "0",
        /// Loss probability in the bad state.
        default "loss_bad" => loss_bad: Probability = "1",
    }
}

object! {
    /// Outages of links.
    LinkOutagesKind: LinkOutages = LinkOutages {
        /// Time up.
        required "up" => up: Durations,
        /// Time down.
        required "down" => down: Durations,
        /// Who goes down together.
        default "shared_by" => shared_by_isp: LinkDomainKind = "\"site\"",
    }
}

choice! {
    /// Who shares an outage of the link.
    LinkDomainKind: bool {
        words {
            /// Each site alone.
            "site" => false,
            /// All sites of the ISP in the region.
            "isp" => true,
        }
    }
}
