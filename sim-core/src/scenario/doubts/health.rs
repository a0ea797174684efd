//! Doubts about the times and numbers of health checks.

use crate::scenario::spec::{Among, Health, Policy, Scenario};
use std::collections::BTreeMap;

/// What is doubtful in how a policy judges the health of nodes.
pub(super) fn doubts(scenario: &Scenario, policy: &Policy) -> Vec<(String, &'static str)> {
    let mut doubts = Vec::new();
    match &policy.health {
        Health::HeartbeatTimeout { period, timeout } if timeout < period => doubts.push((
            format!(
                "waits {timeout} for beats that come every {period}: it suspects every node between two beats"
            ),
            "a `timeout` of more than `period`",
        )),
        Health::Probe { period, timeout, .. } if timeout > period => doubts.push((
            format!("waits {timeout} for the reply to a probe and sends the next after {period}"),
            "a `timeout` of at most `period`",
        )),
        // The default is more than small groups have, and means all of them.
        Health::Swim(swim) if swim.proxies > 3 && u64::from(swim.proxies) >= least(scenario, swim.among) => {
            doubts.push((
                format!("asks {} proxies, but some group has no more members", swim.proxies),
                "fewer `proxies`, or a larger group in `among`",
            ));
        }
        _ => {}
    }
    if let Some(slow) = policy.ejection.and_then(|ejection| ejection.slow)
        && slow <= 1.0
    {
        doubts.push((
            format!(
                "ejects nodes at {slow} times the latency of the median node: about half of them are as slow"
            ),
            "`slow` of more than 1",
        ));
    }
    doubts
}

/// Members of the smallest group.
fn least(scenario: &Scenario, among: Among) -> u64 {
    let mut groups: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in &scenario.fleet {
        let site = u64::from(super::nodes_per_site(entry));
        let all = site * u64::from(entry.sites);
        match among {
            Among::Site => {
                let group = groups.entry("").or_insert(u64::MAX);
                *group = site.min(*group);
            }
            Among::Region => *groups.entry(&entry.region).or_insert(0) += all,
            Among::All => *groups.entry("").or_insert(0) += all,
        }
    }
    groups.into_values().min().unwrap_or(0)
}
