//! Requests under stress: what can happen.

use super::Code;
use crate::world::fleet::AttemptId;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RequestEvent {
    /// A message reaches a node that another attempt of the same request has begun.
    TieBroken {
        /// The attempt that need not be served.
        attempt: AttemptId,
        /// Tells whether the row has been reused since.
        stamp: u32,
    },
}

impl RequestEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::TieBroken { attempt, .. } => (180, attempt.0),
        }
    }
}
