//! Mains: outages, dips in voltage, surges.

use crate::kernel::Dist;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Distribution, Durations, Ratio, Spans};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Flag, Positive, Probability};
use crate::scenario::section::{Catalogued, OneOrMany, Reference};
use crate::scenario::spec::{Dips, Grid, Outages, Planned, PowerDomain, Rolling, StormDamage, Surges};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// Mains supply.
    GridFields: Grid = Grid {
        /// Outages: one cause, or an array of independent causes, which may overlap.
        default "outages" => outages: OneOrMany<OutagesKind> = "[]",
        /// Sites per feeder, numbered through within a fleet entry.
        default "feeder_size" => feeder_size: Count<1> = "1",
        /// Feeders per substation, numbered through.
        default "substation_size" => substation_size: Count<1> = "1",
        /// Voltage sags, of a minute at most: one cause, or an array of independent ones. Equipment rides through as the ITIC curve says.
        default "sags" => sags: OneOrMany<DipsKind> = "[]",
        /// Sustained undervoltage: one cause, or an array of independent ones. Constant-power loads draw more current; below 70 % of the voltage nothing runs.
        default "brownouts" => brownouts: OneOrMany<DipsKind> = "[]",
        /// Surges. Left out: none.
        optional "surges" => surges: SurgesKind,
        /// Planned outages of each feeder. Left out: none.
        optional "planned" => planned: PlannedKind,
        /// Rolling blackouts through blocks of feeders. Left out: none.
        optional "rolling" => rolling: RollingKind,
        /// What each storm of the region does to feeders. Left out: nothing.
        optional "storm_damage" => storm_damage: StormDamageKind,
    }
    check check_feeder
}

/// Mains supply, see [`GridFields`].
pub(in crate::scenario) type GridKind = GridFields;

impl Catalogued for GridFields {
    const CATALOG: Option<&'static str> = Some("grid");
}

fn check_feeder(grid: &Grid, node: &Node, reader: &mut Reader<'_>) {
    let outages = grid.outages.iter().map(|outages| outages.shared_by);
    let dips = grid.sags.iter().chain(&grid.brownouts).map(|dips| dips.shared_by);
    let surges = grid.surges.iter().map(|surges| surges.shared_by);
    let shared: Vec<PowerDomain> = outages.chain(dips).chain(surges).collect();
    let by_substation = shared.contains(&PowerDomain::Substation);
    if (shared.contains(&PowerDomain::Feeder) || by_substation) && node.get("feeder_size").is_none() {
        let message = if by_substation {
            "something is shared by substation, but `feeder_size` is missing"
        } else if grid.outages.iter().any(|outages| outages.shared_by == PowerDomain::Feeder) {
            "outages are shared by feeder, but `feeder_size` is missing"
        } else {
            "something is shared by feeder, but `feeder_size` is missing"
        };
        reader.fault(node.span, message, "`feeder_size`: how many sites hang on a feeder");
    }
    if by_substation && node.get("substation_size").is_none() {
        let message = "something is shared by substation, but `substation_size` is missing";
        reader.fault(node.span, message, "`substation_size`: how many feeders hang on a substation");
    }
    let restores = !grid.outages.is_empty()
        || grid.planned.is_some()
        || grid.rolling.is_some()
        || grid.storm_damage.is_some();
    if grid.surges.as_ref().is_some_and(|surges| surges.at_restoration > 0.0) && !restores {
        let message = "surges `at_restoration`, but there are no outages to restore from";
        let help = "add `outages` (or `planned`, `rolling`, `storm_damage`), or give `every` alone";
        reader.within("surges", |reader| match node.get("surges") {
            Some(surges) => reader.fault_in(surges, "at_restoration", message, help),
            None => reader.fault(node.span, message, help),
        });
    }
}

object! {
    /// An alternating renewal process of outages, starting up.
    OutagesKind: Outages = Outages {
        /// Time from restoration to the next outage.
        required "up" => up: Spans,
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
            /// The sites of the feeders of a substation.
            "substation" => PowerDomain::Substation,
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
            return Some((Grid { feeder_size: 1, substation_size: 1, ..Grid::default() }, "none".into()));
        }
        Reference::<GridKind>::read(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [Reference::<GridKind>::schema(definitions), { "const": "none", "description": "mains never fail" }] })
    }
}

object! {
    /// Dips in voltage, alternating with full voltage; a run starts with full voltage.
    DipsKind: Dips = Dips {
        /// Time from the end of one to the next.
        required "every" => every: Spans,
        /// Duration.
        required "for" => lasts: Durations,
        /// By which share the voltage falls: 0.3 leaves 70 %. What an unbounded distribution draws above 1 is 1.
        required "depth" => depth: Distribution<Ratio>,
        /// Who shares them.
        default "shared_by" => shared_by: PowerDomainKind = "\"site\"",
    }
    check check_dips
}

fn check_dips(dips: &Dips, node: &Node, reader: &mut Reader<'_>) {
    check_share(&dips.depth, "depth", node, reader);
}

/// A share that is drawn is, as far as it has a bound, not more than all. Nothing is allowed: sweeps begin there.
fn check_share(share: &Dist, key: &str, node: &Node, reader: &mut Reader<'_>) {
    let (least, most) = (share.infimum(), share.supremum());
    if least > 1.0 || (most.is_finite() && most > 1.0) {
        let found = if most.is_finite() { most } else { least };
        let message = format!("`{key}` is a share, but reaches {found}");
        reader.fault_in(node, key, message, "a share of at most 1: 0.3 is 30 %");
    }
}

object! {
    /// Surges of the mains, which can damage nodes.
    SurgesKind: Surges = Surges {
        /// Time between surges that come by themselves. Left out: none do.
        optional "every" => every: Spans,
        /// Probability that a surge comes when an outage ends, for all sites that were in it.
        default "at_restoration" => at_restoration: Probability = "0",
        /// Who shares those that come by themselves.
        default "shared_by" => shared_by: PowerDomainKind = "\"site\"",
    }
    check check_surges
}

fn check_surges(surges: &Surges, node: &Node, reader: &mut Reader<'_>) {
    if surges.every.is_none() && surges.at_restoration == 0.0 {
        let message = "surges that never come";
        reader.fault(node.span, message, "give `every`, `at_restoration` or both; or leave `surges` out");
    }
}

object! {
    /// Planned outages, for each feeder by itself.
    PlannedKind: Planned = Planned {
        /// Time from the end of one to the next.
        required "every" => every: Spans,
        /// Duration.
        required "for" => lasts: Durations,
        /// How long beforehand it is announced, for policies that heed it. Left out: not at all.
        optional "notice" => notice: Duration<Positive>,
    }
}

object! {
    /// Rolling blackouts: while an episode lasts, blocks of feeders are out in turn, one at a time.
    RollingKind: Rolling = Rolling {
        /// Time from the end of an episode to the next.
        required "every" => every: Spans,
        /// Duration of an episode.
        required "for" => lasts: Durations,
        /// Feeders per block.
        default "block" => block: Count<1> = "1",
        /// How long a block is out until it is the turn of the next.
        required "slot" => slot: Duration<Positive>,
        /// Whether only episodes that begin in a heat wave of the region happen.
        default "in_heat_wave_only" => in_heat_wave_only: Flag = "false",
    }
}

object! {
    /// What a storm does: it hits some feeders, each at a moment of the storm; after it they are restored one after another.
    StormDamageKind: StormDamage = StormDamage {
        /// Share of the feeders hit, drawn for each storm. What an unbounded distribution draws above 1 is 1.
        required "share" => share: Distribution<Ratio>,
        /// Time from the end of the storm to the first restoration.
        default "first_restore" => first_restore: Durations = "\"0 s\"",
        /// Time from the first restoration to the last; each feeder is restored at a uniform moment of it.
        required "restoration" => restoration: Durations,
    }
    check check_damage
}

fn check_damage(damage: &StormDamage, node: &Node, reader: &mut Reader<'_>) {
    check_share(&damage.share, "share", node, reader);
}

/// The time to the next outage in a storm: `{"up": …}`.
pub(in crate::scenario) struct InStormKind;

/// What differs in a storm.
pub(in crate::scenario) struct InStorm {
    up: Dist,
}

object! {
    /// What differs in a storm.
    InStormFields: InStorm = InStorm {
        /// Time to the next outage in a storm.
        required "up" => up: Spans,
    }
}

impl Kind for InStormKind {
    type Out = Dist;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Self::Out, Json)> {
        InStormFields::read(node, reader).map(|(it, json)| (it.up, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        InStormFields::schema(definitions)
    }
}
