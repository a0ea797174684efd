//! Faults on purpose: each does exactly what it says, they nest, what has no effect changes nothing, and every policy meets the
//! same ones.

mod common;

use common::{load, plan, run, sum_of, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::faults::{DomainKind, domains};
use sim_core::scenario::{self, NoFiles, Overrides, Source};

#[track_caller]
fn close(record: &RunRecord, name: &str, expected: f64) {
    let found = value(record, name);
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{name}: {found}, not {expected}");
}

/// One node that serves a request of 1 s every 10 s, for 1000 s.
fn metronome(faults: &Value) -> Value {
    json!({
        "name": "metronome",
        "duration": "1000 s",
        "nodes": { "box": { "idle": "10 W", "peak": "20 W", "thermal": {
            "resistance": "0.1 K/W", "time_constant": "1 min", "throttle": { "at": "90 C", "resume": "80 C", "speed": 0.25, "power": 0.5 } } } },
        "fleet": [{ "name": "home", "racks": [{ "nodes": { "box": 1 } }] }],
        "workloads": { "work": { "requests": { "arrivals": { "every": "10 s" }, "demand": "1 s" } } },
        "policies": { "ideal": {} },
        "faults": faults
    })
}

#[test]
fn overlapping_kills_last_until_the_last_has_ended() {
    let faults = json!([
        { "at": "105 s", "for": "100 s", "kill": { "all": true } },
        { "at": "155 s", "for": "100 s", "kill": { "node": 0 } },
        { "at": "900 s", "kill": { "fleet": "home", "site": 0 } }
    ]);
    let record = run(&metronome(&faults), "ideal", 0);
    close(&record, "nodes.down.injected", 0.25);
    close(&record, "nodes.uptime", 0.75);
    close(&record, "nodes.failures", 2.0);
    // Requests at 110, …, 250 and 900, …, 1000 find nobody.
    close(&record, "requests.failed", 15.0 + 11.0);
    close(&record, "faults[kill everything].nodes_hit", 1.0);
    close(&record, "faults[kill everything].requests", 10.0);
    close(&record, "faults[kill everything].success_during", 0.0);
    close(&record, "faults[kill everything].success_before", 1.0);
    close(&record, "faults[kill everything].time_to_detect.max", 0.0);
    assert!(!record.metrics.contains_key("faults[kill home site 0].time_to_baseline"));
}

#[test]
fn factors_of_slowness_multiply_and_return_to_one() {
    let faults = json!([
        { "at": "95 s", "for": "100 s", "slow": { "all": true, "factor": 2 } },
        { "at": "145 s", "for": "100 s", "slow": { "node": "home/0/0", "factor": 3 } }
    ]);
    let shared = with(metronome(&faults), "/nodes/box/discipline", json!("ps"));
    let record = run(&metronome(&faults), "ideal", 0);
    // Five requests at twice, five at six times, five at three times the time; the rest as ever. The first factor ends five
    // sixths into the request of 190 s, which gains half a second.
    close(&record, "requests.latency.max", 6.0);
    close(&record, "requests.latency.mean", (5.0 * (2.0 + 6.0 + 3.0) - 0.5 + 84.0) / 99.0);
    let shared = run(&shared, "ideal", 0);
    assert!((value(&shared, "requests.latency.mean") - value(&record, "requests.latency.mean")).abs() < 1e-6);
    close(&record, "nodes.uptime", 1.0);
}

#[test]
fn a_fault_in_the_middle_of_work_slows_the_rest_of_it() {
    let faults = json!([{ "at": "100.5 s", "for": "1 s", "slow": { "all": true, "factor": 4 } }]);
    let record = run(&metronome(&faults), "ideal", 0);
    // Half a second is done, a quarter takes the second of the fault, and a quarter is left.
    close(&record, "requests.latency.max", 1.75);
}

#[test]
fn throttled_nodes_are_as_slow_as_their_type_says() {
    let faults = json!([
        { "at": "100 s", "for": "100 s", "throttle": { "all": true } },
        { "at": "150 s", "for": "50 s", "throttle": { "site": 0 } }
    ]);
    let record = run(&metronome(&faults), "ideal", 0);
    close(&record, "nodes.throttled", 0.1);
    close(&record, "requests.latency.max", 4.0);
    assert!(value(&record, "nodes.temperature.max") < 23.0, "it is not hot");
}

#[test]
fn latencies_add_to_each_message() {
    let faults = json!([
        { "name": "a", "at": "95 s", "for": "100 s", "latency": { "all": true, "add": "100 ms" } },
        { "name": "b", "at": "145 s", "for": "100 s", "latency": { "region": 0, "add": "300 ms" } }
    ]);
    let record = run(&metronome(&faults), "ideal", 0);
    close(&record, "requests.latency.max", 1.8);
    close(&record, "requests.latency.mean", 1.0 + (5.0 * (0.2 + 0.8 + 0.6)) / 99.0);
}

#[test]
fn losses_compose() {
    let loss = |name: &str, p: f64| json!({ "name": name, "at": "0 s", "loss": { "all": true, "p": p } });
    let file = with(
        metronome(&json!([loss("a", 0.5), loss("b", 0.2)])),
        "/workloads/work/requests/arrivals",
        json!({ "every": "100 ms" }),
    );
    let file = with(with(file, "/nodes/box/slots", json!(100)), "/duration", json!("5000 s"));
    let record = run(&file, "ideal", 0);
    let share = value(&record, "requests.completed") / value(&record, "requests.arrived");
    assert!((share - 0.16).abs() < 5.0 * (0.16_f64 * 0.84 / 50_000.0).sqrt(), "{share}");
}

#[test]
fn a_grid_outage_is_carried_by_a_battery() {
    let file = metronome(&json!([{ "at": "100 s", "for": "100 s", "grid_outage": { "fleet": "home" } }]));
    let bare = run(&file, "ideal", 0);
    close(&bare, "nodes.down.grid", 0.1);
    close(&bare, "sites.outages_per_year", 365.25 * 86.4);
    let carried = run(&with(file, "/fleet/0/ups", json!({ "energy": "10 Wh", "power": "1 kW" })), "ideal", 0);
    close(&carried, "nodes.uptime", 1.0);
    close(&carried, "requests.failed", 0.0);
}

/// Two regions with four sites each, two racks a site, under heartbeats and retries; requests enter in the west.
fn two_regions(faults: &Value) -> Value {
    let fleet = |name: &str, region: &str, isp: &str| {
        json!({ "name": name, "region": region, "sites": 4, "isp": isp, "operator": "ann", "grid": { "feeder_size": 3 },
            "link": { "latency": "10 ms" },
            "racks": [{ "count": 2, "nodes": { "box": 2, "big": 1 } }, { "nodes": { "big": 1 } }] })
    };
    json!({
        "name": "two-regions",
        "seed": 3,
        "duration": "4 h",
        "regions": { "west": {}, "east": {} },
        "backbone": { "between": [["west", "east", "20 ms"]] },
        "nodes": { "box": { "slots": 2, "boot": "1 min" }, "big": { "slots": 4 } },
        "fleet": [fleet("here", "west", "cable"), fleet("there", "east", "fibre")],
        "workloads": { "work": { "requests": {
            "arrivals": { "poisson": { "rate": "2 /s" } },
            "demand": { "exponential": { "mean": "1 s" } },
            "deadline": "20 s",
            "from": { "west": 1 }
        } } },
        "policies": {
            "bare": { "health": "none" },
            "beats": { "health": { "heartbeat": { "period": "10 s", "timeout": "25 s" } } },
            "retrying": {
                "health": { "heartbeat": { "period": "10 s", "timeout": "25 s" } },
                "requests": { "timeout": "5 s", "attempts": 3 }
            }
        },
        "faults": faults
    })
}

#[test]
fn a_killed_region_is_detected_rerouted_and_recovered_from() {
    let file =
        two_regions(&json!([{ "name": "east", "at": "1 h", "for": "1 h", "kill": { "region": "east" } }]));
    let bare = run(&file, "bare", 0);
    let beats = run(&file, "beats", 0);
    close(&bare, "faults[east].nodes_hit", 28.0);
    close(&bare, "faults[east].undetected", 1.0);
    assert!((value(&bare, "faults[east].success_during") - 0.5).abs() < 0.03);
    assert!(!bare.metrics.contains_key("faults[east].time_to_reroute"));
    let lost = value(&bare, "faults[east].requests_lost");
    assert!((lost - 3600.0).abs() < 250.0, "half of the requests of an hour are lost: {lost}");
    // The last beat came up to 10 s before; so it is missed after 15 to 25 s, 20 on average.
    let mean = value(&beats, "faults[east].time_to_detect.mean");
    assert!((mean - 20.0).abs() < 3.0, "{mean}");
    assert!((20.0..25.1).contains(&value(&beats, "faults[east].time_to_detect.max")));
    close(&beats, "faults[east].undetected", 0.0);
    let reroute = value(&beats, "faults[east].time_to_reroute");
    assert!((0.0..60.0).contains(&reroute), "{reroute}");
    assert!(value(&beats, "faults[east].requests_lost") < 0.02 * lost);
    assert!(value(&beats, "faults[east].time_to_baseline") < 120.0);
}

#[test]
fn a_partitioned_site_runs_and_is_not_reached() {
    let file =
        two_regions(&json!([{ "name": "cut", "at": "1 h", "for": "1 h", "partition": { "isp": "fibre" } }]));
    let record = run(&file, "beats", 0);
    close(&record, "nodes.down.link", 0.5 / 4.0);
    close(&record, "faults[cut].nodes_hit", 28.0);
    close(&record, "faults[cut].undetected", 0.0);
}

#[test]
fn a_cut_backbone_goes_unnoticed_by_health_checks() {
    let file = two_regions(
        &json!([{ "name": "cut", "at": "1 h", "for": "1 h", "partition": { "backbone": ["east", "west"] } }]),
    );
    let record = run(&file, "beats", 0);
    close(&record, "nodes.uptime", 1.0);
    close(&record, "faults[cut].nodes_hit", 0.0);
    assert!((value(&record, "faults[cut].success_during") - 0.5).abs() < 0.03);
    assert!(value(&run(&file, "retrying", 0), "faults[cut].success_during") > 0.8);
}

#[test]
fn a_dead_gateway_loses_what_enters_there_and_hears_from_nobody() {
    let gateway = |name: &str| {
        two_regions(&json!([{ "name": "gone", "at": "1 h", "for": "1 h", "kill": { "gateway": name } }]))
    };
    let west = run(&gateway("west"), "beats", 0);
    close(&west, "faults[gone].success_during", 0.0);
    // Nothing enters in the east, but its nodes are thought to be dead.
    let east = run(&gateway("east"), "beats", 0);
    assert!(value(&east, "faults[gone].success_during") > 0.99);
    assert!((value(&east, "detection.mistrust") - 0.5 * 0.25).abs() < 0.01);
    close(&east, "nodes.uptime", 1.0);
}

#[test]
fn the_more_is_lost_the_longer_nodes_are_mistrusted() {
    let mistrust = |p: f64| {
        let faults =
            json!([{ "name": "lossy", "at": "1 h", "for": "1 h", "loss": { "fleet": "there", "p": p } }]);
        value(&run(&two_regions(&faults), "beats", 0), "detection.mistrust")
    };
    let [little, much, all] = [0.5, 0.9, 1.0].map(mistrust);
    assert!(little < much && much < all, "{little} {much} {all}");
    assert!(all > 0.1, "{all}");
}

/// All actions at once, overlapping.
fn everything() -> Value {
    json!([
        { "at": "30 min", "for": "2 h", "kill": { "region": "east", "share": 0.3 } },
        { "at": "40 min", "for": "2 h", "kill": { "operator": "ann", "share": 0.2 } },
        { "at": "50 min", "for": "1 h", "grid_outage": { "feeder": "there/1" } },
        { "at": "55 min", "for": "1 h", "partition": { "isp": "cable", "share": 0.5 } },
        { "at": "1 h", "for": "1 h", "partition": { "site": "here/0" } },
        { "at": "1 h", "for": "2 h", "latency": { "all": true, "add": { "exponential": { "mean": "50 ms" } } } },
        { "at": "70 min", "for": "2 h", "loss": { "rack": "here/1/0", "p": 0.5 } },
        { "at": "70 min", "for": "1 h", "loss": { "rack": "here/1/0", "p": 1 } },
        { "at": "80 min", "slow": { "node": "there/2/1", "factor": 5 } },
        { "at": "80 min", "for": "1 h", "kill": { "gateway": "east" } },
        { "at": "2 h", "for": "90 min", "partition": { "backbone": ["west", "east"] } }
    ])
}

#[test]
fn policies_meet_the_same_faults_and_runs_repeat() {
    let file = two_regions(&everything());
    let scenario = load(&file);
    let mut worlds = Vec::new();
    for policy in scenario.policies.keys() {
        let record = sim_core::run(&scenario, policy, 0, 0);
        assert_eq!(record, sim_core::run(&scenario, policy, 0, 0), "{policy} again");
        let count = |name: &str| value(&record, &format!("requests.{name}"));
        assert_eq!(count("arrived"), count("completed") + count("failed") + count("in_flight"), "{policy}");
        for name in record.metrics.keys() {
            assert!(sim_core::measure::catalog::lookup(name).is_some(), "nothing is known of {name}");
        }
        let down = sum_of(&record, "nodes.down.");
        assert!((value(&record, "nodes.uptime") + down - 1.0).abs() < 1e-9);
        worlds.push(record.exogenous);
    }
    assert!(worlds.iter().all(|world| *world == worlds[0]), "{worlds:?}");
    assert_ne!(worlds[0], run(&two_regions(&json!([])), "bare", 0).exogenous, "faults belong to the world");
}

#[test]
fn a_run_with_faults_does_not_depend_on_the_thread() {
    let scenario = load(&two_regions(&everything()));
    let alone: Vec<RunRecord> =
        (0..3).map(|replication| sim_core::run(&scenario, "retrying", 0, replication)).collect();
    let together: Vec<RunRecord> = std::thread::scope(|scope| {
        let scenario = &scenario;
        let workers: Vec<_> =
            (0..3).map(|r| scope.spawn(move || sim_core::run(scenario, "retrying", 0, r))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a finished run")).collect()
    });
    assert_eq!(alone, together);
}

/// Metrics that do not tell of the fault itself, and not of the work of the simulator.
fn effects(record: &RunRecord) -> Vec<(&String, f64)> {
    let told = record
        .metrics
        .iter()
        .filter(|(name, _)| !name.starts_with("faults[") && !name.starts_with("engine."));
    told.map(|(name, value)| (name, *value)).collect()
}

#[test]
fn a_fault_without_effect_changes_no_result() {
    let undisturbed = two_regions(&json!([]));
    for nothing in [
        json!({ "at": "1 h", "for": "1 h", "kill": { "all": true, "share": 0 } }),
        json!({ "at": "1 h", "for": "1 h", "partition": { "all": true, "share": 0 } }),
        json!({ "at": "1 h", "for": "1 h", "latency": { "all": true, "add": "0 s" } }),
        json!({ "at": "1 h", "for": "1 h", "loss": { "all": true, "p": 0 } }),
        json!({ "at": "1 h", "for": "1 h", "slow": { "all": true, "factor": 1 } }),
        json!({ "at": "1 h", "for": "1 h", "latency": { "backbone": ["west", "east"], "add": "0 s" } }),
    ] {
        for policy in ["bare", "retrying"] {
            let with = run(&two_regions(&json!([nothing])), policy, 0);
            assert_eq!(effects(&with), effects(&run(&undisturbed, policy, 0)), "{nothing}, {policy}");
        }
    }
}

#[test]
fn more_victims_never_mean_more_uptime() {
    let mut before = f64::INFINITY;
    for share in [0.0, 0.1, 0.3, 0.6, 1.0] {
        let faults =
            json!([{ "name": "f", "at": "1 h", "for": "1 h", "kill": { "all": true, "share": share } }]);
        let record = run(&two_regions(&faults), "bare", 0);
        let uptime = value(&record, "nodes.uptime");
        assert!(uptime < before, "{share}: {uptime}, less: {before}");
        assert_eq!(value(&record, "faults[f].nodes_hit"), (share * 56.0_f64).round());
        before = uptime;
    }
}

#[test]
fn every_failure_domain_can_be_killed() {
    let scenario = load(&two_regions(&json!([])));
    let count = |kind| domains(&scenario, kind).len();
    let counts: Vec<usize> = DomainKind::ALL.into_iter().map(count).collect();
    assert_eq!(counts, [56, 24, 8, 4, 2, 2, 1, 2, 2, 0, 1]);
    for kind in DomainKind::ALL {
        let all = domains(&scenario, kind);
        let nodes: u64 = all.iter().map(|domain| domain.nodes).sum();
        let capacity: f64 = all.iter().map(|domain| domain.capacity).sum();
        match kind {
            DomainKind::Gateway | DomainKind::Batch | DomainKind::Backbone => {
                assert_eq!((nodes, capacity), (0, 0.0));
            }
            _ => {
                assert_eq!(nodes, 56, "{kind:?}: each node is in one");
                assert!((capacity - 1.0).abs() < 1e-12, "{kind:?}: {capacity}");
            }
        }
    }
    let rack = &domains(&scenario, DomainKind::Rack)[1];
    assert_eq!((rack.name.as_str(), rack.nodes), ("here/0/1", 3));
    // Two boxes of two slots and a big one of four, of the 20 slots of a site.
    assert!((rack.capacity - 8.0 / (20.0 * 8.0)).abs() < 1e-12, "{}", rack.capacity);
}

/// A fault in the file with two regions is refused at `pointer`, and all of this is said.
#[track_caller]
fn refused(fault: &Value, pointer: &str, says: &[&str]) {
    let problems = plan(&two_regions(&json!([fault]))).expect_err("it is wrong");
    let problem = problems.0.iter().find(|problem| problem.pointer == pointer);
    let told = problem.unwrap_or_else(|| panic!("no problem at {pointer}: {problems}")).render("error");
    for part in says {
        assert!(told.contains(part), "should say {part:?}: {told}");
    }
}

#[test]
fn targets_that_do_not_exist_are_named_with_the_nearest() {
    let kill = |target: Value| json!({ "at": "1 h", "kill": target });
    refused(
        &kill(json!({ "region": "wets" })),
        "/faults/0/kill/region",
        &["no region `wets`", "did you mean `west`?"],
    );
    refused(&kill(json!({ "region": 2 })), "/faults/0/kill/region", &["no region number 2", "0 to 1"]);
    refused(&kill(json!({ "fleet": "hre" })), "/faults/0/kill/fleet", &["no fleet entry `hre`", "`here`"]);
    refused(
        &kill(json!({ "isp": "fiber" })),
        "/faults/0/kill/isp",
        &["no ISP `fiber`", "did you mean `fibre`?"],
    );
    refused(
        &kill(json!({ "operator": "anne" })),
        "/faults/0/kill/operator",
        &["no operator `anne`", "`ann`"],
    );
    refused(
        &kill(json!({ "fleet": "here", "site": 4 })),
        "/faults/0/kill/site",
        &["no site number 4", "0 to 3"],
    );
    refused(&kill(json!({ "feeder": "here/2" })), "/faults/0/kill/feeder", &["no feeder number 2", "0 to 1"]);
    refused(&kill(json!({ "rack": "here/0/3" })), "/faults/0/kill/rack", &["no rack number 3", "0 to 2"]);
    refused(
        &kill(json!({ "site": "here" })),
        "/faults/0/kill/site",
        &["neither a number nor a path", "ENTRY/NUMBER"],
    );
    refused(&kill(json!({ "node": "here/7" })), "/faults/0/kill/node", &["ENTRY/SITE/NUMBER"]);
    refused(&kill(json!({ "fleet": "here", "site": "there/1" })), "/faults/0/kill/site", &["not among"]);
    refused(
        &kill(json!({ "fleet": "here", "region": "east" })),
        "/faults/0/kill",
        &["no fleet entry is all of this"],
    );
    refused(&kill(json!({})), "/faults/0/kill", &["nobody is named"]);
    refused(&kill(json!({ "regoin": "west" })), "/faults/0/kill/regoin", &["unknown field", "`region`"]);
    refused(&kill(json!({ "gateway": "west", "site": 0 })), "/faults/0/kill/gateway", &["stands beside"]);
    refused(&kill(json!({ "backbone": ["west", "west"] })), "/faults/0/kill/backbone", &["to itself"]);
    refused(&kill(json!({ "all": true, "share": 1.5 })), "/faults/0/kill/share", &["out of range"]);
}

#[test]
fn actions_and_times_that_make_no_sense_are_refused() {
    let all = json!({ "all": true });
    refused(&json!({ "at": "4 h", "kill": all }), "/faults/0/at", &["not before the end of the run"]);
    refused(
        &json!({ "at": "1 h", "for": "0 s", "kill": all }),
        "/faults/0/for",
        &["out of range", "more than zero"],
    );
    refused(&json!({ "at": "1 h" }), "/faults/0", &["exactly one action", "`kill`"]);
    refused(&json!({ "at": "1 h", "kill": all, "partition": all }), "/faults/0", &["exactly one action"]);
    refused(&json!({ "at": "1 h", "kil": all }), "/faults/0/kil", &["did you mean `kill`?"]);
    refused(&json!({ "at": "1 h", "loss": { "all": true, "p": 2 } }), "/faults/0/loss/p", &["out of range"]);
    refused(&json!({ "at": "1 h", "loss": all }), "/faults/0/loss", &["missing field `p`"]);
    refused(
        &json!({ "at": "1 h", "slow": { "all": true, "factor": 0 } }),
        "/faults/0/slow/factor",
        &["out of range"],
    );
    refused(
        &json!({ "at": "1 h", "latency": { "all": true, "add": 3 } }),
        "/faults/0/latency/add",
        &["unit"],
    );
    refused(
        &json!({ "at": "1 h", "partition": { "node": 3 } }),
        "/faults/0/partition/node",
        &["sites as wholes"],
    );
    refused(
        &json!({ "at": "1 h", "slow": { "gateway": "west", "factor": 2 } }),
        "/faults/0/slow/gateway",
        &["does not act"],
    );
    refused(
        &json!({ "at": "1 h", "loss": { "gateway": 0, "p": 0.5, "share": 0.5 } }),
        "/faults/0/loss/share",
        &["one target"],
    );
    refused(&json!({ "at": "1 h", "throttle": all }), "/faults/0/throttle", &["no node type there has"]);
    let twice = json!([{ "name": "a", "at": "1 h", "kill": all }, { "name": "a", "at": "2 h", "kill": all }]);
    let problems = plan(&two_regions(&twice)).expect_err("two of a name");
    assert!(problems.to_string().contains("two faults are named `a`"), "{problems}");
}

#[test]
fn nameless_faults_get_names_that_last() {
    let kill = json!({ "at": "1 h", "for": "1 h", "kill": { "region": "west" } });
    let file = two_regions(&json!([kill, kill])).to_string();
    let source = Source { name: "faults.json", text: &file };
    let plan = scenario::load(&source, &NoFiles, &Overrides::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let names: Vec<&str> =
        plan.variations[0].scenario.faults.iter().map(|fault| fault.name.as_str()).collect();
    assert_eq!(names, ["kill west", "kill west 2"]);
    let again = plan.variations[0].resolved.clone();
    let source = Source { name: "faults.json", text: &again };
    let again = scenario::load(&source, &NoFiles, &Overrides::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(again.variations[0].tree(), plan.variations[0].tree());
}
