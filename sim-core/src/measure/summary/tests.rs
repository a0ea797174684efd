use super::*;
use crate::kernel::{Process, Streams};
use serde_json::json;

const METRICS: [&str; 4] =
    ["requests.latency.p99", "requests[web].latency.p99", "nodes.uptime", "requests.arrived"];

fn run(variation: u32, policy: &str, replication: u32, values: &[(&str, f64)]) -> RunRecord {
    RunRecord {
        id: String::new(),
        variation,
        policy: policy.to_string(),
        replication,
        seed: 42,
        metrics: values.iter().map(|&(name, value)| (name.to_string(), value)).collect(),
        trace: String::new(),
        exogenous: String::new(),
        latency: IndexMap::new(),
        timeline: None,
        spread: None,
        rare: None,
    }
}

/// All variations summed up.
fn summarize(
    scenario: &str,
    variations: &[IndexMap<String, Value>],
    policies: &[String],
    records: &[RunRecord],
) -> Summary {
    let of_variation = |(number, values): (usize, &IndexMap<String, Value>)| {
        let records: Vec<_> = records.iter().filter(|it| it.variation as usize == number).cloned().collect();
        VariationSummary::of(values, policies, None, &records)
    };
    let variations = variations.iter().enumerate().map(of_variation).collect();
    Summary { variations, ..Summary::new(scenario) }
}

fn names(policies: &[&str]) -> Vec<String> {
    policies.iter().map(ToString::to_string).collect()
}

/// A number in (0, 1) common to all policies in a replication, and one of the policy's own.
fn noise(replication: u32, policy: u32) -> f64 {
    Streams::new(5, replication).stream(Process::Routing, policy).unit(0, 0)
}

/// Ten replications in two variations: "bare" is 0.4 s slower than the others, which differ by noise only; the
/// weather moves all of them far more than that.
fn records() -> Vec<RunRecord> {
    let mut records = Vec::new();
    for variation in 0..2 {
        for (number, policy) in ["bare", "retry", "hedged"].into_iter().enumerate() {
            for replication in 0..10 {
                let weather = 5.0 * noise(replication, 99);
                let own = 0.01 * noise(replication, number as u32 + 10 * variation);
                let p99 = 1.0 + weather + own + if policy == "bare" { 0.4 } else { 0.0 };
                let values = [p99, p99, 0.9 + weather / 100.0, 1000.0];
                let pairs: Vec<_> = METRICS.into_iter().zip(values).collect();
                records.push(run(variation, policy, replication, &pairs));
            }
        }
    }
    records
}

fn variations() -> Vec<IndexMap<String, Value>> {
    [json!(100), json!("a \"b\", c")]
        .map(|value| IndexMap::from([("/fleet/0/sites".to_string(), value)]))
        .to_vec()
}

fn summary_of(records: &[RunRecord]) -> Summary {
    summarize("test", &variations(), &names(&["bare", "retry", "hedged"]), records)
}

#[test]
fn the_summary_has_the_shape_of_the_contract() {
    let text = serde_json::to_string(&summary_of(&records())).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["scenario"], "test");
    let variation = &json["variations"][0];
    assert_eq!(variation["values"], json!({"/fleet/0/sites": 100}));
    let metric = &variation["policies"]["hedged"]["metrics"]["requests.latency.p99"];
    assert_eq!((&metric["n"], &metric["unit"]), (&json!(10), &json!("s")));
    let [low, mean, high] =
        [&metric["ci95"][0], &metric["mean"], &metric["ci95"][1]].map(|x| x.as_f64().unwrap());
    assert!(low < mean && mean < high && metric["sd"].as_f64().unwrap() > 0.0);
    let comparison = &variation["comparisons"][0];
    assert_eq!(
        [&comparison["metric"], &comparison["a"], &comparison["b"]],
        ["requests.latency.p99", "bare", "retry"]
    );
    assert!(comparison["difference"].is_f64() && comparison["p_adjusted"].is_f64());
    assert_eq!(comparison["ci95"].as_array().unwrap().len(), 2);
    let back: Summary = serde_json::from_str(&text).unwrap();
    assert_eq!(back, summary_of(&records()), "numbers must round-trip exactly");
}

#[test]
fn the_order_of_records_does_not_matter() {
    let reference = serde_json::to_string(&summary_of(&records())).unwrap();
    let mut shuffled = records();
    for step in 0..20 {
        let len = shuffled.len();
        shuffled.rotate_left(7 + step);
        shuffled.swap(step, len - 1 - 2 * step);
        shuffled[step].metrics.reverse();
        assert_eq!(serde_json::to_string(&summary_of(&shuffled)).unwrap(), reference);
    }
}

#[test]
fn pairing_sees_what_separate_intervals_hide() {
    let summary = summary_of(&records());
    let policies = &summary.variations[0].policies;
    let ci = |name: &str| policies[name].metrics["requests.latency.p99"].ci95.unwrap();
    assert!(ci("bare")[0] < ci("hedged")[1], "separate intervals overlap");
    let comparisons = &summary.variations[0].comparisons;
    let bare_hedged = comparisons
        .iter()
        .find(|c| c.metric == "requests.latency.p99" && c.a == "bare" && c.b == "hedged")
        .unwrap();
    let [low, high] = bare_hedged.ci95.unwrap();
    assert!(0.39 < low && low < bare_hedged.difference && bare_hedged.difference < high && high < 0.41);
    assert!(bare_hedged.p_adjusted.unwrap() < 1e-6);
}

#[test]
fn families_are_adjusted_each_on_its_own() {
    let summary = summary_of(&records());
    let comparisons = &summary.variations[1].comparisons;
    // Three pairs on the total, three on the workload, three on uptime; the number of arrivals is no headline.
    assert_eq!(comparisons.len(), 9);
    let family = |name| comparisons.iter().filter(move |c| c.family == name);
    assert_eq!((family("requests").count(), family("nodes").count()), (6, 3));
    let p_values: Vec<_> = family("requests").map(|c| c.p.unwrap()).collect();
    let adjusted: Vec<_> = family("requests").map(|c| c.p_adjusted.unwrap()).collect();
    assert_eq!(adjusted, holm(&p_values));
    assert!(family("nodes").all(|c| c.is_same() && c.p_adjusted == Some(1.0)));
    assert!(family("requests").all(|c| !c.is_same()));
}

#[test]
fn missing_runs_are_left_out_and_pairs_need_both() {
    let mut records = records();
    records
        .retain(|r| !(r.policy == "bare" && r.replication < 3 || r.policy == "hedged" && r.replication == 9));
    records.retain(|r| !(r.variation == 1 && r.policy == "retry"));
    let summary = summary_of(&records);
    let n = |policy: &str| summary.variations[0].policies[policy].metrics["nodes.uptime"].n;
    assert_eq!((n("bare"), n("retry"), n("hedged")), (7, 10, 9));
    let pair_n = |a: &str, b: &str| {
        summary.variations[0].comparisons.iter().find(|c| c.a == a && c.b == b).map(|c| c.n).unwrap()
    };
    assert_eq!((pair_n("bare", "retry"), pair_n("bare", "hedged"), pair_n("retry", "hedged")), (7, 6, 9));
    assert!(summary.variations[1].policies["retry"].metrics.is_empty());
    assert!(summary.variations[1].comparisons.iter().all(|c| c.a == "bare" && c.b == "hedged"));
}

#[test]
fn one_replication_has_no_interval_and_says_so() {
    let values = |p99| [("requests.latency.p99", p99)];
    let records = [run(0, "a", 0, &values(0.5)), run(0, "b", 0, &values(1.0))];
    let summary = summarize("one", &[IndexMap::new()], &names(&["a", "b"]), &records);
    let json = serde_json::to_value(&summary).unwrap();
    let metric = &json["variations"][0]["policies"]["a"]["metrics"]["requests.latency.p99"];
    assert_eq!(*metric, json!({"mean": 0.5, "ci95": null, "interval": "t", "sd": null, "n": 1, "unit": "s"}));
    let comparison = &summary.variations[0].comparisons[0];
    assert_eq!((comparison.difference, comparison.ci95, comparison.p_adjusted), (-0.5, None, None));
    let sentence = &verdict(&summary)[0];
    assert_eq!(sentence.finding, Finding::Unknown);
    assert!(sentence.text.contains("a has 500 ms, b has 1.00 s"), "{}", sentence.text);
}

#[test]
fn the_verdict_names_best_tied_and_worst() {
    let sentences = verdict(&summary_of(&records()));
    assert_eq!(sentences.len(), 6);
    let p99 = &sentences[0];
    assert_eq!((p99.metric.as_str(), p99.finding), ("requests.latency.p99", Finding::Difference));
    assert_eq!((p99.worst.as_deref(), p99.tied.len()), (Some("bare"), 1));
    assert!(
        p99.text.contains("not told apart from it") && p99.text.contains("told apart from it is bare, +"),
        "{}",
        p99.text
    );
    assert!(
        p99.text.contains(" ms (95 % CI +") && p99.text.contains("adjusted p < 0.001, n = 10"),
        "{}",
        p99.text
    );
    let uptime = &sentences[2];
    assert_eq!((uptime.metric.as_str(), uptime.finding), ("nodes.uptime", Finding::Same));
    assert!(uptime.text.starts_with("nodes.uptime: the same under every policy"), "{}", uptime.text);
}

#[test]
fn two_policies_get_a_plain_sentence() {
    let mut records = Vec::new();
    for replication in 0..20 {
        let own = |policy| noise(replication, policy) - 0.5;
        let bare = [("requests.latency.p99", 1.0 + 0.1 * own(0)), ("nodes.uptime", 0.9 + 0.01 * own(1))];
        let hedged = [("requests.latency.p99", 0.6 + 0.1 * own(2)), ("nodes.uptime", 0.9 + 0.01 * own(3))];
        records.extend([run(0, "bare", replication, &bare), run(0, "hedged", replication, &hedged)]);
    }
    let sentences = verdict(&summarize("two", &[IndexMap::new()], &names(&["bare", "hedged"]), &records));
    let [p99, uptime] = sentences.as_slice() else { panic!("{sentences:?}") };
    assert!(p99.text.starts_with("hedged beats bare on requests.latency.p99: −"), "{}", p99.text);
    assert!(
        p99.text.contains(" ms (95 % CI −") && p99.text.contains(" %, adjusted p < 0.001, n = 20"),
        "{}",
        p99.text
    );
    assert_eq!(uptime.finding, Finding::Noise);
    assert!(uptime.text.contains("on nodes.uptime: no difference seen beyond noise"), "{}", uptime.text);
    assert!(uptime.text.contains(" pp (95 % CI −"), "{}", uptime.text);
}

#[test]
fn an_interval_without_zero_is_not_called_noise_when_only_the_correction_takes_it_away() {
    let interval = |low: f64, p: f64| Comparison {
        difference: 0.2,
        ci95: Some([low, 0.4 - low]),
        p_adjusted: Some(p),
        ..comparison_of_two()
    };
    for (low, p, expected) in [
        (0.01, 0.08, "on requests.latency.p99: no difference significant after Holm's correction"),
        (-0.1, 0.4, "on requests.latency.p99: no difference seen beyond noise"),
    ] {
        let mut summary = summary_of_two();
        summary.variations[0].comparisons = vec![interval(low, p)];
        let sentences = verdict(&summary);
        assert!(sentences[0].text.contains(expected), "{}", sentences[0].text);
        assert_eq!(sentences[0].finding, Finding::Noise);
    }
}

/// Two policies, "a" worse than "b" on one metric.
fn summary_of_two() -> Summary {
    let runs = [("a", 1.2), ("b", 1.0)].map(|(policy, value)| {
        let at = |replication| {
            run(0, policy, replication, &[("requests.latency.p99", value + f64::from(replication))])
        };
        [at(0), at(1), at(2)]
    });
    summarize("two", &[IndexMap::new()], &names(&["a", "b"]), &runs.concat())
}

fn comparison_of_two() -> Comparison {
    summary_of_two().variations[0].comparisons[0].clone()
}

#[test]
fn noise_is_rarely_called_a_difference() {
    // Four policies that differ by noise only, 200 times: at most 5 % of the families may hold a false claim.
    let policies = names(&["a", "b", "c", "d"]);
    let false_claims = (0..200)
        .filter(|batch| {
            let mut records = Vec::new();
            for (number, policy) in policies.iter().enumerate() {
                for replication in 0..8 {
                    let value = |metric: u32| noise(batch * 8 + replication, number as u32 + 4 * metric);
                    let values = [("requests.latency.p99", value(0)), ("requests.success_ratio", value(1))];
                    records.push(run(0, policy, replication, &values));
                }
            }
            let sentences = verdict(&summarize("null", &[IndexMap::new()], &policies, &records));
            sentences.iter().any(|sentence| sentence.finding == Finding::Difference)
        })
        .count();
    assert!(false_claims <= 20, "{false_claims} of 200");
}

#[test]
fn numbers_that_are_not_finite_stay_out() {
    let mut record = run(0, "a", 0, &[("nodes.uptime", f64::NAN)]);
    assert_eq!(record.metric("nodes.uptime"), None);
    record.set("nodes.mtbf", 3.0);
    let summary = summarize("nan", &[IndexMap::new()], &names(&["a"]), &[record]);
    assert_eq!(summary.variations[0].policies["a"].metrics.keys().collect::<Vec<_>>(), ["nodes.mtbf"]);
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "must be finite")]
fn setting_a_metric_to_nan_is_a_mistake() {
    run(0, "a", 0, &[]).set("nodes.uptime", f64::NAN);
}

#[test]
fn records_outside_the_plan_and_doubles_are_ignored() {
    let mut records = records();
    let reference = summary_of(&records);
    records.push(run(7, "bare", 0, &[("nodes.uptime", 0.0)]));
    records.push(run(0, "unknown", 0, &[("nodes.uptime", 0.0)]));
    records.push(records[0].clone());
    assert_eq!(summary_of(&records), reference);
}

#[test]
fn the_table_has_a_row_per_variation_policy_and_metric() {
    let summary = summary_of(&records());
    let writer = SummaryCsv::new(summary.variations.iter().map(|it| &it.values));
    let rows = summary.variations.iter().enumerate().map(|(number, it)| writer.rows(number, it));
    let csv: String = std::iter::once(writer.head()).chain(rows).collect();
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines[0], "variation,/fleet/0/sites,policy,metric,n,mean,sd,ci95_low,ci95_high,unit");
    assert_eq!(lines.len(), 1 + 2 * 3 * METRICS.len());
    let metric = &summary.variations[0].policies["bare"].metrics["requests.latency.p99"];
    let [low, high] = metric.ci95.unwrap();
    let row = format!(
        "0,100,bare,requests.latency.p99,10,{:?},{:?},{low:?},{high:?},s",
        metric.mean,
        metric.sd.unwrap()
    );
    assert_eq!(lines[1], row);
    assert!(lines.last().unwrap().starts_with("1,\"a \"\"b\"\", c\",hedged,"));
}

#[test]
fn no_loss_seen_is_not_no_loss() {
    let runs = |lost: [f64; 2]| {
        let run = |(replication, lost): (u32, f64)| {
            let values = [
                ("objects.lost", lost),
                ("objects.count", 1000.0),
                ("objects.loss_probability", lost / 1000.0),
            ];
            run(0, "bare", replication, &values)
        };
        let records: Vec<_> = (0..).zip(lost).map(run).collect();
        summary_of(&records).variations[0].policies["bare"].metrics["objects.loss_probability"].clone()
    };
    let none = runs([0.0, 0.0]);
    let [low, high] = none.ci95.expect("an interval");
    assert_eq!((none.mean, low), (0.0, 0.0));
    assert!((high - 3.0 / 2000.0).abs() < 0.01 * high, "the rule of three for all objects");
    let [low, high] = runs([10.0, 10.0]).ci95.expect("an interval");
    assert!(
        low < 0.0065 && low > 0.006 && high > 0.0150 && high < 0.0156,
        "{low} {high}: exact for 20 of 2000"
    );
    let [low, high] = runs([0.0, 20.0]).ci95.expect("an interval");
    assert!(low <= 0.0 && high > 0.1, "what objects suffer together is seen");
}
