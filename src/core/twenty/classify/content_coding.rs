//! Answers with an encoding that was not requested: every request says `Accept-Encoding: identity`, but something in
//! between compresses anyway.

use http::{Method, header};

use super::failure::{Again, failure, status_name};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{Failure, TransportResponse};

/// Longest name of an encoding that is shown.
const MAX_NAME: usize = 40;

/// The failure for an answer whose body cannot be read because of its encoding; `None` if the body can be read, or if
/// the status says enough.
pub(super) fn unreadable(
    path: &str,
    method: &Method,
    response: &TransportResponse,
) -> Option<Box<Failure>> {
    let status = response.status;
    // For the rate limit and for failures that are retried, the status says enough.
    let needs_body = matches!(status, 200..=299 | 400..=499) && !matches!(status, 407 | 408 | 429);
    if !needs_body {
        return None;
    }
    let coding = coding_of(response)?;
    let outcome = match status {
        200..=299 => "The answer to",
        _ => "The refusal of",
    };
    let error = CrmError::new(
        ErrorCode::Unknown,
        format!(
            "{outcome} {method} {path} is encoded as {coding}, which the client did not ask for ({}): a proxy or CDN \
            in front of Twenty \
             compresses answers. Switch that off for /rest, /graphql and /metadata.",
            status_name(status)
        ),
    )
    .with_detail("reason", error_reason::CODING)
    .with_detail("coding", coding);
    let mut failure = failure(error, Again::No);
    // The request was carried out, but its result cannot be read.
    failure.ambiguous = status < 300;
    Some(failure)
}

/// The encoding of a body that cannot be read as it is.
fn coding_of(response: &TransportResponse) -> Option<String> {
    let body = &response.body;
    if body.is_empty() {
        return None;
    }
    let by_first_bytes = match body.as_ref() {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        _ => None,
    };
    let named = response.headers.get_all(header::CONTENT_ENCODING);
    let named: Vec<&str> = named
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"))
        .collect();
    if named.is_empty() {
        return by_first_bytes.map(str::to_owned);
    }
    // Some servers name an encoding but do not use it.
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        return None;
    }
    let name = named.join(", ").to_ascii_lowercase();
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b',' | b' '));
    let is_shown = is_plain && name.len() <= MAX_NAME;
    Some(if is_shown {
        name
    } else {
        "its Content-Encoding says".to_owned()
    })
}
