//! Power: outages of the mains, the breaker of a site, its uninterruptible power supply.
//!
//! Each is a pure state machine that answers "what is the state now" and "when does it next change if nothing else
//! does". The world's loop schedules those answers and calls back.

pub mod breaker;
pub mod grid;
pub mod ups;

pub use breaker::{BreakerParams, BreakerState};
pub use grid::OutageProcess;
pub use ups::{Battery, BatteryUse, UpsParams};
