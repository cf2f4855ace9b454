//! Who waits for whom: calls of one record, and records that want one row.

pub mod keyed_queue;
pub mod row_locks;

use crate::core::error::{CrmError, ErrorCode};

/// What was asked for ended without an answer, which only a panic does.
pub(super) fn broke_off(what: &str) -> CrmError {
    CrmError::new(
        ErrorCode::Unknown,
        format!("the {what} broke off: an internal failure of twenty-crm-native, please report it"),
    )
}
