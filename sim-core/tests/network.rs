//! The network through scenario files: what is known in closed form, and what must be true on identical weather.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod common;

use common::{agrees, plan_from, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::{Files, Scenario};
use std::path::Path;

/// Files beside the bundled scenarios.
struct Bundled;

impl Files for Bundled {
    fn read(&self, path: &str) -> Result<String, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        std::fs::read_to_string(folder.join(path)).map_err(|error| error.to_string())
    }
}

fn load(file: &Value) -> Scenario {
    let plan = plan_from(file, &Bundled);
    plan.unwrap_or_else(|problems| panic!("{problems}\n{file:#}")).variations.remove(0).scenario
}

fn run(file: &Value, policy: &str, replication: u32) -> RunRecord {
    sim_core::run(&load(file), policy, 0, replication)
}

/// `sites` sites of one node in one region, with this link and these requests.
fn world(sites: u32, link: Value, requests: Value) -> Value {
    json!({
        "name": "network", "seed": 77, "duration": "1000 s",
        "regions": { "here": {} },
        "nodes": { "node": { "slots": 1000 } },
        "fleet": [{ "region": "here", "sites": sites, "link": link, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "requests": requests } },
        "policies": { "plain": { "health": "none" } }
    })
}

/// One gateway of 1 MB/s before two sites of 4 MB/s each: a request of 1 MB alone takes a second, and ten at once to both
/// sites share the gateway; the uplinks are the limit on the way back.
#[test]
fn gateway_and_site_share_by_max_min() {
    let link = json!({ "up": "250 kB/s", "down": "4 MB/s" });
    let requests = json!({ "arrivals": { "every": "100 s" }, "request": "1 MB", "reply": "500 kB" });
    let one = with(
        world(2, link.clone(), requests.clone()),
        "/regions/here/gateway",
        json!({ "up": "1 MB/s", "down": "400 kB/s" }),
    );
    let record = run(&one, "plain", 0);
    agrees("alone: 1 s down and 2 s up", value(&record, "requests.latency.max"), 3.0, 3.0 * 0.002);
    // Two copies to two sites: they share the gateway down at 500 kB/s each, and its way back at 200 kB/s each.
    let two = with(one.clone(), "/policies/plain/requests", json!({ "copies": 2, "quorum": 2 }));
    let record = run(&two, "plain", 0);
    agrees("together", value(&record, "requests.latency.max"), 2.0 + 2.5, 4.5 * 0.002);
    // A gateway that is never the limit is as good as none.
    let wide = with(one.clone(), "/regions/here/gateway", json!({ "up": "1 GB/s" }));
    let none = with(one, "/regions/here/gateway", json!("none"));
    for replication in 0..3 {
        let (wide, none) = (run(&wide, "plain", replication), run(&none, "plain", replication));
        let (wide, none) = (value(&wide, "requests.latency.mean"), value(&none, "requests.latency.mean"));
        agrees("a wide gateway", wide, none, 1e-6);
    }
}

/// An upload without end keeps a buffer full: each reply of no size waits for buffer over rate, or 5 ms with flow queueing.
#[test]
fn a_full_buffer_delays_by_its_size_over_the_rate() {
    let link = json!({ "up": "1 MB/s", "buffer": "700 kB" });
    let file = with(
        world(1, link, json!({ "arrivals": { "every": "10 s" } })),
        "/fleet/0/uploads",
        json!({ "every": "450 s", "size": "1 TB" }),
    );
    let record = run(&file, "plain", 0);
    agrees("full", value(&record, "requests.latency.p50"), 0.7, 0.7 * 0.002);
    assert!(value(&record, "requests.success_ratio") > 0.9, "{:?}", record.metrics);
    let fair = with(file.clone(), "/fleet/0/link/aqm", json!("fq"));
    agrees("flow queueing", value(&run(&fair, "plain", 0), "requests.latency.p50"), 0.005, 0.005 * 0.002);
    let alone = with(file, "/fleet/0/uploads", json!("none"));
    assert_eq!(value(&run(&alone, "plain", 0), "requests.latency.max"), 0.0);
}

/// The queue holds what the upload has left, when that is less than the buffer: 2 s after an upload of 5 s begins, 3 s are left.
#[test]
fn a_backlog_delays_by_what_is_left() {
    let link = json!({ "up": "1 MB/s", "buffer": "100 MB" });
    let file = world(1, link, json!({ "arrivals": { "every": "62 s" } }));
    let file = with(file, "/fleet/0/uploads", json!({ "every": "60 s", "size": "5 MB" }));
    let file = with(file, "/duration", json!("70 s"));
    agrees("what is left", value(&run(&file, "plain", 0), "requests.latency.max"), 3.0, 3.0 * 0.002);
}

/// Beats of a node wait behind its site's uploads: a check that allows a second less than the queue takes suspects it, one
/// that allows a second more does not, and with flow queueing neither does.
#[test]
fn uploads_delay_the_heartbeats_of_their_own_site() {
    let link = json!({ "up": "1 MB/s", "buffer": "2 MB" });
    let mut file = with(
        world(20, link, json!({ "arrivals": { "every": "100 s" } })),
        "/fleet/0/uploads",
        json!({ "every": { "exponential": { "mean": "10 min" } }, "size": { "uniform": { "min": "30 MB", "max": "90 MB" } } }),
    );
    file["duration"] = json!("6 h");
    for (name, health) in [
        ("short", json!({ "heartbeat": { "period": "5 s", "freshness": "1 s" } })),
        ("long", json!({ "heartbeat": { "period": "5 s", "freshness": "3 s" } })),
        ("probe", json!({ "probe": { "period": "5 s", "misses": 1, "timeout": "1 s" } })),
    ] {
        file["policies"][name] = json!({ "health": health });
    }
    let managed = with(file.clone(), "/fleet/0/link/aqm", json!("fq"));
    for replication in 0..2 {
        let share = |file: &Value, policy: &str| value(&run(file, policy, replication), "detection.mistrust");
        // Uploads of a minute every ten keep the uplink busy for a tenth of the time. A probe is missed all the while; a beat that
        // comes 2 s late and is due after 1 s is missed for one second of every five.
        for (policy, busy_share) in [("short", 0.2), ("probe", 1.0)] {
            let mistrust = share(&file, policy);
            agrees(policy, mistrust, 0.1 * busy_share, 0.03 * busy_share);
            assert_eq!(share(&managed, policy), 0.0, "{policy} with flow queueing");
        }
        let long = run(&file, "long", replication);
        // Some beats are dropped where the buffer is full, about one in 700,000.
        assert!(value(&long, "detection.mistrust") < 1e-3, "{}", value(&long, "detection.mistrust"));
        let worlds = ["short", "long", "probe"].map(|policy| run(&file, policy, replication).exogenous);
        assert!(worlds.iter().all(|world| *world == worlds[0]), "uploads do not depend on the policy");
    }
}

/// A cap of 10 MB is used up by the tenth request of the month; then the link is off until the month ends, or slow.
#[test]
fn a_cap_ends_the_month_early() {
    let link = json!({ "up": "1 MB/s", "down": "1 MB/s", "cap": { "bytes": "10.5 MB", "then": "off" } });
    let requests = json!({ "arrivals": { "every": "1 h" }, "request": "1 MB", "deadline": "1 h" });
    let mut file = world(1, link, requests);
    file["start"] = json!("2024-01-31 00:00");
    file["duration"] = json!("36.5 h");
    let record = run(&file, "plain", 0);
    // Requests come at 1 h … 36 h. The eleventh uses the cap up and is lost with the link; 24 h is the first of February (the
    // month ends before the request comes); the eleventh of that month is that at 34 h.
    assert_eq!(value(&record, "requests.completed"), 20.0);
    agrees(
        "off from 11 h to 24 h, and from 34 h",
        value(&record, "links.uptime"),
        1.0 - (13.0 + 2.5) / 36.5,
        1e-9,
    );
    agrees("nodes out of reach", value(&record, "nodes.down.link"), 15.5 / 36.5, 1e-9);
    let slow = with(file, "/fleet/0/link/cap/then", json!("100 kB/s"));
    let record = run(&slow, "plain", 0);
    assert_eq!(value(&record, "requests.completed"), 36.0);
    agrees("below the cap", value(&record, "requests.latency.p50"), 1.0, 0.002);
    agrees("beyond the cap", value(&record, "requests.latency.max"), 10.0, 0.02);
    agrees("never off", value(&record, "links.uptime"), 1.0, 0.0);
}

#[test]
fn address_translation_hides_sites_or_detours() {
    let link = json!({ "latency": "20 ms", "nat": { "unreachable": 0.4, "relay": "15 ms" } });
    let requests = json!({ "arrivals": { "every": "1 s" }, "deadline": "10 s" });
    let mut file = world(400, link, requests);
    file["policies"]["round"] =
        json!({ "routing": "round_robin", "health": { "probe": { "period": "10 s", "timeout": "50 ms" } } });
    file["policies"]["beats"] =
        json!({ "health": { "heartbeat": { "period": "10 s", "freshness": "25 ms" } } });
    let record = run(&file, "plain", 0);
    agrees("by the relay", value(&record, "requests.latency.max"), 0.070, 0.070 * 0.002);
    agrees("two in five by the relay", value(&record, "requests.latency.mean"), 0.040 + 0.4 * 0.030, 0.003);
    // Probes of 40 ms are in time, of 70 ms are not; beats need no relay.
    let probed = run(&file, "round", 0);
    agrees("relayed probes are late", value(&probed, "detection.mistrust"), 0.4, 0.1);
    assert_eq!(value(&run(&file, "beats", 0), "detection.mistrust"), 0.0);
    let hidden = with(file, "/fleet/0/link/nat", json!({ "unreachable": 0.4 }));
    let record = run(&hidden, "plain", 0);
    agrees("hidden", value(&record, "nodes.down.nat"), 0.4, 0.1);
    agrees(
        "lost requests",
        1.0 - value(&record, "requests.success_ratio"),
        value(&record, "nodes.down.nat"),
        0.06,
    );
}

#[test]
fn changes_of_address_are_outages_of_the_link() {
    let link = json!({ "address_change": { "every": "90 s", "for": "10 s" } });
    let record =
        run(&world(3, link, json!({ "arrivals": { "every": "1 s" }, "deadline": "1 s" })), "plain", 0);
    agrees("a tenth of the time", value(&record, "nodes.down.link"), 0.1, 1e-9);
    agrees("a tenth of the time", value(&record, "links.uptime"), 0.9, 1e-9);
    agrees(
        "ten in a thousand seconds",
        value(&record, "links.outages_per_year"),
        10.0 / 1000.0 * 31_557_600.0,
        1.0,
    );
}

/// Grid down from 100 h to 110 h; homes have batteries. The cabinet lasts 4 h and restarts in 30 min, and takes the links of its
/// three sites with it.
fn cabinet(battery: Value) -> Value {
    let mut file = world(4, json!({}), json!({ "arrivals": { "every": "10 h" }, "deadline": "1 h" }));
    file["duration"] = json!("200 h");
    file["regions"]["here"]["grid"] =
        json!({ "outages": { "up": "100 h", "down": "10 h", "shared_by": "region" } });
    file["isps"] =
        json!({ "street": { "cabinet": { "sites": 3, "battery": battery, "restart": "30 min" } } });
    file["fleet"][0]["isp"] = json!("street");
    file["fleet"][0]["ups"] = json!({ "energy": "100 kWh" });
    file["nodes"]["node"]["peak"] = json!("10 W");
    file["nodes"]["node"]["idle"] = json!("10 W");
    file
}

#[test]
fn the_cabinet_dies_after_the_grid() {
    let record = run(&cabinet(json!("4 h")), "plain", 0);
    agrees("from 104 h to 110.5 h", value(&record, "nodes.down.link"), 6.5 / 200.0, 1e-9);
    assert_eq!(value(&record, "nodes.down.grid"), 0.0);
    assert_eq!(value(&record, "nodes.down.ups"), 0.0);
    agrees("just long enough", value(&run(&cabinet(json!("10 h")), "plain", 0), "nodes.down.link"), 0.0, 0.0);
    agrees("none", value(&run(&cabinet(json!("0 s")), "plain", 0), "nodes.down.link"), 10.5 / 200.0, 1e-9);
}

/// On identical weather a bigger battery in the cabinet never lowers the uptime of any replication.
#[test]
fn a_bigger_cabinet_battery_is_never_worse() {
    let weather = json!({ "outages": {
        "up": { "exponential": { "mean": "30 h" } }, "down": { "lognormal": { "median": "3 h", "sigma": 1 } }, "shared_by": "site" } });
    for replication in 0..4 {
        let mut before = 0.0;
        for battery in [0.0, 1.0, 4.0, 16.0, 1000.0] {
            let median = json!({ "lognormal": { "median": format!("{battery} h"), "sigma": 0.5 } });
            let battery = if battery == 0.0 { json!("0 s") } else { median };
            let file = with(cabinet(battery), "/regions/here/grid", weather.clone());
            let uptime = value(&run(&file, "plain", replication), "links.uptime");
            assert!(uptime >= before, "{uptime} after {before}");
            before = uptime;
        }
        assert!(before > 0.99, "{before}");
    }
}

/// A provider goes down everywhere at once, whatever the region.
#[test]
fn a_provider_is_one_domain() {
    let mut file = world(2, json!({}), json!({ "arrivals": { "every": "1 s" }, "deadline": "1 s" }));
    file["regions"]["there"] = json!({});
    file["isps"] = json!({ "all": { "outages": { "up": "900 s", "down": "50 s" } } });
    file["fleet"][0]["isp"] = json!("all");
    let mut other = file["fleet"][0].clone();
    other["region"] = json!("there");
    file["fleet"].as_array_mut().expect("a list").push(other);
    let record = run(&file, "plain", 0);
    agrees("four sites for 50 s", value(&record, "nodes.down.link"), 0.05, 1e-9);
    agrees("one request a second", value(&record, "requests.failed"), 50.0, 0.0);
}

/// A chain of three regions whose first link is down from 100 s to 150 s; and a detour.
fn chain(detour: bool) -> Value {
    let mut file = world(
        1,
        json!("none"),
        json!({ "arrivals": { "every": "1 s" }, "deadline": "1 s", "from": { "here": 1 } }),
    );
    file["regions"]["there"] = json!({});
    file["fleet"][0]["region"] = json!("there");
    let cut = json!({ "between": ["here", "ix"], "length": "1000 km", "outages": { "up": "100.5 s", "down": "50 s" } });
    let mut links = vec![cut, json!(["ix", "there", "1000 km"])];
    if detour {
        links.push(json!(["here", "there", "40 ms"]));
    }
    file["backbone"] = json!({ "nodes": ["ix"], "links": links, "inflation": 2, "convergence": "10 s" });
    file["duration"] = json!("200.5 s");
    for (name, network) in [
        ("static", json!("static")),
        ("reroute", json!("reroute")),
        ("fast", json!({ "fast_reroute": { "detection": "2 s" } })),
    ] {
        file["policies"][name] = json!({ "health": "none", "network": network });
    }
    file
}

#[test]
fn fibre_is_a_millisecond_for_two_hundred_kilometres() {
    let record = run(&chain(false), "static", 0);
    agrees(
        "2000 km, twice as long as said, both ways",
        value(&record, "requests.latency.p50"),
        0.040,
        0.040 * 0.002,
    );
}

/// Who reroutes how loses how many of the fifty requests of the outage.
#[test]
fn rerouting_ends_what_the_cut_began() {
    for (policy, detour, failed) in [
        ("static", false, 50.0),
        ("reroute", false, 50.0 + 10.0),
        ("static", true, 50.0),
        ("reroute", true, 10.0),
        ("fast", true, 2.0),
    ] {
        let record = run(&chain(detour), policy, 0);
        assert_eq!(value(&record, "requests.failed"), failed, "{policy} {detour}");
        let unreachable = value(&record, "network.unreachable") * 200.5;
        agrees(policy, unreachable, failed, 0.6);
        let rerouted = value(&record, "network.rerouted") * 200.5;
        let expected = match (policy, detour) {
            ("reroute", true) => 50.0,
            ("fast", true) => 58.0,
            _ => 0.0,
        };
        agrees(policy, rerouted, expected, 1e-6);
    }
}

/// With three regions an overlay goes by way of the third, without waiting for convergence.
#[test]
fn an_overlay_relays() {
    let mut file = chain(false);
    file["regions"]["third"] = json!({});
    let links = json!([
        { "between": ["here", "there"], "latency": "5 ms", "outages": { "up": "100.5 s", "down": "50 s" } },
        ["here", "third", "10 ms"],
        ["third", "there", "10 ms"]
    ]);
    file["backbone"] = json!({ "links": links, "convergence": "1 h" });
    file["policies"]["overlay"] =
        json!({ "health": "none", "network": { "overlay": { "detection": "18 s" } } });
    assert_eq!(value(&run(&file, "reroute", 0), "requests.failed"), 50.0);
    let record = run(&file, "overlay", 0);
    assert_eq!(value(&record, "requests.failed"), 18.0);
    agrees("by the third", value(&record, "requests.latency.max"), 0.040, 0.040 * 0.002);
}

/// Real latencies: the one-way latency between two hosts of the King set is the distance of their places plus both heights.
#[test]
fn coordinates_give_latencies() {
    let mut file = chain(false);
    file["backbone"] =
        json!({ "coordinates": { "file": "data/king.syscoord", "hosts": { "here": 0, "there": 1739 } } });
    let record = run(&file, "plain", 0);
    // Hosts 0 (−30.8, −183.3, height 0.4) and 1739 (36.2, −52.2, 0.7).
    let expected = 2.0 * (libm::hypot(36.2 + 30.8, 183.3 - 52.2) + 0.4 + 0.7) * 1e-3;
    agrees("King", value(&record, "requests.latency.p50"), expected, expected * 0.002);
    let wrong = with(file, "/backbone/coordinates/hosts/there", json!(1740));
    assert!(plan_from(&wrong, &Bundled).expect_err("no such host").to_string().contains("1740 hosts"));
}

/// Regions of a topology by name, or by the nearest node.
#[test]
fn a_topology_places_regions() {
    let mut file = chain(false);
    file["regions"]["here"]["location"] = json!([47.6, -122.3]);
    file["backbone"] =
        json!({ "topology": { "file": "data/nobel-us.json", "nodes": { "there": "San-Diego" } } });
    // Seattle to San Diego directly: 1714.87 km.
    let record = run(&file, "plain", 0);
    let expected = 2.0 * 1714.87e3 / 2e8;
    agrees("Seattle to San Diego", value(&record, "requests.latency.p50"), expected, expected * 0.002);
    let wrong = with(file, "/backbone/topology/nodes/there", json!("San-Diago"));
    assert!(plan_from(&wrong, &Bundled).expect_err("no such node").to_string().contains("San-Diego"));
}

#[test]
fn contradictions_are_errors() {
    let base = || world(1, json!({}), json!({ "arrivals": { "every": "1 s" } }));
    for (pointer, value, words) in [
        ("/fleet/0/link", json!({ "buffer": "1 MB" }), "never busy"),
        ("/fleet/0/link", json!({ "cap": { "bytes": "1 GB", "then": "1 Mbit/s" } }), "without rates"),
        ("/fleet/0/uploads", json!({ "every": "1 h", "size": "1 GB" }), "take no time"),
        ("/isps", json!({ "a": {} }), "no fleet entry has the isp `a`"),
        ("/backbone", json!({ "convergence": "1 s" }), "without a graph"),
        ("/backbone", json!({ "links": [["here", "nowhere", "1 ms"]] }), "`nowhere`"),
        (
            "/backbone",
            json!({ "nodes": ["x"], "links": [["here", "x", "1 ms"]], "between": [["here", "x", "1 ms"]] }),
            "several descriptions",
        ),
    ] {
        let problems = plan_from(&with(base(), pointer, value), &Bundled).expect_err(words).to_string();
        assert!(problems.contains(words), "{words}: {problems}");
    }
    let unknown = with(with(base(), "/isps", json!({ "a": {} })), "/fleet/0/isp", json!("b"));
    assert!(
        plan_from(&unknown, &Bundled).expect_err("no such isp").to_string().contains("there is no isp `b`")
    );
}

/// On identical weather: without loss, with faster links, with a managed queue, no replication is worse.
#[test]
fn a_kinder_network_is_never_worse() {
    let link = json!({
        "latency": { "lognormal": { "median": "20 ms", "sigma": 0.5 } },
        "jitter": { "spikes": { "probability": 0.01, "extra": { "uniform": { "min": "100 ms", "max": "500 ms" } } } },
        "loss": { "gilbert_elliott": { "to_bad": "0.01 /s", "to_good": "0.1 /s", "loss_good": 0.01, "loss_bad": 0.4 } },
        "up": "1 MB/s", "down": "4 MB/s", "buffer": "1 MB"
    });
    let requests = json!({ "arrivals": { "poisson": { "rate": "2 /s" } }, "request": "100 kB", "reply": "300 kB", "deadline": "3 s" });
    let mut file =
        with(world(10, link, requests), "/fleet/0/uploads", json!({ "every": "2 min", "size": "10 MB" }));
    file["regions"]["here"]["gateway"] = json!({ "up": "5 MB/s", "down": "3 MB/s" });
    let kinder = [
        ("/fleet/0/link/loss", json!("none")),
        ("/fleet/0/link/jitter", json!("none")),
        ("/fleet/0/link/up", json!("10 MB/s")),
        ("/fleet/0/link/aqm", json!("fq")),
        ("/fleet/0/uploads", json!("none")),
        ("/regions/here/gateway", json!({ "up": "50 MB/s", "down": "30 MB/s" })),
    ];
    for replication in 0..3 {
        let base = value(&run(&file, "plain", replication), "requests.success_ratio");
        assert!((0.7..0.99).contains(&base), "{base}");
        for (pointer, kind) in &kinder {
            let better = value(
                &run(&with(file.clone(), pointer, kind.clone()), "plain", replication),
                "requests.success_ratio",
            );
            assert!(better >= base, "{pointer}: {better} after {base}");
        }
    }
}
