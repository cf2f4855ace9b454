//! Records of one batch that want the same e-mail or domain, or the same row: one of them gets it.

use std::collections::{HashMap, HashSet};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::sync::options::ClaimedMatch;
use crate::core::twenty::unique_value::identity_of;

use super::collision::{Decision, Target, reason, value_noun};
use super::notices;
use super::result::Status;
use super::row::{Row, id_of};
use super::rules::Rules;
use super::upsert::{Plan, Step, Upsert};

/// A record with the rules of its own call.
pub type Ruled<'m> = (&'m Rules, &'m mut Upsert);

/// Plans every decided record. If another record is about to release a value that a record wants, the latter is looked
/// up again, except on the last round. A dry run decides as if the value were released. `rows_of` returns the rows that
/// the look-up found for a record.
pub fn plan_together<'r>(
    members: &mut [Ruled<'_>],
    is_last_time: bool,
    rows_of: impl Fn(&Upsert) -> Vec<&'r Row>,
) {
    let given_up = match is_last_time {
        true => HashSet::new(),
        false => given_up(members),
    };
    let planned = |(at, (_, upsert)): (usize, &Ruled<'_>)| match upsert.step() {
        Step::Planned(Plan::Update(update)) => Some((update.id.clone(), at)),
        _ => None,
    };
    let mut writers: HashMap<String, usize> =
        members.iter().enumerate().filter_map(planned).collect();
    for at in 0..members.len() {
        let (rules, upsert) = &mut members[at];
        let Step::Decided(found) = upsert.step() else {
            continue;
        };
        if holder_of(&found.decision).is_some_and(|row| given_up.contains(row)) {
            if !rules.is_dry {
                upsert.wait_for_other();
                continue;
            }
            let mut rows = rows_of(upsert);
            let claimant = upsert.claimant();
            rows.retain(|row| claimant.is_own(row) || !given_up.contains(id_of(row)));
            let found = upsert.found(rules, &rows);
            upsert.decide_again(found);
        }
        let row = match upsert.step() {
            Step::Decided(found) => written_row(&found.decision),
            _ => None,
        };
        if let Some(&writer) = row.as_ref().and_then(|row| writers.get(row)) {
            let other = members[writer].1.input.external_id().to_owned();
            let (rules, upsert) = &mut members[at];
            upsert.leave_row_to(rules, &other);
            continue;
        }
        upsert.plan(rules);
        if let (Some(row), Step::Planned(_)) = (row, upsert.step()) {
            writers.insert(row, at);
        }
    }
    share_values(members);
}

/// Of the records with the same e-mail or domain, the first keeps it.
fn share_values(members: &mut [Ruled<'_>]) {
    let mut holders: HashMap<String, usize> = HashMap::new();
    for at in 0..members.len() {
        let (rules, upsert) = &members[at];
        let Some(identity) = upsert.planned_value(rules) else {
            continue;
        };
        match holders.get(&identity) {
            None => drop(holders.insert(identity, at)),
            Some(&holder) => {
                let other = members[holder].1.input.external_id().to_owned();
                let (rules, upsert) = &mut members[at];
                upsert.leave_value_to(rules, &other);
            }
        }
    }
}

fn written_row(decision: &Decision) -> Option<String> {
    match decision {
        Decision::Write(target) => Some(id_of(&target.row).to_owned()),
        _ => None,
    }
}

/// The rows whose e-mail or domain is replaced by this batch.
fn given_up(members: &[Ruled<'_>]) -> HashSet<String> {
    let target = |(rules, upsert): &Ruled<'_>| match upsert.step() {
        Step::Decided(found) => match &found.decision {
            Decision::Write(target) if upsert.gives_value_up(rules, target) => {
                Some(id_of(&target.row).to_owned())
            }
            _ => None,
        },
        _ => None,
    };
    members.iter().filter_map(target).collect()
}

/// The live row that keeps a record from having its e-mail or domain, or makes it fail.
fn holder_of(decision: &Decision) -> Option<&str> {
    let warning = match decision {
        Decision::Create { leave_out, .. } => leave_out.as_ref(),
        Decision::Write(target) => target
            .warnings
            .iter()
            .find(|warning| target.leave_out_unique && warning.reason == reason::VALUE_TAKEN),
        Decision::Fail(error) if error.reason() == Some(error_reason::COLLISION) => {
            return error.details.get("crmId")?.as_str();
        }
        Decision::Fail(_) | Decision::Skip { .. } => None,
    };
    warning
        .filter(|warning| warning.reason == reason::VALUE_TAKEN)?
        .crm_id
        .as_deref()
}

impl Upsert {
    fn gives_value_up(&self, rules: &Rules, target: &Target) -> bool {
        let field = rules.kind.unique_field();
        let is_written = !target.leave_out_unique
            && !target.blanks_only
            && self.mapped.fields.contains_key(field)
            && !self.without_unique
            && rules.is_ours(field);
        let unique = self.mapped.unique_value.as_ref();
        let held = identity_of(rules.kind, &target.row).filter(|_| is_written);
        held.is_some_and(|held| unique.is_none_or(|unique| held != unique.identity))
    }

    /// The e-mail or domain that the plan writes.
    fn planned_value(&self, rules: &Rules) -> Option<String> {
        let field = rules.kind.unique_field();
        let is_written = match self.step() {
            Step::Planned(Plan::Create) | Step::FurtherRows(_) => {
                !self.without_unique && self.mapped.fields.contains_key(field)
            }
            Step::Planned(Plan::Update(update)) => update.payload.contains_key(field),
            Step::Planned(Plan::Patch { payload, .. }) => payload.contains_key(field),
            _ => false,
        };
        let unique = self.mapped.unique_value.as_ref().filter(|_| is_written)?;
        Some(unique.identity.clone())
    }

    /// Another record writes the row that this one wanted: the next look-up shows who has it.
    fn leave_row_to(&mut self, rules: &Rules, other: &str) {
        if !rules.is_dry {
            return self.wait_for_other();
        }
        if let Some(unique) = &self.mapped.unique_value {
            let warning = notices::value_shared(unique, self.input.external_id(), other);
            self.decided.push(warning);
            self.without_unique = true;
        }
        let id = self.mapped.id.to_string();
        self.finish_dry(rules, Status::Created, id);
    }

    /// Another record has the e-mail or domain: this one is written without it, or fails if the policy is to report.
    fn leave_value_to(&mut self, rules: &Rules, other: &str) {
        let Some(unique) = self.mapped.unique_value.clone() else {
            return;
        };
        let external_id = self.input.external_id().to_owned();
        if rules.options.collisions.claimed_match == ClaimedMatch::Report {
            let noun = value_noun(&unique);
            return self.fail_as_it_is(
                CrmError::new(
                    ErrorCode::OperationFailed,
                    format!("{external_id:?} and {other:?}, written at the same time, share one {noun}: correct one \
                    of the two"),
                )
                .with_detail("reason", error_reason::COLLISION)
                .with_detail("field", unique.input_field)
                .with_detail("externalId", external_id)
                .with_detail("otherExternalId", other),
            );
        }
        self.go_without_value(notices::value_shared(&unique, &external_id, other));
        match self.take_step() {
            // An address that is not written needs no search.
            Step::FurtherRows(next) => self.go(rules, next),
            Step::Planned(Plan::Update(mut update)) => {
                update.payload.shift_remove(unique.field);
                self.step = Step::Planned(Plan::Update(update));
            }
            step => self.step = step,
        }
    }
}
