//! POST /rest/{plural}/duplicates.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::errors::ApiError;
use crate::http::{ApiResult, Response};
use crate::order;
use crate::record_calls::Call;
use crate::schema::{Object, capitalise};
use crate::store::{Record, get, is_deleted};
use crate::view::View;
use crate::world::World;

/// Answers with the duplicates of each given id or payload.
///
/// # Errors
/// 400 if both or neither of `ids` and `data` are given.
pub fn handle(call: &Call<'_>) -> ApiResult<Response> {
    let body = call.request.json.as_ref();
    let list = |name| body.and_then(|b| b.get(name)).and_then(Value::as_array);
    let world = call.state.world();
    let wanted: Vec<Record> = match (list("ids"), list("data")) {
        (Some(_), Some(_)) => {
            let message = "You cannot provide both \"data\" and \"ids\" arguments";
            return Err(ApiError::bad_request(message));
        }
        (None, None) => {
            let message = "You have to provide either \"data\" or \"ids\" argument";
            return Err(ApiError::bad_request(message));
        }
        (Some(ids), None) => ids
            .iter()
            .filter_map(|id| Uuid::try_parse(id.as_str()?).ok())
            .filter_map(|id| world.table(&call.object.name_singular).get(id))
            .filter(|row| !is_deleted(row))
            .cloned()
            .collect(),
        (None, Some(rows)) => rows.iter().filter_map(Value::as_object).cloned().collect(),
    };
    let key = format!("{}Duplicates", call.object.name_singular);
    let found: Vec<Value> = wanted
        .iter()
        .map(|record| {
            let rows = duplicates(&world, &call.object, record);
            let order = order::with_id(Vec::new());
            let cursor = |row: Option<&&Record>| row.map(|row| order::cursor(&order, row));
            let views: Vec<View<'_>> = rows.iter().map(|row| call.view(row, None)).collect();
            json!({
                key.as_str(): views,
                "totalCount": rows.len(),
                "pageInfo": {
                    "hasNextPage": false,
                    "hasPreviousPage": false,
                    "startCursor": cursor(rows.first()),
                    "endCursor": cursor(rows.last()),
                },
            })
        })
        .collect();
    Ok(Response::json(200, &json!({ "data": found })))
}

/// Records that agree in all columns of one of the object's criteria; blanks never agree.
fn duplicates<'a>(world: &'a World, object: &Object, record: &Record) -> Vec<&'a Record> {
    let own = record.get("id");
    let agrees = |row: &Record| {
        object.duplicate_criteria.iter().any(|criterion| {
            criterion.iter().all(|name| {
                match (value(object, record, name), value(object, row, name)) {
                    (Some(a), Some(b)) => a == b,
                    _ => false,
                }
            })
        })
    };
    world
        .table(&object.name_singular)
        .iter()
        .map(|(_, row)| row)
        .filter(|row| !is_deleted(row) && row.get("id") != own && agrees(row))
        .collect()
}

/// The text of a criterion; `emailsPrimaryEmail` stands for `emails.primaryEmail`.
fn value<'a>(object: &Object, record: &'a Record, name: &str) -> Option<&'a str> {
    object
        .fields
        .iter()
        .find_map(|field| {
            if field.name == name {
                return Some(get(record, &field.name, None));
            }
            let sub = name.strip_prefix(&field.name)?;
            let (sub, _) = field
                .kind
                .subfields()
                .iter()
                .find(|(n, _)| capitalise(n) == sub)?;
            Some(get(record, &field.name, Some(sub)))
        })
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}
