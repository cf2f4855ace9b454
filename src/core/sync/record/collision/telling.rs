//! Warnings and errors of collisions. They name both rows.

use super::{Claimant, reason};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::sync::record::row::{Row, id_of, is_deleted};
use crate::core::twenty::record::UniqueValue;
use crate::core::twenty::warning::SyncWarning;

impl Claimant<'_> {
    pub(super) fn noun(&self) -> &'static str {
        self.kind.singular()
    }

    pub(super) fn warning(
        &self,
        field: &str,
        reason: &'static str,
        message: String,
    ) -> SyncWarning {
        SyncWarning::new(field, reason, self.external_id, message)
    }

    /// Adds the other row's id, and its external id if it has one.
    pub(super) fn about(&self, warning: SyncWarning, row: &Row) -> SyncWarning {
        let warning = warning.with_crm_id(id_of(row));
        match self.external_id_of(row) {
            Some(other) => warning.with_other_external_id(other),
            None => warning,
        }
    }

    pub(super) fn describe(&self, row: &Row) -> String {
        match self.external_id_of(row) {
            Some(other) => format!("{:?} (row {})", other, id_of(row)),
            None => format!("row {}", id_of(row)),
        }
    }

    pub(super) fn left_out(&self, unique: &UniqueValue, holder: &Row) -> SyncWarning {
        let (reason, state) = if is_deleted(holder) {
            (reason::VALUE_ON_DELETED_ROW, "soft-deleted ")
        } else {
            (reason::VALUE_TAKEN, "")
        };
        let message = format!(
            "the {} of {:?} already belongs to {state}{}: {:?} was written without it",
            value_noun(unique),
            self.external_id,
            self.describe(holder),
            self.external_id
        );
        self.about(self.warning(unique.input_field, reason, message), holder)
    }

    /// Other rows have our e-mail as an additional address; our row is written with it.
    pub(super) fn additional_email(&self, holders: &[&Row]) -> SyncWarning {
        let whose: Vec<String> = holders.iter().map(|row| self.describe(row)).collect();
        let message = format!(
            "the e-mail of {:?} is an additional address of {}: {:?} was written with it anyway. If they are one \
             person, merge them in the CRM",
            self.external_id,
            whose.join(" and "),
            self.external_id
        );
        let warning = self.warning("email", reason::ADDITIONAL_EMAIL, message);
        match holders {
            [one] => self.about(warning, one),
            _ => warning,
        }
    }

    /// Our own row has the e-mail as an additional address, and keeps its primary one.
    pub(super) fn primary_email_kept(&self, own: &Row) -> SyncWarning {
        let message = format!(
            "row {} of {:?} has this e-mail among its additional addresses: its primary address was kept",
            id_of(own),
            self.external_id
        );
        self.warning("email", reason::ADDITIONAL_EMAIL, message)
            .with_crm_id(id_of(own))
    }

    pub(super) fn taken_over(&self, unique: &UniqueValue, holder: &Row) -> SyncWarning {
        let message = format!(
            "the {} of {:?} was taken over from {}",
            value_noun(unique),
            self.external_id,
            self.describe(holder)
        );
        self.about(
            self.warning(unique.input_field, reason::TAKEN_OVER, message),
            holder,
        )
    }

    pub(super) fn taken(&self, unique: &UniqueValue, holder: &Row) -> CrmError {
        self.failure(
            error_reason::COLLISION,
            format!(
                "the {} of {} {:?} already belongs to {}: correct one of the two, or change the option collisions",
                value_noun(unique),
                self.noun(),
                self.external_id,
                self.describe(holder)
            ),
            holder,
        )
        .with_detail("field", unique.input_field)
    }

    pub(super) fn failure(&self, reason: &str, message: String, row: &Row) -> CrmError {
        let error = CrmError::new(ErrorCode::OperationFailed, message)
            .with_detail("reason", reason)
            .with_detail("externalId", self.external_id)
            .with_detail("crmId", id_of(row));
        match self.external_id_of(row) {
            Some(other) if other != self.stored_external_id => {
                error.with_detail("otherExternalId", other)
            }
            _ => error,
        }
    }
}

/// What users call the value.
pub fn value_noun(unique: &UniqueValue) -> &'static str {
    match unique.input_field {
        "email" => "e-mail",
        _ => "domain",
    }
}
