//! The companies that a chunk of people names: remembered, looked up together with the people, or made first.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::batch::{Entry, WriteMode, Written, is_about_a_record, write_batches};
use super::rows::Kept;
use super::schema_watch::SchemaWatch;
use crate::core::error::CrmError;
use crate::core::sync::collision::reason;
use crate::core::sync::company_link::{DeletedCompany, Link, company_row};
use crate::core::sync::options::{CallOptions, OwnDeleted};
use crate::core::sync::service::SyncService;
use crate::core::sync::upsert::Input;
use crate::core::sync::wire::{Record, id_of, is_deleted};
use crate::core::twenty::ids::{ObjectKind, record_id, stored_external_id};
use crate::core::twenty::input::Patch;
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::name;
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::warning::SyncWarning;

/// One company that people of a chunk name.
#[derive(Default)]
struct Named {
    /// The first name that one of them gives.
    name: Option<String>,
    /// Its id in the CRM, once it is known.
    id: Option<String>,
    /// Its row, while that is soft-deleted.
    deleted: Option<Record>,
    /// What the first person that names it is told.
    note: Option<DeletedCompany>,
    /// Why it could not be made.
    error: Option<CrmError>,
}

/// All companies that a chunk names, by external id.
#[derive(Default)]
pub(super) struct Companies {
    named: HashMap<String, Named>,
}

impl Companies {
    /// Notes that somebody names a company.
    pub fn note(&mut self, external_id: &str, name: Option<&str>) {
        let named = self.named.entry(external_id.to_owned()).or_default();
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        if named.name.is_none() {
            named.name = name.map(str::to_owned);
        }
    }

    /// Gives a person who names a company the name that somebody else of the chunk gives it: whoever is written first may
    /// have to make it.
    pub fn tell_name(&self, input: &mut Input) {
        if let Input::Person(person) = input
            && let Patch::Value(external_id) = &person.company_external_id
            && person
                .company_name
                .value()
                .is_none_or(|name| name.trim().is_empty())
            && let Some(name) = self
                .named
                .get(external_id)
                .and_then(|named| named.name.clone())
        {
            person.company_name = Patch::Value(name);
        }
    }

    /// Fills in what memory and store know, and what is not only a store's word. A store's failure is the caller's to
    /// tell.
    pub async fn recall(
        &mut self,
        service: &SyncService,
        schema: &WorkspaceSchema,
        options: &CallOptions,
    ) -> Result<(), String> {
        if !options.use_cache || self.named.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = self.named.keys().cloned().collect();
        let field = service.options.field_names.external_id_in(&schema.company);
        for (external_id, known) in service.recall_many(ObjectKind::Company, &ids).await? {
            let is_proven = field.name().is_none()
                || known.is_answered
                || service.is_computed(ObjectKind::Company, &external_id, &known.crm_id);
            if let Some(named) = self.named.get_mut(&external_id)
                && is_proven
            {
                named.id = Some(known.crm_id);
            }
        }
        Ok(())
    }

    /// The look-up of those that nobody remembers; none when all are known.
    pub fn query(&self, service: &SyncService, schema: &WorkspaceSchema) -> Option<LookupQuery> {
        let namespace = service.options.namespace.as_deref();
        let mut query = service.query(ObjectKind::Company, schema);
        for (external_id, named) in &self.named {
            if named.id.is_none() {
                query
                    .ids
                    .push(record_id(ObjectKind::Company, namespace, external_id));
                query
                    .external_ids
                    .push(stored_external_id(namespace, external_id));
            }
        }
        (!query.is_empty()).then_some(query)
    }

    /// Takes in what the look-up found.
    pub fn found(&mut self, service: &SyncService, schema: &WorkspaceSchema, rows: &[Record]) {
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
            }
        }
    }

    /// Does with soft-deleted ones what the policy says. Only then are they remembered: people who come later are linked
    /// to what is remembered without another look.
    async fn revive_deleted(&mut self, service: &SyncService) {
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
    pub async fn foresee_deleted(&mut self, service: &SyncService) {
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

    /// Makes those that are missing and have a name, in one batch; what is refused there is tried alone.
    pub async fn make_missing(
        &mut self,
        service: &SyncService,
        schema: &WorkspaceSchema,
        options: &CallOptions,
        watch: &mut SchemaWatch<'_>,
    ) {
        self.revive_deleted(service).await;
        let namespace = service.options.namespace.as_deref();
        let field = service.options.field_names.external_id_in(&schema.company);
        let missing: Vec<String> = self
            .named
            .iter()
            .filter(|(_, named)| named.id.is_none() && named.name.is_some())
            .map(|(external_id, _)| external_id.clone())
            .collect();
        if missing.is_empty() {
            return;
        }
        let entries = missing
            .iter()
            .enumerate()
            .map(|(at, external_id)| {
                let id = record_id(ObjectKind::Company, namespace, external_id).to_string();
                let mut payload = Map::new();
                payload.insert("id".to_owned(), id.clone().into());
                if let Some(field) = field.name() {
                    let stored = stored_external_id(namespace, external_id);
                    payload.insert(field.to_owned(), stored.into());
                }
                let name = self
                    .named
                    .get(external_id)
                    .and_then(|named| named.name.as_deref())
                    .map_or(Value::Null, |name| name::collapse(name).into());
                payload.insert("name".to_owned(), name);
                Entry::new(at, id, &payload)
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
            let Some(external_id) = missing.get(at) else {
                continue;
            };
            let made = match outcome {
                Written::Stored(record) => {
                    let id = id_of(&record).to_owned();
                    service.learn(ObjectKind::Company, external_id, &id);
                    Ok(id)
                }
                Written::Failed(error) if !is_about_a_record(&error) => Err(error),
                // Somebody else made one of them meanwhile; alone, each finds its row or is made.
                Written::Conflict(_) | Written::Failed(_) | Written::Outdated => {
                    let name = self
                        .named
                        .get(external_id)
                        .and_then(|named| named.name.as_deref());
                    let name = name.unwrap_or_default();
                    service.make_company(options, external_id, name).await
                }
            };
            if let Some(named) = self.named.get_mut(external_id) {
                match made {
                    Ok(id) => named.id = Some(id),
                    Err(error) => named.error = Some(error),
                }
            }
        }
    }

    /// The link to a company, with a warning where it cannot be made or was found deleted.
    ///
    /// # Errors
    /// Why the company could not be made, though it has a name.
    pub fn link(
        &mut self,
        external_id: &str,
        person_external_id: &str,
    ) -> Result<(Link, Option<SyncWarning>), CrmError> {
        let named = self.named.get_mut(external_id);
        if let Some(error) = named.as_ref().and_then(|named| named.error.clone()) {
            return Err(error);
        }
        let note = named.and_then(|named| Some((named.id.clone()?, named.note.take())));
        Ok(match note {
            Some((id, note)) => {
                let warning = note.map(|note| note.warning(person_external_id, external_id));
                (Link::To(id), warning)
            }
            None => {
                let warning = SyncWarning::new(
                    "company_external_id",
                    reason::COMPANY_MISSING,
                    person_external_id,
                    format!(
                        "company {external_id:?} is not in the CRM and company_name is not given: the person was stored without a company"
                    ),
                )
                .with_other_external_id(external_id);
                (Link::None, Some(warning))
            }
        })
    }

    /// Whether the company is known or can be made, and there is nothing to tell of it.
    pub fn will_exist(&self, external_id: &str) -> bool {
        self.named.get(external_id).is_some_and(|named| {
            let is_quiet = named.note.is_none() && named.error.is_none();
            is_quiet && (named.id.is_some() || named.name.is_some())
        })
    }
}
