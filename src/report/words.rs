//! What came out, in words: for a reader who reads nothing else.

use super::Of;
use super::html::{Cell, Table, details, escape};
use super::label;
use crate::tell::slo;
use sim_core::measure::catalog::{direction, format_difference, format_value, split};
use sim_core::measure::summary::{Finding, SIGNIFICANCE, Sentence};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The verdict of a variation.
pub fn html(of: &Of<'_>) -> String {
    let (total, workloads): (Vec<&Sentence>, Vec<&Sentence>) =
        of.sentences.iter().copied().filter(|it| says(of, it)).partition(|it| split(&it.metric).1.is_none());
    let mut html = lead(of, &total);
    html += &objectives(of);
    if !total.is_empty() {
        html += &list(&total);
        html += "<p class=\"note\">● told apart beyond noise; ○ not told apart; = the same; ? one replication says nothing of noise.</p>\n";
    }
    if !workloads.is_empty() {
        html += &details("The same by workload", false, &list(&workloads));
    }
    html + &regret(of)
}

/// Whether a sentence is of more than that all have nothing.
fn says(of: &Of<'_>, sentence: &Sentence) -> bool {
    sentence.finding != Finding::Same
        || of.metric(&sentence.best, &sentence.metric).is_some_and(|it| it.mean != 0.0)
}

/// A sentence over all metrics.
fn lead(of: &Of<'_>, sentences: &[&Sentence]) -> String {
    let policies = of.variation.policies.len();
    if policies < 2 {
        let name = of.policies().next().map_or("", |(_, name)| name);
        return format!(
            "<p class=\"verdict\">One policy, <b>{}</b>, so there is nothing to compare; its figures follow.</p>\n",
            escape(name)
        );
    }
    let apart: Vec<_> = sentences.iter().filter(|it| it.finding == Finding::Difference).collect();
    if apart.is_empty() {
        let why = if sentences.iter().any(|it| it.finding == Finding::Unknown) {
            "One replication says nothing about noise, so no policy can be called better. Run more replications."
        } else if sentences.iter().all(|it| it.finding == Finding::Same) {
            "All policies did the same on every headline metric."
        } else {
            "No policy is told apart from another beyond noise on any headline metric."
        };
        return format!("<p class=\"verdict\">{why}</p>\n");
    }
    let differ = format!(
        "On {} of {} headline metrics the policies differ beyond noise.",
        apart.len(),
        sentences.len(),
    );
    let trade = trade(of, &apart).map_or_else(String::new, |trade| trade + "<br>");
    // Of one metric alone all has been said.
    let told = apart.len() == 1 && !trade.is_empty();
    let wins = if told || of.variation.regret.is_some() { String::new() } else { wins(of, &apart) };
    format!("<p class=\"verdict\">{trade}{differ}{wins}</p>\n")
}

/// Which policies are best most often, and which never.
fn wins(of: &Of<'_>, apart: &[&&Sentence]) -> String {
    let mut wins: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for sentence in apart {
        for name in std::iter::once(&sentence.best).chain(&sentence.tied) {
            wins.entry(name).or_default().push(&sentence.metric);
        }
    }
    // Among equals in the order of the file.
    let mut ranked: Vec<(&str, usize)> =
        of.policies().map(|(_, name)| (name, wins.get(name).map_or(0, Vec::len))).collect();
    ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let most = ranked[0].1;
    let leaders: Vec<_> =
        ranked.iter().filter(|it| it.1 == most).map(|it| format!("<b>{}</b>", escape(it.0))).collect();
    let last: Vec<_> =
        ranked.iter().filter(|it| it.1 == 0).map(|it| format!("<b>{}</b>", escape(it.0))).collect();
    let mut text = format!(
        " {} {} best, or not told apart from the best, on {most} of them.",
        listed(&leaders),
        if leaders.len() == 1 { "is" } else { "are" },
    );
    if !last.is_empty() {
        text += &format!(" {} on none.", listed(&last));
    }
    text
}

/// What counts first, in this order; then what it costs.
const SERVICE: [&str; 6] = [
    "requests.success_ratio",
    "objects.lost",
    "objects.availability",
    "jobs.completed",
    "jobs.completion_time.mean",
    "economics.net",
];
const COST: [&str; 3] = ["economics.net", "economics.spent", "energy.total"];

/// Which policy serves best, and what that costs against the cheapest. One that knows the truth is a bound, no choice.
fn trade(of: &Of<'_>, apart: &[&&Sentence]) -> Option<String> {
    let first = SERVICE.iter().find_map(|metric| apart.iter().find(|it| it.metric == *metric))?;
    let metric = first.metric.as_str();
    let ranked = ranked(of, metric);
    let [(best, value), .., (worst, least)] = ranked.as_slice() else { return None };
    let show = |value: &f64| escape(&format_value(metric, *value));
    let mut text = format!(
        "<b>{}</b> {}: {} {}, against {} of {}",
        escape(best),
        if metric == "economics.net" { "earns most" } else { "serves best" },
        escape(&label::short(metric).to_lowercase()),
        show(value),
        show(least),
        escape(worst),
    );
    let near: Vec<String> = ranked[1..]
        .iter()
        .filter(|(policy, _)| !is_told_apart(of, metric, best, policy))
        .map(|(policy, _)| escape(policy))
        .collect();
    if !near.is_empty() {
        text += &format!("; not told apart from it: {}", near.join(", "));
    }
    if let Some(regrets) = &of.variation.regret
        && let Some(bound) = of.metric(&regrets.bound, metric)
    {
        text += &format!(" ({}, which knows the truth: {})", escape(&regrets.bound), show(&bound.mean));
    }
    text += ".";
    text += &cost(of, best, metric).unwrap_or_default();
    Some(text)
}

/// What a policy costs against the cheapest, where they are told apart; of something else than what it was praised for.
fn cost(of: &Of<'_>, policy: &str, praised: &str) -> Option<String> {
    let is_told =
        |metric: &&str| *metric != praised && of.metric(policy, metric).is_some_and(|it| it.mean != 0.0);
    let metric = COST.into_iter().find(is_told)?;
    let (cheapest, least) = *ranked(of, metric).first()?;
    let show = |value: f64| escape(&format_value(metric, value));
    let (name, own) = (label::short(metric).to_lowercase(), of.metric(policy, metric)?.mean);
    let name = name.trim_start_matches("economics.");
    if cheapest == policy {
        return Some(format!(" It is also best on {name}: {}.", show(own)));
    }
    if !is_told_apart(of, metric, policy, cheapest) || show(own) == show(least) {
        return None;
    }
    Some(format!(
        " Its {name}: {}; best there is <b>{}</b> with {}.",
        show(own),
        escape(cheapest),
        show(least)
    ))
}

/// Policies that do not know the truth, with their means, from the best to the worst.
fn ranked<'a>(of: &Of<'a>, metric: &str) -> Vec<(&'a str, f64)> {
    let bound = of.variation.regret.as_ref().map(|it| it.bound.as_str());
    let mut ranked: Vec<(&str, f64)> = of
        .variation
        .policies
        .iter()
        .filter(|(policy, _)| Some(policy.as_str()) != bound)
        .filter_map(|(policy, it)| Some((policy.as_str(), it.metrics.get(metric)?.mean)))
        .collect();
    ranked.sort_by(|a, b| match direction(metric).prefers(a.1, b.1) {
        Some(true) => Ordering::Less,
        Some(false) => Ordering::Greater,
        None => Ordering::Equal,
    });
    ranked
}

fn is_told_apart(of: &Of<'_>, metric: &str, one: &str, other: &str) -> bool {
    of.variation.comparisons.iter().any(|it| {
        it.metric == metric
            && ((it.a == one && it.b == other) || (it.a == other && it.b == one))
            && it.p_adjusted.is_some_and(|p| p <= SIGNIFICANCE)
    })
}

/// "a, b and c".
fn listed(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

fn list(sentences: &[&Sentence]) -> String {
    let items: String = sentences
        .iter()
        .map(|sentence| {
            let (sign, class) = match sentence.finding {
                Finding::Difference => ("●", "found"),
                Finding::Noise => ("○", "noise"),
                Finding::Same => ("=", "noise"),
                Finding::Unknown => ("?", "noise"),
            };
            format!(
                "<li class=\"{class}\"><span aria-hidden=\"true\">{sign}</span><span><b>{}</b> {}</span></li>\n",
                escape(&label::short(&sentence.metric)),
                escape(&sentence.text)
            )
        })
        .collect();
    format!("<ul class=\"findings\">\n{items}</ul>\n")
}

/// Objectives that were missed, or that all were kept.
fn objectives(of: &Of<'_>) -> String {
    let Some(objectives) = of.resolved["slo"].as_object().filter(|it| !it.is_empty()) else {
        return String::new();
    };
    let mut missed = Vec::new();
    for (policy, results) in &of.variation.policies {
        for (workload, slo) in objectives {
            let misses = slo::misses_of(workload, slo, &results.metrics);
            if !misses.is_empty() {
                let misses = escape(&misses.join("; "));
                missed.push(format!("<li><b>{}</b>, {}: {misses}</li>\n", escape(policy), escape(workload)));
            }
        }
    }
    if missed.is_empty() {
        return "<p class=\"kept\">✓ Every policy keeps the objectives of the scenario.</p>\n".to_owned();
    }
    let list = format!("<ul class=\"plain\">\n{}</ul>\n", missed.concat());
    let list = if missed.len() > 3 { details("Which, by how much", false, &list) } else { list };
    let kept = of.variation.policies.len() * objectives.len() - missed.len();
    let who = match kept {
        0 => "No policy keeps the objectives".to_owned(),
        _ => format!("{} of {} times an objective is missed", missed.len(), missed.len() + kept),
    };
    format!("<p class=\"missed\">✗ {who}, on the mean over replications.</p>\n{list}")
}

/// How much worse each policy is than the one that knows the truth.
fn regret(of: &Of<'_>) -> String {
    let Some(regrets) = &of.variation.regret else { return String::new() };
    let mut metrics: Vec<&str> = Vec::new();
    for name in regrets.policies.values().flat_map(|it| it.keys()) {
        if split(name).1.is_none() && !metrics.contains(&name.as_str()) {
            metrics.push(name);
        }
    }
    let rows = regrets
        .policies
        .iter()
        .map(|(policy, of_policy)| {
            let cell = |metric: &&str| {
                of_policy.get(*metric).map_or_else(Cell::none, |regret| {
                    Cell::number(&format_difference(metric, regret.mean, regret.ci95), regret.mean)
                })
            };
            std::iter::once(Cell::text(policy)).chain(metrics.iter().map(cell)).collect()
        })
        .collect();
    let head = std::iter::once("policy".to_owned()).chain(metrics.iter().map(|it| label::both(it))).collect();
    let caption = format!("Regret against {}, which knows the truth: more is worse", regrets.bound);
    Table::new(caption, head, rows).html()
}
