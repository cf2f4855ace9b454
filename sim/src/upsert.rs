//! Upserts (`docs/twenty/protocol.md#upserts`).

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::errors::ApiError;
use crate::http::ApiResult;
use crate::store::{Duplicate, Record, get, id_of, unique_key};
use crate::values::Payload;
use crate::write::Write;

/// The row that a payload matches.
///
/// # Errors
/// 400 if its keys match different rows.
fn matching_row(write: &Write<'_>, payload: &Payload) -> ApiResult<Option<Uuid>> {
    let table = write.world.table(&write.object.name_singular);
    let mut rows: Vec<Uuid> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    let mut note = |id: Option<Uuid>, key: String| {
        if let Some(id) = id.filter(|id| !rows.contains(id)) {
            rows.push(id);
        }
        keys.push(key);
    };
    if let Some(Value::String(text)) = payload.columns.get("id") {
        let id = Uuid::parse_str(text)
            .ok()
            .filter(|id| table.get(*id).is_some());
        note(id, format!("id (id: {text})"));
    }
    for (column, sub) in write.object.unique_columns() {
        if let Some(key) = unique_key(get(&payload.columns, &column, sub)) {
            let path = sub.map_or_else(|| column.clone(), |sub| format!("{column}.{sub}"));
            note(
                table.find_unique(&column, sub, &key),
                format!("{column} ({path}: {key})"),
            );
        }
    }
    if rows.len() > 1 {
        return Err(ApiError::bad_request(format!(
            "Multiple records found with the same unique field values for {}. \
             Cannot determine which record to update.",
            keys.join("; ")
        )));
    }
    Ok(rows.first().copied())
}

/// Upserts rows; the ids are returned with the updated rows first, as on the server.
///
/// # Errors
/// 400 as for single writes; then nothing is changed.
pub fn upsert(write: &mut Write<'_>, payloads: Vec<Payload>) -> ApiResult<Vec<Uuid>> {
    let mut updates = Vec::new();
    let mut inserts = Vec::new();
    for payload in payloads {
        match matching_row(write, &payload)? {
            Some(id) if loses_race(write, id) => {
                return Err(write.refused(&contested(write, &payload)));
            }
            Some(id) => updates.push((id, payload)),
            None => inserts.push(payload),
        }
    }
    let mut ids: Vec<Uuid> = Vec::new();
    let before: Vec<_> = updates
        .iter()
        .filter_map(|(id, _)| write.world.table(&write.object.name_singular).share(*id))
        .collect();
    let result = apply(write, updates, inserts, &mut ids);
    if let Err(error) = result {
        undo(write, &ids, before);
        return Err(error);
    }
    Ok(ids)
}

fn apply(
    write: &mut Write<'_>,
    updates: Vec<(Uuid, Payload)>,
    inserts: Vec<Payload>,
    ids: &mut Vec<Uuid>,
) -> ApiResult<()> {
    for (id, mut payload) in updates {
        // A match restores the row and keeps its id, whatever id was sent.
        payload.columns.insert("deletedAt".to_owned(), Value::Null);
        write.update(id, payload)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    write.check_stock(inserts.len())?;
    for payload in &inserts {
        if let Err(unknown) = write.check_references(None, &payload.columns) {
            // One statement inserts them all, and checks unique values first.
            let checked = check_uniqueness(write, &inserts);
            checked.map_err(|duplicate| write.refused(&duplicate))?;
            return Err(unknown);
        }
    }
    for payload in inserts {
        ids.push(write.insert(payload)?);
    }
    Ok(())
}

/// Refuses rows with a value that another row has, among them or in the table.
fn check_uniqueness(write: &Write<'_>, inserts: &[Payload]) -> Result<(), Duplicate> {
    let table = write.world.table(&write.object.name_singular);
    let unique_columns = write.object.unique_columns();
    let mut seen = HashSet::new();
    let mut taken = |payload: &Payload| -> Option<Duplicate> {
        let id = payload.columns.get("id").and_then(Value::as_str);
        let is_known = id
            .and_then(|id| Uuid::parse_str(id).ok())
            .is_some_and(|id| table.get(id).is_some() || !seen.insert(id.to_string()));
        if is_known {
            return Some(Duplicate::of("id"));
        }
        let column = unique_columns.iter().find(|(column, sub)| {
            unique_key(get(&payload.columns, column, *sub)).is_some_and(|key| {
                table.find_unique(column, *sub, &key).is_some()
                    || !seen.insert(format!("{column}.{sub:?}.{key}"))
            })
        });
        column.map(|(column, _)| Duplicate::of(column))
    };
    match inserts.iter().find_map(&mut taken) {
        Some(duplicate) => Err(duplicate),
        None => Ok(()),
    }
}

/// The value for which two concurrent upserts race.
fn contested(write: &Write<'_>, payload: &Payload) -> Duplicate {
    let columns = write.object.unique_columns();
    let column = columns
        .iter()
        .find(|(column, sub)| unique_key(get(&payload.columns, column, *sub)).is_some());
    Duplicate::of(column.map_or("id", |(column, _)| column))
}

fn loses_race(write: &Write<'_>, id: Uuid) -> bool {
    let is_running = write
        .world
        .in_flight
        .get(&id)
        .is_some_and(|mark| mark.is_running());
    is_running
        && write
            .state
            .chance(write.state.settings().upsert_race_probability)
}

/// Inserts rows, all or nothing.
///
/// # Errors
/// 400 for a duplicate; nothing is inserted then.
pub fn insert_all(write: &mut Write<'_>, payloads: Vec<Payload>) -> ApiResult<Vec<Uuid>> {
    let mut ids = Vec::with_capacity(payloads.len());
    if let Err(error) = apply(write, Vec::new(), payloads, &mut ids) {
        undo(write, &ids, Vec::new());
        return Err(error);
    }
    Ok(ids)
}

fn undo(write: &mut Write<'_>, ids: &[Uuid], before: Vec<Arc<Record>>) {
    let table = write.world.table_mut(&write.object.name_singular);
    for id in ids {
        let is_new = before.iter().all(|row| id_of(row) != *id);
        if is_new {
            table.remove(*id);
        }
    }
    for row in before {
        // These rows were in the table together before, so putting them back cannot collide.
        let _ = table.replace(id_of(&row), row);
    }
    write.events.clear();
    write.inserted = 0;
    write.updated = 0;
}
