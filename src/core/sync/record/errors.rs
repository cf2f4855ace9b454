//! What an error says of the write that it answers.

use serde_json::Value;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::ids::ObjectKind;

/// The failure of a write of which nobody knows whether it was carried out.
pub fn outcome_unknown(kind: ObjectKind, external_id: &str, error: &CrmError) -> CrmError {
    let mut unknown = CrmError::new(
        ErrorCode::OperationFailed,
        format!(
            "{} {external_id:?} was sent, but its answer was lost and the server could not be asked what became of it; an upsert can simply be repeated: {}",
            kind.singular(),
            error.message
        ),
    )
    .with_retryable(true);
    unknown.status = error.status;
    unknown.details = error.details.clone();
    unknown
        .with_detail("reason", error_reason::OUTCOME_UNKNOWN)
        .with_detail("originalCode", error.code.as_str())
        .with_detail("externalId", external_id)
        .with_detail("object", kind.singular())
}

/// Whether another row stands in the way, which a look-up explains.
pub fn is_conflict(error: &CrmError) -> bool {
    matches!(
        error.reason(),
        Some(
            error_reason::DUPLICATE
                | error_reason::MULTIPLE_MATCHES
                | error_reason::MISSING_IN_ANSWER
        )
    )
}

/// Whether the write may have been carried out by an attempt whose answer was lost.
pub fn is_outcome_unknown(error: &CrmError) -> bool {
    error.details.contains_key("outcomeUnknown")
}

/// Whether a write got no answer that says what became of it. A refusal does say it, even where an earlier attempt was
/// lost: what is refused now was refused then.
pub fn is_lost_write(error: &CrmError) -> bool {
    is_outcome_unknown(error)
        && !matches!(
            error.code,
            ErrorCode::ValidationError | ErrorCode::AuthError | ErrorCode::NotFound
        )
}

/// Only fields of the schema are ever sent, so the schema is out of date.
pub fn is_unknown_field(error: &CrmError) -> bool {
    error.message.contains("doesn't have any \"")
}

/// The server tells a broken relation only by the database's own text
/// (`docs/twenty/protocol.md#links-between-records`).
pub fn is_foreign_key(error: &CrmError) -> bool {
    // Newer servers have a code for it, which some other bad values share.
    let has_code = ["serverCode", "serverError"]
        .iter()
        .any(|key| error.details.get(*key).and_then(Value::as_str) == Some("INVALID_INPUT"));
    has_code || error.message.contains("foreign key")
}

/// Whether an answer was another request's, as far as can be told: then a refusal before it may have been as well.
pub fn is_wrong_answer(error: &CrmError) -> bool {
    match error.reason() {
        Some(error_reason::WRONG_ANSWER) => true,
        // An answer that does not fit what was asked; the failures that GraphQL tells of have codes of their own.
        Some(error_reason::LOOKUP_FAILED) => error.code == ErrorCode::OperationFailed,
        _ => false,
    }
}
