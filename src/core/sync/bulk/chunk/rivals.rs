//! Records of one chunk that want the same value, or the same row: one of them has it.

use std::collections::{HashMap, HashSet};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::sync::bulk::item::Status;
use crate::core::sync::collision::{Decision, Target, reason, value_noun};
use crate::core::sync::options::ClaimedMatch;
use crate::core::sync::requests::id_of;
use crate::core::twenty::record::UniqueValue;
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::unique_value::identity_of;
use crate::core::twenty::warning::SyncWarning;

use super::{Chunk, Content, Write};

impl Chunk<'_> {
    /// The rows whose e-mail or domain is replaced by what is written to them.
    pub(super) fn given_up(&self, decisions: &[(usize, Decision)]) -> HashSet<String> {
        let field = self.kind.unique_field();
        let is_given_up = |at: usize, target: &Target| {
            let mapped = self.items[at].mapped.as_ref()?;
            let is_written = !target.leave_out_unique
                && !target.blanks_only
                && mapped.record.fields.contains_key(field)
                && !mapped.without_unique
                && !mapped.restricted.iter().any(|(name, _)| name == field);
            let unique = mapped.record.unique_value.as_ref();
            let held = identity_of(self.kind, &target.row).filter(|_| is_written)?;
            Some(unique.is_none_or(|unique| held != unique.identity))
        };
        decisions
            .iter()
            .filter_map(|(at, decision)| match decision {
                Decision::Write(target) if is_given_up(*at, target) == Some(true) => {
                    Some(id_of(&target.row).to_owned())
                }
                _ => None,
            })
            .collect()
    }

    /// Another record of this chunk writes the row that this one was to have. It is left open, so that the next look-up
    /// shows whose row it is by then.
    pub(super) fn leave_row_to(&mut self, schema: &WorkspaceSchema, at: usize, writer: usize) {
        if !self.options.dry_run {
            return;
        }
        let other = self.items[writer].input.external_id().to_owned();
        let item = &mut self.items[at];
        if let Some(mapped) = &mut item.mapped
            && let Some(unique) = &mapped.record.unique_value
        {
            let warning = shared_warning(unique, item.input.external_id(), &other);
            item.decided.push(warning);
            mapped.without_unique = true;
            let id = mapped.record.id.to_string();
            self.finish_dry(schema, at, Status::Created, id);
        }
    }

    /// Two records of one chunk with one e-mail or domain: the first in input order keeps it. False where the policy is
    /// to report.
    pub(super) fn share_value(
        &mut self,
        write: &mut Write,
        values: &mut HashMap<String, usize>,
    ) -> bool {
        let field = self.kind.unique_field();
        let Some(mapped) = &self.items[write.item].mapped else {
            return true;
        };
        let has_value = match &write.content {
            Content::Create => !mapped.without_unique && mapped.record.fields.contains_key(field),
            Content::Update(payload) => payload.contains_key(field),
        };
        let Some(unique) = mapped.record.unique_value.clone().filter(|_| has_value) else {
            return true;
        };
        let Some(&holder) = values.get(&unique.identity) else {
            values.insert(unique.identity, write.item);
            return true;
        };
        let other = self.items[holder].input.external_id().to_owned();
        let item = &mut self.items[write.item];
        let external_id = item.input.external_id().to_owned();
        let noun = value_noun(&unique);
        if self.service.options.collisions.claimed_match == ClaimedMatch::Report {
            item.fail(
                CrmError::new(
                    ErrorCode::OperationFailed,
                    format!("{external_id:?} and {other:?}, written at the same time, share one {noun}: mend one of the two"),
                )
                .with_detail("reason", error_reason::COLLISION)
                .with_detail("field", unique.input_field)
                .with_detail("externalId", external_id)
                .with_detail("otherExternalId", other),
            );
            return false;
        }
        item.warnings
            .push(shared_warning(&unique, &external_id, &other));
        if let Some(mapped) = &mut item.mapped {
            mapped.without_unique = true;
            mapped.is_complete = false;
        }
        if let Content::Update(payload) = &mut write.content {
            payload.shift_remove(field);
        }
        true
    }
}

/// The live row for whose sake a record is to go without its e-mail or domain, or is to fail.
pub(super) fn holder_of(decision: &Decision) -> Option<&str> {
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

fn shared_warning(unique: &UniqueValue, external_id: &str, other: &str) -> SyncWarning {
    let noun = value_noun(unique);
    SyncWarning::new(
        unique.input_field,
        reason::VALUE_TAKEN,
        external_id,
        format!(
            "{other:?}, written at the same time, has the same {noun}: {external_id:?} was written without it"
        ),
    )
    .with_other_external_id(other)
}
