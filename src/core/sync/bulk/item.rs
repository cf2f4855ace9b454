//! One record of a chunk on its way, and what becomes of it.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::id_register::Claim;
use super::identity::Identity;
use crate::core::error::CrmError;
use crate::core::sync::company_link::Link;
use crate::core::sync::mappings::entry::ContentHash;
use crate::core::sync::ownership::Owner;
use crate::core::sync::record::input::{Input, Upserted};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::MappedRecord;
use crate::core::twenty::warning::SyncWarning;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The server inserted it.
    Created,
    /// The server's row was written.
    Updated,
    /// Nothing was sent: the row holds it already, or a policy left it alone.
    Unchanged,
    /// Nothing was stored; `error` says why.
    Failed,
}

impl Status {
    /// What a single upsert did.
    pub(super) fn of(upserted: &Upserted) -> Self {
        match (upserted.created, upserted.updated) {
            (true, _) => Self::Created,
            (false, true) => Self::Updated,
            (false, false) => Self::Unchanged,
        }
    }
}

/// One result of `syncPersons` / `syncCompanies`.
#[derive(Clone, Debug)]
pub struct ItemResult {
    /// What became of it.
    pub status: Status,
    /// The caller's external id; empty where the record had none.
    pub external_id: String,
    /// The record's id in the CRM.
    pub id: Option<String>,
    /// The flat entity as the server has it, as JSON text; none where nobody wants it.
    pub data: Option<Box<RawValue>>,
    /// Why it failed.
    pub error: Option<CrmError>,
    /// What was left out, kept or decided.
    pub warnings: Vec<SyncWarning>,
}

impl ItemResult {
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

    /// As a single upsert ends.
    pub(super) fn into_upserted(self, kind: ObjectKind) -> Result<Arc<Upserted>, CrmError> {
        if let Some(error) = self.error {
            return Err(error
                .with_detail("externalId", self.external_id)
                .with_detail("object", kind.singular()));
        }
        let data = self.data.map(|data| serde_json::from_str(data.get()));
        Ok(Arc::new(Upserted {
            id: self.id.unwrap_or_default(),
            external_id: self.external_id,
            created: self.status == Status::Created,
            updated: matches!(self.status, Status::Created | Status::Updated),
            data: data.and_then(Result::ok).unwrap_or_default(),
            warnings: self.warnings,
        }))
    }

    /// What a single upsert made of a record, without its entity.
    pub(super) fn alone(external_id: String, outcome: Result<Arc<Upserted>, CrmError>) -> Self {
        match outcome {
            Err(error) => Self::failed(external_id, error),
            Ok(upserted) => Self {
                status: Status::of(&upserted),
                external_id,
                id: Some(upserted.id.clone()),
                data: None,
                error: None,
                warnings: upserted.warnings.clone(),
            },
        }
    }
}

/// The results of a chunk, counted.
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
    /// Of these, how many for which class of failure.
    #[serde(rename = "failuresByCode")]
    pub failures_by_code: BTreeMap<&'static str, usize>,
    /// What was left out, kept or decided.
    pub warnings: Vec<SyncWarning>,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, result: ItemResult) {
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

/// A record of a chunk once it is mapped.
pub(super) struct Mapped {
    pub record: MappedRecord,
    pub link: Link,
    /// Ids that are ours: the chosen one, and one that is remembered.
    pub own_ids: Vec<String>,
    /// The id that memory or the store gave, which may lead nowhere any more.
    pub remembered: Option<String>,
    /// Rows that may have its e-mail beside their primary one.
    pub further_rows: Vec<Uuid>,
    /// Hash of what would be sent.
    pub hash: ContentHash,
    /// Whether everything that was asked for is written, so that the hash may be remembered.
    pub is_complete: bool,
    pub without_unique: bool,
    /// Optional values that the server refused.
    pub refused_fields: Vec<String>,
    /// Fields of an existing row that are not, or not always, ours to write.
    pub restricted: Vec<(String, Owner)>,
}

/// A record of a chunk; inputs of one external id are one item.
pub(super) struct Item {
    pub input: Input,
    pub identity: Identity,
    /// Its inputs are not one record: they differ in name and in address.
    pub is_reused: bool,
    /// What its id was when the chunk's turn came.
    pub claim: Claim,
    /// Digest of its text, where it is one input's alone.
    pub text_digest: Option<NonZeroU64>,
    /// What holds whatever is decided later; the mapping's own warnings stay with `mapped`.
    pub warnings: Vec<SyncWarning>,
    /// What the last decision says: when it is decided again, that is no longer so.
    pub decided: Vec<SyncWarning>,
    /// The failure of a write that may have been carried out all the same.
    pub lost: Option<CrmError>,
    /// A write of it was refused, and no look-up has shown yet that it was this one.
    pub was_refused: bool,
    /// None before the schema is known.
    pub mapped: Option<Mapped>,
    /// None while it is open.
    pub outcome: Option<ItemResult>,
}

impl Item {
    /// An input that nothing is known of yet.
    pub fn new(input: Input, identity: Identity) -> Self {
        Self {
            input,
            identity,
            is_reused: false,
            claim: Claim::First,
            text_digest: None,
            warnings: Vec::new(),
            decided: Vec::new(),
            lost: None,
            was_refused: false,
            mapped: None,
            outcome: None,
        }
    }

    /// Joins a later input of the same external id, as if written after this one, unless it is somebody else's.
    pub fn join(&mut self, input: Input, identity: Identity) {
        self.text_digest = None;
        match self.identity.joined_by(identity) {
            Some(joined) => {
                self.identity = joined;
                self.input.merge(input);
            }
            None => self.is_reused = true,
        }
    }

    /// Ends the item with an error.
    pub fn fail(&mut self, error: CrmError) {
        let external_id = self.input.external_id().to_owned();
        let mut result = ItemResult::failed(external_id, error);
        result.warnings = self.take_warnings();
        self.outcome = Some(result);
    }

    /// Ends the item well.
    pub fn finish(&mut self, status: Status, id: String, data: Option<Box<RawValue>>) {
        self.outcome = Some(ItemResult {
            status,
            external_id: self.input.external_id().to_owned(),
            id: Some(id),
            data,
            error: None,
            warnings: self.take_warnings(),
        });
    }

    fn take_warnings(&mut self) -> Vec<SyncWarning> {
        let mut warnings = match &mut self.mapped {
            Some(mapped) => std::mem::take(&mut mapped.record.warnings),
            None => Vec::new(),
        };
        warnings.append(&mut self.warnings);
        warnings.append(&mut self.decided);
        warnings
    }
}

/// Where an input's answer comes from.
pub(super) enum Slot {
    /// Refused before anything was sent.
    Refused(Box<ItemResult>),
    /// From an item; `first` for the first of the inputs that share it.
    Item { item: usize, first: bool },
}
