//! Failure detection by gossip: counters of beats that spread like a rumour.
//!
//! R. van Renesse, Y. Minsky and M. Hayden, "A gossip-style failure detection service", Middleware 1998: each member counts up its
//! own counter every `period` and sends all counters that it knows to `fanout` random others. A member whose counter has not grown
//! for `timeout` is suspected. The gateway is one more member; its view is the controller's.
//!
//! A counter's way to the gateway is the spread of a rumour. With n members of which I know it, another one hears of it in a
//! round with probability `1 − (1 − s f / (n − 1))^I`, s the share of messages that arrive, f the fanout; the expected course is
//!
//! ```text
//! I(0) = 1,   I(r + 1) = I(r) + (n − I(r)) (1 − (1 − s f / (n − 1))^I(r))
//! ```
//!
//! (the recursion of epidemics with pushing; B. Pittel, SIAM J. Appl. Math. 47(1), 1987: log2 n + ln n + O(1) rounds for f = 1). The
//! share of others that know it after r rounds is taken as the distribution of the time that a beat takes to the gateway, so the
//! detector is a heartbeat with that latency, beat by beat independent, and costs as little.
//!
//! Left out: that beats which travel together are late together; the second timeout after which a member is forgotten.
//! There are no defaults: the paper gives none that would fit all groups.

use crate::kernel::Dist;
use crate::scenario::{Gossip, Link, Loss};
use crate::world::network::loss_probability;
use std::sync::Arc;

/// Rounds after which a rumour is taken to have reached everybody.
const ROUNDS: usize = 256;
/// Points of the distribution of the time to the gateway.
const POINTS: u32 = 1024;

/// Share of the others that know a rumour after each round, from the first on, until all but 2^-20 of them do. `members` count the
/// one that begins; a message arrives with probability `arrives`.
pub fn spread(members: u32, fanout: u32, arrives: f64) -> Vec<f64> {
    let others = f64::from(members.max(2) - 1);
    let chance = (arrives * f64::from(fanout).min(others) / others).min(1.0);
    let mut informed = 1.0;
    let mut shares = Vec::new();
    while shares.len() < ROUNDS {
        let missed = libm::exp(informed * libm::log1p(-chance));
        informed += (others + 1.0 - informed) * (1.0 - missed);
        let share = ((informed - 1.0) / others).min(1.0);
        shares.push(share);
        if share > 1.0 - 1.0 / 1_048_576.0 {
            break;
        }
    }
    shares
}

/// The link that counters take to the gateway: that of the node for the first hop, then the rumour's rounds. `members` do not count
/// the gateway.
pub fn way(gossip: &Gossip, link: Option<&Link>, members: u32) -> Link {
    let loss = link.and_then(|link| link.loss);
    let mean = stationary_loss(loss.as_ref());
    let shares = spread(members.saturating_add(1), gossip.fanout, 1.0 - mean);
    let hop = link.and_then(|link| link.latency.clone()).unwrap_or(Dist::Constant(0.0));
    let period = gossip.period.as_secs_f64();
    let mut points: Vec<f64> = (0..POINTS)
        .map(|point| {
            let unit = (f64::from(point) + 0.5) / f64::from(POINTS);
            let rounds = shares.partition_point(|share| *share < unit);
            rounds as f64 * period + hop.quantile(van_der_corput(point))
        })
        .collect();
    points.sort_by(f64::total_cmp);
    let constant = points.first() == points.last();
    let latency = if constant { Dist::Constant(points[0]) } else { Dist::Empirical(Arc::from(points)) };
    let all_lost = |p: f64| libm::pow(p, f64::from(gossip.fanout));
    let loss = loss.map(|loss| match loss {
        Loss::Bernoulli(p) => Loss::Bernoulli(all_lost(p)),
        Loss::GilbertElliott { to_bad, to_good, loss_good, loss_bad } => Loss::GilbertElliott {
            to_bad,
            to_good,
            loss_good: all_lost(loss_good),
            loss_bad: all_lost(loss_bad),
        },
    });
    Link { latency: Some(latency), loss, ..Link::default() }
}

/// The share of messages that a link loses in the long run.
pub fn stationary_loss(loss: Option<&Loss>) -> f64 {
    let Some(Loss::GilbertElliott { to_bad, to_good, .. }) = loss else {
        return loss_probability(loss, false);
    };
    let bad = to_bad.0 / (to_bad.0 + to_good.0).max(f64::MIN_POSITIVE);
    (1.0 - bad) * loss_probability(loss, false) + bad * loss_probability(loss, true)
}

/// The bits of `point` in reverse, as a number in (0, 1): spreads latencies evenly over the rounds.
fn van_der_corput(point: u32) -> f64 {
    (f64::from(point.reverse_bits()) + 0.5) / 4_294_967_296.0
}

/// Messages that a member sends per second.
pub fn messages_per_second(gossip: &Gossip) -> f64 {
    f64::from(gossip.fanout) / gossip.period.as_secs_f64()
}

/// When a rumour has reached nearly everybody: log2 n + ln n rounds.
pub fn rounds_to_all(members: u32) -> f64 {
    let members = f64::from(members.max(1));
    libm::log2(members) + libm::log(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// log2 n + ln n + O(1) rounds (Pittel), and more informants never slow a rumour down.
    #[test]
    fn rumours_spread_in_logarithmic_time() {
        for members in [10, 100, 1_000, 10_000, 1_000_000] {
            let shares = spread(members, 1, 1.0);
            assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]));
            let all = shares.partition_point(|share| *share < 1.0 - 1.0 / f64::from(members)) as f64;
            assert!((all - rounds_to_all(members)).abs() < 5.0, "{members}: {all}");
            let wide = spread(members, 3, 1.0);
            let lossy = spread(members, 1, 0.7);
            assert!(shares.iter().zip(&wide).all(|(one, three)| one <= three));
            assert!(shares.iter().zip(&lossy).all(|(all, some)| some <= all));
        }
    }

    /// The first round reaches one other, exactly.
    #[test]
    fn one_message_reaches_one_member() {
        assert!((spread(101, 1, 1.0)[0] - 0.01).abs() < 1e-12);
        assert_eq!(spread(2, 1, 1.0), vec![1.0]);
    }
}
