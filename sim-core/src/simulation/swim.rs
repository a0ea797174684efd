//! SWIM: the members of groups watch each other, and the controller hears what they find.
//!
//! A member *answers* as for other health checks; faults that silence a node silence it to the other members too. The
//! controller hears from members by way of all gateways, so a dead gateway keeps no news from it. Faults that add latency to the messages
//! of members, or lose some, change how often these are suspected falsely.

use super::faults::Scope;
use super::model::EntryModel;
use super::{ControlEvent, Event, Model, Simulation};
use crate::kernel::{Handle, SimTime, Streams};
use crate::policy::health::Verdict;
use crate::policy::health::swim::{Disturbance, Peers, SwimClass, SwimContext, SwimStreams, SwimWatch};
use crate::scenario::{Among, FaultAction, Health, Policy};
use crate::world::fleet::{NodeId, SiteId};

/// What stays the same of SWIM in a run.
#[derive(Clone, Debug)]
pub(super) struct SwimModel {
    among: Among,
    /// By fleet entry.
    classes: Vec<SwimClass>,
    /// Members of each group.
    groups: Vec<u32>,
    streams: SwimStreams,
}

/// The number of the group of a site.
fn group_of(among: Among, entry: &EntryModel, site: SiteId) -> u32 {
    match among {
        Among::All => 0,
        Among::Region => u32::from(entry.region),
        Among::Site => site.0,
    }
}

/// Members of each group of nodes.
pub(super) fn group_sizes(among: Among, entries: &[EntryModel]) -> Vec<u32> {
    let mut sizes = Vec::new();
    for entry in entries {
        for site in entry.first_site..entry.first_site + entry.sites {
            let group = group_of(among, entry, SiteId(site)) as usize;
            if group >= sizes.len() {
                sizes.resize(group + 1, 0);
            }
            sizes[group] += entry.nodes_per_site;
        }
    }
    sizes
}

/// Members of the group of the first site of an entry, which are those of its other sites too.
pub(super) fn members(among: Among, sizes: &[u32], entry: &EntryModel) -> u32 {
    sizes.get(group_of(among, entry, SiteId(entry.first_site)) as usize).copied().unwrap_or(0)
}

impl SwimModel {
    pub(super) fn new(policy: &Policy, entries: &[EntryModel], streams: &Streams) -> Option<Self> {
        let Health::Swim(swim) = &policy.health else { return None };
        let groups = group_sizes(swim.among, entries);
        let class = |entry: &EntryModel| {
            SwimClass::new(swim, entry.link.as_ref(), members(swim.among, &groups, entry))
        };
        let classes = entries.iter().map(class).collect();
        Some(Self { among: swim.among, classes, groups, streams: SwimStreams::new(streams) })
    }

    pub(super) fn classes(&self) -> &[SwimClass] {
        &self.classes
    }
}

/// The state of SWIM in a run.
#[derive(Clone, Debug, Default)]
pub(super) struct SwimState {
    watches: Vec<(SwimWatch, Handle)>,
    groups: Vec<Peers>,
}

/// The group of a member, and the context of its watch.
fn context<'a>(
    model: &'a Model,
    swim: &'a SwimModel,
    groups: &[Peers],
    node: NodeId,
    site: SiteId,
) -> SwimContext<'a> {
    let entry = model.entry_index(site);
    let group = group_of(swim.among, &model.entries[entry], site);
    SwimContext {
        class: &swim.classes[entry],
        streams: &swim.streams,
        node: node.0,
        group,
        site: site.0,
        until: SimTime::ZERO + model.duration,
        peers: groups[group as usize],
    }
}

/// What these faults do to the messages of a member; `None` without any. One that loses all is not among them: it makes the member mute.
fn disturbance(class: &SwimClass, model: &Model, faults: &[u16]) -> Option<Disturbance> {
    let (mut losses, mut delays) = (Vec::new(), Vec::new());
    for number in faults {
        match &model.faults[usize::from(*number)].action {
            FaultAction::Latency { add } => delays.push(add),
            FaultAction::Loss { p } if *p < 1.0 => losses.push(*p),
            _ => {}
        }
    }
    let disturbs = !(losses.is_empty() && delays.is_empty());
    disturbs.then(|| class.disturbed(&losses, &delays))
}

impl Simulation<'_> {
    pub(super) fn start_swim(&mut self) {
        let model = self.model;
        let Some(swim) = &model.supervision.swim else { return };
        let peers = |members: &u32| Peers { live: *members, listed: *members };
        self.supervision.swim.groups = swim.groups.iter().map(peers).collect();
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            let site = self.node(node).site;
            let context = context(model, swim, &self.supervision.swim.groups, node, site);
            let watch = SwimWatch::new(&context);
            let next = watch.next(&context);
            self.supervision.swim.watches.push((watch, Handle::NONE));
            self.plan_swim(node, next);
        }
    }

    /// The watch of a member wants to be woken then, and not at any moment that it named before.
    fn plan_swim(&mut self, node: NodeId, next: Option<SimTime>) {
        let event = &mut self.supervision.swim.watches[node.index()].1;
        Self::cancel(&mut self.engine, event);
        if let Some(at) = next {
            let at = at.max(self.engine.now());
            *event = self.engine.at(at, Event::Control(ControlEvent::SwimWake { node }));
        }
    }

    /// A member is lost to its group, or is back.
    pub(super) fn swim_answers(&mut self, node: NodeId, answers: bool) {
        let model = self.model;
        let Some(swim) = &model.supervision.swim else { return };
        let (now, site) = (self.engine.now(), self.node(node).site);
        let state = &mut self.supervision.swim;
        if state.watches.get(node.index()).is_none_or(|(watch, _)| watch.is_answering() == answers) {
            return;
        }
        let entry = model.entry_of(site);
        let group = &mut state.groups[group_of(swim.among, entry, site) as usize];
        group.live = if answers { group.live + 1 } else { group.live - 1 };
        let context = context(model, swim, &state.groups, node, site);
        let watch = &mut state.watches[node.index()].0;
        let next = if answers { watch.node_back(now, &context) } else { watch.node_lost(now, &context) };
        self.plan_swim(node, next);
        if answers && context.peers.live == 1 {
            self.group_revives(context.group);
        }
    }

    /// The first member of a group of which none lived is back: it looks for the others.
    fn group_revives(&mut self, group: u32) {
        let (model, now) = (self.model, self.engine.now());
        let Some(swim) = &model.supervision.swim else { return };
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            let site = self.node(node).site;
            let state = &mut self.supervision.swim;
            let context = context(model, swim, &state.groups, node, site);
            if context.group != group {
                continue;
            }
            if let next @ Some(_) = state.watches[node.index()].0.group_revives(now, &context) {
                self.plan_swim(node, next);
            }
        }
    }

    /// Faults make a member that is up mute, or no longer.
    pub(super) fn swim_hearing_changed(&mut self, node: NodeId, hears: bool) {
        let model = self.model;
        if model.supervision.swim.is_none() {
            return;
        }
        let of_node = |fault: &super::faults::FaultModel| {
            fault.scope == Scope::Nodes && fault.nodes.binary_search(&node).is_ok()
        };
        if hears || model.faults.iter().any(of_node) {
            self.swim_answers(node, hears);
        }
    }

    /// A fault of latency or loss begins or ends: the pings of the members that it befalls fail more often, or less.
    pub(super) fn swim_meets_fault(&mut self, fault: u16) {
        let (model, now) = (self.model, self.engine.now());
        let Some(swim) = &model.supervision.swim else { return };
        let fault = &model.faults[usize::from(fault)];
        if fault.scope != Scope::Nodes || self.supervision.swim.watches.is_empty() {
            return;
        }
        // What was computed last, and for which faults: members of one kind mostly share it.
        let mut last: Option<(usize, Vec<u16>, Option<Disturbance>)> = None;
        for node in fault.nodes.iter().copied() {
            let site = self.node(node).site;
            let entry = model.entry_index(site);
            let ways: Vec<u16> = self.ways_of_pings(node).collect();
            let disturbance = match last {
                Some((at, ref faults, disturbance)) if at == entry && *faults == ways => disturbance,
                _ => disturbance(&swim.classes[entry], model, &ways),
            };
            last = Some((entry, ways, disturbance));
            let state = &mut self.supervision.swim;
            let context = context(model, swim, &state.groups, node, site);
            let next = state.watches[node.index()].0.disturb(now, disturbance, &context);
            self.plan_swim(node, next);
        }
    }

    /// The group of a member has something to look at.
    pub(super) fn swim_wake(&mut self, node: NodeId) {
        let model = self.model;
        let Some(swim) = &model.supervision.swim else { return };
        let (now, site) = (self.engine.now(), self.node(node).site);
        let state = &mut self.supervision.swim;
        let context = context(model, swim, &state.groups, node, site);
        let (watch, event) = &mut state.watches[node.index()];
        *event = Handle::NONE;
        let woken = watch.wake(now, &context);
        self.plan_swim(node, woken.next);
        let listed = &mut self.supervision.swim.groups[context.group as usize].listed;
        match woken.verdict {
            Some(Verdict::Suspect) => {
                *listed -= 1;
                self.suspicion(node);
            }
            Some(Verdict::Trust) => {
                *listed += 1;
                self.trust(node);
            }
            None => {}
        }
    }
}
