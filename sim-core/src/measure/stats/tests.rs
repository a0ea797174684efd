use super::*;
use crate::kernel::{Process, Stream, Streams};

fn close(got: f64, expected: f64, relative: f64) {
    let tolerance = relative * expected.abs().max(f64::MIN_POSITIVE);
    assert!((got - expected).abs() <= tolerance, "{got} instead of {expected}");
}

fn stream(seed: u64) -> Stream {
    Streams::new(seed, 0).stream(Process::Demand, 0)
}

/// Standard normal numbers by the Box–Muller transform, `n` of them for macro-replication `i`.
fn normals(stream: Stream, i: u32, n: u32) -> Vec<f64> {
    (0..n)
        .map(|k| {
            let radius = (-2.0 * libm::log(stream.unit(i, 2 * k))).sqrt();
            radius * libm::cos(std::f64::consts::TAU * stream.unit(i, 2 * k + 1))
        })
        .collect()
}

fn covered(values: &[f64], truth: f64) -> bool {
    let [low, high] = Estimate::of(values).unwrap().ci95.unwrap();
    low <= truth && truth <= high
}

#[test]
fn t_quantiles_agree_with_the_table() {
    let table = [
        (0.975, 1, 12.706_204_736_432_1),
        (0.975, 2, 4.302_652_729_696_14),
        (0.975, 4, 2.776_445_105_197_79),
        (0.975, 9, 2.262_157_162_740_99),
        (0.975, 19, 2.093_024_054_408_31),
        (0.975, 99, 1.984_216_951_508_68),
        (0.95, 10, 1.812_461_122_811_68),
        (0.995, 30, 2.749_995_653_567_21),
        (0.975, 999, 1.962_341_461_133_45),
        (0.975, 9_999, 1.960_201_263_621_36),
    ];
    for (p, freedom, expected) in table {
        close(t_quantile(p, freedom), expected, 1e-8);
        close(t_two_sided_p(expected, freedom), 2.0 * (1.0 - p), 1e-7);
        close(t_two_sided_p(-expected, freedom), 2.0 * (1.0 - p), 1e-7);
    }
    close(t_two_sided_p(0.0, 5), 1.0, 1e-12);
    assert!(t_two_sided_p(1e6, 19) < 1e-90);
}

#[test]
fn moments_survive_a_large_offset() {
    let moments: Moments = [4.0, 7.0, 13.0, 16.0].into_iter().map(|x| x + 1e9).collect();
    assert_eq!((moments.n(), moments.mean(), moments.variance()), (4, Some(1e9 + 10.0), Some(30.0)));
    close(moments.standard_error().unwrap(), (30.0_f64 / 4.0).sqrt(), 1e-15);
    assert_eq!(Moments::default().mean(), None);
}

#[test]
fn one_value_has_no_interval_and_equal_values_have_a_point() {
    assert_eq!(Estimate::of(&[]), None);
    let one = Estimate::of(&[3.0]).unwrap();
    assert_eq!((one.n, one.mean, one.sd, one.ci95, one.relative_half_width()), (1, 3.0, None, None, None));
    let same = Estimate::of(&[0.1; 7]).unwrap();
    assert_eq!((same.mean, same.sd, same.ci95), (0.1, Some(0.0), Some([0.1, 0.1])));
    assert_eq!(same.relative_half_width(), Some(0.0));
    assert_eq!(Estimate::of(&[-1.0, 1.0]).unwrap().relative_half_width(), None);
}

#[test]
fn an_interval_is_mean_plus_minus_t_standard_errors() {
    // Five values with mean 3 and variance 2.5; t(0.975, 4) = 2.776445.
    let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
    let half = 2.776_445_105_197_79 * (2.5_f64 / 5.0).sqrt();
    close(estimate.half_width().unwrap(), half, 1e-9);
    close(estimate.relative_half_width().unwrap(), half / 3.0, 1e-9);
}

#[test]
fn the_t_interval_covers_95_of_100_normal_samples() {
    for n in [2, 5, 20] {
        let covers = (0..10_000).filter(|&i| covered(&normals(stream(7 + u64::from(n)), i, n), 0.0)).count();
        let coverage = covers as f64 / 10_000.0;
        assert!((coverage - 0.95).abs() < 0.011, "coverage {coverage} for n = {n}");
    }
}

#[test]
fn the_t_interval_covers_less_on_skewed_samples() {
    // Numerical oracle of large-scale simulation: 0.8828 for five and 0.9186 for twenty exponential values.
    for (n, expected) in [(5, 0.882_834_9), (20, 0.918_624_875)] {
        let stream = stream(n.into());
        let sample = |i| (0..n).map(|k| -libm::log(stream.unit(i, k))).collect::<Vec<_>>();
        let covers = (0..20_000).filter(|&i| covered(&sample(i), 1.0)).count();
        let coverage = covers as f64 / 20_000.0;
        assert!((coverage - expected).abs() < 0.0115, "coverage {coverage} for n = {n}");
    }
}

#[test]
fn common_random_numbers_shrink_the_variance_of_a_difference() {
    // Exponential lives −ln(U)/a and −ln(V)/b. Independent: 1/a² + 1/b². Common V = U: (1/a − 1/b)².
    let stream = stream(11);
    for (b, independent, common) in [(1.1, 1.826_446_280_99, 0.008_264_462_809_92), (2.0, 1.25, 0.25)] {
        let pairs = |shared: bool| -> Vec<(f64, f64)> {
            let life = |i, k, rate| -libm::log(stream.unit(i, k)) / rate;
            (0..300_000).map(|i| (life(i, 0, 1.0), life(i, u32::from(!shared), b))).collect()
        };
        for (shared, variance) in [(false, independent), (true, common)] {
            let difference = PairedDifference::of(&pairs(shared)).unwrap().estimate;
            close(difference.sd.unwrap() * difference.sd.unwrap(), variance, 0.03);
            let [low, high] = difference.ci95.unwrap();
            assert!(low < 1.0 - 1.0 / b && 1.0 - 1.0 / b < high);
        }
    }
}

#[test]
fn a_paired_p_value_is_uniform_when_nothing_differs() {
    let p_values: Vec<_> = (0..4_000)
        .map(|i| {
            let pairs: Vec<_> = normals(stream(3), i, 12).chunks(2).map(|x| (x[0], x[1])).collect();
            PairedDifference::of(&pairs).unwrap().p.unwrap()
        })
        .collect();
    for level in [0.01, 0.05, 0.3, 0.7] {
        let below = p_values.iter().filter(|p| **p < level).count() as f64 / 4_000.0;
        let sigma = (level * (1.0 - level) / 4_000.0_f64).sqrt();
        assert!((below - level).abs() < 4.0 * sigma, "{below} below {level}");
    }
}

#[test]
fn paired_differences_know_their_corner_cases() {
    assert_eq!(PairedDifference::of(&[]), None);
    let one = PairedDifference::of(&[(3.0, 1.0)]).unwrap();
    assert_eq!((one.estimate.mean, one.estimate.ci95, one.p), (2.0, None, None));
    let none = PairedDifference::of(&[(3.0, 3.0), (1.0, 1.0)]).unwrap();
    assert_eq!((none.estimate.mean, none.estimate.ci95, none.p), (0.0, Some([0.0, 0.0]), Some(1.0)));
    let always = PairedDifference::of(&[(3.0, 2.0), (2.0, 1.0)]).unwrap();
    assert_eq!((always.estimate.mean, always.estimate.ci95, always.p), (1.0, Some([1.0, 1.0]), Some(0.0)));
    let rounding = PairedDifference::of(&[(0.1 + 0.2, 0.3), (0.7 + 0.1, 0.8)]).unwrap();
    assert_eq!((rounding.estimate.mean, rounding.p), (0.0, Some(1.0)));
}

#[test]
fn the_paired_test_agrees_with_the_textbook_example() {
    // Student's sleep data (1908): ten patients, two drugs; t = −4.0621, df = 9, p = 0.002833.
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    let pairs: Vec<_> = first.into_iter().zip(second).collect();
    let result = PairedDifference::of(&pairs).unwrap();
    close(result.estimate.mean, -1.58, 1e-12);
    close(result.p.unwrap(), 0.002_832_89, 1e-5);
    let [low, high] = result.estimate.ci95.unwrap();
    close(low, -2.459_885_8, 1e-6);
    close(high, -0.700_114_2, 1e-6);
}

#[test]
fn holm_multiplies_in_order_and_never_falls() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
    for (got, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        close(*got, expected, 1e-12);
    }
    assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    assert_eq!(holm(&[]), [0.0; 0]);
    assert_eq!(holm(&[0.03]), [0.03]);
}

#[test]
fn intervals_of_proportions_agree_with_the_exact_values() {
    let exact = [
        (0, 100, [0.0, 0.036_216_692_645_2], [0.0, 0.036_993_498_207]),
        (3, 1000, [0.000_619_099_931_65, 0.008_742_023_238_48], [0.001_020_783_881_14, 0.008_783_014_053_5]),
        (50, 1000, [0.037_335_397_604_7, 0.065_390_487_915_5], [0.038_130_262_392_7, 0.065_313_820_244_3]),
    ];
    for (successes, trials, exact, score) in exact {
        for (got, expected) in [
            (clopper_pearson(successes, trials, 0.95).unwrap(), exact),
            (wilson(successes, trials, 0.95).unwrap(), score),
            // Failures are successes of the opposite.
            (
                clopper_pearson(trials - successes, trials, 0.95).unwrap().map(|x| 1.0 - x),
                [exact[1], exact[0]],
            ),
        ] {
            close(got[0], expected[0], 1e-6);
            close(got[1], expected[1], 1e-6);
        }
    }
    close(clopper_pearson(0, 100, 0.9).unwrap()[1], 0.029_513_049_607, 1e-6);
    assert_eq!((wilson(0, 0, 0.95), clopper_pearson(0, 0, 0.95)), (None, None));
}

#[test]
fn intervals_of_poisson_rates_agree_with_the_exact_values() {
    let none = poisson_rate(0, 1000.0, 0.95);
    assert_eq!(none[0], 0.0);
    close(none[1], 0.003_688_879_454_11, 1e-6);
    let five = poisson_rate(5, 1000.0, 0.95);
    close(five[0], 0.001_623_486_390_12, 1e-6);
    close(five[1], 0.011_668_332_079_3, 1e-6);
}
