//! Filters: one tree that the REST grammar and GraphQL's JSON both compile to, evaluated with
//! SQL's three-valued logic (WIRE.md section 7).

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::dates;
use crate::errors::ApiError;
use crate::http::ApiResult;
use crate::like::like;
use crate::schema::{Field, FieldType, Object, RelationKind, Schema, SubType};
use crate::store::{Record, Table, World, get};
use crate::values::{no_field, shown};
use crate::view::target_of;

/// Name of the workspace's schema in the database, which its complaints show.
const SCHEMA_NAME: &str = "workspace_3f1f5b1e6f0a4b8e9f572a6f1";

/// Comparators of the REST grammar, in the order in which the server lists them.
pub const COMPARATORS: &[&str] = &[
    "eq",
    "neq",
    "in",
    "containsAny",
    "is",
    "gt",
    "gte",
    "lt",
    "lte",
    "startsWith",
    "endsWith",
    "like",
    "ilike",
];

/// A comparison with its operand.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equal; "" also equals null.
    Eq(Value),
    /// Not equal; null is neither.
    Neq(Value),
    /// Equal to one of them.
    In(Vec<Value>),
    /// Shares an element with the list.
    ContainsAny(Vec<Value>),
    /// Null, or not null.
    IsNull(bool),
    /// Greater.
    Gt(Value),
    /// Greater or equal.
    Gte(Value),
    /// Less.
    Lt(Value),
    /// Less or equal.
    Lte(Value),
    /// SQL LIKE pattern, and whether case is ignored.
    Like(String, bool),
}

/// A compiled filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them.
    And(Vec<Filter>),
    /// One of them.
    Or(Vec<Filter>),
    /// Not it.
    Not(Box<Filter>),
    /// A test of a column or of a composite's subfield.
    Column {
        /// Column name.
        column: String,
        /// Subfield.
        sub: Option<&'static str>,
        /// The test.
        test: Test,
    },
    /// A filter on the record that a many-to-one relation points at.
    Related {
        /// Column with the id.
        join_column: String,
        /// Singular name of the other object.
        target: String,
        /// Filter on the other record.
        filter: Box<Filter>,
    },
}

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
        let Some(relation) = relation.filter(|r| r.kind == RelationKind::ManyToOne) else {
            return Err(no_field(object, key));
        };
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
        FieldType::DateTime => match operand.as_str().and_then(dates::date_time) {
            Some(instant) => Ok(Value::from(instant)),
            None => {
                let message = format!("invalid input syntax for type timestamp: {operand}");
                Err(ApiError::bad_request(message))
            }
        },
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

impl Filter {
    /// Whether the filter looks at a column anywhere; one that mentions `deletedAt` shows
    /// soft-deleted rows.
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|p| p.mentions(name)),
            Self::Not(part) => part.mentions(name),
            Self::Column { column, .. } => column == name,
            Self::Related { .. } => false,
        }
    }

    /// Whether the record passes.
    pub fn accepts(&self, world: &World, record: &Record) -> bool {
        self.evaluate(world, record) == Some(true)
    }

    /// `None` is SQL's unknown.
    fn evaluate(&self, world: &World, record: &Record) -> Option<bool> {
        match self {
            Self::And(parts) => fold(parts, false, |p| p.evaluate(world, record)),
            Self::Or(parts) => fold(parts, true, |p| p.evaluate(world, record)),
            Self::Not(part) => part.evaluate(world, record).map(|b| !b),
            Self::Column { column, sub, test } => test.evaluate(get(record, column, *sub)),
            Self::Related {
                join_column,
                target,
                filter,
            } => filter.evaluate(world, target_of(world, target, record, join_column)?),
        }
    }

    /// Rows that could pass, found through an index; `None` where only a scan will do.
    pub fn candidates(&self, table: &Table) -> Option<Vec<Uuid>> {
        match self {
            Self::And(parts) => parts.iter().find_map(|p| p.candidates(table)),
            Self::Or(parts) => {
                let all: Option<Vec<Vec<Uuid>>> =
                    parts.iter().map(|p| p.candidates(table)).collect();
                all.map(|lists| lists.concat())
            }
            Self::Column { column, sub, test } => {
                let one;
                let wanted = match test {
                    Test::Eq(value) => {
                        one = [value.clone()];
                        one.as_slice()
                    }
                    Test::In(values) => values,
                    _ => return None,
                };
                lookup(table, column, *sub, wanted)
            }
            _ => None,
        }
    }
}

fn lookup(table: &Table, column: &str, sub: Option<&str>, wanted: &[Value]) -> Option<Vec<Uuid>> {
    let id_of = |value: &Value| value.as_str().and_then(|t| Uuid::try_parse(t).ok());
    if sub.is_none() && column == "id" {
        return Some(wanted.iter().filter_map(id_of).collect());
    }
    if sub.is_none() && table.has_references(column) {
        let ids: Option<Vec<Uuid>> = wanted.iter().map(id_of).collect();
        return Some(
            ids?.into_iter()
                .flat_map(|id| table.referring(column, id))
                .collect(),
        );
    }
    // Blanks stand in no unique index.
    let is_blank = |value: &Value| value.is_null() || value == "";
    if !table.is_unique(column, sub) || wanted.iter().any(is_blank) {
        return None;
    }
    let key = |value: &Value| crate::store::unique_key(value);
    let find = |key: String| table.find_unique(column, sub, &key);
    Some(
        wanted
            .iter()
            .filter_map(|value| find(key(value)?))
            .collect(),
    )
}

/// AND (`decisive` false) or OR (`decisive` true) in three-valued logic.
fn fold(
    parts: &[Filter],
    decisive: bool,
    mut evaluate: impl FnMut(&Filter) -> Option<bool>,
) -> Option<bool> {
    let mut result = Some(!decisive);
    for part in parts {
        match evaluate(part) {
            Some(value) if value == decisive => return Some(decisive),
            None => result = None,
            Some(_) => {}
        }
    }
    result
}

impl Test {
    fn evaluate(&self, stored: &Value) -> Option<bool> {
        use std::cmp::Ordering;
        let ordered = |operand: &Value| {
            if stored.is_null() {
                None
            } else {
                compare(stored, operand)
            }
        };
        match self {
            Self::IsNull(expected) => Some(stored.is_null() == *expected),
            Self::Eq(operand) if operand == "" || operand.is_null() => Some(is_blank(stored)),
            Self::Eq(operand) => ordered(operand).map(Ordering::is_eq),
            Self::Neq(operand) => ordered(operand).map(Ordering::is_ne),
            Self::In(operands) => {
                if stored.is_null() {
                    return None;
                }
                Some(
                    operands
                        .iter()
                        .any(|o| ordered(o).is_some_and(Ordering::is_eq)),
                )
            }
            Self::ContainsAny(operands) => {
                let items = stored.as_array()?;
                Some(items.iter().any(|item| operands.contains(item)))
            }
            Self::Gt(operand) => ordered(operand).map(Ordering::is_gt),
            Self::Gte(operand) => ordered(operand).map(Ordering::is_ge),
            Self::Lt(operand) => ordered(operand).map(Ordering::is_lt),
            Self::Lte(operand) => ordered(operand).map(Ordering::is_le),
            Self::Like(pattern, ignore_case) => {
                let text = stored.as_str()?;
                Some(like(text, pattern, *ignore_case))
            }
        }
    }
}

fn is_blank(stored: &Value) -> bool {
    stored.is_null() || stored == ""
}

/// Order of two values of the same kind; `None` where they cannot be compared.
pub fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (a, b) if a == b => Some(std::cmp::Ordering::Equal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::schema_seed::seed;
    use serde_json::json;

    fn world() -> World {
        World::new(seed(Preset::Provisioned, 0))
    }

    fn passes(filter: Value, record: Value) -> bool {
        let world = world();
        let object = world.schema.by_singular("person").cloned().unwrap();
        let filter = compile(&world.schema, &object, &filter).unwrap();
        filter.accepts(&world, record.as_object().unwrap())
    }

    #[test]
    fn nulls_are_unknown_to_comparisons() {
        let blank = || json!({});
        assert!(!passes(json!({ "externalId": { "neq": "a" } }), blank()));
        assert!(!passes(
            json!({ "not": { "externalId": { "eq": "a" } } }),
            blank()
        ));
        assert!(passes(json!({ "externalId": { "eq": "" } }), blank()));
        assert!(passes(json!({ "externalId": { "is": "NULL" } }), blank()));
        assert!(!passes(
            json!({ "not": { "externalId": { "is": "NULL" } } }),
            blank()
        ));
        let either = json!({ "or": [
            { "externalId": { "neq": "a" } }, { "jobTitle": { "is": "NULL" } }
        ] });
        assert!(passes(either, blank()));
    }

    #[test]
    fn composites_lists_and_patterns_compare() {
        let ada = || json!({ "name": { "firstName": "Ada" }, "totalSubmissions": 4 });
        assert!(passes(
            json!({ "name": { "firstName": { "ilike": "a%" } } }),
            ada()
        ));
        assert!(!passes(
            json!({ "name": { "firstName": { "like": "a%" } } }),
            ada()
        ));
        assert!(passes(
            json!({ "totalSubmissions": { "gte": 4, "lt": 4.5 } }),
            ada()
        ));
        assert!(passes(
            json!({ "name": { "firstName": { "in": ["Bob", "Ada"] } } }),
            ada()
        ));
    }

    #[test]
    fn bad_filters_are_refused_in_the_servers_words() {
        let world = world();
        let object = world.schema.by_singular("person").cloned().unwrap();
        let refusal = |filter: Value| {
            compile(&world.schema, &object, &filter)
                .unwrap_err()
                .message()
        };
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
