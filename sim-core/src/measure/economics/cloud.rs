//! The same work in a cloud.
//!
//! What was delivered (hours of work at speed 1, requests, objects kept and read) is priced by the cloud's list, which keeps them whole: shards and
//! copies beyond the object itself cost nothing there; work at the price of rented
//! hours over the share of them in which rented machines work. Own machines have cost less from month C/(cloud − own) on, and from
//! the utilisation on at which cloud and own costs with the write-off are equal. Own costs are taken not to depend on utilisation.

use super::reward::Work;
use crate::scenario::Cloud;

/// What the cloud asks for this work.
pub fn price(cloud: &Cloud, work: &Work) -> f64 {
    cloud.compute.0 * work.compute / 3600.0 / cloud.utilisation
        + cloud.request.0 * work.requests
        + cloud.storage.0 * work.gigabyte_months()
        + cloud.egress.0 * work.egress_gigabytes()
}
