//! Laws, sums and quadratures against small steps, tables against walks.

use super::*;
use crate::quantity::{Kelvin, KelvinPerWatt};
use crate::scenario::spec::AccelerationLaw;

const HOUR: u64 = 3600;

fn law(law: AccelerationLaw) -> Acceleration {
    Acceleration { law, reference: Celsius(25.0) }
}

fn at(seconds: u64) -> SimTime {
    SimTime::from_nanos(seconds * 1_000_000_000)
}

/// Air that goes up and down by 10 K in a day, in hourly knots.
fn air(days: u64) -> TemperatureSeries {
    let knot = |hour: u64| 20.0 + 10.0 * libm::sin(std::f64::consts::TAU * hour as f64 / 24.0);
    TemperatureSeries::new(SimDuration::from_secs(HOUR), (0..=24 * days).map(knot).collect())
}

fn ageing(law: Acceleration, powers: &[Watts]) -> Ageing {
    let params = HeatParams::new(KelvinPerWatt(0.25), SimDuration::from_secs(600), Kelvin(2.0));
    Ageing::new(law, params, air(30), at(30 * 24 * HOUR), powers)
}

#[test]
fn factors_are_those_of_the_laws() {
    let twice = law(AccelerationLaw::Per10K(2.0));
    assert!((twice.factor(Celsius(45.0)) - 4.0).abs() < 1e-12);
    assert!((twice.factor(Celsius(25.0)) - 1.0).abs() < 1e-15);
    let arrhenius = law(AccelerationLaw::Arrhenius(0.7));
    assert!((arrhenius.factor(Celsius(45.0)) / 5.544_065_246_49 - 1.0).abs() < 1e-9);
}

#[test]
fn quadrature_agrees_with_a_fine_step() {
    for law in [law(AccelerationLaw::Per10K(2.0)), law(AccelerationLaw::Arrhenius(0.9))] {
        let ageing = ageing(law, &[]);
        for power in [0.0, 60.0, 200.0] {
            let heat = ageing.ambient(at(5000));
            for span in [3, 40, 500, 5000, 50_000] {
                let (mut fine, mut now) = (0.0, heat);
                let steps = 20_000_u64;
                for step in 1..=steps {
                    // Midpoint rule.
                    let middle = heat.at.as_nanos() + span * 1_000_000_000 * (2 * step - 1) / (2 * steps);
                    let middle = SimTime::from_nanos(middle);
                    now.advance(middle, &ageing.params, &ageing.air, Watts(power));
                    fine += ageing.factor(Celsius(now.temperature)) * span as f64 / steps as f64;
                }
                let found = ageing.exposure(&heat, Watts(power), at(5000 + span));
                assert!((found / fine - 1.0).abs() < 1e-6, "{power} W, {span} s: {found} {fine}");
            }
        }
    }
}

/// Sums and quadratures say the same, and small steps say so too.
#[test]
fn a_jump_adds_what_small_steps_add() {
    for law in [law(AccelerationLaw::Per10K(2.0)), law(AccelerationLaw::Arrhenius(0.7))] {
        let ageing = ageing(law, &[]);
        for (jump, left) in [(25.0, 0.0), (-25.0, 0.3), (0.4, 0.9), (60.0, 0.5), (-8.0, 1e-6)] {
            let (base, steps) = (45.0, 200_000_u32);
            let width = (1.0 - left) / f64::from(steps);
            let fine: f64 = (0..steps)
                .map(|step| {
                    let x = left + width * (f64::from(step) + 0.5);
                    let factor = |above: f64| law.factor(Celsius(base + above));
                    width * (factor(jump * x) - factor(0.0)) / x
                })
                .sum();
            let found = ageing.of_jump(Celsius(base), jump, left);
            assert!((found / fine - 1.0).abs() < 1e-6, "{jump} K, {left} left: {found} {fine}");
        }
    }
}

/// A sum whose terms would cancel is not taken; what is done instead agrees with small steps as well.
#[test]
fn exposure_after_a_great_jump_agrees_with_small_steps() {
    let ageing = ageing(law(AccelerationLaw::Per10K(2.0)), &[]);
    for start in [-70.0, 10.0, 160.0] {
        let heat = NodeHeat { temperature: start, at: at(5000) };
        for span in [30_u64, 700, 9000] {
            let (mut fine, mut now, steps) = (0.0, heat, 40_000_u64);
            for step in 1..=steps {
                let middle = heat.at.as_nanos() + span * 1_000_000_000 * (2 * step - 1) / (2 * steps);
                now.advance(SimTime::from_nanos(middle), &ageing.params, &ageing.air, Watts(60.0));
                fine += ageing.factor(Celsius(now.temperature)) * span as f64 / steps as f64;
            }
            let found = ageing.exposure(&heat, Watts(60.0), at(5000 + span));
            assert!((found / fine - 1.0).abs() < 2e-6, "{start} C, {span} s: {found} {fine}");
        }
    }
}

#[test]
fn a_track_gives_what_walking_gives() {
    let law = law(AccelerationLaw::Per10K(1.35));
    let power = Watts(40.0);
    let (with, mut without) = (ageing(law, &[power]), ageing(law, &[]));
    without.tracks.clear();
    let heat = with.ambient(at(777));
    for to in [at(800), at(40_000), at(900_000), at(2_500_000), at(2_591_000)] {
        let (a, b) = (with.exposure(&heat, power, to), without.exposure(&heat, power, to));
        assert!((a / b - 1.0).abs() < 1e-7, "{to}: {a} {b}");
        let end = at(30 * 24 * HOUR);
        let found = with.reaches(&heat, power, a, end).expect("it is reached");
        assert!(
            found.since(to).as_nanos() < 100_000_000 && to.since(found).as_nanos() < 100_000_000,
            "{found} {to}"
        );
    }
    assert_eq!(with.reaches(&heat, power, 1e9, at(2_592_000)), None);
}

#[test]
fn the_greatest_factor_bounds_all_others() {
    let ageing = ageing(law(AccelerationLaw::Per10K(2.0)), &[]);
    let heat = ageing.ambient(SimTime::ZERO);
    let bound = ageing.greatest_factor(SimTime::ZERO, Watts(100.0), Celsius(heat.temperature));
    let total = ageing.exposure(&heat, Watts(100.0), at(24 * HOUR));
    assert!(total < bound * 24.0 * 3600.0 && total > 0.2 * bound * 24.0 * 3600.0);
}
