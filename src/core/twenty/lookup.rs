//! Which rows the CRM already has: one GraphQL request for people and companies by id, external id and e-mail or domain.
//!
//! GraphQL because its variables take any value, which the REST filter grammar does not
//! (`docs/twenty/protocol.md#lists`). An answer that cannot be trusted in full is an error, never "not found": treating
//! it as absent makes doubles.

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

/// Rows a page, at least. GraphQL gives as many as are asked for, REST no more than this.
pub const PAGE_SIZE: usize = 200;

fn failed(message: impl Into<String>) -> CrmError {
    CrmError::new(ErrorCode::OperationFailed, message)
        .with_detail("reason", error_reason::LOOKUP_FAILED)
}
