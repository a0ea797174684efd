//! Text into words.

use super::Mistake;

/// A word of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word<'a> {
    Number(f64),
    Name(&'a str),
    /// An operator or bracket.
    Sign(&'static str),
    End,
}

/// A word and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub word: Word<'a>,
    pub start: usize,
    pub end: usize,
}

const SIGNS: [&str; 15] = ["<=", ">=", "==", "!=", "+", "-", "*", "/", "^", "(", ")", ",", "<", ">", "="];

/// The words of a text, with an end.
pub(super) fn words(text: &str) -> Result<Vec<Token<'_>>, Mistake> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let word = if first.is_ascii_digit() || first == '.' {
            at += number_length(&text[at..]);
            // What follows a number without a gap belongs to it, as in 1.5.5 or 0x10.
            let more = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
            let tail = text.as_bytes()[at..].iter().take_while(|b| more(b)).count();
            at += tail;
            let number = if tail == 0 { text[start..at].parse::<f64>().ok() } else { None };
            match number {
                Some(number) if number.is_finite() => Word::Number(number),
                Some(_) => {
                    return Err(mistake(start, at, format!("`{}` is too large", shown(&text[start..at]))));
                }
                None => {
                    return Err(mistake(start, at, format!("`{}` is not a number", shown(&text[start..at]))));
                }
            }
        } else if first.is_ascii_alphabetic() || first == '_' {
            at += text[at..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            Word::Name(&text[start..at])
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| text[at..].starts_with(sign)) {
            at += sign.len();
            Word::Sign(sign)
        } else {
            return Err(mistake(start, start + first.len_utf8(), format!("`{first}` means nothing here")));
        };
        tokens.push(Token { word, start, end: at });
    }
    tokens.push(Token { word: Word::End, start: text.len(), end: text.len() });
    Ok(tokens)
}

/// Most characters of a word that a message repeats.
const SHOWN: usize = 40;

/// A word as a message shows it; one that is very long is cut.
pub(super) fn shown(word: &str) -> String {
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

fn mistake(start: usize, end: usize, message: String) -> Mistake {
    let help = "numbers, names, + - * / ^ < <= > >= == != ( ) and commas".to_owned();
    Mistake { start, end, message, help }
}

/// Length of the number at the beginning: digits, one point, an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = digits(0);
    if bytes.get(at) == Some(&b'.') {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at
}
