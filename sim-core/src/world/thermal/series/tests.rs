use super::*;
use crate::kernel::{Process, Streams};

fn seconds(t: f64) -> SimTime {
    SimTime::from_secs_f64(t)
}

/// A random walk with `n` knots, ten seconds apart.
fn walk(n: u32) -> TemperatureSeries {
    let stream = Streams::new(7, 0).stream(Process::Storm, 1);
    let mut value = 20.0;
    let knots = (0..n).map(|i| {
        value += stream.unit(0, i) - 0.5;
        value
    });
    TemperatureSeries::new(SimDuration::from_secs(10), knots.collect())
}

#[test]
fn reads_between_knots_and_holds_the_last() {
    let series = TemperatureSeries::new(SimDuration::from_secs(10), vec![0.0, 10.0, 5.0]);
    assert_eq!(series.at(seconds(0.0)), Celsius(0.0));
    assert_eq!(series.at(seconds(2.5)), Celsius(2.5));
    assert_eq!(series.at(seconds(10.0)), Celsius(10.0));
    assert_eq!(series.at(seconds(15.0)), Celsius(7.5));
    assert_eq!(series.at(seconds(20.0)), Celsius(5.0));
    assert_eq!(series.at(SimTime::MAX), Celsius(5.0));
}

#[test]
fn integrates_across_knots_and_past_the_end() {
    let series = TemperatureSeries::new(SimDuration::from_secs(10), vec![0.0, 10.0, 5.0]);
    assert_eq!(series.integral(seconds(0.0), seconds(10.0)), 50.0);
    assert_eq!(series.integral(seconds(5.0), seconds(15.0)), 37.5 + 43.75);
    assert_eq!(series.integral(seconds(12.0), seconds(14.0)), 17.0);
    assert_eq!(series.integral(seconds(20.0), seconds(100.0)), 400.0);
    assert_eq!(series.integral(seconds(15.0), seconds(5.0)), 0.0);
    let constant = TemperatureSeries::constant(Celsius(3.0));
    assert_eq!(constant.integral(seconds(1.0), seconds(11.0)), 30.0);
}

#[test]
fn integral_equals_the_sum_of_trapezia() {
    let series = walk(3000);
    let slow = |from: f64, to: f64| {
        let n = 40_000;
        let width = (to - from) / f64::from(n);
        let middle = |i: i32| series.at(seconds(from + (f64::from(i) + 0.5) * width)).0;
        (0..n).map(middle).sum::<f64>() * width
    };
    for (from, to) in [(3.0, 4.0), (0.0, 29_990.0), (1234.5, 23_456.7), (29_000.0, 35_000.0)] {
        let (fast, slow) = (series.integral(seconds(from), seconds(to)), slow(from, to));
        assert!((fast - slow).abs() < 1e-6 * slow, "{from}..{to}: {fast} {slow}");
    }
}

#[test]
fn extremes_equal_a_scan() {
    let series = walk(5000);
    let stream = Streams::new(8, 0).stream(Process::Storm, 1);
    for i in 0..500 {
        let from = (stream.unit(1, i) * 50_000.0).floor();
        let to = from + (stream.unit(2, i) * stream.unit(3, i) * 60_000.0).floor();
        let inside = (0..5000).map(|k| f64::from(k) * 10.0).filter(|&t| t > from && t < to);
        let values = inside.chain([from, to]).map(|t| series.at(seconds(t)).0);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        assert_eq!(series.min_between(seconds(from), seconds(to)).0, low, "{from}..{to}");
        assert_eq!(series.max_between(seconds(from), seconds(to)).0, high, "{from}..{to}");
    }
}

#[test]
fn first_knot_equals_a_scan() {
    let series = walk(5000);
    let stream = Streams::new(9, 0).stream(Process::Storm, 1);
    for i in 0..500 {
        let from = (stream.unit(1, i) * 5100.0) as usize;
        let level = series.knots()[(stream.unit(2, i) * 5000.0) as usize];
        let scan = |hit: &dyn Fn(f64) -> bool| (from..5000).find(|&k| hit(series.knots()[k]));
        assert_eq!(series.first_knot(from, Side::Above, Celsius(level)), scan(&|v| v >= level));
        assert_eq!(series.first_knot(from, Side::Below, Celsius(level)), scan(&|v| v <= level));
    }
    assert_eq!(series.first_knot(0, Side::Above, Celsius(1e6)), None);
}
