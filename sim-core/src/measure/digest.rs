//! A digest of all results of a batch of runs.
//!
//! It covers what was simulated (variation, policy, replication, seed), every metric bit for bit, the latency
//! distributions and both digests of each run. It leaves out the content address of a run, the timeline and the spread, which
//! depend on how a batch was planned and on what was kept. The order of the records and of the names in them does not
//! matter, so neither threads nor resuming can move it.
//!
//! Each record has a digest of its own, and that of a batch is made of theirs, so that no two records need to be held at once.

use super::record::RunRecord;
use crate::kernel::digest::hexadecimal;
use sha2::{Digest, Sha256};

/// SHA-256 over all results in canonical order, as 64 hexadecimal digits.
pub fn digest<'a>(records: impl IntoIterator<Item = &'a RunRecord>) -> String {
    let mut whole = Digester::default();
    records.into_iter().for_each(|record| whole.add(of_record(record)));
    whole.finish()
}

/// The digest of one record: SHA-256 over its place in the plan and its results.
pub fn of_record(record: &RunRecord) -> [u8; 32] {
    let mut canonical = Canonical(Sha256::new());
    canonical.record(record);
    canonical.0.finalize().into()
}

/// Takes the digests of the records of a batch, in any order.
#[derive(Clone, Debug, Default)]
pub struct Digester(Vec<[u8; 32]>);

impl Digester {
    /// Adds that of a record.
    pub fn add(&mut self, record: [u8; 32]) {
        self.0.push(record);
    }

    /// The digest of all: SHA-256 over those of the records, ascending, as 64 hexadecimal digits.
    pub fn finish(mut self) -> String {
        self.0.sort_unstable();
        let all = self.0.iter().fold(Sha256::new(), |hasher, record| hasher.chain_update(record));
        hexadecimal(&all.finalize())
    }
}

/// Feeds values to the hash so that different values never give the same bytes: texts and lists with their lengths.
struct Canonical(Sha256);

impl Canonical {
    fn record(&mut self, record: &RunRecord) {
        self.word(record.variation.into());
        self.text(&record.policy);
        self.word(record.replication.into());
        self.word(record.seed);
        let mut metrics: Vec<_> = record.metrics.iter().collect();
        metrics.sort_by_key(|(name, _)| *name);
        self.word(metrics.len() as u64);
        for (name, value) in metrics {
            self.text(name);
            self.word(value.to_bits());
        }
        self.text(&record.trace);
        self.text(&record.exogenous);
        let mut latency: Vec<_> = record.latency.iter().collect();
        latency.sort_by_key(|(name, _)| *name);
        self.word(latency.len() as u64);
        for (name, pairs) in latency {
            self.text(name);
            self.word(pairs.len() as u64);
            for &(nanos, count) in pairs {
                self.word(nanos);
                self.word(count);
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn word(&mut self, word: u64) {
        self.0.update(word.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::record::{Spread, Timeline};
    use indexmap::IndexMap;

    fn records() -> Vec<RunRecord> {
        let record = |policy: &str, replication| {
            let mut record = RunRecord {
                id: String::new(),
                variation: 0,
                policy: policy.to_string(),
                replication,
                seed: 42,
                metrics: IndexMap::new(),
                trace: format!("trace of {policy} {replication}"),
                exogenous: format!("world of {replication}"),
                latency: IndexMap::from([("a".into(), vec![(5, 1), (900, 3)]), ("b".into(), vec![(7, 2)])]),
                timeline: None,
                spread: None,
                rare: None,
            };
            record.set("nodes.uptime", 0.1 + 0.2 * f64::from(replication));
            record.set("requests.latency.p99", 1.0 / 3.0);
            record
        };
        vec![record("bare", 0), record("bare", 1), record("hedged", 0), record("hedged", 1)]
    }

    #[test]
    fn the_digest_does_not_know_the_order() {
        let reference = digest(&records());
        assert_eq!(reference.len(), 64);
        let mut shuffled = records();
        shuffled.rotate_left(3);
        shuffled.swap(0, 2);
        for record in &mut shuffled {
            record.metrics.reverse();
            record.latency.reverse();
            record.id = "named".into();
            record.timeline = Some(Timeline::default());
            record.spread = Some(Spread::default());
        }
        assert_eq!(digest(&shuffled), reference);
    }

    #[test]
    fn the_digest_survives_a_file() {
        let text: Vec<_> = records().iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        let back: Vec<RunRecord> = text.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(back, records());
        assert_eq!(digest(&back), digest(&records()));
    }

    #[test]
    fn every_result_moves_the_digest() {
        let changes: [fn(&mut RunRecord); 9] = [
            |r| r.variation = 1,
            |r| r.policy.push('x'),
            |r| r.replication = 9,
            |r| r.seed = 43,
            |r| r.metrics[0] = f64::from_bits(r.metrics[0].to_bits() + 1),
            |r| r.metrics.retain(|name, _| name != "nodes.uptime"),
            |r| r.trace.push('x'),
            |r| r.exogenous.push('x'),
            |r| r.latency[0][1].1 += 1,
        ];
        let mut seen = vec![digest(&records()), digest(&records()[1..]), digest(&[])];
        for change in changes {
            let mut records = records();
            change(&mut records[2]);
            seen.push(digest(&records));
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
