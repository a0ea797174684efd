//! Hosts come and go; bugs strike; batches are recalled. All of it but giving up is beyond the reach of any policy.

use super::super::{Event, HardwareEvent, Simulation};
use crate::kernel::{Handle, SimDuration};
use crate::world::fleet::{Cause, NodeId};

impl Simulation<'_> {
    /// Schedules what is known at t = 0.
    pub(in crate::simulation) fn start_hosts(&mut self) {
        let model = self.model;
        for index in 0..self.hardware.units.len() {
            self.start_host(NodeId::from_index(index));
        }
        for version in 0..self.hardware.versions.len() as u32 {
            self.schedule_bug(version);
        }
        for (batch, recall) in (0_u32..).zip(&self.hardware.recalls) {
            if recall.after != SimDuration::MAX {
                self.engine.after(recall.after, Event::Hardware(HardwareEvent::BatchRecalled { batch }));
            }
        }
        if model.hardware.in_use {
            // Who is not there at the beginning has not failed.
            self.collect.failures = 0;
        }
    }

    fn start_host(&mut self, node: NodeId) {
        let (model, class) = (self.model, self.wear_class(node));
        if let Some(churn) = &class.churn {
            let starts = churn.starts_after.as_ref();
            let after = starts.map_or(SimDuration::ZERO, |dist| {
                dist.draw_duration(&model.hardware.draws.host_start, node.0, 0)
            });
            if after.is_zero() {
                self.schedule_leaving(node);
            } else {
                self.hardware.units[node.index()].joined = false;
                self.reason_begins(node, Cause::Departed);
                self.load_changed(self.node(node).site);
                self.schedule(after, HardwareEvent::HostJoins { node });
            }
        }
        if class.presence.is_some() {
            if self.hardware.units[node.index()].habit.starts_away(model.start) {
                self.reason_begins(node, Cause::Away);
                self.load_changed(self.node(node).site);
            }
            self.schedule_switching(node);
        }
    }

    /// Schedules something that happens in the same way under every policy.
    fn schedule(&mut self, after: SimDuration, event: HardwareEvent) {
        if after != SimDuration::MAX {
            self.engine.after(after, Event::Hardware(event));
        }
    }

    /// Notes that something has happened that happens in the same way under every policy.
    fn note(&mut self, kind: u64, whom: u32) {
        self.exogenous.word(kind << 32 | u64::from(whom));
        self.exogenous.word(self.engine.now().as_nanos());
    }

    fn schedule_leaving(&mut self, node: NodeId) {
        let (model, class) = (self.model, self.wear_class(node));
        let cycle = self.hardware.units[node.index()].churn_cycle;
        let lifetime = class.churn.as_ref().and_then(|churn| churn.lifetime.as_ref());
        if let Some(lifetime) = lifetime {
            let after = lifetime.draw_duration(&model.hardware.draws.churn, node.0, 2 * cycle);
            self.schedule(after, HardwareEvent::HostLeaves { node });
            self.schedule_notice(node, cycle, after);
        }
    }

    /// A host that leaves in good order says so some time before.
    fn schedule_notice(&mut self, node: NodeId, cycle: u32, leaves: SimDuration) {
        let (model, class) = (self.model, self.wear_class(node));
        let Some(churn) = &class.churn else { return };
        let Some(notice) = &churn.notice else { return };
        let draws = &model.hardware.draws.exit_notice;
        if leaves == SimDuration::MAX || draws.unit(node.0, 2 * cycle + 1) >= churn.graceful {
            return;
        }
        let before = notice.draw_duration(draws, node.0, 2 * cycle);
        let after = SimDuration::from_nanos(leaves.as_nanos().saturating_sub(before.as_nanos()));
        self.engine.after(after, Event::Access(super::super::AccessEvent::Notice { node }));
    }

    pub(super) fn host_leaves(&mut self, node: NodeId) {
        self.note(82, node.0);
        let (model, class) = (self.model, self.wear_class(node));
        let unit = &mut self.hardware.units[node.index()];
        unit.left = true;
        let cycle = unit.churn_cycle;
        unit.churn_cycle += 1;
        self.departs(node);
        let rejoin = class.churn.as_ref().and_then(|churn| churn.rejoin.as_ref());
        if let Some(rejoin) = rejoin {
            let after = rejoin.draw_duration(&model.hardware.draws.churn, node.0, 2 * cycle + 1);
            self.schedule(after, HardwareEvent::HostJoins { node });
        }
    }

    pub(super) fn host_joins(&mut self, node: NodeId) {
        self.note(83, node.0);
        let unit = &mut self.hardware.units[node.index()];
        (unit.left, unit.gave_up) = (false, false);
        Self::cancel(&mut self.engine, &mut unit.successor);
        self.arrives(node);
        self.schedule_leaving(node);
    }

    /// The owner of `node` gives up; where hosts rejoin, another takes the place.
    pub(super) fn gives_up(&mut self, node: NodeId) {
        let (model, class) = (self.model, self.wear_class(node));
        self.hardware.units[node.index()].gave_up = true;
        self.departs(node);
        let rejoin = class.churn.as_ref().and_then(|churn| churn.rejoin.as_ref());
        let unit = &mut self.hardware.units[node.index()];
        if let Some(rejoin) = rejoin {
            let after = rejoin.draw_duration(&model.hardware.draws.successor, node.0, unit.fault_cycle);
            if after != SimDuration::MAX {
                unit.successor =
                    self.engine.after(after, Event::Hardware(HardwareEvent::SuccessorJoins { node }));
            }
        }
    }

    pub(super) fn successor_joins(&mut self, node: NodeId) {
        let unit = &mut self.hardware.units[node.index()];
        unit.successor = Handle::NONE;
        unit.gave_up = false;
        if !unit.left {
            self.arrives(node);
        }
    }

    /// The host of `node` is gone for good.
    fn departs(&mut self, node: NodeId) {
        if !self.node(node).reasons.contains(Cause::Departed) {
            self.reason_begins(node, Cause::Departed);
            self.shards_die(node);
            self.collect.hardware.departed += 1;
        }
        self.abandon_mending(node);
        self.load_changed(self.node(node).site);
    }

    /// A host is there: new, unless it is the first.
    fn arrives(&mut self, node: NodeId) {
        if std::mem::replace(&mut self.hardware.units[node.index()].joined, true) {
            self.new_machine(node);
            self.new_unit(node);
        }
        self.reason_ends(node, Cause::Departed);
        self.load_changed(self.node(node).site);
    }

    fn schedule_switching(&mut self, node: NodeId) {
        let (model, class) = (self.model, self.wear_class(node));
        let Some(presence) = &class.presence else { return };
        let away = self.node(node).reasons.contains(Cause::Away);
        let unit = &self.hardware.units[node.index()];
        let place = (node.0, unit.switches);
        let stream = &model.hardware.draws.presence;
        let after = unit.habit.stays(presence, away, self.engine.now(), model.start, stream, place);
        self.schedule(after, HardwareEvent::HostSwitched { node });
    }

    pub(super) fn host_switched(&mut self, node: NodeId) {
        self.note(85, node.0);
        self.hardware.units[node.index()].switches += 1;
        if self.node(node).reasons.contains(Cause::Away) {
            self.reason_ends(node, Cause::Away);
        } else {
            self.reason_begins(node, Cause::Away);
        }
        self.load_changed(self.node(node).site);
        self.schedule_switching(node);
    }

    fn schedule_bug(&mut self, version: u32) {
        let hardware = &self.model.hardware;
        let Some(bug) = &hardware.versions[version as usize].bug else { return };
        let number = self.hardware.versions[version as usize].1;
        let after = bug.every.draw_duration(&hardware.draws.bug, version, 2 * number);
        self.schedule(after, HardwareEvent::BugStrikes { version });
    }

    pub(super) fn bug_strikes(&mut self, version: u32) {
        self.note(86, version);
        let hardware = &self.model.hardware;
        let bug = hardware.versions[version as usize].bug.as_ref().expect("only a bug strikes");
        let number = self.hardware.versions[version as usize].1;
        let fix = bug.fix.draw_duration(&hardware.draws.bug, version, 2 * number + 1);
        self.schedule(fix, HardwareEvent::BugFixed { version });
        self.for_version(version, |run, node| {
            let unit = &mut run.hardware.units[node.index()];
            Self::cancel(&mut run.engine, &mut unit.patch);
            if !run.node(node).reasons.contains(Cause::Software) {
                run.reason_begins(node, Cause::Software);
            }
        });
    }

    pub(super) fn bug_fixed(&mut self, version: u32) {
        self.note(87, version);
        let hardware = &self.model.hardware;
        let bug = hardware.versions[version as usize].bug.as_ref().expect("only a bug is fixed");
        let number = self.hardware.versions[version as usize].1;
        self.hardware.versions[version as usize].1 += 1;
        self.for_version(version, |run, node| match &bug.patch {
            None => run.reason_ends(node, Cause::Software),
            Some(patch) => {
                let after = patch.draw_duration(&hardware.draws.patch, node.0, number);
                if after != SimDuration::MAX {
                    let event = Event::Hardware(HardwareEvent::Patched { node });
                    run.hardware.units[node.index()].patch = run.engine.after(after, event);
                }
            }
        });
        self.schedule_bug(version);
    }

    pub(super) fn patched(&mut self, node: NodeId) {
        self.hardware.units[node.index()].patch = Handle::NONE;
        self.reason_ends(node, Cause::Software);
        self.load_changed(self.node(node).site);
    }

    /// Does something to all nodes of a version, which are in order, and tells each site once that its load has changed.
    fn for_version(&mut self, version: u32, mut what: impl FnMut(&mut Self, NodeId)) {
        let members = std::mem::take(&mut self.hardware.versions[version as usize].0);
        for (place, node) in members.iter().enumerate() {
            what(self, *node);
            let site = self.node(*node).site;
            if members.get(place + 1).is_none_or(|next| self.node(*next).site != site) {
                self.load_changed(site);
            }
        }
        self.hardware.versions[version as usize].0 = members;
    }

    pub(super) fn batch_recalled(&mut self, batch: u32) {
        self.note(89, batch);
        let model = self.model;
        let members = std::mem::take(&mut self.hardware.recalls[batch as usize].members);
        for node in members {
            let batches = self.wear_class(node).batches.as_ref();
            let recall = batches.and_then(|batches| batches.recall.as_ref()).expect("it is recalled");
            let lasts = recall.lasts.draw_duration(&model.hardware.draws.recall, node.0, 0);
            self.reason_begins(node, Cause::Maintenance);
            self.load_changed(self.node(node).site);
            self.schedule(lasts, HardwareEvent::RecallEnds { node });
        }
    }

    /// A sound unit stands in the place of the recalled one.
    pub(super) fn recall_ends(&mut self, node: NodeId) {
        self.note(90, node.0);
        self.hardware.units[node.index()].factor = 1.0;
        self.abandon_mending(node);
        self.new_unit(node);
        self.reason_ends(node, Cause::Maintenance);
        self.load_changed(self.node(node).site);
    }
}
