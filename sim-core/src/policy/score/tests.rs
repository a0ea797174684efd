//! Values against the same expressions in Rust, places of mistakes, and what is unknown.

use super::*;

fn observed(attribute: Attribute) -> f64 {
    match attribute {
        Attribute::Reliability => 0.9,
        Attribute::Load => 1.5,
        Attribute::LatencyMs => 80.0,
        Attribute::Outstanding => 3.0,
        Attribute::Local => 1.0,
        Attribute::Slots => 2.0,
        Attribute::Temperature => f64::NAN,
        _ => 0.25,
    }
}

fn value(text: &str) -> f64 {
    Score::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}")).value(observed)
}

fn mistake(text: &str) -> Mistake {
    Score::parse(text).expect_err(text)
}

#[test]
fn operators_bind_as_in_mathematics() {
    for (text, expected) in [
        ("2*reliability - 0.5*load - latency_ms/400", 2.0 * 0.9 - 0.5 * 1.5 - 80.0 / 400.0),
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 - 3 - 4", -5.0),
        ("16 / 4 / 2", 2.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("- -2", 2.0),
        ("load - (reliability - (slots - (local - load)))", 1.5 - (0.9 - (2.0 - (1.0 - 1.5)))),
        ("load > 1 and not local == 0", 1.0),
        ("load < 1 or load >= 1.5", 1.0),
        ("1 < 2 == 1", 1.0),
        ("1e3 + .5 + 2.", 1002.5),
        ("if(local, 10, 20) + min(3, load, 7) + max(1, 2, 3)", 14.5),
        ("clamp(latency_ms, 0, 50) + abs(-2) + sqrt(16) + floor(2.7)", 58.0),
        ("exp(log(5)) + 1", 6.0),
    ] {
        let found = value(text);
        assert!((found - expected).abs() < 1e-12, "{text} is {found} instead of {expected}");
    }
}

#[test]
fn what_is_unknown_makes_a_score_unknown_unless_it_is_asked_for() {
    assert!(value("1 - temperature").is_nan());
    assert!(value("0 * temperature").is_nan());
    for (text, expected) in [
        ("default(temperature, 40) + 1", 41.0),
        ("known(temperature)", 0.0),
        ("known(load)", 1.0),
        ("max(temperature, 3) + min(5, temperature)", 8.0),
        ("temperature > 0 or temperature <= 0 or temperature != 1", 0.0),
        ("if(temperature, 1, 2)", 2.0),
        ("not temperature", 0.0),
    ] {
        let found = value(text);
        assert!((found - expected).abs() < 1e-12, "{text} is {found} instead of {expected}");
    }
    use std::cmp::Ordering::{Equal, Greater, Less};
    assert_eq!(rank(f64::NAN, f64::NEG_INFINITY), Less);
    assert_eq!(rank(0.0, -0.0), Equal);
    assert_eq!(rank(f64::NAN, f64::NAN), Equal);
    assert_eq!(rank(2.0, 1.0), Greater);
}

#[test]
fn constants_are_folded() {
    let score = Score::parse("2*3 + load*(4 - 3) - exp(0)").expect("it is valid");
    assert_eq!(format!("{score:?}").matches("Number").count(), 3, "{score:?}");
    assert_eq!(score.attributes(), [Attribute::Load]);
}

#[test]
fn mistakes_have_a_place_and_a_remedy() {
    for (text, start, end, message, help) in [
        ("2*reliabilty", 2, 12, "unknown name `reliabilty`", "did you mean `reliability`?"),
        ("load +", 6, 7, "something is missing here", "a number"),
        ("(load", 5, 6, "`)` is missing", ")"),
        ("load load", 5, 9, "unexpected `load`", "an operator"),
        ("load)", 4, 5, "unexpected `)`", "an operator"),
        ("load 1.50", 5, 9, "unexpected `1.50`", "an operator"),
        ("0x10 + load", 0, 4, "`0x10` is not a number", "numbers"),
        ("load - 1e999", 7, 12, "`1e999` is too large", "numbers"),
        ("load + 0/0", 9, 10, "division by zero", "other than zero"),
        ("load / (1 - 1)", 7, 8, "division by zero", "other than zero"),
        ("load + log(-1)", 7, 14, "this is never a number", "finite"),
        ("1 + exp(1e3)*load", 4, 12, "this is always infinite", "finite"),
        ("clamp(load, 2, 1)", 0, 5, "the bounds of `clamp` are reversed: 2 is more than 1", "least, most"),
        ("load = 2", 5, 6, "`=` means nothing here", "`==`"),
        ("min(load)", 0, 3, "`min` was given 1", "two arguments or more"),
        ("if(1, 2)", 0, 2, "`if` was given 2", "three arguments"),
        ("sqrt + 1", 0, 4, "`sqrt` is a function", "sqrt("),
        ("2 * % 3", 4, 5, "`%` means nothing here", "numbers"),
        ("1.2.3", 0, 5, "`1.2.3` is not a number", "numbers"),
        ("* 3", 0, 1, "`*` stands where a value should", "a number"),
        ("", 0, 1, "something is missing here", "a number"),
    ] {
        let found = mistake(text);
        assert_eq!((found.start, found.end), (start, end), "{text}: {found:?}");
        assert_eq!(found.message, message, "{text}");
        assert!(found.help.contains(help), "{text}: {found:?}");
    }
}

#[test]
fn nothing_that_is_written_makes_it_panic() {
    let pieces = ["(", ")", "load", "-", "^", "min", ",", "1e", "9", " ", "=", "not", "é", "if(", "<="];
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..state % 9 {
            state = crate::kernel::random::squares64(state, 0x9e37_79b9_7f4a_7c15);
            text.push_str(pieces[(state >> 40) as usize % pieces.len()]);
        }
        state = crate::kernel::random::squares64(state, 0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        if let Ok(score) = Score::parse(&text) {
            score.value(observed);
        }
    }
    assert_eq!(mistake(&"(".repeat(500)).message, "this is nested too deeply");
    assert_eq!(mistake(&"-".repeat(500)).message, "this is nested too deeply");
    let long = (0..60).fold("1".to_owned(), |text, _| format!("load - ({text})"));
    assert_eq!(mistake(&long).message, "the expression is too long");
}

#[test]
fn what_is_too_long_is_refused_and_long_names_are_cut() {
    let sum = |terms: usize| vec!["load"; terms].join(" + ");
    assert!(Score::parse(&sum(500)).is_ok());
    for terms in [501, 100_000] {
        assert!(mistake(&sum(terms)).message.starts_with("the expression is too long"), "{terms}");
    }
    let found = mistake(&"x".repeat(10_000)).message;
    assert_eq!(found, format!("unknown name `{}…`", "x".repeat(40)));
}
