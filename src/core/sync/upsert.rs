//! The upsert of one record on the real wire (MAPPING.md, "Writing never takes a row over").
//!
//! A row whose id is remembered is written by PATCH; anything else is created by plain POST under its UUIDv5, or, where
//! the server could not refuse a double by itself, looked up first. A refusal as duplicate leads to a look-up and a
//! decision, never to a write that could land on a row nobody looked at.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::store::Mapping;
use crate::core::twenty::company::{company_to_entity, map_company};
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::{CompanyInput, Patch, PersonInput};
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::person::{map_person, person_to_entity};
use crate::core::twenty::record::{MapContext, MappedRecord, holds, only_blank};
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::warning::SyncWarning;

use super::collision::{Claim, Decision, Target, decide, reason, value_noun};
use super::company_link::Link;
use super::options::{CallOptions, OwnGone};
use super::service::SyncService;
use super::wire::{self, Record, id_of, is_deleted, text_of};

/// What is to be written.
#[derive(Clone, Debug)]
pub enum Input {
    /// A person.
    Person(PersonInput),
    /// A company.
    Company(CompanyInput),
    /// A company that a person names: made when it is missing, otherwise left alone.
    CompanyStub(CompanyInput),
}

impl Input {
    /// Person or company.
    pub fn kind(&self) -> ObjectKind {
        match self {
            Self::Person(_) => ObjectKind::Person,
            Self::Company(_) | Self::CompanyStub(_) => ObjectKind::Company,
        }
    }

    /// The caller's external id.
    pub fn external_id(&self) -> &str {
        match self {
            Self::Person(input) => &input.external_id,
            Self::Company(input) | Self::CompanyStub(input) => &input.external_id,
        }
    }

    /// Joins two inputs of one key as if written one after the other: an absent key keeps.
    pub fn merge(&mut self, later: Self) {
        match (self, later) {
            (Self::Person(earlier), Self::Person(later)) => earlier.merge(later),
            (Self::Company(earlier), Self::Company(later)) => earlier.merge(later),
            // A stub says nothing that a company would not know better.
            (Self::Company(_) | Self::CompanyStub(_), Self::CompanyStub(_)) => {}
            (earlier, later) => *earlier = later,
        }
    }
}

/// The result of an upsert, and what the caller is told beside it.
#[derive(Clone, Debug)]
pub struct Upserted {
    /// The record's id in the CRM.
    pub id: String,
    /// The caller's external id.
    pub external_id: String,
    /// True exactly when the server inserted the record.
    pub created: bool,
    /// True for creates and updates; false when a policy left the record alone.
    pub updated: bool,
    /// The flat entity, made from the record that the server returned.
    pub data: Value,
    /// What was left out, kept or decided.
    pub warnings: Vec<SyncWarning>,
}

/// What to try next.
enum Plan {
    LookUp,
    Create,
    Remembered(String),
    Found(Box<Target>),
}

/// One upsert on its way.
pub(super) struct Upsert<'a> {
    service: &'a SyncService,
    options: CallOptions,
    input: Input,
    schema: Arc<WorkspaceSchema>,
    mapped: MappedRecord,
    link: Link,
    /// Ids that are ours: the chosen ones, and one that is remembered.
    own_ids: Vec<String>,
    /// The e-mail or domain stays out of a create.
    without_unique: bool,
    /// Refused optional fields, dropped for the rest of this upsert.
    refused_fields: Vec<&'static str>,
    /// An earlier create of this upsert may have been carried out though its answer was lost.
    maybe_created: bool,
    conflicts: u32,
    schema_checked: bool,
    link_checked: bool,
    warnings: Vec<SyncWarning>,
}

impl<'a> Upsert<'a> {
    /// Maps the input on the workspace's schema; reads nothing but the schema.
    pub(super) async fn prepare(
        service: &'a SyncService,
        options: CallOptions,
        input: Input,
    ) -> Result<Self, CrmError> {
        let schema = service.schema().await?;
        let mapped = map(service, &schema, &input)?;
        Ok(Self {
            service,
            options,
            own_ids: vec![mapped.id.to_string()],
            mapped,
            schema,
            input,
            link: Link::None,
            without_unique: false,
            refused_fields: Vec::new(),
            maybe_created: false,
            conflicts: 0,
            schema_checked: false,
            link_checked: false,
            warnings: Vec::new(),
        })
    }

    fn kind(&self) -> ObjectKind {
        self.input.kind()
    }

    /// Carries the upsert out.
    pub(super) async fn run(mut self) -> Result<Upserted, CrmError> {
        let remembered = self.recall().await;
        if let Some(id) = &remembered
            && !self.own_ids.contains(id)
        {
            self.own_ids.push(id.clone());
        }
        if let (Input::CompanyStub(_), Some(id)) = (&self.input, &remembered) {
            return Ok(self.untouched(id.clone(), None));
        }
        let mut plan = match remembered {
            Some(id) => Plan::Remembered(id),
            None if self.must_look_first() => Plan::LookUp,
            None => Plan::Create,
        };
        // The company's look-up asks for the person too, so that both together stay within the promised requests.
        if let Some(rows) = self.resolve_link(&mut plan).await? {
            plan = match self.decide(&rows)? {
                Step::Next(plan) => plan,
                Step::Done(done) => return Ok(*done),
            };
        }
        loop {
            let step = match plan {
                Plan::LookUp => self.look_up().await?,
                Plan::Create => self.create().await?,
                Plan::Remembered(id) => self.write_remembered(id).await?,
                Plan::Found(target) => self.write_found(*target).await?,
            };
            plan = match step {
                Step::Next(plan) => plan,
                Step::Done(done) => return Ok(*done),
            };
        }
    }

    /// Memory first, then the store; a store that fails is told about and otherwise ignored.
    async fn recall(&mut self) -> Option<String> {
        if !self.options.use_cache {
            return None;
        }
        let kind = self.kind();
        match self.service.recall(kind, self.input.external_id()).await {
            Ok(id) => id,
            Err(message) => {
                self.warn_store(&message);
                None
            }
        }
    }

    fn warn_store(&mut self, message: &str) {
        let warning = store_failed(self.input.external_id(), message);
        self.warnings.push(warning);
    }

    /// A plain create is safe without a look-up only where the server itself refuses every double: an e-mail has one
    /// spelling and a unique index, a domain has many spellings, and an external id that is not unique has no index.
    fn must_look_first(&self) -> bool {
        if let Input::CompanyStub(_) = self.input {
            // The person that names it has just looked.
            return false;
        }
        if matches!(self.mapped.external_id_field, ExternalIdField::Unproven(_)) {
            return true;
        }
        self.mapped
            .unique_value
            .as_ref()
            .is_some_and(|unique| unique.spellings.len() > 1)
    }

    fn query(&self) -> LookupQuery {
        let mut query = self.service.query(self.kind(), &self.schema);
        query.add(&self.mapped);
        // A store of the caller's may remember what is no id at all; the server would refuse the whole look-up.
        let further = self
            .own_ids
            .iter()
            .filter_map(|id| Uuid::parse_str(id).ok());
        query.ids.extend(further.filter(|id| *id != self.mapped.id));
        query
    }

    /// Finds the id of the company that a person names. Returns the person's own rows when they were asked for in the
    /// same request.
    async fn resolve_link(&mut self, plan: &mut Plan) -> Result<Option<Vec<Record>>, CrmError> {
        let Input::Person(person) = &self.input else {
            return Ok(None);
        };
        let (external_id, name) = match &person.company_external_id {
            Patch::Absent => return Ok(None),
            Patch::Null => {
                self.link = Link::Clear;
                return Ok(None);
            }
            Patch::Value(id) => (id.clone(), person.company_name.value().cloned()),
        };
        let with_person = !matches!(plan, Plan::Remembered(_));
        let resolved = self
            .service
            .resolve_company(
                &self.schema,
                &self.options,
                &external_id,
                name.as_deref(),
                with_person.then(|| self.query()),
                &self.mapped.external_id,
            )
            .await?;
        self.warnings.extend(resolved.warnings);
        self.link = resolved.link;
        Ok(resolved.person_rows)
    }

    async fn look_up(&mut self) -> Result<Step, CrmError> {
        let mut answers = wire::look_up(&self.service.http, vec![self.query()]).await?;
        let rows = answers.pop().unwrap_or_default();
        self.service
            .learn_domain_form(self.kind(), &self.own_ids, &rows);
        self.decide(&rows)
    }

    fn decide(&mut self, rows: &[Record]) -> Result<Step, CrmError> {
        let claim = Claim {
            kind: self.kind(),
            external_id: self.input.external_id(),
            stored_external_id: &self.mapped.stored_external_id,
            own_ids: &self.own_ids,
            external_id_field: &self.mapped.external_id_field,
            unique: self
                .mapped
                .unique_value
                .as_ref()
                .filter(|_| !self.without_unique),
        };
        match decide(&claim, rows, &self.service.options.collisions) {
            Decision::Create { leave_out } => {
                // A row of another external id may sit on the id that was chosen for us.
                if rows
                    .iter()
                    .any(|row| self.own_ids.iter().any(|id| id == id_of(row)))
                {
                    self.choose_next_id();
                }
                if let Some(warning) = leave_out {
                    self.without_unique = true;
                    self.warnings.push(warning);
                }
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
                if self.maybe_created && self.is_as_created(&target.row) {
                    let row = target.row.clone();
                    return Ok(Step::done(self.finished(&row, true)));
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

    /// The create whose answer was lost was carried out: the row has the id that was chosen for it, was never updated,
    /// and holds what was sent (WIRE.md section 11: createdAt equals updatedAt on every inserted record).
    fn is_as_created(&self, row: &Record) -> bool {
        id_of(row) == self.mapped.id.to_string()
            && !is_deleted(row)
            && text_of(row, "createdAt") == text_of(row, "updatedAt")
            && holds(
                &Value::Object(row.clone()),
                &Value::Object(self.create_payload()),
            )
    }

    fn choose_next_id(&mut self) {
        let generation = self.own_ids.len() as u32;
        self.mapped.id =
            self.service
                .alternative_id(self.kind(), self.input.external_id(), generation);
        self.own_ids.push(self.mapped.id.to_string());
    }

    async fn create(&mut self) -> Result<Step, CrmError> {
        let payload = self.create_payload();
        match wire::create(&self.service.http, self.kind(), &payload).await {
            Ok(record) => {
                self.remember(&record).await;
                Ok(Step::done(self.finished(&record, true)))
            }
            Err(error) if is_duplicate(&error) => {
                self.maybe_created |= is_outcome_unknown(&error);
                self.after_conflict(error).await
            }
            Err(error) if is_outcome_unknown(&error) && error.retryable => {
                self.maybe_created = true;
                self.after_lost_answer(error, &payload).await
            }
            Err(error) => self.after_refusal(error, Plan::Create, true).await,
        }
    }

    /// Every repeat failed and the server may have carried the write out all the same: one look tells.
    async fn after_lost_answer(
        &mut self,
        error: CrmError,
        payload: &Map<String, Value>,
    ) -> Result<Step, CrmError> {
        let rows = match wire::look_up_once(&self.service.http, self.query()).await {
            Ok(rows) => rows,
            Err(_) => return Err(self.outcome_unknown(&error)),
        };
        let written = Value::Object(payload.clone());
        let row = rows.into_iter().find(|row| {
            self.own_ids.iter().any(|id| id == id_of(row))
                && holds(&Value::Object(row.clone()), &written)
        });
        match row {
            Some(row) => {
                let created = self.maybe_created && self.is_as_created(&row);
                self.remember(&row).await;
                Ok(Step::done(self.finished(&row, created)))
            }
            // It did not arrive: the failure is just that, and trying later is safe.
            None => Err(self.named(error)),
        }
    }

    fn outcome_unknown(&self, error: &CrmError) -> CrmError {
        let mut unknown = CrmError::new(
            ErrorCode::OperationFailed,
            format!(
                "{} {:?} was sent, but its answer was lost and the server could not be asked what became of it; an upsert can simply be repeated: {}",
                self.kind().singular(),
                self.input.external_id(),
                error.message
            ),
        )
        .with_retryable(true);
        unknown.status = error.status;
        unknown.details = error.details.clone();
        self.named(
            unknown
                .with_detail("reason", "OUTCOME_UNKNOWN")
                .with_detail("originalCode", error.code.as_str()),
        )
    }

    async fn write_remembered(&mut self, id: String) -> Result<Step, CrmError> {
        let payload = self.update_payload();
        match wire::patch(&self.service.http, self.kind(), &id, &payload).await {
            Ok(record) => self.after_remembered(id, record).await,
            Err(error) if error.code == ErrorCode::NotFound => self.after_gone(id, error).await,
            Err(error) if is_duplicate(&error) => self.after_conflict(error).await,
            Err(error) if is_outcome_unknown(&error) && error.retryable => {
                self.after_lost_answer(error, &payload).await
            }
            Err(error) => {
                self.after_refusal(
                    error,
                    Plan::Remembered(id),
                    payload.contains_key("companyId"),
                )
                .await
            }
        }
    }

    /// The echo tells whether the remembered row is still ours, and still there.
    async fn after_remembered(&mut self, id: String, record: Record) -> Result<Step, CrmError> {
        if let Some(field) = self.mapped.external_id_field.name() {
            let echoed = text_of(&record, field);
            if !echoed.is_empty() && echoed != self.mapped.stored_external_id {
                self.forget(&id).await;
                return Ok(Step::Next(Plan::LookUp));
            }
        }
        if is_deleted(&record) || self.lacks_external_id(&record) {
            // Restoring and claiming are decided as after a look-up; the row is already at hand.
            return self.decide(std::slice::from_ref(&record));
        }
        self.remember(&record).await;
        Ok(Step::done(self.finished(&record, false)))
    }

    fn lacks_external_id(&self, record: &Record) -> bool {
        self.mapped
            .external_id_field
            .name()
            .is_some_and(|field| record.contains_key(field) && text_of(record, field).is_empty())
    }

    async fn after_gone(&mut self, id: String, error: CrmError) -> Result<Step, CrmError> {
        self.forget(&id).await;
        match self.service.options.collisions.own_gone {
            OwnGone::Create if self.must_look_first() => Ok(Step::Next(Plan::LookUp)),
            OwnGone::Create => Ok(Step::Next(Plan::Create)),
            OwnGone::Skip => {
                self.warnings.push(
                    SyncWarning::new(
                        "external_id",
                        reason::OWN_ROW_GONE,
                        self.input.external_id(),
                        format!(
                            "row {id} of {:?} is gone from the CRM and was left gone",
                            self.input.external_id()
                        ),
                    )
                    .with_crm_id(&id),
                );
                Ok(Step::done(self.untouched(id, None)))
            }
            OwnGone::Report => Err(error
                .with_detail("reason", "OWN_ROW_GONE")
                .with_detail("externalId", self.input.external_id())
                .with_detail("crmId", id)),
        }
    }

    async fn write_found(&mut self, target: Target) -> Result<Step, CrmError> {
        let id = id_of(&target.row).to_owned();
        if let Some(other) = &target.take_from {
            self.take_value_from(other).await?;
        }
        let mut payload = self.update_payload();
        if target.leave_out_unique {
            payload.remove(self.kind().unique_field());
        }
        let mut kept = Vec::new();
        if target.blanks_only {
            (payload, kept) = only_blank(&payload, &target.row);
        }
        if let Input::CompanyStub(_) = self.input {
            payload.clear();
        }
        if target.claim
            && let Some(field) = self.mapped.external_id_field.name()
        {
            payload.insert(
                field.to_owned(),
                self.mapped.stored_external_id.clone().into(),
            );
        }
        if target.revive {
            payload.insert("deletedAt".to_owned(), Value::Null);
        }
        match wire::patch(&self.service.http, self.kind(), &id, &payload).await {
            Ok(record) if is_deleted(&record) && !target.revive => {
                // It was deleted between the look-up and the write.
                self.conflict_pause(None).await?;
                Ok(Step::Next(Plan::LookUp))
            }
            Ok(record) => {
                self.warnings.extend(target.warnings);
                if target.blanks_only {
                    self.warnings.push(self.linked(&id, &kept));
                }
                self.remember(&record).await;
                Ok(Step::done(self.finished(&record, false)))
            }
            Err(error) if error.code == ErrorCode::NotFound || is_duplicate(&error) => {
                // It went, or its value was taken, between the look-up and the write.
                self.conflict_pause(Some(error)).await?;
                Ok(Step::Next(Plan::LookUp))
            }
            Err(error) if is_outcome_unknown(&error) && error.retryable => {
                self.after_lost_answer(error, &payload).await
            }
            Err(error) => {
                let linked = payload.contains_key("companyId");
                self.after_refusal(error, Plan::Found(Box::new(target)), linked)
                    .await
            }
        }
    }

    fn linked(&self, id: &str, kept: &[String]) -> SyncWarning {
        let kept = if kept.is_empty() {
            "its blank fields were filled".to_owned()
        } else {
            format!(
                "its blank fields were filled, its own values were kept for: {}",
                kept.join(", ")
            )
        };
        let (field, noun) = match &self.mapped.unique_value {
            Some(unique) => (unique.input_field, value_noun(unique)),
            None => ("external_id", "value"),
        };
        SyncWarning::new(
            field,
            reason::LINKED,
            self.input.external_id(),
            format!(
                "row {id} with this {noun} carried no external id: it was linked to {:?}, {kept}",
                self.input.external_id()
            ),
        )
        .with_crm_id(id)
    }

    async fn take_value_from(&self, id: &str) -> Result<(), CrmError> {
        let mut subfields = Map::new();
        subfields.insert(self.kind().unique_subfield().to_owned(), "".into());
        let mut payload = Map::new();
        payload.insert(
            self.kind().unique_field().to_owned(),
            Value::Object(subfields),
        );
        wire::patch(&self.service.http, self.kind(), id, &payload)
            .await
            .map(drop)
    }

    /// Somebody holds one of our unique values: the first time just look; after that the race is on, and waits.
    async fn after_conflict(&mut self, error: CrmError) -> Result<Step, CrmError> {
        if self.conflicts > 0 {
            self.conflict_pause(Some(error)).await?;
        } else {
            self.conflicts = 1;
        }
        Ok(Step::Next(Plan::LookUp))
    }

    async fn conflict_pause(&mut self, error: Option<CrmError>) -> Result<(), CrmError> {
        if self.conflicts > self.options.max_conflict_retries {
            let mut failure = CrmError::new(
                ErrorCode::OperationFailed,
                format!(
                    "{} {:?} could not be written: other writers kept changing the same rows ({} tries); try again later",
                    self.kind().singular(),
                    self.input.external_id(),
                    self.conflicts
                ),
            )
            .with_retryable(true)
            .with_detail("reason", "CONFLICT")
            .with_detail("externalId", self.input.external_id());
            if let Some(error) = error {
                failure.status = error.status;
                failure = failure.with_detail("originalError", error.message);
            }
            return Err(failure);
        }
        if self.conflicts > 0 {
            tokio::time::sleep(Duration::from_millis(self.options.conflict_retry_delay_ms)).await;
        }
        self.conflicts += 1;
        Ok(())
    }

    /// A refusal that something else than the record may explain: a company that went, an optional value that this
    /// server reads more strictly, a schema that changed. Each is mended once, then the refusal stands.
    async fn after_refusal(
        &mut self,
        error: CrmError,
        again: Plan,
        may_be_link: bool,
    ) -> Result<Step, CrmError> {
        if error.code != ErrorCode::ValidationError || error.status != Some(400) {
            return Err(self.named(error));
        }
        if may_be_link && !self.link_checked && self.link.is_set() && is_foreign_key(&error) {
            self.link_checked = true;
            self.service.forget_company(&self.input).await;
            let mut plan = again;
            self.options.use_cache = false;
            if let Some(rows) = self.resolve_link(&mut plan).await? {
                return self.decide(&rows);
            }
            return Ok(Step::Next(plan));
        }
        if let Some(field) = refused_optional_field(&error)
            && self.mapped.fields.contains_key(field)
            && !self.refused_fields.contains(&field)
        {
            self.refused_fields.push(field);
            self.warnings.push(SyncWarning::new(
                input_name_of(field),
                reason::VALUE_REFUSED,
                self.input.external_id(),
                format!(
                    "the server refused this value ({}): the record was written without it",
                    error.message
                ),
            ));
            return Ok(Step::Next(again));
        }
        if !self.schema_checked {
            self.schema_checked = true;
            if let Some(schema) = self.service.newer_schema(&self.schema).await? {
                self.mapped = MappedRecord {
                    id: self.mapped.id,
                    ..map(self.service, &schema, &self.input)?
                };
                self.schema = schema;
                return Ok(Step::Next(again));
            }
        }
        Err(self.named(error))
    }

    fn named(&self, error: CrmError) -> CrmError {
        error
            .with_detail("externalId", self.input.external_id())
            .with_detail("object", self.kind().singular())
    }

    fn update_payload(&self) -> Map<String, Value> {
        let mut payload = self.mapped.fields.clone();
        for field in &self.refused_fields {
            payload.remove(*field);
        }
        if self.without_unique {
            payload.remove(self.kind().unique_field());
        }
        match &self.link {
            Link::None => {}
            Link::Clear => {
                payload.insert("companyId".to_owned(), Value::Null);
            }
            Link::To(id) => {
                payload.insert("companyId".to_owned(), id.as_str().into());
            }
        }
        payload
    }

    fn create_payload(&self) -> Map<String, Value> {
        let mut payload = Map::new();
        payload.insert("id".to_owned(), self.mapped.id.to_string().into());
        if let Some(field) = self.mapped.external_id_field.name() {
            payload.insert(
                field.to_owned(),
                self.mapped.stored_external_id.clone().into(),
            );
        }
        payload.extend(self.update_payload());
        payload
    }

    async fn remember(&mut self, record: &Record) {
        let mapping = Mapping {
            ever_id: self.input.external_id().to_owned(),
            crm_id: id_of(record).to_owned(),
            kind: self.kind(),
        };
        if let Err(message) = self.service.remember(&mapping, &self.mapped.fields).await {
            self.warn_store(&message);
        }
        self.service
            .note_schema_drift(&self.schema, self.kind(), record);
    }

    async fn forget(&mut self, id: &str) {
        // A remembered id that was none of the chosen ones is not ours any more.
        let chosen = self.mapped.id.to_string();
        self.own_ids.retain(|own| own != id || *own == chosen);
        if let Err(message) = self
            .service
            .forget(self.kind(), self.input.external_id())
            .await
        {
            self.warn_store(&message);
        }
    }

    fn entity(&self, record: &Record) -> Value {
        let context = self.service.map_context(self.kind(), &self.schema);
        match self.kind() {
            ObjectKind::Person => person_to_entity(record, &context, self.input.external_id()),
            ObjectKind::Company => company_to_entity(record, &context, self.input.external_id()),
        }
    }

    fn finished(&mut self, record: &Record, created: bool) -> Upserted {
        let mut warnings = std::mem::take(&mut self.mapped.warnings);
        warnings.append(&mut self.warnings);
        Upserted {
            id: id_of(record).to_owned(),
            external_id: self.input.external_id().to_owned(),
            created,
            updated: true,
            data: self.entity(record),
            warnings,
        }
    }

    fn untouched(&mut self, id: String, row: Option<&Record>) -> Upserted {
        let mut warnings = std::mem::take(&mut self.mapped.warnings);
        warnings.append(&mut self.warnings);
        Upserted {
            id,
            external_id: self.input.external_id().to_owned(),
            created: false,
            updated: false,
            data: match (row, &self.input) {
                (Some(row), _) => self.entity(row),
                (None, Input::Person(input)) => input.to_value(),
                (None, Input::Company(input) | Input::CompanyStub(input)) => input.to_value(),
            },
            warnings,
        }
    }
}

/// Where a step of an upsert leads.
enum Step {
    Next(Plan),
    Done(Box<Upserted>),
}

impl Step {
    fn done(upserted: Upserted) -> Self {
        Self::Done(Box::new(upserted))
    }
}

fn map(
    service: &SyncService,
    schema: &WorkspaceSchema,
    input: &Input,
) -> Result<MappedRecord, CrmError> {
    let context: MapContext<'_> = service.map_context(input.kind(), schema);
    match input {
        Input::Person(input) => map_person(input, &context),
        Input::Company(input) | Input::CompanyStub(input) => map_company(input, &context),
    }
}

pub(super) fn store_failed(external_id: &str, message: &str) -> SyncWarning {
    SyncWarning::new(
        "mappingStore",
        reason::STORE_FAILED,
        external_id,
        format!("the mapping store failed, the work went on without it: {message}"),
    )
}

fn is_duplicate(error: &CrmError) -> bool {
    error.reason() == Some("DUPLICATE")
}

fn is_outcome_unknown(error: &CrmError) -> bool {
    error.details.contains_key("outcomeUnknown")
}

/// The server tells a broken relation only by the database's own text (WIRE.md section 4, transcript 480).
fn is_foreign_key(error: &CrmError) -> bool {
    error.message.contains("foreign key")
}

/// Optional values that the server checks more strictly than anybody can beforehand, by its own codes.
fn refused_optional_field(error: &CrmError) -> Option<&'static str> {
    match error.details.get("serverCode").and_then(Value::as_str)? {
        "INVALID_PHONE_NUMBER"
        | "CONFLICTING_PHONE_COUNTRY_CODE"
        | "CONFLICTING_PHONE_CALLING_CODE" => Some("phones"),
        _ => None,
    }
}

fn input_name_of(field: &str) -> &'static str {
    match field {
        "phones" => "phone",
        _ => "record",
    }
}
