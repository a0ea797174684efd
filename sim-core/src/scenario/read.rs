//! The collecting reader: walks the syntax tree, yields typed values with their canonical JSON, and notes every problem.
//!
//! A [`Kind`] is what can stand at a place of the file; the macros in `declare` make kinds.

use super::problem::{Lines, Problem, accepted};
use super::table::{self, Column};
use super::tree::{Member, Node, Origin, Span, Value, escape};
use super::{Files, LocalDateTime, Source};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::rc::Rc;

/// What can stand at a place of the file.
pub(super) trait Kind {
    /// What it becomes.
    type Out;

    /// Reads it: the value and its canonical JSON; `None` if there was a problem, which has been noted.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Self::Out, Json)>;

    /// Its JSON Schema.
    fn schema(definitions: &mut Definitions) -> Json;
}

/// Schemas by name, for `$defs`.
#[derive(Default)]
pub(super) struct Definitions(pub(super) IndexMap<String, Json>);

impl Definitions {
    /// A reference to the definition `name`, made by `make` when it is new.
    pub(super) fn define(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Json) -> Json {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Json::Bool(true));
            let schema = make(self);
            self.0.insert(name.to_owned(), schema);
        }
        serde_json::json!({ "$ref": format!("#/$defs/{name}") })
    }
}

/// The state of reading one scenario file.
pub(super) struct Reader<'a> {
    source: &'a Source<'a>,
    lines: Lines<'a>,
    files: &'a dyn Files,
    loaded: IndexMap<String, Result<Rc<str>, String>>,
    columns: IndexMap<String, Rc<Column>>,
    path: Vec<String>,
    pub(super) problems: Vec<Problem>,
    /// Local time of t = 0, once read.
    pub(super) start: LocalDateTime,
    /// Simulated time in seconds, once read.
    pub(super) duration: i64,
    /// Earlier entries of the section being read, which `from` may name.
    pub(super) siblings: Vec<(String, Node)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source<'a>, files: &'a dyn Files) -> Self {
        Self {
            source,
            lines: Lines::new(source.text),
            files,
            loaded: IndexMap::new(),
            columns: IndexMap::new(),
            path: Vec::new(),
            problems: Vec::new(),
            start: LocalDateTime::default(),
            duration: 0,
            siblings: Vec::new(),
        }
    }

    /// Runs `inside` one step down the path.
    pub(super) fn within<T>(&mut self, key: &str, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(escape(key));
        let result = inside(self);
        self.path.pop();
        result
    }

    /// Runs `inside` at the end of these steps down the path.
    pub(super) fn within_all<T>(&mut self, keys: &[&str], inside: impl FnOnce(&mut Self) -> T) -> T {
        self.path.extend(keys.iter().map(|key| escape(key)));
        let result = inside(self);
        self.path.truncate(self.path.len() - keys.len());
        result
    }

    /// Name of the file without folder and extension.
    pub(super) fn stem(&self) -> &'a str {
        let name = self.source.name.rsplit(['/', '\\']).next().unwrap_or_default();
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }

    /// JSON Pointer of the place being read.
    fn pointer(&self) -> String {
        self.path.iter().flat_map(|segment| ["/", segment]).collect()
    }

    /// A problem at `span`, under the pointer given.
    pub(super) fn problem(
        &self,
        pointer: String,
        span: Span,
        message: String,
        help: Option<String>,
    ) -> Problem {
        let place = self.lines.locate(span.start, span.end);
        let note = match span.origin {
            Origin::File => None,
            Origin::Set => Some(format!("the value was set by `{}`, not by the file", flag(&pointer))),
            Origin::Catalog => Some("the value comes from the catalog entry named here".to_owned()),
            Origin::Default => Some("the value is a default".to_owned()),
        };
        Problem {
            file: self.source.name.to_owned(),
            pointer,
            line: place.line,
            column: place.column,
            message,
            help,
            note,
            excerpt: place.excerpt,
            caret: place.caret,
            width: place.width,
        }
    }

    /// Notes a problem at `span` of the place being read.
    pub(super) fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let problem = self.problem(self.pointer(), span, message.into(), Some(help.into()));
        self.note_problem(problem);
    }

    /// Notes a fault of `node` unless something holds.
    pub(super) fn require(&mut self, holds: bool, node: &Node, message: &str, help: &str) {
        if !holds {
            self.fault(node.span, message, help);
        }
    }

    /// Notes a problem once.
    pub(super) fn note_problem(&mut self, problem: Problem) {
        let same = |it: &Problem| {
            (it.line, it.column, &it.message) == (problem.line, problem.column, &problem.message)
        };
        if !self.problems.iter().any(same) {
            self.problems.push(problem);
        }
    }

    /// Notes a problem of the member `key` of `node`, or of `node` itself if the member is not written.
    pub(super) fn fault_in(
        &mut self,
        node: &Node,
        key: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let span = node.get(key).map_or(node.span, |member| member.span);
        self.within(key, |reader| reader.fault(span, message, help));
    }

    /// Notes that `node` is not what is wanted here.
    pub(super) fn mismatch<T>(&mut self, node: &Node, wanted: &str) -> Option<T> {
        self.fault(node.span, format!("found {}", node.found()), format!("accepted: {wanted}"));
        None
    }

    /// Opens an object whose fields are `fields`; unknown ones are noted.
    pub(super) fn open<'n>(&mut self, node: &'n Node, fields: &'static [&'static str]) -> Option<Fields<'n>> {
        let Value::Object(members) = &node.value else {
            return self.mismatch(node, &format!("an object with {}", list(fields)));
        };
        for member in members {
            if !fields.contains(&member.key.as_str()) {
                let help = accepted(&member.key, fields);
                let message = format!("unknown field `{}`", member.key);
                self.within(&member.key, |reader| reader.fault(member.key_span, message, help));
            }
        }
        Some(Fields { node, members, json: Map::new() })
    }

    /// A file named in the scenario.
    pub(super) fn file(&mut self, path: &str) -> Result<Rc<str>, String> {
        if !self.loaded.contains_key(path) {
            let result = self.files.read(path).map(Rc::from);
            self.loaded.insert(path.to_owned(), result);
        }
        self.loaded[path].clone()
    }

    /// `name`, if the file can be read and has a column of that name.
    pub(super) fn has_column(&mut self, path: &str, name: &str) -> Option<String> {
        let loaded = self.file(path).ok()?;
        table::header(&loaded).iter().any(|column| column == name).then(|| name.to_owned())
    }

    /// Columns of a table file, read once for all variations.
    pub(super) fn column(
        &mut self,
        path: &str,
        name: &str,
        time: Option<&str>,
    ) -> Result<Rc<Column>, String> {
        let key = format!("{path}\u{0}{name}\u{0}{}", time.unwrap_or("\u{0}"));
        if let Some(column) = self.columns.get(&key) {
            return Ok(Rc::clone(column));
        }
        let loaded = self.file(path)?;
        let column = Rc::new(table::column(&loaded, name, time)?);
        self.columns.insert(key, Rc::clone(&column));
        Ok(column)
    }
}

/// The flag of a command line that sets a field.
fn flag(pointer: &str) -> &'static str {
    match pointer.split('/').nth(1) {
        Some("seed") => "--seed` or `--set",
        Some("replications") => "--replications` or `--set",
        Some("select") => "--select` or `--set",
        _ => "--set",
    }
}

/// "`a`, `b`, `c`".
pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// An object being read, with the canonical form of what has been read.
pub(super) struct Fields<'n> {
    node: &'n Node,
    members: &'n [Member],
    json: Map<String, Json>,
}

impl Fields<'_> {
    fn find(&self, key: &str) -> Option<&Node> {
        self.members.iter().find(|member| member.key == key).map(|member| &member.value)
    }

    fn read<K: Kind>(&mut self, reader: &mut Reader<'_>, key: &str, node: &Node) -> Option<K::Out> {
        let (value, json) = reader.within(key, |reader| K::read(node, reader))?;
        self.json.insert(key.to_owned(), json);
        Some(value)
    }

    /// A field that must be there.
    pub(super) fn required<K: Kind>(&mut self, reader: &mut Reader<'_>, key: &str) -> Option<K::Out> {
        let Some(node) = self.find(key).cloned() else {
            let wanted = describe::<K>();
            let message = format!("missing field `{key}`");
            reader.fault(self.node.span, message, format!("`{key}` is required: {wanted}"));
            return None;
        };
        self.read::<K>(reader, key, &node)
    }

    /// A field that may be left out, or said to be "none".
    pub(super) fn optional<K: Kind>(&mut self, reader: &mut Reader<'_>, key: &str) -> Option<Option<K::Out>> {
        match self.find(key).cloned() {
            None => Some(None),
            Some(node) if node.text() == Some("none") => Some(None),
            Some(node) => self.read::<K>(reader, key, &node).map(Some),
        }
    }

    /// A field that may be left out, and whose "none" is a value of its own.
    pub(super) fn inherited<K: Kind>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
    ) -> Option<Option<K::Out>> {
        match self.find(key).cloned() {
            None => Some(None),
            Some(node) => self.read::<K>(reader, key, &node).map(Some),
        }
    }

    /// A field with a default, given as JSON.
    pub(super) fn default<K: Kind>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        default: &str,
    ) -> Option<K::Out> {
        let node = self.find(key).cloned().unwrap_or_else(|| {
            let json = serde_json::from_str(default).expect("defaults are JSON");
            Node::from_json(&json, Span { origin: Origin::Default, ..self.node.span })
        });
        self.read::<K>(reader, key, &node)
    }

    /// The canonical form of the object.
    pub(super) fn finish(self) -> Json {
        Json::Object(self.json)
    }
}

/// What a kind is, for messages: the description of its schema, or of the definition that it refers to.
fn describe<K: Kind>() -> String {
    let mut definitions = Definitions::default();
    let schema = K::schema(&mut definitions);
    let description = |schema: &Json| schema.get("description").and_then(Json::as_str).map(str::to_owned);
    let referred = || {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        description(definitions.0.get(name)?)
    };
    let of_type = || schema.get("type").and_then(Json::as_str).map(str::to_owned);
    description(&schema)
        .or_else(referred)
        .or_else(of_type)
        .unwrap_or_else(|| "see `brownout schema`".to_owned())
}

/// The one member of an object that names a variant.
pub(super) fn variant<'n>(
    node: &'n Node,
    reader: &mut Reader<'_>,
    words: &[&'static str],
    variants: &[&'static str],
) -> Option<(&'static str, &'n Node)> {
    let wanted = || {
        let objects = variants.iter().map(|name| format!("{{\"{name}\": …}}"));
        words.iter().map(|word| format!("\"{word}\"")).chain(objects).collect::<Vec<_>>().join(", ")
    };
    match &node.value {
        Value::Object(members) if members.len() == 1 => {
            let member = &members[0];
            let Some(name) = variants.iter().find(|name| **name == member.key) else {
                let names: Vec<&str> = variants.iter().chain(words).copied().collect();
                let help = accepted(&member.key, &names);
                let message = format!("unknown choice `{}`", member.key);
                reader.within(&member.key, |reader| reader.fault(member.key_span, message, help));
                return None;
            };
            Some((name, &member.value))
        }
        Value::Object(members) => {
            let message = format!("found an object with {} members where one chooses", members.len());
            reader.fault(node.span, message, format!("accepted: {}", wanted()));
            None
        }
        Value::String(text) => {
            let names: Vec<&str> = words.iter().chain(variants).copied().collect();
            let near = super::problem::nearest(text, names)
                .map_or_else(String::new, |name| format!("did you mean `{name}`? "));
            reader.fault(
                node.span,
                format!("found {}", node.found()),
                format!("{near}accepted: {}", wanted()),
            );
            None
        }
        _ => reader.mismatch(node, &wanted()),
    }
}
