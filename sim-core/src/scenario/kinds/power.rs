//! Mains, breakers and batteries.

use crate::quantity::{Amperes, Joules, Volts, Watts};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Number, Positive, PositiveUnit, Probability, Quantity};
use crate::scenario::section::{Catalogued, OneOrMany, Reference};
use crate::scenario::spec::{Breaker, Grid, Outages, PowerDomain, Ups};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// Mains supply.
    GridFields: Grid = Grid {
        /// Outages: one cause, or an array of independent causes, which may overlap.
        default "outages" => outages: OneOrMany<OutagesKind> = "[]",
        /// Sites per feeder, numbered through within a fleet entry.
        default "feeder_size" => feeder_size: Count<1> = "1",
    }
    check check_feeder
}

/// Mains supply, see [`GridFields`].
pub(in crate::scenario) type GridKind = GridFields;

impl Catalogued for GridFields {
    const CATALOG: Option<&'static str> = Some("grid");
}

fn check_feeder(grid: &Grid, node: &Node, reader: &mut Reader<'_>) {
    let shared = grid.outages.iter().any(|outages| outages.shared_by == PowerDomain::Feeder);
    if shared && node.get("feeder_size").is_none() {
        let message = "outages are shared by feeder, but `feeder_size` is missing";
        reader.fault(node.span, message, "`feeder_size`: how many sites hang on a feeder");
    }
}

object! {
    /// An alternating renewal process of outages, starting up.
    OutagesKind: Outages = Outages {
        /// Time from restoration to the next outage.
        required "up" => up: Durations,
        /// Duration.
        required "down" => down: Durations,
        /// Who goes down together.
        default "shared_by" => shared_by: PowerDomainKind = "\"site\"",
        /// What differs in a storm. Left out: nothing.
        optional "in_storm" => up_in_storm: InStormKind,
    }
}

choice! {
    /// Who shares a grid outage.
    PowerDomainKind: PowerDomain {
        words {
            /// Each site alone.
            "site" => PowerDomain::Site,
            /// The sites of a feeder.
            "feeder" => PowerDomain::Feeder,
            /// All sites of the region with this grid.
            "region" => PowerDomain::Region,
        }
    }
}

/// The grid of a fleet entry: "none" is mains that never fail, whatever the region has.
pub(in crate::scenario) struct FleetGridKind;

impl Kind for FleetGridKind {
    type Out = Grid;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Grid, Json)> {
        if node.text() == Some("none") {
            return Some((Grid { outages: Vec::new(), feeder_size: 1 }, "none".into()));
        }
        Reference::<GridKind>::read(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [Reference::<GridKind>::schema(definitions), { "const": "none", "description": "mains never fail" }] })
    }
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

/// The time to the next outage in a storm: `{"up": …}`.
pub(in crate::scenario) struct InStormKind;

/// What differs in a storm.
pub(in crate::scenario) struct InStorm {
    up: crate::kernel::Dist,
}

object! {
    /// What differs in a storm.
    InStormFields: InStorm = InStorm {
        /// Time to the next outage in a storm.
        required "up" => up: Durations,
    }
}

impl Kind for InStormKind {
    type Out = crate::kernel::Dist;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Self::Out, Json)> {
        InStormFields::read(node, reader).map(|(it, json)| (it.up, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        InStormFields::schema(definitions)
    }
}
