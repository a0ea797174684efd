use super::*;

#[test]
fn every_metric_of_the_contract_is_known() {
    let contract = "requests.{arrived,completed,failed,late,rejected,in_flight,attempts,success_ratio,goodput,extra_load,windows_met}
        requests.latency.{mean,p50,p90,p95,p99,p999,max} nodes.uptime nodes.uptime.{p5,p50}
        nodes.down.{grid,breaker,ups,overheat,hardware,booting,link} nodes.{throttled,mtbf,mttr,busy}
        nodes.temperature.{mean,max} sites.{outages_per_year,breaker_trips}
        objects.{availability,lost,loss_probability,repair_bytes,degraded} objects.reads.latency.{mean,p99}
        jobs.{completed,failed,wasted_work} jobs.completion_time.{mean,p99}
        detection.{delay.mean,delay.p99,false_per_node_day,missed} energy.{total,per_request,cost}
        economics.{earned,spent,net,efficiency_to_earnings,unprofitable_nodes,cloud_cost,breakeven_months}
        engine.{events,ties}";
    for entry in contract.split_whitespace() {
        let names: Vec<_> = match entry.split_once('{') {
            Some((stem, ends)) => {
                ends.trim_end_matches('}').split(',').map(|end| format!("{stem}{end}")).collect()
            }
            None => vec![entry.to_string()],
        };
        for name in names {
            let metric = lookup(&name).unwrap_or_else(|| panic!("{name} is not in the table"));
            assert!(!metric.unit.is_empty() && !metric.meaning.is_empty());
        }
    }
    for headline in HEADLINES {
        assert_ne!(lookup(headline).unwrap().direction, Neutral, "{headline} cannot be won");
    }
}

#[test]
fn names_with_and_without_a_workload_mean_the_same_metric() {
    let name = of_workload("requests.latency.p99", "inference");
    assert_eq!(name, "requests[inference].latency.p99");
    assert_eq!(split(&name), ("requests.latency.p99".to_string(), Some("inference")));
    assert_eq!(lookup(&name), lookup("requests.latency.p99"));
    assert_eq!((unit(&name), direction(&name), is_headline(&name)), ("s", Lower, true));
    assert_eq!((area(&name), area("nodes.uptime")), ("requests", "nodes"));
    // A workload's name may hold dots.
    assert_eq!(split("requests[a.b].late"), ("requests.late".to_string(), Some("a.b")));
    assert_eq!(area("requests[a.b].late"), "requests");
}

#[test]
fn unknown_names_have_no_unit_and_no_side() {
    for name in
        ["requests", "requests.latency", "requests.latency.", "nodes.down.", "nope.x", "requests.latency.a.b"]
    {
        assert_eq!((lookup(name), unit(name), direction(name)), (None, "", Neutral), "{name}");
    }
}

#[test]
fn words_carry_statistic_cause_and_workload() {
    let p99 = describe("requests[web].latency.p99").unwrap();
    assert!(p99.contains("99th percentile") && p99.ends_with("(web)"), "{p99}");
    assert!(describe("nodes.down.grid").unwrap().ends_with(": grid"));
    assert_eq!(describe("nope"), None);
}

#[test]
fn metrics_sort_by_table_then_statistic_then_workload() {
    let mut names = [
        "zeta.unknown",
        "nodes.uptime",
        "requests[b].latency.p50",
        "requests.latency.max",
        "requests.latency.p999",
        "requests[a].latency.p50",
        "requests.latency.p50",
        "requests.success_ratio",
    ];
    names.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let sorted = [
        "requests.success_ratio",
        "requests.latency.p50",
        "requests[a].latency.p50",
        "requests[b].latency.p50",
        "requests.latency.p999",
        "requests.latency.max",
        "nodes.uptime",
        "zeta.unknown",
    ];
    assert_eq!(names, sorted);
}

#[test]
fn values_come_in_fitting_units() {
    let cases = [
        ("requests.latency.p99", 0.5883, "588 ms"),
        ("requests.latency.p99", 1.2345, "1.23 s"),
        ("requests.latency.p99", 2.5e-7, "250 ns"),
        ("requests.latency.p99", 0.0, "0 s"),
        ("nodes.mtbf", 200_000.0, "2.31 d"),
        ("nodes.uptime", 0.999_34, "99.934 %"),
        ("nodes.uptime", 1.0, "100 %"),
        ("nodes.down.grid", 0.000_213, "0.021 %"),
        ("requests.extra_load", 1.25, "125 %"),
        ("requests.arrived", 8_123.0, "8123"),
        ("requests.arrived", 8_123_456.0, "8.12 M"),
        ("requests.failed", 0.25, "0.250"),
        ("energy.total", 4.5e9, "1.25 MWh"),
        ("energy.per_request", 12.34, "12.3 J"),
        ("objects.repair_bytes", 3.0 * 1_073_741_824.0, "3.00 GiB"),
        ("nodes.temperature.max", 71.26, "71.3 °C"),
        ("detection.false_per_node_day", 0.0312, "0.0312 /d"),
        ("economics.net", -12.5, "−12.5 $"),
        ("unknown", 3.0, "3.00"),
    ];
    for (name, value, expected) in cases {
        assert_eq!(format_value(name, value), expected, "{name}");
    }
}

#[test]
fn intervals_decide_how_many_digits_are_shown() {
    let p99 = "requests.latency.p99";
    assert_eq!(format_with_interval(p99, 0.5883, Some([0.5613, 0.6153])), "588 ms [561, 615]");
    assert_eq!(format_with_interval(p99, 0.5883, Some([0.5856, 0.5910])), "588.3 ms [585.6, 591.0]");
    assert_eq!(format_with_interval(p99, 0.5883, None), "588 ms");
    assert_eq!(format_with_interval(p99, 0.5883, Some([0.5883, 0.5883])), "588 ms");
    assert_eq!(format_plus_minus(p99, 0.5883, Some(0.027)), "588 ± 27 ms");
    assert_eq!(format_plus_minus(p99, 0.5883, None), "588 ms");
    assert_eq!(format_plus_minus("nodes.uptime", 0.99312, Some(0.0011)), "99.31 ± 0.11 %");
}

#[test]
fn differences_are_signed_and_shares_differ_by_points() {
    let p99 = "requests.latency.p99";
    assert_eq!(format_difference(p99, -0.412, Some([-0.45, -0.374])), "−412 ms (95 % CI −450 … −374)");
    assert_eq!(format_difference(p99, 0.001, Some([-0.5, 0.502])), "+1 ms (95 % CI −500 … +502)");
    assert_eq!(
        format_difference("nodes.uptime", 0.0123, Some([0.011, 0.0136])),
        "+1.23 pp (95 % CI +1.10 … +1.36)"
    );
    assert_eq!(format_difference("energy.total", 0.0, Some([0.0, 0.0])), "0 J");
    assert_eq!(format_difference(p99, -0.412, None), "−412 ms");
}

#[test]
fn neutral_metrics_prefer_nothing() {
    assert_eq!(Higher.prefers(2.0, 1.0), Some(true));
    assert_eq!(Lower.prefers(2.0, 1.0), Some(false));
    assert_eq!(Neutral.prefers(2.0, 1.0), None);
    assert_eq!(Higher.prefers(1.0, 1.0), None);
}
