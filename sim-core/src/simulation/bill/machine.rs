//! What a machine is worth: its price is written off in a straight line over so many months of its life, and what is left
//! of it when it dies early is written off at once. So no machine ever costs more than its price.

use super::super::Simulation;
use crate::kernel::SimTime;
use crate::measure::economics::MONTH;
use crate::world::fleet::NodeId;

/// The machine that stands in the place of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Machine {
    /// When it was new.
    since: SimTime,
    /// It has died, and no other has been bought.
    dead: bool,
    /// Prices written off on those before it, or on itself if it is dead, in the time that is counted.
    written_off: f64,
}

fn months(from: SimTime, to: SimTime) -> f64 {
    to.since(from).as_secs_f64() / MONTH.as_secs_f64()
}

impl Machine {
    /// Prices written off from `from` to `now`, with those of the machines before it; a price lasts for `lifetime` months.
    pub(super) fn written_off(&self, from: SimTime, now: SimTime, lifetime: f64) -> f64 {
        if self.dead || now < from {
            return self.written_off;
        }
        let begin = self.since.max(from);
        let left = (lifetime - months(self.since, begin)).max(0.0);
        self.written_off + months(begin, now).min(left) / lifetime
    }

    /// It dies: the rest is written off.
    fn dies(&mut self, from: SimTime, now: SimTime, lifetime: f64) {
        if self.dead {
            return;
        }
        if now >= from {
            self.written_off += (lifetime - months(self.since, self.since.max(from))).max(0.0) / lifetime;
        }
        self.dead = true;
    }

    /// Another stands in its place, new.
    fn replaced(&mut self, from: SimTime, now: SimTime, lifetime: f64) {
        self.written_off = self.written_off(from, now, lifetime);
        (self.since, self.dead) = (now, false);
    }
}

impl Simulation<'_> {
    /// The machine of `node` has died.
    pub(in crate::simulation) fn machine_dies(&mut self, node: NodeId) {
        self.change_machine(node, Machine::dies);
    }

    /// A new machine stands in the place of `node`: it has been bought, or a new host has brought it.
    pub(in crate::simulation) fn new_machine(&mut self, node: NodeId) {
        self.change_machine(node, Machine::replaced);
    }

    fn change_machine(&mut self, node: NodeId, change: fn(&mut Machine, SimTime, SimTime, f64)) {
        let Some(bill) = &self.model.bill else { return };
        let class = usize::from(self.nodes[node.index()].class);
        let (from, now) = (bill.counted_from, self.engine.now());
        change(&mut self.bill.nodes[node.index()].machine, from, now, bill.classes[class].lifetime_months);
    }
}
