//! The upsert of one record on the real wire (`docs/twenty/mapping.md#writes`).
//!
//! A row whose id is remembered is written by PATCH; anything else is created by plain POST under its UUIDv5, or, where
//! the server could not refuse a double by itself, looked up first. A refusal as duplicate leads to a look-up and a
//! decision, never to a write that could land on a row nobody looked at.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::core::error::CrmError;
use crate::core::error_reason;
use crate::core::twenty::company::map_company;
use crate::core::twenty::company_key::CompanyOf;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::person::map_person;
use crate::core::twenty::record::{MapContext, MappedRecord};
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::warning::SyncWarning;

use super::collision::Target;
use super::company_link::Link;
use super::context::SyncContext;
use super::options::CallOptions;
use super::ownership::Owner;
use super::record::input::{Input, Upserted};
use super::requests::{Record, is_wrong_answer};

mod identity;
mod mishaps;
mod payload;
mod refusals;
mod taken;
mod writes;

pub(super) use identity::{emails_unread, store_failed};
pub(super) use mishaps::{
    is_about_one_record, is_lost_write, is_outcome_unknown, is_unknown_field,
    is_worth_trying_alone, outcome_unknown,
};
pub(super) use payload::{Creation, create_payload, entity_of, is_as_created};
pub(super) use refusals::{naming_email, suspects_in};
pub(super) use writes::{link_kept_warning, linked_warning, take_value_from};

/// What to try next.
enum Plan {
    LookUp,
    Create,
    Remembered(String),
    Found(Box<Target>),
    /// A create whose answer was lost turned out to have been carried out.
    Created(Box<Record>),
}

/// One upsert on its way.
pub(super) struct Upsert<'a> {
    service: &'a SyncContext,
    options: CallOptions,
    input: Input,
    schema: Arc<WorkspaceSchema>,
    mapped: MappedRecord,
    link: Link,
    /// Fields of an existing row that are not, or not always, ours to write.
    restricted: Vec<(String, Owner)>,
    /// Ids that are ours: the chosen ones, and one that is remembered.
    own_ids: Vec<String>,
    /// The e-mail or domain stays out of a create.
    without_unique: bool,
    /// Refused optional fields, dropped for the rest of this upsert.
    refused_fields: Vec<String>,
    /// Whether everything that was asked for is written, so that its hash may be remembered.
    is_complete: bool,
    /// An earlier create of this upsert may have been carried out though its answer was lost.
    maybe_created: bool,
    /// The last write went to a remembered row that nobody looked at.
    row_unseen: bool,
    /// A write of this upsert may have been carried out, and no look-up has shown yet whether it was.
    is_unsettled: bool,
    /// A write of this upsert was refused, and no look-up has shown yet that it was this one.
    was_refused: bool,
    conflicts: u32,
    /// How often an answer may still lead to a look at the schema: it may change while what was read is on its way.
    schema_looks_left: u8,
    /// The id that memory or the store gave.
    remembered: Option<String>,
    /// When the rows that are decided on were asked for, as the workspace's claims count time.
    looked_at: u64,
    /// A create that was refused as a duplicate; the next look-up may tell of what.
    refused_create: Option<Map<String, Value>>,
    /// The payload that was refused as a duplicate last.
    refused: Option<taken::Refused>,
    link_checked: bool,
    /// Rows that may have the e-mail beside their primary one, once they were asked for.
    further_rows: Vec<Uuid>,
    further_asked: bool,
    warnings: Vec<SyncWarning>,
}

impl<'a> Upsert<'a> {
    /// Maps the input on the workspace's schema; reads nothing but the schema.
    pub(super) async fn prepare(
        service: &'a SyncContext,
        options: CallOptions,
        input: Input,
    ) -> Result<Self, CrmError> {
        let schema = service.schema().await?;
        let mapped = map(service, &schema, &input)?;
        Ok(Self {
            service,
            options,
            own_ids: vec![mapped.id.to_string()],
            restricted: service.options.ownership.restricted(
                input.kind(),
                &service.options.field_names,
                schema.object(input.kind()),
            ),
            mapped,
            schema,
            input,
            link: Link::None,
            without_unique: false,
            refused_fields: Vec::new(),
            is_complete: true,
            maybe_created: false,
            row_unseen: false,
            is_unsettled: false,
            was_refused: false,
            conflicts: 0,
            schema_looks_left: 2,
            remembered: None,
            looked_at: service.workspace.row_locks.now(),
            refused_create: None,
            refused: None,
            link_checked: false,
            further_rows: Vec::new(),
            further_asked: false,
            warnings: Vec::new(),
        })
    }

    fn kind(&self) -> ObjectKind {
        self.input.kind()
    }

    /// Carries the upsert out. Whatever ends it, the error says so when the record may have been written all the same.
    pub(super) async fn run(mut self) -> Result<Upserted, CrmError> {
        let result = self.run_to_end().await;
        result.map_err(|error| {
            // Where answers are mixed up, the refusal may have been another write's.
            let is_open = self.is_unsettled || self.was_refused && is_wrong_answer(&error);
            match is_open && error.reason() != Some(error_reason::OUTCOME_UNKNOWN) {
                true => self.outcome_unknown(&error),
                false => error,
            }
        })
    }

    async fn run_to_end(&mut self) -> Result<Upserted, CrmError> {
        if let Some(id) = self.recall_unchanged().await {
            let written = self.mapped.fields.clone();
            return Ok(self.untouched(id, Some(&written)));
        }
        let recalled = self.recall().await;
        // Without a field for external ids nothing could tell whose row it is.
        let may_write = recalled.as_ref().is_some_and(|recalled| {
            self.service.is_proven(recalled) || self.mapped.external_id_field.name().is_none()
        });
        let remembered = recalled.map(|recalled| recalled.crm_id.to_string());
        if let Some(id) = &remembered
            && !self.own_ids.contains(id)
        {
            self.own_ids.push(id.clone());
        }
        if let (Input::CompanyStub(_), Some(id), true) = (&self.input, &remembered, may_write) {
            return Ok(self.untouched(id.clone(), None));
        }
        self.remembered.clone_from(&remembered);
        let mut plan = match remembered {
            Some(id) if may_write => Plan::Remembered(id),
            Some(_) => Plan::LookUp,
            None if self.must_look_first() => Plan::LookUp,
            None => Plan::Create,
        };
        // The company's look-up asks for the person too, so that both together stay within the promised requests.
        if let Some(rows) = self.resolve_link(&mut plan).await? {
            self.forget_disowned(&rows).await;
            plan = match self.decide(&rows)? {
                Step::Next(plan) => plan,
                Step::Done(done) => return Ok(*done),
            };
        }
        loop {
            let step = match plan {
                Plan::LookUp => self.look_up().await?,
                Plan::Create if self.find_further_rows().await => self.look_up().await?,
                Plan::Create => self.create().await?,
                Plan::Remembered(id) => self.write_remembered(id).await?,
                Plan::Found(target) => self.write_found(*target).await?,
                Plan::Created(row) => {
                    self.remember(&row).await;
                    Step::done(self.finished(&row, true))
                }
            };
            plan = match step {
                Step::Next(plan) => plan,
                Step::Done(done) => return Ok(*done),
            };
        }
    }

    /// Finds the id of the company that a person names. Returns the person's own rows when they were asked for in the
    /// same request.
    async fn resolve_link(&mut self, plan: &mut Plan) -> Result<Option<Vec<Record>>, CrmError> {
        let company = match &self.mapped.company {
            CompanyOf::Unsaid => return Ok(None),
            CompanyOf::Nobody => {
                self.link = Link::Clear;
                return Ok(None);
            }
            CompanyOf::One(company) => company.clone(),
        };
        let with_person = !matches!(plan, Plan::Remembered(_));
        let resolved = loop {
            self.looked_at = self.service.workspace.row_locks.now();
            let resolved = self
                .service
                .resolve_company(
                    &self.schema,
                    &self.options,
                    &company,
                    with_person.then(|| self.query()),
                    &self.mapped.external_id,
                )
                .await;
            match resolved {
                // The look-up may name a field that is no more.
                Err(error) if is_unknown_field(&error) && self.renew_schema(&error).await? => {}
                resolved => break resolved?,
            }
        };
        self.warnings.extend(resolved.warnings);
        self.is_complete &= resolved.link.is_set();
        self.link = resolved.link;
        Ok(resolved.person_rows)
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

pub(super) fn map(
    service: &SyncContext,
    schema: &WorkspaceSchema,
    input: &Input,
) -> Result<MappedRecord, CrmError> {
    let context: MapContext<'_> = service.map_context(input.kind(), schema);
    match input {
        Input::Person(input) => map_person(input, &context),
        Input::Company(input) | Input::CompanyStub(input) => map_company(input, &context),
    }
}
