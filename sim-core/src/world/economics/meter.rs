//! Meters: energy into money.
//!
//! A [`Meter`] is told of energy drawn evenly over a span and adds up joules and dollars. What lies before the end of the
//! warm-up does not count. A [`DemandMeter`] watches the mean power of each quarter of an hour, counted from t = 0, for the
//! greatest in each calendar month; a month of which only a part is measured is charged for that part. Constant power over many quarters
//! is one step, not many. Power drawn unevenly within a span (by leakage that grows with heat, or air conditioning) is taken as even.

use super::Prices;
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Dollars, DollarsPerKilowatt, Joules, Watts};
use crate::scenario::LocalDateTime;

/// The length of the spans whose mean power a demand charge looks at.
const WINDOW: SimDuration = SimDuration::from_secs(900);

/// Energy and what it has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    /// Drawn.
    pub energy: Joules,
    /// Its price.
    pub cost: Dollars,
}

impl Meter {
    /// Adds energy drawn evenly from `from` to `to`, as far as it comes after `counted_from`. At an instant it comes at once.
    pub fn add(
        &mut self,
        energy: Joules,
        from: SimTime,
        to: SimTime,
        counted_from: SimTime,
        prices: &Prices,
    ) {
        if energy.0 == 0.0 || to < counted_from {
            return;
        }
        let mut energy = energy;
        let begin = from.max(counted_from);
        if begin > from {
            if begin == to {
                return;
            }
            energy.0 *= to.since(begin).as_secs_f64() / to.since(from).as_secs_f64();
        }
        self.energy.0 += energy.0;
        self.cost.0 += energy.0 * prices.mean(begin, to).0;
    }
}

/// The peaks of one site.
#[derive(Clone, Debug)]
pub struct DemandMeter {
    /// Power since `since`.
    power: Watts,
    since: SimTime,
    /// Joules in the present quarter until `since`.
    energy: f64,
    /// When each calendar month begins; the last is the end of the run.
    months: Vec<SimTime>,
    /// Length of each calendar month.
    lengths: Vec<SimDuration>,
    /// Greatest mean power in each.
    peaks: Vec<f64>,
}

impl DemandMeter {
    /// A meter from `counted_from` on.
    pub fn new(start: LocalDateTime, duration: SimDuration, counted_from: SimTime) -> Self {
        let (mut year, mut month, ..) = start.parts();
        let begin = |year: i64, month: i64| {
            LocalDateTime::new(year, month, 1, 0).map_or(i64::MAX, |date| date.seconds)
        };
        let end = SimTime::ZERO + duration;
        let (mut months, mut lengths) = (Vec::new(), Vec::new());
        loop {
            let first = begin(year, month);
            (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            let next = begin(year, month);
            let at = SimTime::ZERO + SimDuration::from_secs((first - start.seconds).max(0) as u64);
            let to = SimTime::ZERO + SimDuration::from_secs((next - start.seconds).max(0) as u64);
            if at >= end {
                break;
            }
            if to > counted_from {
                months.push(at.max(counted_from));
                lengths.push(SimDuration::from_secs((next - first) as u64));
            }
        }
        let peaks = vec![0.0; months.len()];
        months.push(end);
        Self { power: Watts(0.0), since: SimTime::ZERO, energy: 0.0, months, lengths, peaks }
    }

    /// From `now` on the site draws `power`.
    pub fn set(&mut self, power: Watts, now: SimTime) {
        let window = WINDOW.as_nanos();
        let mut at = self.since;
        let opened = at.as_nanos() / window;
        if now.as_nanos() / window > opened {
            let close = SimTime::from_nanos((opened + 1) * window);
            self.energy += self.power.0 * close.since(at).as_secs_f64();
            self.note(SimTime::from_nanos(opened * window), self.energy / WINDOW.as_secs_f64());
            self.energy = 0.0;
            at = SimTime::from_nanos(now.as_nanos() / window * window);
            // All quarters in between have the same mean: once for each month that they touch.
            let mut quarter = close;
            while quarter < at {
                self.note(quarter, self.power.0);
                let next =
                    self.months.iter().find(|month| **month > quarter).copied().unwrap_or(SimTime::MAX);
                let next = next.as_nanos().div_ceil(window).saturating_mul(window);
                quarter = SimTime::from_nanos(next.max(quarter.as_nanos() + window));
            }
        }
        self.energy += self.power.0 * now.since(at).as_secs_f64();
        (self.power, self.since) = (power, now);
    }

    /// A quarter of an hour that began at `begin` has had this mean power.
    fn note(&mut self, begin: SimTime, mean: f64) {
        let after = self.months.partition_point(|month| *month <= begin);
        if let Some(peak) = after.checked_sub(1).and_then(|month| self.peaks.get_mut(month)) {
            *peak = peak.max(mean);
        }
    }

    /// What the peaks until `now` cost; months of which a part is measured cost that part.
    pub fn charge(&self, price: DollarsPerKilowatt, now: SimTime) -> Dollars {
        let mut meter = self.clone();
        meter.set(Watts(0.0), now);
        // The quarter under way counts with what it has had so far.
        let opened = now.as_nanos() / WINDOW.as_nanos() * WINDOW.as_nanos();
        meter.note(SimTime::from_nanos(opened), meter.energy / WINDOW.as_secs_f64());
        let charges = meter.peaks.iter().enumerate().map(|(month, peak)| {
            let to = meter.months[month + 1].min(now);
            let share =
                to.since(meter.months[month].min(to)).as_secs_f64() / meter.lengths[month].as_secs_f64();
            price.0 * peak / 1e3 * share
        });
        Dollars(charges.sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::DollarsPerJoule;
    use crate::scenario::Tariff;

    fn hours(hours: f64) -> SimTime {
        SimTime::from_secs_f64(3600.0 * hours)
    }

    #[test]
    fn energy_before_the_measured_time_does_not_count() {
        let tariff = Tariff { otherwise: DollarsPerJoule(2.0), ..Tariff::default() };
        let prices = Prices::of(&tariff, LocalDateTime::default(), SimDuration::from_secs(1_000_000));
        let mut meter = Meter::default();
        meter.add(Joules(100.0), hours(0.0), hours(1.0), hours(1.0), &prices);
        meter.add(Joules(100.0), hours(0.0), hours(2.0), hours(1.0), &prices);
        meter.add(Joules(7.0), hours(3.0), hours(3.0), hours(1.0), &prices);
        assert_eq!((meter.energy.0, meter.cost.0), (57.0, 114.0));
    }

    #[test]
    fn peaks_are_those_of_a_reference_that_looks_at_every_quarter() {
        let start = LocalDateTime::new(2024, 1, 20, 12 * 3600).expect("a date");
        let days = 60.0;
        let mut meter = DemandMeter::new(start, SimDuration::from_secs(60 * 86_400), SimTime::ZERO);
        // Changes of power at odd times, and a long stretch without any.
        let mut changes: Vec<(f64, f64)> = (0..300_u32)
            .map(|i| (f64::from(i) * 0.61 + 0.001 * f64::from(i * i % 17), f64::from(i * 7919 % 1000)))
            .collect();
        changes.push((900.0, 700.0));
        changes.push((900.1, 20.0));
        for (at, power) in &changes {
            meter.set(Watts(*power), hours(*at));
        }
        let end = 24.0 * days;
        let mean = |from: f64| {
            let mut sum = 0.0;
            for (index, (at, power)) in changes.iter().enumerate() {
                let until = changes.get(index + 1).map_or(end, |next| next.0);
                sum += power * (until.min(from + 0.25) - at.max(from)).max(0.0);
            }
            sum / 0.25
        };
        // January has 11.5 days left, February 29, March 19.5.
        let mut charge = 0.0;
        for (from, to, length) in [(0.0, 11.5, 31.0), (11.5, 40.5, 29.0), (40.5, 60.0, 31.0)] {
            let quarters = (24.0 * 4.0 * from) as u32..(24.0 * 4.0 * to) as u32;
            let peak = quarters.map(|q| mean(0.25 * f64::from(q))).fold(0.0, f64::max);
            charge += 15.0 * peak / 1e3 * (to - from) / length;
        }
        let found = meter.charge(DollarsPerKilowatt(15.0), hours(end)).0;
        assert!((found - charge).abs() < 1e-6 * charge, "{found} instead of {charge}");
    }
}
