//! The commands, one a file, and the flags they share.

mod batch;
mod catalog;
mod check;
mod completions;
mod guard;
mod merge;
mod new;
pub mod options;
mod plan;
mod plot;
mod run;
mod schema;
mod trace;
mod weakest;

use crate::failure::Failure;
use clap::{Parser, Subcommand};

/// Simulates decentralised physical infrastructure and says which policy keeps it up.
///
/// Exit codes: 0 done; 1 a run or an access to a file failed; 2 bad usage or a mistake in a scenario; 3 a guard found a regression; 99 an objective was
/// missed under --check-slo; 130 interrupted, with all finished runs kept.
#[derive(Debug, Parser)]
#[command(name = "brownout", version, propagate_version = true, arg_required_else_help = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios, compare their policies, and write results
    Run(run::Arguments),
    /// Run many scenario files as one plan, going on where an earlier time stopped
    Batch(batch::Arguments),
    /// List the runs of scenarios, without making them
    Plan(plan::Arguments),
    /// Put the parts of a plan together that were made with --shard
    Merge(merge::Arguments),
    /// Check scenarios without running them: show the plan, estimate events and memory
    Check(check::Arguments),
    /// Hold results against a baseline and fail if something became worse
    Guard(guard::Arguments),
    /// Draw the pictures of a results folder again
    Plot(plot::Arguments),
    /// Kill each failure domain once and rank them by what they take down
    Weakest(weakest::Arguments),
    /// Record what some sites did in one run, for Perfetto or Chrome
    Trace(trace::Arguments),
    /// Print the JSON Schema of scenario files
    Schema,
    /// List what scenarios can name: hardware, buildings, grids, links, …, with sources
    Catalog(catalog::Arguments),
    /// Write a commented scenario to start from
    New(new::Arguments),
    /// Print completions for a shell
    #[command(hide = true)]
    Completions(completions::Arguments),
}

impl CommandLine {
    /// Does what the user asked for.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Run(arguments) => run::run(&arguments),
            Command::Batch(arguments) => batch::run(&arguments),
            Command::Plan(arguments) => plan::run(&arguments),
            Command::Merge(arguments) => merge::run(&arguments),
            Command::Check(arguments) => check::run(&arguments),
            Command::Guard(arguments) => guard::run(&arguments),
            Command::Plot(arguments) => plot::run(&arguments),
            Command::Weakest(arguments) => weakest::run(&arguments),
            Command::Trace(arguments) => trace::run(&arguments),
            Command::Schema => schema::run(),
            Command::Catalog(arguments) => catalog::run(&arguments),
            Command::New(arguments) => new::run(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
        }
    }
}
