//! Why a node is down: a set of reasons in the order in which they began.
//!
//! A node is *up* iff the set is empty. Reasons can overlap (the grid fails while the breaker is off); each end mirrors
//! a beginning. Time down is charged to the *first cause*: of the reasons that hold at an instant, the one that began
//! first. So the boot after an outage is charged to `booting`, and an outage that begins during a repair is not charged
//! to the grid before the repair is done.

/// A reason for a node to be down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cause {
    /// No mains and no UPS.
    Grid = 1,
    /// The site's breaker is open, and there is no UPS.
    Breaker = 2,
    /// No mains, and the UPS is empty, overloaded or dead.
    Ups = 3,
    /// Thermal shutdown.
    Overheat = 4,
    /// Hardware fault.
    Hardware = 5,
    /// Powered, but not yet ready.
    Booting = 6,
    /// Running, but its access link is in an outage: nobody can reach it.
    Link = 7,
    /// The voltage is too low to run on.
    Sag = 8,
    /// The host has left for good, or has not joined yet.
    Departed = 9,
    /// Taken down on purpose, to be exchanged.
    Maintenance = 10,
    /// Killed on purpose.
    Injected = 11,
    /// The liquid loop of its rack leaks.
    Leak = 12,
    /// Running, but it takes no connection from outside and there is no relay.
    Nat = 13,
    /// Its owner has switched the host off.
    Away = 14,
    /// A bug of its software.
    Software = 15,
}

impl Cause {
    /// All causes, in the order of their numbers, which fill four bits without the zero.
    pub const ALL: [Self; 15] = [
        Self::Grid,
        Self::Breaker,
        Self::Ups,
        Self::Overheat,
        Self::Hardware,
        Self::Booting,
        Self::Link,
        Self::Sag,
        Self::Departed,
        Self::Maintenance,
        Self::Injected,
        Self::Leak,
        Self::Nat,
        Self::Away,
        Self::Software,
    ];

    /// Length of a table by [`Self::index`].
    pub const TABLE: usize = Self::ALL.len();

    /// The name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Breaker => "breaker",
            Self::Ups => "ups",
            Self::Overheat => "overheat",
            Self::Hardware => "hardware",
            Self::Booting => "booting",
            Self::Link => "link",
            Self::Sag => "sag",
            Self::Departed => "departed",
            Self::Maintenance => "maintenance",
            Self::Injected => "injected",
            Self::Leak => "leak",
            Self::Nat => "nat",
            Self::Away => "away",
            Self::Software => "software",
        }
    }

    /// Whether its share of node-time is told even when it is nothing: the first seven.
    pub const fn is_basic(self) -> bool {
        self as u8 <= Self::Link as u8
    }

    /// Whether the cause is a want of power.
    pub const fn is_power(self) -> bool {
        matches!(self, Self::Grid | Self::Breaker | Self::Ups | Self::Sag)
    }

    /// Position in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize - 1
    }

    const fn from_nibble(nibble: u64) -> Option<Self> {
        if nibble == 0 { None } else { Some(Self::ALL[nibble as usize - 1]) }
    }
}

/// The reasons for which a node is down, oldest first: four bits each, the oldest in the lowest bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DownReasons(u64);

impl DownReasons {
    /// Whether there is no reason to be down.
    #[inline]
    pub const fn is_up(self) -> bool {
        self.0 == 0
    }

    /// The reason that began first.
    #[inline]
    pub const fn first(self) -> Option<Cause> {
        Cause::from_nibble(self.0 & 15)
    }

    /// The reason that began last.
    pub const fn last(self) -> Option<Cause> {
        match self.0 {
            0 => None,
            reasons => Cause::from_nibble(reasons >> ((63 - reasons.leading_zeros()) / 4 * 4)),
        }
    }

    /// Whether `cause` is among the reasons.
    pub fn contains(self, cause: Cause) -> bool {
        let mut rest = self.0;
        while rest != 0 {
            if rest & 15 == cause as u64 {
                return true;
            }
            rest >>= 4;
        }
        false
    }

    /// The reason for which the node came to stand still: the first but those of the network.
    pub fn first_halting(self) -> Option<Cause> {
        let mut rest = self.0;
        while let Some(cause) = Cause::from_nibble(rest & 15) {
            if !matches!(cause, Cause::Link | Cause::Nat) {
                return Some(cause);
            }
            rest >>= 4;
        }
        None
    }

    /// Whether the node stands still: any reason but those of the network.
    #[inline]
    pub fn halts(self) -> bool {
        let mut rest = self.0;
        while rest != 0 {
            if !matches!(Cause::from_nibble(rest & 15), Some(Cause::Link | Cause::Nat)) {
                return true;
            }
            rest >>= 4;
        }
        false
    }

    /// Whether the node has no power or is switched off: any reason but booting and those of the network.
    pub fn is_off(self) -> bool {
        let mut rest = self.0;
        while rest != 0 {
            if !matches!(Cause::from_nibble(rest & 15), Some(Cause::Booting | Cause::Link | Cause::Nat)) {
                return true;
            }
            rest >>= 4;
        }
        false
    }

    /// Adds `cause` as the newest reason.
    ///
    /// # Panics
    /// If it holds already: every beginning must be mirrored by an end.
    pub fn begin(&mut self, cause: Cause) {
        assert!(!self.contains(cause), "{cause:?} began twice");
        let position = (64 - self.0.leading_zeros()).div_ceil(4) * 4;
        self.0 |= (cause as u64) << position;
    }

    /// Removes `cause`.
    ///
    /// # Panics
    /// If it does not hold.
    pub fn end(&mut self, cause: Cause) {
        let mut shift = 0;
        while self.0 >> shift & 15 != cause as u64 {
            shift += 4;
            assert!(shift < 64, "{cause:?} ended without having begun");
        }
        let below = self.0 & ((1 << shift) - 1);
        self.0 = (self.0 >> shift >> 4) << shift | below;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_reason_is_the_first_cause() {
        let mut reasons = DownReasons::default();
        assert!(reasons.is_up() && reasons.first().is_none() && reasons.last().is_none() && !reasons.halts());
        reasons.begin(Cause::Link);
        assert!(!reasons.halts() && !reasons.is_off() && !reasons.is_up());
        reasons.begin(Cause::Grid);
        reasons.begin(Cause::Hardware);
        assert!(reasons.halts() && reasons.is_off());
        assert_eq!((reasons.first(), reasons.last()), (Some(Cause::Link), Some(Cause::Hardware)));
        assert_eq!(reasons.first_halting(), Some(Cause::Grid));
        reasons.end(Cause::Link);
        assert_eq!(reasons.first(), Some(Cause::Grid));
        reasons.begin(Cause::Link);
        reasons.end(Cause::Grid);
        assert_eq!(reasons.first(), Some(Cause::Hardware));
        reasons.end(Cause::Hardware);
        assert_eq!(reasons.first(), Some(Cause::Link));
        reasons.end(Cause::Link);
        assert!(reasons.is_up());
    }

    #[test]
    fn positions_follow_the_numbers() {
        for (position, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause.index(), position);
            assert_eq!(Cause::from_nibble(cause as u64), Some(cause));
        }
        assert!(Cause::ALL.is_sorted_by_key(|cause| *cause as u8));
    }

    #[test]
    fn booting_halts_but_is_powered() {
        let mut reasons = DownReasons::default();
        reasons.begin(Cause::Booting);
        assert!(reasons.halts() && !reasons.is_off());
    }

    #[test]
    #[should_panic(expected = "ended without having begun")]
    fn an_end_without_a_beginning_is_a_bug() {
        let mut reasons = DownReasons::default();
        reasons.begin(Cause::Grid);
        reasons.end(Cause::Ups);
    }

    #[test]
    #[should_panic(expected = "began twice")]
    fn two_beginnings_are_a_bug() {
        let mut reasons = DownReasons::default();
        reasons.begin(Cause::Grid);
        reasons.begin(Cause::Grid);
    }
}
