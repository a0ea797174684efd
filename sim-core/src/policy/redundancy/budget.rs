//! A budget: a token bucket that bounds how much extra work is done.
//!
//! A retry or hedge costs a token. Tokens come with requests that enter (Finagle's retry budget; retries are then at most that share of
//! requests) or with requests that succeed (Brooker, "Fixing retries with token buckets and circuit breakers", 2022; gRPC retry throttling, proposal
//! A6, with 10 tokens and 0.1 for each success, and which in addition stops at half a bucket). With r tries through L layers the
//! bottom gets up to r^L attempts for a request; with a budget b of entering requests at each, at most (1 + b)^L.
//!
//! Each gateway has a bucket of its own for each workload.

use crate::scenario::Budget;

/// Buckets by workload and gateway.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    budget: Budget,
    gateways: usize,
    tokens: Vec<f64>,
}

impl Buckets {
    pub fn new(budget: Budget, workloads: usize, gateways: usize) -> Self {
        let start = if budget.full { budget.tokens } else { 0.0 };
        Self { budget, gateways, tokens: vec![start; workloads * gateways] }
    }

    fn bucket(&mut self, workload: u16, gateway: u16) -> &mut f64 {
        &mut self.tokens[usize::from(workload) * self.gateways + usize::from(gateway)]
    }

    fn deposit(&mut self, workload: u16, gateway: u16, tokens: f64) {
        let most = self.budget.tokens;
        let bucket = self.bucket(workload, gateway);
        *bucket = (*bucket + tokens).min(most);
    }

    /// A request has entered.
    pub fn entered(&mut self, workload: u16, gateway: u16) {
        self.deposit(workload, gateway, self.budget.per_request);
    }

    /// A request has succeeded.
    pub fn succeeded(&mut self, workload: u16, gateway: u16) {
        self.deposit(workload, gateway, self.budget.per_success);
    }

    /// Whether there is a token.
    pub fn has(&mut self, workload: u16, gateway: u16) -> bool {
        // Ten deposits of a tenth are a whole token, whatever the rounding.
        *self.bucket(workload, gateway) >= 1.0 - 1e-9
    }

    /// Takes a token; false if there is none.
    pub fn take(&mut self, workload: u16, gateway: u16) -> bool {
        let has = self.has(workload, gateway);
        if has {
            let bucket = self.bucket(workload, gateway);
            *bucket = (*bucket - 1.0).max(0.0);
        }
        has
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: Budget, requests: u32, tries: u32) -> u32 {
        let mut buckets = Buckets::new(budget, 1, 1);
        let mut taken = 0;
        for _ in 0..requests {
            buckets.entered(0, 0);
            taken += (0..tries).map(|_| u32::from(buckets.take(0, 0))).sum::<u32>();
        }
        taken
    }

    #[test]
    fn takes_are_a_share_of_requests() {
        let share = |share: f64| Budget { tokens: 10.0, full: false, per_request: share, per_success: 0.0 };
        assert_eq!(taken(share(0.1), 1000, 3), 100);
        assert_eq!(taken(share(0.0), 1000, 3), 0);
        assert_eq!(taken(share(1e9), 1000, 3), 3000.min(taken(share(10.0), 1000, 3)));
        assert_eq!(taken(Budget { full: true, ..share(0.1) }, 1000, 3), 109, "a full bucket helps once");
    }
}
