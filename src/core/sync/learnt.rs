//! What this process has learnt about a workspace's limits, for `stats()` and `diagnose()`.

use serde::Serialize;

use crate::core::http::Workspace;
use crate::core::twenty::ids::ObjectKind;

use super::departures::Departures;
use super::driver::{batch_records, look_up_records, run_writers};

/// The current limits, and how many groups of single calls were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Learnt {
    /// Groups of single calls that were sent together.
    pub departures: u64,
    /// Groups of people that may be in flight at once.
    pub max_people_departures: usize,
    /// Groups of companies that may be in flight at once.
    pub max_company_departures: usize,
    /// Batches of runs that may be written at once.
    pub max_batches: usize,
    /// Most records in one batch.
    pub batch_records: usize,
    /// Most records in one look-up of a run.
    pub look_up_records: usize,
}

impl Learnt {
    /// Of one workspace.
    pub fn of(workspace: &Workspace) -> Self {
        let departures = workspace.extension(Departures::default);
        Self {
            departures: departures.departed(),
            max_people_departures: departures.limit(ObjectKind::Person),
            max_company_departures: departures.limit(ObjectKind::Company),
            max_batches: run_writers(workspace),
            batch_records: batch_records(workspace),
            look_up_records: look_up_records(workspace),
        }
    }
}
