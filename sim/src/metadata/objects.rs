//! `/rest/metadata/objects`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::extras::{EXTRAS, target_name};
use super::object_refusal::name_taken;
use super::print;
use super::{one, page, printed};
use crate::errors::ApiError;
use crate::http::{ApiResult, Request, Response};
use crate::schema::{Field, FieldType, Object, Relation, RelationKind, capitalise};
use crate::state::State;

/// All objects with their fields.
pub fn list(state: &State, request: &Request) -> ApiResult<Response> {
    let schema = state.world().schema.clone();
    let differences = state.settings().differences();
    let key = format!("{:?}", differences.open_record_in);
    let rows = state.printed_objects.get(&schema, &key, || {
        schema
            .objects
            .iter()
            .map(|object| printed(object.id, &print::object(object, differences)))
            .collect()
    });
    page(state, request, "objects", &rows)
}

fn not_found() -> ApiError {
    ApiError::Core {
        status: 404,
        error: "Error".to_owned(),
        message: "Object metadata not found".to_owned(),
        code: Some("OBJECT_METADATA_NOT_FOUND".to_owned()),
    }
}

/// One object.
pub fn get(state: &State, id: Uuid) -> ApiResult<Response> {
    let object = state
        .world()
        .schema
        .by_id(id)
        .cloned()
        .ok_or_else(not_found)?;
    let printed = print::object(&object, state.settings().differences());
    Ok(one(state, 200, "object", printed))
}

/// Removes an object with all its records.
pub fn delete(state: &State, id: Uuid) -> ApiResult<Response> {
    let mut world = state.world();
    let object = world.schema.by_id(id).cloned().ok_or_else(not_found)?;
    for (_, far_end) in EXTRAS {
        let Some(far_id) = world.schema.by_singular(far_end).map(|o| o.id) else {
            continue;
        };
        let name = target_name(&object);
        world.edit_object(far_id, |far| far.fields.retain(|f| f.name != name));
    }
    world.remove_object(id);
    drop(world);
    Ok(one(
        state,
        200,
        "deleteOneObject",
        print::written_object(&object, false, state.settings().differences()),
    ))
}

/// Creates an object with the standard columns and relations.
pub fn create(state: &State, request: &Request) -> ApiResult<Response> {
    let body = request.json.clone().unwrap_or_default();
    let mut messages = Vec::new();
    let mut text = |key: &str| {
        let value = body.get(key).and_then(Value::as_str);
        if value.is_none_or(str::is_empty) {
            messages.push(format!("{key} should not be empty"));
        }
        if value.is_none() {
            messages.push(format!("{key} must be a string"));
        }
        value.unwrap_or_default().to_owned()
    };
    let (singular, plural) = (text("nameSingular"), text("namePlural"));
    let (label_singular, label_plural) = (text("labelSingular"), text("labelPlural"));
    if !messages.is_empty() {
        let error = "Bad Request".to_owned();
        return Err(ApiError::Nest {
            status: 400,
            error,
            message: Value::from(messages),
        });
    }
    let optional = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut object = Object {
        id: state.new_id(),
        name_singular: singular,
        name_plural: plural,
        label_singular,
        label_plural,
        description: optional("description"),
        icon: optional("icon"),
        shortcut: None,
        is_custom: true,
        is_system: false,
        is_creatable: true,
        is_searchable: true,
        is_active: true,
        duplicate_criteria: Vec::new(),
        label_field: "name".to_owned(),
        created_at_ms: state.now_ms(),
        fields: Vec::new(),
    };
    object.fields = default_fields(state, &object);
    let taken =
        state.world().schema.objects.iter().any(|o| {
            o.name_singular == object.name_singular || o.name_plural == object.name_plural
        });
    if taken {
        return Err(name_taken(state, &object));
    }
    let printed = print::written_object(&object, true, state.settings().differences());
    let mut world = state.world();
    for (_, far_end) in EXTRAS {
        let Some(far_id) = world.schema.by_singular(far_end).map(|o| o.id) else {
            continue;
        };
        let back = back_relation(state, far_end, &object);
        world.edit_object(far_id, |far| far.fields.push(back));
    }
    world.add_object(object);
    drop(world);
    Ok(one(state, 201, "createOneObject", printed))
}

fn back_relation(state: &State, owner: &str, target: &Object) -> Field {
    let name = target_name(target);
    let join_column = format!("{name}Id");
    let mut back = field(owner, &name, &target.label_singular, FieldType::Relation);
    back.id = state.new_id();
    back.settings = json!({
        "onDelete": "SET_NULL",
        "relationType": "MANY_TO_ONE",
        "joinColumnName": join_column,
    });
    back.relation = Some(Relation {
        kind: RelationKind::ManyToOne,
        target: target.name_singular.clone(),
        join_column,
        cascade: false,
        is_morph: true,
    });
    back.created_at_ms = target.created_at_ms;
    back.updated_at_ms = target.created_at_ms;
    back
}

/// Fields of a new object, in the order of its printed records.
fn default_fields(state: &State, object: &Object) -> Vec<Field> {
    let owner = &object.name_singular;
    let by = json!({ "name": "''", "source": "'MANUAL'" });
    let mut fields = vec![field(owner, "name", "Name", FieldType::Text)];
    for (name, label, kind, default_value) in [
        ("id", "Id", FieldType::Uuid, json!("uuid")),
        (
            "createdAt",
            "Creation date",
            FieldType::DateTime,
            json!("now"),
        ),
        ("createdBy", "Created by", FieldType::Actor, by.clone()),
        ("deletedAt", "Deleted at", FieldType::DateTime, Value::Null),
        ("position", "Position", FieldType::Position, json!(0)),
        (
            "updatedAt",
            "Last update",
            FieldType::DateTime,
            json!("now"),
        ),
        ("updatedBy", "Updated by", FieldType::Actor, by),
        (
            "searchVector",
            "Search vector",
            FieldType::TsVector,
            Value::Null,
        ),
    ] {
        let mut field = field(owner, name, label, kind);
        field.is_system = true;
        field.is_read_only = true;
        field.is_nullable = default_value.is_null();
        field.default_value = default_value;
        fields.push(field);
    }
    for (name, target) in EXTRAS {
        let mut field = field(owner, name, name, FieldType::Relation);
        field.settings = json!({ "relationType": "ONE_TO_MANY" });
        field.relation = Some(Relation {
            kind: RelationKind::OneToMany,
            target: target.to_owned(),
            join_column: format!("target{}Id", capitalise(owner)),
            cascade: false,
            is_morph: false,
        });
        fields.push(field);
    }
    for field in &mut fields {
        field.id = state.new_id();
        field.created_at_ms = object.created_at_ms;
        field.updated_at_ms = object.created_at_ms;
    }
    fields
}

fn field(owner: &str, name: &str, label: &str, kind: FieldType) -> Field {
    let mut field = crate::schema_seed::custom(owner, name, label, kind);
    field.description = Some(label.to_owned());
    field.icon = Some("IconAbc".to_owned());
    field
}
