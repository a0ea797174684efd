//! Looks shared by all pictures: sizes, fonts, colours that colour-blind readers tell apart, dashes for print without
//! colour, and a legend that stands above the data.
//!
//! Pictures are drawn at twice the size at which they are shown, because the backend rounds to whole pixels. It does not
//! know the width of text either, so every picture keeps a right margin and the legend spaces its entries by an estimate.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;

/// A picture as the text of an SVG file.
pub type Drawn = Result<String, Box<dyn Error>>;
/// What the drawing helpers return.
pub type Done = Result<(), Box<dyn Error>>;
/// A part of a picture.
pub type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Width of a picture, in pixels of the drawing.
pub const WIDTH: u32 = 1800;
/// Free space at the right of every plot.
pub const RIGHT: i32 = 56;
/// Height of text at ticks and in legends.
pub const TEXT: u32 = 38;
/// Height of titles.
pub const TITLE: u32 = 48;
/// Colour of text and axes.
pub const INK: RGBColor = RGBColor(40, 40, 40);
/// Colour of grid lines.
pub const GRID: RGBColor = RGBColor(226, 226, 226);

/// The Okabe–Ito palette, the colours that read best on white first (the yellow is left out).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// Lengths of dash and gap; a gap of 0 is a full line.
const DASHES: [(u32, u32); 5] = [(1, 0), (22, 10), (6, 8), (36, 9), (14, 16)];

/// How the line or dot of a policy looks.
#[derive(Clone, Copy)]
pub struct Look {
    /// Colour.
    pub colour: RGBColor,
    /// Length of a dash.
    pub dash: u32,
    /// Length of a gap; 0 for a full line.
    pub gap: u32,
}

/// The look of the `index`-th policy; looks repeat after 35.
pub fn look(index: usize) -> Look {
    let (dash, gap) = DASHES[index % DASHES.len()];
    Look { colour: COLOURS[index % COLOURS.len()], dash, gap }
}

/// Text of a height, placed by a corner, an edge or its centre.
pub fn text<'a>(size: u32, horizontal: HPos, vertical: VPos) -> TextStyle<'a> {
    TextStyle::from(("sans-serif", size).into_font()).color(&INK).pos(Pos::new(horizontal, vertical))
}

/// Estimated width of a text.
pub fn text_width(text: &str, size: u32) -> i32 {
    (text.chars().count() as f64 * f64::from(size) * 0.47).ceil() as i32
}

/// Draws a picture of a height: a title, a smaller line below it, and what `body` puts into the rest.
pub fn picture(height: u32, title: &str, subtitle: &str, body: impl FnOnce(&Canvas<'_>) -> Done) -> Drawn {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        root.draw_text(title, &text(TITLE, HPos::Left, VPos::Top), (32, 28))?;
        root.draw_text(subtitle, &text(TEXT - 2, HPos::Left, VPos::Top).color(&INK.mix(0.8)), (32, 90))?;
        body(&root.margin(150, 16, 0, 0))?;
        root.present()?;
    }
    let drawn = format!("width=\"{WIDTH}\" height=\"{height}\"");
    let shown = format!("width=\"{}\" height=\"{}\"", WIDTH / 2, height / 2);
    Ok(svg.replacen(&drawn, &shown, 1))
}

/// What an entry of a legend shows beside its name.
#[derive(Clone, Copy)]
pub enum Sign {
    /// A line, full or dashed.
    Line(Look),
    /// A filled area.
    Area(RGBColor),
}

/// Draws a legend into the top of `area`, in as many rows as it needs, and returns what is left below.
pub fn legend<'a>(area: &Canvas<'a>, entries: &[(String, Sign)]) -> Result<Canvas<'a>, Box<dyn Error>> {
    const ROW: i32 = 54;
    const SIGN: i32 = 84;
    let width = area.dim_in_pixel().0 as i32 - RIGHT;
    let (mut x, mut y) = (32, 24);
    for (name, sign) in entries {
        let sign_width = if matches!(sign, Sign::Area(_)) { SIGN / 2 } else { SIGN };
        let length = sign_width + 16 + text_width(name, TEXT) + 40;
        if x > 32 && x + length > width {
            (x, y) = (32, y + ROW);
        }
        match *sign {
            Sign::Line(look) => line(area, &[(x, y), (x + sign_width, y)], look, 6)?,
            Sign::Area(colour) => {
                let corners = [(x, y - 15), (x + sign_width, y + 15)];
                area.draw(&Rectangle::new(corners, colour.filled()))?;
                area.draw(&Rectangle::new(corners, INK.mix(0.6)))?;
            }
        }
        area.draw_text(name, &text(TEXT, HPos::Left, VPos::Center), (x + sign_width + 16, y))?;
        x += length;
    }
    Ok(area.margin(y + ROW - 18, 0, 0, 0))
}

/// Draws a line through points in pixels.
pub fn line(area: &Canvas<'_>, points: &[(i32, i32)], look: Look, width: u32) -> Done {
    let style = look.colour.stroke_width(width);
    if look.gap == 0 {
        area.draw(&PathElement::new(points.to_vec(), style))?;
    } else {
        area.draw(&DashedPathElement::new(points.to_vec(), look.dash, look.gap, style))?;
    }
    Ok(())
}
