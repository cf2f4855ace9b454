//! The result of a record.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::core::error::CrmError;
use crate::core::twenty::warning::SyncWarning;

use super::input::{Outcome, Upserted};

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The server inserted it.
    Created,
    /// The server's row was written.
    Updated,
    /// Nothing was sent: the row has the values already, or a policy forbids the write.
    Unchanged,
    /// Nothing was stored; `error` says why.
    Failed,
}

impl Status {
    /// The status of a single call.
    pub fn of(upserted: &Upserted) -> Self {
        match (upserted.created, upserted.updated) {
            (true, _) => Self::Created,
            (false, true) => Self::Updated,
            (false, false) => Self::Unchanged,
        }
    }
}

/// The result of one record, as `syncPersons` and `syncCompanies` return it.
#[derive(Clone, Debug)]
pub struct Settled {
    /// What happened to it.
    pub status: Status,
    /// The caller's external id; empty if the record had none.
    pub external_id: String,
    /// The record's id in the CRM.
    pub id: Option<String>,
    /// The flat entity of the server's row as JSON text; `None` if the caller does not want it.
    pub data: Option<Box<RawValue>>,
    /// Why it failed.
    pub error: Option<CrmError>,
    /// What was left out, kept or decided.
    pub warnings: Vec<SyncWarning>,
}

impl Settled {
    /// A record that was not stored.
    pub fn failed(external_id: String, error: CrmError) -> Self {
        Self {
            status: Status::Failed,
            external_id,
            id: None,
            data: None,
            error: Some(error),
            warnings: Vec::new(),
        }
    }

    /// Converts it to the outcome of a single call.
    ///
    /// # Errors
    /// The record's error.
    pub fn into_outcome(self) -> Outcome {
        if let Some(error) = self.error {
            return Err(error);
        }
        Ok(Arc::new(Upserted {
            id: self.id.unwrap_or_default(),
            external_id: self.external_id,
            created: self.status == Status::Created,
            updated: matches!(self.status, Status::Created | Status::Updated),
            data: self.data,
            warnings: self.warnings,
        }))
    }

    /// Converts the outcome of a single call.
    pub fn of_outcome(external_id: String, outcome: Outcome) -> Self {
        match outcome {
            Err(error) => Self::failed(external_id, error),
            Ok(upserted) => Self {
                status: Status::of(&upserted),
                external_id,
                id: Some(upserted.id.clone()),
                data: upserted.data.clone(),
                error: None,
                warnings: upserted.warnings.clone(),
            },
        }
    }
}
