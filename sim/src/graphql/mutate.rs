//! Writes over GraphQL, as far as they were recorded: updating one row or many, and creating many.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::Problem;
use super::ast::FieldNode;
use super::select::{Context, Fragments};
use crate::auth::ApiKey;
use crate::change::{Changed, change, payload};
use crate::errors::ApiError;
use crate::http::{ApiResult, Response};
use crate::schema::Object;
use crate::state::State;
use crate::{bulk, filter_compile, upsert};

/// The action of a mutation's root field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `updatePerson(id, data)`.
    UpdateOne,
    /// `updatePeople(filter, data)`.
    UpdateMany,
    /// `createPeople(data, upsert)`.
    CreateMany,
}

/// The object and the action behind a root field.
pub fn find(state: &State, name: &str) -> Option<(Arc<Object>, Action)> {
    let world = state.world();
    world.schema.objects.iter().find_map(|object| {
        let action = match name.strip_prefix("update") {
            Some(rest) if rest == object.pascal_singular() => Action::UpdateOne,
            Some(rest) if rest == object.pascal_plural() => Action::UpdateMany,
            Some(_) => return None,
            None if name.strip_prefix("create")? == object.pascal_plural() => Action::CreateMany,
            None => return None,
        };
        object.is_active.then(|| (Arc::clone(object), action))
    })
}

/// Runs one root field; returns its value, and what must be held until the answer is sent.
///
/// # Errors
/// The entry of `errors` about it.
pub fn run(
    state: &Arc<State>,
    key: &ApiKey,
    (object, action): &(Arc<Object>, Action),
    root: &FieldNode,
    fragments: &Fragments,
    arguments: &Map<String, Value>,
) -> Result<(Value, Response), Problem> {
    let done = write(state, key, object, *action, arguments);
    let Changed {
        rows,
        time,
        in_flight,
    } = done.map_err(|error| Problem::of_write(&error))?;
    let world = state.world();
    let context = Context {
        world: &world,
        fragments,
    };
    let mut shown = rows
        .iter()
        .map(|row| context.record(object, row, &root.selections));
    let value = match action {
        Action::UpdateOne => shown.next().unwrap_or_default(),
        Action::UpdateMany | Action::CreateMany => shown.collect(),
    };
    let mut held = Response::empty(200);
    held.service_time = time;
    held.in_flight = in_flight;
    Ok((value, held))
}

fn write(
    state: &Arc<State>,
    key: &ApiKey,
    object: &Arc<Object>,
    action: Action,
    arguments: &Map<String, Value>,
) -> ApiResult<Changed> {
    if !key.may_write {
        return Err(ApiError::permission_denied(400));
    }
    state.settings().check_allowance()?;
    let given = |name: &str| arguments.get(name).unwrap_or(&Value::Null);
    let sent = given("data");
    match action {
        Action::UpdateOne => {
            let id = given("id").as_str().and_then(|id| Uuid::try_parse(id).ok());
            let mut payload = payload(state, object, sent)?;
            change(state, object, Some(key), |write| {
                let id = id.ok_or_else(ApiError::record_not_found)?;
                let table = write.world.table(&write.object.name_singular);
                table.get(id).ok_or_else(ApiError::record_not_found)?;
                write.resolve(&mut payload)?;
                write.update(id, payload)?;
                Ok(vec![id])
            })
        }
        Action::UpdateMany => {
            let payload = payload(state, object, sent)?;
            change(state, object, Some(key), |write| {
                let filter = filter_compile::compile(&write.world.schema, object, given("filter"))?;
                bulk::update(write, Some(&filter), payload)
            })
        }
        Action::CreateMany => {
            let rows = sent.as_array().map(Vec::as_slice).unwrap_or_default();
            let mut payloads = rows
                .iter()
                .map(|row| payload(state, object, row))
                .collect::<ApiResult<Vec<_>>>()?;
            change(state, object, Some(key), |write| {
                for payload in &mut payloads {
                    write.resolve(payload)?;
                }
                match given("upsert") {
                    Value::Bool(true) => upsert::upsert(write, payloads),
                    _ => upsert::insert_all(write, payloads),
                }
            })
        }
    }
}
