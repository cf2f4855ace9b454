//! The result of a write: carried out, lost, refused.

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::ids::caller_external_id;
use crate::core::twenty::unique_value::identity_of;

use super::collision::Target;
use super::collision::reason::{TAKEN_OVER, VALUE_TAKEN};
use super::errors::{
    is_conflict, is_foreign_key, is_lost_write, is_outcome_unknown, is_unknown_field,
    is_wrong_answer, outcome_unknown,
};
use super::link::LINK_FIELD;
use super::notices;
use super::payload::is_just_inserted;
use super::refusal::naming_email;
use super::result::Status;
use super::row::{Row, id_of, is_deleted, text_of};
use super::rules::{Rules, UpdateMode};
use super::upsert::{Effect, LostWrite, Next, Plan, SchemaDoubt, Step, Update, Upsert};

/// How certain it is that a refusal is about this record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// It was written alone.
    This,
    /// It was written in a batch, and the refusal does not say which record it is about.
    Shared,
}

/// What to do about a lost answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterLoss {
    /// Look up once, without retries: retries have just failed.
    Confirm,
    /// Look up, and write again what is missing.
    WriteAgain,
    /// Give up.
    GiveUp,
}

impl Upsert {
    /// An earlier request may have carried out the write as well: its answer was lost.
    pub fn note_repeated(&mut self) {
        self.is_repeated = true;
    }

    /// Its row was written as planned.
    pub fn tell_written(&mut self, rules: &Rules, row: Row, mode: UpdateMode) {
        match self.take_step() {
            Step::Planned(Plan::Create) => {
                let status = Status::Created;
                self.step = Step::Stored { row, status };
            }
            Step::Planned(Plan::Patch { .. }) => self.tell_patched(rules, row),
            Step::Planned(Plan::Update(update)) => self.tell_updated(rules, row, update, mode),
            step => self.step = step,
        }
    }

    fn tell_updated(&mut self, rules: &Rules, row: Row, update: Update, mode: UpdateMode) {
        if self.is_anothers(&row) {
            return self.leave_to_another(rules, row);
        }
        if is_deleted(&row) {
            // The row was deleted between look-up and write; or it should have been restored, and this answer belongs
            // to another request.
            return self.after_conflict(rules, None);
        }
        if mode == UpdateMode::Upsert && is_another_row(&row, &update.target.row) {
            // If an answer was lost, the row may be our own insert, which the retry then updated.
            return match is_just_inserted(&row) || self.is_repeated {
                true => self.after_insert(rules, row, &update),
                // Somebody else made the record again.
                false => self.after_conflict(rules, None),
            };
        }
        self.is_complete &= update.is_complete;
        let status = match self.was_inserted {
            true => Status::Created,
            false => Status::Updated,
        };
        self.step = Step::Stored { row, status };
    }

    /// The looked-up row was gone, and the upsert inserted a new one with only the fields that it sent. The policy is
    /// to create it again, so the new row gets the other fields too.
    fn after_insert(&mut self, rules: &Rules, row: Row, update: &Update) {
        self.was_inserted = true;
        let mut payload = self.create_payload(rules);
        payload.shift_remove("id");
        let is_without_value = update.target.leave_out_unique;
        if is_without_value {
            // The reason why the value is left out still holds; how the row was found does not.
            self.decided.retain(|warning| warning.reason == VALUE_TAKEN);
            payload.shift_remove(rules.kind.unique_field());
        } else {
            self.decided.clear();
        }
        self.step = Step::Planned(Plan::Update(Update {
            id: id_of(&row).to_owned(),
            payload,
            is_complete: !is_without_value,
            target: Box::new(Target::own(&row)),
        }));
    }

    /// The row to write does not exist or is deleted by now.
    pub fn tell_unmatched(&mut self, rules: &Rules) {
        self.take_step();
        self.after_conflict(rules, None);
    }

    /// Another row's e-mail or domain was cleared for this record. This stays true whatever is decided next.
    pub fn tell_value_taken(&mut self) {
        if let Step::Planned(Plan::Update(update)) = &mut self.step {
            update.target.take_from = None;
            update.target.warnings.retain(|it| it.reason != TAKEN_OVER);
            let taken = self.decided.extract_if(.., |it| it.reason == TAKEN_OVER);
            self.warnings.extend(taken);
        }
    }

    /// Another upsert of this process has just claimed the row.
    pub fn tell_row_taken(&mut self) {
        self.step = Step::LookUp;
    }

    /// The row becomes this record's: what is remembered of its former owner is forgotten.
    pub fn tell_row_claimed(&mut self, rules: &Rules) {
        if let Step::Planned(Plan::Update(update)) = &self.step {
            let other = self.former_owner(rules, &update.target.row);
            self.effects.extend(other.map(Effect::ForgetOther));
        }
    }

    /// The answer to a write to a remembered row shows whether the row is still ours, and still exists.
    pub(super) fn tell_patched(&mut self, rules: &Rules, row: Row) {
        if self.is_anothers(&row) {
            return self.leave_to_another(rules, row);
        }
        if is_deleted(&row) || self.lacks_external_id(&row) || self.owes(rules, &row) {
            // Decide as after a look-up; the row is already known.
            return self.decide(rules, &[&row]);
        }
        let status = Status::Updated;
        self.step = Step::Stored { row, status };
    }

    /// Whether the row carries the external id of another record.
    fn is_anothers(&self, row: &Row) -> bool {
        let field = self.mapped.external_id_field.name();
        let carried = field.map_or("", |field| text_of(row, field));
        !carried.is_empty() && carried != self.mapped.stored_external_id
    }

    /// The answer to a write shows that the row now belongs to another record: look for our own row again.
    fn leave_to_another(&mut self, rules: &Rules, row: Row) {
        let id = id_of(&row).to_owned();
        self.give_back(rules, row);
        self.forget(&id);
        self.step = Step::LookUp;
    }

    /// The row had become another record's since it was seen. Its overwritten values are lost, but our e-mail or
    /// domain is removed from it, and its owner's next write is sent in full.
    fn give_back(&mut self, rules: &Rules, row: Row) {
        let other = self.former_owner(rules, &row);
        let external_id = self.input.external_id();
        let warning = notices::written_over(external_id, &row, other.as_deref());
        self.warnings.push(warning);
        self.effects.extend(other.map(Effect::ForgetOther));
        let unique = self.mapped.unique_value.as_ref();
        let holds_ours = unique.is_some_and(|unique| {
            identity_of(self.kind(), &row).is_some_and(|held| held == unique.identity)
        });
        if holds_ours {
            self.effects.push(Effect::TakeBack(row));
        }
    }

    /// The external id of this site on the row, if it is not this record's.
    fn former_owner(&self, rules: &Rules, row: &Row) -> Option<String> {
        let carried = text_of(row, self.mapped.external_id_field.name()?);
        let namespace = rules.options.namespace.as_deref();
        let other = caller_external_id(namespace, carried).filter(|_| self.is_anothers(row));
        other.map(str::to_owned)
    }

    fn lacks_external_id(&self, row: &Row) -> bool {
        self.mapped
            .external_id_field
            .name()
            .is_some_and(|field| row.contains_key(field) && text_of(row, field).is_empty())
    }

    /// The write was refused or lost, or its result is unknown.
    pub fn tell_failed(&mut self, rules: &Rules, error: CrmError, blame: Blame, lost: AfterLoss) {
        let step = self.take_step();
        let Step::Planned(plan) = step else {
            self.step = step;
            return;
        };
        if is_conflict(&error) {
            return self.after_duplicate(rules, plan, error, blame);
        }
        if is_lost_write(&error) {
            return self.after_lost_answer(rules, plan, error, lost);
        }
        match plan {
            Plan::Patch { id, .. } if error.code == ErrorCode::NotFound => {
                self.was_refused = true;
                self.after_gone(rules, id);
            }
            Plan::Update(_) if error.code == ErrorCode::NotFound => {
                self.is_unsettled = is_outcome_unknown(&error);
                self.was_refused = true;
                self.after_conflict(rules, Some(error));
            }
            plan => self.after_refusal(rules, error, plan),
        }
    }

    fn after_duplicate(&mut self, rules: &Rules, plan: Plan, error: CrmError, blame: Blame) {
        let is_open = is_outcome_unknown(&error);
        let is_create = matches!(plan, Plan::Create);
        self.maybe_created |= is_create && is_open;
        self.is_unsettled = is_open || is_create && self.maybe_created;
        self.was_refused = true;
        if blame == Blame::Shared {
            if is_open {
                self.lost = Some(error);
            }
            self.step = Step::LookUp;
            return;
        }
        let payload = match plan {
            Plan::Create => self.create_payload(rules),
            Plan::Update(Update { payload, .. }) | Plan::Patch { payload, .. } => payload,
        };
        let doubt = self.note_refused(rules, &payload, &error);
        if is_create {
            self.refused_create = Some(payload);
        }
        self.after_conflict(rules, Some(error));
        if doubt && matches!(self.step, Step::LookUp | Step::Pause) {
            // The field may have been made unique since the schema was read.
            self.step = Step::Schema(SchemaDoubt {
                is_certain: false,
                error: None,
                next: Next::LookUp,
            });
        }
    }

    /// All retries failed, and the server may have carried out the write anyway.
    fn after_lost_answer(&mut self, rules: &Rules, plan: Plan, error: CrmError, lost: AfterLoss) {
        self.maybe_created |= matches!(plan, Plan::Create);
        if lost == AfterLoss::GiveUp {
            return self.fail_unknown(&error);
        }
        let (row_id, payload, is_complete) = match plan {
            Plan::Create => (None, self.create_payload(rules), true),
            Plan::Update(update) => (Some(update.id), update.payload, update.is_complete),
            Plan::Patch { id, payload } => (Some(id), payload, true),
        };
        self.lost_write = Some(LostWrite {
            row_id,
            payload,
            is_complete,
        });
        self.lost = Some(error);
        self.is_unsettled = true;
        self.step = match lost {
            AfterLoss::Confirm => Step::Confirm,
            _ => Step::LookUp,
        };
    }

    /// The remembered row no longer exists. If the policy is not to create it again, another row may have our external
    /// id by now. A row that is not created again stays remembered, so that the next upsert decides the same.
    fn after_gone(&mut self, rules: &Rules, id: String) {
        if !Self::is_made_again(rules) {
            self.step = Step::LookUp;
            return;
        }
        self.forget(&id);
        match self.must_look_first() {
            true => self.step = Step::LookUp,
            false => self.go(rules, Next::Create),
        }
    }

    /// Another record has one of its unique values, or has changed its row. The first time it looks up at once; after
    /// that there is a race, and it waits first.
    pub(super) fn after_conflict(&mut self, rules: &Rules, error: Option<CrmError>) {
        if self.conflicts > rules.call.max_conflict_retries {
            let failure = match self.taken_unseen(rules) {
                Some(taken) => taken,
                None => self.lost_race(rules, error),
            };
            return self.fail(failure);
        }
        self.step = match self.conflicts {
            0 => Step::LookUp,
            _ => Step::Pause,
        };
        self.conflicts += 1;
    }

    fn lost_race(&self, rules: &Rules, error: Option<CrmError>) -> CrmError {
        let mut failure = CrmError::new(
            ErrorCode::OperationFailed,
            format!(
                "{} {:?} could not be written: other writers kept changing the same rows ({} tries); try again later",
                self.kind().singular(),
                self.input.external_id(),
                self.conflicts
            ),
        )
        .with_retryable(true)
        .with_detail("reason", error_reason::CONFLICT)
        .with_detail("externalId", self.input.external_id());
        if let Some(error) = error {
            failure.status = error.status;
            if let Some(field) = self.named_field(rules, &error) {
                failure = failure.with_detail("fields", vec![field]);
            }
            failure = failure.with_detail("originalError", error.message);
        }
        failure
    }

    /// A refusal that may have another cause than the record: a company that was deleted, an optional value that this
    /// server checks more strictly, a changed schema. Each cause is removed once, then the refusal stands.
    fn after_refusal(&mut self, rules: &Rules, error: CrmError, plan: Plan) {
        if error.code != ErrorCode::ValidationError || error.status != Some(400) {
            return self.fail(error);
        }
        let is_linked = match &plan {
            Plan::Create => true,
            Plan::Update(Update { payload, .. }) | Plan::Patch { payload, .. } => {
                payload.contains_key(LINK_FIELD)
            }
        };
        let next = match plan {
            Plan::Create => Next::Create,
            Plan::Update(Update { target, .. }) => Next::Found(target),
            Plan::Patch { id, .. } => Next::Remembered(id),
        };
        if is_linked && !self.link_checked && self.link.is_set() && is_foreign_key(&error) {
            self.link_checked = true;
            self.effects.push(Effect::ForgetCompany);
            let is_fresh = true;
            self.step = Step::Company { is_fresh, next };
            return;
        }
        if self.leave_out_refused(rules, &error) {
            return self.go(rules, next);
        }
        self.was_refused = true;
        self.step = Step::Schema(SchemaDoubt {
            is_certain: is_unknown_field(&error),
            error: Some(error),
            next,
        });
    }

    /// Ends it with the error of a request; the error says so if the record may have been written anyway.
    pub fn fail(&mut self, error: CrmError) {
        // If answers are mixed up, the refusal may have been the answer to another write.
        let is_open = self.is_unsettled
            || self.lost.is_some() && error.retryable
            || self.was_refused && is_wrong_answer(&error);
        if is_open && error.reason() != Some(error_reason::OUTCOME_UNKNOWN) {
            let lost = self.lost.take();
            return self.fail_unknown(&lost.filter(|lost| !is_conflict(lost)).unwrap_or(error));
        }
        let error = self.named(error);
        self.fail_as_it_is(error);
    }

    pub(super) fn fail_unknown(&mut self, error: &CrmError) {
        let unknown = outcome_unknown(self.kind(), self.input.external_id(), error);
        self.fail_as_it_is(unknown);
    }

    pub(super) fn fail_lost(&mut self, error: CrmError) {
        let error = match error.code {
            ErrorCode::Unknown => self.named(error),
            _ => self
                .named(error)
                .with_retryable(true)
                .with_detail("reason", error_reason::OUTCOME_UNKNOWN),
        };
        self.fail_as_it_is(error);
    }

    fn named(&self, error: CrmError) -> CrmError {
        naming_email(error)
            .with_detail("externalId", self.input.external_id())
            .with_detail("object", self.kind().singular())
    }
}

/// Whether the row that was looked at is gone, and another one has its id: a row's `createdAt` never changes.
fn is_another_row(row: &Row, looked_at: &Row) -> bool {
    let (now, before) = (text_of(row, "createdAt"), text_of(looked_at, "createdAt"));
    !now.is_empty() && !before.is_empty() && now != before
}
