//! `brownout schema`: the JSON Schema of scenario files.

use crate::failure::Failure;
use std::io::{self, Write};

/// Prints the schema.
pub fn run() -> Result<(), Failure> {
    let schema = serde_json::to_string_pretty(&sim_core::scenario::schema())
        .map_err(|error| Failure::Work(error.to_string()))?;
    Ok(writeln!(io::stdout(), "{schema}")?)
}
