//! The tail of latency: for every policy the share of requests that had no answer after a time, on log–log axes.
//!
//! Failed requests count as never answered, so a policy cannot look fast by dropping what is slow: its line ends in a
//! plateau at the share that failed. Read from sketches merged over all replications, so as exact as the sketch.

use super::axes::{Axis, Frame, Parts, percent, time};
use super::style::{self, Done, Drawn, Look, Sign};
use plotters::style::text_anchor::{HPos, VPos};
use sim_core::measure::catalog;
use sim_core::measure::record::RunRecord;
use std::collections::BTreeMap;

/// Points of a line closer than this, in pixels, are drawn as one.
const RESOLUTION: i32 = 2;

/// Answers of one policy to one workload.
pub struct Tail {
    /// Name of the policy.
    pub policy: String,
    /// Latency in nanoseconds and number of requests, ascending.
    pub answered: Vec<(u64, u64)>,
    /// Requests answered or given up.
    pub requests: u64,
}

impl Tail {
    /// Answers of a policy to a workload, all replications together.
    pub fn of(records: &[&RunRecord], policy: &str, workload: &str) -> Self {
        let mut answered = BTreeMap::new();
        let mut requests = 0.0;
        for record in records.iter().filter(|record| record.policy == policy) {
            for (nanoseconds, count) in record.latency.get(workload).into_iter().flatten() {
                *answered.entry(*nanoseconds).or_insert(0) += count;
            }
            let metric = |name: &str| {
                let own = record.metrics.get(&catalog::of_workload(name, workload));
                own.or_else(|| record.metrics.get(name)).copied().unwrap_or(0.0)
            };
            requests += metric("requests.arrived") - metric("requests.in_flight");
        }
        Self {
            policy: policy.to_owned(),
            answered: answered.into_iter().collect(),
            requests: requests.round() as u64,
        }
    }

    fn count(&self) -> u64 {
        self.answered.iter().map(|(_, count)| count).sum()
    }

    /// Points (time in seconds, share not answered by then) without the final zero; a plateau is drawn to `end`.
    pub fn points(&self, end: f64) -> Vec<(f64, f64)> {
        let total = self.requests.max(self.count());
        let mut left = total;
        let mut points = Vec::new();
        for &(nanoseconds, count) in self.answered.iter().filter(|(_, count)| *count > 0) {
            let at = nanoseconds.max(1) as f64 * 1e-9;
            points.push((at, left as f64 / total as f64));
            left -= count;
            if left > 0 {
                points.push((at, left as f64 / total as f64));
            }
        }
        if left > 0 && total > 0 {
            points.push((end, left as f64 / total as f64));
        }
        points
    }
}

/// Draws the tails of all policies; `deadline`, in seconds, is marked; `note` says what was varied.
pub fn draw(title: &str, note: &str, tails: &[Tail], deadline: Option<f64>) -> Drawn {
    let subtitle = format!("{note}all replications together; a failed request counts as never answered");
    style::picture(1120, title, &subtitle, |rest| {
        let entries: Vec<_> = tails
            .iter()
            .enumerate()
            .map(|(i, tail)| (tail.policy.clone(), Sign::Line(style::look(i))))
            .collect();
        let area = style::legend(rest, &entries)?;
        let (x, y, end) = axes(tails, deadline);
        let frame = Frame::new(&area, x, y, Parts { x_labels: true, y_labels: true, left: 230 })?;
        if let Some(deadline) = deadline {
            mark(&frame, deadline)?;
        }
        for (index, tail) in tails.iter().enumerate() {
            let pixels = tail.points(end).into_iter().map(|(x, y)| frame.at(x, y)).collect();
            style::line(frame.area(), &thinned(pixels), style::look(index), 5)?;
        }
        frame.close()
    })
}

/// Axes that hold all tails, and the end of the horizontal one.
fn axes(tails: &[Tail], deadline: Option<f64>) -> (Axis, Axis, f64) {
    let high = tails.iter().flat_map(times).chain(deadline).fold(1e-9, f64::max) * 1.3;
    let early = tails.iter().filter_map(|tail| quantile(tail, 0.002)).fold(f64::INFINITY, f64::min);
    let low = if early.is_finite() { early.min(high / 10.0) } else { high / 1000.0 };
    let lowest = tails.iter().flat_map(|tail| tail.points(high)).map(|(_, share)| share).fold(1.0, f64::min);
    (
        Axis::logarithmic("time since the request arrived", low, high, time),
        Axis::logarithmic("requests not yet answered", (lowest * 0.8).min(0.5), 1.0, percent),
        high,
    )
}

/// Times of answers in seconds, ascending.
pub fn times(tail: &Tail) -> impl Iterator<Item = f64> {
    tail.answered.iter().map(|(ns, _)| (*ns).max(1) as f64 * 1e-9)
}

/// The latency in seconds below which a share of the answers lies.
pub fn quantile(tail: &Tail, share: f64) -> Option<f64> {
    let rank = (tail.count() as f64 * share) as u64;
    let mut seen = 0;
    tail.answered.iter().find_map(|&(ns, count)| {
        seen += count;
        (seen > rank).then(|| ns.max(1) as f64 * 1e-9)
    })
}

fn mark(frame: &Frame<'_, '_>, deadline: f64) -> Done {
    let (from, to) = (frame.at(deadline, 0.0), frame.at(deadline, 1.0));
    style::line(frame.area(), &[from, to], Look { colour: style::INK, dash: 8, gap: 8 }, 2)?;
    let near_the_end = frame.area().dim_in_pixel().0 as i32 - from.0 < 300;
    let (side, x) = if near_the_end { (HPos::Right, from.0 - 12) } else { (HPos::Left, from.0 + 12) };
    frame.area().draw_text("deadline", &style::text(style::TEXT - 4, side, VPos::Top), (x, to.1 + 10))?;
    Ok(())
}

/// Leaves out points that would be drawn over their predecessor.
fn thinned(pixels: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let mut kept: Vec<(i32, i32)> = Vec::new();
    let last = pixels.last().copied();
    for pixel in pixels {
        if kept
            .last()
            .is_none_or(|k| (k.0 - pixel.0).abs() > RESOLUTION || (k.1 - pixel.1).abs() > RESOLUTION)
        {
            kept.push(pixel);
        }
    }
    kept.extend(last);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_requests_keep_the_tail_above_zero() {
        let tail =
            Tail { policy: "bare".into(), answered: vec![(1_000_000, 6), (2_000_000, 3)], requests: 10 };
        let points = tail.points(1.0);
        assert_eq!(points.first(), Some(&(0.001, 1.0)));
        assert_eq!(points.last(), Some(&(1.0, 0.1)));
        assert!(points.windows(2).all(|w| w[0].1 >= w[1].1 && w[0].0 <= w[1].0));
    }

    #[test]
    fn without_failures_the_tail_ends_at_the_slowest_answer() {
        let tail =
            Tail { policy: "bare".into(), answered: vec![(1_000_000, 7), (2_000_000, 1)], requests: 8 };
        assert_eq!(tail.points(1.0).last(), Some(&(0.002, 0.125)));
    }
}
