use super::*;
use crate::kernel::{Dist, Process, Streams};
use crate::quantity::{Amperes, Volts};

/// A breaker with a rating of one watt, so that the load is i.
fn breaker(tau: f64, k: f64) -> BreakerParams {
    BreakerParams::most_sensitive(&one_watt(tau, Dist::Constant(k), None))
}

fn one_watt(tau: f64, trip_ratio: Dist, magnetic: Option<Dist>) -> Breaker {
    Breaker {
        rating: Amperes(1.0),
        voltage: Volts(1.0),
        time_constant: SimDuration::from_secs_f64(tau),
        trip_ratio,
        magnetic,
        reclose: None,
        derating: None,
        neighbours: None,
        fatigue: None,
    }
}

#[test]
fn breakers_scatter_within_their_tolerance() {
    let stream = Streams::new(1, 0).stream(Process::BreakerTolerance, 0);
    let band = Dist::Uniform { min: 1.15, max: 1.4 };
    let spec = one_watt(150.0, band, Some(Dist::Uniform { min: 5.0, max: 10.0 }));
    let mut seen = [0; 2];
    for site in 0..400 {
        let params = BreakerParams::draw(&spec, &stream, site);
        assert!(params.cannot_trip(Watts(1.15)) && !params.cannot_trip(Watts(1.41)), "site {site}");
        assert!(!params.trips_at_once(Watts(4.99)) && params.trips_at_once(Watts(10.0)), "site {site}");
        seen[usize::from(params.cannot_trip(Watts(1.275)))] += 1;
    }
    assert!(seen.iter().all(|count| (160..240).contains(count)), "half on either side: {seen:?}");
    assert!(!BreakerParams::most_sensitive(&spec).cannot_trip(Watts(1.16)));
}

#[test]
fn a_hot_breaker_trips_as_one_of_a_lower_rating() {
    let derating = Derating { above: Celsius(30.0), per_kelvin: 0.01 };
    assert_eq!(rating_at(Celsius(30.0), &derating), 1.0);
    close(rating_at(Celsius(50.0), &derating), 0.8, 1e-12);
    assert_eq!(rating_at(Celsius(500.0), &derating), LEAST_RATING);
    let params =
        BreakerParams::most_sensitive(&one_watt(150.0, Dist::Constant(1.25), Some(Dist::Constant(7.0))));
    let hot = params.derated(0.8);
    assert!(!hot.cannot_trip(Watts(1.01)) && hot.cannot_trip(Watts(1.0)));
    assert!(
        hot.trips_at_once(Watts(7.0 + 1e-9)) && !hot.trips_at_once(Watts(6.99)),
        "the magnet does not mind"
    );
    assert_eq!(
        BreakerState::default().trips_after(Watts(1.2), &hot),
        BreakerState::default().trips_after(Watts(1.5), &params)
    );
}

fn seconds(t: f64) -> SimTime {
    SimTime::from_secs_f64(t)
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
}

#[test]
fn trips_when_the_closed_form_says() {
    let params = breaker(150.0, 1.25);
    let mut warm = BreakerState::default();
    warm.advance(seconds(100_000.0), Watts(0.8), &params);
    close(warm.theta, 0.64, 1e-15);
    for never in [0.0, 1.13, 1.25] {
        assert_eq!(warm.trips_after(Watts(never), &params), None);
        assert!(params.cannot_trip(Watts(never)));
    }
    for (i, expected) in [
        (1.3, 316.264361783),
        (1.45, 149.450015932),
        (1.6, 98.2242474387),
        (2.0, 48.1452075128),
        (2.55, 25.6816203859),
        (3.0, 17.5385484337),
        (5.0, 5.79077086666),
    ] {
        let span = warm.trips_after(Watts(i), &params).unwrap();
        close(span.as_secs_f64(), expected, 1e-9);
        assert!(!params.cannot_trip(Watts(i)));
        let mut tripped = warm;
        tripped.advance(warm.at + span, Watts(i), &params);
        assert!(tripped.theta >= 1.25 * 1.25);
    }
    let hot = BreakerState { theta: 1.25 * 1.25, at: SimTime::ZERO };
    assert_eq!(hot.trips_after(Watts(1.3), &params), Some(SimDuration::ZERO));
    let mut cooled = hot;
    cooled.advance(seconds(98.5512200916), Watts(0.0), &params);
    close(cooled.theta, 0.81, 1e-9);
}

#[test]
fn a_cyclic_load_settles_between_peak_and_valley() {
    let params = breaker(300.0, 1.2);
    let mut state = BreakerState { theta: 0.25, at: SimTime::ZERO };
    for _ in 0..100 {
        assert!(state.trips_after(Watts(1.5), &params).unwrap() > SimDuration::from_secs(120));
        state.advance(state.at + SimDuration::from_secs(120), Watts(1.5), &params);
        state.advance(state.at + SimDuration::from_secs(180), Watts(0.5), &params);
    }
    close(state.theta, 0.822461035781, 1e-9);
    state.advance(state.at + SimDuration::from_secs(120), Watts(1.5), &params);
    close(state.theta, 1.29309201579, 1e-9);
}

/// Servers, rating, volts, power, boot multiple, boot seconds; θ at the end of the boot, time to trip if it went on.
type ColdLoad = (f64, f64, f64, f64, f64, f64, f64, Option<f64>);

#[test]
fn cold_load_pickup_heats_the_replica() {
    let cases: [ColdLoad; 5] = [
        (8.0, 20.0, 120.0, 180.0, 1.6, 90.0, 0.415815196176, None),
        (6.0, 16.0, 230.0, 350.0, 1.5, 120.0, 0.403475997869, None),
        (10.0, 15.0, 120.0, 180.0, 2.0, 90.0, 1.80475345562, Some(74.2982155845)),
        (8.0, 15.0, 120.0, 180.0, 2.0, 90.0, 1.1550422116, Some(141.376558306)),
        (12.0, 15.0, 120.0, 180.0, 1.3, 60.0, 0.802309135968, Some(154.105521102)),
    ];
    for (servers, rating, volts, power, multiple, boot, theta, trip) in cases {
        let params = BreakerParams { rated: Watts(rating * volts), ..breaker(150.0, 1.25) };
        let load = Watts(servers * power * multiple);
        let cold = BreakerState::default();
        let span = cold.trips_after(load, &params);
        assert_eq!(span.is_some(), trip.is_some());
        if let (Some(span), Some(trip)) = (span, trip) {
            close(span.as_secs_f64(), trip, 1e-9);
        }
        let mut booted = cold;
        booted.advance(seconds(boot), load, &params);
        close(booted.theta, theta, 1e-9);
    }
}

#[test]
fn the_magnetic_release_is_instantaneous() {
    let params = BreakerParams { magnetic: 5.0, ..breaker(150.0, 1.25) };
    let cold = BreakerState::default();
    assert_eq!(cold.trips_after(Watts(5.0), &params), Some(SimDuration::ZERO));
    assert!(cold.trips_after(Watts(4.99), &params).unwrap() > SimDuration::from_secs(1));
    assert!(!BreakerParams { trip: 100.0, ..params }.cannot_trip(Watts(5.0)));
}

/// Euler steps of 1 ms under a load that changes every half minute. A step errs by h²/2 · |θ''| ≤ h² D / (2 τ²), with D the
/// greatest distance of θ from i²; errors decay with τ, so the sum stays below h D / (2 τ) = 3·10⁻⁵ for D = 9.
#[test]
fn agrees_with_euler() {
    let params = breaker(150.0, 10.0);
    let stream = Streams::new(1, 0).stream(Process::Reclose, 0);
    let (mut state, mut slow) = (BreakerState::default(), 0.0);
    for phase in 0..40_u32 {
        let i = 3.0 * stream.unit(0, phase);
        for _ in 0..30_000 {
            slow += 1e-3 * (i * i - slow) / 150.0;
        }
        state.advance(state.at + SimDuration::from_secs(30), Watts(i), &params);
        assert!((state.theta - slow).abs() < 3e-5, "{} {slow}", state.theta);
    }
}

#[test]
fn more_load_never_trips_later() {
    let params = breaker(150.0, 1.25);
    let stream = Streams::new(2, 0).stream(Process::Reclose, 0);
    for case in 0..1000 {
        let state = BreakerState { theta: 1.5 * stream.unit(0, case), at: SimTime::ZERO };
        let load = 3.0 * stream.unit(1, case);
        let more = load + stream.unit(2, case);
        let never = SimDuration::MAX;
        let trip = state.trips_after(Watts(load), &params).unwrap_or(never);
        assert!(state.trips_after(Watts(more), &params).unwrap_or(never) <= trip);
        let warmer = BreakerState { theta: state.theta + 0.05, ..state };
        assert!(warmer.trips_after(Watts(load), &params).unwrap_or(never) <= trip);
    }
}
