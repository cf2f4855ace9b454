//! `fields=` on records (2.47): the fields that an answer shows.

use crate::flavour::Differences;
use crate::http::{ApiResult, Request, Response};
use crate::schema::{Field, Object};
use crate::values::no_field;

/// Most fields that are returned if none are named.
const MAX_FIELDS: usize = 200;

/// The fields that an answer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChoice {
    names: Vec<String>,
    is_capped: bool,
}

impl FieldChoice {
    /// The requested fields; `None` shows all fields.
    ///
    /// # Errors
    /// 400 for a name that the object lacks.
    pub fn of(
        request: &Request,
        object: &Object,
        differences: &Differences,
    ) -> ApiResult<Option<Self>> {
        if !differences.field_choice {
            return Ok(None);
        }
        let Some(text) = request.query("fields").filter(|text| !text.is_empty()) else {
            return Ok(Self::cap(object));
        };
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().find(|name| !has(object, name)) {
            Some(unknown) => Err(no_field(object, unknown)),
            None => Ok(Some(Self {
                names,
                is_capped: false,
            })),
        }
    }

    /// The first fields of an object with too many: standard ones before custom ones, by name.
    fn cap(object: &Object) -> Option<Self> {
        if object.fields.len() <= MAX_FIELDS {
            return None;
        }
        let mut fields: Vec<&Field> = object.fields.iter().filter(|f| f.is_active).collect();
        fields.sort_by_key(|field| (field.is_custom, field.name.as_str()));
        let is_capped = fields.len() > MAX_FIELDS;
        is_capped.then(|| Self {
            names: fields
                .iter()
                .take(MAX_FIELDS)
                .map(|field| field.name.clone())
                .collect(),
            is_capped,
        })
    }

    /// Whether the answer shows a field; the id is always shown.
    pub fn shows(&self, field: &Field) -> bool {
        field.name == "id"
            || self
                .names
                .iter()
                .any(|name| *name == field.name || field.column() == Some(name.as_str()))
    }

    /// Adds a header that says that fields are missing.
    pub fn mark(&self, response: Response) -> Response {
        match self.is_capped {
            true => response
                .header("X-Twenty-Fields-Capped", "true")
                .header("X-Twenty-Fields-Max", MAX_FIELDS.to_string()),
            false => response,
        }
    }
}

fn has(object: &Object, name: &str) -> bool {
    object.field(name).is_some() || object.column(name).is_some()
}
