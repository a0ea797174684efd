//! How policies look: the same colour, shape and dash on the whole page.

use super::html::escape;
use super::svg::short;

/// The look of a policy: colour, shape and dash, so that no reader depends on one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look(pub usize);

impl Look {
    /// Classes that set its colour and dash.
    pub fn class(self) -> String {
        format!("c{} d{}", self.0 % 7, self.0 % 5)
    }

    /// Its shape around a point.
    pub fn shape(self, x: f64, y: f64, r: f64, filled: bool) -> String {
        let class = if filled { "dot" } else { "dot open" };
        let at = |dx: f64, dy: f64| format!("{} {}", short(x + dx * r), short(y + dy * r));
        let d = match self.0 % 6 {
            0 => {
                return format!(
                    "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
                    short(x),
                    short(y),
                    short(r)
                );
            }
            1 => [at(-0.9, -0.9), at(0.9, -0.9), at(0.9, 0.9), at(-0.9, 0.9)].join("L"),
            2 => [at(0.0, -1.2), at(1.1, 0.85), at(-1.1, 0.85)].join("L"),
            3 => [at(0.0, -1.3), at(1.3, 0.0), at(0.0, 1.3), at(-1.3, 0.0)].join("L"),
            4 => [at(0.0, 1.2), at(1.1, -0.85), at(-1.1, -0.85)].join("L"),
            _ => [
                at(-0.4, -1.2),
                at(0.4, -1.2),
                at(0.4, -0.4),
                at(1.2, -0.4),
                at(1.2, 0.4),
                at(0.4, 0.4),
                at(0.4, 1.2),
                at(-0.4, 1.2),
                at(-0.4, 0.4),
                at(-1.2, 0.4),
                at(-1.2, -0.4),
                at(-0.4, -0.4),
            ]
            .join("L"),
        };
        format!("<path class=\"{class}\" d=\"M{d}z\"/>")
    }

    /// A sample of line and shape, for legends and tables.
    pub fn sample(self) -> String {
        format!(
            "<svg class=\"key {}\" viewBox=\"0 0 34 14\" width=\"34\" height=\"14\" aria-hidden=\"true\"><path class=\"line\" d=\"M1 7H33\"/>{}</svg>",
            self.class(),
            self.shape(17.0, 7.0, 4.6, true)
        )
    }
}

/// A legend of policies.
pub fn legend<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let entries: String = names
        .into_iter()
        .enumerate()
        .map(|(index, name)| format!("<li>{} {}</li>", Look(index).sample(), escape(name)))
        .collect();
    format!("<ul class=\"legend\" aria-label=\"Policies\">{entries}</ul>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_next_to_each_other_differ_in_all_three() {
        let (a, b) = (Look(7), Look(14));
        assert_ne!(a.class(), b.class());
        assert_ne!(a.shape(0.0, 0.0, 1.0, true), Look(8).shape(0.0, 0.0, 1.0, true));
    }
}
