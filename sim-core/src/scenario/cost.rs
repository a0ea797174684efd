//! What a run will roughly cost, from the rates in the scenario.

use super::spec::{
    Arrivals, Cooling, FanSpeed, FleetEntry, GatewayView, Health, Link, Loss, NodeType, Objects, Policy,
    Presence, Renewal, RepairTransfers, RepairUnit, Scenario, WeatherBase,
};
use crate::kernel::Dist;
use crate::policy::health::swim::SwimClass;
use crate::world::thermal::rack::DUST_STEP;

/// Nodes and sites of a scenario.
pub(super) fn size(scenario: &Scenario) -> (u64, u64) {
    let (mut nodes, mut sites) = (0, 0);
    for entry in &scenario.fleet {
        let per_site: u64 = entry
            .racks
            .iter()
            .map(|rack| {
                u64::from(rack.count) * rack.nodes.values().map(|count| u64::from(*count)).sum::<u64>()
            })
            .sum();
        sites += u64::from(entry.sites);
        nodes += u64::from(entry.sites) * per_site;
    }
    (nodes, sites)
}

/// The mean of a distribution, or a stand-in where it has none.
pub(crate) fn mean(dist: &Dist) -> f64 {
    match dist {
        Dist::Constant(value) => *value,
        Dist::Uniform { min, max } => 0.5 * (min + max),
        Dist::Exponential { mean } | Dist::Gamma { mean, .. } | Dist::Normal { mean, .. } => *mean,
        Dist::Lognormal { median, sigma } => median * libm::exp(0.5 * sigma * sigma),
        Dist::Weibull { scale, shape } => scale * libm::tgamma(1.0 + 1.0 / shape),
        Dist::Pareto { min, shape } => min * if *shape > 1.0 { shape / (shape - 1.0) } else { 10.0 },
        Dist::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
        Dist::Mixture(parts) => {
            let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
            parts.iter().map(|(weight, part)| weight * mean(part)).sum::<f64>() / total
        }
        Dist::Shift { by, of } => by + mean(of),
    }
}

/// Requests per second of a workload.
pub(crate) fn rate(arrivals: &Arrivals, seconds: f64) -> f64 {
    match arrivals {
        Arrivals::Poisson { rate, .. } => rate.0,
        Arrivals::Every(gap) => 1.0 / mean(gap).max(1e-9),
        Arrivals::Trace(times) => times.len() as f64 / seconds,
    }
}

/// The share of messages that the worst link of the fleet loses.
fn worst_loss(scenario: &Scenario) -> f64 {
    worst_run(scenario, 1)
}

/// The share of messages on the worst link of the fleet that are the first of so many lost in a row.
fn worst_run(scenario: &Scenario, length: u64) -> f64 {
    let length = length.min(1_000) as f64;
    let losses = scenario.fleet.iter().filter_map(|entry| entry.link.as_ref()?.loss.as_ref());
    losses
        .map(|loss| match loss {
            Loss::Bernoulli(p) => libm::pow(*p, length),
            Loss::GilbertElliott { to_bad, to_good, loss_good, loss_bad } => {
                let bad = to_bad.0 / (to_bad.0 + to_good.0);
                (1.0 - bad) * libm::pow(*loss_good, length) + bad * libm::pow(*loss_bad, length)
            }
        })
        .fold(0.0, f64::max)
}

/// How many gateways watch each node.
fn views(scenario: &Scenario, policy: &Policy) -> f64 {
    let each = policy.gateways.is_some_and(|gateways| gateways.view == GatewayView::Each);
    if each { scenario.regions.len() as f64 } else { 1.0 }
}

/// The greatest of a figure over the links of the fleet.
fn worst(scenario: &Scenario, figure: impl Fn(Option<&Link>) -> f64) -> f64 {
    scenario.fleet.iter().map(|entry| figure(entry.link.as_ref())).fold(0.0, f64::max)
}

/// What going through a beat of random latency takes, in events: about 7 µs, where an event takes more than one.
const EVENTS_PER_BEAT: f64 = 5.0;

/// Events of a phi-accrual watch per second: two for each lost beat where all take equally long. Otherwise each beat is gone
/// through, which is no event, but is counted as what it takes.
fn phi_events(scenario: &Scenario, period: f64) -> f64 {
    let steady = |link: &Link| matches!(link.latency, None | Some(Dist::Constant(_)));
    let all_steady = scenario.fleet.iter().filter_map(|entry| entry.link.as_ref()).all(steady);
    if all_steady { 2.0 * worst_loss(scenario) / period } else { EVENTS_PER_BEAT / period }
}

/// Events per node and second of what a policy makes of what it hears: one or two for each reading, and a few for each comparison.
fn supervision(policy: &Policy, requests: f64, nodes: f64) -> f64 {
    let readings = policy.telemetry.map_or(0.0, |telemetry| 2.0 / telemetry.period.as_secs_f64());
    let compared = policy
        .ejection
        .map_or(0.0, |ejection| (1.0 / ejection.interval.as_secs_f64()).min(requests) / nodes.max(1.0));
    readings + compared
}

/// Events of one run: about five for each attempt (arrival, sending, start, end, reply), two for each run of beats or probes
/// that are lost and long enough to matter (others are not visited), two for each failure, and what heat takes, see [`heat`].
pub(super) fn events(scenario: &Scenario, policy: &Policy, nodes: f64, sites: f64) -> f64 {
    let plain = plain_events(scenario, policy, nodes, sites);
    plain + super::rare_cost::events(scenario, policy, plain, (nodes, sites))
}

/// Those without what estimating rare events takes.
pub(super) fn plain_events(scenario: &Scenario, policy: &Policy, nodes: f64, sites: f64) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let requests: f64 = scenario.requests().map(|(_, _, requests)| rate(&requests.arrivals, seconds)).sum();
    let copies =
        f64::from(policy.requests.copies) + f64::from(u8::from(policy.requests.hedge.is_some())) * 0.1;
    let serving = 1.0 + 4.0 * copies;
    let checks = match &policy.health {
        Health::Oracle | Health::None => 0.0,
        Health::HeartbeatTimeout { period, timeout: due }
        | Health::HeartbeatFreshness { period, freshness: due } => {
            let misses = (due.as_nanos() / period.as_nanos().max(1)).max(1);
            2.0 * worst_run(scenario, misses) / period.as_secs_f64()
        }
        Health::Probe { period, misses, .. } => {
            3.0 * worst_run(scenario, u64::from(*misses)) / period.as_secs_f64()
        }
        Health::PhiAccrual(phi) => phi_events(scenario, phi.period.as_secs_f64()),
        Health::Swim(swim) => {
            let per_period = worst(scenario, |link| SwimClass::new(swim, link, 2).mistake(true));
            2.0 * per_period / swim.period.as_secs_f64()
        }
        // A beat is slow if the rumour is, which is looked at only if that can matter.
        Health::Gossip(gossip) => 2.0 * (worst_loss(scenario) + 0.02) / gossip.period.as_secs_f64(),
    };
    let checks = checks * views(scenario, policy) + supervision(policy, requests, nodes);
    let breaks: f64 = scenario
        .nodes
        .values()
        .map(|node| {
            let hardware = &node.hardware;
            let faults = hardware.faults.as_ref().map_or(0.0, |faults| {
                2.0 / (mean(&faults.up) + faults.down.as_ref().map_or(0.0, mean)).max(1e-9)
            });
            let deaths = hardware.death.as_ref().map_or(0.0, |death| 2.0 / mean(&death.lifetime).max(1e-9));
            let hangs = hardware.hangs.as_ref().map_or(0.0, |hangs| 2.0 / mean(&hangs.every).max(1e-9));
            faults + deaths + hangs + node.presence.as_ref().map_or(0.0, switches)
        })
        .fold(0.0, f64::max);
    let away = scenario.fleet.iter().filter_map(|entry| entry.presence.as_ref()).map(switches);
    let breaks = breaks + away.fold(0.0, f64::max);
    let uploads: f64 = scenario
        .fleet
        .iter()
        .filter_map(|entry| {
            Some(2.0 * f64::from(entry.sites) / mean(&entry.uploads.as_ref()?.every).max(1e-9))
        })
        .sum();
    seconds
        * (objects_events(scenario, policy, nodes) / seconds.max(1e-9)
            + link_outages(scenario)
            + access_events(scenario, policy, nodes)
            + uploads
            + requests * serving
            + super::job_doubts::events(scenario, policy)
            + nodes * (checks + breaks)
            + heat(scenario, nodes, requests * copies)
            + sites * power(scenario))
}

/// Outages of access links per second, with their ends.
fn link_outages(scenario: &Scenario) -> f64 {
    let of_entry = |entry: &FleetEntry| {
        let outages = entry.link.as_ref().and_then(|link| link.outages.as_ref())?;
        let domains = if outages.shared_by_isp { 1.0 } else { f64::from(entry.sites) };
        Some(2.0 * domains / (mean(&outages.up) + mean(&outages.down)).max(1e-9))
    };
    scenario.fleet.iter().filter_map(of_entry).sum()
}

/// Share of the sites whose links delay or lose messages.
pub(super) fn messages_take_time(scenario: &Scenario) -> f64 {
    let sites: f64 = scenario.fleet.iter().map(|entry| f64::from(entry.sites)).sum();
    let slow = |link: &Link| link.latency.is_some() || link.loss.is_some();
    let slow = scenario.fleet.iter().filter(|entry| entry.link.as_ref().is_some_and(slow));
    slow.map(|entry| f64::from(entry.sites)).sum::<f64>() / sites.max(1.0)
}

/// Events of objects in a run: about two for each repair with its review, or where each shard is a flow one, and one for each flow and for its
/// messages if they take time; and the checks.
fn objects_events(scenario: &Scenario, policy: &Policy, nodes: f64) -> f64 {
    if scenario.objects().next().is_none() {
        return 0.0;
    }
    let Some(repair) = &policy.objects.repair else { return nodes };
    let seconds = scenario.duration.as_secs_f64();
    let shards = super::object_doubts::repairs(scenario, policy);
    let code = policy.objects.code;
    let batch = repair.unit() == RepairUnit::Object;
    let below = repair.below.unwrap_or(code.total);
    let each = if batch { f64::from(code.total - below + 1) } else { 1.0 };
    let mut repairs = shards / each;
    if let (Some(time), Some(most)) = (&repair.time, repair.concurrent) {
        repairs = repairs.min(f64::from(most) * seconds / mean(time).max(1e-9));
    }
    let one = match (&repair.time, repair.transfers) {
        (None, RepairTransfers::Fair) => {
            1.2 + (f64::from(code.data) + each) * (1.0 + messages_take_time(scenario))
        }
        _ => 2.0,
    };
    // A check at which nothing waits is not an event.
    let checks =
        repair.check.map_or(0.0, |period| (seconds / period.as_secs_f64().max(1e-9)).min(2.0 * shards));
    one * repairs + checks + nodes
}

/// Events per second of reads and writes, two for each shard asked for or sent; of audits; and of shards that rot.
fn access_events(scenario: &Scenario, policy: &Policy, nodes: f64) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let (objects, total) = (&policy.objects, policy.objects.code.total);
    let asked = f64::from(objects.code.data + objects.reads.extra);
    let sent = f64::from(objects.upload.starts(total));
    let used: f64 = scenario
        .objects()
        .map(|(_, _, it)| {
            let reads = it.reads.as_ref().map_or(0.0, |reads| rate(reads, seconds));
            let writes = it.writes.as_ref().map_or(0.0, |writes| rate(writes, seconds));
            reads * (1.0 + 2.0 * asked) + writes * (1.0 + 2.0 * sent)
        })
        .sum();
    if scenario.objects().next().is_none() {
        return 0.0;
    }
    let audits = objects.audits.as_ref().map_or(0.0, |audits| nodes / mean(&audits.every).max(1e-9));
    let rot = scenario.nodes.values().filter_map(|node| node.bit_rot).map(|rate| rate.0).fold(0.0, f64::max);
    let count: f64 = scenario.objects().map(|(_, _, it)| f64::from(it.count)).sum();
    used + audits + 2.0 * rot * count * f64::from(total)
}

/// Memory of objects: 16 bytes a shard, of which 8 in lists that grow, and about 40 an object.
fn object_bytes(scenario: &Scenario, policy: &Policy) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let written = |it: &Objects| it.writes.as_ref().map_or(0.0, |writes| seconds * rate(writes, seconds));
    let objects: f64 = scenario.objects().map(|(_, _, it)| f64::from(it.count) + written(it)).sum();
    objects * (40.0 + 16.0 * f64::from(policy.objects.code.total))
}

/// Events of heat per second: an idle node is not looked at, and a busy one no oftener than `attempts` begin, a few times
/// for each swing over the day; a room that is held, and a rack whose fans follow air that only it warms, about once an
/// hour; a rack whose fans follow the air of a room that all warm, at its steps; and so on.
fn heat(scenario: &Scenario, nodes: f64, attempts: f64) -> f64 {
    const DAY: f64 = 86_400.0;
    let heated = scenario.nodes.values().any(|node| node.thermal.is_some());
    let busy = if heated { (nodes * 24.0 / DAY).min(attempts) } else { 0.0 };
    let fails = |faults: Option<&Renewal>| {
        faults.map_or(0.0, |faults| 2.0 / (mean(&faults.up) + mean(&faults.down)).max(1e-9))
    };
    let of_rack = |cooling: &Cooling, shared: bool| {
        let fan = cooling.fan.as_ref();
        let follows = fan.is_some_and(|fan| fan.speed == FanSpeed::Pwm);
        let looks = match (follows, shared) {
            (false, _) => 0.0,
            (true, true) => 6.0,
            (true, false) => 24.0,
        };
        let dust = cooling.dust.as_ref().map_or(0.0, |_| 1.0 / DUST_STEP.as_secs_f64());
        let liquid = cooling.liquid.as_ref();
        let leak = liquid.and_then(|liquid| liquid.leak.as_ref());
        let leaks = leak.map_or(0.0, |leak| 2.0 / (mean(&leak.every) + mean(&leak.repair)).max(1e-9));
        dust + leaks
            + looks / DAY
            + fails(fan.and_then(|fan| fan.faults.as_ref()))
            + fails(liquid.and_then(|liquid| liquid.pump.as_ref()))
            + fails(cooling.split.as_ref().and_then(|unit| unit.faults.as_ref()))
    };
    let of_site = |entry: &FleetEntry| {
        let racks = entry.racks.iter().filter_map(|rack| Some((rack.count, rack.cooling.as_ref()?)));
        let building = entry.building.as_ref();
        let shared = building.is_some_and(|building| building.conductance.is_some());
        let racks: f64 = racks.map(|(count, cooling)| f64::from(count) * of_rack(cooling, shared)).sum();
        let unit = building.and_then(|building| building.air_conditioning.as_ref());
        let setback = building.and_then(|building| building.setback.as_ref());
        racks
            + unit.map_or(0.0, |unit| 24.0 / DAY + fails(unit.faults.as_ref()))
            + setback.map_or(0.0, |_| 2.0 / DAY)
    };
    busy + scenario.fleet.iter().map(|entry| f64::from(entry.sites) * of_site(entry)).sum::<f64>()
}

/// Power events per site and second: two for each dip, one for each surge, two for each switch of other loads.
fn power(scenario: &Scenario) -> f64 {
    let each = |every: &Dist, lasts: f64| 1.0 / (mean(every) + lasts).max(1e-9);
    let of_entry = |entry: &FleetEntry| {
        let grid = entry.grid.as_ref().or(scenario.regions[&entry.region].grid.as_ref());
        let dips = grid.into_iter().flat_map(|grid| grid.sags.iter().chain(&grid.brownouts));
        let dips: f64 = dips.map(|dips| 2.0 * each(&dips.every, mean(&dips.lasts))).sum();
        let surges = grid.and_then(|grid| grid.surges.as_ref()?.every.as_ref());
        let neighbours = entry.breaker.as_ref().and_then(|breaker| breaker.neighbours.as_ref());
        let switching = neighbours.map_or(0.0, |it| 2.0 * each(&it.every, mean(&it.lasts)));
        dips + surges.map_or(0.0, |every| each(every, 0.0)) + switching
    };
    scenario.fleet.iter().map(of_entry).fold(0.0, f64::max)
}

/// Switchings per second of a host that is switched on and off.
fn switches(presence: &Presence) -> f64 {
    match (&presence.on, &presence.off) {
        (Some(on), Some(off)) => 2.0 / (mean(on) + mean(off)).max(1e-9),
        _ => presence.daily.as_ref().map_or(0.0, |daily| daily.share * 2.0 / 86_400.0),
    }
}

/// Memory of one run: about 600 bytes a node and 250 more if hardware wears it out, 150 for its health check, 1,000 a site, 8 a
/// reading, and 200 for each attempt under way.
pub(super) fn bytes(scenario: &Scenario, policy: &Policy, nodes: f64, sites: f64) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let wears = |node: &NodeType| node.hardware.faults.is_some() || node.hardware.death.is_some();
    let wears = scenario.nodes.values().any(wears);
    let watched = !matches!(policy.health, Health::None | Health::Oracle);
    let node = 600.0 + if wears { 250.0 } else { 0.0 } + if watched { 150.0 } else { 0.0 };
    let mut total = 4e6 + node * nodes + 1000.0 * sites;
    total += object_bytes(scenario, policy) + super::job_doubts::bytes(scenario, policy);
    total += super::rare_cost::bytes(scenario, nodes);
    total += 200.0 * nodes * (views(scenario, policy) - 1.0);
    if let Health::PhiAccrual(phi) = &policy.health {
        total += views(scenario, policy)
            * nodes
            * (400.0 + 16.0 * f64::from(phi.window).min(seconds / phi.period.as_secs_f64()));
    }
    if policy.telemetry.is_some() {
        total += 250.0 * nodes;
    }
    for (_, _, requests) in scenario.requests() {
        let stay = requests.demand.as_ref().map_or(0.0, mean) + 1.0;
        let stay = policy.requests.timeout.map_or(stay, |timeout| stay.max(timeout.longest().as_secs_f64()));
        total += 200.0 * rate(&requests.arrivals, seconds) * stay * f64::from(policy.requests.copies);
        if let Arrivals::Trace(times) = &requests.arrivals {
            total += 8.0 * times.len() as f64;
        }
    }
    for weather in scenario.regions.values().filter_map(|region| region.weather.as_ref()) {
        if let WeatherBase::Series { celsius, .. } = &weather.base {
            total += 8.0 * celsius.len() as f64;
        }
    }
    total
}
