//! Makes the runs of projects over all cores, each content once, and finishes the folder of a project with its last run.

use super::project::Project;
use super::select::Selection;
use super::stages::Stages;
use super::task::{Task, in_order, simulate};
use crate::execute::{self, End, Outcome};
use crate::failure::{Failure, error, warning};
use crate::output::Folder;
use crate::output::finish::{Finish, Held};
use crate::output::manifest::Manifest;
use crate::output::runs::{self, Head, RunLog, Source, Span};
use crate::tell::numbers::counted;
use crate::tell::progress::Progress;
use sim_core::measure::summary::Summary;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What becomes of finished runs that a folder holds already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// They go.
    Replace,
    /// They stay; if one does not belong to the plan, nothing is done.
    Keep,
    /// Those that belong to the plan stay, the others go.
    KeepFitting,
}

/// How much a run may cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Events.
    pub events: Option<u64>,
    /// Time on this machine.
    pub time: Option<Duration>,
}

/// What is done with all projects.
pub struct Work<'a> {
    /// Which runs were selected.
    pub selection: &'a Selection,
    /// Threads.
    pub threads: usize,
    /// What becomes of runs that are there.
    pub old: Old,
    /// What a run may cost.
    pub limits: Limits,
    /// Whether the summary is wanted, of which there can be much.
    pub summary: bool,
    /// No progress.
    pub quiet: bool,
    /// Name for the progress.
    pub name: &'a str,
}

/// A project of which all runs were made or have failed.
pub struct Done<'a> {
    /// The project.
    pub project: &'a Project,
    /// What its folder says of itself.
    pub manifest: &'a Manifest,
    /// What the runs say about the policies, if that was wanted; none for a part of a plan, without runs, or if there was nothing to do.
    pub summary: Option<&'a Summary>,
    /// Runs that are there.
    pub runs: usize,
    /// How many of them were there already.
    pub kept: usize,
    /// Whether there was nothing to do.
    pub unchanged: bool,
}

/// What making runs came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// Runs that failed.
    pub failed: usize,
    /// Time that all threads spent in simulations, in seconds.
    pub simulated: f64,
}

/// The folder of a project on its way.
struct Desk {
    folder: Folder,
    manifest: Manifest,
    held: Held,
    log: Option<RunLog>,
    /// Number of the log among the sources of what is held.
    source: Option<u32>,
    /// Runs still to come.
    left: usize,
    kept: usize,
    /// Whether the folder holds runs of the plan alone.
    is_pure: bool,
    /// Where what runs show decides on their number.
    stages: Option<Stages>,
    /// Numbers of the runs that failed.
    failed: BTreeSet<usize>,
    /// Whether its files are made.
    closed: bool,
    began: Instant,
}

impl Work<'_> {
    /// Makes what is missing and tells `done` of each project as it is finished.
    pub fn make<D>(&self, projects: &Arc<Vec<Project>>, mut done: D) -> Result<Made, Failure>
    where
        D: FnMut(&Done<'_>) -> Result<(), Failure>,
    {
        let mut desks = projects.iter().map(|project| self.desk(project)).collect::<Result<Vec<_>, _>>()?;
        let mut made = Made::default();
        while desks.iter().any(|desk| !desk.closed) {
            let tasks = self.tasks(projects, &mut desks)?;
            self.run(projects, &mut desks, (tasks, &mut made), &mut done)?;
        }
        Ok(made)
    }

    /// The runs that are missing, as far as it is known by now which ones are wanted.
    fn tasks(&self, projects: &[Project], desks: &mut [Desk]) -> Result<Vec<Task>, Failure> {
        let mut known = HashMap::new();
        for (place, project) in projects.iter().enumerate().filter(|(place, _)| !desks[*place].closed) {
            for number in project.wanted.iter().filter(|number| desks[place].held.has(**number)) {
                known.entry(project.runs[*number].id.as_str()).or_insert((place, *number));
            }
        }
        let mut tasks = BTreeMap::new();
        for (place, project) in projects.iter().enumerate() {
            if desks[place].closed {
                continue;
            }
            // What another project holds may allow a stage to go on at once.
            while let Some(wanted) = desks[place].wanted(project)? {
                let mut missing = false;
                for number in wanted {
                    let planned = &project.runs[number];
                    if let Some((other, its)) = known.get(planned.id.as_str()) {
                        let line = desks[*other].held.line(*its)?.expect("it is held");
                        desks[place].add(number, &line)?;
                        desks[place].kept += 1;
                        continue;
                    }
                    let task = tasks.entry(planned.id.clone()).or_insert_with_key(|id| Task {
                        id: id.clone(),
                        events: planned.events,
                        targets: Vec::new(),
                    });
                    task.targets.push((place, number));
                    desks[place].left += 1;
                    missing = true;
                }
                if missing || desks[place].stages.is_none() {
                    break;
                }
            }
        }
        Ok(in_order(tasks.into_values().collect()))
    }

    /// Prepares the folder of a project: what it holds already is found.
    fn desk(&self, project: &Project) -> Result<Desk, Failure> {
        let folder = Folder::prepare(&project.out)?;
        if self.old == Old::Replace {
            if folder.file(runs::NAME).exists() {
                // Not under the hands of another process.
                RunLog::lock(&folder)?;
            }
            folder.clear()?;
        }
        let before = Manifest::read(&folder).ok();
        let mut manifest = project.manifest(self.selection, self.threads);
        let mut numbers: HashMap<&str, Vec<usize>> = HashMap::new();
        for number in &project.wanted {
            numbers.entry(&project.runs[*number].id).or_default().push(*number);
        }
        let mut held = Held::new(project.runs.iter().map(|planned| planned.run.clone()).collect());
        let others: HashSet<&str> = project.runs.iter().map(|planned| planned.id.as_str()).collect();
        let (mut found, mut foreign, mut unselected, mut misplaced) = (Vec::new(), 0, 0, false);
        let path = folder.file(runs::NAME);
        runs::scan(&path, |head: Head, span| match numbers.get(head.id.as_str()) {
            None if others.contains(head.id.as_str()) => unselected += 1,
            None => foreign += 1,
            Some(numbers) => {
                let at = |number: &usize| &project.runs[*number].run;
                misplaced |= !numbers.iter().map(at).any(|run| head.run() == *run);
                found.extend(numbers.iter().map(|number| (*number, span)));
            }
        })?;
        if unselected > 0 {
            return Err(Failure::Usage(format!(
                "{} holds {} of this plan that --only or --shard leave out, and that would be dropped; take another --out",
                folder.path().display(),
                counted(unselected, "finished run"),
            )));
        }
        if foreign > 0 && self.old == Old::KeepFitting {
            warning(format!(
                "{} held {} of other content than the plan asks for; it replaces them",
                folder.path().display(),
                counted(foreign, "finished run"),
            ));
        }
        if foreign > 0 && self.old == Old::Keep {
            return Err(Failure::Usage(format!(
                "{} holds {} of another scenario, seed, policy or version, which --resume would drop; \
                 take another --out, or leave --resume out to replace them",
                folder.path().display(),
                counted(foreign, "finished run"),
            )));
        }
        let source = if found.is_empty() { None } else { Some(held.add_source(Source::at(&path))) };
        if let Some(source) = source {
            found.iter().for_each(|(number, span)| held.put(*number, source, *span));
        }
        let kept = held.count();
        let is_pure = foreign == 0 && !misplaced;
        let stages = if self.selection.only.is_none() { Stages::of(project) } else { None };
        let all = if stages.is_some() { None } else { Some(project.wanted.len()) };
        match before.filter(|before| before.is_that_of(&manifest)) {
            Some(before) if is_pure && kept == all.unwrap_or(before.runs) => manifest = before,
            _ => manifest.write(&folder)?,
        }
        Ok(Desk {
            folder,
            manifest,
            held,
            log: None,
            source,
            left: 0,
            kept,
            is_pure,
            stages,
            failed: BTreeSet::new(),
            closed: false,
            began: Instant::now(),
        })
    }

    /// Makes the tasks.
    fn run<D>(
        &self,
        projects: &Arc<Vec<Project>>,
        desks: &mut [Desk],
        (tasks, made): (Vec<Task>, &mut Made),
        done: &mut D,
    ) -> Result<(), Failure>
    where
        D: FnMut(&Done<'_>) -> Result<(), Failure>,
    {
        let there: usize = desks.iter().map(|desk| desk.held.count()).sum();
        let all = there + desks.iter().map(|desk| desk.left).sum::<usize>();
        for (desk, project) in desks.iter_mut().zip(projects.iter()) {
            if desk.is_ready() {
                self.close(desk, project, done)?;
            }
        }
        let mut progress = Progress::start(self.name, there, all, self.quiet);
        let (plans, limits) = (Arc::clone(projects), self.limits);
        let end = execute::execute(
            tasks,
            self.threads,
            move |task: &Task| simulate(&plans, task, limits),
            |outcome| {
                let (task, result) = match outcome {
                    Outcome::Finished(task, (result, seconds)) => {
                        made.simulated += seconds;
                        (task, result)
                    }
                    Outcome::Panicked(task, message) => (task, Err(message)),
                };
                for (place, number) in task.targets {
                    let desk = &mut desks[place];
                    match &result {
                        Ok(line) => desk.add(number, line)?,
                        Err(message) => {
                            made.failed += 1;
                            progress.pause(|| error(&projects[place].describe(number, message)));
                            desk.manifest.failed.push(task.id.clone());
                            desk.failed.insert(number);
                        }
                    }
                    desk.left -= 1;
                    progress.step();
                    if desk.is_ready() {
                        progress.pause(|| self.close(desk, &projects[place], done))?;
                    }
                }
                Ok(())
            },
        )?;
        progress.finish();
        if end == End::Interrupted {
            return Err(interrupted(desks, all));
        }
        Ok(())
    }

    /// All runs of a project are there, but for those that failed.
    fn close<D>(&self, desk: &mut Desk, project: &Project, done: &mut D) -> Result<(), Failure>
    where
        D: FnMut(&Done<'_>) -> Result<(), Failure>,
    {
        let added = desk.log.take();
        if let Some(log) = &added {
            log.flush()?;
        }
        let unchanged =
            added.is_none() && desk.is_pure && desk.manifest.complete && self.old == Old::KeepFitting;
        desk.manifest.failed.sort();
        desk.closed = true;
        if let Some(stages) = &desk.stages {
            // What is there beyond the decision would make results depend on what was run before.
            let numbers = stages.numbers();
            desk.is_pure &= !desk.held.keep(&numbers);
            (desk.manifest.runs, desk.manifest.selected) = (numbers.len(), numbers.len());
            desk.manifest.ended = stages.ended();
            desk.kept = desk.kept.min(desk.held.count());
        }
        let mut summary = None;
        if !unchanged {
            desk.manifest.wall_time_s = desk.began.elapsed().as_secs_f64();
            summary = self.finish(desk)?;
        }
        desk.held.close();
        drop(added);
        // Unless another process has begun to work here.
        if RunLog::lock(&desk.folder).is_ok() {
            desk.folder.sweep()?;
        }
        done(&Done {
            project,
            manifest: &desk.manifest,
            summary: summary.as_ref(),
            runs: desk.held.count(),
            kept: desk.kept,
            unchanged,
        })
    }
}

impl Work<'_> {
    /// Makes the files of a folder. The summary is returned if it is wanted, and there is one.
    fn finish(&self, desk: &mut Desk) -> Result<Option<Summary>, Failure> {
        let Desk { folder, manifest, held, .. } = desk;
        let (is_part, is_empty) = (manifest.shard.is_some(), held.count() == 0);
        let mut summary = Summary::new(&manifest.scenario);
        let finish = Finish { folder, manifest, held, threads: self.threads };
        if is_part {
            finish.part()?;
            return Ok(None);
        }
        finish.all(|variation| {
            if self.summary {
                summary.variations.push(variation);
            }
        })?;
        Ok((self.summary && !is_empty).then_some(summary))
    }
}

impl Desk {
    /// Numbers of the runs that are missing, as far as it is known by now which ones are wanted; `None` if all is known and nothing is
    /// missing.
    fn wanted(&mut self, project: &Project) -> Result<Option<Vec<usize>>, Failure> {
        let wanted = match &mut self.stages {
            Some(stages) => stages.next(&mut self.held, &self.failed)?,
            None => project.wanted.iter().copied().filter(|number| !self.held.has(*number)).collect(),
        };
        Ok((!wanted.is_empty()).then_some(wanted))
    }

    /// Whether all runs are there, or have failed, and its files are still to be made.
    fn is_ready(&self) -> bool {
        !self.closed && self.left == 0 && self.stages.as_ref().is_none_or(Stages::are_over)
    }

    /// A run is finished: its line goes to the log before anything else happens.
    fn add(&mut self, number: usize, line: &[u8]) -> Result<(), Failure> {
        if self.log.is_none() {
            self.log = Some(RunLog::open(&self.folder, |_, _| ())?);
        }
        let log = self.log.as_mut().expect("it is open");
        let span: Span = log.append(line)?;
        let source = match self.source {
            Some(source) => source,
            None => self.held.add_source(Source::at(&self.folder.file(runs::NAME))),
        };
        self.source = Some(source);
        self.held.put(number, source, span);
        Ok(())
    }
}

fn interrupted(desks: &[Desk], all: usize) -> Failure {
    let kept: usize = desks.iter().map(|desk| desk.held.count()).sum();
    let place = match desks {
        [desk] => desk.folder.path().display().to_string(),
        _ => "their folders".to_owned(),
    };
    Failure::Interrupted(format!("interrupted; {kept} of {all} runs are kept in {place}"))
}
