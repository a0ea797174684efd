//! Batches of manufacture and versions of software: what nodes have in common without being near each other.
//!
//! Nodes of a type are grouped in batches of equal size, in the order of the fleet or dealt out at random; a batch is
//! defective with a given probability, and the lives of its nodes are then used up faster. A node runs the version of
//! the software that one uniform number, against the cumulative shares, says. Left out: batches that span types, nodes
//! that change their version.

use crate::kernel::Stream;
use crate::scenario::spec::Batches;

/// The batch of the node `ordinal`, counted within its type, of which there are `count`. `stream` is that of
/// [`crate::kernel::Process::BatchPlace`], salted by the type.
pub fn batch_of(batches: &Batches, ordinal: u32, count: u32, stream: &Stream) -> u32 {
    if batches.mixed {
        let number = count.div_ceil(batches.size);
        ((stream.unit(ordinal, 0) * f64::from(number)) as u32).min(number - 1)
    } else {
        ordinal / batches.size
    }
}

/// Whether batch `number` is defective; `stream` is that of [`crate::kernel::Process::Batch`], salted by the type.
pub fn is_defective(batches: &Batches, number: u32, stream: &Stream) -> bool {
    stream.unit(number, 0) < batches.defect
}

/// The version of `node`, as a place in the list of `shares`; `None` if it runs none of them.
pub fn version_of(shares: impl Iterator<Item = f64>, stream: &Stream, node: u32) -> Option<usize> {
    let drawn = stream.unit(node, 0);
    let (mut sum, mut count, mut found) = (0.0, 0, None);
    for share in shares {
        sum += share;
        if found.is_none() && drawn < sum {
            found = Some(count);
        }
        count += 1;
    }
    // Shares that add up to one but for rounding leave nobody out.
    found.or_else(|| (count > 0 && sum > 1.0 - 1e-9).then(|| count - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};

    #[test]
    fn batches_are_in_order_or_mixed() {
        let stream = Streams::new(2, 0).stream(Process::BatchPlace, 0);
        let mut batches = Batches { size: 10, defect: 0.3, factor: 4.0, mixed: false, recall: None };
        let place = |batches: &Batches, node| batch_of(batches, node, 95, &stream);
        assert_eq!([0, 9, 10, 94].map(|node| place(&batches, node)), [0, 0, 1, 9]);
        batches.mixed = true;
        let mixed: Vec<u32> = (0..95).map(|node| place(&batches, node)).collect();
        assert!(mixed.iter().all(|batch| *batch < 10) && !mixed.is_sorted());
        let bad = (0..10_000).filter(|number| is_defective(&batches, *number, &stream)).count();
        assert!((bad as f64 / 10_000.0 - 0.3).abs() < 0.024, "{bad}");
    }

    #[test]
    fn versions_have_their_shares() {
        let stream = Streams::new(2, 0).stream(Process::SoftwareVersion, 0);
        let shares = [0.5, 0.2];
        let mut counts = [0.0_f64; 3];
        for node in 0..10_000 {
            counts[version_of(shares.into_iter(), &stream, node).unwrap_or(2)] += 1e-4;
        }
        assert!(counts.iter().zip([0.5, 0.2, 0.3]).all(|(a, b)| (a - b).abs() < 0.025), "{counts:?}");
        assert_eq!(version_of([1.0].into_iter(), &stream, 7), Some(0));
        assert_eq!(version_of([].into_iter(), &stream, 7), None);
    }
}
