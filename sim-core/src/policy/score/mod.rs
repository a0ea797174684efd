//! Scores: an expression over what is observed of a node, so that an idea can be tried without compiling.
//!
//! ```text
//! 2*reliability - 0.5*load - latency_ms/400
//! ```
//!
//! Numbers, names of [`Attribute`]s, `+ - * / ^`, comparisons (1 if true, else 0), `and`, `or`, `not`, parentheses, and the
//! functions `min max abs exp log sqrt floor if clamp known default`. `^` binds tightest and to the right, then signs, `* /`, `+ -`,
//! comparisons, `not`, `and`, `or`.
//!
//! What is not known of a node is NaN and makes the score unknown; `known(x)` asks and `default(x, y)` replaces it. `min` and
//! `max` leave unknown values out, comparisons with them are false. An unknown score ranks below every known one, and equal
//! scores are for the caller to tell apart.
//!
//! A constant part that is not a finite number, such as 0/0 or log(-1), is a mistake; so are more than 1000 operations and names.
//!
//! An expression is parsed once into a tree, constants are folded, and the tree becomes a flat program for a small stack machine
//! (about 20 ns for the example above, on a shared virtual core of 2026, with attributes that are read from memory). Functions are those of `libm`, so a score is the same bits on
//! every platform.
//!
//! Why no library: `meval` and `evalexpr` give no places of mistakes and walk trees or hash maps; `fasteval` is fast, but takes
//! `exp` and `ln` from the platform and its errors have no places either. The whole language is a few hundred lines.

mod attribute;
mod lex;
mod parse;
mod program;

pub use attribute::Attribute;
pub use program::Score;
pub(crate) use program::rank;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// What is accepted.
    pub help: String,
}

#[cfg(test)]
mod tests;
