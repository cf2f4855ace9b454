//! Whether a row already holds what a payload would write.

use serde_json::{Map, Value};

use super::composite::holds_field;
use super::values::is_blank;

/// The part of a payload that fills only fields that the row leaves blank, and the names of those that it keeps because
/// they hold something else. A field that the row does not show is taken to be filled.
pub fn only_blank(
    fields: &Map<String, Value>,
    row: &Map<String, Value>,
) -> (Map<String, Value>, Vec<String>) {
    let mut filling = Map::new();
    let mut kept = Vec::new();
    for (name, value) in fields {
        match row.get(name) {
            Some(held) if is_blank(held) => drop(filling.insert(name.clone(), value.clone())),
            Some(held) if holds(name, held, value) => {}
            _ => kept.push(name.clone()),
        }
    }
    (filling, kept)
}

/// Whether a row's value of that name already says what a payload's value would write (only the subfields that the
/// payload has), in whatever form the server stores it.
pub fn holds(name: &str, held: &Value, written: &Value) -> bool {
    match (held, written) {
        (Value::Object(held), Value::Object(written)) => holds_field(name, held, written),
        (Value::Number(held), Value::Number(written)) => held.as_f64() == written.as_f64(),
        _ => held == written || (is_blank(held) && is_blank(written)),
    }
}

/// As [`holds`], for a whole row and a whole payload.
pub fn holds_all(held: &Map<String, Value>, written: &Map<String, Value>) -> bool {
    written.iter().all(|(key, value)| {
        held.get(key)
            .map_or_else(|| is_blank(value), |held| holds(key, held, value))
    })
}
