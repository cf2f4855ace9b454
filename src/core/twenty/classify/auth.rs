//! Refusals because of the key: what is wrong with it, and what to do.

use super::failure::{Again, described, failure, words};
use super::intermediary;
use crate::core::error::ErrorCode;
use crate::core::error_reason;
use crate::core::http::{Failure, TransportResponse};
use crate::core::twenty::error_body::ErrorBody;

/// Texts for a key that cannot be decoded, for example because its end is missing. The status is 400, as if the record
/// were invalid.
pub(super) fn is_damaged_key(body: &ErrorBody) -> bool {
    body.message.starts_with("Unknown token error")
}

/// A 401 or 403: either from Twenty, or from something in front of it, which says nothing about the key.
pub(super) fn refused(what: &str, response: &TransportResponse, body: &ErrorBody) -> Box<Failure> {
    let is_twentys = body.is_listing || body.is_twentys && is_about_rights(body);
    if is_twentys {
        auth(what, response.status, body)
    } else {
        intermediary::refused(what, response, body)
    }
}

fn is_about_rights(body: &ErrorBody) -> bool {
    [
        "FORBIDDEN",
        "FORBIDDEN_EXCEPTION",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
    ]
    .iter()
    .any(|word| body.says(word))
        // The text of the server's framework when one of its guards refuses.
        || body.message == "Forbidden resource"
}

pub(super) fn auth(what: &str, status: u16, body: &ErrorBody) -> Box<Failure> {
    let said = body.message.to_ascii_lowercase();
    let words = words(status, body);
    let renew = "create a new key in Twenty under Settings, APIs & Webhooks";
    let (reason, message) = if said.contains("missing authentication") {
        (
            error_reason::KEY_MISSING,
            format!(
                "{what} reached Twenty without an API key ({words}): a proxy may have dropped the Authorization \
                header."
            ),
        )
    } else if said.contains("expired") {
        (
            error_reason::KEY_EXPIRED,
            format!("The API key has expired ({words}): {renew}."),
        )
    } else if said.contains("revoked") {
        (
            error_reason::KEY_REVOKED,
            format!("The API key was revoked ({words}): {renew}."),
        )
    } else if is_damaged_key(body) {
        (
            error_reason::KEY_INVALID,
            format!(
                "Twenty cannot read the API key ({words}): its end is probably missing. Copy the whole key again, or \
                {renew}."
            ),
        )
    } else if status == 401 {
        (
            error_reason::KEY_INVALID,
            format!("Twenty does not accept the API key ({words}): check it, or {renew}."),
        )
    } else {
        (
            error_reason::PERMISSION,
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
