//! Which fields can be created, and the errors for the others.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::problems::Problem;
use crate::errors::ApiError;
use crate::http::ApiResult;
use crate::openapi::field_type_names;
use crate::schema::{FieldOption, FieldType, Object};

/// Names that the server reserves (the one that was observed).
const RESERVED: [&str; 1] = ["plan"];

/// A creation request whose properties have the right JSON types.
#[derive(Debug, Clone)]
pub struct NewField {
    /// Type.
    pub kind: FieldType,
    /// Whether a relation leads to several objects.
    pub is_morph: bool,
    /// Whether the label follows the name.
    pub is_label_synced: bool,
    /// Name in records.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// The object that gets the field.
    pub object_id: Uuid,
    /// Free text.
    pub description: Option<String>,
    /// Icon name.
    pub icon: Option<String>,
    /// Whether to make a unique index.
    pub is_unique: bool,
    /// As sent.
    pub default_value: Value,
    /// As sent.
    pub settings: Value,
    /// Options as sent, if any.
    pub options: Option<Vec<Value>>,
}

impl NewField {
    /// Reads a request body; properties it does not know are ignored.
    ///
    /// # Errors
    /// Shape 2 with one message per broken rule.
    pub fn read(body: &Map<String, Value>) -> ApiResult<Self> {
        let mut messages: Vec<String> = Vec::new();
        let mut text = |key: &str| {
            let value = body.get(key).and_then(Value::as_str);
            if value.is_none_or(str::is_empty) {
                messages.push(format!("{key} should not be empty"));
            }
            if value.is_none() {
                messages.push(format!("{key} must be a string"));
            }
            value.unwrap_or_default().to_owned()
        };
        let (name, label) = (text("name"), text("label"));
        let kind_name = body.get("type").and_then(Value::as_str).unwrap_or_default();
        let known = field_type_names();
        if !known.contains(&kind_name) {
            let list = known.join(", ");
            messages.push(format!("type must be one of the following values: {list}"));
        }
        let object_id = body
            .get("objectMetadataId")
            .and_then(Value::as_str)
            .map(Uuid::parse_str);
        if !matches!(object_id, Some(Ok(_))) {
            messages.push("objectMetadataId must be a UUID".to_owned());
        }
        let (Some(Ok(object_id)), true) = (object_id, messages.is_empty()) else {
            return Err(ApiError::Nest {
                status: 400,
                error: "Bad Request".to_owned(),
                message: Value::from(messages),
            });
        };
        let is_morph = kind_name == "MORPH_RELATION";
        let kind = FieldType::parse(kind_name).unwrap_or(FieldType::Relation);
        let mut default_value = body.get("defaultValue").cloned().unwrap_or_default();
        if kind == FieldType::Actor && default_value.is_null() {
            default_value = json!({
                "name": "'System'", "source": "'MANUAL'", "context": null, "workspaceMemberId": null
            });
        }
        let string = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            kind,
            is_morph,
            is_label_synced: body.get("isLabelSyncedWithName") == Some(&Value::Bool(true)),
            name,
            label,
            object_id,
            description: string("description"),
            icon: string("icon"),
            is_unique: body
                .get("isUnique")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            default_value,
            settings: body.get("settings").cloned().unwrap_or_default(),
            options: match kind {
                FieldType::Rating => Some(ratings()),
                _ => body.get("options").and_then(Value::as_array).cloned(),
            },
        })
    }

    /// The rules on names and options that the field breaks.
    pub fn problems(&self, object: &Object) -> Vec<Problem> {
        self.name_problem(object)
            .into_iter()
            .chain(self.options_problem())
            .collect()
    }

    fn name_problem(&self, object: &Object) -> Option<Problem> {
        let name = self.name.as_str();
        let mut characters = name.chars();
        let well_formed = characters.next().is_some_and(|c| c.is_ascii_lowercase())
            && characters.all(|c| c.is_ascii_alphanumeric());
        if !well_formed {
            let message = "Name is not valid: it must start with lowercase letter and contain only alphanumeric letters";
            return Some(Problem::new("INVALID_FIELD_INPUT", message).with_value(name));
        }
        if RESERVED.contains(&name) {
            let message = "This name is reserved. Use a different name or the system will add \"Custom\" suffix.";
            return Some(Problem::new("INVALID_FIELD_INPUT", message).with_value(name));
        }
        let taken = object
            .fields
            .iter()
            .any(|f| f.name == name || f.column() == Some(name));
        taken.then(|| Problem::name_taken(name))
    }

    fn options_problem(&self) -> Option<Problem> {
        if !matches!(self.kind, FieldType::Select | FieldType::MultiSelect) {
            return None;
        }
        let Some(options) = self.options.as_ref().filter(|options| !options.is_empty()) else {
            let message = "Options are required for enum fields";
            let none: Vec<Value> = Vec::new();
            return Some(Problem::new("INVALID_FIELD_INPUT", message).with_value(none));
        };
        let value_of = |option: &Value| {
            option
                .get("value")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let wrong = options
            .iter()
            .map(value_of)
            .find(|value| !is_upper_snake(value))?;
        let message = format!("Value must be in UPPER_CASE and follow snake_case \"{wrong}\"");
        Some(Problem::new("INVALID_FIELD_INPUT", message).with_value(wrong))
    }

    /// The options as the schema keeps them.
    pub fn field_options(&self, mut new_id: impl FnMut() -> Uuid) -> Vec<FieldOption> {
        let text = |option: &Value, key: &str, otherwise: &str| {
            option
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or(otherwise)
                .to_owned()
        };
        self.options
            .iter()
            .flatten()
            .zip(0..)
            .map(|(option, place)| FieldOption {
                id: new_id(),
                label: text(option, "label", ""),
                value: text(option, "value", ""),
                color: text(option, "color", "blue"),
                position: option
                    .get("position")
                    .and_then(Value::as_i64)
                    .unwrap_or(place),
            })
            .collect()
    }
}

/// The options that every rating has.
fn ratings() -> Vec<Value> {
    (1..=5)
        .map(|n| json!({ "label": n.to_string(), "value": format!("RATING_{n}"), "position": n - 1 }))
        .collect()
}

fn is_upper_snake(value: &str) -> bool {
    !value.is_empty()
        && value
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
