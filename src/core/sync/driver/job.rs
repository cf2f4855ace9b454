//! A call's records: what is to be done with them, and who hears of their ends.

use std::sync::Arc;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::context::SyncContext;
use crate::core::sync::mappings::entry::ContentHash;
use crate::core::sync::record::input::Input;
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

/// How some records are to be written: whose they are, and what their caller wants.
pub struct Way {
    /// The surroundings of the service that they were given to.
    pub context: SyncContext,
    /// What is to be done.
    pub seed: Seed,
}

/// One record of a job.
pub struct Record {
    /// The caller's number of it.
    pub at: usize,
    /// Place of its way in the job.
    pub way: usize,
    /// What is to be written.
    pub input: Input,
}

/// Records of one kind and one workspace that are written together: those of one chunk of a run, or of calls that leave
/// together. No two of them are one and the same record of the CRM.
pub struct Job<'a> {
    /// The surroundings of what is sent for all of them at once.
    pub context: &'a SyncContext,
    /// How they are written, at least one. All have the same field names, and all are dry runs or none is.
    pub ways: Vec<Way>,
    /// Whoever gave the records.
    pub listener: &'a dyn Listener,
    /// Makes companies that people name.
    pub make_company: MakeCompany,
    /// What it shares with other chunks of a run.
    pub pipeline: Option<&'a Arc<Pipeline>>,
}

impl Job<'_> {
    /// Whether a failure of what is asked for all records at once may not be each one's own: single calls that happen to
    /// share a request must not fail by it.
    pub fn falls_back_after(&self, error: &CrmError) -> bool {
        self.pipeline.is_none()
            && matches!(
                error.code,
                ErrorCode::ValidationError | ErrorCode::NotFound | ErrorCode::Unknown
            )
    }
}
