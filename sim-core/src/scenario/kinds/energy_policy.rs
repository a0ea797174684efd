//! What nodes do about power.

use crate::scenario::declare::object;
use crate::scenario::dist::Durations;
use crate::scenario::scalar::{Flag, Number, Positive};
use crate::scenario::spec::EnergyPolicy;

object! {
    /// What nodes do about power. Left out: they switch on when power returns, and draw what their work takes.
    EnergyPolicyKind: EnergyPolicy = EnergyPolicy {
        /// Delay from the return of power to switching on, drawn for each node and time. Left out: none.
        optional "stagger" => stagger: Durations,
        /// Greatest draw of the nodes of a site and their cooling, all slots busy, as a share of the rating of its breaker; all nodes are
        /// capped alike. Left out: no cap.
        optional "power_cap" => power_cap: Number<Positive>,
        /// Whether no new work is sent to sites whose planned outage has been announced, until it is over.
        default "heed_notice" => heed_notice: Flag = "false",
    }
}
