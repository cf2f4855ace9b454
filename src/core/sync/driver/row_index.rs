//! The rows of a look-up, found by each of their keys.

use std::borrow::Cow;
use std::collections::HashMap;

use uuid::Uuid;

use crate::core::sync::record::row::{Row, id_of, text_of};
use crate::core::sync::record::rules::Rules;
use crate::core::sync::record::upsert::Upsert;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::unique_value::identity_of;

/// What a look-up has shown.
#[derive(Default)]
pub struct Seen(pub Vec<Row>);

impl Seen {
    /// The rows by each of their keys.
    pub fn index(&self, rules: &Rules) -> RowIndex<'_> {
        let field = rules.options.field_names.external_id_in(rules.object());
        RowIndex::new(rules.kind, field.name(), &self.0)
    }
}

/// The rows of a look-up by each of their keys.
pub(super) struct RowIndex<'r> {
    by_id: HashMap<&'r str, &'r Row>,
    by_external_id: HashMap<&'r str, Vec<&'r Row>>,
    by_value: HashMap<Cow<'r, str>, Vec<&'r Row>>,
}

impl<'r> RowIndex<'r> {
    pub fn new(kind: ObjectKind, external_id_field: Option<&str>, rows: &'r [Row]) -> Self {
        let mut index = Self {
            by_id: HashMap::with_capacity(rows.len()),
            by_external_id: HashMap::with_capacity(rows.len()),
            by_value: HashMap::with_capacity(rows.len()),
        };
        for row in rows {
            index.by_id.insert(id_of(row), row);
            if let Some(field) = external_id_field {
                let rows = index.by_external_id.entry(text_of(row, field)).or_default();
                rows.push(row);
            }
            if let Some(value) = identity_of(kind, row) {
                index.by_value.entry(value).or_default().push(row);
            }
        }
        index
    }

    /// The rows that carry a key of this record, each once.
    pub fn rows_of(&self, upsert: &Upsert) -> Vec<&'r Row> {
        let mut rows: Vec<&'r Row> = Vec::new();
        let mapped = upsert.mapped();
        let by_id = upsert
            .own_ids()
            .iter()
            .filter_map(|id| self.by_id.get(id.as_str()));
        let further = upsert.further_rows().iter().map(Uuid::to_string);
        let further: Vec<&Row> = further
            .filter_map(|id| self.by_id.get(id.as_str()).copied())
            .collect();
        let by_external_id = self
            .by_external_id
            .get(mapped.stored_external_id.as_str())
            .into_iter()
            .flatten();
        let unique = mapped.unique_value.as_ref();
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
