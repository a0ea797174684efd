//! From the log of runs to all other files of a results folder.
//!
//! This goes variation by variation and holds the records of one at a time, so memory does not grow with the number of variations.

use super::manifest::Manifest;
use super::runs::{self, Source, Span};
use super::{Folder, summary};
use crate::failure::Failure;
use crate::plots;
use sim_core::measure::digest::Digester;
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::Summary;
use sim_core::scenario::Run;
use std::collections::HashMap;

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

    /// Closes the logs.
    pub fn close(&mut self) {
        self.sources.clear();
    }

    /// The line of a run.
    pub fn line(&mut self, number: usize) -> Result<Option<Vec<u8>>, Failure> {
        let Some((source, span)) = self.places[number] else { return Ok(None) };
        self.sources[source as usize].line(span).map(Some)
    }

    /// The finished runs of one variation, in the order of the plan. A run is known by its content: whatever name and number it had
    /// where it lies, it has those of the plan here.
    fn variation(&mut self, variation: usize) -> Result<Vec<RunRecord>, Failure> {
        let mut records = Vec::new();
        let first = self.plan.partition_point(|run| (run.variation as usize) < variation);
        let next = self.plan.partition_point(|run| run.variation as usize <= variation);
        for (run, place) in self.plan[first..next].iter().zip(&self.places[first..next]) {
            let Some((source, span)) = *place else { continue };
            let mut record = self.sources[source as usize].record(span)?;
            record.variation = run.variation;
            record.policy.clone_from(&run.policy);
            records.push(record);
        }
        Ok(records)
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

/// Which files are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// All.
    All,
    /// Those that people look at: pictures.
    Pictures,
}

/// Puts the log in the order of the plan, and makes summary and pictures of it; notes in the manifest whether that was all, and
/// the digest. `None` if there is no run.
pub fn finish(
    folder: &Folder,
    manifest: &mut Manifest,
    held: &mut Held,
    files: Files,
) -> Result<Option<Summary>, Failure> {
    let count = held.count();
    let complete = count == manifest.runs && manifest.failed.is_empty() && manifest.shard.is_none();
    let mut log = if files == Files::All { Some(folder.create(runs::NAME)?) } else { None };
    let mut digester = Digester::new(count);
    let mut summary = Summary::new(&manifest.scenario);
    folder.clear_plots()?;
    for number in 0..manifest.variations.len() {
        let records = held.variation(number)?;
        if let Some(log) = &mut log {
            records.iter().try_for_each(|record| runs::write(log, record))?;
        }
        digester.add(records.iter());
        let judged = manifest.summarize(number, &records);
        let which = (number, manifest.variations.len());
        let deadlines = &manifest.variations[number].deadlines_s;
        if !records.is_empty() {
            folder.add_plots(&plots::of_variation(
                &manifest.scenario,
                which,
                &judged,
                &records,
                deadlines,
            )?)?;
        }
        summary.variations.push(judged);
    }
    log.map_or(Ok(()), super::Whole::persist)?;
    if files == Files::All {
        manifest.complete = complete;
        manifest.digest = complete.then(|| digester.finish());
        if count > 0 {
            summary::write(folder, &summary)?;
        }
        manifest.write(folder)?;
    }
    Ok((count > 0).then_some(summary))
}

/// Puts the log of a part of a plan in its order; summary and pictures are for when all parts are together.
pub fn finish_part(folder: &Folder, manifest: &Manifest, held: &mut Held) -> Result<(), Failure> {
    let mut log = folder.create(runs::NAME)?;
    for number in 0..manifest.variations.len() {
        held.variation(number)?.iter().try_for_each(|record| runs::write(&mut log, record))?;
    }
    log.persist()?;
    manifest.write(folder)
}
