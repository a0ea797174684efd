//! Crossings that have been asked for before.
//!
//! Sites of one kind begin alike, and so do all that the mains bring back at once: the same node in the same state, in the same air, is
//! asked when it reaches the same temperature. What has been found is kept in a small table, at the place that a hash of the question
//! gives, until another question takes it. A question is the same only if it is so to the bit, so that nothing depends on the table.

use super::inlet::Inlet;
use super::masses::{MassState, Masses};
use super::series::Side;
use crate::kernel::SimTime;
use crate::quantity::{Celsius, Watts};

/// Places in the table, a power of two.
const PLACES: usize = 128;

/// What a node is asked to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// This temperature, from this side.
    Level(Side, Celsius),
    /// Either of these.
    Band(Celsius, Celsius),
}

/// A node in some state, in some air, and when it reaches its goal at constant nominal power.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Where it begins.
    pub state: MassState,
    /// What it is made of.
    pub masses: Masses,
    /// Its air.
    pub inlet: Inlet<'a>,
    /// Nominal power.
    pub power: Watts,
    /// What it is to reach.
    pub goal: Goal,
    /// Nothing after this matters.
    pub until: SimTime,
}

impl Question<'_> {
    /// The first instant at which the goal is reached.
    pub fn answer(&self) -> Option<SimTime> {
        let Self { state, masses, inlet, power, goal, until } = self;
        match *goal {
            Goal::Level(side, level) => state.crossing(masses, inlet, *power, (side, level), *until),
            Goal::Band(low, high) => state.leaves(masses, inlet, *power, (low, high), *until),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.state == other.state
            && self.goal == other.goal
            && self.power == other.power
            && self.until == other.until
            && self.masses == other.masses
            && std::ptr::eq(self.inlet.air, other.inlet.air)
            && (self.inlet.offset, self.inlet.waves, self.inlet.at)
                == (other.inlet.offset, other.inlet.waves, other.inlet.at)
    }

    fn place(&self) -> usize {
        let goal = match self.goal {
            Goal::Level(_, level) => level.0.to_bits(),
            Goal::Band(low, _) => low.0.to_bits().rotate_left(7),
        };
        let mixed = self.state.die.to_bits()
            ^ self.power.0.to_bits().rotate_left(17)
            ^ self.inlet.offset.to_bits().rotate_left(31)
            ^ self.inlet.waves[0].0.to_bits().rotate_left(43)
            ^ goal.rotate_left(53);
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 57) as usize % PLACES
    }
}

/// The table. A copy of it begins empty.
#[derive(Debug, Default)]
pub struct Crossings<'a> {
    places: Vec<Option<(Question<'a>, Option<SimTime>)>>,
}

impl Clone for Crossings<'_> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<'a> Crossings<'a> {
    /// The answer to `question`, from the table if it is there.
    pub fn first(&mut self, question: &Question<'a>) -> Option<SimTime> {
        if self.places.is_empty() {
            self.places.resize(PLACES, None);
        }
        let place = &mut self.places[question.place()];
        match place {
            Some((known, answer)) if known.is_same(question) => *answer,
            _ => {
                let answer = question.answer();
                *place = Some((*question, answer));
                answer
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::series::TemperatureSeries;
    use super::*;
    use crate::kernel::SimDuration;
    use crate::quantity::Kelvin;

    /// Whatever is asked in whatever order, the table says what is computed; a question that differs in one thing is another.
    #[test]
    fn the_table_changes_nothing() {
        let air = TemperatureSeries::new(SimDuration::from_secs(3600), vec![20.0, 30.0, 25.0, 22.0]);
        let other = TemperatureSeries::new(SimDuration::from_secs(3600), vec![20.0, 30.0, 25.0, 23.0]);
        let masses = Masses::single(0.2, SimDuration::from_secs(300));
        let mut table = Crossings::default();
        let (mut asked, mut found) = (0, 0);
        for round in 0..3 {
            for part in 0..400_u32 {
                let power = Watts(100.0 + f64::from(part % 20));
                let goal = match part % 3 {
                    0 => Goal::Level(Side::Above, Celsius(40.0)),
                    1 => Goal::Level(Side::Below, Celsius(25.0)),
                    _ => Goal::Band(Celsius(29.0), Celsius(31.0)),
                };
                let question = Question {
                    state: MassState { die: 30.0, chassis: 30.0, at: SimTime::ZERO },
                    masses,
                    inlet: Inlet::steady(
                        if part % 7 == 0 { &other } else { &air },
                        Kelvin(f64::from(part % 2)),
                    ),
                    power,
                    goal,
                    until: SimTime::from_secs_f64(f64::from(4000 + round * (part as i32 % 5))),
                };
                let answer = table.first(&question);
                assert_eq!(answer, question.answer(), "{question:?}");
                assert_eq!(table.first(&question), answer);
                asked += 1;
                found += u32::from(answer.is_some());
            }
        }
        assert!(found > asked / 4 && found < asked, "{found} of {asked}");
    }
}
