//! The laws, and what they come to along a course: sums where the law allows them, points of quadrature where not.

use crate::quantity::Celsius;
use crate::scenario::spec::{Acceleration, AccelerationLaw};
use crate::world::thermal::{Relaxation, phi1};

/// The constant of Boltzmann, in electronvolts per kelvin.
pub const BOLTZMANN: f64 = 8.617_333_262e-5;
/// Zero degrees Celsius, in kelvins.
const ICE: f64 = 273.15;
/// A term this small beside the first ends the sum.
pub(super) const NEGLIGIBLE: f64 = 1e-16;

/// A law of acceleration with what does not change computed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Law {
    /// The logarithm per kelvin, and the reference.
    PerKelvin(f64, f64),
    /// E/k, and one over the reference in kelvins.
    Arrhenius(f64, f64),
}

impl Law {
    pub fn of(acceleration: &Acceleration) -> Self {
        match acceleration.law {
            AccelerationLaw::Per10K(factor) => {
                Self::PerKelvin(libm::log(factor) * 0.1, acceleration.reference.0)
            }
            AccelerationLaw::Arrhenius(energy) => {
                Self::Arrhenius(energy / BOLTZMANN, 1.0 / (acceleration.reference.0 + ICE))
            }
        }
    }

    /// As [`Acceleration::factor`].
    #[inline]
    pub fn factor(self, temperature: Celsius) -> f64 {
        match self {
            Self::PerKelvin(slope, reference) => libm::exp(slope * (temperature.0 - reference)),
            Self::Arrhenius(energy, reference) => {
                libm::exp(energy * (reference - 1.0 / (temperature.0 + ICE).max(1.0)))
            }
        }
    }

    /// Its second derivative over itself.
    #[inline]
    pub fn bend(self, temperature: Celsius) -> f64 {
        match self {
            Self::PerKelvin(slope, _) => slope * slope,
            Self::Arrhenius(energy, _) => {
                let kelvin = (temperature.0 + ICE).max(1.0);
                let slope = energy / (kelvin * kelvin);
                slope * (slope - 2.0 / kelvin)
            }
        }
    }
}

/// `∫ e^(s (m u + A e^(−u/τ))) du` from 0 to `seconds`.
pub(super) fn summed(course: &Relaxation, slope: f64, seconds: f64, tau: f64) -> f64 {
    seconds * phi1(slope * course.slope * seconds) + jumps(course, slope, seconds, tau)
}

/// What of that is due to A, term by term.
pub(super) fn jumps(course: &Relaxation, slope: f64, seconds: f64, tau: f64) -> f64 {
    let (drift, gap) = (slope * course.slope, slope * course.gap);
    let (mut grown, left) = (libm::exp(drift * seconds), libm::exp(-seconds / tau));
    let (mut weight, mut rate, mut sum) = (1.0, drift, 0.0);
    for order in 1..64 {
        weight *= gap / f64::from(order);
        if weight.abs() < NEGLIGIBLE {
            break;
        }
        grown *= left;
        rate -= 1.0 / tau;
        // Air that warms by as much as makes up for the decay.
        let near = (rate * seconds).abs() < 1e-3;
        sum += weight * if near { seconds * phi1(rate * seconds) } else { (grown - 1.0) / rate };
    }
    sum
}

/// Places and weights of Gauss–Legendre quadrature on the unit interval.
pub(super) const TWO_POINTS: [(f64, f64); 2] =
    [(0.211_324_865_405_187_1, 0.5), (0.788_675_134_594_812_9, 0.5)];
pub(super) const FOUR_POINTS: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
    (0.330_009_478_207_571_9, 0.326_072_577_431_273_07),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
];

/// The same with five points, between −1 and 1.
pub(super) const FIVE_POINTS: [(f64, f64); 5] = [
    (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
    (0.906_179_845_938_664, 0.236_926_885_056_189_08),
];
