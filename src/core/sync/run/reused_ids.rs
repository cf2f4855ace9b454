//! Records whose external id stands for somebody else as well: they fail, and nothing of theirs is joined into one row.

use crate::core::error::CrmError;
use crate::core::error_reason;
use crate::core::sync::context::SyncContext;
use crate::core::twenty::ids::ObjectKind;

use super::id_register::Spoilt;

/// Two records of one run have one external id, and share neither name nor address.
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
            "The first of them was already on its way when this one was read; this one was not written"
                .to_owned()
        }
        Some(Some(id)) => format!(
            "The first of them is in row {id} and was already on its way when this one was read; this one was not written"
        ),
    };
    let error = CrmError::validation(
        "external_id",
        format!(
            "external_id {external_id:?} stands for two {noun} of this run, which differ in name and in {address}. {what}. \
             A spreadsheet may have spoilt the ids (it makes 1.23457E+17 of many long numbers): take them from the source again"
        ),
    )
    .with_detail("reason", error_reason::ID_REUSED)
    .with_detail("externalId", external_id);
    match first.flatten() {
        Some(id) => error.with_detail("crmId", id),
        None => error,
    }
}
