//! The companies that a chunk of people names: remembered, looked up together with the people, or made first.

use std::collections::HashMap;

use super::batch::{Entry, WriteMode, Written, is_about_a_record, write_batches};
use super::rows::Kept;
use super::schema_watch::SchemaWatch;
use crate::core::error::CrmError;
use crate::core::sync::collision::{Claimant, Decision, decide};
use crate::core::sync::company_link::{
    DeletedCompany, Link, MadeCompany, Met, company_missing, company_row, meet, stub_of,
};
use crate::core::sync::context::SyncContext;
use crate::core::sync::options::{CallOptions, OwnDeleted};
use crate::core::sync::record::input::Input;
use crate::core::sync::requests::{Record, id_of, is_deleted};
use crate::core::sync::upsert::{create_payload, linked_warning, map};
use crate::core::twenty::company_key::{CompanyOf, CompanyRef};
use crate::core::twenty::comparison::only_blank;
use crate::core::twenty::ids::{ObjectKind, record_id, stored_external_id};
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::patch::Patch;
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::warning::SyncWarning;

/// One company that people of a chunk name.
struct Named {
    /// It, with the first name that one of them gives.
    company: CompanyRef,
    /// Its id in the CRM, once it is known.
    id: Option<String>,
    /// Its row, while that is soft-deleted.
    deleted: Option<Record>,
    /// A row has its domain, of which the collision table says what becomes: the way of single upserts.
    open: Option<Record>,
    /// What the first person that names it is told.
    note: Option<DeletedCompany>,
    /// As `note`, of a company that was made alone.
    told: Vec<SyncWarning>,
    /// Why it could not be made.
    error: Option<CrmError>,
}

impl Named {
    fn new(company: CompanyRef) -> Self {
        Self {
            company,
            id: None,
            deleted: None,
            open: None,
            note: None,
            told: Vec::new(),
            error: None,
        }
    }
}

/// All companies that a chunk names, by external id.
#[derive(Default)]
pub(super) struct Companies {
    named: HashMap<String, Named>,
}

impl Companies {
    /// Notes that somebody names a company.
    pub fn note(&mut self, company: &CompanyRef) {
        let Some(named) = self.named.get_mut(&company.external_id) else {
            let named = Named::new(company.clone());
            self.named.insert(company.external_id.clone(), named);
            return;
        };
        let known = &mut named.company;
        if known.name.is_none() {
            known.name.clone_from(&company.name);
        }
        if known.domain.is_none() {
            known.domain.clone_from(&company.domain);
        }
    }

    /// Gives a person who names a company the name that somebody else of the chunk gives it: whoever is written first may
    /// have to make it.
    pub fn tell_name(&self, company: &CompanyOf, input: &mut Input) {
        if let (Input::Person(person), Some(company)) = (input, company.one())
            && company.name.is_none()
            && let Some(named) = self.named.get(&company.external_id)
            && let Some(name) = named.company.name.clone()
        {
            person.company_name = Patch::Value(name);
        }
    }

    /// Fills in what memory and store know, and what is not only a store's word. A store's failure is the caller's to
    /// tell.
    pub async fn recall(
        &mut self,
        service: &SyncContext,
        schema: &WorkspaceSchema,
        options: &CallOptions,
    ) -> Result<(), String> {
        if !options.use_cache || self.named.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = self.named.keys().cloned().collect();
        let field = service.options.field_names.external_id_in(&schema.company);
        for (external_id, known) in service.recall_many(ObjectKind::Company, &ids).await? {
            let is_proven = field.name().is_none() || service.is_proven(&known);
            if let Some(named) = self.named.get_mut(&external_id)
                && is_proven
            {
                named.id = Some(known.crm_id.to_string());
            }
        }
        Ok(())
    }

    /// The look-up of those that nobody remembers; none when all are known.
    pub fn query(
        &self,
        service: &SyncContext,
        schema: &WorkspaceSchema,
    ) -> Result<Option<LookupQuery>, CrmError> {
        let mut query = service.query(ObjectKind::Company, schema);
        for named in self.named.values() {
            if named.id.is_none() {
                service.ask_for_company(schema, &named.company, &mut query)?;
            }
        }
        Ok((!query.is_empty()).then_some(query))
    }

    /// Takes in what the look-up found.
    pub fn found(&mut self, service: &SyncContext, schema: &WorkspaceSchema, rows: &[Record]) {
        let namespace = service.options.namespace.as_deref();
        let field = service.options.field_names.external_id_in(&schema.company);
        for (external_id, named) in &mut self.named {
            if named.id.is_some() {
                continue;
            }
            let chosen = record_id(ObjectKind::Company, namespace, external_id).to_string();
            let stored = stored_external_id(namespace, external_id);
            if let Some(row) = company_row(rows, &field, &stored, &chosen) {
                let id = id_of(row).to_owned();
                named.deleted = is_deleted(row).then(|| row.clone());
                if named.deleted.is_none() {
                    service.learn(ObjectKind::Company, external_id, &id);
                }
                named.id = Some(id);
                continue;
            }
            match meet(rows, &field, named.company.domain.as_ref()) {
                Met::Nobody => {}
                // Not remembered: it is another's, and may be given another domain.
                Met::Anothers(row) => named.id = Some(id_of(row).to_owned()),
                Met::Open(row) => named.open = Some(row.clone()),
            }
        }
    }

    /// Does with soft-deleted ones what the policy says. Only then are they remembered: people who come later are linked
    /// to what is remembered without another look.
    async fn revive_deleted(&mut self, service: &SyncContext) {
        for (external_id, named) in &mut self.named {
            let Some(row) = named.deleted.take() else {
                continue;
            };
            match service.revive_company(external_id, &row).await {
                Ok(Some(note)) => {
                    service.learn(ObjectKind::Company, external_id, id_of(&row));
                    named.note = Some(note);
                }
                Ok(None) => named.id = None,
                Err(error) => named.error = Some(error),
            }
        }
    }

    /// What will be said of soft-deleted ones, with nothing done to them.
    pub async fn foresee_deleted(&mut self, service: &SyncContext) {
        for (external_id, named) in &mut self.named {
            let Some(row) = named.deleted.take() else {
                continue;
            };
            if service.options.collisions.own_deleted == OwnDeleted::Revive {
                named.note = Some(DeletedCompany::Revived(id_of(&row).to_owned()));
                continue;
            }
            match service.revive_company(external_id, &row).await {
                Ok(note) => named.note = note,
                Err(error) => named.error = Some(error),
            }
        }
    }

    /// What the collision table will say of rows that have the domain, with nothing done to them.
    pub fn foresee_open(&mut self, service: &SyncContext, schema: &WorkspaceSchema) {
        let collisions = service.options.collisions.of_named_company();
        for named in self.named.values_mut().filter(|named| named.id.is_none()) {
            let Some(row) = named.open.take() else {
                continue;
            };
            let Ok(mapped) = map(service, schema, &stub_of(&named.company)) else {
                continue;
            };
            let external_id = named.company.external_id.as_str();
            let own_ids = [mapped.id.to_string()];
            let claimant = Claimant::of(ObjectKind::Company, external_id, &mapped, &own_ids, false);
            match decide(&claimant, &[&row], &collisions) {
                Decision::Create { leave_out, note } => {
                    named.told.extend(leave_out.into_iter().chain(note));
                }
                Decision::Write(target) => {
                    let id = id_of(&target.row).to_owned();
                    let (_, kept) = only_blank(&mapped.fields, &target.row);
                    let unique = mapped.unique_value.as_ref();
                    named.told = target.warnings;
                    named
                        .told
                        .push(linked_warning(external_id, unique, &id, &kept));
                    named.id = Some(id);
                }
                Decision::Skip { warning, .. } => named.told.push(warning),
                Decision::Fail(error) => named.error = Some(error),
            }
        }
    }

    /// Makes those that are missing and have a name, in one batch; what is refused there is tried alone.
    pub async fn make_missing(
        &mut self,
        service: &SyncContext,
        schema: &WorkspaceSchema,
        options: &CallOptions,
        watch: &mut SchemaWatch<'_>,
    ) {
        self.revive_deleted(service).await;
        self.make_open(service, options).await;
        let missing: Vec<CompanyRef> = self
            .named
            .values()
            .filter(|named| named.id.is_none() && named.error.is_none())
            .filter(|named| named.company.name_to_make().is_some())
            .map(|named| named.company.clone())
            .collect();
        if missing.is_empty() {
            return;
        }
        let entries = missing
            .iter()
            .enumerate()
            .filter_map(|(at, company)| {
                let mapped = map(service, schema, &stub_of(company)).ok()?;
                let payload = create_payload(&mapped, mapped.fields.clone());
                Some(Entry::new(at, mapped.id.to_string(), &payload))
            })
            .collect();
        let outcomes = write_batches(
            &service.http,
            ObjectKind::Company,
            WriteMode::Create,
            entries,
            &Kept::identity(&service.options.field_names),
            false,
            watch,
        )
        .await;
        for (at, outcome) in outcomes {
            let Some(company) = missing.get(at) else {
                continue;
            };
            let external_id = &company.external_id;
            let made = match outcome {
                Written::Stored(record) => {
                    let id = id_of(&record).to_owned();
                    service.learn(ObjectKind::Company, external_id, &id);
                    Ok(MadeCompany {
                        id,
                        warnings: Vec::new(),
                    })
                }
                Written::Failed(error) if !is_about_a_record(&error) => Err(error),
                // Somebody else made one of them meanwhile; alone, each finds its row or is made.
                Written::Conflict(_) | Written::Failed(_) | Written::Outdated => {
                    service.make_company(options, company).await
                }
            };
            self.settle(external_id, made);
        }
    }

    /// Those whose domain is on a row that nobody has claimed, or that is deleted.
    async fn make_open(&mut self, service: &SyncContext, options: &CallOptions) {
        let open: Vec<CompanyRef> = self
            .named
            .values()
            .filter(|named| named.open.is_some() && named.id.is_none())
            .map(|named| named.company.clone())
            .collect();
        for company in open {
            let made = service.make_company(options, &company).await;
            self.settle(&company.external_id, made);
        }
    }

    fn settle(&mut self, external_id: &str, made: Result<MadeCompany, CrmError>) {
        let Some(named) = self.named.get_mut(external_id) else {
            return;
        };
        match made {
            Ok(made) => {
                named.id = Some(made.id);
                named.told = made.warnings;
            }
            Err(error) => named.error = Some(error),
        }
    }

    /// The link to a company, with warnings where it cannot be made, was found deleted or was claimed.
    ///
    /// # Errors
    /// Why the company could not be made, though it has a name.
    pub fn link(
        &mut self,
        external_id: &str,
        person_external_id: &str,
    ) -> Result<(Link, Vec<SyncWarning>), CrmError> {
        let missing = || vec![company_missing(person_external_id, external_id)];
        let Some(named) = self.named.get_mut(external_id) else {
            return Ok((Link::None, missing()));
        };
        if let Some(error) = named.error.clone() {
            return Err(error);
        }
        let mut warnings = std::mem::take(&mut named.told);
        let Some(id) = named.id.clone() else {
            // In a dry run, one that would be made has something to tell.
            if warnings.is_empty() {
                warnings = missing();
            }
            return Ok((Link::None, warnings));
        };
        let note = named.note.take();
        warnings.extend(note.map(|note| note.warning(person_external_id, external_id)));
        Ok((Link::To(id), warnings))
    }

    /// Whether the company is known or can be made, and there is nothing to tell of it.
    pub fn will_exist(&self, external_id: &str) -> bool {
        self.named.get(external_id).is_some_and(|named| {
            let is_quiet = named.note.is_none() && named.error.is_none() && named.told.is_empty();
            is_quiet && (named.id.is_some() || named.company.name_to_make().is_some())
        })
    }
}
