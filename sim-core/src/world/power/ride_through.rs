//! What equipment rides through: hold-up without voltage, and the ITIC curve for dips.
//!
//! A power supply stores energy for a hold-up time at full load; at a share `P/P_peak` of it the store lasts `P_peak/P` times
//! as long, at most ten times, since its own electronics draw too. Of a dip it rides through
//!
//! | voltage left | time |
//! |---|---|
//! | 90 % and more | any |
//! | 80 % and more | 10 s |
//! | 70 % and more | 0.5 s |
//! | less | the hold-up time, 20 ms by default |
//!
//! (ITI (CBEMA) curve application note, 2000 \[M\]); a longer hold-up time lengthens the others too. Those times are for sags. A
//! sustained brownout is another matter: supplies for 100 to 240 V work on at any voltage above 70 % of 120 V or 230 V, so only
//! a deeper one stops them ([`STEADY_LIMIT`]). Left out: what a dip leaves of the store for the next one soon after, and
//! overvoltage.

use crate::kernel::SimDuration;
use crate::quantity::Watts;

/// Hold-up time where a scenario has sags but no `psu_hold_up`.
pub const DEFAULT_HOLD_UP: SimDuration = SimDuration::from_nanos(20_000_000);

/// How many times longer than at full load a store lasts at most.
pub const LIGHTEST: f64 = 10.0;

/// The voltage, as a share, below which nothing runs for long.
pub const STEADY_LIMIT: f64 = 0.7;

/// Shares are compared with this allowance, so that a depth of 0.3 leaves 0.7.
const SLACK: f64 = 1e-9;

/// How long a supply whose store lasts `full_load` at `peak` carries `load`.
pub fn hold_up(full_load: SimDuration, load: Watts, peak: Watts) -> SimDuration {
    let times = if load.0 > 0.0 { (peak.0 / load.0).clamp(0.0, LIGHTEST) } else { LIGHTEST };
    SimDuration::from_secs_f64(full_load.as_secs_f64() * times)
}

/// How long a sag that leaves the share `voltage` is ridden through, with a store that lasts for `hold_up`;
/// [`SimDuration::MAX`]: for ever.
pub fn ride_through(voltage: f64, hold_up: SimDuration) -> SimDuration {
    let curve = if voltage >= 0.9 - SLACK {
        return SimDuration::MAX;
    } else if voltage >= 0.8 - SLACK {
        SimDuration::from_secs(10)
    } else if voltage >= 0.7 - SLACK {
        SimDuration::from_nanos(500_000_000)
    } else {
        SimDuration::ZERO
    };
    curve.max(hold_up)
}

/// Whether equipment runs on at this share of the voltage for any time.
pub fn runs_at(voltage: f64) -> bool {
    voltage >= STEADY_LIMIT - SLACK
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> SimDuration {
        SimDuration::from_nanos(milliseconds * 1_000_000)
    }

    #[test]
    fn the_curve_has_its_corners() {
        let at = |voltage| ride_through(voltage, DEFAULT_HOLD_UP);
        assert_eq!([at(0.0), at(0.5), at(0.699)], [ms(20); 3]);
        assert_eq!([at(1.0 - 0.3), at(0.79)], [ms(500); 2]);
        assert_eq!([at(1.0 - 0.2), at(0.89)], [ms(10_000); 2]);
        assert_eq!([at(1.0 - 0.1), at(1.0)], [SimDuration::MAX; 2]);
        assert_eq!(ride_through(0.75, ms(800)), ms(800), "a large store rides through a shallow sag too");
        assert!(runs_at(1.0 - 0.3) && !runs_at(0.69));
    }

    #[test]
    fn a_light_load_is_held_longer_up_to_ten_times() {
        let at = |load| hold_up(ms(16), Watts(load), Watts(200.0));
        assert_eq!(
            [at(200.0), at(100.0), at(40.0), at(20.0), at(2.0), at(0.0)],
            [16, 32, 80, 160, 160, 160].map(ms)
        );
        assert_eq!(at(400.0), ms(8), "booting above peak empties it sooner");
    }

    #[test]
    fn less_voltage_or_store_is_never_ridden_through_longer() {
        let voltages: Vec<f64> = (0..=100).map(|percent| f64::from(percent) / 100.0).collect();
        for pair in voltages.windows(2) {
            for store in [0, 20, 600, 20_000] {
                assert!(ride_through(pair[0], ms(store)) <= ride_through(pair[1], ms(store)));
                assert!(ride_through(pair[0], ms(store)) <= ride_through(pair[0], ms(store + 1)));
            }
        }
    }
}
