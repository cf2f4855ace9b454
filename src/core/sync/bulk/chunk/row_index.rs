//! The rows of a look-up, found by each of their keys.

use std::borrow::Cow;
use std::collections::HashMap;

use uuid::Uuid;

use crate::core::sync::bulk::item::Mapped;
use crate::core::sync::requests::{Record, id_of, text_of};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::unique_value::identity_of;

/// The rows of a look-up by each of their keys.
pub(super) struct RowIndex<'r> {
    by_id: HashMap<&'r str, &'r Record>,
    by_external_id: HashMap<&'r str, Vec<&'r Record>>,
    by_value: HashMap<Cow<'r, str>, Vec<&'r Record>>,
}

impl<'r> RowIndex<'r> {
    pub fn new(kind: ObjectKind, external_id_field: Option<String>, rows: &'r [Record]) -> Self {
        let mut index = Self {
            by_id: HashMap::with_capacity(rows.len()),
            by_external_id: HashMap::with_capacity(rows.len()),
            by_value: HashMap::with_capacity(rows.len()),
        };
        for row in rows {
            index.by_id.insert(id_of(row), row);
            if let Some(field) = &external_id_field {
                let rows = index.by_external_id.entry(text_of(row, field)).or_default();
                rows.push(row);
            }
            if let Some(value) = identity_of(kind, row) {
                index.by_value.entry(value).or_default().push(row);
            }
        }
        index
    }

    pub fn has_id(&self, ids: &[String]) -> bool {
        ids.iter().any(|id| self.by_id.contains_key(id.as_str()))
    }

    /// The rows that carry a key of this item, each once.
    pub fn rows_of(&self, mapped: &Mapped) -> Vec<&'r Record> {
        let mut rows: Vec<&'r Record> = Vec::new();
        let by_id = mapped
            .own_ids
            .iter()
            .filter_map(|id| self.by_id.get(id.as_str()));
        let further = mapped.further_rows.iter().map(Uuid::to_string);
        let further: Vec<&Record> = further
            .filter_map(|id| self.by_id.get(id.as_str()).copied())
            .collect();
        let by_external_id = self
            .by_external_id
            .get(mapped.record.stored_external_id.as_str())
            .into_iter()
            .flatten();
        let unique = mapped.record.unique_value.as_ref();
        let by_value = unique
            .and_then(|unique| self.by_value.get(unique.identity.as_str()))
            .into_iter()
            .flatten();
        for row in by_id.chain(by_external_id).chain(by_value).chain(&further) {
            if !rows.iter().any(|known| std::ptr::eq(*known, *row)) {
                rows.push(row);
            }
        }
        rows
    }
}
