//! Writes a row on the condition that it is not deleted (`docs/twenty/protocol.md#races`).

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{LookupQuery, failed};
use crate::core::error::CrmError;
use crate::core::twenty::values::part;

/// The result of a conditional write.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// The row after the write.
    Written(Map<String, Value>),
    /// No row matches the condition, and nothing was written.
    Unmatched,
    /// The answer does not tell what was done.
    Unclear,
}

/// The body of `POST /graphql`. `query` names the object and the fields to return.
///
/// # Errors
/// OPERATION_FAILED if the data cannot be written as JSON.
pub fn build_conditional(
    query: &LookupQuery,
    id: &str,
    data: &Map<String, Value>,
) -> Result<Bytes, CrmError> {
    let text = format!(
        "mutation Update($filter: {}!, $data: {}!) {{ {}(filter: $filter, data: $data) {{ {} }} }}",
        query.kind.filter_type(),
        query.kind.update_type(),
        query.kind.update_many_key(),
        query.selection
    );
    let filter = json!({"id": {"eq": id}, "deletedAt": {"is": "NULL"}});
    let body = json!({"query": text, "variables": {"filter": filter, "data": data}});
    let text = serde_json::to_vec(&body)
        .map_err(|error| failed(format!("The update could not be written as JSON: {error}")))?;
    Ok(Bytes::from(text))
}

/// Parses the answer to [`build_conditional`] for the same row.
pub fn parse_conditional(body: &[u8], query: &LookupQuery, id: &str) -> Answered {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(body) else {
        return Answered::Unclear;
    };
    let rows = answer
        .get_mut("data")
        .and_then(|data| data.get_mut(query.kind.update_many_key()))
        .map(Value::take);
    match rows {
        Some(Value::Array(rows)) if rows.is_empty() => Answered::Unmatched,
        Some(Value::Array(mut rows)) if rows.len() == 1 => match rows.pop() {
            Some(Value::Object(row)) if part(&row, "id") == id => Answered::Written(row),
            _ => Answered::Unclear,
        },
        _ => Answered::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::twenty::fields::FieldNames;
    use crate::core::twenty::ids::ObjectKind;
    use crate::core::twenty::schema::ObjectSchema;

    fn query() -> LookupQuery {
        let (schema, names) = (ObjectSchema::default(), FieldNames::default());
        LookupQuery::new(ObjectKind::Person, &schema, &names, false)
    }

    #[test]
    fn the_condition_names_one_row_that_is_not_deleted() {
        let data: Map<String, Value> = serde_json::from_str(r#"{"jobTitle":"x"}"#).expect("data");
        let body = build_conditional(&query(), "a", &data).expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let filter = json!({"id": {"eq": "a"}, "deletedAt": {"is": "NULL"}});
        assert_eq!(body["variables"]["filter"], filter);
        assert_eq!(body["variables"]["data"], json!({"jobTitle": "x"}));
        let text = body["query"].as_str().expect("a text");
        assert!(text.contains("$filter: PersonFilterInput!"), "{text}");
        assert!(
            text.contains("updatePeople(filter: $filter, data: $data)"),
            "{text}"
        );
    }

    #[test]
    fn only_an_answer_with_the_rows_id_is_trusted() {
        let read = |text: &str| parse_conditional(text.as_bytes(), &query(), "a");
        let row: Map<String, Value> = serde_json::from_str(r#"{"id":"a"}"#).expect("a row");
        assert_eq!(
            read(r#"{"data":{"updatePeople":[{"id":"a"}]}}"#),
            Answered::Written(row)
        );
        assert_eq!(read(r#"{"data":{"updatePeople":[]}}"#), Answered::Unmatched);
        for unclear in [
            "",
            "[]",
            r#"{"data":null}"#,
            r#"{"data":{"updatePeople":null}}"#,
            r#"{"data":{"updatePeople":[{"id":"b"}]}}"#,
            r#"{"data":{"updatePeople":[{"id":"a"},{"id":"b"}]}}"#,
        ] {
            assert_eq!(read(unclear), Answered::Unclear, "{unclear}");
        }
    }
}
