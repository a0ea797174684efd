//! Internet service providers and their street cabinets.

use crate::kernel::Dist;
use crate::scenario::declare::object;
use crate::scenario::dist::{Durations, Spans};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::Count;
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{Cabinet, Isp, LinkOutages};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

object! {
    /// An internet service provider, wherever its sites are.
    IspKind: Isp = Isp {
        /// Outages of the whole provider, all its sites at once. Left out: none.
        optional "outages" => outages: IspOutagesKind,
        /// Street cabinets between sites and the provider. Left out: links need no power of their own.
        optional "cabinet" => cabinet: CabinetKind,
    }
}

impl Catalogued for IspKind {
    const CATALOG: Option<&'static str> = None;
}

/// Time up and time down.
pub(in crate::scenario) struct UpDown {
    up: Dist,
    down: Dist,
}

object! {
    /// Outages of a provider.
    IspOutagesFields: UpDown = UpDown {
        /// Time up.
        required "up" => up: Spans,
        /// Time down.
        required "down" => down: Durations,
    }
}

/// [`IspOutagesFields`], shared by the provider.
pub(in crate::scenario) struct IspOutagesKind;

impl Kind for IspOutagesKind {
    type Out = LinkOutages;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(LinkOutages, Json)> {
        let (it, json) = IspOutagesFields::read(node, reader)?;
        Some((LinkOutages { up: it.up, down: it.down, shared_by_isp: true }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        IspOutagesFields::schema(definitions)
    }
}

object! {
    /// Street cabinets: each carries the links of some sites and lives on the mains of the first of them.
    CabinetKind: Cabinet = Cabinet {
        /// Sites on one cabinet, numbered through within a fleet entry.
        default "sites" => sites: Count<1> = "1",
        /// How long the battery carries the cabinet; drawn for each outage, and full again at its end.
        default "battery" => battery: Durations = "\"0 s\"",
        /// From the return of mains to working links.
        default "restart" => restart: Durations = "\"0 s\"",
    }
}
