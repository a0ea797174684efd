//! The macros that declare what a scenario file looks like, and the schema that they build.
//!
//! One declaration gives the reader, the accepted names, the canonical form and the JSON Schema, so that they cannot differ.

use super::read::{Definitions, Kind};
use serde_json::{Map, Value as Json};

/// The JSON Schema of an object, field by field.
pub(super) struct ObjectSchema {
    description: String,
    properties: Map<String, Json>,
    required: Vec<Json>,
}

impl ObjectSchema {
    pub(super) fn new(doc: &str) -> Self {
        Self { description: tidy(doc), properties: Map::new(), required: Vec::new() }
    }

    fn add<K: Kind>(
        &mut self,
        definitions: &mut Definitions,
        key: &str,
        doc: &str,
    ) -> &mut Map<String, Json> {
        let schema = documented(K::schema(definitions), doc);
        let slot = self.properties.entry(key).or_insert(schema);
        slot.as_object_mut().expect("a schema is an object")
    }

    pub(super) fn required<K: Kind>(&mut self, definitions: &mut Definitions, key: &str, doc: &str) {
        self.add::<K>(definitions, key, doc);
        self.required.push(key.into());
    }

    pub(super) fn optional<K: Kind>(&mut self, definitions: &mut Definitions, key: &str, doc: &str) {
        let schema = serde_json::json!({ "anyOf": [K::schema(definitions), { "const": "none", "description": "as if left out" }] });
        self.properties.insert(key.to_owned(), documented(schema, doc));
    }

    pub(super) fn inherited<K: Kind>(&mut self, definitions: &mut Definitions, key: &str, doc: &str) {
        self.add::<K>(definitions, key, doc);
    }

    pub(super) fn default<K: Kind>(
        &mut self,
        definitions: &mut Definitions,
        key: &str,
        doc: &str,
        default: &str,
    ) {
        let default = serde_json::from_str(default).expect("defaults are JSON");
        self.add::<K>(definitions, key, doc).insert("default".to_owned(), default);
    }

    pub(super) fn finish(self) -> Json {
        serde_json::json!({
            "description": self.description,
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        })
    }
}

/// A schema with the description of the field before its own.
pub(super) fn documented(mut schema: Json, doc: &str) -> Json {
    let own = schema.get("description").and_then(Json::as_str).map(str::to_owned);
    let text = match own {
        Some(own) => format!("{} ({own})", tidy(doc)),
        None => tidy(doc),
    };
    schema.as_object_mut().expect("a schema is an object").insert("description".to_owned(), text.into());
    schema
}

/// Doc comment lines as one line.
pub(super) fn tidy(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A kind that is an object: `how "name" => field: Kind = default`, where `how` is `required`, `optional` or `default`.
macro_rules! object {
    (
        $(#[doc = $doc:literal])+
        $kind:ident : $out:ty = $($make:ident)::+ {
            $( $(#[doc = $about:literal])+ $how:ident $json:literal => $field:ident : $of:ty $(= $default:literal)? ),* $(,)?
        }
        $(check $check:path)?
    ) => {
        $(#[doc = $doc])+
        pub(in crate::scenario) struct $kind;

        impl $crate::scenario::read::Kind for $kind {
            type Out = $out;

            #[allow(unused_mut, unused_variables)]
            fn read(
                node: &$crate::scenario::tree::Node,
                reader: &mut $crate::scenario::read::Reader<'_>,
            ) -> Option<(Self::Out, serde_json::Value)> {
                const FIELDS: &[&str] = &[$($json),*];
                let mut fields = reader.open(node, FIELDS)?;
                $( let $field = fields.$how::<$of>(reader, $json $(, $default)?); )*
                let value = $($make)::+ { $($field: $field?),* };
                $( $check(&value, node, reader); )?
                Some((value, fields.finish()))
            }

            #[allow(unused_mut, unused_variables)]
            fn schema(definitions: &mut $crate::scenario::read::Definitions) -> serde_json::Value {
                definitions.define(stringify!($kind), |definitions| {
                    let mut schema = $crate::scenario::declare::ObjectSchema::new(concat!($($doc, "\n"),+));
                    $( schema.$how::<$of>(definitions, $json, concat!($($about, "\n"),+) $(, $default)?); )*
                    schema.finish()
                })
            }
        }
    };
}
pub(super) use object;

/// A kind that is one of several: a word, or an object with one member whose name says which, or else a bare kind.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        $kind:ident : $out:ty {
            $( words { $( $(#[doc = $about:literal])+ $word:literal => $value:expr ),* $(,)? } )?
            $( objects { $( $(#[doc = $about_of:literal])+ $variant:literal => $of:ty ),* $(,)? } )?
            $( bare { $(#[doc = $about_bare:literal])+ $bare:ty } )?
        }
    ) => {
        $(#[doc = $doc])+
        pub(in crate::scenario) struct $kind;

        impl $crate::scenario::read::Kind for $kind {
            type Out = $out;

            #[allow(unused_variables)]
            fn read(
                node: &$crate::scenario::tree::Node,
                reader: &mut $crate::scenario::read::Reader<'_>,
            ) -> Option<(Self::Out, serde_json::Value)> {
                const WORDS: &[&str] = &[$($($word),*)?];
                const VARIANTS: &[&str] = &[$($($variant),*)?];
                match node.text() {
                    $($( Some($word) => return Some(($value, serde_json::Value::from($word))), )*)?
                    _ => {}
                }
                $( if !matches!(node.value, $crate::scenario::tree::Value::Object(_)) {
                    return <$bare as $crate::scenario::read::Kind>::read(node, reader);
                } )?
                let (name, inner) = $crate::scenario::read::variant(node, reader, WORDS, VARIANTS)?;
                match name {
                    $($( $variant => {
                        let read = reader.within(name, |reader| <$of as $crate::scenario::read::Kind>::read(inner, reader));
                        let (value, json) = read?;
                        Some((value, serde_json::json!({ $variant: json })))
                    } )*)?
                    _ => None,
                }
            }

            #[allow(unused_variables)]
            fn schema(definitions: &mut $crate::scenario::read::Definitions) -> serde_json::Value {
                definitions.define(stringify!($kind), |definitions| {
                    let alternatives: Vec<serde_json::Value> = vec![
                        $($( serde_json::json!({ "const": $word, "description": $crate::scenario::declare::tidy(concat!($($about, "\n"),+)) }), )*)?
                        $($( $crate::scenario::declare::variant_schema(
                            $variant, concat!($($about_of, "\n"),+), &<$of as $crate::scenario::read::Kind>::schema(definitions)), )*)?
                        $( $crate::scenario::declare::documented(
                            <$bare as $crate::scenario::read::Kind>::schema(definitions), concat!($($about_bare, "\n"),+)), )?
                    ];
                    serde_json::json!({
                        "description": $crate::scenario::declare::tidy(concat!($($doc, "\n"),+)),
                        "anyOf": alternatives,
                    })
                })
            }
        }
    };
}
pub(super) use choice;

/// The schema of `{"name": …}`.
pub(super) fn variant_schema(name: &str, doc: &str, inner: &Json) -> Json {
    serde_json::json!({
        "description": tidy(doc),
        "type": "object",
        "properties": { name: inner },
        "required": [name],
        "additionalProperties": false,
    })
}
