//! Node types.

use super::hardware::{BatchesKind, BuildKind, HardwareKind};
use super::hosts::{ChurnKind, PresenceKind};
use super::thermal::ThermalKind;
use crate::quantity::Watts;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Distribution, Durations, Ratio};
use crate::scenario::read::Reader;
use crate::scenario::scalar::{Count, Duration, Number, Positive, Quantity};
use crate::scenario::section::{Catalogued, Reference};
use crate::scenario::spec::{Discipline, NodeType, OnDown, Sleep};
use crate::scenario::tree::Node;

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
        /// Heat. Left out: the node stays at ambient temperature.
        optional "thermal" => thermal: ThermalKind,
    }
    check check_power
}

impl Catalogued for NodeKind {
    const CATALOG: Option<&'static str> = Some("nodes");
}

fn check_power(node_type: &NodeType, node: &Node, reader: &mut Reader<'_>) {
    if node_type.peak < node_type.idle {
        let message = format!("`peak` ({}) is less than `idle` ({})", node_type.peak, node_type.idle);
        reader.fault_in(node, "peak", message, "a power of at least `idle`");
    }
    if let Some(sleep) = &node_type.sleep
        && sleep.power > node_type.idle
    {
        let message = format!("asleep it draws more ({}) than `idle` ({})", sleep.power, node_type.idle);
        reader.fault_in(node, "sleep", message, "a power of at most `idle`");
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
