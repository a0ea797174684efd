//! The `brownout` command line: reads scenario files, runs their plans, and tells what came out.
//!
//! [`commands`] has a file for each command; [`work`] has the runs of scenario files made, over all cores by [`execute`]; [`output`] writes
//! the files of a results folder; [`tell`] speaks to people; [`plots`] and [`report`] draw; [`guard`] holds results against a baseline. Physics, policies and statistics live in `sim-core`.

mod commands;
mod execute;
mod failure;
mod guard;
mod input;
mod limits;
mod output;
mod plots;
mod report;
mod tell;
mod work;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::CommandLine::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
