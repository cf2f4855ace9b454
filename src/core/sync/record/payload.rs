//! The payloads of a record's writes.

use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::core::twenty::comparison::holds_all;
use crate::core::twenty::composite::{carry_over, has_shared, leave_out_shared};
use crate::core::twenty::record::MappedRecord;

use super::link::LINK_FIELD;
use super::ownership::{needs_row, restrict};
use super::row::{Row, id_of, is_deleted, text_of};
use super::rules::Rules;
use super::upsert::{Update, Upsert};

/// The payload of an update.
pub(super) struct Draft {
    pub payload: Map<String, Value>,
    /// Links that should be cleared but are kept.
    pub uncleared: Vec<String>,
    /// Whether no removed field may be written later (`ownership::restrict`).
    pub is_whole: bool,
}

impl Upsert {
    /// The payload of an update of `row`, without fields that the CRM owns. Without a row, fields that could remove
    /// other values are left out as well; the row in the answer shows whether they must be sent.
    pub(super) fn draft(&self, rules: &Rules, row: Option<&Row>) -> Draft {
        let mut payload = self.payload(rules);
        // A row that an update inserted is new, and gets all fields.
        let is_whole = self.was_inserted || restrict(rules.restricted(), &mut payload, row);
        let flat_name = self.mapped.flat_name.as_deref();
        let uncleared = match row {
            Some(row) => carry_over(&mut payload, row, flat_name),
            None => {
                leave_out_shared(
                    &mut payload,
                    flat_name.is_some() && !self.recalled.other_name,
                );
                Vec::new()
            }
        };
        Draft {
            payload,
            uncleared,
            is_whole,
        }
    }

    /// Whether a row that was written without a look-up still lacks a part of this record, or has a link that must be
    /// kept.
    pub(super) fn owes(&self, rules: &Rules, row: &Row) -> bool {
        let draft = self.draft(rules, Some(row));
        !draft.uncleared.is_empty() || has_shared(&draft.payload, self.mapped.flat_name.is_some())
    }

    /// Whether an update must see the row first.
    pub(super) fn needs_row(&self, rules: &Rules) -> bool {
        !rules.restricted().is_empty() && needs_row(rules.restricted(), &self.payload(rules))
    }

    /// Whether a field of the mapping is sent.
    fn is_sent(&self, rules: &Rules, field: &str) -> bool {
        let is_left_out = self.without_unique && field == rules.kind.unique_field();
        !is_left_out && !self.refused_fields.iter().any(|refused| refused == field)
    }

    fn payload(&self, rules: &Rules) -> Map<String, Value> {
        let mut payload = self.mapped.fields.clone();
        payload.retain(|field, _| self.is_sent(rules, field));
        self.link.write_into(&mut payload);
        payload
    }

    /// The payload of a create: the derived id and the external id, then the record's own fields.
    pub fn create_payload(&self, rules: &Rules) -> Map<String, Value> {
        create_payload(&self.mapped, self.payload(rules))
    }

    /// The payload of a create, serialised into a batch without a copy.
    pub fn creation<'a>(&'a self, rules: &'a Rules) -> Creation<'a> {
        Creation {
            upsert: self,
            rules,
        }
    }

    /// The payload of an update in a batch upsert, serialised without a copy.
    pub fn update_in_batch<'a>(&'a self, rules: &'a Rules, update: &'a Update) -> BatchUpdate<'a> {
        BatchUpdate {
            upsert: self,
            rules,
            update,
        }
    }
}

/// The derived id and the external id, then the record's own fields.
pub fn create_payload(mapped: &MappedRecord, fields: Map<String, Value>) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("id".to_owned(), mapped.id.to_string().into());
    if let Some(field) = mapped.external_id_field.name() {
        payload.insert(field.to_owned(), mapped.stored_external_id.clone().into());
    }
    payload.extend(fields);
    payload
}

/// The payload of a create, serialised directly from the record.
pub struct Creation<'a> {
    upsert: &'a Upsert,
    rules: &'a Rules,
}

impl Serialize for Creation<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mapped = &self.upsert.mapped;
        let link = self.upsert.link.value();
        let mut map = serializer.serialize_map(None)?;
        let mut buffer = Uuid::encode_buffer();
        let id = &*mapped.id.hyphenated().encode_lower(&mut buffer);
        map.serialize_entry("id", id)?;
        if let Some(field) = mapped.external_id_field.name() {
            map.serialize_entry(field, &mapped.stored_external_id)?;
        }
        for (name, value) in &mapped.fields {
            if self.upsert.is_sent(self.rules, name) && (link.is_none() || name != LINK_FIELD) {
                map.serialize_entry(name, value)?;
            }
        }
        if let Some(link) = link {
            map.serialize_entry(LINK_FIELD, &link)?;
        }
        map.end()
    }
}

/// The payload of an update in a batch upsert, serialised directly. The upsert restores deleted rows in any case
/// (`docs/twenty/protocol.md#upserts`). It also carries external id and name: if the looked-up row is gone, the upsert
/// inserts a new one, which must be recognised later.
pub struct BatchUpdate<'a> {
    upsert: &'a Upsert,
    rules: &'a Rules,
    update: &'a Update,
}

impl Serialize for BatchUpdate<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mapped, payload) = (&self.upsert.mapped, &self.update.payload);
        let target = &self.update.target;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in payload {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("id", &self.update.id)?;
        // If the row is claimed, the payload has it already.
        if let Some(field) = mapped.external_id_field.name()
            && !payload.contains_key(field)
        {
            map.serialize_entry(field, &mapped.stored_external_id)?;
        }
        if self.rules.is_ours("name")
            && !target.blanks_only
            && !payload.contains_key("name")
            && let Some(name) = target.row.get("name")
        {
            // As the row has it, so that the parts do not change.
            map.serialize_entry("name", name)?;
        }
        map.end()
    }
}

/// Whether a create whose answer was lost was carried out: the row has the id that was derived for it, was never
/// updated (createdAt equals updatedAt), and contains what was sent.
pub fn is_as_created(row: &Row, sent: &Map<String, Value>) -> bool {
    id_of(row) == text_of(sent, "id")
        && !is_deleted(row)
        && is_just_inserted(row)
        && holds_all(row, sent)
}

/// Whether the row was never updated since it was inserted.
pub fn is_just_inserted(row: &Row) -> bool {
    text_of(row, "createdAt") == text_of(row, "updatedAt")
}
