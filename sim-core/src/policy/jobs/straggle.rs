//! Which straggler gets a second instance: LATE (Zaharia, Konwinski, Joseph, Katz, Stoica, "Improving MapReduce Performance in Heterogeneous
//! Environments", OSDI 2008).
//!
//! Of each instance the controller knows the work done since it came to its node and the time since: its rate. The time left is estimated as
//! work left over rate. An instance is slow if its rate is below the 25th percentile of all instances; of the slow ones that run alone, the one
//! with the longest time left gets a second instance, as long as the speculative ones are no more than a tenth of all slots (the paper's
//! thresholds \[M\]). Beyond the paper, a second instance must be expected to overtake the first: it begins from the beginning at the median
//! rate.
//! Left out: rates by phase (a job has none), and rates that are forgotten: an instance is judged by its mean since it came.

/// An instance as the controller sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Which one.
    pub instance: u32,
    /// Work per second since it came to its node.
    pub rate: f64,
    /// Work left.
    pub left: f64,
    /// Work of the whole job.
    pub demand: f64,
    /// Whether it may get a second instance: it is the only one of its job.
    pub alone: bool,
}

/// The judgement of stragglers.
#[derive(Clone, Debug, Default)]
pub struct Stragglers {
    /// What has been reported since [`Self::begin`].
    reports: Vec<Progress>,
    rates: Vec<f64>,
}

impl Stragglers {
    /// Begins a look.
    pub fn begin(&mut self) {
        self.reports.clear();
    }

    /// What an instance reports.
    pub fn report(&mut self, progress: Progress) {
        self.reports.push(progress);
    }

    /// The quantile `q` of the rates reported; zero without reports.
    pub fn rate_at(&mut self, q: f64) -> f64 {
        self.rates.clear();
        self.rates.extend(self.reports.iter().map(|report| report.rate));
        self.rates.sort_unstable_by(f64::total_cmp);
        let rank = (q * self.rates.len() as f64) as usize;
        self.rates.get(rank.min(self.rates.len().saturating_sub(1))).copied().unwrap_or(0.0)
    }

    /// The slow instances that need help most, at most `most` of them, neediest first, into `chosen`.
    pub fn choose(&mut self, slow: f64, most: usize, chosen: &mut Vec<u32>) {
        chosen.clear();
        let (threshold, median) = (self.rate_at(slow), self.rate_at(0.5));
        if median <= 0.0 {
            return;
        }
        let time_left = |it: &Progress| if it.rate > 0.0 { it.left / it.rate } else { f64::INFINITY };
        let mut needy: Vec<&Progress> = self
            .reports
            .iter()
            .filter(|it| it.alone && it.rate < threshold && it.demand / median < time_left(it))
            .collect();
        needy.sort_by(|a, b| time_left(b).total_cmp(&time_left(a)).then(a.instance.cmp(&b.instance)));
        chosen.extend(needy.iter().take(most).map(|it| it.instance));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_the_slow_ones_gets_help() {
        let mut stragglers = Stragglers::default();
        stragglers.begin();
        for instance in 0..8 {
            let (rate, left) = match instance {
                0 => (0.1, 90.0),
                1 => (0.2, 95.0),
                2 => (0.3, 5.0),
                _ => (1.0, 50.0),
            };
            stragglers.report(Progress { instance, rate, left, demand: 100.0, alone: instance != 1 });
        }
        let mut chosen = Vec::new();
        stragglers.choose(0.5, 9, &mut chosen);
        // Number 1 has company, number 2 is nearly done, the others are not slow.
        assert_eq!(chosen, [0]);
        stragglers.choose(0.5, 0, &mut chosen);
        assert!(chosen.is_empty());
        stragglers.begin();
        stragglers.choose(0.25, 5, &mut chosen);
        assert!(chosen.is_empty());
    }
}
