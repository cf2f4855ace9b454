//! Maps Twenty's answers to errors, and decides what may be retried (`docs/errors.md#what-is-tried-again`).

use http::Method;
use memchr::memmem;

use super::error_body::{self, ErrorBody};
use crate::core::error::ErrorCode;
use crate::core::error_reason;
use crate::core::http::{Classifier, Failure, TransportResponse, Verdict};

mod auth;
mod completeness;
mod content_coding;
mod failure;
mod intermediary;
mod internal;
mod rate_limit;

use auth::{auth, is_damaged_key};
use completeness::{cut, is_cut_body, is_cut_refusal, not_json, not_twenty};
use failure::{Again, described, duplicate_field, failure, words};
use internal::{gateway_again, internal_again, is_internal, is_transient};
use rate_limit::{is_quota, is_rate_limit, quota_used_up, rate_limited};

/// Classifies answers of Twenty's REST, metadata and GraphQL routes.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwentyClassifier;

impl Classifier for TwentyClassifier {
    fn classify(&self, path: &str, method: &Method, response: &TransportResponse) -> Verdict {
        let status = response.status;
        let coded = content_coding::unreadable(path, method, response);
        let failure = match status {
            _ if coded.is_some() => coded,
            200..=299 if is_graphql(path) => graphql(path, method, response),
            200..=299 => not_json(path, method, response),
            // The caller's request was conditional (If-None-Match); the body is empty.
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

/// Classifies every answer that is not a success.
fn rest(path: &str, method: &Method, response: &TransportResponse) -> Box<Failure> {
    let status = response.status;
    // For these statuses the body decides: a 400 may be the server's own failure, and a 401 or 403 may not come from
    // Twenty.
    let is_cut = match status {
        400 => is_cut_refusal(response),
        401 | 403 => is_cut_body(response),
        _ => false,
    };
    if is_cut {
        return cut(path, method);
    }
    let body = ErrorBody::parse(&response.body);
    let what = format!("{method} {path}");
    if is_quota(status, &body) {
        return quota_used_up(&what, &words(status, &body), &body);
    }
    if status == 429 || is_rate_limit(&body) {
        return rate_limited(&what, &body);
    }
    match status {
        400..=499 if is_damaged_key(&body) => auth(&what, status, &body),
        400.. if is_transient(&body) => server_failed(&what, response, &body),
        401 | 403 => auth::refused(&what, response, &body),
        400 if body.says("PERMISSION_DENIED") || body.says("FORBIDDEN_EXCEPTION") => {
            auth(&what, status, &body)
        }
        400 if is_internal(&body) => server_failed(&what, response, &body),
        500 if is_bad_data(&body) => bad_data(&what, &body),
        511 => intermediary::login_needed(&what, &body),
        408 | 500.. => server_failed(&what, response, &body),
        _ => refused(&what, response, &body),
    }
}

/// A failure that a retry may fix.
fn server_failed(what: &str, response: &TransportResponse, body: &ErrorBody) -> Box<Failure> {
    let status = response.status;
    let words = words(status, body);
    let message = match status {
        408 => format!("{what} was not received in time: {words}."),
        400..=499 => format!("{what} failed inside Twenty: {words}."),
        _ => match intermediary::no_answer(status).filter(|_| !body.is_twentys) {
            Some(why) => format!("{what} got no answer from Twenty: {why} ({words})."),
            None => format!("{what} failed on the server: {words}."),
        },
    };
    let again = match (status, internal_again(body)) {
        (408, _) => Again::Yes,
        (500.., Again::Yes) => gateway_again(status),
        (_, again) => again,
    };
    failure(
        described(ErrorCode::ServerError, None, message, body),
        again,
    )
}

/// An internal failure caused by the data: a retry would fail the same way.
fn bad_data(what: &str, body: &ErrorBody) -> Box<Failure> {
    let (reason, advice) = if body.message.contains("too large") {
        (error_reason::TOO_LARGE, "send less at once")
    } else {
        (
            error_reason::DATA,
            "remove characters that a database refuses, such as NUL",
        )
    };
    let message = format!("{what} was refused: {}; {advice}.", words(500, body));
    failure(
        described(ErrorCode::ValidationError, Some(reason), message, body),
        Again::No,
    )
}

/// A refusal: a retry would be refused again.
fn refused(what: &str, response: &TransportResponse, body: &ErrorBody) -> Box<Failure> {
    let status = response.status;
    let words = words(status, body);
    let (code, reason, message) = match status {
        300..=399 => (
            ErrorCode::OperationFailed,
            Some(error_reason::REDIRECT),
            format!("{what} was answered with {words}: check the base URL."),
        ),
        404 if body.known && !body.message.starts_with("Cannot ") => {
            (ErrorCode::NotFound, None, format!("{what}: {words}."))
        }
        404 => (
            ErrorCode::NotFound,
            None,
            format!(
                "{what} does not exist on this server ({words}): check the path and the base URL."
            ),
        ),
        _ => (
            ErrorCode::ValidationError,
            validation_reason(status, body),
            refusal(what, response, body),
        ),
    };
    failure(described(code, reason, message, body), Again::No)
}

/// The message of a refusal: who refuses, and what to do.
fn refusal(what: &str, response: &TransportResponse, body: &ErrorBody) -> String {
    let status = response.status;
    let words = words(status, body);
    if body.is_twentys {
        return match duplicate_field(body) {
            Some(field) => format!("{what} was refused: {words}. The field is {field}."),
            None => format!("{what} was refused: {words}."),
        };
    }
    match status {
        400 if intermediary::wants_tls(response) => format!(
            "{what} was refused because the server expects TLS on this port ({words}): start the base URL with \
            https://."
        ),
        413 => format!(
            "{what} is larger than the proxy in front of Twenty accepts ({words}): send less at once, or raise the \
            proxy's limit (client_max_body_size in nginx)."
        ),
        414 => format!(
            "The address of {what} is longer than the server accepts ({words}): send long filters in a POST to \
            /graphql."
        ),
        431 => format!(
            "The address and headers of {what} are longer than the server accepts ({words}): send long filters in a \
            POST to /graphql, and fewer headers."
        ),
        451 => format!(
            "{what} was refused for legal reasons: {words}, {}. Check what runs between this machine and Twenty.",
            intermediary::seen(response, body)
        ),
        _ => format!(
            "{what} was refused, but the answer is not Twenty's: {words}, {}. Check what runs in front of Twenty \
            (proxy, firewall, CDN), and the base URL.",
            intermediary::seen(response, body)
        ),
    }
}

/// GraphQL always answers with status 200 (`docs/twenty/protocol.md#graphql`).
fn graphql(path: &str, method: &Method, response: &TransportResponse) -> Option<Box<Failure>> {
    if let Some(failure) = not_json(path, method, response) {
        return Some(failure);
    }
    // Parsing is expensive, and an answer without this word has no errors.
    memmem::find(&response.body, b"\"errors\"")?;
    let Some(errors) = error_body::graphql_errors(&response.body) else {
        return Some(not_twenty(path, method));
    };
    let what = format!("{method} {path}");
    let find = |test: &dyn Fn(&ErrorBody) -> bool| errors.iter().find(|error| test(error));
    if let Some(error) = find(&|error| is_quota(response.status, error)) {
        return Some(quota_used_up(&what, &words(200, error), error));
    }
    if let Some(error) = find(&is_rate_limit) {
        return Some(rate_limited(&what, error));
    }
    if let Some(error) = find(&|error| error.says("UNAUTHENTICATED") || is_damaged_key(error)) {
        return Some(auth(&what, 401, error));
    }
    if let Some(error) = find(&|error| error.says("FORBIDDEN") || error.says("PERMISSION_DENIED")) {
        return Some(auth(&what, 403, error));
    }
    if let Some(error) = find(&|error| is_internal(error) || error.says("INTERNAL_SERVER_ERROR")) {
        let message = format!("{what} failed inside Twenty: {}.", words(200, error));
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

fn validation_reason(status: u16, body: &ErrorBody) -> Option<&'static str> {
    let said = &body.message;
    if said.contains("duplicate entry was detected") || said.contains("duplicate key value") {
        Some(error_reason::DUPLICATE)
    } else if said.starts_with("Multiple records found with the same unique field values") {
        Some(error_reason::MULTIPLE_MATCHES)
    } else if matches!(status, 413 | 414 | 431) {
        Some(error_reason::TOO_LARGE)
    } else if status == 409 {
        Some(error_reason::CONFLICT)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
