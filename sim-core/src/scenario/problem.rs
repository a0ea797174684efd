//! What is wrong with a scenario file, and where.
//!
//! A [`Problem`] carries the path of the field (JSON Pointer), its line and column, what was found, what is accepted,
//! and the source line, so that it can be shown in the manner of a compiler. All problems of a file come together in
//! [`Problems`]. Rendering is plain text; who wants colour has the parts.

use std::fmt;

/// A mistake in a scenario file, or something doubtful in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the file as given to [`load`](super::load).
    pub file: String,
    /// JSON Pointer (RFC 6901) of the field.
    pub pointer: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, with what was found.
    pub message: String,
    /// What is accepted, and the nearest name.
    pub help: Option<String>,
    /// Where the value came from if not from this place of the file.
    pub note: Option<String>,
    /// The source line, or the part of a long one around the place.
    pub excerpt: String,
    /// Where in the excerpt the marks begin, in characters from 0.
    pub caret: usize,
    /// Number of characters to mark in the source line.
    pub width: usize,
}

impl Problem {
    /// Renders with this heading, "error" or "warning".
    pub fn render(&self, heading: &str) -> String {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let place = if self.pointer.is_empty() { String::new() } else { format!(" at {}", self.pointer) };
        let mut text = format!(
            "{heading}: {}\n{margin}--> {}:{}:{}{place}\n{margin} |\n{number} | {}\n{margin} | {}{}",
            self.message,
            self.file,
            self.line,
            self.column,
            self.excerpt,
            indent(&self.excerpt, self.caret),
            "^".repeat(self.width.max(1)),
        );
        for (label, line) in [("help", &self.help), ("note", &self.note)] {
            if let Some(line) = line {
                text.push_str(&format!("\n{margin} = {label}: {line}"));
            }
        }
        text
    }
}

/// White space as wide as the first `count` characters of the excerpt; tabs stay tabs.
fn indent(excerpt: &str, count: usize) -> String {
    excerpt.chars().take(count).map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("error"))
    }
}

/// All problems of a scenario file, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}\n")?;
        }
        let plural = if self.0.len() == 1 { "" } else { "s" };
        write!(f, "{} problem{plural} in the scenario", self.0.len())
    }
}

impl std::error::Error for Problems {}

/// Byte offsets of line starts, to turn offsets into lines and columns.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Where the bytes from `start` to `end` stand; of several lines, the first counts.
    pub(super) fn locate(&self, start: usize, end: usize) -> Place {
        let start = start.min(self.text.len());
        let line = self.starts.partition_point(|&at| at <= start) - 1;
        let from = self.starts[line];
        let to = self.starts.get(line + 1).map_or(self.text.len(), |&next| next - 1);
        let text = self.text[from..to].trim_end_matches('\r');
        let count = |until: usize| self.text.get(from..until.min(to)).map_or(0, |part| part.chars().count());
        let (first, last) = (count(start), count(end.max(start)));
        let (excerpt, caret) = window(text, first);
        let shown = excerpt.chars().count().saturating_sub(caret);
        Place {
            line: line + 1,
            column: first + 1,
            excerpt,
            caret,
            width: (last - first).clamp(1, shown.max(1)),
        }
    }
}

/// A place in the text, as it is shown.
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) excerpt: String,
    pub(super) caret: usize,
    pub(super) width: usize,
}

/// The part of a line around character `at`, and where that character is in it.
fn window(line: &str, at: usize) -> (String, usize) {
    const BEFORE: usize = 80;
    const SHOWN: usize = 200;
    if line.chars().nth(SHOWN).is_none() {
        return (line.to_owned(), at);
    }
    let skip = at.saturating_sub(BEFORE);
    let mut part: String = line.chars().skip(skip).take(SHOWN).collect();
    if line.chars().nth(skip + SHOWN).is_some() {
        part.push('…');
    }
    if skip > 0 { (format!("…{part}"), at - skip + 1) } else { (part, at) }
}

/// The name among `names` that is nearest to `word`, if it is near enough to be a slip.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if word.is_empty() {
        return None;
    }
    let lower = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(lower.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "did you mean `x`? accepted: …", with the list cut when it is long.
pub fn accepted(word: &str, names: &[&str]) -> String {
    const SHOWN: usize = 24;
    let mut list = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        list.push_str(&format!(", and {} more", names.len() - SHOWN));
    }
    if names.is_empty() {
        list.push_str("nothing here");
    }
    match nearest(word, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`? accepted: {list}"),
        None => format!("accepted: {list}"),
    }
}
