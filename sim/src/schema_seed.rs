//! The objects and custom fields a workspace starts with.

use crate::catalogue;
use crate::flavour::Differences;
use crate::options::Preset;
use crate::schema::{Field, FieldType as T, Object, Schema};

/// Builds the starting schema; all timestamps are `now_ms`.
pub fn seed(preset: Preset, now_ms: i64) -> Schema {
    let mut objects = catalogue::objects();
    if preset == Preset::Provisioned {
        provision(&mut objects);
    }
    for object in &mut objects {
        object.created_at_ms = now_ms;
        for field in &mut object.fields {
            field.created_at_ms = now_ms;
            field.updated_at_ms = now_ms;
        }
    }
    Schema {
        objects: objects.into_iter().map(std::sync::Arc::new).collect(),
    }
}

/// Adds the fields that only later servers have.
pub fn suit(schema: &mut Schema, differences: &Differences, now_ms: i64) {
    if !differences.open_record_in {
        return;
    }
    let Some(id) = schema.by_singular("workspaceMember").map(|o| o.id) else {
        return;
    };
    let mut field = Field::new(
        "workspaceMember",
        "openRecordIn",
        "Open records in",
        T::Text,
    );
    field.description = Some("Where records open".to_owned());
    field.icon = Some("IconLayoutSidebarRight".to_owned());
    field.is_system = true;
    field.is_read_only = true;
    field.is_nullable = false;
    field.default_value = "'SIDE_PANEL'".into();
    (field.created_at_ms, field.updated_at_ms) = (now_ms, now_ms);
    schema.edit(id, |object| object.fields.push(field));
}

/// A custom field of the workspace.
pub fn custom(owner: &str, name: &str, label: &str, kind: T) -> Field {
    Field {
        is_custom: true,
        ..Field::new(owner, name, label, kind)
    }
}

fn provision(objects: &mut [Object]) {
    for object in objects {
        let owner = object.name_singular.clone();
        let add: &[(&str, &str, T)] = match owner.as_str() {
            "person" => &[
                ("externalId", "External ID", T::Text),
                ("accountType", "Account type", T::Text),
                ("planCustom", "Plan", T::Text),
                ("totalSubmissions", "Total submissions", T::Number),
                ("website", "Website", T::Links),
                ("city", "City", T::Text),
            ],
            "company" => &[
                ("externalId", "External ID", T::Text),
                ("website", "Website", T::Links),
                ("status", "Status", T::Text),
            ],
            _ => &[],
        };
        for (name, label, kind) in add {
            let mut field = custom(&owner, name, label, *kind);
            field.is_unique = *name == "externalId";
            object.fields.push(field);
        }
    }
}
