//! Refusals for asking too much, and what they say about the limit.

use std::time::Duration;

use super::{Again, described, failure};
use crate::core::error::ErrorCode;
use crate::core::http::{Failure, Throttle};
use crate::core::twenty::error_body::ErrorBody;

pub(super) fn is_rate_limit(body: &ErrorBody) -> bool {
    body.says("LIMIT_REACHED")
        || body.says("RATE_LIMITED")
        || body.message.starts_with("Limit reached (")
}

pub(super) fn rate_limited(what: &str, body: &ErrorBody) -> Box<Failure> {
    let throttle = limit_in_words(&body.message).unwrap_or_default();
    let words = if body.message.is_empty() {
        "too many requests"
    } else {
        &body.message
    };
    let mut error = described(
        ErrorCode::RateLimit,
        None,
        format!("{what} hit the workspace's rate limit: {words}. Try later, or send less at once."),
        body,
    );
    if let (Some(limit), Some(window)) = (throttle.limit, throttle.window) {
        let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        error = error
            .with_detail("limit", limit)
            .with_detail("windowMs", millis);
    }
    let mut failure = failure(error, Again::Yes);
    failure.throttle = Some(throttle);
    failure.retry_after = body
        .retry_after_seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    failure
}

/// `Limit reached (100 tokens per 60000 ms)`: the only hint that servers up to 2.44 give (WIRE.md section 8).
fn limit_in_words(message: &str) -> Option<Throttle> {
    let rest = message.split_once("Limit reached (")?.1;
    let (limit, rest) = rest.split_once(" tokens per ")?;
    let (window, _) = rest.split_once(" ms")?;
    Some(Throttle {
        limit: Some(limit.trim().parse().ok()?),
        window: Some(Duration::from_millis(window.trim().parse().ok()?)),
    })
}
