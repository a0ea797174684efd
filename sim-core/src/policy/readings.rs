//! The last reading of each node's own sensors that has reached the controller: sampled, late, and sometimes lost.
//!
//! The world fills the table when a message with a reading arrives; policies read it and know how old it is. A node of
//! which nothing has arrived yet has no reading.

use crate::kernel::{SimDuration, SimTime};
use crate::world::fleet::NodeId;

/// What a node has said of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When the sensors were read.
    pub taken: SimTime,
    /// Temperature in °C; NaN of a node that is not heated.
    pub temperature: f64,
    /// Whether heat slows it down.
    pub throttled: bool,
    /// Busy slots over all slots.
    pub busy: f64,
    /// Attempts on the node, waiting and running.
    pub queue: u32,
    /// Whether its site runs on its battery.
    pub on_battery: bool,
    /// Charge of the battery over its capacity; NaN without one.
    pub charge: f64,
    /// Reported errors per second.
    pub errors: f64,
    /// Service takes this many times longer than of a sound node.
    pub slowdown: f64,
    /// Time switched on since the unit was new.
    pub age: SimDuration,
}

/// The last reading of every node; empty where no policy asks for readings.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    last: Vec<Option<Reading>>,
}

impl Readings {
    /// A table for `nodes` nodes.
    pub fn of(nodes: usize) -> Self {
        Self { last: vec![None; nodes] }
    }

    /// Whether readings are collected at all.
    pub fn are_collected(&self) -> bool {
        !self.last.is_empty()
    }

    /// The last reading of `node`.
    #[inline]
    pub fn get(&self, node: NodeId) -> Option<&Reading> {
        self.last.get(node.index())?.as_ref()
    }

    /// A reading has arrived. One taken before the last known is ignored.
    pub fn arrived(&mut self, node: NodeId, reading: Reading) {
        if let Some(last) = self.last.get_mut(node.index())
            && last.is_none_or(|known| known.taken <= reading.taken)
        {
            *last = Some(reading);
        }
    }

    /// Another unit stands in the place of `node`: nothing is known of it.
    pub fn forget(&mut self, node: NodeId) {
        if let Some(last) = self.last.get_mut(node.index()) {
            *last = None;
        }
    }
}
