//! The token bucket with its refill quirk (WIRE.md section 8).

use serde_json::json;

use crate::errors::ApiError;
use crate::http::Response;
use crate::options::{Flavour, Limit, RateLimits};

#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: Limit,
    tokens: u64,
    last_success_ms: i64,
}

/// A call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// The bucket that ran dry.
    pub limit: Limit,
    /// Milliseconds until a token is there.
    pub retry_after_ms: u64,
}

impl Limited {
    /// The server's sentence about it.
    pub fn message(&self) -> String {
        format!(
            "Limit reached ({} tokens per {} ms)",
            self.limit.limit, self.limit.ttl_ms
        )
    }

    /// The answer of core REST; later servers say when to come back (WIRE.md section 11).
    pub fn response(&self, flavour: Flavour, now_ms: i64) -> Response {
        let message = self.message();
        if flavour == Flavour::V2_21 {
            return ApiError::core(429, "HttpException", message).into();
        }
        let seconds = self.retry_after_ms.div_ceil(1000).max(1);
        let body = json!({
            "statusCode": 429,
            "error": "RATE_LIMITED",
            "messages": [message],
            "limitKind": "API_CALLS",
            "limit": self.limit.limit,
            "remaining": 0,
            "retryAfterSeconds": seconds,
        });
        let reset = now_ms / 1000 + i64::try_from(seconds).unwrap_or(0);
        Response::json(429, &body)
            .header("Retry-After", seconds.to_string())
            .header("X-RateLimit-Limit", self.limit.limit.to_string())
            .header("X-RateLimit-Remaining", "0")
            .header("X-RateLimit-Reset", reset.to_string())
    }
}

/// The workspace's buckets.
#[derive(Debug, Clone, Default)]
pub struct RateLimiter {
    buckets: Vec<Bucket>,
}

impl RateLimiter {
    /// Full buckets.
    pub fn new(limits: RateLimits, now_ms: i64) -> Self {
        let buckets = [limits.short, limits.long]
            .into_iter()
            .flatten()
            .map(|limit| Bucket {
                limit,
                tokens: limit.limit,
                last_success_ms: now_ms,
            })
            .collect();
        Self { buckets }
    }

    /// Takes `cost` tokens from every bucket.
    ///
    /// Whole tokens only are earned, counted from the last success, and a refused call leaves
    /// the bucket untouched: a steady pace just under one call per token earns nothing.
    ///
    /// # Errors
    /// [`Limited`] with the first bucket that is short of tokens.
    pub fn take(&mut self, cost: u64, now_ms: i64) -> Result<(), Limited> {
        for bucket in &mut self.buckets {
            let available = bucket.available(now_ms);
            if available < cost {
                return Err(Limited {
                    limit: bucket.limit,
                    retry_after_ms: bucket.wait_ms(cost, now_ms),
                });
            }
            bucket.tokens = available - cost;
            bucket.last_success_ms = now_ms;
        }
        Ok(())
    }

    /// Tokens left in the emptiest bucket, `None` without limits.
    pub fn available(&self, now_ms: i64) -> Option<u64> {
        self.buckets.iter().map(|b| b.available(now_ms)).min()
    }
}

impl Bucket {
    fn available(&self, now_ms: i64) -> u64 {
        let elapsed = u64::try_from(now_ms - self.last_success_ms).unwrap_or(0);
        let earned = elapsed.saturating_mul(self.limit.limit) / self.limit.ttl_ms.max(1);
        self.tokens.saturating_add(earned).min(self.limit.limit)
    }

    fn wait_ms(&self, cost: u64, now_ms: i64) -> u64 {
        let missing = cost.saturating_sub(self.tokens);
        let needed = (missing * self.limit.ttl_ms).div_ceil(self.limit.limit.max(1));
        let elapsed = u64::try_from(now_ms - self.last_success_ms).unwrap_or(0);
        needed.saturating_sub(elapsed)
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

    fn long() -> RateLimiter {
        let long = Some(Limit {
            limit: 100,
            ttl_ms: 60_000,
        });
        RateLimiter::new(RateLimits { short: None, long }, 0)
    }

    #[test]
    fn a_pace_faster_than_one_token_earns_nothing() {
        assert_eq!(successes(&mut long(), 250, 25_000), 100);
    }

    #[test]
    fn a_pace_slower_than_one_token_never_fails() {
        assert_eq!(successes(&mut long(), 610, 610 * 300), 300);
    }

    #[test]
    fn an_empty_bucket_gives_one_call_per_token_time_and_fills_up_in_its_ttl() {
        let mut limiter = long();
        for _ in 0..100 {
            limiter.take(1, 0).unwrap();
        }
        let refused = limiter.take(1, 400).unwrap_err();
        assert_eq!(refused.message(), "Limit reached (100 tokens per 60000 ms)");
        assert_eq!(refused.retry_after_ms, 200);
        assert!(limiter.take(1, 599).is_err());
        assert!(limiter.take(1, 600).is_ok());
        assert!(limiter.take(1, 600).is_err());
        assert_eq!(limiter.available(60_600), Some(100));
    }
}
