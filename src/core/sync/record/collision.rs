//! Which row belongs to the record? The table of `docs/twenty/mapping.md#collisions`, decided from the looked-up rows
//! before anything is written.

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::UniqueValue;
use crate::core::twenty::warning::SyncWarning;

use super::row::{Row, id_of, is_deleted};
use crate::core::sync::options::{
    ClaimedMatch, Collisions, DeletedMatch, OwnDeleted, OwnGone, UnclaimedMatch,
};

mod claimant;
mod telling;

pub use claimant::Claimant;
pub use telling::value_noun;

/// Reasons of the warnings of collisions; those of the mapping are elsewhere.
pub mod reason {
    /// A row with our e-mail or domain and without an external id became ours; it kept its own values.
    pub const LINKED: &str = "linked";
    /// Like `LINKED`, but all fields were written.
    pub const ADOPTED: &str = "adopted";
    /// The value belongs to another record; ours was written without it.
    pub const VALUE_TAKEN: &str = "value_taken";
    /// The value was taken over from another record.
    pub const TAKEN_OVER: &str = "taken_over";
    /// A soft-deleted row has the value; ours was written without it.
    pub const VALUE_ON_DELETED_ROW: &str = "value_on_deleted_row";
    /// A remembered row now belongs to another record, and was written before the answer showed it.
    pub const WRITTEN_OVER: &str = "written_over";
    /// Our own row is soft-deleted and was not written.
    pub const OWN_ROW_DELETED: &str = "own_row_deleted";
    /// Our own row no longer exists and was not created again.
    pub const OWN_ROW_GONE: &str = "own_row_gone";
    /// Our soft-deleted row was restored.
    pub const REVIVED: &str = "revived";
    /// The company that a person names does not exist and could not be created.
    pub const COMPANY_MISSING: &str = "company_missing";
    /// The server refused an optional value; the record was written without it.
    pub const VALUE_REFUSED: &str = "value_refused";
    /// Another row has the e-mail as an additional address; or our own row has, and keeps its primary one.
    pub const ADDITIONAL_EMAIL: &str = "additional_email";
    /// Additional addresses of rows are not searched.
    pub const ADDITIONAL_EMAILS_UNREAD: &str = "additional_emails_unread";
    /// A link that should be cleared was kept, because the server would move an additional link into its place.
    pub const LINK_KEPT: &str = "link_kept";
    /// The mapping store failed; the sync went on without it.
    pub const STORE_FAILED: &str = "store_failed";
}

/// What to do with the record.
#[derive(Debug)]
pub enum Decision {
    /// No row is ours: create one.
    Create {
        /// Why the e-mail or domain is left out, if it is.
        leave_out: Option<SyncWarning>,
        /// Another warning for the caller.
        note: Option<SyncWarning>,
    },
    /// Write this row: it is ours, or becomes ours.
    Write(Target),
    /// Our row is deleted, and is not written.
    Skip {
        /// The row.
        row: Row,
        /// The warning that says so.
        warning: SyncWarning,
    },
    /// Fail, because the policy is to report.
    Fail(CrmError),
}

/// How to write a found row.
#[derive(Debug)]
pub struct Target {
    /// The row.
    pub row: Row,
    /// The row is soft-deleted, and this write restores it.
    pub revive: bool,
    /// The row does not have our external id yet.
    pub claim: bool,
    /// Only its blank fields are written (a person made this row).
    pub blanks_only: bool,
    /// The e-mail or domain is left out of this write.
    pub leave_out_unique: bool,
    /// The row has the value anyway, in another spelling.
    pub holds_spelling: bool,
    /// The row that must release the e-mail or domain first.
    pub take_from: Option<Row>,
    /// Warnings for the caller.
    pub warnings: Vec<SyncWarning>,
}

impl Decision {
    fn create() -> Self {
        Self::Create {
            leave_out: None,
            note: None,
        }
    }
}

impl Target {
    /// A row that is ours, without anything special.
    pub fn own(row: &Row) -> Self {
        Self {
            row: row.clone(),
            revive: false,
            claim: false,
            blanks_only: false,
            leave_out_unique: false,
            holds_spelling: false,
            take_from: None,
            warnings: Vec::new(),
        }
    }

    /// Whether the row lacks the e-mail or domain after this write.
    pub fn lacks_value(&self) -> bool {
        self.leave_out_unique && !self.holds_spelling
    }
}

/// Decides from all rows with one of the keys of `claimant`, including deleted ones.
pub fn decide(claimant: &Claimant<'_>, rows: &[&Row], collisions: &Collisions) -> Decision {
    let own = claimant.own_row(rows);
    let holder = claimant.holder(rows, own);
    match own {
        Some(own) => claimant.write_own(own, holder, collisions),
        None => match holder {
            Some(holder) => claimant.meet_stranger(holder, collisions),
            None => claimant.meet_further(rows, collisions),
        },
    }
}

impl Claimant<'_> {
    fn write_own(&self, own: &Row, holder: Option<&Row>, collisions: &Collisions) -> Decision {
        let mut target = Target::own(own);
        target.claim =
            self.external_id_field.name().is_some() && self.external_id_of(own).is_none();
        if is_deleted(own) {
            match self.meet_own_deleted(own, collisions.own_deleted) {
                Ok(revived) => {
                    target.revive = true;
                    target.warnings.push(revived);
                }
                Err(decision) => return *decision,
            }
        }
        if self.has_further(own) {
            target.warnings.push(self.primary_email_kept(own));
        }
        let (Some(holder), Some(unique)) = (holder, self.unique) else {
            return Decision::Write(target);
        };
        if self.holds_unique(own) {
            // Another row has another spelling of the same domain: both keep what they have.
            target.leave_out_unique = true;
            target.holds_spelling = true;
            return Decision::Write(target);
        }
        if is_deleted(holder) {
            return match collisions.deleted_match {
                DeletedMatch::LeaveOut => {
                    target.leave_out_unique = true;
                    target.warnings.push(self.left_out(unique, holder));
                    Decision::Write(target)
                }
                DeletedMatch::Report => Decision::Fail(self.taken(unique, holder)),
            };
        }
        match collisions.claimed_match {
            ClaimedMatch::LeaveOut => {
                target.leave_out_unique = true;
                target.warnings.push(self.left_out(unique, holder));
            }
            ClaimedMatch::Report => return Decision::Fail(self.taken(unique, holder)),
            ClaimedMatch::TakeOver => {
                target.take_from = Some(holder.clone());
                target.warnings.push(self.taken_over(unique, holder));
            }
        }
        Decision::Write(target)
    }

    /// Our row is soft-deleted: `Ok` is the warning that it is restored, `Err` what to do instead.
    fn meet_own_deleted(
        &self,
        own: &Row,
        policy: OwnDeleted,
    ) -> Result<SyncWarning, Box<Decision>> {
        let noun = self.noun();
        match policy {
            OwnDeleted::Revive => {
                let message =
                    format!("the {noun} was soft-deleted in the CRM and has been restored");
                let warning = self.warning("external_id", reason::REVIVED, message);
                Ok(warning.with_crm_id(id_of(own)))
            }
            OwnDeleted::Skip => {
                let message = format!("the {noun} is soft-deleted in the CRM and was not written");
                let warning = self.warning("external_id", reason::OWN_ROW_DELETED, message);
                Err(Box::new(Decision::Skip {
                    row: own.clone(),
                    warning: warning.with_crm_id(id_of(own)),
                }))
            }
            OwnDeleted::Report => {
                let message = format!(
                    "the {noun} {:?} is soft-deleted in the CRM (row {}): restore or destroy it there, or set collisions.ownDeleted",
                    self.external_id,
                    id_of(own)
                );
                let failure = self.failure(error_reason::OWN_ROW_DELETED, message, own);
                Err(Box::new(Decision::Fail(failure)))
            }
        }
    }

    /// No row is ours, but one has our e-mail or domain.
    fn meet_stranger(&self, holder: &Row, collisions: &Collisions) -> Decision {
        let Some(unique) = self.unique else {
            return Decision::create();
        };
        let create_without = || Decision::Create {
            leave_out: Some(self.left_out(unique, holder)),
            note: None,
        };
        if is_deleted(holder) {
            return match collisions.deleted_match {
                DeletedMatch::LeaveOut => create_without(),
                DeletedMatch::Report => Decision::Fail(self.taken(unique, holder)),
            };
        }
        let unclaimed = self.external_id_of(holder).is_none();
        if unclaimed && matches!(self.external_id_field, ExternalIdField::Unique(_)) {
            return match self.make_own(unique, holder, collisions) {
                Ok(target) => Decision::Write(target),
                Err(error) => Decision::Fail(error),
            };
        }
        match collisions.claimed_match {
            ClaimedMatch::LeaveOut => create_without(),
            ClaimedMatch::Report => Decision::Fail(self.taken(unique, holder)),
            ClaimedMatch::TakeOver => {
                let mut target = Target::own(holder);
                target.claim = self.external_id_field.name().is_some();
                target.warnings.push(self.taken_over(unique, holder));
                Decision::Write(target)
            }
        }
    }
}

impl Claimant<'_> {
    /// A row without an external id becomes ours.
    fn make_own(
        &self,
        unique: &UniqueValue,
        holder: &Row,
        collisions: &Collisions,
    ) -> Result<Target, CrmError> {
        let mut target = Target::own(holder);
        target.claim = true;
        match collisions.unclaimed_match {
            UnclaimedMatch::Link => target.blanks_only = true,
            UnclaimedMatch::Adopt => target.warnings.push(
                self.warning(
                    unique.input_field,
                    reason::ADOPTED,
                    format!(
                        "row {} with this {} had no external id: it was linked to {:?} and overwritten",
                        id_of(holder),
                        value_noun(unique),
                        self.external_id
                    ),
                )
                .with_crm_id(id_of(holder)),
            ),
            UnclaimedMatch::Report => return Err(self.taken(unique, holder)),
        }
        Ok(target)
    }

    /// No row is ours, and none has our e-mail, except perhaps as an additional address. The server does not keep those
    /// unique, so the record can be written with the e-mail in any case.
    fn meet_further(&self, rows: &[&Row], collisions: &Collisions) -> Decision {
        let Some(unique) = self.unique else {
            return Decision::create();
        };
        match self.further_holders(rows).as_slice() {
            [] => Decision::create(),
            [holder]
                if self.external_id_of(holder).is_none()
                    && matches!(self.external_id_field, ExternalIdField::Unique(_)) =>
            {
                match self.make_own(unique, holder, collisions) {
                    // The row keeps its primary address, and ours as an additional one.
                    Ok(target) => Decision::Write(Target {
                        leave_out_unique: true,
                        holds_spelling: true,
                        ..target
                    }),
                    Err(error) => Decision::Fail(error),
                }
            }
            holders => Decision::Create {
                leave_out: None,
                note: Some(self.additional_email(holders)),
            },
        }
    }
}

/// What to do if the remembered row `id` no longer exists: `None` to create it again, otherwise the warning that it is
/// not, or the error.
pub fn own_gone(
    policy: OwnGone,
    kind: ObjectKind,
    external_id: &str,
    id: &str,
) -> Option<Result<SyncWarning, CrmError>> {
    match policy {
        OwnGone::Create => None,
        OwnGone::Skip => {
            let message =
                format!("row {id} of {external_id:?} no longer exists in the CRM and was not created again");
            let warning =
                SyncWarning::new("external_id", reason::OWN_ROW_GONE, external_id, message);
            Some(Ok(warning.with_crm_id(id)))
        }
        OwnGone::Report => Some(Err(CrmError::new(
            ErrorCode::NotFound,
            format!(
                "row {id} of the {} {external_id:?} no longer exists in the CRM: restore it there, or set \
                collisions.ownGone",
                kind.singular()
            ),
        )
        .with_detail("reason", error_reason::OWN_ROW_GONE)
        .with_detail("externalId", external_id)
        .with_detail("crmId", id))),
    }
}

#[cfg(test)]
mod tests;
