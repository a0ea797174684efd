//! Single shards on their way: to readers, from writers, and from a node that leaves to another.
//!
//! First messages go to the node and back, sent again if they are lost ([`super::super::transport`]); then the shard moves as a flow that
//! shares the uplink or downlink of the site, and the gateway of its region if that has a rate, with all other traffic. Without
//! rates it is there at once. Over a way that loses segments it takes at least what its congestion control allows: a flow that has been faster
//! on the shared links is not there before. A node that is down when the shard is to move, or to have moved, says nothing: whoever waits
//! learns of it by a timeout, or when the health check suspects the node; if it comes back before, it is asked again. A link that goes down loses the shard likewise.
//! Where all messages are lost for eleven minutes, transport gives up, and whoever waits learns of it. Left
//! out: that a flow which loss slows down leaves more of a shared link to others, and that a busy node answers late.

use super::super::links::{DOWN, UP};
use super::super::network::{End, Flow};
use super::super::transport::{Draws, Way};
use super::super::{AccessEvent, Event, Simulation};
use super::{ObjectModel, ObjectState};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::Bytes;
use crate::world::fleet::{NodeId, SiteId};

/// Whose shard it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Nobody's: the row is free.
    Free,
    /// That of a read, by its row.
    Read(u32),
    /// That of a write, by its row.
    Write(u32),
    /// That of a node that leaves.
    Exit(u32),
}

/// What has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is there.
    Arrived,
    /// The node does not have it.
    Refused,
    /// It is not waited for any longer.
    GivenUp,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Messages go there and back, or nothing is heard.
    Asked,
    /// Messages will be given up.
    Unheard,
    /// It is a flow.
    Moving,
    /// Its flow has ended, but loss holds it up.
    Trailing,
}

/// A shard on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub job: Job,
    /// The node that is asked for it, or gets it.
    pub node: u32,
    /// Its slot, for reads and exits.
    pub slot: u32,
    pub bytes: f64,
    /// Whose link it takes, in which direction, and where it goes to or comes from.
    pub site: SiteId,
    direction: usize,
    pub other: End,
    /// Draws of its messages, and how often it has been asked for.
    set: u16,
    entity: u32,
    index: u32,
    rounds: u32,
    stage: Stage,
    /// What messages take there and back if none is lost.
    round_trip: SimDuration,
    /// When it began to move, and before when it cannot be there.
    from: SimTime,
    ready: SimTime,
    /// When the stage ends, and when it has taken too long.
    timer: Handle,
    timeout: Handle,
}

impl Piece {
    fn way(&self) -> Way {
        match (self.job, self.other) {
            (Job::Exit(from), _) => Way::Nodes(NodeId(from), NodeId(self.node)),
            (_, End::Gateway(gateway)) => Way::Gateway(gateway, NodeId(self.node)),
            _ => unreachable!("reads and writes come by way of a gateway"),
        }
    }

    fn draws<'a>(&self, model: &'a ObjectModel) -> Draws<'a> {
        let set = &model.access.sets[usize::from(self.set)];
        let (latency, loss) = match self.job {
            Job::Read(_) => (&set.read_latency, &set.read_loss),
            Job::Write(_) => (&set.write_latency, &set.write_loss),
            Job::Exit(_) | Job::Free => (&model.draws.message, &model.draws.message_loss),
        };
        Draws { latency, loss, entity: self.entity, index: self.index, round: self.rounds }
    }

    /// Whether all messages about it were lost.
    pub fn is_unheard(&self) -> bool {
        self.stage == Stage::Unheard
    }

    /// Whether it is asked for but nothing is on its way.
    fn is_silent(&self) -> bool {
        self.timer == Handle::NONE && self.stage != Stage::Moving
    }
}

/// What is to be sent for whom, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel {
    pub job: Job,
    pub node: u32,
    pub slot: u32,
    pub bytes: f64,
    /// The region of the gateway to which it goes, or from which it comes.
    pub gateway: u16,
    /// Number of its workload among those that keep objects, and the draws of its messages.
    pub set: u16,
    pub entity: u32,
    pub index: u32,
    pub timeout: Option<SimDuration>,
}

impl Simulation<'_> {
    /// A shard is asked for, or sent; the number of its row.
    pub(super) fn send_piece(&mut self, state: &mut ObjectState, model: &ObjectModel, parcel: Parcel) -> u32 {
        let Parcel { job, node, slot, bytes, gateway, set, entity, index, timeout } = parcel;
        let site_of = |run: &Self, node| run.node(NodeId(node)).site;
        let (site, direction, other) = match job {
            Job::Exit(from) => (site_of(self, from), UP, End::Site(site_of(self, node))),
            Job::Write(_) => (site_of(self, node), DOWN, End::Gateway(gateway)),
            _ => (site_of(self, node), UP, End::Gateway(gateway)),
        };
        let none = Handle::NONE;
        let it = Piece {
            job,
            node,
            slot,
            bytes,
            site,
            direction,
            other,
            set,
            entity,
            index,
            rounds: 0,
            stage: Stage::Asked,
            round_trip: SimDuration::ZERO,
            from: SimTime::ZERO,
            ready: SimTime::ZERO,
            timer: none,
            timeout: none,
        };
        let piece = state.access.pieces.insert(it);
        self.blame_asked(piece);
        self.ask(state, model, piece);
        if let Some(timeout) = timeout {
            state.access.pieces[piece].timeout =
                self.engine.after(timeout, Event::Access(AccessEvent::PieceTimeout { piece }));
        }
        piece
    }

    /// Messages go to a node and back.
    fn ask(&mut self, state: &mut ObjectState, model: &ObjectModel, piece: u32) {
        let row = &mut state.access.pieces[piece];
        self.blame_silence(piece, row.node);
        let exchange = self.exchange(row.way(), row.draws(model), 2);
        row.rounds += 1;
        row.stage = if exchange.arrives { Stage::Asked } else { Stage::Unheard };
        row.round_trip = exchange.alone;
        row.timer = self.engine.after(exchange.takes, Event::Access(AccessEvent::PieceMoves { piece }));
    }

    /// The messages have gone there and back, or a shard that loss held up is there.
    pub(super) fn piece_moves(&mut self, piece: u32) {
        self.with_objects(|run, state, model| {
            let row = &mut state.access.pieces[piece];
            row.timer = Handle::NONE;
            let it = *row;
            run.blame_heard(piece, (it.stage == Stage::Asked).then_some(it.round_trip));
            if it.stage == Stage::Unheard {
                run.piece_over(state, model, piece, Outcome::GivenUp);
                return;
            }
            if !Self::ends_are_up(state, &it) {
                state.access.pieces[piece].stage = Stage::Asked;
                run.falls_silent(state, model, piece);
                return;
            }
            if it.stage == Stage::Trailing {
                run.piece_over(state, model, piece, Outcome::Arrived);
                return;
            }
            let holds = |it: &Piece| {
                state.store.node_of(it.slot) == Some(it.node) && state.store.is_available(it.slot)
            };
            if matches!(it.job, Job::Read(_)) && !holds(&it) {
                run.piece_over(state, model, piece, Outcome::Refused);
                return;
            }
            run.count_traffic(it.site, Bytes(it.bytes));
            let now = run.engine.now();
            let least = run.bulk_time(it.way(), it.round_trip, it.bytes);
            let row = &mut state.access.pieces[piece];
            (row.from, row.ready) = (now, now.saturating_add(least));
            if run.start_flow(it.site, it.direction, Flow::Piece(piece), it.other, Bytes(it.bytes)) {
                row.stage = Stage::Moving;
            } else {
                run.flow_ends(state, model, piece);
            }
        });
    }

    /// The links have done their part: the shard is there, or loss holds it up.
    fn flow_ends(&mut self, state: &mut ObjectState, model: &ObjectModel, piece: u32) {
        let row = &mut state.access.pieces[piece];
        if row.ready <= self.engine.now() {
            self.piece_over(state, model, piece, Outcome::Arrived);
            return;
        }
        row.stage = Stage::Trailing;
        if row.ready < SimTime::MAX {
            row.timer = self.engine.at(row.ready, Event::Access(AccessEvent::PieceMoves { piece }));
        }
    }

    fn ends_are_up(state: &ObjectState, it: &Piece) -> bool {
        let source = !matches!(it.job, Job::Exit(from) if !state.store.is_up(from));
        source && state.store.is_up(it.node)
    }

    /// Nothing more is heard of a shard. A node that leaves knows that at once, others wait.
    fn falls_silent(&mut self, state: &mut ObjectState, model: &ObjectModel, piece: u32) {
        if matches!(state.access.pieces[piece].job, Job::Exit(_)) {
            self.piece_over(state, model, piece, Outcome::GivenUp);
        }
    }

    /// The flow of a shard has ended, or has been lost.
    pub(in crate::simulation) fn piece_moved(&mut self, piece: u32, arrived: bool) {
        self.with_objects(|run, state, model| {
            let row = &mut state.access.pieces[piece];
            row.stage = Stage::Asked;
            let it = *row;
            if arrived && Self::ends_are_up(state, &it) {
                run.blame_moved(piece, &it);
                run.flow_ends(state, model, piece);
            } else {
                run.falls_silent(state, model, piece);
            }
        });
    }

    pub(super) fn piece_times_out(&mut self, piece: u32) {
        self.with_objects(|run, state, model| {
            state.access.pieces[piece].timeout = Handle::NONE;
            run.piece_over(state, model, piece, Outcome::GivenUp);
        });
    }

    /// The health check suspects a node: nobody waits for it any longer.
    pub(super) fn pieces_suspected(&mut self, state: &mut ObjectState, model: &ObjectModel, node: u32) {
        for piece in state.access.pieces.numbers() {
            let Piece { job, node: of, .. } = state.access.pieces[piece];
            if job != Job::Free && of == node {
                self.piece_over(state, model, piece, Outcome::GivenUp);
            }
        }
    }

    /// A node is back: it knows nothing of what it was asked before, which is found out at once and asked again.
    pub(super) fn pieces_return(&mut self, state: &mut ObjectState, model: &ObjectModel, node: u32) {
        for piece in state.access.pieces.numbers() {
            let row = &mut state.access.pieces[piece];
            let wants = matches!(row.job, Job::Read(_) | Job::Write(_)) && row.node == node;
            if wants && (row.is_silent() || row.stage == Stage::Trailing) {
                Self::cancel(&mut self.engine, &mut row.timer);
                self.ask(state, model, piece);
            }
        }
    }

    /// A shard has come, or is not waited for any longer: whoever it is for goes on.
    pub(super) fn piece_over(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        piece: u32,
        outcome: Outcome,
    ) {
        let (it, moved) = self.end_piece(state, piece);
        let moved = if outcome == Outcome::Arrived { 1.0 } else { moved };
        match it.job {
            Job::Free => {}
            Job::Read(read) => {
                self.read_moved(state, it, moved);
                self.read_goes_on(state, model, read, (piece, it), outcome);
            }
            Job::Write(write) => {
                state.access.meter.sets[usize::from(it.set)].written_shards += moved;
                self.write_goes_on(state, model, write, (piece, it), outcome);
            }
            Job::Exit(from) => self.exit_goes_on(state, model, from, it, outcome),
        }
    }

    /// Frees the row of a shard; with it, what share of it has moved if it was moving.
    pub(super) fn end_piece(&mut self, state: &mut ObjectState, piece: u32) -> (Piece, f64) {
        let row = &mut state.access.pieces[piece];
        Self::cancel(&mut self.engine, &mut row.timer);
        Self::cancel(&mut self.engine, &mut row.timeout);
        let it = *row;
        row.job = Job::Free;
        state.access.pieces.release(piece);
        let moved = match it.stage {
            Stage::Asked | Stage::Unheard => 0.0,
            Stage::Moving => {
                let left = self.cancel_flow(it.site, it.direction, Flow::Piece(piece));
                1.0 - (left / it.bytes).clamp(0.0, 1.0)
            }
            Stage::Trailing => {
                let all = it.ready.since(it.from).as_secs_f64();
                (self.engine.now().since(it.from).as_secs_f64() / all).min(1.0)
            }
        };
        (it, moved)
    }

    /// A node has sent a share of a shard for a read.
    pub(super) fn read_moved(&mut self, state: &mut ObjectState, it: Piece, share: f64) {
        state.access.meter.sets[usize::from(it.set)].read_shards += share;
        if share > 0.0
            && let Some(deeds) = self.collect.deeds.of_node(it.node as usize)
        {
            deeds.read.add(share * it.bytes);
        }
    }
}
