//! Power: the mains and what goes wrong with them, the breaker of a site, its uninterruptible power supply, the draw of a node.
//!
//! Each is a pure state machine that answers "what is the state now" and "when does it next change if nothing else
//! does". The world's loop schedules those answers and calls back.

pub mod breaker;
pub mod dips;
pub mod grid;
pub mod node;
pub mod ride_through;
pub mod rolling;
pub mod storm_damage;
pub mod ups;

pub use breaker::{BreakerParams, BreakerState, rating_at};
pub use dips::{DipDists, DipProcess};
pub use grid::OutageProcess;
pub use node::{Draw, NodePower};
pub use rolling::RollingPlan;
pub use storm_damage::StormStreams;
pub use ups::{AgeingTable, Battery, BatteryUse, UpsParams};
