//! The bill: what nodes earn and cost, and whether that pays. Observes only.
//!
//! - [`reward`] turns the deeds of a node in a month into money, with fees, tiers, amounts held back, and penalties.
//! - [`investment`] asks whether a monthly surplus pays for what was bought.
//! - [`cloud`] prices the same work elsewhere.
//! - [`Account`] is the sum of a node, or of many.
//!
//! A month is 730 hours. Left out: taxes, inflation, resale, prices of tokens that move.

pub mod cloud;
pub mod investment;
pub mod reward;

use crate::kernel::SimDuration;

/// A month: a twelfth of 8760 hours.
pub const MONTH: SimDuration = SimDuration::from_secs(730 * 3600);

macro_rules! causes {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$about])* $variant),*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Name in metrics.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),*
                }
            }

            /// Its place in [`Self::ALL`].
            pub fn index(self) -> usize {
                self as usize
            }
        }
    };
}

causes! {
    /// What money is earned for.
    Earning {
        /// Requests answered.
        Requests "requests",
        /// Work done.
        Compute "compute",
        /// Being up.
        Uptime "uptime",
        /// Being rented.
        Rental "rental",
        /// Data kept.
        Storage "storage",
        /// Data sent to readers.
        Egress "egress",
        /// Data sent for repairs and audits.
        Repair "repair",
        /// Amounts that were held back before.
        Returned "returned",
    }
}

causes! {
    /// What money is spent on.
    Spending {
        /// Energy, demand charges, and being connected.
        Electricity "electricity",
        /// Units, written off in a straight line, and at once if they die before that.
        Capital "capital",
        /// Access links.
        Internet "internet",
        /// Regular upkeep.
        Maintenance "maintenance",
        /// Repairs.
        Visits "visits",
        /// Rooms.
        Rent "rent",
        /// Penalties for being down.
        Slashing "slashing",
        /// The discount of what is locked up.
        Stake "stake",
    }
}

/// Money of a node, or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    /// Earned, by cause.
    pub earned: [f64; Earning::ALL.len()],
    /// Spent, by cause.
    pub spent: [f64; Spending::ALL.len()],
    /// Held back, of what was earned.
    pub held: f64,
    /// Kept by the network, of what customers paid.
    pub fees: f64,
    /// Held back and never given back.
    pub forfeited: f64,
    /// Paid for units in place of dead ones; not spent besides their write-off.
    pub replaced: f64,
}

impl Account {
    /// All that was earned.
    pub fn earned(&self) -> f64 {
        self.earned.iter().sum()
    }

    /// All that was spent.
    pub fn spent(&self) -> f64 {
        self.spent.iter().sum()
    }

    /// Earned less spent.
    pub fn net(&self) -> f64 {
        self.earned() - self.spent()
    }

    /// Spent but for the write-off, with the price of units in place of dead ones.
    pub fn running(&self) -> f64 {
        self.spent() - self.of(Spending::Capital) + self.replaced
    }

    /// Earned less [`Self::running`]: what is left for the price of the first units.
    pub fn surplus(&self) -> f64 {
        self.earned() - self.running()
    }

    /// Spent on one cause.
    pub fn of(&self, cause: Spending) -> f64 {
        self.spent[cause.index()]
    }

    /// Spends on one cause.
    pub fn spend(&mut self, cause: Spending, money: f64) {
        self.spent[cause.index()] += money;
    }

    /// What customers and networks have paid out: earned for the first time, held back, and fees.
    pub fn paid(&self) -> f64 {
        self.earned() + self.held + self.forfeited + self.fees
    }

    /// Adds another account.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.earned.iter_mut().zip(other.earned) {
            *sum += more;
        }
        for (sum, more) in self.spent.iter_mut().zip(other.spent) {
            *sum += more;
        }
        self.held += other.held;
        self.fees += other.fees;
        self.forfeited += other.forfeited;
        self.replaced += other.replaced;
    }
}
