//! Filters: the REST grammar and GraphQL's JSON both compile to one tree, which is evaluated with SQL's three-valued
//! logic (`docs/twenty/protocol.md#lists`).

use serde_json::Value;
use uuid::Uuid;

use crate::clock::split_ms;
use crate::like::like;
use crate::store::{Record, Table, get};
use crate::view::target_of;
use crate::world::World;

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
    /// Not equal; null matches neither this nor `Eq`.
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

impl Filter {
    /// Whether the filter uses a column anywhere; one that uses `deletedAt` shows soft-deleted rows.
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

    /// Rows that could pass, found through an index; `None` if a scan is needed.
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
    // Unique indexes contain no blanks.
    let is_blank = |value: &Value| value.is_null() || value == "";
    if !table.is_unique(column, sub) || wanted.iter().any(is_blank) {
        return None;
    }
    let find = |value: &Value| table.find_unique(column, sub, &crate::store::unique_key(value)?);
    Some(wanted.iter().filter_map(find).collect())
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
                let document;
                let text = match stored {
                    Value::String(text) => text,
                    Value::Object(_) | Value::Array(_) => {
                        document = stored.to_string();
                        &document
                    }
                    _ => return None,
                };
                Some(like(text, pattern, *ignore_case))
            }
        }
    }
}

fn is_blank(stored: &Value) -> bool {
    stored.is_null() || stored == ""
}

/// Order of two values of the same kind; `None` if they cannot be compared.
pub fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        // The database stores microseconds, but compares with the milliseconds of a filter or cursor.
        (Value::String(a), Value::String(b)) => Some(split_ms(a).0.cmp(split_ms(b).0)),
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (a, b) if a == b => Some(std::cmp::Ordering::Equal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter_compile::compile;
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
}
