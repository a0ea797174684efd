//! What is too much for this machine is refused before it starts, with the figure; what will take long is said.

use crate::failure::warning;
use crate::tell::numbers::{about, bytes};
use sim_core::scenario::Plan;
use std::fs;

/// Memory that is taken to be there where the system does not say.
const ASSUMED_MEMORY: f64 = 16.0 * 1024.0 * 1024.0 * 1024.0;
/// A run of more events than this would take a week and more.
const EVENTS_OF_A_RUN_MAX: f64 = 1e12;
/// From here on it is said that it will take long.
const EVENTS_TO_WARN_OF: f64 = 5e9;
/// Events a second and thread, roughly, for a word on how long it will take.
const EVENTS_A_SECOND: f64 = 1e6;

/// Refuses a plan of which `threads` runs at a time do not fit into memory, or one run would never end.
pub fn check(plan: &Plan, threads: usize) -> Result<(), String> {
    let estimate = plan.estimate();
    let at_once = (threads as u64).min(estimate.runs).max(1) as f64;
    let (needed, there) = (estimate.bytes_per_run * at_once, memory());
    if needed > there {
        let fewer = if estimate.bytes_per_run <= there && at_once > 1.0 {
            "take fewer --threads"
        } else {
            "make the fleet or the workload smaller"
        };
        return Err(format!(
            "{at_once} runs at a time would need about {} of memory, and {} is free; {fewer}",
            bytes(needed),
            bytes(there),
        ));
    }
    if estimate.events_per_run > EVENTS_OF_A_RUN_MAX {
        return Err(format!(
            "a run would have about {} events; at most {} are accepted: make the duration, the rates or the fleet smaller",
            about(estimate.events_per_run),
            about(EVENTS_OF_A_RUN_MAX),
        ));
    }
    if estimate.events > EVENTS_TO_WARN_OF {
        let hours = estimate.events / EVENTS_A_SECOND / at_once / 3600.0;
        warning(format!("{}: about {} events, perhaps {hours:.1} hours", plan.name, about(estimate.events)));
    }
    Ok(())
}

/// Memory that can be had without swapping, in bytes.
fn memory() -> f64 {
    let told = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    told.unwrap_or(ASSUMED_MEMORY)
}

/// The memory available according to a text in the form of Linux's `/proc/meminfo`.
fn available(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_available_is_read() {
        let text = "MemTotal:       24689000 kB\nMemFree:  1 kB\nMemAvailable:   1024 kB\n";
        assert_eq!(available(text), Some(1024.0 * 1024.0));
        assert_eq!(available("nothing of it"), None);
    }
}
