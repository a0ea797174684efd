//! The fleet: who is where, and why a node is down.

mod down;
mod ids;
mod server;

pub use down::{Cause, DownReasons};
pub use ids::*;
pub use server::{Admission, Body, BodyState, FifoServer};
