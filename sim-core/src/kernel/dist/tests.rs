//! Quantiles against references to 18 digits (computed by bisection in 40-digit arithmetic), closed forms, and means.
#![allow(clippy::excessive_precision, reason = "references are given to 17 digits")]

use super::*;
use crate::kernel::random::{Process, Streams, unit_of};

const LEAST: f64 = 0.5 * f64::EPSILON;
/// Where the reference values are taken.
const UNITS: [f64; 7] = [LEAST, 0.001, 0.3, 0.5, 0.9, 0.999_999, 1.0 - LEAST];

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= tolerance * expected.abs(),
        "{found} instead of {expected}, off by {:e}",
        error / expected
    );
}

#[test]
fn normal_quantile_equals_the_reference() {
    let expected = [
        -8.209_536_151_601_387,
        -3.090_232_306_167_813_5,
        -0.524_400_512_708_040_8,
        0.0,
        1.281_551_565_544_600_6,
        4.753_424_308_817_088,
        8.209_536_151_601_387,
    ];
    for (u, z) in UNITS.into_iter().zip(expected) {
        assert_close(normal_quantile(u), z, 1e-15);
    }
}

/// The inverse holds all over, so no coefficient of either is wrong.
#[test]
fn normal_quantile_inverts_the_distribution_function() {
    let mut z = -37.0;
    while z < 0.0 {
        let back = normal_quantile(normal_cdf(z));
        assert!((back - z).abs() < 2e-14 * z.abs() + 1e-15, "{back} instead of {z}");
        assert_close(normal_cdf(z) + normal_cdf(-z), 1.0, 1e-15);
        z += 0.037;
    }
}

#[test]
fn gamma_quantile_equals_the_reference() {
    #[rustfmt::skip]
    let expected = [
        (0.05, [4.731e-320, 5.844_632_057_286_547e-61, 2.037_897_188_732_664_4e-11, 5.573_878_440_746_248e-7,
                0.076_317_113_909_188_5, 8.696_862_667_893_744, 30.491_569_905_169_09]),
        (0.5, [9.680_779_783_384_863e-33, 7.853_985_746_312_45e-7, 0.074_235_930_916_272_72, 0.227_468_211_559_786_4,
               1.352_771_727_047_707_5, 11.964_063_488_439_734, 34.381_626_105_834_206]),
        (1.0, [1.110_223_024_625_156_6e-16, 0.001_000_500_333_583_533_5, 0.356_674_943_938_732_36, std::f64::consts::LN_2,
               std::f64::consts::LN_10, 13.815_510_557_935_518, 36.736_800_569_677_1]),
        (2.5, [6.711_114_655_705_429e-7, 0.105_106_301_314_609_58, 1.499_954_066_379_953_1, 2.175_730_095_547_763_7,
               4.618_178_449_890_56, 17.944_093_439_805_21, 42.097_516_118_260_656]),
        (15.5, [0.642_536_671_226_690_8, 6.098_125_174_127_162, 13.219_853_212_724_617, 15.167_971_229_099_06,
                20.710_867_914_892_607, 41.821_257_923_458_99, 72.538_471_378_106_53]),
        (40.0, [7.566_104_372_494_312, 23.259_937_964_583_782, 36.457_671_156_938_09, 39.667_165_010_689_1,
                48.289_101_807_633_51, 77.540_261_154_028_79, 115.848_043_071_499_03]),
        (1_000.0, [762.070_537_026_186_6, 905.120_790_934_976_6, 983.178_446_757_898_7, 999.666_686_426_965_2,
                   1_040.734_308_013_690_1, 1_157.577_911_008_723_9, 1_282.159_038_424_714_6]),
    ];
    for (shape, quantiles) in expected {
        for (u, x) in UNITS.into_iter().zip(quantiles) {
            if x > 1e-300 {
                assert_close(gamma_quantile(shape, u), x, 1e-12);
            } else {
                assert!(gamma_quantile(shape, u) < 1e-300);
            }
        }
    }
}

#[test]
fn gamma_distribution_has_its_closed_forms() {
    for x in [1e-9, 0.01, 0.7, 1.9, 2.1, 14.0, 300.0_f64] {
        assert_close(gamma_at(1.0, x).upper, libm::exp(-x), 1e-13);
        assert_close(gamma_at(0.5, x).lower, libm::erf(libm::sqrt(x)), 1e-13);
        // Erlang: the Poisson sum of three terms; and again for a shape beyond Stirling's threshold.
        assert_close(gamma_at(3.0, x).upper, libm::exp(-x) * (1.0 + x + 0.5 * x * x), 1e-12);
        let (mut term, mut poisson) = (libm::exp(-x), 0.0);
        for n in 1..=20 {
            poisson += term;
            term *= x / f64::from(n);
        }
        assert_close(gamma_at(20.0, x).upper, poisson, 1e-12);
    }
    // Either formula of the slope, where they meet.
    let by_logarithms = libm::exp(16.0 * libm::log(13.0) - 13.0 - libm::lgamma(16.0));
    assert_close(gamma_at(16.0, 13.0).slope, by_logarithms, 1e-13);
}

/// Where Newton's method arrives beside the quantile, rounding must not send it away again: it did so once in 40,000 draws of some shapes.
#[test]
fn gamma_quantile_has_no_rough_spots() {
    let mut bits = 0;
    for shape in [0.015_205_309_246_277_7, 0.0204, 0.0757, 0.08, 0.2, 0.403, 0.405, 2.5, 300.0] {
        let exceptional = [0.930_318_793_824_353, 0.988_809_002_314_137, 0.997_727_822_552_451_5];
        let drawn = (0..100_000).map(|_| {
            bits += 1;
            unit_of(crate::kernel::random::squares64(bits, 0x9b1f_6e2d_83c5_a47d))
        });
        for u in exceptional.into_iter().chain(drawn).filter(|u| *u > 0.5) {
            let at = gamma_at(shape, gamma_quantile(shape, u));
            let error = (at.upper - (1.0 - u)) / at.slope;
            assert!(error.abs() < 1e-12, "shape {shape} at {u}: {error:e}");
        }
    }
}

#[test]
fn gamma_quantiles_of_large_shapes_are_those_of_the_expansion() {
    for u in UNITS.into_iter().chain([0.01, 0.3, 0.97]) {
        for shape in [1e6, 9.99e6] {
            let expanded = special::nearly_normal_quantile(shape, u);
            assert_close(gamma_quantile(shape, u), expanded, 3e-12 * 1e6 / shape);
        }
        for shape in [1e7, 1e12, 1e300] {
            let z = normal_quantile(u);
            assert!(
                (gamma_quantile(shape, u) / shape - 1.0).abs() <= 1.01 * z.abs() / libm::sqrt(shape) + 1e-7
            );
        }
    }
}

#[test]
fn gamma_quantile_inverts_the_distribution_function() {
    for shape in [0.02, 0.3, 0.99, 1.7, 6.0, 16.0, 333.0, 20_000.0] {
        for step in 1..60 {
            let u = unit_of(step << 58);
            let at = gamma_at(shape, gamma_quantile(shape, u));
            if at.lower > 0.0 {
                assert_close(at.lower, u, 1e-11);
            }
        }
    }
}

#[test]
fn truncated_normal_equals_the_reference() {
    #[rustfmt::skip]
    let expected = [
        (1.0, 2.0, [4.360_994_888_226e-16, 0.003_926_110_091_060_836_5, 1.080_114_595_831_054_2, 1.793_742_350_179_089,
                    3.964_359_356_881_814_4, 10.654_899_718_099_051, 17.507_445_181_352_894], 2.018_320_867_674_067),
        (-3.0, 1.0, [3.381_632e-17, 0.000_304_729_551_135_951_3, 0.107_016_696_637_142_05, 0.205_154_920_598_933_18,
                     0.642_522_275_831_623_7, 2.948_882_346_129_336, 5.968_809_087_703_9], 0.283_098_654_930_436_5),
        (10.0, 1.0, [1.790_463_856_639_937_9, 6.909_767_693_832_186, 9.475_599_487_291_96, 10.0,
                     11.281_551_565_544_6, 14.753_424_308_817_088, 18.209_536_151_601_387], 10.0),
        (-12.0, 2.0, [3.605_508e-17, 0.000_324_913_625_078_923_9, 0.115_305_246_069_320_81, 0.223_130_123_626_878_6,
                      0.726_828_569_041_521_9, 3.886_039_479_062_001, 8.823_577_272_915_09], 0.316_965_209_089_197_8),
    ];
    for (mean, sd, quantiles, expectation) in expected {
        let dist = Dist::Normal { mean, sd };
        for (u, x) in UNITS.into_iter().zip(quantiles) {
            let found = dist.quantile(u);
            assert!((found - x).abs() < 1e-13 * (1.0 + x), "{mean} {sd} at {u}: {found} instead of {x}");
        }
        assert_close(dist.mean(), expectation, 1e-12);
    }
    let far = Dist::Normal { mean: -100.0, sd: 1.0 };
    assert_close(far.quantile(0.5), 0.01 * std::f64::consts::LN_2, 1e-3);
    assert_close(far.mean(), 0.01, 1e-3);
    assert_eq!(Dist::Normal { mean: 3.0, sd: 0.0 }.quantile(0.2), 3.0);
}

#[test]
fn closed_form_quantiles_are_exact() {
    for u in UNITS {
        let minus_log = -libm::log1p(-u);
        assert_close(Dist::Exponential { mean: 4.0 }.quantile(u), 4.0 * minus_log, 1e-15);
        assert_close(
            Dist::Weibull { scale: 3.0, shape: 0.5 }.quantile(u),
            3.0 * minus_log * minus_log,
            1e-13,
        );
        assert_close(Dist::Pareto { min: 2.0, shape: 2.0 }.quantile(u), 2.0 / libm::sqrt(1.0 - u), 1e-14);
        assert_close(Dist::Uniform { min: 2.0, max: 6.0 }.quantile(u), 2.0 + 4.0 * u, 1e-15);
        assert_close(
            Dist::Lognormal { median: 2.0, sigma: 0.8 }.quantile(u),
            2.0 * libm::exp(0.8 * normal_quantile(u)),
            1e-15,
        );
        assert_close(Dist::Gamma { mean: 6.0, shape: 1.0 }.quantile(u), 6.0 * minus_log, 1e-12);
    }
}

#[test]
fn empirical_takes_each_value_equally_often() {
    let dist = Dist::Empirical(Arc::from([1.0, 4.0, 9.0]));
    let counts = (0..3_000).map(|i| dist.quantile((f64::from(i) + 0.5) / 3_000.0));
    let (mut ones, mut nines) = (0, 0);
    for value in counts {
        ones += i32::from(value == 1.0);
        nines += i32::from(value == 9.0);
    }
    assert_eq!((ones, nines), (1_000, 1_000));
    assert_eq!(dist.quantile(LEAST), 1.0);
    assert_eq!(dist.quantile(1.0 - LEAST), 9.0);
    assert_close(dist.mean(), 14.0 / 3.0, 1e-15);
}

fn mixture() -> Dist {
    Dist::Mixture(Arc::from([
        (1.0, Dist::Exponential { mean: 1.0 }),
        (0.0, Dist::Constant(1e9)),
        (3.0, Dist::Uniform { min: 10.0, max: 20.0 }),
        (0.0, Dist::Constant(1e9)),
    ]))
}

#[test]
fn mixture_selects_by_weight_and_rescales() {
    let dist = mixture();
    assert_close(dist.quantile(0.125), std::f64::consts::LN_2, 1e-15);
    assert_close(dist.quantile(0.25), 10.0, 1e-15);
    assert_close(dist.quantile(0.625), 15.0, 1e-15);
    assert!(dist.quantile(1.0 - LEAST) <= 20.0);
    assert_close(dist.mean(), 0.25 + 0.75 * 15.0, 1e-15);
}

/// One of every kind, with parameters as bad as scenarios may give them.
fn one_of_each() -> Vec<Dist> {
    vec![
        Dist::Constant(3.0),
        Dist::Uniform { min: 1.0, max: 3.0 },
        Dist::Exponential { mean: 2.0 },
        Dist::Lognormal { median: 1.5, sigma: 1.2 },
        Dist::Weibull { scale: 2.0, shape: 0.7 },
        Dist::Weibull { scale: 2.0, shape: 3.0 },
        Dist::Gamma { mean: 2.0, shape: 0.3 },
        Dist::Gamma { mean: 2.0, shape: 30.0 },
        Dist::Pareto { min: 1.0, shape: 3.5 },
        Dist::Normal { mean: 2.0, sd: 1.0 },
        Dist::Normal { mean: -1.0, sd: 1.0 },
        Dist::Empirical(Arc::from([1.0, 2.0, 2.5])),
        mixture(),
        Dist::Shift { by: 5.0, of: Arc::new(Dist::Exponential { mean: 1.0 }) },
    ]
}

#[test]
fn extreme_draws_are_finite_and_within_the_bounds() {
    for dist in one_of_each() {
        for u in UNITS {
            let x = dist.quantile(u);
            assert!(x.is_finite() && dist.infimum() <= x && x <= dist.supremum(), "{dist:?} at {u}: {x}");
        }
    }
}

#[test]
fn quantiles_are_monotone() {
    for dist in one_of_each().iter().filter(|dist| !matches!(dist, Dist::Mixture(_))) {
        let values: Vec<f64> = (0..2_000).map(|i| dist.quantile((f64::from(i) + 0.5) / 2_000.0)).collect();
        assert!(values.is_sorted(), "{dist:?}");
    }
}

/// The midpoint rule over the quantile function is the mean, as far as it reaches into the tail.
#[test]
fn means_are_those_of_the_quantiles() {
    for dist in one_of_each() {
        let cells = 20_000;
        let sum: f64 = (0..cells).map(|i| dist.quantile((f64::from(i) + 0.5) / f64::from(cells))).sum();
        assert_close(sum / f64::from(cells), dist.mean(), 3e-3);
    }
    assert_eq!(Dist::Pareto { min: 1.0, shape: 1.0 }.mean(), f64::INFINITY);
}

#[test]
fn draws_are_quantiles_of_the_streams_unit_numbers() {
    let stream = Streams::new(5, 0).stream(Process::Boot, 0);
    let dist = Dist::Exponential { mean: 2.0 };
    assert_eq!(dist.draw(&stream, 3, 4), dist.quantile(stream.unit(3, 4)));
    let never = Dist::Constant(f64::INFINITY);
    assert_eq!(never.draw_duration(&stream, 0, 0), SimDuration::MAX);
}

#[test]
fn a_logarithm_in_place_of_log1p_is_the_same_to_the_bit() {
    let same = |u: f64| {
        let (here, there) = (special::log1p_of_minus(u), libm::log1p(-u));
        assert!(here.to_bits() == there.to_bits() || here.is_nan() && there.is_nan(), "{u:?}");
    };
    for index in 0..300_000 {
        let u = unit_of(crate::kernel::random::squares64(index, 0x9b1f_6e2d_83c5_a47d));
        [u, 1.0 - u, 0.292_892 + 3e-6 * u, u * u, 1e-9 * u].into_iter().for_each(same);
    }
    for exponent in 1..=52_u32 {
        let least = 1.0 / (1_u64 << exponent) as f64;
        for step in -40_i64..=40 {
            let near = f64::from_bits(least.to_bits().wrapping_add_signed(step));
            [near, 1.0 - near].into_iter().for_each(same);
        }
    }
    [0.0, 1.0, 5e-324, f64::NAN, 0.5, 0.25].into_iter().for_each(same);
}
