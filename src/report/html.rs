//! Text and tables of the page. Every name comes from a file of someone, so all text passes through [`escape`].

use std::fmt::Write;

/// Text as HTML shows it, in an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Prose of the catalog as HTML: what stands between backticks is code.
pub fn prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        html += &if index % 2 == 1 { format!("<code>{part}</code>") } else { part };
    }
    html
}

/// Prose where there can be no markup, as in what is shown under the pointer.
pub fn plain(text: &str) -> String {
    escape(&text.replace('`', ""))
}

/// JSON that can stand inside a `script` element: nothing in it ends the element.
pub fn script_json(json: &str) -> String {
    json.replace('<', "\\u003c").replace("\u{2028}", "\\u2028").replace("\u{2029}", "\\u2029")
}

/// A metric's name as code that may break after its dots.
pub fn code(name: &str) -> String {
    format!("<code>{}</code>", escape(name).replace('.', ".<wbr>"))
}

/// One cell of a table.
#[derive(Clone, Default)]
pub struct Cell {
    /// Content, as HTML.
    pub html: String,
    /// What the column is sorted by; by the text without it.
    pub key: Option<f64>,
    /// Class of the cell.
    pub class: &'static str,
}

impl Cell {
    /// A cell of text.
    pub fn text(text: &str) -> Self {
        Self { html: escape(text), ..Self::default() }
    }

    /// A cell of HTML.
    pub fn html(html: impl Into<String>) -> Self {
        Self { html: html.into(), ..Self::default() }
    }

    /// A number: right-aligned, sorted by its value.
    pub fn number(text: &str, value: f64) -> Self {
        Self { html: escape(text), key: Some(value), class: "n" }
    }

    /// Nothing to show.
    pub fn none() -> Self {
        Self { html: "–".to_owned(), key: None, class: "n" }
    }
}

/// A table that the script sorts by a column.
pub struct Table {
    /// What it holds.
    pub caption: String,
    /// Headings of the columns, as HTML.
    pub head: Vec<String>,
    /// Rows; the first cell of each names it.
    pub rows: Vec<Vec<Cell>>,
    /// Whether a field to search in the rows stands above it.
    pub searched: bool,
}

impl Table {
    /// A table without a search field.
    pub fn new(caption: impl Into<String>, head: Vec<String>, rows: Vec<Vec<Cell>>) -> Self {
        Self { caption: caption.into(), head, rows, searched: false }
    }

    /// As HTML; it scrolls inside a frame of its own.
    pub fn html(&self) -> String {
        let mut html = String::new();
        if self.searched {
            html.push_str("<p class=\"search\"><label>Search <input type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label> <output></output></p>");
        }
        let caption = escape(&self.caption);
        let _ = write!(
            html,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption><thead><tr>"
        );
        for (index, name) in self.head.iter().enumerate() {
            let is_number = |row: &Vec<Cell>| row.get(index).is_some_and(|cell| cell.class.starts_with('n'));
            let class = if self.rows.iter().any(is_number) { " class=\"n\"" } else { "" };
            let _ = write!(
                html,
                "<th scope=\"col\"{class} aria-sort=\"none\"><button type=\"button\">{name}</button></th>"
            );
        }
        html.push_str("</tr></thead><tbody>\n");
        for row in &self.rows {
            html.push_str("<tr>");
            for (index, cell) in row.iter().enumerate() {
                html.push_str(&cell_html(cell, index == 0));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table></div>\n");
        html
    }
}

fn cell_html(cell: &Cell, names_the_row: bool) -> String {
    let element = if names_the_row { "th scope=\"row\"" } else { "td" };
    let key = cell.key.map_or_else(String::new, |key| format!(" data-k=\"{key}\""));
    let class = if cell.class.is_empty() { String::new() } else { format!(" class=\"{}\"", cell.class) };
    format!("<{element}{class}{key}>{}</{}>", cell.html, if names_the_row { "th" } else { "td" })
}

/// A block that can be folded away.
pub fn details(summary: &str, open: bool, body: &str) -> String {
    let open = if open { " open" } else { "" };
    format!("<details{open}><summary>{}</summary>\n{body}</details>\n", escape(summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert!(!script_json("\"</script>\"").contains("</script>"));
    }

    #[test]
    fn code_in_prose_is_marked_as_such() {
        assert_eq!(prose("with `a<b`, else none"), "with <code>a&lt;b</code>, else none");
        assert_eq!(plain("with `a<b`"), "with a&lt;b");
    }

    #[test]
    fn a_row_has_a_name_and_numbers_know_their_value() {
        let row = vec![Cell::text("a<b"), Cell::number("1.5 k", 1500.0)];
        let html = Table::new("t", vec!["x".into(), "y".into()], vec![row]).html();
        assert!(
            html.contains("<th scope=\"row\">a&lt;b</th><td class=\"n\" data-k=\"1500\">1.5 k</td>"),
            "{html}"
        );
    }
}
