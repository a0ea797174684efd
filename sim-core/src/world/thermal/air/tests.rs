use super::*;

fn seconds(t: f64) -> SimTime {
    SimTime::from_secs_f64(t)
}

fn weather() -> Arc<TemperatureSeries> {
    let knots = (0..600).map(|i| {
        let hours = f64::from(i) / 12.0;
        24.0 + 7.0 * libm::sin(std::f64::consts::TAU * hours / 24.0)
    });
    Arc::new(TemperatureSeries::new(SimDuration::from_secs(300), knots.collect()))
}

fn params(mass: bool, capacity: Option<f64>) -> RoomParams {
    let held = |setpoint: f64| Arc::new(TemperatureSeries::constant(Celsius(setpoint)));
    RoomParams {
        free: weather(),
        modes: RoomParams::modes_of(
            SimDuration::from_secs(900),
            mass.then(|| (0.4, SimDuration::from_secs(30_000))),
        ),
        per_watt: KelvinPerWatt(1.0 / 120.0),
        conditioning: Some(Conditioning {
            held: [held(26.0), held(29.0)],
            capacity: capacity.map(Watts),
            cop: Some(3.0),
        }),
    }
}

/// Heat of the nodes over time: a step every two hours.
fn heat(t: f64) -> Watts {
    Watts([200.0, 900.0, 400.0, 1500.0, 0.0][(t / 7200.0) as usize % 5])
}

/// The room by small explicit steps of the differential equations, with an ideal thermostat.
fn reference(params: &RoomParams, length: f64) -> (Vec<f64>, f64, f64) {
    const STEP: f64 = 1.0;
    let [(w1, air), (w2, slow)] = params.modes;
    let capacity = params.conditioning.as_ref().and_then(|c| c.capacity).map_or(f64::INFINITY, |c| c.0);
    let k = w1 / air + w2 / slow;
    let (mut one, mut two, mut removed, mut sum) = (0.0, 0.0, 0.0, 0.0);
    let mut hourly = Vec::new();
    for step in 0..(length / STEP) as u32 {
        let t = f64::from(step) * STEP;
        let free = params.free.at(seconds(t + STEP)).0;
        let drive = heat(t).0 * params.per_watt.0;
        let next = |u: f64| {
            let go = |e: f64, theta: f64| u + (e - u) * libm::exp(-STEP / theta);
            (go(one, air), go(two, slow))
        };
        // Remove as much as brings the end of the step to the setpoint, within what the unit can.
        let idle = next(drive);
        let over = free + w1 * idle.0 + w2 * idle.1 - 26.0;
        let per_kelvin = w1 * -libm::expm1(-STEP / air) + w2 * -libm::expm1(-STEP / slow);
        let q = (over / per_kelvin).clamp(0.0, capacity * params.per_watt.0);
        let before = params.free.at(seconds(t)).0 + w1 * one + w2 * two;
        (one, two) = next(drive - q);
        removed += q / params.per_watt.0 * STEP;
        let after = free + w1 * one + w2 * two;
        sum += 0.5 * STEP * (before + after);
        if (step + 1) % 3600 == 0 {
            hourly.push(after);
        }
    }
    assert!(k > 0.0);
    (hourly, removed, sum)
}

/// The room by its regimes.
fn by_events(params: &RoomParams, length: f64) -> (Vec<f64>, f64, f64, u32) {
    let mut room = RoomState::new(params, true);
    let (mut hourly, mut changes) = (Vec::new(), 0);
    room.set_heat(heat(0.0));
    room.decide(params);
    let end = seconds(length);
    let mut hour = seconds(3600.0);
    while room.at < end {
        let now = room.at.since(SimTime::ZERO).as_secs_f64();
        let step = seconds(((now / 7200.0).floor() + 1.0) * 7200.0);
        let change = room.next_change(params, room.heat, room.heat, end).unwrap_or(SimTime::MAX);
        let next = step.min(change).min(hour).min(end);
        room.advance(params, next, Celsius(0.0));
        changes += u32::from(next == change);
        assert!(changes < 2_000, "it chatters");
        if next == hour {
            hourly.push(room.temperature(params, next).0);
            hour = hour.saturating_add(SimDuration::from_secs(3600));
        }
        if next == step {
            room.set_heat(heat(next.since(SimTime::ZERO).as_secs_f64()));
        }
        room.decide(params);
    }
    (hourly, room.removed().0, room.degree_seconds(), changes)
}

#[test]
fn regimes_agree_with_small_steps() {
    for mass in [false, true] {
        for capacity in [None, Some(1200.0), Some(500.0)] {
            let params = params(mass, capacity);
            let length = 40.0 * 3600.0;
            let (expected, removed, sum) = reference(&params, length);
            let (found, by_regimes, course, changes) = by_events(&params, length);
            let label = format!("mass {mass}, capacity {capacity:?}, {changes} changes");
            // The reference begins at the setpoint at best; its first second is not that of the regimes.
            for (hour, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!((found - expected).abs() < 0.01, "{label}, hour {hour}: {found} {expected}");
            }
            assert!((by_regimes - removed).abs() < 2e-3 * removed, "{label}: {by_regimes} {removed}");
            assert!((course - sum).abs() < 1e-4 * sum, "{label}: {course} {sum}");
        }
    }
}

#[test]
fn a_failed_unit_lets_the_room_run_away() {
    let params = params(false, None);
    let mut room = RoomState::new(&params, true);
    room.set_heat(Watts(2400.0));
    room.settle(&params);
    assert_eq!(room.regime(), Regime::Holding);
    room.advance(&params, seconds(100.0), Celsius(0.0));
    room.set_running(&params, false);
    let mut other = room.clone();
    let highest = room.advance(&params, seconds(100.0 + 9000.0), Celsius(0.0));
    // It only warms up; what is lower than has been is not looked for.
    assert!((highest.0 - room.temperature(&params, seconds(9100.0)).0).abs() < 1e-3);
    assert_eq!(other.advance(&params, seconds(100.0 + 9000.0), Celsius(90.0)), Celsius(90.0));
    let free = params.free.at(seconds(9100.0)).0;
    assert!((room.temperature(&params, seconds(9100.0)).0 - free - 20.0).abs() < 0.01);
}

#[test]
fn an_unlimited_unit_removes_heat_and_what_flows_in() {
    let held = Arc::new(TemperatureSeries::constant(Celsius(25.0)));
    let params = RoomParams {
        free: Arc::new(TemperatureSeries::constant(Celsius(35.0))),
        conditioning: Some(Conditioning { held: [Arc::clone(&held), held], capacity: None, cop: None }),
        ..params(true, None)
    };
    let mut room = RoomState::new(&params, true);
    room.set_heat(Watts(700.0));
    room.decide(&params);
    let days = 30.0 * 86_400.0;
    room.advance(&params, seconds(days), Celsius(0.0));
    // Long after the start walls are at the setpoint as well.
    let expected = 700.0 + 120.0 * 10.0;
    assert!((room.removes(&params).0 - expected).abs() < 1e-6, "{:?}", room.removes(&params));
    assert!((room.removed().0 / days - expected).abs() < 0.02 * expected);
}
