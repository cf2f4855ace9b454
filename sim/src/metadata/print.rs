//! The printed form of objects and fields: one in look-ups, another after writes.

use serde_json::{Map, Value, json};

use crate::clock::iso;
use crate::flavour::Differences;
use crate::schema::{Field, FieldType, Object, stable_id};
use crate::workspace::WORKSPACE_ID;

/// Id of the application that owns an object or field: the standard one, or the workspace's.
pub fn application_id(is_custom: bool) -> String {
    stable_id(if is_custom {
        "application:workspace"
    } else {
        "application:standard"
    })
    .to_string()
}

/// The id that is the same in every workspace.
pub fn universal_id(path: &str) -> String {
    stable_id(&format!("universal:{path}")).to_string()
}

fn object_universal_id(object: &Object) -> String {
    universal_id(&object.name_singular)
}

/// Id of the field that names a record.
fn label_field_id(object: &Object) -> Value {
    object
        .fields
        .iter()
        .find(|f| f.name == object.label_field)
        .map_or(Value::Null, |f| Value::from(f.id.to_string()))
}

/// Adds a key if there is a value.
fn add(map: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value.filter(|v| !v.is_null()) {
        map.insert(key.to_owned(), value);
    }
}

/// Joins pieces of an object in the order in which they are printed.
fn join(pieces: impl IntoIterator<Item = Value>) -> Map<String, Value> {
    pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Value::Object(map) => Some(map),
            _ => None,
        })
        .flatten()
        .collect()
}

/// Later servers print how the app opens a record; 2.21 does not.
fn open_record_in(printed: &mut Map<String, Value>, differences: &Differences) {
    let choice = differences
        .open_record_in
        .then(|| Value::from("USER_CHOICE"));
    add(printed, "openRecordIn", choice);
}

/// An object with its fields, as lists and look-ups show it.
pub fn object(object: &Object, differences: &Differences) -> Value {
    let mut printed = join([json!({
        "id": object.id,
        "universalIdentifier": object_universal_id(object),
        "applicationId": application_id(object.is_custom),
        "nameSingular": object.name_singular,
        "namePlural": object.name_plural,
        "labelSingular": object.label_singular,
        "labelPlural": object.label_plural,
    })]);
    add(
        &mut printed,
        "description",
        object.description.clone().map(Value::from),
    );
    add(&mut printed, "icon", object.icon.clone().map(Value::from));
    add(
        &mut printed,
        "shortcut",
        object.shortcut.clone().map(Value::from),
    );
    printed.extend(join([json!({
        "isRemote": false,
        "isActive": object.is_active,
        "isSystem": object.is_system,
        "isUIEditable": true,
        "isUICreatable": object.is_creatable,
        "isUIReadOnly": false,
        "isSearchable": object.is_searchable,
    })]));
    open_record_in(&mut printed, differences);
    printed.extend(join([json!({
        "isLabelSyncedWithName": false,
        "workspaceId": WORKSPACE_ID,
        "labelIdentifierFieldMetadataId": label_field_id(object),
    })]));
    let image = object
        .field(differences.image_field)
        .map(|f| Value::from(f.id.to_string()));
    add(&mut printed, "imageIdentifierFieldMetadataId", image);
    let criteria = Some(json!(object.duplicate_criteria));
    add(
        &mut printed,
        "duplicateCriteria",
        criteria.filter(|_| !object.duplicate_criteria.is_empty()),
    );
    let fields: Vec<Value> = object.fields.iter().map(|f| field(object, f)).collect();
    printed.extend(join([json!({
        "createdAt": iso(object.created_at_ms),
        "updatedAt": iso(object.created_at_ms),
        "fields": fields,
    })]));
    Value::Object(printed)
}

/// The answer to the creation (with fields) and deletion of an object.
pub fn written_object(object: &Object, with_fields: bool, differences: &Differences) -> Value {
    let mut printed = join([json!({
        "id": object.id,
        "universalIdentifier": object_universal_id(object),
        "isActive": object.is_active,
        "isLabelSyncedWithName": false,
        "isRemote": false,
        "isSearchable": object.is_searchable,
    })]);
    open_record_in(&mut printed, differences);
    printed.extend(join([json!({
        "isSystem": object.is_system,
        "isUIEditable": true,
        "isUICreatable": true,
        "isUIReadOnly": false,
        "labelPlural": object.label_plural,
        "labelSingular": object.label_singular,
        "namePlural": object.name_plural,
        "nameSingular": object.name_singular,
        "workspaceId": WORKSPACE_ID,
        "imageIdentifierFieldMetadataId": null,
        "labelIdentifierFieldMetadataId": label_field_id(object),
        "createdAt": iso(object.created_at_ms),
        "updatedAt": iso(object.created_at_ms),
    })]));
    add(
        &mut printed,
        "description",
        object.description.clone().map(Value::from),
    );
    add(&mut printed, "icon", object.icon.clone().map(Value::from));
    printed.insert(
        "applicationId".to_owned(),
        Value::from(application_id(object.is_custom)),
    );
    if with_fields {
        let fields: Vec<Value> = object.fields.iter().map(|f| field(object, f)).collect();
        printed.insert("fields".to_owned(), Value::from(fields));
    }
    Value::Object(printed)
}

fn type_name(field: &Field) -> &'static str {
    match &field.relation {
        Some(relation) if relation.is_morph => "MORPH_RELATION",
        _ => field.kind.name(),
    }
}

fn field_universal_id(owner: &Object, field: &Field) -> String {
    universal_id(&format!("{}.{}", owner.name_singular, field.name))
}

fn options(field: &Field) -> Value {
    field
        .options
        .iter()
        .map(|option| {
            let mut printed = json!({
                "id": option.id,
                "color": option.color,
                "label": option.label,
                "value": option.value,
                "position": option.position,
            });
            if let (FieldType::Rating, Value::Object(map)) = (field.kind, &mut printed) {
                map.shift_remove("color");
            }
            printed
        })
        .collect()
}

/// A field in lists and look-ups; nulls are left out.
pub fn field(owner: &Object, field: &Field) -> Value {
    let mut printed = join([json!({
        "id": field.id,
        "universalIdentifier": field_universal_id(owner, field),
        "applicationId": application_id(field.is_custom),
        "type": type_name(field),
        "name": field.name,
        "label": field.label,
    })]);
    add(
        &mut printed,
        "description",
        field.description.clone().map(Value::from),
    );
    add(&mut printed, "icon", field.icon.clone().map(Value::from));
    printed.extend(join([json!({
        "isActive": field.is_active,
        "isSystem": field.is_system,
        "isUIEditable": !field.is_read_only,
        "isUIReadOnly": field.is_read_only,
        "isNullable": field.is_nullable,
        "isUnique": field.is_unique,
    })]));
    add(
        &mut printed,
        "defaultValue",
        Some(field.default_value.clone()),
    );
    add(
        &mut printed,
        "options",
        Some(options(field)).filter(|_| !field.options.is_empty()),
    );
    add(&mut printed, "settings", Some(field.settings.clone()));
    printed.extend(join([json!({
        "workspaceId": WORKSPACE_ID,
        "objectMetadataId": owner.id,
        "isLabelSyncedWithName": field.is_label_synced,
    })]));
    add(&mut printed, "morphId", morph_id(owner, field));
    printed.extend(join([json!({
        "createdAt": iso(field.created_at_ms),
        "updatedAt": iso(field.updated_at_ms),
    })]));
    Value::Object(printed)
}

/// The id that the branches of one relation to several objects share.
fn morph_id(owner: &Object, field: &Field) -> Option<Value> {
    let relation = field.relation.as_ref()?;
    let id = || universal_id(&format!("morph:{}", owner.name_singular));
    relation.is_morph.then(|| Value::from(id()))
}

/// The answer to creating, updating and deleting a field.
pub fn written_field(owner: &Object, field: &Field) -> Value {
    let has_options = matches!(
        field.kind,
        FieldType::Select | FieldType::MultiSelect | FieldType::Rating
    );
    let mut printed = join([json!({
        "id": field.id,
        "universalIdentifier": field_universal_id(owner, field),
        "label": field.label,
        "name": field.name,
        "objectMetadataId": owner.id,
        "type": type_name(field),
        "workspaceId": WORKSPACE_ID,
        "defaultValue": field.default_value,
        "isActive": field.is_active,
        "isLabelSyncedWithName": field.is_label_synced,
        "isSystem": field.is_system,
        "isUIEditable": !field.is_read_only,
        "isUIReadOnly": field.is_read_only,
        "options": if has_options { options(field) } else { Value::Null },
        "createdAt": iso(field.created_at_ms),
        "updatedAt": iso(field.updated_at_ms),
    })]);
    add(
        &mut printed,
        "description",
        field.description.clone().map(Value::from),
    );
    add(&mut printed, "icon", field.icon.clone().map(Value::from));
    add(&mut printed, "settings", Some(field.settings.clone()));
    printed.extend(join([json!({
        "isNullable": field.is_nullable,
        "isUnique": field.is_unique,
    })]));
    add(&mut printed, "morphId", morph_id(owner, field));
    printed.extend(join([json!({
        "applicationId": application_id(field.is_custom),
    })]));
    Value::Object(printed)
}
