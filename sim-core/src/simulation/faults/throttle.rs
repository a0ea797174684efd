//! `throttle`: nodes are throttled as if too hot, in addition to what heat does.

use super::Simulation;

impl Simulation<'_> {
    pub(super) fn throttle_begins(&mut self, fault: u16) {
        self.throttles_change(fault, 1);
    }

    pub(super) fn throttle_ends(&mut self, fault: u16) {
        self.throttles_change(fault, -1);
    }

    fn throttles_change(&mut self, fault: u16, change: i16) {
        let model = self.model;
        let nodes = &model.faults[usize::from(fault)].nodes;
        for &node in nodes {
            let heat = model.classes[usize::from(self.node(node).class)].heat.as_ref();
            if heat.is_none_or(|heat| heat.throttle.is_none()) {
                continue;
            }
            let throttles = &mut self.faults.nodes[node.index()].throttles;
            *throttles = throttles.checked_add_signed(change).expect("every end mirrors a beginning");
            self.refresh_throttled(node);
        }
        self.loads_changed(nodes);
    }
}
