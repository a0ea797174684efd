//! What is doubtful in a scenario but can be run: warnings.

mod economics;
mod health;
mod stress;
mod world;

use super::cost::{mean, rate};
use super::plan::Variation;
use super::problem::Problem;
use super::read::Reader;
use super::spec::{Among, FleetEntry, GatewayView, Health, OnDown, PhiForm, Policy, Scenario};
use super::tree::{Node, Span};

/// Notes of what is doubtful, each once for a place.
pub(super) fn warnings(variations: &[Variation], root: &Node, reader: &Reader<'_>) -> Vec<Problem> {
    let mut found: Vec<Doubt> = Vec::new();
    for variation in variations {
        let of_prices = economics::doubts(&variation.scenario);
        for doubt in doubts(&variation.scenario).into_iter().chain(of_prices) {
            if !found.iter().any(|it| it.pointer == doubt.pointer && it.help == doubt.help) {
                found.push(doubt);
            }
        }
    }
    let warning =
        |it: Doubt| reader.problem(it.pointer.clone(), place(root, &it.pointer), it.message, Some(it.help));
    found.into_iter().map(warning).collect()
}

/// Something doubtful at a place.
struct Doubt {
    pointer: String,
    message: String,
    help: String,
}

/// The place that a pointer points to, or as far as the way goes.
fn place(root: &Node, pointer: &str) -> Span {
    let mut node = root;
    for segment in pointer.split('/').skip(1) {
        match node.get(&segment.replace("~1", "/").replace("~0", "~")) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node.span
}

fn doubts(scenario: &Scenario) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let mut doubt = |pointer: String, message: String, help: &str| {
        doubts.push(Doubt { pointer, message, help: help.to_owned() });
    };
    let load = utilisation(scenario);
    if load >= 1.0 {
        doubt(
            "/workloads".to_owned(),
            format!(
                "the work offered is {load:.2} times what all nodes together can do: queues grow without end"
            ),
            "lower the rate or the demand, add nodes, or bound `queue`",
        );
    }
    for (name, often) in super::doubts_heat::cycling(scenario) {
        doubt(
            format!("/nodes/{}/thermal", super::tree::escape(name)),
            format!(
                "`{name}` shuts down and starts again some {often:.0} times a day even when idle: runs take very long"
            ),
            "a longer `time_constant`, a `boot`, a greater distance from `resume` to `at`, or less `resistance`",
        );
    }
    let endless = scenario.requests().any(|(_, _, requests)| requests.deadline.is_none());
    if endless && loses(scenario) {
        for (name, policy) in &scenario.policies {
            if policy.requests.timeout.is_none()
                && policy.requests.copies == 1
                && policy.requests.hedge.is_none()
            {
                doubt(
                    format!("/policies/{}", super::tree::escape(name)),
                    format!(
                        "policy `{name}` has no `timeout` and a workload no `deadline`: a request whose node or message is lost stays under way for ever"
                    ),
                    "add `timeout` to the policy or `deadline` to the workload",
                );
            }
        }
    }
    let turns_away =
        scenario.nodes.values().any(|node| node.queue.is_some() || node.on_down == OnDown::Refuse);
    for (name, policy) in &scenario.policies {
        let never_fails = policy.requests.timeout.is_none()
            && policy.requests.shedding.is_none()
            && (policy.health == Health::None || policy.requests.fail_on_suspicion == Some(false))
            && !turns_away;
        if policy.requests.attempts > 1 && never_fails {
            doubt(
                format!("/policies/{}", super::tree::escape(name)),
                format!(
                    "policy `{name}` tries again, but no try ever fails: it has no `timeout`, suspects nobody, and no queue is bounded"
                ),
                "add `timeout` to the policy, or leave `attempts` out",
            );
        }
    }
    for (name, node) in &scenario.nodes {
        if node.thermal.is_some() && node.peak.0 <= 0.0 {
            doubt(
                format!("/nodes/{}", super::tree::escape(name)),
                format!("node type `{name}` has `thermal` but draws no power: it never heats"),
                "add `idle` and `peak`",
            );
        }
    }
    for (index, entry) in scenario.fleet.iter().enumerate() {
        let region = &scenario.regions[&entry.region];
        let stormy = region.weather.as_ref().is_some_and(|weather| weather.storms.is_some());
        let grid = entry.grid.as_ref().or(region.grid.as_ref());
        if !stormy
            && grid.is_some_and(|grid| grid.outages.iter().any(|outages| outages.up_in_storm.is_some()))
        {
            doubt(
                format!("{}/outages", world::grid_of(index, entry)),
                format!("outages differ `in_storm`, but region `{}` has no storms", entry.region),
                "add `storms` to the region",
            );
        }
        let weathered = |name: &String| {
            let faults = scenario.nodes[name].hardware.faults.as_ref();
            faults.is_some_and(|faults| faults.up_in_storm.is_some())
        };
        let mut kinds = entry.racks.iter().flat_map(|rack| rack.nodes.keys());
        if let Some(name) = kinds.find(|name| !stormy && weathered(name)) {
            doubt(
                format!("/nodes/{}/hardware/faults/in_storm", super::tree::escape(name)),
                format!("faults differ `in_storm`, but region `{}` has no storms", entry.region),
                "add `storms` to the region",
            );
        }
    }
    for (index, entry) in scenario.fleet.iter().enumerate() {
        let region = &scenario.regions[&entry.region];
        let weather = region.weather.as_ref();
        let Some(grid) = entry.grid.as_ref().or(region.grid.as_ref()) else { continue };
        let at = world::grid_of(index, entry);
        if grid.storm_damage.is_some() && weather.is_none_or(|weather| weather.storms.is_none()) {
            let message = format!("the grid has `storm_damage`, but region `{}` has no storms", entry.region);
            doubts.push(Doubt {
                pointer: format!("{at}/storm_damage"),
                message,
                help: "add `storms` to the region".to_owned(),
            });
        }
        let waits = grid.rolling.as_ref().is_some_and(|rolling| rolling.in_heat_wave_only);
        if waits && weather.is_none_or(|weather| weather.heat_waves.is_none()) {
            let message =
                format!("rolling blackouts wait for heat waves, but region `{}` has none", entry.region);
            let help = "add `heat_waves` to the region, or leave `in_heat_wave_only` out".to_owned();
            doubts.push(Doubt { pointer: format!("{at}/rolling"), message, help });
        }
    }
    for (name, policy) in &scenario.policies {
        let guarded = scenario.fleet.iter().any(|entry| entry.breaker.is_some());
        if policy.energy.power_cap.is_some() && !guarded {
            doubts.push(Doubt {
                pointer: format!("/policies/{}/energy/power_cap", super::tree::escape(name)),
                message: format!("policy `{name}` caps power to a share of the breaker, but no site has one"),
                help: "add `breaker` to the fleet".to_owned(),
            });
        }
    }
    doubts.extend(stress::doubts(scenario));
    world::doubts(scenario, &mut doubts);
    for (name, policy) in &scenario.policies {
        let at = format!("/policies/{}", super::tree::escape(name));
        let of_health = health::doubts(scenario, policy);
        for (message, help) in supervision_doubts(scenario, policy).into_iter().chain(of_health) {
            let message = format!("policy `{name}` {message}");
            doubts.push(Doubt { pointer: at.clone(), message, help: help.to_owned() });
        }
    }
    for (pointer, message, help) in super::object_doubts::object_doubts(scenario) {
        doubts.push(Doubt { pointer, message, help: help.to_owned() });
    }
    let of_jobs = super::job_doubts::doubts(scenario);
    doubts.extend(of_jobs.into_iter().map(|(pointer, message, help)| Doubt {
        pointer,
        message,
        help: help.to_owned(),
    }));
    doubts
}

/// What is doubtful about what a policy makes of what it hears of nodes.
fn supervision_doubts(scenario: &Scenario, policy: &Policy) -> Vec<(String, &'static str)> {
    let mut doubts = Vec::new();
    if let Health::PhiAccrual(phi) = &policy.health
        && phi.form != PhiForm::Exponential
        && phi.threshold < 0.302
    {
        doubts.push((
            format!(
                "suspects nodes at a phi of {}, before the mean time between beats has passed",
                phi.threshold
            ),
            "phi is 0.3 at the mean, 1 for one wrong suspicion in ten; 8 is usual",
        ));
    }
    if let Health::Swim(swim) = &policy.health
        && swim.among == Among::Site
        && scenario.fleet.iter().any(|entry| nodes_per_site(entry) < 2)
    {
        doubts.push((
            "lets the nodes of each site watch each other, but some site has one node: nobody watches it"
                .to_owned(),
            "`\"among\": \"region\"`",
        ));
    }
    if policy.forecast.is_some() && scenario.nodes.values().all(|node| node.thermal.is_none()) {
        let message = "forecasts temperatures, but no node type has `thermal`";
        doubts.push((message.to_owned(), "add `thermal` to a node type"));
    }
    if policy.symptoms.is_some_and(|rule| rule.errors.is_some())
        && scenario.nodes.values().all(|node| node.hardware.degradation.is_none())
    {
        let message = "waits for reported errors, but no node type has `degradation`";
        doubts.push((message.to_owned(), "add `degradation` to the hardware of a node type"));
    }
    let each = policy.gateways.is_some_and(|gateways| gateways.view == GatewayView::Each);
    if each && scenario.regions.len() < 2 {
        let message = "gives each gateway a view of its own, but there is one region, and so one gateway";
        doubts.push((message.to_owned(), "add a region"));
    }
    if each && matches!(policy.health, Health::Oracle | Health::None | Health::Swim(_)) {
        let message = "gives each gateway a view of its own, but its health check has one for all";
        doubts.push((message.to_owned(), "a heartbeat, probe, phi_accrual or gossip"));
    }
    doubts
}

fn nodes_per_site(entry: &FleetEntry) -> u32 {
    entry.racks.iter().map(|rack| rack.count * rack.nodes.values().sum::<u32>()).sum()
}

/// Whether attempts or messages can be lost.
fn loses(scenario: &Scenario) -> bool {
    let hosts = |churn: bool, presence: bool| churn || presence;
    let fragile = |node: &super::spec::NodeType| {
        let hardware = &node.hardware;
        let breaks = hardware.faults.is_some() || hardware.death.is_some();
        // Who is turned away knows it.
        breaks && node.on_down != OnDown::Refuse
            || hardware.hangs.is_some()
            || hosts(node.churn.is_some(), node.presence.is_some())
    };
    let breaks = scenario.nodes.values().any(fragile)
        || scenario.software.values().any(|software| software.bug.is_some())
        || scenario.fleet.iter().any(|entry| hosts(entry.churn.is_some(), entry.presence.is_some()));
    let lossy = |link: &super::spec::Link| {
        link.loss.is_some()
            || link.outages.is_some()
            || link.address_change.is_some()
            || link.cap.is_some()
            || link.nat.is_some()
    };
    let provider = |isp: &super::spec::Isp| isp.outages.is_some() || isp.cabinet.is_some();
    let cut = scenario
        .backbone
        .graph
        .as_ref()
        .is_some_and(|graph| graph.links.iter().any(|link| link.outages.is_some()));
    breaks
        || !scenario.faults.is_empty()
        || cut
        || scenario.isps.values().any(provider)
        || scenario.fleet.iter().any(|entry| entry.link.as_ref().is_some_and(lossy))
}

/// Work offered per second over the slots and speeds of all nodes; nothing where a queue is bounded.
fn utilisation(scenario: &Scenario) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let offered: f64 = scenario
        .requests()
        .map(|(_, _, it)| rate(&it.arrivals, seconds) * it.demand.as_ref().map_or(0.0, mean))
        .sum();
    let offered = offered + super::job_doubts::offered(scenario);
    let mut capacity = 0.0;
    for entry in &scenario.fleet {
        for rack in &entry.racks {
            for (name, count) in &rack.nodes {
                let node = &scenario.nodes[name];
                if node.queue.is_some() {
                    return 0.0;
                }
                let slowdown = node.slowdown.as_ref().map_or(1.0, mean).max(1e-9);
                let nodes = f64::from(entry.sites) * f64::from(rack.count) * f64::from(*count);
                capacity += nodes * f64::from(node.slots) * node.speed / slowdown;
            }
        }
    }
    if capacity > 0.0 { offered / capacity } else { 0.0 }
}
