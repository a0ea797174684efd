//! Heat: outdoor weather, the room around the racks, and the lumped temperature of each node.
//!
//! The causal chain is outdoor air → room air → rack air → node. The first two do not depend on what the nodes do, so
//! they are computed once per run as [`TemperatureSeries`]; the node is advanced in closed form between events.
//! What is left out: the heat of the nodes does not warm their room, humidity, air flow between racks.

pub mod building;
pub mod lumped;
mod peak;
pub mod series;
pub mod weather;

pub use building::room;
pub use lumped::{HeatParams, NodeHeat, temperature_integral};
pub use series::TemperatureSeries;
pub use weather::{alternate, heat_waves, outdoor, storms};
