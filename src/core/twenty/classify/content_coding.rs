//! Answers in a coding that nobody asked for: every request says `Accept-Encoding: identity`, and something in between
//! compresses all the same.

use http::{Method, header};

use super::failure::{Again, failure, status_name};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{Failure, TransportResponse};

/// Longest name of a coding that is shown.
const MAX_NAME: usize = 40;

/// The failure of an answer whose body cannot be read for its coding; `None` where it can, or where its status says enough.
pub(super) fn unreadable(
    path: &str,
    method: &Method,
    response: &TransportResponse,
) -> Option<Box<Failure>> {
    let status = response.status;
    // The limit, and failures that are tried again, say with their status what there is to know.
    let needs_body = matches!(status, 200..=299 | 400..=499) && !matches!(status, 407 | 408 | 429);
    if !needs_body {
        return None;
    }
    let coding = coding_of(response)?;
    let outcome = match status {
        200..=299 => "What came back from",
        _ => "The refusal of",
    };
    let error = CrmError::new(
        ErrorCode::Unknown,
        format!(
            "{outcome} {method} {path} is in the coding {coding}, which was not asked for ({}): a proxy or CDN in front of Twenty \
             compresses answers. Switch that off for /rest, /graphql and /metadata.",
            status_name(status)
        ),
    )
    .with_detail("reason", error_reason::CODING)
    .with_detail("coding", coding);
    let mut failure = failure(error, Again::No);
    // It was let through, and what it did cannot be read.
    failure.ambiguous = status < 300;
    Some(failure)
}

/// The coding of a body that is not readable as it is.
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
    // Some name a coding and do not use it.
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
        "that its Content-Encoding names".to_owned()
    })
}
