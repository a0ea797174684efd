//! Access links.

use super::site::FleetFields;
use crate::kernel::Dist;
use crate::quantity::{Bytes, BytesPerSecond, PerSecond};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Data, Distribution, Durations, Ratio, Spans};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Positive, Probability, Quantity};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{Aqm, BeyondCap, Cap, Gateway, Link, LinkOutages, Loss, Nat, Uploads};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

/// An access link as written: jitter stands beside the latency.
pub(in crate::scenario) struct LinkAsWritten {
    latency: Option<Dist>,
    jitter: Option<Spikes>,
    stretch: Option<Dist>,
    loss: Option<Loss>,
    up: Option<BytesPerSecond>,
    down: Option<BytesPerSecond>,
    outages: Option<LinkOutages>,
    buffer: Option<Bytes>,
    aqm: Aqm,
    cap: Option<Cap>,
    nat: Option<Nat>,
    address_change: Option<LinkOutages>,
}

object! {
    /// An access link.
    LinkFields: LinkAsWritten = LinkAsWritten {
        /// One-way latency of each message: requests, beats, and those by which shards, orders and results are asked for and answered. Left out: none.
        optional "latency" => latency: Durations,
        /// Rare delays on top. Left out: none.
        optional "jitter" => jitter: JitterKind,
        /// Factor drawn for each message of requests, objects and jobs: it multiplies what the message takes over backbone and link. Health checks and
        /// readings are not stretched. Left out: 1.
        optional "stretch" => stretch: Distribution<Ratio>,
        /// Loss of messages. Requests and replies that are lost are lost; messages of objects and jobs are sent again after 1 s, 2 s, 4 s and
        /// so on, at most 60 s, sixteen times in all (RFC 6298) `[L]`, and their bulk transfers move at most 1460 B / round trip · √(1.5 / loss) (Mathis et al. 1997) `[M]`. Left out: none.
        optional "loss" => loss: LossKind,
        /// Rate from the site, shared fairly. Left out: unlimited.
        optional "up" => up: Quantity<BytesPerSecond, Positive>,
        /// Rate to the site, shared fairly. Left out: unlimited.
        optional "down" => down: Quantity<BytesPerSecond, Positive>,
        /// Outages. Left out: none.
        optional "outages" => outages: LinkOutagesKind,
        /// Bytes that wait before the busy uplink at most: small messages wait behind them. Left out: they do not wait.
        optional "buffer" => buffer: Quantity<Bytes, Positive>,
        /// Management of the queue before the busy uplink; it matters where there is a `buffer`.
        default "aqm" => aqm: AqmKind = "\"none\"",
        /// Monthly data cap. Left out: none.
        optional "cap" => cap: CapKind,
        /// Sites that take no connection from outside. Left out: all sites do.
        optional "nat" => nat: NatKind,
        /// Changes of address. Left out: none.
        optional "address_change" => address_change: AddressChangeKind,
    }
    check check_link
}

/// [`LinkFields`] with the jitter in the latency.
pub(in crate::scenario) struct LinkKind;

impl Kind for LinkKind {
    type Out = Link;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Link, Json)> {
        let (it, mut json) = LinkFields::read(node, reader)?;
        if it.aqm == Aqm::None
            && let Some(fields) = json.as_object_mut()
        {
            fields.shift_remove("aqm");
        }
        let latency = match it.jitter {
            Some(spikes) => Some(spikes.over(it.latency)),
            None => it.latency,
        };
        let LinkAsWritten { stretch, loss, up, down, outages, buffer, aqm, cap, nat, address_change, .. } =
            it;
        Some((
            Link { latency, stretch, loss, up, down, outages, buffer, aqm, cap, nat, address_change },
            json,
        ))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        LinkFields::schema(definitions)
    }
}

fn check_link(link: &LinkAsWritten, node: &Node, reader: &mut Reader<'_>) {
    if link.buffer.is_some() && link.up.is_none() {
        let message = "a `buffer` before an uplink that is never busy";
        reader.fault_in(node, "buffer", message, "add `up`, the rate of the uplink");
    }
    if link.buffer.is_none() && link.aqm != Aqm::None {
        let message = "`aqm` manages a queue, but there is no `buffer`";
        reader.fault_in(node, "aqm", message, "add `buffer`, the bytes that wait before the uplink at most");
    }
    if let Some(Cap { then: BeyondCap::Rate(slow), .. }) = link.cap
        && let (Some(up), Some(down)) = (link.up, link.down)
        && slow.0 >= up.0.max(down.0)
    {
        let message = "beyond the cap the link is as fast as before";
        reader.fault_in(node, "cap", message, "`then`: a rate below `up` or `down`");
    }
    if let Some(nat) = &link.nat
        && nat.unreachable == 0.0
    {
        let message = "`nat` that makes no site unreachable";
        reader.fault_in(node, "nat", message, "`unreachable` above 0, or leave `nat` out");
    }
    if let Some(Cap { then: BeyondCap::Rate(_), .. }) = link.cap
        && (link.up.is_none() || link.down.is_none())
    {
        let message = "a cap that slows a link without rates";
        reader.fault_in(node, "cap", message, "add `up` and `down`, or `\"then\": \"off\"`");
    }
}

/// Rare delays: with a small probability a message takes longer.
pub(in crate::scenario) struct Spikes {
    probability: f64,
    extra: Dist,
}

impl Spikes {
    /// The latency with spikes: a mixture of the plain one and, with the probability, its median plus the extra.
    fn over(self, latency: Option<Dist>) -> Dist {
        let plain = latency.unwrap_or(Dist::Constant(0.0));
        let spike = Dist::Shift { by: plain.quantile(0.5), of: self.extra.into() };
        Dist::Mixture([(1.0 - self.probability, plain), (self.probability, spike)].into())
    }
}

object! {
    /// Rare delays of messages.
    SpikesKind: Spikes = Spikes {
        /// Probability of each message.
        required "probability" => probability: Probability,
        /// Added to the median latency.
        required "extra" => extra: Durations,
    }
}

/// `{"spikes": …}`.
pub(in crate::scenario) struct Jitter {
    spikes: Spikes,
}

object! {
    /// Rare delays on top of the latency.
    JitterFields: Jitter = Jitter {
        /// Rare, long delays.
        required "spikes" => spikes: SpikesKind,
    }
}

/// [`JitterFields`].
pub(in crate::scenario) struct JitterKind;

impl Kind for JitterKind {
    type Out = Spikes;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Spikes, Json)> {
        JitterFields::read(node, reader).map(|(it, json)| (it.spikes, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        JitterFields::schema(definitions)
    }
}

choice! {
    /// Management of the queue before a busy uplink.
    AqmKind: Aqm {
        words {
            /// First come, first served; what finds the buffer full is dropped.
            "none" => Aqm::None,
            /// Flow queueing with controlled delay (fq_codel, CAKE): small messages pass the bulk.
            "fq" => Aqm::Fq,
        }
    }
}

object! {
    /// A monthly data cap.
    CapKind: Cap = Cap {
        /// Bytes per calendar month, both directions together.
        required "bytes" => bytes: Quantity<Bytes, Positive>,
        /// What is left until the month ends.
        required "then" => then: BeyondCapKind,
    }
}

choice! {
    /// What is left of a link beyond its data cap.
    BeyondCapKind: BeyondCap {
        words {
            /// Nothing.
            "off" => BeyondCap::Off,
        }
        bare {
            /// At most this rate in each direction.
            CapRateKind
        }
    }
}

/// A rate beyond the cap.
pub(in crate::scenario) struct CapRateKind;

impl Kind for CapRateKind {
    type Out = BeyondCap;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(BeyondCap, Json)> {
        let rate = Quantity::<BytesPerSecond, Positive>::read(node, reader);
        rate.map(|(rate, json)| (BeyondCap::Rate(rate), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Quantity::<BytesPerSecond, Positive>::schema(definitions)
    }
}

object! {
    /// Address translation at the provider.
    NatKind: Nat = Nat {
        /// Share of sites that take no connection from outside.
        required "unreachable" => unreachable: Probability,
        /// Extra latency by way of a relay, drawn once for a site and added to each message, in either direction: twice to a round trip.
        /// Beats leave a site by themselves and need no relay. Left out: nobody reaches those sites.
        optional "relay" => relay: Durations,
    }
}

/// Changes of address as written.
pub(in crate::scenario) struct AddressChange {
    every: Dist,
    lasts: Dist,
}

object! {
    /// Changes of address: nobody finds the site for a while.
    AddressChangeFields: AddressChange = AddressChange {
        /// From the end of one to the next.
        required "every" => every: Spans,
        /// How long nobody finds the site.
        required "for" => lasts: Durations,
    }
}

/// [`AddressChangeFields`] as outages.
pub(in crate::scenario) struct AddressChangeKind;

impl Kind for AddressChangeKind {
    type Out = LinkOutages;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(LinkOutages, Json)> {
        let (it, json) = AddressChangeFields::read(node, reader)?;
        Some((LinkOutages { up: it.every, down: it.lasts, shared_by_isp: false }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        AddressChangeFields::schema(definitions)
    }
}

object! {
    /// Rates of a gateway.
    GatewayKind: Gateway = Gateway {
        /// From the gateway to sites. Left out: unlimited.
        optional "up" => up: Quantity<BytesPerSecond, Positive>,
        /// From sites to the gateway. Left out: unlimited.
        optional "down" => down: Quantity<BytesPerSecond, Positive>,
    }
}

object! {
    /// Traffic of others behind the same access link.
    UploadsKind: Uploads = Uploads {
        /// From the beginning of one upload to the beginning of the next.
        required "every" => every: Spans,
        /// Bytes of each.
        required "size" => size: Distribution<Data>,
    }
}

/// Uploads need an uplink with a rate, or they take no time.
pub(super) fn check_uploads(entry: &FleetFields, node: &Node, reader: &mut Reader<'_>) {
    if entry.uploads.is_some() && entry.link.as_ref().is_none_or(|link| link.up.is_none()) {
        let message = "uploads over an unlimited uplink take no time";
        reader.fault_in(node, "uploads", message, "add a `link` with a rate `up`");
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
        required "up" => up: Spans,
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
