//! Which method suits a scenario, and why.

use crate::kernel::Dist;
use crate::scenario::{Policy, Rare, RareMethod, Scenario, Workload};

/// Failure biasing is for steps rarer than this, and for no more of them than that.
const RARE_STEP: f64 = 0.01;
const STEPS_MAX: u32 = 6;

/// What was chosen.
pub(super) struct Chosen {
    pub biasing: bool,
    pub why: String,
}

/// Why an estimate may be trusted, by method.
const SPLITTING: &str = "the product of the shares that reach each level is an unbiased estimate for any levels and any number of paths \
    (Glasserman et al. 1999); forks draw lives and repairs anew, given how long they have lasted, and share their environment";
const BIASING: &str = "units that hold shards of the object die sooner, and each path counts with its likelihood ratio, which makes the mean \
    unbiased for any bias (Shahabuddin 1994)";

/// The method for `policy`.
pub(super) fn choose(scenario: &Scenario, rare: &Rare, policy: &str) -> Chosen {
    let (biasing, because) = match rare.method {
        RareMethod::Splitting => (false, "splitting was asked for".to_owned()),
        RareMethod::Biasing => (true, "failure biasing was asked for".to_owned()),
        RareMethod::Auto => suits(scenario, &scenario.policies[policy]),
    };
    let trust = if biasing { BIASING } else { SPLITTING };
    Chosen { biasing, why: format!("{because}; {trust}") }
}

fn suits(scenario: &Scenario, policy: &Policy) -> (bool, String) {
    let code = policy.objects.code;
    let steps = code.total - code.data + 1;
    let timed = policy.objects.repair.as_ref().and_then(|repair| repair.time.as_ref());
    let Some(repair) = timed.map(Dist::mean).filter(|_| scenario.rare_can_bias()) else {
        return (
            false,
            "lives that are not exponential, or repairs of unknown duration, leave splitting".to_owned(),
        );
    };
    let lives = scenario.nodes.values().filter_map(|node| node.hardware.death.as_ref());
    let life = lives.map(|death| death.lifetime.mean()).fold(f64::INFINITY, f64::min);
    let step = f64::from(code.total - 1) * repair / life;
    if steps <= 1 || steps > STEPS_MAX || step >= RARE_STEP {
        return (
            false,
            format!(
                "another shard is lost before a repair with a chance of about {step:.2e}, {steps} in a row: levels between"
            ),
        );
    }
    (
        true,
        format!(
            "another shard is lost before a repair with a chance of only about {step:.2e}: no level lies between"
        ),
    )
}

/// Whether objects can do nothing to one another.
pub(super) fn is_alone(scenario: &Scenario, policy: &str) -> bool {
    let policy = &scenario.policies[policy].objects;
    let quiet = scenario.objects().all(|(_, _, objects)| objects.writes.is_none());
    let free = policy.repair.as_ref().is_none_or(|repair| {
        repair.time.is_some()
            && repair.concurrent.is_none()
            && repair.rate.is_none()
            && repair.budget.is_none()
    });
    let room = scenario.nodes.values().all(|node| node.storage.is_none());
    quiet && free && room && policy.audits.is_none() && policy.evacuate.is_none()
}

/// Leaves one object in the world.
pub(super) fn leave_one(scenario: &mut Scenario) {
    for workload in scenario.workloads.values_mut() {
        if let Workload::Objects(objects) = workload {
            objects.count = 1;
        }
    }
}
