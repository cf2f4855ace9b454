//! `X-RateLimit-Limit`, `-Remaining` and `-Reset`, which later servers add to their answers
//! (`docs/twenty/protocol.md#rate-limits`).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

use super::RateLimit;
use super::retry::server_now;

/// From this value on, a number of seconds is a date and not a wait: the year 2001, or a wait of 31 years.
const FIRST_DATE: f64 = 1e9;
/// From this value on, it is a date in milliseconds.
const FIRST_DATE_MS: f64 = 1e12;

/// The rate-limit headers of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RateHeaders {
    /// Tokens that a window earns.
    pub(super) limit: Option<u32>,
    /// Tokens that are left.
    pub(super) remaining: Option<u32>,
    /// Time until there are more.
    pub(super) reset: Option<Duration>,
}

impl RateHeaders {
    /// Reads the headers; `None` if they do not say how many tokens are left. A date is compared with the answer's own
    /// `Date` header if it has one. Not limited yet.
    pub(super) fn read(headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        let remaining = number(headers, "x-ratelimit-remaining")?;
        let reset = number(headers, "x-ratelimit-reset").and_then(|value| {
            let date = match value {
                FIRST_DATE_MS.. => Duration::try_from_secs_f64(value / 1_000.0).ok()?,
                FIRST_DATE.. => Duration::try_from_secs_f64(value).ok()?,
                _ => return Duration::try_from_secs_f64(value).ok(),
            };
            let until = UNIX_EPOCH.checked_add(date)?;
            let wait = until.duration_since(server_now(headers, now));
            Some(wait.unwrap_or_default())
        });
        let limit = number(headers, "x-ratelimit-limit").map(whole);
        Some(Self {
            limit: limit.filter(|limit| *limit > 0),
            remaining: Some(whole(remaining)),
            reset,
        })
    }

    /// Lowers the limit in `rate_limit` to that of these headers, if it is lower: the body may name the size of the
    /// bucket instead.
    pub(super) fn refine(self, rate_limit: &mut RateLimit) {
        if let (Some(limit), Some(earned)) = (&mut rate_limit.limit, self.limit) {
            *limit = earned.min(*limit);
        }
    }
}

/// Part of a token does not count.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u32 {
    number as u32
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    let text = headers.get(name)?.to_str().ok()?;
    let value: f64 = text.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let value = HeaderValue::from_str(value).expect("a header value");
                (HeaderName::from_static(name), value)
            })
            .collect()
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_790_000_000)
    }

    fn reset_of(value: &str) -> Option<Duration> {
        let pairs = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", value)];
        RateHeaders::read(&headers(&pairs), now())
            .expect("headers")
            .reset
    }

    #[test]
    fn a_reset_is_a_wait_or_a_date() {
        assert_eq!(reset_of("7"), Some(Duration::from_secs(7)));
        assert_eq!(reset_of("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(reset_of("1790000030"), Some(Duration::from_secs(30)));
        assert_eq!(
            reset_of("1790000030500"),
            Some(Duration::from_millis(30_500))
        );
        assert_eq!(reset_of("1780000000"), Some(Duration::ZERO), "in the past");
        for nonsense in ["soon", "-5", "inf", "NaN", ""] {
            assert_eq!(reset_of(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_date_is_compared_with_the_servers_clock() {
        let pairs = [
            ("x-ratelimit-remaining", "3"),
            ("x-ratelimit-reset", "1790000030"),
            ("date", "Mon, 21 Sep 2026 14:13:30 GMT"),
        ];
        let told = RateHeaders::read(&headers(&pairs), now()).expect("headers");
        assert_eq!(told.remaining, Some(3));
        assert_eq!(told.reset, Some(Duration::from_secs(20)));
    }

    #[test]
    fn a_limit_in_a_header_lowers_the_bodys() {
        let told = |limit: &str| {
            let pairs = [("x-ratelimit-remaining", "0"), ("x-ratelimit-limit", limit)];
            RateHeaders::read(&headers(&pairs), now()).expect("headers")
        };
        for (limit, expected) in [("100", 100), ("900", 500), ("0", 500), ("many", 500)] {
            let mut rate_limit = RateLimit {
                limit: Some(500),
                window: Some(Duration::from_secs(60)),
            };
            told(limit).refine(&mut rate_limit);
            assert_eq!(rate_limit.limit, Some(expected), "{limit}");
        }
        let mut unknown = RateLimit::default();
        told("100").refine(&mut unknown);
        assert_eq!(unknown, RateLimit::default());
    }

    #[test]
    fn without_a_remaining_number_nothing_is_told() {
        assert_eq!(RateHeaders::read(&headers(&[]), now()), None);
        let pairs = [
            ("x-ratelimit-remaining", "many"),
            ("x-ratelimit-reset", "5"),
        ];
        assert_eq!(RateHeaders::read(&headers(&pairs), now()), None);
    }
}
