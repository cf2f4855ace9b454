//! Inserting and updating records (`docs/twenty/protocol.md#records`).

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::auth::ApiKey;
use crate::clock::{iso, parse_iso};
use crate::constraint;
use crate::errors::ApiError;
use crate::events::{EventAction, RecordEvent};
use crate::http::{ApiResult, InFlight};
use crate::rich_text;
use crate::schema::{FieldType, Object};
use crate::search;
use crate::state::State;
use crate::store::{Duplicate, Record, get, id_of, is_deleted};
use crate::values::Payload;
use crate::view::View;
use crate::world::World;

/// Above this many marks, those of finished requests are removed.
const MAX_IN_FLIGHT: usize = 4096;

/// How a row changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// By an update.
    Update,
    /// By an update that sets its own date.
    Dated,
    /// By a soft deletion or a restore.
    Switch,
}

/// A write in progress: the rows it changes, its cost, and its events.
pub struct Write<'a> {
    /// The server.
    pub state: &'a State,
    /// Its rows.
    pub world: &'a mut World,
    /// The object written to.
    pub object: Arc<Object>,
    /// Who writes.
    pub actor: Value,
    /// Milliseconds since 1970.
    pub now_ms: i64,
    now: String,
    /// Events for webhooks; only collected if there is a webhook.
    pub events: Vec<RecordEvent>,
    /// Rows inserted so far.
    pub inserted: u64,
    /// Rows updated or deleted so far.
    pub updated: u64,
    in_flight: Option<InFlight>,
}

/// The actor of an API key's writes.
pub fn actor(key: Option<&ApiKey>) -> Value {
    let name = key.map_or("System", |k| k.name.as_str());
    json!({ "source": "API", "workspaceMemberId": null, "name": name, "context": {} })
}

impl<'a> Write<'a> {
    /// Starts a write.
    pub fn new(
        state: &'a State,
        world: &'a mut World,
        object: Arc<Object>,
        key: Option<&ApiKey>,
    ) -> Self {
        let now_ms = state.now_ms();
        Self {
            now_ms,
            now: iso(now_ms),
            state,
            world,
            object,
            actor: actor(key),
            events: Vec::new(),
            inserted: 0,
            updated: 0,
            in_flight: None,
        }
    }

    /// What must be held until the answer is sent, so that the race window of the inserted rows stays open.
    pub fn in_flight(&mut self) -> Option<InFlight> {
        self.in_flight.take()
    }

    /// Inserts a record.
    ///
    /// # Errors
    /// 400 for a duplicate.
    pub fn insert(&mut self, payload: Payload) -> ApiResult<Uuid> {
        let mut record = Record::with_capacity(self.object.fields.len() + 3);
        let now = self.now.clone();
        let mut columns = payload.columns;
        let id = match columns.remove("id") {
            Some(Value::String(id)) => id,
            _ => self.state.new_record_id().to_string(),
        };
        record.insert("id".to_owned(), Value::from(id));
        let object = Arc::clone(&self.object);
        for field in &object.fields {
            let Some(column) = field.column() else {
                continue;
            };
            let given = columns.remove(column);
            let value = match (column, given) {
                ("id" | "updatedBy", _) => continue,
                ("updatedAt", None | Some(Value::Null)) => Value::from(now.as_str()),
                ("createdAt", None | Some(Value::Null)) => Value::from(now.as_str()),
                ("createdBy", None) => self.actor.clone(),
                ("position", given) => self.position(given),
                (_, None | Some(Value::Null)) => match default_value(&field.default_value, &now) {
                    Value::Null => continue,
                    value => value,
                },
                (_, Some(given)) => given,
            };
            record.insert(column.to_owned(), value);
        }
        record.insert("updatedBy".to_owned(), self.actor.clone());
        self.derive(&mut record);
        let id = id_of(&record);
        let table = self.world.table_mut(&object.name_singular);
        let inserted = table.insert(record);
        inserted.map_err(|duplicate| self.refused(&duplicate))?;
        let mark = self.in_flight.get_or_insert_with(InFlight::default).mark();
        if self.world.in_flight.len() > MAX_IN_FLIGHT {
            self.world.in_flight.retain(|_, mark| mark.is_running());
        }
        self.world.in_flight.insert(id, mark);
        self.inserted += 1;
        self.tell(EventAction::Created, id, Vec::new());
        Ok(id)
    }

    /// Checks the record limit for more rows.
    ///
    /// # Errors
    /// 409 if the limit leaves no room.
    pub fn check_stock(&self, rows: usize) -> ApiResult<()> {
        let settings = self.state.settings();
        match settings.record_limit {
            Some(_) if rows > 0 => settings.check_stock(self.world.live(), rows),
            _ => Ok(()),
        }
    }

    /// The error for a value that another row has.
    pub fn refused(&self, duplicate: &Duplicate) -> ApiError {
        if !self.state.settings().differences().named_failures {
            return ApiError::bad_request("A duplicate entry was detected");
        }
        let name = constraint::of_unique(&self.object, &duplicate.field);
        ApiError::bad_request(format!(
            "A duplicate entry was detected: unique constraint {name} was violated"
        ))
    }

    fn position(&self, given: Option<Value>) -> Value {
        let table = self.world.table(&self.object.name_singular);
        match given {
            Some(Value::Number(position)) => Value::Number(position),
            Some(Value::String(text)) if text == "last" => number(table.last_position()),
            _ => number(table.first_position()),
        }
    }

    /// Computes columns that depend on others.
    fn derive(&self, record: &mut Record) {
        for field in &self.object.fields {
            match field.kind {
                FieldType::TsVector => {
                    let vector = search::vector(&self.object, record);
                    record.insert(field.name.clone(), Value::from(vector));
                }
                FieldType::RichText => {
                    if let Some(Value::Object(text)) = record.get_mut(&field.name) {
                        rich_text::complete(text, || self.state.new_id());
                    }
                }
                _ => {}
            }
        }
    }

    /// Updates a record: only the columns (and subfields) that were sent.
    ///
    /// # Errors
    /// 400 for a duplicate, 404 for an unknown id.
    pub fn update(&mut self, id: Uuid, payload: Payload) -> ApiResult<()> {
        let name = self.object.name_singular.clone();
        let before = self
            .world
            .table(&name)
            .share(id)
            .ok_or_else(ApiError::record_not_found)?;
        let mut after = Record::clone(&before);
        let given = |column: &str| payload.columns.get(column).is_some_and(|v| !v.is_null());
        let how = if given("updatedAt") {
            How::Dated
        } else {
            How::Update
        };
        for (column, value) in payload.columns {
            if column == "id" {
                continue;
            }
            let value = match column.as_str() {
                "position" => self.position(Some(value)),
                _ => value,
            };
            match (after.get_mut(&column), value) {
                (Some(Value::Object(stored)), Value::Object(sent))
                    if self
                        .object
                        .column(&column)
                        .is_some_and(|f| f.kind.is_composite()) =>
                {
                    stored.extend(sent);
                }
                (_, value) => {
                    after.insert(column, value);
                }
            }
        }
        after.insert("updatedBy".to_owned(), self.actor.clone());
        self.store(id, &before, after, how)
    }

    /// Sets or clears `deletedAt`; `updatedBy` stays.
    ///
    /// # Errors
    /// 404 for an unknown id.
    pub fn set_deleted(&mut self, id: Uuid, deleted: bool) -> ApiResult<()> {
        let belonging = self.world.belonging(&self.object.name_singular, id);
        let deleted_at = Value::from(iso(self.now_ms));
        for (owner, row) in belonging {
            let table = self.world.table_mut(&owner);
            let Some(mut record) = table.get(row).cloned() else {
                continue;
            };
            let value = if deleted {
                deleted_at.clone()
            } else {
                Value::Null
            };
            record.insert("deletedAt".to_owned(), value);
            record.insert("updatedAt".to_owned(), deleted_at.clone());
            // No unique value changes.
            let _ = table.replace(row, record);
        }
        let table = self.world.table(&self.object.name_singular);
        let before = table.share(id).ok_or_else(ApiError::record_not_found)?;
        let mut after = Record::clone(&before);
        let now = if deleted {
            Value::from(iso(self.now_ms))
        } else {
            Value::Null
        };
        after.insert("deletedAt".to_owned(), now);
        self.store(id, &before, after, How::Switch)
    }

    /// Replaces a row; a date in the payload becomes its `updatedAt`. An update that deletes or restores is reported as
    /// an update, with `deletedAt` among its fields.
    fn store(&mut self, id: Uuid, before: &Record, mut after: Record, how: How) -> ApiResult<()> {
        // Two writes within one millisecond must still show that there was an update. On the real server they are never
        // that close.
        let last = get(before, "updatedAt", None)
            .as_str()
            .and_then(parse_iso)
            .unwrap_or(0);
        let now_ms = self.now_ms.max(last + 1);
        if how != How::Dated {
            after.insert("updatedAt".to_owned(), Value::from(iso(now_ms)));
        }
        if get(&after, "deletedAt", None) == &Value::from(self.now.as_str()) && !is_deleted(before)
        {
            after.insert("deletedAt".to_owned(), Value::from(iso(now_ms)));
        }
        self.derive(&mut after);
        let changed = changed_columns(before, &after);
        let is_switch = how == How::Switch;
        let action = match (is_deleted(before), is_deleted(&after)) {
            (false, true) if is_switch => Some(EventAction::Deleted),
            (true, false) if is_switch => Some(EventAction::Restored),
            _ if changed.is_empty() => None,
            _ => Some(EventAction::Updated),
        };
        let name = self.object.name_singular.clone();
        if let Err(unknown) = self.check_references(Some(before), &after) {
            let checked = self.world.table(&name).check(&after, Some(id));
            checked.map_err(|duplicate| self.refused(&duplicate))?;
            return Err(unknown);
        }
        let replaced = self.world.table_mut(&name).replace(id, after);
        replaced.map_err(|duplicate| self.refused(&duplicate))?;
        self.updated += 1;
        if let Some(action) = action {
            self.tell(action, id, changed);
        }
        Ok(())
    }

    /// Adds an event for the webhooks.
    pub fn tell(&mut self, action: EventAction, id: Uuid, updated_fields: Vec<String>) {
        if self.world.webhooks.is_empty() {
            return;
        }
        let Some(record) = self.world.table(&self.object.name_singular).get(id) else {
            return;
        };
        let record = View::flat(&self.object, record).to_value();
        let object = Arc::clone(&self.object);
        self.events.push(RecordEvent {
            object,
            action,
            record,
            updated_fields,
        });
    }
}

fn number(value: f64) -> Value {
    #[allow(clippy::cast_possible_truncation)] // checked to be integral
    if value.fract() == 0.0 {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

/// The value of a default in the metadata: text is quoted inside, `now` and `uuid` are computed elsewhere.
pub fn default_value(default: &Value, now: &str) -> Value {
    match default {
        Value::String(text) if text == "now" => Value::from(now),
        Value::String(text) if text == "uuid" => Value::Null,
        Value::String(text) => Value::from(text.trim_matches('\'')),
        Value::Array(items) => items.iter().map(|item| default_value(item, now)).collect(),
        Value::Object(parts) => parts
            .iter()
            .map(|(name, part)| (name.clone(), default_value(part, now)))
            .collect(),
        other => other.clone(),
    }
}

/// Columns that differ, without those that every write changes.
fn changed_columns(before: &Record, after: &Record) -> Vec<String> {
    const ALWAYS: &[&str] = &["updatedAt", "updatedBy", "searchVector"];
    let null = Value::Null;
    after
        .iter()
        .filter(|(column, _)| !ALWAYS.contains(&column.as_str()))
        .filter(|(column, value)| {
            let old = before.get(*column).unwrap_or(&null);
            !same(old, value)
        })
        .map(|(column, _)| column.clone())
        .collect()
}

/// Equality in which a missing subfield equals a null one.
fn same(old: &Value, new: &Value) -> bool {
    let empty = Map::new();
    match (old, new) {
        (Value::Object(_) | Value::Null, Value::Object(new)) => {
            let old = old.as_object().unwrap_or(&empty);
            let null = Value::Null;
            new.iter()
                .all(|(key, value)| old.get(key).unwrap_or(&null) == value)
        }
        (old, new) => old == new,
    }
}
