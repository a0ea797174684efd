//! What is doubtful about prices and what policies make of them.

use super::Doubt;
use crate::quantity::Watts;
use crate::scenario::spec::{LocalDateTime, OnBattery, Scenario, Tariff};
use crate::scenario::tree::escape;
use crate::world::economics::{Prices, holds};

/// Notes of what is doubtful.
pub(super) fn doubts(scenario: &Scenario) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for (index, entry) in scenario.fleet.iter().enumerate() {
        if let Some(tariff) = &entry.tariff {
            of_tariff(tariff, &format!("/fleet/{index}/tariff"), &mut doubts);
        }
    }
    of_policies(scenario, &mut doubts);
    of_caps(scenario, &mut doubts);
    of_reward(scenario, &mut doubts);
    doubts
}

fn doubt(doubts: &mut Vec<Doubt>, pointer: String, message: String, help: &str) {
    doubts.push(Doubt { pointer, message, help: help.to_owned() });
}

/// Each first minute of an hour or of a period, on each day of the week in each month, some of which no year has.
fn moments(tariff: &Tariff) -> impl Iterator<Item = LocalDateTime> + '_ {
    let edges = tariff.periods.iter().flat_map(|period| [period.from, period.to]);
    let mut seconds: Vec<i64> = edges.map(|edge| edge.as_secs_f64() as i64 % 86_400).chain([0]).collect();
    seconds.sort_unstable();
    seconds.dedup();
    (1..=12).flat_map(move |month| {
        let seconds = seconds.clone();
        (1..=7).flat_map(move |day| {
            let dates: Vec<LocalDateTime> =
                seconds.iter().filter_map(|second| LocalDateTime::new(2024, month, day, *second)).collect();
            dates
        })
    })
}

fn of_tariff(tariff: &Tariff, pointer: &str, doubts: &mut Vec<Doubt>) {
    if tariff.periods.is_empty() {
        return;
    }
    let mut counts = vec![false; tariff.periods.len()];
    let mut free = false;
    for moment in moments(tariff) {
        match tariff.periods.iter().position(|period| holds(period, moment)) {
            Some(first) => counts[first] = true,
            None => free |= tariff.otherwise.0 == 0.0,
        }
    }
    for (index, _) in counts.iter().enumerate().filter(|(_, counts)| !**counts) {
        let message =
            format!("period {index} of the tariff never counts: at all its times an earlier one holds");
        doubt(
            doubts,
            format!("{pointer}/periods/{index}"),
            message,
            "put it before the others, or leave it out",
        );
    }
    if free {
        let message = "at some times no period holds and there is no `otherwise`: these hours cost nothing";
        doubt(doubts, pointer.to_owned(), message.to_owned(), "add `otherwise`");
    }
}

fn of_policies(scenario: &Scenario, doubts: &mut Vec<Doubt>) {
    let has_ups = scenario.fleet.iter().any(|entry| entry.ups.is_some());
    let varies = scenario
        .fleet
        .iter()
        .filter_map(|entry| entry.tariff.as_ref())
        .any(|tariff| Prices::of(tariff, scenario.start, scenario.duration).pieces().nth(1).is_some());
    let several = scenario.fleet.iter().filter(|entry| entry.tariff.is_some()).count() > 1;
    for (name, policy) in &scenario.policies {
        let pointer = format!("/policies/{}", escape(name));
        let energy = &policy.energy;
        if energy.on_battery != OnBattery::Run && !has_ups {
            let message = format!("policy `{name}` says what to do `on_battery`, but no site has a UPS");
            doubt(doubts, pointer.clone(), message, "add `ups` to the fleet");
        }
        if energy.arbitrage.is_some() && !(has_ups && varies) {
            let message = format!(
                "policy `{name}` trades with batteries, but no site has a UPS and a price that changes"
            );
            doubt(doubts, pointer.clone(), message, "add `ups` and a `tariff` with `periods` to the fleet");
        }
        if energy.shift.is_some() && !varies && !several {
            let message = format!("policy `{name}` shifts work by price, but no price changes");
            doubt(doubts, pointer, message, "add a `tariff` with `periods` to the fleet");
        }
    }
}

/// Caps that even idle nodes exceed.
fn of_caps(scenario: &Scenario, doubts: &mut Vec<Doubt>) {
    for (name, policy) in &scenario.policies {
        let Some(share) = policy.energy.power_cap else { continue };
        for entry in &scenario.fleet {
            let Some(breaker) = &entry.breaker else { continue };
            let mut idle = 0.0;
            for rack in &entry.racks {
                let nodes = rack.nodes.iter();
                let nodes = nodes.map(|(name, count)| f64::from(*count) * scenario.nodes[name].idle.0);
                let cooling = rack.cooling.as_ref().map_or(0.0, |cooling| cooling.power.0);
                idle += f64::from(rack.count) * (nodes.sum::<f64>() + cooling);
            }
            let cap = share * breaker.rating.0 * breaker.voltage.0;
            if cap < idle {
                let message = format!(
                    "policy `{name}` caps `{}` to {}, but idle nodes and their cooling draw {}: the cap cannot be held",
                    entry.name,
                    Watts(cap),
                    Watts(idle)
                );
                let pointer = format!("/policies/{}/energy/power_cap", escape(name));
                doubt(doubts, pointer, message, "a greater share, or fewer nodes at a site");
            }
        }
    }
}

/// A reward for what nobody can do.
fn of_reward(scenario: &Scenario, doubts: &mut Vec<Doubt>) {
    let Some(reward) = scenario.economics.as_ref().and_then(|economics| economics.reward.as_ref()) else {
        return;
    };
    let always = reward.uptime.0 > 0.0 || reward.rental.is_some();
    let requests = scenario.requests().next().is_some();
    let jobs = scenario.jobs().next().is_some();
    let objects = scenario.objects().next().is_some();
    let by_work = (reward.request.0 > 0.0 || reward.egress.0 > 0.0) && requests
        || reward.compute.0 > 0.0 && (requests || jobs)
        || (reward.storage.0 > 0.0 || reward.egress.0 > 0.0 || reward.repair.0 > 0.0) && objects;
    if !always && !by_work {
        let message = "the reward pays only for work that no workload asks for";
        doubt(doubts, "/economics/reward".to_owned(), message.to_owned(), "another reward, or a workload");
    }
}
