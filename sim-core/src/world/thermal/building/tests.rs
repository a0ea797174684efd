use super::*;
use crate::kernel::Streams;
use crate::quantity::{Celsius, Kelvin};
use crate::scenario::spec::{LocalDateTime, Weather, WeatherBase};
use crate::world::thermal::outdoor;

const MIDNIGHT: LocalDateTime = LocalDateTime { seconds: 0 };
const TEN_DAYS: SimDuration = SimDuration::from_secs(864_000);

fn hours(t: f64) -> SimTime {
    SimTime::from_secs_f64(t * 3600.0)
}

fn building(tau_hours: f64, gain: f64) -> Building {
    let time_constant = SimDuration::from_secs_f64(tau_hours * 3600.0);
    Building { time_constant, gain: Kelvin(gain), ..Building::default() }
}

/// `mean + amplitude · sin(2π t / 24 h)` for ten days.
fn sine(mean: f64, amplitude: f64) -> TemperatureSeries {
    let hottest = SimDuration::from_secs(6 * 3600);
    let base = WeatherBase::Daily { mean: Celsius(mean), swing: Kelvin(amplitude), hottest };
    let weather = Weather { base, heat_waves: None, storms: None };
    outdoor(&weather, 0, &Streams::new(0, 0), MIDNIGHT, SimDuration::from_secs(864_000))
}

struct Diurnal {
    tau: f64,
    mean: f64,
    amplitude: f64,
    rise: f64,
    gain: f64,
    lag: f64,
    max: f64,
    min: f64,
    threshold: f64,
    ageing: f64,
}

const DIURNAL: [Diurnal; 2] = [
    Diurnal {
        tau: 0.5,
        mean: 30.0,
        amplitude: 10.0,
        rise: 12.0,
        gain: 0.991541185788,
        lag: 0.49717321697,
        max: 51.9154118579,
        min: 32.0845881421,
        threshold: 49.9323294863,
        ageing: 3.6441612818,
    },
    Diurnal {
        tau: 24.0,
        mean: 22.0,
        amplitude: 12.0,
        rise: 5.0,
        gain: 0.157176725478,
        lag: 5.3971292614,
        max: 28.8861207057,
        min: 25.1138792943,
        threshold: 28.5088965646,
        ageing: 1.153611955,
    },
];

#[test]
fn a_room_damps_and_delays_the_day_from_the_first_day_on() {
    for case in DIURNAL {
        let air =
            room(&sine(case.mean, case.amplitude), Some(&building(case.tau, case.rise)), MIDNIGHT, TEN_DAYS);
        // The weather's knots are on the sine and the lag is exact between them: twice the bound of the weather.
        let bound = 2.0 * 6e-5 * case.amplitude;
        let omega = std::f64::consts::TAU / 24.0;
        for i in 0..2400 {
            let t = f64::from(i) * 0.1;
            let exact =
                case.mean + case.rise + case.amplitude * case.gain * libm::sin(omega * (t - case.lag));
            assert!((air.at(hours(t)).0 - exact).abs() < bound, "{t} h: {} {exact}", air.at(hours(t)));
        }
        let (day, next) = (hours(120.0), hours(144.0));
        assert!((air.max_between(day, next).0 - case.max).abs() < bound);
        assert!((air.min_between(day, next).0 - case.min).abs() < bound);
        assert!((air.integral(day, next) / 86_400.0 - case.mean - case.rise).abs() < bound);

        let seconds = (0..86_400).map(|s| air.at(hours(120.0 + (f64::from(s) + 0.5) / 3600.0)).0);
        let (mut above, mut ageing) = (0.0, 0.0);
        for temperature in seconds {
            above += f64::from(u8::from(temperature > case.threshold)) / 3600.0;
            ageing += libm::exp2((temperature - 25.0) / 10.0) / 86_400.0;
        }
        // The threshold is crossed at a slope of 0.6 ω A, so a shift by the bound moves each crossing by bound / slope.
        let slope = 0.6 * omega * case.amplitude * case.gain;
        assert!((above - 4.91598635278).abs() < 2.0 * bound / slope + 1e-3, "{above}");
        assert!((ageing / case.ageing - 1.0).abs() < 0.07 * bound, "{ageing}");
    }
}

#[test]
fn constant_weather_gives_a_constant_room() {
    let outdoor = TemperatureSeries::constant(Celsius(30.0));
    let mut garage = building(3.0, 5.0);
    assert_eq!(room(&outdoor, None, MIDNIGHT, TEN_DAYS), outdoor);
    assert_eq!(room(&outdoor, Some(&garage), MIDNIGHT, TEN_DAYS).at(hours(7.0)), Celsius(35.0));
    garage.setpoint = Some(Celsius(26.0));
    assert_eq!(room(&outdoor, Some(&garage), MIDNIGHT, TEN_DAYS).at(hours(7.0)), Celsius(26.0));
}

#[test]
fn conditioning_holds_the_room_between_its_limits() {
    let outdoor = sine(20.0, 15.0);
    let free = room(&outdoor, Some(&building(1.0, 0.0)), MIDNIGHT, TEN_DAYS);
    let limits =
        Building { setpoint: Some(Celsius(25.0)), heating: Some(Celsius(18.0)), ..building(1.0, 0.0) };
    let held = room(&outdoor, Some(&limits), MIDNIGHT, TEN_DAYS);
    let (start, end) = (hours(0.0), hours(240.0));
    assert_eq!(held.max_between(start, end), Celsius(25.0));
    assert_eq!(held.min_between(start, end), Celsius(18.0));
    // On the way down the held room leaves the setpoint as soon as outdoor air is below it (five minutes of knots),
    // while the free room is still warmer.
    let sinks = 12.0 - libm::asin(5.0 / 15.0) / std::f64::consts::TAU * 24.0;
    assert_eq!(held.at(hours(24.0 + sinks - 0.1)), Celsius(25.0));
    assert!(held.at(hours(24.0 + sinks + 0.3)).0 < 25.0);
    assert!(free.at(hours(24.0 + sinks + 0.3)).0 > 25.0);
}

#[test]
fn hourly_weather_is_followed_within_the_stated_bound() {
    let outdoor = TemperatureSeries::new(SimDuration::from_secs(3600), vec![20.0, 23.0, 20.0, 23.0, 20.0]);
    let tau = 1800.0;
    let air = room(&outdoor, Some(&building(0.5, 0.0)), MIDNIGHT, TEN_DAYS);
    assert_eq!(air.step(), KNOTS);
    let mut exact = air.at(SimTime::ZERO).0;
    let mut worst: f64 = 0.0;
    for second in 0..4 * 3600 {
        let segment = outdoor.segment(SimTime::from_secs_f64(f64::from(second)));
        exact = lag(exact, segment.value, segment.slope, 1.0, tau);
        worst = worst.max((air.at(SimTime::from_secs_f64(f64::from(second + 1))).0 - exact).abs());
    }
    let bound = 300.0 * 300.0 * (3.0 / 3600.0) / (4.0 * tau);
    assert!(worst < bound && worst > 0.1 * bound, "{worst} {bound}");
}

#[test]
fn hotter_weather_never_cools_a_room() {
    let (cool, hot) = (sine(20.0, 9.0), sine(21.0, 9.0));
    let limits =
        Building { setpoint: Some(Celsius(24.0)), heating: Some(Celsius(15.0)), ..building(2.0, 1.0) };
    let (cool, hot) =
        (room(&cool, Some(&limits), MIDNIGHT, TEN_DAYS), room(&hot, Some(&limits), MIDNIGHT, TEN_DAYS));
    assert!(cool.knots().iter().zip(hot.knots()).all(|(cool, hot)| cool <= hot));
}
