//! DESIGN's error table: which answer of Twenty's is which error, and what may be tried again.

use http::Method;
use memchr::memmem;

use super::error_body::{self, ErrorBody};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{Classifier, Failure, TransportResponse, Verdict};

mod auth;
mod completeness;
mod internal;
mod rate_limit;

use auth::auth;
use completeness::{cut, is_cut_refusal, not_json, not_twenty};
use internal::{gateway_again, internal_again, is_internal};
use rate_limit::{is_rate_limit, rate_limited};

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
            Some(error_reason::REDIRECT),
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
            Some(error_reason::QUOTA),
            Again::No,
            quota(&what, &words),
        ),
        409 if is_quota(&body) => (
            ErrorCode::OperationFailed,
            Some(error_reason::QUOTA),
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
            let reason = if too_large {
                error_reason::TOO_LARGE
            } else {
                error_reason::DATA
            };
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
        Some(error_reason::DUPLICATE)
    } else if said.starts_with("Multiple records found with the same unique field values") {
        Some(error_reason::MULTIPLE_MATCHES)
    } else if matches!(status, 413 | 431) {
        Some(error_reason::TOO_LARGE)
    } else if status == 409 {
        Some(error_reason::CONFLICT)
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
