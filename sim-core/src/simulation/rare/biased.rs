//! Paths on which clocks run faster or slower, and what each such path counts.
//!
//! At danger l clocks that bring it nearer run b times as fast and those that end it c times, where b ≥ 1 and c ≤ 1 are factors by level that a pilot has found (`pilot`). Or, with
//! clocks of total hazard Λ, a given β, and repairs under way that end at the rate r,
//!
//! ```text
//! b = max(1, β/(1 − β) · r/Λ)   while a repair runs: the next death comes before it ends with a probability of about β
//! b = max(1, d/(Λ T))           else: d deaths are expected in the time T of the run; 1, or without repair all that it takes
//! c = 1
//! ```
//!
//! which is also where pilots begin, with β = ½ and c = 0.1 for exponential repairs.
//!
//! Over many spells in which danger comes and goes, factors that are mostly far from 1 multiply, and few paths would carry all the weight. So where
//! c > 1 spells are expected, a spell is biased only with probability q = 1/c, by a draw at its beginning, and counts 1/(q/L + 1 − q) whether it was or
//! not: the likelihood ratio of the mixture, which is bounded (defensive mixture: Hesterberg, *Technometrics* 37, 1995). A spell begins at the lowest level
//! from 1 on whose clocks are hastened noticeably, and ends below it; q is 0.9 at most.
//!
//! Only clocks that matter are hastened, and only while they do: deaths of units that hold no shard change nothing for the object, and would only make the
//! likelihood ratio more uneven. Clocks that stand still (their node is off) are counted in neither sum.

use super::super::Simulation;
use super::checks::Checks;
use super::clocks::Clock;
use super::goal::Goal;
use crate::kernel::{SimTime, Stream};
use crate::rare::{Likelihood, SeenAt, Tally};

/// The probability that a spell is biased, at most.
const SHARE_MAX: f64 = 0.9;
/// A factor from which on it is noticeable.
const NOTICEABLE: f64 = 1.5;

/// What factors come from.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// Factors by level, of both kinds of clocks.
    Factors(Vec<[f64; 2]>),
    /// Odds of a ring against the end of repairs.
    Odds {
        odds: f64,
        /// Rate at which one repair ends; `None` without repair.
        rate: Option<f64>,
        /// Whether repairs under way are known to end at that rate; else it is a guess at how long danger lasts.
        by_repair: bool,
        /// Seconds of the run, and deaths that are to be expected in it.
        seconds: f64,
        deaths: f64,
        /// From this level on nothing more needs to ring.
        enough: u32,
        /// Factor of what ends danger.
        held_back: f64,
    },
    /// By the time to the next check.
    Checks(Checks),
}

/// How much sooner.
#[derive(Clone, Debug)]
pub(super) struct Bias {
    pub how: How,
    /// Where spells begin.
    base: u32,
    /// Probability that a spell is biased.
    share: f64,
}

impl Bias {
    /// With `entries` of each level from 1 on in a plain path.
    pub fn new(mut how: How, entries: &[f64]) -> Self {
        let base = match &how {
            How::Factors(factors) => {
                let noticeable = factors.iter().skip(1).position(|factor| factor[0] >= NOTICEABLE);
                noticeable.map_or(factors.len().max(1), |place| place + 1)
            }
            How::Odds { .. } | How::Checks(_) => 1,
        };
        // What is below is of the whole path, in which danger ends many times.
        if let How::Factors(factors) = &mut how {
            factors.iter_mut().take(base).for_each(|[_, ends]| *ends = 1.0);
        }
        let spells = entries.get(base - 1).copied().unwrap_or(0.0);
        Self { how, base: base as u32, share: (1.0 / spells.max(1.0)).min(SHARE_MAX) }
    }

    /// Nothing is hastened.
    pub fn none() -> Self {
        Self { how: How::Factors(Vec::new()), base: 1, share: 1.0 }
    }

    /// How many times more often clocks are to ring, by kind; those that bring danger nearer are so many and have this total hazard, and the next check comes after so many
    /// seconds.
    fn factors(&self, (units, hazard): (u32, f64), level: u32, mending: u32, left: f64) -> [f64; 2] {
        match &self.how {
            How::Checks(checks) => checks.factors((units, hazard), level, mending, left),
            How::Factors(factors) => factors.get(level as usize).copied().unwrap_or([1.0; 2]),
            How::Odds { odds, rate, by_repair, seconds, deaths, enough, held_back } => {
                let rate = match rate {
                    Some(rate) if *by_repair => rate * f64::from(mending),
                    Some(rate) if level > 0 => *rate,
                    _ => 0.0,
                };
                let wanted = if rate > 0.0 { odds * rate } else { deaths / seconds };
                let hastens = hazard > 0.0 && level < *enough;
                [if hastens { (wanted / hazard).max(1.0) } else { 1.0 }, *held_back]
            }
        }
    }
}

/// A spell of danger.
#[derive(Clone, Copy, Debug)]
struct Spell {
    likelihood: Likelihood,
    is_biased: bool,
    /// Probability that it is.
    share: f64,
}

impl Spell {
    /// What it counts, whether it is biased or not.
    fn mixed(&self) -> Likelihood {
        self.likelihood.mixed(self.share)
    }
}

/// A path under way.
#[derive(Clone, Debug)]
pub(super) struct Path {
    likelihood: Likelihood,
    /// The spell that it is in.
    spell: Option<Spell>,
    spells: u32,
    /// The check at which the spell ends, and whether all is over that happens then; at first, that it begins.
    check: SimTime,
    is_checked: bool,
    coins: Stream,
    /// The running clocks and how often they have rung; by kind, how much sooner they would ring in a biased spell, and how much sooner they do.
    clocks: Vec<(Clock, u32)>,
    scratch: Vec<(Clock, u32)>,
    factors: [f64; 2],
    paces: [f64; 2],
    /// Their total hazard, were they not hastened.
    hazard: [f64; 2],
    since: SimTime,
    level: u32,
}

/// What a path has seen, for pilots.
pub(super) struct Seen {
    /// Rings and hazard by level, from the beginning, or from that of the spell.
    levels: Vec<SeenAt>,
    top: u32,
    /// How often each level from 1 on was entered.
    entries: Vec<f64>,
    /// How often the time from one check to the next began at each level from 0 on.
    spells: Vec<f64>,
}

impl Seen {
    pub fn new(levels: u32) -> Self {
        let none = || vec![0.0; levels as usize];
        Self { levels: vec![[[0.0; 2]; 2]; levels as usize], top: 0, entries: none(), spells: none() }
    }

    pub fn entries(&self) -> &[f64] {
        &self.entries
    }

    pub fn spells(&self) -> &[f64] {
        &self.spells
    }
}

impl Path {
    pub fn new(coins: Stream) -> Self {
        Self {
            likelihood: Likelihood::default(),
            spell: None,
            spells: 0,
            check: SimTime::ZERO,
            is_checked: true,
            coins,
            clocks: Vec::new(),
            scratch: Vec::new(),
            factors: [1.0; 2],
            paces: [1.0; 2],
            hazard: [0.0; 2],
            since: SimTime::ZERO,
            level: 0,
        }
    }

    /// The same path in a fork, whose clocks have been drawn again: some of them as if they were not hastened.
    pub fn fork(&mut self, run: &mut Simulation<'_>, coins: Stream) {
        self.coins = coins;
        for (clock, _) in self.clocks.iter().filter(|(clock, _)| !matches!(clock, Clock::Unit(_))) {
            run.hasten(*clock, self.paces[clock.kind()]);
        }
    }

    /// Its likelihood ratio so far.
    pub fn likelihood(&self) -> Likelihood {
        let mut all = self.likelihood;
        if let Some(spell) = self.spell {
            all.and(spell.mixed());
        }
        all
    }

    /// A spell begins, or ends and counts.
    fn turn(&mut self, bias: &Bias, now: SimTime, seen: &mut Option<&mut Seen>) {
        if let How::Checks(checks) = &bias.how {
            self.turn_at_check(checks, now, seen);
        } else if self.level >= bias.base && self.spell.is_none() {
            self.begin(bias.share);
            if let Some(seen) = seen {
                seen.levels.iter_mut().skip(bias.base as usize).for_each(|level| *level = Default::default());
            }
        } else if self.level < bias.base {
            self.finish();
        }
    }

    /// At each check one ends, and the next begins if it can matter.
    fn turn_at_check(&mut self, checks: &Checks, now: SimTime, seen: &mut Option<&mut Seen>) {
        if !std::mem::take(&mut self.is_checked) {
            return;
        }
        self.finish();
        self.check = checks.next(now);
        if let Some(spells) = seen.as_mut().and_then(|seen| seen.spells.get_mut(self.level as usize)) {
            *spells += 1.0;
        }
        let share = checks.share(self.level, now);
        if share > 0.0 {
            self.begin(share);
        }
    }

    fn begin(&mut self, share: f64) {
        let is_biased = share >= 1.0 || self.coins.unit(0, self.spells) < share;
        self.spells += 1;
        self.spell = Some(Spell { likelihood: Likelihood::default(), is_biased, share });
    }

    fn finish(&mut self) {
        if let Some(spell) = self.spell.take() {
            self.likelihood.and(spell.mixed());
        }
    }

    fn current(&mut self) -> &mut Likelihood {
        match &mut self.spell {
            Some(spell) => &mut spell.likelihood,
            None => &mut self.likelihood,
        }
    }

    /// Hastens the clocks that run now.
    fn hasten(&mut self, run: &mut Simulation<'_>, goal: &Goal, bias: &Bias) {
        let is_idle = self.spell.is_none() && matches!(bias.how, How::Checks(_));
        if is_idle && self.paces == [1.0; 2] {
            self.clocks.clear();
            (self.hazard, self.factors) = ([0.0; 2], [1.0; 2]);
            return;
        }
        let mut before = std::mem::replace(&mut self.clocks, std::mem::take(&mut self.scratch));
        self.hazard = goal.running(run, &mut self.clocks);
        let left = self.check.since(run.now()).as_secs_f64();
        let units = self.clocks.iter().filter(|(clock, _)| clock.kind() == 0).count() as u32;
        self.factors = if is_idle {
            [1.0; 2]
        } else {
            bias.factors((units, self.hazard[0]), self.level, goal.mending(run), left)
        };
        let paces = if self.spell.is_some_and(|spell| !spell.is_biased) { [1.0; 2] } else { self.factors };
        let is_new = before != self.clocks || paces != self.paces;
        if is_new && (paces != [1.0; 2] || self.paces != [1.0; 2]) {
            self.change_paces(run, &before, paces);
        }
        self.paces = paces;
        before.clear();
        self.scratch = before;
    }

    /// From the paces that clocks ran at so far to others.
    fn change_paces(&self, run: &mut Simulation<'_>, before: &[(Clock, u32)], paces: [f64; 2]) {
        // A clock that has rung since is a new one, but for units, whose pace goes for successors.
        let has = |clocks: &[(Clock, u32)], (clock, rings): (Clock, u32)| {
            clocks.iter().any(|it| it.0 == clock && (it.1 == rings || matches!(clock, Clock::Unit(_))))
        };
        for it in before.iter().filter(|it| !has(&self.clocks, **it)) {
            run.hasten(it.0, 1.0 / self.paces[it.0.kind()]);
        }
        for it in &self.clocks {
            let (pace, so_far) = (paces[it.0.kind()], self.paces[it.0.kind()]);
            run.hasten(it.0, if has(before, *it) { pace / so_far } else { pace });
        }
    }

    /// Charges the time until now, during which nothing has changed.
    fn charge(&mut self, now: SimTime, seen: &mut Option<&mut Seen>) {
        let (factors, hazard, seconds) = (self.factors, self.hazard, now.since(self.since).as_secs_f64());
        for (factor, hazard) in factors.into_iter().zip(hazard) {
            self.current().exposed(factor, hazard, seconds);
        }
        self.since = now;
        if let Some(level) = seen.as_mut().and_then(|seen| seen.levels.get_mut(self.level as usize)) {
            level.iter_mut().zip(hazard).for_each(|(kind, hazard)| kind[1] += hazard * seconds);
        }
    }

    /// Charges the ringing of what was hastened or held back.
    fn rang(&mut self, run: &Simulation<'_>, seen: &mut Option<&mut Seen>) {
        for place in 0..self.clocks.len() {
            let (clock, rings) = self.clocks[place];
            let rings = run.rings(clock) - rings;
            if rings == 0 {
                continue;
            }
            let (kind, factor) = (clock.kind(), self.factors[clock.kind()]);
            for _ in 0..rings {
                self.current().rang(factor);
            }
            if let Some(level) = seen.as_mut().and_then(|seen| seen.levels.get_mut(self.level as usize)) {
                level[kind][0] += f64::from(rings);
            }
        }
    }

    /// Danger may have changed; tells the tally of levels reached for the first time.
    fn look(&mut self, run: &Simulation<'_>, goal: &Goal, told: &mut Option<(&mut Tally, &mut Seen)>) {
        let before = std::mem::replace(&mut self.level, goal.level(run));
        let Some((tally, seen)) = told else { return };
        for entered in before + 1..=self.level {
            seen.entries[entered as usize - 1] += 1.0;
        }
        for reached in seen.top + 1..=self.level {
            tally.reached(reached, self.likelihood().ratio(), &seen.levels);
        }
        seen.top = seen.top.max(self.level);
    }

    /// Goes on until `level` is reached, or the path is over: false.
    pub fn follow(
        &mut self,
        run: &mut Simulation<'_>,
        (goal, bias, level): (&Goal, &Bias, u32),
        mut told: Option<(&mut Tally, &mut Seen)>,
    ) -> bool {
        self.since = run.now();
        self.look(run, goal, &mut told);
        while self.level < level {
            self.turn(bias, run.now(), &mut told.as_mut().map(|told| &mut *told.1));
            self.hasten(run, goal, bias);
            let mut until = goal.until(run, self.level + 1);
            if let How::Checks(checks) = &bias.how {
                let matters = self.spell.is_some();
                until = until.min(if matters { checks.until(run.now(), self.check) } else { self.check });
            }
            let event = run.engine.next(until);
            let seen = &mut told.as_mut().map(|told| &mut *told.1);
            self.charge(run.now(), seen);
            match event {
                Some(event) => run.handle(event),
                None if until < run.end() => {
                    self.is_checked = matches!(bias.how, How::Checks(_)) && until == self.check;
                }
                None => return false,
            }
            goal.look(run);
            self.rang(run, seen);
            self.look(run, goal, &mut told);
        }
        true
    }
}
