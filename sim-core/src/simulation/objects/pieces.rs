//! Single shards on their way: to readers, from writers, and from a node that leaves to another.
//!
//! First messages go to the node and back, with the latencies of backbone and access link; then the shard moves as a flow that
//! shares the uplink or downlink of the site, and the gateway of its region if that has a rate, with all other traffic. Without
//! rates it is there at once. A node that is down when the shard is to move, or to have moved, says nothing: whoever waits
//! learns of it by a timeout, or when the health check suspects the node; if it comes back before, it is asked again. A link that goes down loses the shard likewise. Left
//! out: loss of messages (the `loss` of links means nothing here), and that a busy node answers late.

use super::super::links::{DOWN, UP};
use super::super::network::{End, Flow};
use super::super::{AccessEvent, Event, Simulation};
use super::{ObjectModel, ObjectState};
use crate::kernel::{Handle, SimDuration};
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
    site: SiteId,
    direction: usize,
    other: End,
    /// Time that messages take there and back; `None` = they do not get there.
    latency: Option<SimDuration>,
    /// When messages have gone there and back, and when it has taken too long.
    timer: Handle,
    timeout: Handle,
    /// Whether it moves as a flow.
    moves: bool,
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
    /// Time that messages take; `None` = they do not get there.
    pub latency: Option<SimDuration>,
    pub timeout: Option<SimDuration>,
}

impl Simulation<'_> {
    /// A shard is asked for, or sent; the number of its row.
    pub(super) fn send_piece(&mut self, state: &mut ObjectState, parcel: Parcel) -> u32 {
        let Parcel { job, node, slot, bytes, gateway, latency, timeout } = parcel;
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
            latency,
            timer: none,
            timeout: none,
            moves: false,
        };
        let piece = state.access.pieces.insert(it);
        let row = &mut state.access.pieces[piece];
        if let Some(latency) = latency {
            row.timer = self.engine.after(latency, Event::Access(AccessEvent::PieceMoves { piece }));
        }
        if let Some(timeout) = timeout {
            row.timeout = self.engine.after(timeout, Event::Access(AccessEvent::PieceTimeout { piece }));
        }
        piece
    }

    /// The messages have gone there and back.
    pub(super) fn piece_moves(&mut self, piece: u32) {
        self.with_objects(|run, state, model| {
            let row = &mut state.access.pieces[piece];
            row.timer = Handle::NONE;
            let it = *row;
            if !Self::ends_are_up(state, &it) {
                run.falls_silent(state, model, piece);
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
            if run.start_flow(it.site, it.direction, Flow::Piece(piece), it.other, Bytes(it.bytes)) {
                state.access.pieces[piece].moves = true;
            } else {
                run.piece_over(state, model, piece, Outcome::Arrived);
            }
        });
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
            row.moves = false;
            let it = *row;
            if arrived && Self::ends_are_up(state, &it) {
                run.piece_over(state, model, piece, Outcome::Arrived);
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
    pub(super) fn pieces_return(&mut self, state: &mut ObjectState, node: u32) {
        for (piece, row) in state.access.pieces.iter_mut() {
            let silent = row.timer == Handle::NONE && !row.moves;
            if row.node == node
                && silent
                && matches!(row.job, Job::Read(_) | Job::Write(_))
                && let Some(latency) = row.latency
            {
                row.timer = self.engine.after(latency, Event::Access(AccessEvent::PieceMoves { piece }));
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
                self.read_moved(state, it.node, moved * it.bytes, moved);
                self.read_goes_on(state, model, read, (piece, it), outcome);
            }
            Job::Write(write) => {
                state.access.meter.written_shards += moved;
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
        if !it.moves {
            return (it, 0.0);
        }
        let left = self.cancel_flow(it.site, it.direction, Flow::Piece(piece));
        (it, 1.0 - (left / it.bytes).clamp(0.0, 1.0))
    }

    /// A node has sent bytes for a read, a share of a shard.
    pub(super) fn read_moved(&mut self, state: &mut ObjectState, node: u32, bytes: f64, share: f64) {
        state.access.meter.read_shards += share;
        if bytes > 0.0
            && let Some(deeds) = self.collect.deeds.of_node(node as usize)
        {
            deeds.read.add(bytes);
        }
    }
}
