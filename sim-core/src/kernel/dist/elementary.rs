//! The exponential function and logarithms of `libm`, to the last bit, as far as draws need them.
//!
//! ```text
//! e^x = 2^k e^r, |r| ≤ ln 2 / 2             ln x = k ln 2 + ln (1 + f), √½ < 1 + f < √2
//! ```
//!
//! The steps are those of `libm`'s `exp.rs` and `log.rs`, and so are the results, which a test compares; but these can be compiled into a
//! quantile, and ask no questions that only infinities, subnormal numbers and the like have need of. Those are handed to `libm`.
//!
//! `libm` took them from FreeBSD's msun (`e_exp.c`, `e_log.c`), under this notice:
//!
//! > Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute this software
//! > is freely granted, provided that this notice is preserved.

const LN2_HI: f64 = 0.693_147_180_369_123_8;
const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
const INV_LN2: f64 = std::f64::consts::LOG2_E;
const P1: f64 = 0.166_666_666_666_666_02;
const P2: f64 = -0.002_777_777_777_701_559_3;
const P3: f64 = 6.613_756_321_437_934e-5;
const P4: f64 = -1.653_390_220_546_525_2e-6;
const P5: f64 = 4.138_136_797_057_238_5e-8;
const LG1: f64 = 0.666_666_666_666_673_5;
const LG2: f64 = 0.399_999_999_994_094_2;
const LG3: f64 = 0.285_714_287_436_623_9;
const LG4: f64 = 0.222_221_984_321_497_84;
const LG5: f64 = 0.181_835_721_616_180_5;
const LG6: f64 = 0.153_138_376_992_093_73;
const LG7: f64 = 0.147_981_986_051_165_86;

/// The upper half of the bits of a number without its sign.
#[inline(always)]
fn upper(x: f64) -> u32 {
    (x.to_bits() >> 32) as u32 & 0x7fff_ffff
}

/// `libm::exp`.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    const TINY: u32 = 0x3e30_0000; // 2^−28
    const HUGE: u32 = 0x4085_e000; // 700
    const HALF_LN2: u32 = 0x3fd6_2e42;
    const THREE_HALVES_LN2: u32 = 0x3ff0_a2b2;
    let size = upper(x);
    if size <= TINY || size >= HUGE {
        return rare_exp(x);
    }
    let k = if size >= THREE_HALVES_LN2 {
        (INV_LN2 * x + 0.5_f64.copysign(x)) as i32
    } else if size > HALF_LN2 {
        if x < 0.0 { -1 } else { 1 }
    } else {
        0
    };
    let hi = x - f64::from(k) * LN2_HI;
    let lo = f64::from(k) * LN2_LO;
    let r = hi - lo;
    let square = r * r;
    let c = r - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))));
    let y = 1.0 + (r * c / (2.0 - c) - lo + hi);
    y * f64::from_bits(((1023 + i64::from(k)) as u64) << 52)
}

#[cold]
#[inline(never)]
fn rare_exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `libm::log`.
#[inline]
pub(crate) fn log(x: f64) -> f64 {
    const NORMAL_MIN: u32 = 0x0010_0000;
    const INFINITE: u32 = 0x7ff0_0000;
    const HALF_SQRT2: u32 = 0x3fe6_a09e;
    const ONE: u32 = 0x3ff0_0000;
    let bits = x.to_bits();
    let size = (bits >> 32) as u32;
    // 1 has an exact logarithm; negative numbers have their sign in the uppermost bit.
    if !(NORMAL_MIN..INFINITE).contains(&size) || bits == 1.0_f64.to_bits() {
        return rare_log(x);
    }
    let shifted = size + (ONE - HALF_SQRT2);
    let k = f64::from((shifted >> 20) as i32 - 0x3ff);
    let mantissa = (shifted & 0x000f_ffff) + HALF_SQRT2;
    let f = f64::from_bits(u64::from(mantissa) << 32 | bits & 0xffff_ffff) - 1.0;
    let half = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (LG2 + w * (LG4 + w * LG6));
    let t2 = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)));
    s * (half + (t2 + t1)) + k * LN2_LO - half + f + k * LN2_HI
}

#[cold]
#[inline(never)]
fn rare_log(x: f64) -> f64 {
    libm::log(x)
}

/// `libm::log1p(-u)` for `u` in (0, 1).
///
/// Where 1 − u is exact, as for all uniform numbers that are drawn, what `log1p` corrects its logarithm by is nothing. The two differ in where they pass from one
/// `k` to the next: between those places this asks `log1p` itself.
#[inline]
pub(super) fn log1p_of_minus(u: f64) -> f64 {
    const FROM: f64 = 0.292_893;
    const TO: f64 = 0.292_894;
    let left = 1.0 - u;
    // (A comparison with NaN fails, as it is to.)
    if 1.0 - left == u && left < 1.0 && !(FROM..TO).contains(&u) { log(left) } else { rare_log1p(-u) }
}

#[cold]
#[inline(never)]
fn rare_log1p(x: f64) -> f64 {
    libm::log1p(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::{squares64, unit_of};

    const KEY: u64 = 0x9b1f_6e2d_83c5_a47d;

    #[track_caller]
    fn same(name: &str, x: f64, here: f64, there: f64) {
        assert!(here.to_bits() == there.to_bits() || here.is_nan() && there.is_nan(), "{name}({x:?})");
    }

    fn compare(x: f64) {
        same("exp", x, exp(x), libm::exp(x));
        same("log", x, log(x), libm::log(x));
        same("log1p", x, log1p_of_minus(x), libm::log1p(-x));
    }

    #[test]
    fn results_are_those_of_libm_to_the_last_bit() {
        for index in 0..300_000 {
            let bits = squares64(index, KEY);
            let u = unit_of(bits);
            for x in
                [u, 1.0 - u, 4.0 * (u - 0.5), 60.0 * (u - 0.5), 1_600.0 * (u - 0.5), f64::from_bits(bits)]
            {
                compare(x);
            }
            compare(0.292_892 + 3e-6 * u);
        }
    }

    #[test]
    fn so_they_are_at_all_edges() {
        let edges = [
            0.0,
            1.0,
            2.0,
            0.5,
            700.0,
            708.4,
            709.8,
            745.2,
            1e300,
            1e-300,
            5e-324,
            f64::MIN_POSITIVE,
            f64::EPSILON,
            f64::INFINITY,
            f64::NAN,
            f64::MAX,
        ];
        let thresholds = [
            0x3e30_0000_u64,
            0x4085_e000,
            0x3fd6_2e42,
            0x3ff0_a2b2,
            0x3fe6_a09e,
            0x3ff6_a09e,
            0x3fda_827a,
            0x3fd2_bec4,
            0x3ca0_0000,
            0x3ff0_0000,
        ];
        let thresholds = thresholds.map(|upper| f64::from_bits(upper << 32));
        for edge in edges.into_iter().chain(thresholds) {
            for step in -40_i64..=40 {
                let near = f64::from_bits(edge.to_bits().wrapping_add_signed(step));
                for x in [near, -near, 1.0 - near] {
                    compare(x);
                }
            }
        }
        for exponent in 1..=52 {
            let least = libm::pow(0.5, f64::from(exponent)) * 0.5;
            [least, 1.0 - least].into_iter().for_each(compare);
        }
    }
}
