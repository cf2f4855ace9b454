//! Which row is ours: what is remembered, what a look-up finds, and what follows from it.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::payload::is_as_created;
use super::{Plan, Step, Upsert};
use crate::core::error::CrmError;
use crate::core::sync::record::input::{Input, Upserted};
use crate::core::twenty::domain::Domain;
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::unique_value::identity_of;
use crate::core::twenty::warning::SyncWarning;

use crate::core::sync::collision::{Claimant, Decision, decide, own_gone, reason};
use crate::core::sync::company_link::{Met, meet};
use crate::core::sync::mappings::entry::Entry;
use crate::core::sync::options::Collisions;
use crate::core::sync::requests::{self, Record, id_of, text_of};

impl Upsert<'_> {
    /// Memory first, then the store; a store that fails is told about and otherwise ignored.
    pub(super) async fn recall(&mut self) -> Option<Entry> {
        if !self.options.use_cache {
            return None;
        }
        let kind = self.kind();
        match self.service.recall(kind, self.input.external_id()).await {
            Ok(known) => known,
            Err(message) => {
                self.warn_store(&message);
                None
            }
        }
    }

    /// The record's id, where what would be written was written last (option `skipUnchanged`).
    pub(super) async fn recall_unchanged(&mut self) -> Option<String> {
        if !self.options.skip_unchanged || self.options.force || !self.options.use_cache {
            return None;
        }
        let external_id = self.input.external_id().to_owned();
        let asked = std::slice::from_ref(&external_id);
        match self.service.recall_many(self.kind(), asked).await {
            Ok(mut known) => {
                let hash = self
                    .service
                    .hash_of(&self.input, &self.mapped, &self.schema);
                known
                    .remove(&external_id)
                    .filter(|known| self.service.is_unchanged(known, hash))
                    .map(|known| known.crm_id.to_string())
            }
            Err(message) => {
                self.warn_store(&message);
                None
            }
        }
    }

    pub(super) fn warn_store(&mut self, message: &str) {
        let warning = store_failed(self.input.external_id(), message);
        self.warnings.push(warning);
    }

    pub(super) async fn remember(&mut self, record: &Record) {
        let hash = self.is_complete.then(|| {
            self.service
                .hash_of(&self.input, &self.mapped, &self.schema)
        });
        let kind = self.kind();
        self.service
            .note_seen(kind, self.input.external_id(), record);
        let external_id = self.input.external_id();
        let entry = self.service.entry_of_row(kind, external_id, hash, record);
        if let Some(entry) = entry
            && let Err(message) = self
                .service
                .remember_many(&[(entry, &self.mapped.fields)])
                .await
        {
            self.warn_store(&message);
        }
        self.service
            .note_schema_drift(&self.schema, self.kind(), record);
    }

    pub(super) async fn forget(&mut self, id: &str) {
        // A remembered id that was none of the chosen ones is not ours any more.
        let chosen = self.mapped.id.to_string();
        self.own_ids.retain(|own| own != id || *own == chosen);
        self.remembered = None;
        if let Err(message) = self
            .service
            .forget(self.kind(), self.input.external_id())
            .await
        {
            self.warn_store(&message);
        }
    }

    /// A plain create is safe without a look-up only where the server itself refuses every double: most
    /// e-mails have one spelling and a unique index, a domain has many spellings, and an external id that is not unique has no index.
    pub(super) fn must_look_first(&self) -> bool {
        if let Input::CompanyStub(stub) = &self.input {
            // The person that names it has just looked. A row with its domain may have been seen there, and it may be
            // another one by now.
            return !stub.domain_name.is_absent();
        }
        if matches!(self.mapped.external_id_field, ExternalIdField::Unproven(_)) {
            return true;
        }
        self.mapped
            .unique_value
            .as_ref()
            .is_some_and(|unique| unique.spellings.len() > 1)
    }

    /// Whether the domain is not known to be on the remembered row: another row may hold it in another spelling, which
    /// the server would not refuse.
    pub(super) fn brings_new_domain(&self) -> bool {
        self.kind() == ObjectKind::Company
            && self.mapped.unique_value.as_ref().is_some_and(|unique| {
                let domains = &self.service.scope.domains;
                !domains.holds(self.input.external_id(), &unique.spellings)
            })
    }

    pub(super) fn query(&self) -> LookupQuery {
        let mut query = self.service.query(self.kind(), &self.schema);
        query.add(&self.mapped);
        // A store of the caller's may remember what is no id at all; the server would refuse the whole look-up.
        let further = self
            .own_ids
            .iter()
            .filter_map(|id| Uuid::parse_str(id).ok());
        query.ids.extend(further.filter(|id| *id != self.mapped.id));
        query.ids.extend(&self.further_rows);
        query
    }

    /// Whether other rows are to be looked at before this person is written, because they may have the e-mail beside
    /// their primary ones. Asked once.
    pub(super) async fn find_further_rows(&mut self) -> bool {
        let unique = self.mapped.unique_value.as_ref();
        let unique = unique.filter(|_| self.kind() == ObjectKind::Person && !self.without_unique);
        let Some(unique) = unique.filter(|_| !self.further_asked) else {
            return false;
        };
        self.further_asked = true;
        let found = self.service.further_rows(&[&unique.identity]).await;
        if let Some(message) = found.told {
            let warning = emails_unread(self.input.external_id(), &message);
            self.warnings.push(warning);
        }
        self.further_rows = found.rows.into_iter().flatten().collect();
        !self.further_rows.is_empty()
    }

    pub(super) async fn look_up(&mut self) -> Result<Step, CrmError> {
        self.looked_at = self.service.workspace.row_locks.now();
        let mut answers = match requests::look_up(&self.service.http, vec![self.query()]).await {
            // It may name a field that is no more.
            Err(error) if self.renew_schema(&error).await? => {
                return Ok(Step::Next(Plan::LookUp));
            }
            answers => answers?,
        };
        self.is_unsettled = false;
        self.was_refused = false;
        let rows = answers.pop().unwrap_or_default();
        self.forget_disowned(&rows).await;
        self.service
            .learn_domain_form(self.kind(), &self.own_ids, &rows);
        if let Some(refused) = self.refused_create.take()
            && let ExternalIdField::Unproven(field) = &self.mapped.external_id_field
            && self.proves_uniqueness(field, &refused, &rows)
        {
            self.service.prove_unique(self.kind(), field);
        }
        self.decide(&rows)
    }

    /// The server refused `refused` as a duplicate, and nothing but the external id of one of `rows` explains that: so
    /// the field is unique, although the schema's source does not say (a key without the right to read metadata).
    fn proves_uniqueness(
        &self,
        field: &str,
        refused: &Map<String, Value>,
        rows: &[Record],
    ) -> bool {
        /// What no workspace keeps unique, beside what was looked up.
        const NEVER_UNIQUE: [&str; 3] = ["name", "companyId", "jobTitle"];
        let unique_field = self.kind().unique_field();
        let looked_up = |key: &str| key == "id" || key == field || key == unique_field;
        let is_explained_elsewhere = |row: &Record| {
            refused.get("id").and_then(Value::as_str) == Some(id_of(row))
                || self.mapped.unique_value.as_ref().is_some_and(|unique| {
                    identity_of(self.kind(), row).is_some_and(|held| held == unique.identity)
                })
        };
        refused
            .keys()
            .all(|key| looked_up(key) || NEVER_UNIQUE.contains(&key.as_str()))
            && rows
                .iter()
                .any(|row| text_of(row, field) == self.mapped.stored_external_id)
            && !rows.iter().any(is_explained_elsewhere)
    }

    fn claimant(&self) -> Claimant<'_> {
        Claimant::of(
            self.kind(),
            self.input.external_id(),
            &self.mapped,
            &self.own_ids,
            self.without_unique,
        )
    }

    /// Forgets a remembered id whose row shows that it is another record's.
    pub(super) async fn forget_disowned(&mut self, rows: &[Record]) {
        let Some(id) = self.remembered.clone() else {
            return;
        };
        let claimant = self.claimant();
        let is_disowned = rows
            .iter()
            .any(|row| id_of(row) == id && !claimant.is_own(row));
        if is_disowned {
            self.forget(&id).await;
        }
    }

    pub(super) fn decide(&mut self, rows: &[Record]) -> Result<Step, CrmError> {
        let claimant = self.claimant();
        let all: Vec<&Record> = rows.iter().collect();
        if claimant.own_row(&all).is_none()
            && let Some(row) = self.anothers_company(rows)
        {
            let id = id_of(row).to_owned();
            return Ok(Step::done(self.untouched(id, Some(row))));
        }
        match decide(&claimant, &all, &self.collisions()) {
            Decision::Create { leave_out, note } => {
                if let Some(done) = self.left_gone(rows)? {
                    return Ok(Step::done(done));
                }
                // A row of another external id may sit on the id that was chosen for us.
                if rows
                    .iter()
                    .any(|row| self.own_ids.iter().any(|id| id == id_of(row)))
                {
                    self.choose_next_id();
                }
                if let Some(warning) = leave_out {
                    self.is_complete = false;
                    self.without_unique = true;
                    self.warnings.push(warning);
                }
                // It may be decided more than once.
                let note = note.filter(|note| !self.warnings.contains(note));
                self.warnings.extend(note);
                Ok(Step::Next(Plan::Create))
            }
            Decision::Write(target) => {
                if let Input::CompanyStub(_) = self.input
                    && !target.blanks_only
                    && !target.claim
                {
                    let id = id_of(&target.row).to_owned();
                    self.service
                        .learn(ObjectKind::Company, self.input.external_id(), &id);
                    return Ok(Step::done(self.untouched(id, Some(&target.row))));
                }
                if self.maybe_created && is_as_created(&target.row, &self.create_payload()) {
                    return Ok(Step::Next(Plan::Created(Box::new(target.row))));
                }
                Ok(Step::Next(Plan::Found(Box::new(target))))
            }
            Decision::Skip { row, warning } => {
                self.warnings.push(warning);
                let id = id_of(&row).to_owned();
                Ok(Step::done(self.untouched(id, Some(&row))))
            }
            Decision::Fail(error) => Err(error),
        }
    }

    /// The row of another external id that has the domain by which a person names this company: it is that company.
    fn anothers_company<'r>(&self, rows: &'r [Record]) -> Option<&'r Record> {
        let Input::CompanyStub(stub) = &self.input else {
            return None;
        };
        let domain = Domain::parse(stub.domain_name.value()?).ok()?;
        match meet(rows, &self.mapped.external_id_field, Some(&domain)) {
            Met::Anothers(row) => Some(row),
            Met::Nobody | Met::Open(_) => None,
        }
    }

    fn collisions(&self) -> Collisions {
        let collisions = self.service.options.collisions;
        match self.input {
            Input::CompanyStub(_) => collisions.of_named_company(),
            _ => collisions,
        }
    }

    /// The remembered row is not among `rows`, so it is gone: the end of it where the policy is not to make it again.
    fn left_gone(&mut self, rows: &[Record]) -> Result<Option<Upserted>, CrmError> {
        let Some(id) = self.remembered.clone() else {
            return Ok(None);
        };
        if rows.iter().any(|row| id_of(row) == id) {
            return Ok(None);
        }
        let policy = self.service.options.collisions.own_gone;
        match own_gone(policy, self.kind(), self.input.external_id(), &id) {
            None => Ok(None),
            Some(Err(error)) => Err(error),
            Some(Ok(warning)) => {
                self.warnings.push(warning);
                Ok(Some(self.untouched(id, None)))
            }
        }
    }

    fn choose_next_id(&mut self) {
        let generation = self.own_ids.len() as u32;
        self.mapped.id =
            self.service
                .alternative_id(self.kind(), self.input.external_id(), generation);
        self.own_ids.push(self.mapped.id.to_string());
    }

    pub(super) fn lacks_external_id(&self, record: &Record) -> bool {
        self.mapped
            .external_id_field
            .name()
            .is_some_and(|field| record.contains_key(field) && text_of(record, field).is_empty())
    }
}

pub(in crate::core::sync) fn emails_unread(external_id: &str, message: &str) -> SyncWarning {
    let reason = reason::ADDITIONAL_EMAILS_UNREAD;
    SyncWarning::new("email", reason, external_id, message)
}

pub(in crate::core::sync) fn store_failed(external_id: &str, message: &str) -> SyncWarning {
    SyncWarning::new(
        "mappingStore",
        reason::STORE_FAILED,
        external_id,
        format!("the mapping store failed, the work went on without it: {message}"),
    )
}
