//! The company that a person names: which row it is, and what happens to the person's link
//! (`docs/twenty/mapping.md#person`).

use serde_json::{Map, Value};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::sync::options::OwnDeleted;
use crate::core::twenty::company_key::CompanyRef;
use crate::core::twenty::domain::Domain;
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::CompanyInput;
use crate::core::twenty::patch::Patch;
use crate::core::twenty::unique_value::identity_of;
use crate::core::twenty::warning::SyncWarning;

use super::collision::reason;
use super::input::Input;
use super::row::{Row, id_of, is_deleted, text_of};

/// What happens to a person's `companyId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Not sent: the CRM's value stays.
    None,
    /// Cleared.
    Clear,
    /// Set to this row.
    To(String),
}

impl Link {
    /// Whether a company is named.
    pub fn is_set(&self) -> bool {
        matches!(self, Self::To(_))
    }

    /// The value to send as `companyId`, if it is sent.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Clear => Some(Value::Null),
            Self::To(id) => Some(id.as_str().into()),
        }
    }

    /// Adds the link to a payload.
    pub fn write_into(&self, payload: &mut Map<String, Value>) {
        if let Some(value) = self.value() {
            payload.insert(LINK_FIELD.to_owned(), value);
        }
    }
}

/// The field of a person that holds its company's id.
pub const LINK_FIELD: &str = "companyId";

/// What happened to a soft-deleted company that a person names.
#[derive(Clone, Debug)]
pub enum DeletedCompany {
    /// It was restored.
    Revived(String),
    /// It was not restored.
    Left(String),
}

impl DeletedCompany {
    /// Applies the policy. The caller carries out the restore itself.
    ///
    /// # Errors
    /// OPERATION_FAILED with reason OWN_ROW_DELETED if the policy is to report.
    pub fn decide(policy: OwnDeleted, external_id: &str, row: &Row) -> Result<Self, CrmError> {
        let id = id_of(row).to_owned();
        match policy {
            OwnDeleted::Revive => Ok(Self::Revived(id)),
            OwnDeleted::Skip => Ok(Self::Left(id)),
            OwnDeleted::Report => Err(CrmError::new(
                ErrorCode::OperationFailed,
                format!(
                    "company {external_id:?} is soft-deleted in the CRM (row {id}): restore or destroy it there, or set collisions.ownDeleted"
                ),
            )
            .with_detail("reason", error_reason::OWN_ROW_DELETED)
            .with_detail("crmId", id)),
        }
    }

    /// The warning for the person's result.
    pub fn warning(self, person_external_id: &str, external_id: &str) -> SyncWarning {
        let (id, reason, what) = match self {
            Self::Revived(id) => (id, reason::REVIVED, "has been restored"),
            Self::Left(id) => (id, reason::OWN_ROW_DELETED, "was not restored"),
        };
        SyncWarning::new(
            "company_external_id",
            reason,
            person_external_id,
            format!("company {external_id:?} was soft-deleted in the CRM and {what}"),
        )
        .with_other_external_id(external_id)
        .with_crm_id(id)
    }
}

/// The input for a company that does not exist yet.
pub fn stub_of(company: &CompanyRef) -> Input {
    Input::CompanyStub(CompanyInput {
        external_id: company.external_id.clone(),
        name: company.name_to_make().unwrap_or_default().to_owned(),
        domain_name: match &company.domain {
            Some(domain) => Patch::Value(domain.host().to_owned()),
            None => Patch::Absent,
        },
        ..CompanyInput::default()
    })
}

/// What a look-up shows of the domain by which a person names a company, if no row is ours.
pub enum Met<'r> {
    /// No row has it.
    Nobody,
    /// It belongs to another external id, or it cannot be claimed because the workspace has no unique field for
    /// external ids: people are linked to it, and it is not changed.
    Anothers(&'r Row),
    /// A row without an external id, or a deleted one: the collision table decides.
    Open(&'r Row),
}

/// Searches looked-up rows for the domain: live rows before deleted ones, the oldest first.
pub fn meet<'r>(
    rows: impl IntoIterator<Item = &'r Row>,
    field: &ExternalIdField,
    domain: Option<&Domain>,
) -> Met<'r> {
    let Some(domain) = domain else {
        return Met::Nobody;
    };
    let holder = rows
        .into_iter()
        .filter(|row| {
            identity_of(ObjectKind::Company, row).is_some_and(|held| held == domain.host())
        })
        .min_by_key(|row| (is_deleted(row), text_of(row, "createdAt").to_owned()));
    match (holder, field) {
        (None, _) => Met::Nobody,
        (Some(row), _) if is_deleted(row) => Met::Open(row),
        (Some(row), ExternalIdField::Unique(name)) if text_of(row, name).is_empty() => {
            Met::Open(row)
        }
        (Some(row), _) => Met::Anothers(row),
    }
}

/// The row with the external id, otherwise the one with the derived id and no other external id; live ones first.
pub fn company_row<'r>(
    rows: &[&'r Row],
    field: &ExternalIdField,
    stored: &str,
    chosen: &str,
) -> Option<&'r Row> {
    rows.iter()
        .copied()
        .filter(|row| match field.name().map(|name| text_of(row, name)) {
            None | Some("") => id_of(row) == chosen,
            Some(external_id) => external_id == stored,
        })
        .min_by_key(|row| (is_deleted(row), id_of(row) != chosen))
}
