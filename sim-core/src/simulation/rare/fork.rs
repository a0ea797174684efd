//! Forks of a run, which draw from streams of their own.
//!
//! A fork works on a model in which the streams that decide about the event are those of its branch; all else of the model is that of the
//! trunk. What has been drawn and has not happened (lives, repairs of nodes and of drawn time, outages of mains and links) is drawn again given how long it has
//! lasted.

use super::super::{Model, Simulation};
use super::biased::{Bias, Path, Seen};
use super::goal::Goal;
use super::pilot::COINS;
use crate::kernel::{Process, SimTime, Streams};
use crate::rare::{Branch, Forks, Tally};
use crate::simulation::climate::Beside;
use crate::world::thermal::Crossings;

/// A world on its way, and how its clocks are hastened if they are.
#[derive(Clone)]
pub(super) struct Traveller<'m> {
    pub run: Simulation<'m>,
    pub path: Option<Path>,
}

/// A run and what its forks need.
pub(super) struct Worlds<'m, 'g> {
    trunk: &'m Model,
    /// The model of the fork that runs now.
    branch: Model,
    pub goal: Goal,
    /// How much sooner clocks ring for travellers whose clocks are hastened.
    pub bias: Bias,
    /// Events so far, all told, and whether to go on after them.
    events: u64,
    go_on: &'g mut dyn FnMut(u64) -> bool,
    stopped: bool,
}

impl<'m, 'g> Worlds<'m, 'g> {
    pub fn new(trunk: &'m Model, goal: Goal, go_on: &'g mut dyn FnMut(u64) -> bool) -> Self {
        let bias = Bias::none();
        Self { trunk, branch: trunk.clone(), goal, bias, events: 0, go_on, stopped: false }
    }

    /// Whether it was said not to go on.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// As [`Forks::path`], telling a pilot what is seen.
    pub fn tour(
        &mut self,
        from: &Traveller<'m>,
        branch: Branch,
        level: u32,
        events: &mut u64,
        told: Option<(&mut Tally, &mut Seen)>,
    ) -> Option<(Traveller<'m>, f64)> {
        if self.stopped {
            return None;
        }
        self.branch.reseed(branch.0);
        let Traveller { run, mut path } = from.clone();
        let mut run = run.with_model(&self.branch);
        let before = run.engine.events();
        run.redraw();
        let mut weight = 1.0;
        let reached = match &mut path {
            None => run.until_level(&self.goal, level),
            Some(path) => {
                path.fork(&mut run, self.branch.streams().branch(branch.0).stream(COINS, 0));
                let likelihood = path.likelihood();
                let reached = path.follow(&mut run, (&self.goal, &self.bias, level), told);
                weight = path.likelihood().over(likelihood);
                reached
            }
        };
        let spent = run.engine.events() - before;
        let run = reached.then(|| run.with_model(self.trunk));
        *events += spent;
        self.events += spent;
        self.stopped = self.stopped || !(self.go_on)(self.events);
        Some((Traveller { run: run?, path }, weight))
    }
}

impl<'m> Forks for Worlds<'m, '_> {
    type State = Traveller<'m>;

    fn path(
        &mut self,
        from: &Traveller<'m>,
        branch: Branch,
        level: u32,
        events: &mut u64,
    ) -> Option<(Traveller<'m>, f64)> {
        self.tour(from, branch, level, events, None)
    }
}

impl Model {
    /// All streams of the replication.
    pub(super) fn streams(&self) -> Streams {
        Streams::new(self.seed, self.replication)
    }

    /// From now on what decides about the event is drawn from the streams of a branch.
    fn reseed(&mut self, branch: u64) {
        let streams = self.streams().branch(branch);
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
        if self.rest.is_some() {
            self.rest = Some([0, 1, 2].map(|salt| streams.stream(Process::RareRest, salt)));
            self.draws.boot = stream(Process::Boot);
            self.draws.link_outage = stream(Process::LinkOutage);
            self.network.draws.address = stream(Process::AddressChange);
            self.network.draws.isp = stream(Process::IspOutage);
            for cause in &mut self.outages {
                cause.stream = streams.stream(cause.process.0, cause.process.1);
            }
        }
    }
}

impl<'m> Simulation<'m> {
    /// Draws again what has not happened yet.
    fn redraw(&mut self) {
        self.redraw_lives();
        self.redraw_repairs();
        if let (Some(rest), true) = (&self.model.rest, self.watched.is_some()) {
            self.redraw_mending(&rest[0]);
            self.redraw_mains(&rest[1]);
            self.redraw_links(&rest[2]);
        }
    }

    /// Goes on until `level` is reached; false if the run ends before.
    fn until_level(&mut self, goal: &Goal, level: u32) -> bool {
        while goal.level(self) < level {
            let until = goal.until(self, level);
            match self.engine.next(until) {
                Some(event) => self.handle(event),
                None if until < self.end() => {}
                None => return false,
            }
            goal.look(self);
        }
        true
    }

    /// When the run is over.
    pub(super) fn end(&self) -> SimTime {
        SimTime::ZERO + self.model.duration
    }

    /// The same run over another model of the same shape.
    fn with_model<'n>(self, model: &'n Model) -> Simulation<'n> {
        Simulation {
            drawn: super::super::NOTHING_DRAWN,
            model,
            engine: self.engine,
            control: self.control,
            nodes: self.nodes,
            sites: self.sites,
            crossings: Crossings::default(),
            beside: Beside::default(),
            racks: self.racks,
            outages: self.outages,
            dips: self.dips,
            surges: self.surges,
            link_outages: self.link_outages,
            network: self.network,
            watches: self.watches,
            arrivals: self.arrivals,
            bodies: self.bodies,
            sending: self.sending,
            plain: self.plain,
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
            watched: self.watched,
        }
    }
}
