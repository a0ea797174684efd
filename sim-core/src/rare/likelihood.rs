//! Likelihood ratios of paths whose clocks ran faster or slower than they should.

/// The logarithm of the likelihood ratio of a path: how much likelier the true world makes it than the one that was simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likelihood {
    log: f64,
}

impl Likelihood {
    /// Clocks of the true `hazard` in all have run for `seconds` with their hazard multiplied by `factor`.
    pub fn exposed(&mut self, factor: f64, hazard: f64, seconds: f64) {
        self.log += (factor - 1.0) * hazard * seconds;
    }

    /// A clock whose hazard was multiplied by `factor` has rung.
    pub fn rang(&mut self, factor: f64) {
        self.log -= libm::log(factor);
    }

    /// What has the true probability `truly` was chosen with probability `chosen`.
    pub fn chose(&mut self, truly: f64, chosen: f64) {
        self.log += libm::log(truly / chosen);
    }

    /// That of a path whose clocks were changed only with probability `share`, whether they were or not: 1/(share/L + 1 − share). It never exceeds
    /// 1/(1 − share).
    #[must_use]
    pub fn mixed(self, share: f64) -> Self {
        if share >= 1.0 {
            return self;
        }
        Self { log: -libm::log(share * libm::exp(-self.log) + (1.0 - share)) }
    }

    /// Takes in that of the next part of the path.
    pub fn and(&mut self, next: Self) {
        self.log += next.log;
    }

    /// How many times greater it is than that of the beginning of the path was.
    pub fn over(self, before: Self) -> f64 {
        libm::exp(self.log - before.log)
    }

    /// The ratio.
    pub fn ratio(self) -> f64 {
        libm::exp(self.log)
    }
}

/// A mean of weights of which most may be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weighted {
    paths: u64,
    hits: u64,
    sum: f64,
    squares: f64,
}

impl Weighted {
    /// Takes in a path: its weight if it met the event.
    pub fn push(&mut self, weight: Option<f64>) {
        self.paths += 1;
        if let Some(weight) = weight {
            self.hits += 1;
            self.sum += weight;
            self.squares += weight * weight;
        }
    }

    /// Paths, and how many of them met the event.
    pub fn counts(&self) -> (u64, u64) {
        (self.paths, self.hits)
    }

    /// The mean: an unbiased estimate of the probability.
    pub fn mean(&self) -> f64 {
        if self.paths == 0 { 0.0 } else { self.sum / self.paths as f64 }
    }

    /// Standard error of the mean over the mean, from the sample; infinite with fewer than two hits.
    pub fn relative_error(&self) -> f64 {
        if self.hits < 2 {
            return f64::INFINITY;
        }
        let n = self.paths as f64;
        let relative = self.squares * n / (self.sum * self.sum) - 1.0;
        (relative.max(0.0) / (n - 1.0)).sqrt()
    }
}
