//! When requests arrive.
//!
//! Poisson arrivals with intensity `λ(t) = rate · (1 + s · cos(ω (clock(t) − busiest)))`, ω = 2π/24 h, by inversion: the
//! n-th arrival is where the cumulative intensity `Λ(t) = rate · [t + s/ω · (sin(ω(t+c)) − sin(ωc))]` reaches the sum of n
//! unit exponentials. Λ is monotone for 0 ≤ s ≤ 1, and its inverse is found by safeguarded Newton steps to below a
//! nanosecond. Under the same draws a higher rate brings every arrival forward. Renewal arrivals sum their gaps; a trace
//! is played back. Left out: weekly rhythm, correlated bursts (use a trace).

use crate::kernel::{SimDuration, SimTime, Stream};
use crate::scenario::{Arrivals, LocalDateTime};

const DAY_SECONDS: f64 = 86_400.0;
const OMEGA: f64 = std::f64::consts::TAU / DAY_SECONDS;

/// The arrivals of one workload.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArrivalProcess {
    count: u32,
    /// Sum of unit exponentials so far (Poisson with a daily swing).
    sum: f64,
    last: SimTime,
}

impl ArrivalProcess {
    /// Arrivals so far.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The time of the next arrival; `None` when there is no more.
    #[inline]
    pub fn next(&mut self, arrivals: &Arrivals, stream: &Stream, start: LocalDateTime) -> Option<SimTime> {
        let at = match arrivals {
            Arrivals::Poisson { rate, daily_swing, .. } if *daily_swing == 0.0 => {
                let gap = exponential(stream, self.count) / rate.0;
                self.last.saturating_add(SimDuration::from_secs_f64(gap))
            }
            _ => self.next_of_rarer(arrivals, stream, start)?,
        };
        self.count += 1;
        self.last = at;
        (at < SimTime::MAX).then_some(at)
    }

    /// The time of the next arrival, where that is not simply the last and an exponential gap.
    #[inline(never)]
    fn next_of_rarer(
        &mut self,
        arrivals: &Arrivals,
        stream: &Stream,
        start: LocalDateTime,
    ) -> Option<SimTime> {
        Some(match arrivals {
            Arrivals::Poisson { rate, daily_swing, busiest } => {
                self.sum += exponential(stream, self.count);
                let clock = start.seconds.rem_euclid(86_400) as f64 - busiest.as_secs_f64();
                let target = self.sum / rate.0;
                SimTime::from_secs_f64(inverse_intensity(target, *daily_swing, clock)).max(self.last)
            }
            Arrivals::Every(gap) => self.last.saturating_add(gap.draw_duration(stream, 0, self.count)),
            Arrivals::Trace(times) => *times.get(self.count as usize)?,
        })
    }
}

/// Unit exponential number `index`.
#[inline]
fn exponential(stream: &Stream, index: u32) -> f64 {
    -libm::log(stream.unit(0, index))
}

/// The `t` at which `t + s/ω · (sin(ω(t+c)) − sin(ωc))` is `target`.
fn inverse_intensity(target: f64, swing: f64, clock: f64) -> f64 {
    let bound = 2.0 * swing / OMEGA;
    let (mut low, mut high) = ((target - bound).max(0.0), target + bound);
    let sin_start = libm::sin(OMEGA * clock);
    let mut t = target.clamp(low, high);
    for _ in 0..100 {
        let angle = OMEGA * (t + clock);
        let error = t + swing / OMEGA * (libm::sin(angle) - sin_start) - target;
        if error > 0.0 {
            high = t;
        } else {
            low = t;
        }
        let slope = 1.0 + swing * libm::cos(angle);
        let newton = t - error / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - t).abs() < 1e-10 * t.max(1.0) {
            return next;
        }
        t = next;
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Dist, Process, Streams};
    use crate::quantity::PerSecond;

    const START: LocalDateTime = LocalDateTime { seconds: 0 };

    fn times(arrivals: &Arrivals, n: usize) -> Vec<f64> {
        let stream = Streams::new(3, 1).stream(Process::Arrival, 0);
        let mut process = ArrivalProcess::default();
        (0..n).map_while(|_| process.next(arrivals, &stream, START)).map(SimTime::as_secs_f64).collect()
    }

    fn poisson(rate: f64, daily_swing: f64) -> Arrivals {
        Arrivals::Poisson { rate: PerSecond(rate), daily_swing, busiest: SimDuration::from_secs(15 * 3600) }
    }

    #[test]
    fn plain_poisson_has_exponential_gaps() {
        let at = times(&poisson(2.0, 0.0), 40_000);
        let gaps: Vec<f64> = at.windows(2).map(|w| w[1] - w[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let square = gaps.iter().map(|g| g * g).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 0.5).abs() < 5.0 * 0.5 / 200.0, "{mean}");
        // E X² = 2/λ², with variance 20/λ⁴.
        assert!((square - 0.5).abs() < 5.0 * (20.0_f64 / 16.0).sqrt() / 200.0, "{square}");
    }

    #[test]
    fn the_daily_swing_moves_arrivals_to_the_busy_hours() {
        let swing = 0.8;
        let at = times(&poisson(1.0, swing), 86_400 * 4);
        let mut by_hour = [0.0; 24];
        for t in at.iter().filter(|t| **t < 3.0 * DAY_SECONDS) {
            by_hour[(t % DAY_SECONDS / 3600.0) as usize] += 1.0;
        }
        for (hour, count) in by_hour.iter().enumerate() {
            let integral = |h: f64| swing / OMEGA * libm::sin(OMEGA * (h - 15.0) * 3600.0);
            let expected = 3.0 * (3600.0 + integral(hour as f64 + 1.0) - integral(hour as f64));
            assert!(
                (count - expected).abs() < 5.0 * libm::sqrt(expected),
                "hour {hour}: {count} for {expected}"
            );
        }
    }

    #[test]
    fn a_higher_rate_brings_every_arrival_forward() {
        let slow = times(&poisson(1.0, 0.9), 5_000);
        let fast = times(&poisson(1.3, 0.9), 5_000);
        assert!(slow.iter().zip(&fast).all(|(s, f)| f < s));
    }

    #[test]
    fn gaps_and_traces() {
        assert_eq!(times(&Arrivals::Every(Dist::Constant(2.5)), 3), [2.5, 5.0, 7.5]);
        let trace = [1, 1, 4].map(|s| SimTime::from_nanos(s * 1_000_000_000));
        assert_eq!(times(&Arrivals::Trace(trace.to_vec().into()), 9), [1.0, 1.0, 4.0]);
    }
}
