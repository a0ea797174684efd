//! What a score of the policy says of nodes that may take a shard.
//!
//! Attributes are those of routing, as the controller knows them when the shard is placed: of whom it has heard, not how they are.
//! Distances are those from the gateway of who writes, or, for repairs and for what there is at the start, of the one that repairs the
//! object. At t = 0 nothing has been heard, so what is observed or said of nodes is unknown then; prices and places are known.

use super::super::Simulation;
use super::ObjectModel;
use crate::policy::routing::{Memory, Observed, View, observe};
use crate::policy::score::Score;
use crate::world::fleet::NodeId;

/// A score, and what is known.
pub(super) struct Scoring<'a> {
    score: &'a Score,
    view: View<'a>,
    gateway: u16,
    /// The random bits of the object.
    draw: u64,
}

impl Scoring<'_> {
    /// The score of a node.
    pub fn of(&self, node: u32) -> f64 {
        self.score.value(|attribute| observe(&self.view, self.gateway, self.draw, NodeId(node), attribute))
    }
}

impl Simulation<'_> {
    /// By what the nodes for a shard of `object` that is repaired are compared; `None` without a score.
    pub(super) fn scoring<'a>(&'a self, model: &'a ObjectModel, object: u32) -> Option<Scoring<'a>> {
        model.score.as_ref()?;
        self.scoring_at(model, object, model.repairer(object))
    }

    /// As [`Self::scoring`], for a shard that comes by way of a gateway.
    pub(super) fn scoring_at<'a>(
        &'a self,
        model: &'a ObjectModel,
        object: u32,
        gateway: u16,
    ) -> Option<Scoring<'a>> {
        let score = model.score.as_deref()?;
        let view = self.control.view(self.engine.now());
        // Not the bits that draw candidates, which begin at zero, nor those of the copyset.
        let draw = model.draws.placement.bits(object, u32::MAX - 1);
        Some(Scoring { score, view, gateway, draw })
    }

    /// The controller remembers what a score reads, if routing does not ask for that.
    pub(super) fn keep_observations(&mut self, model: &ObjectModel) {
        let (nodes, gateways) = (self.nodes.len(), self.model.regions.len());
        let observed = &mut self.control.known_mut().observed;
        if model.score.as_ref().is_some_and(|score| score.reads_observations()) && !observed.is_kept() {
            *observed = Observed::of(nodes, gateways, Memory::default());
        }
    }
}
