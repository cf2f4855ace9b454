//! The rows of a look-up, found by each of their keys.

use std::collections::HashMap;

use uuid::Uuid;

use crate::core::sync::record::row::{Row, id_of, text_of};
use crate::core::sync::record::upsert::Upsert;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::unique_value::identity_of;

/// What a look-up has shown of one object, by each of the rows' keys.
#[derive(Default)]
pub struct Seen {
    rows: Vec<Row>,
    by_id: HashMap<String, usize>,
    by_external_id: HashMap<String, Vec<usize>>,
    by_value: HashMap<String, Vec<usize>>,
}

impl Seen {
    /// Rows of an object; `external_id_field` where the workspace has one.
    pub fn new(kind: ObjectKind, external_id_field: Option<&str>, rows: Vec<Row>) -> Self {
        let mut seen = Self {
            by_id: HashMap::with_capacity(rows.len()),
            ..Self::default()
        };
        for (at, row) in rows.iter().enumerate() {
            seen.by_id.insert(id_of(row).to_owned(), at);
            if let Some(field) = external_id_field {
                let external_id = text_of(row, field).to_owned();
                seen.by_external_id.entry(external_id).or_default().push(at);
            }
            if let Some(value) = identity_of(kind, row) {
                let value = value.into_owned();
                seen.by_value.entry(value).or_default().push(at);
            }
        }
        seen.rows = rows;
        seen
    }

    /// All of them.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows that carry a key of this record, each once.
    pub fn rows_of(&self, upsert: &Upsert) -> Vec<&Row> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let mapped = upsert.mapped();
        let further: Vec<String> = upsert.further_rows().iter().map(Uuid::to_string).collect();
        let ids = upsert.own_ids().iter().chain(&further);
        let unique = mapped.unique_value.as_ref();
        let value = unique.map(|unique| unique.identity.as_str());
        self.find(ids.map(String::as_str), &mapped.stored_external_id, value)
    }

    /// The rows that carry one of these keys, each once.
    pub fn find<'k>(
        &self,
        ids: impl Iterator<Item = &'k str>,
        stored_external_id: &str,
        value: Option<&str>,
    ) -> Vec<&Row> {
        let by_id = ids.filter_map(|id| self.by_id.get(id));
        let by_external_id = self.by_external_id.get(stored_external_id);
        let by_value = value.and_then(|value| self.by_value.get(value));
        let keyed = by_external_id.into_iter().chain(by_value).flatten();
        let mut places: Vec<usize> = Vec::new();
        for place in by_id.chain(keyed) {
            if !places.contains(place) {
                places.push(*place);
            }
        }
        places
            .iter()
            .filter_map(|place| self.rows.get(*place))
            .collect()
    }
}
