//! The retry budget: retries must not multiply the load during an outage.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::core::config::{RETRY_BUDGET_CAPACITY, RETRY_BUDGET_REFILL};

/// Tokens shared by all calls of a workspace. Retries take tokens, successes put them back.
#[derive(Debug)]
pub(super) struct RetryBudget {
    tokens: AtomicU32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self {
            tokens: AtomicU32::new(RETRY_BUDGET_CAPACITY),
        }
    }
}

impl RetryBudget {
    /// Takes `cost` tokens for a retry; false if there are too few.
    pub(super) fn take(&self, cost: u32) -> bool {
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
                tokens.checked_sub(cost)
            })
            .is_ok()
    }

    /// A call succeeded: puts back what its last retry took, or a small refill if it needed no retry.
    pub(super) fn succeeded(&self, taken: u32) {
        // The bucket is usually full, and reading it costs far less than writing it.
        if self.tokens.load(Ordering::Relaxed) >= RETRY_BUDGET_CAPACITY {
            return;
        }
        let refill = taken.max(RETRY_BUDGET_REFILL);
        let _ = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
                Some(tokens.saturating_add(refill).min(RETRY_BUDGET_CAPACITY))
            });
    }

    #[cfg(test)]
    pub(super) fn tokens(&self) -> u32 {
        self.tokens.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::config::RETRY_BUDGET_COST;

    #[test]
    fn an_empty_budget_refuses_until_successes_refill_it() {
        let budget = RetryBudget::default();
        for _ in 0..RETRY_BUDGET_CAPACITY / RETRY_BUDGET_COST {
            assert!(budget.take(RETRY_BUDGET_COST));
        }
        assert!(!budget.take(RETRY_BUDGET_COST));
        for _ in 0..RETRY_BUDGET_COST {
            budget.succeeded(0);
        }
        assert!(budget.take(RETRY_BUDGET_COST));
        assert!(!budget.take(RETRY_BUDGET_COST));
    }

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let budget = RetryBudget::default();
        budget.succeeded(RETRY_BUDGET_COST);
        assert!(budget.take(RETRY_BUDGET_COST));
        budget.succeeded(RETRY_BUDGET_COST * 2);
        assert_eq!(budget.tokens(), RETRY_BUDGET_CAPACITY);
    }
}
