//! Fates have the distributions the link says; detectors have the quality of service that theory says.

use super::*;
use crate::kernel::Process;

/// Share of `true`, and whether it is within four standard errors of `expected`.
fn assert_share(count: u32, of: u32, expected: f64, what: &str) {
    let share = f64::from(count) / f64::from(of);
    let se = (expected * (1.0 - expected) / f64::from(of)).sqrt();
    assert!((share - expected).abs() <= 4.0 * se, "{what}: {share} against {expected} ± {se}");
}

fn assert_close(value: f64, expected: f64, relative: f64, what: &str) {
    assert!((value / expected - 1.0).abs() <= relative, "{what}: {value} against {expected}");
}

/// Delays of messages 0 to `count` of one node.
fn delays(class: &HealthClass, seed: u64, count: u64) -> Vec<Option<f64>> {
    let (_, streams) = streams(seed);
    let context = HealthContext::new(class, &streams, 5, 2, SimTime::MAX);
    let mut walk = fate::FateWalk::new(&context, 0);
    (0..count).map(|number| walk.delay(&context, number).map(SimDuration::as_secs_f64)).collect()
}

/// Whatever share of slow messages the detector leads to, latencies have the link's distribution, and losses their rate.
#[test]
fn delays_have_the_distribution_of_the_link() {
    let link = link(Some(Dist::Exponential { mean: 0.2 }), Some(Loss::Bernoulli(0.1)));
    let count = 200_000_u32;
    let mut tails = vec![];
    for timeout in [30.0, 12.0, 11.5, 11.0, 10.6, 10.3, 9.0] {
        let class = HealthClass::new(&heartbeat(10.0, timeout), Some(&link), seconds(1.0));
        tails.push(class.tail);
        let delays = delays(&class, 3, u64::from(count));
        let mut units: Vec<f64> =
            delays.iter().flatten().map(|delay| 1.0 - libm::exp(-(delay - 1.0) / 0.2)).collect();
        assert_share(count - units.len() as u32, count, 0.1, "lost");
        units.sort_by(f64::total_cmp);
        let n = units.len() as f64;
        let distance = units
            .iter()
            .enumerate()
            .map(|(i, unit)| (unit - i as f64 / n).abs().max((unit - (i + 1) as f64 / n).abs()))
            .fold(0.0, f64::max);
        assert!(distance * n.sqrt() < 1.63, "Kolmogorov–Smirnov {} at {timeout}", distance * n.sqrt());
    }
    assert!(
        tails[0] < 1e-6 && tails.windows(2).all(|pair| pair[0] < pair[1]) && tails[6] == 1.0,
        "{tails:?}"
    );
}

/// Losses under Gilbert–Elliott: rate, pairs in a row, and runs, from the chain's transition matrix at the beats.
#[test]
fn bursts_have_the_chain_in_them() {
    let (a, b, loss, period) = (0.02, 0.1, [0.01, 0.6], 3.0);
    let link = link(Some(Dist::Exponential { mean: 0.05 }), Some(bursty(a, b, loss[0], loss[1])));
    let class = HealthClass::new(&heartbeat(period, 9.0), Some(&link), SimDuration::ZERO);
    let count = 2_000_000_usize;
    let lost: Vec<bool> = delays(&class, 12, count as u64).iter().map(Option::is_none).collect();
    let bad = a / (a + b);
    let decay = libm::exp(-(a + b) * period);
    let step = [
        [1.0 - bad * (1.0 - decay), bad * (1.0 - decay)],
        [(1.0 - bad) * (1.0 - decay), bad + (1.0 - bad) * decay],
    ];
    for run in [1_usize, 2, 3, 5] {
        let mut weight = [(1.0 - bad) * loss[0], bad * loss[1]];
        for _ in 1..run {
            weight = [0, 1].map(|to| (weight[0] * step[0][to] + weight[1] * step[1][to]) * loss[to]);
        }
        let expected = weight[0] + weight[1];
        // Runs overlap and cluster, so the standard error comes from batches much longer than the correlation.
        let batches: Vec<f64> = lost
            .chunks_exact(10_000)
            .map(|batch| batch.windows(run).filter(|window| window.iter().all(|lost| *lost)).count() as f64)
            .map(|seen| seen / (10_001 - run) as f64)
            .collect();
        let n = batches.len() as f64;
        let share = mean(&batches);
        let variance = batches.iter().map(|batch| (batch - share) * (batch - share)).sum::<f64>() / (n - 1.0);
        let se = (variance / n).sqrt();
        assert!(se < 0.03 * expected, "{se}");
        assert!((share - expected).abs() < 4.0 * se, "runs of {run}: {share} against {expected} ± {se}");
    }
}

/// Both legs of a probe can be lost or slow, and the round trip is the sum of two latencies.
#[test]
fn probes_are_two_messages() {
    let link = link(Some(Dist::Uniform { min: 0.0, max: 1.0 }), Some(Loss::Bernoulli(0.2)));
    let count = 300_000;
    for timeout in [10.0, 1.9, 1.0] {
        let class = HealthClass::new(&probe(5.0, 2, timeout), Some(&link), seconds(0.0));
        let round_trips = delays(&class, 8, u64::from(count));
        let within = |limit: f64| {
            round_trips.iter().flatten().filter(|round_trip| **round_trip <= limit).count() as u32
        };
        assert_share(within(9.0), count, 0.64, "answered");
        // The sum of two uniforms has a triangular density.
        assert_share(within(0.5), count, 0.64 * 0.125, "within 0.5 s");
        assert_share(within(1.0), count, 0.64 * 0.5, "within 1 s");
        assert_share(within(1.95), count, 0.64 * (1.0 - 0.05 * 0.05 / 2.0), "within 1.95 s");
    }
}

/// Mistakes of a detector about a node that never fails.
struct Mistakes {
    /// Suspicions.
    count: f64,
    /// Mean time between the beginnings of suspicions.
    recurrence: f64,
    /// Mean duration.
    duration: f64,
    /// Share of time trusted.
    accuracy: f64,
}

fn mistakes(health: &Health, link: &Link, time: f64) -> Mistakes {
    let (_, streams) = streams(77);
    let class = HealthClass::new(health, Some(link), SimDuration::ZERO);
    let context = HealthContext::new(&class, &streams, 0, 0, at(time));
    let (verdicts, _) = drive(HealthWatch::new(SimTime::ZERO, &context), &[], &context);
    let mistakes = verdicts.chunks_exact(2);
    let count = mistakes.len() as f64;
    let suspected: f64 = mistakes.map(|pair| (pair[1].0 - pair[0].0).as_secs_f64()).sum();
    assert!(verdicts.iter().step_by(2).all(|(_, verdict)| *verdict == Verdict::Suspect));
    Mistakes {
        count,
        recurrence: time / count,
        duration: suspected / count,
        accuracy: 1.0 - suspected / time,
    }
}

/// The known results i.nfds.1, .3 and .5: Theorem 5 of Chen, Toueg and Aguilera.
#[test]
fn freshness_has_the_quality_of_service_of_the_theorem() {
    struct Case {
        health: Health,
        loss: f64,
        delay: f64,
        time: f64,
        recurrence: f64,
        duration: f64,
        inaccuracy: f64,
    }
    let cases = [
        Case {
            health: freshness(1.0, 0.5),
            loss: 0.01,
            delay: 0.02,
            time: 4e6,
            recurrence: 101.010_100_871,
            duration: 0.530_101_009_4,
            inaccuracy: 1.0 - 0.994_752,
        },
        Case {
            health: freshness(9.97, 20.03),
            loss: 0.01,
            delay: 0.02,
            time: 3e9,
            recurrence: 4_796_052.899_73,
            duration: 4.773_191_484_15,
            inaccuracy: 1.0 - 0.999_999_004_767,
        },
        Case {
            health: freshness(10.0, 5.0),
            loss: 0.03,
            delay: 0.5,
            time: 1e7,
            recurrence: 343.138_907_423,
            duration: 5.801_496_103_05,
            inaccuracy: 1.0 - 0.983_092_864_209,
        },
    ];
    for case in cases {
        let link = link(Some(Dist::Exponential { mean: case.delay }), Some(Loss::Bernoulli(case.loss)));
        let seen = mistakes(&case.health, &link, case.time);
        let tolerance = 4.0 / seen.count.sqrt();
        assert!(seen.count > 500.0);
        assert_close(seen.recurrence, case.recurrence, tolerance, "time between mistakes");
        assert_close(seen.duration, case.duration, tolerance, "duration of a mistake");
        assert_close(1.0 - seen.accuracy, case.inaccuracy, 1.5 * tolerance, "share of time suspected");
    }
}

/// A link that loses a probe, one way or the other, with this probability.
fn losing_probes(loss: f64) -> Link {
    link(None, Some(Loss::Bernoulli(1.0 - (1.0 - loss).sqrt())))
}

/// The known results i.miss.1 and i.miss.3, and a lossier one by the same formulas.
#[test]
fn false_alarms_of_probes_come_at_the_rate_of_runs() {
    for (loss, misses, period, time) in [(0.01, 3, 5.0, 1.3e9), (0.05, 2, 10.0, 4e7), (0.3, 4, 2.0, 3e6)] {
        let seen = mistakes(&probe(period, misses, 0.0), &losing_probes(loss), time);
        let run = libm::pow(loss, f64::from(misses));
        let tolerance = 4.0 / seen.count.sqrt();
        assert!(seen.count > 200.0, "{}", seen.count);
        assert_close(seen.recurrence, period / ((1.0 - loss) * run), tolerance, "time between false alarms");
        assert_close(1.0 - seen.accuracy, run, 1.5 * tolerance, "share of time suspected");
    }
}

/// Detection times after a crash at a random moment, of nodes not suspected then; and the number of crashes left out.
fn detection_times(health: &Health, link: Option<&Link>, nodes: u32, seed: u64) -> Vec<Option<f64>> {
    let (all, streams) = streams(seed);
    let class = HealthClass::new(health, link, SimDuration::ZERO);
    let crashes = all.stream(Process::HardwareFault, 0);
    (0..nodes)
        .map(|node| {
            let crash = at(900.0 + 100.0 * crashes.unit(node, 0));
            let context = HealthContext::new(&class, &streams, node, node, at(2e3));
            let (verdicts, _) = drive(HealthWatch::new(SimTime::ZERO, &context), &[crash], &context);
            let before = verdicts.iter().rev().find(|(at, _)| *at < crash);
            let trusted = before.is_none_or(|(_, verdict)| *verdict == Verdict::Trust);
            let (at, verdict) = verdicts.last().expect("a dead node is detected");
            assert_eq!(*verdict, Verdict::Suspect, "and stays so");
            trusted.then(|| (*at - crash).as_secs_f64())
        })
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn probes_detect_a_crash_in_the_expected_time() {
    for (loss, misses, period, expected, greatest) in
        [(0.01, 3, 5.0, 12.449_509_949_5, 15.0), (0.05, 2, 10.0, 14.523_809_523_8, 20.0)]
    {
        let times = detection_times(&probe(period, misses, 0.0), Some(&losing_probes(loss)), 30_000, 5);
        let times: Vec<f64> = times.into_iter().flatten().collect();
        assert_close(mean(&times), expected, 0.005, "mean");
        assert!(times.iter().all(|time| *time <= greatest));
        assert!(times.iter().any(|time| *time > greatest - 0.1));
    }
}

/// Without loss and with constant latency: bounds, uniform between them, and never a false suspicion.
#[test]
fn detection_times_lie_between_their_bounds() {
    let latency = 0.25;
    let ideal = link(Some(Dist::Constant(latency)), None);
    for (health, least, greatest) in [
        (heartbeat(10.0, 30.0), 20.0 + latency, 30.0 + latency),
        (heartbeat(10.0, 10.0), latency, 10.0 + latency),
        (freshness(10.0, 5.0), 5.0, 15.0),
        (freshness(10.0, latency), latency, 10.0 + latency),
        (probe(10.0, 1, 2.0), 2.0, 12.0),
        (probe(10.0, 3, 2.0 * latency), 20.0 + 2.0 * latency, 30.0 + 2.0 * latency),
    ] {
        let times = detection_times(&health, Some(&ideal), 5_000, 6);
        let times: Vec<f64> = times.into_iter().map(|time| time.expect("no false suspicion")).collect();
        assert!(times.iter().all(|time| (least..=greatest + 1e-9).contains(time)), "{health:?}");
        assert_close(mean(&times), 0.5 * (least + greatest), 0.02, "mean");
        let class = HealthClass::new(&health, Some(&ideal), SimDuration::ZERO);
        let (_, streams) = streams(2);
        let context = HealthContext::new(&class, &streams, 1, 1, at(1e8));
        assert_eq!(HealthWatch::new(SimTime::ZERO, &context).next(SimTime::ZERO, &context), None);
    }
    let instant = probe(10.0, 1, 0.0);
    assert!(detection_times(&instant, None, 500, 7).into_iter().flatten().all(|time| time <= 10.0));
}

/// On the same draws a longer timeout never detects sooner, and makes no more mistakes.
#[test]
fn longer_timeouts_never_detect_sooner() {
    let link = link(Some(Dist::Exponential { mean: 0.3 }), Some(bursty(0.002, 0.02, 0.01, 0.8)));
    let ladder: Vec<Health> = vec![
        heartbeat(10.0, 15.0),
        heartbeat(10.0, 20.0),
        heartbeat(10.0, 31.0),
        heartbeat(10.0, 60.0),
        heartbeat(10.0, 200.0),
    ];
    let times: Vec<_> = ladder.iter().map(|health| detection_times(health, Some(&link), 2_000, 8)).collect();
    for pair in times.windows(2) {
        for (shorter, longer) in pair[0].iter().zip(&pair[1]) {
            assert!(shorter.unwrap_or(0.0) <= longer.unwrap_or(0.0), "{shorter:?} {longer:?}");
        }
    }
    let counts: Vec<f64> = ladder.iter().map(|health| mistakes(health, &link, 1e6).count).collect();
    assert!(counts.windows(2).all(|pair| pair[0] > pair[1]), "{counts:?}");
}
