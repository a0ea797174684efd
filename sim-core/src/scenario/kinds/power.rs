//! Breakers and batteries.

use crate::kernel::Dist;
use crate::quantity::{Amperes, Celsius, Joules, Volts, Watts};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Distribution, Durations, Powers, Ratio, Spans};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Any, Count, Duration, Flag, NonNegative, Number, OneOrMore, Positive, PositiveUnit, Probability, Quantity,
};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{
    Ageing, BatteryDeath, Breaker, Derating, Fatigue, Neighbours, Peukert, Reclose, SurgeProtection, Ups,
};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// A breaker: thermal replica d theta/dt = (i^2 - theta)/tau, trips at theta >= k^2, or at once at a multiple of its rating.
    BreakerKind: Breaker = Breaker {
        /// Rated current.
        required "rating" => rating: Quantity<Amperes, Positive>,
        /// Supply voltage.
        required "voltage" => voltage: Quantity<Volts, Positive>,
        /// tau. Default: [C] with k = 1.25 it meets all four points of IEC 60898 [L]; 120 to 240 s do.
        default "time_constant" => time_constant: Duration<Positive> = "\"150 s\"",
        /// k: the multiple of the rated current that it carries for ever; a distribution is drawn for each breaker. Default: [C] between 1.13 and
        /// 1.45 of IEC 60898 [L]; 1.2 to 1.25 meet its points.
        default "trip_ratio" => trip_ratio: Distribution<Ratio> = "1.25",
        /// Multiple of the rated current that trips at once; a distribution is drawn for each breaker. Left out: none does.
        optional "magnetic" => magnetic: Distribution<Ratio>,
        /// Time until a human recloses it, at any hour or by the hour of the trip. Left out: never.
        optional "reclose" => reclose: RecloseKind,
        /// How heat in the building lowers the rating. Left out: not at all.
        optional "derating" => derating: DeratingKind,
        /// Other loads on the same circuit. Left out: none.
        optional "neighbours" => neighbours: NeighboursKind,
        /// When the owner has had enough of it. Left out: never.
        optional "fatigue" => fatigue: FatigueKind,
    }
    check check_breaker
}

impl Catalogued for BreakerKind {
    const CATALOG: Option<&'static str> = Some("breaker");
}

fn check_breaker(breaker: &Breaker, node: &Node, reader: &mut Reader<'_>) {
    let least = breaker.trip_ratio.infimum();
    if breaker.trip_ratio.supremum() <= 0.0 || (least <= 0.0 && breaker.trip_ratio == Dist::Constant(least)) {
        reader.fault_in(node, "trip_ratio", "`trip_ratio` is 0: it trips without load", "more than zero");
    }
    if let (Dist::Constant(ratio), Some(Dist::Constant(magnetic))) = (&breaker.trip_ratio, &breaker.magnetic)
        && magnetic <= ratio
    {
        let message = format!("`magnetic` ({magnetic}) is not above `trip_ratio` ({ratio})");
        reader.fault_in(node, "magnetic", message, "a multiple above `trip_ratio`");
    }
    if breaker.fatigue.is_some() && breaker.reclose.is_none() {
        let message =
            "`fatigue` of a breaker that nobody recloses: it stays open after its first trip anyway";
        reader.fault_in(node, "fatigue", message, "add `reclose`, or leave `fatigue` out");
    }
    check_reclose(breaker, node, reader);
}

/// A breaker that is closed in the instant of its trip would trip again in that instant, without end.
fn check_reclose(breaker: &Breaker, node: &Node, reader: &mut Reader<'_>) {
    let times: Vec<(&str, &Dist)> = match &breaker.reclose {
        None => Vec::new(),
        Some(Reclose::Always(dist)) => vec![("", dist)],
        Some(Reclose::ByClock { day, night, weekend }) => {
            let weekend = weekend.iter().map(|weekend| ("weekend", weekend));
            [("day", day), ("night", night)].into_iter().chain(weekend).collect()
        }
    };
    for (part, _) in times.into_iter().filter(|(_, dist)| dist.supremum() <= 0.0) {
        let message = "it is reclosed in the instant in which it trips, and trips again without end";
        let help = "a time of more than zero; left out, nobody recloses it";
        reader.within("reclose", |reader| match (part, node.get("reclose")) {
            (part, Some(parts)) if !part.is_empty() => reader.fault_in(parts, part, message, help),
            (_, Some(whole)) => reader.fault(whole.span, message, help),
            (_, None) => reader.fault(node.span, message, help),
        });
    }
}

/// Time to reclose: a distribution, or one for each part of the week.
pub(in crate::scenario) struct RecloseKind;

object! {
    /// Time until a human recloses it, by the local time of the trip.
    RecloseByClock: Reclose = Reclose::ByClock {
        /// From 07:00 to 22:00.
        required "day" => day: Durations,
        /// From 22:00 to 07:00.
        required "night" => night: Durations,
        /// On Saturdays and Sundays. Left out: as on other days.
        optional "weekend" => weekend: Durations,
    }
}

impl Kind for RecloseKind {
    type Out = Reclose;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Reclose, Json)> {
        if ["day", "night", "weekend"].iter().any(|key| node.get(key).is_some()) {
            return RecloseByClock::read(node, reader);
        }
        Durations::read(node, reader).map(|(dist, json)| (Reclose::Always(dist), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [RecloseByClock::schema(definitions), Durations::schema(definitions)] })
    }
}

object! {
    /// How heat lowers the rating of a breaker.
    DeratingKind: Derating = Derating {
        /// Air temperature up to which the rating holds.
        required "above" => above: Quantity<Celsius, Any>,
        /// Share of the rating that is lost for each kelvin above it; never more than nine tenths in all.
        required "per_K" => per_kelvin: Number<NonNegative>,
    }
}

object! {
    /// Other loads on the same circuit, on and off in turn, off at first.
    NeighboursKind: Neighbours = Neighbours {
        /// Their power, drawn each time they come on.
        required "load" => load: Powers,
        /// Time off.
        required "every" => every: Spans,
        /// Time on.
        required "for" => lasts: Durations,
    }
    check check_neighbours
}

fn check_neighbours(neighbours: &Neighbours, node: &Node, reader: &mut Reader<'_>) {
    if neighbours.load.supremum() <= 0.0 {
        let message = "other loads that draw nothing";
        reader.fault_in(node, "load", message, "a power of more than zero, or leave `neighbours` out");
    }
}

object! {
    /// When the owner has had enough of a breaker that trips: it stays open, and the site is gone.
    FatigueKind: Fatigue = Fatigue {
        /// From which trip on.
        required "trips" => trips: Count<1>,
        /// Probability at that trip and each later one.
        default "leave" => leave: Number<PositiveUnit> = "1",
    }
}

object! {
    /// An uninterruptible power supply.
    UpsKind: Ups = Ups {
        /// Usable energy of the full battery.
        required "energy" => energy: Quantity<Joules, Positive>,
        /// Greatest load it carries. Left out: any.
        optional "power" => power: Quantity<Watts, Positive>,
        /// Charging power into the battery. Left out: it is full again at once.
        optional "recharge" => recharge: Quantity<Watts, Positive>,
        /// Load over draw from the battery.
        default "efficiency" => efficiency: Number<PositiveUnit> = "1",
        /// Probability that the battery fails when called.
        default "hidden_failure" => hidden_failure: Probability = "0",
        /// How capacity falls with the rate (Peukert). Left out: not at all.
        optional "peukert" => peukert: PeukertKind,
        /// Loss while mains are there.
        default "standby" => standby: Quantity<Watts> = "\"0 W\"",
        /// Gap from the loss of mains to its output: nodes whose power supply holds up for less lose power. Left out: no gap.
        optional "transfer" => transfer: Duration,
        /// Whether it keeps sags and brownouts from the load.
        default "corrects_sags" => corrects_sags: Flag = "true",
        /// Loss of capacity with age and heat. Left out: none.
        optional "ageing" => ageing: AgeingKind,
        /// Death of the battery, unnoticed until an outage or a self-test. Left out: it does not die.
        optional "death" => death: BatteryDeathKind,
        /// Time between self-tests, which find batteries that `death` has killed; the first comes at a random moment of the first
        /// period. Left out: there are none.
        optional "self_test" => self_test: Duration<Positive>,
    }
    check check_ups
}

fn check_ups(ups: &Ups, node: &Node, reader: &mut Reader<'_>) {
    if ups.self_test.is_some() && ups.death.is_none() {
        let message = if ups.hidden_failure > 0.0 {
            "`self_test` finds batteries that `death` has killed; `hidden_failure` is drawn anew at each call, so a test finds nothing"
        } else {
            "`self_test` without `death`: there is nothing to find"
        };
        reader.fault_in(node, "self_test", message, "add `death` of the battery, or leave `self_test` out");
    }
}

object! {
    /// Peukert's law: at constant power a battery lasts H (C/(I H))^k, with I = power/(efficiency voltage).
    PeukertKind: Peukert = Peukert {
        /// k: 1.15 to 1.25 for lead, 1.02 to 1.08 for lithium.
        required "exponent" => exponent: Number<OneOrMore>,
        /// H: in which time `energy` can be drawn from the battery.
        required "rated_time" => rated_time: Duration<Positive>,
    }
}

object! {
    /// Ageing: capacity falls linearly to 80 % over the life and on; heat makes it faster.
    AgeingKind: Ageing = Ageing {
        /// Life at 25 C.
        required "life" => life: Duration<Positive>,
        /// How many times faster at 10 K more. Default: [M] lead batteries live half as long at 8 to 10 K more.
        default "per_10K" => per_10_kelvin: Number<OneOrMore> = "2",
    }
}

object! {
    /// Death of a battery.
    BatteryDeathKind: BatteryDeath = BatteryDeath {
        /// Time from new to dead.
        required "lifetime" => lifetime: Spans,
        /// Time from found dead to replaced. Left out: never.
        optional "replacement" => replacement: Durations,
    }
}

choice! {
    /// How well a site is protected against surges.
    SurgeProtectionKind: SurgeProtection {
        words {
            /// Not at all: every surge reaches the nodes.
            "none" => SurgeProtection::None,
            /// An arrester in the distribution board: a fifth of the surges pass. [A] between the other two.
            "type-2" => SurgeProtection::Type2,
            /// The same, and arresters at the sockets: a twenty-fifth pass. [A] 0.05 to 0.2 % of surges do damage, against 1 to 5 % without.
            "type-2-3" => SurgeProtection::Type2And3,
        }
    }
}

impl Catalogued for UpsKind {
    const CATALOG: Option<&'static str> = Some("ups");
}
