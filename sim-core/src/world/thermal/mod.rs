//! Heat: outdoor weather, the room around the racks, the cooling of racks, and the temperature of each node.
//!
//! The causal chain is outdoor air → room air → rack air → node. Weather, and rooms under weather alone, do not depend on
//! what the nodes do, so they are computed once per run as [`TemperatureSeries`]. What nodes add is exponentials: [`air`] is
//! the room that they warm and its air conditioning, [`rack`] the air and the fans that they share, [`masses`] a node of die
//! and chassis whose power grows with temperature. A node of one mass in a room that takes no notice of it is
//! [`lumped`]. All are advanced in closed form between events.
//! What is left out: humidity, air that racks exchange with one another.

pub mod air;
pub mod building;
mod curve;
mod decays;
mod inlet;
pub mod lumped;
pub mod masses;
mod memo;
mod peak;
pub mod rack;
pub mod series;
pub mod weather;

pub use air::{Conditioning, Regime, RoomParams, RoomState};
pub use building::{free_room, room};
pub(crate) use curve::phi1;
pub use inlet::Inlet;
pub use lumped::{HeatParams, NodeHeat, Relaxation, temperature_integral};
pub use masses::{Driven, MassState, Masses};
pub use memo::{Crossings, Goal, Question};
pub use rack::RackCooling;
pub use series::{Side, TemperatureSeries};
pub use weather::{alternate, heat_waves, outdoor, storms};
