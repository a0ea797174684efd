//! Power of a node: from busy slots to the socket.
//!
//! With a share u of its slots busy a board draws `P = idle + (peak − idle)(2u − u^r)`, or linearly without r (Fan, Weber,
//! Barroso, ISCA 2007: the calibrated form errs by less than the linear one, r about 1.4 \[M\]). Its power supply loses some of
//! what it takes from the socket: `P_socket = P / η(P / peak)`, η constant or linear between its values at 20, 50 and 100 %
//! (80 PLUS Gold: about 87, 90, 87 % \[M\]). What is drawn splits into that of an idle node, what work adds, and the loss.
//!
//! A cap C below the peak lets work go on at `((C − floor)/(peak − floor))^a` of the speed; graphics cards bound by arithmetic
//! lose 2 % at 70 % of their power and 6 % at 60 %, so a is 0.25 to 0.35 above an idle floor [L: facts of three reviews; fit C].
//! Frequency scaling draws `fixed + dynamic f³` at speed f, and is cheapest per unit of work at `f³ = fixed / (2 dynamic)`.
//! Leakage that grows with temperature comes on top (see the thermal masses). Left out: voltage that cannot follow frequency to the end.

use crate::quantity::Watts;
use crate::scenario::spec::{NodeType, PowerCap, PsuEfficiency};

/// What a node draws, by what for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Draw {
    /// From the socket.
    pub total: Watts,
    /// Of it, for work.
    pub work: Watts,
    /// Of it, lost in the power supply.
    pub loss: Watts,
}

impl Draw {
    /// Nothing.
    pub const NONE: Self = Self { total: Watts(0.0), work: Watts(0.0), loss: Watts(0.0) };
}

/// The power of a kind of node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePower {
    /// Of the board, without work.
    pub idle: Watts,
    /// Of the board, all slots busy.
    pub peak: Watts,
    curve: Option<f64>,
    psu: Option<PsuEfficiency>,
    /// The load at which the power supply is fully loaded.
    full: Watts,
}

impl NodePower {
    /// The power of a node of this type, and its speed relative to that without cap or scaling. `cap` further lowers the peak.
    pub fn of(node: &NodeType, cap: Option<Watts>) -> (Self, f64) {
        let full = node.full_power();
        let mut speed = node.dvfs.map_or(1.0, |dvfs| dvfs.speed);
        let mut peak = full;
        let own = node.power_cap.as_ref().map(|cap| cap.watts(full));
        let least = [own, cap].into_iter().flatten().map(|cap| cap.0).reduce(f64::min);
        if let Some(cap) = least.filter(|cap| *cap < full.0) {
            let floor = node.power_cap.as_ref().and_then(|cap| cap.floor).unwrap_or(node.idle);
            let exponent = node.power_cap.as_ref().map_or(PowerCap::EXPONENT, |cap| cap.exponent);
            peak = Watts(cap.max(node.idle.0));
            speed *= speed_under_cap(peak, floor, full, exponent);
        }
        (
            Self {
                idle: node.idle,
                peak,
                curve: node.curve,
                psu: node.psu_efficiency,
                full: node.peak.max_with(full),
            },
            speed,
        )
    }

    /// What a board that draws `board`, of which `work` for work, draws from the socket.
    pub fn at_socket(&self, board: Watts, work: Watts) -> Draw {
        let Some(psu) = self.psu else { return Draw { total: board, work, loss: Watts(0.0) } };
        let total = board.0 / efficiency(psu, board.0 / self.full.0);
        Draw { total: Watts(total), work, loss: Watts(total - board.0) }
    }

    /// Power of the board with the share `busy` of its slots at work.
    pub fn board(&self, busy: f64) -> Watts {
        let share = self.curve.map_or(busy, |r| 2.0 * busy - power(busy, r));
        Watts(self.idle.0 + (self.peak.0 - self.idle.0) * share)
    }

    /// The greatest draw from the socket at which the board draws at most `board`.
    pub fn greatest(&self, board: Watts) -> Watts {
        match self.psu {
            None => board,
            Some(PsuEfficiency::Constant(efficiency)) => Watts(board.0 / efficiency),
            Some(PsuEfficiency::Table(table)) => Watts(board.0 / table.into_iter().fold(1.0, f64::min)),
        }
    }

    /// The greatest power of the board at any share of busy slots.
    pub fn board_peak(&self) -> Watts {
        // 2u − u^r is greatest at u = (2/r)^(1/(r−1)), inside for r above 2.
        match self.curve {
            Some(r) if r > 2.0 => self.board(power(2.0 / r, 1.0 / (r - 1.0))),
            _ => self.peak,
        }
    }
}

impl Watts {
    /// The greater of two.
    fn max_with(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
}

/// Speed at the power `cap` relative to that at `full`, above a floor without work.
pub fn speed_under_cap(cap: Watts, floor: Watts, full: Watts, exponent: f64) -> f64 {
    let share = (cap.0 - floor.0) / (full.0 - floor.0);
    // A node that is capped at its floor creeps: time must go on for its work.
    power(share.clamp(1e-6, 1.0), exponent)
}

fn power(base: f64, exponent: f64) -> f64 {
    if base > 0.0 { libm::exp(exponent * libm::log(base)) } else { 0.0 }
}

fn efficiency(psu: PsuEfficiency, load: f64) -> f64 {
    let [low, middle, full] = match psu {
        PsuEfficiency::Constant(efficiency) => return efficiency,
        PsuEfficiency::Table(table) => table,
    };
    if load <= 0.2 {
        low
    } else if load <= 0.5 {
        low + (middle - low) * (load - 0.2) / 0.3
    } else {
        middle + (full - middle) * (load.min(1.0) - 0.5) / 0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> NodePower {
        NodePower { idle: Watts(10.0), peak: Watts(110.0), curve: None, psu: None, full: Watts(110.0) }
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} instead of {expected}");
    }

    #[test]
    fn the_calibrated_curve_meets_its_ends_and_lies_above_the_line() {
        let curved = NodePower { curve: Some(1.4), ..node() };
        close(curved.board(0.0).0, 10.0);
        close(curved.board(1.0).0, 110.0);
        for tenths in 1..10 {
            let u = f64::from(tenths) / 10.0;
            close(curved.board(u).0, 10.0 + 100.0 * (2.0 * u - libm::pow(u, 1.4)));
            assert!(curved.board(u) > node().board(u));
        }
        let bent = NodePower { curve: Some(3.0), ..node() };
        let best = (1..1000).map(|i| bent.board(f64::from(i) / 1000.0).0).fold(0.0, f64::max);
        assert!((bent.board_peak().0 - best).abs() < 1e-3 && bent.board_peak().0 >= best);
    }

    #[test]
    fn a_power_supply_loses_what_its_table_says() {
        let gold = NodePower { psu: Some(PsuEfficiency::Table([0.87, 0.9, 0.88])), ..node() };
        for (board, efficiency) in
            [(5.0, 0.87), (22.0, 0.87), (38.5, 0.885), (55.0, 0.9), (110.0, 0.88), (150.0, 0.88)]
        {
            let draw = gold.at_socket(Watts(board), Watts(3.0));
            close(draw.total.0, board / efficiency);
            close(draw.loss.0, board / efficiency - board);
            assert_eq!(draw.work, Watts(3.0));
            assert!(gold.greatest(Watts(board)) >= draw.total);
        }
    }

    #[test]
    fn a_cap_costs_little_speed() {
        let speed = |cap: f64| speed_under_cap(Watts(cap), Watts(90.0), Watts(450.0), 0.3);
        close(speed(450.0), 1.0);
        close(speed(270.0), libm::pow(0.5, 0.3));
        assert!(speed(360.0) > 0.91 && speed(90.0) > 0.0);
    }
}
