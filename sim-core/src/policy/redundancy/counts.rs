//! What a controller counts of its own doings, by workload.

/// What was done about stress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StressCounts {
    /// Tries after the first that were sent.
    pub retries_sent: u64,
    /// Tries that a budget did not allow.
    pub retries_denied: u64,
    /// Hedges sent.
    pub hedges_sent: u64,
    /// Requests that a hedge answered.
    pub hedges_won: u64,
    /// Requests that a gateway turned away.
    pub shed: u64,
}

impl StressCounts {
    /// The sum of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            retries_sent: self.retries_sent + other.retries_sent,
            retries_denied: self.retries_denied + other.retries_denied,
            hedges_sent: self.hedges_sent + other.hedges_sent,
            hedges_won: self.hedges_won + other.hedges_won,
            shed: self.shed + other.shed,
        }
    }
}
