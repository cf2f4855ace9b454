//! What is sent, and what the caller gets back.

use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Upsert;
use crate::core::sync::company_link::Link;
use crate::core::sync::context::SyncContext;
use crate::core::sync::ownership::{needs_row, restrict};
use crate::core::sync::record::input::{Input, Upserted};
use crate::core::sync::requests::{Record, id_of, is_deleted, text_of};
use crate::core::twenty::company::{CompanyEntity, company_to_entity};
use crate::core::twenty::comparison::holds_all;
use crate::core::twenty::composite::{carry_over, has_shared, leave_out_shared};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::person::{PersonEntity, person_to_entity};
use crate::core::twenty::record::MappedRecord;
use crate::core::twenty::schema::WorkspaceSchema;

/// What an update writes.
pub(super) struct Update {
    pub payload: Map<String, Value>,
    /// Links that were to be cleared and stay.
    pub uncleared: Vec<String>,
    /// Whether no field stays out that may be written another time (`ownership::restrict`).
    pub is_whole: bool,
}

impl Upsert<'_> {
    /// What an update of `row` writes; fields that the CRM owns stay out. Without a row, what could take something else
    /// away stays out, too: the row that comes back shows whether it is owed.
    pub(super) fn update_payload(&self, row: Option<&Record>) -> Update {
        let mut payload = self.payload();
        let is_whole = restrict(&self.restricted, &mut payload, row);
        let uncleared = match row {
            Some(row) => carry_over(&mut payload, row, self.mapped.flat_name.as_deref()),
            None => {
                let flat = self.mapped.flat_name.as_deref();
                let may_be_there = flat.is_some_and(|flat| {
                    !self
                        .service
                        .knows_other_name(self.input.external_id(), flat)
                });
                leave_out_shared(&mut payload, may_be_there);
                Vec::new()
            }
        };
        Update {
            payload,
            uncleared,
            is_whole,
        }
    }

    /// Whether a row that was written without knowing it still lacks a part of this record, or holds one that stays.
    pub(super) fn owes(&self, row: &Record) -> bool {
        let update = self.update_payload(Some(row));
        !update.uncleared.is_empty() || has_shared(&update.payload, self.mapped.flat_name.is_some())
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
        entity_of(self.service, &self.schema, record, self.kind(), external_id).to_value()
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
                (None, Input::Person(input)) => input.to_entity(),
                (None, Input::Company(input) | Input::CompanyStub(input)) => input.to_flat().into(),
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

/// What a create sends, as it is written into a batch.
pub(in crate::core::sync) struct Creation<'a> {
    /// The record.
    pub mapped: &'a MappedRecord,
    /// The company that it belongs to.
    pub link: &'a Link,
    /// A field of the record that stays out.
    pub left_out: Option<&'static str>,
}

impl Serialize for Creation<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut linked = Map::new();
        self.link.write_into(&mut linked);
        let mut map = serializer.serialize_map(None)?;
        let mut buffer = Uuid::encode_buffer();
        map.serialize_entry(
            "id",
            &*self.mapped.id.hyphenated().encode_lower(&mut buffer),
        )?;
        if let Some(field) = self.mapped.external_id_field.name() {
            map.serialize_entry(field, &self.mapped.stored_external_id)?;
        }
        let own = self.mapped.fields.iter().filter(|(name, _)| {
            Some(name.as_str()) != self.left_out && !linked.contains_key(name.as_str())
        });
        for (name, value) in own.chain(&linked) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Whether a create whose answer was lost was carried out: the row has the id that was chosen for it, was never updated,
/// and holds what was sent (createdAt equals updatedAt on every inserted record).
pub(in crate::core::sync) fn is_as_created(row: &Record, sent: &Map<String, Value>) -> bool {
    id_of(row) == text_of(sent, "id")
        && !is_deleted(row)
        && text_of(row, "createdAt") == text_of(row, "updatedAt")
        && holds_all(row, sent)
}

/// A flat entity, as the caller gets it.
#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::core::sync) enum Entity<'r> {
    Person(PersonEntity<'r>),
    Company(CompanyEntity<'r>),
}

impl Entity<'_> {
    /// Texts and numbers under text keys always have a JSON form; null stands for what cannot happen.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

/// The flat entity of a record.
pub(in crate::core::sync) fn entity_of<'r>(
    service: &SyncContext,
    schema: &WorkspaceSchema,
    record: &'r Record,
    kind: ObjectKind,
    external_id: &'r str,
) -> Entity<'r> {
    let context = service.map_context(kind, schema);
    match kind {
        ObjectKind::Person => Entity::Person(person_to_entity(record, &context, external_id)),
        ObjectKind::Company => Entity::Company(company_to_entity(record, &context, external_id)),
    }
}
