//! Physical and economic quantities as newtypes over `f64` in SI units.
//!
//! A public signature never takes a bare `f64` for something that has a unit. The wrapped number is public, because
//! the closed-form models compute with it; the type says what it is.

use serde::{Deserialize, Serialize};

macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident, $unit:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl $name {
            /// The SI unit in which the number is stored.
            pub const UNIT: &'static str = $unit;
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} {}", self.0, $unit)
            }
        }
    )*};
}

quantities! {
    /// Power, in watts.
    Watts, "W";
    /// Energy, in joules.
    Joules, "J";
    /// A temperature on the Celsius scale, in degrees.
    Celsius, "C";
    /// A temperature difference, in kelvins.
    Kelvin, "K";
    /// Thermal resistance, in kelvins per watt.
    KelvinPerWatt, "K/W";
    /// Thermal conductance, in watts per kelvin.
    WattsPerKelvin, "W/K";
    /// Flow of air, in cubic metres per second.
    CubicMetresPerSecond, "m3/s";
    /// Electric current, in amperes.
    Amperes, "A";
    /// Electric potential, in volts.
    Volts, "V";
    /// Amount of data, in bytes.
    Bytes, "B";
    /// Data rate, in bytes per second.
    BytesPerSecond, "B/s";
    /// Rate of events, per second.
    PerSecond, "/s";
    /// Money, in US dollars.
    Dollars, "$";
    /// Length, in metres.
    Metres, "m";
    /// Price of energy, in US dollars per joule.
    DollarsPerJoule, "$/J";
    /// Money by time, in US dollars per month of 730 hours.
    DollarsPerMonth, "$/month";
    /// Money by time of use, in US dollars per hour.
    DollarsPerHour, "$/h";
    /// Price of a peak of power for a month, in US dollars per kilowatt.
    DollarsPerKilowatt, "$/kW";
    /// Price of moving data, in US dollars per gigabyte.
    DollarsPerGigabyte, "$/GB";
    /// Price of keeping data, in US dollars per gigabyte and month of 730 hours.
    DollarsPerGigabyteMonth, "$/GB-month";
}
