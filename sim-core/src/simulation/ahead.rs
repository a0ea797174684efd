//! Looking ahead: what the next few events will ask for is read together.
//!
//! A wide fleet does not fit the cache, and nearly every event befalls a node that has not been asked for long: it waits for memory a
//! dozen times, one wait after the other. When the engine puts the next few tens of events in order, it shows them; what they will ask for is read
//! there, so that those waits overlap. Nothing else is done with it, and a run is the same to the bit.

use super::hardware::Unit;
use super::state::Node;
use super::{Event, HeatEvent, Model, PowerEvent};
use crate::world::fleet::{Body, NodeId};
use std::hint::black_box;

/// From so many nodes on it is worth while.
pub(super) const WIDE: usize = 20_000;

/// What events ask for.
pub(super) struct Ahead<'a> {
    pub model: &'a Model,
    pub nodes: &'a [Node],
    pub units: &'a [Unit],
    pub bodies: &'a [Body],
}

impl Ahead<'_> {
    /// Reads what `event` will ask for.
    #[inline]
    pub fn look(&self, event: &Event) {
        match *event {
            Event::Delivered { attempt } | Event::Served { attempt } => {
                let Some(body) = self.bodies.get(attempt.index()) else { return };
                self.look_at_site(body.node);
            }
            Event::Replied { attempt } => {
                black_box(self.bodies[attempt.index()].state);
            }
            Event::HealthWake { node }
            | Event::Heat(HeatEvent::HeatCheck { node })
            | Event::Power(PowerEvent::LeakCheck { node }) => self.look_at_site(node),
            _ => {}
        }
    }

    /// When the power of a node changes, all that share its air are brought to the present.
    #[inline]
    fn look_at_site(&self, node: NodeId) {
        const MOST: usize = 8;
        let site = self.nodes[node.index()].site;
        for index in self.model.nodes_of(site).take(MOST) {
            let node = &self.nodes[index];
            black_box(node.power);
            black_box(node.chassis);
            if let Some(unit) = self.units.get(index) {
                black_box(unit.since);
                black_box(unit.lives[1].is_some());
            }
        }
    }
}
