//! Pictures as PNG, for papers that take no SVG: the same drawing at the size at which it was drawn, twice that at which it is shown.
//!
//! Reads the few elements that our own SVG files consist of: rectangles, lines, polygons, circles and text. Letters come from the
//! font in `font/`, so that a picture does not depend on what is installed.

use crate::failure::Failure;
use crate::output::Folder;
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};
use ttf_parser::{Face, OutlineBuilder};

const FONT: &[u8] = include_bytes!("font/DejaVuSans.ttf");

/// Draws the pictures of a folder beside their SVG files, and returns their names.
pub fn write(folder: &Folder) -> Result<Vec<String>, Failure> {
    let write = |name: &String| {
        let svg = folder.read(&format!("plots/{name}"))?;
        let name = name.replace(".svg", ".png");
        let png = of(&svg).map_err(|what| Failure::Work(format!("cannot draw {name}: {what}")))?;
        folder.write(&format!("plots/{name}"), &png)?;
        Ok(name)
    };
    folder.plots()?.iter().map(write).collect()
}

/// The picture that an SVG of ours shows.
fn of(svg: &str) -> Result<Vec<u8>, String> {
    let face = Face::parse(FONT, 0).map_err(|error| error.to_string())?;
    let mut elements = elements(svg);
    let root = elements.next().filter(|it| it.name == "svg").ok_or("it is no SVG")?;
    let size: Vec<u32> = root.get("viewBox").split(' ').filter_map(|it| it.parse().ok()).collect();
    let [_, _, width, height] = size[..] else { return Err("it has no size".to_owned()) };
    let mut picture = Pixmap::new(width, height).ok_or("its size is zero")?;
    picture.fill(Color::WHITE);
    for element in elements {
        draw(&mut picture, &face, &element)?;
    }
    picture.encode_png().map_err(|error| error.to_string())
}

/// One element with its attributes and, of text, what it says.
struct Element<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    text: &'a str,
}

impl<'a> Element<'a> {
    fn get(&self, name: &str) -> &'a str {
        self.attributes.iter().find(|it| it.0 == name).map_or("", |it| it.1)
    }

    fn number(&self, name: &str) -> f32 {
        self.get(name).parse().unwrap_or(0.0)
    }

    /// The colour of `fill` or `stroke`, with the opacity of the element; `None` for none.
    fn paint(&self, name: &str) -> Option<Paint<'static>> {
        let hex = self.get(name).strip_prefix('#').filter(|it| it.len() == 6)?;
        let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        let opacity = self.get("opacity").parse::<f32>().unwrap_or(1.0).clamp(0.0, 1.0);
        let mut paint = Paint::default();
        paint.set_color_rgba8(part(0)?, part(2)?, part(4)?, (opacity * 255.0).round() as u8);
        paint.anti_alias = true;
        Some(paint)
    }

    /// The points of `points`.
    fn points(&self) -> Vec<(f32, f32)> {
        let point = |text: &str| {
            let (x, y) = text.split_once(',')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        };
        self.get("points").split_whitespace().filter_map(point).collect()
    }
}

/// The elements of an SVG, without their nesting: ours is flat.
fn elements(svg: &str) -> impl Iterator<Item = Element<'_>> {
    svg.split('<').skip(1).filter(|part| !part.starts_with('/')).filter_map(|part| {
        let (tag, text) = part.split_once('>')?;
        let tag = tag.trim_end_matches('/');
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        let mut rest = rest;
        while let Some((name, more)) = rest.split_once("=\"") {
            let (value, more) = more.split_once('"')?;
            attributes.push((name.trim(), value));
            rest = more;
        }
        Some(Element { name, attributes, text: text.trim() })
    })
}

fn draw(picture: &mut Pixmap, face: &Face<'_>, element: &Element<'_>) -> Result<(), String> {
    let (path, transform) = match element.name {
        "rect" => (rectangle(element), Transform::identity()),
        "circle" => {
            let centre = (element.number("cx"), element.number("cy"));
            (PathBuilder::from_circle(centre.0, centre.1, element.number("r")), Transform::identity())
        }
        "polyline" => (joined(&element.points(), false), Transform::identity()),
        "polygon" => (joined(&element.points(), true), Transform::identity()),
        "line" => {
            let ends = [("x1", "y1"), ("x2", "y2")].map(|(x, y)| (element.number(x), element.number(y)));
            (joined(&ends, false), Transform::identity())
        }
        "text" => (outline(face, element), turn(element.get("transform"))),
        other => return Err(format!("unknown element {other}")),
    };
    // Nothing to see, such as a rectangle without width.
    let Some(path) = path else { return Ok(()) };
    if let Some(paint) = element.paint("fill") {
        picture.fill_path(&path, &paint, FillRule::Winding, transform, None);
    }
    if let Some(paint) = element.paint("stroke") {
        let width = element.get("stroke-width").parse().unwrap_or(1.0);
        picture.stroke_path(&path, &paint, &Stroke { width, ..Stroke::default() }, transform, None);
    }
    Ok(())
}

fn rectangle(element: &Element<'_>) -> Option<Path> {
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| element.number(name));
    Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

fn joined(points: &[(f32, f32)], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    builder.move_to(first.0, first.1);
    rest.iter().for_each(|point| builder.line_to(point.0, point.1));
    if closed {
        builder.close();
    }
    builder.finish()
}

/// `rotate(degrees, x, y)`.
fn turn(transform: &str) -> Transform {
    let inside = transform.trim_start_matches("rotate(").trim_end_matches(')');
    let numbers: Vec<f32> = inside.split(',').filter_map(|it| it.trim().parse().ok()).collect();
    match numbers[..] {
        [degrees, x, y] => Transform::from_rotate_at(degrees, x, y),
        _ => Transform::identity(),
    }
}

/// The letters of a text, placed by its anchor and its shift.
fn outline(face: &Face<'_>, element: &Element<'_>) -> Option<Path> {
    let size = element.number("font-size");
    let scale = size / f32::from(face.units_per_em());
    let text = plain(element.text);
    let glyph = |letter: char| face.glyph_index(letter).unwrap_or_default();
    let advance = |letter: char| f32::from(face.glyph_hor_advance(glyph(letter)).unwrap_or(0)) * scale;
    let width: f32 = text.chars().map(advance).sum();
    let shift = element.get("dy");
    let unit = |name: &str, size: f32| shift.strip_suffix(name)?.parse::<f32>().ok().map(|it| it * size);
    let x_height = face.glyph_bounding_box(glyph('x')).map_or(0.0, |bounds| f32::from(bounds.y_max) * scale);
    let mut pen = Pen {
        path: PathBuilder::new(),
        x: element.number("x")
            - match element.get("text-anchor") {
                "middle" => width / 2.0,
                "end" => width,
                _ => 0.0,
            },
        y: element.number("y") + unit("em", size).or_else(|| unit("ex", x_height)).unwrap_or(0.0),
        scale,
    };
    for letter in text.chars() {
        face.outline_glyph(glyph(letter), &mut pen);
        pen.x += advance(letter);
    }
    pen.path.finish()
}

/// Text without the escapes of XML.
fn plain(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, letter)| text.replace(escaped, letter))
}

/// Draws glyphs, whose vertical axis goes up, from a point on.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "<svg width=\"60\" height=\"20\" viewBox=\"0 0 120 40\" xmlns=\"\">";

    fn drawn(body: &str) -> Pixmap {
        Pixmap::decode_png(&of(&format!("{ROOT}\n{body}\n</svg>")).expect("drawn")).expect("a PNG")
    }

    fn ink(picture: &Pixmap) -> usize {
        picture.pixels().iter().filter(|it| it.red() < 128).count()
    }

    #[test]
    fn shapes_have_their_place_and_colour() {
        let picture = drawn(
            "<rect x=\"10\" y=\"10\" width=\"20\" height=\"10\" opacity=\"1\" fill=\"#0072B2\" stroke=\"none\"/>",
        );
        assert_eq!((picture.width(), picture.height()), (120, 40));
        let pixel = picture.pixel(15, 15).expect("inside");
        assert_eq!((pixel.red(), pixel.green(), pixel.blue()), (0, 0x72, 0xB2));
        assert_eq!(picture.pixel(35, 15).expect("beside").red(), 255);
        let line = drawn(
            "<polyline fill=\"none\" opacity=\"1\" stroke=\"#000000\" stroke-width=\"4\" points=\"10,20 50,20 \"/>",
        );
        assert!((120..=200).contains(&ink(&line)), "{}", ink(&line));
    }

    #[test]
    fn letters_are_drawn_and_placed_by_their_anchor() {
        let text = |anchor: &str, what: &str| {
            let picture = drawn(&format!(
                "<text x=\"60\" y=\"10\" dy=\"0.76em\" text-anchor=\"{anchor}\" font-family=\"sans-serif\" font-size=\"20\" opacity=\"1\" fill=\"#282828\">\n{what}\n</text>"
            ));
            let left = picture
                .pixels()
                .iter()
                .enumerate()
                .filter(|(at, it)| at % 120 < 60 && it.red() < 128)
                .count();
            (left, ink(&picture) - left)
        };
        let (left, right) = text("start", "a&lt;b");
        assert!(left == 0 && right > 50, "{left} {right}");
        assert!(text("end", "99 % −µ").1 < 5);
        let rows = |dy: &str| {
            let picture = drawn(&format!(
                "<text x=\"9\" y=\"20\" dy=\"{dy}\" font-size=\"20\" opacity=\"1\" fill=\"#000000\">x</text>"
            ));
            let inked =
                picture.pixels().iter().enumerate().filter(|(_, it)| it.red() < 128).map(|(at, _)| at / 120);
            (inked.clone().min().unwrap_or(0), inked.max().unwrap_or(0))
        };
        let (above, below) = rows("0.5ex");
        assert!((above + below).abs_diff(40) <= 2, "{above} {below}: not centred");
        assert_eq!(text("start", "&amp;"), text("start", "&"));
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        assert!(of("<html></html>").is_err() && of(&format!("{ROOT}<image/></svg>")).is_err());
    }
}
