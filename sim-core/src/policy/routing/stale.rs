//! Shortest queues as they were: loads are known only as they stood when the present period began.
//!
//! The periodic update model of M. Mitzenmacher, "How useful is old information?", IEEE TPDS 11(1), 2000: a bulletin board is written anew
//! every period. With all queues on the board, everybody runs to the node that was shortest, and long periods make this worse than
//! choosing at random; two choices lose much less. Ties go to a random one of the shortest.
//!
//! The board is written by the first decision of a period.

use super::preference::sample;
use super::{Ask, Memory, Routing, View};
use crate::kernel::SimDuration;
use crate::world::fleet::NodeId;
use rand::RngExt;

/// `{"least_loaded": {"stale": …}}` and `{"power_of_choices": {"stale": …}}`.
#[derive(Clone, Debug)]
pub struct Stale {
    period: SimDuration,
    /// `None` = all are compared.
    choices: Option<u32>,
    board: Vec<u32>,
    /// Number of the period in which the board was written, from 1.
    written: u64,
    /// The shortest of the trusted on the board, and until when it holds.
    shortest: Vec<NodeId>,
    is_current: bool,
    sample: Vec<NodeId>,
}

impl Stale {
    /// Over `nodes` idle nodes; the board is written every `period`.
    pub fn new(nodes: usize, period: SimDuration, choices: Option<u32>) -> Self {
        let board = vec![0; nodes];
        let (shortest, sample) = (Vec::new(), Vec::new());
        Self { period, choices, board, written: 0, shortest, is_current: false, sample }
    }

    fn write(&mut self, view: &View<'_>) {
        let period = view.now().as_nanos() / self.period.as_nanos() + 1;
        if period != self.written {
            self.written = period;
            self.is_current = false;
            for (index, load) in self.board.iter_mut().enumerate() {
                *load = view.outstanding(NodeId::from_index(index));
            }
        }
    }

    /// One of the shortest on the board.
    fn shortest(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let board = &self.board;
        if !self.is_current {
            let least = view.trusted().iter().map(|node| board[node.index()]).min()?;
            self.shortest.clear();
            self.shortest.extend(view.trusted().iter().filter(|node| board[node.index()] == least));
            self.is_current = true;
        }
        if !self.shortest.is_empty() {
            let place = ask.draws.random_range(0..self.shortest.len() as u32) as usize;
            let from = self.shortest.iter().cycle().skip(place).take(self.shortest.len());
            if let Some(node) = from.copied().find(|node| !ask.excludes(*node)) {
                return Some(node);
            }
        }
        let open = view.trusted().iter().copied().filter(|node| !ask.excludes(*node));
        open.min_by_key(|node| (board[node.index()], *node))
    }
}

impl Routing for Stale {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        self.write(view);
        let Some(choices) = self.choices else { return self.shortest(view, ask) };
        sample(view, ask, choices, &mut self.sample);
        self.sample.iter().copied().min_by_key(|node| self.board[node.index()])
    }

    fn trust_changed(&mut self, _node: NodeId, _trusted: bool, _outstanding: u32) {
        self.is_current = false;
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
