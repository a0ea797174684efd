//! Which method suits a scenario, and why.

use super::biased::{Bias, How};
use super::checks::Checks;
use super::fork::{Traveller, Worlds};
use super::goal::Goal;
use super::pilot::{self, Plain, Plan};
use crate::kernel::{Dist, Process, Stream, Streams};
use crate::scenario::{Health, Policy, Rare, RareMethod, RepairUnit, Scenario, Workload};

/// So many paths of a pilot of splitting say something, and how many times as likely the event may be by them.
const FEW: u64 = 5;
const UNEVEN: f64 = 5.0;
/// How far clocks that end danger are held back to begin with.
const HELD_BACK: f64 = 0.1;

/// What was chosen.
pub(super) struct Chosen {
    pub plan: Plan,
    pub method: &'static str,
    pub why: String,
    /// Events of all pilots.
    pub spent: u64,
}

/// Why an estimate may be trusted, by method.
const SPLITTING: &str = "the product of the shares that reach each level is an unbiased estimate for any levels and any number of paths \
    (Glasserman et al. 1999); forks draw lives and repairs anew, given how long they have lasted, and share their environment";
const BIASING: &str = "what brings the event nearer happens sooner, and each path counts with its likelihood ratio, which makes the mean \
    unbiased for any bias (Shahabuddin 1994)";
const BOTH: &str = "what brings the event nearer happens sooner, forks go on in proportion to their likelihood ratios, and the product of the mean ratios of the \
    stages is unbiased for any bias and any levels (Del Moral 2004)";

/// The method for `policy`.
pub(super) fn choose<'m>(
    scenario: &Scenario,
    rare: &Rare,
    policy: &str,
    root: &Traveller<'m>,
    worlds: &mut Worlds<'m, '_>,
    plain: &Plain,
    resample: &Stream,
) -> Chosen {
    let can = match &rare.outage {
        Some(_) => root.run.has_clocks(),
        None => scenario.rare_can_bias(),
    };
    let is_tame = is_tame(scenario, rare, &scenario.policies[policy]);
    let first = first(scenario, rare, &scenario.policies[policy]);
    let asked = rare.method != RareMethod::Auto;
    let by_splitting = |worlds: &mut Worlds<'m, '_>, bias: Option<Bias>| {
        pilot::splitting(worlds, root, rare, (bias, !asked), resample)
    };
    let checks = checks(scenario, rare, policy, root, &worlds.goal);
    let by_biasing = |worlds: &mut Worlds<'m, '_>| {
        let between = checks.and_then(|checks| pilot::between_checks(worlds, root, rare, checks));
        match between {
            Some((plan, true)) => (plan, true),
            Some((plan, false)) => {
                let other = pilot::biasing(worlds, root, rare, first, &plain.entries);
                let spent = plan.spent + other.spent;
                (Plan { spent, ..if plan.cost < other.cost { plan } else { other } }, false)
            }
            None => (pilot::biasing(worlds, root, rare, first, &plain.entries), false),
        }
    };
    let asked = |what: &str| format!("{what} was asked for");
    let (plan, method, because, others) = match rare.method {
        RareMethod::Splitting => (by_splitting(worlds, None), "splitting", asked("splitting"), 0),
        RareMethod::Biasing => (by_biasing(worlds).0, "biasing", asked("failure biasing"), 0),
        RareMethod::Both => {
            let (biased, _) = by_biasing(worlds);
            let because = asked("splitting with failure biasing");
            (by_splitting(worlds, biased.bias), "both", because, biased.spent)
        }
        RareMethod::Auto if !can => {
            let because = "no exponential life brings the event nearer, which leaves splitting".to_owned();
            (by_splitting(worlds, None), "splitting", because, 0)
        }
        RareMethod::Auto => {
            let (biased, is_even) = by_biasing(worlds);
            if is_even && nobody_leaves(scenario) && is_over_at_checks(&scenario.policies[policy]) {
                let because = "what is lost is lost before the next check, or the end, and a pilot has seen that evenly";
                return chosen(biased, "biasing", because, 0);
            }
            let split = by_splitting(worlds, None);
            let both = worlds.goal.lasts().then(|| by_splitting(worlds, biased.bias.clone()));
            let spent = biased.spent + split.spent + both.as_ref().map_or(0, |both| both.spent);
            let (plan, method, because) = best_of(biased, split, both, is_tame);
            let others = spent - plan.spent;
            (plan, method, because, others)
        }
    };
    chosen(plan, method, &because, others)
}

/// That method, after pilots of others that took so many events.
fn chosen(plan: Plan, method: &'static str, because: &str, others: u64) -> Chosen {
    let trust = match method {
        "splitting" => SPLITTING,
        "biasing" => BIASING,
        _ => BOTH,
    };
    Chosen { spent: plan.spent + others, plan, method, why: format!("{because}; {trust}") }
}

/// How clocks run between periodic checks, where objects are repaired at those, or until the end, where they are not at all.
fn checks(
    scenario: &Scenario,
    rare: &Rare,
    policy: &str,
    root: &Traveller<'_>,
    goal: &Goal,
) -> Option<Checks> {
    if rare.outage.is_some() || rare.bias.is_some() {
        return None;
    }
    let (objects, end) = (&scenario.policies[policy].objects, root.run.end());
    let (period, takes) = match &objects.repair {
        Some(repair) => {
            let hint = rare.recovery.map(|takes| takes.as_secs_f64());
            let mean = hint.or_else(|| repair.time.as_ref().map(Dist::mean)).unwrap_or(0.0);
            let is_memoryless = matches!(repair.time, Some(Dist::Exponential { .. }));
            (repair.check?.as_nanos(), (mean, is_memoryless))
        }
        None => (end.as_nanos(), (0.0, false)),
    };
    let mut clocks = Vec::new();
    let [hazard, _] = goal.running(&root.run, &mut clocks);
    let units = clocks.iter().filter(|(clock, _)| clock.kind() == 0).count() as f64;
    let shards = (goal.last(), objects.code.total);
    (hazard > 0.0).then(|| Checks::new(period, shards, hazard / units, takes, end))
}

/// Whether shards go by deaths alone, which can be hastened, and not with hosts that leave.
fn nobody_leaves(scenario: &Scenario) -> bool {
    let entries = scenario.fleet.iter().all(|entry| entry.churn.is_none());
    entries && scenario.nodes.values().all(|node| node.churn.is_none())
}

/// Whether all that is missing is back at once when a check finds it, or there is no repair.
fn is_over_at_checks(policy: &Policy) -> bool {
    let Some(repair) = &policy.objects.repair else { return true };
    let at_once = |time: &Dist| *time == Dist::Constant(0.0);
    let whole = repair.unit() == RepairUnit::Object || repair.parallel.is_none();
    let at_once = repair.time.as_ref().is_some_and(at_once) && repair.after.is_none();
    matches!(policy.health, Health::Oracle) && whole && at_once && repair.concurrent.is_none()
}

/// The plan that takes the least events for the same error, of those that can be trusted, and why.
fn best_of(biased: Plan, split: Plan, both: Option<Plan>, is_tame: bool) -> (Plan, &'static str, String) {
    let (plan, method, name) = match both {
        Some(both) if both.cost < biased.cost => (both, "both", "splitting with failure biasing"),
        _ => (biased, "biasing", "failure biasing"),
    };
    if split.hits >= FEW && split.probability > UNEVEN * plan.probability {
        let because =
            "failure biasing has missed most of what splitting has seen: its weights are too uneven";
        (split, "splitting", because.to_owned())
    } else if plan.cost >= split.cost {
        let because = told("splitting", split.cost, name, plan.cost);
        (split, "splitting", because)
    } else if is_tame || split.cost.is_infinite() {
        let because = told(name, plan.cost, "splitting", split.cost);
        (plan, method, because)
    } else {
        let because =
            "repairs that are neither exponential nor bounded make weights uneven, which leaves splitting";
        (split, "splitting", because.to_owned())
    }
}

/// What pilots have said of a method and of the other.
fn told(one: &str, cost: f64, other: &str, its_cost: f64) -> String {
    if cost.is_infinite() {
        format!("pilots of neither method have seen the event, and {one} is the safer choice")
    } else if its_cost.is_infinite() {
        format!("in pilots {one} has seen the event, and {other} has not")
    } else {
        format!("in pilots {one} took {:.2} times the events of {other} for the same error", cost / its_cost)
    }
}

/// Where failure biasing begins.
fn first(scenario: &Scenario, rare: &Rare, policy: &Policy) -> How {
    let seconds = scenario.duration.as_secs_f64() - scenario.warmup.as_secs_f64();
    let hint = rare.recovery.map(|takes| takes.as_secs_f64());
    let given = rare.bias.map(|bias| bias / (1.0 - bias));
    if let Some(outage) = &rare.outage {
        let takes = hint.or_else(|| shortest_repair(scenario)).filter(|takes| *takes > 0.0);
        let odds = given.unwrap_or(if outage.down > 1 { 1.0 } else { 0.0 });
        let held_back = if given.is_some() { 1.0 } else { HELD_BACK };
        let rate = takes.map(|takes| 1.0 / takes);
        let enough = outage.down;
        return How::Odds { odds, rate, by_repair: true, seconds, deaths: 1.0, enough, held_back };
    }
    let code = policy.objects.code;
    let last = code.total - code.data + 1;
    let repair = policy.objects.repair.as_ref();
    let timed = repair.and_then(|repair| repair.time.as_ref());
    let takes = hint.or_else(|| timed.map(Dist::mean));
    let rate = repair.and(takes).filter(|takes| *takes > 0.0).map(|takes| 1.0 / takes);
    // Repairs that can be held back need not be overtaken.
    let holds = matches!(timed, Some(Dist::Exponential { .. })) && given.is_none();
    How::Odds {
        odds: given.unwrap_or(if holds { 1.0 } else { f64::from(last) }),
        rate,
        by_repair: timed.is_some() && hint.is_none(),
        seconds,
        deaths: if repair.is_some() { 1.0 } else { f64::from(last) },
        enough: last,
        held_back: if holds { HELD_BACK } else { 1.0 },
    }
}

/// Whether whatever ends danger is exponential, and can be held back, or is over after a time that is known. Else it may last while hastened clocks ought to
/// ring, and paths on which they do not count for very much.
fn is_tame(scenario: &Scenario, rare: &Rare, policy: &Policy) -> bool {
    let tame =
        |dist: &Dist| matches!(dist, Dist::Exponential { .. } | Dist::Constant(_) | Dist::Uniform { .. });
    if let Some(outage) = &rare.outage {
        // One alone need not be overtaken by another.
        return outage.down == 1 || repairs(scenario).iter().all(|dist| tame(dist));
    }
    policy.objects.repair.as_ref().and_then(|repair| repair.time.as_ref()).is_none_or(tame)
}

/// The mean of the quickest repair of what can take nodes down.
fn shortest_repair(scenario: &Scenario) -> Option<f64> {
    let means = repairs(scenario).into_iter().map(crate::scenario::cost::mean);
    means.filter(|mean| *mean > 0.0).reduce(f64::min)
}

/// How long what takes nodes down lasts.
fn repairs(scenario: &Scenario) -> Vec<&Dist> {
    let nodes = scenario.nodes.values().map(|node| &node.hardware);
    let faults = nodes.clone().filter_map(|it| it.faults.as_ref()?.down.as_ref());
    let deaths = nodes.filter_map(|it| it.death.as_ref()?.replacement.as_ref());
    let links = scenario.fleet.iter().filter_map(|entry| Some(&entry.link.as_ref()?.outages.as_ref()?.down));
    let grids = scenario
        .fleet
        .iter()
        .filter_map(|entry| entry.grid.as_ref().or(scenario.regions[&entry.region].grid.as_ref()));
    let mains = grids.flat_map(|grid| grid.outages.iter().map(|outages| &outages.down));
    let acts = scenario.nodes.values().filter_map(|node| node.hardware.repair.as_ref()?.act.as_ref());
    faults.chain(deaths).chain(acts).chain(links).chain(mains).collect()
}

/// The object that is looked at, and whether it is alone: then the world is left with none but that.
pub(super) fn look_at_one(world: &mut Scenario, policy: &str, replication: u32) -> (u32, bool) {
    let counts: Vec<u32> = world.objects().map(|(_, _, objects)| objects.count).collect();
    let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let draw = Streams::new(world.seed, replication).stream(Process::RareResample, 1);
    // Objects of one set are alike.
    let number = if counts.len() == 1 { 0 } else { (draw.unit(0, 0) * total as f64) as u64 };
    if !world.rare_is_alone(&world.policies[policy]) {
        return (number as u32, false);
    }
    let mut before = 0;
    for workload in world.workloads.values_mut() {
        if let Workload::Objects(objects) = workload {
            let first = before;
            before += u64::from(objects.count);
            objects.count = u32::from((first..before).contains(&number));
        }
    }
    (0, true)
}
