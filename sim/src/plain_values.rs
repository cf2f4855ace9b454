//! Validates and normalises values of plain types before they are stored.

use serde_json::{Value, json};

use crate::dates;
use crate::errors::ApiError;
use crate::http::ApiResult;
use crate::inspect::shown;
use crate::schema::{Field, FieldType};

/// A UUID of an accepted version (1 to 5, or nil), in lower case.
pub fn uuid(text: &str) -> Option<String> {
    let id = uuid::Uuid::try_parse(text).ok()?;
    let is_hyphenated = text.len() == 36;
    (is_hyphenated && id.get_version_num() <= 5).then(|| id.to_string())
}

/// A text in stored form; `None` for anything but a text or null.
pub fn text(value: &Value) -> Option<Value> {
    match value {
        Value::Null => Some(Value::Null),
        Value::String(text) if text.is_empty() => Some(Value::Null),
        Value::String(_) => Some(value.clone()),
        _ => None,
    }
}

/// 400 for a value that is not a UUID.
pub fn no_uuid(value: &Value, name: &str) -> ApiError {
    ApiError::bad_request(format!(
        "Invalid UUID value {} for field \"{name}\"",
        shown(value)
    ))
}

/// 400 for a value that is not a date or instant.
pub fn out_of_form(value: &Value, kind: &str, name: &str, form: &str) -> ApiError {
    let shown = shown(value);
    ApiError::bad_request(format!(
        "Invalid value {shown} for {kind} field \"{name}\". Expected format: '{form}'"
    ))
}

/// Checks a value and converts it to its stored form.
///
/// # Errors
/// 400 with the server's text.
pub fn plain(field: &Field, value: &Value) -> ApiResult<Value> {
    let name = &field.name;
    let refused = |kind: &str, field: &str| {
        let message = format!(
            "Invalid {kind} value {} for {field} \"{name}\"",
            shown(value)
        );
        Err(ApiError::bad_request(message))
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    match field.kind {
        FieldType::Uuid => match value.as_str().map(|t| (t, uuid(t))) {
            Some((_, Some(id))) => Ok(Value::from(id)),
            _ if name != "id" => Err(no_uuid(value, name)),
            _ => {
                let given = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                let message = format!("Value \"{given}\" is not a valid UUID");
                Err(ApiError::coded("INVALID_QUERY_INPUT", message))
            }
        },
        FieldType::Text => match text(value) {
            Some(value) => Ok(value),
            None => refused("string", "text field"),
        },
        FieldType::Number | FieldType::Numeric | FieldType::Position => match value {
            Value::Number(_) => Ok(value.clone()),
            Value::String(text)
                if field.kind == FieldType::Position && (text == "first" || text == "last") =>
            {
                Ok(value.clone())
            }
            _ => refused("number", "field"),
        },
        FieldType::Boolean => match value {
            Value::Bool(_) => Ok(value.clone()),
            _ => refused("boolean", "field"),
        },
        FieldType::Date => match value.as_str().and_then(dates::date) {
            Some(date) => Ok(Value::from(date)),
            None => Err(out_of_form(value, "date", name, "YYYY-MM-DD")),
        },
        FieldType::DateTime => match value.as_str().and_then(dates::date_time) {
            Some(instant) => Ok(Value::from(instant)),
            None => Err(out_of_form(
                value,
                "date-time",
                name,
                "YYYY-MM-DDTHH:mm:ssZ",
            )),
        },
        FieldType::Select | FieldType::Rating => match value {
            Value::String(_) => option(field, value).map(|()| value.clone()),
            _ => refused("string", "text field"),
        },
        FieldType::MultiSelect => {
            let values = texts(field, value)?;
            match is_choice(field, &values) {
                true => Ok(Value::Array(values)),
                false => Err(ApiError::bad_request(format!(
                    "Invalid value {} for multi select field \"{name}\"",
                    shown(value)
                ))),
            }
        }
        FieldType::Array => texts(field, value).map(Value::Array),
        FieldType::RawJson => match document(value) {
            Some(document) => Ok(document),
            None => refused("object", "field"),
        },
        FieldType::TsVector => Err(ApiError::bad_request(format!(
            "{name} TS_VECTOR-typed field does not support write operations"
        ))),
        _ => Ok(value.clone()),
    }
}

/// A list of texts; a single text becomes a list of one.
fn texts(field: &Field, value: &Value) -> ApiResult<Vec<Value>> {
    match value {
        Value::String(_) => Ok(vec![value.clone()]),
        Value::Array(items) if items.iter().all(Value::is_string) => Ok(items.clone()),
        _ => Err(ApiError::bad_request(format!(
            "Invalid value {} for field \"{} - Array values need to be string\"",
            shown(value),
            field.name
        ))),
    }
}

/// A text is parsed as JSON; an object without keys is stored as null.
fn document(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(text)
            .ok()
            .filter(|read: &Value| read.is_object() || read.is_array()),
        Value::Object(entries) if entries.is_empty() => Some(json!(null)),
        Value::Object(_) | Value::Array(_) => Some(value.clone()),
        _ => None,
    }
}

fn is_choice(field: &Field, values: &[Value]) -> bool {
    let is_option = |value: &Value| field.options.iter().any(|o| value == &o.value);
    field.options.is_empty() || values.iter().all(is_option)
}

fn option(field: &Field, value: &Value) -> ApiResult<()> {
    if is_choice(field, std::slice::from_ref(value)) {
        return Ok(());
    }
    let given = value.as_str().unwrap_or_default();
    let valid: Vec<&str> = field.options.iter().map(|o| o.value.as_str()).collect();
    Err(ApiError::bad_request(format!(
        "Invalid value \"{given}\" for field \"{}\". Valid values are: {}",
        field.name,
        valid.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::options;

    #[test]
    fn every_type_takes_and_refuses_as_the_server_does() {
        use FieldType as T;
        let stored: &[(T, Value, Value)] = &[
            (T::Text, json!("  a "), json!("  a ")),
            (T::Text, json!(""), json!(null)),
            (T::Date, json!("2026-01-31T23:30:00Z"), json!("2026-01-31")),
            (
                T::DateTime,
                json!("2026-01-31T10:00:00.123456Z"),
                json!("2026-01-31T10:00:00.123Z"),
            ),
            (T::MultiSelect, json!("ALPHA"), json!(["ALPHA"])),
            (
                T::MultiSelect,
                json!(["ALPHA", "ALPHA"]),
                json!(["ALPHA", "ALPHA"]),
            ),
            (T::Array, json!(""), json!([""])),
            (T::RawJson, json!("{\"a\":1}"), json!({ "a": 1 })),
            (T::RawJson, json!({}), json!(null)),
            (
                T::Uuid,
                json!("A1111111-1111-4111-8111-111111111111"),
                json!("a1111111-1111-4111-8111-111111111111"),
            ),
        ];
        let field = |kind| {
            let mut field = Field::new("gadget", "f", "F", kind);
            if matches!(kind, T::Select | T::MultiSelect) {
                field.options = options("gadget", "f", &["ALPHA", "BETA"]);
            }
            field
        };
        for (kind, sent, expected) in stored {
            assert_eq!(
                plain(&field(*kind), sent).as_ref(),
                Ok(expected),
                "{kind:?}"
            );
        }
        let refused: &[(T, Value, &str)] = &[
            (
                T::Text,
                json!(["a"]),
                "Invalid string value [ 'a' ] for text field \"f\"",
            ),
            (
                T::Number,
                json!("5"),
                "Invalid number value '5' for field \"f\"",
            ),
            (
                T::Boolean,
                json!(1),
                "Invalid boolean value 1 for field \"f\"",
            ),
            (
                T::Date,
                json!("2026-02-30"),
                "Invalid value '2026-02-30' for date field \"f\". Expected format: 'YYYY-MM-DD'",
            ),
            (
                T::Date,
                json!("2026-01-31T23:30:00-05:00"),
                "Invalid value '2026-01-31T23:30:00-05:00' for date field \"f\". Expected format: 'YYYY-MM-DD'",
            ),
            (
                T::DateTime,
                json!(5),
                "Invalid value 5 for date-time field \"f\". Expected format: 'YYYY-MM-DDTHH:mm:ssZ'",
            ),
            (
                T::Select,
                json!(["ALPHA"]),
                "Invalid string value [ 'ALPHA' ] for text field \"f\"",
            ),
            (
                T::Select,
                json!("alpha"),
                "Invalid value \"alpha\" for field \"f\". Valid values are: ALPHA, BETA",
            ),
            (
                T::MultiSelect,
                json!(["GAMMA"]),
                "Invalid value [ 'GAMMA' ] for multi select field \"f\"",
            ),
            (
                T::MultiSelect,
                json!({}),
                "Invalid value {} for field \"f - Array values need to be string\"",
            ),
            (
                T::Array,
                json!([null]),
                "Invalid value [ null ] for field \"f - Array values need to be string\"",
            ),
            (
                T::RawJson,
                json!("not json"),
                "Invalid object value 'not json' for field \"f\"",
            ),
            (T::Uuid, json!(""), "Invalid UUID value '' for field \"f\""),
        ];
        for (kind, sent, message) in refused {
            let error = plain(&field(*kind), sent).expect_err(message);
            assert_eq!(error.message(), *message);
        }
    }
}
