//! How many replications are made, and what is to be said about the policies. Nothing here changes a run.

use super::Named;

/// What is asked of the statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Replications before the first decision; `None`: their number is fixed.
    pub first: Option<u32>,
    /// When enough is known.
    pub until: Option<Until>,
    /// Differences that do not matter, by metric, in its unit.
    pub indifference: Named<f64>,
    /// Which policy is best.
    pub select: Option<Select>,
}

/// Replications are made until a mean is known well enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// Name of the metric.
    pub metric: String,
    /// How well.
    pub width: Width,
    /// Whether it is about the differences between policies, paired by replication, instead of the means of each.
    pub difference: bool,
    /// Policies to which it applies; `None`: all.
    pub policies: Option<Vec<String>>,
}

/// Half the width that an interval may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// In the unit of the metric.
    Absolute(f64),
    /// As a share of the size of the mean.
    Relative(f64),
}

/// The best policy is found, with runs spent on those that may be it.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Name of the metric.
    pub metric: String,
    /// Which end of it is best.
    pub best: Best,
    /// A policy that is worse by less than this is as good, in the unit of the metric.
    pub indifference: f64,
    /// Probability of finding the best where it is better than all others by the indifference or more.
    pub probability: f64,
    /// Policies that take part; `None`: all.
    pub policies: Option<Vec<String>>,
}

/// Which end of a metric is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Best {
    /// That which the catalog of metrics says.
    Auto,
    /// More.
    Highest,
    /// Less.
    Lowest,
}
