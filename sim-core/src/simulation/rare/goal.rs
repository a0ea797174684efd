//! What is looked at: how near the world is to the rare event, and the clocks whose ringing brings it nearer.
//!
//! Of an object, the level of danger is the number of its shards that are on no disk, and the clocks are the lives of the units that hold the others.
//! Of an outage it is the number of members that are down, up to the number that makes an outage; from then on, how long that has lasted: the
//! moments at which it has lasted for given shares of what is asked are levels, too. Its clocks are lives of units until fault or death, of mains until
//! an outage, and of links. Shares double from 1/4096 to 1/16, which suits durations with heavy tails, and then go on by sixteenths; a pilot merges what is
//! passed too easily.

use super::super::{Model, Simulation};
use super::clocks::Clock;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::RareOutage;
use crate::world::fleet::NodeId;

/// What happens.
#[derive(Clone, Debug)]
enum What {
    /// An object is lost.
    Loss { object: u32 },
    /// Members are down at once.
    Outage { clocks: Vec<Clock> },
}

/// The rare event.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    what: What,
    /// Levels that are numbers of what is missing or down.
    pub count: u32,
    /// How long the last of those must have lasted for each level beyond.
    moments: Vec<SimDuration>,
}

impl Goal {
    /// The loss of `object`.
    pub fn loss(model: &Model, object: u32) -> Self {
        let code = model.objects.as_ref().map(|objects| objects.code);
        let count = code.map_or(1, |code| code.total - code.data + 1);
        Self { what: What::Loss { object }, count, moments: Vec::new() }
    }

    /// An outage, watched by `run`.
    pub fn outage(outage: &RareOutage, run: &Simulation<'_>) -> Self {
        let moments = if outage.longer_than.is_zero() { Vec::new() } else { moments(outage.longer_than) };
        Self { what: What::Outage { clocks: run.clocks() }, count: outage.down, moments }
    }

    /// The level that is the event.
    pub fn last(&self) -> u32 {
        self.count + self.moments.len() as u32
    }

    /// Whether it is also a matter of how long.
    pub fn lasts(&self) -> bool {
        !self.moments.is_empty()
    }

    /// The clocks that run now, and their total hazard by kind.
    pub fn running(&self, run: &Simulation<'_>, running: &mut Vec<(Clock, u32)>) -> [f64; 2] {
        running.clear();
        let mut hazard = [0.0; 2];
        let mut take = |clock: Clock, its: f64| {
            if its > 0.0 {
                hazard[clock.kind()] += its;
                running.push((clock, run.rings(clock)));
            }
        };
        match &self.what {
            What::Loss { object } => {
                for node in run.holders(*object) {
                    let clock = Clock::Unit(NodeId(node));
                    take(clock, run.hazard(clock));
                }
                for number in run.repairs_of(*object) {
                    let clock = Clock::Repaired(*object, number);
                    take(clock, run.hazard(clock));
                }
            }
            What::Outage { clocks } => clocks.iter().for_each(|clock| take(*clock, run.hazard(*clock))),
        }
        hazard
    }

    /// How many repairs that matter are under way.
    pub fn mending(&self, run: &Simulation<'_>) -> u32 {
        match self.what {
            What::Loss { object } => run.mending(object),
            What::Outage { .. } => run.watched().down,
        }
    }

    /// The level of danger.
    pub fn level(&self, run: &Simulation<'_>) -> u32 {
        let count = match self.what {
            What::Loss { object } => run.lacking(object),
            What::Outage { .. } => run.watched().down,
        };
        if count < self.count {
            return count;
        }
        let since = self.since(run);
        let lasted = run.now().since(since);
        self.count + self.moments.partition_point(|moment| *moment <= lasted && since < SimTime::MAX) as u32
    }

    /// Since when the count has been reached; [`SimTime::MAX`] if it has not.
    fn since(&self, run: &Simulation<'_>) -> SimTime {
        match self.what {
            What::Loss { .. } => SimTime::MAX,
            What::Outage { .. } => run.watched().since,
        }
    }

    /// Until when events are to be looked for: until `level` is reached by mere waiting, or the run is over.
    pub fn until(&self, run: &Simulation<'_>, level: u32) -> SimTime {
        let end = run.end();
        let beyond = level.checked_sub(self.count + 1).and_then(|place| self.moments.get(place as usize));
        let since = self.since(run);
        match beyond {
            Some(moment) if since < SimTime::MAX => since.saturating_add(*moment).min(end),
            _ => end,
        }
    }

    /// An event has happened.
    pub fn look(&self, run: &mut Simulation<'_>) {
        if matches!(self.what, What::Outage { .. }) {
            run.look_at_outage();
        }
    }
}

/// The moments that are levels of an outage of this length.
fn moments(longer_than: SimDuration) -> Vec<SimDuration> {
    let doubling = (4..=12).rev().map(|power| 1.0 / f64::from(1 << power));
    let steps = (2..=16).map(|step| f64::from(step) / 16.0);
    let mut moments: Vec<SimDuration> = doubling
        .chain(steps)
        .map(|share| SimDuration::from_secs_f64(share * longer_than.as_secs_f64()))
        .filter(|moment| !moment.is_zero() && *moment < longer_than)
        .collect();
    moments.push(longer_than);
    moments.dedup();
    moments
}
