//! Feeders on the same draws: a second cause of outages makes nothing better, and spreading sites over more feeders makes the worst
//! moment no worse, while it makes it rarer that nothing at all is out.
//!
//! Feeders are numbered through, and the outages of feeder k are the same however many feeders there are. With twelve sites on n
//! feeders all are down only while feeders 0 to n − 1 are: a part of the time in which those of fewer feeders are.

mod common;

use common::{run_of, value};
use serde_json::{Value, json};

/// Twelve sites with outages of a tenth of the time, and how many of them must be up.
fn street(feeder_size: u32, outages: &Value, quorum: u32) -> Value {
    json!({
        "name": "feeders",
        "duration": "200 d",
        "regions": { "here": { "grid": { "outages": outages, "feeder_size": feeder_size } } },
        "nodes": { "box": { "boot": "1 min" } },
        "fleet": [{ "sites": 12, "racks": [{ "nodes": { "box": 1 } }] }],
        "quorum": { "nodes": quorum },
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "30 /h" } }, "demand": "1 min", "deadline": "1 h" } } },
        "policies": { "bare": { "health": "none", "requests": { "timeout": "30 min" } } }
    })
}

fn cause(up: &str, down: &str) -> Value {
    json!({ "up": { "exponential": { "mean": up } }, "down": { "exponential": { "mean": down } }, "shared_by": "feeder" })
}

#[test]
fn spreading_over_feeders_never_makes_the_worst_moment_worse() {
    let outages = json!([cause("9 d", "1 d")]);
    let met = |size, quorum, replication| {
        value(&run_of(&street(size, &outages, quorum), replication), "nodes.quorum_met")
    };
    let (mut better, mut rarer) = (false, false);
    for replication in 0..3 {
        let sizes = [12, 6, 4, 3, 2, 1];
        for pair in sizes.windows(2) {
            let (gathered, spread) = (met(pair[0], 1, replication), met(pair[1], 1, replication));
            assert!(
                spread >= gathered - 1e-12,
                "at least one up: {spread} on more feeders, {gathered} on fewer"
            );
            better |= spread > gathered;
            let (gathered, spread) = (met(pair[0], 12, replication), met(pair[1], 12, replication));
            assert!(spread <= gathered + 1e-12, "all up: {spread} on more feeders, {gathered} on fewer");
            rarer |= spread < gathered;
        }
    }
    assert!(better && rarer, "it makes no difference");
}

#[test]
fn more_outages_are_never_better() {
    let [first, second, third] = [cause("20 d", "1 d"), cause("30 d", "5 h"), cause("40 d", "1 min")];
    let causes = [json!([first]), json!([first, second]), json!([first, second, third])];
    for (size, replication) in [(12, 0), (3, 0), (3, 1), (1, 2)] {
        let records = causes.each_ref().map(|outages| run_of(&street(size, outages, 8), replication));
        for pair in records.windows(2) {
            for name in ["nodes.uptime", "nodes.quorum_met", "nodes.uptime.p5"] {
                let (few, many) = (value(&pair[0], name), value(&pair[1], name));
                assert!(many <= few + 1e-12, "{name} is {few} with fewer outages and {many} with more");
            }
        }
        let [few, _, many] = records.each_ref().map(|record| value(record, "nodes.uptime"));
        assert!(many < few, "it makes no difference");
    }
}

#[test]
fn longer_outages_are_never_better() {
    // Only the down times are stretched, and outages begin as often: constant times up would be moved, so one outage is compared.
    let once = |down: &str| json!([{ "up": "100 d", "down": down, "shared_by": "feeder" }]);
    let uptimes = ["0 s", "1 h", "3 d", "30 d"]
        .map(|down| value(&run_of(&street(4, &once(down), 1), 0), "nodes.uptime"));
    assert!(uptimes.is_sorted_by(|short, long| short > long), "{uptimes:?}");
}
