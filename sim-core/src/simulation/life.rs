//! The life of a node: reasons to be down, boots, hardware faults, sleep.
//!
//! A node is up iff its set of down-reasons is empty. When the last reason that keeps it off ends, it boots.

use super::setup::Rest;
use super::{Event, HardwareEvent, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::world::fleet::{Cause, NodeId};

impl Simulation<'_> {
    /// Something happens in the life of a node.
    pub(super) fn hardware_event(&mut self, event: HardwareEvent) {
        match event {
            HardwareEvent::FaultBegins { node } => self.fault_begins(node),
            HardwareEvent::FaultEnds { node } => self.fault_ends(node),
            HardwareEvent::Booted { node } => self.booted(node),
            HardwareEvent::SleepDue { node } => self.sleep_due(node),
            HardwareEvent::Woken { node } => self.woken(node),
            event => self.wear_event(event),
        }
    }

    /// A reason for `node` to be down begins. The caller calls [`Self::load_changed`] for the site afterwards.
    pub(super) fn reason_begins(&mut self, node: NodeId, cause: Cause) {
        let now = self.engine.now();
        let before = self.node(node).reasons;
        let state = &mut self.nodes[node.index()];
        state.reasons.begin(cause);
        if !before.is_off() && state.reasons.is_off() {
            self.pause_wear(node);
            let state = &mut self.nodes[node.index()];
            if before.contains(Cause::Booting) {
                state.reasons.end(Cause::Booting);
                Self::cancel(&mut self.engine, &mut state.boot_event);
            }
            Self::cancel(&mut self.engine, &mut state.fault_event);
            if let Some(faults) = &mut state.faults {
                faults.pause(now);
            }
        }
        let after = self.node(node).reasons;
        self.collect.reasons_changed(now, node, before, after, self.node(node).throttled);
        if !before.halts() && after.halts() {
            self.halt(node);
        }
        if before.is_up() && !after.is_up() {
            self.stopped_answering(node);
        }
        self.refresh_power(node);
    }

    /// A reason for `node` to be down ends; if it was the last that kept it off, the node boots. The caller calls
    /// [`Self::load_changed`] for the site afterwards.
    pub(super) fn reason_ends(&mut self, node: NodeId, cause: Cause) {
        let now = self.engine.now();
        let before = self.node(node).reasons;
        self.nodes[node.index()].reasons.end(cause);
        if before.is_off() && !self.node(node).reasons.is_off() {
            self.powered_on(node);
        }
        let after = self.node(node).reasons;
        self.collect.reasons_changed(now, node, before, after, self.node(node).throttled);
        if before.halts() && !after.halts() {
            self.resume_work(node);
        }
        if !before.is_up() && after.is_up() {
            self.answers_again(node);
        }
        self.refresh_power(node);
    }

    /// Power is back and nothing keeps the node off: it boots, and its life goes on.
    fn powered_on(&mut self, node: NodeId) {
        let model = self.model;
        let class = &model.classes[usize::from(self.node(node).class)];
        if let Some(boot) = &class.boot {
            let state = &mut self.nodes[node.index()];
            let after = boot.draw_duration(&model.draws.boot, node.0, state.boots);
            state.boots += 1;
            state.reasons.begin(Cause::Booting);
            state.boot_event = self.engine.after(after, Event::Hardware(HardwareEvent::Booted { node }));
        }
        self.resume_exposure(node);
    }

    pub(super) fn resume_exposure(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.resume_wear(node);
        let state = &mut self.nodes[node.index()];
        if let Some(faults) = &mut state.faults {
            let at = faults.resume(now);
            if at < SimTime::MAX {
                state.fault_event = self.engine.at(at, Event::Hardware(HardwareEvent::FaultBegins { node }));
            }
        }
    }

    pub(super) fn booted(&mut self, node: NodeId) {
        self.nodes[node.index()].boot_event = Handle::NONE;
        self.reason_ends(node, Cause::Booting);
        self.load_changed(self.node(node).site);
    }

    pub(super) fn fault_begins(&mut self, node: NodeId) {
        let now = self.engine.now();
        let model = self.model;
        let state = &mut self.nodes[node.index()];
        state.fault_event = Handle::NONE;
        let spec = model.classes[usize::from(state.class)].faults.as_ref();
        if let (Some(faults), Some(spec)) = (&mut state.faults, spec) {
            let end = faults.fail(now, spec, &model.draws.fault);
            if end < SimTime::MAX {
                self.engine.at(end, Event::Hardware(HardwareEvent::FaultEnds { node }));
            }
        }
        self.reason_begins(node, Cause::Hardware);
        self.load_changed(self.node(node).site);
    }

    pub(super) fn fault_ends(&mut self, node: NodeId) {
        self.reason_ends(node, Cause::Hardware);
        self.load_changed(self.node(node).site);
    }

    /// The sleeping habit of a node at t = 0.
    pub(super) fn start_rest(&mut self, node: NodeId) {
        self.fell_idle(node);
    }

    /// A node without work may go to sleep.
    pub(super) fn fell_idle(&mut self, node: NodeId) {
        let class = &self.model.classes[usize::from(self.node(node).class)];
        let Some(sleep) = &class.sleep else { return };
        let after = sleep.after;
        if after.is_zero() {
            self.fall_asleep(node);
        } else if self.node(node).rest_event == Handle::NONE {
            self.nodes[node.index()].rest_event =
                self.engine.after(after, Event::Hardware(HardwareEvent::SleepDue { node }));
        }
    }

    pub(super) fn sleep_due(&mut self, node: NodeId) {
        self.nodes[node.index()].rest_event = Handle::NONE;
        if self.busy_slots(node) == 0 && self.node(node).server.queued() == 0 {
            self.fall_asleep(node);
            self.refresh_power(node);
            self.load_changed(self.node(node).site);
        }
    }

    fn fall_asleep(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.nodes[node.index()].rest = Rest::Asleep;
        self.collect.rest_changed(now, node, Rest::Asleep);
    }

    /// Work has come for a node: it does not fall asleep, or wakes up.
    pub(super) fn rouse(&mut self, node: NodeId) {
        let now = self.engine.now();
        let model = self.model;
        let state = &mut self.nodes[node.index()];
        let Some(sleep) = &model.classes[usize::from(state.class)].sleep else { return };
        match state.rest {
            Rest::Awake => Self::cancel(&mut self.engine, &mut state.rest_event),
            Rest::Waking => {}
            Rest::Asleep => {
                state.rest = Rest::Waking;
                let after = sleep.wake.draw_duration(&model.draws.wake, node.0, state.wakes);
                state.wakes += 1;
                state.rest_event = self.engine.after(after, Event::Hardware(HardwareEvent::Woken { node }));
                self.collect.rest_changed(now, node, Rest::Waking);
                self.refresh_power(node);
            }
        }
    }

    pub(super) fn woken(&mut self, node: NodeId) {
        let now = self.engine.now();
        let state = &mut self.nodes[node.index()];
        state.rest_event = Handle::NONE;
        state.rest = Rest::Awake;
        self.collect.rest_changed(now, node, Rest::Awake);
        self.resume_work(node);
        self.refresh_power(node);
        self.load_changed(self.node(node).site);
    }
}
