//! The schema from the workspace's OpenAPI document, for keys that may not read metadata.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::ids::ObjectKind;
use super::{
    FieldInfo, FieldKind, ObjectSchema, SelectOption, Uniqueness, WorkspaceSchema, no_object,
    not_schema,
};
use crate::core::error::CrmError;

impl WorkspaceSchema {
    /// Parses `GET /rest/open-api/core`. It has types and SELECT options, but shows uniqueness only for standard
    /// fields.
    pub fn from_openapi(body: &[u8]) -> Result<Self, CrmError> {
        let document: OpenApi = serde_json::from_slice(body).map_err(not_schema)?;
        let schemas = document.components.schemas;
        let person = schemas.person.ok_or_else(|| no_object("person"))?;
        let company = schemas.company.ok_or_else(|| no_object("company"))?;
        Ok(Self::new(
            ObjectSchema::from_openapi(person, ObjectKind::Person),
            ObjectSchema::from_openapi(company, ObjectKind::Company),
        ))
    }
}

impl ObjectSchema {
    fn from_openapi(object: OpenApiObject, kind: ObjectKind) -> Self {
        let fields = object.properties.into_iter().map(|(name, property)| {
            let uniqueness = if name == "id" || name == kind.unique_field() {
                Uniqueness::Yes
            } else {
                Uniqueness::Unproven
            };
            let info = FieldInfo {
                name: name.clone(),
                id: None,
                kind: kind_from_openapi(&name, &property),
                uniqueness,
                active: true,
            };
            (name, info)
        });
        Self {
            object_metadata_id: None,
            fields: fields.collect(),
        }
    }
}

#[derive(Deserialize)]
struct OpenApi {
    components: OpenApiComponents,
}

#[derive(Deserialize)]
struct OpenApiComponents {
    schemas: OpenApiSchemas,
}

#[derive(Deserialize)]
struct OpenApiSchemas {
    #[serde(rename = "Person")]
    person: Option<OpenApiObject>,
    #[serde(rename = "Company")]
    company: Option<OpenApiObject>,
}

#[derive(Deserialize)]
struct OpenApiObject {
    #[serde(default)]
    properties: BTreeMap<String, OpenApiProperty>,
}

#[derive(Deserialize)]
struct OpenApiProperty {
    #[serde(rename = "type")]
    kind: Option<String>,
    format: Option<String>,
    #[serde(rename = "enum")]
    options: Option<Vec<String>>,
    #[serde(default)]
    properties: BTreeMap<String, serde::de::IgnoredAny>,
}

fn kind_from_openapi(name: &str, property: &OpenApiProperty) -> FieldKind {
    let has = |key: &str| property.properties.contains_key(key);
    match (property.kind.as_deref(), property.format.as_deref()) {
        (Some("string"), Some("uuid")) if name == "id" => FieldKind::Uuid,
        (Some("string"), Some("uuid")) if name.ends_with("Id") => FieldKind::Relation,
        (Some("string"), Some("uuid")) => FieldKind::Uuid,
        (Some("string"), Some("date-time")) => FieldKind::DateTime,
        (Some("string"), None) => match &property.options {
            Some(values) => FieldKind::Select {
                options: values
                    .iter()
                    .map(|value| SelectOption {
                        value: value.clone(),
                        label: None,
                    })
                    .collect(),
            },
            None => FieldKind::Text,
        },
        (Some("number" | "integer"), _) => FieldKind::Number,
        (Some("boolean"), _) => FieldKind::Boolean,
        (Some("object"), _) if has("primaryLinkUrl") => FieldKind::Links,
        (Some("object"), _) if has("primaryEmail") => FieldKind::Emails,
        (Some("object"), _) if has("primaryPhoneNumber") => FieldKind::Phones,
        (Some("object"), _) if has("firstName") => FieldKind::FullName,
        (kind, _) => FieldKind::Other(kind.unwrap_or("unknown").to_owned()),
    }
}
