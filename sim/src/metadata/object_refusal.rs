//! The long error for an object whose name is taken: everything that would be created with the object fails too.

use serde_json::json;

use super::extras::{EXTRAS, target_name};
use super::print::{application_id, universal_id};
use super::problems::{self, FailedStep, Problem};
use crate::errors::ApiError;
use crate::schema::Object;
use crate::state::State;

/// Columns on the two views that come with an object: the list, and the record's page, which
/// shows the name in its title.
const VIEW_COLUMNS: [&[&str]; 2] = [
    &["name", "createdAt", "createdBy", "updatedAt", "updatedBy"],
    &["createdAt", "createdBy", "updatedAt", "updatedBy"],
];

/// 400 shape 3 for an object whose name exists already.
pub fn name_taken(state: &State, object: &Object) -> ApiError {
    let object_id = universal_id(&format!("refused:{}", object.name_singular));
    let column_id = |name: &str| universal_id(&format!("refused:{}.{name}", object.name_singular));
    let mut steps = own_fields(object, &object_id, &column_id);
    steps.extend(far_fields(object));
    steps.push(FailedStep {
        kind: "objectMetadata",
        what: json!({
            "universalIdentifier": object_id,
            "namePlural": object.name_plural,
            "nameSingular": object.name_singular,
        }),
        problems: vec![Problem::new(
            "OBJECT_ALREADY_EXISTS",
            "Object already exists",
        )],
    });
    steps.extend(views(state, &column_id));
    steps.extend(indexes(state));
    steps.push(FailedStep {
        kind: "searchFieldMetadata",
        what: json!({
            "universalIdentifier": state.new_id().to_string(),
            "objectMetadataUniversalIdentifier": object_id,
        }),
        problems: vec![
            Problem::new("FIELD_METADATA_NOT_FOUND", "Field metadata not found"),
            Problem::new(
                "TS_VECTOR_FIELD_METADATA_NOT_FOUND",
                "TS_VECTOR field metadata not found",
            )
            .with_friendly("Search vector field not found"),
            Problem::new("OBJECT_METADATA_NOT_FOUND", "Object metadata not found"),
        ],
    });
    problems::failed_change(
        "Multiple validation errors occurred while creating object",
        &steps,
    )
}

fn own_fields(
    object: &Object,
    object_id: &str,
    column_id: &impl Fn(&str) -> String,
) -> Vec<FailedStep> {
    let step = |name: &str| FailedStep {
        kind: "fieldMetadata",
        what: json!({
            "universalIdentifier": column_id(name),
            "name": name,
            "objectMetadataUniversalIdentifier": object_id,
        }),
        problems: vec![
            Problem::new("OBJECT_METADATA_NOT_FOUND", "Object metadata not found")
                .with_friendly("Field to create related object not found"),
        ],
    };
    object
        .fields
        .iter()
        .map(|field| step(&field.name))
        .collect()
}

fn far_fields(object: &Object) -> Vec<FailedStep> {
    let name = target_name(object);
    EXTRAS
        .into_iter()
        .map(|(_, far_end)| {
            let id = universal_id(&format!("{far_end}.{name}"));
            let application = application_id(true);
            FailedStep {
                kind: "fieldMetadata",
                what: json!({
                    "universalIdentifier": id,
                    "name": name,
                    "objectMetadataUniversalIdentifier": universal_id(far_end),
                }),
                problems: vec![
                    Problem::new(
                        "FIELD_ALREADY_EXISTS",
                        "Field with same universal identifier already exists in object",
                    )
                    .with_friendly("Field already exists"),
                    Problem::name_taken(&name),
                    Problem::new(
                        "OBJECT_METADATA_NOT_FOUND",
                        "Relation target object metadata not found",
                    )
                    .with_friendly("Object targeted by the relation not found"),
                    Problem::new(
                        "ENTITY_ALREADY_EXISTS",
                        format!(
                            "Cannot create fieldMetadata: universalIdentifier \"{id}\" already exists in fieldMetadata maps from application \"{application}\""
                        ),
                    )
                    .for_developers(),
                ],
            }
        })
        .collect()
}

fn views(state: &State, column_id: &impl Fn(&str) -> String) -> Vec<FailedStep> {
    let mut views = Vec::new();
    let mut columns = Vec::new();
    for shown in VIEW_COLUMNS {
        let view = state.new_id().to_string();
        for name in shown {
            columns.push(FailedStep {
                kind: "viewField",
                what: json!({
                    "universalIdentifier": state.new_id().to_string(),
                    "viewUniversalIdentifier": view,
                    "fieldMetadataUniversalIdentifier": column_id(name),
                }),
                problems: vec![
                    Problem::new("INVALID_VIEW_DATA", "Field metadata not found"),
                    Problem::new("INVALID_VIEW_DATA", "View not found"),
                ],
            });
        }
        views.push(FailedStep {
            kind: "view",
            what: json!({ "universalIdentifier": view }),
            problems: vec![Problem::new(
                "INVALID_VIEW_DATA",
                "Object metadata not found",
            )],
        });
    }
    views.extend(columns);
    views
}

/// One index per relation, and one of the object's own.
fn indexes(state: &State) -> Vec<FailedStep> {
    let exists = || {
        Problem::new(
            "INDEX_ALREADY_EXISTS",
            "Index with same name already exists",
        )
    };
    let own = vec![
        Problem::new(
            "INDEX_OBJECT_NOT_FOUND",
            "Could not find index related object metadata",
        )
        .with_friendly("Index related object not found"),
        exists(),
        Problem::new(
            "INDEX_FIELD_NOT_FOUND",
            "Could not find index field related field metadata",
        )
        .with_friendly("Field referenced in index does not exist"),
    ];
    EXTRAS
        .iter()
        .map(|_| vec![exists()])
        .chain([own])
        .map(|problems| {
            let digits = state.new_id().simple().to_string();
            FailedStep {
                kind: "index",
                what: json!({
                    "universalIdentifier": state.new_id().to_string(),
                    "name": format!("IDX_{}", digits.chars().take(27).collect::<String>()),
                }),
                problems,
            }
        })
        .collect()
}
