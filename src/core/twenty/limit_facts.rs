//! What a refusal says about the limit that was reached. Servers up to 2.37 say it in text; newer ones have keys for
//! it, in the body of a REST answer or in the extensions of a GraphQL error.

use std::time::Duration;

use serde_json::Value;

use crate::core::http::RateLimit;

/// Longest word that is kept; the server's own are shorter.
const MAX_WORD: usize = 40;

/// The keys of newer servers, if present.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitFacts {
    /// `speed`, `quota` or `stock`.
    pub kind: Option<String>,
    /// What is used up: `limit` or `allowance`.
    pub exhausted: Option<String>,
    /// Calls per window, or the maximum number of records.
    pub limit: Option<u32>,
    /// How many of them are left.
    pub remaining: Option<u32>,
    /// The length of the window.
    pub window: Option<Duration>,
    /// How long to wait.
    pub retry_after: Option<Duration>,
}

impl LimitFacts {
    /// Reads the facts from an object that may have them.
    pub fn read(facts: &Value) -> Self {
        let word = |key: &str| {
            let word = facts[key].as_str()?;
            (word.len() <= MAX_WORD).then(|| word.to_owned())
        };
        let millis = facts["retryAfterMs"].as_f64().map(|ms| ms / 1_000.0);
        let seconds = millis.or_else(|| facts["retryAfterSeconds"].as_f64());
        Self {
            kind: word("limitKind"),
            exhausted: word("exhaustedKind"),
            limit: whole(&facts["limit"]),
            remaining: whole(&facts["remaining"]),
            window: window(&facts["periodCount"], facts["periodUnit"].as_str()),
            retry_after: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        }
    }

    /// Whether waiting does not help: the plan's allowance or the record limit is used up.
    pub fn is_final(&self) -> bool {
        self.exhausted.as_deref() == Some("allowance") || self.kind.as_deref() == Some("stock")
    }

    /// The allowed pace, from the keys, or from the text if there are no keys.
    pub fn rate_limit(&self, message: &str) -> RateLimit {
        match (self.limit, self.window) {
            (Some(limit), Some(window)) => RateLimit {
                limit: Some(limit),
                window: Some(window),
            },
            _ => in_words(message).unwrap_or_default(),
        }
    }
}

fn whole(value: &Value) -> Option<u32> {
    let number = value.as_f64().filter(|number| *number >= 0.0)?;
    // Fractions of a call do not count, and a number out of range counts as no limit.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some(number as u32)
}

fn window(count: &Value, unit: Option<&str>) -> Option<Duration> {
    let count = match count {
        Value::Null => 1.0,
        count => count.as_f64()?,
    };
    let seconds = count * seconds_of(unit?)?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|window| !window.is_zero())
}

/// The seconds of a unit of time, given by its name or short form, singular or plural.
fn seconds_of(unit: &str) -> Option<f64> {
    let unit = unit.trim().to_ascii_lowercase();
    let seconds = match unit.as_str() {
        "ms" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        "week" | "weeks" => 7.0 * 86_400.0,
        "month" | "months" => 30.0 * 86_400.0,
        "year" | "years" => 365.0 * 86_400.0,
        _ => return None,
    };
    Some(seconds)
}

/// `Limit reached (100 tokens per 60000 ms)` is the only hint of servers up to 2.37. Newer ones say `Rate limit
/// exceeded for apiKey: 100 requests per 60s.`
fn in_words(message: &str) -> Option<RateLimit> {
    let (before, after) = message
        .split_once(" tokens per ")
        .or_else(|| message.split_once(" requests per "))?;
    let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let limit = before[before.len() - digits..].parse().ok()?;
    let after = after.trim_start();
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    let count = match &after[..end] {
        "" => 1.0,
        count => count.parse::<f64>().ok()?,
    };
    let rest = after[end..].trim_start();
    let letters = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    Some(RateLimit {
        limit: Some(limit),
        window: window(&count.into(), Some(&rest[..letters])),
    })
    .filter(|rate_limit| rate_limit.window.is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn pace(limit: u32, millis: u64) -> RateLimit {
        RateLimit {
            limit: Some(limit),
            window: Some(Duration::from_millis(millis)),
        }
    }

    #[test]
    fn the_keys_of_newer_servers() {
        let facts = LimitFacts::read(&json!({
            "statusCode": 429, "error": "RATE_LIMITED", "limitKind": "speed", "exhaustedKind": "limit",
            "scope": {"spenderType": "apiKey"}, "limit": 50, "remaining": 0, "periodCount": 10,
            "periodUnit": "second", "retryAfterSeconds": 1.5,
        }));
        assert_eq!(facts.rate_limit(""), pace(50, 10_000));
        assert_eq!(facts.retry_after, Some(Duration::from_millis(1_500)));
        assert_eq!(facts.remaining, Some(0));
        assert!(!facts.is_final());
        let graphql = LimitFacts::read(&json!({"retryAfterMs": 250, "retryAfterSeconds": 9}));
        assert_eq!(graphql.retry_after, Some(Duration::from_millis(250)));
    }

    #[test]
    fn limits_that_waiting_does_not_lift() {
        for facts in [
            json!({"limitKind": "stock", "periodUnit": null}),
            json!({"exhaustedKind": "allowance", "limitKind": "quota"}),
        ] {
            assert!(LimitFacts::read(&facts).is_final(), "{facts}");
        }
        for facts in [
            json!({}),
            json!({"limitKind": "speed"}),
            json!(5),
            json!(null),
        ] {
            assert!(!LimitFacts::read(&facts).is_final(), "{facts}");
        }
    }

    #[test]
    fn windows_in_any_unit() {
        for (count, unit, millis) in [
            (json!(1), "second", Some(1_000)),
            (json!(60), "SECONDS", Some(60_000)),
            (json!(2), "minute", Some(120_000)),
            (json!(null), "hour", Some(3_600_000)),
            (json!(500), "ms", Some(500)),
            (json!(1), "day", Some(86_400_000)),
            (json!(0), "second", None),
            (json!(-1), "second", None),
            (json!("many"), "second", None),
            (json!(1), "fortnight", None),
        ] {
            let facts = LimitFacts::read(&json!({
                "limit": 5, "periodCount": count, "periodUnit": unit
            }));
            let found = facts.window.map(|window| window.as_millis());
            assert_eq!(found, millis, "{count} {unit}");
        }
        let none = LimitFacts::read(&json!({"limit": 5, "periodCount": 1, "periodUnit": null}));
        assert_eq!(none.window, None);
    }

    #[test]
    fn a_limit_in_words() {
        for (words, rate_limit) in [
            ("Limit reached (100 tokens per 60000 ms)", pace(100, 60_000)),
            ("Limit reached (3 tokens per 2000 ms)", pace(3, 2_000)),
            (
                "Rate limit exceeded for apiKey: 100 requests per 60s.",
                pace(100, 60_000),
            ),
            ("50 requests per minute", pace(50, 60_000)),
            ("500 requests per 1 minute.", pace(500, 60_000)),
            ("Too many requests", RateLimit::default()),
            ("many requests per minute", RateLimit::default()),
            ("9 requests per customer", RateLimit::default()),
            ("99999999999 tokens per 1 ms", RateLimit::default()),
        ] {
            assert_eq!(
                LimitFacts::default().rate_limit(words),
                rate_limit,
                "{words}"
            );
        }
    }

    #[test]
    fn keys_override_the_text_and_the_text_fills_gaps() {
        let words = "Rate limit exceeded for apiKey: 100 requests per 60s.";
        let full = LimitFacts::read(&json!({
            "limit": 7, "periodCount": 1, "periodUnit": "second"
        }));
        assert_eq!(full.rate_limit(words), pace(7, 1_000));
        let half = LimitFacts::read(&json!({"limit": 7, "periodUnit": null}));
        assert_eq!(half.rate_limit(words), pace(100, 60_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_and_no_number_is_too_odd(message in any::<String>(), number in any::<f64>(), unit in any::<String>()) {
            let facts = LimitFacts::read(&json!({
                "limit": number, "remaining": number, "periodCount": number, "periodUnit": unit,
                "retryAfterMs": number, "retryAfterSeconds": number,
            }));
            let _ = facts.rate_limit(&message);
            let _ = LimitFacts::default().rate_limit(&format!("{message} tokens per {message}"));
        }
    }
}
