//! Distributions as a scenario writes them: a bare value, one of the named forms, a mixture, or a shift.
//!
//! The forms stand in one table, which gives reader, names, canonical form and schema. Scale parameters have the unit
//! of what is drawn; shape parameters have none. What is drawn is never negative, and every mean that a form states is
//! finite and positive.

use super::column::{ColumnFile, read_column};
use super::declare::{documented, variant_schema};
use super::read::{Definitions, Kind, Reader, list};
use super::scalar::{Number, Positive, Quantity, Seconds, number_json};
use super::tree::{Member, Node, Value};
use super::units;
use crate::kernel::Dist;
use crate::quantity::{Bytes, Watts};
use serde_json::{Map, Value as Json, json};
use std::marker::PhantomData;
use std::sync::Arc;

/// What a distribution draws: times in seconds, or numbers without unit.
pub(super) trait Drawn {
    /// Zero or more.
    type Value: Kind<Out = f64>;
    /// More than zero.
    type Positive: Kind<Out = f64>;
    /// Name of the schema definition.
    const NAME: &'static str;
    /// For messages.
    const WORDS: &'static str;
    /// Units of numbers in a file; empty when they have none.
    const UNITS: &'static [(&'static str, u64)];

    /// The canonical text of a value.
    fn canonical(value: f64) -> Json;
}

/// Draws times.
pub(super) struct Time;
/// Draws numbers without unit.
pub(super) struct Ratio;
/// Draws amounts of data in bytes.
pub(super) struct Data;
/// Draws powers; numbers in a file are watts.
pub(super) struct Power;

impl Drawn for Time {
    type Value = Seconds;
    type Positive = Seconds<Positive>;
    const NAME: &'static str = "DurationDistribution";
    const WORDS: &'static str = "a time, or a distribution of times";
    const UNITS: &'static [(&'static str, u64)] = units::TIMES;

    fn canonical(value: f64) -> Json {
        units::format_seconds(value).into()
    }
}

impl Drawn for Ratio {
    type Value = Number<super::scalar::NonNegative>;
    type Positive = Number<Positive>;
    const NAME: &'static str = "NumberDistribution";
    const WORDS: &'static str = "a number, or a distribution of numbers";
    const UNITS: &'static [(&'static str, u64)] = &[];

    fn canonical(value: f64) -> Json {
        number_json(value)
    }
}

impl Drawn for Power {
    type Value = InWatts<super::scalar::NonNegative>;
    type Positive = InWatts<Positive>;
    const NAME: &'static str = "PowerDistribution";
    const WORDS: &'static str = "a power, or a distribution of powers";
    const UNITS: &'static [(&'static str, u64)] = &[];

    fn canonical(value: f64) -> Json {
        units::POWER.format(value).into()
    }
}

/// A power as a number of watts, for distributions.
pub(super) struct InWatts<R>(PhantomData<R>);

impl<R: super::scalar::Range> Kind for InWatts<R> {
    type Out = f64;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(f64, Json)> {
        Quantity::<Watts, R>::read(node, reader).map(|(power, json)| (power.0, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Quantity::<Watts, R>::schema(definitions)
    }
}

/// An amount of data as a plain number of bytes.
pub(super) struct Amount<R = super::scalar::NonNegative>(PhantomData<R>);

impl<R: super::scalar::Range> Kind for Amount<R> {
    type Out = f64;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(f64, Json)> {
        Quantity::<Bytes, R>::read(node, reader).map(|(bytes, json)| (bytes.0, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Quantity::<Bytes, R>::schema(definitions)
    }
}

impl Drawn for Data {
    type Value = Amount;
    type Positive = Amount<Positive>;
    const NAME: &'static str = "DataDistribution";
    const WORDS: &'static str = "an amount of data, or a distribution of amounts of data";
    /// Billionths, as times are in nanoseconds.
    const UNITS: &'static [(&'static str, u64)] =
        &[("B", 1_000_000_000), ("kB", 1_000_000_000_000), ("MB", 1_000_000_000_000_000)];

    fn canonical(value: f64) -> Json {
        units::DATA.format(value).into()
    }
}

/// A distribution of what `D` draws.
pub(super) struct Distribution<D>(PhantomData<D>);
/// A distribution of times.
pub(super) type Durations = Distribution<Time>;
/// A distribution of powers.
pub(super) type Powers = Distribution<Power>;

/// A distribution of times between things that happen again and again: of more than zero on average, or they would never end.
pub(super) struct Spans;

impl Kind for Spans {
    type Out = Dist;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Dist, Json)> {
        let (dist, json) = Durations::read(node, reader)?;
        if super::cost::mean(&dist) <= 0.0 {
            return reader.mismatch(node, "times of more than zero");
        }
        Some((dist, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Durations::schema(definitions)
    }
}

/// The kind of a parameter.
#[derive(Clone, Copy)]
enum Parameter {
    /// Of the unit of what is drawn, zero or more.
    Value,
    /// Of the unit of what is drawn, more than zero.
    Scale,
    /// Without unit, more than zero.
    Shape,
    /// Without unit, zero or more.
    Sigma,
}

/// A form with two parameters, or one.
struct Form {
    name: &'static str,
    doc: &'static str,
    parameters: &'static [(&'static str, Parameter, &'static str)],
    make: fn(&[f64]) -> Result<Dist, &'static str>,
}

const MIN: (&str, Parameter, &str) = ("min", Parameter::Value, "least value");
const MEAN: (&str, Parameter, &str) = ("mean", Parameter::Scale, "mean");
const SIGMA: (&str, Parameter, &str) = ("sigma", Parameter::Sigma, "standard deviation of the logarithm");

static FORMS: &[Form] = &[
    Form {
        name: "uniform",
        doc: "uniform between two values",
        parameters: &[MIN, ("max", Parameter::Value, "greatest value")],
        make: |p| {
            if p[1] < p[0] {
                Err("`max` is less than `min`; a value of at least `min`")
            } else {
                Ok(Dist::Uniform { min: p[0], max: p[1] })
            }
        },
    },
    Form {
        name: "exponential",
        doc: "exponential (memoryless)",
        parameters: &[MEAN],
        make: |p| Ok(Dist::Exponential { mean: p[0] }),
    },
    Form {
        name: "lognormal",
        doc: "lognormal, by its median",
        parameters: &[("median", Parameter::Scale, "median"), SIGMA],
        make: |p| Ok(Dist::Lognormal { median: p[0], sigma: p[1] }),
    },
    Form {
        name: "lognormal",
        doc: "lognormal, by its mean",
        parameters: &[MEAN, SIGMA],
        make: |p| match p[0] * libm::exp(-0.5 * p[1] * p[1]) {
            median if median > 0.0 => Ok(Dist::Lognormal { median, sigma: p[1] }),
            _ => Err("`sigma` is too large for this mean"),
        },
    },
    Form {
        name: "weibull",
        doc: "Weibull: survival exp(-(x/scale)^shape)",
        parameters: &[
            ("scale", Parameter::Scale, "scale"),
            ("shape", Parameter::Shape, "shape; below 1 the hazard falls with age, above 1 it rises"),
        ],
        make: |p| Ok(Dist::Weibull { scale: p[0], shape: p[1] }),
    },
    Form {
        name: "gamma",
        doc: "gamma",
        parameters: &[MEAN, ("shape", Parameter::Shape, "shape, 1/(coefficient of variation)^2")],
        make: |p| Ok(Dist::Gamma { mean: p[0], shape: p[1] }),
    },
    Form {
        name: "pareto",
        doc: "Pareto: survival (min/x)^shape",
        parameters: &[
            ("min", Parameter::Scale, "least value"),
            ("shape", Parameter::Shape, "tail exponent; the mean is infinite up to 1"),
        ],
        make: |p| Ok(Dist::Pareto { min: p[0], shape: p[1] }),
    },
    Form {
        name: "normal",
        doc: "normal, conditioned on being zero or more",
        parameters: &[
            ("mean", Parameter::Value, "mean before truncation"),
            ("sd", Parameter::Scale, "standard deviation before truncation"),
        ],
        make: |p| Ok(Dist::Normal { mean: p[0], sd: p[1] }),
    },
];

const NAMES: &[&str] = &[
    "constant",
    "uniform",
    "exponential",
    "lognormal",
    "weibull",
    "gamma",
    "pareto",
    "normal",
    "empirical",
    "mixture",
    "shift",
];

impl<D: Drawn> Kind for Distribution<D> {
    type Out = Dist;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Dist, Json)> {
        let members = match &node.value {
            Value::Object(members) => members,
            Value::Null | Value::Bool(_) | Value::Array(_) => {
                return reader.mismatch(
                    node,
                    &format!("{}: a bare value, or an object with one of {}", D::WORDS, list(NAMES)),
                );
            }
            _ => return D::Value::read(node, reader).map(|(value, json)| (Dist::Constant(value), json)),
        };
        if node.get("shift").is_some() || node.get("of").is_some() {
            return read_shift::<D>(node, reader);
        }
        let (name, inner) = super::read::variant(node, reader, &[], NAMES)?;
        debug_assert_eq!(members.len(), 1);
        reader.within(name, |reader| match name {
            "constant" => D::Value::read(inner, reader).map(|(value, json)| (Dist::Constant(value), json)),
            "mixture" => read_mixture::<D>(inner, reader),
            "empirical" => read_empirical::<D>(inner, reader),
            _ => read_form::<D>(name, inner, reader),
        })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        definitions.define(D::NAME, |definitions| schema::<D>(definitions))
    }
}

fn read_parameter<D: Drawn>(
    parameter: Parameter,
    node: &Node,
    reader: &mut Reader<'_>,
) -> Option<(f64, Json)> {
    match parameter {
        Parameter::Value => D::Value::read(node, reader),
        Parameter::Scale => D::Positive::read(node, reader),
        Parameter::Shape => Number::<Positive>::read(node, reader),
        Parameter::Sigma => Number::<super::scalar::NonNegative>::read(node, reader),
    }
}

fn read_form<D: Drawn>(name: &str, node: &Node, reader: &mut Reader<'_>) -> Option<(Dist, Json)> {
    let Value::Object(members) = &node.value else {
        let form = FORMS.iter().find(|form| form.name == name).expect("names are those of forms");
        return reader.mismatch(node, &format!("an object with {}", list(&parameter_names(form))));
    };
    // Of the forms with this name, the one that the parameters fit best.
    let known =
        |form: &&Form| members.iter().filter(|m| parameter_names(form).contains(&m.key.as_str())).count();
    let form = FORMS
        .iter()
        .filter(|form| form.name == name)
        .rev()
        .max_by_key(known)
        .expect("names are those of forms");
    unknown_members(members, &parameter_names(form), reader);
    let (mut values, mut json) = (Vec::new(), Map::new());
    for (key, parameter, doc) in form.parameters {
        let Some(value) = node.get(key) else {
            reader.fault(node.span, format!("missing field `{key}`"), format!("`{key}` is required: {doc}"));
            continue;
        };
        if let Some((value, text)) =
            reader.within(key, |reader| read_parameter::<D>(*parameter, value, reader))
        {
            values.push(value);
            json.insert((*key).to_owned(), text);
        }
    }
    if values.len() < form.parameters.len() {
        return None;
    }
    match (form.make)(&values) {
        Ok(dist) => {
            if let (Dist::Lognormal { median, .. }, true) = (&dist, json.contains_key("mean")) {
                json.shift_remove("mean");
                json.shift_insert(0, "median".to_owned(), D::canonical(*median));
            }
            Some((dist, json!({ name: json })))
        }
        Err(message) => {
            let (what, help) = message.split_once("; ").unwrap_or((message, "parameters that fit together"));
            reader.fault(node.span, what, help);
            None
        }
    }
}

fn parameter_names(form: &Form) -> Vec<&'static str> {
    form.parameters.iter().map(|(name, ..)| *name).collect()
}

fn unknown_members(members: &[Member], names: &[&str], reader: &mut Reader<'_>) {
    for member in members.iter().filter(|member| !names.contains(&member.key.as_str())) {
        let help = super::problem::accepted(&member.key, names);
        reader.within(&member.key, |reader| {
            reader.fault(member.key_span, format!("unknown field `{}`", member.key), help);
        });
    }
}

fn read_shift<D: Drawn>(node: &Node, reader: &mut Reader<'_>) -> Option<(Dist, Json)> {
    let mut fields = reader.open(node, &["shift", "of"])?;
    let by = fields.required::<D::Value>(reader, "shift");
    let of = fields.required::<Distribution<D>>(reader, "of");
    Some((Dist::Shift { by: by?, of: Arc::new(of?) }, fields.finish()))
}

fn read_mixture<D: Drawn>(node: &Node, reader: &mut Reader<'_>) -> Option<(Dist, Json)> {
    let Value::Array(items) = &node.value else {
        return reader.mismatch(node, "an array of {\"weight\": …, \"of\": …}");
    };
    if items.is_empty() {
        return reader.mismatch(node, "at least one part");
    }
    let parts: Vec<Option<((f64, Dist), Json)>> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            reader.within(&index.to_string(), |reader| {
                let mut fields = reader.open(item, &["weight", "of"])?;
                let weight = fields.required::<Number<Positive>>(reader, "weight");
                let of = fields.required::<Distribution<D>>(reader, "of");
                Some(((weight?, of?), fields.finish()))
            })
        })
        .collect();
    let (parts, json): (Vec<_>, Vec<_>) = parts.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
    Some((Dist::Mixture(parts.into()), json!({ "mixture": json })))
}

fn read_empirical<D: Drawn>(node: &Node, reader: &mut Reader<'_>) -> Option<(Dist, Json)> {
    let (mut values, json) = read_column::<D>(node, reader)?;
    values.sort_by(f64::total_cmp);
    Some((Dist::Empirical(values.into()), json!({ "empirical": json })))
}

fn schema<D: Drawn>(definitions: &mut Definitions) -> Json {
    let value = D::Value::schema(definitions);
    let mut forms = vec![
        documented(value.clone(), "always this value"),
        variant_schema("constant", "always this value", &value),
    ];
    for form in FORMS {
        let properties: Map<String, Json> = form
            .parameters
            .iter()
            .map(|(name, parameter, doc)| {
                let kind = match parameter {
                    Parameter::Value => D::Value::schema(definitions),
                    Parameter::Scale => D::Positive::schema(definitions),
                    Parameter::Shape => Number::<Positive>::schema(definitions),
                    Parameter::Sigma => Number::<super::scalar::NonNegative>::schema(definitions),
                };
                ((*name).to_owned(), documented(kind, doc))
            })
            .collect();
        let inner = json!({ "type": "object", "properties": properties, "required": parameter_names(form), "additionalProperties": false });
        forms.push(variant_schema(form.name, form.doc, &inner));
    }
    let this = json!({ "$ref": format!("#/$defs/{}", D::NAME) });
    let part = json!({
        "description": "a part of the mixture",
        "type": "object",
        "properties": { "weight": Number::<Positive>::schema(definitions), "of": this },
        "required": ["weight", "of"],
        "additionalProperties": false,
    });
    let file = ColumnFile::schema(definitions);
    forms.push(variant_schema(
        "empirical",
        "one of the values of a column of a file, each equally likely",
        &file,
    ));
    forms.push(variant_schema(
        "mixture",
        "one of several, with chances in proportion to the weights",
        &json!({ "type": "array", "minItems": 1, "items": part }),
    ));
    forms.push(json!({
        "description": "a distribution plus a constant",
        "type": "object",
        "properties": { "shift": value, "of": this },
        "required": ["shift", "of"],
        "additionalProperties": false,
    }));
    json!({ "description": D::WORDS, "anyOf": forms })
}
