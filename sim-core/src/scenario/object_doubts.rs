//! What is doubtful about objects but can be run.

use super::cost::{mean, rate};
use super::faults::{DomainKind, membership};
use super::spec::{
    Arrivals, Churn, Code, FleetEntry, Health, NodeType, ObjectPolicy, Policy, Presence, RepairTransfers,
    RepairUnit, Scenario, Spread,
};
use super::tree::escape;
use crate::kernel::Streams;
use serde_json::{Value as Json, json};

/// Flows of one run from which on they take long.
const MANY_FLOWS: f64 = 2e8;

/// Pointer, message and help of each doubt.
pub(super) fn object_doubts(scenario: &Scenario) -> Vec<(String, String, &'static str)> {
    let mut doubts = Vec::new();
    let stores = scenario.objects().next().is_some();
    for (name, policy) in &scenario.policies {
        let at = format!("/policies/{}/objects", escape(name));
        if !stores {
            if policy.objects.code != Code::default() || policy.objects.repair.is_some() {
                let message = format!("policy `{name}` keeps objects, but no workload has any");
                doubts.push((at, message, "add a workload with `objects`"));
            }
            continue;
        }
        of_policy(scenario, name, policy, &at, &mut doubts);
    }
    doubts
}

fn of_policy(
    scenario: &Scenario,
    name: &str,
    policy: &Policy,
    at: &str,
    doubts: &mut Vec<(String, String, &'static str)>,
) {
    let Code { data, total } = policy.objects.code;
    if let Some((domains, what)) = domains(scenario, policy.objects.placement.spread)
        && domains > 0
        && total > data
        && total.div_ceil(domains) > total - data
    {
        let message = format!(
            "policy `{name}` spreads {total} shards over {domains} {what}: one of them may hold more than the {} that an object can miss",
            total - data
        );
        doubts.push((at.to_owned(), message, "spread over smaller domains, or use a code with more shards"));
    }
    let need = stored(scenario, policy);
    if let Some(room) = room(scenario)
        && need > room
    {
        let message = format!("policy `{name}` stores {need:.3e} bytes on nodes with room for {room:.3e}");
        doubts.push((at.to_owned(), message, "fewer or smaller objects, a leaner code, or more `storage`"));
    }
    access_doubts(scenario, name, policy, at, doubts);
    unused_doubts(scenario, name, policy, at, doubts);
    let Some(repair) = &policy.objects.repair else { return };
    let sized = scenario.objects().any(|(_, _, objects)| objects.size.0 > 0.0);
    if repair.rate.is_some() && !sized {
        let message = format!("policy `{name}` bounds the rate of repairs, but objects have no size");
        doubts.push((at.to_owned(), message, "give the objects a `size`"));
    }
    let flows = repairs(scenario, policy) * f64::from(data + 1);
    if repair.time.is_none() && repair.transfers == RepairTransfers::Fair && flows > MANY_FLOWS {
        let message =
            format!("policy `{name}` moves about {flows:.0e} shards as flows in each run, which takes long");
        doubts.push((at.to_owned(), message, "`\"transfers\": \"queued\"`"));
    }
}

/// What is doubtful about reads.
fn access_doubts(
    scenario: &Scenario,
    name: &str,
    policy: &Policy,
    at: &str,
    doubts: &mut Vec<(String, String, &'static str)>,
) {
    let is_read = scenario.objects().any(|(_, _, it)| it.reads.is_some());
    if is_read && policy.health == Health::None && policy.objects.reads.timeout.is_none() {
        let message = format!(
            "policy `{name}` waits for ever for shards of nodes that are down: nobody watches their health, and reads have no `timeout`"
        );
        doubts.push((at.to_owned(), message, "a health check, or `reads`: {\"timeout\": …}"));
    }
}

/// What a policy says that means nothing here.
fn unused_doubts(
    scenario: &Scenario,
    name: &str,
    policy: &Policy,
    at: &str,
    doubts: &mut Vec<(String, String, &'static str)>,
) {
    let objects = &policy.objects;
    let mut doubt = |field: &str, what: &str, help| {
        doubts.push((format!("{at}/{field}"), format!("policy `{name}` {what}"), help));
    };
    let is_written = scenario.objects().any(|(_, _, it)| it.writes.is_some());
    let upload = &objects.upload;
    let uploads = upload.start.is_some() || upload.success.is_some() || upload.timeout.is_some();
    if uploads
        && !is_written
        && !is_of_a_pack(objects, |pack| {
            let has =
                |field: &str, value: Option<u32>| pack["upload"][field].as_u64() == value.map(u64::from);
            has("start", upload.start) && has("success", upload.success)
        })
    {
        doubt("upload", "says how objects are written, but none are", "add `writes` to the objects");
    }
    let churns = scenario.nodes.values().filter_map(|node| node.churn.as_ref());
    let mut churns = churns.chain(scenario.fleet.iter().filter_map(|entry| entry.churn.as_ref()));
    let gives_notice = churns.any(|churn| churn.notice.is_some());
    if objects.evacuate.is_some()
        && !gives_notice
        && !is_of_a_pack(objects, |pack| pack["evacuate"].is_object())
    {
        doubt("evacuate", "moves shards after notice, but nobody gives any", "add `notice` to `churn`");
    }
    let Some(repair) = &objects.repair else { return };
    if repair.unit() == RepairUnit::Object && repair.parallel != Some(1) {
        let what = "repairs shards of an object in parallel, but one repair restores all of them";
        doubt("repair/parallel", what, "`\"per\": \"shard\"`, or no `parallel`");
    }
    if repair.time.is_some() && repair.transfers != RepairTransfers::default() {
        let what = "says how shards that are moved share links, but its repairs take a `time`";
        doubt("repair/transfers", what, "leave out `time` or `transfers`");
    }
}

/// Whether a pack of the catalog with this code says the same: whoever takes a pack does not mean each of its fields.
fn is_of_a_pack(objects: &ObjectPolicy, same: impl Fn(&Json) -> bool) -> bool {
    let Code { data, total } = objects.code;
    let packs = super::catalog::entries("objects").into_iter().map(|pack| &pack.value);
    packs.filter(|pack| pack["code"] == json!({ "data": data, "total": total })).any(same)
}

/// How many domains there are, and their name; `None` where every node is one.
fn domains(scenario: &Scenario, spread: Spread) -> Option<(u32, &'static str)> {
    let (kind, what) = match spread {
        Spread::Node => return None,
        Spread::Rack => (DomainKind::Rack, "racks"),
        Spread::Site => (DomainKind::Site, "sites"),
        Spread::Feeder => (DomainKind::Feeder, "feeders"),
        Spread::Isp => (DomainKind::Isp, "internet providers"),
        Spread::Operator => (DomainKind::Operator, "operators"),
        Spread::Region => (DomainKind::Region, "regions"),
        Spread::Batch => (DomainKind::Batch, "batches"),
    };
    Some((membership(scenario, &Streams::new(scenario.seed, 0), kind).1, what))
}

/// Bytes of all shards at the start.
fn stored(scenario: &Scenario, policy: &Policy) -> f64 {
    let Code { data, total } = policy.objects.code;
    let objects: f64 = scenario.objects().map(|(_, _, it)| f64::from(it.count) * it.size.0).sum();
    objects * f64::from(total) / f64::from(data)
}

/// Bytes that fit on all nodes; `None` if some have no limit.
fn room(scenario: &Scenario) -> Option<f64> {
    let racks = scenario.fleet.iter().flat_map(|entry| entry.racks.iter().map(move |rack| (entry, rack)));
    racks
        .flat_map(|(entry, rack)| rack.nodes.iter().map(move |node| (entry.sites, rack.count, node)))
        .map(|(sites, racks, (name, count))| {
            let nodes = f64::from(sites) * f64::from(racks) * f64::from(*count);
            Some(nodes * scenario.nodes[name].storage?.0)
        })
        .sum()
}

/// How often a second a node of a type at an entry is written off that comes back: where a repair begins with the first missing shard, its shards
/// are made anew each time. Times down are taken as exponential.
fn write_offs(scenario: &Scenario, policy: &Policy, entry: &FleetEntry, node: &NodeType) -> f64 {
    let Some(repair) = &policy.objects.repair else { return 0.0 };
    let total = policy.objects.code.total;
    if policy.health == Health::None || repair.below.is_some_and(|below| below < total) {
        return 0.0;
    }
    let grace = repair.after.as_ref().map_or(0.0, mean);
    let off = |up: f64, down: f64| libm::exp(-grace / down.max(1e-9)) / (up + down).max(1.0);
    let presence = |it: &Presence| match (&it.on, &it.off) {
        (Some(on), Some(away)) => off(mean(on), mean(away)),
        _ => it.daily.as_ref().map_or(0.0, |daily| daily.share * off(43_200.0, 43_200.0)),
    };
    let faults = node.hardware.faults.as_ref();
    let faults = faults.map_or(0.0, |it| off(mean(&it.up), it.down.as_ref().map_or(0.0, mean)));
    let link = entry.link.as_ref().and_then(|link| link.outages.as_ref());
    let grid = entry.grid.as_ref().or(scenario.regions[&entry.region].grid.as_ref());
    let mains = grid
        .filter(|_| entry.ups.is_none())
        .map_or(0.0, |grid| grid.outages.iter().map(|it| off(mean(&it.up), mean(&it.down))).sum());
    let away = [node.presence.as_ref(), entry.presence.as_ref()];
    let away: f64 = away.into_iter().flatten().map(presence).sum();
    faults + link.map_or(0.0, |it| off(mean(&it.up), mean(&it.down))) + mains + away
}

/// Roughly the shards repaired in a run: those of nodes that die or leave, or are written off for a while.
///
/// Repairs move shards from nodes that fail often to those that seldom do: in the long run nodes hold shards in proportion to 1 / λ, so that the mean
/// rate is the harmonic one; at first it is the arithmetic one. In a run of length T it is about n / Σ (1 / (λ + 1/T)) − 1/T.
pub(super) fn repairs(scenario: &Scenario, policy: &Policy) -> f64 {
    if policy.objects.repair.is_none() {
        return 0.0;
    }
    let seconds = scenario.duration.as_secs_f64();
    let written =
        |arrivals: &Option<Arrivals>| arrivals.as_ref().map_or(0.0, |it| rate(it, seconds) * seconds);
    // Those that are written are there for half of the run.
    let objects: f64 =
        scenario.objects().map(|(_, _, it)| f64::from(it.count) + 0.5 * written(&it.writes)).sum();
    let leaves = |churn: Option<&Churn>| {
        churn.and_then(|churn| churn.lifetime.as_ref()).map_or(0.0, |lifetime| 1.0 / mean(lifetime).max(1.0))
    };
    let (mut nodes, mut slowness) = (0.0, 0.0);
    for entry in &scenario.fleet {
        for rack in &entry.racks {
            for (name, count) in &rack.nodes {
                let node = &scenario.nodes[name];
                let death = node.hardware.death.as_ref();
                let rate = death.map_or(0.0, |death| 1.0 / mean(&death.lifetime).max(1.0))
                    + leaves(node.churn.as_ref())
                    + leaves(entry.churn.as_ref())
                    + write_offs(scenario, policy, entry, node);
                let some = f64::from(entry.sites) * f64::from(rack.count) * f64::from(*count);
                nodes += some;
                slowness += some / (rate + 1.0 / seconds.max(1e-9));
            }
        }
    }
    if nodes == 0.0 {
        return 0.0;
    }
    let moves = (seconds * nodes / slowness - 1.0).max(0.0);
    objects * f64::from(policy.objects.code.total) * moves
}
