//! What a guard found: a table for people, JUnit XML and GitHub annotations for machines.

use super::margins::Margins;
use super::{Finding, Report};
use crate::tell::numbers::counted;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use sim_core::measure::catalog::{format_difference, format_value};
use sim_core::measure::guard::Judgement;

/// What got worse, by how much, how sure; and a line for each scenario.
pub fn text(reports: &[Report], margins: &Margins) -> String {
    let mut text = String::new();
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header([
        "scenario",
        "policy",
        "metric",
        "before",
        "after",
        "worse by",
        "at most",
        "allowed",
        "surely worse",
        "",
    ]);
    for report in reports {
        for finding in report.findings.iter().filter(|finding| finding.change.judgement != Judgement::Fine) {
            table.add_row(row(report, finding, margins));
        }
    }
    if table.row_iter().next().is_some() {
        table
            .column_iter_mut()
            .skip(3)
            .take(6)
            .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        text.push_str(&format!("{table}\n"));
    }
    for report in reports {
        text.push_str(&format!("{}: {}\n", report.scenario, sentence(report, margins)));
    }
    text
}

fn row(report: &Report, finding: &Finding, margins: &Margins) -> Vec<String> {
    let (metric, change) = (&finding.metric, &finding.change);
    let difference = |value: f64| format_difference(metric, value, None).trim_start_matches('+').to_owned();
    let place = if finding.variation.is_empty() {
        report.scenario.clone()
    } else {
        format!("{}, {}", report.scenario, finding.variation)
    };
    vec![
        place,
        finding.policy.clone(),
        metric.clone(),
        format_value(metric, change.before),
        format_value(metric, change.after),
        difference(change.worse_by),
        change.upper.map_or_else(|| "–".to_owned(), difference),
        difference(change.margin),
        sure(finding),
        verdict(finding, margins).to_owned(),
    ]
}

fn sure(finding: &Finding) -> String {
    match finding.change.sure {
        None => "one run".to_owned(),
        Some(sure) if sure > 0.9999 => "> 99.99 %".to_owned(),
        Some(sure) => format!("{:.2} %", 100.0 * sure),
    }
}

fn verdict(finding: &Finding, margins: &Margins) -> &'static str {
    match finding.change.judgement {
        Judgement::Worse => "worse",
        Judgement::Unclear if margins.refuses_unclear() => "not excluded",
        Judgement::Unclear => "not excluded (warning)",
        Judgement::Fine => "fine",
    }
}

/// What was found of a scenario, in a sentence.
fn sentence(report: &Report, margins: &Margins) -> String {
    if report.identical {
        return "identical".to_owned();
    }
    if !report.guarded {
        return report.notes.join("; ");
    }
    let red = report.findings.iter().filter(|finding| finding.is_red(margins)).count();
    let mut parts = report.faults.clone();
    parts.push(match red {
        0 if report.findings.is_empty() => "nothing compared".to_owned(),
        0 => format!("{} compared, none worse than allowed", counted(report.findings.len(), "metric")),
        red => format!(
            "{red} of {} worse than allowed, or not shown not to be",
            counted(report.findings.len(), "metric")
        ),
    });
    parts.extend(report.notes.clone());
    parts.join("; ")
}

/// A finding in words.
fn words(finding: &Finding, margins: &Margins) -> String {
    let (metric, change) = (&finding.metric, &finding.change);
    let difference = |value: f64| format_difference(metric, value, None).trim_start_matches('+').to_owned();
    let place =
        if finding.variation.is_empty() { String::new() } else { format!(" ({})", finding.variation) };
    let upper = change.upper.map(|upper| format!(", at most {}", difference(upper))).unwrap_or_default();
    format!(
        "policy {}{place}: {metric} went from {} to {}, worse by {}{upper}, where {} is allowed; {} over {}; surely worse: {}",
        finding.policy,
        format_value(metric, change.before),
        format_value(metric, change.after),
        difference(change.worse_by),
        difference(change.margin),
        verdict(finding, margins),
        counted(change.n as usize, "pair"),
        sure(finding),
    )
}

/// What is red of a scenario, in words.
fn complaints(report: &Report, margins: &Margins) -> Vec<String> {
    let red = report.findings.iter().filter(|finding| finding.is_red(margins));
    report.faults.iter().cloned().chain(red.map(|finding| words(finding, margins))).collect()
}

/// JUnit XML: a suite for each scenario, a case for each policy and metric.
pub fn junit(reports: &[Report], margins: &Margins) -> String {
    let mut suites = String::new();
    let (mut tests, mut failures) = (0, 0);
    for report in reports {
        let mut cases: Vec<(String, Option<String>)> = Vec::new();
        for finding in &report.findings {
            let place = [finding.policy.as_str(), &finding.variation, &finding.metric];
            let name = place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            cases.push((name, finding.is_red(margins).then(|| words(finding, margins))));
        }
        let faults = if report.faults.is_empty() { None } else { Some(report.faults.join("; ")) };
        if !report.guarded {
            continue;
        }
        cases.push(("results".to_owned(), faults));
        let failed = cases.iter().filter(|(_, failure)| failure.is_some()).count();
        (tests, failures) = (tests + cases.len(), failures + failed);
        let name = escaped(&report.scenario);
        suites.push_str(&format!(
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\">\n",
            cases.len()
        ));
        for (case, failure) in cases {
            let head = format!("    <testcase classname=\"{name}\" name=\"{}\"", escaped(&case));
            match failure {
                None => suites.push_str(&format!("{head}/>\n")),
                Some(message) => suites.push_str(&format!(
                    "{head}>\n      <failure message=\"{}\"/>\n    </testcase>\n",
                    escaped(&message)
                )),
            }
        }
        suites.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"brownout guard\" tests=\"{tests}\" failures=\"{failures}\">\n{suites}</testsuites>\n"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML knows no other control characters.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A line for GitHub for each thing that is red, and for each scenario without a baseline.
pub fn annotations(reports: &[Report], margins: &Margins) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let line = |report: &Report, kind: &str, complaint: &str| {
        format!(
            "::{kind} title={}::{}\n",
            property(&format!("brownout guard {}", report.scenario)),
            data(complaint)
        )
    };
    let mut lines = String::new();
    for report in reports {
        for complaint in complaints(report, margins) {
            lines += &line(report, "error", &complaint);
        }
        if !report.guarded {
            lines += &line(report, "warning", &report.notes.join("; "));
        }
    }
    lines
}
