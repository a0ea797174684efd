//! The cooling of a rack: shared air, fans, dust, a liquid loop, an air conditioner of its own.
//!
//! A flow V takes up the heat P of the nodes with a rise `dT = P / (ρ c_p V)`, which is 1.76 K CFM/W (ρ c_p = 1.204 kJ/(m³ K)).
//! A share r of the exhaust comes back, so the inlet is `room + r/(1 − r) dT`, and the nodes stand in well-mixed air at
//! `room + dT/(1 − r)`. Flow goes with the speed s of the fans, their draw with s³, and the resistance of the nodes to
//! the air with s^(−exponent): 0.6 to 0.8 for forced convection.
//!
//! *PWM*: speed rises linearly with the temperature of the rack's air, as its control feels it (first-order lag), from `slowest` at
//! `low` to 1 at `high`, in [`STEPS`] steps with a hysteresis of half a step. So it needs one event per step. Where the step above
//! would cool the air so far that the step below heats it up again, a control in whole steps hunts for ever, once in a minute
//! or two; one without steps settles. So does this one: at such a step it goes to the speed between the two at which the settled air
//! is in the middle between its thresholds, and stays there until the air has moved by three quarters of a step.
//!
//! *Dust*: the resistance grows by `per_year` a year since the last cleaning. It is constant over [`DUST_STEP`], at its
//! value in the middle: the error is at most `per_year · 3.5 d / 1 y` of the resistance, a thousandth at 10 % a year, above the exact value and below it in turn.
//!
//! *Split unit*: the rack is an enclosure held at the setpoint while the unit works, as far as its capacity carries the
//! heat; what is over it warms the air. What it removes does not warm the room. Failed, it leaves the rack open to it.
//!
//! *Error*: rise, flow and fan laws are exact at each step, and steps come at the crossing of the control's air to a
//! nanosecond. Against an integration by 0.1 s of rack, control, die, chassis and room (`simulation/climate/tests.rs`)
//! nodes in shared air are within 0.02 K at every minute, with PWM fans within 0.1 K and the energy of the fans within
//! 2·10⁻⁴, which is the error of the integration. Against a control without steps, nodes are within 1.5 K and the energy of
//! the fans within 4 %, which is what steps of a sixth of the range come to. The air itself holds no heat: what a power change does to it comes
//! sooner by the time that air takes through the rack, a few seconds.
//!
//! Left out: that recirculated air is shared between racks; that fans warm the air of their own rack and not only that of the room; the speed of repair after a leak.

use super::masses::Masses;
use super::series::Side;
use crate::kernel::SimDuration;
use crate::quantity::{Celsius, Kelvin, Watts};
use crate::scenario::spec::{Cooling, FanSpeed};

/// Volumetric heat capacity of air, J/(m³ K): 1.76 K CFM/W.
const AIR: f64 = 1.0 / (1.76 * 0.000_471_947_443_2);
/// Steps of a PWM fan between slowest and full speed.
pub const STEPS: f64 = 6.0;
/// How long the resistance that dust adds is taken as constant.
pub const DUST_STEP: SimDuration = SimDuration::from_secs(7 * 86_400);
const YEAR: f64 = 365.25 * 86_400.0;
/// The middle between the thresholds of a step, in steps above its own temperature.
const MIDDLE: f64 = 0.25;
/// Halvings of a step until its balance is found to a millionth.
const HALVINGS: u32 = 20;

/// What works in a rack, and how fast its fans turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RackCooling {
    /// Step of the fans, 0 to [`STEPS`]; between two where whole steps would hunt.
    pub step: f64,
    /// Whether the fans stand still.
    pub fan_failed: bool,
    /// Whether the pump stands still.
    pub pump_failed: bool,
    /// Whether the air conditioner of the rack does nothing.
    pub split_failed: bool,
    /// Time since the last cleaning.
    pub dusty: SimDuration,
}

impl RackCooling {
    /// Everything works and is clean; PWM fans are at their slowest.
    pub fn new(cooling: &Cooling) -> Self {
        let pwm = cooling.fan.as_ref().is_some_and(|fan| fan.speed == FanSpeed::Pwm);
        Self {
            step: if pwm { 0.0 } else { STEPS },
            fan_failed: false,
            pump_failed: false,
            split_failed: false,
            dusty: SimDuration::ZERO,
        }
    }

    /// The state that cools worst: all failed, and as dusty as it gets within `duration`.
    pub fn worst(cooling: &Cooling, duration: SimDuration) -> Self {
        let cleaned = cooling.dust.as_ref().and_then(|dust| dust.cleaned).unwrap_or(SimDuration::MAX);
        let dusty = cleaned.min(duration);
        Self { step: 0.0, fan_failed: true, pump_failed: true, split_failed: true, dusty }
    }

    /// Speed of the fans as a share of full speed.
    pub fn speed(&self, cooling: &Cooling) -> f64 {
        cooling.fan.as_ref().map_or(1.0, |fan| {
            let slowest = if fan.speed == FanSpeed::Pwm { fan.slowest } else { 1.0 };
            slowest + (1.0 - slowest) * self.step / STEPS
        })
    }

    /// Flow of air as a share of the full flow.
    pub fn flow(&self, cooling: &Cooling) -> f64 {
        match &cooling.fan {
            Some(fan) if self.fan_failed => fan.failed_flow.min(self.speed(cooling)),
            _ => self.speed(cooling),
        }
    }

    /// What the resistance of the nodes to the air is multiplied by.
    pub fn factor(&self, cooling: &Cooling) -> f64 {
        let mut factor = cooling.resistance_factor;
        if let Some(fan) = &cooling.fan {
            factor *= libm::pow(self.flow(cooling), -fan.exponent);
        }
        if let Some(liquid) = &cooling.liquid {
            factor *= if self.pump_failed { liquid.failed_factor } else { liquid.resistance_factor };
        }
        if let Some(dust) = &cooling.dust {
            factor *= 1.0 + dust.per_year * self.dusty.as_secs_f64() / YEAR;
        }
        factor
    }

    /// How much the air around the nodes is warmer per watt in the rack, than what comes in from outside it.
    pub fn rise_per_watt(&self, cooling: &Cooling) -> f64 {
        cooling.airflow.map_or(0.0, |airflow| {
            1.0 / (AIR * airflow.0 * self.flow(cooling) * (1.0 - cooling.recirculation))
        })
    }

    /// Whether the nodes stand in an enclosure that the rack's own unit cools.
    pub fn enclosed(&self, cooling: &Cooling) -> bool {
        cooling.split.is_some() && !self.split_failed
    }

    /// How much warmer the nodes' air is than the room, or than the setpoint of an enclosure that is cooled.
    pub fn rise(&self, cooling: &Cooling, heat: Watts) -> Kelvin {
        let open = if self.enclosed(cooling) { self.removed(cooling, heat) } else { Watts(0.0) };
        let fixed = if self.enclosed(cooling) { 0.0 } else { cooling.rise.0 };
        Kelvin(fixed + self.rise_per_watt(cooling) * (heat.0 - open.0))
    }

    /// Heat that the rack's own unit takes out.
    pub fn removed(&self, cooling: &Cooling, heat: Watts) -> Watts {
        match &cooling.split {
            Some(unit) if !self.split_failed => {
                Watts(unit.capacity.map_or(heat.0, |capacity| heat.0.min(capacity.0)))
            }
            _ => Watts(0.0),
        }
    }

    /// Draw of fans and unit, besides the fixed `power` of the cooling.
    pub fn power(&self, cooling: &Cooling, heat: Watts) -> Watts {
        let unit = cooling.split.as_ref().and_then(|unit| unit.cop);
        Watts(self.fan_power(cooling).0 + unit.map_or(0.0, |cop| self.removed(cooling, heat).0 / cop))
    }

    /// Draw of the fans.
    pub fn fan_power(&self, cooling: &Cooling) -> Watts {
        Watts(cooling.fan.as_ref().filter(|_| !self.fan_failed).map_or(0.0, |fan| {
            let speed = self.speed(cooling);
            fan.power.0 * speed * speed * speed
        }))
    }

    /// The air of the rack as the control of its fans feels it: a mass that the heat of the rack warms.
    pub fn sensor(&self, cooling: &Cooling) -> Option<Masses> {
        let fan = cooling.fan.as_ref().filter(|fan| fan.speed == FanSpeed::Pwm)?;
        Some(Masses::single(self.rise_per_watt(cooling), fan.time_constant))
    }

    /// Temperatures at which the fans go a step up, and a step down.
    pub fn thresholds(&self, cooling: &Cooling) -> (Option<Celsius>, Option<Celsius>) {
        let Some(fan) = &cooling.fan else { return (None, None) };
        let width = (fan.high.0 - fan.low.0) / STEPS;
        let at = |step: f64| fan.low.0 + width * step;
        let up = (self.step < STEPS).then(|| Celsius(at(self.step + 1.0)));
        let down = (self.step > 0.0).then(|| Celsius(at(self.step) - 0.5 * width));
        (up, down)
    }

    /// The fans go a step up, or down, in air that comes in at `inlet` and takes up `heat`: a whole step, or, if the air would
    /// bring them back from there, to where they hold the air in the middle between their thresholds.
    pub fn shift(&mut self, cooling: &Cooling, side: Side, inlet: Celsius, heat: Watts) {
        let Some(fan) = &cooling.fan else { return };
        let whole = match side {
            Side::Above => (self.step + 1.0).min(STEPS),
            Side::Below => (self.step - 1.0).max(0.0),
        };
        let before = std::mem::replace(&mut self.step, whole);
        let settled = |step: f64| {
            let there = Self { step, ..*self };
            (inlet.0 + there.rise_per_watt(cooling) * heat.0, there.thresholds(cooling))
        };
        let (air, (up, down)) = settled(whole);
        let hunts = match side {
            Side::Above => down.is_some_and(|down| air <= down.0),
            Side::Below => up.is_some_and(|up| air >= up.0),
        };
        if !hunts {
            return;
        }
        let width = (fan.high.0 - fan.low.0) / STEPS;
        let middle = |step: f64| fan.low.0 + width * (step + MIDDLE);
        let (mut low, mut high) = (before.min(whole), before.max(whole));
        // The settled air falls with the step and the middle rises: one root, if the ends are on its two sides.
        if settled(low).0 < middle(low) || settled(high).0 > middle(high) {
            return;
        }
        for _ in 0..HALVINGS {
            let half = 0.5 * (low + high);
            if settled(half).0 > middle(half) { low = half } else { high = half }
        }
        self.step = 0.5 * (low + high);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::CubicMetresPerSecond;
    use crate::scenario::spec::{AirConditioning, Dust, Fan, LiquidLoop};

    fn fan(speed: FanSpeed) -> Fan {
        Fan {
            speed,
            power: Watts(40.0),
            exponent: 0.7,
            slowest: 0.4,
            low: Celsius(30.0),
            high: Celsius(42.0),
            time_constant: SimDuration::from_secs(120),
            faults: None,
            failed_flow: 0.1,
        }
    }

    fn cfm(flow: f64) -> Option<CubicMetresPerSecond> {
        Some(CubicMetresPerSecond(flow * 0.000_471_947_443_2))
    }

    #[test]
    fn air_rises_by_the_rule_of_the_trade() {
        let cooling = Cooling { airflow: cfm(100.0), ..Cooling::default() };
        let rack = RackCooling::new(&cooling);
        assert!((rack.rise(&cooling, Watts(500.0)).0 - 8.8).abs() < 1e-9);
        let cooling = Cooling { recirculation: 0.2, ..cooling };
        assert!((rack.rise(&cooling, Watts(500.0)).0 - 11.0).abs() < 1e-9);
    }

    #[test]
    fn fans_follow_the_laws_of_fans() {
        let cooling = Cooling { airflow: cfm(100.0), fan: Some(fan(FanSpeed::Pwm)), ..Cooling::default() };
        let slow = RackCooling::new(&cooling);
        assert!((slow.flow(&cooling) - 0.4).abs() < 1e-12);
        assert!((slow.power(&cooling, Watts(0.0)).0 - 40.0 * 0.064).abs() < 1e-12);
        assert!((slow.factor(&cooling) - libm::pow(0.4, -0.7)).abs() < 1e-12);
        let full = RackCooling { step: STEPS, ..slow };
        assert!((full.factor(&cooling) - 1.0).abs() < 1e-12 && full.thresholds(&cooling).0.is_none());
        let (up, down) = RackCooling { step: 2.0, ..slow }.thresholds(&cooling);
        assert_eq!((up, down), (Some(Celsius(36.0)), Some(Celsius(33.0))));
        let failed = RackCooling { fan_failed: true, ..full };
        assert_eq!(failed.power(&cooling, Watts(0.0)), Watts(0.0));
        assert!((failed.flow(&cooling) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn fans_settle_where_whole_steps_would_hunt() {
        let cooling = Cooling { airflow: cfm(100.0), fan: Some(fan(FanSpeed::Pwm)), ..Cooling::default() };
        let settled = |rack: &RackCooling, inlet: f64, heat: f64| inlet + rack.rise(&cooling, Watts(heat)).0;
        let mut hunted = 0;
        for tenths in 0..200 {
            let (inlet, heat) = (20.0 + 0.1 * f64::from(tenths), 600.0);
            let mut rack = RackCooling::new(&cooling);
            for _ in 0..20 {
                let (up, down) = rack.thresholds(&cooling);
                let air = settled(&rack, inlet, heat);
                if up.is_some_and(|up| air >= up.0) {
                    rack.shift(&cooling, Side::Above, Celsius(inlet), Watts(heat));
                } else if down.is_some_and(|down| air <= down.0) {
                    rack.shift(&cooling, Side::Below, Celsius(inlet), Watts(heat));
                }
            }
            let (up, down) = rack.thresholds(&cooling);
            let air = settled(&rack, inlet, heat);
            assert!(
                up.is_none_or(|up| air < up.0) && down.is_none_or(|down| air > down.0),
                "{inlet} C: {air} {rack:?} {up:?} {down:?}"
            );
            if libm::round(rack.step) != rack.step {
                hunted += 1;
                assert!((air - (30.0 + 2.0 * (rack.step + MIDDLE))).abs() < 1e-4, "{air} at {}", rack.step);
            }
        }
        assert!(hunted > 10, "{hunted}");
    }

    #[test]
    fn a_unit_of_its_own_carries_what_it_can() {
        let unit = AirConditioning {
            setpoint: Celsius(24.0),
            capacity: Some(Watts(1000.0)),
            cop: Some(2.5),
            faults: None,
        };
        let cooling = Cooling { airflow: cfm(176.0), split: Some(unit), ..Cooling::default() };
        let rack = RackCooling::new(&cooling);
        assert!(rack.rise(&cooling, Watts(800.0)).0.abs() < 1e-12);
        assert!((rack.rise(&cooling, Watts(1500.0)).0 - 5.0).abs() < 1e-9);
        assert!((rack.power(&cooling, Watts(1500.0)).0 - 400.0).abs() < 1e-12);
        let failed = RackCooling { split_failed: true, ..rack };
        assert!((failed.rise(&cooling, Watts(1500.0)).0 - 15.0).abs() < 1e-9);
    }

    #[test]
    fn dust_and_pumps_raise_the_resistance() {
        let dust = Dust { per_year: 0.2, cleaned: Some(SimDuration::from_secs(86_400 * 100)) };
        let liquid = LiquidLoop { resistance_factor: 0.5, failed_factor: 4.0, pump: None, leak: None };
        let cooling = Cooling { dust: Some(dust), liquid: Some(liquid), ..Cooling::default() };
        let clean = RackCooling::new(&cooling);
        assert!((clean.factor(&cooling) - 0.5).abs() < 1e-12);
        let worst = RackCooling::worst(&cooling, SimDuration::from_secs(86_400 * 3650));
        assert!((worst.factor(&cooling) - 4.0 * (1.0 + 0.2 * 100.0 / 365.25)).abs() < 1e-12);
    }
}
