//! Service against what it costs: which policies no other one beats on both.

use super::Of;
use super::axis::Axis;
use super::compare::plus_minus;
use super::html::escape;
use super::label;
use super::look::Look;
use super::svg::{Margins, Plot, path};
use crate::plots::scale::{self, Scale};
use sim_core::measure::catalog::{Direction, direction};
use sim_core::measure::summary::MetricSummary;
use std::fmt::Write;

/// What a service is judged by; the first that there is.
const SERVICE: [&str; 4] =
    ["requests.success_ratio", "objects.availability", "jobs.completed", "economics.net"];
const COST: [&str; 3] = ["energy.total", "economics.spent", "energy.cost"];

/// A plot for every pair of service and cost on which policies differ.
pub fn html(of: &Of<'_>) -> String {
    if of.variation.policies.len() < 2 {
        return String::new();
    }
    let service = SERVICE.into_iter().find(|metric| varies(of, metric));
    let services: Vec<&str> =
        service.into_iter().chain(["nodes.uptime"]).filter(|it| varies(of, it)).collect();
    let mut costs: Vec<&str> = COST.into_iter().filter(|metric| varies(of, metric)).collect();
    costs.truncate(2);
    let mut html = String::new();
    for service in &services {
        for cost in &costs {
            html += &plot(of, cost, service);
        }
    }
    if html.is_empty() {
        return html;
    }
    format!(
        "<p>A policy on the front (filled, joined by the line) is beaten by no other on both axes, going by the means; where the 95 % intervals overlap, that may be noise.</p>\n{}<div class=\"grid\">\n{html}</div>\n",
        of.legend()
    )
}

/// Whether at least two policies have the metric, with different means.
fn varies(of: &Of<'_>, metric: &str) -> bool {
    let means: Vec<f64> =
        of.policies().filter_map(|(_, it)| of.metric(it, metric)).map(|it| it.mean).collect();
    means.len() > 1 && means.iter().any(|mean| *mean != means[0])
}

struct Point<'a> {
    look: Look,
    policy: &'a str,
    x: &'a MetricSummary,
    y: &'a MetricSummary,
}

/// Whether `a` is at least as good as `b` on both axes and better on one.
fn beats(a: (f64, f64), b: (f64, f64), (x, y): (Direction, Direction)) -> bool {
    let no_worse = |direction: Direction, a: f64, b: f64| direction.prefers(a, b) != Some(false);
    let better = |direction: Direction, a: f64, b: f64| direction.prefers(a, b) == Some(true);
    no_worse(x, a.0, b.0) && no_worse(y, a.1, b.1) && (better(x, a.0, b.0) || better(y, a.1, b.1))
}

fn plot(of: &Of<'_>, cost: &str, service: &str) -> String {
    let points: Vec<Point<'_>> = of
        .policies()
        .filter_map(|(look, policy)| {
            Some(Point { look, policy, x: of.metric(policy, cost)?, y: of.metric(policy, service)? })
        })
        .collect();
    let directions = (direction(cost), direction(service));
    let place = |point: &Point<'_>| (point.x.mean, point.y.mean);
    let on_front = |point: &Point<'_>| !points.iter().any(|it| beats(place(it), place(point), directions));
    let (x_scale, x) = axis(cost, points.iter().map(|it| it.x), 4);
    let (y_scale, y) = axis(service, points.iter().map(|it| it.y), 4);
    let margins = Margins { left: 72.0, right: 14.0, top: 10.0, bottom: 42.0 };
    let mut plot = Plot::new((360.0, 270.0), margins, x, y);
    let mut front: Vec<&Point<'_>> = points.iter().filter(|it| on_front(it)).collect();
    front.sort_by(|a, b| a.x.mean.total_cmp(&b.x.mean));
    let line: Vec<_> =
        front.iter().map(|it| plot.at(it.x.mean * x_scale.factor, it.y.mean * y_scale.factor)).collect();
    plot.push(&format!("<path class=\"front\" d=\"{}\"/>", path(&line)));
    let scaled = |it: &MetricSummary, by: Scale| {
        (it.mean * by.factor, it.ci95.map(|ends| ends.map(|end| end * by.factor)))
    };
    for point in &points {
        let title = format!(
            "{}: {} {}, {} {}{}",
            point.policy,
            label::short(service),
            plus_minus(service, point.y),
            label::short(cost),
            plus_minus(cost, point.x),
            if on_front(point) { "; on the front" } else { "; beaten on both" }
        );
        plot.cross(point.look, scaled(point.x, x_scale), scaled(point.y, y_scale), on_front(point), &title);
    }
    let heading = format!("{} against {}", label::short(service), label::short(cost).to_lowercase());
    let mut more = String::from("<p class=\"note\">On the front: ");
    let names: Vec<_> = front.iter().map(|it| escape(it.policy)).collect();
    let _ = write!(more, "{}.</p>", names.join(", "));
    plot.figure(&heading, &format!("{heading}: one point for each policy, with 95 % intervals"), &more)
}

/// An axis that holds the means and intervals of a metric.
fn axis<'a>(metric: &str, all: impl Iterator<Item = &'a MetricSummary>, wanted: usize) -> (Scale, Axis) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for summary in all {
        let [from, to] = summary.ci95.unwrap_or([summary.mean; 2]);
        low = low.min(from);
        high = high.max(to);
    }
    let scale = scale::of(metric, low.abs().max(high.abs()));
    let (low, high) = (low * scale.factor, high * scale.factor);
    let room = (high - low).max(high.abs() * 1e-6) * 0.08;
    let unit = if matches!(scale.unit, "" | "1") { String::new() } else { format!(" ({})", scale.unit) };
    let low = (low - room).max(if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY });
    let high = (high + room).min(if high <= scale.possible.1 { scale.possible.1 } else { f64::INFINITY });
    (scale, Axis::linear(format!("{}{unit}", label::short(metric)), low, high, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_beaten_when_another_is_no_worse_and_somewhere_better() {
        let cheap_and_up = (Direction::Lower, Direction::Higher);
        assert!(beats((1.0, 0.9), (2.0, 0.9), cheap_and_up));
        assert!(!beats((1.0, 0.8), (2.0, 0.9), cheap_and_up));
        assert!(!beats((1.0, 0.9), (1.0, 0.9), cheap_and_up));
    }
}
