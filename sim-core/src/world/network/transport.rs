//! What reliable transport makes of loss: messages are sent again, bulk transfers slow down.
//!
//! - **Messages.** One that is not acknowledged is sent again after a timeout that doubles: `RTO(i) = min(2^i · 1 s, 60 s)` after try
//!   i = 0, 1, … (RFC 6298, rules 2.1, 2.4, 2.5 and 5.5) \[L\]. After 16 tries, 663 s after the first, the connection is given up
//!   (fifteen are sent again, as Linux does by `tcp_retries2`; RFC 9293 asks for at least 100 s) \[L\]. If each try is lost with probability p by itself,
//!   that costs `Σ p^(i+1) RTO(i)` on average, and p^16 is never heard: `p / (1 − 2p)` seconds for small p.
//! - **Bulk transfers.** Where segments are lost with probability p, a transfer with round trips of R moves at most
//!   `MSS / R · √(3/2) / √p` bytes a second (Mathis, Semke, Mahdavi and Ott, ACM CCR 27(3), 1997, with an acknowledgement for each segment), `MSS` = 1460 bytes,
//!   an Ethernet frame's worth \[M\].
//!
//! Left out: timeouts that follow the measured round trip (Linux goes down to 200 ms on ways that it knows), fast retransmissions of messages, slow
//! start, and that timeouts make transfers even slower than the formula once p is more than a few per cent; newer congestion
//! controls lose less to random loss than it says.

use crate::kernel::SimDuration;

/// The first timeout, and the greatest, in seconds.
const TIMEOUT: u64 = 1;
const TIMEOUT_MAX: u64 = 60;
/// How often a message is sent before the connection is given up.
pub const TRIES: u32 = 16;
/// Bytes of a segment.
const SEGMENT: f64 = 1460.0;

/// Time from try number `number`, from 0 on, until the next, or until the connection is given up after the last.
pub fn resend_after(number: u32) -> SimDuration {
    SimDuration::from_secs((TIMEOUT << number.min(32)).min(TIMEOUT_MAX))
}

/// Bytes per second that a transfer moves at most, with round trips of so long and segments lost with probability `loss`; infinite
/// where nothing is lost or nothing takes time, 0 where everything is lost.
pub fn throughput_max(round_trip: SimDuration, loss: f64) -> f64 {
    if loss <= 0.0 {
        f64::INFINITY
    } else if loss >= 1.0 {
        0.0
    } else {
        SEGMENT / round_trip.as_secs_f64() * libm::sqrt(1.5 / loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_given_up_after_eleven_minutes() {
        let all: u64 = (0..TRIES).map(|number| resend_after(number).as_nanos() / 1_000_000_000).sum();
        assert_eq!(all, 1 + 2 + 4 + 8 + 16 + 32 + 10 * 60);
    }

    #[test]
    fn throughput_follows_the_square_root_of_loss() {
        let rate =
            |milliseconds: f64, loss| throughput_max(SimDuration::from_secs_f64(milliseconds / 1e3), loss);
        // 100 ms and 1 %: 14.6 kB/s times the square root of 150.
        assert!((rate(100.0, 0.01) - 178_812.7).abs() < 1.0, "{}", rate(100.0, 0.01));
        assert!((rate(100.0, 0.0025) / rate(100.0, 0.01) - 2.0).abs() < 1e-12);
        assert!((rate(50.0, 0.01) / rate(100.0, 0.01) - 2.0).abs() < 1e-12);
        assert_eq!(rate(100.0, 0.0), f64::INFINITY);
        assert_eq!(rate(0.0, 0.5), f64::INFINITY);
        assert_eq!(rate(100.0, 1.0), 0.0);
    }
}
