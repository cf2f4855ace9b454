//! The schema from `GET /rest/metadata/objects`, in either of its two formats
//! (`docs/twenty/protocol.md#custom-fields`).

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    FieldInfo, FieldKind, ObjectSchema, SelectOption, Uniqueness, WorkspaceSchema, no_object,
    not_metadata, not_schema,
};
use crate::core::error::CrmError;

impl WorkspaceSchema {
    /// Parses all pages of `GET /rest/metadata/objects`, in either of its two formats.
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
}

impl ObjectSchema {
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
}

/// The cursor of the next page of a metadata list, if there is one; pass it as `starting_after`.
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

/// The old format is `{"data":{"objects":[…]}}`, the new one `{"data":[…]}`; a single object comes as
/// `{"data":{"object":{…}}}` or bare.
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
