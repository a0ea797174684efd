//! The fast watch does exactly what message-by-message simulation does, whatever it is asked and when.

use super::*;
use crate::kernel::Process;
use crate::world::network::Wait;

fn latencies() -> Vec<Option<Dist>> {
    vec![
        None,
        Some(Dist::Constant(0.08)),
        Some(Dist::Lognormal { median: 0.03, sigma: 0.5 }),
        Some(Dist::Exponential { mean: 0.4 }),
        Some(Dist::Uniform { min: 0.5, max: 4.0 }),
        Some(Dist::Pareto { min: 0.02, shape: 1.1 }),
        Some(Dist::Mixture([(0.9, Dist::Constant(0.01)), (0.1, Dist::Constant(2.5))].into())),
    ]
}

fn losses() -> Vec<Option<Loss>> {
    vec![
        None,
        Some(Loss::Bernoulli(0.02)),
        Some(Loss::Bernoulli(0.6)),
        Some(Loss::Bernoulli(1.0)),
        Some(bursty(0.01, 0.05, 0.001, 0.7)),
        Some(bursty(2.0, 3.0, 0.0, 1.0)),
        Some(bursty(0.0001, 0.01, 0.0, 0.9)),
    ]
}

fn detectors() -> Vec<Health> {
    vec![
        Health::Oracle,
        Health::None,
        heartbeat(1.0, 3.0),
        heartbeat(1.0, 1.0),
        heartbeat(1.0, 0.6),
        heartbeat(1.0, 0.0),
        heartbeat(0.3, 4.0),
        freshness(1.0, 0.5),
        freshness(1.0, 2.3),
        freshness(1.0, 0.0),
        freshness(0.3, 4.0),
        probe(1.0, 3, 0.5),
        probe(1.0, 1, 0.0),
        probe(1.0, 2, 3.5),
        probe(0.4, 4, 0.2),
    ]
}

/// Every detector, latency and loss; nodes that are steady, flap fast, and go away for long.
#[test]
fn both_watches_agree_to_the_nanosecond() {
    let until = at(200.0);
    let mut changes = 0;
    let (mut fast_wakes, mut slow_wakes) = (0, 0);
    let mut node = 0;
    for health in detectors() {
        for latency in latencies() {
            for loss in losses() {
                for (up, down) in [(1e9, 1.0), (5.0, 2.0), (40.0, 30.0), (0.7, 0.4)] {
                    node += 1;
                    let link = link(latency.clone(), loss);
                    let class = HealthClass::new(&health, Some(&link), seconds(0.013 * f64::from(node % 3)));
                    let (all, streams) = streams(u64::from(node));
                    let context = HealthContext::new(&class, &streams, node, node / 2, until);
                    let flips = flapping(&all.stream(Process::HardwareFault, 0), node, up, down, until);
                    let start = at(f64::from(node % 2) * 0.37);
                    let fast = drive(HealthWatch::new(start, &context), &flips, &context);
                    let slow =
                        drive(ExplicitWatch::new(built_in(&health), start, &context), &flips, &context);
                    assert_eq!(fast.0, slow.0, "{health:?} {link:?} up {up} down {down} node {node}");
                    changes += fast.0.len();
                    fast_wakes += fast.1;
                    slow_wakes += slow.1;
                }
            }
        }
    }
    assert!(changes > 40_000, "{changes} changes of verdict");
    assert!(fast_wakes < slow_wakes / 4, "{fast_wakes} against {slow_wakes}");
}

/// A watch looked at, cloned and woken at any time goes the same way.
#[test]
fn asking_more_often_changes_nothing() {
    let until = at(2_000.0);
    let link = link(Some(Dist::Exponential { mean: 0.4 }), Some(bursty(0.01, 0.05, 0.01, 0.7)));
    let (all, streams) = streams(9);
    for (node, health) in detectors().into_iter().enumerate() {
        let class = HealthClass::new(&health, Some(&link), SimDuration::ZERO);
        let node = node as u32;
        let context = HealthContext::new(&class, &streams, node, 1, until);
        let flips = flapping(&all.stream(Process::HardwareFault, 0), node, 30.0, 6.0, until);
        let (expected, _) = drive(HealthWatch::new(SimTime::ZERO, &context), &flips, &context);
        let asked = Asked { watch: HealthWatch::new(SimTime::ZERO, &context), step: seconds(0.61) };
        let (verdicts, woken) = drive(asked, &flips, &context);
        assert_eq!(verdicts, expected, "{health:?}");
        assert!(woken > 2_000);
    }
}

/// A watch that wants to be woken every `step`, reason or none.
#[derive(Clone)]
struct Asked {
    watch: HealthWatch,
    step: SimDuration,
}

impl Asked {
    fn sooner(&self, now: SimTime, next: Option<SimTime>) -> Option<SimTime> {
        let soon = now + self.step;
        Some(next.map_or(soon, |next| next.min(soon)))
    }
}

impl Watch for Asked {
    fn lost(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        let next = self.watch.node_lost(now, context);
        self.sooner(now, next)
    }
    fn back(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        let next = self.watch.node_back(now, context);
        self.sooner(now, next)
    }
    fn woken(&mut self, now: SimTime, context: &HealthContext<'_>) -> Woken {
        let woken = self.watch.wake(now, context);
        assert_eq!(woken.next, self.watch.clone().next(now, context));
        Woken { next: self.sooner(now, woken.next), ..woken }
    }
    fn first(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        let next = self.watch.next(now, context);
        self.sooner(now, next)
    }
}

/// A link without loss and with a short latency needs no event at all while the node is well.
#[test]
fn a_healthy_node_costs_nothing() {
    let (_, streams) = streams(1);
    for latency in [None, Some(Dist::Constant(0.05)), Some(Dist::Uniform { min: 0.01, max: 0.2 })] {
        for health in [heartbeat(10.0, 30.0), freshness(10.0, 15.0), probe(10.0, 3, 1.0)] {
            let link = link(latency.clone(), None);
            let class = HealthClass::new(&health, Some(&link), seconds(0.02));
            let until = at(300.0 * 86_400.0);
            for node in 0..20 {
                let context = HealthContext::new(&class, &streams, node, 0, until);
                let (verdicts, woken) = drive(HealthWatch::new(SimTime::ZERO, &context), &[], &context);
                // Slow messages are rare: 2.6 million beats have 2.5 of the slowest 2^-20 on average.
                assert!(verdicts.is_empty() && woken <= 1, "{health:?} {latency:?}: {woken}");
            }
        }
    }
    assert!(size_of::<HealthWatch>() <= 96, "{}", size_of::<HealthWatch>());
}

/// A detector of one's own hears the same beats as a built-in one.
#[test]
fn custom_detectors_share_the_draws() {
    let (_, streams) = streams(4);
    let link = link(Some(Dist::Exponential { mean: 0.05 }), Some(Loss::Bernoulli(0.3)));
    let health = heartbeat(2.0, 5.0);
    let built = HealthClass::new(&health, Some(&link), SimDuration::ZERO);
    let schedule = built_in(&health).schedule();
    let custom = HealthClass::for_schedule(schedule, Some(&link), SimDuration::ZERO);
    let run = |class: &HealthClass, explicit: bool| {
        let context = HealthContext::new(class, &streams, 8, 0, at(50_000.0));
        if explicit {
            drive(ExplicitWatch::new(built_in(&health), SimTime::ZERO, &context), &[], &context).0
        } else {
            drive(HealthWatch::new(SimTime::ZERO, &context), &[], &context).0
        }
    };
    let verdicts = run(&custom, true);
    assert_eq!(verdicts, run(&built, false));
    assert!(verdicts.len() > 500, "{}", verdicts.len());
}

/// A watch that looks at every message as it goes out.
#[derive(Clone)]
struct Busy(HealthWatch, Wait);

impl Watch for Busy {
    fn lost(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.0.node_lost(now, context)
    }
    fn back(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.0.node_back(now, context)
    }
    fn woken(&mut self, now: SimTime, context: &HealthContext<'_>) -> Woken {
        self.0.wake_behind(now, context, self.1)
    }
    fn first(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.0.next(now, context)
    }
}

/// With nothing to wait for, looking at each message changes nothing; with a wait, all arrives later.
#[test]
fn a_busy_uplink_without_a_queue_changes_nothing() {
    let until = at(3_000.0);
    let link = link(Some(Dist::Exponential { mean: 0.4 }), Some(bursty(0.01, 0.05, 0.01, 0.7)));
    let (all, streams) = streams(31);
    for (node, health) in detectors().into_iter().enumerate() {
        let class = HealthClass::new(&health, Some(&link), SimDuration::ZERO);
        let node = node as u32;
        let context = HealthContext::new(&class, &streams, node, 1, until);
        let flips = flapping(&all.stream(Process::HardwareFault, 0), node, 30.0, 6.0, until);
        let (expected, _) = drive(HealthWatch::new(SimTime::ZERO, &context), &flips, &context);
        let mut busy = HealthWatch::new(SimTime::ZERO, &context);
        busy.uplink_busy(SimTime::ZERO, &context);
        let (verdicts, woken) = drive(Busy(busy.clone(), Wait::default()), &flips, &context);
        assert_eq!(verdicts, expected, "{health:?}");
        assert!(woken > 500 || matches!(health, Health::Oracle | Health::None), "{woken}");
        if busy.uplink_idle(SimTime::ZERO, &context).is_some() {
            assert_eq!(drive(busy, &flips, &context).0, expected, "{health:?} idle again");
        }
    }
}

/// A queue longer than the timeout holds suspicions for as long as it lasts; a queue that drops all does so too.
#[test]
fn a_queue_delays_beats() {
    let (_, streams) = streams(32);
    let health = heartbeat(10.0, 12.0);
    let class = HealthClass::new(&health, None, SimDuration::ZERO);
    let context = HealthContext::new(&class, &streams, 3, 0, at(1_000.0));
    let (late, lost) = (Wait { delay: seconds(3.0), loss: 0.0 }, Wait { delay: seconds(3.0), loss: 1.0 });
    for (wait, expected) in [(Wait::default(), 0), (late, 2), (lost, 1)] {
        let mut watch = HealthWatch::new(SimTime::ZERO, &context);
        watch.uplink_busy(SimTime::ZERO, &context);
        let verdicts = drive(Busy(watch, wait), &[], &context).0;
        // A queue of constant length shifts all beats: the first is late, those after it come a period apart.
        let first_is_late = context.sent(0) > at(9.0);
        assert_eq!(verdicts.len(), if wait == late && !first_is_late { 0 } else { expected }, "{wait:?}");
    }
}
