//! The syntax tree of a scenario file: JSON values that remember where they stand.
//!
//! Comments and trailing commas are accepted, no other leniency; a key that stands twice in an object is an error.

use jsonc_parser::ast;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It stands in the file.
    File,
    /// It was set from outside; the span is that of what it replaced, or of the object it was added to.
    Set,
    /// It comes from the catalog; the span is that of the name.
    Catalog,
    /// It is a default; the span is that of the object it belongs to.
    Default,
}

/// Byte offsets in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) origin: Origin,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
}

/// A JSON value; numbers keep their text.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

/// A mistake of syntax: message, place, and the pointer of a repeated key.
pub(super) struct Syntax {
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) pointer: String,
}

impl Node {
    /// Parses a file. All repeated keys are reported; other mistakes of syntax end the parse at the first.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<Syntax>> {
        let options = jsonc_parser::ParseOptions {
            allow_comments: true,
            allow_loose_object_property_names: false,
            allow_trailing_commas: true,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let place = |start, end| Span { start, end, origin: Origin::File };
        let result = jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &options)
            .map_err(|error| {
                let range = error.range();
                let message = format!("this is not JSON: {}", lower_first(&error.kind().to_string()));
                vec![Syntax { message, span: place(range.start, range.end), pointer: String::new() }]
            })?;
        let Some(root) = result.value else {
            let message = "the file is empty".to_owned();
            return Err(vec![Syntax { message, span: place(0, 0), pointer: String::new() }]);
        };
        let mut problems = Vec::new();
        let node = convert(&root, "", &mut problems);
        if problems.is_empty() { Ok(node) } else { Err(problems) }
    }

    /// A tree of `json`, all of it at `span`.
    pub(super) fn from_json(json: &Json, span: Span) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Number(number.to_string()),
            Json::String(text) => Value::String(text.clone()),
            Json::Array(items) => {
                Value::Array(items.iter().map(|item| Self::from_json(item, span)).collect())
            }
            Json::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(key, value)| Member {
                        key: key.clone(),
                        key_span: span,
                        value: Self::from_json(value, span),
                    })
                    .collect(),
            ),
        };
        Self { value, span }
    }

    /// The value without places. A number that no `f64` holds becomes its text.
    pub(super) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone())),
            Value::String(text) => Json::String(text.clone()),
            Value::Array(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Object(members) => Json::Object(
                members.iter().map(|member| (member.key.clone(), member.value.to_json())).collect(),
            ),
        }
    }

    /// The same value with all places replaced.
    pub(super) fn at(mut self, span: Span) -> Self {
        self.span = span;
        match &mut self.value {
            Value::Array(items) => {
                for item in items {
                    *item = std::mem::replace(item, Self { value: Value::Null, span }).at(span);
                }
            }
            Value::Object(members) => {
                for member in members {
                    member.key_span = span;
                    let value = std::mem::replace(&mut member.value, Self { value: Value::Null, span });
                    member.value = value.at(span);
                }
            }
            _ => {}
        }
        self
    }

    /// The member `key` of an object.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Object(members) => {
                members.iter().find(|member| member.key == key).map(|member| &member.value)
            }
            _ => None,
        }
    }

    /// The text of a string.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages: "the string \"x\"", "an object", ….
    pub(super) fn found(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("{value}"),
            Value::Number(text) => format!("the number {text}"),
            Value::String(text) => format!("the string {:?}", shorten(text)),
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        }
    }
}

/// The first characters of a long text.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).chain(['…']).collect()
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A key as a segment of a JSON Pointer.
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn convert(value: &ast::Value<'_>, pointer: &str, problems: &mut Vec<Syntax>) -> Node {
    let place = |range: jsonc_parser::common::Range| Span {
        start: range.start,
        end: range.end,
        origin: Origin::File,
    };
    match value {
        ast::Value::NullKeyword(null) => Node { value: Value::Null, span: place(null.range) },
        ast::Value::BooleanLit(it) => Node { value: Value::Bool(it.value), span: place(it.range) },
        ast::Value::NumberLit(it) => {
            Node { value: Value::Number(it.value.to_owned()), span: place(it.range) }
        }
        ast::Value::StringLit(it) => {
            Node { value: Value::String(it.value.to_string()), span: place(it.range) }
        }
        ast::Value::Array(it) => {
            let items = it.elements.iter().enumerate();
            let items =
                items.map(|(index, item)| convert(item, &format!("{pointer}/{index}"), problems)).collect();
            Node { value: Value::Array(items), span: place(it.range) }
        }
        ast::Value::Object(it) => {
            let mut seen = BTreeSet::new();
            let mut members = Vec::with_capacity(it.properties.len());
            for property in &it.properties {
                let key = property.name.as_str();
                let range = match &property.name {
                    ast::ObjectPropName::String(name) => name.range,
                    ast::ObjectPropName::Word(name) => name.range,
                };
                let pointer = format!("{pointer}/{}", escape(key));
                if !seen.insert(key.to_owned()) {
                    let message = format!("`{key}` stands twice in this object");
                    problems.push(Syntax { message, span: place(range), pointer: pointer.clone() });
                }
                let value = convert(&property.value, &pointer, problems);
                members.push(Member { key: key.to_owned(), key_span: place(range), value });
            }
            Node { value: Value::Object(members), span: place(it.range) }
        }
    }
}
