//! Small worlds whose course is known exactly.

use super::*;
use crate::kernel::{Dist, SimDuration};
use crate::quantity::*;
use crate::scenario::*;
use indexmap::IndexMap;

fn s(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds)
}

fn node_type() -> NodeType {
    NodeType {
        slots: 1,
        queue: None,
        discipline: Discipline::Fifo,
        speed: 1.0,
        slowdown: None,
        error_rate: 0.0,
        boot: None,
        boot_power: 1.0,
        on_down: OnDown::Lose,
        hardware: Hardware::default(),
        build: None,
        batches: None,
        churn: None,
        presence: None,
        sleep: None,
        idle: Watts(0.0),
        peak: Watts(0.0),
        curve: None,
        psu_efficiency: None,
        power_cap: None,
        dvfs: None,
        inrush: 0.0,
        thermal: None,
        capex: Dollars(0.0),
        lifetime_months: 36.0,
        maintenance: DollarsPerMonth(0.0),
        storage: None,
        bit_rot: None,
        withholds: 0.0,
    }
}

fn named<T>(name: &str, value: T) -> Named<T> {
    IndexMap::from([(name.to_owned(), value)])
}

/// One site with one node of this type, and no work.
fn world(node: NodeType, duration: f64) -> Scenario {
    Scenario {
        name: "test".into(),
        description: String::new(),
        seed: 11,
        start: LocalDateTime { seconds: 0 },
        duration: s(duration),
        warmup: SimDuration::ZERO,
        replications: 1,
        blame: false,
        regions: named("here", Region::default()),
        backbone: Backbone::default(),
        isps: IndexMap::new(),
        nodes: named("node", node),
        fleet: vec![FleetEntry {
            name: "home".into(),
            region: "here".into(),
            sites: 1,
            building: None,
            grid: None,
            breaker: None,
            ups: None,
            link: None,
            isp: None,
            operator: None,
            tariff: None,
            costs: SiteCosts::default(),
            uploads: None,
            surge_protection: SurgeProtection::None,
            crews: None,
            churn: None,
            presence: None,
            racks: vec![Rack { count: 1, cooling: None, nodes: named("node", 1) }],
        }],
        workloads: IndexMap::new(),
        policies: named("ideal", Policy::default()),
        faults: Vec::new(),
        slo: IndexMap::new(),
        software: IndexMap::new(),
        quorum: None,
        economics: None,
        rare: None,
        statistics: Default::default(),
    }
}

fn requests(arrivals: Arrivals, demand: Dist) -> Named<Workload> {
    let requests = Requests {
        arrivals,
        demand: Some(demand),
        request: Bytes(0.0),
        reply: Bytes(0.0),
        deadline: None,
        from: IndexMap::new(),
        keys: None,
    };
    named("work", Workload::Requests(requests))
}

fn every(seconds: f64) -> Arrivals {
    Arrivals::Every(Dist::Constant(seconds))
}

fn outages(up: f64, down: f64) -> Option<Grid> {
    let outages = Outages {
        up: Dist::Constant(up),
        down: Dist::Constant(down),
        shared_by: PowerDomain::Site,
        up_in_storm: None,
    };
    Some(Grid { outages: vec![outages], feeder_size: 1, ..Grid::default() })
}

fn metric(record: &RunRecord, name: &str) -> f64 {
    *record.metrics.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", record.metrics))
}

fn assert_metric(record: &RunRecord, name: &str, expected: f64) {
    let found = metric(record, name);
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3),
        "{name}: {found}, expected {expected}"
    );
}

#[test]
fn a_single_server_serves_in_turn() {
    let mut world = world(node_type(), 100.5);
    world.workloads = requests(every(1.0), Dist::Constant(2.0));
    let record = run(&world, "ideal", 0, 0);
    // Request n arrives at n, starts at 2n − 1, and is done at 2n + 1, n + 1 later.
    assert_metric(&record, "requests.arrived", 100.0);
    assert_metric(&record, "requests.completed", 49.0);
    assert_metric(&record, "requests.in_flight", 51.0);
    assert_metric(&record, "requests.latency.mean", 26.0);
    assert_metric(&record, "requests.success_ratio", 1.0);
    assert_metric(&record, "requests.extra_load", 0.0);
    assert_metric(&record, "nodes.busy", 99.5 / 100.5);
}

#[test]
fn outages_are_charged_to_the_grid_and_boots_to_booting() {
    let mut world = world(NodeType { boot: Some(Dist::Constant(5.0)), ..node_type() }, 1000.0);
    world.fleet[0].grid = outages(80.0, 20.0);
    let record = run(&world, "ideal", 0, 0);
    assert_metric(&record, "nodes.down.grid", 0.2);
    // The last of ten outages ends with the run.
    assert_metric(&record, "nodes.down.booting", 9.0 * 5.0 / 1000.0);
    assert_metric(&record, "nodes.uptime", 0.8 - 0.045);
    assert_metric(&record, "nodes.failures", 10.0);
    assert_metric(&record, "nodes.mtbf", 75.5);
}

#[test]
fn a_battery_rides_through_and_recharges() {
    let mut world = world(NodeType { idle: Watts(100.0), peak: Watts(100.0), ..node_type() }, 1000.0);
    world.fleet[0].grid = outages(80.0, 20.0);
    let ups = Ups {
        energy: Joules(1000.0),
        power: None,
        recharge: None,
        efficiency: 0.8,
        hidden_failure: 0.0,
        peukert: None,
        standby: Watts(0.0),
        transfer: None,
        corrects_sags: true,
        ageing: None,
        death: None,
        self_test: None,
    };
    // 1000 J at 125 W last 8 s of each outage of 20 s.
    world.fleet[0].ups = Some(ups.clone());
    let record = run(&world, "ideal", 0, 0);
    assert_metric(&record, "nodes.down.ups", 10.0 * 12.0 / 1000.0);
    // What the battery gives costs a quarter more.
    assert_metric(&record, "energy.total", 100.0 * 880.0 + 10.0 * 25.0 * 8.0);
    // With 10 W into the battery, 80 s bring back 800 J, which last 6.4 s.
    world.fleet[0].ups = Some(Ups { recharge: Some(Watts(10.0)), ..ups.clone() });
    let record = run(&world, "ideal", 0, 0);
    assert_metric(&record, "nodes.down.ups", (12.0 + 9.0 * 13.6) / 1000.0);
    // Overload is found at once.
    world.fleet[0].ups = Some(Ups { power: Some(Watts(99.0)), ..ups });
    let record = run(&world, "ideal", 0, 0);
    assert_metric(&record, "nodes.down.ups", 0.2);
}

#[test]
fn a_breaker_trips_and_is_reclosed() {
    let mut world = world(NodeType { idle: Watts(1600.0), peak: Watts(1600.0), ..node_type() }, 1000.0);
    let breaker = Breaker {
        rating: Amperes(10.0),
        voltage: Volts(100.0),
        time_constant: s(150.0),
        trip_ratio: Dist::Constant(1.25),
        derating: None,
        neighbours: None,
        fatigue: None,
        magnetic: None,
        reclose: None,
    };
    world.fleet[0].breaker = Some(breaker);
    let record = run(&world, "ideal", 0, 0);
    let trip = 150.0 * libm::log(1.6 * 1.6 / (1.6 * 1.6 - 1.25 * 1.25));
    assert_metric(&record, "sites.breaker_trips", 1.0);
    assert_metric(&record, "nodes.down.breaker", (1000.0 - trip) / 1000.0);
    world.fleet[0].breaker.as_mut().expect("just set").reclose = Some(Reclose::Always(Dist::Constant(100.0)));
    let record = run(&world, "ideal", 0, 0);
    assert!(metric(&record, "sites.breaker_trips") > 3.0, "it trips again and again");
}

fn hot(idle: f64, peak: f64) -> NodeType {
    let thermal = Thermal {
        resistance: KelvinPerWatt(0.5),
        time_constant: s(60.0),
        chassis: None,
        leakage: None,
        hardware_slowdown: None,
        throttle: Some(Throttle {
            at: Celsius(90.0),
            resume: Celsius(80.0),
            speed: 0.35,
            power: ThrottlePower::Factor(45.0 / 110.0),
        }),
        shutdown: None,
    };
    NodeType { idle: Watts(idle), peak: Watts(peak), thermal: Some(thermal), ..node_type() }
}

fn at_forty(mut world: Scenario) -> Scenario {
    let weather = Weather { base: WeatherBase::Constant(Celsius(40.0)), heat_waves: None, storms: None };
    world.regions[0].weather = Some(weather);
    world
}

/// Time throttled in `run` seconds of the limit cycle of a node that always draws 110 W or, throttled, 45 W.
fn cycle_throttled(run: f64) -> f64 {
    let (first, heat, cool) = (60.0 * libm::log(11.0), 60.0 * libm::log(3.0), 60.0 * libm::log(27.5 / 17.5));
    let cycles = ((run - first) / (heat + cool)).floor();
    let rest = (run - first - cycles * (heat + cool)).min(cool);
    cycles * cool + rest
}

#[test]
fn throttling_runs_through_its_limit_cycle() {
    let record = run(&at_forty(world(hot(110.0, 110.0), 10_000.0)), "ideal", 0, 0);
    let throttled = cycle_throttled(10_000.0);
    assert!((metric(&record, "nodes.throttled") * 10_000.0 - throttled).abs() < 1e-5);
    assert!(
        (metric(&record, "energy.total") - (110.0 * (10_000.0 - throttled) + 45.0 * throttled)).abs() < 1e-3
    );
    assert!((metric(&record, "nodes.temperature.max") - 90.0).abs() < 1e-6);
}

#[test]
fn heat_slows_what_a_node_serves() {
    // Always busy: the same limit cycle, and work is done at 35 % of the speed in the throttled part.
    let mut world = at_forty(world(hot(10.0, 110.0), 10_000.0));
    world.workloads = requests(every(0.5), Dist::Constant(1.0));
    let record = run(&world, "ideal", 0, 0);
    // The first request arrives at 0.5 s: until then the node idles.
    let throttled = metric(&record, "nodes.throttled") * 10_000.0;
    assert!((throttled / cycle_throttled(10_000.0) - 1.0).abs() < 1e-3, "{throttled}");
    let done = 9_999.5 - throttled * 0.65;
    assert!((metric(&record, "requests.completed") - done).abs() <= 1.0, "{done}");
}

#[test]
fn a_node_that_shuts_down_cools_and_boots() {
    let mut node = hot(110.0, 110.0);
    let thermal = node.thermal.as_mut().expect("it is hot");
    thermal.throttle = None;
    thermal.shutdown = Some(Shutdown { at: Celsius(90.0), resume: Celsius(50.0), restart: Restart::Auto });
    node.boot = Some(Dist::Constant(10.0));
    let record = run(&at_forty(world(node, 10_000.0)), "ideal", 0, 0);
    // From 90 °C to 50 °C without power: τ ln 5. From 50 °C to 90 °C at 110 W: τ ln 9, boot included.
    let (down, up, first) = (60.0 * libm::log(5.0), 60.0 * libm::log(9.0), 60.0 * libm::log(11.0));
    let expected = down / (down + up);
    let found = metric(&record, "nodes.down.overheat") * 10_000.0 / (10_000.0 - first);
    assert!((found / expected - 1.0).abs() < 0.02, "{found} for {expected}");
    let boots = metric(&record, "nodes.down.booting") * 10_000.0 / 10.0;
    assert!((boots - ((10_000.0 - first) / (down + up))).abs() < 1.0, "{boots}");
}

#[test]
fn held_work_resumes_and_lost_work_is_written_off() {
    for (on_down, completed, failed) in [(OnDown::Hold, 8.0, 0.0), (OnDown::Lose, 5.0, 4.0)] {
        let mut world = world(NodeType { on_down, ..node_type() }, 97.0);
        world.policies[0].health = Health::None;
        world.fleet[0].grid = outages(25.0, 10.0);
        // Work from 10n to 10n + 6; outages 25–35, 60–70 and 95 on.
        world.workloads = requests(every(10.0), Dist::Constant(6.0));
        let record = run(&world, "ideal", 0, 0);
        assert_metric(&record, "requests.completed", completed);
        assert_metric(&record, "requests.failed", failed);
        assert_metric(&record, "requests.arrived", 9.0);
    }
}

#[test]
fn processor_sharing_shares() {
    let mut world = world(NodeType { discipline: Discipline::Ps, ..node_type() }, 100.0);
    let trace: Vec<SimTime> = [1.0, 2.0].map(SimTime::from_secs_f64).to_vec();
    world.workloads = requests(Arrivals::Trace(trace.into()), Dist::Constant(2.0));
    let record = run(&world, "ideal", 0, 0);
    // Alone 1–2, together from 2: the first is done at 4, the second, alone again, at 5.
    assert_metric(&record, "requests.latency.mean", 3.0);
    assert_metric(&record, "requests.latency.max", 3.0);
}

#[test]
fn messages_take_their_way_and_their_time() {
    let mut world = world(node_type(), 100.0);
    world.fleet[0].link = Some(Link {
        latency: Some(Dist::Constant(0.25)),
        up: Some(BytesPerSecond(100.0)),
        down: Some(BytesPerSecond(1000.0)),
        ..Link::default()
    });
    world.workloads = requests(every(10.0), Dist::Constant(1.0));
    let Workload::Requests(work) = &mut world.workloads[0] else { panic!("requests were put in") };
    (work.request, work.reply) = (Bytes(500.0), Bytes(300.0));
    let record = run(&world, "ideal", 0, 0);
    assert_metric(&record, "requests.latency.mean", 0.25 + 0.5 + 1.0 + 3.0 + 0.25);
}

#[test]
fn a_link_outage_makes_a_node_unreachable_but_does_not_stop_it() {
    let mut world = world(node_type(), 1000.0);
    let outages = LinkOutages { up: Dist::Constant(90.0), down: Dist::Constant(10.0), shared_by_isp: false };
    world.fleet[0].link = Some(Link { outages: Some(outages), ..Link::default() });
    world.policies[0].health = Health::None;
    // Arrivals at 8, 16, …; those in an outage, and those whose reply would fall into one, fail.
    world.workloads = requests(every(8.0), Dist::Constant(1.0));
    let record = run(&world, "ideal", 0, 0);
    assert_metric(&record, "nodes.down.link", 0.1);
    let fails = |t: f64| t % 100.0 >= 90.0 || (t + 1.0) % 100.0 >= 90.0;
    let failed = (1..=124).filter(|n| fails(f64::from(*n) * 8.0)).count();
    assert_metric(&record, "requests.failed", failed as f64);
}

#[test]
fn detection_is_measured_against_the_truth() {
    let mut world = world(node_type(), 10_000.0);
    world.fleet[0].grid = outages(80.0, 20.0);
    world.policies[0].health = Health::HeartbeatTimeout { period: s(2.0), timeout: s(5.0) };
    let record = run(&world, "ideal", 0, 0);
    let delay = metric(&record, "detection.delay.mean");
    assert!((3.0..=5.0).contains(&delay), "{delay}");
    assert_metric(&record, "detection.missed", 0.0);
    assert_metric(&record, "detection.false_per_node_day", 0.0);
    world.policies[0].health = Health::Probe { period: s(7.0), misses: 4, timeout: s(0.5) };
    let record = run(&world, "ideal", 0, 0);
    // 28 s of misses never fit into 20 s.
    assert_metric(&record, "detection.missed", 1.0);
}

#[test]
fn the_warm_up_is_not_measured() {
    let mut world = world(NodeType { idle: Watts(50.0), peak: Watts(50.0), ..node_type() }, 100.0);
    world.warmup = s(50.0);
    world.fleet[0].grid = outages(40.0, 20.0);
    world.workloads = requests(every(1.0), Dist::Constant(0.5));
    let record = run(&world, "ideal", 0, 0);
    // Down 40–60, and again at 100; measured from 50 on. Arrivals at 50 to 59 and at 100 find nobody.
    assert_metric(&record, "nodes.uptime", 0.8);
    assert_metric(&record, "nodes.down.grid", 0.2);
    assert_metric(&record, "energy.total", 40.0 * 50.0);
    assert_metric(&record, "requests.arrived", 51.0);
    assert_metric(&record, "requests.failed", 11.0);
}

#[test]
fn sleep_and_wake() {
    let sleep = Sleep { after: SimDuration::ZERO, wake: Dist::Constant(3.0), power: Watts(1.0) };
    let node = NodeType { sleep: Some(sleep), idle: Watts(10.0), peak: Watts(20.0), ..node_type() };
    let mut world = world(node, 100.0);
    world.workloads = requests(every(10.0), Dist::Constant(2.0));
    let record = run(&world, "ideal", 0, 0);
    assert_metric(&record, "requests.latency.mean", 5.0);
    // Requests at 10, …, 90; that at 100 is the end.
    assert_metric(&record, "nodes.waking", 0.27);
    assert_metric(&record, "energy.total", 9.0 * (3.0 * 20.0 + 2.0 * 20.0) + 55.0);
}

#[test]
fn a_fork_goes_on_like_its_original() {
    let mut world = world(
        NodeType {
            hardware: Hardware {
                faults: Some(Faults {
                    up: Dist::Exponential { mean: 50.0 },
                    down: Some(Dist::Exponential { mean: 5.0 }),
                    up_in_storm: None,
                }),
                hangs: Some(Hangs {
                    every: Dist::Exponential { mean: 90.0 },
                    watchdog: Some(Dist::Constant(3.0)),
                    watchdog_works: 1.0,
                    human: None,
                }),
                acceleration: Some(Acceleration {
                    law: AccelerationLaw::Per10K(1.35),
                    reference: Celsius(40.0),
                }),
                ..Hardware::default()
            },
            ..hot(10.0, 110.0)
        },
        5_000.0,
    );
    world.fleet[0].sites = 5;
    world.workloads =
        requests(Arrivals::Every(Dist::Exponential { mean: 0.4 }), Dist::Exponential { mean: 1.0 });
    let world = at_forty(world);
    let model = Model::new(&world, "ideal", 0);
    let mut simulation = Simulation::new(&model);
    for _ in 0..3_000 {
        let event = simulation.engine.next(SimTime::MAX).expect("there is more to come");
        simulation.handle(event);
    }
    let fork = simulation.clone();
    let whole = run(&world, "ideal", 0, 0);
    assert_eq!(simulation.run(0), whole);
    assert_eq!(fork.run(0), whole);
}
