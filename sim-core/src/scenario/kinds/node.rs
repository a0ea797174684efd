//! Node types.

use super::hardware::{BatchesKind, BuildKind, HardwareKind};
use super::hosts::{ChurnKind, PresenceKind};
use super::thermal::ThermalKind;
use crate::quantity::{Bytes, Dollars, DollarsPerMonth, PerSecond, Watts};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Distribution, Durations, Ratio};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Amount, Count, Duration, LifeMonths, Number, OneOrMore, Positive, PositiveUnit, Probability, Quantity,
};
use crate::scenario::section::{Catalogued, Reference};
use crate::scenario::spec::{CapAt, Discipline, Dvfs, NodeType, OnDown, PowerCap, PsuEfficiency, Sleep};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

object! {
    /// A kind of node. What is left out is ideal: no power is drawn, nothing heats, nothing breaks.
    NodeKind: NodeType = NodeType {
        /// Parallel servers.
        default "slots" => slots: Count<1> = "1",
        /// Waiting places beyond the slots; a request that finds none is rejected. Left out: unbounded.
        optional "queue" => queue: Count<0>,
        /// How work shares the slots.
        default "discipline" => discipline: DisciplineKind = "\"fifo\"",
        /// Seconds of demand served per second and slot.
        default "speed" => speed: Number<Positive> = "1",
        /// Drawn for each attempt; multiplies its demand.
        optional "slowdown" => slowdown: Distribution<Ratio>,
        /// Probability that the result of a job is wrong.
        default "error_rate" => error_rate: Probability = "0",
        /// Time from power to ready. Left out: none.
        optional "boot" => boot: Durations,
        /// Draw while booting, as a multiple of `peak`.
        default "boot_power" => boot_power: Number<crate::scenario::scalar::NonNegative> = "1",
        /// What happens to running and waiting attempts when the node goes down.
        default "on_down" => on_down: OnDownKind = "\"lose\"",
        /// What breaks by itself. Left out: nothing.
        default "hardware" => hardware: HardwareKind = "{}",
        /// How it is built: what exchanging it takes. Left out: no time of its own.
        optional "build" => build: BuildKind,
        /// Batches of manufacture. Left out: every node stands alone.
        optional "batches" => batches: BatchesKind,
        /// Hosts that join and leave for good. Left out: as the fleet entry says.
        optional "churn" => churn: ChurnKind,
        /// Hosts that are switched on and off. Left out: as the fleet entry says.
        optional "presence" => presence: Reference<PresenceKind>,
        /// Sleep of an idle node. Left out: it never sleeps.
        optional "sleep" => sleep: SleepKind,
        /// Draw with no slot busy.
        default "idle" => idle: Quantity<Watts> = "\"0 W\"",
        /// Draw with all slots busy; linear in busy slots between.
        default "peak" => peak: Quantity<Watts> = "\"0 W\"",
        /// r of idle + (peak - idle)(2u - u^r) for a share u of slots busy. Left out: linear.
        optional "curve" => curve: Number<OneOrMore>,
        /// Power of the board over draw from the socket; then `idle` and `peak` are those of the board. Left out: they are those at the socket.
        optional "psu_efficiency" => psu_efficiency: PsuEfficiencyKind,
        /// Greatest power and what it does to speed. Left out: none.
        optional "power_cap" => power_cap: PowerCapKind,
        /// Scaling of voltage and frequency. Left out: full speed.
        optional "dvfs" => dvfs: DvfsKind,
        /// Multiple of `peak` drawn for an instant at power-on, which a magnetic release notices.
        default "inrush" => inrush: Number<crate::scenario::scalar::NonNegative> = "0",
        /// Heat. Left out: the node stays at ambient temperature.
        optional "thermal" => thermal: ThermalKind,
        /// Price of a unit.
        default "capex" => capex: Quantity<Dollars, Amount> = "\"0 $\"",
        /// Over how many months of 730 hours of its life the price of a unit is written off; what is left of it when it dies is written off then. [A] Three years, as for office computers.
        default "lifetime_months" => lifetime_months: Number<LifeMonths> = "36",
        /// Regular upkeep.
        default "maintenance" => maintenance: Quantity<DollarsPerMonth, Amount> = "\"0 $/month\"",
        /// Bytes of shards that fit on it. Left out: no limit.
        optional "storage" => storage: Quantity<Bytes, Positive>,
        /// Rate at which each shard on it becomes unreadable, unnoticed: latent sector errors, silent corruption. Left out: none does.
        optional "bit_rot" => bit_rot: Quantity<PerSecond, Positive>,
        /// Probability that a shard that it is to keep is dropped while it claims to keep it; a node with any is dishonest, and does not scrub.
        default "withholds" => withholds: Probability = "0",
    }
    check check_power
}

impl Catalogued for NodeKind {
    const CATALOG: Option<&'static str> = Some("nodes");
}

fn check_power(node_type: &NodeType, node: &Node, reader: &mut Reader<'_>) {
    if node_type.dvfs.is_none() && node_type.peak < node_type.idle {
        let message = format!("`peak` ({}) is less than `idle` ({})", node_type.peak, node_type.idle);
        reader.fault_in(node, "peak", message, "a power of at least `idle`");
    }
    if node_type.sleep.is_some() && node_type.discipline == Discipline::Ps {
        let message = "a node with processor sharing does not sleep";
        reader.fault_in(node, "sleep", message, "leave `sleep` out, or take the discipline \"fifo\"");
    }
    if let Some(cap) = &node_type.power_cap {
        let floor = cap.floor.unwrap_or(node_type.idle);
        let at = cap.watts(node_type.full_power());
        if at.0 <= floor.0 || at.0 < node_type.idle.0 || floor.0 >= node_type.full_power().0 {
            let message = format!("a cap at {at} leaves no power for work above {floor}");
            reader.fault_in(
                node,
                "power_cap",
                message,
                "a power above `idle` and `floor`, which lies below `peak`",
            );
        }
    }
    if let Some(dvfs) = &node_type.dvfs {
        let busy = dvfs.power();
        if busy < node_type.idle {
            let message =
                format!("busy at this speed it draws {busy}, less than `idle` ({})", node_type.idle);
            reader.fault_in(node, "dvfs", message, "more power, or a lower `idle`");
        }
    }
    check_parts(node_type, node, reader);
    if let Some(sleep) = &node_type.sleep
        && sleep.power > node_type.idle
    {
        let message = format!("asleep it draws more ({}) than `idle` ({})", sleep.power, node_type.idle);
        reader.fault_in(node, "sleep", message, "a power of at most `idle`");
    }
}

/// What is said of a node makes a difference only beside something else.
fn check_parts(node_type: &NodeType, node: &Node, reader: &mut Reader<'_>) {
    if let (Some(cap), Some(_)) = (&node_type.power_cap, &node_type.dvfs) {
        let (at, busy) = (cap.watts(node_type.full_power()), node_type.full_power());
        if at >= busy {
            let message = format!("a cap at {at} above the {busy} that `dvfs` lets it draw");
            reader.fault_in(node, "power_cap", message, format!("a power below {busy}, or one of the two"));
        }
    }
    let hardware = &node_type.hardware;
    let wears = hardware.faults.is_some() || hardware.death.is_some() || hardware.hangs.is_some();
    if let Some(batches) = &node_type.batches
        && batches.defect > 0.0
        && batches.recall.is_none()
        && !wears
    {
        let message = "defective batches of nodes in which nothing breaks";
        let help = "add `hardware` with `faults`, `death` or `hangs`, or a `recall`; batches that are only targets of faults take \"defect\": 0";
        reader.fault_in(node, "batches", message, help);
    }
    let recalled = node_type.batches.as_ref().is_some_and(|batches| batches.recall.is_some());
    let damaged = hardware.surge_damage.is_some();
    if node_type.build.is_some() && !wears && !recalled && !damaged {
        let message = "`build` says what an exchange takes, but nothing breaks";
        let help = "add `hardware` with `faults` or `death`, or leave `build` out";
        reader.fault_in(node, "build", message, help);
    }
}

/// The efficiency of a power supply: a number, or three.
pub(in crate::scenario) struct PsuEfficiencyKind;

object! {
    /// Efficiency of a power supply by load; linear between, constant beyond.
    PsuTable: PsuByLoad = PsuByLoad {
        /// At 20 % of `peak`.
        required "20" => low: Number<PositiveUnit>,
        /// At 50 % of `peak`.
        required "50" => middle: Number<PositiveUnit>,
        /// At `peak`.
        required "100" => full: Number<PositiveUnit>,
    }
}

/// Efficiencies as written.
pub(in crate::scenario) struct PsuByLoad {
    low: f64,
    middle: f64,
    full: f64,
}

impl Kind for PsuEfficiencyKind {
    type Out = PsuEfficiency;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(PsuEfficiency, Json)> {
        if let Value::Object(_) = node.value {
            let table = |it: PsuByLoad| PsuEfficiency::Table([it.low, it.middle, it.full]);
            return PsuTable::read(node, reader).map(|(it, json)| (table(it), json));
        }
        Number::<PositiveUnit>::read(node, reader).map(|(it, json)| (PsuEfficiency::Constant(it), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [Number::<PositiveUnit>::schema(definitions), PsuTable::schema(definitions)] })
    }
}

/// A cap: a power, a share of `peak`, or an object that says more.
pub(in crate::scenario) struct PowerCapKind;

/// A power, or a share of `peak`.
pub(in crate::scenario) struct CapAtKind;

impl Kind for CapAtKind {
    type Out = CapAt;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(CapAt, Json)> {
        if let Value::Number(_) = node.value {
            return Number::<PositiveUnit>::read(node, reader)
                .map(|(share, json)| (CapAt::Share(share), json));
        }
        Quantity::<Watts, Positive>::read(node, reader).map(|(power, json)| (CapAt::Power(power), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let share = Number::<PositiveUnit>::schema(definitions);
        json!({ "anyOf": [Quantity::<Watts, Positive>::schema(definitions), share] })
    }
}

object! {
    /// A cap on power; speed is ((cap - floor)/(peak - floor))^exponent times that at `peak`.
    PowerCapFields: PowerCap = PowerCap {
        /// The cap: a power, or a share of `peak`.
        required "at" => at: CapAtKind,
        /// Power at which no work would be done. Left out: `idle`.
        optional "floor" => floor: Quantity<Watts>,
        /// 0.25 to 0.35 for work bound by arithmetic, 0 for work that does not notice. Default: [C] fitted to three reviews of graphics cards [L],
        /// which lose 2 % of speed at 70 % of their power and 6 % at 60 %.
        default "exponent" => exponent: Number<crate::scenario::scalar::NonNegative> = "0.3",
    }
}

impl Kind for PowerCapKind {
    type Out = PowerCap;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(PowerCap, Json)> {
        if let Value::Object(_) = node.value {
            return PowerCapFields::read(node, reader);
        }
        let (at, json) = CapAtKind::read(node, reader)?;
        Some((PowerCap { at, floor: None, exponent: PowerCap::EXPONENT }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [CapAtKind::schema(definitions), PowerCapFields::schema(definitions)] })
    }
}

/// A speed factor as written: a number, or "optimal".
pub(in crate::scenario) struct DvfsSpeedKind;

impl Kind for DvfsSpeedKind {
    type Out = Option<f64>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Option<f64>, Json)> {
        if node.text() == Some("optimal") {
            return Some((None, "optimal".into()));
        }
        Number::<PositiveUnit>::read(node, reader).map(|(speed, json)| (Some(speed), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let optimal = json!({ "const": "optimal", "description": "least energy per unit of work" });
        json!({ "anyOf": [Number::<PositiveUnit>::schema(definitions), optimal] })
    }
}

/// Frequency scaling as written.
pub(in crate::scenario) struct DvfsAsWritten {
    fixed: Watts,
    dynamic: Watts,
    speed: Option<f64>,
}

object! {
    /// A busy node at speed factor f draws static + dynamic f^3, which takes the place of `peak`; `speed` is multiplied by f.
    DvfsFields: DvfsAsWritten = DvfsAsWritten {
        /// Power that does not depend on speed.
        required "static" => fixed: Quantity<Watts>,
        /// Power that full speed costs on top.
        required "dynamic" => dynamic: Quantity<Watts, Positive>,
        /// f, or "optimal": that of the least energy per unit of work.
        default "speed" => speed: DvfsSpeedKind = "\"optimal\"",
    }
}

/// [`DvfsFields`] with the speed found.
pub(in crate::scenario) struct DvfsKind;

impl Kind for DvfsKind {
    type Out = Dvfs;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Dvfs, Json)> {
        let (it, json) = DvfsFields::read(node, reader)?;
        let dvfs = Dvfs { fixed: it.fixed, dynamic: it.dynamic, speed: it.speed.unwrap_or(1.0) };
        let speed = it.speed.unwrap_or_else(|| dvfs.optimal_speed());
        Some((Dvfs { speed, ..dvfs }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        DvfsFields::schema(definitions)
    }
}

choice! {
    /// How work shares the slots of a node.
    DisciplineKind: Discipline {
        words {
            /// First come, first served, one attempt per slot.
            "fifo" => Discipline::Fifo,
            /// Egalitarian processor sharing of the slots.
            "ps" => Discipline::Ps,
        }
    }
}

choice! {
    /// What happens to attempts on a node that goes down.
    OnDownKind: OnDown {
        words {
            /// They are lost and the sender learns nothing.
            "lose" => OnDown::Lose,
            /// They freeze and resume.
            "hold" => OnDown::Hold,
            /// They are turned away, and so are those that come while it is down: the network answers in its place, and the sender learns it as
            /// soon as that reply is back.
            "refuse" => OnDown::Refuse,
        }
    }
}

object! {
    /// Sleep of an idle node; it accepts work asleep and wakes for it.
    SleepKind: Sleep = Sleep {
        /// Idle time before it sleeps.
        default "after" => after: Duration = "\"0 s\"",
        /// Time from the first arrival to ready.
        required "wake" => wake: Durations,
        /// Draw asleep.
        default "power" => power: Quantity<Watts> = "\"0 W\"",
    }
}
