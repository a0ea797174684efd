//! What people read: progress while runs are made, then tables and words.

pub mod blame;
pub mod faults;
pub mod numbers;
pub mod progress;
pub mod regret;
pub mod slo;
pub mod stages;
pub mod table;
