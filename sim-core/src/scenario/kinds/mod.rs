//! What the parts of a scenario file look like: one declaration for each object, from which reader, names, canonical
//! form and JSON Schema follow.

pub(super) mod backbone;
pub(super) mod building;
mod cooling;
pub(super) mod economics;
mod energy_policy;
pub(super) mod faults;
pub(super) mod grid;
pub(super) mod hardware;
pub(super) mod health;
mod hosts;
pub(super) mod isp;
pub(super) mod job_policy;
pub(super) mod jobs;
pub(super) mod link;
pub(super) mod node;
mod object_access;
mod object_check;
mod object_policy;
pub(super) mod objects;
pub(super) mod policy;
pub(super) mod power;
mod rare;
mod references;
pub(super) mod region;
pub(super) mod request_policy;
pub(super) mod routing;
pub(super) mod site;
pub(super) mod statistics;
mod stress;
pub(super) mod supervision;
pub(super) mod tariff;
pub(super) mod thermal;
pub(super) mod top;
pub(super) mod weather;
mod whole;
pub(super) mod workload;
