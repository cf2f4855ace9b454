//! What holds for all records that are written together: the service's options, the call's, and the workspace's schema.

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

/// What becomes of a record that says what was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// It is written.
    Write,
    /// It is not even looked up.
    Skip,
    /// It is compared with its row, and written where that holds something else.
    Verify,
}

/// How a row that a look-up has shown is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// By batch upsert, which revives rows and inserts them again.
    Upsert,
    /// By id: a row that is gone is refused.
    ById,
    /// By id, and only while the row is not deleted.
    WhileLive,
}

/// What is to be done with records of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    /// Person or company.
    pub kind: ObjectKind,
    /// The call's options.
    pub call: CallOptions,
    /// What unchanged records get.
    pub unchanged: Unchanged,
    /// Whether results carry entities.
    pub wants_entities: bool,
    /// Whether nothing may be written.
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

/// What all records of one kind have in common that are written together.
#[derive(Clone)]
pub struct Rules {
    /// Person or company.
    pub kind: ObjectKind,
    /// The call's options.
    pub call: CallOptions,
    /// What unchanged records get.
    pub unchanged: Unchanged,
    /// Whether results carry entities.
    pub wants_entities: bool,
    /// Whether nothing may be written.
    pub is_dry: bool,
    /// The service's options.
    pub options: Arc<ServiceOptions>,
    schema: Arc<WorkspaceSchema>,
    domain_form: DomainForm,
    /// Fields of an existing row that are not, or not always, ours to write.
    restricted: Vec<(String, Owner)>,
}

impl Rules {
    /// The rules of a service on a schema; `domain_form` is how the workspace stores domains.
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

    /// The rules on a schema that came later.
    pub fn set_schema(&mut self, schema: Arc<WorkspaceSchema>) {
        self.restricted = restricted(self.kind, &self.options, &schema);
        self.schema = schema;
    }

    /// Fields of an existing row that are not, or not always, ours to write.
    pub fn restricted(&self) -> &[(String, Owner)] {
        &self.restricted
    }

    /// Whether the field is ours to write at any time.
    pub fn is_ours(&self, field: &str) -> bool {
        !self.restricted.iter().any(|(name, _)| name == field)
    }

    /// Translates an input of any kind to Twenty's fields.
    ///
    /// # Errors
    /// VALIDATION_ERROR naming the field.
    pub fn map(&self, input: &Input) -> Result<MappedRecord, CrmError> {
        let context = self.map_context(input.kind());
        match input {
            Input::Person(input) => map_person(input, &context),
            Input::Company(input) | Input::CompanyStub(input) => map_company(input, &context),
        }
    }

    /// What a translation depends on.
    pub fn map_context(&self, kind: ObjectKind) -> MapContext<'_> {
        let object = self.schema.object(kind);
        self.options.map_context(object, self.domain_form)
    }

    /// A look-up of an object's rows that asks for nothing yet.
    pub fn query(&self, kind: ObjectKind) -> LookupQuery {
        let names = &self.options.field_names;
        LookupQuery::new(kind, self.schema.object(kind), names, false)
    }

    /// The collision table for this input.
    pub fn collisions(&self, input: &Input) -> Collisions {
        let collisions = self.options.collisions;
        match input.is_stub() {
            true => collisions.of_named_company(),
            false => collisions,
        }
    }

    /// How rows that exist are written (`docs/decisions/conditional-writes.md`).
    pub fn update_mode(&self) -> UpdateMode {
        let collisions = &self.options.collisions;
        match (collisions.own_deleted, collisions.own_gone) {
            (OwnDeleted::Revive, OwnGone::Create) => UpdateMode::Upsert,
            (OwnDeleted::Revive, _) => UpdateMode::ById,
            (OwnDeleted::Skip | OwnDeleted::Report, _) => UpdateMode::WhileLive,
        }
    }

    /// A further id for a record whose chosen one is taken: as frozen as the first.
    pub fn alternative_id(&self, external_id: &str, generation: usize) -> Uuid {
        // NUL cannot stand in an external id, so no other record's name reads like this.
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
