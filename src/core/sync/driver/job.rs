//! A call's records: what is to be done with them, and who hears of their ends.

use std::sync::Arc;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::context::SyncContext;
use crate::core::sync::mappings::entry::ContentHash;
use crate::core::sync::record::result::Settled;
use crate::core::sync::record::rules::Seed;
use crate::core::twenty::schema::WorkspaceSchema;

use super::companies::MakeCompany;
use super::pipeline::Pipeline;

/// Whoever gave the records.
pub trait Listener: Send + Sync {
    /// Why a record must not be written after all. Asked before anything else, and whenever its rows are known.
    fn refused(&self, at: usize) -> Option<CrmError> {
        let _ = at;
        None
    }

    /// A record has ended. Each is told once, as soon as that is known.
    fn settled(&self, at: usize, ended: Ended);
}

/// The end of a record.
pub struct Ended {
    /// What became of it.
    pub settled: Settled,
    /// Hash of what a write of it says, where it was made.
    pub hash: Option<ContentHash>,
    /// The schema that it was made on.
    pub schema: Option<Arc<WorkspaceSchema>>,
}

/// Records that one call or one chunk of a run writes.
pub struct Job<'a> {
    /// The surroundings.
    pub context: &'a SyncContext,
    /// What is to be done.
    pub seed: Seed,
    /// Whoever gave the records.
    pub listener: &'a dyn Listener,
    /// Makes companies that people name.
    pub make_company: MakeCompany,
    /// What it shares with other chunks of a run.
    pub pipeline: Option<&'a Arc<Pipeline>>,
    /// Whether each record is tried alone where the route for many refuses all of them.
    pub falls_back: bool,
}

impl Job<'_> {
    /// Whether a failure of what is asked for all records at once may not be each one's own.
    pub fn falls_back_after(&self, error: &CrmError) -> bool {
        self.falls_back
            && matches!(
                error.code,
                ErrorCode::ValidationError | ErrorCode::NotFound | ErrorCode::Unknown
            )
    }
}
