//! The fullest battery: of some sampled nodes that have room, one on the mains, or else the one whose battery is fullest.
//!
//! What a site says over telemetry decides: nodes on the mains are alike; on a battery with less than `reserve` left they are
//! chosen only where every sampled node with room is so. This keeps work from shortening the time that a battery bridges, as
//! systems that move load away from sites on backup power do (S. Govindan et al., "Leveraging stored energy for handling power emergencies in
//! aggressively provisioned datacenters", ASPLOS 2012). A node that has said nothing yet counts as the mean of the others sampled.

use super::preference::Sampler;
use super::{Ask, Memory, Routing, View};
use crate::scenario::Preference;
use crate::world::fleet::NodeId;

/// What being nearly empty costs: more than any charge.
const LAST_RESORT: f64 = 10.0;

/// `{"battery_aware": {…}}`.
#[derive(Clone, Debug)]
pub struct BatteryAware {
    sampler: Sampler,
    reserve: f64,
}

impl BatteryAware {
    /// Prefers among the nodes that `among` says, and avoids those on a battery with less than the share `reserve`.
    pub fn new(among: Preference, reserve: f64) -> Self {
        Self { sampler: Sampler::new(among), reserve }
    }
}

impl Routing for BatteryAware {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let reserve = self.reserve;
        self.sampler.least(view, ask, |node| match view.reading(node) {
            Some(reading) if !reading.on_battery => 0.0,
            // A site on a battery of unknown charge may be at its end.
            Some(reading) if reading.charge >= reserve => 2.0 - reading.charge,
            Some(reading) => LAST_RESORT - if reading.charge.is_nan() { 0.0 } else { reading.charge },
            None => f64::NAN,
        })
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
