//! Single values of Twenty's rows: how they are read, and which count as blank.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::schema::{FieldKind, ObjectSchema};

/// A finite number as JSON, whole ones without a fraction (5, not 5.0).
pub fn number(value: f64) -> Value {
    /// Beyond 2^53 a double no longer tells whole numbers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        // In range by the line above, so nothing is cut off.
        #[allow(clippy::cast_possible_truncation)]
        return json!(value as i64);
    }
    json!(value)
}

/// Whether a record's field counts as not filled: `""`, `null`, an empty list, or a composite of such. Unset TEXT
/// reads `""`.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.values().all(is_blank),
    }
}

/// How an entity shows one of a record's fields: text, or null where it is blank. SELECT values are lower-cased, which is
/// how entities write them.
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

/// How an entity shows a number.
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

/// A composite's text subfield, `""` where it is missing.
pub fn part<'a>(parts: &'a Map<String, Value>, key: &str) -> &'a str {
    parts.get(key).and_then(Value::as_str).unwrap_or("")
}
