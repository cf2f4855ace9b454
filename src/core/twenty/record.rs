//! A record as Twenty takes it, and what its translation depends on.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::company_key::{CompanyKey, CompanyOf};
use super::domain::DomainForm;
use super::email_policy::EmailPolicy;
pub use super::fields::ExternalIdField;
use super::fields::FieldNames;
use super::phone::Country;
use super::schema::ObjectSchema;
use super::warning::SyncWarning;

/// Everything that a translation depends on beside the record.
#[derive(Clone, Copy, Debug)]
pub struct MapContext<'a> {
    /// The object's fields in this workspace.
    pub schema: &'a ObjectSchema,
    /// What the custom fields are called.
    pub field_names: &'a FieldNames,
    /// For national phone numbers.
    pub default_country: Option<Country>,
    /// What an e-mail that is none does, and none at all.
    pub emails: EmailPolicy,
    /// What a person's company is known by.
    pub company_key: CompanyKey,
    /// Keeps several sites apart in one workspace.
    pub namespace: Option<&'a str>,
    /// How the workspace stores domains.
    pub domain_form: DomainForm,
}

/// One record as Twenty takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedRecord {
    /// The id that it is created with.
    pub id: Uuid,
    /// As the caller gave it.
    pub external_id: String,
    /// As the CRM's external id field holds it.
    pub stored_external_id: String,
    /// Whether the CRM can hold it.
    pub external_id_field: ExternalIdField,
    /// The camelCase payload, without id, external id and companyId.
    pub fields: Map<String, Value>,
    /// A person's name, where it was given in one text: its parts are a guess, and a row that holds the same name keeps
    /// its own.
    pub flat_name: Option<String>,
    /// The value that the CRM keeps unique, if the record has one.
    pub unique_value: Option<UniqueValue>,
    /// The company that a person names; of companies, `Unsaid`.
    pub company: CompanyOf,
    /// What was left out.
    pub warnings: Vec<SyncWarning>,
}

/// An e-mail or a domain: what the CRM keeps unique beside the external id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueValue {
    /// `emails` or `domainName`: the key in the payload.
    pub field: &'static str,
    /// `email` or `domain_name`: the key in the input.
    pub input_field: &'static str,
    /// What is written.
    pub value: String,
    /// The form that all spellings share: equal identities collide.
    pub identity: String,
    /// Every way in which a row may hold it, the written one among them.
    pub spellings: Vec<String>,
}

impl MappedRecord {
    /// Takes the unique value out of the payload, for a record that must be written without it.
    pub fn drop_unique_value(&mut self) -> Option<UniqueValue> {
        let unique = self.unique_value.take()?;
        self.fields.remove(unique.field);
        Some(unique)
    }
}
