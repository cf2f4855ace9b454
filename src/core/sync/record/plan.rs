//! Turns a decision into a write.

use serde_json::Value;

use crate::core::sync::options::OwnGone;
use crate::core::twenty::comparison::{holds_all, only_blank};
use crate::core::twenty::warning::SyncWarning;

use super::collision::{Decision, Target, own_gone};
use super::notices;
use super::payload::{Draft, is_as_created};
use super::result::Status;
use super::row::id_of;
use super::rules::{Rules, Unchanged};
use super::upsert::{Effect, Next, Plan, Step, Update, Upsert};

impl Upsert {
    /// Turns the decision into a write, or ends the record.
    pub fn plan(&mut self, rules: &Rules) {
        let found = match self.take_step() {
            Step::Decided(found) => found,
            step => {
                self.step = step;
                return;
            }
        };
        match found.decision {
            Decision::Fail(error) => self.fail_as_it_is(error),
            Decision::Skip { row, warning } => {
                self.leave_alone(rules, id_of(&row).to_owned(), Some(&row), warning);
            }
            Decision::Create { leave_out, note } => {
                if found.is_gone && self.is_left_gone(rules) {
                    return;
                }
                if found.is_id_taken {
                    self.choose_next_id(rules);
                }
                if let Some(warning) = leave_out {
                    self.go_without_value(warning);
                }
                self.decided.extend(note);
                self.go(rules, Next::Create);
            }
            Decision::Write(target) => self.plan_found(rules, target),
        }
    }

    /// Another record has the e-mail or domain: this one is written without it from now on.
    pub(super) fn go_without_value(&mut self, warning: SyncWarning) {
        self.is_complete = false;
        self.without_unique = true;
        self.left_out.push(warning);
    }

    /// The remembered row no longer exists: whether the record ends here, because the policy is not to create it again.
    fn is_left_gone(&mut self, rules: &Rules) -> bool {
        let Some(id) = self.recalled.id.clone() else {
            return false;
        };
        let policy = rules.options.collisions.own_gone;
        match own_gone(policy, self.kind(), self.input.external_id(), &id) {
            None => return false,
            Some(Err(error)) => self.fail_as_it_is(error),
            Some(Ok(warning)) => self.leave_alone(rules, id, None, warning),
        }
        true
    }

    fn plan_found(&mut self, rules: &Rules, target: Target) {
        let stays = !target.blanks_only && !target.claim && !target.revive;
        if self.input.is_stub() && stays {
            let id = id_of(&target.row).to_owned();
            self.effects.push(Effect::Learn(id.clone()));
            return self.leave_unchanged(rules, id, Some(&target.row));
        }
        if self.maybe_created && is_as_created(&target.row, &self.create_payload(rules)) {
            self.step = Step::Stored {
                row: target.row,
                status: Status::Created,
            };
            return;
        }
        self.plan_update(rules, target);
    }

    pub(super) fn plan_create(&mut self, rules: &Rules) {
        self.row_unseen = false;
        if self.refused.is_some()
            && let Err(error) = self.check_refused(rules, &self.create_payload(rules))
        {
            return self.fail_as_it_is(error);
        }
        self.step = Step::Planned(Plan::Create);
    }

    pub(super) fn plan_remembered(&mut self, rules: &Rules, id: String) {
        let may_be_further = |rows: &[uuid::Uuid]| rows.iter().any(|row| row.to_string() == id);
        if self.needs_row(rules) || self.brings_new_domain() || may_be_further(self.further_rows())
        {
            self.step = Step::LookUp;
            return;
        }
        if self.has_unasked_address() {
            self.step = Step::FurtherRows(Next::Remembered(id));
            return;
        }
        let Draft {
            payload, is_whole, ..
        } = self.draft(rules, None);
        if payload.is_empty() {
            self.step = Step::LookUp;
            return;
        }
        self.row_unseen = true;
        self.is_complete &= is_whole;
        self.step = Step::Planned(Plan::Patch { id, payload });
    }

    pub(super) fn plan_update(&mut self, rules: &Rules, target: Target) {
        self.row_unseen = false;
        let id = id_of(&target.row).to_owned();
        let external_id = self.input.external_id().to_owned();
        let Draft {
            mut payload,
            mut uncleared,
            is_whole,
        } = self.draft(rules, Some(&target.row));
        if target.leave_out_unique {
            payload.shift_remove(rules.kind.unique_field());
        }
        let is_complete = is_whole && !target.lacks_value() && uncleared.is_empty();
        self.decided.clear();
        self.decided.extend(target.warnings.iter().cloned());
        if target.blanks_only {
            let (filling, mut kept) = only_blank(&payload, &target.row);
            payload = filling;
            kept.append(&mut uncleared);
            let unique = self.mapped.unique_value.as_ref();
            let warning = notices::linked(&external_id, unique, &id, &kept);
            self.decided.push(warning);
        } else if self.input.is_stub() {
            payload.clear();
        }
        for field in uncleared {
            let warning = notices::link_kept(rules.kind, &external_id, &field);
            self.decided.push(warning);
        }
        let stays = !target.claim && !target.revive && target.take_from.is_none();
        if rules.unchanged == Unchanged::Verify && stays && holds_all(&target.row, &payload) {
            return self.leave_unchanged(rules, id, None);
        }
        if target.claim
            && let Some(field) = self.mapped.external_id_field.name()
        {
            let stored = self.mapped.stored_external_id.clone();
            payload.insert(field.to_owned(), stored.into());
        }
        if target.take_from.is_none()
            && let Err(error) = self.check_refused(rules, &payload)
        {
            return self.fail_as_it_is(error);
        }
        self.step = Step::Planned(Plan::Update(Update {
            id,
            payload,
            is_complete: is_complete && !target.blanks_only,
            target: Box::new(target),
        }));
    }

    /// Ends it as if its plan had been carried out.
    pub fn end_dry(&mut self, rules: &Rules) {
        match self.take_step() {
            Step::Planned(Plan::Create) | Step::FurtherRows(_) => {
                let id = self.mapped.id.to_string();
                self.finish_dry(rules, Status::Created, id);
            }
            Step::Planned(Plan::Update(Update { id, .. }) | Plan::Patch { id, .. }) => {
                self.finish_dry(rules, Status::Updated, id);
            }
            step => self.step = step,
        }
    }

    /// Whether the policy is to create a missing row again.
    pub(super) fn is_made_again(rules: &Rules) -> bool {
        rules.options.collisions.own_gone == OwnGone::Create
    }
}

impl Update {
    /// The payload of an update by id; it also restores a deleted row if that is wanted.
    pub fn by_id(&self) -> serde_json::Map<String, Value> {
        let mut payload = self.payload.clone();
        if self.target.revive {
            payload.insert("deletedAt".to_owned(), Value::Null);
        }
        payload
    }
}
