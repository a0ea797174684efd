//! How time up spreads over nodes, and why nodes were down.

use super::Of;
use super::areas;
use super::axis::Axis;
use super::stacked;
use super::svg::{Margins, Plot, path};
use sim_core::measure::catalog::format_value;
use sim_core::measure::record::Spread;
use std::fmt::Write;

/// Ranks at which a mark says the value.
const MARKED: [f64; 5] = [0.0, 0.01, 0.05, 0.1, 0.5];

/// The curve over nodes, causes of time down, and the figures.
pub fn html(of: &Of<'_>) -> String {
    let mut plots = curve(of).unwrap_or_default();
    let legend = if plots.is_empty() { String::new() } else { of.legend() };
    let causes: Vec<&str> = of.names().into_iter().filter(|it| it.starts_with("nodes.down.")).collect();
    plots += &stacked::plot(of, "Why nodes were down", "share of node-time (%)", &causes).unwrap_or_default();
    let table = areas::table(of, "Nodes, sites and links", &["nodes", "sites", "links", "network"]);
    if plots.is_empty() && table.is_empty() {
        return String::new();
    }
    format!("{legend}<div class=\"grid\">\n{plots}</div>\n{table}")
}

/// Time up at each rank: mean over replications, with the range.
fn curve(of: &Of<'_>) -> Option<String> {
    let ranks = Spread::RANKS;
    let of_policy = |policy: &str| -> Vec<[f64; 3]> {
        let runs: Vec<&[f64]> = of
            .records
            .iter()
            .filter(|it| it.policy == policy)
            .filter_map(|it| it.spread.as_ref())
            .map(|it| it.uptime.as_slice())
            .filter(|it| it.len() == ranks.len())
            .collect();
        if runs.is_empty() {
            return Vec::new();
        }
        let at = |rank: usize| runs.iter().map(move |run| run[rank]);
        (0..ranks.len())
            .map(|rank| {
                [
                    at(rank).sum::<f64>() / runs.len() as f64,
                    at(rank).fold(1.0, f64::min),
                    at(rank).fold(0.0, f64::max),
                ]
            })
            .collect()
    };
    let curves: Vec<_> = of.policies().map(|(look, policy)| (look, policy, of_policy(policy))).collect();
    let least =
        curves.iter().flat_map(|(_, _, curve)| curve.iter().map(|it| it[1])).fold(f64::INFINITY, f64::min);
    if !least.is_finite() || least >= 1.0 {
        return None;
    }
    let floor = (least - (1.0 - least) * 0.05).max(0.0);
    let x = Axis::linear("share of nodes that are no better (%)", 0.0, 100.0, 5);
    let y = Axis::linear("time up (%)", floor * 100.0, 100.0, 5);
    let margins = Margins { left: 58.0, right: 16.0, top: 10.0, bottom: 42.0 };
    let mut plot = Plot::new((360.0, 270.0), margins, x, y);
    for (look, policy, curve) in curves.iter().filter(|it| !it.2.is_empty()) {
        let point = |rank: usize, which: usize| plot.at(ranks[rank] * 100.0, curve[rank][which] * 100.0);
        let all = 0..ranks.len();
        let line: Vec<_> = all.clone().map(|rank| point(rank, 0)).collect();
        let band: Vec<_> =
            all.clone().map(|rank| point(rank, 1)).chain(all.rev().map(|rank| point(rank, 2))).collect();
        let mut markup = format!(
            "<path class=\"band\" d=\"{}z\"/><path class=\"line\" d=\"{}\"/>",
            path(&band),
            path(&line)
        );
        for marked in MARKED {
            let rank = ranks.iter().position(|it| *it >= marked).unwrap_or(0);
            let (x, y) = point(rank, 0);
            let [mean, low, high] = curve[rank].map(|it| format_value("nodes.uptime", it));
            let who = if marked == 0.0 {
                "the worst node".to_owned()
            } else {
                format!("{} % of nodes no better than", marked * 100.0)
            };
            let _ = write!(
                markup,
                "<g class=\"mark\"><title>{}: {who} {mean} up ({low} to {high} over replications)</title><circle class=\"hit\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"11\"/>{}</g>",
                super::html::escape(policy),
                look.shape(x, y, 3.6, true)
            );
        }
        plot.push(&format!("<g class=\"{}\">{markup}</g>", look.class()));
    }
    Some(plot.figure(
        "Time up over nodes",
        "Time up of nodes from the worst to the best, by policy",
        "<p class=\"note\">From the worst node at the left to the best; mean over replications, band: least to greatest.</p>",
    ))
}
