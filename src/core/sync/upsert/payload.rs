//! What is sent, and what the caller gets back.

use serde_json::{Map, Value};

use super::{Input, Upsert, Upserted};
use crate::core::sync::ownership::{needs_row, restrict};
use crate::core::sync::service::SyncService;
use crate::core::sync::wire::{Record, id_of, is_deleted, text_of};
use crate::core::twenty::company::company_to_entity;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::person::person_to_entity;
use crate::core::twenty::record::{MappedRecord, holds_all};
use crate::core::twenty::schema::WorkspaceSchema;

impl Upsert<'_> {
    /// What an update of `row` writes; fields that the CRM owns stay out.
    pub(super) fn update_payload(&self, row: Option<&Record>) -> Map<String, Value> {
        let mut payload = self.payload();
        restrict(&self.restricted, &mut payload, row);
        payload
    }

    /// Whether an update leaves out what the CRM owns: then its hash says nothing of the whole.
    pub(super) fn is_restricted(&self) -> bool {
        if self.restricted.is_empty() {
            return false;
        }
        let payload = self.payload();
        self.restricted
            .iter()
            .any(|(name, _)| payload.contains_key(name))
    }

    /// Whether an update must see the row first.
    pub(super) fn needs_row(&self) -> bool {
        !self.restricted.is_empty() && needs_row(&self.restricted, &self.payload())
    }

    fn payload(&self) -> Map<String, Value> {
        let mut payload = self.mapped.fields.clone();
        for field in &self.refused_fields {
            payload.shift_remove(field);
        }
        if self.without_unique {
            payload.shift_remove(self.kind().unique_field());
        }
        self.link.write_into(&mut payload);
        payload
    }

    pub(super) fn create_payload(&self) -> Map<String, Value> {
        create_payload(&self.mapped, self.payload())
    }

    pub(super) fn entity(&self, record: &Record) -> Value {
        let external_id = self.input.external_id();
        entity_of(self.service, &self.schema, record, self.kind(), external_id)
    }

    pub(super) fn finished(&mut self, record: &Record, created: bool) -> Upserted {
        let mut warnings = std::mem::take(&mut self.mapped.warnings);
        warnings.append(&mut self.warnings);
        Upserted {
            id: id_of(record).to_owned(),
            external_id: self.input.external_id().to_owned(),
            created,
            updated: true,
            data: self.entity(record),
            warnings,
        }
    }

    pub(super) fn untouched(&mut self, id: String, row: Option<&Record>) -> Upserted {
        let mut warnings = std::mem::take(&mut self.mapped.warnings);
        warnings.append(&mut self.warnings);
        Upserted {
            id,
            external_id: self.input.external_id().to_owned(),
            created: false,
            updated: false,
            data: match (row, &self.input) {
                (Some(row), _) => self.entity(row),
                (None, Input::Person(input)) => input.to_value(),
                (None, Input::Company(input) | Input::CompanyStub(input)) => input.to_value(),
            },
            warnings,
        }
    }
}

/// What a create sends: the chosen id and the external id before the record's own fields.
pub(in crate::core::sync) fn create_payload(
    mapped: &MappedRecord,
    fields: Map<String, Value>,
) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("id".to_owned(), mapped.id.to_string().into());
    if let Some(field) = mapped.external_id_field.name() {
        payload.insert(field.to_owned(), mapped.stored_external_id.clone().into());
    }
    payload.extend(fields);
    payload
}

/// Whether a create whose answer was lost was carried out: the row has the id that was chosen for it, was never updated,
/// and holds what was sent (WIRE.md section 11: createdAt equals updatedAt on every inserted record).
pub(in crate::core::sync) fn is_as_created(row: &Record, sent: &Map<String, Value>) -> bool {
    id_of(row) == text_of(sent, "id")
        && !is_deleted(row)
        && text_of(row, "createdAt") == text_of(row, "updatedAt")
        && holds_all(row, sent)
}

/// The flat entity of a record.
pub(in crate::core::sync) fn entity_of(
    service: &SyncService,
    schema: &WorkspaceSchema,
    record: &Record,
    kind: ObjectKind,
    external_id: &str,
) -> Value {
    let context = service.map_context(kind, schema);
    match kind {
        ObjectKind::Person => person_to_entity(record, &context, external_id),
        ObjectKind::Company => company_to_entity(record, &context, external_id),
    }
}
