//! What a score can be made of.

macro_rules! attributes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        /// Something observed of a node.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Attribute {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Attribute {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in an expression.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it is.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+),)*
                }
            }
        }
    };
}

attributes! {
    /// Share of attempts that were answered in time, as observed, with one success in advance.
    Reliability = "reliability";
    /// Attempts outstanding over slots.
    Load = "load";
    /// Attempts sent and neither answered nor given up.
    Outstanding = "outstanding";
    /// Observed time from sending an attempt to its reply, averaged; before the first, twice the known way to the node.
    LatencyMs = "latency_ms";
    /// Known one-way latency from the gateway of the request.
    DistanceMs = "distance_ms";
    /// Whether the node is in the region of the gateway.
    Local = "local";
    /// Slots of the node.
    Slots = "slots";
    /// Nominal speed of the node.
    Speed = "speed";
    /// Hours since the node was last suspected.
    AgeH = "age_h";
    /// Price of electricity there now, in $/kWh; needs tariffs.
    Price = "price";
    /// A number from 0 to 1 drawn for each candidate.
    Random = "random";
    /// Its temperature in °C, as it last said; needs telemetry.
    Temperature = "temperature";
    /// Whether heat slows it down, as it last said; needs telemetry.
    Throttled = "throttled";
    /// Share of its slots that were busy, as it last said; needs telemetry.
    Busy = "busy";
    /// Attempts on it, as it last said; needs telemetry.
    Queue = "queue";
    /// Whether its site runs on a battery, as it last said; needs telemetry.
    OnBattery = "on_battery";
    /// Charge of that battery over its capacity, as it last said; needs telemetry.
    Battery = "battery";
    /// Errors that it reports per second; needs telemetry.
    Errors = "errors";
}

impl Attribute {
    /// The attribute of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// Whether a node itself has to say it.
    pub fn needs_telemetry(self) -> bool {
        matches!(
            self,
            Self::Temperature
                | Self::Throttled
                | Self::Busy
                | Self::Queue
                | Self::OnBattery
                | Self::Battery
                | Self::Errors
        )
    }
}
