//! Latency tails: the share of requests without an answer after a time, on log–log axes.

use super::Of;
use super::axis::Axis;
use super::look::Look;
use super::svg::{Margins, Plot, path};
use crate::plots::axes::{percent, time};
use crate::plots::ccdf::{Tail, quantile, times};
use sim_core::measure::catalog::format_value;
use std::fmt::Write;

/// Shares of requests at which a mark says the time.
const MARKED: [f64; 4] = [0.5, 0.1, 0.01, 0.001];

/// A plot for each workload of requests.
pub fn html(of: &Of<'_>) -> String {
    let mut workloads: Vec<&str> =
        of.records.iter().flat_map(|it| it.latency.keys()).map(String::as_str).collect();
    workloads.sort_unstable();
    workloads.dedup();
    let plots: String = workloads.iter().filter_map(|workload| plot(of, workload)).collect();
    if plots.is_empty() {
        return plots;
    }
    format!(
        "<p>Lines that lie lower and further left are better. A failed request counts as never answered, so a line that ends in a plateau shows the share that failed. All replications together; marks at 50, 90, 99 and 99.9 %.</p>\n{}<div class=\"grid\">\n{plots}</div>\n",
        of.legend()
    )
}

fn plot(of: &Of<'_>, workload: &str) -> Option<String> {
    let tails: Vec<(Look, Tail)> = of
        .policies()
        .map(|(look, policy)| (look, Tail::of(&of.records, policy, workload)))
        .filter(|(_, tail)| tail.requests > 0)
        .collect();
    let deadline = of.manifest.variations[of.index].deadlines_s.get(workload).copied();
    let high = tails.iter().flat_map(|(_, tail)| times(tail)).chain(deadline).fold(1e-9, f64::max) * 1.3;
    let early = tails.iter().filter_map(|(_, tail)| quantile(tail, 0.002)).fold(f64::INFINITY, f64::min);
    if !early.is_finite() {
        return None;
    }
    let low = early.min(high / 10.0);
    let lowest =
        tails.iter().flat_map(|(_, tail)| tail.points(high)).map(|(_, share)| share).fold(1.0, f64::min);
    let x = time_axis(low, high);
    let y = Axis::logarithmic("requests not yet answered", (lowest * 0.8).min(0.5), 1.0, 6, percent);
    let margins = Margins { left: 76.0, right: 16.0, top: 12.0, bottom: 42.0 };
    let mut plot = Plot::new((360.0, 290.0), margins, x, y);
    if let Some(deadline) = deadline {
        plot.vertical(deadline, "zero");
        let x = plot.across(deadline);
        let (x, anchor) = if x > 280.0 { (x - 4.0, "end") } else { (x + 4.0, "start") };
        plot.text((x, 22.0), anchor, "small", "deadline");
    }
    for (look, tail) in &tails {
        let line: Vec<_> = tail.points(high).into_iter().map(|(x, y)| plot.at(x, y)).collect();
        let d = path(&thinned(&line));
        plot.push(&format!("<g class=\"{}\"><path class=\"line\" d=\"{d}\"/></g>", look.class()));
    }
    for (look, tail) in &tails {
        for share in MARKED {
            let Some(seconds) = time_at(tail, share, high) else { continue };
            let (x, y) = plot.at(seconds, share);
            let mut markup = String::new();
            let _ = write!(markup, "<circle class=\"hit\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"11\"/>");
            markup += &look.shape(x, y, 4.0, true);
            let title = format!(
                "{}: {} answered within {}",
                tail.policy,
                percent(1.0 - share),
                format_value("requests.latency.p99", seconds)
            );
            plot.mark(&look.class(), &title, &markup);
        }
    }
    Some(plot.figure(
        workload,
        &format!("Latency of {workload}: share of requests not yet answered by time, by policy"),
        "",
    ))
}

/// Powers of ten, or beyond minutes the steps of clocks.
fn time_axis(low: f64, high: f64) -> Axis {
    const CLOCK: [(f64, &str); 14] = [
        (1e-3, "1 ms"),
        (1e-2, "10 ms"),
        (0.1, "0.1 s"),
        (1.0, "1 s"),
        (10.0, "10 s"),
        (60.0, "1 min"),
        (600.0, "10 min"),
        (3600.0, "1 h"),
        (10_800.0, "3 h"),
        (36_000.0, "10 h"),
        (86_400.0, "1 d"),
        (864_000.0, "10 d"),
        (8_640_000.0, "100 d"),
        (86_400_000.0, "1000 d"),
    ];
    let axis = Axis::logarithmic("time since the request arrived", low, high, 5, time);
    if high < 120.0 {
        return axis;
    }
    let inside = CLOCK.iter().filter(|(at, _)| (low..=high).contains(at));
    axis.with_ticks(inside.map(|(at, name)| (*at, (*name).to_owned())).collect())
}

/// When the share without an answer has fallen to `share`; nothing if it never does.
fn time_at(tail: &Tail, share: f64, end: f64) -> Option<f64> {
    let points = tail.points(end);
    points.iter().find(|(seconds, left)| *left <= share && *seconds < end).map(|(seconds, _)| *seconds)
}

/// Keeps corners of a line of right angles that are at least two units apart.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for point in points {
        if kept.last().is_none_or(|it| (it.0 - point.0).abs() > 1.6 || (it.1 - point.1).abs() > 1.6) {
            kept.push(*point);
        }
    }
    kept.extend(points.last());
    kept
}
