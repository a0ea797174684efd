//! What came out, in words: for a reader who reads nothing else.

use super::Of;
use super::html::{Cell, Table, details, escape};
use super::label;
use crate::tell::slo;
use sim_core::measure::catalog::{format_difference, split};
use sim_core::measure::summary::{Finding, Sentence};
use std::collections::BTreeMap;

/// The verdict of a variation.
pub fn html(of: &Of<'_>) -> String {
    let total: Vec<&Sentence> =
        of.sentences.iter().copied().filter(|it| split(&it.metric).1.is_none()).collect();
    let workloads: Vec<&Sentence> =
        of.sentences.iter().copied().filter(|it| split(&it.metric).1.is_some()).collect();
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
        } else {
            "No policy is told apart from another beyond noise on any headline metric."
        };
        return format!("<p class=\"verdict\">{why}</p>\n");
    }
    let mut wins: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for sentence in &apart {
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
        "On {} of {} headline metrics the policies differ beyond noise. {} {} best, or not told apart from the best, on {most} of them.",
        apart.len(),
        sentences.len(),
        leaders.join(" and "),
        if leaders.len() == 1 { "is" } else { "are" },
    );
    if !last.is_empty() {
        text += &format!(" {} on none.", last.join(" and "));
    }
    format!("<p class=\"verdict\">{text}</p>\n")
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
    for (workload, slo) in objectives {
        for (policy, results) in &of.variation.policies {
            for miss in slo::misses_of(workload, slo, &results.metrics) {
                missed.push(format!(
                    "<li><b>{}</b>, {}: {}</li>\n",
                    escape(policy),
                    escape(workload),
                    escape(&miss)
                ));
            }
        }
    }
    if missed.is_empty() {
        return "<p class=\"kept\">✓ Every policy keeps the objectives of the scenario.</p>\n".to_owned();
    }
    format!(
        "<p class=\"missed\">✗ Objectives missed, on the mean over replications:</p>\n<ul class=\"plain\">\n{}</ul>\n",
        missed.concat()
    )
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
