//! What the sensors of a node say about its hardware: all that can be known of a failure before it comes.

use crate::kernel::SimDuration;
use crate::quantity::{Celsius, PerSecond};

/// A reading of a node's own sensors. It is the truth of that moment; how late it arrives is the network's affair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telemetry {
    /// Temperature, if the node has a thermal model.
    pub temperature: Option<Celsius>,
    /// Whether heat slows it down.
    pub throttled: bool,
    /// Whether it shows symptoms.
    pub degraded: bool,
    /// Service takes this many times longer than of a sound node.
    pub slowdown: f64,
    /// Thermal resistance over that of a sound node.
    pub resistance: f64,
    /// Rate of reported errors.
    pub errors: PerSecond,
    /// Time switched on since the unit was new.
    pub age: SimDuration,
    /// How many units have stood in this place before.
    pub incarnation: u32,
}
