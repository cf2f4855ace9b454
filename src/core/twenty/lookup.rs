//! Finds existing rows: one GraphQL request for people and companies by id, external id and e-mail or domain.
//!
//! It uses GraphQL because its variables accept any value, unlike the filter grammar of REST
//! (`docs/twenty/protocol.md#lists`). An incomplete answer is an error, never "not found": that would create
//! duplicates.

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

mod answer;
mod conditional;
mod query;
#[cfg(test)]
mod tests;

pub(super) use answer::{Connection, Edge};
pub use answer::{LookupAnswer, LookupPage, LookupRow, parse, parse_tolerantly};
pub use conditional::{Answered, build_conditional, parse_conditional};
pub use query::{LookupQuery, build};

/// Smallest page size. GraphQL returns as many rows as requested, REST at most this many.
pub const PAGE_SIZE: usize = 200;

fn failed(message: impl Into<String>) -> CrmError {
    CrmError::new(ErrorCode::OperationFailed, message)
        .with_detail("reason", error_reason::LOOKUP_FAILED)
}
