//! Which fields the workspace's people and companies have: read from the metadata API, or from the OpenAPI document where
//! the key may not read metadata.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::ids::ObjectKind;
use crate::core::error::{CrmError, ErrorCode};

/// What is known about the two objects of one workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceSchema {
    /// People.
    pub person: ObjectSchema,
    /// Companies.
    pub company: ObjectSchema,
    /// A hash of everything above: equal schemas have equal revisions, in every process.
    pub revision: u64,
}

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
    /// Inactive fields are refused by the record API.
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

/// A field's type, as far as this project writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// TEXT.
    Text,
    /// NUMBER or NUMERIC.
    Number,
    /// BOOLEAN.
    Boolean,
    /// SELECT: exactly one of these.
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
    /// What records hold (UPPER_SNAKE).
    pub value: String,
    /// What people see; unknown from OpenAPI.
    pub label: Option<String>,
}

impl WorkspaceSchema {
    /// Puts two objects together and computes the revision.
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

    /// The object of that kind.
    pub fn object(&self, kind: ObjectKind) -> &ObjectSchema {
        match kind {
            ObjectKind::Person => &self.person,
            ObjectKind::Company => &self.company,
        }
    }

    /// From `GET /rest/metadata/objects`, all pages, in either of its two formats (WIRE.md section 9).
    pub fn from_metadata_objects(pages: &[Bytes]) -> Result<Self, CrmError> {
        let mut person = None;
        let mut company = None;
        for page in pages {
            for object in metadata_objects(page)? {
                match object.name_singular.as_deref() {
                    Some("person") => person = Some(ObjectSchema::from_metadata(&object)?),
                    Some("company") => company = Some(ObjectSchema::from_metadata(&object)?),
                    _ => {}
                }
            }
        }
        match (person, company) {
            (Some(person), Some(company)) => Ok(Self::new(person, company)),
            (None, _) => Err(no_object("person")),
            (_, None) => Err(no_object("company")),
        }
    }

    /// From `GET /rest/open-api/core`: types and SELECT options, but not uniqueness, except that of standard fields.
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
    /// The field, if it is there and active.
    pub fn active(&self, name: &str) -> Option<&FieldInfo> {
        self.fields.get(name).filter(|field| field.active)
    }

    fn from_metadata(object: &MetadataObject) -> Result<Self, CrmError> {
        let raw: Vec<MetadataField> = match object.fields {
            Some(fields) => serde_json::from_str(fields.get()).map_err(not_schema)?,
            None => Vec::new(),
        };
        let fields = raw.into_iter().map(|field| {
            let info = FieldInfo {
                name: field.name.clone().into_owned(),
                id: field.id.map(Cow::into_owned),
                kind: kind_from_metadata(&field.kind, field.options),
                uniqueness: if field.is_unique.unwrap_or(false) {
                    Uniqueness::Yes
                } else {
                    Uniqueness::No
                },
                active: field.is_active.unwrap_or(true),
            };
            (field.name.into_owned(), info)
        });
        Ok(Self {
            object_metadata_id: object.id.as_deref().map(str::to_owned),
            fields: fields.collect(),
        })
    }

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

    fn hash_into(&self, hash: &mut Sha256) {
        let ordered: BTreeMap<_, _> = self.fields.iter().collect();
        for field in ordered.into_values() {
            // The debug form is only ever compared within one version of the type that prints it.
            hash.update(format!(
                "{}\u{0}{:?}\u{0}{:?}\u{0}{}\n",
                field.name, field.kind, field.uniqueness, field.active
            ));
        }
        hash.update([0xff]);
    }
}

/// The cursor of the next page of a metadata list, if there is one (WIRE.md section 9: `starting_after`).
pub fn next_metadata_cursor(page: &[u8]) -> Result<Option<String>, CrmError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        page_info: Option<PageInfo>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct PageInfo {
        #[serde(default)]
        has_next_page: bool,
        end_cursor: Option<String>,
    }
    let page: Page = serde_json::from_slice(page).map_err(not_schema)?;
    let info = page.page_info.filter(|info| info.has_next_page);
    Ok(info.and_then(|info| info.end_cursor))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataObject<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name_singular: Option<Cow<'a, str>>,
    #[serde(borrow)]
    fields: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataField<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    is_unique: Option<bool>,
    is_active: Option<bool>,
    #[serde(borrow)]
    options: Option<&'a RawValue>,
}

/// Legacy `{"data":{"objects":[…]}}`, new `{"data":[…]}`; one object alone comes as `{"data":{"object":{…}}}` or bare.
fn metadata_objects(page: &[u8]) -> Result<Vec<MetadataObject<'_>>, CrmError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Envelope<'a> {
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Legacy<'a> {
        #[serde(borrow)]
        objects: Option<Vec<MetadataObject<'a>>>,
        #[serde(borrow)]
        object: Option<MetadataObject<'a>>,
    }
    let envelope: Envelope = serde_json::from_slice(page).map_err(not_schema)?;
    let Some(data) = envelope.data else {
        let bare: MetadataObject = serde_json::from_slice(page).map_err(not_schema)?;
        return match bare.name_singular {
            Some(_) => Ok(vec![bare]),
            None => Err(not_metadata()),
        };
    };
    if data.get().starts_with('[') {
        return serde_json::from_str(data.get()).map_err(not_schema);
    }
    let legacy: Legacy = serde_json::from_str(data.get()).map_err(not_schema)?;
    match (legacy.objects, legacy.object) {
        (Some(objects), _) => Ok(objects),
        (None, Some(object)) => Ok(vec![object]),
        (None, None) => Err(not_metadata()),
    }
}

fn kind_from_metadata(kind: &str, options: Option<&RawValue>) -> FieldKind {
    #[derive(Deserialize)]
    struct RawOption {
        value: String,
        label: Option<String>,
    }
    match kind {
        "TEXT" => FieldKind::Text,
        "NUMBER" | "NUMERIC" => FieldKind::Number,
        "BOOLEAN" => FieldKind::Boolean,
        "SELECT" => {
            let raw: Vec<RawOption> = options
                .and_then(|options| serde_json::from_str(options.get()).ok())
                .unwrap_or_default();
            let option = |raw: RawOption| SelectOption {
                value: raw.value,
                label: raw.label,
            };
            FieldKind::Select {
                options: raw.into_iter().map(option).collect(),
            }
        }
        "LINKS" => FieldKind::Links,
        "EMAILS" => FieldKind::Emails,
        "PHONES" => FieldKind::Phones,
        "FULL_NAME" => FieldKind::FullName,
        "UUID" => FieldKind::Uuid,
        "RELATION" | "MORPH_RELATION" => FieldKind::Relation,
        "DATE_TIME" => FieldKind::DateTime,
        other => FieldKind::Other(other.to_owned()),
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
    .with_detail("reason", "NO_OBJECT")
}
