//! Errors of records whose external id is also used for a different record. Such records are never merged into one row.

use crate::core::error::CrmError;
use crate::core::error_reason;
use crate::core::sync::context::SyncContext;
use crate::core::twenty::ids::ObjectKind;

use super::id_register::Spoilt;

/// Two records of one run have the same external id, but neither name nor address in common.
pub fn id_reused(
    context: &SyncContext,
    kind: ObjectKind,
    external_id: &str,
    spoilt: Spoilt,
) -> CrmError {
    let (noun, address) = match kind {
        ObjectKind::Person => ("people", "e-mail"),
        ObjectKind::Company => ("companies", "domain"),
    };
    let first = match spoilt {
        Spoilt::HeldBack => None,
        Spoilt::TakenIn => Some(context.scope.cache.recall(kind, external_id)),
    };
    let first = first.map(|known| known.map(|known| known.crm_id.to_string()));
    let what = match &first {
        None => "None of them was written".to_owned(),
        Some(None) => {
            "The first of them had already been sent when this one was read; this one was not written"
                .to_owned()
        }
        Some(Some(id)) => format!(
            "The first of them is in row {id} and had already been sent when this one was read; this one was not \
            written"
        ),
    };
    let error = CrmError::validation(
        "external_id",
        format!(
            "external_id {external_id:?} is used for two {noun} of this run that differ in name and in {address}. \
            {what}. A spreadsheet may have changed the ids (it turns long numbers into 1.23457E+17): export them \
            from the source again"
        ),
    )
    .with_detail("reason", error_reason::ID_REUSED)
    .with_detail("externalId", external_id);
    match first.flatten() {
        Some(id) => error.with_detail("crmId", id),
        None => error,
    }
}
