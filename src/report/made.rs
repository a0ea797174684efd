//! How the results were made, so that they can be made again.

use super::html::{details, escape};
use crate::commands::options::quoted;
use crate::output::manifest::Manifest;
use crate::tell::numbers::counted;
use serde_json::Value;
use sim_core::measure::summary::Summary;
use std::path::Path;

/// Larger scenarios are not written out for every variation.
const WRITTEN: usize = 120_000;

/// A line on what was run.
pub fn facts(manifest: &Manifest, first: &Value, runs: usize) -> String {
    let duration = first["duration"].as_str();
    let mut facts = vec![
        counted(runs, "run"),
        counted(manifest.policies.len(), "policy"),
        counted(manifest.replications as usize, "replication"),
    ];
    if manifest.variations.len() > 1 {
        facts.push(counted(manifest.variations.len(), "variation"));
    }
    facts.extend(duration.map(|duration| format!("{} simulated", escape(duration))));
    facts.push(format!("seed {}", manifest.seed));
    if let Some(digest) = &manifest.digest {
        facts.push(format!("digest <code>{}</code>", escape(&digest[..digest.len().min(16)])));
    }
    let incomplete = if manifest.complete {
        String::new()
    } else {
        format!("<p class=\"missed\">✗ Not complete: {} of {} runs are here.</p>\n", runs, manifest.runs)
    };
    format!("<p class=\"facts\">{}</p>\n{incomplete}", facts.join(" · "))
}

/// The last section.
pub fn html(manifest: &Manifest) -> String {
    let digest = manifest.digest.as_deref().unwrap_or("none: not complete");
    let entries = [
        ("Scenario", escape(&manifest.scenario)),
        ("Scenario, SHA-256", format!("<code>{}</code>", escape(&manifest.scenario_hash))),
        ("Seed", manifest.seed.to_string()),
        ("Replications", manifest.replications.to_string()),
        ("Program", format!("brownout {}", escape(&manifest.version))),
        ("Model version", escape(&manifest.model_version)),
        ("Digest of all results", format!("<code>{}</code>", escape(digest))),
    ];
    let list: String =
        entries.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    let method = Summary::new(&manifest.scenario).method;
    format!(
        "<section id=\"made\"><h2>How it was made</h2>\n<dl>\n{list}</dl>\n<p>To make it again, to the same digest:</p>\n\
         <pre class=\"command\" tabindex=\"0\">{}</pre>\n\
         <p class=\"note\">Intervals: {}. Differences: {}. p: {}.</p>\n{}</section>\n",
        escape(&command(manifest)),
        escape(&method.ci95),
        escape(&method.difference),
        escape(&method.p_adjusted),
        scenarios(manifest)
    )
}

/// A command that makes the same runs.
fn command(manifest: &Manifest) -> String {
    let path = Path::new(&manifest.file);
    // Where the file lay is of no use to another reader when it is not below where the program was called.
    let portable = path.is_relative() && !manifest.file.contains("..");
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = if portable { manifest.file.clone() } else { name };
    let only = manifest.only.as_ref().map_or_else(String::new, |only| format!(" --only {}", quoted(only)));
    format!(
        "brownout run {} --seed {} --replications {}{}{only}",
        quoted(&file),
        manifest.seed,
        manifest.replications,
        manifest.set
    )
}

/// The scenario with all defaults, of each variation.
fn scenarios(manifest: &Manifest) -> String {
    let several = manifest.variations.len() > 1;
    let mut written = 0;
    let mut html = String::new();
    for (index, variation) in manifest.variations.iter().enumerate().take(super::shown(manifest)) {
        let text = serde_json::to_string_pretty(&variation.tree()).unwrap_or_default();
        written += text.len();
        if index > 0 && written > WRITTEN {
            html += "<p class=\"note\">The scenarios of the other variations are in <code>manifest.json</code>.</p>\n";
            break;
        }
        let heading = if several {
            format!("Scenario of variation {} with all defaults", index + 1)
        } else {
            "Scenario with all defaults".to_owned()
        };
        html += &details(&heading, false, &format!("<pre tabindex=\"0\">{}</pre>\n", escape(&text)));
    }
    html
}
