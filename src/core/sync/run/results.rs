//! Counts the results of a run.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::core::sync::record::result::{Settled, Status};
use crate::core::twenty::warning::SyncWarning;

/// The counted results of a chunk.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// Records that the server inserted.
    pub created: usize,
    /// Records that were written.
    pub updated: usize,
    /// Records for which nothing was sent.
    pub unchanged: usize,
    /// Records that were not stored.
    pub failed: usize,
    /// The failed ones by error code.
    #[serde(rename = "failuresByCode")]
    pub failures_by_code: BTreeMap<&'static str, usize>,
    /// What was left out, kept or decided.
    pub warnings: Vec<SyncWarning>,
}

impl Tally {
    /// Counts a result.
    pub fn add(&mut self, result: Settled) {
        let count = match result.status {
            Status::Created => &mut self.created,
            Status::Updated => &mut self.updated,
            Status::Unchanged => &mut self.unchanged,
            Status::Failed => &mut self.failed,
        };
        *count += 1;
        if let Some(error) = result.error {
            *self
                .failures_by_code
                .entry(error.code.as_str())
                .or_default() += 1;
        }
        self.warnings.extend(result.warnings);
    }
}
