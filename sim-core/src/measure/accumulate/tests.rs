use super::*;

fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

fn secs(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds)
}

#[test]
fn a_sum_keeps_what_plain_addition_loses() {
    assert_eq!([1.0, 1e100, 1.0, -1e100].into_iter().collect::<Sum>().value(), 2.0);
    let tenth: Sum = std::iter::repeat_n(0.1, 1_000_000).collect();
    assert_eq!(tenth.value(), 100_000.0);
    assert_ne!(std::iter::repeat_n(0.1, 1_000_000).sum::<f64>(), 100_000.0);
}

#[test]
fn a_time_weighted_mean_is_the_area_under_the_steps() {
    let mut power = TimeWeighted::new(at(10.0), 2.0);
    power.set(at(11.0), 5.0);
    power.add(at(13.0), -4.0);
    assert_eq!((power.value(), power.max()), (1.0, 5.0));
    assert_eq!(power.integral(at(17.0)), 2.0 + 10.0 + 4.0);
    assert_eq!(power.mean(at(17.0)), Some(16.0 / 7.0));
    assert_eq!(power.mean(at(10.0)), None);
    power.restart(at(17.0));
    assert_eq!((power.mean(at(17.0)), power.mean(at(19.0)), power.max()), (None, Some(1.0), 1.0));
}

#[test]
fn spells_add_up_to_the_time_observed() {
    let mut node = Spells::new(at(0.0), true);
    node.set(at(8.0), false);
    node.set(at(9.0), false);
    node.set(at(10.0), true);
    node.set(at(14.0), false);
    let mut totals = node.totals(at(20.0));
    assert_eq!(totals, SpellTotals { up: 12_000_000_000, down: 8_000_000_000, failures: 2, repairs: 1 });
    assert_eq!((totals.uptime(), totals.mtbf(), totals.mttr()), (Some(0.6), Some(6.0), Some(8.0)));
    totals += Spells::new(at(0.0), true).totals(at(20.0));
    assert_eq!((totals.uptime(), totals.mtbf()), (Some(0.8), Some(16.0)));
    node.restart(at(20.0));
    assert_eq!((node.is_up(), node.totals(at(20.0)).uptime()), (false, None));
    assert_eq!(node.totals(at(21.0)).uptime(), Some(0.0));
    assert_eq!(SpellTotals::default().mtbf(), None);
}

#[test]
fn windows_without_requests_do_not_count() {
    let target = WindowTarget { success: Some(0.5), latency: vec![] };
    let mut windows = Windows::new(at(0.0), secs(10.0), target);
    assert_eq!(windows.share_met(), None);
    windows.resolve(at(1.0), None);
    windows.resolve(at(9.0), Some(secs(1.0)));
    assert_eq!(windows.counts(), (1, 1));
    windows.resolve(at(10.0), None);
    windows.resolve(at(95.0), Some(secs(3.0)));
    assert_eq!(windows.counts(), (3, 2));
    assert_eq!(windows.share_met(), Some(2.0 / 3.0));
    windows.restart(at(95.0));
    assert_eq!(windows.counts(), (0, 0));
    windows.resolve(at(96.0), None);
    assert_eq!(windows.counts(), (1, 0));
}

#[test]
fn a_latency_target_is_the_nearest_rank_quantile_of_the_successes() {
    for slow in 0..=3 {
        let target = WindowTarget { success: None, latency: vec![(0.98, secs(1.0))] };
        let mut windows = Windows::new(at(0.0), secs(10.0), target);
        let mut sketch = crate::measure::sketch::LatencySketch::new();
        for i in 0..100 {
            let latency = if i < slow { secs(2.0) } else { secs(1.0) };
            windows.resolve(at(f64::from(i) * 0.05), Some(latency));
            sketch.record(latency);
        }
        windows.resolve(at(9.0), None);
        let expected = sketch.quantile(0.98).unwrap().as_secs_f64() < 1.5;
        assert_eq!(windows.counts(), (1, u64::from(expected)), "{slow} slow of 100");
        assert_eq!(expected, slow <= 2);
    }
}

#[test]
fn bins_hold_time_weighted_means() {
    let mut bins = TimelineBins::new(at(100.0), secs(10.0), 4, &[3.0, 0.0]);
    bins.add(at(105.0), 0, -1.0);
    bins.add(at(105.0), 1, 1.0);
    bins.set(at(128.0), 1, 5.0);
    assert_eq!((bins.value(0), bins.value(1)), (2.0, 5.0));
    let means = bins.clone().means(at(135.0));
    assert_eq!(means, [vec![2.5, 2.0, 2.0, 2.0], vec![0.5, 1.0, 1.8, 5.0]]);
    assert_eq!(bins.clone().means(at(110.0))[0].len(), 1);
    assert_eq!(bins.clone().means(at(1000.0))[0].len(), 4);
    assert_eq!(bins.means(at(100.0))[0].len(), 0);
}

#[test]
fn bins_conserve_time_whatever_the_order_of_changes() {
    let mut bins = TimelineBins::new(at(0.0), secs(7.0), 20, &[10.0, 0.0]);
    let mut exact = TimeWeighted::new(at(0.0), 10.0);
    for step in 1..100 {
        let (now, change) = (at(f64::from(step) * 1.37), f64::from(step % 7) - 3.0);
        bins.add(now, 0, -change);
        bins.add(now, 1, change);
        exact.add(now, -change);
    }
    let means = bins.means(at(140.0));
    for (up, down) in means[0].iter().zip(&means[1]) {
        assert!((up + down - 10.0).abs() < 1e-9);
    }
    assert!((means[0].iter().sum::<f64>() / 20.0 - exact.mean(at(140.0)).unwrap()).abs() < 1e-9);
}

#[test]
fn ratios_are_kept_by_bin() {
    let mut ratios = RatioBins::new(at(10.0), secs(5.0), 3);
    ratios.record(at(10.0), true);
    ratios.record(at(14.0), false);
    ratios.record(at(25.0), true);
    ratios.record(at(26.0), false);
    assert_eq!(ratios.shares(), [Some(0.5), None, Some(1.0)]);
}
