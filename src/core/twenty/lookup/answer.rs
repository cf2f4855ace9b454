//! Parses answers, and checks that each row was asked for.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{LookupQuery, failed};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::unique_value;
use crate::core::twenty::values::part;

/// One row of the CRM.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupRow {
    /// The object.
    pub kind: ObjectKind,
    /// The row's id.
    pub id: Uuid,
    /// The external id as stored; `None` if it is blank or the workspace has no field for it.
    pub external_id: Option<String>,
    /// The e-mail or domain link as stored; `None` if it is blank.
    pub unique_value: Option<String>,
    /// Whether it is soft-deleted.
    pub deleted: bool,
    /// When it was created, in the server's format.
    pub created_at: Option<String>,
    /// When it was last changed, in the server's format.
    pub updated_at: Option<String>,
    /// All requested fields.
    pub record: Map<String, Value>,
}

/// One object's part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupPage {
    /// The object.
    pub kind: ObjectKind,
    /// Its rows.
    pub rows: Vec<LookupRow>,
    /// The cursor of the next page (for `LookupQuery::after`), if there is one.
    pub next: Option<String>,
}

/// An answer: one page per query, in the queries' order.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupAnswer {
    /// One page per query.
    pub pages: Vec<LookupPage>,
}

/// Parses the answer to [`build`](super::build) of the same queries. An answer that is incomplete or does not match is
/// an error.
pub fn parse(body: &[u8], queries: &[LookupQuery]) -> Result<LookupAnswer, CrmError> {
    read(body, queries, false)
}

/// Like [`parse`], but in a look-up of many records, a few rows that match none of them are ignored. Use it when
/// retries gave the same answer.
pub fn parse_tolerantly(body: &[u8], queries: &[LookupQuery]) -> Result<LookupAnswer, CrmError> {
    read(body, queries, true)
}

fn read(body: &[u8], queries: &[LookupQuery], tolerant: bool) -> Result<LookupAnswer, CrmError> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| failed("The look-up's answer is not GraphQL"))?;
    if let Some(error) = answer.errors.as_ref().and_then(|errors| errors.first()) {
        return Err(refused(error));
    }
    let mut data = answer
        .data
        .ok_or_else(|| incomplete("The look-up's answer contains no data"))?;
    let pages = queries.iter().map(|query| {
        let root = query.kind.plural();
        let connection = data
            .remove(root)
            .flatten()
            .ok_or_else(|| incomplete(format!("The look-up's answer contains no {root}")))?;
        let tolerated = match tolerant {
            true => query.tolerated_strangers(),
            false => 0,
        };
        read_page(connection, query, tolerated)
    });
    Ok(LookupAnswer {
        pages: pages.collect::<Result<_, _>>()?,
    })
}

#[derive(Deserialize)]
struct Answer {
    data: Option<HashMap<String, Option<Connection>>>,
    errors: Option<Vec<Value>>,
}

/// Rows in GraphQL's format, page by page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::core::twenty) struct Connection {
    pub(in crate::core::twenty) page_info: PageInfo,
    pub(in crate::core::twenty) edges: Vec<Edge>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::core::twenty) struct PageInfo {
    pub(in crate::core::twenty) has_next_page: bool,
    pub(in crate::core::twenty) end_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::core::twenty) struct Edge {
    pub(in crate::core::twenty) node: Map<String, Value>,
}

fn read_page(
    connection: Connection,
    query: &LookupQuery,
    mut tolerated: usize,
) -> Result<LookupPage, CrmError> {
    let asked = Asked::of(query);
    let mut rows = Vec::with_capacity(connection.edges.len());
    for edge in connection.edges {
        let row = read_row(edge.node, query)?;
        if asked.fits(&row) {
            rows.push(row);
        } else if tolerated > 0 && row.unique_value.is_some() {
            tolerated -= 1;
        } else {
            return Err(failed(format!(
                "The look-up returned a {} that was not asked for ({}): its answer cannot be trusted",
                query.kind.singular(),
                row.id
            )));
        }
    }
    let page = connection.page_info;
    if page.has_next_page && page.end_cursor.is_none() {
        return Err(failed(
            "The look-up's answer announces another page, but contains no cursor",
        ));
    }
    Ok(LookupPage {
        kind: query.kind,
        rows,
        next: page.end_cursor.filter(|_| page.has_next_page),
    })
}

fn read_row(record: Map<String, Value>, query: &LookupQuery) -> Result<LookupRow, CrmError> {
    let text = |key: &str| Some(part(&record, key)).filter(|text| !text.is_empty());
    let id = text("id").and_then(|id| Uuid::parse_str(id).ok());
    Ok(LookupRow {
        kind: query.kind,
        id: id.ok_or_else(|| failed("The look-up returned a row without an id"))?,
        external_id: query
            .external_id_field
            .as_deref()
            .and_then(text)
            .map(str::to_owned),
        unique_value: unique_value::held_by(query.kind, &record).map(str::to_owned),
        deleted: text("deletedAt").is_some(),
        created_at: text("createdAt").map(str::to_owned),
        updated_at: text("updatedAt").map(str::to_owned),
        record,
    })
}

/// The keys of a query, prepared for comparison with rows. If the server drops a variable, the filter is empty and
/// matches everything (`docs/twenty/protocol.md#graphql`), so rows must be checked.
struct Asked<'a> {
    query: &'a LookupQuery,
    ids: HashSet<Uuid>,
    external_ids: HashSet<&'a str>,
    unique_values: HashSet<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(query: &'a LookupQuery) -> Self {
        Self {
            query,
            ids: query.ids.iter().copied().collect(),
            external_ids: query
                .asked_external_ids()
                .iter()
                .map(String::as_str)
                .collect(),
            unique_values: query.unique_values.iter().map(String::as_str).collect(),
        }
    }

    fn fits(&self, row: &LookupRow) -> bool {
        let has = |set: &HashSet<&str>, value: &Option<String>| {
            value.as_deref().is_some_and(|value| set.contains(value))
        };
        self.ids.contains(&row.id)
            || has(&self.external_ids, &row.external_id)
            || has(&self.unique_values, &row.unique_value)
            || row.unique_value.as_deref().is_some_and(|held| {
                let identity = unique_value::identity(self.query.kind, held);
                self.query.identities.contains(identity.as_ref())
            })
    }
}

/// Null instead of data: the server failed, whatever its status.
fn incomplete(message: impl Into<String>) -> CrmError {
    CrmError::new(ErrorCode::ServerError, message)
        .with_detail("reason", error_reason::LOOKUP_FAILED)
}

fn refused(error: &Value) -> CrmError {
    let message = error
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or("no message");
    let shown: String = message.chars().take(500).collect();
    let code = match error.pointer("/extensions/code").and_then(Value::as_str) {
        Some("UNAUTHENTICATED" | "FORBIDDEN") => ErrorCode::AuthError,
        Some("LIMIT_REACHED" | "RATE_LIMITED") => ErrorCode::RateLimit,
        Some("BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED") => {
            ErrorCode::ValidationError
        }
        _ => ErrorCode::ServerError,
    };
    CrmError::new(code, format!("The look-up was refused: {shown}"))
        .with_detail("reason", error_reason::LOOKUP_FAILED)
        .with_detail("originalError", shown)
}
