//! Which scenario files a batch is made of: files, the files of folders and patterns, and those of lists.
//!
//! A list has a file on each line, relative to the list, and behind it flags for that file alone, which win over those of the command line; `#`
//! begins a comment.

use super::project::Wanted;
use crate::commands::options::Changes;
use crate::failure::Failure;
use crate::input;
use clap::{Args, FromArgMatches};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The files of all sources, in their order, and within a folder or pattern by name. `common` are the changes for all.
pub fn all(sources: &[PathBuf], common: &Changes) -> Result<Vec<Wanted>, Failure> {
    let mut files = Vec::new();
    for source in sources {
        let before = files.len();
        add(source, common, &mut files)?;
        if files.len() == before {
            return Err(Failure::Usage(format!("{} has no scenario files", source.display())));
        }
    }
    Ok(files)
}

fn add(source: &Path, common: &Changes, files: &mut Vec<Wanted>) -> Result<(), Failure> {
    let plain = |file: PathBuf| Wanted { file, changes: common.clone() };
    if source == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|error| Failure::file("read", source, &error))?;
        return from_list(&text, Path::new(""), "standard input", common, files);
    }
    if source.is_dir() {
        let mut found = Vec::new();
        for entry in fs::read_dir(source).map_err(|error| Failure::file("read", source, &error))? {
            let path = entry.map_err(|error| Failure::file("read", source, &error))?.path();
            found.extend((is_scenario(&path) && path.is_file()).then_some(path));
        }
        found.sort();
        files.extend(found.into_iter().map(plain));
        return Ok(());
    }
    if is_scenario(source) && !is_pattern(source) {
        files.push(plain(source.to_owned()));
        return Ok(());
    }
    if is_pattern(source) && !source.exists() {
        let wrong = |message: String| Failure::Usage(format!("the pattern {}: {message}", source.display()));
        let pattern = source.to_str().ok_or_else(|| wrong("it is not text in UTF-8".to_owned()))?;
        for path in glob::glob(pattern).map_err(|error| wrong(error.to_string()))? {
            let path = path.map_err(|error| wrong(error.to_string()))?;
            files.extend((is_scenario(&path) && path.is_file()).then(|| plain(path)));
        }
        return Ok(());
    }
    let name = source.display().to_string();
    let text =
        input::text(source).map_err(|reason| Failure::Usage(format!("cannot read {name}: {reason}")))?;
    from_list(&text, source.parent().unwrap_or(Path::new("")), &name, common, files)
}

fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json" || extension == "jsonc")
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Adds the files of a list that is called `name` and lies in `folder`.
fn from_list(
    text: &str,
    folder: &Path,
    name: &str,
    common: &Changes,
    files: &mut Vec<Wanted>,
) -> Result<(), Failure> {
    for (number, line) in text.lines().enumerate() {
        let wrong = |message: &str| {
            Failure::Usage(format!(
                "{name}:{}: {message}; accepted: a scenario file, and behind it --seed, --replications, --policies, --select or --set",
                number + 1
            ))
        };
        let words = shell_words::split(without_comment(line)).map_err(|error| wrong(&error.to_string()))?;
        let Some(file) = words.first() else { continue };
        if file.starts_with('-') {
            return Err(wrong(&format!("{file:?} stands where the file should be")));
        }
        let matches = Changes::augment_args(clap::Command::new("list")).try_get_matches_from(&words);
        let own = matches.and_then(|matches| Changes::from_arg_matches(&matches)).map_err(|error| {
            let text = error.to_string();
            wrong(text.lines().next().unwrap_or_default().trim_start_matches("error: "))
        })?;
        files.push(Wanted { file: folder.join(file), changes: common.with(&own) });
    }
    Ok(())
}

/// A line up to a `#` that begins it or follows a space.
fn without_comment(line: &str) -> &str {
    let comment = |(at, _): &(usize, &str)| *at == 0 || line[..*at].ends_with([' ', '\t']);
    let end = line.match_indices('#').find(comment).map_or(line.len(), |(at, _)| at);
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Vec<Wanted>, Failure> {
        let mut files = Vec::new();
        let common = Changes { seed: Some(7), ..Changes::default() };
        from_list(text, Path::new("of"), "all.txt", &common, &mut files).map(|()| files)
    }

    #[test]
    fn lines_of_a_list_have_flags_of_their_own() {
        let files =
            read("# all of them\na.json\n\n  b#1.json --replications 2 --set '/duration=3 d' # short\n");
        let files = files.expect("it is right");
        assert_eq!(
            files.iter().map(|it| it.file.as_path()).collect::<Vec<_>>(),
            [Path::new("of/a.json"), Path::new("of/b#1.json")]
        );
        assert_eq!((files[0].changes.seed, files[0].changes.replications), (Some(7), None));
        assert_eq!((files[1].changes.seed, files[1].changes.replications), (Some(7), Some(2)));
        assert_eq!(files[1].changes.set, [("/duration".to_owned(), json!("3 d"))]);
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, what) in [
            ("a.json\nb.json --sed 3", "all.txt:2: unexpected argument '--sed'"),
            ("--seed 3", "all.txt:1: \"--seed\" stands where"),
            ("a.json 'b", "all.txt:1: missing closing quote"),
            ("a.json b.json", "all.txt:1: unexpected argument 'b.json'"),
            ("a.json --replications 0", "all.txt:1: invalid value '0'"),
        ] {
            let Err(Failure::Usage(message)) = read(text) else { panic!("{text} is accepted") };
            assert!(message.starts_with(what), "{message}");
        }
    }
}
