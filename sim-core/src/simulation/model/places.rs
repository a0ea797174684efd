//! The register of nodes that controllers know.

use super::{Builder, EntryModel, layout};
use crate::kernel::SimDuration;
use crate::policy::routing::Places;
use crate::scenario::cost::{mean, rate};

impl Builder<'_> {
    /// Where nodes are and what they are; latencies are the means of those in the file.
    pub(super) fn places(&self, entries: &[EntryModel], between: &[SimDuration]) -> Places {
        let seconds: Vec<f64> = between.iter().map(|latency| latency.as_secs_f64()).collect();
        let mut places = Places::new(self.regions.len(), seconds);
        for entry in entries {
            let latency = entry.link.as_ref().and_then(|link| link.latency.as_ref());
            let access = latency.map_or(0.0, mean);
            for (_, _, class) in layout(entry) {
                let class = &self.classes[usize::from(class)];
                places.add(entry.region, class.slots, class.speed, access);
            }
        }
        let duration = self.scenario.duration.as_secs_f64();
        let requests = self.scenario.requests();
        let (count, work) = requests.fold((0.0, 0.0), |(count, work), (_, _, requests)| {
            let rate = rate(&requests.arrivals, duration);
            (count + rate, work + rate * requests.demand.as_ref().map_or(0.0, mean))
        });
        places.mean_demand = if count > 0.0 { work / count } else { 0.0 };
        places
    }
}
