//! Forks of a run, which draw from streams of their own.
//!
//! A fork works on a model in which the streams that decide about data are those of its branch; all else of the model is that of the
//! trunk. What has been drawn and has not happened, lives and repairs of drawn time, is drawn again given how long it has lasted.

use super::super::{Model, Simulation};
use crate::kernel::{Process, Streams};
use crate::rare::{Branch, Forks};
use crate::world::thermal::Crossings;

/// A run and what its forks need.
pub(super) struct Worlds<'m, 'g> {
    trunk: &'m Model,
    /// The model of the fork that runs now.
    pub branch: Model,
    pub object: u32,
    /// Events so far, all told, and whether to go on after them.
    events: u64,
    go_on: &'g mut dyn FnMut(u64) -> bool,
    stopped: bool,
}

impl<'m, 'g> Worlds<'m, 'g> {
    pub fn new(trunk: &'m Model, object: u32, go_on: &'g mut dyn FnMut(u64) -> bool) -> Self {
        Self { trunk, branch: trunk.clone(), object, events: 0, go_on, stopped: false }
    }

    /// Whether it was said not to go on.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// So many events have happened.
    pub fn spent(&mut self, events: u64) {
        self.events += events;
        self.stopped = self.stopped || !(self.go_on)(self.events);
    }
}

impl<'m> Forks for Worlds<'m, '_> {
    type State = Simulation<'m>;

    fn path(
        &mut self,
        from: &Simulation<'m>,
        branch: Branch,
        level: u32,
        events: &mut u64,
    ) -> Option<Simulation<'m>> {
        if self.stopped {
            return None;
        }
        self.branch.reseed(branch.0);
        let mut run = from.clone().with_model(&self.branch);
        let before = run.engine.events();
        run.redraw();
        let reached = run.until_lacking(self.object, level);
        let spent = run.engine.events() - before;
        let state = reached.then(|| run.with_model(self.trunk));
        *events += spent;
        self.spent(spent);
        state
    }
}

impl Model {
    /// From now on what decides about data is drawn from the streams of a branch.
    pub(super) fn reseed(&mut self, branch: u64) {
        let streams = Streams::new(self.seed, self.replication).branch(branch);
        let stream = |process| streams.stream(process, 0);
        let hardware = &mut self.hardware.draws;
        hardware.fault = stream(Process::HardwareFault);
        hardware.unit_life = stream(Process::UnitLife);
        hardware.replacement = stream(Process::Replacement);
        hardware.repair = stream(Process::Repair);
        hardware.hang = stream(Process::Hang);
        if let Some(objects) = &mut self.objects {
            objects.draws.repair_place = stream(Process::RepairPlace);
            objects.draws.repair_time = stream(Process::RepairTime);
            objects.draws.grace = stream(Process::RepairGrace);
            objects.draws.source = stream(Process::RepairSource);
        }
    }
}

impl<'m> Simulation<'m> {
    /// Draws again what has not happened yet.
    pub(super) fn redraw(&mut self) {
        self.redraw_lives();
        self.redraw_repairs();
    }

    /// Goes on until the object lacks so many shards; false if the run ends before.
    fn until_lacking(&mut self, object: u32, shards: u32) -> bool {
        let end = self.end();
        while self.lacking(object) < shards {
            let Some(event) = self.engine.next(end) else { return false };
            self.handle(event);
        }
        true
    }

    /// The same run over another model of the same shape.
    pub(super) fn with_model<'n>(self, model: &'n Model) -> Simulation<'n> {
        Simulation {
            drawn: super::super::NOTHING_DRAWN,
            model,
            engine: self.engine,
            control: self.control,
            nodes: self.nodes,
            sites: self.sites,
            crossings: Crossings::default(),
            racks: self.racks,
            outages: self.outages,
            dips: self.dips,
            surges: self.surges,
            link_outages: self.link_outages,
            network: self.network,
            watches: self.watches,
            arrivals: self.arrivals,
            bodies: self.bodies,
            orders: self.orders,
            viable: self.viable,
            outbox: self.outbox,
            collect: self.collect,
            baseline: self.baseline,
            faults: self.faults,
            exogenous: self.exogenous,
            hardware: self.hardware,
            stress: self.stress,
            supervision: self.supervision,
            bill: self.bill,
            shift: self.shift,
            objects: self.objects,
            jobs: self.jobs,
            blame: self.blame,
        }
    }
}
