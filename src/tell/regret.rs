//! How much worse each policy is than the one that knows the truth, in words.

use sim_core::measure::catalog::{format_difference, split};
use sim_core::measure::summary::{Regret, Regrets, Summary};
use std::io::{self, Write};

/// Prints a paragraph for each variation in which a policy knows the truth.
pub fn print(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    for variation in &summary.variations {
        let Some(Regrets { bound, policies }) = &variation.regret else { continue };
        writeln!(out, "regret against {bound}, which knows the truth (more is worse)")?;
        for (policy, metrics) in policies {
            let parts =
                metrics.iter().filter_map(|(metric, regret)| part(metric, regret)).collect::<Vec<_>>();
            writeln!(out, "- {policy}: {}", parts.join(", "))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// "success +1.2 % ± 0.3 %" of a total; nothing for a single workload.
fn part(metric: &str, regret: &Regret) -> Option<String> {
    let (plain, workload) = split(metric);
    if workload.is_some() {
        return None;
    }
    let name = match plain.as_str() {
        "requests.success_ratio" => "lost",
        "requests.latency.mean" => "mean latency",
        "requests.latency.p99" => "p99 latency",
        _ => return None,
    };
    Some(format!("{name} {}", format_difference(&plain, regret.mean, regret.ci95)))
}
