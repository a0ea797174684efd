//! From the text of a scenario file to a plan.

use super::expand::{self, Cell};
use super::kinds::top::ScenarioKind;
use super::plan::{Plan, Variation};
use super::problem::Problems;
use super::read::{Kind, Reader};
use super::tree::Node;
use serde_json::Value as Json;

/// A scenario file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name, as shown in problems; its stem is the default name of the scenario.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Access to the files that a scenario names, by their path as written there.
pub trait Files {
    /// The text of the file, or why it cannot be read, in words for the user.
    fn read(&self, path: &str) -> Result<String, String>;
}

/// No files at all; for scenarios that name none.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<String, String> {
        Err("no files can be read here".to_owned())
    }
}

/// What the command line changes in a scenario.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// JSON Pointers and the values to put there, in order.
    pub set: Vec<(String, Json)>,
    /// Another seed.
    pub seed: Option<u64>,
    /// Another number of replications.
    pub replications: Option<u32>,
    /// Only these policies, in this order.
    pub policies: Option<Vec<String>>,
}

impl Overrides {
    /// The value of a `--set /pointer=value`: JSON if it is JSON, else a text.
    pub fn parse_value(text: &str) -> Json {
        serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
    }
}

/// Reads a scenario file, with all its variations.
///
/// # Errors
/// All problems of the file, in its order; none is left out for the sake of another, except that an object with a wrong
/// field is not checked for how its fields fit together.
pub fn load(source: &Source<'_>, files: &dyn Files, overrides: &Overrides) -> Result<Plan, Problems> {
    let mut reader = Reader::new(source, files);
    let root = match Node::parse(source.text) {
        Ok(root) => root,
        Err(faults) => {
            let help = || Some("JSON; comments and trailing commas are accepted".to_owned());
            let problems =
                faults.into_iter().map(|it| reader.problem(it.pointer, it.span, it.message, help()));
            return Err(Problems(problems.collect()));
        }
    };
    let written = root.clone();
    let cells = expand::cells(root, overrides, &mut reader);
    let mut variations = Vec::with_capacity(cells.len());
    for Cell { values, root } in cells {
        if let Some((scenario, resolved)) = ScenarioKind::read(&root, &mut reader) {
            let resolved = resolved.to_string().into_boxed_str();
            variations.push(Variation { values, scenario, resolved });
        }
    }
    // What is doubtful is looked for in scenarios whose names are known to exist.
    if reader.problems.is_empty() {
        let warnings = super::doubts::warnings(&variations, &written, &reader);
        let name = variations.first().map(|first| first.scenario.name.clone()).unwrap_or_default();
        return Ok(Plan { name, variations, warnings });
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| (problem.line, problem.column));
    Err(Problems(problems))
}
