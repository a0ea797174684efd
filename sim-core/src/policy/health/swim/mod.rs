//! SWIM: members of a group ping each other and spread what they find.
//!
//! A. Das, I. Gupta and A. Motivala, "SWIM: scalable weakly-consistent infection-style process group membership protocol", DSN
//! 2002. In each protocol period T' every live member pings another. If no acknowledgement comes within `timeout`, k proxies ping
//! on its behalf; if none brings one within `timeout` again, the member is suspected, and after `suspect` without refutation it is
//! taken for failed, and no longer pinged. News travels piggybacked on pings.
//!
//! - *Detection.* With n members that are not yet taken for failed, of which L live, a failed one is picked in a period with
//!   probability `1 − (1 − 1/(n − 1))^L`: geometric, `e/(e − 1)` periods on average for many members, whatever their number. With
//!   `round_robin` each member visits all others in an order that it shuffles after each visit of all; the time from the failure to
//!   the next visit by one of them is then the residual of a sum of two uniform times ([`residual`]), so no failure stays
//!   unnoticed for 2 n − 1 periods.
//! - *False suspicion.* A ping is two messages, one by a proxy four. With a share q of messages arriving, a ping leads to suspicion of a
//!   live member with probability `(1 − q²)(1 − q⁴)^k`. Of each exchange, losses are charged to the access link of the far end: of the
//!   member pinged, or of the proxy. (A member whose own link fails finds everybody else silent, and would have to conclude that it is
//!   the one: Lifeguard, Dadgar et al., DSN-W 2018.) A message slower than half the timeout counts as lost.
//! - *Disturbance.* Faults on purpose lose or delay the messages to and from some members while they hold. Then q of such a member is
//!   computed anew, with the losses as further factors and the probability that latencies together exceed half the timeout, and so
//!   are its false suspicions from then on, until the fault ends; gaps between them have no memory. It hears of its suspicion, and denies
//!   it, only in a period in which its own ping or one to it comes through: with q² for each. As proxies, members count as undisturbed.
//! - *Dissemination.* If only some members are `heard` by the gateway, news must reach one of them: each period, a member that
//!   does not know is told with probability `1 − (1 − I/(n − 1))(1 − 1/(n − 1))^I` by one of the I that do (its own ping's
//!   acknowledgement, or theirs), and how many are told is drawn: a chain over the number of informed.
//! - *Refutation.* A live member that hears of its own suspicion denies it, which must reach the gateway in turn. A member that comes
//!   back announces itself with its first ping.
//!
//! Periods of a group begin together, as in the paper's analysis, at a random phase. A failure is a random time before the next
//! beginning, half a period on average, and with the default `timeout` of a quarter of the period direct and indirect pings take
//! another half: so failure to first detection takes as many periods on average as the paper counts.
//!
//! # What it costs
//!
//! Nothing, while all members live and no message is lost. A failed member is looked at once a period until it is found, 1.6 times on
//! average. False suspicions are found by geometric gaps, drawn for the greatest rate there can be and thinned to the present one.
//!
//! Defaults: k = 3 proxies as in the paper's experiments \[M\]; `timeout` a quarter of the period \[A\] (memberlist: half \[M\]); no
//! suspicion time (memberlist: 4 log10(n + 1) periods at least \[M\]); everybody is heard.
//!
//! Left out: views that differ between members; piggyback buffers that overflow; phases that differ between members.

mod chance;
mod class;
mod news;
mod watch;

pub use chance::{Peers, residual};
pub use class::{Disturbance, SwimClass, SwimContext, SwimStreams};
pub use watch::SwimWatch;

#[cfg(test)]
mod tests;
