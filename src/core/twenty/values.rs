//! Single values of Twenty's rows: how to read them, and which count as blank.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::schema::{FieldKind, ObjectSchema};

/// A finite number as JSON, whole ones without a fraction (5, not 5.0).
pub fn number(value: f64) -> Value {
    /// Above 2^53 a double no longer represents every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        // The check above keeps it in range, so nothing is lost.
        #[allow(clippy::cast_possible_truncation)]
        return json!(value as i64);
    }
    json!(value)
}

/// Whether a field counts as empty: `""`, `null`, an empty list, or a composite of such. Unset TEXT fields are `""`.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.values().all(is_blank),
    }
}

/// A record's field as entities show it: text, or null if it is blank. SELECT values are lower-cased, as in entities.
pub(super) fn read_text<'r>(
    record: &'r Map<String, Value>,
    schema: &ObjectSchema,
    name: &str,
) -> Option<Cow<'r, str>> {
    let text: Cow<'r, str> = match record.get(name)? {
        Value::String(text) => text.into(),
        Value::Object(parts) => part(parts, "primaryLinkUrl").into(),
        Value::Number(number) => number.to_string().into(),
        _ => return None,
    };
    let select = matches!(
        schema.fields.get(name).map(|field| &field.kind),
        Some(FieldKind::Select { .. })
    );
    match text.is_empty() {
        true => None,
        false if select => Some(text.to_lowercase().into()),
        false => Some(text),
    }
}

/// A number as entities show it.
pub(super) fn read_number(record: &Map<String, Value>, name: &str) -> Value {
    match record.get(name) {
        Some(Value::Number(value)) => value.as_f64().map_or(Value::Null, number),
        Some(Value::String(text)) => text
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .map_or(Value::Null, number),
        _ => Value::Null,
    }
}

/// A text subfield of a composite; `""` if it is missing.
pub fn part<'a>(parts: &'a Map<String, Value>, key: &str) -> &'a str {
    parts.get(key).and_then(Value::as_str).unwrap_or("")
}
