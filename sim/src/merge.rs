//! PATCH /rest/{plural}/merge.

use std::collections::HashSet;

use serde_json::Value;
use uuid::Uuid;

use crate::answers::data;
use crate::clock::iso;
use crate::errors::ApiError;
use crate::http::{ApiResult, Response};
use crate::record_calls::Call;
use crate::schema::FieldType;
use crate::store::{Record, is_deleted};
use crate::values::Payload;
use crate::{order, remove};

/// Merges records into the one with priority and destroys the others; a dry run returns the result with a new id,
/// marked as deleted.
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
    // The server compares the number of rows with that of ids, so a repeated id counts as missing.
    if losers.iter().collect::<HashSet<_>>().len() + 1 < ids.len() {
        return Err(ApiError::record_not_found());
    }
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
        return Ok(data(200, &key, &call.view(&record, None)));
    }
    let mut merged = merged;
    merged.remove("updatedAt");
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
            let kind = call.object.column(column).map(|field| field.kind);
            match kind.and_then(parts) {
                _ if order::is_blank(stored) => stored.clone_from(value),
                Some(parts) => add(stored, value, parts),
                None => {}
            }
        }
    }
    Ok(merged)
}

/// The row in printed form, which is what the server merges.
fn read(value: &Value) -> Value {
    match value {
        Value::Null => "".into(),
        value => value.clone(),
    }
}

/// The parts of a value that can have several: those of the first, and the key and parts of the additional ones.
type Parts = (
    &'static [&'static str],
    &'static str,
    &'static [&'static str],
);

fn parts(kind: FieldType) -> Option<Parts> {
    match kind {
        FieldType::Emails => Some((&["primaryEmail"], "additionalEmails", &[])),
        FieldType::Phones => Some((
            &[
                "primaryPhoneNumber",
                "primaryPhoneCountryCode",
                "primaryPhoneCallingCode",
            ],
            "additionalPhones",
            &["number", "countryCode", "callingCode"],
        )),
        FieldType::Links => Some((
            &["primaryLinkUrl", "primaryLinkLabel"],
            "secondaryLinks",
            &["url", "label"],
        )),
        _ => None,
    }
}

/// Adds every value that only the other record has as an additional value.
fn add(into: &mut Value, from: &Value, (first, further, names): Parts) {
    let all = |value: &Value| {
        let primary = match names {
            [] => value[first[0]].clone(),
            names => Value::Object(
                names
                    .iter()
                    .zip(first)
                    .map(|(name, part)| ((*name).to_owned(), read(&value[part])))
                    .collect(),
            ),
        };
        let others = value[further].as_array().cloned().unwrap_or_default();
        std::iter::once(primary).chain(others).collect::<Vec<_>>()
    };
    let identity = |value: &Value| match names {
        [] => value.clone(),
        [name, ..] => value[name].clone(),
    };
    let mut values = all(into);
    let has_primary = !order::is_blank(&identity(&values[0]));
    for value in all(from) {
        let is_known = values
            .iter()
            .any(|known| identity(known) == identity(&value));
        if !is_known {
            values.push(value);
        }
    }
    values.retain(|value| !order::is_blank(&identity(value)));
    if !has_primary && !values.is_empty() {
        for (part, name) in first.iter().zip(names.iter().copied().chain([""])) {
            into[part] = match names {
                [] => values[0].clone(),
                _ => values[0][name].clone(),
            };
        }
    }
    into[further] = match values.split_off(1.min(values.len())) {
        others if others.is_empty() => Value::Null,
        others => Value::Array(others),
    };
}
