use super::*;
use crate::quantity::{Celsius, Kelvin};
use std::sync::Arc;

const MONDAY: LocalDateTime = LocalDateTime { seconds: 4 * 86_400 };
const STREAMS: Streams = Streams::new(3, 1);

fn days(n: u64) -> SimDuration {
    SimDuration::from_secs(n * 86_400)
}

fn hours(t: f64) -> SimTime {
    SimTime::from_secs_f64(t * 3600.0)
}

fn weather(base: WeatherBase) -> Weather {
    Weather { base, heat_waves: None, storms: None }
}

fn daily() -> WeatherBase {
    WeatherBase::Daily { mean: Celsius(25.0), swing: Kelvin(8.0), hottest: SimDuration::from_secs(15 * 3600) }
}

#[test]
fn daily_weather_is_a_cosine_within_the_stated_bound() {
    let start = LocalDateTime { seconds: MONDAY.seconds + 7 * 3600 };
    let series = outdoor(&weather(daily()), 0, &STREAMS, start, days(40));
    for i in 0..9_000 {
        let t = f64::from(i) * 0.1037;
        let exact = 25.0 + 8.0 * libm::cos(std::f64::consts::TAU * (t + 7.0 - 15.0) / 24.0);
        let found = series.at(hours(t)).0;
        assert!((found - exact).abs() < 6e-5 * 8.0, "{t} h: {found} {exact}");
    }
    assert_eq!(series.at(hours(8.0)), series.at(hours(8.0 + 24.0 * 30.0)));
    assert!((series.max_between(SimTime::ZERO, hours(48.0)).0 - 33.0).abs() < 1e-12);
}

#[test]
fn readings_repeat_after_the_last() {
    let celsius: Arc<[f64]> = vec![10.0, 20.0, 30.0].into();
    let base = WeatherBase::Series { step: SimDuration::from_secs(3600), celsius };
    let series = outdoor(&weather(base), 0, &STREAMS, MONDAY, days(1));
    for (t, expected) in
        [(0.0, 10.0), (0.5, 15.0), (2.0, 30.0), (2.5, 20.0), (3.0, 10.0), (10.0, 20.0), (24.0, 10.0)]
    {
        assert_eq!(series.at(hours(t)).0, expected, "{t} h");
    }
}

#[test]
fn heat_waves_are_trapezia_on_top() {
    let waves =
        HeatWaves { every: Dist::Constant(86_400.0), lasts: Dist::Constant(172_800.0), rise: Kelvin(6.0) };
    for base in [
        WeatherBase::Constant(Celsius(20.0)),
        WeatherBase::Series { step: SimDuration::from_secs(3600), celsius: vec![20.0; 7].into() },
    ] {
        let weather = Weather { base, heat_waves: Some(waves.clone()), storms: None };
        let series = outdoor(&weather, 0, &STREAMS, MONDAY, days(6));
        for (t, rise) in
            [(24.0, 0.0), (27.0, 3.0), (30.0, 6.0), (48.0, 6.0), (66.0, 6.0), (69.0, 3.0), (72.0, 0.0)]
        {
            assert!((series.at(hours(t)).0 - 20.0 - rise).abs() < 1e-9, "{t} h: {}", series.at(hours(t)));
            assert!((series.at(hours(t + 72.0)).0 - 20.0 - rise).abs() < 1e-9, "{t} h + 3 d");
        }
    }
}

#[test]
fn a_short_heat_wave_does_not_reach_its_rise() {
    let waves =
        HeatWaves { every: Dist::Constant(36_000.0), lasts: Dist::Constant(21_600.0), rise: Kelvin(6.0) };
    let base = WeatherBase::Constant(Celsius(20.0));
    let weather = Weather { base, heat_waves: Some(waves), storms: None };
    let series = outdoor(&weather, 0, &STREAMS, MONDAY, days(2));
    assert!((series.max_between(SimTime::ZERO, hours(15.9)).0 - 23.0).abs() < 1e-9);
}

#[test]
fn storms_alternate_with_calm_in_the_right_proportion() {
    let kind =
        Storms { every: Dist::Exponential { mean: 30_000.0 }, lasts: Dist::Exponential { mean: 10_000.0 } };
    let duration = days(10_000);
    let found = storms(&kind, 4, &STREAMS, duration);
    assert!(found[0].0 > SimTime::ZERO);
    assert!(found.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    assert!(found.last().unwrap().0.since(SimTime::ZERO) < duration);
    let stormy: f64 = found.iter().map(|&(begin, end)| end.since(begin).as_secs_f64()).sum();
    // 21 600 cycles: the share has a standard deviation of 0.25 · 0.75 · √(2 / 21 600) = 0.0018.
    assert!((stormy / duration.as_secs_f64() - 0.25).abs() < 5.0 * 0.0018);
    assert_ne!(found, storms(&kind, 5, &STREAMS, duration));
    assert_eq!(found, storms(&kind, 4, &STREAMS, duration));
}

#[test]
fn knots_divide_the_step_of_a_file() {
    let minutes = |n: u64| SimDuration::from_secs(60 * n);
    assert_eq!(subdivide(minutes(60)), minutes(5));
    assert_eq!(subdivide(minutes(3)), minutes(3));
    assert_eq!(subdivide(minutes(7)), SimDuration::from_secs(210));
    let prime = SimDuration::from_nanos(1_000_000_000_039);
    assert_eq!(subdivide(prime), prime);
}
