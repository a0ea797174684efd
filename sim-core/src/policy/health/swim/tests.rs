//! Detection, mistakes and news against the formulas.

use super::news::binomial;
use super::*;
use crate::kernel::{Dist, Process, SimDuration, SimTime, Streams};
use crate::scenario::{Among, Link, Loss, Swim, SwimOrder};

fn swim(order: SwimOrder) -> Swim {
    Swim {
        period: SimDuration::from_secs(1),
        proxies: 3,
        timeout: None,
        suspect: SimDuration::ZERO,
        among: Among::Region,
        order,
        heard: None,
    }
}

fn streams() -> SwimStreams {
    SwimStreams::new(&Streams::new(11, 0))
}

/// Oracle i.swimfp.1 and 3, and messages that are too slow.
#[test]
fn mistakes_have_the_probability_of_the_paper() {
    for (loss, expected) in [(0.05, 0.000_622_289_479_944), (0.2, 0.074_086_921_175)] {
        let link = Link { loss: Some(Loss::Bernoulli(loss)), ..Link::default() };
        let class = SwimClass::new(&swim(SwimOrder::Random), Some(&link), 100);
        assert!((class.mistake(false) / expected - 1.0).abs() < 1e-9, "{loss}");
    }
    let slow = Link { latency: Some(Dist::Uniform { min: 0.0, max: 0.25 }), ..Link::default() };
    let class = SwimClass::new(&swim(SwimOrder::Random), Some(&slow), 100);
    let q: f64 = 0.5;
    let expected = (1.0 - q * q) * (1.0 - q * q * q * q) * (1.0 - q * q * q * q) * (1.0 - q * q * q * q);
    assert!((class.mistake(false) - expected).abs() < 1e-9);
}

/// Periods to detection: geometric with the paper's probability, or never more than twice round.
#[test]
fn detection_takes_the_periods_of_the_paper() {
    let streams = streams();
    for (order, members, mean) in [
        (SwimOrder::Random, 5, 1.462_857_142_86),
        (SwimOrder::Random, 1000, 1.581_515_851_28),
        (SwimOrder::RoundRobin, 5, f64::NAN),
    ] {
        let class = SwimClass::new(&swim(order), None, members);
        let (mut sum, mut longest) = (0.0_f64, 0.0_f64);
        let count = 20_000;
        for node in 0..count {
            let until = SimTime::from_secs_f64(1e6);
            let peers = Peers { live: members - 1, listed: members };
            let context =
                SwimContext { class: &class, streams: &streams, node, group: 0, site: 0, until, peers };
            let mut watch = SwimWatch::new(&context);
            assert_eq!(watch.next(&context), None, "a sound group costs nothing");
            let lost = SimTime::from_secs_f64(100.0 + f64::from(node) * 0.617);
            let mut next = watch.node_lost(lost, &context);
            let found = loop {
                let at = next.expect("it is found");
                let woken = watch.wake(at, &context);
                if woken.verdict.is_some() {
                    break at;
                }
                next = woken.next;
            };
            let delay = found.since(lost).as_secs_f64();
            sum += delay;
            longest = longest.max(delay);
        }
        let found = sum / f64::from(count);
        if order == SwimOrder::Random {
            assert!((found - mean).abs() < 0.03, "{members}: {found} periods instead of {mean}");
        } else {
            assert!(longest < 2.0 * f64::from(members), "{longest}");
        }
    }
}

/// The residual of a shuffled round against its definition.
#[test]
fn shuffled_rounds_are_bounded() {
    for others in [1_u32, 2, 5, 12] {
        let m = u64::from(others);
        let longer = |r: u64| {
            let all = (0..m).flat_map(|a| (1..=m).map(move |b| a + b));
            all.filter(|gap| *gap > r).count() as f64 / (m * m) as f64
        };
        for r in 0..2 * m {
            let expected = (r..2 * m).map(longer).sum::<f64>() / m as f64;
            assert!((residual(others, r) - expected).abs() < 1e-12, "{others} {r}");
        }
    }
}

/// News takes about as long as the recursion of epidemics says, and longer if fewer are heard.
#[test]
fn news_reaches_the_gateway_in_logarithmic_time() {
    let streams = streams();
    let mut means = Vec::new();
    for (members, heard) in [(1000, 1), (1000, 10), (1000, 1000), (100_000, 1)] {
        let class = SwimClass::new(&Swim { heard: Some(heard), ..swim(SwimOrder::Random) }, None, members);
        let count = 2_000;
        let mut sum = 0;
        for node in 0..count {
            let peers = Peers { live: members, listed: members };
            let until = SimTime::from_secs_f64(1e6);
            let context =
                SwimContext { class: &class, streams: &streams, node, group: 0, site: 0, until, peers };
            sum += SwimWatch::new(&context).rounds_to_gateway(&context);
        }
        means.push(f64::from(sum) / f64::from(count));
    }
    // Push and pull: the informed nearly treble until half know, ln 1000 / ln 3 = 6.3, and a round or so more.
    assert!((5.5..9.0).contains(&means[0]), "{means:?}");
    assert!(means[1] < means[0] && means[2] == 0.0 && means[3] > means[0] + 3.0, "{means:?}");
}

/// Inversion gives mean and variance.
#[test]
fn binomial_variates_have_their_moments() {
    let stream = Streams::new(5, 0).stream(Process::SwimNews, 7);
    for (n, p) in [(10.0, 0.3), (200.0, 0.02), (1000.0, 0.4), (50.0, 0.9)] {
        let values: Vec<f64> = (0..20_000).map(|i| binomial(n, p, stream.unit(1, i))).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 20_000.0;
        let expected: f64 = n * p * (1.0 - p);
        assert!((mean - n * p).abs() < 5.0 * (expected / 20_000.0).sqrt() + 0.01, "{n} {p}: {mean}");
        assert!((variance / expected - 1.0).abs() < 0.06, "{n} {p}: {variance}");
    }
}
