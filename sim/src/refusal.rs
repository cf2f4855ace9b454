//! How 2.47 reports that a limit is reached: one body over REST, one entry of `errors` in GraphQL.
//!
//! Taken from public sources, not recorded. The values of `scope` are the simulator's own.

use serde_json::{Value, json};

use crate::rate_limit::Limited;

/// What is exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Calls per time; waiting helps.
    Speed,
    /// Rows in the workspace.
    Stock,
    /// The paid allowance of the workspace.
    Allowance,
}

/// A limit that is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    kind: Kind,
    sentence: String,
    limit: u64,
    remaining: u64,
    period: Option<(u64, &'static str)>,
    retry_after_ms: Option<u64>,
    reset_s: i64,
    spender: &'static str,
    spender_id: String,
}

/// A window of time as it is printed.
fn period(ms: u64) -> (u64, &'static str) {
    match ms % 1000 {
        0 => (ms / 1000, "second"),
        _ => (ms, "millisecond"),
    }
}

/// Credits are renewed next month.
const ALLOWANCE_WAIT_MS: u64 = 86_400_000;

impl Refusal {
    /// A bucket has too few tokens.
    pub fn speed(limited: &Limited, key: &str, now_ms: i64) -> Self {
        let limit = limited.limit;
        let (count, unit) = period(limit.ttl_ms);
        let unit_letter = if unit == "second" { "s" } else { "ms" };
        let seconds = limited.retry_after_ms.div_ceil(1000).max(1);
        // The current second is rounded up before the wait is added.
        let reset_s = now_ms.div_euclid(1000) + i64::from(now_ms.rem_euclid(1000) > 0);
        Self {
            kind: Kind::Speed,
            sentence: format!(
                "Rate limit exceeded for apiKey: {} requests per {count}{unit_letter}.",
                limit.limit
            ),
            limit: limit.limit,
            remaining: limited.remaining,
            period: Some((count, unit)),
            retry_after_ms: Some(limited.retry_after_ms),
            reset_s: reset_s.saturating_add_unsigned(seconds),
            spender: "apiKey",
            spender_id: key.to_owned(),
        }
    }

    /// The workspace has reached its record limit.
    pub fn stock(limit: usize, held: usize, workspace: &str) -> Self {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            kind: Kind::Stock,
            sentence: "Record limit reached for this workspace".to_owned(),
            limit: number(limit),
            remaining: number(limit.saturating_sub(held)),
            period: None,
            retry_after_ms: None,
            reset_s: 0,
            spender: "workspace",
            spender_id: workspace.to_owned(),
        }
    }

    /// The workspace's allowance is used up.
    pub fn allowance(workspace: &str) -> Self {
        Self {
            kind: Kind::Allowance,
            sentence: "Allowance used up for this workspace".to_owned(),
            limit: 1000,
            remaining: 0,
            period: Some((1, "month")),
            retry_after_ms: Some(ALLOWANCE_WAIT_MS),
            reset_s: 0,
            spender: "workspace",
            spender_id: workspace.to_owned(),
        }
    }

    /// 402 for an allowance, 409 for a stock, else 429.
    pub fn status(&self) -> u16 {
        match self.kind {
            Kind::Speed => 429,
            Kind::Stock => 409,
            Kind::Allowance => 402,
        }
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.sentence
    }

    fn code(&self) -> &'static str {
        match self.kind {
            Kind::Speed => "RATE_LIMITED",
            Kind::Stock | Kind::Allowance => "QUOTA_EXHAUSTED",
        }
    }

    fn limit_kind(&self) -> &'static str {
        match self.kind {
            Kind::Speed => "speed",
            Kind::Stock => "stock",
            Kind::Allowance => "quota",
        }
    }

    fn exhausted_kind(&self) -> &'static str {
        match self.kind {
            Kind::Allowance => "allowance",
            Kind::Speed | Kind::Stock => "limit",
        }
    }

    fn scope(&self) -> Value {
        json!({
            "spenderType": self.spender,
            "spenderId": self.spender_id,
            "operationType": if self.kind == Kind::Speed { "apiCall" } else { "recordWrite" },
        })
    }

    /// Seconds to wait, at least one.
    fn seconds(&self) -> Option<u64> {
        self.retry_after_ms.map(|ms| ms.div_ceil(1000).max(1))
    }

    /// The body over REST.
    pub fn body(&self) -> Value {
        json!({
            "statusCode": self.status(),
            "error": self.code(),
            "messages": [self.sentence],
            "limitKind": self.limit_kind(),
            "exhaustedKind": self.exhausted_kind(),
            "scope": self.scope(),
            "limit": self.limit,
            "remaining": self.remaining,
            "periodCount": self.period.map(|(count, _)| count),
            "periodUnit": self.period.map(|(_, unit)| unit),
            "retryAfterSeconds": self.seconds(),
        })
    }

    /// `extensions` of the error in GraphQL.
    pub fn extensions(&self) -> Value {
        json!({
            "code": self.code(),
            "limitKind": self.limit_kind(),
            "exhaustedKind": self.exhausted_kind(),
            "limit": self.limit,
            "remaining": self.remaining,
            "periodCount": self.period.map(|(count, _)| count),
            "periodUnit": self.period.map(|(_, unit)| unit),
            "retryAfterMs": self.retry_after_ms,
            "scope": self.scope(),
        })
    }

    /// Additional headers, which only a 429 has.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let (Kind::Speed, Some(seconds)) = (self.kind, self.seconds()) else {
            return Vec::new();
        };
        vec![
            ("Retry-After", seconds.to_string()),
            ("X-RateLimit-Limit", self.limit.to_string()),
            ("X-RateLimit-Remaining", self.remaining.to_string()),
            ("X-RateLimit-Reset", self.reset_s.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Limit;

    #[test]
    fn kinds_have_their_status_code_and_headers() {
        let limited = Limited {
            limit: Limit::of(100, 60_000),
            remaining: 0,
            retry_after_ms: 1200,
        };
        let speed = Refusal::speed(&limited, "k", 5_500);
        assert_eq!(speed.status(), 429);
        assert_eq!(
            speed.message(),
            "Rate limit exceeded for apiKey: 100 requests per 60s."
        );
        let body = speed.body();
        assert_eq!(
            [&body["periodCount"], &body["retryAfterSeconds"]],
            [&json!(60), &json!(2)]
        );
        assert_eq!(speed.extensions()["retryAfterMs"], 1200);
        let reset = ("X-RateLimit-Reset", "8".to_owned());
        assert!(speed.headers().contains(&reset));

        let stock = Refusal::stock(10, 8, "w");
        assert_eq!(
            (stock.status(), stock.body()["periodUnit"].clone()),
            (409, Value::Null)
        );
        assert_eq!(stock.body()["remaining"], 2);
        let allowance = Refusal::allowance("w");
        assert_eq!(allowance.status(), 402);
        assert_eq!(allowance.body()["exhaustedKind"], "allowance");
        for refusal in [stock, allowance] {
            assert_eq!(refusal.body()["error"], "QUOTA_EXHAUSTED");
            assert!(refusal.headers().is_empty());
        }
    }
}
