//! Words into a tree, by precedence climbing; constants are folded as the tree grows.

use super::lex::{Token, Word, shown, words};
use super::program::{Binary, Ternary, Unary};
use super::{Attribute, Mistake};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Number(f64),
    Attribute(Attribute),
    Unary(Unary, Box<Tree>),
    Binary(Binary, Box<Tree>, Box<Tree>),
    Ternary(Ternary, Box<Tree>, Box<Tree>, Box<Tree>),
}

/// Deeper nesting is refused, so that neither parser nor program need much stack.
const DEPTH_MAX: u32 = 64;

/// More operators, commas and names are refused: each is gone through for each node at each decision.
const OPERATIONS_MAX: usize = 1000;

/// What a function does with its arguments.
#[derive(Clone, Copy)]
enum Function {
    One(Unary),
    Two(Binary),
    Three(Ternary),
    /// Two or more.
    Many(Binary),
}

const FUNCTIONS: [(&str, Function); 11] = [
    ("min", Function::Many(Binary::Min)),
    ("max", Function::Many(Binary::Max)),
    ("abs", Function::One(Unary::Abs)),
    ("exp", Function::One(Unary::Exp)),
    ("log", Function::One(Unary::Log)),
    ("sqrt", Function::One(Unary::Sqrt)),
    ("floor", Function::One(Unary::Floor)),
    ("known", Function::One(Unary::Known)),
    ("default", Function::Two(Binary::Default)),
    ("if", Function::Three(Ternary::If)),
    ("clamp", Function::Three(Ternary::Clamp)),
];

/// Operators with two sides, loosest first.
const LEVELS: [&[(&str, Binary)]; 5] = [
    &[("or", Binary::Or)],
    &[("and", Binary::And)],
    &[
        ("<", Binary::Less),
        ("<=", Binary::AtMost),
        (">", Binary::More),
        (">=", Binary::AtLeast),
        ("==", Binary::Equal),
        ("!=", Binary::Unequal),
    ],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[("*", Binary::Multiply), ("/", Binary::Divide)],
];

/// The tree of a text.
pub(super) fn parse(text: &str) -> Result<Tree, Mistake> {
    let tokens = words(text)?;
    let counts = |it: &&Token<'_>| !matches!(it.word, Word::Number(_) | Word::Sign("(" | ")") | Word::End);
    if let Some(Token { start, end, .. }) = tokens.iter().filter(counts).nth(OPERATIONS_MAX) {
        let message = format!("the expression is too long: more than {OPERATIONS_MAX} operations and names");
        return Err(Mistake { start: *start, end: *end, message, help: "fewer terms".to_owned() });
    }
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let tree = parser.level(0)?;
    match parser.here().word {
        Word::End => Ok(tree),
        Word::Sign("=") => Err(parser.mistake("`=` means nothing here", "compare with `==`")),
        Word::Name(word) => Err(parser.unexpected(&shown(word))),
        Word::Sign(sign) => Err(parser.unexpected(sign)),
        Word::Number(_) => {
            let Token { start, end, .. } = parser.here();
            Err(parser.unexpected(&shown(&text[start..end])))
        }
    }
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn here(&self) -> Token<'a> {
        self.tokens[self.at]
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.here();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.here().word, Word::Sign(it) | Word::Name(it) if it == sign);
        if found {
            self.next();
        }
        found
    }

    fn mistake(&self, message: impl Into<String>, help: impl Into<String>) -> Mistake {
        let Token { start, end, .. } = self.here();
        Mistake { start, end: end.max(start + 1), message: message.into(), help: help.into() }
    }

    /// The expression could have ended before this.
    fn unexpected(&self, word: &str) -> Mistake {
        let help = "an operator, such as + - * /, or the end of the expression";
        self.mistake(format!("unexpected `{word}`"), help)
    }

    /// Refuses a constant since the word at `from` that is not a finite number.
    fn finite(&self, from: usize, tree: Tree) -> Result<Tree, Mistake> {
        let message = match &tree {
            Tree::Number(number) if number.is_nan() => "this is never a number",
            Tree::Number(number) if number.is_infinite() => "this is always infinite",
            _ => return Ok(tree),
        };
        let (start, end) = (self.tokens[from].start, self.tokens[self.at.max(from + 1) - 1].end);
        Err(Mistake { start, end, message: message.to_owned(), help: "a finite constant".to_owned() })
    }

    /// Operators of this level and tighter ones, from left to right.
    fn level(&mut self, level: usize) -> Result<Tree, Mistake> {
        let Some(operators) = LEVELS.get(level) else { return self.signed() };
        if level == 2 && self.takes("not") {
            let tree = self.nested(|parser| parser.level(level))?;
            return Ok(fold_unary(Unary::Not, tree));
        }
        let from = self.at;
        let mut tree = self.level(level + 1)?;
        'more: loop {
            for (sign, operator) in *operators {
                if self.takes(sign) {
                    let place = self.at;
                    let right = self.level(level + 1)?;
                    if *operator == Binary::Divide && matches!(right, Tree::Number(0.0)) {
                        self.at = place;
                        return Err(self.mistake("division by zero", "a divisor other than zero"));
                    }
                    tree = self.finite(from, fold_binary(*operator, tree, right))?;
                    continue 'more;
                }
            }
            return Ok(tree);
        }
    }

    fn signed(&mut self) -> Result<Tree, Mistake> {
        if self.takes("-") {
            return Ok(fold_unary(Unary::Negate, self.nested(Self::signed)?));
        }
        if self.takes("+") {
            return self.nested(Self::signed);
        }
        let from = self.at;
        let base = self.primary()?;
        if self.takes("^") {
            let exponent = self.nested(Self::signed)?;
            return self.finite(from, fold_binary(Binary::Power, base, exponent));
        }
        Ok(base)
    }

    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, Mistake>) -> Result<T, Mistake> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.mistake("this is nested too deeply", format!("at most {DEPTH_MAX} levels")));
        }
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn primary(&mut self) -> Result<Tree, Mistake> {
        match self.here().word {
            Word::Number(number) => {
                self.next();
                Ok(Tree::Number(number))
            }
            Word::Sign("(") => {
                self.next();
                let tree = self.nested(|parser| parser.level(0))?;
                self.closes(")")?;
                Ok(tree)
            }
            Word::Name(name) => self.named(name),
            Word::End => {
                Err(self.mistake("something is missing here", "a number, a name, a function or ( )"))
            }
            Word::Sign(sign) => Err(self.mistake(
                format!("`{sign}` stands where a value should"),
                "a number, a name, a function or ( )",
            )),
        }
    }

    fn closes(&mut self, sign: &str) -> Result<(), Mistake> {
        if self.takes(sign) { Ok(()) } else { Err(self.mistake(format!("`{sign}` is missing"), sign)) }
    }

    fn named(&mut self, name: &str) -> Result<Tree, Mistake> {
        let place = self.at;
        self.next();
        if let Some((_, function)) = FUNCTIONS.iter().find(|(it, _)| *it == name) {
            return self.call(name, *function, place);
        }
        if let Some(attribute) = Attribute::named(name) {
            return Ok(Tree::Attribute(attribute));
        }
        let attributes = Attribute::ALL.iter().map(|it| it.name());
        let names: Vec<&str> = attributes.chain(FUNCTIONS.iter().map(|(it, _)| *it)).collect();
        let help = crate::scenario::accepted(name, &names);
        self.at = place;
        Err(self.mistake(format!("unknown name `{}`", shown(name)), help))
    }

    fn call(&mut self, name: &str, function: Function, place: usize) -> Result<Tree, Mistake> {
        if !self.takes("(") {
            let help = format!("its arguments in brackets: {name}( … )");
            self.at = place;
            return Err(self.mistake(format!("`{name}` is a function"), help));
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.nested(|parser| parser.level(0))?);
            if !self.takes(",") {
                break;
            }
        }
        self.closes(")")?;
        let count = arguments.len();
        if let [_, Tree::Number(low), Tree::Number(high)] = arguments.as_slice()
            && matches!(function, Function::Three(Ternary::Clamp))
            && low > high
        {
            let message = format!("the bounds of `clamp` are reversed: {low} is more than {high}");
            self.at = place;
            return Err(self.mistake(message, "clamp(value, least, most)"));
        }
        let mut rest = arguments.into_iter();
        let mut next = || rest.next().expect("they were counted");
        let wanted = match (function, count) {
            (Function::One(it), 1) => return self.finite(place, fold_unary(it, next())),
            (Function::Two(it), 2) => return self.finite(place, fold_binary(it, next(), next())),
            (Function::Three(it), 3) => return Ok(fold_ternary(it, next(), next(), next())),
            (Function::Many(it), 2..) => {
                let first = next();
                return Ok(rest.fold(first, |tree, argument| fold_binary(it, tree, argument)));
            }
            (Function::One(_), _) => "one argument",
            (Function::Two(_), _) => "two arguments",
            (Function::Three(_), _) => "three arguments",
            (Function::Many(_), _) => "two arguments or more",
        };
        self.at = place;
        Err(self.mistake(format!("`{name}` was given {count}"), format!("it takes {wanted}")))
    }
}

fn fold_unary(operator: Unary, tree: Tree) -> Tree {
    match tree {
        Tree::Number(number) => Tree::Number(operator.of(number)),
        tree => Tree::Unary(operator, Box::new(tree)),
    }
}

fn fold_binary(operator: Binary, left: Tree, right: Tree) -> Tree {
    match (left, right) {
        (Tree::Number(left), Tree::Number(right)) => Tree::Number(operator.of(left, right)),
        (left, right) => Tree::Binary(operator, Box::new(left), Box::new(right)),
    }
}

fn fold_ternary(operator: Ternary, a: Tree, b: Tree, c: Tree) -> Tree {
    match (a, b, c) {
        (Tree::Number(a), Tree::Number(b), Tree::Number(c)) => Tree::Number(operator.of(a, b, c)),
        (a, b, c) => Tree::Ternary(operator, Box::new(a), Box::new(b), Box::new(c)),
    }
}
