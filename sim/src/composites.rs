//! Composite values: names, e-mails, phones, links, currencies, addresses.

use serde_json::{Map, Value};

use crate::errors::ApiError;
use crate::flavour::Flavour;
use crate::http::ApiResult;
use crate::inspect::shown;
use crate::links;
use crate::phones;
use crate::plain_values::{text, uuid};
use crate::schema::{Field, FieldType, Object, SubType};

/// Validates and normalises a composite: the subfields that were sent, or `None` for a null.
///
/// # Errors
/// 400 with the server's text.
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
            let key = match field.kind {
                FieldType::RichText => format!("'{key}'"),
                _ => key.clone(),
            };
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
        FieldType::RichText => {
            blocks(name, &result)?;
            // Each form is generated from the other one.
            let is_sent = |key: &str| result.get(key).is_some_and(|form| !form.is_null());
            match (is_sent("markdown"), is_sent("blocknote")) {
                (true, false) => result.insert("blocknote".to_owned(), Value::Null),
                (false, true) => result.insert("markdown".to_owned(), Value::Null),
                _ => None,
            };
        }
        FieldType::Links => {
            // Texts instead of links are silently dropped.
            if let Some(Value::Array(links)) = result.get_mut("secondaryLinks") {
                links.retain(Value::is_object);
            }
            let is_domain = object.name_singular == "company" && name == "domainName";
            links::normalise(&mut result, is_domain && flavour.differences().bare_hosts)?;
        }
        FieldType::Phones => {
            // Texts instead of numbers become empty numbers.
            if let Some(Value::Array(phones)) = result.get_mut("additionalPhones") {
                for text in phones.iter_mut().filter(|phone| !phone.is_object()) {
                    *text = Value::Object(Map::new());
                }
            }
            phones::normalise(&mut result)?;
        }
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
        SubType::Number | SubType::BigInt => match value {
            Value::Number(_) | Value::String(_) => match number(value, kind) {
                Some(number) => Ok(number),
                None => Err(ApiError::bad_request(format!(
                    "Invalid number value NaN for field \"{path}\""
                ))),
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

/// A number, or a text with one; integers lose their fraction.
fn number(value: &Value, kind: SubType) -> Option<Value> {
    let text = value.as_str();
    let whole = match text {
        Some(text) => text.trim().parse::<i64>().ok(),
        None => value.as_i64(),
    };
    if let Some(whole) = whole {
        return Some(Value::from(whole));
    }
    let number = match text {
        Some(text) => text.trim().parse::<f64>().ok().filter(|n| n.is_finite())?,
        None => value.as_f64()?,
    };
    #[allow(clippy::cast_possible_truncation)] // the fraction is what is dropped
    Some(match kind {
        SubType::BigInt => Value::from(number.trunc() as i64),
        _ => Value::from(number),
    })
}

/// The editor's document is stored as JSON text.
fn blocks(name: &str, text: &Map<String, Value>) -> ApiResult<()> {
    let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    match text.get("blocknote") {
        Some(Value::String(text)) if !is_json(text) => Err(ApiError::bad_request(format!(
            "Invalid blocknote value for field \"{name}.blocknote\" - must contain valid JSON"
        ))),
        _ => Ok(()),
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
    if let Some(further) = composite.get_mut("additionalEmails")
        && let Value::String(text) = &*further
    {
        *further = serde_json::from_str(text).map_err(|_| {
            let first = text.chars().next().unwrap_or_default();
            let message = format!("Unexpected token '{first}', \"{text}\" is not valid JSON");
            ApiError::core(400, "SyntaxError", message)
        })?;
    }
    if let Some(Value::Array(values)) = composite.get_mut("additionalEmails") {
        values
            .iter_mut()
            .try_for_each(|value| check(value, "additionalEmails"))?;
    }
    Ok(())
}

/// The format of an address: the server refuses those without an `@` or a dotted domain, and those with spaces.
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
