//! The register of nodes that controllers know.

use super::{Builder, EntryModel, layout};
use crate::kernel::SimDuration;
use crate::policy::routing::{Places, Prices};
use crate::scenario::Scenario;
use crate::scenario::cost::{mean, rate};
use crate::world::economics::Prices as TariffPrices;

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
                if let Some(stretch) = entry.link.as_ref().and_then(|link| link.stretch.as_ref()) {
                    places.stretch_last(mean(stretch));
                }
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

    /// Prices of electricity at all nodes, in $/kWh.
    pub(super) fn prices(&self, entries: &[EntryModel]) -> Prices {
        const JOULES_PER_KWH: f64 = 3.6e6;
        let Scenario { start, duration, .. } = *self.scenario;
        let (mut tariffs, mut of_node) = (Vec::new(), Vec::new());
        for (entry, model) in self.scenario.fleet.iter().zip(entries) {
            let number = match &entry.tariff {
                Some(tariff) => {
                    let pieces = TariffPrices::of(tariff, start, duration);
                    tariffs
                        .push(pieces.pieces().map(|(from, price)| (from, price * JOULES_PER_KWH)).collect());
                    tariffs.len() as u16 - 1
                }
                None => u16::MAX,
            };
            of_node.resize(of_node.len() + (model.sites * model.nodes_per_site) as usize, number);
        }
        if tariffs.is_empty() { Prices::default() } else { Prices::new(tariffs, of_node) }
    }
}
