//! What a controller knows of nodes from the register: where they are, and what they are.

use crate::kernel::SimTime;
use crate::world::fleet::NodeId;

/// The register of nodes.
#[derive(Clone, Debug, Default)]
pub struct Places {
    region: Vec<u16>,
    slots: Vec<u32>,
    speed: Vec<f64>,
    /// Known latency of the access link, in seconds.
    access: Vec<f64>,
    /// Factor on the whole way; empty where all are 1.
    stretch: Vec<f64>,
    /// Known latency from each gateway to each region, in seconds, row by row.
    between: Vec<f64>,
    regions: usize,
    /// Mean work of a request, in seconds at speed 1.
    pub mean_demand: f64,
}

impl Places {
    /// A register with this table of latencies between `regions` regions, without nodes.
    pub fn new(regions: usize, between: Vec<f64>) -> Self {
        assert_eq!(between.len(), regions * regions, "a row and a column for each region");
        Self { between, regions, ..Self::default() }
    }

    /// `nodes` nodes of one slot each in one region.
    pub fn alike(nodes: usize) -> Self {
        let mut places = Self::new(1, vec![0.0]);
        for _ in 0..nodes {
            places.add(0, 1, 1.0, 0.0);
        }
        places
    }

    /// Registers the next node: its region, slots, nominal speed, and latency of its access link in seconds.
    pub fn add(&mut self, region: u16, slots: u32, speed: f64, access: f64) {
        self.region.push(region);
        self.slots.push(slots);
        self.speed.push(speed);
        self.access.push(access);
    }

    /// The node added last has this factor on its ways.
    pub fn stretch_last(&mut self, factor: f64) {
        self.stretch.resize(self.nodes().saturating_sub(1), 1.0);
        self.stretch.push(factor);
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.region.len()
    }

    /// Number of regions, each with a gateway.
    pub fn regions(&self) -> usize {
        self.regions
    }

    /// The region of a node.
    pub fn region(&self, node: NodeId) -> u16 {
        self.region[node.index()]
    }

    /// Slots of a node.
    pub fn slots(&self, node: NodeId) -> u32 {
        self.slots[node.index()]
    }

    /// Nominal speed of a node.
    pub fn speed(&self, node: NodeId) -> f64 {
        self.speed[node.index()]
    }

    /// Known one-way latency from a gateway to a region, in seconds.
    pub fn between(&self, gateway: u16, region: u16) -> f64 {
        self.between[usize::from(gateway) * self.regions + usize::from(region)]
    }

    /// Known one-way latency from a gateway to a node, in seconds.
    pub fn distance(&self, gateway: u16, node: NodeId) -> f64 {
        let way = self.between(gateway, self.region(node)) + self.access[node.index()];
        way * self.stretch.get(node.index()).unwrap_or(&1.0)
    }
}

/// Published prices of electricity: step functions of time.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// Prices in $/kWh from a time on, ascending, by tariff.
    tariffs: Vec<Vec<(SimTime, f64)>>,
    /// The tariff of each node.
    of_node: Vec<u16>,
}

impl Prices {
    /// Tariffs, and the number of that of each node. A node with another number has no known price.
    pub fn new(tariffs: Vec<Vec<(SimTime, f64)>>, of_node: Vec<u16>) -> Self {
        Self { tariffs, of_node }
    }

    /// The price at a node in $/kWh, where it is known.
    pub fn at(&self, now: SimTime, node: NodeId) -> Option<f64> {
        let tariff = self.tariffs.get(usize::from(*self.of_node.get(node.index())?))?;
        let after = tariff.partition_point(|(from, _)| *from <= now);
        Some(tariff.get(after.checked_sub(1)?)?.1)
    }
}
