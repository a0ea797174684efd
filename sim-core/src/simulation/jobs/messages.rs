//! Orders, results, and the messages before the state of a job moves: they take the latency of their way, and are sent again when
//! they are lost ([`super::super::transport`]).
//!
//! A message that meets an ideal way is there at once, without an event. Transport that gives up is tried anew at once. An order that reaches a node which
//! stands still waits there; a result that has been sent arrives although its node stands still, unless that is suspected before.

use super::super::transport::{Draws, Exchange, Way};
use super::super::{Event, JobEvent, Simulation};
use super::counts::Waste;
use super::state::{Instance, Passage, Place};
use crate::kernel::Handle;
use crate::world::fleet::NodeId;
use crate::world::workload::InstanceId;

impl Simulation<'_> {
    /// The way of an instance: between its node and the gateway of its region.
    pub(super) fn way_of(&self, id: InstanceId) -> Way {
        let node = self.instance(id).node;
        Way::Gateway(self.model.entry_of(self.node(node).site).region, node)
    }

    /// A message of an instance, and its answer if there are two `legs`.
    pub(super) fn message_of(&mut self, id: InstanceId, legs: u32) -> Exchange {
        let way = self.way_of(id);
        let instance = self.jobs.instance(id);
        let index = instance.index.wrapping_mul(4096).wrapping_add(instance.messages.wrapping_mul(2));
        instance.messages = instance.messages.wrapping_add(1);
        let job = self.job(self.instance(id).job);
        let model = &self.model.jobs.workloads[usize::from(job.workload)];
        let (latency, loss) = (&model.latency, &model.loss);
        self.exchange(way, Draws { latency, loss, entity: job.number, index, round: 0 }, legs)
    }

    /// Sends the order or the result of an instance, as its place is.
    pub(super) fn send_message(&mut self, id: InstanceId) {
        let sent = self.message_of(id, 1);
        let instance = self.jobs.instance(id);
        instance.unheard = !sent.arrives;
        if sent.takes.is_zero() {
            self.message_there(id);
        } else {
            instance.message =
                self.engine.after(sent.takes, Event::Job(JobEvent::MessageThere { instance: id }));
        }
    }

    /// A message is through, or has been given up; or loss does not hold up a state any longer.
    pub(super) fn message_there(&mut self, id: InstanceId) {
        let instance = self.jobs.instance(id);
        instance.message = Handle::NONE;
        let unheard = std::mem::take(&mut instance.unheard);
        let &mut Instance { place, passage, node, .. } = instance;
        match place {
            Place::Ordered if unheard => self.send_message(id),
            Place::Reporting if unheard => self.send_result(id),
            Place::Ordered => self.order_arrives(id),
            Place::Reporting => self.deliver(id),
            Place::OnSlot => match passage {
                Passage::Asked(direction, None) => self.cross_link(id, direction),
                Passage::Asked(direction, Some(round_trip)) => self.state_sets_out(id, direction, round_trip),
                Passage::Trailing(direction) if self.link_is_down(node) => {
                    self.jobs.instance(id).passage = Passage::Blocked(direction);
                }
                _ => self.state_is_there(id),
            },
            _ => {}
        }
    }

    pub(super) fn link_is_down(&self, node: NodeId) -> bool {
        self.sites[self.node(node).site.index()].link_outages > 0
    }

    /// An instance reaches its node.
    fn order_arrives(&mut self, id: InstanceId) {
        let node = self.instance(id).node;
        let stalled = self.node(node).reasons.halts() || self.link_is_down(node);
        self.blame_moves(id);
        self.jobs.instance(id).place = if stalled { Place::Stalled } else { Place::Waiting };
        if !stalled {
            self.rouse(node);
            self.fill_slots(node);
            self.busy_changed(node);
        }
    }

    /// The result of an instance that has left its slot is sent, as soon as its link is up.
    pub(super) fn send_result(&mut self, id: InstanceId) {
        let node = self.instance(id).node;
        let halts = self.node(node).reasons.halts();
        self.blame_moves(id);
        if halts && !self.model.classes[usize::from(self.node(node).class)].holds {
            // Nobody has heard of it, and now it is gone.
            self.lose_unsaved(id, Waste::Failure);
            let instance = self.jobs.instance(id);
            (instance.place, instance.failed) = (Place::Stalled, true);
        } else if halts || self.link_is_down(node) {
            self.jobs.instance(id).place = Place::Returning;
        } else {
            self.jobs.instance(id).place = Place::Reporting;
            self.send_message(id);
        }
    }
}
