use super::*;
use crate::kernel::{Process, Stream, Streams};

fn second(s: f64) -> SimTime {
    SimTime::from_secs_f64(s)
}

/// Progressive filling as the textbook says it: in each round the link that is full first stops all of its flows.
fn reference(capacities: &[f64], paths: &[Path]) -> Vec<f64> {
    let mut rates: Vec<Option<f64>> = vec![None; paths.len()];
    while rates.iter().any(Option::is_none) {
        let mut fullest: Option<(f64, u32)> = None;
        for (link, capacity) in (0_u32..).zip(capacities) {
            let on = |path: &Path| path.links().contains(&link);
            let rising = paths.iter().zip(&rates).filter(|(p, rate)| on(p) && rate.is_none()).count();
            if rising == 0 {
                continue;
            }
            let used: f64 =
                paths.iter().zip(&rates).filter(|(p, _)| on(p)).filter_map(|(_, rate)| *rate).sum();
            let level = (capacity - used).max(0.0) / rising as f64;
            if fullest.is_none_or(|(least, _)| level < least) {
                fullest = Some((level, link));
            }
        }
        let (level, link) = fullest.expect("a rising flow crosses a link");
        for (path, rate) in paths.iter().zip(&mut rates) {
            if path.links().contains(&link) && rate.is_none() {
                *rate = Some(level);
            }
        }
    }
    rates.into_iter().flatten().collect()
}

fn draws() -> Stream {
    Streams::new(17, 0).stream(Process::Demand, 100)
}

fn random_path(stream: &Stream, entity: u32, index: u32, links: u32) -> Path {
    let length = 1 + (stream.unit(entity, index) * PATH_MAX as f64) as u32;
    Path::of(
        (0..length).map(|hop| {
            (stream.unit(entity, index.wrapping_add(1000 * (hop + 1))) * f64::from(links)) as LinkId
        }),
    )
}

/// Thousands of random networks: after every start and every departure all rates are those of the slow reference.
#[test]
fn agrees_with_the_slow_reference() {
    let stream = draws();
    let (mut compared, mut worst) = (0_u32, 0.0_f64);
    for case in 0..3000_u32 {
        let links = 1 + case % 13;
        let capacities: Vec<f64> = (0..links)
            .map(|link| match (stream.unit(case, link) * 4.0) as u32 {
                0 => 1e6,
                _ => 1e3 + 1e7 * stream.unit(case, 50 + link),
            })
            .collect();
        let mut fast = MaxMin::new(capacities.iter().copied());
        let mut present: Vec<(u32, Path)> = Vec::new();
        for step in 0..2 + case % 17 {
            if step % 4 == 3 && !present.is_empty() {
                let at = (stream.unit(case, 100 + step) * present.len() as f64) as usize;
                let (id, _) = present.swap_remove(at);
                assert!(fast.cancel(SimTime::ZERO, id).is_some());
            } else {
                let path = random_path(&stream, case, 200 + step, links);
                fast.start(SimTime::ZERO, step, path, 1e9);
                present.push((step, path));
            }
            let paths: Vec<Path> = present.iter().map(|(_, path)| *path).collect();
            for ((id, _), expected) in present.iter().zip(reference(&capacities, &paths)) {
                let rate = fast.rate(*id).expect("present");
                worst = worst.max((rate - expected).abs() / expected.max(1.0));
                compared += 1;
            }
        }
    }
    assert!(compared > 100_000, "{compared}");
    assert!(worst <= 1e-9, "{worst}");
}

/// In time too: bytes are conserved and completions come when a simulation that advances every flow says.
#[test]
fn completions_agree_with_a_slow_simulation() {
    let stream = draws();
    for case in 0..60_u32 {
        let capacities = [1000.0, 700.0, 1500.0, 400.0];
        let mut fast = MaxMin::new(capacities);
        let (mut now, mut slow): (f64, Vec<(u32, Path, f64)>) = (0.0, Vec::new());
        let mut done = 0;
        for id in 0..200_u32 {
            let next = now + 0.4 * stream.unit(5000 + case, id);
            loop {
                let paths: Vec<Path> = slow.iter().map(|flow| flow.1).collect();
                let rates = reference(&capacities, &paths);
                let first = slow
                    .iter()
                    .zip(&rates)
                    .map(|(flow, rate)| now + flow.2 / rate)
                    .enumerate()
                    .min_by(|a, b| a.1.total_cmp(&b.1));
                let until = first.map_or(next, |(_, at)| at.min(next));
                for (flow, rate) in slow.iter_mut().zip(&rates) {
                    flow.2 -= (until - now) * rate;
                }
                now = until;
                match first.filter(|(_, at)| *at <= next) {
                    None => break,
                    Some((index, at)) => {
                        let (found, flow) = fast.next_completion().expect("both have a flow");
                        assert_eq!(flow, slow[index].0);
                        assert!((found.as_secs_f64() - at).abs() < 1e-7, "{found} against {at}");
                        assert_eq!(fast.complete(found), flow);
                        slow.swap_remove(index);
                        done += 1;
                    }
                }
            }
            let path = random_path(&stream, 7000 + case, id, 4);
            let bytes = 1.0 + 400.0 * stream.unit(6000 + case, id);
            fast.start(second(now), id, path, bytes);
            slow.push((id, path, bytes));
        }
        assert!(done > 50, "{done}");
    }
}

/// Two uplinks into one downlink, by hand.
#[test]
fn the_narrow_link_first_and_the_rest_shares_what_is_left() {
    let mut links = MaxMin::new([100.0, 1000.0, 600.0]);
    links.start(second(0.0), 1, Path::of([0, 2]), 1000.0);
    links.start(second(0.0), 2, Path::of([1, 2]), 1000.0);
    assert_eq!((links.rate(1), links.rate(2)), (Some(100.0), Some(500.0)));
    assert_eq!(links.next_completion(), Some((second(2.0), 2)));
    assert_eq!(links.complete(second(2.0)), 2);
    assert_eq!(links.backlog(second(2.0), 0, 1e9), 800.0);
    assert_eq!(links.backlog(second(2.0), 0, 300.0), 300.0);
    links.set_capacity(second(3.0), 0, 50.0);
    assert_eq!(links.next_completion(), Some((second(17.0), 1)));
    links.set_capacity(second(4.0), 0, 0.0);
    assert_eq!(links.next_completion(), None);
    assert_eq!(links.cancel(second(9.0), 1), Some(650.0));
    assert_eq!(links.flows_on(2), 0);
}

/// One link alone shares as [`crate::world::sharing::FairShare`] does.
#[test]
fn one_link_is_processor_sharing() {
    let (stream, mut now) = (draws(), SimTime::ZERO);
    let mut fast = MaxMin::new([1e6]);
    let mut shared = crate::world::sharing::FairShare::new(1, 1e6);
    for id in 0..2000_u32 {
        let next = now.saturating_add(SimDuration::from_secs_f64(0.11 * stream.unit(9000, id)));
        while let Some((at, flow)) = shared.next_completion().filter(|(at, _)| *at <= next) {
            let (same, other) = fast.next_completion().expect("both have a flow");
            assert_eq!(flow, other);
            assert!(same.since(at).as_nanos() <= 20 && at.since(same).as_nanos() <= 20, "{same} {at}");
            shared.complete(at);
            fast.complete(same);
        }
        now = next;
        let bytes = 1e5 * stream.unit(9001, id);
        shared.add(now, id, bytes);
        fast.start(now, id, Path::of([0]), bytes);
    }
}
