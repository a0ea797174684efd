//! Searching smooth curves: where one first reaches a level, and how high it goes.
//!
//! A curve comes with a bound B on its second derivative over any interval. Over a length h it stays within `B h² / 8` of
//! its chord, or within what is left of its exponentials if that is less, so an interval is cleared when the higher end plus that is
//! below the level, and halved otherwise. Nothing
//! that exceeds the level by more than rounding for longer than [`ROOT_SECONDS`] can be missed, whatever the shape.

/// Roots are found to a tenth of a nanosecond before they are rounded up.
pub(super) const ROOT_SECONDS: f64 = 1e-10;
/// A step of Halley's method after which no other is needed: time constants are a hundredth of a second or more, or its cube does not matter.
const LAST_SECONDS: f64 = 1e-6;
/// Maxima are found to a tenth of a millikelvin.
const PEAK_KELVINS: f64 = 1e-4;

/// A twice differentiable function of the seconds since its beginning.
pub(super) trait Curve {
    /// What is known of it at one moment: all that its exponentials there give, since they are what costs.
    type Point: Copy;

    fn point(&self, u: f64) -> Self::Point;
    fn value(&self, point: &Self::Point) -> f64;
    fn slope(&self, point: &Self::Point) -> f64;
    /// The second derivative.
    fn curvature(&self, point: &Self::Point) -> f64;
    /// A bound on |value''| over the `length` seconds from this point on.
    fn bend(&self, from: &Self::Point, length: f64) -> f64;
    /// Another bound on how far the curve is from its chord over the `length` seconds from this point on.
    fn sag(&self, from: &Self::Point, length: f64) -> f64;
}

/// `(e^x − 1) / x`, for x ≤ 0 or moderate.
pub(crate) fn phi1(x: f64) -> f64 {
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
    search.between((0.0, &curve.point(0.0)), (length, &curve.point(length)))
}

/// The first u in [0, `length`] at which the curve is not between `low` and `high`.
pub(super) fn leaves(curve: &impl Curve, (low, high): (f64, f64), length: f64) -> Option<f64> {
    let (from, to) = (curve.point(0.0), curve.point(length));
    let (at_from, at_to) = (curve.value(&from), curve.value(&to));
    let room = (high - at_from.max(at_to)).min(at_from.min(at_to) - low);
    if room > 0.0
        && (curve.bend(&from, length) * length * length / 8.0 < room || curve.sag(&from, length) < room)
    {
        return None;
    }
    let mut sides = [(1.0, high), (-1.0, -low)];
    if at_to < at_from {
        sides.reverse();
    }
    // It is more likely to leave on the side to which it goes, and on the other only before that matters.
    let [likely, other] = sides.map(|(sign, level)| Search { curve, sign, level });
    let Some(found) = likely.between((0.0, &from), (length, &to)) else {
        return other.between((0.0, &from), (length, &to));
    };
    Some(other.between((0.0, &from), (found, &curve.point(found))).unwrap_or(found))
}

struct Search<'a, C> {
    curve: &'a C,
    sign: f64,
    level: f64,
}

impl<C: Curve> Search<'_, C> {
    fn between(&self, (a, from): (f64, &C::Point), (b, to): (f64, &C::Point)) -> Option<f64> {
        let (at_a, at_b) = (self.sign * self.curve.value(from), self.sign * self.curve.value(to));
        if at_a >= self.level {
            return Some(a);
        }
        let h = b - a;
        let bend = self.curve.bend(from, h);
        let room = self.level - at_a.max(at_b);
        if room > 0.0 && (bend * h * h / 8.0 < room || self.curve.sag(from, h) < room) {
            return None;
        }
        if h <= ROOT_SECONDS {
            return (at_b >= self.level).then_some(b);
        }
        let middle = 0.5 * (a + b);
        let between = self.curve.point(middle);
        if at_b >= self.level && self.sign * self.curve.slope(&between) > 0.5 * bend * h {
            return Some(self.bracketed(a, b, between));
        }
        self.between((a, from), (middle, &between)).or_else(|| self.between((middle, &between), (b, to)))
    }

    /// The root between `low`, below the level, and `high`, not below it, where the curve rises: Halley's method from the middle,
    /// safeguarded by bisection. What a step leaves goes with its cube, so one below [`LAST_SECONDS`] is the last.
    fn bracketed(&self, mut low: f64, mut high: f64, mut point: C::Point) -> f64 {
        let mut u = 0.5 * (low + high);
        for _ in 0..100 {
            let miss = self.sign * self.curve.value(&point) - self.level;
            if miss < 0.0 {
                low = u;
            } else {
                high = u;
            }
            if high - low <= ROOT_SECONDS {
                break;
            }
            let (slope, bend) =
                (self.sign * self.curve.slope(&point), self.sign * self.curve.curvature(&point));
            let step = miss * slope / (slope * slope - 0.5 * miss * bend);
            let there = u - step;
            let inside = there > low && there < high;
            if inside && step.abs() <= LAST_SECONDS {
                return there;
            }
            let next = if inside { there } else { 0.5 * (low + high) };
            u = next;
            point = self.curve.point(u);
        }
        high
    }
}

/// The highest value from `a` to `b`, to [`PEAK_KELVINS`], if it is above `floor`; else `floor`.
pub(super) fn peak(curve: &impl Curve, a: f64, b: f64, floor: f64) -> f64 {
    peak_between(curve, (a, &curve.point(a)), (b, &curve.point(b)), floor)
}

fn peak_between<C: Curve>(
    curve: &C,
    (a, from): (f64, &C::Point),
    (b, to): (f64, &C::Point),
    floor: f64,
) -> f64 {
    let h = b - a;
    let chord = curve.value(from).max(curve.value(to));
    let highest = floor.max(chord);
    let room = highest + PEAK_KELVINS - chord;
    if h <= ROOT_SECONDS || curve.bend(from, h) * h * h / 8.0 <= room || curve.sag(from, h) <= room {
        return highest;
    }
    let middle = 0.5 * (a + b);
    let between = curve.point(middle);
    let left = peak_between(curve, (a, from), (middle, &between), highest);
    peak_between(curve, (middle, &between), (b, to), left)
}
