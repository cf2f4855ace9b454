//! The rules that records of one batch share: the options of service and call, and the workspace's schema.

use std::sync::Arc;

use uuid::Uuid;

use crate::core::error::CrmError;
use crate::core::sync::options::{CallOptions, Collisions, OwnDeleted, OwnGone, ServiceOptions};
use crate::core::twenty::company::map_company;
use crate::core::twenty::domain::DomainForm;
use crate::core::twenty::ids::{ObjectKind, record_id};
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::person::map_person;
use crate::core::twenty::record::{MapContext, MappedRecord};
use crate::core::twenty::schema::{ObjectSchema, WorkspaceSchema};

use super::input::Input;
use super::ownership::Owner;

/// What to do with a record that has not changed since its last write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// Write it.
    Write,
    /// Skip it without a look-up.
    Skip,
    /// Compare it with its row, and write it if the row differs.
    Verify,
}

/// How a looked-up row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// By batch upsert, which restores deleted rows and inserts missing ones.
    Upsert,
    /// By id: the server refuses if the row is missing.
    ById,
    /// By id, and only while the row is not deleted.
    WhileLive,
}

/// How to handle records of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    /// Person or company.
    pub kind: ObjectKind,
    /// The call's options.
    pub call: CallOptions,
    /// What to do with unchanged records.
    pub unchanged: Unchanged,
    /// Whether results carry entities.
    pub wants_entities: bool,
    /// Whether nothing may be written (dry run).
    pub is_dry: bool,
}

impl Seed {
    /// For single calls.
    pub fn of_call(kind: ObjectKind, call: CallOptions) -> Self {
        let skips = call.skip_unchanged && !call.force && call.use_cache;
        Self {
            kind,
            call,
            unchanged: match skips {
                true => Unchanged::Skip,
                false => Unchanged::Write,
            },
            wants_entities: true,
            is_dry: false,
        }
    }
}

/// The rules of all records of one kind that are written together.
#[derive(Clone)]
pub struct Rules {
    /// Person or company.
    pub kind: ObjectKind,
    /// The call's options.
    pub call: CallOptions,
    /// What to do with unchanged records.
    pub unchanged: Unchanged,
    /// Whether results carry entities.
    pub wants_entities: bool,
    /// Whether nothing may be written (dry run).
    pub is_dry: bool,
    /// The service's options.
    pub options: Arc<ServiceOptions>,
    schema: Arc<WorkspaceSchema>,
    domain_form: DomainForm,
    /// Fields of existing rows that we may not write, or not always.
    restricted: Vec<(String, Owner)>,
}

impl Rules {
    /// The rules of a service with a schema; `domain_form` is how the workspace stores domains.
    pub fn new(
        seed: Seed,
        options: &Arc<ServiceOptions>,
        schema: Arc<WorkspaceSchema>,
        domain_form: DomainForm,
    ) -> Self {
        let Seed {
            kind,
            call,
            unchanged,
            wants_entities,
            is_dry,
        } = seed;
        Self {
            kind,
            call,
            unchanged,
            wants_entities,
            is_dry,
            restricted: restricted(kind, options, &schema),
            options: Arc::clone(options),
            schema,
            domain_form,
        }
    }

    /// The workspace's schema.
    pub fn schema(&self) -> &Arc<WorkspaceSchema> {
        &self.schema
    }

    /// The object's part of the schema.
    pub fn object(&self) -> &ObjectSchema {
        self.schema.object(self.kind)
    }

    /// Replaces the schema by a newer one.
    pub fn set_schema(&mut self, schema: Arc<WorkspaceSchema>) {
        self.restricted = restricted(self.kind, &self.options, &schema);
        self.schema = schema;
    }

    /// Fields of existing rows that we may not write, or not always.
    pub fn restricted(&self) -> &[(String, Owner)] {
        &self.restricted
    }

    /// Whether we may always write the field.
    pub fn is_ours(&self, field: &str) -> bool {
        !self.restricted.iter().any(|(name, _)| name == field)
    }

    /// Translates an input of any kind to Twenty's fields.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the field.
    pub fn map(&self, input: &Input) -> Result<MappedRecord, CrmError> {
        let context = self.map_context(input.kind());
        match input {
            Input::Person(input) => map_person(input, &context),
            Input::Company(input) | Input::CompanyStub(input) => map_company(input, &context),
        }
    }

    /// The settings that a translation depends on.
    pub fn map_context(&self, kind: ObjectKind) -> MapContext<'_> {
        let object = self.schema.object(kind);
        self.options.map_context(object, self.domain_form)
    }

    /// An empty look-up query for an object's rows.
    pub fn query(&self, kind: ObjectKind) -> LookupQuery {
        let names = &self.options.field_names;
        LookupQuery::new(kind, self.schema.object(kind), names, false)
    }

    /// The collision policies for this input.
    pub fn collisions(&self, input: &Input) -> Collisions {
        let collisions = self.options.collisions;
        match input.is_stub() {
            true => collisions.of_named_company(),
            false => collisions,
        }
    }

    /// How existing rows are written (`docs/decisions/conditional-writes.md`).
    pub fn update_mode(&self) -> UpdateMode {
        let collisions = &self.options.collisions;
        match (collisions.own_deleted, collisions.own_gone) {
            (OwnDeleted::Revive, OwnGone::Create) => UpdateMode::Upsert,
            (OwnDeleted::Revive, _) => UpdateMode::ById,
            (OwnDeleted::Skip | OwnDeleted::Report, _) => UpdateMode::WhileLive,
        }
    }

    /// Another id for a record whose derived id is taken. Like the first, it never changes.
    pub fn alternative_id(&self, external_id: &str, generation: usize) -> Uuid {
        // External ids cannot contain NUL, so no other record has this name.
        let name = format!("{external_id}\0{generation}");
        record_id(self.kind, self.options.namespace.as_deref(), &name)
    }
}

fn restricted(
    kind: ObjectKind,
    options: &ServiceOptions,
    schema: &WorkspaceSchema,
) -> Vec<(String, Owner)> {
    let object = schema.object(kind);
    options
        .ownership
        .restricted(kind, &options.field_names, object)
}
