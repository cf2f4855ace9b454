//! The token buckets: with the refill quirk of 2.21 and 2.31, or filled continuously as on 2.47.

use crate::options::{Limit, RateLimits};

/// A bucket counts in fractions of a token (`ttl_ms` per token), so that nothing is rounded.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: Limit,
    is_exact: bool,
    shares: u64,
    at_ms: i64,
}

/// A call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// The bucket that was empty; if both were, the one with the longest wait.
    pub limit: Limit,
    /// Whole tokens that are left in it.
    pub remaining: u64,
    /// Milliseconds until the next token.
    pub retry_after_ms: u64,
}

impl Limited {
    /// The message of 2.21 and 2.31.
    pub fn message(&self) -> String {
        format!(
            "Limit reached ({} tokens per {} ms)",
            self.limit.limit, self.limit.ttl_ms
        )
    }
}

/// The workspace's buckets.
#[derive(Debug, Clone, Default)]
pub struct RateLimiter {
    buckets: Vec<Bucket>,
    is_exact: bool,
}

impl RateLimiter {
    /// Full buckets. `is_exact` fills them as 2.47 does.
    pub fn new(limits: RateLimits, is_exact: bool, now_ms: i64) -> Self {
        let buckets = [limits.short, limits.long]
            .into_iter()
            .flatten()
            .map(|limit| Bucket::full(limit, is_exact, now_ms))
            .collect();
        Self { buckets, is_exact }
    }

    /// Takes `cost` tokens from every bucket.
    ///
    /// Until 2.31 only whole tokens are earned, counted from the last success, and a refused call leaves the bucket
    /// untouched: a steady pace slightly too fast earns nothing. On 2.47 fractions count, and tokens are only taken
    /// once all buckets have enough.
    ///
    /// # Errors
    /// [`Limited`] with the first bucket that has too few tokens; on 2.47 with the one that takes longest to fill.
    pub fn take(&mut self, cost: u64, now_ms: i64) -> Result<(), Limited> {
        if self.is_exact {
            let short = self.buckets.iter().filter_map(|b| b.lack(cost, now_ms));
            if let Some(slowest) = short.max_by_key(|limited| limited.retry_after_ms) {
                return Err(slowest);
            }
        }
        for bucket in &mut self.buckets {
            if let Some(limited) = bucket.lack(cost, now_ms) {
                return Err(limited);
            }
            bucket.shares = bucket.level(now_ms) - cost * bucket.token();
            bucket.at_ms = now_ms;
        }
        Ok(())
    }

    /// Tokens left in the emptiest bucket, `None` without limits.
    pub fn available(&self, now_ms: i64) -> Option<u64> {
        let left = |bucket: &Bucket| bucket.level(now_ms) / bucket.token();
        self.buckets.iter().map(left).min()
    }
}

impl Bucket {
    fn full(limit: Limit, is_exact: bool, now_ms: i64) -> Self {
        let mut bucket = Self {
            limit,
            is_exact,
            shares: 0,
            at_ms: now_ms,
        };
        bucket.shares = bucket.size();
        bucket
    }

    /// Fractions per token.
    fn token(&self) -> u64 {
        self.limit.ttl_ms.max(1)
    }

    fn size(&self) -> u64 {
        let tokens = match self.is_exact {
            true => self.limit.burst.unwrap_or(self.limit.limit),
            false => self.limit.limit,
        };
        tokens * self.token()
    }

    fn level(&self, now_ms: i64) -> u64 {
        let elapsed = u64::try_from(now_ms - self.at_ms).unwrap_or(0);
        let mut earned = elapsed.saturating_mul(self.limit.limit);
        if !self.is_exact {
            earned -= earned % self.token();
        }
        self.shares.saturating_add(earned).min(self.size())
    }

    /// The refusal if the bucket does not contain `cost`.
    fn lack(&self, cost: u64, now_ms: i64) -> Option<Limited> {
        let (level, cost) = (self.level(now_ms), cost * self.token());
        if level >= cost {
            return None;
        }
        let elapsed = u64::try_from(now_ms - self.at_ms).unwrap_or(0);
        let needed = cost
            .saturating_sub(self.shares)
            .div_ceil(self.limit.limit.max(1));
        Some(Limited {
            limit: self.limit,
            remaining: level / self.token(),
            retry_after_ms: needed.saturating_sub(elapsed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn successes(limiter: &mut RateLimiter, pace_ms: i64, until_ms: i64) -> usize {
        (0..until_ms)
            .step_by(pace_ms as usize)
            .filter(|now| limiter.take(1, *now).is_ok())
            .count()
    }

    fn long(is_exact: bool) -> RateLimiter {
        let long = Some(Limit::of(100, 60_000));
        RateLimiter::new(RateLimits { short: None, long }, is_exact, 0)
    }

    #[test]
    fn a_pace_faster_than_one_token_earns_nothing() {
        assert_eq!(successes(&mut long(false), 250, 25_000), 100);
    }

    #[test]
    fn a_pace_slower_than_one_token_never_fails() {
        assert_eq!(successes(&mut long(false), 610, 610 * 300), 300);
    }

    #[test]
    fn an_empty_bucket_gives_one_call_per_token_time_and_fills_up_in_its_ttl() {
        for is_exact in [false, true] {
            let mut limiter = long(is_exact);
            for _ in 0..100 {
                limiter.take(1, 0).unwrap();
            }
            let refused = limiter.take(1, 400).unwrap_err();
            assert_eq!(refused.message(), "Limit reached (100 tokens per 60000 ms)");
            assert_eq!((refused.retry_after_ms, refused.remaining), (200, 0));
            assert!(limiter.take(1, 599).is_err());
            assert!(limiter.take(1, 600).is_ok());
            assert!(limiter.take(1, 600).is_err());
            assert_eq!(limiter.available(60_600), Some(100));
        }
    }

    #[test]
    fn fractions_count_on_2_47() {
        // 100 initial tokens, and one for each 600 of the 25,000 milliseconds.
        assert_eq!(successes(&mut long(true), 250, 25_000), 100);
        let mut limiter = long(true);
        for _ in 0..100 {
            limiter.take(1, 0).unwrap();
        }
        assert_eq!(successes(&mut limiter, 250, 25_000), 41);
    }

    #[test]
    fn all_buckets_hold_the_cost_or_none_gives_it_on_2_47() {
        let limits = RateLimits {
            short: Some(Limit::of(2, 1000)),
            long: Some(Limit {
                burst: Some(1),
                ..Limit::of(1, 5000)
            }),
        };
        let mut limiter = RateLimiter::new(limits, true, 0);
        assert!(limiter.take(1, 0).is_ok());
        let refused = limiter.take(1, 0).unwrap_err();
        assert_eq!((refused.limit.ttl_ms, refused.retry_after_ms), (5000, 5000));
        // The refused call has taken no token from the short bucket.
        assert!(limiter.take(1, 5000).is_ok());
        assert_eq!(limiter.buckets[0].level(5000), 1000);
        assert!(limiter.take(2, 5000).unwrap_err().retry_after_ms > 5000);
    }
}
