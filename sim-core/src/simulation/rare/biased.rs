//! Paths on which the units that hold shards of an object die sooner, and what each such path counts.
//!
//! With present holders of total hazard Λ, and repairs under way that end at the rate r, deaths are made b times as frequent:
//!
//! ```text
//! b = max(1, β/(1 − β) · r/Λ)   while a repair runs: the next death comes before it ends with a probability of about β
//! b = max(1, d/(Λ T))           else: d deaths are expected in the time T of the run; 1, or without repair all that it takes
//! ```
//!
//! Over many spells in which an object lacks shards, factors that are mostly far from 1 multiply, and few paths would carry all the weight. So where
//! c > 1 spells are expected, a spell is biased only with probability q = 1/c, by a draw at its beginning, and counts 1/(q/L + 1 − q) whether it was or
//! not: the likelihood ratio of the mixture, which is bounded (defensive mixture: Hesterberg, *Technometrics* 37, 1995).
//!
//! Only holders are hastened, and only while they hold a shard: deaths of others change nothing for the object, and would only make the
//! likelihood ratio more uneven. Units that do not age (their node is off) are counted in neither sum.

use super::super::Simulation;
use super::fork::Worlds;
use crate::kernel::{Process, SimTime, Stream, Streams};
use crate::rare::{Branch, Likelihood};
use crate::scenario::{Policy, Rare, Scenario};
use crate::world::fleet::NodeId;

/// How much sooner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bias {
    /// Odds that the next death comes before the end of the repairs.
    odds: f64,
    /// Rate at which one repair ends; `None` without repair.
    rate: Option<f64>,
    /// Whether repairs under way are known to end at that rate; else it is a guess at how long an object lacks a shard.
    by_repair: bool,
    /// Probability that a spell is biased.
    share: f64,
    /// Seconds of the run, and deaths that are to be expected in it.
    seconds: f64,
    deaths: f64,
    /// Missing shards of a lost object.
    last: u32,
}

impl Bias {
    pub fn new(scenario: &Scenario, rare: &Rare, policy: &Policy) -> Self {
        let code = policy.objects.code;
        let last = code.total - code.data + 1;
        let repair = policy.objects.repair.as_ref();
        let timed = repair.and_then(|repair| repair.time.as_ref());
        let takes = rare.recovery.map(|takes| takes.as_secs_f64());
        let takes = takes.or_else(|| timed.map(crate::kernel::Dist::mean));
        let rate = repair.and(takes).filter(|takes| *takes > 0.0).map(|takes| 1.0 / takes);
        let lives = scenario.nodes.values().filter_map(|node| node.hardware.death.as_ref());
        let life = lives.map(|death| death.lifetime.mean()).fold(f64::INFINITY, f64::min);
        let seconds = scenario.duration.as_secs_f64();
        let spells = if repair.is_some() { f64::from(code.total) * seconds / life } else { 1.0 };
        Self {
            share: 1.0 / spells.max(1.0),
            odds: rare.bias / (1.0 - rare.bias),
            rate,
            by_repair: timed.is_some() && rare.recovery.is_none(),
            seconds,
            deaths: if repair.is_some() { 1.0 } else { f64::from(last) },
            last,
        }
    }

    /// How many times more often units of total hazard `hazard` are to die.
    fn factor(&self, hazard: f64, lacking: u32, mending: u32) -> f64 {
        let rate = match self.rate {
            Some(rate) if self.by_repair => rate * f64::from(mending),
            Some(rate) if lacking > 0 => rate,
            _ => 0.0,
        };
        let wanted = if rate > 0.0 { self.odds * rate } else { self.deaths / self.seconds };
        if hazard > 0.0 { (wanted / hazard).max(1.0) } else { 1.0 }
    }
}

/// A path under way.
struct Path {
    likelihood: Likelihood,
    /// Of the spell without some shards that it is in, and whether that is biased.
    spell: Option<(Likelihood, bool)>,
    spells: u32,
    coins: Stream,
    /// The holders, how many of their units have died, how much sooner they would die in a biased spell, and how much sooner they do.
    holders: Vec<(NodeId, u32)>,
    factor: f64,
    pace: f64,
    /// Their total hazard, were they not hastened.
    hazard: f64,
    since: SimTime,
}

impl Path {
    fn new(coins: Stream, since: SimTime) -> Self {
        Self {
            likelihood: Likelihood::default(),
            spell: None,
            spells: 0,
            coins,
            holders: Vec::new(),
            factor: 1.0,
            pace: 1.0,
            hazard: 0.0,
            since,
        }
    }

    /// A spell begins, or ends and counts.
    fn turn(&mut self, lacking: u32, bias: &Bias) {
        if lacking > 0 && self.spell.is_none() {
            let biased = bias.share >= 1.0 || self.coins.unit(0, self.spells) < bias.share;
            self.spells += 1;
            self.spell = Some((Likelihood::default(), biased));
        } else if lacking == 0 {
            self.end_spell(bias);
        }
    }

    fn end_spell(&mut self, bias: &Bias) {
        if let Some((spell, _)) = self.spell.take() {
            self.likelihood.and(spell.mixed(bias.share));
        }
    }

    fn current(&mut self) -> &mut Likelihood {
        match &mut self.spell {
            Some((spell, _)) => spell,
            None => &mut self.likelihood,
        }
    }

    /// Hastens the holders that there are now.
    fn look(&mut self, run: &mut Simulation<'_>, object: u32, bias: &Bias) {
        self.turn(run.lacking(object), bias);
        let holders: Vec<NodeId> = run.holders(object).map(NodeId).collect();
        let hazard: f64 = holders.iter().map(|node| run.hazard(*node)).sum();
        let factor = bias.factor(hazard, run.lacking(object), run.mending(object));
        let pace = if self.spell.is_some_and(|(_, biased)| !biased) { 1.0 } else { factor };
        let same_pace = pace.to_bits() == self.pace.to_bits();
        let before = std::mem::take(&mut self.holders);
        for (node, _) in before.iter().filter(|(node, _)| !holders.contains(node)) {
            run.hasten(*node, 1.0 / self.pace);
        }
        for node in &holders {
            let was = before.iter().any(|(it, _)| it == node);
            if !was {
                run.hasten(*node, pace);
            } else if !same_pace {
                run.hasten(*node, pace / self.pace);
            }
        }
        self.holders = holders.into_iter().map(|node| (node, run.deaths_of(node))).collect();
        (self.factor, self.pace, self.hazard) = (factor, pace, hazard);
    }

    /// Charges the time until now, during which nothing has changed.
    fn charge(&mut self, now: SimTime) {
        let (factor, hazard, seconds) = (self.factor, self.hazard, now.since(self.since).as_secs_f64());
        self.current().exposed(factor, hazard, seconds);
        self.since = now;
    }

    /// Charges the deaths of what was hastened.
    fn mourn(&mut self, run: &Simulation<'_>) {
        let deaths: u32 = self.holders.iter().map(|(node, deaths)| run.deaths_of(*node) - deaths).sum();
        let factor = self.factor;
        for _ in 0..deaths {
            self.current().rang(factor);
        }
    }
}

impl<'m> Worlds<'m, '_> {
    /// A path under failure biasing: what it counts if it ends with the loss of the object.
    pub fn biased_path(
        &mut self,
        root: &Simulation<'m>,
        branch: Branch,
        bias: &Bias,
        events: &mut u64,
    ) -> Option<f64> {
        if self.is_stopped() {
            return None;
        }
        self.branch.reseed(branch.0);
        let object = self.object;
        let mut run = root.clone().with_model(&self.branch);
        let (before, end) = (run.engine.events(), run.end());
        run.redraw();
        let streams = Streams::new(self.branch.seed, self.branch.replication).branch(branch.0);
        let mut path = Path::new(streams.stream(Process::RareBias, 0), run.now());
        let mut weight = None;
        loop {
            path.look(&mut run, object, bias);
            let Some(event) = run.engine.next(end) else { break };
            path.charge(run.now());
            run.handle(event);
            path.mourn(&run);
            if run.lacking(object) >= bias.last {
                path.end_spell(bias);
                weight = Some(path.likelihood.ratio());
                break;
            }
        }
        let spent = run.engine.events() - before;
        *events += spent;
        self.spent(spent);
        weight
    }
}
