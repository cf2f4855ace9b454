//! Metadata REST: objects, fields and API keys, in the legacy and in the new body format
//! (`docs/twenty/protocol.md#custom-fields`).

mod api_keys;
mod extras;
mod field_rules;
mod fields;
mod object_refusal;
mod objects;
mod print;
mod problems;
mod relation_fields;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::errors::ApiError;
use crate::http::{ApiResult, Request, Response, respond};
use crate::memo::PrintedRow;
use crate::options::MetadataFormat;
use crate::records;
use crate::state::State;

/// Answers a request below `/rest/metadata`.
pub fn handle(state: &Arc<State>, request: &Request) -> Response {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().skip(2).map(String::as_str).collect();
    let administers = request.key.as_ref().is_some_and(|key| key.may_administer);
    if let ["objects" | "fields", ..] = segments[..]
        && !administers
    {
        return ApiError::permission_denied(403).into();
    }
    let answer = match (request.method.as_str(), &segments[..]) {
        ("GET" | "HEAD", ["objects"]) => objects::list(state, request),
        ("POST", ["objects"]) => objects::create(state, request),
        ("GET" | "HEAD", ["objects", id]) => parse_id(id).and_then(|id| objects::get(state, id)),
        ("DELETE", ["objects", id]) => parse_id(id).and_then(|id| objects::delete(state, id)),
        ("GET" | "HEAD", ["fields"]) => fields::list(state, request),
        ("POST", ["fields"]) => fields::create(state, request),
        ("GET" | "HEAD", ["fields", id]) => parse_id(id).and_then(|id| fields::get(state, id)),
        ("PATCH" | "PUT", ["fields", id]) => {
            parse_id(id).and_then(|id| fields::update(state, request, id))
        }
        ("DELETE", ["fields", id]) => parse_id(id).and_then(|id| fields::delete(state, id)),
        ("GET" | "HEAD", ["apiKeys"]) => api_keys::list(state, request),
        ("POST", ["apiKeys"]) => api_keys::create(state, request),
        ("DELETE", ["apiKeys", id]) => {
            parse_id(id).and_then(|id| api_keys::revoke(state, request, id))
        }
        // No metadata controller has this route, so the one for records answers with its own error.
        _ => return records::handle(state, request),
    };
    respond(answer)
}

/// Answers `/rest/apiKeys`.
pub fn handle_keys(state: &Arc<State>, request: &Request) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => respond(api_keys::list(state, request)),
        _ => records::handle(state, request),
    }
}

/// Id of the application that owns the workspace's custom objects and fields.
pub fn workspace_application_id() -> String {
    print::application_id(true)
}

fn parse_id(text: &str) -> ApiResult<Uuid> {
    Uuid::parse_str(text)
        .map_err(|_| ApiError::nest(400, "Bad Request", "Validation failed (uuid is expected)"))
}

fn is_new(state: &State) -> bool {
    state.settings().metadata_format == MetadataFormat::New
}

/// One object or field: bare in the new format, wrapped in `data` and a key in the legacy one.
fn one(state: &State, status: u16, legacy_key: &str, content: Value) -> Response {
    if is_new(state) {
        Response::json(status, &content)
    } else {
        Response::json(status, &json!({ "data": { legacy_key: content } }))
    }
}

/// A list of API keys or webhooks: bare, or paged as later servers do below `/rest/metadata`.
pub fn plain_list(state: &State, request: &Request, rows: &[Value]) -> ApiResult<Response> {
    let is_metadata = request.path.starts_with("/rest/metadata/");
    if !is_metadata || !state.settings().differences().metadata_pages {
        return Ok(Response::json(200, rows));
    }
    let limit = limit(state, request)?;
    let shown = &rows[..limit.min(rows.len())];
    let id = |row: Option<&Value>| row.map_or(Value::Null, |row| row["id"].clone());
    let body = json!({
        "data": shown,
        "pageInfo": {
            "hasNextPage": shown.len() < rows.len(),
            "hasPreviousPage": false,
            "startCursor": id(shown.first()),
            "endCursor": id(shown.last()),
        },
        "totalCount": rows.len(),
    });
    Ok(Response::json(200, &body))
}

/// The `limit` of a metadata list.
fn limit(state: &State, request: &Request) -> ApiResult<usize> {
    let text = request.query("limit").unwrap_or_default();
    let is_whole = text.parse::<usize>().is_ok();
    if !text.is_empty() && !is_whole && state.settings().differences().metadata_pages {
        let message = format!("limit '{text}' is invalid. Should be an integer");
        return Err(ApiError::nest(400, "Bad Request", message));
    }
    Ok(text.parse().unwrap_or(60).min(200))
}

fn printed(id: Uuid, row: &Value) -> PrintedRow {
    // Serialising a JSON value cannot fail.
    (id, to_raw_value(row).unwrap_or_default())
}

/// One page of a list whose rows are ordered by id, highest first.
fn page(
    state: &State,
    request: &Request,
    legacy_key: &str,
    rows: &[PrintedRow],
) -> ApiResult<Response> {
    let (after, before) = (
        request.query("starting_after"),
        request.query("ending_before"),
    );
    if after.is_some() && before.is_some() {
        let message = "'starting_after' and 'ending_before' cannot be used together.";
        return Err(ApiError::nest(400, "Bad Request", message));
    }
    let limit = limit(state, request)?;
    let is_honest = state.settings().differences().metadata_pages;
    let mut rows: Vec<&PrintedRow> = rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    let total = rows.len();
    let mut surplus = 0;
    if let Some(cursor) = after {
        let cursor = cursor_id(cursor, is_honest)?;
        rows.retain(|(id, _)| *id < cursor);
    }
    if let Some(cursor) = before {
        let cursor = cursor_id(cursor, is_honest)?;
        rows.retain(|(id, _)| *id > cursor);
        surplus = rows.len().saturating_sub(limit);
        rows.drain(..surplus);
    }
    let has_next = rows.len() > limit;
    rows.truncate(limit);
    let cursor =
        |row: Option<&&PrintedRow>| row.map_or(Value::Null, |(id, _)| Value::from(id.to_string()));
    let mut page_info = Map::new();
    page_info.insert(
        "hasNextPage".to_owned(),
        Value::from(has_next || (is_honest && before.is_some())),
    );
    if is_honest {
        let has_previous = after.is_some() || surplus > 0;
        page_info.insert("hasPreviousPage".to_owned(), Value::from(has_previous));
    }
    page_info.insert("startCursor".to_owned(), cursor(rows.first()));
    page_info.insert("endCursor".to_owned(), cursor(rows.last()));
    let page_info = Value::Object(page_info);
    let rows = rows.into_iter().map(|(_, row)| &**row).collect();
    let body = Page {
        data: if is_new(state) {
            Rows::Bare(rows)
        } else {
            Rows::Keyed([(legacy_key, rows)].into())
        },
        page_info,
        total_count: total,
    };
    Ok(Response::json(200, &body))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    data: Rows<'a>,
    page_info: Value,
    total_count: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rows<'a> {
    Bare(Vec<&'a RawValue>),
    Keyed(BTreeMap<&'a str, Vec<&'a RawValue>>),
}

/// 2.21 compares a cursor inside the database, whose error nothing catches; later servers check it first.
fn cursor_id(text: &str, is_checked: bool) -> ApiResult<Uuid> {
    Uuid::parse_str(text).map_err(|_| match is_checked {
        true => ApiError::nest(400, "Bad Request", format!("Invalid cursor: {text}")),
        false => ApiError::Bare(format!("invalid input syntax for type uuid: \"{text}\"")),
    })
}
