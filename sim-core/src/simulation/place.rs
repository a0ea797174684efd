//! The place where the breaker and the batteries of a site are: its room.
//!
//! The rating of a breaker falls with the air around it, and batteries age by it. That is the air of the room of the site: under
//! weather, sun, heating and air conditioning, warmed by what stands in it where the building has a conductance, without
//! air conditioning while that has failed or has no mains, and hotter by what a fault injects. Where nothing of this has a state, all is
//! known before the run and read from tables.
//!
//! The life that batteries have used up is summed whenever the air gets a new course ([`AgeingTable::exposure`]).
//!
//! Left out: breakers and batteries that stand in the air of a rack.

use super::Simulation;
use super::climate::Assumed;
use crate::quantity::Watts;
use crate::world::fleet::SiteId;
use crate::world::power::AgeingTable;
use crate::world::thermal::Inlet;

impl<'m> Simulation<'m> {
    /// The air of the room of a site, from the last advance on.
    pub(super) fn room_air(&self, site: SiteId) -> Inlet<'m> {
        let model = self.model;
        self.room_inlet(site, Assumed::Present, &model.entry_of(site).air)
    }

    /// The heat that flows into the room of a site.
    pub(super) fn room_heat(&self, site: SiteId) -> Watts {
        self.sites[site.index()].climate.room.as_ref().map_or(Watts(0.0), |room| room.state.heat())
    }

    /// Seconds of life at the reference temperature that the batteries of a site, one after the other, have used up until now.
    pub(super) fn life_used(&self, site: SiteId, ageing: &AgeingTable) -> f64 {
        let power = &self.sites[site.index()].power;
        power.aged + ageing.exposure(&self.room_air(site), power.aged_at, self.engine.now())
    }

    /// Sums up the life that batteries have used up, before the air of a room with a state changes its course.
    pub(super) fn settle_ageing(&mut self, site: SiteId) {
        if self.sites[site.index()].climate.room.is_some() {
            self.sum_ageing(site);
        }
    }

    /// Sums up the life that batteries have used up.
    pub(super) fn sum_ageing(&mut self, site: SiteId) {
        let model = self.model;
        let Some(ageing) = &model.entry_of(site).ageing else { return };
        let used = self.life_used(site, ageing);
        let power = &mut self.sites[site.index()].power;
        (power.aged, power.aged_at) = (used, self.engine.now());
    }
}
