//! Warnings that do not come from the collision table.

use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::UniqueValue;
use crate::core::twenty::warning::SyncWarning;

use super::collision::{reason, value_noun};
use super::row::{Row, id_of};

/// The mapping store failed, and the sync went on without it.
pub fn store_failed(external_id: &str, message: &str) -> SyncWarning {
    SyncWarning::new(
        "mappingStore",
        reason::STORE_FAILED,
        external_id,
        format!("the mapping store failed, the sync went on without it: {message}"),
    )
}

/// Additional e-mail addresses of rows are not searched.
pub fn emails_unread(external_id: &str, message: &str) -> SyncWarning {
    let reason = reason::ADDITIONAL_EMAILS_UNREAD;
    SyncWarning::new("email", reason, external_id, message)
}

/// A row without an external id was linked to ours; `kept` names the fields that kept their values.
pub fn linked(
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
            "row {id} with this {noun} had no external id: it was linked to {external_id:?}, {kept}"
        ),
    )
    .with_crm_id(id)
}

/// A write went to a row that now belongs to another record.
pub fn written_over(external_id: &str, row: &Row, other: Option<&str>) -> SyncWarning {
    let id = id_of(row);
    let whose = match other {
        Some(other) => format!("now belongs to {other:?}"),
        None => "now belongs to another record".to_owned(),
    };
    let warning = SyncWarning::new(
        "external_id",
        reason::WRITTEN_OVER,
        external_id,
        format!(
            "row {id} was the row of {external_id:?} but {whose}: this was noticed only after the row was \
            written. Check it in the CRM, or write that record again"
        ),
    )
    .with_crm_id(id);
    match other {
        Some(other) => warning.with_other_external_id(other),
        None => warning,
    }
}

/// The record's row was destroyed before the write arrived, and the server wrote this other row, which has the record's
/// external id or e-mail.
pub fn written_elsewhere(external_id: &str, meant: &str, row: &Row) -> SyncWarning {
    let id = id_of(row);
    SyncWarning::new(
        "external_id",
        reason::WRITTEN_OVER,
        external_id,
        format!(
            "row {meant} of {external_id:?} was destroyed before the write arrived, so the server wrote row {id}, which \
            has the same unique value. If that row was another record's, its external id and values were overwritten. \
            Check it in the CRM, or write that record again"
        ),
    )
    .with_crm_id(id)
}

/// A link that should be cleared was kept.
pub fn link_kept(kind: ObjectKind, external_id: &str, field: &str) -> SyncWarning {
    let input_field = match field == kind.unique_field() {
        true => "domain_name",
        false => "website",
    };
    SyncWarning::new(
        input_field,
        reason::LINK_KEPT,
        external_id,
        format!(
            "{field} was not cleared: it has more links, and the server would move the first of them up. Remove them \
            in the CRM"
        ),
    )
}

/// The company is not in the CRM, and its name is not given.
pub fn company_missing(person_external_id: &str, external_id: &str) -> SyncWarning {
    SyncWarning::new(
        "company_external_id",
        reason::COMPANY_MISSING,
        person_external_id,
        format!(
            "company {external_id:?} is not in the CRM and company_name is not given: the person was stored without a company"
        ),
    )
    .with_other_external_id(external_id)
}

/// `other`, written at the same time, has the same e-mail or domain.
pub fn value_shared(unique: &UniqueValue, external_id: &str, other: &str) -> SyncWarning {
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
