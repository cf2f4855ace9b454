//! The record that looks for its row, and which of the found rows belong to it.

use crate::core::sync::record::row::{Row, id_of, is_deleted, text_of};
use crate::core::twenty::additional_emails;
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::{MappedRecord, UniqueValue};
use crate::core::twenty::unique_value::identity_of;

/// The record that looks for its row.
pub struct Claimant<'a> {
    /// Person or company.
    pub kind: ObjectKind,
    /// The caller's external id.
    pub external_id: &'a str,
    /// The external id as the CRM stores it (with the namespace).
    pub stored_external_id: &'a str,
    /// Ids that are ours: derived from the external id, or remembered.
    pub own_ids: &'a [String],
    /// Whether the workspace has a field for external ids.
    pub external_id_field: &'a ExternalIdField,
    /// The e-mail or domain to write.
    pub unique: Option<&'a UniqueValue>,
}

impl<'a> Claimant<'a> {
    /// For a record to write; `without_unique` if its e-mail or domain is left out anyway.
    pub fn of(
        kind: ObjectKind,
        external_id: &'a str,
        record: &'a MappedRecord,
        own_ids: &'a [String],
        without_unique: bool,
    ) -> Self {
        Self {
            kind,
            external_id,
            stored_external_id: &record.stored_external_id,
            own_ids,
            external_id_field: &record.external_id_field,
            unique: record.unique_value.as_ref().filter(|_| !without_unique),
        }
    }

    pub(super) fn external_id_of<'r>(&self, row: &'r Row) -> Option<&'r str> {
        let name = self.external_id_field.name()?;
        Some(text_of(row, name)).filter(|text| !text.is_empty())
    }

    fn has_own_id(&self, row: &Row) -> bool {
        self.own_ids.iter().any(|id| id == id_of(row))
    }

    /// Whether the row carries our external id, or has one of our ids and no external id.
    pub fn is_own(&self, row: &Row) -> bool {
        match self.external_id_of(row) {
            Some(external_id) => external_id == self.stored_external_id,
            None => self.has_own_id(row),
        }
    }

    /// The row with our external id, otherwise one with an id of ours and no external id. If the field is not unique
    /// and several rows have it: a live one first, then one with an id of ours, then the oldest.
    pub fn own_row<'r>(&self, rows: &[&'r Row]) -> Option<&'r Row> {
        rows.iter()
            .copied()
            .filter(|row| self.is_own(row))
            .min_by_key(|row| {
                (
                    self.external_id_of(row).is_none(),
                    is_deleted(row),
                    !self.has_own_id(row),
                    text_of(row, "createdAt").to_owned(),
                )
            })
    }

    pub(super) fn holds_unique(&self, row: &Row) -> bool {
        self.unique.is_some_and(|unique| {
            identity_of(self.kind, row).is_some_and(|held| held == unique.identity)
        })
    }

    /// Whether the row has our e-mail as an additional address.
    pub(super) fn has_further(&self, row: &Row) -> bool {
        let unique = self.unique.filter(|_| self.kind == ObjectKind::Person);
        unique.is_some_and(|unique| {
            !self.holds_unique(row)
                && additional_emails::held_by(row).any(|it| it == unique.identity)
        })
    }

    /// The live rows that have our e-mail as an additional address.
    pub(super) fn further_holders<'r>(&self, rows: &[&'r Row]) -> Vec<&'r Row> {
        let live = rows.iter().copied().filter(|row| !is_deleted(row));
        live.filter(|row| self.has_further(row)).collect()
    }

    /// Another row with our e-mail or domain: live ones before deleted ones, the oldest first.
    pub(super) fn holder<'r>(&self, rows: &[&'r Row], own: Option<&Row>) -> Option<&'r Row> {
        rows.iter()
            .copied()
            .filter(|row| own.is_none_or(|own| id_of(own) != id_of(row)))
            .filter(|row| self.holds_unique(row))
            .min_by_key(|row| (is_deleted(row), text_of(row, "createdAt").to_owned()))
    }
}
