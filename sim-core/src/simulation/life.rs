//! The life of a node: reasons to be down, boots, hardware faults, sleep.
//!
//! A node is up iff its set of down-reasons is empty. When the last reason that keeps it off ends, it boots.

use super::state::Rest;
use super::{Event, HardwareEvent, PowerEvent, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::Watts;
use crate::world::fleet::{Cause, NodeId};

/// Time to repair damage from outside where a node type names no faults: a day to act and three for parts [A].
const DAMAGE_REPAIR: SimDuration = SimDuration::from_secs(4 * 86_400);

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
                state.waiting = false;
                Self::cancel(&mut self.engine, &mut state.boot_event);
            }
            Self::cancel(&mut self.engine, &mut state.fault_event);
            if let Some(faults) = &mut state.faults {
                faults.pause(now);
            }
        }
        let after = self.node(node).reasons;
        self.collect.reasons_changed(now, node, before, after, self.node(node).is_throttled());
        self.blame_reasons(node, before, after);
        self.watch_up(node, before.is_up(), after.is_up());
        if !before.halts() && after.halts() {
            self.halt(node);
        }
        if before.is_up() && !after.is_up() {
            self.shards_down(node);
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
            self.power_returns(node, cause);
        }
        let after = self.node(node).reasons;
        self.collect.reasons_changed(now, node, before, after, self.node(node).is_throttled());
        self.blame_reasons(node, before, after);
        self.watch_up(node, before.is_up(), after.is_up());
        if before.halts() && !after.halts() {
            self.resume_work(node);
        }
        if !before.is_up() && after.is_up() {
            self.shards_up(node);
            self.answers_again(node);
            self.jobs_reachable(node);
        }
        self.refresh_power(node);
    }

    /// Nothing keeps the node off any more: it switches on, or waits for its turn if the policy spreads the load of the return
    /// of power.
    fn power_returns(&mut self, node: NodeId, cause: Cause) {
        let model = self.model;
        let Some(stagger) = model.policy.energy.stagger.as_ref().filter(|_| cause.is_power()) else {
            self.powered_on(node);
            return;
        };
        let state = &mut self.nodes[node.index()];
        let after = stagger.draw_duration(&model.draws.power.stagger, node.0, state.boots);
        state.waiting = true;
        state.reasons.begin(Cause::Booting);
        state.boot_event = self.engine.after(after, Event::Power(PowerEvent::StaggerOver { node }));
    }

    /// It is the turn of a node to switch on.
    pub(super) fn stagger_over(&mut self, node: NodeId) {
        let state = &mut self.nodes[node.index()];
        state.boot_event = Handle::NONE;
        state.waiting = false;
        if self.switch_on(node) {
            self.refresh_power(node);
        } else {
            self.nodes[node.index()].boots += 1;
            self.reason_ends(node, Cause::Booting);
        }
        self.load_changed(self.node(node).site);
    }

    /// The node switches on: it boots, and its life goes on.
    fn powered_on(&mut self, node: NodeId) {
        if self.switch_on(node) {
            self.nodes[node.index()].reasons.begin(Cause::Booting);
        }
    }

    /// Draws the inrush of a node and schedules the end of its boot; false if it is ready at once. Its life goes on.
    fn switch_on(&mut self, node: NodeId) -> bool {
        let model = self.model;
        let class = &model.classes[usize::from(self.node(node).class)];
        let site = self.node(node).site;
        let power = &mut self.sites[site.index()].power;
        if power.inrush_at != self.engine.now() {
            (power.inrush, power.inrush_at) = (Watts(0.0), self.engine.now());
        }
        power.inrush.0 += class.inrush.0;
        if let Some(boot) = &class.boot {
            let state = &mut self.nodes[node.index()];
            let after = boot.draw_duration(&model.draws.boot, node.0, state.boots);
            state.boots += 1;
            state.boot_event = self.engine.after(after, Event::Hardware(HardwareEvent::Booted { node }));
        }
        self.resume_exposure(node);
        class.boot.is_some()
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

    /// Something from outside damages `node`: it is down until it is repaired, for the time that its faults take or
    /// [`DAMAGE_REPAIR`]. False if it is broken already. The caller calls [`Self::load_changed`] for the site afterwards.
    pub(super) fn damage(&mut self, node: NodeId) -> bool {
        if self.node(node).reasons.contains(Cause::Hardware) {
            return false;
        }
        let model = self.model;
        let state = &mut self.nodes[node.index()];
        let faults = model.classes[usize::from(state.class)].faults.as_ref();
        let worn = model.hardware.classes.get(usize::from(state.class));
        let worn = worn.and_then(|class| class.hardware.faults.as_ref()?.down.as_ref());
        let after = faults.map(|faults| &faults.down).or(worn).map_or(DAMAGE_REPAIR, |down| {
            down.draw_duration(&model.draws.power.repair, node.0, state.damages)
        });
        state.damages += 1;
        self.collect.damages += 1;
        state.damage_event = self.engine.after(after, Event::Power(PowerEvent::DamageRepaired { node }));
        self.reason_begins(node, Cause::Hardware);
        true
    }

    pub(super) fn fault_ends(&mut self, node: NodeId) {
        self.note_visit(node, false);
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
        self.collect.rest_changed(now, Rest::Awake, Rest::Asleep);
    }

    /// Work has come for a node: it does not fall asleep, or wakes up.
    #[inline(always)]
    pub(super) fn rouse(&mut self, node: NodeId) {
        if self.model.quick_class(node).sleeps {
            self.rouse_sleeper(node);
        }
    }

    #[inline(never)]
    fn rouse_sleeper(&mut self, node: NodeId) {
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
                self.collect.rest_changed(now, Rest::Asleep, Rest::Waking);
                self.refresh_power(node);
                self.load_changed(self.node(node).site);
            }
        }
    }

    pub(super) fn woken(&mut self, node: NodeId) {
        let now = self.engine.now();
        let state = &mut self.nodes[node.index()];
        state.rest_event = Handle::NONE;
        state.rest = Rest::Awake;
        self.collect.rest_changed(now, Rest::Waking, Rest::Awake);
        self.resume_work(node);
        self.refresh_power(node);
        self.load_changed(self.node(node).site);
    }
}
