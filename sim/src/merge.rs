//! PATCH /rest/{plural}/merge.

use serde_json::Value;
use uuid::Uuid;

use crate::clock::iso;
use crate::errors::ApiError;
use crate::http::{ApiResult, Response};
use crate::records::{Call, data};
use crate::store::{Record, is_deleted};
use crate::values::Payload;
use crate::view::View;
use crate::{order, remove};

/// Merges records into the one with priority and destroys the others; a dry run answers with
/// what would come out, under a fresh id and marked as deleted.
///
/// # Errors
/// 400 for fewer than two ids or a bad index, 404 for an unknown id.
pub fn handle(call: &Call<'_>) -> ApiResult<Response> {
    let body = call.request.json.clone().unwrap_or_default();
    let ids: Vec<Uuid> = body["ids"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| Uuid::try_parse(id.as_str()?).ok())
        .collect();
    let priority = body["conflictPriorityIndex"]
        .as_u64()
        .and_then(|n| usize::try_from(n).ok())
        .and_then(|n| ids.get(n).copied());
    let (true, Some(winner)) = (ids.len() > 1, priority) else {
        return Err(ApiError::bad_request(
            "At least two records and a valid index are required",
        ));
    };
    let losers: Vec<Uuid> = ids.iter().copied().filter(|id| *id != winner).collect();
    let merged = merged(call, winner, &losers)?;
    let key = format!("merge{}", call.object.pascal_singular());
    if body["dryRun"] == Value::Bool(true) {
        let mut record = merged;
        record.insert(
            "id".to_owned(),
            Value::from(call.state.new_id().to_string()),
        );
        record.insert(
            "deletedAt".to_owned(),
            Value::from(iso(call.state.now_ms())),
        );
        return Ok(data(200, &key, &View::flat(&call.object, &record)));
    }
    call.write(
        |write| {
            for loser in &losers {
                let name = call.object.name_singular.as_str();
                remove::move_references(write.world, name, *loser, winner);
                remove::destroy(write, *loser);
            }
            write.update(
                winner,
                Payload {
                    columns: merged,
                    connects: Vec::new(),
                },
            )?;
            Ok(vec![winner])
        },
        |views| data(200, &key, &views[0]),
    )
}

/// The winner's values, with its blanks filled from the others.
fn merged(call: &Call<'_>, winner: Uuid, losers: &[Uuid]) -> ApiResult<Record> {
    let world = call.state.world();
    let table = world.table(&call.object.name_singular);
    let row = |id: Uuid| {
        table
            .get(id)
            .filter(|row| !is_deleted(row))
            .ok_or_else(ApiError::record_not_found)
    };
    let mut merged = row(winner)?.clone();
    for loser in losers {
        for (column, value) in row(*loser)? {
            let stored = merged.entry(column.clone()).or_insert(Value::Null);
            if order::is_blank(stored) {
                stored.clone_from(value);
            }
        }
    }
    Ok(merged)
}
