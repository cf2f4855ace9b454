//! Builds a failure: what the server said, and whether a retry may help.

use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::Failure;
use crate::core::twenty::constraint::Constraint;
use crate::core::twenty::error_body::ErrorBody;
use crate::core::twenty::ids::ObjectKind;

/// How certain it is that the server did nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// A retry does not help.
    No,
    /// Nothing was done: a retry may help.
    Yes,
    /// A retry may help, but the server may have done the work.
    Ambiguous,
}

pub(super) fn failure(error: CrmError, again: Again) -> Box<Failure> {
    Box::new(Failure {
        error,
        retry: again != Again::No,
        ambiguous: again == Again::Ambiguous,
        retry_after: None,
        rate_limit: None,
    })
}

/// The field of a refused duplicate. It is known if the server names the constraint and the field is a standard one or
/// one of ours.
pub(super) fn duplicate_field(body: &ErrorBody) -> Option<&'static str> {
    let constraint = Constraint::find(&body.message)?;
    [ObjectKind::Person, ObjectKind::Company]
        .into_iter()
        .find_map(|kind| {
            let fields = [kind.unique_field(), "externalId"];
            constraint.field_of(kind.singular(), fields)
        })
}

/// A status with its name.
pub(super) fn status_name(status: u16) -> String {
    let name = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match name {
        Some(name) => format!("status {status}, {name}"),
        None => format!("status {status}"),
    }
}

/// The server's text with the status, for use inside a sentence.
pub(super) fn words(status: u16, body: &ErrorBody) -> String {
    let said = body.message.trim_end_matches('.');
    if said.is_empty() {
        status_name(status)
    } else if status == 200 {
        said.to_owned()
    } else {
        format!("{said} (status {status})")
    }
}

pub(super) fn described(
    code: ErrorCode,
    reason: Option<&str>,
    message: String,
    body: &ErrorBody,
) -> CrmError {
    let mut error = CrmError::new(code, message);
    if let Some(reason) = reason {
        error = error.with_detail("reason", reason);
    }
    if !body.message.is_empty() {
        error = error.with_detail("originalError", body.message.as_str());
    }
    if !body.is_twentys {
        return error;
    }
    if let Some(code) = &body.code {
        error = error.with_detail("serverCode", code.as_str());
    }
    if let Some(class) = &body.class {
        error = error.with_detail("serverError", class.as_str());
    }
    if let Some(constraint) = Constraint::find(&body.message) {
        error = error.with_detail("constraint", constraint.name);
    }
    if let Some(field) = duplicate_field(body) {
        error = error.with_detail("fields", vec![field]);
    }
    error
}
