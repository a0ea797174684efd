//! What the README tells people to type works.
//!
//! Every line of its `sh` and `console` blocks that calls the program is run. Optimised (`cargo test --release`) it is run as
//! it stands; otherwise long runs are replaced by a check of the same scenario with the same flags.

use super::brownout;
use std::fs;
use std::path::Path;

/// A flag, and whether a value follows.
type Flag = (&'static str, bool);

/// Commands that make long runs, what is called instead of them, and their flags that this has not, with whether a value follows.
const LONG: [(&str, &str, &[Flag]); 3] = [
    (
        "run",
        "check",
        &[
            ("--out", true),
            ("--threads", true),
            ("--resume", false),
            ("--check-slo", false),
            ("--quiet", false),
            ("--only", true),
            ("--shard", true),
        ],
    ),
    ("batch", "plan", &[("--out", true), ("--threads", true), ("--check-slo", false), ("--quiet", false)]),
    (
        "trace",
        "check",
        &[("--policy", true), ("--site", true), ("--from", true), ("--to", true), ("--out", true)],
    ),
];

/// Commands that need what long runs have made.
const AFTER: [&str; 3] = ["plot", "merge", "guard"];

/// The calls of the program in fenced blocks of shell commands.
fn calls(text: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let mut in_shell = false;
    for line in text.lines() {
        match line.trim().strip_prefix("```") {
            Some(language) => in_shell = !in_shell && matches!(language, "sh" | "console"),
            None if in_shell => calls.extend(call(line)),
            None => {}
        }
    }
    calls
}

/// The arguments, if the line calls the program.
fn call(line: &str) -> Option<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ").split(" #").next().unwrap_or_default();
    let arguments =
        line.strip_prefix("brownout ").or_else(|| line.strip_prefix("cargo run --release -- "))?;
    Some(words(arguments))
}

/// Words of a command line, with quotes taken off.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.trim().chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            _ => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The same call without the long run; `None` if it needs what such a run makes.
fn shortened(arguments: &[String]) -> Option<Vec<String>> {
    if AFTER.contains(&arguments[0].as_str()) {
        return None;
    }
    let Some((_, instead, flags)) = LONG.iter().find(|(long, ..)| *long == arguments[0]) else {
        return Some(arguments.to_vec());
    };
    let mut kept = vec![(*instead).to_owned()];
    let mut rest = arguments.iter().skip(1);
    while let Some(argument) = rest.next() {
        match flags.iter().find(|(flag, _)| flag == argument) {
            Some((_, true)) => drop(rest.next()),
            Some((_, false)) => {}
            None => kept.push(argument.clone()),
        }
    }
    Some(kept)
}

#[test]
fn every_command_of_the_readme_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = super::Place::new();
    copy(&root.join("scenarios"), &place.path("scenarios"));
    let calls = calls(&fs::read_to_string(root.join("README.md")).expect("there is a README"));
    assert!(!calls.is_empty(), "the README shows how to call the program");
    for call in calls {
        let arguments = if cfg!(debug_assertions) { shortened(&call) } else { Some(call) };
        let Some(arguments) = arguments else { continue };
        let output = brownout(&place.path("")).args(&arguments).output().expect("the program starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "brownout {} failed: {err}", arguments.join(" "));
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn calls_are_found_in_shell_blocks_only() {
    let text = "```sh\ncargo build\ncargo run --release -- run a.json --set '/duration=3 d' # three days\n```\n```json\nbrownout no\n```\n```console\n$ brownout schema\n{}\n```\n";
    assert_eq!(calls(text), [vec!["run", "a.json", "--set", "/duration=3 d"], vec!["schema"]]);
    let short = |call: &str| shortened(&words(call)).map(|words| words.join(" "));
    assert_eq!(short("run a.json --out x --resume --seed 3").as_deref(), Some("check a.json --seed 3"));
    assert_eq!(short("plot results/a"), None);
}
