//! Validates and normalises values before they are stored (`docs/twenty/protocol.md#values`). Stored values have blanks
//! as null, and instants in one format.

use serde_json::{Map, Value};

use crate::composites::composite;
use crate::errors::ApiError;
use crate::flavour::Flavour;
use crate::http::ApiResult;
use crate::plain_values::{no_uuid, plain, uuid};
use crate::schema::{Field, FieldType, Object, RelationKind};

/// A relation in a payload, resolved once the rows are accessible.
#[derive(Debug, Clone, PartialEq)]
pub struct Connect {
    /// Column to fill with the found id.
    pub column: String,
    /// The relation's name, for the message.
    pub relation: String,
    /// Singular name of the object to look in.
    pub target: String,
    /// Unique column, its subfield, and the value to look for.
    pub conditions: Vec<(String, Option<String>, Value)>,
}

/// A payload after validation: only the columns that were sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Payload {
    /// Column values in stored form; composites hold only the subfields that were sent.
    pub columns: Map<String, Value>,
    /// Relations to look up.
    pub connects: Vec<Connect>,
}

/// Validates and normalises a payload.
///
/// # Errors
/// The 400 (or 500, for a NUL character) of the first bad key, with the server's text.
pub fn normalise(object: &Object, payload: &Value, flavour: Flavour) -> ApiResult<Payload> {
    let indexed;
    let entries = match payload {
        Value::Object(entries) => entries,
        Value::Array(rows) => {
            // The server treats an array's indexes like keys.
            indexed = rows
                .iter()
                .enumerate()
                .map(|(n, row)| (n.to_string(), row.clone()))
                .collect();
            &indexed
        }
        _ => return Ok(Payload::default()),
    };
    // Unknown keys are refused before any value is checked.
    for key in entries.keys() {
        if object.field(key).is_none() && object.column(key).is_none() {
            return Err(no_field(object, key));
        }
    }
    if let Some(field) = both_given(object, entries) {
        let (name, column) = (&field.name, field.column().unwrap_or_default());
        let message = format!("{name} and {column} cannot be both provided.");
        return Err(ApiError::bad_request(message));
    }
    let mut result = Payload {
        columns: Map::with_capacity(entries.len()),
        connects: Vec::new(),
    };
    for (key, value) in entries {
        let Some(field) = object.column(key) else {
            relation(object, key, value, &mut result)?;
            continue;
        };
        if field.kind == FieldType::Relation {
            result.columns.insert(key.clone(), foreign_key(key, value)?);
            continue;
        }
        if field.kind == FieldType::RichText && value.is_null() {
            let message = "Cannot read properties of null (reading 'blocknote')";
            return Err(ApiError::core(400, "TypeError", message));
        }
        if field.kind.is_composite() {
            // A composite that is null changes nothing.
            if let Some(composite) = composite(object, field, value, flavour)? {
                result.columns.insert(key.clone(), Value::Object(composite));
            }
            continue;
        }
        result.columns.insert(key.clone(), plain(field, value)?);
    }
    if entries.values().any(has_nul) {
        return Err(ApiError::core(
            500,
            "InternalServerErrorException",
            "Data validation error.",
        ));
    }
    Ok(result)
}

/// A relation that is given both by id and by a look-up.
fn both_given<'a>(object: &'a Object, entries: &Map<String, Value>) -> Option<&'a Field> {
    let given = entries
        .iter()
        .filter(|(_, value)| value.get("connect").is_some() || value.get("disconnect").is_some());
    given
        .filter_map(|(key, _)| object.field(key).filter(|f| f.kind == FieldType::Relation))
        .find(|field| {
            field
                .column()
                .is_some_and(|column| entries.contains_key(column))
        })
}

/// Converts a printed row to a stored one: blank texts become null.
pub fn blanks_to_null(object: &Object, record: &mut Map<String, Value>) {
    for (column, value) in record.iter_mut() {
        let Some(field) = object.column(column) else {
            continue;
        };
        match value {
            Value::String(text) if text.is_empty() && field.kind == FieldType::Text => {
                *value = Value::Null;
            }
            Value::Object(subfields) if field.kind.is_composite() => {
                for blank in subfields.values_mut().filter(|v| *v == "") {
                    *blank = Value::Null;
                }
            }
            _ => {}
        }
    }
}

/// 400 for a key the object lacks.
pub fn no_field(object: &Object, key: &str) -> ApiError {
    let name = &object.name_singular;
    ApiError::bad_request(format!("Object {name} doesn't have any \"{key}\" field."))
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(entries) => entries.values().any(has_nul),
        _ => false,
    }
}

fn relation(object: &Object, key: &str, value: &Value, result: &mut Payload) -> ApiResult<()> {
    let field = object.field(key).ok_or_else(|| no_field(object, key))?;
    let Some(relation) = &field.relation else {
        return Err(no_field(object, key));
    };
    let Some(column) = field
        .column()
        .filter(|_| relation.kind == RelationKind::ManyToOne)
    else {
        return Err(ApiError::bad_request(format!(
            "One-to-many relation {key} field does not support write operations."
        )));
    };
    if value.is_null() {
        return Ok(());
    }
    if value.get("disconnect") == Some(&Value::Bool(true)) {
        result.columns.insert(column.to_owned(), Value::Null);
        return Ok(());
    }
    let Some(wanted) = value.pointer("/connect/where").and_then(Value::as_object) else {
        let message = format!("Relation \"{key}\" requires connect or disconnect operation");
        return Err(ApiError::bad_request(message));
    };
    let mut conditions = Vec::new();
    for (column, value) in wanted {
        match value.as_object() {
            Some(subfields) => conditions.extend(
                subfields
                    .iter()
                    .map(|(s, v)| (column.clone(), Some(s.clone()), v.clone())),
            ),
            None => conditions.push((column.clone(), None, value.clone())),
        }
    }
    result.connects.push(Connect {
        column: column.to_owned(),
        relation: key.to_owned(),
        target: relation.target.clone(),
        conditions,
    });
    Ok(())
}

fn foreign_key(key: &str, value: &Value) -> ApiResult<Value> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::String(text) if uuid(text).is_some() => Ok(Value::from(text.to_lowercase())),
        other => Err(no_uuid(other, key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::schema_seed::seed;
    use serde_json::json;

    fn person(payload: Value) -> ApiResult<Payload> {
        let schema = seed(Preset::Provisioned, 0);
        normalise(
            schema.by_singular("person").unwrap(),
            &payload,
            Flavour::V2_21,
        )
    }

    fn refusal(payload: Value) -> String {
        person(payload).unwrap_err().message()
    }

    #[test]
    fn values_are_normalised() {
        let payload = person(json!({
            "emails": { "primaryEmail": "Ada@Example.COM", "additionalEmails": ["B@x.COM"] },
            "jobTitle": "",
            "company": { "disconnect": true },
            "phones": null,
        }))
        .unwrap();
        assert_eq!(
            Value::Object(payload.columns),
            json!({
                "emails": { "primaryEmail": "ada@example.com", "additionalEmails": ["b@x.com"] },
                "jobTitle": null,
                "companyId": null,
            })
        );
    }

    #[test]
    fn bad_values_are_refused_in_the_servers_words() {
        assert_eq!(
            refusal(json!({ "name": "Jane Smith", "email": "a@b.c" })),
            "Object person doesn't have any \"email\" field."
        );
        assert_eq!(
            refusal(json!({ "name": "Jane Smith" })),
            "Invalid object value 'Jane Smith' for field \"name\""
        );
        assert_eq!(
            refusal(json!({ "name": { "middle": "x" } })),
            "Invalid subfield middle for full name field \"name\""
        );
        assert_eq!(
            refusal(json!({ "externalId": 12345 })),
            "Invalid string value 12345 for text field \"externalId\""
        );
        assert_eq!(
            refusal(json!({ "company": { "id": "x" } })),
            "Relation \"company\" requires connect or disconnect operation"
        );
        assert_eq!(
            refusal(json!({ "id": "01932c07-209e-7401-a8fd-1c2f1b1b1b1b" })),
            "Value \"01932c07-209e-7401-a8fd-1c2f1b1b1b1b\" is not a valid UUID"
        );
        assert_eq!(
            person(json!({ "jobTitle": "a\0b" })).unwrap_err().status(),
            500
        );
        assert_eq!(
            refusal(json!([{}])),
            "Object person doesn't have any \"0\" field."
        );
    }
}
