//! Refusals of the key: what is wrong with it, and what to do.

use super::{Again, described, failure, words};
use crate::core::error::ErrorCode;
use crate::core::error_reason;
use crate::core::http::Failure;
use crate::core::twenty::error_body::ErrorBody;

pub(super) fn auth(what: &str, status: u16, body: &ErrorBody) -> Box<Failure> {
    let said = body.message.to_ascii_lowercase();
    let words = words(status, body);
    let renew = "create a new key in Twenty under Settings, APIs & Webhooks";
    let (reason, message) = if said.contains("missing authentication") {
        (
            error_reason::KEY_MISSING,
            format!(
                "{what} reached Twenty without an API key ({words}): a proxy in between may drop the Authorization header."
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
