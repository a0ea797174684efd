//! Sites: fleet entries with their racks.

use super::building::BuildingKind;
use super::cooling::CoolingKind;
use super::grid::FleetGridKind;
use super::hosts::{ChurnKind, PresenceKind};
use super::link::{LinkKind, UploadsKind, check_uploads};
use super::power::{BreakerKind, SurgeProtectionKind, UpsKind};
use super::tariff::TariffKind;
use crate::quantity::{Dollars, DollarsPerMonth};
use crate::scenario::declare::object;
use crate::scenario::read::Reader;
use crate::scenario::scalar::{Amount, Count, Number, OneOrMore, Quantity, Text};
use crate::scenario::section::{ByName, List, Reference};
use crate::scenario::spec::{
    Breaker, Building, Churn, Grid, Link, Named, Presence, Rack, SurgeProtection, Tariff, Uploads, Ups,
};
use crate::scenario::tree::Node;

/// A fleet entry whose name and region may still be missing.
pub(in crate::scenario) struct FleetFields {
    pub(in crate::scenario) name: Option<String>,
    pub(in crate::scenario) region: Option<String>,
    pub(in crate::scenario) sites: u32,
    pub(in crate::scenario) building: Option<Building>,
    pub(in crate::scenario) grid: Option<Grid>,
    pub(in crate::scenario) breaker: Option<Breaker>,
    pub(in crate::scenario) ups: Option<Ups>,
    pub(in crate::scenario) surge_protection: SurgeProtection,
    pub(in crate::scenario) link: Option<Link>,
    pub(in crate::scenario) isp: Option<String>,
    pub(in crate::scenario) operator: Option<String>,
    pub(in crate::scenario) tariff: Option<Tariff>,
    pub(in crate::scenario) pue: f64,
    pub(in crate::scenario) internet: DollarsPerMonth,
    pub(in crate::scenario) rent: DollarsPerMonth,
    pub(in crate::scenario) visit: Dollars,
    pub(in crate::scenario) uploads: Option<Uploads>,
    pub(in crate::scenario) crews: Option<u32>,
    pub(in crate::scenario) churn: Option<Churn>,
    pub(in crate::scenario) presence: Option<Presence>,
    pub(in crate::scenario) racks: Vec<Rack>,
}

object! {
    /// A group of like sites.
    FleetKind: FleetFields = FleetFields {
        /// Name; a name is made up if left out.
        optional "name" => name: Text,
        /// Name of its region; may be left out when there is only one.
        optional "region" => region: Text,
        /// Number of sites.
        default "sites" => sites: Count<1> = "1",
        /// The building around the racks. Left out: racks stand at outdoor temperature.
        optional "building" => building: Reference<BuildingKind>,
        /// Mains. Left out: that of the region; "none": mains never fail.
        inherited "grid" => grid: FleetGridKind,
        /// The breaker of each site. Left out: any current.
        optional "breaker" => breaker: Reference<BreakerKind>,
        /// The UPS of each site. Left out: there is none.
        optional "ups" => ups: Reference<UpsKind>,
        /// How well each site is protected against surges.
        default "surge_protection" => surge_protection: SurgeProtectionKind = "\"none\"",
        /// The access link of each site. Left out: no delay, no loss, any rate.
        optional "link" => link: Reference<LinkKind>,
        /// Internet service provider; sites of a region with the same one share its outages.
        optional "isp" => isp: Text,
        /// Who runs the sites; entries with the same operator can fail with it.
        optional "operator" => operator: Text,
        /// Prices of electricity. Left out: it is free.
        optional "tariff" => tariff: Reference<TariffKind>,
        /// Energy billed over energy metered, for cooling and losses that are not part of the scenario.
        default "pue" => pue: Number<OneOrMore> = "1",
        /// Price of the access link of each site.
        default "internet" => internet: Quantity<DollarsPerMonth, Amount> = "\"0 $/month\"",
        /// Rent of each site, and whatever else goes by the month.
        default "rent" => rent: Quantity<DollarsPerMonth, Amount> = "\"0 $/month\"",
        /// Price of each repair of a node, the way there included.
        default "visit" => visit: Quantity<Dollars, Amount> = "\"0 $\"",
        /// Traffic of others behind the access link of each site. Left out: none.
        optional "uploads" => uploads: UploadsKind,
        /// Repair crews of these sites; repairs wait for a free one. Left out: those of the region.
        optional "crews" => crews: Count<1>,
        /// Hosts that join and leave for good. Left out: they stay.
        optional "churn" => churn: ChurnKind,
        /// Hosts that are switched on and off. Left out: they stay on.
        optional "presence" => presence: Reference<PresenceKind>,
        /// Racks of each site.
        required "racks" => racks: List<RackKind, 1>,
    }
    check check_uploads
}

object! {
    /// Racks of one kind.
    RackKind: Rack = Rack {
        /// How many at each site.
        default "count" => count: Count<1> = "1",
        /// Cooling of each. Left out: nodes as they are, in the air of the room.
        optional "cooling" => cooling: Reference<CoolingKind>,
        /// Nodes in each: how many of each node type.
        required "nodes" => nodes: ByName<Count<0>, 1>,
    }
    check check_rack
}

fn check_rack(rack: &Rack, node: &Node, reader: &mut Reader<'_>) {
    if rack.nodes.values().all(|count| *count == 0) {
        reader.fault_in(node, "nodes", "the rack is empty", "at least one node");
    }
    let _: &Named<u32> = &rack.nodes;
}
