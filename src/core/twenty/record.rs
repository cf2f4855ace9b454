//! A record translated to Twenty's fields, and the settings of the translation.

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

/// The settings of a translation.
#[derive(Clone, Copy, Debug)]
pub struct MapContext<'a> {
    /// The object's fields in this workspace.
    pub schema: &'a ObjectSchema,
    /// The names of the custom fields.
    pub field_names: &'a FieldNames,
    /// The country of national phone numbers.
    pub default_country: Option<Country>,
    /// What happens with an invalid or missing e-mail.
    pub emails: EmailPolicy,
    /// What identifies a person's company.
    pub company_key: CompanyKey,
    /// Separates several sites in one workspace.
    pub namespace: Option<&'a str>,
    /// How the workspace stores domains.
    pub domain_form: DomainForm,
}

/// One record translated to Twenty's fields.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedRecord {
    /// The id to create it with.
    pub id: Uuid,
    /// The caller's external id.
    pub external_id: String,
    /// The external id as the CRM's field stores it.
    pub stored_external_id: String,
    /// Whether the CRM has a field for it.
    pub external_id_field: ExternalIdField,
    /// The camelCase payload, without id, external id and companyId.
    pub fields: Map<String, Value>,
    /// A person's name, if it was given as one text: its parts are a guess, and a row with the same name keeps its own.
    pub flat_name: Option<String>,
    /// The value that the CRM keeps unique, if the record has one.
    pub unique_value: Option<UniqueValue>,
    /// The company that a person names; always `Unsaid` for companies.
    pub company: CompanyOf,
    /// What was left out.
    pub warnings: Vec<SyncWarning>,
}

/// An e-mail or a domain, which the CRM keeps unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueValue {
    /// `emails` or `domainName`: the key in the payload.
    pub field: &'static str,
    /// `email` or `domain_name`: the key in the input.
    pub input_field: &'static str,
    /// The value to write.
    pub value: String,
    /// The normalised form: records with the same identity collide.
    pub identity: String,
    /// All spellings that a row may have, including the one to write.
    pub spellings: Vec<String>,
}

impl MappedRecord {
    /// Removes the unique value from the payload, for a record that must be written without it.
    pub fn drop_unique_value(&mut self) -> Option<UniqueValue> {
        let unique = self.unique_value.take()?;
        self.fields.remove(unique.field);
        Some(unique)
    }
}
