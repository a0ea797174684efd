use super::course::Die;
use super::*;
use crate::quantity::Kelvin;
use crate::quantity::KelvinPerWatt;
use crate::scenario::spec::{Chassis, Leakage};
use crate::world::thermal::{Side, TemperatureSeries};

fn seconds(t: f64) -> SimTime {
    SimTime::from_secs_f64(t)
}

fn thermal(chassis: bool, per_kelvin: f64) -> Thermal {
    Thermal {
        resistance: KelvinPerWatt(0.25),
        time_constant: SimDuration::from_secs(90),
        chassis: chassis
            .then(|| Chassis { resistance: KelvinPerWatt(0.1), time_constant: SimDuration::from_secs(700) }),
        leakage: Some(Leakage { per_kelvin, reference: Celsius(60.0) }),
        throttle: None,
        hardware_slowdown: None,
        shutdown: None,
    }
}

/// Weather of a rough day, with a kink every ten minutes.
fn rough() -> TemperatureSeries {
    let knots = (0..150).map(|i| {
        let i = f64::from(i);
        24.0 + 9.0 * libm::sin(0.05 * i) + 2.5 * libm::sin(1.7 * i) + f64::from(i as i32 % 5)
    });
    TemperatureSeries::new(SimDuration::from_secs(600), knots.collect())
}

fn inlet(air: &TemperatureSeries, waves: [(f64, f64); 2]) -> Inlet<'_> {
    Inlet { air, offset: 3.0, waves, at: SimTime::ZERO }
}

/// The fourth-order Runge–Kutta reference with small steps.
fn reference(
    masses: &Masses,
    inlet: &Inlet<'_>,
    power: Watts,
    start: MassState,
    length: f64,
) -> (MassState, f64, f64) {
    const STEP: f64 = 0.5;
    let slope = |at: f64, die: f64, chassis: f64| {
        let air = inlet.value(seconds(at));
        let heat = masses.power_at(power, Celsius(die)).0;
        match masses.chassis {
            None => ((heat - (die - air) / masses.to_air) / masses.die, 0.0),
            Some((capacity, joint)) => {
                let flow = (die - chassis) / joint;
                ((heat - flow) / masses.die, (flow - (chassis - air) / masses.to_air) / capacity)
            }
        }
    };
    let (mut die, mut chassis, mut sum, mut highest) = (start.die, start.chassis, 0.0, start.die);
    for index in 0..(length / STEP) as u32 {
        let at = f64::from(index) * STEP;
        let a = slope(at, die, chassis);
        let b = slope(at + 0.5 * STEP, die + 0.5 * STEP * a.0, chassis + 0.5 * STEP * a.1);
        let c = slope(at + 0.5 * STEP, die + 0.5 * STEP * b.0, chassis + 0.5 * STEP * b.1);
        let d = slope(at + STEP, die + STEP * c.0, chassis + STEP * c.1);
        let before = die;
        die += STEP / 6.0 * (a.0 + 2.0 * b.0 + 2.0 * c.0 + d.0);
        chassis += STEP / 6.0 * (a.1 + 2.0 * b.1 + 2.0 * c.1 + d.1);
        sum += 0.5 * STEP * (before + die) + STEP * STEP / 12.0 * (a.0 - d.0);
        highest = f64::max(highest, die);
    }
    if masses.chassis.is_none() {
        chassis = die;
    }
    (MassState { die, chassis, at: seconds(length) }, sum, highest)
}

/// Masses with and without chassis and leakage, waves with and without resonance.
fn cases() -> Vec<(Masses, [(f64, f64); 2])> {
    let mut cases = Vec::new();
    for chassis in [false, true] {
        for leakage in [0.0, 0.006] {
            let masses = Masses::of(&thermal(chassis, leakage), 1.0);
            let resonant = masses.slowest(Watts(180.0));
            for waves in
                [[(0.0, 0.0); 2], [(-9.0, -1.0 / 600.0), (6.0, -1e-5)], [(12.0, resonant), (0.0, 0.0)]]
            {
                cases.push((masses, waves));
            }
        }
    }
    cases
}

#[test]
fn advancing_agrees_with_small_steps() {
    let air = rough();
    for (case, (masses, waves)) in cases().into_iter().enumerate() {
        let inlet = inlet(&air, waves);
        let start = MassState { die: 35.0, chassis: 30.0, at: SimTime::ZERO };
        let power = Watts(180.0);
        let (expected, sum, highest) = reference(&masses, &inlet, power, start, 20_000.0);
        let mut whole = start;
        let integral = whole.advance(seconds(20_000.0), &masses, &inlet, power);
        assert!((whole.die - expected.die).abs() < 1e-6, "case {case}: {whole:?} {expected:?}");
        assert!((whole.chassis - expected.chassis).abs() < 1e-6, "case {case}: {whole:?} {expected:?}");
        assert!((integral - sum).abs() < 1e-6 * sum, "case {case}: {integral} {sum}");
        let mut stepped = start;
        let mut parts = 0.0;
        for stop in [1.0, 700.0, 701.3, 5_000.0, 19_999.5, 20_000.0] {
            parts += stepped.advance(seconds(stop), &masses, &inlet, power);
        }
        assert!(
            (stepped.die - whole.die).abs() < 1e-9 && (parts - integral).abs() < 1e-7 * sum,
            "case {case}"
        );
        let peak = start.max_until(seconds(20_000.0), &masses, &inlet, power, Celsius(-50.0)).0;
        assert!((peak - highest).abs() < 1e-3, "case {case}: {peak} {highest}");
    }
}

#[test]
fn the_first_crossing_is_that_of_small_steps() {
    let air = rough();
    let power = Watts(180.0);
    for (case, (masses, waves)) in cases().into_iter().enumerate() {
        let inlet = inlet(&air, waves);
        for (side, from, levels) in
            [(Side::Above, 25.0, [60.0, 75.0, 90.0, 98.0]), (Side::Below, 160.0, [110.0, 100.0, 90.0, 80.0])]
        {
            let start = MassState { die: from, chassis: from, at: SimTime::ZERO };
            for level in levels {
                let found = start.crossing(&masses, &inlet, power, (side, Celsius(level)), seconds(60_000.0));
                let past = |state: &MassState| match side {
                    Side::Above => state.die >= level,
                    Side::Below => state.die <= level,
                };
                let (mut state, mut scan) = (start, None);
                for t in 1..60_000 {
                    state.advance(seconds(f64::from(t)), &masses, &inlet, power);
                    if past(&state) {
                        scan = Some(f64::from(t));
                        break;
                    }
                }
                match (found, scan) {
                    (Some(at), Some(scan)) => {
                        let at = at.since(SimTime::ZERO).as_secs_f64();
                        assert!(at <= scan && at > scan - 1.0, "case {case}, {level}: {at} {scan}");
                    }
                    // A touch between two steps of the scan.
                    (Some(at), None) => assert!(past(&start.at(at, &masses, &inlet, power))),
                    (None, scan) => assert_eq!(scan, None, "case {case}, level {level}"),
                }
            }
        }
    }
}

/// Whatever is drawn up to some power, no crossing comes before the moment that is said for it.
#[test]
fn nothing_is_reached_before_the_moment_that_is_said() {
    let air = rough();
    let (mut never, mut later, mut close) = (0, 0, 0);
    for (masses, waves) in cases() {
        let inlet = inlet(&air, waves);
        for (begin, die, chassis) in [(0.0, 30.0, 30.0), (4_000.0, 70.0, 35.0), (9_321.0, 58.0, 62.0)] {
            let start = MassState {
                die,
                chassis: if masses.chassis.is_some() { chassis } else { die },
                at: seconds(begin),
            };
            for level in (40..140).step_by(4).map(f64::from) {
                let said = start.not_before(&masses, &inlet, Watts(180.0), Celsius(level));
                for power in [0.0, 120.0, 180.0] {
                    let goal = (Side::Above, Celsius(level));
                    let at = start.crossing(&masses, &inlet, Watts(power), goal, seconds(90_000.0));
                    match (said, at) {
                        (None, at) => assert_eq!(at, None, "{level}"),
                        (Some(said), Some(at)) => {
                            assert!(said <= at, "{level}: {said} {at}");
                            close += u32::from(
                                2 * said.since(start.at).as_nanos() > at.since(start.at).as_nanos(),
                            );
                        }
                        _ => {}
                    }
                    never += u32::from(said.is_none());
                    later += u32::from(said.is_some_and(|said| said > start.at));
                }
            }
        }
    }
    assert!(never > 100 && later > 100 && close > 100, "{never} {later} {close}");
}

#[test]
fn a_loop_gain_of_one_or_more_runs_away() {
    let air = TemperatureSeries::constant(Celsius(40.0));
    let mut hot = thermal(false, 0.012);
    hot.resistance = KelvinPerWatt(0.5);
    let inlet = Inlet::steady(&air, Kelvin(0.0));
    let start = MassState { die: 40.0, chassis: 40.0, at: SimTime::ZERO };
    for power in [250.0, 1.0 / (0.5 * 0.012)] {
        let masses = Masses::of(&hot, 1.0);
        let limit = (Side::Above, Celsius(500.0));
        let at = start.crossing(&masses, &inlet, Watts(power), limit, seconds(1e6)).expect("it runs away");
        let (expected, ..) =
            reference(&masses, &inlet, Watts(power), start, at.since(SimTime::ZERO).as_secs_f64());
        assert!((expected.die - 500.0).abs() < 5.0, "{power}: {expected:?}");
        let mut state = start;
        let sum = state.advance(at, &masses, &inlet, Watts(power));
        let mean = sum / at.since(SimTime::ZERO).as_secs_f64();
        assert!(mean > 40.0 && mean < 500.0, "{power}: {mean}");
    }
}

#[test]
fn one_mass_without_leakage_is_the_lumped_node() {
    let air = rough();
    let masses = Masses::of(&Thermal { leakage: None, ..thermal(false, 0.0) }, 0.8);
    let inlet = Inlet::steady(&air, Kelvin(2.0));
    let params = super::super::HeatParams::new(KelvinPerWatt(0.2), SimDuration::from_secs(72), Kelvin(2.0));
    let mut lumped = super::super::NodeHeat { temperature: 31.0, at: SimTime::ZERO };
    let mut state = MassState { die: 31.0, chassis: 31.0, at: SimTime::ZERO };
    for stop in [10.0, 900.0, 40_000.0] {
        lumped.advance(seconds(stop), &params, &air, Watts(150.0));
        state.advance(seconds(stop), &masses, &inlet, Watts(150.0));
        assert!((lumped.temperature - state.die).abs() < 1e-10);
    }
    assert!(masses.stays_below(Celsius(40.0), Watts(150.0), Celsius(71.0)));
    assert!(!masses.stays_below(Celsius(40.0), Watts(150.0), Celsius(69.0)));
}

/// A course as a sum is the course, and every bound on how far it is from its chord holds.
#[test]
fn a_sum_is_the_course_and_its_bounds_hold() {
    let air = rough();
    let mut sums = 0;
    for (chassis, per_kelvin, power, waves) in [
        (true, 0.004, 300.0, [(4.0, -1e-3), (-2.0, -2e-4)]),
        (true, 0.0, 40.0, [(0.0, 0.0), (0.0, 0.0)]),
        (false, 0.004, 120.0, [(-3.0, -5e-3), (1.0, -1e-5)]),
        // As quick as the node itself.
        (false, 0.0, 120.0, [(-3.0, -1.0 / (1.3 * 90.0)), (1.0, -1e-5)]),
    ] {
        let masses = Masses::of(&thermal(chassis, per_kelvin), 1.3);
        let inlet = inlet(&air, waves);
        let start = MassState { die: 71.0, chassis: if chassis { 40.0 } else { 71.0 }, at: seconds(777.0) };
        let amplitudes = inlet.amplitudes(start.at);
        let course = masses.eigen(Watts(power)).course(&start, &air.segment(start.at), &inlet, amplitudes);
        let die = Die::of(course);
        sums += u32::from(matches!(die, Die::Sum(_)));
        let at = |u: f64| course.value(&course.point(u));
        for u in [0.0, 0.003, 1.0, 17.0, 90.0, 423.0] {
            let after = die.after(SimDuration::from_secs_f64(u));
            assert!((after - at(u)).abs() < 1e-9, "{u} s: {after} {}", at(u));
        }
        let Die::Sum(sum) = die else { continue };
        for (from, length) in [(0.0, 423.0), (0.0, 20.0), (30.0, 300.0), (100.0, 3.0)] {
            let begin = sum.point(from);
            let bound = sum.sag(&begin, length).min(sum.bend(&begin, length) * length * length / 8.0);
            let (first, last) = (at(from), at(from + length));
            for part in (1..40).map(|part| f64::from(part) / 40.0) {
                let off = at(from + part * length) - (first + part * (last - first));
                assert!(off.abs() <= bound + 1e-9, "{off} of {bound} from {from} for {length} s");
            }
            let (near, far) = (sum.point(from + 1e-3), sum.point(from + 2e-3));
            let rise = (sum.value(&far) - sum.value(&begin)) / 2e-3;
            assert!((rise - sum.slope(&near)).abs() < 1e-6 * (1.0 + rise.abs()), "{rise}");
            let bend = (sum.slope(&far) - sum.slope(&begin)) / 2e-3;
            assert!((bend - sum.curvature(&near)).abs() < 1e-6 * (1.0 + bend.abs()), "{bend}");
        }
    }
    assert_eq!(sums, 3);
}

/// What has driven one node drives others like it, to the bit, whatever they began from.
#[test]
fn what_drives_one_node_drives_all_like_it() {
    let air = rough();
    let inlet = inlet(&air, [(4.0, -1e-3), (-2.0, -2e-4)]);
    for chassis in [true, false] {
        let masses = Masses::of(&thermal(chassis, 0.004), 1.0);
        let power = Watts(180.0);
        let mut shared = masses.driven(&inlet, power);
        let now = seconds(20_000.0);
        for (from, die, case) in
            [(12_345.6, 71.0, 40.0), (12_345.6, 30.0, 29.0), (17_000.1, 55.0, 50.0), (12_345.6, 90.0, 60.0)]
        {
            let start = MassState { die, chassis: if chassis { case } else { die }, at: seconds(from) };
            let mut fresh = masses.driven(&inlet, power);
            let (mut one, mut other) = (start, start);
            assert_eq!(shared.jump(&start), fresh.jump(&start));
            assert_eq!(one.follow(now, &mut shared), other.follow(now, &mut fresh));
            assert_eq!((one, shared.left(start.at, now)), (other, fresh.left(start.at, now)));
            let floor = Celsius(die - 1.0);
            assert_eq!(
                shared.max_until(&start, now, floor),
                start.max_until(now, &masses, &inlet, power, floor)
            );
        }
    }
}
