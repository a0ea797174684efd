//! The life of a part: a drawn exposure that is used up.
//!
//! A life is a share that goes from 1 to 0. With whole lives `U_c` in calm weather and `U_s` in storms, both quantiles
//! of the same uniform number, `dE` of exposure uses up `dE/U_c` or `dE/U_s` of it: the cumulative-exposure model, as for
//! outages of the mains ([`crate::world::power::OutageProcess`]). For exponential lives it is exactly the hazard of the
//! weather of the moment. A defective batch divides both lives by its factor.
//!
//! Some failures announce themselves: symptoms begin a drawn exposure before the end (from the first moment, if the life
//! is shorter). Left out: symptoms that pass, and failures that symptoms foretell wrongly.

use crate::kernel::{Dist, Stream};
use crate::scenario::spec::Degradation;

/// A life in course.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// Share left.
    left: f64,
    /// Seconds of a whole life in calm weather, and in a storm.
    whole: [f64; 2],
    /// Share left at which symptoms begin; negative if they do not, or have begun.
    onset: f64,
}

/// Exposure in seconds, in calm weather and in storms.
pub type Exposure = [f64; 2];

impl Life {
    /// The life of draw (`entity`, `index`) of `stream`, used up `factor` times faster.
    pub fn draw(
        up: &Dist,
        up_in_storm: Option<&Dist>,
        stream: &Stream,
        entity: u32,
        index: u32,
        factor: f64,
    ) -> Self {
        let calm = up.draw(stream, entity, index) / factor;
        let stormy = up_in_storm.map_or(calm, |dist| dist.draw(stream, entity, index) / factor);
        Self { left: 1.0, whole: [calm, stormy], onset: -1.0 }
    }

    /// With symptoms, if draw (`entity`, 2 `index`) of `stream` says so.
    #[must_use]
    pub fn with_symptoms(mut self, how: &Degradation, stream: &Stream, entity: u32, index: u32) -> Self {
        if stream.unit(entity, 2 * index) < how.share {
            let lead = how.lead.draw(stream, entity, 2 * index + 1);
            self.onset = if self.whole[0] > 0.0 { (lead / self.whole[0]).min(1.0) } else { 1.0 };
        }
        self
    }

    /// Uses up `exposure`.
    pub fn spend(&mut self, exposure: Exposure) {
        for (seconds, whole) in exposure.into_iter().zip(self.whole) {
            if seconds > 0.0 {
                self.left -= seconds / whole;
            }
        }
    }

    /// Whether the life is over: less than a microsecond of calm exposure is left.
    pub fn is_over(&self) -> bool {
        self.share_reached(self.left)
    }

    /// Whether symptoms begin now; they do once.
    pub fn symptoms_begin(&mut self) -> bool {
        let begin = self.onset >= 0.0 && self.share_reached(self.left - self.onset);
        if begin {
            self.onset = -1.0;
        }
        begin
    }

    fn share_reached(&self, share: f64) -> bool {
        const RESOLUTION: f64 = 1e-6;
        share <= 0.0 || share * self.whole[0].min(self.whole[1]) <= RESOLUTION
    }

    /// The share to be used up until something happens: symptoms, else the end.
    pub fn share_to_next(&self) -> f64 {
        if self.onset >= 0.0 { self.left - self.onset } else { self.left }
    }

    /// The same life used up `ratio` times faster than so far.
    pub fn hasten(&mut self, ratio: f64) {
        self.whole = self.whole.map(|whole| whole / ratio);
    }

    /// Draws the rest of the life again, given what has been used up of it: with `u` in (0, 1), where lives have the distribution `up` and are used
    /// up `factor` times faster. A life that storms shorten, or that announces its end, stays as it is.
    pub fn redraw(&mut self, up: &Dist, factor: f64, u: f64) {
        if self.onset >= 0.0 || self.whole[0].to_bits() != self.whole[1].to_bits() || self.is_over() {
            return;
        }
        let used = if self.left < 1.0 { (1.0 - self.left) * self.whole[0] * factor } else { 0.0 };
        let Some(whole) = up.quantile_beyond(used, u) else { return };
        if whole.is_finite() && whole > used {
            self.whole = [whole / factor; 2];
            self.left = 1.0 - used / whole;
        }
    }

    /// Seconds of a whole life, in calm weather and in a storm.
    pub fn whole(&self) -> [f64; 2] {
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};

    fn stream() -> Stream {
        Streams::new(5, 0).stream(Process::HardwareFault, 0)
    }

    #[test]
    fn storms_use_up_life_faster() {
        let (calm, stormy) = (Dist::Constant(1000.0), Dist::Constant(10.0));
        let mut life = Life::draw(&calm, Some(&stormy), &stream(), 0, 0, 1.0);
        life.spend([500.0, 4.0]);
        assert!((life.share_to_next() - 0.1).abs() < 1e-12 && !life.is_over());
        life.spend([0.0, 1.0]);
        assert!(life.is_over());
    }

    #[test]
    fn a_defective_batch_lives_shorter() {
        let life = Life::draw(&Dist::Constant(900.0), None, &stream(), 0, 0, 3.0);
        assert_eq!(life.whole(), [300.0, 300.0]);
    }

    #[test]
    fn symptoms_begin_once_and_before_the_end() {
        let how = Degradation {
            share: 1.0,
            lead: Dist::Constant(100.0),
            slowdown: 1.0,
            resistance: 1.0,
            errors: crate::quantity::PerSecond(0.0),
        };
        let life = Life::draw(&Dist::Constant(1000.0), None, &stream(), 0, 0, 1.0);
        let mut life = life.with_symptoms(&how, &stream(), 0, 0);
        assert!((life.share_to_next() - 0.9).abs() < 1e-12 && !life.symptoms_begin());
        life.spend([900.0, 0.0]);
        assert!(life.symptoms_begin() && !life.symptoms_begin() && !life.is_over());
        assert!((life.share_to_next() - 0.1).abs() < 1e-12);
    }

    #[test]
    fn the_rest_of_a_life_is_drawn_again_given_what_is_used_up() {
        let up = Dist::Weibull { scale: 100.0, shape: 2.0 };
        for (factor, u) in [(1.0, 0.1), (4.0, 0.9)] {
            let mut life = Life::draw(&Dist::Constant(200.0), None, &stream(), 0, 0, factor);
            life.spend([50.0 / factor, 0.0]);
            life.redraw(&up, factor, u);
            let expected = (up.quantile_beyond(50.0, u).unwrap() - 50.0) / factor;
            let left = life.share_to_next() * life.whole()[0];
            assert!((left - expected).abs() < 1e-9 * expected, "{left} instead of {expected}");
            life.hasten(5.0);
            assert!((life.share_to_next() * life.whole()[0] - expected / 5.0).abs() < 1e-9 * expected);
        }
    }

    #[test]
    fn an_endless_life_stays_whole() {
        let mut life = Life::draw(&Dist::Constant(f64::INFINITY), None, &stream(), 0, 0, 1.0);
        life.spend([1e12, 0.0]);
        assert!(!life.is_over() && life.share_to_next() > 0.99);
    }
}
