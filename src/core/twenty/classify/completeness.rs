//! Checks whether an answer comes from Twenty, and whether it is complete.

use http::{Method, header};
use memchr::memmem;

use super::failure::{Again, failure};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{Failure, TransportResponse};

/// A success whose body is not JSON comes from something else: the web app answers unknown paths with a page.
pub(super) fn not_json(
    path: &str,
    method: &Method,
    response: &TransportResponse,
) -> Option<Box<Failure>> {
    let first = response
        .body
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())?;
    if is_cut(*first, &response.body) {
        return Some(cut(path, method));
    }
    let is_json = matches!(first, b'{' | b'[')
        || says_json(response) == Some(true)
            && matches!(first, b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n');
    (!is_json).then(|| not_twenty(path, method))
}

/// Whether JSON that starts as an object or array does not end as one. Without a correct length, a broken connection
/// looks like a closed one.
fn is_cut(first: u8, body: &[u8]) -> bool {
    let closing = match first {
        b'{' => b'}',
        b'[' => b']',
        _ => return false,
    };
    let last = body.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    last != Some(&closing)
}

/// Whether a body starts as JSON and is incomplete.
pub(super) fn is_cut_body(response: &TransportResponse) -> bool {
    let mut bytes = response.body.iter();
    bytes
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|first| is_cut(*first, &response.body))
}

/// Whether a refusal cannot be classified, because its body did not arrive.
pub(super) fn is_cut_refusal(response: &TransportResponse) -> bool {
    let is_blank = response.body.iter().all(u8::is_ascii_whitespace);
    is_cut_body(response) || is_blank && says_json(response) == Some(true)
}

pub(super) fn cut(path: &str, method: &Method) -> Box<Failure> {
    let error = CrmError::new(
        ErrorCode::NetworkError,
        format!("The answer to {method} {path} is incomplete."),
    );
    failure(error, Again::Ambiguous)
}

fn says_json(response: &TransportResponse) -> Option<bool> {
    response
        .headers
        .get(header::CONTENT_TYPE)
        .map(|value| memmem::find(value.as_bytes(), b"json").is_some())
}

pub(super) fn not_twenty(path: &str, method: &Method) -> Box<Failure> {
    let error = CrmError::new(
        ErrorCode::Unknown,
        format!("{method} {path} was not answered with JSON, so this is not a Twenty API: check the base URL."),
    )
    .with_detail("reason", error_reason::NOT_TWENTY);
    failure(error, Again::No)
}
