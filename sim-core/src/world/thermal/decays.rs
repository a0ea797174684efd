//! A straight line and exponentials that die away: what rooms and nodes do between two events.

use super::curve::Curve;

/// `value + slope u + Σ aⱼ e^(rⱼ u)`, in degrees Celsius, u in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decays<const N: usize> {
    pub value: f64,
    pub slope: f64,
    /// Amplitudes, and rates that are not positive.
    pub waves: [(f64, f64); N],
}

/// One moment: when, and what is left of each exponential.
#[derive(Clone, Copy)]
pub(super) struct Moment<const N: usize> {
    u: f64,
    left: [f64; N],
}

impl<const N: usize> Curve for Decays<N> {
    type Point = Moment<N>;

    fn point(&self, u: f64) -> Moment<N> {
        let mut left = [0.0; N];
        for (left, (amplitude, rate)) in left.iter_mut().zip(self.waves) {
            // At its beginning, and where there is nothing, it needs no exponential.
            *left = if u == 0.0 || amplitude == 0.0 { amplitude } else { amplitude * libm::exp(rate * u) };
        }
        Moment { u, left }
    }

    fn value(&self, point: &Moment<N>) -> f64 {
        self.value + self.slope * point.u + point.left.iter().sum::<f64>()
    }

    fn slope(&self, point: &Moment<N>) -> f64 {
        self.slope + self.waves.iter().zip(point.left).map(|((_, rate), left)| rate * left).sum::<f64>()
    }

    fn curvature(&self, point: &Moment<N>) -> f64 {
        self.waves.iter().zip(point.left).map(|((_, rate), left)| rate * rate * left).sum()
    }

    fn bend(&self, from: &Moment<N>, _: f64) -> f64 {
        self.waves.iter().zip(from.left).map(|((_, rate), left)| rate * rate * left.abs()).sum()
    }

    /// None of the exponentials is farther from its chord than from zero.
    fn sag(&self, from: &Moment<N>, length: f64) -> f64 {
        let least = |rate: f64| (0.125 * rate * rate * length * length).min(1.0);
        self.waves.iter().zip(from.left).map(|((_, rate), left)| left.abs() * least(*rate)).sum()
    }
}
