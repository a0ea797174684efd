//! The watch of one node under whatever health check a policy names.

use super::class::HealthContext;
use super::detector::built_in;
use super::lazy::LazyWatch;
use super::watch::{HealthWatch, Woken};
use crate::kernel::SimTime;
use crate::scenario::Health;
use crate::world::network::Wait;

/// The watch of one node: fast where the detector allows that, or else message by message.
#[derive(Clone, Debug)]
pub enum AnyWatch {
    /// Visits only messages that can matter.
    Fast(HealthWatch),
    /// Goes through every message, some way ahead at a time.
    Lazy(Box<LazyWatch>),
}

/// Hands a call on to whichever watch it is.
macro_rules! either {
    ($watch:expr, $inner:ident => $call:expr) => {
        match $watch {
            AnyWatch::Fast($inner) => $call,
            AnyWatch::Lazy($inner) => $call,
        }
    };
}

impl AnyWatch {
    /// A watch of the kind that `health` needs, which begins at `now` over a node that is answering and trusted.
    pub fn new(health: &Health, now: SimTime, context: &HealthContext<'_>) -> Self {
        match health {
            Health::PhiAccrual(_) => Self::Lazy(Box::new(LazyWatch::new(built_in(health), now, context))),
            _ => Self::Fast(HealthWatch::new(now, context)),
        }
    }

    /// As [`HealthWatch::node_lost`].
    pub fn node_lost(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        either!(self, watch => watch.node_lost(now, context))
    }

    /// As [`HealthWatch::node_back`].
    pub fn node_back(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        either!(self, watch => watch.node_back(now, context))
    }

    /// As [`HealthWatch::pause`].
    pub fn pause(&mut self, now: SimTime, context: &HealthContext<'_>) {
        either!(self, watch => watch.pause(now, context));
    }

    /// As [`HealthWatch::restart`].
    pub fn restart(&mut self, now: SimTime, context: &HealthContext<'_>, answering: bool) -> Option<SimTime> {
        either!(self, watch => watch.restart(now, context, answering))
    }

    /// As [`HealthWatch::wake_behind`].
    pub fn wake_behind(&mut self, now: SimTime, context: &HealthContext<'_>, wait: Wait) -> Woken {
        either!(self, watch => watch.wake_behind(now, context, wait))
    }

    /// As [`HealthWatch::next`].
    pub fn next(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        either!(self, watch => watch.next(now, context))
    }

    /// As [`HealthWatch::uplink_busy`].
    pub fn uplink_busy(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        either!(self, watch => watch.uplink_busy(now, context))
    }

    /// As [`HealthWatch::uplink_idle`].
    pub fn uplink_idle(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        either!(self, watch => watch.uplink_idle(now, context))
    }

    /// As [`HealthWatch::next_message`].
    pub fn next_message(&self) -> u64 {
        either!(self, watch => watch.next_message())
    }

    /// As [`HealthWatch::is_busy`].
    pub fn is_busy(&self) -> bool {
        either!(self, watch => watch.is_busy())
    }

    /// Whether the watch has been told that the node answers.
    pub fn answering(&self) -> bool {
        either!(self, watch => watch.answering())
    }

    /// Whether the node is suspected.
    pub fn suspected(&self) -> bool {
        either!(self, watch => watch.suspected())
    }
}
