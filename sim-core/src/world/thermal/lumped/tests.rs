use super::*;
use crate::kernel::{Process, Stream, Streams};

fn seconds(t: f64) -> SimTime {
    SimTime::from_secs_f64(t)
}

fn params(resistance: f64, tau: f64) -> HeatParams {
    HeatParams::new(KelvinPerWatt(resistance), SimDuration::from_secs_f64(tau), Kelvin(0.0))
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
}

fn uniform(seed: u64) -> Stream {
    Streams::new(seed, 0).stream(Process::HeatWave, 99)
}

/// Air with a knot every minute that wanders between about 10 and 40 degrees.
fn wild_air(stream: &Stream, knots: u32) -> TemperatureSeries {
    let values = (0..knots).map(|i| 10.0 + 30.0 * stream.unit(0, i)).collect();
    TemperatureSeries::new(SimDuration::from_secs(60), values)
}

/// R, C, ambient, start, power, threshold; T at 0.1, 0.5, 1, 2 and 5 τ, time to the threshold, time to cool from there
/// by 10 K at a quarter of the power, mean over the first two τ.
type Case = ([f64; 6], [f64; 5], f64, f64, f64);

const STEP_RESPONSES: [Case; 3] = [
    (
        [0.25, 400.0, 25.0, 25.0, 250.0, 85.0],
        [30.9476613728, 49.591833768, 64.5075349268, 79.0415447977, 87.0788783126],
        321.887582487,
        25.5346691809,
        60.4792276011,
    ),
    (
        [0.05, 60000.0, 20.0, 20.0, 800.0, 45.0],
        [23.8065032786, 35.7387736115, 45.2848223531, 54.5865886705, 59.73048212],
        2942.48775904,
        3295.836866,
        42.7067056647,
    ),
    (
        [0.3, 400.0, 40.0, 30.0, 200.0, 95.0],
        [36.6613807375, 57.5428538201, 74.248439118, 90.5265301734, 99.5283437101],
        316.686879554,
        34.5218486942,
        69.7367349133,
    ),
];

#[test]
fn step_response_is_the_closed_form() {
    for ([resistance, capacity, ambient, start, power, threshold], points, heats, cools, mean) in
        STEP_RESPONSES
    {
        let tau = resistance * capacity;
        let heat = params(resistance, tau);
        let air = TemperatureSeries::constant(Celsius(ambient));
        let node = NodeHeat { temperature: start, at: SimTime::ZERO };
        let power = Watts(power);
        for (share, expected) in [0.1, 0.5, 1.0, 2.0, 5.0].into_iter().zip(points) {
            close(node.temperature_at(seconds(share * tau), &heat, &air, power).0, expected, 1e-9);
        }
        let crossing = node.crossing_above(&heat, &air, power, Celsius(threshold), SimTime::MAX).unwrap();
        close(crossing.as_secs_f64(), heats, 1e-9);

        let mut hot = node;
        hot.advance(crossing, &heat, &air, power);
        let quarter = Watts(power.0 / 4.0);
        let cooled = hot.crossing_below(&heat, &air, quarter, Celsius(threshold - 10.0), SimTime::MAX);
        close(cooled.unwrap().since(crossing).as_secs_f64(), cools, 1e-9);

        let end = seconds(2.0 * tau);
        let change = Kelvin(node.temperature_at(end, &heat, &air, power).0 - start);
        let energy = Joules(power.0 * 2.0 * tau);
        let integral = temperature_integral(&heat, &air, SimTime::ZERO, end, energy, change);
        close(integral / (2.0 * tau), mean, 1e-9);
    }
}

#[test]
fn throttling_settles_into_the_limit_cycle() {
    let heat = params(0.5, 60.0);
    let air = TemperatureSeries::constant(Celsius(40.0));
    let (full, throttled) = (Watts(110.0), Watts(45.0));
    let mut node = NodeHeat::ambient(SimTime::ZERO, &heat, &air);
    let first = node.crossing_above(&heat, &air, full, Celsius(90.0), SimTime::MAX).unwrap();
    close(first.as_secs_f64(), 143.873716368, 1e-9);
    node.advance(first, &heat, &air, full);

    let (mut cooling, mut heating, mut integral) = (0.0, 0.0, 0.0);
    let cycles = 1000;
    for _ in 0..cycles {
        let cold = node.crossing_below(&heat, &air, throttled, Celsius(80.0), SimTime::MAX).unwrap();
        let before = node;
        node.advance(cold, &heat, &air, throttled);
        let spent = cold.since(before.at).as_secs_f64();
        cooling += spent;
        let change = Kelvin(node.temperature - before.temperature);
        let energy = Joules(throttled.0 * spent);
        integral += temperature_integral(&heat, &air, before.at, cold, energy, change);

        let hot = node.crossing_above(&heat, &air, full, Celsius(90.0), SimTime::MAX).unwrap();
        let before = node;
        node.advance(hot, &heat, &air, full);
        let spent = hot.since(before.at).as_secs_f64();
        heating += spent;
        let change = Kelvin(node.temperature - before.temperature);
        let energy = Joules(full.0 * spent);
        integral += temperature_integral(&heat, &air, before.at, hot, energy, change);
    }
    let n = f64::from(cycles);
    close(heating / n, 65.9167373201, 1e-9);
    close(cooling / n, 27.1191074246, 1e-9);
    close(heating / (heating + cooling), 0.70850904295, 1e-9);
    close(integral / (heating + cooling), 85.5265438959, 1e-9);
}

#[test]
fn the_heat_balance_gives_the_mean() {
    let stream = uniform(5);
    let air = wild_air(&stream, 30);
    let heat = HeatParams::new(KelvinPerWatt(0.3), SimDuration::from_secs(90), Kelvin(7.0));
    let start = NodeHeat::ambient(SimTime::ZERO, &heat, &air);
    let (mut node, mut slow, mut energy) = (start, 0.0, 0.0);
    for phase in 0..50 {
        let power = Watts(150.0 * stream.unit(1, phase));
        energy += power.0 * 33.0;
        for _ in 0..3300 {
            let before = node.temperature;
            node.advance(node.at + SimDuration::from_nanos(10_000_000), &heat, &air, power);
            slow += 0.01 * 0.5 * (before + node.temperature);
        }
    }
    let change = Kelvin(node.temperature - start.temperature);
    let fast = temperature_integral(&heat, &air, SimTime::ZERO, node.at, Joules(energy), change);
    // Trapezia err by h²/12 · |T''| per second, here less than 10⁻⁶ of the mean.
    close(fast, slow, 1e-7);
}

#[test]
fn an_asymptote_is_never_reached() {
    let heat = params(0.5, 60.0);
    let air = TemperatureSeries::constant(Celsius(30.0));
    let node = NodeHeat::ambient(SimTime::ZERO, &heat, &air);
    assert_eq!(node.crossing_above(&heat, &air, Watts(100.0), Celsius(80.0), SimTime::MAX), None);
    let just_below = Celsius(80.0 - 1e-12);
    let crossing = node.crossing_above(&heat, &air, Watts(100.0), just_below, SimTime::MAX).unwrap();
    assert!(node.temperature_at(crossing, &heat, &air, Watts(100.0)) >= just_below);
    assert!(heat.stays_below(&air, Watts(99.9), Celsius(80.0), SimTime::ZERO, SimTime::MAX));
    assert!(!heat.stays_below(&air, Watts(100.1), Celsius(80.0), SimTime::ZERO, SimTime::MAX));
}

#[test]
fn until_limits_the_search() {
    let heat = params(0.5, 60.0);
    let air = TemperatureSeries::constant(Celsius(40.0));
    let node = NodeHeat::ambient(SimTime::ZERO, &heat, &air);
    let crossing = node.crossing_above(&heat, &air, Watts(110.0), Celsius(90.0), SimTime::MAX).unwrap();
    let search = |until| node.crossing_above(&heat, &air, Watts(110.0), Celsius(90.0), until);
    assert_eq!(search(crossing), Some(crossing));
    assert_eq!(search(SimTime::from_nanos(crossing.as_nanos() - 2)), None);
}

/// Classical Runge–Kutta on `τ dT/dt = S(t) − T`, `steps` to the minute, with power that changes every minute. Air is
/// linear within each minute, so the error is that of the method on a smooth equation: per step (h/τ)⁵/120 of the
/// distance to the source, that is below 10⁻⁹ K over a run here.
#[test]
fn agrees_with_runge_kutta() {
    let stream = uniform(1);
    let air = wild_air(&stream, 200);
    for tau in [20.0, 100.0, 1500.0] {
        let heat = params(0.3, tau);
        let steps = 2000;
        let width = 60.0 / f64::from(steps);
        let mut node = NodeHeat { temperature: 25.0, at: SimTime::ZERO };
        let mut slow = 25.0;
        for minute in 0..150_u32 {
            let power = Watts(200.0 * stream.unit(1, minute));
            let segment = air.segment(seconds(60.0 * f64::from(minute)));
            for step in 0..steps {
                let u = f64::from(step) * width;
                let rate = |u: f64, t: f64| (segment.value + segment.slope * u + 0.3 * power.0 - t) / tau;
                let k1 = rate(u, slow);
                let k2 = rate(u + width / 2.0, slow + width / 2.0 * k1);
                let k3 = rate(u + width / 2.0, slow + width / 2.0 * k2);
                let k4 = rate(u + width, slow + width * k3);
                slow += width / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            }
            node.advance(seconds(60.0 * f64::from(minute + 1)), &heat, &air, power);
            assert!((node.temperature - slow).abs() < 1e-9, "{tau} {minute}: {} {slow}", node.temperature);
        }
    }
}

#[test]
fn forgetting_and_stopping_on_the_way_change_nothing() {
    let stream = uniform(2);
    let air = wild_air(&stream, 2000);
    let heat = params(0.3, 40.0);
    let start = NodeHeat { temperature: -40.0, at: SimTime::ZERO };
    for i in 0..200 {
        let end = seconds(110_000.0 * stream.unit(1, i) * stream.unit(2, i));
        let mut stepwise = start;
        let mut stop = 0.0;
        while seconds(stop) < end {
            stepwise.advance(seconds(stop), &heat, &air, Watts(100.0));
            stop += 37.0;
        }
        stepwise.advance(end, &heat, &air, Watts(100.0));
        let at_once = start.temperature_at(end, &heat, &air, Watts(100.0)).0;
        assert!((at_once - stepwise.temperature).abs() < 1e-9, "{at_once} {}", stepwise.temperature);
    }
}

/// The first crossing against a scan of the same solution every quarter of a second.
#[test]
fn crossings_equal_a_scan() {
    let stream = uniform(3);
    let (mut crossed, mut missed) = (0, 0);
    for case in 0..300 {
        let air = wild_air(&uniform(1000 + u64::from(case)), 40);
        let tau = 5.0 * libm::exp(5.0 * stream.unit(0, case));
        let heat = params(0.2, tau);
        let power = Watts(100.0 * stream.unit(1, case));
        let node = NodeHeat {
            temperature: 10.0 + 50.0 * stream.unit(2, case),
            at: seconds(100.0 * stream.unit(3, case)),
        };
        let threshold = Celsius(15.0 + 40.0 * stream.unit(4, case));
        let until = seconds(2700.0);
        let below = node.temperature >= threshold.0;
        let found = if below {
            node.crossing_below(&heat, &air, power, threshold, until)
        } else {
            node.crossing_above(&heat, &air, power, threshold, until)
        };
        let past = |time| {
            let temperature = node.temperature_at(time, &heat, &air, power);
            if below { temperature <= threshold } else { temperature >= threshold }
        };
        let mut time = node.at;
        while time < found.unwrap_or(until) {
            assert!(!past(time), "case {case}: crossed at {time} already, found {found:?}");
            time += SimDuration::from_nanos(250_000_000);
        }
        if let Some(found) = found {
            assert!(past(found), "case {case}: not crossed at {found}");
            let near = node.temperature_at(found, &heat, &air, power).0 - threshold.0;
            assert!(near.abs() < 1e-7, "case {case}: off by {near}");
            let mut stopping = node;
            while stopping.at + SimDuration::from_secs(7) < found {
                stopping.advance(stopping.at + SimDuration::from_secs(7), &heat, &air, power);
            }
            stopping.advance(found, &heat, &air, power);
            assert!((stopping.temperature - threshold.0 - near).abs() < 1e-12);
            crossed += 1;
        } else {
            missed += 1;
        }
    }
    assert!(crossed > 50 && missed > 50, "{crossed} {missed}");
}

/// A bump inside one segment: the node first cools towards the air, turns, and crosses.
#[test]
fn finds_a_crossing_behind_a_turn() {
    let air = TemperatureSeries::new(SimDuration::from_secs(3600), vec![10.0, 60.0, 10.0]);
    let heat = params(0.0, 300.0);
    let node = NodeHeat { temperature: 30.0, at: SimTime::ZERO };
    let rising = node.crossing_above(&heat, &air, Watts(0.0), Celsius(31.0), SimTime::MAX).unwrap();
    assert!(node.temperature_at(seconds(600.0), &heat, &air, Watts(0.0)).0 < 30.0);
    // Behind the transient the node lags the ramp by τ: 10 + (u − 300) · 50 / 3600 = 31.
    let ramp = 300.0 + 21.0 * 72.0;
    let transient = (30.0 - 10.0 + 50.0 / 12.0) * libm::exp(-ramp / 300.0) * 72.0;
    assert!((rising.as_secs_f64() - ramp + transient).abs() < 1.0, "{rising}");

    // The highest point lies after the peak of the air; just below it the crossing is found, just above it is not.
    let peak = (3600..4200).map(|s| node.temperature_at(seconds(f64::from(s)), &heat, &air, Watts(0.0)).0);
    let peak = peak.fold(0.0, f64::max);
    let search = |t| node.crossing_above(&heat, &air, Watts(0.0), Celsius(t), SimTime::MAX);
    assert!(search(peak - 1e-4).is_some_and(|time| time > seconds(3600.0)));
    assert_eq!(search(peak + 1e-3), None);
}

#[test]
fn hotter_air_and_more_power_never_cool() {
    let stream = uniform(4);
    for case in 0..200 {
        let cool = wild_air(&uniform(2000 + u64::from(case)), 40);
        let warmer =
            cool.knots().iter().enumerate().map(|(i, t)| t + 3.0 * stream.unit(case, i as u32)).collect();
        let warm = TemperatureSeries::new(cool.step(), warmer);
        let heat = params(0.2, 10.0 + 300.0 * stream.unit(1000, case));
        let node = NodeHeat { temperature: 10.0 + 20.0 * stream.unit(1001, case), at: SimTime::ZERO };
        let power = Watts(100.0 * stream.unit(1002, case));
        let end = seconds(2700.0 * stream.unit(1003, case));
        let base = node.temperature_at(end, &heat, &cool, power);
        assert!(node.temperature_at(end, &heat, &warm, power) >= base);
        assert!(node.temperature_at(end, &heat, &cool, Watts(power.0 + 5.0)) >= base);
        let threshold = Celsius(32.0);
        if let Some(crossing) = node.crossing_above(&heat, &cool, power, threshold, SimTime::MAX) {
            let earlier = node.crossing_above(&heat, &warm, power, threshold, SimTime::MAX);
            assert!(earlier.is_some_and(|time| time <= crossing), "case {case}");
        }
    }
}

#[test]
fn a_fan_lowers_resistance_and_time_constant_alike() {
    let thermal = Thermal {
        resistance: KelvinPerWatt(0.4),
        time_constant: SimDuration::from_secs(200),
        chassis: None,
        leakage: None,
        throttle: None,
        hardware_slowdown: None,
        shutdown: None,
    };
    let cooling =
        Cooling { resistance_factor: 0.5, rise: Kelvin(4.0), power: Watts(20.0), ..Cooling::default() };
    let heat = HeatParams::of(&thermal, Some(&cooling));
    assert_eq!(heat, HeatParams::new(KelvinPerWatt(0.2), SimDuration::from_secs(100), Kelvin(4.0)));
    let air = TemperatureSeries::constant(Celsius(20.0));
    assert_eq!(NodeHeat::ambient(SimTime::ZERO, &heat, &air).temperature, 24.0);
}

/// Where the air hardly rises, rounding is worth more than the tolerance of the root; it must be found all the same.
#[test]
fn slow_rises_are_found() {
    for i in 0..400 {
        let slope = 1e-9 * f64::from(1 + i % 20);
        let knots: Vec<f64> = (0..100).map(|k| 40.0 + slope * 3600.0 * f64::from(k)).collect();
        let air = TemperatureSeries::new(SimDuration::from_secs(3600), knots);
        let params = HeatParams::new(KelvinPerWatt(0.1), SimDuration::from_secs(360), Kelvin(0.0));
        let end = SimTime::ZERO + SimDuration::from_secs(3600 * 99);
        let heat = NodeHeat { temperature: 82.97 - 0.001 * f64::from(i), at: SimTime::ZERO };
        let level = Celsius(83.0 + slope * 3600.0 * (0.3 + f64::from(i) / 7.0) - slope * 360.0);
        let at = heat.crossing_above(&params, &air, Watts(430.0), level, end).expect("the air gets there");
        let found = heat.temperature_at(at, &params, &air, Watts(430.0));
        assert!(found >= level, "{found} below {level} at {at}");
    }
}
