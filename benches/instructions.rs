//! Instruction counts of fixed workloads under `valgrind --tool=callgrind`, held against a committed baseline.
//!
//! Counts repeat to the instruction on one machine with one compiler, whatever else the machine does, so a slower kernel
//! shows at once. `benches/guard.sh` runs this; by hand:
//!
//! ```text
//! cargo bench -p sim-core --bench instructions -- check     compare with the baseline, exit 3 if one grew by over 3 %
//! cargo bench -p sim-core --bench instructions -- save      write the baseline anew
//! cargo bench -p sim-core --bench instructions -- prove     is a loop that does 5 % more found?
//! cargo bench -p sim-core --bench instructions -- run NAME  one workload, not counted
//! ```
//!
//! The last three workloads are whole runs of bundled scenarios, shortened: the kernel is a part of what users wait for.

mod support;

use serde::{Deserialize, Serialize};
use sim_core::kernel::queue::{BinaryHeapQueue, LadderQueue, QuadHeapQueue};
use sim_core::kernel::{Dist, Engine, Handle, PendingEvents, Process, SimDuration, SimTime, Streams};
use sim_core::scenario::{NoFiles, Overrides, Source, load};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use support::Global;

/// Growth of a count that the guard still lets pass.
const GROWTH_MAX: f64 = 0.03;

/// What `prove` adds to the steps of a workload.
const PLANTED: f64 = 0.05;

/// The workload with which `prove` plants a slower loop, and how it is called then.
const SLOWER: (&str, &str) = ("ladder-hold-1k", "ladder-hold-1k-slower");

const WORKLOADS: [(&str, fn()); 13] = [
    ("ladder-hold-1k", || hold::<LadderQueue<u64>>(1_000, 400_000)),
    ("ladder-hold-100k", || hold::<LadderQueue<u64>>(100_000, 400_000)),
    ("ladder-reschedule-10k", || reschedule::<LadderQueue<u64>>(10_000, 200_000)),
    ("ladder-ties-10k", || ties(10_000, 400_000)),
    ("quad-hold-10k", || hold::<QuadHeapQueue<u64>>(10_000, 200_000)),
    ("binary-hold-10k", || hold::<BinaryHeapQueue<u64>>(10_000, 200_000)),
    ("engine-phold-10k", || phold(10_000, 300_000)),
    ("random-bits", random_bits),
    ("random-streams", random_streams),
    ("distributions", distributions),
    ("run-ideal-queue", || scenario(include_str!("../scenarios/ideal-queue.json"), "ideal", "1 h")),
    ("run-edge-ring", || scenario(include_str!("../scenarios/edge-ring.json"), "two-choices", "60 s")),
    ("run-storm-front", || scenario(include_str!("../scenarios/storm-front.json"), "watched", "1 d")),
];

/// A whole run.
fn scenario(text: &str, policy: &str, duration: &str) {
    let set = vec![("/duration".to_owned(), duration.into()), ("/warmup".to_owned(), "0 s".into())];
    let overrides = Overrides { set, ..Overrides::default() };
    let plan = load(&Source { name: "scenario", text }, &NoFiles, &overrides).expect("it is a scenario");
    black_box(sim_core::run(&plan.variations[0].scenario, policy, 0, 0));
}

fn hold<Q: PendingEvents<u64>>(pending: u64, steps: u64) {
    let (mut queue, mut random) = (Q::default(), Global(1));
    for event in 0..pending {
        queue.push(SimTime::from_nanos(random.bits() >> 34), event);
    }
    for _ in 0..steps {
        let Some((at, event)) = queue.pop() else { return };
        queue.push(SimTime::from_nanos(at.as_nanos() + (random.bits() >> 34)), event);
    }
    black_box(queue.len());
}

fn reschedule<Q: PendingEvents<u64>>(pending: u64, steps: u64) {
    let (mut queue, mut random) = (Q::default(), Global(1));
    let mut handles: Vec<Handle> =
        (0..pending).map(|event| queue.push(SimTime::from_nanos(random.bits() >> 34), event)).collect();
    for _ in 0..steps {
        let Some((at, event)) = queue.pop() else { return };
        let now = at.as_nanos();
        handles[event as usize] = queue.push(SimTime::from_nanos(now + (random.bits() >> 34)), event);
        let other = random.below(pending) as usize;
        if let Some(handle) =
            queue.reschedule(handles[other], SimTime::from_nanos(now + (random.bits() >> 34)))
        {
            handles[other] = handle;
        }
    }
    black_box(queue.len());
}

/// Hold on a coarse grid of times.
fn ties(pending: u64, steps: u64) {
    let (mut queue, mut random) = (LadderQueue::<u64>::default(), Global(1));
    for event in 0..pending {
        queue.push(SimTime::from_nanos(random.below(100) * 1_000_000), event);
    }
    for _ in 0..steps {
        let Some((at, event)) = queue.pop() else { return };
        queue.push(SimTime::from_nanos(at.as_nanos() + (1 + random.below(100)) * 1_000_000), event);
    }
    black_box(queue.len());
}

fn phold(processes: u32, steps: u64) {
    let (mut engine, streams) = (Engine::<u32>::default(), Streams::new(1, 0));
    let (delays, targets) = (streams.stream(Process::Demand, 0), streams.stream(Process::Routing, 0));
    let mut draws = vec![0_u32; processes as usize];
    let delay = Dist::Exponential { mean: 1.0 };
    for lp in 0..processes {
        engine.after(delay.draw_duration(&delays, lp, u32::MAX), lp);
    }
    for _ in 0..steps {
        let Some(lp) = engine.next(SimTime::MAX) else { return };
        let draw = draws[lp as usize];
        draws[lp as usize] += 1;
        let to = ((targets.bits(lp, draw) >> 32) * u64::from(processes)) >> 32;
        let after = delay.draw_duration(&delays, lp, draw).as_nanos() + 100_000_000;
        engine.after(SimDuration::from_nanos(after), to as u32);
    }
    black_box(engine.trace());
}

fn random_bits() {
    let stream = Streams::new(1, 0).stream(Process::Demand, 0);
    let sum = (0..2_000_000).fold(0_u64, |sum, index| sum.wrapping_add(stream.bits(index >> 4, index & 15)));
    black_box(sum);
}

fn random_streams() {
    let sum = (0..20_000).fold(0_u64, |sum, salt| {
        sum.wrapping_add(Streams::new(1, 0).stream(Process::Demand, salt).bits(0, 0))
    });
    black_box(sum);
}

fn distributions() {
    let stream = Streams::new(1, 0).stream(Process::Demand, 0);
    let all = [
        Dist::Exponential { mean: 1.0 },
        Dist::Lognormal { median: 1.0, sigma: 0.5 },
        Dist::Weibull { scale: 1.0, shape: 1.5 },
        Dist::Pareto { min: 1.0, shape: 2.5 },
    ];
    for (salt, dist) in (0..).zip(&all) {
        black_box((0..200_000).map(|index| dist.draw(&stream, salt, index)).sum::<f64>());
    }
}

#[derive(Serialize, Deserialize)]
struct Baseline {
    rustc: String,
    target: String,
    instructions: BTreeMap<String, u64>,
}

fn baseline_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/instructions.json")
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn target() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

/// Runs one workload of this very program under callgrind and reads the count off its summary.
fn count(name: &str) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["run", name])
        // An environment of its own: its size moves the stack, and with it a few instructions.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    report
        .lines()
        .find_map(|line| line.split("Collected :").nth(1)?.trim().parse().ok())
        .ok_or_else(|| format!("{name}: valgrind said nothing of a count:\n{report}"))
}

fn count_all() -> Result<BTreeMap<String, u64>, String> {
    WORKLOADS.iter().map(|(name, _)| Ok(((*name).to_owned(), count(name)?))).collect()
}

fn save() -> Result<ExitCode, String> {
    let baseline = Baseline { rustc: rustc(), target: target(), instructions: count_all()? };
    let text = serde_json::to_string_pretty(&baseline).map_err(|error| error.to_string())?;
    std::fs::write(baseline_path(), text + "\n").map_err(|error| error.to_string())?;
    println!("wrote {}", baseline_path().display());
    Ok(ExitCode::SUCCESS)
}

fn check() -> Result<ExitCode, String> {
    let text = std::fs::read_to_string(baseline_path()).map_err(|error| error.to_string())?;
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if (&baseline.rustc, &baseline.target) != (&rustc(), &target()) {
        println!(
            "instruction counts skipped: the baseline is of {} on {}, this is {} on {}",
            baseline.rustc,
            baseline.target,
            rustc(),
            target()
        );
        return Ok(ExitCode::SUCCESS);
    }
    let mut slower = false;
    println!("{:<24}{:>14}{:>14}{:>10}", "instructions", "baseline", "now", "change");
    for (name, now) in count_all()? {
        let Some(before) = baseline.instructions.get(&name) else {
            println!("{name:<24}{:>14}{now:>14}{:>10}", "-", "new");
            continue;
        };
        let change = now as f64 / *before as f64 - 1.0;
        let verdict = if change > GROWTH_MAX { "  SLOWER" } else { "" };
        slower |= change > GROWTH_MAX;
        println!("{name:<24}{before:>14}{now:>14}{:>+9.2}%{verdict}", 100.0 * change);
    }
    if slower {
        println!(
            "a count grew by more than {:.0} %: make it faster, or say why and save anew",
            100.0 * GROWTH_MAX
        );
        return Ok(ExitCode::from(3));
    }
    Ok(ExitCode::SUCCESS)
}

/// Plants a loop that does a little more, and fails unless that is found.
fn prove() -> Result<ExitCode, String> {
    let (plain, slower) = (count(SLOWER.0)?, count(SLOWER.1)?);
    let change = slower as f64 / plain as f64 - 1.0;
    println!("{}: a loop with {:.0} % more steps counts {:+.2} %", SLOWER.0, 100.0 * PLANTED, 100.0 * change);
    if change > GROWTH_MAX { Ok(ExitCode::SUCCESS) } else { Err("that would have passed".to_owned()) }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|text| text != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["check"] => check(),
        ["save"] => save(),
        ["prove"] => prove(),
        ["run", name] if name == SLOWER.1 => {
            hold::<LadderQueue<u64>>(1_000, (400_000.0 * (1.0 + PLANTED)) as u64);
            Ok(ExitCode::SUCCESS)
        }
        ["run", name] => {
            let workload = WORKLOADS.iter().find(|(known, _)| *known == name);
            workload
                .map(|(_, run)| run())
                .ok_or_else(|| format!("no workload {name}"))
                .map(|()| ExitCode::SUCCESS)
        }
        _ => {
            println!("usage: check | save | prove | run NAME, where NAME is one of");
            for (name, _) in WORKLOADS {
                println!("  {name}");
            }
            Ok(ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}
