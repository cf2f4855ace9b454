//! The company that a person names: found, or made first, or left out with a warning (`docs/twenty/mapping.md#person`).

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::company_key::{CompanyOf, CompanyRef};
use crate::core::twenty::domain::Domain;
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::{ObjectKind, record_id, stored_external_id};
use crate::core::twenty::input::CompanyInput;
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::patch::Patch;
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::unique_value::identity_of;
use crate::core::twenty::warning::SyncWarning;

use super::collision::reason;
use super::context::SyncContext;
use super::options::{CallOptions, OwnDeleted};
use super::record::input::Input;
use super::requests::{self, Record, id_of, is_deleted, text_of};
use super::upsert::{map, store_failed};
use super::upsert_turn::Travel;

/// What becomes of a person's `companyId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Not sent: what the CRM has stays.
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

    /// Puts what is to become of the link into a payload.
    pub fn write_into(&self, payload: &mut Map<String, Value>) {
        let value = match self {
            Self::None => return,
            Self::Clear => Value::Null,
            Self::To(id) => id.as_str().into(),
        };
        payload.insert("companyId".to_owned(), value);
    }
}

/// What the resolution found.
pub(super) struct Resolved {
    pub link: Link,
    pub warnings: Vec<SyncWarning>,
    /// The person's own rows, where they were asked for together with the company.
    pub person_rows: Option<Vec<Record>>,
}

impl Resolved {
    fn to(id: String) -> Self {
        Self {
            link: Link::To(id),
            warnings: Vec::new(),
            person_rows: None,
        }
    }
}

/// What became of a soft-deleted company that a person names.
#[derive(Clone, Debug)]
pub(super) enum DeletedCompany {
    /// It was restored.
    Revived(String),
    /// It was left deleted.
    Left(String),
}

impl DeletedCompany {
    /// Says so to whoever wrote the person.
    pub fn warning(self, person_external_id: &str, external_id: &str) -> SyncWarning {
        let (id, reason, what) = match self {
            Self::Revived(id) => (id, reason::REVIVED, "has been restored"),
            Self::Left(id) => (id, reason::OWN_ROW_DELETED, "was left so"),
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

impl SyncContext {
    /// Finds the CRM id of a company that a person names: remembered, looked up, or made where it can be called something.
    /// `person` is asked for in the same request as the company.
    pub(super) async fn resolve_company(
        &self,
        schema: &Arc<WorkspaceSchema>,
        options: &CallOptions,
        company: &CompanyRef,
        person: Option<LookupQuery>,
        person_external_id: &str,
    ) -> Result<Resolved, CrmError> {
        let external_id = company.external_id.as_str();
        let mut warnings = Vec::new();
        let field = self.options.field_names.external_id_in(&schema.company);
        if options.use_cache {
            match self.recall(ObjectKind::Company, external_id).await {
                Ok(Some(known)) if self.is_proven(&known) || field.name().is_none() => {
                    return Ok(Resolved::to(known.crm_id.to_string()));
                }
                Ok(_) => {}
                Err(message) => warnings.push(store_failed(person_external_id, &message)),
            }
        }
        let namespace = self.options.namespace.as_deref();
        let stored = stored_external_id(namespace, external_id);
        let chosen = record_id(ObjectKind::Company, namespace, external_id);
        let mut query = self.query(ObjectKind::Company, schema);
        self.ask_for_company(schema, company, &mut query)?;
        let queries: Vec<_> = std::iter::once(query).chain(person).collect();
        let mut answers = requests::look_up(&self.http, queries).await?.into_iter();
        let companies = answers.next().unwrap_or_default();
        let person_rows = answers.next();
        if company.domain.is_some() {
            self.learn_domain_form(ObjectKind::Company, &[chosen.to_string()], &companies);
        }
        let found = company_row(&companies, &field, &stored, &chosen.to_string());
        let found = match found.filter(|row| is_deleted(row)) {
            None => found,
            Some(row) => match self.revive_company(external_id, row).await? {
                Some(note) => {
                    warnings.push(note.warning(person_external_id, external_id));
                    found
                }
                None => None,
            },
        };
        let link = if let Some(row) = found {
            let id = id_of(row).to_owned();
            self.scope.domains.note(external_id, row);
            self.learn(ObjectKind::Company, external_id, &id);
            Link::To(id)
        } else if let Met::Anothers(row) = meet(&companies, &field, company.domain.as_ref()) {
            Link::To(id_of(row).to_owned())
        } else if company.name_to_make().is_some() {
            let made = self.make_company(options, company).await?;
            warnings.extend(made.warnings);
            Link::To(made.id)
        } else {
            warnings.push(company_missing(person_external_id, external_id));
            Link::None
        };
        Ok(Resolved {
            link,
            warnings,
            person_rows,
        })
    }

    /// Adds the keys of a company to a look-up.
    pub(super) fn ask_for_company(
        &self,
        schema: &WorkspaceSchema,
        company: &CompanyRef,
        query: &mut LookupQuery,
    ) -> Result<(), CrmError> {
        if company.domain.is_some() {
            query.add(&map(self, schema, &stub_of(company))?);
            return Ok(());
        }
        let namespace = self.options.namespace.as_deref();
        let external_id = &company.external_id;
        query
            .ids
            .push(record_id(ObjectKind::Company, namespace, external_id));
        query
            .external_ids
            .push(stored_external_id(namespace, external_id));
        Ok(())
    }

    /// A person names a company of ours that is soft-deleted: what the policy says, and what the caller is told. `None`
    /// when the row has gone meanwhile.
    pub(super) async fn revive_company(
        &self,
        external_id: &str,
        row: &Record,
    ) -> Result<Option<DeletedCompany>, CrmError> {
        let id = id_of(row);
        match self.options.collisions.own_deleted {
            OwnDeleted::Skip => Ok(Some(DeletedCompany::Left(id.to_owned()))),
            OwnDeleted::Report => Err(CrmError::new(
                ErrorCode::OperationFailed,
                format!(
                    "company {external_id:?} is soft-deleted in the CRM (row {id}): restore or destroy it there, or set collisions.ownDeleted"
                ),
            )
            .with_detail("reason", error_reason::OWN_ROW_DELETED)
            .with_detail("crmId", id)),
            OwnDeleted::Revive => {
                let mut payload = Map::new();
                payload.insert("deletedAt".to_owned(), Value::Null);
                match requests::patch(&self.http, ObjectKind::Company, id, &payload).await {
                    Ok(_) => Ok(Some(DeletedCompany::Revived(id.to_owned()))),
                    Err(error) if error.code == ErrorCode::NotFound => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// Makes the company in its own turn, so that many people who name one new company make it once.
    pub(super) async fn make_company(
        &self,
        options: &CallOptions,
        company: &CompanyRef,
    ) -> Result<MadeCompany, CrmError> {
        // The look-up has just said that nobody remembers it; those who come in its turn later do.
        let options = CallOptions {
            use_cache: true,
            ..*options
        };
        let turn = self
            .in_turn(stub_of(company), options, None, Travel::Alone)
            .await?;
        Ok(MadeCompany {
            id: turn.answer.id.clone(),
            warnings: turn.answer.warnings.clone(),
        })
    }

    /// Forgets the company that a person's link led to, when the server says that it is not there.
    pub(super) async fn forget_company(&self, company: &CompanyOf) {
        if let Some(company) = company.one() {
            // A store that fails here fails again at the next look, where it is told about.
            let _ = self.forget(ObjectKind::Company, &company.external_id).await;
        }
    }
}

/// A company that was made, or found after all, and what there is to tell of it.
pub(super) struct MadeCompany {
    pub id: String,
    pub warnings: Vec<SyncWarning>,
}

/// What is written of a company that nobody has yet.
pub(super) fn stub_of(company: &CompanyRef) -> Input {
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

/// Says that a company is not there, and that nothing says what to call it.
pub(super) fn company_missing(person_external_id: &str, external_id: &str) -> SyncWarning {
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

/// What is known of a domain that a person's company is named by, where no row is ours.
pub(super) enum Met<'r> {
    /// No row has it.
    Nobody,
    /// It is the company of another external id, or nobody could claim it: people are linked to it as it is.
    Anothers(&'r Record),
    /// A row that nobody has claimed, or a deleted one: the collision table says what becomes of it.
    Open(&'r Record),
}

/// Looks for the domain among rows of a look-up; a live row goes before a deleted one, the oldest first.
pub(super) fn meet<'r>(
    rows: &'r [Record],
    field: &ExternalIdField,
    domain: Option<&Domain>,
) -> Met<'r> {
    let Some(domain) = domain else {
        return Met::Nobody;
    };
    let holder = rows
        .iter()
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

/// The row that carries the external id, else the one with the chosen id that nobody else has claimed; live ones first.
pub(super) fn company_row<'r>(
    rows: &'r [Record],
    field: &ExternalIdField,
    stored: &str,
    chosen: &str,
) -> Option<&'r Record> {
    rows.iter()
        .filter(|row| match field.name().map(|name| text_of(row, name)) {
            None | Some("") => id_of(row) == chosen,
            Some(external_id) => external_id == stored,
        })
        .min_by_key(|row| (is_deleted(row), id_of(row) != chosen))
}
