//! The objects and custom fields a workspace starts with.

use crate::catalogue;
use crate::options::Preset;
use crate::schema::{Field, FieldOption, FieldType as T, Object, Schema, capitalise, stable_id};

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

/// A field the workspace itself made.
pub fn custom(owner: &str, name: &str, label: &str, kind: T) -> Field {
    Field {
        is_custom: true,
        ..Field::new(owner, name, label, kind)
    }
}

/// Options of a select field, from their values.
pub fn options<S: AsRef<str>>(owner: &str, name: &str, values: &[S]) -> Vec<FieldOption> {
    values
        .iter()
        .map(AsRef::as_ref)
        .zip(0..)
        .map(|(value, position)| FieldOption {
            id: stable_id(&format!("option:{owner}.{name}.{value}")),
            label: capitalise(&value.to_lowercase().replace('_', " ")),
            value: value.to_owned(),
            color: "blue".to_owned(),
            position,
        })
        .collect()
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
