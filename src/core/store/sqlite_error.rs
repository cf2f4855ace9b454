//! Readable errors for SQLite files.

use std::path::Path;

use rusqlite::ErrorCode as SqliteCode;

use crate::core::config::SQLITE_BUSY_TIMEOUT_MS;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

use super::sqlite_schema::is_busy;

/// An error of a store.
pub fn store_error(message: impl Into<String>) -> CrmError {
    CrmError::new(ErrorCode::OperationFailed, message)
        .with_retryable(false)
        .with_detail("reason", error_reason::STORE)
}

/// The error of work that ended without a result.
pub fn broken(path: &Path) -> CrmError {
    store_error(format!(
        "the operation on {} stopped: an internal failure of twenty-crm-native, please report it",
        path.display()
    ))
}

/// Turns SQLite's errors into messages that say what to do. SQLite's own texts contain names of tables and columns,
/// never values.
pub fn describe(path: &Path, error: &rusqlite::Error) -> CrmError {
    let file = path.display();
    if is_busy(error) {
        return store_error(format!(
            "another process kept {file} locked for {SQLITE_BUSY_TIMEOUT_MS} ms: try again"
        ))
        .with_retryable(true);
    }
    store_error(match error.sqlite_error_code() {
        Some(SqliteCode::CannotOpen | SqliteCode::PermissionDenied) => {
            format!(
                "{file} cannot be opened: check that this process may write to it and its directory"
            )
        }
        Some(SqliteCode::ReadOnly) => {
            format!("{file} cannot be written to: check the rights of the file and its directory")
        }
        Some(SqliteCode::NotADatabase) => {
            format!("{file} is not an SQLite database: name another file")
        }
        Some(SqliteCode::DatabaseCorrupt) => format!(
            "{file} is damaged: restore it from a backup, or remove it (mappings are then learnt again from the CRM; \
            changes that wait in an outbox are lost)"
        ),
        Some(SqliteCode::DiskFull) => format!("there is no space left for {file}"),
        _ => format!("{file}: {error}"),
    })
}
