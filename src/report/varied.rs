//! Headline metrics over what is varied.

use super::axis::Axis;
use super::html::{details, escape};
use super::label;
use super::look::{self, Look};
use super::svg::{Margins, Plot, path};
use crate::plots::scale;
use crate::tell::table;
use serde_json::Value;
use sim_core::measure::catalog::{self, format_with_interval, sort_key, split};
use sim_core::measure::summary::{MetricSummary, PolicySummary, VariationSummary};

/// The headline metrics of a variation in total, without what compares policies.
pub fn headlines(variation: &VariationSummary) -> VariationSummary {
    let total = |name: &str| catalog::is_headline(name) && split(name).1.is_none();
    let metrics = |policy: &PolicySummary| PolicySummary {
        metrics: policy
            .metrics
            .iter()
            .filter(|it| total(it.0))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        ..PolicySummary::default()
    };
    VariationSummary {
        values: variation.values.clone(),
        policies: variation.policies.iter().map(|(name, it)| (name.clone(), metrics(it))).collect(),
        ..VariationSummary::default()
    }
}

/// Variations that are listed.
const LISTED: usize = 100;
/// Points of a line that have a mark, at most.
const MARKED: usize = 64;

/// What a variation sets, short enough to choose from.
pub fn name(variation: &VariationSummary, index: usize) -> String {
    let text = table::values(&variation.values);
    let short: String = text.chars().take(60).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{}: {short}{more}", index + 1)
}

/// Where the variations lie on the axis, and its name.
struct Course {
    label: String,
    places: Vec<f64>,
    names: Vec<String>,
    logarithmic: bool,
    /// Whether places are the values themselves.
    numeric: bool,
}

impl Course {
    /// By the value where a single number is varied, or else by number of the variation.
    fn of(variations: &[VariationSummary]) -> Self {
        let single = variations.iter().all(|it| it.values.len() == 1);
        let values: Vec<&Value> = variations.iter().filter_map(|it| it.values.values().next()).collect();
        let pointer = variations[0].values.keys().next().map_or("", String::as_str);
        let numbers: Option<Vec<f64>> = values.iter().map(|it| it.as_f64()).collect();
        if let Some(places) = numbers.filter(|it| single && it.len() == variations.len()) {
            let (low, high) = ends(places.iter().copied());
            let names = values.iter().map(ToString::to_string).collect();
            return Self {
                label: pointer.to_owned(),
                logarithmic: low > 0.0 && high / low >= 20.0,
                numeric: true,
                places,
                names,
            };
        }
        let text = |value: &&Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let texts: Vec<String> = values.iter().map(text).collect();
        let short = single && texts.iter().all(|it| it.chars().count() <= 9);
        Self {
            label: if short { pointer.to_owned() } else { "variation".to_owned() },
            places: (0..variations.len()).map(|it| it as f64 + 1.0).collect(),
            names: if short { texts } else { (1..=variations.len()).map(|it| it.to_string()).collect() },
            logarithmic: false,
            numeric: false,
        }
    }

    fn axis(&self) -> Axis {
        let (low, high) = ends(self.places.iter().copied());
        let every = (self.places.len() as f64 / 7.0).ceil().max(1.0) as usize;
        let ticks = self.places.iter().copied().zip(self.names.iter().cloned()).step_by(every).collect();
        let axis = if self.logarithmic {
            Axis::logarithmic(&self.label, low / 1.15, high * 1.15, 5, |value| value.to_string())
        } else {
            let room = (high - low) * 0.06;
            Axis::linear(&self.label, low - room, high + room, 5)
        };
        // Many numbers have round ticks, few their own.
        if self.numeric && self.places.len() > 7 { axis } else { axis.with_ticks(ticks) }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)))
}

/// A plot for each headline metric in total.
pub fn html(variations: &[VariationSummary], shown: usize) -> String {
    if variations.len() < 2 {
        return String::new();
    }
    let course = Course::of(variations);
    let mut metrics: Vec<&str> = Vec::new();
    let policies = || variations.iter().flat_map(|it| it.policies.values());
    for (name, value) in policies().flat_map(|it| &it.metrics) {
        if catalog::is_headline(name) && split(name).1.is_none() && value.mean != 0.0 {
            metrics.push(name);
        }
    }
    metrics.sort_by_cached_key(|name| sort_key(name));
    metrics.dedup();
    let plots: String = metrics.iter().filter_map(|metric| plot(variations, &course, metric)).collect();
    let names = variations[0].policies.keys().map(String::as_str);
    let list: String = variations
        .iter()
        .take(LISTED)
        .map(|variation| format!("<li>{}</li>\n", escape(&table::values(&variation.values))))
        .collect();
    let list = format!("<ol class=\"varied\">\n{list}</ol>\n");
    let list = match variations.len() {
        count if count > LISTED => {
            details(&format!("The first {LISTED} of {count} variations"), false, &list)
        }
        count if count > 12 => details(&format!("{count} variations"), false, &list),
        _ => list,
    };
    let rest = if shown < variations.len() {
        format!(" The first {shown} are there; the others are in <code>summary.csv</code>.")
    } else {
        String::new()
    };
    format!(
        "<section id=\"varied\"><h2>Over what is varied</h2>\n{list}{}<div class=\"grid\">\n{plots}</div>\n\
         <p class=\"note\">Means with 95 % intervals. Below, one variation at a time: choose it at the top.{rest}</p>\n</section>\n",
        look::legend(names)
    )
}

fn plot(variations: &[VariationSummary], course: &Course, metric: &str) -> Option<String> {
    let names: Vec<&str> = variations[0].policies.keys().map(String::as_str).collect();
    let value = |variation: usize, policy: &str| -> Option<&MetricSummary> {
        variations[variation].policies.get(policy)?.metrics.get(metric)
    };
    let count = variations.len();
    let all = || (0..count).flat_map(|index| names.iter().filter_map(move |policy| value(index, policy)));
    let (low, high) = ends(all().flat_map(|it| it.ci95.unwrap_or([it.mean; 2])));
    if !low.is_finite() {
        return None;
    }
    let scale = scale::of(metric, low.abs().max(high.abs()));
    let (low, high) = (low * scale.factor, high * scale.factor);
    let room = ((high - low) * 0.07).max(high.abs() * 0.01);
    let unit = if matches!(scale.unit, "" | "1") { String::new() } else { format!(" ({})", scale.unit) };
    let y = Axis::linear(format!("{}{unit}", label::short(metric)), low - room, high + room, 4);
    let margins = Margins { left: 72.0, right: 16.0, top: 10.0, bottom: 42.0 };
    let mut plot = Plot::new((360.0, 250.0), margins, course.axis(), y);
    for (index, policy) in names.iter().enumerate() {
        let look = Look(index);
        let points = (0..count).filter_map(|it| Some((it, value(it, policy)?)));
        let line: Vec<_> = points
            .clone()
            .map(|(it, summary)| plot.at(course.places[it], summary.mean * scale.factor))
            .collect();
        plot.push(&format!("<g class=\"{}\"><path class=\"line\" d=\"{}\"/></g>", look.class(), path(&line)));
        for (it, summary) in points.step_by(count.div_ceil(MARKED)) {
            let shown = format_with_interval(metric, summary.mean, summary.ci95);
            let title = format!("{policy}, {} = {}: {shown}", course.label, course.names[it]);
            let interval = summary.ci95.map(|ends| ends.map(|end| end * scale.factor));
            plot.cross(
                look,
                (course.places[it], None),
                (summary.mean * scale.factor, interval),
                true,
                &title,
            );
        }
    }
    Some(plot.figure(
        &label::short(metric),
        &format!("{} over {}, by policy", label::short(metric), course.label),
        "",
    ))
}
