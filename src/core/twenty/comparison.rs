//! Compares a row with a payload.

use serde_json::{Map, Value};

use super::composite::holds_field;
use super::values::is_blank;

/// The part of a payload that fills blank fields of the row, and the names of the fields that keep another value. A
/// field that the row does not show counts as filled.
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

/// Whether a row's field already has the payload's value (only the subfields in the payload), in any form in which the
/// server stores it.
pub fn holds(name: &str, held: &Value, written: &Value) -> bool {
    match (held, written) {
        (Value::Object(held), Value::Object(written)) => holds_field(name, held, written),
        (Value::Number(held), Value::Number(written)) => held.as_f64() == written.as_f64(),
        _ => held == written || (is_blank(held) && is_blank(written)),
    }
}

/// Like [`holds`], for a whole row and a whole payload.
pub fn holds_all(held: &Map<String, Value>, written: &Map<String, Value>) -> bool {
    written.iter().all(|(key, value)| {
        held.get(key)
            .map_or_else(|| is_blank(value), |held| holds(key, held, value))
    })
}
