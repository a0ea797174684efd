//! Searching smooth curves: where one first reaches a level, and how high it goes.
//!
//! A curve comes with a bound B on its second derivative over any interval. Over a length h it stays within `B h² / 8` of
//! its chord, so an interval is cleared when the higher end plus that is below the level, and halved otherwise. Nothing
//! that exceeds the level by more than rounding for longer than [`ROOT_SECONDS`] can be missed, whatever the shape.

/// Roots are found to a tenth of a nanosecond before they are rounded up.
pub(super) const ROOT_SECONDS: f64 = 1e-10;
/// Maxima are found to a tenth of a millikelvin.
const PEAK_KELVINS: f64 = 1e-4;

/// A twice differentiable function of the seconds since its beginning.
pub(super) trait Curve {
    fn value(&self, u: f64) -> f64;
    fn slope(&self, u: f64) -> f64;
    /// A bound on |value''| from `from` to `to`.
    fn bend(&self, from: f64, to: f64) -> f64;
}

/// `(e^x − 1) / x`, for x ≤ 0 or moderate.
pub(super) fn phi1(x: f64) -> f64 {
    if x.abs() < 1e-5 { 1.0 + x * (0.5 + x / 6.0) } else { libm::expm1(x) / x }
}

/// `φ₁(x)` and `φ₂(x) = (e^x − 1 − x) / x²`, for x ≤ 0 or moderate.
pub(super) fn phi12(x: f64) -> (f64, f64) {
    if x.abs() < 1e-2 {
        let series =
            0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x / 5040.0))));
        (phi1(x), series)
    } else {
        let grown = libm::expm1(x);
        (grown / x, (grown - x) / (x * x))
    }
}

/// `∫ e^(a (u − v)) e^(b v) dv` from 0 to u, that is `(e^(au) − e^(bu)) / (a − b)`, of rates that come with their exponentials.
pub(super) fn joint(u: f64, (a, of_a): (f64, f64), (b, of_b): (f64, f64)) -> f64 {
    if ((a - b) * u).abs() > 0.1 {
        return (of_a - of_b) / (a - b);
    }
    // They are too near to each other for that.
    let (fast, slow) = (a.min(b), a.max(b));
    u * libm::exp(slow * u) * phi1((fast - slow) * u)
}

/// The first u in [0, `length`] at which `sign · value ≥ sign · level`.
pub(super) fn first_at(curve: &impl Curve, sign: f64, level: f64, length: f64) -> Option<f64> {
    let search = Search { curve, sign, level: sign * level };
    search.between((0.0, sign * curve.value(0.0)), (length, sign * curve.value(length)))
}

struct Search<'a, C> {
    curve: &'a C,
    sign: f64,
    level: f64,
}

impl<C: Curve> Search<'_, C> {
    fn between(&self, (a, at_a): (f64, f64), (b, at_b): (f64, f64)) -> Option<f64> {
        if at_a >= self.level {
            return Some(a);
        }
        let h = b - a;
        let bend = self.curve.bend(a, b);
        if at_a.max(at_b) + bend * h * h / 8.0 < self.level {
            return None;
        }
        if h <= ROOT_SECONDS {
            return (at_b >= self.level).then_some(b);
        }
        let middle = 0.5 * (a + b);
        if at_b >= self.level && self.sign * self.curve.slope(middle) > 0.5 * bend * h {
            return Some(self.bracketed(a, b));
        }
        let at_middle = self.sign * self.curve.value(middle);
        self.between((a, at_a), (middle, at_middle)).or_else(|| self.between((middle, at_middle), (b, at_b)))
    }

    /// The root between `low`, below the level, and `high`, not below it, where the curve rises: Newton's method,
    /// safeguarded by bisection.
    fn bracketed(&self, mut low: f64, mut high: f64) -> f64 {
        let mut u = 0.5 * (low + high);
        for _ in 0..100 {
            let miss = self.sign * self.curve.value(u) - self.level;
            if miss < 0.0 {
                low = u;
            } else {
                high = u;
            }
            if high - low <= ROOT_SECONDS {
                break;
            }
            let newton = u - miss / (self.sign * self.curve.slope(u));
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            if (next - u).abs() <= ROOT_SECONDS {
                return next;
            }
            u = next;
        }
        high
    }
}

/// The highest value from `a` to `b`, to [`PEAK_KELVINS`], if it is above `floor`; else `floor`.
pub(super) fn peak(curve: &impl Curve, a: f64, b: f64, floor: f64) -> f64 {
    let h = b - a;
    let chord = curve.value(a).max(curve.value(b));
    let highest = floor.max(chord);
    if h <= ROOT_SECONDS || chord + curve.bend(a, b) * h * h / 8.0 <= highest + PEAK_KELVINS {
        return highest;
    }
    let middle = 0.5 * (a + b);
    peak(curve, middle, b, peak(curve, a, middle, highest))
}
