//! The rules: flapping, readings, replies, records.

use super::super::{ControlEvent, Event, Simulation};
use super::state::hold;
use crate::kernel::{Handle, SimDuration};
use crate::policy::health::Decision;
use crate::policy::readings::Reading;
use crate::policy::reputation::{ReportKind, Standing};
use crate::world::fleet::NodeId;

impl Simulation<'_> {
    /// The health check has come to suspect `node`; false if it was still kept back from an earlier suspicion.
    pub(in crate::simulation) fn suspicion_counts(&mut self, node: NodeId) -> bool {
        let now = self.engine.now();
        let (Some(rule), Some((damper, event))) =
            (&self.model.policy.flapping, self.supervision.dampers.get_mut(node.index()))
        else {
            return true;
        };
        damper.suspected(now, rule);
        Self::cancel(&mut self.engine, event);
        self.control.trusts(node)
    }

    /// The health check trusts `node` again; whether it is kept back nevertheless.
    pub(in crate::simulation) fn is_kept_back(&mut self, node: NodeId) -> bool {
        let now = self.engine.now();
        let (Some(rule), Some((damper, event))) =
            (&self.model.policy.flapping, self.supervision.dampers.get_mut(node.index()))
        else {
            return false;
        };
        match damper.trusted(now, rule) {
            Decision::Now => false,
            Decision::At(at) => {
                Self::cancel(&mut self.engine, event);
                *event = self.engine.at(at, Event::Control(ControlEvent::TrustDue { node }));
                true
            }
        }
    }

    /// A node has been kept back for long enough.
    pub(super) fn trust_due(&mut self, node: NodeId) {
        self.supervision.dampers[node.index()].1 = Handle::NONE;
        self.trust_at_last(node);
    }

    /// A hold of `node` begins or ends.
    fn set_hold(&mut self, node: NodeId, hold: u8, begins: bool) {
        let now = self.engine.now();
        if self.supervision.set_hold(now, node, hold, begins) {
            if begins {
                self.control.withdraw(node);
            } else {
                self.control.readmit(node);
            }
            self.job_candidate_changed(node);
        }
    }

    /// A reading of `node` has arrived.
    pub(in crate::simulation) fn judge_reading(&mut self, node: NodeId, reading: &Reading) {
        let now = self.engine.now();
        let policy = &self.model.policy;
        if let (Some(rule), Some(course)) = (&policy.forecast, self.supervision.courses.get_mut(node.index()))
        {
            let limit = self.model.supervision.limits[usize::from(self.nodes[node.index()].class)];
            let heated = !reading.temperature.is_nan() && limit < f64::INFINITY;
            if let Some(withdraw) =
                heated.then(|| course.observe(rule, limit, now, reading.taken, reading.temperature)).flatten()
            {
                self.set_hold(node, hold::FORECAST, withdraw);
            }
        }
        if let (Some(rule), Some(symptoms)) =
            (&policy.symptoms, self.supervision.symptoms.get_mut(node.index()))
            && let Some(withdraw) = symptoms.observe(rule, reading)
        {
            self.set_hold(node, hold::SYMPTOMS, withdraw);
        }
        if let Some(records) = &mut self.supervision.records
            && policy.reputation.is_some_and(|rule| rule.online.is_some())
        {
            records.heard(node);
        }
    }

    /// A node has replied to an attempt, or failed to.
    pub(in crate::simulation) fn heard(&mut self, node: NodeId, latency: Option<SimDuration>) {
        if let Some(outliers) = &mut self.supervision.outliers {
            let ejected = outliers.heard(node, latency);
            let interval = outliers.interval();
            if let (Some(interval), false) = (interval, self.supervision.comparing) {
                self.supervision.comparing = true;
                self.engine.after(interval, Event::Control(ControlEvent::Compare));
            }
            if let Some(lasts) = ejected {
                self.eject(node, lasts);
            }
        }
        if self.report(node, latency.is_some(), ReportKind::Reply) {
            self.shards_disqualified(node);
        }
    }

    fn eject(&mut self, node: NodeId, lasts: SimDuration) {
        self.supervision.counts.ejections += 1;
        self.set_hold(node, hold::EJECTED, true);
        self.engine.after(lasts, Event::Control(ControlEvent::EjectionOver { node }));
    }

    /// Nodes are compared.
    pub(super) fn compare_nodes(&mut self) {
        self.supervision.comparing = false;
        let ejected = self.supervision.outliers.as_mut().map(|outliers| outliers.compare());
        for (node, lasts) in ejected.unwrap_or_default() {
            self.eject(node, lasts);
        }
    }

    /// The ejection of `node` is over.
    pub(super) fn ejection_over(&mut self, node: NodeId) {
        if let Some(outliers) = &mut self.supervision.outliers {
            outliers.over(node);
        }
        self.set_hold(node, hold::EJECTED, false);
    }

    /// Somebody reports on the work of a node; returns whether that disqualifies it.
    pub(in crate::simulation) fn report(&mut self, node: NodeId, good: bool, kind: ReportKind) -> bool {
        let Some(rule) = self.model.policy.reputation else { return false };
        let Some(records) = &mut self.supervision.records else { return false };
        let change = records.report(node, good, kind);
        match change {
            None => {}
            Some(Standing::Good) => self.set_hold(node, hold::REPUTATION, false),
            Some(Standing::Suspended) => {
                self.set_hold(node, hold::REPUTATION, true);
                self.engine.after(rule.retry, Event::Control(ControlEvent::RetryDue { node }));
            }
            Some(Standing::Disqualified) => {
                self.supervision.counts.disqualified += 1;
                self.set_hold(node, hold::REPUTATION, true);
            }
        }
        change == Some(Standing::Disqualified)
    }

    /// A suspended node is tried again.
    pub(super) fn retry_due(&mut self, node: NodeId) {
        if self.supervision.records.as_mut().is_some_and(|records| records.retry(node)) {
            self.set_hold(node, hold::REPUTATION, false);
        }
    }

    /// Another unit stands in the place of `node`: nothing is known of it.
    pub(in crate::simulation) fn newcomer(&mut self, node: NodeId) {
        self.control.known_mut().readings.forget(node);
        if self.supervision.records.as_mut().is_some_and(|records| records.newcomer(node)) {
            self.set_hold(node, hold::REPUTATION, false);
        }
        if let Some(course) = self.supervision.courses.get_mut(node.index()) {
            *course = Default::default();
            self.set_hold(node, hold::FORECAST, false);
        }
        if let Some(symptoms) = self.supervision.symptoms.get_mut(node.index()) {
            *symptoms = Default::default();
            self.set_hold(node, hold::SYMPTOMS, false);
        }
    }

    pub(super) fn start_online_windows(&mut self) {
        let online = self.model.policy.reputation.and_then(|rule| rule.online);
        if let Some(online) = online {
            self.engine.after(online.window, Event::Control(ControlEvent::WindowEnds));
        }
    }

    /// A window of the score of being online ends.
    pub(super) fn online_window_ends(&mut self) {
        self.start_online_windows();
        let policy = &self.model.policy;
        let (Some(rule), Some(telemetry)) = (policy.reputation, policy.telemetry) else { return };
        let (Some(online), Some(records)) = (rule.online, &mut self.supervision.records) else { return };
        let due = (online.window.as_secs_f64() / telemetry.period.as_secs_f64()).floor().max(1.0);
        let low = records.window_ends(due);
        for (index, low) in low.into_iter().enumerate() {
            self.set_hold(NodeId::from_index(index), hold::ONLINE, low);
        }
    }
}
