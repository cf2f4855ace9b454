//! People's additional e-mail addresses. Twenty keeps them as JSON, which can only be searched with `like`, row by row.
//! Searching one address takes as long as reading all, and `_` is a wildcard. So all are read at once, and compared
//! here.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::email;
use super::lookup::{Connection, Edge};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

/// Rows per request. GraphQL returns as many as requested.
pub const PAGE_SIZE: usize = 10_000;

const ADDITIONAL: &str = "additionalEmails";

/// The additional addresses of a row or its `emails`, in normalised form.
pub fn held_by(row: &Map<String, Value>) -> impl Iterator<Item = String> {
    let emails = row.get("emails").and_then(Value::as_object).unwrap_or(row);
    let additional = emails.get(ADDITIONAL).and_then(Value::as_array);
    let additional = additional.into_iter().flatten().filter_map(Value::as_str);
    additional.map(|address| email::canonical(address).into_owned())
}

/// One page of the people with additional addresses.
pub struct Page {
    /// Each address with its row.
    pub held: Vec<(String, Uuid)>,
    /// Number of rows on this page.
    pub rows: usize,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The body of `POST /graphql` for a page of people who are not deleted and have additional addresses.
pub fn build(after: Option<&str>) -> Bytes {
    let (declared, argument) = match after {
        Some(_) => (", $after: String!", ", after: $after"),
        None => ("", ""),
    };
    let query = format!(
        "query FurtherEmails($people: PersonFilterInput!{declared}) {{ people(filter: $people, first: {PAGE_SIZE}{argument}) \
         {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ id emails {{ {ADDITIONAL} }} }} }} }} }}"
    );
    // Rows without additional addresses have NULL there, which never matches `like`.
    let mut variables = json!({"people": {"emails": {ADDITIONAL: {"like": "%@%"}}}});
    if let Some(after) = after {
        variables["after"] = after.into();
    }
    Bytes::from(json!({"query": query, "variables": variables}).to_string())
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    errors: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Data {
    people: Option<Connection>,
}

/// Parses the answer to [`build`].
///
/// # Errors
/// OPERATION_FAILED if the answer is not complete.
pub fn parse(body: &[u8]) -> Result<Page, CrmError> {
    let failed = || {
        CrmError::new(
            ErrorCode::OperationFailed,
            "the server did not tell people's additional e-mail addresses",
        )
        .with_detail("reason", error_reason::LOOKUP_FAILED)
    };
    let answer: Answer = serde_json::from_slice(body).map_err(|_| failed())?;
    if answer.errors.is_some_and(|errors| !errors.is_empty()) {
        return Err(failed());
    }
    let people = answer.data.and_then(|data| data.people);
    let people = people.ok_or_else(failed)?;
    let mut held = Vec::new();
    for Edge { node } in &people.edges {
        let id = node.get("id").and_then(Value::as_str);
        let id = id.and_then(|id| Uuid::parse_str(id).ok());
        let id = id.ok_or_else(failed)?;
        held.extend(held_by(node).map(|address| (address, id)));
    }
    let more = people.page_info.has_next_page;
    Ok(Page {
        held,
        rows: people.edges.len(),
        next: people.page_info.end_cursor.filter(|_| more),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_whole_or_not_at_all() {
        let id = Uuid::from_u128(7);
        let body = json!({"data": {"people": {
            "pageInfo": {"hasNextPage": true, "endCursor": "c"},
            "edges": [
                {"node": {"id": id.to_string(), "emails": {"additionalEmails": ["A@B\u{fc}cher.DE", "c@d.e"]}}},
                {"node": {"id": id.to_string(), "emails": {"additionalEmails": null}}},
                {"node": {"id": id.to_string(), "emails": null}},
            ],
        }}});
        let page = parse(body.to_string().as_bytes()).expect("a page");
        let held: Vec<_> = page
            .held
            .iter()
            .map(|(address, _)| address.as_str())
            .collect();
        assert_eq!(held, ["a@xn--bcher-kva.de", "c@d.e"]);
        assert_eq!((page.rows, page.next.as_deref()), (3, Some("c")));
        for bad in [
            json!({"data": {"people": null}, "errors": [{"message": "no"}]}),
            json!({"data": {"people": null}}),
            json!({"data": null}),
            json!({}),
            json!({"data": {"people": {"pageInfo": {"hasNextPage": false}, "edges": [{"node": {}}]}}}),
        ] {
            assert!(parse(bad.to_string().as_bytes()).is_err(), "{bad}");
        }
        assert!(parse(b"<html>").is_err());
    }

    #[test]
    fn the_query_contains_no_address() {
        let text = String::from_utf8(build(Some("x\"")).to_vec()).expect("text");
        let body: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(body["variables"]["after"], "x\"");
        assert_eq!(
            body["variables"]["people"]["emails"]["additionalEmails"]["like"],
            "%@%"
        );
        let first: Value = serde_json::from_slice(&build(None)).expect("JSON");
        assert!(!first["query"].to_string().contains("after"));
    }
}
