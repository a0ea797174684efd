//! Tariffs of electricity.

use crate::kernel::SimDuration;
use crate::quantity::{DollarsPerJoule, DollarsPerKilowatt, DollarsPerMonth};
use crate::scenario::declare::object;
use crate::scenario::problem::nearest;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Amount, Clock, EnergyPrice, Quantity};
use crate::scenario::section::{Catalogued, List};
use crate::scenario::spec::{Tariff, TariffPeriod};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

/// A tariff as written.
pub(in crate::scenario) struct TariffAsWritten {
    flat: Option<DollarsPerJoule>,
    periods: Option<Vec<TariffPeriod>>,
    otherwise: Option<DollarsPerJoule>,
    demand: Option<DollarsPerKilowatt>,
    monthly: DollarsPerMonth,
}

object! {
    /// Prices of electricity by local standard time. Give either `flat` or `periods`.
    TariffFields: TariffAsWritten = TariffAsWritten {
        /// The same price at all times.
        optional "flat" => flat: Quantity<DollarsPerJoule, EnergyPrice>,
        /// Periods with prices of their own; the first that holds counts.
        optional "periods" => periods: List<TariffPeriodKind, 1>,
        /// The price when no period holds. Left out: nothing.
        optional "otherwise" => otherwise: Quantity<DollarsPerJoule, EnergyPrice>,
        /// For the greatest mean power of a quarter of an hour in each calendar month. Left out: no demand charge.
        optional "demand" => demand: Quantity<DollarsPerKilowatt, Amount>,
        /// For being connected.
        default "monthly" => monthly: Quantity<DollarsPerMonth, Amount> = "\"0 $/month\"",
    }
    check check_tariff
}

fn check_tariff(it: &TariffAsWritten, node: &Node, reader: &mut Reader<'_>) {
    match (&it.flat, &it.periods) {
        (Some(_), Some(_)) => {
            reader.fault_in(node, "flat", "both `flat` and `periods`", "one of them");
        }
        (Some(_), None) if it.otherwise.is_some() => {
            reader.fault_in(node, "otherwise", "`otherwise` goes with `periods`", "leave it out");
        }
        (None, None) if it.otherwise.is_none() && it.demand.is_none() && it.monthly.0 == 0.0 => {
            reader.fault(node.span, "a tariff without a price", "`flat`, or `periods` and `otherwise`");
        }
        _ => {}
    }
}

/// [`TariffFields`] as a tariff.
pub(in crate::scenario) struct TariffKind;

impl Kind for TariffKind {
    type Out = Tariff;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Tariff, Json)> {
        let (it, json) = TariffFields::read(node, reader)?;
        let tariff = Tariff {
            periods: it.periods.unwrap_or_default(),
            otherwise: it.flat.or(it.otherwise).unwrap_or_default(),
            demand: it.demand,
            monthly: it.monthly,
        };
        Some((tariff, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        TariffFields::schema(definitions)
    }
}

impl Catalogued for TariffKind {
    const CATALOG: Option<&'static str> = Some("tariff");
}

object! {
    /// When a price holds: on all of the months, days and hours named, each by the calendar of the moment itself.
    TariffPeriodKind: TariffPeriod = TariffPeriod {
        /// Months, such as "jun-sep" or "nov-feb,jul".
        default "months" => months: Months = "\"jan-dec\"",
        /// Days of the week, such as "mon-fri" or "sat,sun".
        default "days" => days: Days = "\"mon-sun\"",
        /// First time of day.
        default "from" => from: Clock = "\"00:00\"",
        /// Time of day from which it does not hold any more; before `from`: over midnight.
        default "to" => to: ClockEnd = "\"24:00\"",
        /// The price.
        required "price" => price: Quantity<DollarsPerJoule, EnergyPrice>,
    }
    check check_period
}

fn check_period(period: &TariffPeriod, node: &Node, reader: &mut Reader<'_>) {
    if period.from == period.to {
        reader.fault_in(node, "to", "`to` is `from`: the period is empty", "another time of day");
    }
}

/// A time of day, or "24:00".
pub(in crate::scenario) struct ClockEnd;

impl Kind for ClockEnd {
    type Out = SimDuration;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(SimDuration, Json)> {
        if node.text() == Some("24:00") {
            return Some((SimDuration::from_secs(86_400), "24:00".into()));
        }
        let (time, json) = Clock::read(node, reader)?;
        // The end of a day is midnight.
        Some(if time.is_zero() { (SimDuration::from_secs(86_400), "24:00".into()) } else { (time, json) })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [Clock::schema(definitions), { "const": "24:00" }] })
    }
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Months of the year.
pub(in crate::scenario) struct Months;
/// Days of the week.
pub(in crate::scenario) struct Days;

impl Kind for Months {
    type Out = [bool; 12];

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<([bool; 12], Json)> {
        members(node, reader, &MONTHS, "months like \"jun-sep\" or \"jan,jul\"")
    }

    fn schema(_: &mut Definitions) -> Json {
        cycle_schema("months, or spans of them", &MONTHS, "jun-sep")
    }
}

impl Kind for Days {
    type Out = [bool; 7];

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<([bool; 7], Json)> {
        members(node, reader, &DAYS, "days like \"mon-fri\" or \"sat,sun\"")
    }

    fn schema(_: &mut Definitions) -> Json {
        cycle_schema("days of the week, or spans of them", &DAYS, "mon-fri")
    }
}

fn cycle_schema(what: &str, names: &[&str], example: &str) -> Json {
    // In either case, as the reader takes them.
    let letter = |letter: char| format!("[{}{letter}]", letter.to_ascii_uppercase());
    let either: Vec<String> = names.iter().map(|name| name.chars().map(letter).collect()).collect();
    let name = either.join("|");
    let span = format!("({name})( *- *({name}))?");
    let pattern = format!("^ *{span}( *, *{span})* *$");
    json!({ "description": what, "type": "string", "pattern": pattern, "examples": [example] })
}

/// Which members of a cycle a text such as "nov-feb,jul" names.
fn members<const N: usize>(
    node: &Node,
    reader: &mut Reader<'_>,
    names: &[&str; N],
    wanted: &str,
) -> Option<([bool; N], Json)> {
    let Some(text) = node.text() else { return reader.mismatch(node, wanted) };
    let text = text.to_ascii_lowercase();
    let mut named = [false; N];
    for span in text.split(',') {
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let [first, last] = [first, last].map(|name| name.trim_matches(' '));
        let [Some(mut at), Some(last)] = [first, last].map(|name| place(name, names)) else {
            let wrong = if place(first, names).is_none() { first } else { last };
            let near = nearest(wrong, names.iter().copied())
                .map_or_else(String::new, |name| format!("did you mean `{name}`? "));
            reader.fault(
                node.span,
                format!("`{wrong}` is none of {}", names.join(", ")),
                format!("{near}accepted: {wanted}"),
            );
            return None;
        };
        while at != last {
            named[at] = true;
            at = (at + 1) % N;
        }
        named[last] = true;
    }
    Some((named, text.replace(' ', "").into()))
}

fn place(name: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|it| *it == name)
}
