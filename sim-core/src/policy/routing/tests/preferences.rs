//! Policies that prefer some nodes: each against a world made for it.

use super::*;
use crate::kernel::SimDuration;
use crate::policy::readings::{Reading, Readings};
use crate::policy::score::Score;
use crate::quantity::Celsius;
use crate::scenario::Preference;
use std::sync::Arc;

/// A fleet as a controller sees it.
struct Sight {
    now: SimTime,
    trusted: TrustedNodes,
    outstanding: Vec<u32>,
    known: Known,
}

impl Sight {
    fn new(places: Places) -> Self {
        let nodes = places.nodes();
        Self {
            now: SimTime::ZERO,
            trusted: TrustedNodes::all(nodes),
            outstanding: vec![0; nodes],
            known: Known::new(Arc::new(places), Some(Memory::default())),
        }
    }

    fn alike(nodes: usize) -> Self {
        Self::new(Places::alike(nodes))
    }

    fn ask(&self, routing: &mut dyn Routing, number: u32) -> Option<NodeId> {
        self.ask_from(routing, number, 0, &[])
    }

    fn ask_from(
        &self,
        routing: &mut dyn Routing,
        number: u32,
        gateway: u16,
        exclude: &[NodeId],
    ) -> Option<NodeId> {
        let view = View::new(self.now, &self.trusted, &self.outstanding, &self.known);
        routing.choose(&view, &mut Ask { gateway, ..ask(exclude, number) })
    }

    /// How often each node is chosen in `asks` decisions.
    fn chosen(&self, routing: &mut dyn Routing, asks: u32) -> Vec<u32> {
        let mut counts = vec![0; self.outstanding.len()];
        for number in 0..asks {
            counts[self.ask(routing, number).expect("there are candidates").index()] += 1;
        }
        counts
    }
}

fn among(choices: u32) -> Preference {
    Preference { choices, spill: 1.0 }
}

fn reading(temperature: f64, throttled: bool) -> Reading {
    Reading {
        taken: SimTime::ZERO,
        temperature,
        throttled,
        busy: 0.0,
        queue: 0,
        on_battery: false,
        charge: f64::NAN,
        errors: 0.0,
        slowdown: 1.0,
        age: SimDuration::ZERO,
    }
}

#[test]
fn the_coolest_with_room_is_preferred_and_hot_ones_are_a_last_resort() {
    let mut sight = Sight::alike(4);
    sight.known.readings = Readings::of(4);
    for (node, temperature, throttled) in
        [(0, 60.0, false), (1, 40.0, false), (2, 30.0, true), (3, 80.0, false)]
    {
        sight.known.readings.arrived(NodeId(node), reading(temperature, throttled));
    }
    let mut routing = ThermalAware::new(among(4), Celsius(75.0));
    assert_eq!(sight.chosen(&mut routing, 50), [0, 50, 0, 0]);
    sight.outstanding[1] = 1;
    assert_eq!(sight.chosen(&mut routing, 50), [50, 0, 0, 0], "the coolest has no room");
    sight.outstanding[0] = 2;
    assert_eq!(sight.chosen(&mut routing, 50), [0, 0, 50, 0], "only hot ones have room");
    sight.outstanding = vec![3, 1, 2, 2];
    assert_eq!(sight.chosen(&mut routing, 50), [0, 50, 0, 0], "nobody has room: the shortest queue");
}

#[test]
fn without_readings_every_preference_is_the_shortest_of_the_sampled_queues() {
    let mut sight = Sight::alike(5);
    sight.outstanding = vec![2, 3, 2, 5, 4];
    let shortest = sight.chosen(&mut PowerOfChoices::new(5), 400);
    let wide = Preference { choices: 5, spill: 10.0 };
    let policies: [Box<dyn Routing>; 4] = [
        Box::new(ThermalAware::new(wide, Celsius(75.0))),
        Box::new(BatteryAware::new(wide, 0.5)),
        Box::new(PriceAware::new(wide)),
        Box::new(AgeBiased::new(wide)),
    ];
    for mut policy in policies {
        assert_eq!(sight.chosen(policy.as_mut(), 400), shortest);
    }
}

#[test]
fn unknown_temperatures_count_as_the_mean() {
    let mut sight = Sight::alike(3);
    sight.known.readings = Readings::of(3);
    sight.known.readings.arrived(NodeId(0), reading(30.0, false));
    sight.known.readings.arrived(NodeId(1), reading(50.0, false));
    let mut routing = ThermalAware::new(among(3), Celsius(75.0));
    assert_eq!(sight.chosen(&mut routing, 20), [20, 0, 0]);
    sight.outstanding[0] = 1;
    assert_eq!(sight.chosen(&mut routing, 20), [0, 0, 20], "40 °C by assumption is cooler than 50 °C");
}

#[test]
fn batteries_are_spared() {
    let mut sight = Sight::alike(3);
    sight.known.readings = Readings::of(3);
    for (node, charge) in [(0, 0.9), (1, 0.6), (2, 0.2)] {
        let on_battery = Reading { on_battery: true, charge, ..reading(20.0, false) };
        sight.known.readings.arrived(NodeId(node), on_battery);
    }
    let mut routing = BatteryAware::new(among(3), 0.5);
    assert_eq!(sight.chosen(&mut routing, 20), [20, 0, 0]);
    let later = Reading { taken: SimTime::from_secs_f64(9.0), ..reading(20.0, false) };
    sight.known.readings.arrived(NodeId(1), later);
    assert_eq!(sight.chosen(&mut routing, 20), [0, 20, 0], "the mains are back");
}

#[test]
fn prices_follow_the_clock() {
    let mut sight = Sight::alike(2);
    let noon = SimTime::from_secs_f64(43_200.0);
    let flat = vec![(SimTime::ZERO, 0.2)];
    let varying = vec![(SimTime::ZERO, 0.1), (noon, 0.4)];
    sight.known.prices = Arc::new(Prices::new(vec![flat, varying], vec![0, 1]));
    let mut routing = PriceAware::new(among(2));
    assert_eq!(sight.chosen(&mut routing, 20), [0, 20]);
    sight.now = noon;
    assert_eq!(sight.chosen(&mut routing, 20), [20, 0]);
    sight.outstanding[0] = 1;
    assert_eq!(sight.chosen(&mut routing, 20), [0, 20], "the cheap one has no room");
}

#[test]
fn who_was_suspected_last_is_the_youngest() {
    let mut sight = Sight::alike(3);
    sight.now = SimTime::from_secs_f64(100.0);
    sight.known.observed.trusted(SimTime::from_secs_f64(50.0), NodeId(0));
    sight.known.observed.trusted(SimTime::from_secs_f64(10.0), NodeId(2));
    let mut routing = AgeBiased::new(among(3));
    assert_eq!(sight.chosen(&mut routing, 20), [0, 20, 0]);
}

#[test]
fn reliability_weighs_in_proportion() {
    let mut sight = Sight::alike(3);
    for node in 0..3 {
        for attempt in 0..99 {
            if attempt % 3 < node {
                sight.known.observed.failed(SimTime::ZERO, NodeId(node));
            } else {
                let second = SimDuration::from_secs(1);
                sight.known.observed.answered(SimTime::ZERO, 0, NodeId(node), second);
            }
        }
    }
    // Shares 1, 0.67, 0.34 with one success in advance; squared and divided by their sum.
    let shares = [100.0, 67.0, 34.0_f64].map(|good| good / 100.0);
    let total: f64 = shares.iter().map(|share| share * share).sum();
    let mut routing = Reliability::new(2.0, [1.0, 0.0], Memory::default().memory);
    for (count, share) in sight.chosen(&mut routing, 6_000).into_iter().zip(shares) {
        let expected = 6_000.0 * share * share / total;
        assert!((f64::from(count) - expected).abs() < 5.0 * expected.sqrt(), "{count}, not {expected}");
    }
}

#[test]
fn the_nearest_region_with_room_is_chosen() {
    // Three regions of two nodes; the gateway of 0 is nearer to 2 than to 1.
    let between = vec![0.0, 0.05, 0.02, 0.05, 0.0, 0.03, 0.02, 0.03, 0.0];
    let mut places = Places::new(3, between);
    for region in [0, 0, 1, 1, 2, 2] {
        places.add(region, 1, 1.0, 0.001);
    }
    let mut sight = Sight::new(places.clone());
    let mut routing = Locality::new(among(2), &places);
    assert_eq!(sight.chosen(&mut routing, 40)[2..], [0; 4]);
    assert!(sight.ask_from(&mut routing, 1, 1, &[]).is_some_and(|node| [2, 3].contains(&node.0)));
    let only = sight.ask_from(&mut routing, 2, 0, &[NodeId(0)]);
    assert_eq!(only, Some(NodeId(1)), "one was tried already");
    sight.outstanding = vec![1, 1, 0, 0, 0, 0];
    let spilled = sight.chosen(&mut routing, 40);
    assert_eq!(spilled[4] + spilled[5], 40, "{spilled:?}");
    sight.trusted.remove(NodeId(4));
    routing.trust_changed(NodeId(4), false, 0);
    assert_eq!(sight.chosen(&mut routing, 40)[5], 40);
    sight.outstanding = vec![4, 4, 9, 1, 9, 3];
    let shortest = sight.chosen(&mut routing, 60);
    assert!(shortest[3] > 40, "nobody has room: {shortest:?}");
}

#[test]
fn latency_jumps_up_and_is_forgiven() {
    let mut sight = Sight::alike(2);
    let latency = |milliseconds: f64| SimDuration::from_secs_f64(1e-3 * milliseconds);
    for node in 0..2 {
        sight.known.observed.answered(SimTime::ZERO, 0, NodeId(node), latency(10.0));
    }
    sight.known.observed.answered(SimTime::ZERO, 0, NodeId(0), latency(500.0));
    let mut routing = LatencyAware::new(2, Memory::default().decay);
    assert_eq!(sight.chosen(&mut routing, 20), [0, 20]);
    sight.outstanding[1] = 60;
    assert_eq!(sight.chosen(&mut routing, 20), [20, 0], "a long queue is slow too");
    sight.outstanding[1] = 2;
    sight.now = SimTime::from_secs_f64(1000.0);
    assert_eq!(sight.chosen(&mut routing, 20), [20, 0], "the slow reply is long ago");
}

#[test]
fn the_idle_line_is_first_come_first_served() {
    let mut sight = Sight::alike(3);
    let mut routing = JoinIdleQueue::new(sight.known.places.as_ref());
    for expected in [0, 1, 2] {
        let node = sight.ask(&mut routing, expected).expect("an idle node");
        assert_eq!(node.0, expected);
        sight.outstanding[node.index()] = 1;
        routing.load_changed(node, 1);
    }
    assert!(sight.ask(&mut routing, 9).is_some(), "nobody is idle: a random one");
    for node in [2, 0] {
        sight.outstanding[node as usize] = 0;
        routing.load_changed(NodeId(node), 0);
    }
    assert_eq!(sight.ask_from(&mut routing, 3, 0, &[NodeId(2)]), Some(NodeId(0)));
    assert_eq!(sight.ask(&mut routing, 4), Some(NodeId(2)), "who was passed over stands first still");
    sight.trusted.remove(NodeId(0));
    sight.outstanding[2] = 1;
    for number in 0..20 {
        assert_ne!(sight.ask(&mut routing, number), Some(NodeId(0)), "suspected");
    }
}

#[test]
fn loads_of_hashed_keys_are_bounded_and_keys_stay() {
    let nodes = 20;
    for bound in [1.1, 1.5] {
        let mut sight = Sight::alike(nodes);
        let mut routing = ConsistentHashing::new(Some(bound), 64, sight.known.places.as_ref());
        for number in 0..400 {
            // Three keys of four requests: without a bound, three nodes would get all.
            let hot = ask(&[], number % 3);
            let view = View::new(sight.now, &sight.trusted, &sight.outstanding, &sight.known);
            let node = routing.choose(&view, &mut Ask { ..hot }).expect("a node");
            sight.outstanding[node.index()] += 1;
            routing.load_changed(node, sight.outstanding[node.index()]);
            let most = (bound * f64::from(number + 1) / nodes as f64).ceil();
            let longest = sight.outstanding.iter().max().copied().unwrap_or_default();
            assert!(f64::from(longest) <= most, "{longest} of at most {most} after {number}");
        }
    }
    // A node that goes moves its own keys only.
    let mut sight = Sight::alike(nodes);
    let mut routing = ConsistentHashing::new(None, 64, sight.known.places.as_ref());
    let before: Vec<_> = (0..2000).map(|key| sight.ask(&mut routing, key)).collect();
    sight.trusted.remove(NodeId(7));
    routing.trust_changed(NodeId(7), false, 0);
    let moved = (0..2000).filter(|key| sight.ask(&mut routing, *key) != before[*key as usize]).count();
    assert_eq!(moved, before.iter().filter(|node| **node == Some(NodeId(7))).count());
    assert!((40..=180).contains(&moved), "about a twentieth: {moved}");
}

#[test]
fn a_board_is_written_once_a_period() {
    let mut sight = Sight::alike(3);
    sight.outstanding = vec![2, 0, 1];
    let mut routing = Stale::new(3, SimDuration::from_secs(10), None);
    assert_eq!(sight.chosen(&mut routing, 10), [0, 10, 0]);
    sight.outstanding = vec![0, 9, 9];
    sight.now = SimTime::from_secs_f64(9.9);
    assert_eq!(sight.chosen(&mut routing, 10), [0, 10, 0], "the herd runs on");
    assert_eq!(sight.ask_from(&mut routing, 1, 0, &[NodeId(1)]), Some(NodeId(2)));
    sight.now = SimTime::from_secs_f64(10.0);
    assert_eq!(sight.chosen(&mut routing, 10), [10, 0, 0]);
}

#[test]
fn scores_choose_the_greatest_and_share_ties() {
    let mut sight = Sight::alike(4);
    sight.outstanding = vec![3, 1, 2, 1];
    let score = |text: &str, choices| ByScore::new(Arc::new(Score::parse(text).expect(text)), choices);
    let shared = sight.chosen(&mut score("-load", None), 2_000);
    assert_eq!(shared[1] + shared[3], 2_000);
    let sampled = sight.chosen(&mut score("-load", Some(4)), 2_000);
    assert_eq!(sampled[1] + sampled[3], 2_000);
    assert!((f64::from(sampled[1]) - 1_000.0).abs() < 5.0 * 23.0, "{sampled:?}");
    let unknown = sight.chosen(&mut score("-temperature", None), 2_000);
    assert!(unknown.iter().all(|count| (f64::from(*count) - 500.0).abs() < 5.0 * 20.0), "{unknown:?}");
    let random = sight.chosen(&mut score("random", None), 2_000);
    assert!(random.iter().all(|count| (f64::from(*count) - 500.0).abs() < 5.0 * 20.0), "{random:?}");
    assert_eq!(sight.chosen(&mut score("-abs(outstanding - 2)", None), 10), [0, 0, 10, 0]);
}

#[test]
fn the_oracle_sees_queues_speeds_and_who_is_up() {
    let mut sight = Sight::alike(3);
    let state = |up, queue, speed| TrueState { up, queue, speed };
    let mut places = Places::alike(3);
    places.mean_demand = 1.0;
    sight.known.places = Arc::new(places);
    assert_eq!(sight.ask(&mut Oracle, 0), None, "it has not been told");
    sight.known.truth = vec![state(false, 0, 1.0), state(true, 2, 1.0), state(true, 1, 1.0)];
    assert_eq!(sight.ask(&mut Oracle, 0), Some(NodeId(2)));
    sight.known.truth[2].speed = 0.5;
    assert_eq!(sight.ask(&mut Oracle, 0), Some(NodeId(1)), "throttled");
}
