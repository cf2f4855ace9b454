//! Which row belongs to the record, decided from the rows that a look-up found.

use serde_json::{Map, Value};

use crate::core::twenty::comparison::holds_all;
use crate::core::twenty::domain::Domain;
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::unique_value::identity_of;

use super::collision::{Claimant, Decision, decide};
use super::input::Input;
use super::link::{Met, meet};
use super::notices;
use super::ownership::may_write;
use super::payload::is_as_created;
use super::result::Status;
use super::row::{Row, id_of, is_deleted, text_of};
use super::rules::Rules;
use super::upsert::{Effect, Found, Step, Upsert};

impl Upsert {
    /// Handles the result of a look-up: all rows with one of the record's keys, including deleted ones, and the time of
    /// the look-up.
    pub fn tell_rows(&mut self, rules: &Rules, rows: &[&Row], looked_at: u64) {
        self.looked_at = looked_at;
        self.is_unsettled = false;
        self.was_refused = false;
        self.forget_disowned(rows);
        if let Some(refused) = self.refused_create.take()
            && let ExternalIdField::Unproven(field) = &self.mapped.external_id_field
            && self.proves_uniqueness(field, &refused, rows)
        {
            self.effects.push(Effect::ProveUnique(field.clone()));
        }
        if let Some(lost) = self.lost_write.take()
            && let Some(row) = self.carried_out(&lost.payload, rows)
        {
            match lost.row_id.filter(|meant| meant != id_of(row)) {
                None => return self.tell_carried_out(rules, row.clone(), lost.is_complete),
                Some(meant) => self.note_written_elsewhere(&meant, row),
            }
        }
        self.decide(rules, rows);
    }

    /// Handles the result of the single look-up after a lost answer.
    pub fn tell_confirmation(&mut self, rules: &Rules, rows: Option<&[&Row]>) {
        let (Some(error), Some(lost)) = (self.lost.take(), self.lost_write.take()) else {
            self.step = Step::LookUp;
            return;
        };
        let Some(rows) = rows else {
            return self.fail_unknown(&error);
        };
        match self.carried_out(&lost.payload, rows) {
            Some(row) => self.tell_carried_out(rules, row.clone(), lost.is_complete),
            // The write did not arrive, or not yet: a slow server may still carry it out.
            None => self.fail_lost(error),
        }
    }

    /// The row that contains what the lost write sent. A remembered row counts even if it belongs to another record:
    /// the write went there without a look.
    fn carried_out<'r>(&self, sent: &Map<String, Value>, rows: &[&'r Row]) -> Option<&'r Row> {
        let claimant = self.claimant();
        let has_own_id = |row: &Row| self.own_ids.iter().any(|id| id == id_of(row));
        let mut rows = rows.iter().copied();
        rows.find(|row| (has_own_id(row) || claimant.is_own(row)) && holds_all(row, sent))
    }

    /// Another row than the one that was meant has our external id and what was sent. An upsert of a row that is gone
    /// writes the row with the same external id or e-mail instead (`docs/twenty/protocol.md#upserts`). The write was made
    /// for the first row, so the rest of the record may still be missing here: decide again.
    fn note_written_elsewhere(&mut self, meant: &str, row: &Row) {
        let warning = notices::written_elsewhere(self.input.external_id(), meant, row);
        self.warnings.push(warning);
        self.forget(meant);
    }

    fn tell_carried_out(&mut self, rules: &Rules, row: Row, is_complete: bool) {
        if self.row_unseen {
            // The write's own answer would also have shown what the row became.
            return self.tell_patched(rules, row);
        }
        if is_deleted(&row) {
            return self.decide(rules, &[&row]);
        }
        let is_created = self.maybe_created && is_as_created(&row, &self.create_payload(rules));
        let status = match is_created || self.was_inserted {
            true => Status::Created,
            false => Status::Updated,
        };
        self.is_complete &= is_complete;
        self.step = Step::Stored { row, status };
    }

    /// The record as the collision table sees it.
    pub fn claimant(&self) -> Claimant<'_> {
        Claimant::of(
            self.kind(),
            self.input.external_id(),
            &self.mapped,
            &self.own_ids,
            self.without_unique,
        )
    }

    /// Like `claimant`. If our own row keeps its e-mail or domain, then no other row with ours collides.
    fn claimant_of_value(&self, rules: &Rules, rows: &[&Row]) -> Claimant<'_> {
        let claimant = self.claimant();
        let field = rules.kind.unique_field();
        let is_written = self.was_inserted
            || claimant
                .own_row(rows)
                .is_none_or(|own| may_write(rules.restricted(), field, own));
        Claimant {
            unique: claimant.unique.filter(|_| is_written),
            ..claimant
        }
    }

    pub(super) fn decide(&mut self, rules: &Rules, rows: &[&Row]) {
        self.decided.clear();
        let claimant = self.claimant();
        if claimant.own_row(rows).is_none()
            && let Some(row) = self.anothers_company(rows)
        {
            let row = row.clone();
            let id = id_of(&row).to_owned();
            return self.leave_unchanged(rules, id, Some(&row));
        }
        let found = self.found(rules, rows);
        if let Some(own) = self.claimant().own_row(rows) {
            let id = id_of(own).to_owned();
            self.note_own(id);
        }
        self.step = Step::Decided(found);
    }

    /// A row that was seen to be ours counts as remembered: if it is missing in the next look-up, the policy `ownGone`
    /// applies.
    fn note_own(&mut self, id: String) {
        if !self.own_ids.contains(&id) {
            self.own_ids.push(id.clone());
        }
        self.recalled.id = Some(id);
    }

    /// Applies the collision table to these rows.
    pub fn found(&self, rules: &Rules, rows: &[&Row]) -> Found {
        let has = |id: &String| rows.iter().any(|row| id == id_of(row));
        let claimant = self.claimant_of_value(rules, rows);
        let decision = decide(&claimant, rows, &rules.collisions(&self.input));
        Found {
            is_gone: self.recalled.id.as_ref().is_some_and(|id| !has(id)),
            is_id_taken: matches!(decision, Decision::Create { .. })
                && self.own_ids.iter().any(has),
            decision,
        }
    }

    /// Replaces the decision by a new one.
    pub fn decide_again(&mut self, found: Found) {
        self.step = Step::Decided(found);
    }

    /// Whether the decision takes something from another record's row.
    pub fn takes_from_others(&self) -> bool {
        match &self.step {
            Step::Decided(found) => match &found.decision {
                Decision::Write(target) => target.claim || target.take_from.is_some(),
                _ => false,
            },
            _ => false,
        }
    }

    /// Another record of the same batch is about to change the rows that this decision rests on: look up again.
    pub fn wait_for_other(&mut self) {
        self.step = Step::LookUp;
    }

    /// Forgets a remembered id if its row belongs to another record.
    fn forget_disowned(&mut self, rows: &[&Row]) {
        let Some(id) = self.recalled.id.clone() else {
            return;
        };
        let claimant = self.claimant();
        let mut remembered = rows.iter().filter(|row| id_of(row) == id);
        if remembered.any(|row| !claimant.is_own(row)) {
            self.forget(&id);
        }
    }

    /// A row with another external id that has the domain by which a person names this company: it is that company.
    fn anothers_company<'r>(&self, rows: &[&'r Row]) -> Option<&'r Row> {
        let Input::CompanyStub(stub) = &self.input else {
            return None;
        };
        let domain = Domain::parse(stub.domain_name.value()?).ok()?;
        let rows = rows.iter().copied();
        match meet(rows, &self.mapped.external_id_field, Some(&domain)) {
            Met::Anothers(row) => Some(row),
            Met::Nobody | Met::Open(_) => None,
        }
    }

    /// Whether a refusal proves that the external id field is unique. The schema does not say so if the key may not
    /// read metadata. It is proof if no other field of `refused` can be a duplicate of one of `rows`.
    fn proves_uniqueness(&self, field: &str, refused: &Map<String, Value>, rows: &[&Row]) -> bool {
        /// Fields that no workspace keeps unique; the looked-up ones are handled separately.
        const NEVER_UNIQUE: [&str; 3] = ["name", "companyId", "jobTitle"];
        let unique_field = self.kind().unique_field();
        let looked_up = |key: &str| key == "id" || key == field || key == unique_field;
        let is_explained_elsewhere = |row: &&Row| {
            refused.get("id").and_then(Value::as_str) == Some(id_of(row))
                || self.mapped.unique_value.as_ref().is_some_and(|unique| {
                    identity_of(self.kind(), row).is_some_and(|held| held == unique.identity)
                })
        };
        refused
            .keys()
            .all(|key| looked_up(key) || NEVER_UNIQUE.contains(&key.as_str()))
            && rows
                .iter()
                .any(|row| text_of(row, field) == self.mapped.stored_external_id)
            && !rows.iter().any(is_explained_elsewhere)
    }
}
