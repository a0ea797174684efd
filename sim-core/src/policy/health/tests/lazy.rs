//! Looking ahead changes nothing; φ-accrual, gossip and their costs.

use super::*;
use crate::kernel::Process;
use crate::scenario::{Among, Gossip, PhiAccrual as Spec, PhiForm};

fn phi(form: PhiForm, threshold: f64, window: u32) -> Health {
    Health::PhiAccrual(Spec {
        period: seconds(1.0),
        threshold,
        window,
        min_sd: seconds(0.1),
        pause: SimDuration::ZERO,
        first: None,
        form,
    })
}

fn schedule(health: &Health) -> Schedule {
    built_in(health).schedule()
}

/// Every form, latency and loss: the lazy watch gives the verdicts of the plain one, to the nanosecond, for a fraction of its wakings.
#[test]
fn looking_ahead_changes_nothing() {
    let until = at(400.0);
    let latencies = [
        None,
        Some(Dist::Constant(0.08)),
        Some(Dist::Lognormal { median: 0.03, sigma: 0.5 }),
        Some(Dist::Uniform { min: 0.5, max: 4.0 }),
    ];
    let losses = [None, Some(Loss::Bernoulli(0.1)), Some(bursty(0.01, 0.05, 0.001, 0.7))];
    let mut detectors = vec![heartbeat(1.0, 3.0), freshness(1.0, 0.5), probe(1.0, 3, 0.5)];
    for form in [PhiForm::Normal, PhiForm::Logistic, PhiForm::Exponential] {
        detectors.extend([phi(form, 3.0, 1000), phi(form, 0.6, 5), phi(form, 0.1, 20)]);
    }
    let (mut changes, mut lazily, mut plainly, mut node) = (0, 0, 0, 0);
    for health in detectors {
        for latency in &latencies {
            for loss in losses {
                for (up, down) in [(1e9, 1.0), (5.0, 2.0), (60.0, 30.0)] {
                    node += 1;
                    let link = link(latency.clone(), loss);
                    let class = HealthClass::for_schedule(schedule(&health), Some(&link), seconds(0.013));
                    let (all, streams) = streams(u64::from(node));
                    let context = HealthContext::new(&class, &streams, node, node / 2, until);
                    let flips = flapping(&all.stream(Process::HardwareFault, 0), node, up, down, until);
                    let start = at(0.37);
                    let lazy = drive(LazyWatch::new(built_in(&health), start, &context), &flips, &context);
                    let plain =
                        drive(ExplicitWatch::new(built_in(&health), start, &context), &flips, &context);
                    assert_eq!(lazy.0, plain.0, "{health:?} {link:?} up {up} down {down} node {node}");
                    changes += plain.0.len();
                    lazily += lazy.1;
                    plainly += plain.1;
                }
            }
        }
    }
    assert!(changes > 10_000, "{changes} changes of verdict");
    assert!(lazily < plainly / 3, "{lazily} against {plainly}");
}

/// Wakes a watch as it asks to be until `end`.
fn wake_until(
    watch: &mut impl Watch,
    mut pending: Option<SimTime>,
    end: SimTime,
    context: &HealthContext<'_>,
    verdicts: &mut Vec<(SimTime, Verdict)>,
) {
    while let Some(at) = pending.filter(|at| *at < end) {
        let woken = watch.woken(at, context);
        verdicts.extend(woken.verdict.map(|verdict| (at, verdict)));
        pending = woken.next;
    }
}

/// Drives a watch whose gateway is dead now and then, while the node goes, comes, or stays as it is.
fn drive_with_rests(
    mut watch: impl Watch,
    moments: &[SimTime],
    context: &HealthContext<'_>,
) -> Vec<(SimTime, Verdict)> {
    let mut verdicts = Vec::new();
    let mut pending = watch.first(SimTime::ZERO, context);
    for (spell, moments) in moments.chunks_exact(4).enumerate() {
        if spell % 3 != 0 {
            wake_until(&mut watch, pending, moments[0], context, &mut verdicts);
            pending = watch.lost(moments[0], context);
        }
        wake_until(&mut watch, pending, moments[1], context, &mut verdicts);
        let answering = spell % 2 == 0;
        pending = watch.rested(moments[1], moments[2], answering, context);
        if !answering {
            wake_until(&mut watch, pending, moments[3], context, &mut verdicts);
            pending = watch.back(moments[3], context);
        }
    }
    wake_until(&mut watch, pending, context.until, context, &mut verdicts);
    verdicts
}

/// A watch that rests and begins anew goes the same way whichever it is.
#[test]
fn watches_that_begin_again_agree() {
    let until = at(3_000.0);
    let (mut changes, mut node) = (0, 0);
    let latencies = [
        None,
        Some(Dist::Lognormal { median: 0.03, sigma: 0.5 }),
        Some(Dist::Gamma { mean: 0.4, shape: 0.8 }),
    ];
    let losses = [None, Some(Loss::Bernoulli(0.1)), Some(bursty(0.01, 0.05, 0.001, 0.7))];
    for latency in &latencies {
        for loss in losses {
            for (up, down) in [(12.0, 9.0), (60.0, 30.0)] {
                node += 1;
                let link = link(latency.clone(), loss);
                let (all, streams) = streams(u64::from(node));
                let flips = flapping(&all.stream(Process::HardwareFault, 0), node, up, down, until);
                let detectors =
                    [heartbeat(1.0, 3.0), freshness(1.0, 2.3), probe(1.0, 3, 0.5), probe(1.0, 2, 3.5)];
                for health in detectors {
                    let class = HealthClass::new(&health, Some(&link), seconds(0.013));
                    let context = HealthContext::new(&class, &streams, node, 1, until);
                    let fast = drive_with_rests(HealthWatch::new(SimTime::ZERO, &context), &flips, &context);
                    let plain = ExplicitWatch::new(built_in(&health), SimTime::ZERO, &context);
                    assert_eq!(fast, drive_with_rests(plain, &flips, &context), "{health:?} {link:?} {node}");
                    changes += fast.len();
                }
                for health in [phi(PhiForm::Normal, 3.0, 1000), phi(PhiForm::Logistic, 0.6, 5)] {
                    let class = HealthClass::new(&health, Some(&link), seconds(0.013));
                    let context = HealthContext::new(&class, &streams, node, 1, until);
                    let lazy = LazyWatch::new(built_in(&health), SimTime::ZERO, &context);
                    let plain = ExplicitWatch::new(built_in(&health), SimTime::ZERO, &context);
                    let lazy = drive_with_rests(lazy, &flips, &context);
                    assert_eq!(lazy, drive_with_rests(plain, &flips, &context), "{health:?} {link:?} {node}");
                    changes += lazy.len();
                }
            }
        }
    }
    assert!(changes > 1_000, "{changes}");
}

/// Beats that all take equally long cost nothing, whatever their number.
#[test]
fn steady_beats_cost_nothing() {
    let (_, streams) = streams(3);
    for latency in [None, Some(Dist::Constant(0.05))] {
        for form in [PhiForm::Normal, PhiForm::Logistic, PhiForm::Exponential] {
            let health = phi(form, 8.0, 1000);
            let link = link(latency.clone(), None);
            let class = HealthClass::new(&health, Some(&link), SimDuration::ZERO);
            let until = at(300.0 * 86_400.0);
            let context = HealthContext::new(&class, &streams, 1, 0, until);
            let watch = LazyWatch::new(built_in(&health), SimTime::ZERO, &context);
            assert_eq!(drive(watch.clone(), &[], &context), (vec![], 0));
            // After a year of steady beats a crash is suspected `min_sd` times the quantile after the next beat that is due.
            let crash = at(200.0 * 86_400.0);
            let (verdicts, _) = drive(watch, &[crash], &context);
            let last = context.sent(context.first_from(crash) - 1).as_nanos() as f64 * 1e-9;
            let arrived = last + latency.as_ref().map_or(0.0, |latency| latency.quantile(0.5));
            let (mean, sd) = if form == PhiForm::Exponential { (0.0, 1.0) } else { (1.0, 0.1) };
            let expected = arrived + mean + sd * phi::factor(form, 8.0);
            let found = verdicts[0].0.as_nanos() as f64 * 1e-9;
            assert!(verdicts.len() == 1 && (found - expected).abs() < 1e-6, "{form:?}: {found} {expected}");
        }
    }
}

/// On the same messages a higher threshold never suspects where a lower one does not, and so more rarely.
#[test]
fn a_higher_threshold_suspects_less() {
    let until = at(20_000.0);
    let (_, streams) = streams(12);
    let link = link(Some(Dist::Lognormal { median: 0.1, sigma: 1.0 }), Some(Loss::Bernoulli(0.05)));
    for form in [PhiForm::Normal, PhiForm::Logistic, PhiForm::Exponential] {
        let mut counts = Vec::new();
        for threshold in [1.0, 2.0, 4.0, 8.0] {
            let health = phi(form, threshold, 200);
            let class = HealthClass::new(&health, Some(&link), SimDuration::ZERO);
            let context = HealthContext::new(&class, &streams, 4, 0, until);
            let watch = LazyWatch::new(built_in(&health), SimTime::ZERO, &context);
            counts.push(drive(watch, &[], &context).0.len());
        }
        assert!(counts.windows(2).all(|pair| pair[0] >= pair[1]), "{form:?}: {counts:?}");
        assert!(counts[0] > counts[3], "{form:?}: {counts:?}");
    }
}

/// Gossip finds a crash after the rumour's way and the timeout; a larger group takes longer; a longer timeout errs less.
#[test]
fn gossip_takes_the_way_of_a_rumour() {
    let until = at(100_000.0);
    let (_, streams) = streams(21);
    let run = |members: u32, timeout: f64, flips: &[SimTime], node: u32| {
        let gossip =
            Gossip { period: seconds(1.0), timeout: seconds(timeout), fanout: 1, among: Among::Region };
        let way = gossip::way(&gossip, Some(&link(None, Some(Loss::Bernoulli(0.1)))), members);
        let health = Health::Gossip(gossip);
        let class = HealthClass::new(&health, Some(&way), SimDuration::ZERO);
        let context = HealthContext::new(&class, &streams, node, 0, until);
        drive(HealthWatch::new(SimTime::ZERO, &context), flips, &context).0
    };
    let delay = |members: u32| {
        let crash = at(50_000.0);
        let delays = (0..200).map(|node| {
            let verdicts = run(members, 30.0, &[crash], node);
            verdicts.last().expect("it is found").0.since(crash).as_secs_f64()
        });
        delays.sum::<f64>() / 200.0
    };
    let (few, many) = (delay(10), delay(10_000));
    // Of the last beats, the one that arrives last counts.
    assert!(few > 30.0 && few < 45.0 && many > few + 5.0 && many < 60.0, "{few} {many}");
    let mistakes = |timeout: f64| (0..5).map(|node| run(100, timeout, &[], node).len()).sum::<usize>();
    let counts = [mistakes(4.0), mistakes(6.0), mistakes(9.0), mistakes(30.0)];
    assert!(
        counts.windows(2).all(|pair| pair[0] >= pair[1]) && counts[0] > 0 && counts[3] == 0,
        "{counts:?}"
    );
}

/// Gossip, which passes over beats while others are under way, agrees with plain simulation, and is cheap even where beats are lost.
#[test]
fn gossip_agrees_with_plain_simulation() {
    let until = at(20_000.0);
    let (mut changes, mut fast, mut slow) = (0, 0, 0);
    for (node, (loss, timeout)) in
        [(0.0, 30.0), (0.02, 30.0), (0.02, 12.0), (0.3, 30.0), (0.3, 8.0)].into_iter().enumerate()
    {
        for (up, down) in [(1e9, 1.0), (300.0, 60.0), (20.0, 5.0)] {
            let gossip =
                Gossip { period: seconds(1.0), timeout: seconds(timeout), fanout: 1, among: Among::Region };
            let way = gossip::way(&gossip, Some(&link(None, Some(Loss::Bernoulli(loss)))), 1000);
            let health = Health::Gossip(gossip);
            let class = HealthClass::new(&health, Some(&way), SimDuration::ZERO);
            let (all, streams) = streams(77);
            let node = node as u32;
            let context = HealthContext::new(&class, &streams, node, 0, until);
            let flips = flapping(&all.stream(Process::HardwareFault, 0), node, up, down, until);
            let watch = drive(HealthWatch::new(SimTime::ZERO, &context), &flips, &context);
            let plain =
                drive(ExplicitWatch::new(built_in(&health), SimTime::ZERO, &context), &flips, &context);
            assert_eq!(watch.0, plain.0, "loss {loss} timeout {timeout} up {up}");
            changes += watch.0.len();
            fast += watch.1;
            slow += plain.1;
        }
    }
    assert!(changes > 200 && fast < slow / 20, "{changes} changes, {fast} against {slow}");
}
