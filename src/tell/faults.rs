//! What each fault of a scenario did under each policy, in words.

use super::numbers::simulated;
use indexmap::IndexMap;
use sim_core::measure::catalog::{format_value, of_workload};
use sim_core::measure::summary::{MetricSummary, Summary};
use sim_core::scenario::{Fault, Plan};
use std::io::{self, Write};

/// Prints a paragraph for each fault.
pub fn print(out: &mut impl Write, plan: &Plan, summary: &Summary) -> io::Result<()> {
    for (variation, judged) in plan.variations.iter().zip(&summary.variations) {
        for fault in &variation.scenario.faults {
            writeln!(out, "{}", heading(fault))?;
            for (policy, results) in &judged.policies {
                writeln!(
                    out,
                    "- {policy}: {}",
                    sentence(&fault.name, fault.lasts.is_some(), &results.metrics)
                )?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// "fault phoenix: kill at 12 d for 6 h".
pub fn heading(fault: &Fault) -> String {
    let span = fault.lasts.map_or_else(
        || "until the end".to_owned(),
        |lasts| format!("for {}", simulated(lasts.as_secs_f64())),
    );
    let (at, action) = (simulated(fault.at.as_secs_f64()), fault.action.name().replace('_', " "));
    let what = if fault.name.starts_with(&action) { String::new() } else { format!(": {action}") };
    let span = if fault.action.is_instant() { String::new() } else { format!(" {span}") };
    format!("fault {}{what} at {at}{span}", fault.name)
}

/// What a policy made of it, on the mean over replications.
pub fn sentence(name: &str, ends: bool, metrics: &IndexMap<String, MetricSummary>) -> String {
    let metric = |plain: &str| metrics.get(&of_workload(&format!("faults.{plain}"), name));
    let Some(hit) = metric("nodes_hit") else { return "it never began".to_owned() };
    let mut parts = Vec::new();
    if hit.mean > 0.0 {
        parts.push(detection(hit, metric("undetected"), metric("time_to_detect.mean")));
    }
    let data = of_data(&metric, ends);
    let work = of_work(&metric);
    match metric("requests") {
        Some(requests) if requests.mean > 0.0 => {
            parts.extend(service(&metric, ends, hit));
            let lost = metric("requests_lost").map_or(0.0, |lost| lost.mean.max(0.0).round());
            let share = |plain| {
                metric(plain)
                    .map_or_else(|| "–".to_owned(), |it| format_value("faults.success_during", it.mean))
            };
            parts = vec![
                parts.join(", "),
                format!(
                    "{} requests lost {}",
                    thousands(lost),
                    // Losses are counted until the return, which may come long after the end.
                    if metric("time_to_baseline").is_some() {
                        "until the service was back"
                    } else {
                        "by the end of the run"
                    }
                ),
                format!(
                    "{} came while it held (success {} before, {} meanwhile)",
                    thousands(requests.mean.round()),
                    share("success_before"),
                    share("success_during")
                ),
            ];
        }
        Some(_) if data.is_none() && work.is_none() => {
            parts = vec![
                parts
                    .into_iter()
                    .chain(["no request came meanwhile".to_owned()])
                    .collect::<Vec<_>>()
                    .join(", "),
            ];
        }
        _ => {}
    }
    parts.extend(data);
    parts.extend(work);
    parts.join("; ")
}

/// How service came back.
fn service<'a>(
    metric: &impl Fn(&str) -> Option<&'a MetricSummary>,
    ends: bool,
    hit: &MetricSummary,
) -> Vec<String> {
    let mut parts = vec![match metric("time_to_reroute") {
        None => "not back while it held".to_owned(),
        Some(time) if time.mean == 0.0 => "service never left its baseline".to_owned(),
        Some(time) => format!("rerouted after {}{}", duration(time), runs(time, hit)),
    }];
    if ends && metric("time_to_baseline").is_none() && metric("time_to_reroute").is_none() {
        parts.push("not back to its baseline after its end".to_owned());
    }
    parts.extend(metric("time_to_baseline").map(|time| {
        if time.mean == 0.0 {
            format!("at its baseline from its end on{}", runs(time, hit))
        } else {
            format!("back to its baseline {} after its end{}", duration(time), runs(time, hit))
        }
    }));
    parts
}

/// What became of objects: "1,200 shards hit; up to 30 objects unreadable, none lost; 1.2 TB moved for repairs".
fn of_data<'a>(metric: &impl Fn(&str) -> Option<&'a MetricSummary>, ends: bool) -> Option<String> {
    let shards = metric("shards_hit")?.mean;
    let mean = |plain: &str| metric(plain).map_or(0.0, |it| it.mean);
    let count = |some: f64| match some {
        none if none <= 0.0 => "none".to_owned(),
        few if few < 1.0 => format!("{few:.1}"),
        some => thousands(some.round()),
    };
    let unreadable = match mean("objects_unreadable") {
        none if none <= 0.0 => "all objects readable".to_owned(),
        some => format!("up to {} objects unreadable at once", count(some)),
    };
    let bytes = |plain: &str| format_value("faults.repair_bytes", mean(plain));
    let mut told =
        format!("{} shards hit, {unreadable}, {} lost for good", count(shards), count(mean("objects_lost")));
    if mean("repair_bytes") + mean("repair_bytes_after") > 0.0 {
        told += &format!("; {} moved for repairs while it held", bytes("repair_bytes"));
        if ends {
            told += &format!(", {} in as long after", bytes("repair_bytes_after"));
        }
    }
    Some(told)
}

/// What became of jobs: "12 instances of jobs hit; 3.4 h of work wasted while it held, 20 h came to its end".
fn of_work<'a>(metric: &impl Fn(&str) -> Option<&'a MetricSummary>) -> Option<String> {
    let hit = metric("jobs_hit")?.mean;
    let time = |plain: &str| {
        let seconds = metric(plain).map_or(0.0, |it| it.mean);
        format_value("jobs.useful_work", seconds)
    };
    Some(format!(
        "{} instances of jobs on them, {} of work wasted while it held, {} came to its end",
        thousands(hit.round()),
        time("work_wasted"),
        time("work_useful")
    ))
}

fn detection(
    hit: &MetricSummary,
    undetected: Option<&MetricSummary>,
    mean: Option<&MetricSummary>,
) -> String {
    let nodes = format!("{} nodes hit", thousands(hit.mean.round()));
    match (undetected.map_or(0.0, |share| share.mean), mean) {
        (_, None) => format!("{nodes}, none suspected"),
        (missed, Some(mean)) if missed > 0.0005 => format!(
            "{nodes}, suspected after {} on average but {} of them never",
            duration(mean),
            format_value("faults.undetected", missed)
        ),
        (_, Some(mean)) if mean.mean == 0.0 => format!("{nodes}, suspected at once"),
        (_, Some(mean)) => format!("{nodes}, suspected after {} on average", duration(mean)),
    }
}

fn duration(summary: &MetricSummary) -> String {
    format_value("faults.time_to_reroute", summary.mean)
}

/// How many runs a mean is over, where it is not over all.
fn runs(some: &MetricSummary, all: &MetricSummary) -> String {
    if some.n < all.n { format!(" (in {} of {} runs)", some.n, all.n) } else { String::new() }
}

/// A whole number with its thousands set apart: 15,400.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for group in digits.as_bytes()[first..].chunks(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend(group.iter().map(|digit| char::from(*digit)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(values: &[(&str, f64, u64)]) -> IndexMap<String, MetricSummary> {
        let summary = |mean, n| MetricSummary { mean, n, unit: "1".to_owned(), ..MetricSummary::default() };
        values
            .iter()
            .map(|(name, mean, n)| (of_workload(&format!("faults.{name}"), "p"), summary(*mean, *n)))
            .collect()
    }

    #[test]
    fn a_blow_and_its_recovery_are_told_in_a_sentence() {
        let told = sentence(
            "p",
            true,
            &metrics(&[
                ("nodes_hit", 400.0, 5),
                ("time_to_detect.mean", 31.0, 5),
                ("undetected", 0.0, 5),
                ("time_to_reroute", 40.0, 5),
                ("time_to_baseline", 720.0, 3),
                ("requests", 15_400.0, 5),
                ("requests_lost", 1203.2, 5),
                ("success_before", 0.999, 5),
                ("success_during", 0.92, 5),
            ]),
        );
        assert_eq!(
            told,
            "400 nodes hit, suspected after 31.0 s on average, rerouted after 40.0 s, back to its baseline 12.0 min after its end \
             (in 3 of 5 runs); 1,203 requests lost until the service was back; 15,400 came while it held (success 99.900 % before, 92.0 % meanwhile)"
        );
    }

    #[test]
    fn what_did_not_happen_is_said_too() {
        let told = sentence(
            "p",
            false,
            &metrics(&[("nodes_hit", 4.0, 1), ("undetected", 1.0, 1), ("requests", 100.0, 1)]),
        );
        assert!(
            told.starts_with(
                "4 nodes hit, none suspected, not back while it held; 0 requests lost by the end of the run"
            ),
            "{told}"
        );
        assert_eq!(sentence("q", false, &metrics(&[("nodes_hit", 4.0, 1)])), "it never began");
    }

    #[test]
    fn data_and_work_are_told_where_there_are_any() {
        let told = sentence(
            "p",
            true,
            &metrics(&[
                ("nodes_hit", 250.0, 1),
                ("requests", 0.0, 1),
                ("shards_hit", 20_000.0, 1),
                ("objects_unreadable", 1234.0, 1),
                ("objects_lost", 0.0, 1),
                ("repair_bytes", 3.4e13, 1),
                ("repair_bytes_after", 0.0, 1),
                ("jobs_hit", 12.0, 1),
                ("work_wasted", 7200.0, 1),
                ("work_useful", 36_000.0, 1),
            ]),
        );
        for part in [
            "250 nodes hit, none suspected; 20,000 shards hit, up to 1,234 objects unreadable at once, none lost for good; ",
            " moved for repairs while it held, ",
            "; 12 instances of jobs on them, 2.00 h of work wasted while it held, 10.0 h came to its end",
        ] {
            assert!(told.contains(part), "{part:?} is not in {told}");
        }
        assert!(!told.contains("request"), "{told}");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0.0, 999.0, 1000.0, 1_234_567.0].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
