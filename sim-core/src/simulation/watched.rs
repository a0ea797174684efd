//! How many members of a group are down at once, and since when enough of them: for outages that are too rare to be counted.

use super::Simulation;
use crate::kernel::{SimTime, Streams};
use crate::scenario::{RareOutage, RareUnit, Scenario};
use crate::world::fleet::NodeId;

/// No member.
const NOBODY: u32 = u32::MAX;

/// A group under watch.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// The member that each node is, or stands in.
    member: Vec<u32>,
    /// Nodes of each member that are up: a member is down if it has none.
    up: Vec<u32>,
    /// Members down.
    pub down: u32,
    /// So many at once are an outage.
    least: u32,
    /// Since when there is one; [`SimTime::MAX`] if there is none.
    pub since: SimTime,
}

impl Watched {
    fn new(scenario: &Scenario, outage: &RareOutage, run: &Simulation<'_>) -> Self {
        let streams = Streams::new(run.model.seed, run.model.replication);
        let hits = outage.hits_in(scenario, &streams).unwrap_or_default();
        let mut it = Self {
            member: vec![NOBODY; run.nodes.len()],
            up: Vec::new(),
            down: 0,
            least: outage.down,
            since: SimTime::MAX,
        };
        let mut site_before = NOBODY;
        for node in hits.nodes {
            let site = run.node(NodeId(node)).site.0;
            if outage.of == RareUnit::Nodes || site != site_before {
                it.up.push(0);
            }
            site_before = site;
            it.member[node as usize] = it.up.len() as u32 - 1;
            *it.up.last_mut().expect("one was pushed") += 1;
        }
        it
    }

    fn changed(&mut self, node: NodeId, is_up: bool) {
        let member = self.member[node.index()];
        let Some(up) = self.up.get_mut(member as usize) else { return };
        if is_up {
            self.down -= u32::from(*up == 0);
            *up += 1;
        } else {
            *up -= 1;
            self.down += u32::from(*up == 0);
        }
    }
}

impl Simulation<'_> {
    /// From now on, while all are up, the members of an outage are watched.
    pub(super) fn watch_outage(&mut self, scenario: &Scenario, outage: &RareOutage) {
        self.watched = Some(Box::new(Watched::new(scenario, outage, self)));
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            if !self.node(node).reasons.is_up() {
                self.watch_up(node, true, false);
            }
        }
        self.look_at_outage();
    }

    /// A node goes down or comes up.
    #[inline]
    pub(super) fn watch_up(&mut self, node: NodeId, was: bool, is: bool) {
        if let Some(watched) = &mut self.watched
            && was != is
        {
            watched.changed(node, is);
        }
    }

    /// An event is over: there is an outage, or not.
    pub(super) fn look_at_outage(&mut self) {
        let now = self.engine.now();
        let Some(watched) = &mut self.watched else { return };
        if watched.down < watched.least {
            watched.since = SimTime::MAX;
        } else if watched.since == SimTime::MAX {
            watched.since = now;
        }
    }

    /// The group under watch.
    pub(super) fn watched(&self) -> &Watched {
        self.watched.as_ref().expect("an outage is watched")
    }

    /// The nodes under watch.
    pub(super) fn watched_nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let members = self.watched().member.iter().enumerate();
        members.filter(|(_, member)| **member != NOBODY).map(|(node, _)| NodeId::from_index(node))
    }
}
