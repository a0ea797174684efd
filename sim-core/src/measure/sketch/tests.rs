use super::*;
use crate::kernel::{Process, Streams};

/// Durations spread over nine decades, from 1 ns to 22 min.
fn durations(seed: u64, count: u32) -> Vec<SimDuration> {
    let stream = Streams::new(seed, 0).stream(Process::Demand, 0);
    (0..count).map(|i| SimDuration::from_nanos(libm::exp(stream.unit(i, 0) * 28.0) as u64)).collect()
}

fn sketch_of(values: &[SimDuration]) -> LatencySketch {
    let mut sketch = LatencySketch::new();
    for &value in values {
        sketch.record(value);
    }
    sketch
}

#[test]
fn an_empty_sketch_has_no_values_and_no_bins() {
    let sketch = LatencySketch::new();
    assert!(sketch.is_empty() && sketch.bins.is_empty());
    assert_eq!((sketch.mean(), sketch.min(), sketch.max(), sketch.quantile(0.5)), (None, None, None, None));
    assert_eq!(sketch.mean_secs(), None);
    assert!(sketch.pairs().is_empty() && sketch.ccdf_points().is_empty());
    assert_eq!(LatencySketch::from_pairs(&[]), sketch);
}

#[test]
fn quantiles_stay_within_the_stated_error_of_the_order_statistics() {
    for (seed, count) in [(1, 1), (2, 2), (3, 10), (4, 997), (5, 20_000), (6, 60_000)] {
        let mut values = durations(seed, count);
        let sketch = sketch_of(&values);
        values.sort_unstable();
        for q in [0.0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0] {
            let exact = values[nearest_rank(q, values.len() as u64) as usize - 1].as_secs_f64();
            let got = sketch.quantile(q).expect("has values").as_secs_f64();
            assert!(
                (got - exact).abs() <= exact * RELATIVE_ERROR,
                "q {q} of {count}: {got} instead of {exact}"
            );
        }
        assert_eq!(sketch.max(), values.last().copied());
        assert_eq!(sketch.min(), values.first().copied());
        let sum: u128 = values.iter().map(|v| u128::from(v.as_nanos())).sum();
        assert_eq!(sketch.mean().unwrap().as_nanos(), (sum / u128::from(count)) as u64);
    }
}

#[test]
fn interpolation_beats_the_middle_of_the_bin_on_dense_data() {
    // A million nanoseconds around 1 ms: every value once, so the exact quantile is known.
    let mut sketch = LatencySketch::new();
    let (low, n) = (1 << 20, 1 << 18);
    for nanos in low..low + n {
        sketch.record(SimDuration::from_nanos(nanos));
    }
    for q in [0.1, 0.37, 0.5, 0.9, 0.99] {
        let exact = low + nearest_rank(q, n) - 1;
        let got = sketch.quantile(q).unwrap().as_nanos();
        assert!(got.abs_diff(exact) <= 1, "{got} instead of {exact}");
    }
}

#[test]
fn short_durations_are_exact() {
    let values: Vec<_> = (0..2048).map(SimDuration::from_nanos).collect();
    let sketch = sketch_of(&values);
    for (i, value) in values.iter().enumerate() {
        assert_eq!(sketch.quantile((i as f64 + 0.5) / 2048.0), Some(*value));
    }
}

#[test]
fn a_whole_rank_is_not_rounded_up() {
    assert_eq!(nearest_rank(0.99, 100), 99);
    assert_eq!(nearest_rank(0.07, 100), 7);
    assert_eq!(nearest_rank(0.999, 1000), 999);
    assert_eq!((nearest_rank(-1.0, 5), nearest_rank(2.0, 5), nearest_rank(0.5, 5)), (1, 5, 3));
}

#[test]
fn merging_in_any_order_or_grouping_gives_the_same_sketch() {
    for seed in 0..20 {
        let values = durations(seed, 400);
        let whole = sketch_of(&values);
        let parts: Vec<_> = values.chunks(1 + 37 * (seed as usize + 1) % 90).map(sketch_of).collect();
        let mut forward = LatencySketch::new();
        parts.iter().for_each(|part| forward.merge(part));
        let mut backward = LatencySketch::new();
        parts.iter().rev().for_each(|part| backward.merge(part));
        let (mut left, mut right) = (LatencySketch::new(), LatencySketch::new());
        for (i, part) in parts.iter().enumerate() {
            if i % 3 == 0 { left.merge(part) } else { right.merge(part) }
        }
        right.merge(&left);
        for merged in [forward, backward, right] {
            assert_eq!(merged, whole);
            assert_eq!(merged.mean(), whole.mean());
        }
    }
}

#[test]
fn pairs_round_trip_to_the_same_bins_extremes_and_quantiles() {
    for (seed, count) in [(1, 1), (2, 2), (3, 3), (4, 5000)] {
        let sketch = sketch_of(&durations(seed, count));
        let back = LatencySketch::from_pairs(&sketch.pairs());
        assert_eq!(back.pairs(), sketch.pairs());
        assert_eq!((back.count(), back.min(), back.max()), (sketch.count(), sketch.min(), sketch.max()));
        for i in 0..=100 {
            assert_eq!(back.quantile(f64::from(i) / 100.0), sketch.quantile(f64::from(i) / 100.0));
        }
        let (mean, exact) = (back.mean_secs().unwrap(), sketch.mean_secs().unwrap());
        assert!((mean - exact).abs() <= exact * RELATIVE_ERROR, "{mean} instead of {exact}");
    }
}

#[test]
fn coarse_pairs_are_few_and_near() {
    let fine = sketch_of(&durations(7, 20_000));
    let pairs = fine.coarse_pairs();
    assert!(pairs.len() * 4 < fine.pairs().len(), "{} of {}", pairs.len(), fine.pairs().len());
    assert_eq!(pairs.iter().map(|(_, count)| count).sum::<u64>(), 20_000);
    let ends = [pairs[0].0, pairs[pairs.len() - 1].0].map(SimDuration::from_nanos);
    assert_eq!(ends.map(Some), [fine.min(), fine.max()]);
    let coarse = LatencySketch::from_pairs(&pairs);
    for q in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999] {
        let (a, b) = (coarse.quantile(q).unwrap().as_secs_f64(), fine.quantile(q).unwrap().as_secs_f64());
        assert!((a / b - 1.0).abs() < 1.0 / 64.0 + 2.0 * RELATIVE_ERROR, "{q}: {a} {b}");
    }
    // Neighbouring values far apart in bits fall into different bins.
    assert!((0..200).map(coarse_bin).collect::<Vec<_>>().is_sorted());
}

#[test]
fn a_lone_bin_keeps_both_extremes() {
    let (a, b) = (1_000_000_000, 1_000_000_100);
    let sketch = sketch_of(&[a, b, b].map(SimDuration::from_nanos));
    assert_eq!(sketch.pairs(), [(a, 2), (b, 1)]);
    let back = LatencySketch::from_pairs(&sketch.pairs());
    assert_eq!((back.min(), back.max()), (sketch.min(), sketch.max()));
}

#[test]
fn any_duration_is_taken() {
    let sketch =
        sketch_of(&[SimDuration::ZERO, SimDuration::from_secs(1), SimDuration::MAX, SimDuration::MAX]);
    assert_eq!(sketch.max(), Some(SimDuration::MAX));
    assert_eq!(sketch.min(), Some(SimDuration::ZERO));
    assert_eq!(LatencySketch::from_pairs(&sketch.pairs()).pairs(), sketch.pairs());
    assert!(sketch.bins.capacity() * 4 <= 220 * 1024);
}

#[test]
fn the_tail_falls_and_agrees_with_the_data() {
    let values = durations(9, 30_000);
    let points = sketch_of(&values).ccdf_points();
    assert!(points.len() > 100 && points.len() < 6000, "{} points", points.len());
    for pair in points.windows(2) {
        assert!(pair[1].0 > pair[0].0 && pair[1].1 < pair[0].1);
    }
    for &(x, p) in points.iter().step_by(50) {
        // The edge of a bin is included: what lies above it begins one nanosecond later.
        let above = values.iter().filter(|v| v.as_secs_f64() > x + 0.5e-9).count();
        assert!((above as f64 / 30_000.0 - p).abs() < 1e-12, "P(> {x}) = {p}");
    }
}

/// Bins are those of an HDR histogram with three significant digits.
#[test]
fn bins_are_those_of_an_hdr_histogram() {
    let mut reference = hdrhistogram::Histogram::<u64>::new(3).expect("three digits are allowed");
    let stream = Streams::new(5, 0).stream(Process::Demand, 0);
    let corners = (0..63).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
    let drawn = (0..5_000).map(|index| stream.bits(0, index) >> (1 + index % 63));
    let mut sketch = LatencySketch::new();
    for nanos in corners.chain(drawn) {
        sketch.record(SimDuration::from_nanos(nanos));
        reference.record(nanos).expect("it resizes itself");
    }
    let bins = sketch.occupied().map(|bin| (bin.middle(), bin.count));
    let expected = reference.iter_recorded().map(|step| step.count_since_last_iteration());
    let counts: Vec<(u64, u64)> = bins.collect();
    assert_eq!(counts.iter().map(|(_, count)| *count).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for (middle, _) in counts {
        let (low, high) = edges(bin_of(middle));
        assert_eq!((low, high), (reference.lowest_equivalent(middle), reference.highest_equivalent(middle)));
    }
}

/// A count of more than 32 bits is kept.
#[test]
fn counts_may_wrap_round() {
    let many = u64::from(u32::MAX) + 7;
    let mut sketch = LatencySketch::from_pairs(&[(5, many), (9, 3)]);
    sketch.record(SimDuration::from_nanos(5));
    let twice = LatencySketch::from_pairs(&[(5, many)]);
    sketch.merge(&twice);
    assert_eq!(sketch.pairs(), [(5, 2 * many + 1), (9, 3)]);
    assert_eq!(sketch.count(), 2 * many + 4);
}
