//! The controller against a world that only notes what it is told.

use super::*;
use crate::kernel::{Dist, Engine, Handle, Process, SimDuration, SimTime, Streams, Traced};
use crate::policy::routing::{Places, RoundRobin};
use crate::scenario::{Backoff, Hedge, HedgeAfter, RequestPolicy, Timeout};
use crate::world::fleet::{AttemptId, NodeId, RequestId};
use std::sync::Arc;

/// What the controller brought about, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Note {
    Sent { node: u32, index: u16 },
    CalledBack(u32),
    Over(Outcome),
}

impl Traced for Timer {
    fn code(&self) -> u64 {
        0
    }
}

#[derive(Default)]
struct Notebook {
    engine: Engine<Timer>,
    notes: Vec<Note>,
    orders: Vec<Order>,
    delays: Vec<f64>,
}

impl Effects for Notebook {
    fn now(&self) -> SimTime {
        self.engine.now()
    }

    fn send(&mut self, order: Order) {
        self.orders.push(order);
        self.notes.push(Note::Sent { node: order.node.0, index: order.index });
    }

    fn call_back(&mut self, attempt: AttemptId) {
        let order = self.orders.iter().rfind(|order| order.attempt == attempt).expect("it was sent");
        self.notes.push(Note::CalledBack(order.node.0));
    }

    fn set_timer(&mut self, after: SimDuration, timer: Timer) -> Handle {
        self.delays.push(after.as_secs_f64());
        self.engine.after(after, timer)
    }

    fn cancel_timer(&mut self, handle: Handle) {
        self.engine.cancel(handle);
    }

    fn settled(&mut self, _request: RequestId, _attempt: AttemptId) {}

    fn resolved(&mut self, _request: &NewRequest, _arrived: SimTime, _sent: u32, outcome: Outcome) {
        self.notes.push(Note::Over(outcome));
    }
}

struct Bench {
    control: Controller,
    book: Notebook,
}

impl Bench {
    fn new(policy: RequestPolicy, nodes: usize) -> Self {
        let stream = |process| vec![Streams::new(1, 0).stream(process, 0)];
        let routing = Box::new(RoundRobin::default());
        let (routes, backoffs) = (stream(Process::Routing), stream(Process::Backoff));
        let control =
            Controller::new(policy, routing, Arc::new(Places::alike(nodes)), routes, backoffs, true);
        Self { control, book: Notebook::default() }
    }

    fn arrive(&mut self, number: u32) {
        self.control.arrival(&mut self.book, NewRequest { workload: 0, number, gateway: 0 });
    }

    fn reply_from(&mut self, node: u32) {
        let attempt = self.attempt_on(node);
        self.control.reply(&mut self.book, attempt);
    }

    fn attempt_on(&self, node: u32) -> AttemptId {
        self.book.orders.iter().rfind(|order| order.node.0 == node).expect("it was sent there").attempt
    }

    /// Runs timers up to `seconds`.
    fn run_to(&mut self, seconds: f64) {
        let until = SimTime::from_secs_f64(seconds);
        while let Some(timer) = self.book.engine.next(until) {
            self.control.timer(&mut self.book, timer);
        }
    }

    fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.book.notes)
    }
}

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

fn sent(node: u32, index: u16) -> Note {
    Note::Sent { node, index }
}

#[test]
fn the_default_sends_once_and_takes_the_first_reply() {
    let mut bench = Bench::new(RequestPolicy::default(), 3);
    bench.arrive(0);
    assert_eq!(bench.notes(), [sent(0, 0)]);
    bench.reply_from(0);
    assert_eq!(bench.notes(), [Note::Over(Outcome::Success)]);
    bench.reply_from(0);
    assert_eq!(bench.notes(), [], "a second reply changes nothing");
}

#[test]
fn a_timeout_moves_the_lane_to_another_node_and_calls_the_first_back() {
    let policy = RequestPolicy {
        attempts: 2,
        timeout: Some(Timeout::Fixed(seconds(5.0))),
        ..RequestPolicy::default()
    };
    let mut bench = Bench::new(policy, 3);
    bench.arrive(0);
    bench.run_to(5.0);
    assert_eq!(bench.notes(), [sent(0, 0), Note::CalledBack(0), sent(1, 1)]);
    bench.reply_from(0);
    assert_eq!(bench.notes(), [], "a reply after the timeout is ignored");
    bench.run_to(10.0);
    assert_eq!(bench.notes(), [Note::CalledBack(1), Note::Over(Outcome::Failed)]);
}

#[test]
fn retries_wait_for_the_backoff() {
    let backoff = Backoff::Exponential { base: seconds(1.0), factor: 3.0, max: seconds(2.0), jitter: 0.0 };
    let policy = RequestPolicy {
        attempts: 4,
        timeout: Some(Timeout::Fixed(seconds(10.0))),
        backoff: Some(backoff),
        cancel: false,
        ..RequestPolicy::default()
    };
    let mut bench = Bench::new(policy, 9);
    bench.arrive(0);
    bench.run_to(100.0);
    assert_eq!(bench.book.delays, [10.0, 1.0, 10.0, 2.0, 10.0, 2.0, 10.0]);
    assert_eq!(bench.notes(), [sent(0, 0), sent(1, 1), sent(2, 2), sent(3, 3), Note::Over(Outcome::Failed)]);
}

#[test]
fn backoff_doubles_up_to_its_bound() {
    let backoff = Backoff::Exponential { base: seconds(1.0), factor: 2.0, max: seconds(3.0), jitter: 0.0 };
    let policy = RequestPolicy { attempts: 5, backoff: Some(backoff), ..RequestPolicy::default() };
    let mut bench = Bench::new(policy, 1);
    bench.control.suspect(&mut bench.book, NodeId(0));
    bench.arrive(0);
    bench.run_to(100.0);
    assert_eq!(bench.book.delays, [1.0, 2.0, 3.0, 3.0]);
    assert_eq!(bench.notes(), [Note::Over(Outcome::Failed)], "nobody was trusted");
}

#[test]
fn copies_go_to_distinct_nodes_and_the_quorum_decides() {
    let policy = RequestPolicy { copies: 3, quorum: 2, ..RequestPolicy::default() };
    let mut bench = Bench::new(policy, 4);
    bench.arrive(0);
    assert_eq!(bench.notes(), [sent(0, 0), sent(1, 1), sent(2, 2)]);
    bench.reply_from(1);
    assert_eq!(bench.notes(), []);
    bench.reply_from(1);
    assert_eq!(bench.notes(), [], "one node has one voice");
    bench.reply_from(2);
    assert_eq!(bench.notes(), [Note::CalledBack(0), Note::Over(Outcome::Success)]);
}

#[test]
fn too_few_lanes_for_the_quorum_is_failure() {
    let policy = RequestPolicy { copies: 3, quorum: 2, ..RequestPolicy::default() };
    let mut bench = Bench::new(policy.clone(), 1);
    bench.arrive(0);
    assert_eq!(bench.notes(), [sent(0, 0), Note::CalledBack(0), Note::Over(Outcome::Failed)]);
    let mut bench = Bench::new(policy, 3);
    bench.arrive(0);
    for node in 0..2 {
        let attempt = bench.attempt_on(node);
        bench.control.rejection(&mut bench.book, attempt);
    }
    assert_eq!(bench.notes()[3..], [Note::CalledBack(2), Note::Over(Outcome::Rejected)]);
}

#[test]
fn a_suspicion_moves_attempts_while_tries_are_left() {
    let mut bench = Bench::new(RequestPolicy { attempts: 2, ..RequestPolicy::default() }, 3);
    bench.arrive(0);
    bench.control.suspect(&mut bench.book, NodeId(0));
    assert_eq!(bench.notes(), [sent(0, 0), sent(1, 1)]);
    bench.control.suspect(&mut bench.book, NodeId(1));
    assert_eq!(bench.notes(), [], "the last try is awaited all the same");
    bench.reply_from(1);
    assert_eq!(bench.notes(), [Note::Over(Outcome::Success)]);
    bench.control.trust(bench.book.now(), NodeId(0));
    bench.control.trust(bench.book.now(), NodeId(1));
    bench.arrive(1);
    bench.arrive(2);
    bench.arrive(3);
    assert_eq!(bench.notes(), [sent(2, 0), sent(0, 0), sent(1, 0)], "counts are whole again");
}

#[test]
fn a_used_node_is_tried_again_when_there_is_no_other() {
    let policy = RequestPolicy {
        attempts: 3,
        timeout: Some(Timeout::Fixed(seconds(1.0))),
        cancel: false,
        ..RequestPolicy::default()
    };
    let mut bench = Bench::new(policy, 2);
    bench.arrive(0);
    bench.run_to(9.0);
    assert_eq!(bench.notes(), [sent(0, 0), sent(1, 1), sent(0, 2), Note::Over(Outcome::Failed)]);
}

#[test]
fn hedges_follow_the_delay_and_are_limited() {
    let hedge = Hedge { after: HedgeAfter::Fixed(seconds(2.0)), max: 2, budget: None };
    let mut bench = Bench::new(RequestPolicy { hedge: Some(hedge), ..RequestPolicy::default() }, 5);
    bench.arrive(0);
    bench.run_to(20.0);
    assert_eq!(bench.notes(), [sent(0, 0), sent(1, 1), sent(2, 2)]);
    bench.reply_from(1);
    assert_eq!(bench.notes(), [Note::CalledBack(2), Note::CalledBack(0), Note::Over(Outcome::Success)]);
    bench.arrive(1);
    bench.reply_from(3);
    bench.run_to(40.0);
    assert_eq!(bench.notes(), [sent(3, 0), Note::Over(Outcome::Success)], "no hedge after the reply");
}

#[test]
fn the_percentile_finds_its_way_with_and_without_censoring() {
    let stream = Streams::new(5, 0).stream(Process::Demand, 0);
    let dist = Dist::Exponential { mean: 1.0 };
    for censored in [false, true] {
        let mut clock = LatencyPercentile::new(0.95);
        let mut hedged = 0;
        for i in 0..60_000 {
            let latency = dist.draw_duration(&stream, i, 0);
            let late = clock.current().is_some_and(|delay| latency > delay);
            hedged += u32::from(late && i >= 20_000);
            // Half of the late ones are overtaken by their hedge and called back.
            clock.observe((!(censored && late && i % 2 == 0)).then_some(latency));
        }
        let delay = clock.current().expect("enough was seen").as_secs_f64();
        assert!((delay - 2.995_73).abs() < 0.15, "censored {censored}: {delay}");
        assert!((f64::from(hedged) / 40_000.0 - 0.05).abs() < 0.006, "censored {censored}: {hedged}");
    }
}

#[test]
fn the_percentile_says_nothing_before_it_has_seen_enough() {
    let mut clock = LatencyPercentile::new(0.5);
    for _ in 0..99 {
        clock.observe(Some(seconds(3.0)));
    }
    assert_eq!(clock.current(), None);
    clock.observe(Some(seconds(3.0)));
    let found = clock.current().expect("a hundred").as_secs_f64();
    assert!((found / 3.0 - 1.0).abs() < 1.0 / 128.0, "{found}");
}
