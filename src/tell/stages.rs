//! Replications whose number depends on what they show: what is planned, and how it ended.

use super::numbers::counted;
use sim_core::measure::catalog::{format_difference, format_value};
use sim_core::measure::selection::Selection;
use sim_core::measure::stopping::{Ended, Reason, Stopping};
use sim_core::measure::summary::Summary;
use sim_core::scenario::{Scenario, Width};
use std::io::{self, Write};

/// "20 replications", or "10 to 400 replications until requests.latency.p99 is known to ±5 %".
pub fn planned(scenario: &Scenario) -> String {
    let (statistics, most) = (&scenario.statistics, scenario.replications);
    let Some(first) = statistics.first else { return counted(most as usize, "replication") };
    let bounds = format!("{first} to {most} replications");
    if let Some(until) = &statistics.until {
        let width = match until.width {
            Width::Absolute(width) => plain(&until.metric, width),
            Width::Relative(share) => format!("{} %", (share * 1e4).round() / 100.0),
        };
        let what = if until.difference { "the difference of " } else { "" };
        return format!("{bounds} until {what}{} is known to ±{width}", until.metric);
    }
    match &statistics.select {
        Some(select) => format!("{bounds} until the best on {} is known", select.metric),
        None => bounds,
    }
}

/// A difference without its sign.
fn plain(metric: &str, size: f64) -> String {
    format_difference(metric, size, None).trim_start_matches('+').to_owned()
}

/// Prints how the replications of all variations ended.
pub fn print(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let mut any = false;
    for (number, variation) in summary.variations.iter().enumerate() {
        let Some(ended) = &variation.ended else { continue };
        let place =
            if summary.variations.len() > 1 { format!("variation {number}: ") } else { String::new() };
        let text = match ended {
            Ended::Until(stopping) => stopped(stopping),
            Ended::Select(selection) => selected(selection),
        };
        writeln!(out, "{place}{text}")?;
        any = true;
    }
    if any { writeln!(out) } else { Ok(()) }
}

fn stopped(it: &Stopping) -> String {
    let made = counted(it.replications as usize, "replication");
    let looks = counted(it.looks.len(), "look");
    let open: Vec<String> = it
        .goals
        .iter()
        .filter(|goal| !goal.reached)
        .map(|goal| {
            let minus = goal.minus.as_ref().map(|minus| format!(" minus {minus}")).unwrap_or_default();
            let half = goal.ci95.map_or_else(
                || "unknown".to_owned(),
                |[low, high]| format!("±{}", plain(&it.metric, (high - low) / 2.0)),
            );
            let needed =
                goal.needed.map(|n| format!(", for which it would take about {n}")).unwrap_or_default();
            format!("{}{minus} {half} instead of ±{}{needed}", goal.policy, plain(&it.metric, goal.wanted))
        })
        .collect();
    match it.reason {
        Reason::Reached => {
            format!("{} is known well enough after {made} and {looks}", it.metric)
        }
        Reason::Cap => format!(
            "{} is NOT known well enough after {made}, the most that the scenario allows: {}",
            it.metric,
            open.join(", ")
        ),
        Reason::NoValues => format!("no run has a value of {}; stopped after {made}", it.metric),
    }
}

fn selected(it: &Selection) -> String {
    let runs = counted(it.runs as usize, "run");
    let Some(best) = &it.best else {
        return format!("nothing is selected: too few runs have a value of {}", it.metric);
    };
    let margin = plain(&it.metric, it.indifference);
    let equal = it
        .equal_allocation_runs
        .map(|equal| format!("; equal replications of all policies would take {equal} runs for the same"));
    match it.reason {
        Reason::Reached => format!(
            "best on {}: {best}, with probability {} of being so or within {margin} of it, in {runs}{}",
            it.metric,
            it.probability,
            equal.unwrap_or_default()
        ),
        _ => format!(
            "best mean of {}: {best}, but NOT with probability {}: {} were left after the most replications \
             that the scenario allows, {runs}",
            it.metric,
            it.probability,
            it.contenders.join(", ")
        ),
    }
}

/// Warnings of courses whose beginning is measured as if it were usual.
pub fn warm_ups(summary: &Summary) -> Vec<String> {
    let mut warnings = Vec::new();
    for variation in &summary.variations {
        for (policy, it) in &variation.policies {
            for (metric, course) in it.courses.iter().filter(|(_, course)| course.warmup_too_short) {
                let from = course.steady_from_s.unwrap_or_default();
                warnings.push(format!(
                    "policy {policy}: {metric} is steady from {} on only (MSER-5); a `warmup` of that length would leave the beginning out",
                    format_value("requests.latency.mean", from)
                ));
            }
        }
    }
    warnings
}
