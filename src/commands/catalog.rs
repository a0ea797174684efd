//! `brownout catalog [KIND|NAME]`: what scenarios can name instead of describing it.

use crate::failure::Failure;
use clap::Args;
use sim_core::scenario::catalog::{self, Entry};
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// What to list.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A kind, to list its entries, or the name of an entry, to show what it says and where that comes from
    #[arg(value_name = "KIND|NAME")]
    what: Option<String>,
}

/// Prints all kinds, one kind, or one entry.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = match arguments.what.as_deref() {
        None => kinds().map(|(name, doc)| list(name, doc)).collect::<Vec<_>>().join("\n"),
        Some(what) => match (kinds().find(|(name, _)| *name == what), catalog::entry(what)) {
            (Some((name, doc)), _) => list(name, doc),
            (None, Some(entry)) => show(entry),
            (None, None) => return Err(unknown(what)),
        },
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// Names of the kinds and what they are.
fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    let hardware = catalog::kinds().iter().map(|kind| (kind.name, kind.doc));
    hardware.chain([(catalog::POLICIES, "what a policy can be made of")])
}

fn list(kind: &str, doc: &str) -> String {
    let entries = catalog::entries(kind);
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let mut text = format!("{kind}: {doc}\n");
    for entry in entries {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:<width$}  {}", entry.name, entry.title);
    }
    text
}

fn show(entry: &Entry) -> String {
    let mut text = format!("{} ({}): {}\n{:#}\n", entry.name, entry.kind, entry.title, entry.value);
    if !entry.sources.is_empty() {
        text.push_str("sources ([L] looked up, [M] from memory, [C] computed, [A] assumed)\n");
    }
    for (pointer, source) in &entry.sources {
        let _ = writeln!(text, "  {pointer}  {source}");
    }
    text
}

fn unknown(what: &str) -> Failure {
    let names = kinds().map(|(name, _)| name).collect::<Vec<_>>();
    let entries = names.iter().flat_map(|kind| catalog::entries(kind)).map(|entry| entry.name.as_str());
    let nearest = entries
        .chain(names.iter().copied())
        .map(|name| (strsim::damerau_levenshtein(what, name), name))
        .filter(|(distance, name)| *distance <= name.len().max(what.len()) / 3)
        .min();
    let hint = nearest.map(|(_, name)| format!("; did you mean {name}?")).unwrap_or_default();
    Failure::Usage(format!("the catalog has no {what:?}{hint}\nkinds: {}", names.join(", ")))
}
