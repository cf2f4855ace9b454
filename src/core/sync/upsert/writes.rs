//! The three ways to write: create, write what is remembered, write what was found.

use serde_json::Value;
use uuid::Uuid;

use super::mishaps::{is_duplicate, is_lost_write, is_outcome_unknown};
use super::payload::Update;
use super::{Plan, Step, Upsert};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::record::input::Input;
use crate::core::twenty::comparison::only_blank;
use crate::core::twenty::composite;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::UniqueValue;
use crate::core::twenty::unique_value::identity_of;
use crate::core::twenty::warning::SyncWarning;

use crate::core::sync::collision::{Target, reason, value_noun};
use crate::core::sync::context::SyncContext;
use crate::core::sync::options::OwnGone;
use crate::core::sync::requests::{self, Record, id_of, is_deleted, text_of};

impl Upsert<'_> {
    pub(super) async fn create(&mut self) -> Result<Step, CrmError> {
        let payload = self.create_payload();
        self.row_unseen = false;
        self.check_refused(&payload)?;
        match requests::create(&self.service.http, self.kind(), &payload).await {
            Ok(record) => {
                self.remember(&record).await;
                Ok(Step::done(self.finished(&record, true)))
            }
            Err(error) if is_duplicate(&error) => {
                self.maybe_created |= is_outcome_unknown(&error);
                self.is_unsettled = self.maybe_created;
                self.was_refused = true;
                self.note_refused(&payload, &error).await;
                self.refused_create = Some(payload);
                self.after_conflict(error).await
            }
            Err(error) if is_lost_write(&error) => {
                self.maybe_created = true;
                self.after_lost_answer(error, &payload).await
            }
            Err(error) => self.after_refusal(error, Plan::Create, true).await,
        }
    }

    pub(super) async fn write_remembered(&mut self, id: String) -> Result<Step, CrmError> {
        let has_further = |rows: &[Uuid]| rows.iter().any(|row| row.to_string() == id);
        if self.needs_row()
            || self.brings_new_domain()
            || self.find_further_rows().await && has_further(&self.further_rows)
        {
            return Ok(Step::Next(Plan::LookUp));
        }
        self.looked_at = self.service.workspace.row_locks.now();
        let Update {
            payload, is_whole, ..
        } = self.update_payload(None);
        if payload.is_empty() {
            return Ok(Step::Next(Plan::LookUp));
        }
        self.row_unseen = true;
        self.is_complete &= is_whole;
        match requests::patch(&self.service.http, self.kind(), &id, &payload).await {
            Ok(record) => self.after_remembered(id, record).await,
            Err(error) if error.code == ErrorCode::NotFound => {
                self.was_refused = true;
                Ok(self.after_gone(id).await)
            }
            Err(error) if is_duplicate(&error) => {
                self.is_unsettled = is_outcome_unknown(&error);
                self.was_refused = true;
                self.note_refused(&payload, &error).await;
                self.after_conflict(error).await
            }
            Err(error) if is_lost_write(&error) => self.after_lost_answer(error, &payload).await,
            Err(error) => {
                self.after_refusal(
                    error,
                    Plan::Remembered(id),
                    payload.contains_key("companyId"),
                )
                .await
            }
        }
    }

    /// The echo tells whether the remembered row is still ours, and still there.
    pub(super) async fn after_remembered(
        &mut self,
        id: String,
        record: Record,
    ) -> Result<Step, CrmError> {
        if let Some(field) = self.mapped.external_id_field.name() {
            let echoed = text_of(&record, field);
            if !echoed.is_empty() && echoed != self.mapped.stored_external_id {
                self.give_back(&record).await;
                self.forget(&id).await;
                return Ok(Step::Next(Plan::LookUp));
            }
        }
        if is_deleted(&record) || self.lacks_external_id(&record) {
            // Restoring and claiming are decided as after a look-up; the row is already at hand.
            return self.decide(std::slice::from_ref(&record));
        }
        if self.owes(&record) {
            return self.decide(std::slice::from_ref(&record));
        }
        self.remember(&record).await;
        Ok(Step::done(self.finished(&record, false)))
    }

    /// The row had become another record's since it was remembered. What it held is lost, but our e-mail or domain does
    /// not stay there, and whoever it belongs to is written in full the next time.
    async fn give_back(&mut self, record: &Record) {
        let other = self.service.former_owner(record, &self.mapped);
        let mut warning = written_over_warning(self.input.external_id(), record, other);
        if let Some(other) = other {
            warning = warning.with_other_external_id(other);
        }
        self.warnings.push(warning);
        let (kind, service) = (self.kind(), self.service);
        if let Err(message) = service
            .forget_former_owner(kind, record, &self.mapped)
            .await
        {
            self.warn_store(&message);
        }
        let holds_ours = self.mapped.unique_value.as_ref().is_some_and(|unique| {
            identity_of(kind, record).is_some_and(|held| held == unique.identity)
        });
        if holds_ours && let Err(error) = take_value_from(service, kind, record).await {
            // The look-up that follows finds the value there, and tells of it.
            drop(error);
        }
    }

    /// The remembered row is not there any more. Where it is not simply made again, another row may carry our external
    /// id by now; what is left gone stays remembered, so that it is left gone next time.
    async fn after_gone(&mut self, id: String) -> Step {
        if self.service.options.collisions.own_gone != OwnGone::Create {
            return Step::Next(Plan::LookUp);
        }
        self.forget(&id).await;
        Step::Next(match self.must_look_first() {
            true => Plan::LookUp,
            false => Plan::Create,
        })
    }

    #[expect(clippy::too_many_lines)]
    pub(super) async fn write_found(&mut self, target: Target) -> Result<Step, CrmError> {
        let id = id_of(&target.row).to_owned();
        let mut claim = match target.claim {
            true => Some(self.service.workspace.row_locks.lock(&id).await),
            false => None,
        };
        if let Some(claim) = &mut claim
            && !claim.take(self.looked_at)
        {
            // Another upsert of this process has just made this row its own.
            return Ok(Step::Next(Plan::LookUp));
        }
        if let Some(other) = &target.take_from {
            take_value_from(self.service, self.kind(), other).await?;
        }
        if target.claim {
            let (kind, service) = (self.kind(), self.service);
            let forgotten = service.forget_former_owner(kind, &target.row, &self.mapped);
            if let Err(message) = forgotten.await {
                self.warn_store(&message);
            }
        }
        self.row_unseen = false;
        let Update {
            mut payload,
            mut uncleared,
            is_whole,
        } = self.update_payload(Some(&target.row));
        self.is_complete &= is_whole && !target.lacks_value() && !target.blanks_only;
        if target.leave_out_unique {
            payload.shift_remove(self.kind().unique_field());
        }
        let mut kept = Vec::new();
        if target.blanks_only {
            (payload, kept) = only_blank(&payload, &target.row);
            kept.append(&mut uncleared);
        }
        self.is_complete &= uncleared.is_empty();
        if let Input::CompanyStub(_) = self.input
            && !target.blanks_only
        {
            payload.clear();
        }
        if target.claim
            && let Some(field) = self.mapped.external_id_field.name()
        {
            payload.insert(
                field.to_owned(),
                self.mapped.stored_external_id.clone().into(),
            );
        }
        if target.revive {
            payload.insert("deletedAt".to_owned(), Value::Null);
        }
        if target.take_from.is_none() {
            self.check_refused(&payload)?;
        }
        let written = requests::patch(&self.service.http, self.kind(), &id, &payload).await;
        drop(claim);
        match written {
            Ok(record) if is_deleted(&record) => {
                // It was deleted between the look-up and the write; or it was to be restored, and this is an answer to
                // something else.
                self.conflict_pause(None).await?;
                Ok(Step::Next(Plan::LookUp))
            }
            Ok(record) => {
                self.warnings.extend(target.warnings);
                for field in uncleared {
                    let external_id = self.input.external_id();
                    let warning = link_kept_warning(self.kind(), external_id, &field);
                    self.warnings.push(warning);
                }
                if target.blanks_only {
                    let unique = self.mapped.unique_value.as_ref();
                    self.warnings.push(linked_warning(
                        self.input.external_id(),
                        unique,
                        &id,
                        &kept,
                    ));
                }
                self.remember(&record).await;
                Ok(Step::done(self.finished(&record, false)))
            }
            Err(error) if error.code == ErrorCode::NotFound || is_duplicate(&error) => {
                // It went, or its value was taken, between the look-up and the write.
                self.is_unsettled = is_outcome_unknown(&error);
                self.was_refused = true;
                if is_duplicate(&error) {
                    self.note_refused(&payload, &error).await;
                }
                self.conflict_pause(Some(error)).await?;
                Ok(Step::Next(Plan::LookUp))
            }
            Err(error) if is_lost_write(&error) => self.after_lost_answer(error, &payload).await,
            Err(error) => {
                let linked = payload.contains_key("companyId");
                self.after_refusal(error, Plan::Found(Box::new(target)), linked)
                    .await
            }
        }
    }
}

/// Says that a row which nobody had claimed is ours now, and what of it was kept.
pub(in crate::core::sync) fn linked_warning(
    external_id: &str,
    unique: Option<&UniqueValue>,
    id: &str,
    kept: &[String],
) -> SyncWarning {
    let kept = if kept.is_empty() {
        "its blank fields were filled".to_owned()
    } else {
        format!(
            "its blank fields were filled, its own values were kept for: {}",
            kept.join(", ")
        )
    };
    let (field, noun) = match unique {
        Some(unique) => (unique.input_field, value_noun(unique)),
        None => ("external_id", "value"),
    };
    SyncWarning::new(
        field,
        reason::LINKED,
        external_id,
        format!(
            "row {id} with this {noun} carried no external id: it was linked to {external_id:?}, {kept}"
        ),
    )
    .with_crm_id(id)
}

/// Says that a write went to a row which had become another record's.
fn written_over_warning(external_id: &str, row: &Record, other: Option<&str>) -> SyncWarning {
    let id = id_of(row);
    let whose = match other {
        Some(other) => format!("belongs to {other:?} by now"),
        None => "belongs to another record by now".to_owned(),
    };
    SyncWarning::new(
        "external_id",
        reason::WRITTEN_OVER,
        external_id,
        format!(
            "row {id} was remembered for {external_id:?} and {whose}: it was written before the answer showed that. Look at it in the CRM, or write that record again"
        ),
    )
    .with_crm_id(id)
}

/// Says that a link which was to be cleared stays, and why.
pub(in crate::core::sync) fn link_kept_warning(
    kind: ObjectKind,
    external_id: &str,
    field: &str,
) -> SyncWarning {
    let input_field = match field == kind.unique_field() {
        true => "domain_name",
        false => "website",
    };
    SyncWarning::new(
        input_field,
        reason::LINK_KEPT,
        external_id,
        format!(
            "{field} was not cleared: it holds further links, the first of which the server would put in its place. Remove them in the CRM"
        ),
    )
}

/// Clears the e-mail or domain of another row, so that ours can have it.
pub(in crate::core::sync) async fn take_value_from(
    service: &SyncContext,
    kind: ObjectKind,
    row: &Record,
) -> Result<(), CrmError> {
    let payload = composite::emptied(row, kind.unique_field(), kind.unique_subfield());
    requests::patch(&service.http, kind, id_of(row), &payload)
        .await
        .map(drop)
}
