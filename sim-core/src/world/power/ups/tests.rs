use super::*;
use crate::kernel::{Dist, Process, Streams};
use crate::quantity::Celsius;
use crate::scenario::spec::{Outages, Peukert, PowerDomain};
use crate::world::power::OutageProcess;

const HOUR: f64 = 3600.0;

fn seconds(t: f64) -> SimTime {
    SimTime::from_secs_f64(t)
}

fn ups(energy: f64, recharge: Option<f64>) -> UpsParams {
    UpsParams::of(&spec(energy, recharge))
}

fn spec(energy: f64, recharge: Option<f64>) -> Ups {
    Ups {
        energy: Joules(energy),
        power: Some(Watts(500.0)),
        recharge: recharge.map(Watts),
        efficiency: 0.8,
        hidden_failure: 0.1,
        peukert: None,
        standby: Watts(0.0),
        transfer: None,
        corrects_sags: true,
        ageing: None,
        death: None,
        self_test: None,
    }
}

#[test]
fn peukert_shortens_at_high_rates() {
    let law = Peukert { exponent: 1.2, rated_time: SimDuration::from_secs(20 * 3600) };
    let params = UpsParams::of(&Ups { efficiency: 0.85, peukert: Some(law), ..spec(108.0 * HOUR, None) });
    let battery = Battery::full(&params, SimTime::ZERO);
    // 9 Ah at 12 V and 60 W, 30 W: 54.9003 and 126.1278 minutes.
    for (load, minutes) in [(60.0, 54.9003316783), (30.0, 126.127841375)] {
        let span = battery.empties_after(Watts(load), &params).expect("it is drained").as_secs_f64() / 60.0;
        assert!((span - minutes).abs() < 1e-6, "{load} W: {span} min");
    }
    // In the rated time it gives what is written on it.
    let rated = Watts(108.0 / 20.0 * 0.85);
    let span = battery.empties_after(rated, &params).expect("it is drained").as_secs_f64() / HOUR;
    assert!((span - 20.0).abs() < 1e-6, "{span} h");
    assert_eq!(battery.empties_after(Watts(0.0), &params), None);
}

#[test]
fn a_battery_ages_by_the_integral_of_its_temperature() {
    let ageing = Ageing { life: SimDuration::from_secs(1000 * 3600), per_10_kelvin: 2.0 };
    let mild = AgeingTable::new(&ageing, &TemperatureSeries::constant(Celsius(25.0)));
    let hot = AgeingTable::new(&ageing, &TemperatureSeries::constant(Celsius(35.0)));
    assert!((mild.used_until(seconds(500.0 * HOUR)) / HOUR - 500.0).abs() < 1e-9);
    assert!((hot.used_until(seconds(500.0 * HOUR)) / HOUR - 1000.0).abs() < 1e-9);
    assert!((mild.capacity_after(500.0 * HOUR) - 0.9).abs() < 1e-12);
    assert_eq!(mild.capacity_after(1e9 * HOUR), LEAST_CAPACITY);
    // A ramp, against a fine sum.
    let knots: Vec<f64> = vec![10.0, 40.0, 40.0, 15.0];
    let ramp = TemperatureSeries::new(SimDuration::from_secs(7200), knots);
    let table = AgeingTable::new(&ageing, &ramp);
    let mut sum = 0.0;
    let mut from = 0.0;
    for until in [1000.0, 7200.0, 10_000.0, 21_600.0, 40_000.0] {
        let steps = 20_000;
        let step = (until - from) / f64::from(steps);
        for i in 0..steps {
            let t = ramp.at(seconds(from + (f64::from(i) + 0.5) * step)).0;
            sum += step * libm::exp(libm::log(2.0) * (t - 25.0) / 10.0);
        }
        from = until;
        let used = table.used_until(seconds(until));
        assert!((used / sum - 1.0).abs() < 1e-6, "until {until}: {used}, {sum}");
    }
}

/// Air that relaxes on top of a series, against a fine sum; and a constant on top of the known series, against the table.
#[test]
fn a_battery_ages_by_air_that_relaxes() {
    let ageing = Ageing { life: SimDuration::from_secs(1000 * 3600), per_10_kelvin: 2.0 };
    let knots: Vec<f64> = (0..100).map(|i| 20.0 + 8.0 * libm::sin(f64::from(i))).collect();
    let series = TemperatureSeries::new(SimDuration::from_secs(3600), knots);
    let table = AgeingTable::new(&ageing, &series);
    let (from, to) = (seconds(5000.0), seconds(300_000.0));
    let steady = Inlet::steady(&series, crate::quantity::Kelvin(7.0));
    let known = table.used_until(to) - table.used_until(from);
    assert!((table.exposure(&steady, from, to) / (libm::exp2(0.7) * known) - 1.0).abs() < 1e-12);
    // The same numbers in another place are no longer known.
    let other = TemperatureSeries::new(SimDuration::from_secs(3600), series.knots().to_vec());
    let steady = Inlet::steady(&other, crate::quantity::Kelvin(7.0));
    assert!((table.exposure(&steady, from, to) / (libm::exp2(0.7) * known) - 1.0).abs() < 1e-12);
    let moving = Inlet { waves: [(-12.0, -1.0 / 900.0), (5.0, -1.0 / 36_000.0)], at: from, ..steady };
    let (mut sum, step) = (0.0, 0.5);
    for i in 0..590_000 {
        let air = moving.value(seconds(5000.0 + (f64::from(i) + 0.5) * step));
        sum += step * libm::exp(libm::log(2.0) * (air - 25.0) / 10.0);
    }
    let found = table.exposure(&moving, from, to);
    assert!((found / sum - 1.0).abs() < 1e-5, "{found}, {sum}");
}

#[test]
fn drains_and_charges_at_constant_power() {
    let params = ups(1000.0, Some(5.0));
    let mut battery = Battery::full(&params, SimTime::ZERO);
    assert_eq!(battery.empties_after(Watts(8.0), &params), Some(SimDuration::from_secs(100)));
    assert_eq!(battery.empties_after(Watts(0.0), &params), None);
    assert_eq!(battery.charging_power(&params), Watts(0.0));
    battery.advance(seconds(40.0), BatteryUse::Carry(Watts(8.0)), &params);
    assert_eq!(battery.charge, Joules(600.0));
    assert_eq!(battery.full_after(&params), Some(SimDuration::from_secs(80)));
    assert_eq!(battery.charging_power(&params), Watts(5.0));
    battery.advance(seconds(60.0), BatteryUse::Charge, &params);
    assert_eq!(battery.charge, Joules(700.0));
    battery.advance(seconds(100.0), BatteryUse::Rest, &params);
    assert_eq!(battery, Battery { charge: Joules(700.0), at: seconds(100.0) });
    battery.advance(seconds(1000.0), BatteryUse::Charge, &params);
    assert_eq!(battery.charge, params.energy);
    assert_eq!(battery.full_after(&params), Some(SimDuration::ZERO));
    let span = battery.empties_after(Watts(300.0), &params).unwrap();
    battery.advance(battery.at + span, BatteryUse::Carry(Watts(300.0)), &params);
    assert_eq!(battery.charge, Joules(0.0));
}

#[test]
fn without_charging_power_it_is_full_at_once() {
    let params = ups(1000.0, None);
    let mut battery = Battery { charge: Joules(1.0), at: SimTime::ZERO };
    assert_eq!(battery.full_after(&params), Some(SimDuration::ZERO));
    battery.advance(SimTime::ZERO, BatteryUse::Charge, &params);
    assert_eq!(battery.charge, params.energy);
    let dead_charger = ups(1000.0, Some(0.0));
    let battery = Battery { charge: Joules(1.0), at: SimTime::ZERO };
    assert_eq!(battery.full_after(&dead_charger), None);
}

#[test]
fn overload_is_not_carried() {
    assert!(ups(1000.0, None).carries(Watts(500.0)));
    assert!(!ups(1000.0, None).carries(Watts(500.1)));
}

#[test]
fn a_tenth_of_calls_finds_a_dead_battery() {
    let stream = Streams::new(1, 0).stream(Process::UpsFailure, 0);
    let params = ups(1000.0, None);
    let failures =
        (0..100_000).filter(|&i| params.fails_when_called(&stream, i % 100, i / 100)).count() as f64;
    // The standard deviation of the count is 95.
    assert!((failures - 10_000.0).abs() < 5.0 * 95.0, "{failures}");
}

#[test]
fn a_bigger_battery_never_empties_sooner() {
    let stream = Streams::new(2, 0).stream(Process::UpsFailure, 1);
    let (small, big) = (ups(50_000.0, Some(20.0)), ups(60_000.0, Some(20.0)));
    let mut batteries = [Battery::full(&small, SimTime::ZERO), Battery::full(&big, SimTime::ZERO)];
    let mut now = SimTime::ZERO;
    for i in 0..2000 {
        let load = Watts(400.0 * stream.unit(0, i));
        let left = |battery: &Battery, params| battery.empties_after(load, params).unwrap();
        assert!(left(&batteries[1], &big) >= left(&batteries[0], &small));
        let doing = if i % 2 == 0 { BatteryUse::Carry(load) } else { BatteryUse::Charge };
        now += SimDuration::from_secs_f64(stream.unit(1, i) * if i % 2 == 0 { 300.0 } else { 4000.0 });
        batteries[0].advance(now, doing, &small);
        batteries[1].advance(now, doing, &big);
    }
}

/// What a site sees over many cycles of the grid.
#[derive(Default)]
struct Seen {
    cycles: f64,
    interruptions: f64,
    /// Hours, per cycle and squared, for the standard error.
    down: f64,
    down_squared: f64,
    hours: f64,
    grid_down: f64,
    full: f64,
}

/// Runs a load of 100 W through `cycles` of grid up and down.
fn run(params: &UpsParams, up: f64, down: &Dist, cycles: u32, seed: u64) -> Seen {
    let kind = Outages {
        up: Dist::Exponential { mean: up * HOUR },
        down: down.clone(),
        shared_by: PowerDomain::Site,
        up_in_storm: None,
    };
    let stream = Streams::new(seed, 0).stream(Process::GridOutage, 0);
    let load = Watts(100.0);
    let mut seen = Seen::default();
    // A run of centuries does not fit into integer nanoseconds: each 250 cycles are another domain from zero.
    for domain in 0..cycles / 250 {
        let mut process = OutageProcess::new(domain);
        let mut battery = Battery::full(params, SimTime::ZERO);
        for _ in 0..250 {
            let outage = process.next_down(battery.at, &kind, &stream, &[]);
            let full = battery.at.saturating_add(battery.full_after(params).unwrap());
            seen.full += outage.since(full).as_secs_f64() / HOUR;
            let begin = battery.at;
            battery.advance(outage, BatteryUse::Charge, params);
            let restored = process.next_up(outage, &kind, &stream);
            let empty = outage.saturating_add(battery.empties_after(load, params).unwrap());
            let down = restored.since(empty).as_secs_f64() / HOUR;
            seen.interruptions += f64::from(u8::from(empty < restored));
            seen.down += down;
            seen.down_squared += down * down;
            seen.grid_down += restored.since(outage).as_secs_f64() / HOUR;
            battery.advance(restored, BatteryUse::Carry(load), params);
            seen.hours += restored.since(begin).as_secs_f64() / HOUR;
            seen.cycles += 1.0;
        }
    }
    seen
}

/// A UPS that carries the 100 W of [`run`] for `runtime` hours, and charges `recharge` hours of it in an hour.
fn runtime(runtime: f64, recharge: Option<f64>) -> UpsParams {
    UpsParams {
        energy: Joules(100.0 * runtime * HOUR),
        power: Watts(f64::INFINITY),
        recharge: recharge.map(|rate| Watts(100.0 * rate)),
        efficiency: 1.0,
        hidden_failure: 0.0,
        peukert: None,
    }
}

/// Runtime in hours; probability that an outage outlasts it, interruptions and hours down per year of 8760 h.
type RideThrough = (f64, f64, f64, f64);

fn ride_through(rate: f64, down: &Dist, cases: &[RideThrough]) {
    for (seed, &(hours, exceeds, interruptions, down_hours)) in cases.iter().enumerate() {
        let seen = run(&runtime(hours, None), 8760.0 / rate, down, 200_000, seed as u64);
        let n = seen.cycles;
        let share_error = (exceeds * (1.0 - exceeds) / n).sqrt();
        assert!((seen.interruptions / n - exceeds).abs() <= 4.0 * share_error, "P(D > {hours} h)");
        let cycle = seen.hours / n;
        // The length of a cycle is that of an exponential to within a percent, so its relative error is 1/√n.
        let per_year = seen.interruptions / n * 8760.0 / cycle;
        let error = 4.0 * (share_error / exceeds + (1.0 / n).sqrt());
        assert!((per_year / interruptions - 1.0).abs() < error, "{hours} h: {per_year} {interruptions}");
        let mean = seen.down / n;
        let mean_error = ((seen.down_squared / n - mean * mean) / n).sqrt() / mean;
        let per_year = mean * 8760.0 / cycle;
        let error = 4.0 * (mean_error + (1.0 / n).sqrt());
        assert!((per_year / down_hours - 1.0).abs() < error, "{hours} h: {per_year} {down_hours} ± {error}");
    }
}

#[test]
fn ride_through_of_exponential_outages() {
    ride_through(
        1.4,
        &Dist::Exponential { mean: 4.0 * HOUR },
        &[
            (0.0, 1.0, 1.3991055946, 5.59642237839),
            (0.1, 0.975309912028, 1.36456155438, 5.45824621754),
            (0.25, 0.939413062813, 1.31433807182, 5.25735228728),
            (4.0, 0.367879441171, 0.51470218428, 2.05880873712),
        ],
    );
}

#[test]
fn ride_through_of_lognormal_outages() {
    ride_through(
        1.4,
        &Dist::Lognormal { median: 1.5 * HOUR, sigma: 1.4 },
        &[
            (0.0, 1.0, 1.3991063355, 5.59178641314),
            (0.1, 0.973463198743, 1.36197852874, 5.45319785516),
            (1.0, 0.613945727433, 0.858975356907, 4.47810218625),
            (4.0, 0.241778735205, 0.338274160215, 2.88464626401),
        ],
    );
    ride_through(
        25.0,
        &Dist::Lognormal { median: 0.05 * HOUR, sigma: 1.8 },
        &[
            (0.0, 1.0, 24.9819868385, 6.31181178911),
            (0.25, 0.185625588437, 4.63729600723, 4.00056378281),
            (1.0, 0.0480266749013, 1.19980176028, 2.29676822496),
            (4.0, 0.00745702970443, 0.18629141793, 0.914150185006),
        ],
    );
}

#[test]
fn ride_through_of_weibull_outages() {
    ride_through(
        10.0,
        &Dist::Weibull { scale: 0.5 * HOUR, shape: 0.6 },
        &[
            (0.0, 1.0, 9.991419609, 7.51642251827),
            (0.1, 0.68336183424, 6.82775483067, 6.72515760708),
            (0.25, 0.516978518624, 5.16534930841, 5.83893641859),
            (4.0, 0.0307396399656, 0.307132641526, 0.692421993771),
        ],
    );
}

/// Mean up, mean down, runtime in hours, recharge in hours of runtime per hour; probability of being down, drops per
/// year, probability of a full battery, unavailability of the grid.
const FLUID: [([f64; 4], [f64; 4]); 2] = [
    ([20.0, 1.0, 0.5, 0.125], [0.0300796585172, 263.497808611, 0.812065839566, 0.047619047619]),
    ([500.0, 4.0, 4.0, 0.25], [0.00295405735086, 6.46938559838, 0.972133689721, 0.00793650793651]),
];

#[test]
fn finite_recharge_is_the_fluid_queue() {
    for ([up, down, hours, rate], [down_share, drops, full, grid]) in FLUID {
        let params = runtime(hours, Some(rate));
        let seen = run(&params, up, &Dist::Exponential { mean: down * HOUR }, 600_000, 42);
        let relative = |found: f64, expected: f64, bound: f64| {
            assert!((found / expected - 1.0).abs() < bound, "found {found}, expected {expected}");
        };
        // Each bound is four standard errors or more at this number of cycles.
        relative(seen.down / seen.hours, down_share, 0.014);
        relative(seen.interruptions / seen.hours * 8760.0, drops, 0.01);
        relative(seen.full / seen.hours, full, 0.003);
        relative(seen.grid_down / seen.hours, grid, 0.008);
    }
}
