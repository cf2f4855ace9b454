//! Refusals because of too many requests, and what they say about the limit.

use super::failure::{Again, described, failure};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::Failure;
use crate::core::twenty::error_body::ErrorBody;

pub(super) fn is_rate_limit(body: &ErrorBody) -> bool {
    body.says("LIMIT_REACHED")
        || body.says("RATE_LIMITED")
        || body.message.starts_with("Limit reached (")
}

/// Whether a limit is reached that waiting does not lift. Newer servers use status 402 for the plan's allowance and 409
/// for the number of records. In GraphQL both have status 200, and the code of a rate limit or one of their own.
pub(super) fn is_quota(status: u16, body: &ErrorBody) -> bool {
    let said = body.message.to_ascii_lowercase();
    status == 402
        || body.says("QUOTA_EXHAUSTED")
        || body.says("WORKSPACE_RECORD_LIMIT")
        || body.limits.is_final()
        || status == 409
            && ["quota", "record limit", "limit reached for this workspace"]
                .iter()
                .any(|words| said.contains(words))
}

pub(super) fn rate_limited(what: &str, body: &ErrorBody) -> Box<Failure> {
    let rate_limit = body.limits.rate_limit(&body.message);
    let message = if body.message.is_empty() {
        format!(
            "{what} was refused for too many requests, but the answer is not Twenty's: it may be the limit of a \
            proxy or CDN in front of it. Try later, or send less at once."
        )
    } else {
        let words = body.message.trim_end_matches('.');
        format!("{what} hit the workspace's rate limit: {words}. Try later, or send less at once.")
    };
    let mut error = described(ErrorCode::RateLimit, None, message, body);
    if let (Some(limit), Some(window)) = (rate_limit.limit, rate_limit.window) {
        let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        error = error
            .with_detail("limit", limit)
            .with_detail("windowMs", millis);
    }
    let mut failure = failure(error, Again::Yes);
    failure.rate_limit = Some(rate_limit);
    failure.retry_after = body.limits.retry_after;
    failure
}

/// `words` is the server's text with the status.
pub(super) fn quota_used_up(what: &str, words: &str, body: &ErrorBody) -> Box<Failure> {
    let limits = &body.limits;
    let message = if limits.kind.as_deref() == Some("stock") {
        format!(
            "{what} was refused because the workspace has reached its record limit: {words}. Delete records there, \
            or raise the limit."
        )
    } else if body.is_twentys {
        format!(
            "{what} was refused because the workspace's quota is used up: {words}. Check the plan in Twenty's \
            settings."
        )
    } else {
        format!(
            "{what} was refused because a quota is used up: {words}. The answer is not Twenty's: check the plan of \
            the workspace, and that of the server's hosting."
        )
    };
    let mut error = described(
        ErrorCode::OperationFailed,
        Some(error_reason::QUOTA),
        message,
        body,
    );
    error = with_fact(error, "limitKind", limits.kind.clone());
    error = with_fact(error, "exhaustedKind", limits.exhausted.clone());
    error = with_fact(error, "limit", limits.limit);
    error = with_fact(error, "remaining", limits.remaining);
    failure(error, Again::No)
}

fn with_fact(error: CrmError, key: &str, fact: Option<impl Into<serde_json::Value>>) -> CrmError {
    match fact {
        Some(fact) => error.with_detail(key, fact),
        None => error,
    }
}
