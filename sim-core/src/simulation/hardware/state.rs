//! The mutable side: the unit that stands in the place of each node, and what it has in common with others.

use super::super::model::{self, Model};
use super::model::WearClass;
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::Watts;
use crate::world::fleet::NodeId;
use crate::world::hardware::batches::{batch_of, is_defective, version_of};
use crate::world::hardware::{Crews, Habit, Life, Mending};

/// The kinds of lives of a unit; also places in [`Unit::lives`].
pub(in crate::simulation) const FAULT: usize = 0;
pub(in crate::simulation) const DEATH: usize = 1;
pub(in crate::simulation) const HANG: usize = 2;

/// How far the mending of a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum Stage {
    Sound,
    Noticing,
    /// For parts or a replacement.
    Waiting,
    /// For a crew.
    Queued,
    Working,
    Rebooting,
}

/// The unit that stands in the place of a node, and its host. What is charged when power changes stands first.
#[derive(Clone, Debug)]
#[repr(C)]
pub(in crate::simulation) struct Unit {
    /// Until when its lives are charged; [`SimTime::MAX`] while it is not exposed.
    pub since: SimTime,
    /// Exposure since it was new.
    pub age: SimDuration,
    pub degraded: bool,
    /// Whether `check` is exact at the present power, not a bound.
    pub exact: bool,
    /// The greatest power for which `check` is early enough.
    pub planned_up_to: Watts,
    pub lives: [Option<Life>; 3],
    pub check: Handle,
    /// Lives are used up this many times faster.
    pub factor: f64,
    /// Joules' worth of heat on top of the energy used, because of symptoms.
    pub extra_heat: f64,
    pub incarnation: u32,
    /// Number of the life until the next fault.
    pub fault_cycle: u32,
    pub deaths: u32,
    pub hangs: u32,
    pub stage: Stage,
    pub step: Handle,
    /// When that step began, and when it ends.
    pub step_since: SimTime,
    pub step_ends: SimTime,
    /// Steps that have ended.
    pub steps: u32,
    pub mending: Mending,
    /// Whether what is mended is a death.
    pub dead: bool,
    pub queued_since: SimTime,
    pub habit: Habit,
    pub switches: u32,
    pub joined: bool,
    pub churn_cycle: u32,
    /// By churn, not by giving up.
    pub left: bool,
    pub gave_up: bool,
    pub successor: Handle,
    /// Version of the software.
    pub version: Option<u16>,
    pub patch: Handle,
}

/// A batch that is to be recalled.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct RecalledBatch {
    pub members: Vec<NodeId>,
    pub after: SimDuration,
}

/// All units; empty if nothing of this is in use.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct HardwareState {
    pub units: Vec<Unit>,
    pub crews: Vec<Crews>,
    /// Nodes of each version of the software, and how many bugs have struck it.
    pub versions: Vec<(Vec<NodeId>, u32)>,
    pub recalls: Vec<RecalledBatch>,
}

impl HardwareState {
    pub fn new(model: &Model) -> Self {
        let hardware = &model.hardware;
        if !hardware.in_use {
            return Self::default();
        }
        let mut state = Self {
            units: Vec::with_capacity(model.node_count()),
            crews: hardware.pools.iter().map(|count| Crews::new(*count)).collect(),
            versions: vec![(Vec::new(), 0); hardware.versions.len()],
            recalls: Vec::new(),
        };
        let factors = state.batches(model);
        for ((_, node, class), factor) in model.entries.iter().flat_map(model::layout).zip(factors) {
            let class = &hardware.classes[usize::from(class)];
            let mut unit = unit(model, node, class, factor);
            let shares = hardware.versions.iter().map(|version| version.share);
            let version = version_of(shares, &hardware.draws.version, node.0);
            if let Some(version) = version {
                state.versions[version].0.push(node);
                unit.version = u16::try_from(version).ok();
            }
            state.units.push(unit);
        }
        state
    }

    /// Hazard factors of all nodes, in order; notes the batches to be recalled.
    fn batches(&mut self, model: &Model) -> Vec<f64> {
        let types =
            model.hardware.classes.iter().map(|class| class.node_type + 1).max().unwrap_or(0) as usize;
        let mut members: Vec<Vec<NodeId>> = vec![Vec::new(); types];
        let mut batches = vec![None; types];
        for (_, node, class) in model.entries.iter().flat_map(model::layout) {
            let class = &model.hardware.classes[usize::from(class)];
            members[class.node_type as usize].push(node);
            batches[class.node_type as usize] = class.batches.as_ref();
        }
        let mut factors = vec![1.0; model.node_count()];
        for (number, (nodes, batches)) in (0_u32..).zip(members.iter().zip(&batches)) {
            let Some(batches) = batches else { continue };
            let (defects, places) = model.hardware.batch_streams(number);
            let count = nodes.len() as u32;
            let mut defective: Vec<Vec<NodeId>> = vec![Vec::new(); count.div_ceil(batches.size) as usize];
            for (ordinal, node) in (0_u32..).zip(nodes) {
                let batch = batch_of(batches, ordinal, count, &places);
                if is_defective(batches, batch, &defects) {
                    factors[node.index()] = batches.factor;
                    defective[batch as usize].push(*node);
                }
            }
            let Some(recall) = &batches.recall else { continue };
            for (batch, members) in (0_u32..).zip(defective).filter(|(_, members)| !members.is_empty()) {
                let after = recall.after.draw_duration(&defects, batch, 1);
                self.recalls.push(RecalledBatch { members, after });
            }
        }
        factors
    }
}

fn unit(model: &Model, node: NodeId, class: &WearClass, factor: f64) -> Unit {
    let draws = &model.hardware.draws;
    let habit = class.presence.as_ref().map_or(Habit::Always, |it| Habit::of(it, &draws.host, node.0));
    let mut unit = Unit {
        lives: [None; 3],
        since: SimTime::MAX,
        age: SimDuration::ZERO,
        check: Handle::NONE,
        exact: false,
        planned_up_to: Watts(f64::INFINITY),
        factor,
        degraded: false,
        extra_heat: 0.0,
        incarnation: 0,
        fault_cycle: 0,
        deaths: 0,
        hangs: 0,
        stage: Stage::Sound,
        step: Handle::NONE,
        step_since: SimTime::ZERO,
        step_ends: SimTime::MAX,
        steps: 0,
        mending: Mending {
            notice: SimDuration::ZERO,
            gives_up: false,
            wait: SimDuration::ZERO,
            work: SimDuration::ZERO,
        },
        dead: false,
        queued_since: SimTime::ZERO,
        habit,
        switches: 0,
        joined: true,
        churn_cycle: 0,
        left: false,
        gave_up: false,
        successor: Handle::NONE,
        version: None,
        patch: Handle::NONE,
    };
    unit.draw_lives(model, node, class);
    unit
}

impl Unit {
    /// The lives of a unit that is new.
    pub fn draw_lives(&mut self, model: &Model, node: NodeId, class: &WearClass) {
        if class.has_lives {
            self.draw_fault(model, node, class);
            self.draw_death(model, node, class);
            self.draw_hang(model, node, class);
        }
    }

    /// The life until the next fault.
    pub fn draw_fault(&mut self, model: &Model, node: NodeId, class: &WearClass) {
        let draws = &model.hardware.draws;
        self.lives[FAULT] = class.hardware.faults.as_ref().map(|faults| {
            let storm = faults.up_in_storm.as_ref();
            let life = Life::draw(&faults.up, storm, &draws.fault, node.0, 2 * self.fault_cycle, self.factor);
            match &class.hardware.degradation {
                Some(how) => life.with_symptoms(how, &draws.symptoms[FAULT], node.0, self.fault_cycle),
                None => life,
            }
        });
    }

    fn draw_death(&mut self, model: &Model, node: NodeId, class: &WearClass) {
        let draws = &model.hardware.draws;
        self.lives[DEATH] = class.hardware.death.as_ref().map(|death| {
            let life =
                Life::draw(&death.lifetime, None, &draws.unit_life, node.0, self.incarnation, self.factor);
            match &class.hardware.degradation {
                Some(how) => life.with_symptoms(how, &draws.symptoms[DEATH], node.0, self.incarnation),
                None => life,
            }
        });
    }

    /// The exposure until the next hang.
    pub fn draw_hang(&mut self, model: &Model, node: NodeId, class: &WearClass) {
        let draws = &model.hardware.draws;
        let hangs = class.hardware.hangs.as_ref();
        self.lives[HANG] =
            hangs.map(|hangs| Life::draw(&hangs.every, None, &draws.hang, node.0, 3 * self.hangs, 1.0));
    }
}
