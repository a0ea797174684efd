//! Units, distributions, defaults, and what the fields become.

use super::super::units::{self, Dimension, format_duration, format_seconds, parse_duration, parse_seconds};
use super::*;
use crate::kernel::{Dist, SimDuration};

#[test]
fn times_are_exact() {
    let year = 31_557_600_000_000_000;
    for (text, nanos) in [
        ("0 s", 0),
        ("1 ns", 1),
        ("1.5 us", 1_500),
        ("250 ms", 250_000_000),
        ("0.1 s", 100_000_000),
        ("0.3 s", 300_000_000),
        ("1.1 min", 66_000_000_000),
        ("2 h", 7_200_000_000_000),
        ("3 d", 259_200_000_000_000),
        ("2 w", 1_209_600_000_000_000),
        ("1 y", year),
        ("0.9398 y", year / 10_000 * 9398),
        ("1e3 s", 1_000_000_000_000),
        ("25e-1 ms", 2_500_000),
        ("250ms", 250_000_000),
        ("18446744073709551615 ns", u64::MAX),
    ] {
        assert_eq!(parse_duration(text).unwrap().as_nanos(), nanos, "{text}");
    }
}

#[test]
fn what_is_no_time_is_refused_with_its_reason() {
    for (text, reason) in [
        ("5", "has no unit"),
        ("5 sec", "`sec` in"),
        ("5 M", "`M` in"),
        ("0.1 ns", "less than half a nanosecond"),
        ("600 y", "longer than simulated time"),
        ("1e999999999999 y", "longer than simulated time"),
        ("-1 s", "is negative"),
        ("NaN s", "is not a time"),
        ("inf s", "is not a time"),
        ("+1 s", "is not a time"),
        (".5 s", "is not a time"),
        ("1_000 s", "`_000 s` in"),
        ("", "is not a time"),
        ("٣ s", "is not a time"),
    ] {
        let fault = parse_duration(text).unwrap_err();
        assert!(fault.message.contains(reason), "{text}: {}", fault.message);
    }
    assert!(parse_duration("5 sec").unwrap_err().help.contains("ns, us, ms, s, min, h, d, w, y"));
    assert!(parse_duration("5 hr").unwrap_err().help.contains("did you mean `h`?"));
}

#[test]
fn quantities_become_si() {
    let table: &[(&Dimension, &str, f64)] = &[
        (&units::POWER, "1.2 kW", 1200.0),
        (&units::POWER, "150 mW", 0.15),
        (&units::ENERGY, "300 Wh", 1_080_000.0),
        (&units::ENERGY, "1 kWh", 3.6e6),
        (&units::TEMPERATURE, "35 C", 35.0),
        (&units::TEMPERATURE, "-4 F", -20.0),
        (&units::TEMPERATURE, "77 F", 25.0),
        (&units::TEMPERATURE, "273.15 K", 0.0),
        (&units::TEMPERATURE_DIFFERENCE, "5 K", 5.0),
        (&units::RESISTANCE, "0.25 K/W", 0.25),
        (&units::CURRENT, "20 A", 20.0),
        (&units::VOLTAGE, "230 V", 230.0),
        (&units::DATA, "64 MiB", 67_108_864.0),
        (&units::DATA, "20 kB", 20_000.0),
        (&units::DATA_RATE, "40 Mbit/s", 5e6),
        (&units::DATA_RATE, "1 MiB/s", 1_048_576.0),
        (&units::RATE, "200 /s", 200.0),
        (&units::RATE, "90 /min", 1.5),
        (&units::RATE, "36 /h", 0.01),
        (&units::RATE, "86400 /d", 1.0),
    ];
    for (dimension, text, value) in table {
        assert_eq!(dimension.parse(text).unwrap(), *value, "{text}");
        assert_eq!(dimension.parse(&dimension.format(*value)).unwrap(), *value, "{text} does not come back");
    }
    for (dimension, text) in
        [(&units::POWER, "5 C"), (&units::DATA_RATE, "5 Mb/s"), (&units::TEMPERATURE_DIFFERENCE, "5 C")]
    {
        assert!(dimension.parse(text).is_err(), "{text}");
    }
    assert!(units::POWER.parse("1e400 W").unwrap_err().message.contains("not a finite number"));
}

#[test]
fn canonical_times_come_back() {
    for (text, canonical) in
        [("90 min", "90 min"), ("48 h", "2 d"), ("1500 ms", "1500 ms"), ("0 d", "0 s"), ("1 w", "7 d")]
    {
        assert_eq!(format_duration(parse_duration(text).unwrap()), canonical);
        assert_eq!(parse_duration(canonical).unwrap(), parse_duration(text).unwrap());
    }
    for seconds in [0.0, 0.25, 1.0 / 3.0, 64.0 * 60.0, 1e-12, 1e12, 0.000_123_456_789_012_345, 5e-324] {
        let text = format_seconds(seconds);
        assert_eq!(parse_seconds(&text).unwrap().to_bits(), f64::to_bits(seconds), "{text}");
    }
}

/// The demand of the smallest scenario with the distribution put in.
fn demand(dist: &str) -> Result<Dist, Problems> {
    let text = template("smallest").replace("{ \"exponential\": { \"mean\": \"100 ms\" } }", dist);
    let plan = load_text(&text)?;
    assert_round_trip(&plan, &NoFiles);
    let Workload::Requests(requests) = &plan.variations[0].scenario.workloads["work"] else {
        panic!("the workload is one of requests");
    };
    Ok(requests.demand.clone().expect("there is a demand"))
}

#[test]
fn distributions_become_those_of_the_kernel() {
    let median = 0.1 * libm::exp(-0.125);
    let exponential = Dist::Exponential { mean: 0.1 };
    for (text, dist) in [
        (r#""80 ms""#, Dist::Constant(0.08)),
        (r#"{"constant": "5 s"}"#, Dist::Constant(5.0)),
        (r#"{"uniform": {"min": "0 s", "max": "100 ms"}}"#, Dist::Uniform { min: 0.0, max: 0.1 }),
        (r#"{"exponential": {"mean": "100 ms"}}"#, exponential.clone()),
        (r#"{"lognormal": {"median": "80 ms", "sigma": 0.5}}"#, Dist::Lognormal { median: 0.08, sigma: 0.5 }),
        (r#"{"lognormal": {"mean": "100 ms", "sigma": 0.5}}"#, Dist::Lognormal { median, sigma: 0.5 }),
        (r#"{"weibull": {"scale": "100 ms", "shape": 0.7}}"#, Dist::Weibull { scale: 0.1, shape: 0.7 }),
        (r#"{"gamma": {"mean": "100 ms", "shape": 2}}"#, Dist::Gamma { mean: 0.1, shape: 2.0 }),
        (r#"{"pareto": {"min": "100 ms", "shape": 2.5}}"#, Dist::Pareto { min: 0.1, shape: 2.5 }),
        (r#"{"normal": {"mean": "100 ms", "sd": "20 ms"}}"#, Dist::Normal { mean: 0.1, sd: 0.02 }),
        (
            r#"{"shift": "10 ms", "of": {"exponential": {"mean": "100 ms"}}}"#,
            Dist::Shift { by: 0.01, of: exponential.clone().into() },
        ),
        (
            r#"{"mixture": [{"weight": 3, "of": "1 ms"}, {"weight": 1, "of": {"exponential": {"mean": "100 ms"}}}]}"#,
            Dist::Mixture(vec![(3.0, Dist::Constant(0.001)), (1.0, exponential)].into()),
        ),
    ] {
        assert_eq!(demand(text).unwrap_or_else(|problems| panic!("{problems}")), dist, "{text}");
    }
}

#[test]
fn impossible_distributions_are_refused() {
    for (text, reason) in [
        (r#"5"#, "has no unit"),
        (r#""-5 s""#, "out of range"),
        (r#"{"uniform": {"min": "2 s", "max": "1 s"}}"#, "`max` is less than `min`"),
        (r#"{"exponential": {"mean": "0 s"}}"#, "out of range"),
        (r#"{"exponential": {"rate": "1 s"}}"#, "missing field `mean`"),
        (r#"{"weibull": {"scale": "1 s", "shape": -1}}"#, "out of range"),
        (r#"{"lognormal": {"mean": "1 s", "sigma": 60}}"#, "`sigma` is too large"),
        (r#"{"lognormal": {"mean": "1 s", "median": "1 s", "sigma": 1}}"#, "unknown field"),
        (r#"{"mixture": []}"#, "found an array"),
        (r#"{"exponentail": {"mean": "1 s"}}"#, "unknown choice `exponentail`"),
        (r#"{"shift": "1 s"}"#, "missing field `of`"),
        (r#"[]"#, "found an array"),
        (r#"{"empirical": {"file": "x.csv", "column": "x", "unit": "s"}}"#, "no files can be read"),
        (r#"{"empirical": {"file": "x.csv", "column": "x"}}"#, "missing field `unit`"),
    ] {
        let problems = demand(text).expect_err(text).to_string();
        assert!(problems.contains(reason), "{text}: {problems}");
    }
}

#[test]
fn omitted_means_ideal() {
    let plan = load_text(&template("smallest")).unwrap();
    let scenario = &plan.variations[0].scenario;
    assert_eq!((scenario.seed, scenario.replications), (1, 10));
    assert_eq!(scenario.start.to_string(), "2024-01-01 00:00");
    assert_eq!(scenario.warmup, SimDuration::ZERO);
    let (region, entry, node) = (&scenario.regions[0], &scenario.fleet[0], &scenario.nodes[0]);
    assert!(region.weather.is_none() && region.grid.is_none());
    assert_eq!((entry.name.as_str(), entry.region.as_str(), entry.sites), ("fleet-1", "region", 1));
    assert!(entry.link.is_none() && entry.ups.is_none() && entry.breaker.is_none() && entry.grid.is_none());
    assert_eq!((node.slots, node.queue, node.discipline, node.speed), (1, None, Discipline::Fifo, 1.0));
    assert!(
        node.thermal.is_none()
            && node.hardware.faults.is_none()
            && node.boot.is_none()
            && node.on_down == OnDown::Lose
    );
    let policy = &scenario.policies[0];
    assert_eq!((&policy.health, &policy.routing), (&Health::Oracle, &Routing::Random));
    assert!(policy.requests.cancel && policy.requests.attempts == 1 && policy.requests.hedge.is_none());
}

/// The only policy of the smallest scenario, with this written for it.
fn policy(text: &str) -> Policy {
    let template = template("smallest").replace("\"server\": 1", "\"server\": 3");
    let plan = load_text(&template.replace("\"plain\": {}", &format!("\"plain\": {text}")));
    let plan = plan.unwrap_or_else(|problems| panic!("{text}: {problems}"));
    assert_round_trip(&plan, &NoFiles);
    plan.variations[0].scenario.policies[0].clone()
}

#[test]
fn policies_become_typed() {
    let (one, three) = (SimDuration::from_secs(1), SimDuration::from_secs(3));
    let health = |text: &str| policy(&format!("{{\"health\": {text}}}")).health;
    assert_eq!(health("\"none\""), Health::None);
    let timeout = Health::HeartbeatTimeout { period: one, timeout: three };
    assert_eq!(health(r#"{"heartbeat": {"period": "1 s", "timeout": "3 s"}}"#), timeout);
    let freshness = Health::HeartbeatFreshness { period: one, freshness: three };
    assert_eq!(health(r#"{"heartbeat": {"period": "1 s", "freshness": "3 s"}}"#), freshness);
    let probe = Health::Probe { period: three, misses: 2, timeout: one };
    assert_eq!(health(r#"{"probe": {"period": "3 s", "misses": 2, "timeout": "1 s"}}"#), probe);
    let routing = |text: &str| policy(&format!("{{\"routing\": {text}}}")).routing;
    assert_eq!(routing("\"least_loaded\""), Routing::LeastLoaded { stale: None });
    assert_eq!(
        routing(r#"{"power_of_choices": {"choices": 3}}"#),
        Routing::PowerOfChoices { choices: 3, stale: None }
    );
    let requests = |text: &str| policy(&format!("{{\"requests\": {{{text}}}}}")).requests;
    let hedge = requests(r#""hedge": {"after": "p999", "max": 2}, "quorum": 3"#);
    assert_eq!(hedge.hedge, Some(Hedge { after: HedgeAfter::Percentile(0.999), max: 2, budget: None }));
    let hedge = requests(r#""hedge": {"after": "1 s"}"#).hedge;
    assert_eq!(hedge, Some(Hedge { after: HedgeAfter::Fixed(one), max: 1, budget: None }));
    let backoff = requests(r#""backoff": {"base": "1 s", "max": "3 s", "jitter": 0.2}"#).backoff;
    assert_eq!(backoff, Some(Backoff::Exponential { base: one, factor: 2.0, max: three, jitter: 0.2 }));
    let backoff = requests(r#""backoff": {"uniform": {"min": "0 s", "max": "1 s"}}"#).backoff;
    assert_eq!(backoff, Some(Backoff::Dist(Dist::Uniform { min: 0.0, max: 1.0 })));
}

/// The only fleet entry of the smallest scenario, with these fields before its racks.
fn fleet(fields: &str) -> FleetEntry {
    let plan = load_text(&template("smallest").replace("{ \"racks\"", &format!("{{ {fields}, \"racks\"")));
    let plan = plan.unwrap_or_else(|problems| panic!("{fields}: {problems}"));
    assert_round_trip(&plan, &NoFiles);
    plan.variations[0].scenario.fleet[0].clone()
}

#[test]
fn sites_become_typed() {
    let loss = |text: &str| fleet(&format!("\"link\": {{\"loss\": {text}}}")).link.unwrap().loss.unwrap();
    assert_eq!(loss("0.1"), Loss::Bernoulli(0.1));
    assert_eq!(loss("\"5 %\""), Loss::Bernoulli(0.05));
    assert_eq!(loss(r#"{"bernoulli": 0.2}"#), Loss::Bernoulli(0.2));
    assert_eq!(loss(r#"{"bernoulli": {"p": 0.2}}"#), Loss::Bernoulli(0.2));
    let Loss::GilbertElliott { to_bad, loss_bad, .. } = loss(
        r#"{"gilbert_elliott": {"to_bad": "60 /min", "to_good": "2 /s", "loss_good": 0, "loss_bad": 0.5}}"#,
    ) else {
        panic!("a Gilbert-Elliott link")
    };
    assert_eq!((to_bad.0, loss_bad), (1.0, 0.5));
    assert!(fleet("\"grid\": \"none\"").grid.is_some_and(|grid| grid.outages.is_empty()));
    assert!(fleet("\"ups\": \"none\"").ups.is_none());
    assert_eq!(fleet("\"grid\": \"us-average\"").grid.unwrap().outages.len(), 2);
    let breaker =
        fleet(r#""breaker": {"from": "us-15a", "magnetic": "none", "voltage": "230 V"}"#).breaker.unwrap();
    assert_eq!((breaker.rating.0, breaker.voltage.0, breaker.magnetic), (15.0, 230.0, None));
}

#[test]
fn entries_are_taken_from_the_catalog_and_from_siblings() {
    let nodes = r#""server": {"from": "mini-pc", "thermal": "none", "hardware": "none"}, "half": {"from": "server", "slots": 2}, "mini-pc": "mini-pc""#;
    let plan =
        load_text(&template("smallest").replace("\"server\": {}", nodes)).unwrap_or_else(|it| panic!("{it}"));
    assert_round_trip(&plan, &NoFiles);
    let nodes = &plan.variations[0].scenario.nodes;
    assert_eq!((nodes["server"].slots, nodes["half"].slots, nodes["mini-pc"].slots), (4, 2, 4));
    assert!(
        nodes["half"].thermal.is_none()
            && nodes["half"].hardware.faults.is_none()
            && nodes["half"].idle.0 == 6.5
    );
    assert!(nodes["mini-pc"].thermal.is_some() && nodes["mini-pc"].hardware.faults.is_some());
    let later = template("smallest").replace("\"server\": {}", r#""server": {"from": "other"}, "other": {}"#);
    assert!(load_text(&later).unwrap_err().to_string().contains("nothing is named `other`"));
}

#[test]
fn throttled_draw_is_a_share_or_a_cap() {
    let power = |text: &str| {
        let thermal = format!(
            r#"{{"idle": "5 W", "peak": "100 W", "thermal": {{"resistance": "0.5 K/W", "time_constant": "100 s", "throttle": {{"at": "80 C", "resume": "70 C", "speed": 0.5, "power": {text}}}}}}}"#
        );
        let plan =
            load_text(&template("smallest").replace("\"server\": {}", &format!("\"server\": {thermal}")))
                .unwrap();
        assert_round_trip(&plan, &NoFiles);
        plan.variations[0].scenario.nodes[0].thermal.clone().unwrap().throttle.unwrap().power
    };
    assert_eq!(power("0.6"), ThrottlePower::Factor(0.6));
    assert_eq!(power("\"60 %\""), ThrottlePower::Factor(0.6));
    assert_eq!(power("\"60 W\""), ThrottlePower::Cap(crate::quantity::Watts(60.0)));
}

#[test]
fn dates_are_those_of_the_calendar() {
    for (text, seconds) in [
        ("1970-01-01", 0),
        ("2000-02-29 12:00", 951_825_600),
        ("2024-01-01T00:00:00Z", 1_704_067_200),
        ("1969-12-31 23:59", -60),
        ("2018-06-20T00:00", 1_529_452_800),
    ] {
        let date = LocalDateTime::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(date.seconds, seconds, "{text}");
        assert_eq!(LocalDateTime::parse(&date.to_string()), Some(date), "{text}");
    }
    for text in [
        "2023-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-1-1",
        "24-01-01",
        "2024-01-01 25:00",
        "2024-01-01x00:00",
        "",
        "é024-01-01",
    ] {
        assert_eq!(LocalDateTime::parse(text), None, "{text}");
    }
    for day in (-200_000..200_000).step_by(97) {
        let date = LocalDateTime { seconds: day * 86_400 };
        let (year, month, day, second) = date.parts();
        assert_eq!(LocalDateTime::new(year, month, day, second), Some(date));
    }
}

#[test]
fn health_checks_have_the_defaults_of_their_sources() {
    let second = SimDuration::from_secs(1);
    let health = |text: &str| policy(&format!("{{\"health\": {text}}}")).health;
    let Health::PhiAccrual(phi) = health(r#"{"phi_accrual": {"period": "1 s"}}"#) else { panic!("phi") };
    assert_eq!((phi.period, phi.threshold, phi.window), (second, 8.0, 1000));
    assert_eq!((phi.min_sd.as_secs_f64(), phi.pause, phi.first), (0.1, SimDuration::ZERO, None));
    let Health::Swim(swim) = health(r#"{"swim": {"period": "1 s", "proxies": 4}}"#) else { panic!("SWIM") };
    assert_eq!((swim.proxies, swim.timeout, swim.heard), (4, None, None));
    let whole = policy(
        r#"{"telemetry": {"period": "1 s"}, "flapping": {"damping": {}}, "ejection": {"failures": 5}, "symptoms": {"slowdown": 2},
            "forecast": {"horizon": "1 s"}, "reputation": {"disqualify": 0.96, "online": {}}, "gateways": {"view": "each"}}"#,
    );
    assert_eq!(whole.flapping.and_then(|it| it.damping).map(|it| it.half_life.as_secs_f64()), Some(900.0));
    assert_eq!(whole.ejection.map(|it| (it.failures, it.share, it.slow)), Some((Some(5), 0.1, None)));
    assert_eq!(
        whole.reputation.map(|it| (it.memory, it.alpha, it.disqualify)),
        Some((0.999, 1000.0, Some(0.96)))
    );
    assert!(whole.telemetry.is_some() && whole.symptoms.is_some() && whole.forecast.is_some());
    assert!(policy("{}").gateways.is_none());
}
