//! `report.html`: one page with all that a reader wants of a results folder, first what a reader in a hurry wants.
//!
//! The page needs nothing else: style and script stand in it, plots are SVG drawn here. Without a script everything can be
//! read; the script sorts and searches tables, shows values, switches variations and the theme. The same results give the
//! same bytes: no time, no machine, no thread stands in it.

mod areas;
mod axis;
mod blame;
mod compare;
mod faults;
mod forest;
mod html;
mod label;
mod look;
mod made;
mod map;
mod metrics;
mod pareto;
mod spread;
mod stacked;
mod svg;
mod tails;
mod tiers;
mod timeline;
mod varied;
mod words;

use crate::output::manifest::{Manifest, Variation};
use crate::tell::table;
use html::escape;
use look::Look;
use serde_json::Value;
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::{MetricSummary, Sentence, Summary, VariationSummary, verdict};

/// How many variations are shown in full, so that the page stays a few megabytes; the later ones are only in the plots over the
/// varied values.
fn shown(manifest: &Manifest) -> usize {
    (72 / manifest.policies.len().max(1)).clamp(4, 24).min(manifest.variations.len())
}

/// What the sections of one variation are made from.
struct Of<'a> {
    manifest: &'a Manifest,
    index: usize,
    variation: &'a VariationSummary,
    /// The scenario with all defaults.
    resolved: &'a Value,
    records: Vec<&'a RunRecord>,
    sentences: Vec<&'a Sentence>,
}

impl<'a> Of<'a> {
    /// Policies in the order of the scenario, with their looks.
    fn policies(&self) -> impl Iterator<Item = (Look, &'a str)> {
        self.variation.policies.keys().enumerate().map(|(index, name)| (Look(index), name.as_str()))
    }

    /// A metric of a policy.
    fn metric(&self, policy: &str, metric: &str) -> Option<&'a MetricSummary> {
        self.variation.policies.get(policy)?.metrics.get(metric)
    }

    /// A metric of all policies; `None` where no policy has it.
    fn metrics(&self, metric: &str) -> Option<Vec<Option<&'a MetricSummary>>> {
        let all: Vec<_> = self.policies().map(|(_, policy)| self.metric(policy, metric)).collect();
        all.iter().any(Option::is_some).then_some(all)
    }

    /// Names of metrics that some policy has, in the order in which they are shown.
    fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.variation.policies.values().flat_map(|policy| policy.metrics.keys()) {
            names.push(name);
        }
        names.sort_by_cached_key(|name| sim_core::measure::catalog::sort_key(name));
        names.dedup();
        names
    }

    fn legend(&self) -> String {
        look::legend(self.policies().map(|(_, name)| name))
    }

    /// A section, or nothing where there is nothing in it.
    fn section(&self, id: &str, heading: &str, body: &str) -> String {
        if body.is_empty() {
            return String::new();
        }
        let id = if self.index == 0 { id.to_owned() } else { format!("{id}-{}", self.index) };
        format!("<section id=\"{id}\"><h2>{}</h2>\n{body}</section>\n", escape(heading))
    }

    /// All sections but the one on how it was made.
    fn html(&self) -> String {
        let sections = [
            self.section("verdict", "In short", &words::html(self)),
            self.section("compare", "Policies compared", &compare::html(self)),
            self.section("differences", "Paired differences", &forest::html(self)),
            self.section("pareto", "What it costs", &pareto::html(self)),
            self.section("blame", "What is to blame", &blame::html(self)),
            self.section("tiers", "Availability", &tiers::html(self)),
            self.section("latency", "Latency tails", &tails::html(self)),
            self.section("nodes", "Nodes", &spread::html(self)),
            self.section("timeline", "Course of a run", &timeline::html(self)),
            self.section("faults", "Faults and recovery", &faults::html(self)),
            self.section("detection", "Detection", &areas::detection(self)),
            self.section("data", "Data and repair", &areas::data(self)),
            self.section("jobs", "Jobs", &areas::jobs(self)),
            self.section("energy", "Energy", &areas::energy(self)),
            self.section("bill", "The bill", &areas::bill(self)),
            self.section("map", "Sites", &map::html(self)),
            self.section("metrics", "All metrics", &metrics::html(self)),
        ];
        format!(
            "<div class=\"variation\" data-v=\"{}\">\n{}{}</div>\n",
            self.index,
            self.heading(),
            sections.concat()
        )
    }

    fn heading(&self) -> String {
        if self.variation.values.is_empty() {
            return String::new();
        }
        format!(
            "<p class=\"which\">Variation {}: {}</p>\n",
            self.index + 1,
            escape(&table::values(&self.variation.values))
        )
    }
}

/// Name of the file.
pub const NAME: &str = "report.html";

/// The part of the page that shows a variation, whose scenario with all defaults is `resolved`; empty for one that is not shown in full.
pub fn chapter(
    manifest: &Manifest,
    (index, resolved): (usize, &Value),
    variation: &VariationSummary,
    records: &[RunRecord],
) -> String {
    if index >= shown(manifest) || records.is_empty() {
        return String::new();
    }
    let alone = Summary { variations: vec![variation.clone()], ..Summary::new(&manifest.scenario) };
    let sentences = verdict(&alone);
    Of {
        manifest,
        index,
        variation,
        resolved,
        records: records.iter().collect(),
        sentences: sentences.iter().collect(),
    }
    .html()
}

/// The page of a results folder, growing by a variation at a time.
#[derive(Default)]
pub struct Page {
    chapters: String,
    /// Headline metrics of all variations, without what compares policies.
    headlines: Vec<VariationSummary>,
}

impl Page {
    /// Adds a variation, with what [`chapter`] made of it.
    pub fn add(&mut self, chapter: &str, variation: &VariationSummary) {
        self.chapters += chapter;
        self.headlines.push(varied::headlines(variation));
    }

    /// The page, with so many finished runs.
    pub fn finish(self, manifest: &Manifest, runs: usize) -> String {
        let shown = shown(manifest);
        let title = escape(&manifest.scenario);
        let first = manifest.variations.first().map_or(Value::Null, Variation::tree);
        let description = first["description"].as_str();
        let description =
            description.map_or_else(String::new, |text| format!("<p class=\"lead\">{}</p>\n", escape(text)));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"generator\" content=\"brownout {version}\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{title} – brownout</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">Skip to the results</a>\n\
             <header><div class=\"bar\"><strong>{title}</strong>{switch}<button type=\"button\" id=\"theme\" hidden>Dark</button></div></header>\n\
             <div class=\"page\"><nav aria-label=\"Sections\" id=\"contents\" hidden></nav>\n<main id=\"main\" tabindex=\"-1\">\n<h1>{title}</h1>\n{description}{facts}{varied}{chapters}{made}{land}</main></div>\n\
             <div id=\"tip\" role=\"status\" aria-live=\"polite\" hidden></div>\n<script>\n{script}</script>\n</body>\n</html>\n",
            switch = switch(&self.headlines, shown),
            facts = made::facts(manifest, &first, runs),
            varied = varied::html(&self.headlines, shown),
            made = made::html(manifest),
            land = map::land(&self.chapters),
            chapters = self.chapters,
            version = escape(&manifest.version),
            style = include_str!("page/style.css"),
            script = include_str!("page/script.js"),
        )
    }
}

/// The choice between variations.
fn switch(variations: &[VariationSummary], shown: usize) -> String {
    if variations.len() < 2 {
        return String::new();
    }
    let options: String = variations
        .iter()
        .enumerate()
        .take(shown)
        .map(|(index, variation)| {
            format!("<option value=\"{index}\">{}</option>", escape(&varied::name(variation, index)))
        })
        .collect();
    format!("<label id=\"switch\" hidden>Variation <select>{options}</select></label>")
}
