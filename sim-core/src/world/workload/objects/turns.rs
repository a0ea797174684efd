//! Turns in the lives of objects: when they cannot be read any more, can be again, or are lost, for who wants to know why. Nobody else pays for it.

use super::ObjectStore;

/// What has become of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Too few of its shards are available.
    Unreadable,
    /// Enough are available again.
    Readable,
    /// Too few are present.
    Lost,
}

/// What took a shard away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker {
    /// Its node went down.
    Down,
    /// Its unit died, or its host left for good.
    Death,
    /// It rotted, or its node dropped it.
    Rot,
}

/// A turn in the life of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turning {
    /// The object.
    pub object: u32,
    /// What has become of it.
    pub turn: Turn,
    /// The node whose shard decided; `u32::MAX` for a new object.
    pub node: u32,
    /// What took that shard away; of no meaning where an object is readable again.
    pub taker: Taker,
}

impl ObjectStore {
    /// From now on turns in the lives of objects are noted.
    pub fn note_turns(&mut self) {
        self.turnings = Some(Vec::new());
    }

    /// Whether [`Self::take_turns`] has anything to give.
    pub fn has_turns(&self) -> bool {
        self.turnings.as_ref().is_some_and(|turnings| !turnings.is_empty())
    }

    /// Takes the turns in the lives of objects since this was last called, in their order.
    pub fn take_turns(&mut self) -> Vec<Turning> {
        self.turnings.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes a turn, if anybody wants to know.
    pub(super) fn turn(&mut self, object: u32, turn: Turn, node: u32, taker: Taker) {
        note(&mut self.turnings, Turning { object, turn, node, taker });
    }
}

/// As [`ObjectStore::turn`], where the store is in use.
pub(super) fn note(turnings: &mut Option<Vec<Turning>>, turning: Turning) {
    if let Some(turnings) = turnings {
        turnings.push(turning);
    }
}
