//! The price of electricity over a run, piecewise constant.
//!
//! With Φ(t) = ∫₀ᵗ price dt, a constant power P from a to b costs P (Φ(b) − Φ(a)): exact, without an event at any change of
//! price. A tariff is laid out once as the times at which its price changes, with Φ at each; a span within one piece costs one
//! multiplication, others two binary searches.
//!
//! Hours, days and months are those of local standard time from the scenario's `start` on. Left out: daylight saving,
//! holidays, prices by amount used, feed-in (nothing here feeds in).

use crate::kernel::{SimDuration, SimTime};
use crate::quantity::DollarsPerJoule;
use crate::scenario::{LocalDateTime, Tariff, TariffPeriod};

const DAY: i64 = 86_400;

/// The price of electricity from t = 0 on.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// When each piece begins; the first is t = 0.
    starts: Vec<SimTime>,
    /// $/J in each piece.
    prices: Vec<f64>,
    /// ∫ price dt until each piece, in $ s/J.
    sums: Vec<f64>,
}

impl Prices {
    /// The course of a tariff over `duration`; the last price holds on.
    pub fn of(tariff: &Tariff, start: LocalDateTime, duration: SimDuration) -> Self {
        let mut course = Self { starts: Vec::new(), prices: Vec::new(), sums: Vec::new() };
        if tariff.periods.is_empty() {
            course.push(SimTime::ZERO, tariff.otherwise.0);
            return course;
        }
        let end = start.seconds.saturating_add(duration.as_secs_f64() as i64 + 1);
        let mut edges: Vec<i64> = tariff
            .periods
            .iter()
            .flat_map(|period| [period.from, period.to])
            .map(|edge| edge.as_secs_f64() as i64)
            .chain([0])
            .filter(|edge| *edge < DAY)
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let mut midnight = start.seconds - start.seconds.rem_euclid(DAY);
        while midnight < end {
            for (index, edge) in edges.iter().enumerate() {
                let next = edges.get(index + 1).copied().unwrap_or(DAY);
                // The piece in which the run begins counts from t = 0.
                if midnight + next > start.seconds {
                    let at = (midnight + edge - start.seconds).max(0) as u64;
                    let price = price_at(tariff, LocalDateTime { seconds: midnight + edge });
                    course.push(SimTime::ZERO + SimDuration::from_secs(at), price);
                }
            }
            midnight += DAY;
        }
        course
    }

    fn push(&mut self, at: SimTime, price: f64) {
        let sum = match (self.starts.last(), self.prices.last(), self.sums.last()) {
            (Some(_), Some(last), _) if *last == price => return,
            (Some(start), Some(last), Some(sum)) => sum + last * at.since(*start).as_secs_f64(),
            _ => 0.0,
        };
        self.starts.push(at);
        self.prices.push(price);
        self.sums.push(sum);
    }

    fn piece(&self, at: SimTime) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1) - 1
    }

    /// When the price changes between two instants, neither included.
    pub fn changes(&self, from: SimTime, to: SimTime) -> &[SimTime] {
        if self.starts.len() == 1 {
            return &[];
        }
        let first = self.piece(from) + 1;
        let end = self.starts.partition_point(|start| *start < to);
        self.starts.get(first..end).unwrap_or_default()
    }

    /// The price at an instant.
    pub fn at(&self, at: SimTime) -> DollarsPerJoule {
        DollarsPerJoule(self.prices[self.piece(at)])
    }

    /// ∫ price dt from `from` to `to`, in dollar-seconds per joule: times a constant power in watts, what it costs.
    pub fn integral(&self, from: SimTime, to: SimTime) -> f64 {
        let last = self.starts.len() - 1;
        if last == 0 {
            return self.prices[0] * to.since(from).as_secs_f64();
        }
        let first = self.piece(from);
        if first == last || to <= self.starts[first + 1] {
            return self.prices[first] * to.since(from).as_secs_f64();
        }
        let end = self.piece(to);
        let head = self.prices[first] * self.starts[first + 1].since(from).as_secs_f64();
        let tail = self.prices[end] * to.since(self.starts[end]).as_secs_f64();
        head + (self.sums[end] - self.sums[first + 1]) + tail
    }

    /// The mean price from `from` to `to`; at an instant, the price.
    pub fn mean(&self, from: SimTime, to: SimTime) -> DollarsPerJoule {
        if to <= from {
            return self.at(to);
        }
        DollarsPerJoule(self.integral(from, to) / to.since(from).as_secs_f64())
    }

    /// The price that is exceeded at most the share 1 − `share` of the time from t = 0 to `end`.
    pub fn quantile(&self, share: f64, end: SimTime) -> DollarsPerJoule {
        let mut pieces: Vec<(f64, u64)> = self
            .pieces()
            .filter(|(from, _)| *from < end)
            .map(|(from, price)| {
                let to = self.starts.get(self.piece(from) + 1).copied().unwrap_or(end).min(end);
                (price, to.since(from).as_nanos())
            })
            .collect();
        pieces.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: u128 = pieces.iter().map(|piece| u128::from(piece.1)).sum();
        let mut below = 0;
        for (price, span) in &pieces {
            below += u128::from(*span);
            // Shares such as 0.75 are met exactly, whatever the last bits of the product say.
            if below as f64 >= share * total as f64 * (1.0 - 1e-12) {
                return DollarsPerJoule(*price);
            }
        }
        DollarsPerJoule(pieces.last().map_or(self.prices[0], |piece| piece.0))
    }

    /// When each piece begins, and its price.
    pub fn pieces(&self) -> impl Iterator<Item = (SimTime, f64)> + '_ {
        self.starts.iter().copied().zip(self.prices.iter().copied())
    }
}

/// The price of a tariff at a local time.
fn price_at(tariff: &Tariff, time: LocalDateTime) -> f64 {
    tariff
        .periods
        .iter()
        .find(|period| holds(period, time))
        .map_or(tariff.otherwise.0, |period| period.price.0)
}

/// Whether a period holds at a local time.
pub(crate) fn holds(period: &TariffPeriod, time: LocalDateTime) -> bool {
    let (_, month, _, second) = time.parts();
    // 1970-01-01 was a Thursday.
    let weekday = (time.seconds.div_euclid(DAY) + 3).rem_euclid(7);
    if !period.months[month as usize - 1] || !period.days[weekday as usize] {
        return false;
    }
    let second = SimDuration::from_secs(second as u64);
    if period.from < period.to {
        period.from <= second && second < period.to
    } else {
        period.from <= second || second < period.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KWH: f64 = 3.6e6;

    fn period(
        months: std::ops::Range<usize>,
        days: std::ops::Range<usize>,
        hours: [u64; 2],
        price: f64,
    ) -> TariffPeriod {
        let hour = |hour: u64| SimDuration::from_secs(3600 * hour);
        TariffPeriod {
            months: std::array::from_fn(|month| months.contains(&month)),
            days: std::array::from_fn(|day| days.contains(&day)),
            from: hour(hours[0]),
            to: hour(hours[1]),
            price: DollarsPerJoule(price / KWH),
        }
    }

    /// The tariffs of the oracles l.tou.
    fn tariffs() -> [Tariff; 2] {
        let otherwise = |price: f64| DollarsPerJoule(price / KWH);
        let a = vec![
            period(5..9, 0..7, [16, 21], 0.61),
            period(5..9, 0..7, [0, 24], 0.49),
            period(0..12, 0..7, [16, 21], 0.50),
        ];
        let b = vec![
            period(0..12, 0..5, [7, 11], 0.32),
            period(0..12, 0..5, [17, 21], 0.32),
            period(0..12, 0..5, [11, 17], 0.22),
        ];
        [
            Tariff { periods: a, otherwise: otherwise(0.47), ..Tariff::default() },
            Tariff { periods: b, otherwise: otherwise(0.11), ..Tariff::default() },
        ]
    }

    fn year(year: i64) -> (LocalDateTime, SimDuration, u64) {
        let start = LocalDateTime::new(year, 1, 1, 0).expect("a date");
        let end = LocalDateTime::new(year + 1, 1, 1, 0).expect("a date");
        let hours = (end.seconds - start.seconds) as u64 / 3600;
        (start, SimDuration::from_secs(3600 * hours), hours)
    }

    #[test]
    fn a_sinusoidal_load_costs_what_integration_by_the_hour_says() {
        // Oracles l.tou.2, 8 and 11: 100 + 50 sin(2π (t − 9)/24) W, with its energy in each hour in closed form.
        for (tariff, of_year, cost) in
            [(0, 2023, 431.645_304_116), (0, 2024, 432.792_550_77), (1, 2024, 170.704_919_887)]
        {
            let (start, duration, hours) = year(of_year);
            let prices = Prices::of(&tariffs()[tariff], start, duration);
            let hour = |hour: u64| SimTime::ZERO + SimDuration::from_secs(3600 * hour);
            let omega = 2.0 * std::f64::consts::PI / 24.0;
            let primitive = |t: f64| 100.0 * t - 50.0 / omega * libm::cos(omega * (t - 9.0));
            let found: f64 = (0..hours)
                .map(|h| {
                    let energy = 3600.0 * (primitive(h as f64 + 1.0) - primitive(h as f64));
                    energy * prices.mean(hour(h), hour(h + 1)).0
                })
                .sum();
            assert!((found - cost).abs() < 1e-9 * cost, "tariff {tariff} in {of_year}: {found}");
        }
    }

    #[test]
    fn integrals_are_those_of_hours_added_up() {
        let (start, duration, hours) = year(2024);
        let prices = Prices::of(&tariffs()[1], start, duration);
        let hour = |hour: u64| SimTime::ZERO + SimDuration::from_secs(3600 * hour);
        let sum: f64 = (0..hours).map(|h| 3600.0 * prices.at(hour(h)).0).sum();
        let whole = prices.integral(hour(0), hour(hours));
        assert!((whole - sum).abs() < 1e-12 * sum);
        // Split anywhere, it stays the same.
        for split in [1, 7, 11, 2000, hours - 1] {
            let parts = prices.integral(hour(0), hour(split)) + prices.integral(hour(split), hour(hours));
            assert!((parts - whole).abs() < 1e-12 * whole, "split at {split}");
        }
    }

    #[test]
    fn a_run_may_begin_in_the_middle_of_a_piece_and_a_period_may_pass_midnight() {
        let night = Tariff {
            periods: vec![period(0..12, 0..7, [22, 6], 0.10)],
            otherwise: DollarsPerJoule(0.30 / KWH),
            ..Tariff::default()
        };
        let start = LocalDateTime::new(2024, 3, 5, 23 * 3600).expect("a date");
        let prices = Prices::of(&night, start, SimDuration::from_secs(2 * 86_400));
        let hour = |hour: u64| SimTime::ZERO + SimDuration::from_secs(3600 * hour);
        let found: Vec<(SimTime, f64)> = prices.pieces().map(|(at, price)| (at, price * KWH)).collect();
        let times: Vec<SimTime> = found.iter().map(|it| it.0).collect();
        assert_eq!(times, [hour(0), hour(7), hour(23), hour(31), hour(47)]);
        assert!((found[0].1 - 0.10).abs() < 1e-12 && (found[1].1 - 0.30).abs() < 1e-12);
    }

    #[test]
    fn quantiles_are_by_time() {
        let (start, duration, _) = year(2024);
        let prices = Prices::of(&tariffs()[0], start, duration);
        let end = SimTime::ZERO + duration;
        let kwh = |share: f64| prices.quantile(share, end).0 * KWH;
        // 0.47 holds 19 of 24 hours in eight months of twelve, 0.61 five hours in four.
        assert!((kwh(0.5) - 0.47).abs() < 1e-12 && (kwh(0.94) - 0.61).abs() < 1e-12);
        assert!((kwh(0.0) - 0.47).abs() < 1e-12 && (kwh(1.0) - 0.61).abs() < 1e-12);
    }
}
