//! The queue before a busy uplink: how long a small message waits in it (bufferbloat).
//!
//! Bulk transfers are flows without packets: they share the uplink, and keep its buffer filled with what they have left
//! to send. A small message (a heartbeat, the answer to a probe, a short reply, the last packet of a long one) that comes
//! meanwhile
//!
//! - without queue management waits behind all of it: `min(bytes left of all transfers, buffer) / rate`. Where the
//!   transfers fill the buffer, what exceeds it is dropped. Bulk transfers send it again, which is in their rate; a small
//!   message is dropped with the loss probability that n transfers under additive increase and multiplicative decrease
//!   sustain when their windows fill the buffer together: `p = 8 / (3 W²)` with `W = buffer / (n · 1500 B)` packets
//!   (M. Mathis, J. Semke, J. Mahdavi and T. Ott, CCR 27(3), 1997 `[M]`; the bandwidth-delay product, small against a bloated
//!   buffer, is left out);
//! - with flow queueing (fq_codel, CAKE) has a queue of its own and passes the bulk: it waits for 5 ms, CoDel's target (RFC
//!   8289, and RFC 8290; `[M]`), and is not dropped.
//!
//! Left out: the downlink's queue, Wi-Fi, and that the buffer takes some round trips to fill.

use crate::kernel::SimDuration;
use crate::quantity::{Bytes, BytesPerSecond};
use crate::scenario::Aqm;

/// Wait with flow queueing.
const FQ_WAIT: SimDuration = SimDuration::from_nanos(5_000_000);
/// A packet of bulk.
const PACKET: f64 = 1500.0;

/// What awaits a small message before the uplink.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wait {
    /// How long it waits if it is not dropped.
    pub delay: SimDuration,
    /// Probability that it is dropped.
    pub loss: f64,
}

/// The wait behind `flows` transfers with `backlog` bytes left in all, before an uplink of rate `rate`.
pub fn wait(backlog: Bytes, flows: usize, buffer: Bytes, rate: BytesPerSecond, aqm: Aqm) -> Wait {
    if flows == 0 {
        return Wait::default();
    }
    if aqm == Aqm::Fq {
        return Wait { delay: FQ_WAIT, loss: 0.0 };
    }
    let delay = SimDuration::from_secs_f64(backlog.0.min(buffer.0) / rate.0);
    if backlog.0 < buffer.0 {
        return Wait { delay, loss: 0.0 };
    }
    let window = (buffer.0 / (flows as f64 * PACKET)).max(1.0);
    Wait { delay, loss: (8.0 / (3.0 * window * window)).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_backlog_over_rate_up_to_the_buffer() {
        let (buffer, rate) = (Bytes(256_000.0), BytesPerSecond(125_000.0));
        let of = |backlog, flows, aqm| wait(Bytes(backlog), flows, buffer, rate, aqm);
        assert_eq!(of(0.0, 0, Aqm::None), Wait::default());
        assert_eq!(of(62_500.0, 1, Aqm::None), Wait { delay: SimDuration::from_secs_f64(0.5), loss: 0.0 });
        let full = of(1e9, 2, Aqm::None);
        assert_eq!(full.delay, SimDuration::from_secs_f64(2.048));
        // 85.3 packets of each flow.
        assert!((full.loss / 3.662e-4 - 1.0).abs() < 1e-3, "{}", full.loss);
        assert_eq!(of(1e9, 1000, Aqm::None).loss, 1.0);
        assert_eq!(of(1e9, 1000, Aqm::Fq), Wait { delay: FQ_WAIT, loss: 0.0 });
    }
}
