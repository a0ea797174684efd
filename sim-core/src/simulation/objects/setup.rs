//! Objects at t = 0.

use super::super::{Model, Simulation};
use super::faults::ObjectImpact;
use super::meter::Meter;
use super::rows::Rows;
use super::{Mending, ObjectModel, ObjectState, RepairLinks, Watched};
use crate::kernel::{Handle, SimTime};
use crate::policy::placement::Taken;
use crate::policy::repair::RepairQueue;
use crate::scenario::RepairPriority;
use crate::world::fleet::NodeId;
use crate::world::workload::objects::ObjectStore;

impl ObjectState {
    fn new(model: &Model, objects: &ObjectModel) -> Self {
        let nodes = model.node_count();
        let code = objects.code;
        let bytes = objects.sets.iter().map(|set| set.objects.size.0 / f64::from(code.data));
        let watched = Watched {
            joined: SimTime::ZERO,
            went_down: None,
            write_off: Handle::NONE,
            spells: 0,
            suspected: false,
            leaving: false,
        };
        let priority = objects.repair.as_ref().map_or(RepairPriority::Margin, |repair| repair.priority);
        let mut store = ObjectStore::new(code.data, code.total, nodes, bytes);
        store.withhold(&objects.access.withholds, objects.access.withheld);
        if model.blames {
            store.note_turns();
        }
        Self {
            access: super::access::AccessState::new(objects, nodes),
            underway: None,
            store,
            nodes: vec![watched; nodes],
            mending: Vec::new(),
            queue: RepairQueue::new(priority),
            pending: Vec::new(),
            check_due: false,
            review_due: false,
            paced_until: SimTime::ZERO,
            pace_due: false,
            running: 0,
            stuck: 0,
            moves: Rows::new(),
            flows: Rows::new(),
            impacts: vec![ObjectImpact::default(); model.faults.len()],
            links: RepairLinks::new(objects),
            taken: Taken::default(),
            meter: Meter::new(objects.sets.iter().map(|set| set.objects.writes.is_some())),
        }
    }

    /// A new object of set `set` is placed, on nodes that are open now. Draws are those of the object alone.
    fn place_object(&mut self, model: &ObjectModel, run: &Simulation<'_>, set: usize) -> u32 {
        let now = SimTime::ZERO;
        let object = self.store.create(set as u8);
        model.placement.begin(&mut self.taken);
        let mut next = 0;
        for slot in self.store.slots(object) {
            let draws = (&model.draws.placement, &mut next);
            let Some(node) = self.choose_node(model, object, draws, run.scoring(model, object)) else {
                break;
            };
            self.store.place(slot, node);
        }
        self.store.settle_new(now, object);
        if model.repair.is_some() {
            self.mending.push(Mending::default());
        }
        object
    }
}

impl Simulation<'_> {
    /// Places the objects that there are at t = 0, on the nodes that are up then.
    pub(in crate::simulation) fn start_objects(&mut self) {
        let model = self.model;
        let Some(objects) = &model.objects else { return };
        let mut state = Box::new(ObjectState::new(model, objects));
        self.keep_observations(objects);
        for (node, it) in (0_u32..).zip(&self.nodes) {
            if !it.reasons.is_up() {
                state.store.down(node);
                // The oracle has said so before there were objects.
                state.nodes[node as usize].suspected = !self.control.trusts(NodeId(node));
                state.nodes[node as usize].joined = SimTime::MAX;
            }
        }
        let all: usize = objects.sets.iter().map(|set| set.objects.count as usize).sum();
        state.store.reserve(all);
        if objects.repair.is_some() {
            state.mending.reserve_exact(all);
        }
        for (number, set) in objects.sets.iter().enumerate() {
            for _ in 0..set.objects.count {
                state.place_object(objects, self, number);
            }
        }
        self.objects = Some(state);
        self.with_objects(|_, _, _| ());
        self.watch_faults();
        self.start_access();
    }
}
