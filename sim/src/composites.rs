//! Composite values: names, e-mails, phones, links, currencies, addresses.

use serde_json::{Map, Value};

use crate::errors::ApiError;
use crate::flavour::Flavour;
use crate::http::ApiResult;
use crate::links;
use crate::phones;
use crate::schema::{Field, FieldType, Object, SubType};
use crate::values::{shown, text, uuid};

/// Validates and normalises a composite: the subfields that were sent, or `None` for a null.
///
/// # Errors
/// 400 in the server's words.
pub fn composite(
    object: &Object,
    field: &Field,
    value: &Value,
    flavour: Flavour,
) -> ApiResult<Option<Map<String, Value>>> {
    let name = &field.name;
    let entries = match value {
        Value::Null => return Ok(None),
        Value::Object(entries) => entries,
        other => {
            let message = format!("Invalid object value {} for field \"{name}\"", shown(other));
            return Err(ApiError::bad_request(message));
        }
    };
    let subfields = field.kind.subfields();
    let mut result = Map::new();
    for (key, value) in entries {
        let Some((_, kind)) = subfields.iter().find(|(n, _)| n == key) else {
            let kind = field.kind.name().to_lowercase().replace('_', " ");
            let message = format!("Invalid subfield {key} for {kind} field \"{name}\"");
            return Err(ApiError::bad_request(message));
        };
        result.insert(
            key.clone(),
            subfield(&format!("{name}.{key}"), *kind, value)?,
        );
    }
    match field.kind {
        FieldType::Emails => emails(name, &mut result)?,
        FieldType::Links => {
            let is_domain = object.name_singular == "company" && name == "domainName";
            links::normalise(&mut result, is_domain && flavour.differences().bare_hosts)?;
        }
        FieldType::Phones => phones::normalise(&mut result)?,
        _ => {}
    }
    Ok(Some(result))
}

fn subfield(path: &str, kind: SubType, value: &Value) -> ApiResult<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let bad = |what: &str| {
        let message = format!("Invalid {what} value {} for field \"{path}\"", shown(value));
        Err(ApiError::bad_request(message))
    };
    match kind {
        SubType::Text | SubType::NullableText => match text(value) {
            Some(value) => Ok(value),
            None => {
                let shown = shown(value);
                let message = format!("Invalid string value {shown} for text field \"{path}\"");
                Err(ApiError::bad_request(message))
            }
        },
        SubType::Number => match value {
            Value::Number(_) => Ok(value.clone()),
            _ => bad("number"),
        },
        SubType::BigInt => match value {
            Value::Number(_) => Ok(value.clone()),
            Value::String(text) => match text.parse::<i64>() {
                Ok(number) => Ok(Value::from(number)),
                Err(_) => bad("number"),
            },
            _ => bad("number"),
        },
        SubType::Uuid => match value.as_str().and_then(uuid) {
            Some(id) => Ok(Value::from(id)),
            None => bad("UUID"),
        },
        SubType::Json => Ok(value.clone()),
    }
}

fn emails(name: &str, composite: &mut Map<String, Value>) -> ApiResult<()> {
    let check = |value: &mut Value, key: &str| {
        let Value::String(text) = value else {
            return Ok(());
        };
        if !is_email(text) {
            let shown = shown(value);
            let message = format!("Invalid string value {shown} for email field \"{name}.{key}\"");
            return Err(ApiError::bad_request(message));
        }
        *text = text.to_lowercase();
        Ok(())
    };
    if let Some(value) = composite.get_mut("primaryEmail") {
        check(value, "primaryEmail")?;
    }
    if let Some(Value::Array(values)) = composite.get_mut("additionalEmails") {
        values
            .iter_mut()
            .try_for_each(|value| check(value, "additionalEmails"))?;
    }
    Ok(())
}

/// The shape of an address: the server refuses what has no `@`, blanks, or no dotted domain.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && !text.chars().any(char::is_whitespace)
        && !domain.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
}
