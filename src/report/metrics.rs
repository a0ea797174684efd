//! All metrics of all policies, to search and to sort.

use super::Of;
use super::compare::plus_minus;
use super::html::{Cell, Table, code, details, escape, prose};
use sim_core::measure::catalog::describe;

/// The table.
pub fn html(of: &Of<'_>) -> String {
    let names = of.names();
    if names.is_empty() {
        return String::new();
    }
    let row = |name: &&str| {
        let meaning = describe(name).unwrap_or_default();
        let first = Cell::html(format!("{}<small>{}</small>", code(name), prose(&meaning)));
        let cell = |(_, policy): (_, &str)| {
            of.metric(policy, name).map_or_else(Cell::none, |it| Cell::number(&plus_minus(name, it), it.mean))
        };
        std::iter::once(first).chain(of.policies().map(cell)).collect::<Vec<_>>()
    };
    let head = std::iter::once("metric".to_owned()).chain(of.policies().map(|(_, name)| escape(name)));
    let mut table = Table::new(
        "Means over replications ± half of the 95 % interval",
        head.collect(),
        names.iter().map(row).collect(),
    );
    table.searched = true;
    details(&format!("{} metrics", names.len()), false, &table.html())
}
