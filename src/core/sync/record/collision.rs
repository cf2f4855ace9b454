//! Whose row is it? The table of `docs/twenty/mapping.md#collisions`, decided from what a look-up found and before
//! anything is written.

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

/// Reasons of the warnings that collisions give, beside those of the mapping.
pub mod reason {
    /// A row with our e-mail or domain, that nobody had claimed, became ours; its own values were kept.
    pub const LINKED: &str = "linked";
    /// As `LINKED`, but everything was written.
    pub const ADOPTED: &str = "adopted";
    /// The value belongs to another record; ours was written without it.
    pub const VALUE_TAKEN: &str = "value_taken";
    /// The value was taken over from another record.
    pub const TAKEN_OVER: &str = "taken_over";
    /// The value sits on a soft-deleted row; ours was written without it.
    pub const VALUE_ON_DELETED_ROW: &str = "value_on_deleted_row";
    /// A remembered row had become another record's, and was written before the answer showed it.
    pub const WRITTEN_OVER: &str = "written_over";
    /// Our own row is soft-deleted and was left alone.
    pub const OWN_ROW_DELETED: &str = "own_row_deleted";
    /// Our own row is gone and was left gone.
    pub const OWN_ROW_GONE: &str = "own_row_gone";
    /// Our soft-deleted row was restored.
    pub const REVIVED: &str = "revived";
    /// The company that a person names does not exist and could not be made.
    pub const COMPANY_MISSING: &str = "company_missing";
    /// The server refused an optional value; the record was written without it.
    pub const VALUE_REFUSED: &str = "value_refused";
    /// Another row has the e-mail beside its primary one; or our own row has, and its primary one stays.
    pub const ADDITIONAL_EMAIL: &str = "additional_email";
    /// Addresses that rows have beside their primary ones are not searched.
    pub const ADDITIONAL_EMAILS_UNREAD: &str = "additional_emails_unread";
    /// A link was to be cleared and stays, because the server would put one beside it in its place.
    pub const LINK_KEPT: &str = "link_kept";
    /// The mapping store failed; the work went on without it.
    pub const STORE_FAILED: &str = "store_failed";
}

/// What is to be done.
#[derive(Debug)]
pub enum Decision {
    /// There is no row of ours.
    Create {
        /// Why the e-mail or domain stays out, if it does.
        leave_out: Option<SyncWarning>,
        /// What else the caller is told.
        note: Option<SyncWarning>,
    },
    /// This row is ours, or becomes it.
    Write(Target),
    /// Ours, deleted, and to be left alone.
    Skip {
        /// The row as it is.
        row: Row,
        /// Says so.
        warning: SyncWarning,
    },
    /// The policy is to report.
    Fail(CrmError),
}

/// How a found row is to be written.
#[derive(Debug)]
pub struct Target {
    /// The row.
    pub row: Row,
    /// It is soft-deleted and comes back with this write.
    pub revive: bool,
    /// It does not carry our external id yet.
    pub claim: bool,
    /// Only its blank fields are written (a row that a human made).
    pub blanks_only: bool,
    /// The e-mail or domain stays out of this write.
    pub leave_out_unique: bool,
    /// The row holds it all the same, in another spelling.
    pub holds_spelling: bool,
    /// The row that loses the e-mail or domain first.
    pub take_from: Option<Row>,
    /// What the caller is told.
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
    /// One that is ours, and is written as it is.
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

    /// Whether the row is without its e-mail or domain after this write.
    pub fn lacks_value(&self) -> bool {
        self.leave_out_unique && !self.holds_spelling
    }
}

/// Decides from all rows that carry one of the keys of `claimant`, deleted ones included.
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
            // Another spelling of the same domain sits on another row: each keeps what it has.
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

    /// Our row is soft-deleted: the warning with which it is revived, or what is done instead.
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
                let message = format!("the {noun} is soft-deleted in the CRM and was left alone");
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

    /// No row of ours, but one with our e-mail or domain.
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
    /// A row that nobody has claimed becomes ours.
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
                        "row {} with this {} carried no external id: it was given {:?} and written over",
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

    /// No row of ours, and none with our e-mail, but perhaps one that has it beside its primary one. The server keeps
    /// those not unique: the record can be written with it in any case.
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
                    // The row's primary address stays, and ours where it is.
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

/// What becomes of a record whose remembered row `id` is gone: `None` when it is created again, else the warning with
/// which it is left gone, or its failure.
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
                format!("row {id} of {external_id:?} is gone from the CRM and was left gone");
            let warning =
                SyncWarning::new("external_id", reason::OWN_ROW_GONE, external_id, message);
            Some(Ok(warning.with_crm_id(id)))
        }
        OwnGone::Report => Some(Err(CrmError::new(
            ErrorCode::NotFound,
            format!(
                "row {id} of the {} {external_id:?} is gone from the CRM: restore it there, or set collisions.ownGone",
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
