//! Uniformity, exclusion, and that suspected nodes are never chosen.

use super::*;
use crate::kernel::{Process, SimTime, Streams};

mod preferences;

/// What is known of `nodes` nodes that are alike.
fn alike(nodes: usize) -> Known {
    Known::new(std::sync::Arc::new(Places::alike(nodes)), Some(Memory::default()))
}

fn ask(exclude: &[NodeId], number: u32) -> Ask<'_> {
    Ask {
        exclude,
        gateway: 0,
        key: Key::Hashed(crate::kernel::random::squares64(number.into(), 0x9e37_79b9_7f4a_7c15)),
        draws: Streams::new(7, 0).stream(Process::Routing, 0).draws(number, 0),
    }
}

fn counts(
    routing: &mut dyn Routing,
    trusted: &TrustedNodes,
    outstanding: &[u32],
    exclude: &[NodeId],
) -> Vec<u32> {
    let known = alike(outstanding.len());
    let mut counts = vec![0; outstanding.len()];
    for number in 0..6_000 {
        let view = View::new(SimTime::ZERO, trusted, outstanding, &known);
        let node = routing.choose(&view, &mut ask(exclude, number)).expect("there are candidates");
        counts[node.index()] += 1;
    }
    counts
}

#[test]
fn random_is_uniform_over_the_trusted_and_not_excluded() {
    let mut trusted = TrustedNodes::all(12);
    trusted.remove(NodeId(3));
    trusted.remove(NodeId(11));
    trusted.insert(NodeId(3));
    let exclude: Vec<NodeId> = [0, 1, 2, 4, 5].map(NodeId).to_vec();
    let seen = counts(&mut Random, &trusted, &[0; 12], &exclude);
    for (node, count) in seen.iter().enumerate() {
        let expected = if [3, 6, 7, 8, 9, 10].contains(&node) { 1000.0 } else { 0.0 };
        assert!((f64::from(*count) - expected).abs() < 5.0 * 30.0, "node {node} was chosen {count} times");
    }
}

#[test]
fn random_copes_with_many_exclusions() {
    let trusted = TrustedNodes::all(40);
    let exclude: Vec<NodeId> = (0..39).map(NodeId).collect();
    let seen = counts(&mut Random, &trusted, &[0; 40], &exclude);
    assert_eq!(seen[39], 6_000);
    let all: Vec<NodeId> = (0..40).map(NodeId).collect();
    let known = alike(40);
    let view = View::new(SimTime::ZERO, &trusted, &[0; 40], &known);
    assert_eq!(Random.choose(&view, &mut ask(&all, 0)), None);
}

#[test]
fn power_of_all_choices_finds_the_shortest() {
    let trusted = TrustedNodes::all(5);
    let seen = counts(&mut PowerOfChoices::new(9), &trusted, &[3, 2, 1, 1, 2], &[]);
    assert_eq!(seen[2] + seen[3], 6_000);
    assert!((f64::from(seen[2]) - 3_000.0).abs() < 5.0 * 39.0, "ties are broken at random: {seen:?}");
}

#[test]
fn power_of_two_prefers_the_shorter() {
    // Of 5 nodes one is idle; a pair contains it with probability 2/5.
    let seen = counts(&mut PowerOfChoices::new(2), &TrustedNodes::all(5), &[1, 1, 0, 1, 1], &[]);
    assert!((f64::from(seen[2]) - 2_400.0).abs() < 5.0 * 38.0, "{seen:?}");
}

#[test]
fn round_robin_goes_round_and_skips() {
    let mut trusted = TrustedNodes::all(4);
    trusted.remove(NodeId(2));
    let mut routing = RoundRobin::default();
    let order: Vec<u32> = (0..5)
        .filter_map(|n| {
            routing.choose(&View::new(SimTime::ZERO, &trusted, &[0; 4], &alike(4)), &mut ask(&[NodeId(1)], n))
        })
        .map(|node| node.0)
        .collect();
    assert_eq!(order, [0, 3, 0, 3, 0]);
}

#[test]
fn least_loaded_follows_the_counts() {
    let trusted = TrustedNodes::all(4);
    let known = alike(4);
    let mut outstanding = [0_u32; 4];
    let mut routing = LeastLoaded::new(4);
    for number in 0..40 {
        let exclude = [NodeId(number % 4)];
        let view = View::new(SimTime::ZERO, &trusted, &outstanding, &known);
        let node = routing.choose(&view, &mut ask(&exclude, number)).expect("three candidates");
        let least = (0..4).filter(|n| *n != number % 4).map(|n| outstanding[n as usize]).min();
        assert_eq!(Some(outstanding[node.index()]), least);
        outstanding[node.index()] += 1;
        routing.load_changed(node, outstanding[node.index()]);
    }
    assert!(outstanding.iter().all(|count| *count == 10), "{outstanding:?}");
    routing.trust_changed(NodeId(0), false, 10);
    let view = View::new(SimTime::ZERO, &trusted, &outstanding, &known);
    let node = routing.choose(&view, &mut ask(&[NodeId(1), NodeId(2), NodeId(3)], 0));
    assert_eq!(node, None);
}
