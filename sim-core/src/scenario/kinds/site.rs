//! Sites: fleet entries with building, breaker, UPS, link and racks.

use crate::quantity::{Amperes, BytesPerSecond, Celsius, Joules, Kelvin, PerSecond, Volts, Watts};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::kinds::region::FleetGridKind;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Any, Count, Duration, Number, Positive, PositiveUnit, Probability, Quantity, Text,
};
use crate::scenario::section::{ByName, Catalogued, List, Reference};
use crate::scenario::spec::{Breaker, Building, Cooling, Grid, Link, LinkOutages, Loss, Named, Rack, Ups};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

/// A fleet entry whose name and region may still be missing.
pub(in crate::scenario) struct FleetFields {
    pub(in crate::scenario) name: Option<String>,
    pub(in crate::scenario) region: Option<String>,
    pub(in crate::scenario) sites: u32,
    pub(in crate::scenario) building: Option<Building>,
    pub(in crate::scenario) grid: Option<Grid>,
    pub(in crate::scenario) breaker: Option<Breaker>,
    pub(in crate::scenario) ups: Option<Ups>,
    pub(in crate::scenario) link: Option<Link>,
    pub(in crate::scenario) isp: Option<String>,
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
        /// The access link of each site. Left out: no delay, no loss, any rate.
        optional "link" => link: Reference<LinkKind>,
        /// Internet service provider; sites of a region with the same one share its outages.
        optional "isp" => isp: Text,
        /// Racks of each site.
        required "racks" => racks: List<RackKind, 1>,
    }
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

object! {
    /// A building: how the air of the room follows the weather.
    BuildingKind: Building = Building {
        /// Time constant with which the room follows outdoor temperature plus gain.
        default "time_constant" => time_constant: Duration = "\"0 s\"",
        /// Rise over outdoors (sun, appliances).
        default "gain" => gain: Quantity<Kelvin, Any> = "\"0 K\"",
        /// Air conditioning holds the room at or below this. Left out: there is none.
        optional "setpoint" => setpoint: Quantity<Celsius, Any>,
        /// Heating holds the room at or above this. Left out: there is none.
        optional "heating" => heating: Quantity<Celsius, Any>,
    }
    check check_building
}

impl Catalogued for BuildingKind {
    const CATALOG: Option<&'static str> = Some("building");
}

fn check_building(building: &Building, node: &Node, reader: &mut Reader<'_>) {
    if let (Some(setpoint), Some(heating)) = (building.setpoint, building.heating)
        && heating > setpoint
    {
        let message =
            format!("`heating` ({heating}) is above `setpoint` ({setpoint}) of the air conditioning");
        reader.fault_in(node, "heating", message, "a temperature of at most `setpoint`");
    }
}

object! {
    /// Cooling of a rack.
    CoolingKind: Cooling = Cooling {
        /// Multiplies the thermal resistance of each node; a fan lowers it.
        default "resistance_factor" => resistance_factor: Number<Positive> = "1",
        /// Rise of the air in the rack over the room; negative where it is cooled below.
        default "rise" => rise: Quantity<Kelvin, Any> = "\"0 K\"",
        /// Draw of the cooling itself, per rack, while the site has power.
        default "power" => power: Quantity<Watts> = "\"0 W\"",
    }
}

impl Catalogued for CoolingKind {
    const CATALOG: Option<&'static str> = Some("cooling");
}

object! {
    /// A breaker: thermal replica d theta/dt = (i^2 - theta)/tau, trips at theta >= k^2, or at once at a multiple of its rating.
    BreakerKind: Breaker = Breaker {
        /// Rated current.
        required "rating" => rating: Quantity<Amperes, Positive>,
        /// Supply voltage.
        required "voltage" => voltage: Quantity<Volts, Positive>,
        /// tau.
        default "time_constant" => time_constant: Duration<Positive> = "\"150 s\"",
        /// k: the multiple of the rated current that it carries for ever.
        default "trip_ratio" => trip_ratio: Number<Positive> = "1.25",
        /// Multiple of the rated current that trips at once. Left out: none does.
        optional "magnetic" => magnetic: Number<Positive>,
        /// Time until a human recloses it. Left out: never.
        optional "reclose" => reclose: Durations,
    }
    check check_breaker
}

impl Catalogued for BreakerKind {
    const CATALOG: Option<&'static str> = Some("breaker");
}

fn check_breaker(breaker: &Breaker, node: &Node, reader: &mut Reader<'_>) {
    if let Some(magnetic) = breaker.magnetic
        && magnetic <= breaker.trip_ratio
    {
        let message = format!("`magnetic` ({magnetic}) is not above `trip_ratio` ({})", breaker.trip_ratio);
        reader.fault_in(node, "magnetic", message, "a multiple above `trip_ratio`");
    }
}

object! {
    /// An uninterruptible power supply.
    UpsKind: Ups = Ups {
        /// Usable energy of the full battery.
        required "energy" => energy: Quantity<Joules, Positive>,
        /// Greatest load it carries. Left out: any.
        optional "power" => power: Quantity<Watts, Positive>,
        /// Charging power into the battery. Left out: it is full again at once.
        optional "recharge" => recharge: Quantity<Watts, Positive>,
        /// Load over draw from the battery.
        default "efficiency" => efficiency: Number<PositiveUnit> = "1",
        /// Probability that the battery fails when called.
        default "hidden_failure" => hidden_failure: Probability = "0",
    }
}

impl Catalogued for UpsKind {
    const CATALOG: Option<&'static str> = Some("ups");
}

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
