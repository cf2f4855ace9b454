//! DESIGN's error table: which answer of Twenty's is which error, and what may be tried again.

use std::time::Duration;

use http::{Method, header};
use memchr::memmem;

use super::error_body::{self, ErrorBody};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::{Classifier, Failure, Throttle, TransportResponse, Verdict};

/// Judges the answers of Twenty's REST, metadata and GraphQL routes.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwentyClassifier;

impl Classifier for TwentyClassifier {
    fn classify(&self, path: &str, method: &Method, response: &TransportResponse) -> Verdict {
        let status = response.status;
        let failure = match status {
            200..=299 if is_graphql(path) => graphql(path, method, response),
            200..=299 => not_json(path, method, response),
            // Asked for by the caller with If-None-Match; its body is empty.
            304 => None,
            _ => Some(rest(path, method, response)),
        };
        match failure {
            None => Verdict::Ok,
            Some(mut failure) => {
                failure.error.status = Some(status);
                Verdict::Failed(failure)
            }
        }
    }
}

/// How sure it is that the server did nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// A repeat changes nothing.
    No,
    /// Nothing was done: a repeat may do better.
    Yes,
    /// A repeat may do better, but the server may have done its work.
    Ambiguous,
}

fn failure(error: CrmError, again: Again) -> Box<Failure> {
    Box::new(Failure {
        error,
        retry: again != Again::No,
        ambiguous: again == Again::Ambiguous,
        retry_after: None,
        throttle: None,
    })
}

/// Everything that is not a success.
fn rest(path: &str, method: &Method, response: &TransportResponse) -> Box<Failure> {
    let status = response.status;
    // Of all refusals, only a 400 depends on its body: it may be the server's own failure (WIRE.md section 3).
    if status == 400 && is_cut_refusal(response) {
        return cut(path, method);
    }
    let body = ErrorBody::parse(&response.body);
    let what = format!("{method} {path}");
    if status == 429 || is_rate_limit(&body) {
        return rate_limited(&what, &body);
    }
    let words = words(status, &body);
    let (code, reason, again, message) = match status {
        300..=399 => (
            ErrorCode::OperationFailed,
            Some("REDIRECT"),
            Again::No,
            format!("{what} was answered with {words}: check the base URL."),
        ),
        401 | 403 => return auth(&what, status, &body),
        400 if body.says("PERMISSION_DENIED") || body.says("FORBIDDEN_EXCEPTION") => {
            return auth(&what, status, &body);
        }
        400 if is_internal(&body) => (
            ErrorCode::ServerError,
            None,
            internal_again(&body),
            format!("{what} failed within Twenty: {words}."),
        ),
        402 => (
            ErrorCode::OperationFailed,
            Some("QUOTA"),
            Again::No,
            quota(&what, &words),
        ),
        409 if is_quota(&body) => (
            ErrorCode::OperationFailed,
            Some("QUOTA"),
            Again::No,
            quota(&what, &words),
        ),
        404 => (
            ErrorCode::NotFound,
            None,
            Again::No,
            if body.known && !body.message.starts_with("Cannot ") {
                format!("{what}: {words}.")
            } else {
                format!(
                    "{what} does not exist on this server ({words}): check the path and the base URL."
                )
            },
        ),
        408 => (
            ErrorCode::ServerError,
            None,
            Again::Yes,
            format!("{what} took too long to arrive: {words}."),
        ),
        500 if is_bad_data(&body) => {
            let too_large = body.message.contains("too large");
            let reason = if too_large { "TOO_LARGE" } else { "DATA" };
            let advice = if too_large {
                "send less at once"
            } else {
                "look for characters that a database refuses, such as NUL"
            };
            (
                ErrorCode::ValidationError,
                Some(reason),
                Again::No,
                format!("{what} was refused: {words}; {advice}."),
            )
        }
        500.. => (
            ErrorCode::ServerError,
            None,
            gateway_again(status),
            format!("{what} failed on the server: {words}."),
        ),
        _ => (
            ErrorCode::ValidationError,
            validation_reason(status, &body),
            Again::No,
            format!("{what} was refused: {words}."),
        ),
    };
    failure(described(code, reason, message, &body), again)
}

/// GraphQL says 200 whatever happens (WIRE.md section 2).
fn graphql(path: &str, method: &Method, response: &TransportResponse) -> Option<Box<Failure>> {
    if let Some(failure) = not_json(path, method, response) {
        return Some(failure);
    }
    // Parsing costs; answers without the word have no errors.
    memmem::find(&response.body, b"\"errors\"")?;
    let Some(errors) = error_body::graphql_errors(&response.body) else {
        return Some(not_twenty(path, method));
    };
    let what = format!("{method} {path}");
    let find = |test: &dyn Fn(&ErrorBody) -> bool| errors.iter().find(|error| test(error));
    if let Some(error) = find(&is_rate_limit) {
        return Some(rate_limited(&what, error));
    }
    if let Some(error) = find(&|error| error.says("UNAUTHENTICATED")) {
        return Some(auth(&what, 401, error));
    }
    if let Some(error) = find(&|error| error.says("FORBIDDEN") || error.says("PERMISSION_DENIED")) {
        return Some(auth(&what, 403, error));
    }
    if let Some(error) = find(&|error| is_internal(error) || error.says("INTERNAL_SERVER_ERROR")) {
        let message = format!("{what} failed within Twenty: {}.", words(200, error));
        let again = if is_internal(error) {
            internal_again(error)
        } else {
            Again::Yes
        };
        return Some(failure(
            described(ErrorCode::ServerError, None, message, error),
            again,
        ));
    }
    let error = errors.first()?;
    let message = format!("{what} was refused: {}.", words(200, error));
    let reason = validation_reason(200, error);
    Some(failure(
        described(ErrorCode::ValidationError, reason, message, error),
        Again::No,
    ))
}

fn is_graphql(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    matches!(path.trim_matches('/'), "graphql" | "metadata")
}

/// A success whose body is not JSON comes from something else: the web app answers unknown paths with a page.
fn not_json(path: &str, method: &Method, response: &TransportResponse) -> Option<Box<Failure>> {
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

/// Whether JSON that began as an object or array does not end as one. Where nothing says how long a body is, or what
/// says so is wrong, a connection that broke looks like one that was closed.
fn is_cut(first: u8, body: &[u8]) -> bool {
    let closing = match first {
        b'{' => b'}',
        b'[' => b']',
        _ => return false,
    };
    let last = body.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    last != Some(&closing)
}

/// Whether nothing can be known of a refusal, because its body did not arrive.
fn is_cut_refusal(response: &TransportResponse) -> bool {
    let first = response
        .body
        .iter()
        .find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(first) => is_cut(*first, &response.body),
        None => says_json(response) == Some(true),
    }
}

fn cut(path: &str, method: &Method) -> Box<Failure> {
    let error = CrmError::new(
        ErrorCode::NetworkError,
        format!("The answer to {method} {path} ended in the middle."),
    );
    failure(error, Again::Ambiguous)
}

fn says_json(response: &TransportResponse) -> Option<bool> {
    response
        .headers
        .get(header::CONTENT_TYPE)
        .map(|value| memmem::find(value.as_bytes(), b"json").is_some())
}

fn not_twenty(path: &str, method: &Method) -> Box<Failure> {
    let error = CrmError::new(
        ErrorCode::Unknown,
        format!("{method} {path} was not answered with JSON, so this is not a Twenty API: check the base URL."),
    )
    .with_detail("reason", "NOT_TWENTY");
    failure(error, Again::No)
}

fn is_rate_limit(body: &ErrorBody) -> bool {
    body.says("LIMIT_REACHED")
        || body.says("RATE_LIMITED")
        || body.message.starts_with("Limit reached (")
}

fn rate_limited(what: &str, body: &ErrorBody) -> Box<Failure> {
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

fn auth(what: &str, status: u16, body: &ErrorBody) -> Box<Failure> {
    let said = body.message.to_ascii_lowercase();
    let words = words(status, body);
    let renew = "create a new key in Twenty under Settings, APIs & Webhooks";
    let (reason, message) = if said.contains("missing authentication") {
        (
            "missing",
            format!(
                "{what} reached Twenty without an API key ({words}): a proxy in between may drop the Authorization header."
            ),
        )
    } else if said.contains("expired") {
        (
            "expired",
            format!("The API key has expired ({words}): {renew}."),
        )
    } else if said.contains("revoked") {
        (
            "revoked",
            format!("The API key was revoked ({words}): {renew}."),
        )
    } else if status == 401 {
        (
            "invalid",
            format!("Twenty does not accept the API key ({words}): check it, or {renew}."),
        )
    } else {
        (
            "permission",
            format!(
                "The API key may not do {what} ({words}): give its role the permission in Twenty under Settings, Roles."
            ),
        )
    };
    failure(
        described(ErrorCode::AuthError, Some(reason), message, body),
        Again::No,
    )
}

/// A 400 that is none: any failure inside the server comes out as one (WIRE.md section 3), with the words of the
/// database driver or the operating system. They begin the message; further in they would be somebody's data.
fn is_internal(body: &ErrorBody) -> bool {
    /// Nothing was done: no connection, or rolled back.
    const UNDONE: [&str; 10] = [
        "connect E",
        "getaddrinfo ",
        "timeout exceeded when trying to connect",
        "sorry, too many clients already",
        "remaining connection slots",
        "the database system is ",
        "canceling statement due to",
        "deadlock detected",
        "could not serialize access",
        "Driver not Connected",
    ];
    body.class.as_deref() == Some("AggregateError")
        || UNDONE.iter().any(|start| body.message.starts_with(start))
        || internal_again(body) == Again::Ambiguous
}

/// Whether the server lost touch with its database in the middle, so that the work may be done.
fn internal_again(body: &ErrorBody) -> Again {
    const LOST: [&str; 7] = [
        "read E",
        "write E",
        "Query read timeout",
        "Connection terminated",
        "terminating connection",
        "socket hang up",
        "Client has encountered a connection error",
    ];
    let lost =
        body.says("QUERY_READ_TIMEOUT") || LOST.iter().any(|start| body.message.starts_with(start));
    if lost { Again::Ambiguous } else { Again::Yes }
}

/// A gateway that got no answer does not know what became of the request. 500 and 503 are the server's own, and 521 to
/// 523 mean that Cloudflare could not reach it.
fn gateway_again(status: u16) -> Again {
    match status {
        500 | 503 | 521..=523 => Again::Yes,
        _ => Again::Ambiguous,
    }
}

fn is_bad_data(body: &ErrorBody) -> bool {
    matches!(
        body.message.as_str(),
        "Data validation error." | "request entity too large"
    )
}

fn is_quota(body: &ErrorBody) -> bool {
    let said = body.message.to_ascii_lowercase();
    body.says("QUOTA_EXHAUSTED")
        || body.says("WORKSPACE_RECORD_LIMIT")
        || said.contains("quota")
        || said.contains("record limit")
}

fn quota(what: &str, words: &str) -> String {
    format!(
        "{what} was refused because the workspace's quota is used up ({words}): look at the plan in Twenty's settings."
    )
}

fn validation_reason(status: u16, body: &ErrorBody) -> Option<&'static str> {
    let said = &body.message;
    if said.contains("duplicate entry was detected") || said.contains("duplicate key value") {
        Some("DUPLICATE")
    } else if said.starts_with("Multiple records found with the same unique field values") {
        Some("MULTIPLE_MATCHES")
    } else if matches!(status, 413 | 431) {
        Some("TOO_LARGE")
    } else if status == 409 {
        Some("CONFLICT")
    } else {
        None
    }
}

/// The server's words with the status, for the middle of a sentence.
fn words(status: u16, body: &ErrorBody) -> String {
    let said = body.message.trim_end_matches('.');
    if said.is_empty() {
        let name = http::StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("no reason given");
        format!("status {status}, {name}")
    } else if status == 200 {
        said.to_owned()
    } else {
        format!("{said} (status {status})")
    }
}

fn described(code: ErrorCode, reason: Option<&str>, message: String, body: &ErrorBody) -> CrmError {
    let mut error = CrmError::new(code, message);
    if let Some(reason) = reason {
        error = error.with_detail("reason", reason);
    }
    if !body.message.is_empty() {
        error = error.with_detail("originalError", body.message.as_str());
    }
    if let Some(code) = &body.code {
        error = error.with_detail("serverCode", code.as_str());
    }
    if let Some(class) = &body.class {
        error = error.with_detail("serverError", class.as_str());
    }
    error
}

#[cfg(test)]
mod tests;
