//! Watching some sites of a run closely: what their nodes and their power did, and when.
//!
//! After each event the watched nodes and sites are compared with what was seen of them last. Nothing is asked of the run that could change it, so
//! a run that is watched gives the same results. The cost is that of the comparison, some ten nanoseconds a node and event within the
//! time window, so a few hundred nodes can be watched, not a million.
//!
//! Told are slices of time (a state that lasted) and levels (values from a time on). Temperatures are those of the last event that needed them: between
//! events they are not computed.

use super::state::{Rest, Supply};
use super::{Model, Simulation};
use crate::kernel::SimTime;
use crate::measure::record::RunRecord;
use crate::scenario::Scenario;
use crate::world::fleet::{NodeId, SiteId};
use std::ops::Range;

/// What is watched.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Numbers of sites, in the order of the fleet, from 0.
    pub sites: Range<u32>,
    /// From when.
    pub from: SimTime,
    /// Until when.
    pub to: SimTime,
}

/// Whom something told befell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A site.
    Site(u32),
    /// A node, with the number of its site.
    Node(u32, u32),
}

/// Something that was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// A state that lasted.
    Slice {
        /// Whose.
        subject: Subject,
        /// Which of its states: `state`, `health check`, `mains`, `breaker`, `battery` or `link`.
        track: &'static str,
        /// The state.
        name: &'static str,
        /// Beginning.
        from: SimTime,
        /// End.
        to: SimTime,
    },
    /// A value, from a time on.
    Level {
        /// Whose.
        subject: Subject,
        /// Which value: `busy slots`, `power (W)` or `temperature (C)`.
        name: &'static str,
        /// From when.
        at: SimTime,
        /// The value.
        value: f64,
    },
}

/// Runs one policy on one replication, as [`run`](super::run) does, and tells `tell` what was seen. With `to` before the end of the scenario the run is given up there, and
/// there is no record.
///
/// # Panics
/// As [`run`](super::run).
pub fn run_watched(
    scenario: &Scenario,
    policy: &str,
    (variation, replication): (u32, u32),
    watched: &Watched,
    tell: impl FnMut(Seen),
) -> Option<RunRecord> {
    let model = Model::new(scenario, policy, replication);
    let mut run = Simulation::new(&model);
    let mut watcher = Watcher::new(&run, watched, tell);
    let end = SimTime::ZERO + model.duration;
    let last = watched.to.min(end);
    while let Some(event) = run.engine.next(last) {
        // Until this event, what held when the window opened still holds.
        if !watcher.begun && run.engine.now() > watcher.from {
            watcher.look(&run, watcher.from);
        }
        run.handle(event);
        watcher.look(&run, run.engine.now());
    }
    watcher.close(last);
    if last < end {
        return None;
    }
    Some(run.finish(variation))
}

/// A state and since when.
type Since = (&'static str, SimTime);

struct SeenNode {
    node: NodeId,
    site: u32,
    state: Since,
    health: Since,
    busy: u32,
    power: f64,
    heat_at: SimTime,
}

struct SeenSite {
    site: SiteId,
    states: [Since; 4],
}

/// States of a site, in the order of [`site_states`].
const SITE_TRACKS: [&str; 4] = ["mains", "breaker", "battery", "link"];

struct Watcher<T> {
    nodes: Vec<SeenNode>,
    sites: Vec<SeenSite>,
    from: SimTime,
    begun: bool,
    tell: T,
}

impl<T: FnMut(Seen)> Watcher<T> {
    fn new(run: &Simulation<'_>, watched: &Watched, tell: T) -> Self {
        let sites = watched.sites.clone().map(SiteId);
        let nodes = sites.clone().flat_map(|site| run.model.nodes_of(site)).map(NodeId::from_index);
        let none = ("", watched.from);
        let mut watcher = Self {
            nodes: nodes
                .map(|node| SeenNode {
                    node,
                    site: run.node(node).site.0,
                    state: none,
                    health: none,
                    busy: u32::MAX,
                    power: f64::NAN,
                    heat_at: SimTime::MAX,
                })
                .collect(),
            sites: sites.map(|site| SeenSite { site, states: [none; 4] }).collect(),
            from: watched.from,
            begun: false,
            tell,
        };
        watcher.look(run, run.engine.now());
        watcher
    }

    /// Compares all that is watched with what was seen last.
    fn look(&mut self, run: &Simulation<'_>, now: SimTime) {
        if now < self.from {
            return;
        }
        self.begun = true;
        let tell = &mut self.tell;
        for seen in &mut self.nodes {
            let node = run.node(seen.node);
            let subject = Subject::Node(seen.site, seen.node.0);
            changed(&mut seen.state, node_state(run, seen.node), now, (subject, "state"), tell);
            let health = if run.control.trusts(seen.node) { "" } else { "suspected" };
            changed(&mut seen.health, health, now, (subject, "health check"), tell);
            let busy = run.busy_slots(seen.node);
            if busy != seen.busy {
                seen.busy = busy;
                tell(Seen::Level { subject, name: "busy slots", at: now, value: f64::from(busy) });
            }
            if node.power.0.to_bits() != seen.power.to_bits() {
                seen.power = node.power.0;
                tell(Seen::Level { subject, name: "power (W)", at: now, value: node.power.0 });
            }
            if run.model.classes[usize::from(node.class)].heat.is_some() && node.heat.at != seen.heat_at {
                seen.heat_at = node.heat.at;
                let (at, value) = (node.heat.at.max(self.from), node.heat.temperature);
                tell(Seen::Level { subject, name: "temperature (C)", at, value });
            }
        }
        for seen in &mut self.sites {
            let subject = Subject::Site(seen.site.0);
            for ((since, state), track) in
                seen.states.iter_mut().zip(site_states(run, seen.site)).zip(SITE_TRACKS)
            {
                changed(since, state, now, (subject, track), tell);
            }
        }
    }

    /// Ends all states.
    fn close(&mut self, end: SimTime) {
        let tell = &mut self.tell;
        for seen in &mut self.nodes {
            let subject = Subject::Node(seen.site, seen.node.0);
            changed(&mut seen.state, "", end, (subject, "state"), tell);
            changed(&mut seen.health, "", end, (subject, "health check"), tell);
        }
        for seen in &mut self.sites {
            for (since, track) in seen.states.iter_mut().zip(SITE_TRACKS) {
                changed(since, "", end, (Subject::Site(seen.site.0), track), tell);
            }
        }
    }
}

/// Notes a state, and tells of the one that it ends.
fn changed(
    since: &mut Since,
    state: &'static str,
    now: SimTime,
    (subject, track): (Subject, &'static str),
    tell: &mut impl FnMut(Seen),
) {
    if since.0 == state {
        return;
    }
    if !since.0.is_empty() && since.1 < now {
        tell(Seen::Slice { subject, track, name: since.0, from: since.1, to: now });
    }
    *since = (state, now);
}

fn node_state(run: &Simulation<'_>, node: NodeId) -> &'static str {
    let it = run.node(node);
    match it.reasons.first() {
        Some(cause) => cause.name(),
        None if it.throttled => "throttled",
        None if it.rest != Rest::Awake => "asleep",
        None => "up",
    }
}

fn site_states(run: &Simulation<'_>, site: SiteId) -> [&'static str; 4] {
    let it = &run.sites[site.index()];
    let held = |holds: bool, name: &'static str| if holds { name } else { "" };
    [
        held(it.outages > 0, "outage"),
        held(it.breaker_open, "open"),
        held(it.supply == Supply::Battery, "discharging"),
        held(it.link_outages > 0, "outage"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::digest::digest;
    use crate::scenario::{NoFiles, Overrides, Source, load};

    /// Twenty sites with outages, batteries, heat and a health check.
    const WORLD: &str = r#"{
      "seed": 3, "duration": "2 d",
      "regions": { "here": { "weather": { "daily": { "mean": "33 C", "swing": "8 K", "hottest": "15:00" } },
        "grid": { "outages": { "up": { "exponential": { "mean": "8 h" } }, "down": { "exponential": { "mean": "30 min" } } } } } },
      "nodes": { "box": { "idle": "100 W", "peak": "200 W", "boot": "3 min",
        "thermal": { "resistance": "0.25 K/W", "time_constant": "5 min",
          "throttle": { "at": "80 C", "resume": "75 C", "speed": 0.5, "power": 0.6 }, "shutdown": { "at": "95 C", "resume": "50 C" } } } },
      "fleet": [{ "name": "home", "region": "here", "sites": 20, "ups": { "energy": "50 Wh", "power": "500 W" },
        "racks": [{ "nodes": { "box": 2 } }] }],
      "workloads": { "calls": { "requests": { "arrivals": { "poisson": { "rate": "0.2 /s" } }, "demand": { "exponential": { "mean": "60 s" } } } } },
      "policies": { "beats": { "health": { "heartbeat": { "period": "30 s", "timeout": "2 min" } } } }
    }"#;

    fn scenario() -> Scenario {
        let plan = load(&Source { name: "world", text: WORLD }, &NoFiles, &Overrides::default());
        plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario
    }

    fn watched(from: u64, to: u64) -> Watched {
        let at = |seconds| SimTime::ZERO + crate::kernel::SimDuration::from_secs(seconds);
        Watched { sites: 0..20, from: at(from), to: at(to) }
    }

    #[test]
    fn watching_changes_nothing_and_accounts_for_all_node_time() {
        let scenario = scenario();
        let (mut states, mut levels) = (std::collections::BTreeMap::new(), 0_u32);
        let record = run_watched(&scenario, "beats", (0, 0), &watched(0, 172_800), |seen| match seen {
            Seen::Slice { track: "state", name, from, to, .. } => {
                *states.entry(name).or_insert(0.0) += to.since(from).as_secs_f64();
            }
            Seen::Slice { from, to, .. } => assert!(from < to),
            Seen::Level { value, .. } => {
                assert!(value.is_finite());
                levels += 1;
            }
        });
        let record = record.expect("it goes to the end");
        let plain = crate::run(&scenario, "beats", 0, 0);
        assert_eq!(digest([&record]), digest([&plain]));
        let whole = 40.0 * 172_800.0;
        assert!((states.values().sum::<f64>() / whole - 1.0).abs() < 1e-9, "{states:?}");
        let up = states["up"] + states.get("throttled").copied().unwrap_or(0.0);
        assert!((up / whole - plain.metrics["nodes.uptime"]).abs() < 1e-9, "{states:?}");
        let throttled = states["throttled"] / whole;
        assert!((throttled - plain.metrics["nodes.throttled"]).abs() < 1e-9, "{states:?}");
        assert!(states.contains_key("ups") && states.contains_key("booting") && levels > 1000, "{states:?}");
    }

    #[test]
    fn a_window_is_cut_out_of_the_whole() {
        let scenario = scenario();
        let slices = |window: &Watched| {
            let mut slices = Vec::new();
            let record = run_watched(&scenario, "beats", (0, 0), window, |seen| {
                if let Seen::Slice { subject, track, name, from, to } = seen {
                    slices.push((format!("{subject:?}"), track, name, from, to));
                }
            });
            (slices, record.is_some())
        };
        let (all, whole) = slices(&watched(0, 172_800));
        let window = watched(40_000, 90_000);
        let (some, part) = slices(&window);
        assert!(whole && !part && some.len() < all.len());
        for (subject, track, name, from, to) in &some {
            let covers = |it: &&(String, &str, &str, SimTime, SimTime)| {
                (&it.0, it.1, it.2) == (subject, track, name)
                    && it.3.max(window.from) == *from
                    && it.4.min(window.to) == *to
            };
            assert!(all.iter().any(|it| covers(&it)), "{subject} {track} {name} {from:?} {to:?}");
        }
    }
}
