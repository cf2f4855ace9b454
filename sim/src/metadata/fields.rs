//! `/rest/metadata/fields`.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::field_rules::NewField;
use super::print::{self, universal_id};
use super::problems::{self, FailedStep, Problem};
use super::{one, page, printed, relation_fields};
use crate::clock::iso;
use crate::errors::ApiError;
use crate::http::{ApiResult, Request, Response};
use crate::schema::{Field, FieldType, Object};
use crate::state::State;
use crate::store::{Record, Table};
use crate::write::default_value;

/// All fields of the workspace; filters are ignored.
pub fn list(state: &State, request: &Request) -> ApiResult<Response> {
    let schema = state.world().schema.clone();
    let rows = state.printed_fields.get(&schema, "", || {
        schema
            .objects
            .iter()
            .flat_map(|object| {
                object
                    .fields
                    .iter()
                    .map(|f| printed(f.id, &print::field(object, f)))
            })
            .collect()
    });
    page(state, request, "fields", &rows)
}

fn find(state: &State, id: Uuid) -> Option<(Arc<Object>, Field)> {
    let world = state.world();
    world.schema.objects.iter().find_map(|object| {
        let field = object.fields.iter().find(|f| f.id == id)?;
        Some((object.clone(), field.clone()))
    })
}

fn not_found(message: &str) -> ApiError {
    ApiError::Core {
        status: 404,
        error: "Error".to_owned(),
        message: message.to_owned(),
        code: Some("FIELD_METADATA_NOT_FOUND".to_owned()),
    }
}

/// One field.
pub fn get(state: &State, id: Uuid) -> ApiResult<Response> {
    let (object, field) = find(state, id).ok_or_else(|| not_found("Field metadata not found"))?;
    Ok(one(state, 200, "field", print::field(&object, &field)))
}

/// Creates a field; the next request can use it.
pub fn create(state: &State, request: &Request) -> ApiResult<Response> {
    let body = request
        .json
        .as_ref()
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let new = NewField::read(&body)?;
    let object = state
        .world()
        .schema
        .by_id(new.object_id)
        .cloned()
        .ok_or_else(|| {
            let mut problem = Problem::new(
                "OBJECT_METADATA_NOT_FOUND",
                "Provided object metadata id does not exist",
            );
            problem.friendly =
                Some("Created field metadata, parent object metadata not found".into());
            let message = "Multiple validation errors occurred while creating field";
            problems::missing_target(message, "create", &problem)
        })?;

    let message = "Multiple validation errors occurred while creating fields";
    let mut found = new.problems(&object);
    if let Some((problems, error)) = relation_fields::refused_type(&new) {
        if let Some(error) = error {
            return Err(error);
        }
        found.extend(problems);
    }
    if !found.is_empty() {
        let id = state.new_id().to_string();
        let mut steps = vec![FailedStep {
            kind: "fieldMetadata",
            what: json!({
                "universalIdentifier": id,
                "name": new.name,
                "objectMetadataUniversalIdentifier": universal_id(&object.name_singular),
            }),
            problems: found,
        }];
        let noise = [state.new_id().to_string(), state.new_id().to_string()];
        steps.extend(problems::view_field_noise(&id, noise));
        return Err(problems::failed_change(message, &steps));
    }
    if new.is_unique && !new.default_value.is_null() {
        return Err(problems::failed_change(
            message,
            &[unique_with_default(state, &new)],
        ));
    }

    if new.kind == FieldType::Relation {
        return create_relation(state, &object, &new, &body);
    }
    let now_ms = state.now_ms();
    let mut field =
        crate::schema_seed::custom(&object.name_singular, &new.name, &new.label, new.kind);
    field.id = state.new_id();
    field.description.clone_from(&new.description);
    field.icon.clone_from(&new.icon);
    field.is_label_synced = new.is_label_synced;
    field.is_unique = new.is_unique;
    field.default_value = new.default_value.clone();
    field.settings = new.settings.clone();
    field.options = new.field_options(|| state.new_id());
    field.created_at_ms = now_ms;
    field.updated_at_ms = now_ms;
    let printed = print::written_field(&object, &field);
    let mut world = state.world();
    let is_taken = |object: &Object| object.fields.iter().any(|f| f.name == field.name);
    if world
        .schema
        .by_id(object.id)
        .is_some_and(|object| is_taken(object))
    {
        // Another request created it after the check above; checking again reports it.
        drop(world);
        return create(state, request);
    }
    let default = default_value(&field.default_value, &iso(now_ms));
    fill(
        world.table_mut(&object.name_singular),
        &field.name,
        &default,
    );
    world.edit_object(object.id, |object| object.fields.push(field));
    drop(world);
    Ok(one(state, 201, "createOneField", printed))
}

/// Creates both ends of a relation.
fn create_relation(
    state: &State,
    object: &Object,
    new: &NewField,
    body: &Map<String, Value>,
) -> ApiResult<Response> {
    let now_ms = state.now_ms();
    let mut world = state.world();
    let fields = relation_fields::fields(state, &world.schema, object, new, body)?;
    let printed = fields.first().map(|(_, field)| {
        let mut field = field.clone();
        (field.created_at_ms, field.updated_at_ms) = (now_ms, now_ms);
        print::written_field(object, &field)
    });
    for (owner, mut field) in fields {
        (field.created_at_ms, field.updated_at_ms) = (now_ms, now_ms);
        world.edit_object(owner, |object| object.fields.push(field));
    }
    drop(world);
    Ok(one(
        state,
        201,
        "createOneField",
        printed.unwrap_or_default(),
    ))
}

/// Existing rows get the default value of a new column.
fn fill(table: &mut Table, column: &str, default: &Value) {
    if default.is_null() {
        return;
    }
    let rows: Vec<(Uuid, Record)> = table.iter().map(|(id, row)| (*id, row.clone())).collect();
    for (id, mut row) in rows {
        row.insert(column.to_owned(), default.clone());
        // The column is not unique, so no row can be refused.
        let _ = table.replace(id, row);
    }
}

fn unique_with_default(state: &State, new: &NewField) -> FailedStep {
    let kind = new.kind.name();
    let mut problem = Problem::new(
        "INDEX_FIELD_INVALID_DEFAULT_VALUE",
        format!(
            "Unique index cannot be created for field {} of type {kind}",
            new.name
        ),
    );
    problem.friendly = Some(format!("{kind} fields cannot have a default value."));
    let digits = state.new_id().simple().to_string();
    FailedStep {
        kind: "index",
        what: json!({
            "universalIdentifier": state.new_id().to_string(),
            "name": format!("IDX_UNIQUE_{}", digits.chars().take(27).collect::<String>()),
        }),
        problems: vec![problem],
    }
}

/// Changes label, description, icon, options, activity or uniqueness of a field.
pub fn update(state: &State, request: &Request, id: Uuid) -> ApiResult<Response> {
    let Some((object, mut field)) = find(state, id) else {
        let problem = Problem::new(
            "FIELD_METADATA_NOT_FOUND",
            "Field metadata to update not found",
        );
        let message = "Validation errors occurred while updating field";
        return Err(problems::missing_target(message, "update", &problem));
    };
    let body = request
        .json
        .as_ref()
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let before = field.clone();
    let string = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| body.get(key).and_then(Value::as_bool);
    if let Some(label) = string("label") {
        field.label = label;
    }
    field.description = string("description").or(field.description);
    field.icon = string("icon").or(field.icon);
    field.is_active = flag("isActive").unwrap_or(field.is_active);
    if let Some(default_value) = body.get("defaultValue") {
        field.default_value = default_value.clone();
    }
    if field != before {
        field.updated_at_ms = state.now_ms();
    }
    // Uniqueness is an index of its own; the field's row does not change.
    field.is_unique = flag("isUnique").unwrap_or(field.is_unique);
    let printed = print::written_field(&object, &field);
    let fits = state.world().edit_object(object.id, |object| {
        if let Some(place) = object.fields.iter_mut().find(|f| f.id == id) {
            *place = field;
        }
    });
    if fits == Some(false) {
        return Err(ApiError::bad_request("A duplicate entry was detected"));
    }
    Ok(one(state, 200, "updateOneField", printed))
}

/// Removes a field and its values in all records.
pub fn delete(state: &State, id: Uuid) -> ApiResult<Response> {
    let (object, field) = find(state, id).ok_or_else(|| not_found("Field to delete not found"))?;
    state
        .world()
        .edit_object(object.id, |object| object.fields.retain(|f| f.id != id));
    Ok(one(
        state,
        200,
        "deleteOneField",
        print::written_field(&object, &field),
    ))
}
