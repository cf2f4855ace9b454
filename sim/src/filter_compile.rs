//! Compiles a filter in GraphQL's form to the tree that is evaluated.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::dates;
use crate::errors::ApiError;
use crate::filter::{Filter, Test};
use crate::http::ApiResult;
use crate::inspect::shown;
use crate::plain_values::out_of_form;
use crate::schema::{Field, FieldType, Object, RelationKind, Schema, SubType};
use crate::values::no_field;

/// Name of the workspace's database schema, which appears in errors.
const SCHEMA_NAME: &str = "workspace_3f1f5b1e6f0a4b8e9f572a6f1";

/// Operators on lists of texts; the REST grammar only knows `is`.
const ARRAY_OPERATORS: [&str; 3] = ["containsIlike", "is", "isEmptyArray"];

/// Compiles a filter in GraphQL's shape: `{and:[..]}`, `{or:[..]}`, `{not:{..}}`,
/// `{field:{op:value}}`, `{composite:{sub:{op:value}}}`, `{relation:{..}}`.
///
/// # Errors
/// 400 for unknown fields, subfields and operators and for operands of the wrong type.
pub fn compile(schema: &Schema, object: &Object, filter: &Value) -> ApiResult<Filter> {
    let Value::Object(entries) = filter else {
        return Ok(Filter::And(Vec::new()));
    };
    let mut parts = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        parts.push(match key.as_str() {
            "and" => Filter::And(list(schema, object, value)?),
            "or" => Filter::Or(list(schema, object, value)?),
            "not" => Filter::Not(Box::new(compile(schema, object, value)?)),
            _ => field(schema, object, key, value)?,
        });
    }
    Ok(if parts.len() == 1 {
        parts.remove(0)
    } else {
        Filter::And(parts)
    })
}

fn list(schema: &Schema, object: &Object, value: &Value) -> ApiResult<Vec<Filter>> {
    match value {
        Value::Array(items) => items.iter().map(|i| compile(schema, object, i)).collect(),
        other => Ok(vec![compile(schema, object, other)?]),
    }
}

fn field(schema: &Schema, object: &Object, key: &str, value: &Value) -> ApiResult<Filter> {
    let empty = Map::new();
    let entries = value.as_object().unwrap_or(&empty);
    let Some(found) = object.column(key) else {
        let relation = object.field(key).and_then(|f| f.relation.as_ref());
        let relation = relation.ok_or_else(|| no_field(object, key))?;
        if relation.kind == RelationKind::OneToMany {
            let message = format!("Cannot filter by relation field \"{key}\"");
            return Err(ApiError::bad_request(message));
        }
        let target: &Arc<Object> = schema
            .by_singular(&relation.target)
            .ok_or_else(|| no_field(object, key))?;
        return Ok(Filter::Related {
            join_column: relation.join_column.clone(),
            target: relation.target.clone(),
            filter: Box::new(compile(schema, target, value)?),
        });
    };
    let mut parts = Vec::new();
    if found.kind.is_composite() {
        for (sub, tests) in entries {
            let Some((sub, kind)) = found.kind.subfields().iter().find(|(n, _)| n == sub) else {
                let kind = found.kind.name();
                let message = format!("Sub field \"{sub}\" not found for composite type: {kind}");
                return Err(ApiError::bad_request(message));
            };
            for (op, operand) in tests.as_object().unwrap_or(&empty) {
                let path = format!("{key}.{sub}");
                let test = test(object, found, &path, Some(*kind), op, operand)?;
                parts.push(Filter::Column {
                    column: key.to_owned(),
                    sub: Some(*sub),
                    test,
                });
            }
        }
    } else {
        for (op, operand) in entries {
            let test = test(object, found, key, None, op, operand)?;
            parts.push(Filter::Column {
                column: key.to_owned(),
                sub: None,
                test,
            });
        }
    }
    Ok(if parts.len() == 1 {
        parts.remove(0)
    } else {
        Filter::And(parts)
    })
}

fn test(
    object: &Object,
    field: &Field,
    path: &str,
    sub: Option<SubType>,
    op: &str,
    operand: &Value,
) -> ApiResult<Test> {
    if field.kind == FieldType::Array && !ARRAY_OPERATORS.contains(&op) {
        let allowed = ARRAY_OPERATORS.join(", ");
        return Err(ApiError::bad_request(format!(
            "Operator \"{op}\" is not valid for field \"{path}\" of type ARRAY - Allowed operators: {allowed}"
        )));
    }
    let one = || scalar(object, field, path, sub, operand);
    let many = || match operand {
        Value::Array(items) => items
            .iter()
            .map(|item| scalar(object, field, path, sub, item))
            .collect(),
        other => Ok(vec![scalar(object, field, path, sub, other)?]),
    };
    let text = || operand.as_str().unwrap_or_default();
    let escaped = || {
        text()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_")
    };
    Ok(match op {
        "eq" => Test::Eq(one()?),
        "neq" => Test::Neq(one()?),
        "in" => Test::In(many()?),
        "containsAny" => Test::ContainsAny(many()?),
        "is" => match operand.as_str() {
            Some("NULL") => Test::IsNull(true),
            Some("NOT_NULL") => Test::IsNull(false),
            _ => {
                return Err(ApiError::bad_request(
                    "Invalid filter value for \"is\" operator. Expected \"NULL\" or \"NOT_NULL\"",
                ));
            }
        },
        "gt" => Test::Gt(one()?),
        "gte" => Test::Gte(one()?),
        "lt" => Test::Lt(one()?),
        "lte" => Test::Lte(one()?),
        "startsWith" => Test::Like(format!("{}%", escaped()), false),
        "endsWith" => Test::Like(format!("%{}", escaped()), false),
        "like" => Test::Like(text().to_owned(), false),
        "ilike" => Test::Like(text().to_owned(), true),
        _ => {
            let message = format!("Operator \"{op}\" is not supported for field \"{path}\"");
            return Err(ApiError::bad_request(message));
        }
    })
}

/// An operand in stored form.
fn scalar(
    object: &Object,
    field: &Field,
    path: &str,
    sub: Option<SubType>,
    operand: &Value,
) -> ApiResult<Value> {
    if operand.is_null() || sub.is_some() {
        return Ok(operand.clone());
    }
    match field.kind {
        FieldType::Uuid | FieldType::Relation => {
            match operand.as_str().and_then(|t| Uuid::try_parse(t).ok()) {
                Some(id) => Ok(Value::from(id.to_string())),
                None => Err(ApiError::bad_request(format!(
                    "Invalid UUID value {} for field \"{path}\"",
                    shown(operand)
                ))),
            }
        }
        FieldType::DateTime => {
            // Writes accept microseconds, filters do not.
            let is_fine = |text: &&str| {
                text.split_once('.').is_none_or(|(_, rest)| {
                    rest.chars().take_while(char::is_ascii_digit).count() <= 3
                })
            };
            match operand.as_str().filter(is_fine).and_then(dates::date_time) {
                Some(instant) => Ok(Value::from(instant)),
                None => Err(out_of_form(
                    operand,
                    "date-time",
                    path,
                    "YYYY-MM-DDTHH:mm:ssZ",
                )),
            }
        }
        FieldType::Select => {
            let is_option = field.options.iter().any(|o| operand == &o.value);
            if is_option || field.options.is_empty() {
                return Ok(operand.clone());
            }
            let name = format!("{}_{}_enum", object.name_singular, field.name);
            let message =
                format!("invalid input value for enum {SCHEMA_NAME}.\"{name}\": {operand}");
            Err(ApiError::bad_request(message))
        }
        _ => Ok(operand.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::schema_seed::seed;
    use serde_json::json;

    #[test]
    fn bad_filters_are_refused_in_the_servers_words() {
        let schema = seed(Preset::Provisioned, 0);
        let object = schema.by_singular("person").cloned().unwrap();
        let refusal = |filter: Value| compile(&schema, &object, &filter).unwrap_err().message();
        assert_eq!(
            refusal(json!({ "emails": { "eq": "x" } })),
            "Sub field \"eq\" not found for composite type: EMAILS"
        );
        assert_eq!(
            refusal(json!({ "id": { "eq": "not-a-uuid" } })),
            "Invalid UUID value 'not-a-uuid' for field \"id\""
        );
        assert_eq!(
            refusal(json!({ "nope": { "eq": "x" } })),
            "Object person doesn't have any \"nope\" field."
        );
    }
}
