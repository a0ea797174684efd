//! A tree as a flat program, and the machine that runs it.

use super::parse::{Tree, parse};
use super::{Attribute, Mistake};

/// Room on the stack of the machine; an expression that needs more is refused.
const STACK: usize = 32;

/// An operation on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Negate,
    Not,
    Abs,
    Exp,
    Log,
    Sqrt,
    Floor,
    Known,
}

impl Unary {
    #[inline]
    pub(super) fn of(self, x: f64) -> f64 {
        match self {
            Self::Negate => -x,
            Self::Not => truth(x == 0.0),
            Self::Abs => x.abs(),
            Self::Exp => libm::exp(x),
            Self::Log => libm::log(x),
            Self::Sqrt => libm::sqrt(x),
            Self::Floor => libm::floor(x),
            Self::Known => truth(!x.is_nan()),
        }
    }
}

/// An operation on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Min,
    Max,
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
    And,
    Or,
    Default,
}

impl Binary {
    #[inline]
    pub(super) fn of(self, x: f64, y: f64) -> f64 {
        match self {
            Self::Add => x + y,
            Self::Subtract => x - y,
            Self::Multiply => x * y,
            Self::Divide => x / y,
            Self::Power => libm::pow(x, y),
            Self::Min => {
                if y < x || x.is_nan() {
                    y
                } else {
                    x
                }
            }
            Self::Max => {
                if y > x || x.is_nan() {
                    y
                } else {
                    x
                }
            }
            Self::Less => truth(x < y),
            Self::AtMost => truth(x <= y),
            Self::More => truth(x > y),
            Self::AtLeast => truth(x >= y),
            Self::Equal => truth(x == y),
            Self::Unequal => truth(x.partial_cmp(&y).is_some_and(std::cmp::Ordering::is_ne)),
            Self::And => truth(is_true(x) && is_true(y)),
            Self::Or => truth(is_true(x) || is_true(y)),
            Self::Default => {
                if x.is_nan() {
                    y
                } else {
                    x
                }
            }
        }
    }
}

/// An operation on three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ternary {
    If,
    Clamp,
}

impl Ternary {
    #[inline]
    pub(super) fn of(self, x: f64, y: f64, z: f64) -> f64 {
        match self {
            Self::If => {
                if is_true(x) {
                    y
                } else {
                    z
                }
            }
            Self::Clamp => {
                if x < y {
                    y
                } else if x > z {
                    z
                } else {
                    x
                }
            }
        }
    }
}

fn truth(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// What is not known is not true.
fn is_true(x: f64) -> bool {
    !x.is_nan() && x != 0.0
}

/// An instruction. Those with a constant or attribute in them save a push.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Instruction {
    Number(f64),
    Attribute(Attribute),
    Unary(Unary),
    Binary(Binary),
    BinaryNumber(Binary, f64),
    BinaryAttribute(Binary, Attribute),
    Ternary(Ternary),
}

/// An expression, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Score {
    text: String,
    program: Vec<Instruction>,
    attributes: Vec<Attribute>,
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Score {
    /// Compiles a text.
    ///
    /// # Errors
    /// The first mistake, with its place in the text.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let tree = parse(text)?;
        let mut score = Self { text: text.to_owned(), program: Vec::new(), attributes: Vec::new() };
        let depth = score.compile(&tree);
        if depth > STACK {
            let (message, help) = ("the expression is too long".to_owned(), "fewer terms".to_owned());
            return Err(Mistake { start: 0, end: text.len(), message, help });
        }
        Ok(score)
    }

    /// Appends the instructions of a tree; how many values they have on the stack at most.
    fn compile(&mut self, tree: &Tree) -> usize {
        match tree {
            Tree::Number(number) => {
                self.program.push(Instruction::Number(*number));
                1
            }
            Tree::Attribute(attribute) => {
                self.mention(*attribute);
                self.program.push(Instruction::Attribute(*attribute));
                1
            }
            Tree::Unary(operator, inner) => {
                let depth = self.compile(inner);
                self.program.push(Instruction::Unary(*operator));
                depth
            }
            Tree::Binary(operator, left, right) => {
                let depth = self.compile(left);
                match &**right {
                    Tree::Number(number) => {
                        self.program.push(Instruction::BinaryNumber(*operator, *number));
                        depth
                    }
                    Tree::Attribute(attribute) => {
                        self.mention(*attribute);
                        self.program.push(Instruction::BinaryAttribute(*operator, *attribute));
                        depth
                    }
                    right => {
                        let depth = depth.max(1 + self.compile(right));
                        self.program.push(Instruction::Binary(*operator));
                        depth
                    }
                }
            }
            Tree::Ternary(operator, a, b, c) => {
                let (a, b, c) = (self.compile(a), self.compile(b), self.compile(c));
                self.program.push(Instruction::Ternary(*operator));
                a.max(1 + b).max(2 + c)
            }
        }
    }

    fn mention(&mut self, attribute: Attribute) {
        if !self.attributes.contains(&attribute) {
            self.attributes.push(attribute);
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is made of.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// Whether it reads what replies and suspicions have taught.
    pub fn reads_observations(&self) -> bool {
        let observed = [Attribute::Reliability, Attribute::LatencyMs, Attribute::AgeH];
        self.attributes.iter().any(|it| observed.contains(it))
    }

    /// Whether nodes have to say something of themselves.
    pub fn reads_telemetry(&self) -> bool {
        self.attributes.iter().any(|it| it.needs_telemetry())
    }

    /// Whether it reads the price of electricity.
    pub fn reads_prices(&self) -> bool {
        self.attributes.contains(&Attribute::Price)
    }

    /// The value for a node whose attributes `of` gives; NaN if it is not known.
    #[inline]
    pub fn value(&self, mut of: impl FnMut(Attribute) -> f64) -> f64 {
        let mut stack = [0.0_f64; STACK];
        let mut top = 0;
        // `top` is the place of the uppermost value once there is one: the first instruction pushes at zero.
        let mut empty = true;
        for instruction in &self.program {
            match *instruction {
                Instruction::Number(number) => {
                    top += usize::from(!empty);
                    stack[top] = number;
                    empty = false;
                }
                Instruction::Attribute(attribute) => {
                    top += usize::from(!empty);
                    stack[top] = of(attribute);
                    empty = false;
                }
                Instruction::Unary(operator) => stack[top] = operator.of(stack[top]),
                Instruction::BinaryNumber(operator, number) => stack[top] = operator.of(stack[top], number),
                Instruction::BinaryAttribute(operator, attribute) => {
                    stack[top] = operator.of(stack[top], of(attribute));
                }
                Instruction::Binary(operator) => {
                    top -= 1;
                    stack[top] = operator.of(stack[top], stack[top + 1]);
                }
                Instruction::Ternary(operator) => {
                    top -= 2;
                    stack[top] = operator.of(stack[top], stack[top + 1], stack[top + 2]);
                }
            }
        }
        stack[0]
    }
}

/// The order of scores, an unknown one least.
pub(crate) fn rank(a: f64, b: f64) -> std::cmp::Ordering {
    let key = |x: f64| if x.is_nan() { f64::NEG_INFINITY } else { x };
    (!a.is_nan(), key(a)).partial_cmp(&(!b.is_nan(), key(b))).unwrap_or(std::cmp::Ordering::Equal)
}
