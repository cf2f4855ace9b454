//! Queues: calls of one record, and records that want the same row.

pub mod keyed_queue;
pub mod row_locks;

use crate::core::error::{CrmError, ErrorCode};

/// The error of work that ended without a result. Only a panic causes this.
pub(super) fn broke_off(what: &str) -> CrmError {
    CrmError::new(
        ErrorCode::Unknown,
        format!("the {what} stopped: an internal failure of twenty-crm-native, please report it"),
    )
}
