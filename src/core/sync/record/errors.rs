//! What an error says about the write that it answers.

use serde_json::Value;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::ids::ObjectKind;

/// The error of a write that may or may not have been carried out.
pub fn outcome_unknown(kind: ObjectKind, external_id: &str, error: &CrmError) -> CrmError {
    let mut unknown = CrmError::new(
        ErrorCode::OperationFailed,
        format!(
            "{} {external_id:?} was sent, but its answer was lost and its result could not be looked up. It is safe \
            to repeat the upsert: {}",
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

/// Whether the server refused because of another row. A look-up then shows which.
pub fn is_conflict(error: &CrmError) -> bool {
    matches!(
        error.reason(),
        Some(error_reason::DUPLICATE | error_reason::MULTIPLE_MATCHES)
    )
}

/// Whether an attempt whose answer was lost may have carried out the write.
pub fn is_outcome_unknown(error: &CrmError) -> bool {
    error.details.contains_key("outcomeUnknown")
}

/// Whether the write's result is unknown. After a refusal it is known, even if an earlier attempt was lost: a request
/// that is refused now was refused then.
pub fn is_lost_write(error: &CrmError) -> bool {
    is_outcome_unknown(error)
        && !matches!(
            error.code,
            ErrorCode::ValidationError | ErrorCode::AuthError | ErrorCode::NotFound
        )
}

/// We only send fields of the schema, so this error shows that our copy of the schema is out of date.
pub fn is_unknown_field(error: &CrmError) -> bool {
    error.message.contains("doesn't have any \"")
}

/// The server reports a broken relation only with the database's own text
/// (`docs/twenty/protocol.md#links-between-records`).
pub fn is_foreign_key(error: &CrmError) -> bool {
    // Newer servers have a code for it, but use the code for other bad values too.
    let has_code = ["serverCode", "serverError"]
        .iter()
        .any(|key| error.details.get(*key).and_then(Value::as_str) == Some("INVALID_INPUT"));
    has_code || error.message.contains("foreign key")
}

/// Whether an answer apparently belonged to another request. Then an earlier refusal may have, too.
pub fn is_wrong_answer(error: &CrmError) -> bool {
    match error.reason() {
        Some(error_reason::WRONG_ANSWER) => true,
        // The answer does not match the request. Errors reported by GraphQL have codes of their own.
        Some(error_reason::LOOKUP_FAILED) => error.code == ErrorCode::OperationFailed,
        _ => false,
    }
}
