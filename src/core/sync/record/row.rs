//! A row as Twenty sends it.

use serde_json::{Map, Value};

use crate::core::twenty::timestamp::parse_millis;

/// A row as Twenty sends it.
pub type Row = Map<String, Value>;

/// The row's own id.
pub fn id_of(row: &Row) -> &str {
    text_of(row, "id")
}

/// A text of the row; `""` if it is not set.
pub fn text_of<'a>(row: &'a Row, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or("")
}

/// When the row was last changed, in milliseconds since the epoch. Every write raises it.
pub fn version_of(row: &Row) -> Option<u64> {
    parse_millis(text_of(row, "updatedAt"))
}

/// Whether the row is soft-deleted.
pub fn is_deleted(row: &Row) -> bool {
    row.get("deletedAt").is_some_and(|at| !at.is_null())
}

/// Adds the sent fields that the answer does not show: newer servers omit fields of large objects from their answers. A
/// missing key does not mean an empty value, and the server accepted what was sent.
pub fn with_sent<'s>(mut row: Row, sent: impl IntoIterator<Item = (&'s String, &'s Value)>) -> Row {
    for (name, value) in sent {
        if !row.contains_key(name) {
            row.insert(name.clone(), value.clone());
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_is_not_an_empty_value() {
        let read = |text: &str| serde_json::from_str::<Row>(text).expect("an object");
        let sent = read(r#"{"id":"a","externalId":"u1","jobTitle":"x"}"#);
        let row = with_sent(read(r#"{"id":"a","jobTitle":""}"#), &sent);
        assert_eq!(text_of(&row, "externalId"), "u1");
        assert_eq!(text_of(&row, "jobTitle"), "", "what is shown is believed");
    }
}
