//! Rules of the house that a machine can check.

use std::fs;
use std::path::{Path, PathBuf};

/// A file longer than this is two.
const LINES_MAX: usize = 600;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn sources_open_with_what_they_are_for_and_stay_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["src", "benches", "sim-core/src", "sim-core/tests"] {
        sources(&root.join(folder), &mut found);
    }
    let mut faults = Vec::new();
    for path in &found {
        let text = fs::read_to_string(path).expect("a source");
        let lines = text.lines().count();
        if lines > LINES_MAX {
            faults.push(format!("{} has {lines} lines; {LINES_MAX} are enough", path.display()));
        }
        let is_test = path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests");
        if !is_test && !text.starts_with("//!") {
            faults.push(format!("{} does not say what it is for", path.display()));
        }
    }
    assert!(found.len() > 100, "the sources are found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What may be known where: nothing downstream is imported upstream.
#[test]
fn rooms_know_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let forbidden = [
        (
            "kernel",
            &["crate::world", "crate::policy", "crate::measure", "crate::scenario", "crate::simulation"][..],
        ),
        ("world", &["crate::policy", "crate::measure", "crate::simulation"][..]),
        ("policy", &["crate::measure", "crate::simulation"][..]),
        ("scenario", &["crate::simulation", "std::fs", "std::time"][..]),
        ("measure", &["crate::simulation", "crate::policy"][..]),
    ];
    let mut faults = Vec::new();
    for (room, names) in forbidden {
        let mut found = Vec::new();
        sources(&root.join(room), &mut found);
        let in_use = |path: &PathBuf| !path.components().any(|part| part.as_os_str() == "tests");
        for path in found.into_iter().filter(in_use) {
            let text = fs::read_to_string(&path).expect("a source");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                if let Some(name) = names.iter().find(|name| line.contains(**name)) {
                    faults.push(format!("{} knows {name}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
