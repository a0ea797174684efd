use super::*;
use crate::kernel::{Dist, Process, Streams};

const HOUR: f64 = 3600.0;

fn hours(t: f64) -> SimTime {
    SimTime::from_secs_f64(t * HOUR)
}

fn stream(seed: u64) -> Stream {
    Streams::new(seed, 0).stream(Process::HardwareFault, 0)
}

#[test]
fn life_runs_only_while_exposed() {
    let faults = Renewal { up: Dist::Constant(10.0 * HOUR), down: Dist::Constant(2.0 * HOUR) };
    let stream = stream(0);
    let mut process = FaultProcess::new(0, &faults, &stream);
    assert_eq!(process.resume(hours(5.0)), hours(15.0));
    process.pause(hours(9.0));
    process.pause(hours(11.0));
    assert!(!process.is_exposed());
    assert_eq!(process.resume(hours(20.0)), hours(26.0));
    assert_eq!(process.fail(hours(26.0), &faults, &stream), hours(28.0));
    assert!(!process.is_exposed());
    assert_eq!(process.faults(), 1);
    assert_eq!(process.resume(hours(28.0)), hours(38.0));
}

#[test]
fn an_infinite_life_stays_infinite() {
    let faults = Renewal { up: Dist::Constant(f64::INFINITY), down: Dist::Constant(HOUR) };
    let mut process = FaultProcess::new(0, &faults, &stream(0));
    assert_eq!(process.resume(hours(1.0)), SimTime::MAX);
    process.pause(hours(2.0));
    assert_eq!(process.resume(hours(3.0)), SimTime::MAX);
}

#[test]
fn pauses_shift_faults_by_their_length() {
    let faults = Renewal { up: Dist::Exponential { mean: 50.0 * HOUR }, down: Dist::Constant(HOUR) };
    let stream = stream(3);
    for node in 0..200 {
        let (mut steady, mut paused) =
            (FaultProcess::new(node, &faults, &stream), FaultProcess::new(node, &faults, &stream));
        let fault = steady.resume(SimTime::ZERO);
        let mut later = paused.resume(SimTime::ZERO);
        let mut shift = SimDuration::ZERO;
        let mut now = SimTime::ZERO;
        while now + SimDuration::from_secs(7200) < later {
            now += SimDuration::from_secs(7200);
            paused.pause(now);
            now += SimDuration::from_secs(600);
            shift = shift + SimDuration::from_secs(600);
            later = paused.resume(now);
        }
        assert_eq!(later, fault + shift);
    }
}

/// Share of time up and faults per year of one node that is always switched on, over `years`.
fn lived(faults: &Renewal, stream: &Stream, node: u32, years: f64) -> (f64, f64) {
    let end = hours(years * 8760.0);
    let mut process = FaultProcess::new(node, faults, stream);
    let (mut now, mut up) = (SimTime::ZERO, 0.0);
    while now < end {
        let fault = process.resume(now);
        up += fault.min(end).since(now).as_secs_f64();
        if fault >= end {
            break;
        }
        now = process.fail(fault, faults, stream);
    }
    (up / end.as_secs_f64(), f64::from(process.faults()) / years)
}

#[test]
fn availability_is_that_of_the_alternating_renewal_process() {
    let weibull = 300.0 / libm::tgamma(1.0 + 1.0 / 0.7) * HOUR;
    let cases = [
        (
            Dist::Exponential { mean: 500.0 * HOUR },
            Dist::Exponential { mean: 4.0 * HOUR },
            0.992063492063,
            17.380952381,
        ),
        (
            Dist::Weibull { scale: weibull, shape: 0.7 },
            Dist::Constant(12.0 * HOUR),
            0.961538461538,
            28.0769230769,
        ),
    ];
    // Asymptotic variances of the uptime share times the horizon, in hours.
    let variances = [0.0624882522086, 0.912616194748];
    for ((up, down, availability, per_year), variance) in cases.into_iter().zip(variances) {
        let faults = Renewal { up, down };
        let stream = stream(9);
        let (nodes, years) = (100, 100.0);
        let lives: Vec<(f64, f64)> = (0..nodes).map(|node| lived(&faults, &stream, node, years)).collect();
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| lives.iter().map(of).sum::<f64>() / f64::from(nodes);
        let horizon = f64::from(nodes) * years * 8760.0;
        let error = libm::sqrt(variance / horizon);
        let found = mean(&|life| life.0);
        assert!((found - availability).abs() < 4.0 * error, "{found} {availability} ± {error}");
        let found = mean(&|life| life.1);
        assert!((found / per_year - 1.0).abs() < 0.02, "{found} {per_year}");
    }
}
