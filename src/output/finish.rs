//! From the log of runs to all other files of a results folder.
//!
//! ```text
//! log ──block of runs──► parsed, hashed (over all cores) ──► ordered log, digest
//!                            │ thin: metrics, latencies of a policy together, one timeline
//!           variations that are whole ──► summed up, drawn (over all cores) ──► summary, pictures
//! ```
//!
//! A block of runs and one variation are held at a time, so memory does not grow with the number of runs.

use super::manifest::Manifest;
use super::runs::{self, Source, Span};
use super::summary::SummaryFiles;
use super::{Folder, Whole, tables};
use crate::failure::Failure;
use crate::plots::{self, Pictures};
use crate::report::{self, Page};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use sim_core::measure::digest::{Digester, of_record};
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::VariationSummary;
use sim_core::scenario::{Run, duration};
use std::collections::{BTreeMap, HashMap};

/// Runs that are read at once.
const BLOCK: usize = 64;

/// Variations of which pictures are drawn, if not all are asked for.
pub const DRAWN: usize = 32;

/// Where the finished runs of a plan lie.
pub struct Held {
    sources: Vec<Source>,
    /// All runs of the plan, in its order.
    plan: Vec<Run>,
    /// By number of the run in the plan: its log, and where in it.
    places: Vec<Option<(u32, Span)>>,
}

impl Held {
    /// None of the runs of a plan.
    pub fn new(plan: Vec<Run>) -> Self {
        Self { sources: Vec::new(), places: vec![None; plan.len()], plan }
    }

    /// Adds a log, and returns its number.
    pub fn add_source(&mut self, source: Source) -> u32 {
        self.sources.push(source);
        self.sources.len() as u32 - 1
    }

    /// Says where a run lies.
    pub fn put(&mut self, number: usize, source: u32, span: Span) {
        self.places[number] = Some((source, span));
    }

    /// Whether a run is there.
    pub fn has(&self, number: usize) -> bool {
        self.places[number].is_some()
    }

    /// How many runs are there.
    pub fn count(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Runs of the plan, in its order.
    pub fn plan(&self) -> &[Run] {
        &self.plan
    }

    /// Forgets all runs but these, of ascending numbers; whether there were others.
    pub fn keep(&mut self, numbers: &[usize]) -> bool {
        let before = self.count();
        for (number, place) in self.places.iter_mut().enumerate() {
            if numbers.binary_search(&number).is_err() {
                *place = None;
            }
        }
        self.count() < before
    }

    /// Closes the logs.
    pub fn close(&mut self) {
        self.sources.clear();
    }

    /// The line of a run.
    pub fn line(&mut self, number: usize) -> Result<Option<Vec<u8>>, Failure> {
        let Some((source, span)) = self.places[number] else { return Ok(None) };
        self.sources[source as usize].line(span).map(Some)
    }

    /// Takes all finished runs in the order of the plan, a block at a time, parsed and hashed on so many threads. A run is known by its
    /// content: whatever name and number it had where it lies, it has those of the plan here.
    pub fn blocks<T>(&mut self, threads: usize, mut take: T) -> Result<(), Failure>
    where
        T: FnMut(Vec<Kept>) -> Result<(), Failure>,
    {
        let pool = pool(threads)?;
        for first in (0..self.plan.len()).step_by(BLOCK) {
            let mut lines = Vec::new();
            for number in first..(first + BLOCK).min(self.plan.len()) {
                if let Some(line) = self.line(number)? {
                    lines.push((number, line));
                }
            }
            let plan = &self.plan;
            let keep = |(number, line): (usize, Vec<u8>)| Kept::new(&plan[number], line);
            take(pool.install(|| lines.into_par_iter().map(keep).collect::<Result<_, _>>())?)?;
        }
        Ok(())
    }
}

/// A finished run.
pub struct Kept {
    /// Its line.
    pub line: Vec<u8>,
    /// Its digest.
    pub digest: [u8; 32],
    /// What the line says.
    pub record: RunRecord,
}

impl Kept {
    fn new(run: &Run, line: Vec<u8>) -> Result<Self, Failure> {
        let mut record: RunRecord = serde_json::from_slice(&line)
            .map_err(|error| Failure::Work(format!("the run of {run} is not a run record: {error}")))?;
        if (record.variation, &record.policy) == (run.variation, &run.policy) {
            return Ok(Self { digest: of_record(&record), line, record });
        }
        record.variation = run.variation;
        record.policy.clone_from(&run.policy);
        Ok(Self { digest: of_record(&record), line: runs::line(&record)?, record })
    }
}

/// The finished runs of a results folder, as its manifest and its log have them.
pub fn held(folder: &Folder, manifest: &Manifest) -> Result<Held, Failure> {
    let mut held = Held::new(manifest.plan());
    let numbers: HashMap<Run, usize> =
        held.plan().iter().enumerate().map(|(number, run)| (run.clone(), number)).collect();
    let path = folder.file(runs::NAME);
    let mut found = Vec::new();
    runs::scan(&path, |head, span| {
        if let Some(number) = numbers.get(&head.run()) {
            found.push((*number, span));
        }
    })?;
    if !found.is_empty() {
        let source = held.add_source(Source::at(&path));
        found.into_iter().for_each(|(number, span)| held.put(number, source, span));
    }
    Ok(held)
}

/// The runs of one variation, as far as summary and pictures need them: of the latencies of a policy the sum over its replications,
/// with the first of them, and of the timelines the first.
#[derive(Default)]
struct Thin {
    records: Vec<RunRecord>,
    /// By policy and workload.
    latencies: BTreeMap<(String, String), BTreeMap<u64, u64>>,
}

impl Thin {
    fn add(&mut self, mut record: RunRecord) {
        for (workload, pairs) in std::mem::take(&mut record.latency) {
            let all = self.latencies.entry((record.policy.clone(), workload)).or_default();
            for (nanoseconds, count) in pairs {
                *all.entry(nanoseconds).or_insert(0) += count;
            }
        }
        if self.records.iter().any(|other| other.policy == record.policy && other.timeline.is_some()) {
            record.timeline = None;
        }
        self.records.push(record);
    }

    fn records(self) -> Vec<RunRecord> {
        let mut records = self.records;
        for ((policy, workload), pairs) in self.latencies {
            if let Some(first) = records.iter_mut().find(|record| record.policy == policy) {
                first.latency.insert(workload, pairs.into_iter().collect());
            }
        }
        records
    }
}

/// What is made of a variation.
struct Chapter {
    summary: VariationSummary,
    pictures: Pictures,
    /// Its part of the page.
    page: String,
}

/// Makes the files of a folder from its runs.
pub struct Finish<'a> {
    /// The folder.
    pub folder: &'a Folder,
    /// What it says of itself.
    pub manifest: &'a mut Manifest,
    /// Its runs.
    pub held: &'a mut Held,
    /// Threads.
    pub threads: usize,
}

impl Finish<'_> {
    /// Puts the log in the order of the plan, and makes summary and pictures of it; notes in the manifest whether that was all, and
    /// the digest. Tells `each` of the summary of each variation, if there is any run.
    pub fn all(self, mut each: impl FnMut(VariationSummary)) -> Result<(), Failure> {
        let count = self.held.count();
        let complete =
            count == self.manifest.runs && self.manifest.failed.is_empty() && self.manifest.shard.is_none();
        let mut log = self.folder.create(runs::NAME)?;
        let mut files =
            if count > 0 { Some(SummaryFiles::create(self.folder, self.manifest)?) } else { None };
        let (folder, mut digester) = (self.folder, Digester::default());
        let mut page = Page::default();
        folder.clear_plots()?;
        let manifest = self.walk(Some(&mut log), DRAWN, &mut digester, |number, chapter| {
            folder.add_plots(&chapter.pictures)?;
            page.add(&chapter.page, &chapter.summary);
            if let Some(files) = &mut files {
                files.add(number, &chapter.summary)?;
                each(chapter.summary);
            }
            Ok(())
        })?;
        log.persist()?;
        files.map_or(Ok(()), SummaryFiles::persist)?;
        manifest.complete = complete;
        manifest.digest = complete.then(|| digester.finish());
        if count > 0 {
            folder.write(report::NAME, page.finish(manifest, count).as_bytes())?;
            tables::write(folder, manifest)?;
        }
        manifest.write(folder)
    }

    /// Puts the log of a part of a plan in its order; summary and pictures are for when all parts are together.
    pub fn part(self) -> Result<(), Failure> {
        let mut log = self.folder.create(runs::NAME)?;
        self.held.blocks(self.threads, |block| block.iter().try_for_each(|kept| log.write(&kept.line)))?;
        log.persist()?;
        self.manifest.write(self.folder)
    }

    /// Draws the page again, and the pictures of so many variations.
    pub fn pictures(self, variations: usize) -> Result<(), Failure> {
        let (folder, count, mut page) = (self.folder, self.held.count(), Page::default());
        folder.clear_plots()?;
        let manifest = self.walk(None, variations, &mut Digester::default(), |_, chapter| {
            page.add(&chapter.page, &chapter.summary);
            folder.add_plots(&chapter.pictures)
        })?;
        folder.write(report::NAME, page.finish(manifest, count).as_bytes())
    }

    /// Goes through all runs in the order of the plan.
    fn walk<'m>(
        self,
        mut log: Option<&mut Whole>,
        drawn: usize,
        digester: &mut Digester,
        mut each: impl FnMut(usize, Chapter) -> Result<(), Failure>,
    ) -> Result<&'m mut Manifest, Failure>
    where
        Self: 'm,
    {
        let pool = pool(self.threads)?;
        let bound = self.manifest.bound();
        let manifest: &Manifest = self.manifest;
        let make = |(number, thin): (usize, Thin)| {
            let records = thin.records();
            let values = &manifest.variations[number].values;
            let stated = manifest.variations[number].tree();
            let warmup = stated["warmup"].as_str().and_then(|text| duration(text).ok()).unwrap_or_default();
            let margins = stated["indifference"].as_object().into_iter().flatten();
            let margins =
                margins.filter_map(|(name, margin)| Some((name.clone(), margin.as_f64()?))).collect();
            let summary = VariationSummary::of(values, &manifest.policies, bound.as_deref(), &records)
                .with_indifference(&margins)
                .with_courses(warmup.as_secs_f64(), &records)
                .with_end(manifest.ended.get(number).cloned());
            let pictures = if number < drawn && !records.is_empty() {
                let which = (number, manifest.variations.len());
                let deadlines = &manifest.variations[number].deadlines_s;
                plots::of_variation(&manifest.scenario, which, &summary, &records, deadlines)?
            } else {
                Pictures::new()
            };
            let page = report::chapter(manifest, (number, &stated), &summary, &records);
            Ok((number, Chapter { summary, pictures, page }))
        };
        let mut waiting: Vec<(usize, Thin)> = vec![(0, Thin::default())];
        let mut flush = |waiting: Vec<(usize, Thin)>| {
            let made: Result<Vec<_>, Failure> = pool.install(|| waiting.into_par_iter().map(make).collect());
            made?.into_iter().try_for_each(|(number, chapter)| each(number, chapter))
        };
        self.held.blocks(self.threads, |block| {
            for kept in block {
                if let Some(log) = &mut log {
                    log.write(&kept.line)?;
                }
                digester.add(kept.digest);
                open(&mut waiting, kept.record.variation as usize);
                waiting.last_mut().expect("it is open").1.add(kept.record);
            }
            // All but the last are whole.
            if waiting.len() > 1 {
                let last = waiting.pop();
                flush(std::mem::take(&mut waiting))?;
                waiting.extend(last);
            }
            Ok(())
        })?;
        open(&mut waiting, manifest.variations.len().saturating_sub(1));
        flush(waiting)?;
        Ok(self.manifest)
    }
}

/// Adds variations up to this one, those between without a run.
fn open(waiting: &mut Vec<(usize, Thin)>, number: usize) {
    while let Some((last, _)) = waiting.last().filter(|(last, _)| *last < number) {
        waiting.push((last + 1, Thin::default()));
    }
}

fn pool(threads: usize) -> Result<ThreadPool, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Failure::Work(format!("cannot start {threads} threads: {error}")))
}
