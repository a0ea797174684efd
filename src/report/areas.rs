//! Sections that show the metrics of an area, with plots where parts add up.

use super::Of;
use super::compare::plus_minus;
use super::html::{Cell, Table, details, escape, prose};
use super::stacked;
use sim_core::measure::catalog::{area, describe};

/// The health check: how soon, how wrong, at what price.
pub fn detection(of: &Of<'_>) -> String {
    table(of, "Health checks", &["detection"])
}

/// What is stored, lost and moved.
pub fn data(of: &Of<'_>) -> String {
    let causes = under(of, "objects.repair_bytes.");
    grid(stacked::plot(of, "Data moved for repairs, by cause", "", &causes))
        + &table(of, "Objects", &["objects"])
}

/// Work that takes long.
pub fn jobs(of: &Of<'_>) -> String {
    let causes = under(of, "jobs.wasted_work.");
    grid(stacked::plot(of, "Work lost, by cause", "share of work done (%)", &causes))
        + &table(of, "Jobs", &["jobs"])
}

/// Where the energy goes.
pub fn energy(of: &Of<'_>) -> String {
    let uses = ["energy.idle", "energy.work", "energy.cooling", "energy.losses"];
    if of.metrics("energy.total").is_none_or(|all| all.iter().flatten().all(|it| it.mean == 0.0)) {
        return String::new();
    }
    grid(stacked::plot(of, "Where the energy goes", "", &uses)) + &table(of, "Energy", &["energy"])
}

/// Money.
pub fn bill(of: &Of<'_>) -> String {
    let (spent, earned) = (under(of, "economics.spent."), under(of, "economics.earned."));
    let plots = [
        stacked::plot(of, "Money spent", "US dollars", &spent),
        stacked::plot(of, "Money earned", "US dollars", &earned),
    ];
    grid(plots.into_iter().flatten().reduce(|a, b| a + &b)) + &table(of, "Economics", &["economics"])
}

fn grid(plots: Option<String>) -> String {
    plots.map_or_else(String::new, |plots| format!("<div class=\"grid\">\n{plots}</div>\n"))
}

/// Metrics whose names begin so.
fn under<'a>(of: &Of<'a>, prefix: &str) -> Vec<&'a str> {
    of.names().into_iter().filter(|name| name.starts_with(prefix)).collect()
}

/// The metrics of areas in words, policies side by side; what is zero for all is left out. Long tables are folded.
pub fn table(of: &Of<'_>, caption: &str, areas: &[&str]) -> String {
    let matters = |name: &&str| {
        let mut values = of.policies().filter_map(|(_, policy)| of.metric(policy, name));
        areas.contains(&area(name)) && values.any(|it| it.mean != 0.0)
    };
    let names: Vec<&str> = of.names().into_iter().filter(matters).collect();
    if names.is_empty() {
        return String::new();
    }
    let row = |name: &&str| {
        let meaning = describe(name).unwrap_or_default();
        let text = if meaning.is_empty() { name } else { meaning.as_str() };
        let first = Cell::html(format!("<span title=\"{}\">{}</span>", escape(name), prose(text)));
        let cell = |(_, policy): (_, &str)| {
            of.metric(policy, name).map_or_else(Cell::none, |it| Cell::number(&plus_minus(name, it), it.mean))
        };
        std::iter::once(first).chain(of.policies().map(cell)).collect::<Vec<_>>()
    };
    let head = std::iter::once("what".to_owned()).chain(of.policies().map(|(_, name)| escape(name)));
    let table = Table::new(caption, head.collect(), names.iter().map(row).collect()).html();
    details(&format!("{caption}: figures"), names.len() <= 14, &table)
}
