use super::*;
use crate::kernel::{Dist, Process, Streams};
use crate::scenario::spec::{PowerDomain, Storms};
use crate::world::thermal::storms;

const HOUR: f64 = 3600.0;

fn hours(t: f64) -> SimTime {
    SimTime::from_secs_f64(t * HOUR)
}

fn outages(up: Dist, down: Dist, up_in_storm: Option<Dist>) -> Outages {
    Outages { up, down, shared_by: PowerDomain::Site, up_in_storm }
}

fn exponential(hours: f64) -> Dist {
    Dist::Exponential { mean: hours * HOUR }
}

fn stream(seed: u64) -> Stream {
    Streams::new(seed, 0).stream(Process::GridOutage, 0)
}

#[test]
fn constant_lives_are_used_up_in_shares() {
    let kind = outages(Dist::Constant(100.0 * HOUR), Dist::Constant(HOUR), Some(Dist::Constant(10.0 * HOUR)));
    let stream = stream(1);
    let process = OutageProcess::new(0);
    let next = |now, storms: &[(SimTime, SimTime)]| process.next_down(hours(now), &kind, &stream, storms);
    assert_eq!(next(0.0, &[]), hours(100.0));
    // 20 h of calm use up a fifth, 4 h of storm two fifths, the rest takes 40 h of calm.
    assert_eq!(next(0.0, &[(hours(20.0), hours(24.0))]), hours(64.0));
    // A half in calm, the other half within the storm.
    assert_eq!(next(0.0, &[(hours(50.0), hours(70.0))]), hours(55.0));
    // Beginning in the middle of a storm, after another one that is over.
    assert_eq!(next(10.0, &[(hours(1.0), hours(2.0)), (hours(8.0), hours(15.0))]), hours(65.0));
    assert_eq!(next(10.0, &[(hours(8.0), hours(15.0)), (hours(40.0), hours(50.0))]), hours(42.5));
}

#[test]
fn what_never_fails_never_fails() {
    let stream = stream(1);
    let storm = [(hours(5.0), hours(6.0))];
    let never = Dist::Constant(f64::INFINITY);
    let kind = outages(never.clone(), Dist::Constant(HOUR), Some(never.clone()));
    assert_eq!(OutageProcess::new(0).next_down(SimTime::ZERO, &kind, &stream, &storm), SimTime::MAX);
    let only_in_storms = outages(never, Dist::Constant(HOUR), Some(Dist::Constant(0.5 * HOUR)));
    assert_eq!(OutageProcess::new(0).next_down(SimTime::ZERO, &only_in_storms, &stream, &storm), hours(5.5));
    assert_eq!(OutageProcess::new(0).next_down(SimTime::ZERO, &only_in_storms, &stream, &[]), SimTime::MAX);
}

#[test]
fn storms_never_postpone_an_outage() {
    let lives = [
        (exponential(500.0), exponential(20.0)),
        (Dist::Weibull { scale: 400.0 * HOUR, shape: 0.7 }, Dist::Weibull { scale: 40.0 * HOUR, shape: 0.7 }),
        (
            Dist::Lognormal { median: 300.0 * HOUR, sigma: 1.2 },
            Dist::Lognormal { median: 100.0 * HOUR, sigma: 1.2 },
        ),
    ];
    let weather = Storms { every: exponential(100.0), lasts: exponential(30.0) };
    let duration = SimDuration::from_secs_f64(20_000.0 * HOUR);
    let storms = storms(&weather, 0, &Streams::new(5, 0), duration);
    let stream = stream(6);
    for (up, up_in_storm) in lives {
        let kind = outages(up, Dist::Constant(HOUR), Some(up_in_storm));
        let mut earlier = 0;
        for domain in 0..2000 {
            let now = hours(f64::from(domain));
            let process = OutageProcess::new(domain);
            let stormy = process.next_down(now, &kind, &stream, &storms);
            let calm = process.next_down(now, &kind, &stream, &[]);
            assert!(stormy <= calm && stormy >= now);
            earlier += u32::from(stormy < calm);
        }
        assert!(earlier > 500);
    }
}

#[test]
fn equal_lives_in_storm_and_calm_are_one_renewal_process() {
    let kind = outages(exponential(50.0), exponential(3.0), Some(exponential(50.0)));
    let calm = outages(exponential(50.0), exponential(3.0), None);
    let storms = [(hours(10.0), hours(20.0)), (hours(40.0), hours(90.0)), (hours(120.0), hours(121.0))];
    for domain in 0..500 {
        let process = OutageProcess::new(domain);
        let with = process.next_down(SimTime::ZERO, &kind, &stream(2), &storms).as_secs_f64();
        let without = process.next_down(SimTime::ZERO, &calm, &stream(2), &[]).as_secs_f64();
        assert!((with / without - 1.0).abs() < 1e-9);
    }
}

/// Share of time down over `years`, for each of `domains`.
fn shares_down(
    kind: &Outages,
    storms: &[(SimTime, SimTime)],
    seed: u64,
    domains: u32,
    years: f64,
) -> Vec<f64> {
    let stream = stream(seed);
    let end = hours(8760.0 * years);
    let share = |domain| {
        let mut process = OutageProcess::new(domain);
        let (mut now, mut down) = (SimTime::ZERO, 0.0);
        loop {
            let outage = process.next_down(now, kind, &stream, storms);
            if outage >= end {
                return down / end.as_secs_f64();
            }
            now = process.next_up(outage, kind, &stream);
            down += now.min(end).since(outage).as_secs_f64();
        }
    };
    (0..domains).map(share).collect()
}

/// Mean and standard error.
fn estimate(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Rates per hour: failure in calm, failure in storms, repair, calm to storm, storm to calm; stationary unavailability
/// of the Markov chain.
const MODULATED: [([f64; 5], f64); 2] = [
    ([0.001, 0.05, 0.25, 0.001_428_571_428_571_428_6, 0.083_333_333_333_333_33], 0.00684175021916),
    ([0.01, 0.2, 0.25, 0.005, 0.05], 0.0780202783984),
];

#[test]
fn storm_modulated_unavailability_is_that_of_the_markov_chain() {
    for ([calm, storm, repair, begin, end], expected) in MODULATED {
        let kind =
            outages(exponential(1.0 / calm), exponential(1.0 / repair), Some(exponential(1.0 / storm)));
        let weather = Storms { every: exponential(1.0 / begin), lasts: exponential(1.0 / end) };
        let years = 100.0;
        // Domains of a region share its storms, so regions are the independent units.
        let regions: Vec<f64> = (0..40)
            .map(|region| {
                let duration = SimDuration::from_secs_f64(8760.0 * years * HOUR);
                let storms = storms(&weather, region, &Streams::new(11, 0), duration);
                let shares = shares_down(&kind, &storms, 100 + u64::from(region), 4, years);
                estimate(&shares).0
            })
            .collect();
        let (mean, error) = estimate(&regions);
        assert!(error < 0.01 * expected, "too noisy: {error}");
        assert!((mean - expected).abs() < 4.0 * error, "{mean} ± {error}, expected {expected}");
    }
}
