//! Pictures as PNG, for papers that take no SVG: the same drawing at twice its size.
//!
//! Only with the cargo feature `png`. Letters come from the font in `font/`, so that a picture does not depend on what is installed.

use crate::failure::Failure;
use crate::output::Folder;
/// Refuses to begin what could not end with a PNG.
pub fn check(wanted: bool) -> Result<(), Failure> {
    match wanted && !cfg!(feature = "png") {
        true => Err(Failure::Usage(
            "this program was built without PNG; build it with `cargo install --path . --features png`"
                .to_owned(),
        )),
        false => Ok(()),
    }
}

/// Writes the pictures beside their SVG files, and returns their names.
pub fn write(folder: &Folder, pictures: &[(String, String)]) -> Result<Vec<String>, Failure> {
    let write = |(name, svg): &(String, String)| {
        let name = name.replace(".svg", ".png");
        folder.write(&format!("plots/{name}"), &of(svg)?)?;
        Ok(name)
    };
    pictures.iter().map(write).collect()
}

#[cfg(feature = "png")]
use with::of;

/// Never reached: see [`check`].
#[cfg(not(feature = "png"))]
fn of(_: &str) -> Result<Vec<u8>, Failure> {
    check(true).map(|()| Vec::new())
}

#[cfg(feature = "png")]
mod with {
    use crate::failure::Failure;
    use resvg::tiny_skia::{Pixmap, Transform};
    use resvg::usvg::{Options, Tree};

    const FONT: &[u8] = include_bytes!("font/DejaVuSans.ttf");
    const FAMILY: &str = "DejaVu Sans";
    /// Pixels for a pixel of the SVG.
    const SCALE: f32 = 2.0;

    /// The picture that an SVG shows.
    pub fn of(svg: &str) -> Result<Vec<u8>, Failure> {
        let failed = |what: String| Failure::Work(format!("cannot draw a PNG: {what}"));
        let mut options = Options::default();
        let fonts = options.fontdb_mut();
        fonts.load_font_data(FONT.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        let tree = Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
        let [width, height] =
            [tree.size().width(), tree.size().height()].map(|side| (side * SCALE).round() as u32);
        let mut picture =
            Pixmap::new(width, height).ok_or_else(|| failed(format!("{width} by {height} pixels")))?;
        resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
        picture.encode_png().map_err(|error| failed(error.to_string()))
    }
}

#[cfg(all(test, feature = "png"))]
mod tests {
    use super::*;

    #[test]
    fn letters_and_lines_are_drawn_at_twice_the_size() {
        let svg = |text: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"20\"><text x=\"4\" y=\"16\" font-family=\"sans-serif\" font-size=\"14\">{text}</text></svg>"
            )
        };
        let (empty, word) = (of(&svg("")).expect("drawn"), of(&svg("99 % − µs")).expect("drawn"));
        let side =
            |png: &[u8], at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
        assert!(word.starts_with(b"\x89PNG"));
        assert_eq!((side(&word, 16), side(&word, 20)), (120, 40));
        assert!(word.len() > empty.len() + 100, "no letter was drawn");
    }
}
