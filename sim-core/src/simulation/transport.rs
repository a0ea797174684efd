//! The ways of objects and jobs: latency and loss of their messages, and what loss makes of bulk transfers.
//!
//! A message between a gateway and a node takes the latency of the backbone, of a relay if the site needs one, and of the site's access link, drawn; one between
//! two nodes that of both links. It is lost as the `loss` of the links says, in the state that they are in when it is sent; faults on
//! purpose add latency and loss while they hold. What is lost is sent again, and bulk transfers over lossy ways are slow, as
//! [`crate::world::network::transport`] says. Both look ahead along the timelines of links and faults, which do not depend on what
//! happens in the run, so a message costs an event at most, however often it is sent. A way that the backbone does not offer
//! when the message is first sent is as one on which everything is lost.
//!
//! Draws are those of the read, write, object or job, whatever else goes on: with more loss the same messages are lost and more, and
//! none arrives earlier. So a lossless link never makes a read slower.
//!
//! Left out: that the queue before a busy uplink delays and drops these messages, as it does those of requests; that resends and their
//! acknowledgements take room on links; changes of the backbone's routes while a message is being sent again.

use super::faults::{FaultModel, Scope};
use super::{Model, Simulation};
use crate::kernel::{Process, SimDuration, SimTime, Stream, Streams};
use crate::scenario::FaultAction;
use crate::world::fleet::{NodeId, SiteId};
use crate::world::network::{LinkState, TRIES, loss_probability, resend_after, throughput_max};

/// Between whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The gateway of a region, and a node.
    Gateway(u16, NodeId),
    /// Two nodes.
    Nodes(NodeId, NodeId),
}

/// What the draws of an exchange are: of latencies the draws (entity, index) and following, of losses those of the same index in the
/// `round`, for an exchange that is tried anew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws<'a> {
    pub latency: &'a Stream,
    pub loss: &'a Stream,
    pub entity: u32,
    pub index: u32,
    pub round: u32,
}

/// What becomes of a message, or of one and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    /// When it is through, or given up.
    pub takes: SimDuration,
    pub arrives: bool,
    /// What it would take if nothing were lost.
    pub alone: SimDuration,
}

/// What is known of ways beforehand.
#[derive(Clone, Debug, Default)]
pub(super) struct TransportModel {
    /// Faults that act on ways, with the draws of the latency that each adds.
    faults: Vec<(u16, Stream)>,
}

impl TransportModel {
    /// For a model that has all else; empty where there are neither objects nor jobs.
    pub(super) fn new(model: &Model, streams: &Streams) -> Self {
        if model.objects.is_none() && !model.jobs.exist() {
            return Self::default();
        }
        let acts = |fault: &FaultModel| match fault.action {
            FaultAction::Latency { .. } | FaultAction::Loss { .. } => true,
            // Cut links of the backbone's graph are known to its routes.
            _ => fault.cuts() && matches!(fault.scope, Scope::Gateway(_) | Scope::Backbone(_)),
        };
        let faults = (0_u16..).zip(&model.faults).filter(|(_, fault)| acts(fault));
        Self {
            faults: faults
                .map(|(number, _)| (number, streams.stream(Process::FaultWay, number.into())))
                .collect(),
        }
    }
}

/// A way, with the states of its links at the last moment asked about.
struct Path {
    way: Way,
    /// Regions at its ends.
    regions: [u16; 2],
    links: [Option<(SiteId, LinkState)>; 2],
}

impl Simulation<'_> {
    /// A message goes over a way, and its answer back if there are two `legs`.
    pub(super) fn exchange(&mut self, way: Way, draws: Draws<'_>, legs: u32) -> Exchange {
        let mut path = self.path(way);
        let mut done = Exchange { takes: SimDuration::ZERO, arrives: true, alone: SimDuration::ZERO };
        let backbone = self.between_regions(path.regions[0], path.regions[1]);
        for leg in 0..legs {
            let mut lost = 0;
            while lost < TRIES && (backbone.is_none() || self.loses(&mut path, draws, leg, lost, done.takes))
            {
                done.takes = done.takes + resend_after(lost);
                lost += 1;
            }
            let Some(backbone) = backbone.filter(|_| lost < TRIES) else {
                done.arrives = false;
                return done;
            };
            let takes = self.travel(&path, backbone, draws, leg, done.takes);
            done.takes = done.takes + takes;
            done.alone = done.alone + takes;
        }
        done
    }

    /// How long a bulk transfer that begins now takes at least, because segments are lost on its way.
    pub(super) fn bulk_time(&mut self, way: Way, round_trip: SimDuration, bytes: f64) -> SimDuration {
        let mut path = self.path(way);
        if path.links.iter().all(Option::is_none) && self.model.transport.faults.is_empty() {
            return SimDuration::ZERO;
        }
        let (mut at, mut left) = (self.engine.now(), bytes);
        loop {
            let rate = throughput_max(round_trip, self.loss_on(&mut path, at));
            let ends = self.next_change(&path, at);
            let seconds = if left > 0.0 { left / rate } else { 0.0 };
            let done = at.saturating_add(SimDuration::from_secs_f64(seconds));
            if done <= ends {
                return if done == SimTime::MAX { SimDuration::MAX } else { done.since(self.engine.now()) };
            }
            left -= rate * ends.since(at).as_secs_f64();
            at = ends;
        }
    }

    /// A way as it is now.
    fn path(&mut self, way: Way) -> Path {
        let (now, model) = (self.engine.now(), self.model);
        let (ends, gateway) = match way {
            Way::Gateway(gateway, node) => ([Some(node), None], Some(gateway)),
            Way::Nodes(from, to) => ([Some(from), Some(to)], None),
        };
        let sites = ends.map(|node| node.map(|node| self.node(node).site));
        let links = sites.map(|site| {
            let site = site?;
            let loss = model.entry_of(site).link.as_ref()?.loss.as_ref()?;
            let state = &mut self.sites[site.index()].link;
            state.bad_at(now, Some(loss), &model.draws.link_state, site.0);
            Some((site, *state))
        });
        let region = |site: Option<SiteId>| site.map(|site| model.entry_of(site).region);
        let here = region(sites[0]).unwrap_or(0);
        Path { way, regions: [gateway.or(region(sites[1])).unwrap_or(here), here], links }
    }

    /// Whether try number `number` of leg `leg` is lost, which is sent so long `after` now.
    fn loses(&self, path: &mut Path, draws: Draws<'_>, leg: u32, number: u32, after: SimDuration) -> bool {
        let loss = self.loss_on(path, self.engine.now().saturating_add(after));
        let index = draws.index.wrapping_add(leg).wrapping_mul(256);
        let index = index.wrapping_add(draws.round % 16 * TRIES + number);
        loss > 0.0 && draws.loss.unit(draws.entity, index) < loss
    }

    /// Probability that what is sent at `at` is lost; the moments asked about may not go back.
    fn loss_on(&self, path: &mut Path, at: SimTime) -> f64 {
        let model = self.model;
        let mut passes = 1.0;
        for (site, state) in path.links.iter_mut().flatten() {
            let loss = model.entry_of(*site).link.as_ref().and_then(|link| link.loss.as_ref());
            let bad = state.bad_at(at, loss, &model.draws.link_state, site.0);
            passes *= 1.0 - loss_probability(loss, bad);
        }
        for (fault, _) in self.faults_on(path, at) {
            match fault.action {
                FaultAction::Latency { .. } => {}
                FaultAction::Loss { p } => passes *= 1.0 - p,
                _ => passes = 0.0,
            }
        }
        1.0 - passes
    }

    /// When the probability of loss changes after `at`, which was the last moment asked about.
    fn next_change(&self, path: &Path, at: SimTime) -> SimTime {
        let links = path.links.iter().flatten().map(|(_, state)| state.ends());
        let numbers = self.model.transport.faults.iter();
        let faults = numbers.map(|(number, _)| &self.model.faults[usize::from(*number)]);
        let changes = faults.flat_map(|fault| [Some(fault.begins), fault.ends]).flatten();
        links.chain(changes).filter(|change| *change > at).min().unwrap_or(SimTime::MAX)
    }

    /// What a message takes that is sent so long `after` now and is not lost.
    fn travel(
        &self,
        path: &Path,
        backbone: SimDuration,
        draws: Draws<'_>,
        leg: u32,
        after: SimDuration,
    ) -> SimDuration {
        let model = self.model;
        let index = draws.index.wrapping_add(leg);
        let nodes = match path.way {
            Way::Gateway(_, node) => [Some(node), None],
            Way::Nodes(from, to) => [Some(from), Some(to)],
        };
        let mut takes = backbone;
        // The link at the other end has draws of its own.
        for (node, entity) in nodes.into_iter().flatten().zip([draws.entity, draws.entity ^ 1 << 31]) {
            let site = self.node(node).site;
            let Some(way) = model.way_of(site).1 else { continue };
            takes = way.travel(model.relayed(site, takes), draws.latency, entity, index);
        }
        for (fault, stream) in self.faults_on(path, self.engine.now().saturating_add(after)) {
            if let FaultAction::Latency { add } = &fault.action {
                takes = takes + add.draw_duration(stream, draws.entity, index);
            }
        }
        takes
    }

    /// The faults that act on a way at a time.
    fn faults_on(&self, path: &Path, at: SimTime) -> impl Iterator<Item = (&FaultModel, &Stream)> {
        let (way, [a, b]) = (path.way, path.regions);
        let all = self.model.transport.faults.iter();
        let all = all.map(|(number, stream)| (&self.model.faults[usize::from(*number)], stream));
        all.filter(move |(fault, _)| {
            let holds = fault.begins <= at && fault.ends.is_none_or(|ends| at < ends);
            holds
                && match (fault.scope, way) {
                    (Scope::Links, _) => self.passes_over(a, b, &fault.links),
                    (_, Way::Gateway(gateway, node)) => fault.befalls(gateway, node, b),
                    (Scope::Backbone(ends), Way::Nodes(..)) => ends == [a, b] || ends == [b, a],
                    (Scope::Nodes, Way::Nodes(from, to)) => {
                        [from, to].iter().any(|node| fault.nodes.binary_search(node).is_ok())
                    }
                    (Scope::Gateway(_), Way::Nodes(..)) => false,
                }
        })
    }
}
