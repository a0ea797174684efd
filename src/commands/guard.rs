//! `brownout guard BASELINE RESULTS`: has anything become worse?

use crate::failure::{Failure, warning};
use crate::guard::baseline::{self, Baseline};
use crate::guard::margins::{self, Margins};
use crate::guard::{Report, compare, tell};
use crate::output::Folder;
use crate::tell::numbers::counted;
use clap::Args;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is compared, and how it is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Baselines that --update made: a folder or one file; or other results
    #[arg(value_name = "BASELINE")]
    baseline: PathBuf,
    /// Results of a scenario, or of a batch
    #[arg(value_name = "RESULTS")]
    results: PathBuf,
    /// How much worse each metric may be [default: guard.json beside the baselines, or else 2 % for all headline metrics]
    #[arg(long, value_name = "FILE")]
    margins: Option<PathBuf>,
    /// Make the results the new baselines
    #[arg(long)]
    update: bool,
    /// Write JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print annotations for GitHub; always within its actions
    #[arg(long, env = "GITHUB_ACTIONS", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0, default_missing_value = "true")]
    github: Option<bool>,
    /// Print nothing when all is well
    #[arg(long)]
    quiet: bool,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Compares, or updates.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let margins = margins(arguments)?;
    let results = baseline::all(&arguments.results, &margins)?;
    if arguments.update {
        return update(arguments, &results);
    }
    let baselines = baseline::all(&arguments.baseline, &margins)?;
    let mut after: BTreeMap<&str, &Baseline> =
        results.iter().map(|results| (results.scenario.as_str(), results)).collect();
    let mut reports = Vec::new();
    for before in &baselines {
        reports.push(match after.remove(before.scenario.as_str()) {
            Some(after) => compare(before, after, &margins),
            None => Report {
                scenario: before.scenario.clone(),
                guarded: true,
                identical: false,
                notes: Vec::new(),
                faults: vec!["there are no results".to_owned()],
                findings: Vec::new(),
            },
        });
    }
    reports.extend(after.into_keys().map(Report::unguarded));
    let runs = baselines.iter().flat_map(|it| &it.variations).flat_map(|it| it.policies.values());
    let metrics: Vec<&str> = runs.flat_map(|runs| runs.metrics.keys().map(String::as_str)).collect();
    let scenarios: Vec<&str> = baselines.iter().map(|it| it.scenario.as_str()).collect();
    margins.idle(&metrics, &scenarios).iter().for_each(warning);
    show(arguments, &reports, &margins)?;
    let red = reports.iter().filter(|report| report.is_red(&margins)).count();
    if red == 0 {
        return Ok(());
    }
    let remedy = if reports.iter().all(|report| report.faults.is_empty()) {
        let (baseline, results) = (arguments.baseline.display(), arguments.results.display());
        format!("; if that is meant: brownout guard {baseline} {results} --update")
    } else {
        String::new()
    };
    let all = counted(baselines.len(), "scenario");
    Err(Failure::Regression(format!("{red} of {all} worse than the baseline allows{remedy}")))
}

fn margins(arguments: &Arguments) -> Result<Margins, Failure> {
    if let Some(path) = &arguments.margins {
        return Margins::read(path);
    }
    let beside = if arguments.baseline.is_file() {
        arguments.baseline.parent().unwrap_or(Path::new("")).join(margins::NAME)
    } else {
        arguments.baseline.join(margins::NAME)
    };
    if beside.is_file() { Margins::read(&beside) } else { Ok(Margins::default()) }
}

fn update(arguments: &Arguments, results: &[Baseline]) -> Result<(), Failure> {
    let incomplete: Vec<&str> =
        results.iter().filter(|it| it.digest.is_none()).map(|it| it.scenario.as_str()).collect();
    if !incomplete.is_empty() {
        return Err(Failure::Usage(format!(
            "the results of {} are not complete, so they are no baseline",
            incomplete.join(", ")
        )));
    }
    let path = &arguments.baseline;
    if path.is_file() || path.join("manifest.json").is_file() {
        return Err(Failure::Usage(format!(
            "{} is no folder for baselines; name one, which is made if it is not there",
            path.display()
        )));
    }
    fs::create_dir_all(path).map_err(|error| Failure::file("create", path, &error))?;
    let folder = Folder::open(path)?;
    results.iter().try_for_each(|baseline| baseline.write(&folder))?;
    if !arguments.quiet {
        writeln!(io::stdout(), "{} in {}", counted(results.len(), "baseline"), path.display())?;
    }
    Ok(())
}

fn show(arguments: &Arguments, reports: &[Report], margins: &Margins) -> Result<(), Failure> {
    let mut out = io::stdout();
    if let Some(path) = &arguments.junit {
        fs::write(path, tell::junit(reports, margins))
            .map_err(|error| Failure::file("write", path, &error))?;
    }
    let is_red = reports.iter().any(|report| report.is_red(margins));
    if arguments.json {
        let text = serde_json::to_string_pretty(reports).map_err(|error| Failure::Work(error.to_string()))?;
        writeln!(out, "{text}")?;
    } else if is_red || !arguments.quiet {
        write!(out, "{}", tell::text(reports, margins))?;
    }
    if arguments.github == Some(true) && !arguments.json {
        write!(out, "{}", tell::annotations(reports, margins))?;
    }
    Ok(())
}
