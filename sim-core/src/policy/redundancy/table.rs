//! The controller's memory of requests and attempts: reusable rows, linked lists through them.

use crate::kernel::{Handle, SimTime};
use crate::world::fleet::{AttemptId, NodeId, RequestId};

/// A request in flight, as its sender knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub live: bool,
    pub rejected: bool,
    pub workload: u16,
    pub gateway: u16,
    /// Running number within the workload.
    pub number: u32,
    /// Tells apart the users of this row.
    pub generation: u32,
    pub arrived: SimTime,
    pub replies: u16,
    /// Lanes that may still bring a reply.
    pub lanes: u16,
    /// Attempts sent.
    pub sent: u16,
    pub hedges: u16,
    /// Lanes that wait for their next try.
    pub backoffs: u16,
    pub hedge_timer: Handle,
    /// Newest attempt; the first one sent is at the end of the list.
    pub newest: AttemptId,
}

/// What the sender thinks of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opinion {
    /// A reply is awaited.
    Awaited,
    /// As above, but its node is suspected and its load is no longer counted.
    WrittenOff,
    /// Answered, failed or given up.
    Settled,
}

/// An attempt, as its sender knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub request: RequestId,
    pub node: NodeId,
    pub opinion: Opinion,
    /// Number of this try in its lane, from 1.
    pub tries: u16,
    /// Number of this attempt in its request, from 0.
    pub index: u16,
    /// Whether its request is in flight.
    pub held: bool,
    /// Whether it is a hedge.
    pub hedge: bool,
    /// Whether it tries a circuit breaker that is half open.
    pub trial: bool,
    /// Whether its physical side still exists; only for the reuse of rows.
    pub embodied: bool,
    pub sent: SimTime,
    pub timer: Handle,
    /// The attempt of the same request sent before this.
    pub older: AttemptId,
    pub previous_on_node: AttemptId,
    pub next_on_node: AttemptId,
}

/// Rows of attempts, with the list of awaited ones of each node.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    rows: Vec<Attempt>,
    free: Vec<AttemptId>,
    heads: Vec<AttemptId>,
    /// Whether the lists are kept: only suspicions that fail attempts ask for them.
    listed: bool,
}

impl Attempts {
    pub fn new(nodes: usize, listed: bool) -> Self {
        Self { rows: Vec::new(), free: Vec::new(), heads: vec![AttemptId::NONE; nodes], listed }
    }

    /// A row for an attempt, which is made where it lies: one put together elsewhere would be copied in wide pieces, each of which would wait for the narrow
    /// ones.
    #[inline(always)]
    pub fn insert(&mut self, attempt: Attempt) -> AttemptId {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.add(attempt.node),
        };
        self.rows[id.index()] = attempt;
        if !self.listed {
            return id;
        }
        let head = std::mem::replace(&mut self.heads[attempt.node.index()], id);
        self.rows[id.index()].next_on_node = head;
        if !head.is_none() {
            self.rows[head.index()].previous_on_node = id;
        }
        id
    }

    /// Adds a row, to be filled. By itself, as one is free nearly always.
    #[cold]
    #[inline(never)]
    fn add(&mut self, node: NodeId) -> AttemptId {
        self.rows.push(Attempt {
            request: RequestId(0),
            node,
            opinion: Opinion::Settled,
            tries: 0,
            index: 0,
            held: false,
            hedge: false,
            trial: false,
            embodied: false,
            sent: SimTime::ZERO,
            timer: Handle::NONE,
            older: AttemptId::NONE,
            previous_on_node: AttemptId::NONE,
            next_on_node: AttemptId::NONE,
        });
        AttemptId::from_index(self.rows.len() - 1)
    }

    #[inline]
    pub fn get(&self, id: AttemptId) -> &Attempt {
        &self.rows[id.index()]
    }

    #[inline]
    pub fn get_mut(&mut self, id: AttemptId) -> &mut Attempt {
        &mut self.rows[id.index()]
    }

    /// Whether `change`, made to every row, leaves it on the list of its node: makes all those lists anew, in order of rows, if they are to be kept.
    pub fn relink(&mut self, listed: bool, mut change: impl FnMut(&mut Attempt) -> bool) {
        self.heads.fill(AttemptId::NONE);
        self.listed = listed;
        for index in 0..self.rows.len() {
            let id = AttemptId::from_index(index);
            let row = &mut self.rows[index];
            (row.previous_on_node, row.next_on_node) = (AttemptId::NONE, AttemptId::NONE);
            if !change(row) || !listed {
                continue;
            }
            let head = std::mem::replace(&mut self.heads[row.node.index()], id);
            self.rows[index].next_on_node = head;
            if !head.is_none() {
                self.rows[head.index()].previous_on_node = id;
            }
        }
    }

    /// An awaited attempt on `node`, if there is one.
    pub fn awaited_on(&self, node: NodeId) -> Option<AttemptId> {
        let head = self.heads[node.index()];
        (!head.is_none()).then_some(head)
    }

    /// Takes an awaited attempt off the list of its node.
    #[inline]
    pub fn unlink(&mut self, id: AttemptId) {
        if !self.listed {
            return;
        }
        let Attempt { node, previous_on_node: previous, next_on_node: next, .. } = self.rows[id.index()];
        if previous.is_none() {
            self.heads[node.index()] = next;
        } else {
            self.rows[previous.index()].next_on_node = next;
        }
        if !next.is_none() {
            self.rows[next.index()].previous_on_node = previous;
        }
    }

    /// The request is over: the row is free if the physical side has ended too.
    #[inline]
    pub fn release(&mut self, id: AttemptId) {
        let row = &mut self.rows[id.index()];
        row.held = false;
        if !row.embodied {
            self.free.push(id);
        }
    }

    /// The physical side has ended: the row is free if the request is over too.
    #[inline]
    pub fn disembody(&mut self, id: AttemptId) {
        let row = &mut self.rows[id.index()];
        row.embodied = false;
        if !row.held {
            self.free.push(id);
        }
    }

    /// Rows in use or reusable.
    pub fn capacity(&self) -> usize {
        self.rows.len()
    }
}

/// Rows of requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    rows: Vec<Request>,
    free: Vec<RequestId>,
}

impl Requests {
    /// A row for a request, made where it lies, as [`Attempts::insert`] does. Its generation is that after the last of the row.
    #[inline(always)]
    pub fn insert(&mut self, request: Request) -> RequestId {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.add(),
        };
        let row = &mut self.rows[id.index()];
        let generation = row.generation.wrapping_add(1);
        *row = Request { generation, ..request };
        id
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self) -> RequestId {
        self.rows.push(Request {
            live: false,
            rejected: false,
            workload: 0,
            gateway: 0,
            number: 0,
            // That of the first user is 0.
            generation: u32::MAX,
            arrived: SimTime::ZERO,
            replies: 0,
            lanes: 0,
            sent: 0,
            hedges: 0,
            backoffs: 0,
            hedge_timer: Handle::NONE,
            newest: AttemptId::NONE,
        });
        RequestId::from_index(self.rows.len() - 1)
    }

    #[inline]
    pub fn get(&self, id: RequestId) -> &Request {
        &self.rows[id.index()]
    }

    #[inline]
    pub fn get_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.rows[id.index()]
    }

    #[inline]
    pub fn remove(&mut self, id: RequestId) {
        self.rows[id.index()].live = false;
        self.free.push(id);
    }

    pub fn live(&self) -> impl Iterator<Item = (RequestId, &Request)> {
        self.rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.live)
            .map(|(i, row)| (RequestId::from_index(i), row))
    }
}
