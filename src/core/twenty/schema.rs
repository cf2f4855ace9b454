//! The fields of the workspace's people and companies: from the metadata API, or from the OpenAPI document if the key
//! may not read metadata.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use super::ids::ObjectKind;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

mod metadata;
mod openapi;
#[cfg(test)]
mod tests;

pub use metadata::next_metadata_cursor;

/// The two objects of one workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceSchema {
    /// People.
    pub person: ObjectSchema,
    /// Companies.
    pub company: ObjectSchema,
    /// A hash of everything above: equal schemas have equal revisions, in every process.
    pub revision: u64,
}

/// Number of fields that newer servers return for a record if no fields are requested.
const MAX_SHOWN_FIELDS: usize = 200;

/// One object's fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectSchema {
    /// The metadata id, needed to create fields; unknown from OpenAPI.
    pub object_metadata_id: Option<String>,
    /// By API name (camelCase).
    pub fields: HashMap<String, FieldInfo>,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldInfo {
    /// API name (camelCase).
    pub name: String,
    /// The metadata id; unknown from OpenAPI.
    pub id: Option<String>,
    /// Its type.
    pub kind: FieldKind,
    /// Whether the CRM keeps its values unique.
    pub uniqueness: Uniqueness,
    /// The record API refuses inactive fields.
    pub active: bool,
}

/// Whether the CRM keeps a field's values unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The source does not say (OpenAPI never does).
    Unproven,
}

/// A field's type, as far as this package writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// TEXT.
    Text,
    /// NUMBER or NUMERIC.
    Number,
    /// BOOLEAN.
    Boolean,
    /// SELECT: exactly one of these options.
    Select {
        /// In the workspace's order.
        options: Vec<SelectOption>,
    },
    /// LINKS.
    Links,
    /// EMAILS.
    Emails,
    /// PHONES.
    Phones,
    /// FULL_NAME.
    FullName,
    /// UUID.
    Uuid,
    /// RELATION or MORPH_RELATION.
    Relation,
    /// DATE_TIME.
    DateTime,
    /// Anything else, by its metadata name.
    Other(String),
}

/// One option of a SELECT field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectOption {
    /// The value in records (UPPER_SNAKE).
    pub value: String,
    /// The label that people see; unknown from OpenAPI.
    pub label: Option<String>,
}

impl WorkspaceSchema {
    /// Combines two objects and computes the revision.
    pub fn new(person: ObjectSchema, company: ObjectSchema) -> Self {
        let mut hash = Sha256::new();
        for object in [&person, &company] {
            object.hash_into(&mut hash);
        }
        let digest = hash.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self {
            person,
            company,
            revision: u64::from_be_bytes(first),
        }
    }

    /// The same schema with these fields unique, if the source did not say.
    pub fn with_unique<'n>(&self, fields: impl IntoIterator<Item = (ObjectKind, &'n str)>) -> Self {
        let (mut person, mut company) = (self.person.clone(), self.company.clone());
        for (kind, name) in fields {
            let object = match kind {
                ObjectKind::Person => &mut person,
                ObjectKind::Company => &mut company,
            };
            if let Some(field) = object.fields.get_mut(name)
                && field.uniqueness == Uniqueness::Unproven
            {
                field.uniqueness = Uniqueness::Yes;
            }
        }
        Self::new(person, company)
    }

    /// The object of that kind.
    pub fn object(&self, kind: ObjectKind) -> &ObjectSchema {
        match kind {
            ObjectKind::Person => &self.person,
            ObjectKind::Company => &self.company,
        }
    }
}

impl ObjectSchema {
    /// The field, if it exists and is active.
    pub fn active(&self, name: &str) -> Option<&FieldInfo> {
        self.fields.get(name).filter(|field| field.active)
    }

    /// Whether answers to writes may lack fields of this object: newer servers return at most 200, standard ones before
    /// custom ones. A missing key then says nothing about its field.
    pub fn may_be_capped(&self) -> bool {
        self.fields.values().filter(|field| field.active).count() > MAX_SHOWN_FIELDS
    }

    fn hash_into(&self, hash: &mut Sha256) {
        let ordered: BTreeMap<_, _> = self.fields.iter().collect();
        for field in ordered.into_values() {
            // The debug form is only compared within one version of the type.
            hash.update(format!(
                "{}\u{0}{:?}\u{0}{:?}\u{0}{}\n",
                field.name, field.kind, field.uniqueness, field.active
            ));
        }
        hash.update([0xff]);
    }
}

fn not_schema(error: serde_json::Error) -> CrmError {
    CrmError::new(
        ErrorCode::Unknown,
        "The workspace's schema could not be read: the answer is not what Twenty's metadata API gives. \
         Check the base URL and the server's version",
    )
    .with_detail("originalError", error.to_string())
}

fn not_metadata() -> CrmError {
    CrmError::new(
        ErrorCode::Unknown,
        "The workspace's schema could not be read: the answer holds no objects. \
         Check the base URL and the server's version",
    )
}

fn no_object(name: &str) -> CrmError {
    CrmError::new(
        ErrorCode::OperationFailed,
        format!("The workspace has no object \"{name}\", or the key may not see it"),
    )
    .with_detail("reason", error_reason::NO_OBJECT)
}
