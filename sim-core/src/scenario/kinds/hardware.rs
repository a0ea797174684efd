//! What breaks by itself, and how it is mended.

use crate::kernel::Dist;
use crate::quantity::{Celsius, PerSecond};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Durations, Spans};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Any, Count, Duration, Flag, Number, OneOrMore, Positive, Probability, Quantity,
};
use crate::scenario::section::{Catalogued, Reference};
use crate::scenario::spec::{
    Acceleration, AccelerationLaw, Batches, Build, Death, Degradation, Faults, Hangs, Hardware, Parts,
    Recall, Renewal, Repair,
};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// What breaks by itself. Lives are used up only while the node is switched on.
    HardwareFields: Hardware = Hardware {
        /// Failures and repairs, alternating; what is stored survives.
        optional "faults" => faults: FaultsKind,
        /// Death of the unit: what it stored is gone; an empty node of the same type takes its place.
        optional "death" => death: DeathKind,
        /// How heat uses up the lives of `faults` and `death` faster. Left out: it does not.
        optional "acceleration" => acceleration: AccelerationKind,
        /// Hangs that need a reboot.
        optional "hangs" => hangs: HangsKind,
        /// Symptoms before faults and deaths. Left out: they come without warning.
        optional "degradation" => degradation: DegradationKind,
        /// Repair of faults by a volunteer, in place of `down` of the faults.
        optional "repair" => repair: Reference<RepairKind>,
        /// Probability that a surge damages the node at a site without protection, 0.01 to 0.05 [A]. It is repaired after the `down` of its
        /// faults, or after 4 d if they have none: [A] a day to act and three for parts. Left out: none does.
        optional "surge_damage" => surge_damage: Probability,
        /// How long the power supply carries the full load without mains; up to ten times longer at less load. Left out: 20 ms where the
        /// grid has sags or brownouts or the UPS a transfer time, else not at all. [M] ITI (CBEMA) curve: no voltage for 20 ms; ATX asks for 16 to 17 ms.
        optional "psu_hold_up" => psu_hold_up: Duration,
    }
    check check_hardware
}

impl Catalogued for HardwareFields {
    const CATALOG: Option<&'static str> = Some("hardware");
}

fn check_hardware(hardware: &Hardware, node: &Node, reader: &mut Reader<'_>) {
    let mended = |faults: &Faults| faults.down.is_some() || hardware.repair.is_some();
    if hardware.faults.as_ref().is_some_and(|faults| !mended(faults)) {
        let message = "nothing says how long faults last: there is neither `down` nor `repair`";
        reader.fault_in(node, "faults", message, "`down` in `faults`, or `repair` beside it");
    }
    if hardware.faults.as_ref().is_some_and(|faults| faults.down.is_some()) && hardware.repair.is_some() {
        let message = "`down` of `faults` and `repair` both say how long faults last";
        reader.fault_in(node, "repair", message, "one of the two");
    }
    if hardware.repair.is_some() && hardware.faults.is_none() {
        reader.fault_in(node, "repair", "`repair` without `faults`", "`faults` to repair");
    }
    let wears = hardware.faults.is_some() || hardware.death.is_some();
    for (key, given) in
        [("acceleration", hardware.acceleration.is_some()), ("degradation", hardware.degradation.is_some())]
    {
        if given && !wears {
            reader.fault_in(node, key, format!("`{key}` without anything that fails"), "`faults` or `death`");
        }
    }
}

/// [`HardwareFields`], from the catalog or not; "none" is hardware that never breaks.
pub(in crate::scenario) struct HardwareKind;

impl Kind for HardwareKind {
    type Out = Hardware;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Hardware, Json)> {
        if node.text() == Some("none") {
            return Some((Hardware::default(), json!({})));
        }
        Reference::<HardwareFields>::read(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [Reference::<HardwareFields>::schema(definitions), { "const": "none", "description": "nothing breaks" }] })
    }
}

object! {
    /// Faults and repairs, alternating; a node starts up and new.
    FaultsKind: Faults = Faults {
        /// Exposure from new or repaired to the fault.
        required "up" => up: Spans,
        /// Time to repair. Left out: see `repair`.
        optional "down" => down: Durations,
        /// What differs in a storm of the region. Left out: nothing.
        optional "in_storm" => up_in_storm: FaultsInStormKind,
    }
}

/// The exposure to a fault in a storm: `{"up": …}`.
pub(in crate::scenario) struct FaultsInStormKind;

/// What differs in a storm.
pub(in crate::scenario) struct FaultsInStorm {
    up: Dist,
}

object! {
    /// What differs in a storm.
    FaultsInStormFields: FaultsInStorm = FaultsInStorm {
        /// Exposure to the fault in a storm.
        required "up" => up: Spans,
    }
}

impl Kind for FaultsInStormKind {
    type Out = Dist;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Dist, Json)> {
        FaultsInStormFields::read(node, reader).map(|(it, json)| (it.up, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        FaultsInStormFields::schema(definitions)
    }
}

object! {
    /// Death of a unit.
    DeathKind: Death = Death {
        /// Exposure from new to death, drawn for each unit.
        required "lifetime" => lifetime: Spans,
        /// Time until a new unit is there. Left out: never.
        optional "replacement" => replacement: Durations,
    }
}

/// Acceleration as written: one of `per_10K` and `arrhenius`.
pub(in crate::scenario) struct AccelerationAsWritten {
    per_10k: Option<f64>,
    arrhenius: Option<Acceleration>,
    reference: Option<Celsius>,
}

object! {
    /// How many times faster lives are used up at another temperature: `per_10K` with `reference`, or `arrhenius`.
    AccelerationFields: AccelerationAsWritten = AccelerationAsWritten {
        /// Factor for every ten kelvins above `reference`.
        optional "per_10K" => per_10k: Number<OneOrMore>,
        /// Temperature at which lives last as long as they are drawn.
        optional "reference" => reference: Quantity<Celsius, Any>,
        /// The law of Arrhenius.
        optional "arrhenius" => arrhenius: ArrheniusKind,
    }
}

/// [`AccelerationFields`] as a law.
pub(in crate::scenario) struct AccelerationKind;

impl Kind for AccelerationKind {
    type Out = Acceleration;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Acceleration, Json)> {
        let (it, json) = AccelerationFields::read(node, reader)?;
        match (it.per_10k, it.arrhenius, it.reference) {
            (Some(factor), None, Some(reference)) => {
                Some((Acceleration { law: AccelerationLaw::Per10K(factor), reference }, json))
            }
            (None, Some(arrhenius), None) => Some((arrhenius, json)),
            _ => {
                let message = "an acceleration is `per_10K` with `reference`, or `arrhenius`";
                let help = "for example {\"per_10K\": 1.35, \"reference\": \"25 C\"}";
                reader.fault(node.span, message, help);
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        AccelerationFields::schema(definitions)
    }
}

/// The law of Arrhenius as written.
pub(in crate::scenario) struct ArrheniusAsWritten {
    energy: f64,
    reference: Celsius,
}

object! {
    /// `exp(energy/k (1/reference - 1/T))`.
    ArrheniusFields: ArrheniusAsWritten = ArrheniusAsWritten {
        /// Activation energy in electronvolts.
        required "energy" => energy: Number<Positive>,
        /// Temperature at which lives last as long as they are drawn.
        required "reference" => reference: Quantity<Celsius, Any>,
    }
}

/// [`ArrheniusFields`] as a law.
pub(in crate::scenario) struct ArrheniusKind;

impl Kind for ArrheniusKind {
    type Out = Acceleration;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Acceleration, Json)> {
        let (it, json) = ArrheniusFields::read(node, reader)?;
        Some((Acceleration { law: AccelerationLaw::Arrhenius(it.energy), reference: it.reference }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        ArrheniusFields::schema(definitions)
    }
}

object! {
    /// Hangs: the node is down until it is rebooted.
    HangsKind: Hangs = Hangs {
        /// Exposure from one to the next.
        required "every" => every: Spans,
        /// Time to the automatic reboot. Left out: there is no watchdog.
        optional "watchdog" => watchdog: Durations,
        /// Probability that the watchdog works.
        default "watchdog_works" => watchdog_works: Probability = "1",
        /// Time until a human reboots it where the watchdog does not.
        optional "human" => human: Durations,
    }
    check check_hangs
}

fn check_hangs(hangs: &Hangs, node: &Node, reader: &mut Reader<'_>) {
    if hangs.watchdog.is_none() && hangs.watchdog_works < 1.0 {
        let message = "`watchdog_works` without `watchdog`";
        reader.fault_in(node, "watchdog_works", message, "add `watchdog`, the time to the automatic reboot");
    }
    if hangs.human.is_none() && (hangs.watchdog.is_none() || hangs.watchdog_works < 1.0) {
        let message = "nobody reboots the node: `human` is missing and no watchdog surely works";
        reader.fault_in(node, "human", message, "the time until a human reboots it");
    }
}

object! {
    /// Symptoms before faults and deaths: from the first symptom on the node is degraded, and its telemetry shows it.
    DegradationKind: Degradation = Degradation {
        /// Share of faults and deaths that announce themselves.
        default "share" => share: Probability = "1",
        /// Exposure from the first symptom to the failure.
        required "lead" => lead: Durations,
        /// Service takes this many times longer.
        default "slowdown" => slowdown: Number<OneOrMore> = "1",
        /// Multiplies the thermal resistance: a worn fan makes the node hotter.
        default "resistance" => resistance: Number<OneOrMore> = "1",
        /// Errors reported by telemetry.
        default "errors" => errors: Quantity<PerSecond> = "\"0 /s\"",
    }
}

object! {
    /// Repair by a volunteer: notices, waits for parts, waits for a crew if there are `crews`, acts.
    RepairKind: Repair = Repair {
        /// Time until somebody notices. Left out: at once.
        optional "notice" => notice: Durations,
        /// Hands-on work, beyond that of the node's `build`. Left out: none.
        optional "act" => act: Durations,
        /// Parts that must be ordered. Left out: none.
        optional "parts" => parts: PartsKind,
        /// Probability that the owner, having noticed, gives up: the node leaves for good.
        default "give_up" => give_up: Probability = "0",
    }
}

impl Catalogued for RepairKind {
    const CATALOG: Option<&'static str> = Some("repair");
}

object! {
    /// Parts that must be ordered.
    PartsKind: Parts = Parts {
        /// Probability that they must.
        default "probability" => probability: Probability = "1",
        /// Time until they are there.
        required "for" => wait: Durations,
    }
}

choice! {
    /// How a node is built, which decides what exchanging it takes.
    BuildKind: Build {
        objects {
            /// A standard unit that anybody swaps.
            "standard" => StandardKind,
            /// A machine of its own kind that takes a technician.
            "bespoke" => BespokeKind,
        }
    }
}

object! {
    /// A standard unit.
    StandardKind: Build = Build::Standard {
        /// Time to swap it.
        required "swap" => swap: Durations,
        /// Probability that a spare is on the shelf, so that neither parts nor a replacement are waited for.
        default "spare" => spare: Probability = "0",
    }
}

object! {
    /// A machine of its own kind.
    BespokeKind: Build = Build::Bespoke {
        /// Time until a technician has come and done it.
        required "technician" => technician: Durations,
    }
}

object! {
    /// Batches of manufacture: nodes of the type, in the order of the fleet, in groups of `size`.
    BatchesKind: Batches = Batches {
        /// Nodes in each.
        required "size" => size: Count<1>,
        /// Probability that a batch is defective.
        required "defect" => defect: Probability,
        /// How many times faster the lives of a defective batch are used up.
        required "factor" => factor: Number<Positive>,
        /// Whether nodes are dealt out to the batches at random, instead of in order.
        default "mixed" => mixed: Flag = "false",
        /// Recall of defective batches. Left out: there is none.
        optional "recall" => recall: RecallKind,
    }
}

object! {
    /// Recall of a defective batch: every node of it is exchanged for a sound one.
    RecallKind: Recall = Recall {
        /// From the beginning to the recall.
        required "after" => after: Durations,
        /// Time without the node.
        default "for" => lasts: Durations = "\"0 s\"",
    }
}

object! {
    /// An alternating renewal process; it starts up and new.
    RenewalKind: Renewal = Renewal {
        /// Time up.
        required "up" => up: Spans,
        /// Time down.
        required "down" => down: Durations,
    }
}
