//! Drawing a node in proportion to its weight, in constant time: Walker's alias method as A. J. Walker (1977) and
//! M. D. Vose (1991) give it. Half of 64 random bits choose a column, the other half between its two nodes.

/// Columns of the alias table.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// By column: share of its own node in units of 2^−32, and the other node.
    columns: Vec<(u64, u32)>,
    weights: Vec<f64>,
}

impl Weights {
    /// A table for weights that are positive.
    pub fn new(weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut share: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let mut columns: Vec<(u64, u32)> = (0..weights.len() as u32).map(|node| (1 << 32, node)).collect();
        let all = || 0..weights.len() as u32;
        let mut small: Vec<u32> = all().filter(|node| share[*node as usize] < 1.0).collect();
        let mut large: Vec<u32> = all().filter(|node| share[*node as usize] >= 1.0).collect();
        while let (Some(poor), Some(rich)) = (small.pop(), large.last().copied()) {
            let own = share[poor as usize];
            columns[poor as usize] = ((own * 4_294_967_296.0) as u64, rich);
            share[rich as usize] -= 1.0 - own;
            if share[rich as usize] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { columns, weights: weights.to_vec() }
    }

    /// A node, in proportion to its weight.
    pub fn pick(&self, bits: u64) -> u32 {
        let column = (((bits >> 32) * self.columns.len() as u64) >> 32) as u32;
        let (own, other) = self.columns[column as usize];
        if bits & 0xffff_ffff < own { column } else { other }
    }

    /// One of some nodes, in proportion to its weight.
    pub fn pick_among(&self, nodes: &[u32], bits: u64) -> u32 {
        let weight = |node: &u32| self.weights[*node as usize];
        let mut left = crate::kernel::random::unit_of(bits) * nodes.iter().map(weight).sum::<f64>();
        let found = nodes.iter().find(|node| {
            left -= weight(node);
            left < 0.0
        });
        *found.unwrap_or(&nodes[nodes.len() - 1])
    }
}
