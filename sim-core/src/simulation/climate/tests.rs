//! The air of racks and rooms against an explicit integration with small steps.

use crate::kernel::SimTime;
use crate::scenario::{NoFiles, Overrides, Scenario, Source, load};
use crate::simulation::{Model, Simulation};
use crate::world::fleet::{NodeId, RackId};
use crate::world::thermal::rack::STEPS;

/// Length of a step of the reference, in seconds.
const STEP: f64 = 0.1;

/// One machine of two slots whose work comes every 20 min and takes 30, in a rack in a room with walls.
fn scenario(cooling: &str) -> Scenario {
    let text = format!(
        r#"{{ "duration": "12 h",
             "regions": {{ "here": {{ "weather": {{ "constant": "22 C" }} }} }},
             "nodes": {{ "node": {{
                 "slots": 2, "idle": "200 W", "peak": "800 W",
                 "thermal": {{
                     "resistance": "0.03 K/W", "time_constant": "40 s",
                     "chassis": {{ "resistance": "0.02 K/W", "time_constant": "6 min" }}
                 }} }} }},
             "fleet": [{{
                 "region": "here",
                 "building": {{
                     "time_constant": "25 min", "conductance": "90 W/K",
                     "mass": {{ "time_constant": "5 h", "share": 0.4 }}
                 }},
                 "racks": [{{ "cooling": {cooling}, "nodes": {{ "node": 1 }} }}] }}],
             "workloads": {{ "work": {{ "requests": {{
                 "arrivals": {{ "every": "20 min" }}, "demand": "30 min" }} }} }},
             "policies": {{ "ideal": {{}} }} }}"#
    );
    let plan = load(&Source { name: "rack.json", text: &text }, &NoFiles, &Overrides::default());
    plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario
}

/// Power at `seconds`: of the work that has come, two at most are under way, each for 30 min, and the rest waits.
fn power(seconds: f64) -> f64 {
    let mut slots = [0.0_f64; 2];
    let mut running = 0;
    let mut arrival = 1200.0;
    while arrival <= seconds {
        let first = if slots[0] <= slots[1] { 0 } else { 1 };
        let start = slots[first].max(arrival);
        slots[first] = start + 1800.0;
        running += u32::from(start <= seconds && seconds < start + 1800.0);
        arrival += 1200.0;
    }
    200.0 + 300.0 * f64::from(running)
}

/// Fans whose flow goes from `slowest` to 1 as the air goes from `low` to `high`.
struct Fans {
    draw: f64,
    exponent: f64,
    slowest: f64,
    low: f64,
    high: f64,
    lag: f64,
}

impl Fans {
    fn width(&self) -> f64 {
        (self.high - self.low) / STEPS
    }

    fn step_at(&self, air: f64) -> f64 {
        (air - self.low) / self.width()
    }

    fn speed(&self, step: f64) -> f64 {
        self.slowest + (1.0 - self.slowest) * step / STEPS
    }

    /// The step after `step` with the sensor at `sensor`: up at the next step's temperature, down half a step below one's own.
    /// Where air that settles there would come back at once, a quarter of a step above the temperature of the new step.
    fn next(&self, step: f64, sensor: f64, settled: impl Fn(f64) -> f64) -> f64 {
        let air = self.step_at(sensor);
        let at = |step: f64| self.step_at(settled(self.speed(step)));
        let (low, high) = if step < STEPS && air >= step + 1.0 {
            let up = (step + 1.0).min(STEPS);
            if at(up) > up - 0.5 {
                return up;
            }
            (step, up)
        } else if step > 0.0 && air <= step - 0.5 {
            let down = (step - 1.0).max(0.0);
            if at(down) < down + 1.0 {
                return down;
            }
            (down, step)
        } else {
            return step;
        };
        let (mut low, mut high) = (low, high);
        while high - low > 1e-7 {
            let middle = 0.5 * (low + high);
            if at(middle) > middle + 0.25 { low = middle } else { high = middle }
        }
        low
    }
}

/// The course of everything, by steps.
struct Course {
    room: [f64; 2],
    die: f64,
    chassis: f64,
    sensor: f64,
    step: f64,
    /// Whether fans are driven without steps.
    continuous: bool,
    fan_energy: f64,
}

impl Course {
    fn new() -> Self {
        Self {
            room: [0.0; 2],
            die: 22.0,
            chassis: 22.0,
            sensor: 22.0,
            step: 0.0,
            continuous: false,
            fan_energy: 0.0,
        }
    }

    fn air(&self) -> f64 {
        22.0 + 0.6 * self.room[0] + 0.4 * self.room[1]
    }

    fn speed(&self, fans: Option<&Fans>) -> f64 {
        fans.map_or(1.0, |fans| fans.slowest + (1.0 - fans.slowest) * self.step / STEPS)
    }

    /// One step at this power, full flow in CFM and share of exhaust that comes back.
    fn go(&mut self, power: f64, (flow, back): (f64, f64), fans: Option<&Fans>) {
        let speed = self.speed(fans);
        let rise = 1.76 * power / (flow * speed);
        // What comes in is the room and a share of what goes out, which is warmer by the rise.
        let inside = self.air() + back / (1.0 - back) * rise + rise;
        let to_air = 0.02 * libm::pow(speed, -fans.map_or(0.0, |fans| fans.exponent));
        let across = (self.die - self.chassis) / 0.03;
        let die = (power - across) * 0.03 / 40.0;
        let chassis = (across - (self.chassis - inside) / to_air) * 0.02 / 360.0;
        // Fans warm the room as well.
        let drive = (power + fans.map_or(0.0, |fans| fans.draw * speed * speed * speed)) / 90.0;
        if let Some(fans) = fans {
            self.fan_energy += fans.draw * speed * speed * speed * STEP;
            self.sensor += STEP * (inside - self.sensor) / fans.lag;
            if self.continuous {
                self.step = fans.step_at(self.sensor - 0.25 * fans.width()).clamp(0.0, STEPS);
            } else {
                let settled = |speed: f64| self.air() + 1.76 * power / (flow * speed * (1.0 - back));
                self.step = fans.next(self.step, self.sensor, settled);
            }
        }
        self.die += STEP * die;
        self.chassis += STEP * chassis;
        self.room[0] += STEP * (drive - self.room[0]) / 1500.0;
        self.room[1] += STEP * (drive - self.room[1]) / 18_000.0;
    }
}

/// Holds a run against the reference at every minute: the greatest difference of temperature, the steps at which the
/// fans were seen, and how many minutes fans were at another step than those of the reference.
fn compare(cooling: &str, flow: (f64, f64), fans: Option<&Fans>) -> (f64, Vec<f64>, u32) {
    against(Course::new(), cooling, flow, fans, 2e-4)
}

/// As [`compare`], against a course; the energy of the fans may be off by this share.
fn against(
    mut course: Course,
    cooling: &str,
    flow: (f64, f64),
    fans: Option<&Fans>,
    tolerance: f64,
) -> (f64, Vec<f64>, u32) {
    let scenario = scenario(cooling);
    let model = Model::new(&scenario, "ideal", 0);
    let mut run = Simulation::new(&model);
    let (mut worst, mut seen, mut apart) = (0.0_f64, Vec::new(), 0);
    for minute in 0..720_u32 {
        for part in 0..600 {
            course.go(power(f64::from(minute) * 60.0 + f64::from(part) * STEP + 1e-6), flow, fans);
        }
        let now = SimTime::from_secs_f64(60.0 * f64::from(minute + 1));
        while let Some(event) = run.engine.next(now) {
            run.handle(event);
        }
        let die = run.telemetry(NodeId(0)).temperature.expect("it is heated").0;
        worst = worst.max((die - course.die).abs());
        let step = run.racks[RackId(0).index()].step();
        if fans.is_some() {
            apart += u32::from((step - course.step).abs() > 1e-3);
            if seen.last() != Some(&step) {
                seen.push(step);
            }
        }
    }
    if let Some(fans) = fans {
        let energy = crate::simulation::run(&scenario, "ideal", 0, 0).metrics["energy.cooling"];
        let share = (energy - course.fan_energy).abs() / course.fan_energy;
        assert!(share < tolerance, "fans of {} W: {energy} J instead of {} J", fans.draw, course.fan_energy);
    }
    (worst, seen, apart)
}

#[test]
fn shared_air_follows_a_fine_step() {
    let (worst, ..) = compare(r#"{ "airflow": "120 CFM", "recirculation": 0.25 }"#, (120.0, 0.25), None);
    // The reference is of first order: 0.1 s of a rise of 18 K in 40 s.
    assert!(worst < 0.02, "{worst} K");
}

#[test]
fn fans_that_follow_the_air_follow_a_fine_step() {
    let fans = Fans { draw: 60.0, exponent: 0.7, slowest: 0.35, low: 28.0, high: 46.0, lag: 90.0 };
    let cooling = r#"{ "airflow": "150 CFM", "recirculation": 0.2, "fan": {
        "speed": "pwm", "power": "60 W", "exponent": 0.7, "slowest": 0.35, "low": "28 C", "high": "46 C",
        "time_constant": "90 s" } }"#;
    let (worst, seen, apart) = compare(cooling, (150.0, 0.2), Some(&fans));
    // A step of the reference may be 0.1 s late and more where the air hardly moves.
    assert!(worst < 0.1, "{worst} K");
    let continuous = Course { continuous: true, ..Course::new() };
    let (away, ..) = against(continuous, cooling, (150.0, 0.2), Some(&fans), 0.04);
    assert!(away < 1.5, "{away} K from a control without steps");
    assert!(apart <= 1, "apart in {apart} minutes");
    assert!(seen.len() > 20, "the fans have work: {seen:?}");
}
