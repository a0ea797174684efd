//! To which failure domain each node belongs.

use super::domains::DomainKind;
use super::target::{Place, places};
use crate::kernel::Streams;
use crate::scenario::spec::Scenario;

/// Numbers texts in the order in which they come.
#[derive(Default)]
struct Names<'a>(Vec<&'a str>);

impl<'a> Names<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        let known = self.0.iter().position(|it| *it == name);
        known.unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        }) as u32
    }
}

/// The number of the domain of `kind` of each node, and how many domains there are. Sites without an internet provider or an
/// operator belong to one that has no name (a provider in each region); a node of a type without batches stands alone.
/// What is no domain of nodes (gateways, the backbone) gives each node one of its own.
pub fn membership(scenario: &Scenario, streams: &Streams, kind: DomainKind) -> (Vec<u32>, u32) {
    let places = places(scenario);
    let mut of_node: Vec<u32> = Vec::new();
    let mut names = Names::default();
    let mut racks = 0;
    let mut feeders = 0;
    for (number, place) in (0_u32..).zip(&places) {
        let entry = place.entry;
        let feeder_size = place.feeder_size(scenario);
        let layout = rack_of_nodes(place, kind);
        let named = match kind {
            DomainKind::Isp => names.number(entry.isp.as_deref().unwrap_or(&entry.region)),
            DomainKind::Operator => names.number(entry.operator.as_deref().unwrap_or("")),
            DomainKind::Region => names.number(&entry.region),
            _ => number,
        };
        for site in 0..entry.sites {
            for node in 0..place.nodes_per_site {
                of_node.push(match kind {
                    DomainKind::Site => place.first_site + site,
                    DomainKind::Rack => racks + site * place.racks() + layout[node as usize],
                    DomainKind::Feeder => feeders + site / feeder_size,
                    DomainKind::Isp | DomainKind::Operator | DomainKind::Region | DomainKind::Fleet => named,
                    _ => of_node.len() as u32,
                });
            }
        }
        racks += entry.sites * place.racks();
        feeders += entry.sites.div_ceil(feeder_size);
    }
    if kind == DomainKind::Batch {
        of_node = super::batches::membership(scenario, &places, streams, of_node.len() as u32);
    }
    let mut present: Vec<u32> = of_node.clone();
    present.sort_unstable();
    present.dedup();
    let renumbered = of_node.iter().map(|domain| present.partition_point(|it| it < domain) as u32).collect();
    (renumbered, present.len() as u32)
}

/// The rack of each node of a site.
fn rack_of_nodes(place: &Place<'_>, kind: DomainKind) -> Vec<u32> {
    let mut racks = vec![0; place.nodes_per_site as usize];
    if kind == DomainKind::Rack {
        for group in place.groups() {
            group.nodes.for_each(|node| racks[node as usize] = group.rack);
        }
    }
    racks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{NoFiles, Overrides, Source, load};

    #[test]
    fn nodes_belong_where_they_stand() {
        let text = r#"{ "duration": "1 d", "regions": { "a": { "grid": { "feeder_size": 2 } }, "b": {} },
            "nodes": { "box": { "batches": { "size": 4, "defect": 0, "factor": 2 } } },
            "fleet": [
                { "name": "x", "region": "a", "sites": 3, "isp": "one", "racks": [{ "count": 2, "nodes": { "box": 1 } }] },
                { "name": "y", "region": "b", "sites": 1, "operator": "me", "racks": [{ "nodes": { "box": 3 } }] }],
            "policies": { "p": {} } }"#;
        let plan = load(&Source { name: "x.json", text }, &NoFiles, &Overrides::default());
        let scenario = &plan.unwrap_or_else(|it| panic!("{it:?}")).variations[0].scenario;
        let streams = Streams::new(1, 0);
        let of = |kind| membership(scenario, &streams, kind);
        assert_eq!(of(DomainKind::Node), ((0..9).collect(), 9));
        assert_eq!(of(DomainKind::Site), (vec![0, 0, 1, 1, 2, 2, 3, 3, 3], 4));
        assert_eq!(of(DomainKind::Rack), (vec![0, 1, 2, 3, 4, 5, 6, 6, 6], 7));
        assert_eq!(of(DomainKind::Feeder), (vec![0, 0, 0, 0, 1, 1, 2, 2, 2], 3));
        assert_eq!(of(DomainKind::Isp), (vec![0, 0, 0, 0, 0, 0, 1, 1, 1], 2));
        assert_eq!(of(DomainKind::Region).1, 2);
        assert_eq!(of(DomainKind::Operator), (vec![0, 0, 0, 0, 0, 0, 1, 1, 1], 2));
        assert_eq!(of(DomainKind::Batch), (vec![0, 0, 0, 0, 1, 1, 1, 1, 2], 3));
    }
}
