//! Relation fields: both ends are created together, and one field of the request can become several.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::field_rules::NewField;
use super::problems::{self, Problem};
use crate::errors::ApiError;
use crate::http::ApiResult;
use crate::schema::{Field, FieldType, Object, Relation, RelationKind, Schema, capitalise};
use crate::schema_seed::custom;
use crate::state::State;

/// A field with the object that gets it.
pub type Placed = (Uuid, Field);

/// The fields that a request for a relation creates; the first one is returned.
///
/// # Errors
/// 400 without a payload, or with one that names no object.
pub fn fields(
    state: &State,
    schema: &Schema,
    object: &Object,
    new: &NewField,
    body: &Map<String, Value>,
) -> ApiResult<Vec<Placed>> {
    let refused = |message: &str| {
        let problem = Problem::new("INVALID_FIELD_INPUT", message);
        let summary = "Multiple validation errors occurred while creating field";
        problems::missing_target(summary, "create", &problem)
    };
    let payloads: Vec<&Value> = match new.is_morph {
        true => body
            .get("morphRelationsCreationPayload")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .collect(),
        false => body.get("relationCreationPayload").into_iter().collect(),
    };
    if payloads.is_empty() {
        return Err(refused("Relation creation payload is required"));
    }
    let mut ends = Vec::new();
    let mut backs = Vec::new();
    for payload in payloads {
        let id = payload["targetObjectMetadataId"].as_str();
        let target = id
            .and_then(|id| Uuid::parse_str(id).ok())
            .and_then(|id| schema.by_id(id))
            .ok_or_else(|| refused("Relation target object metadata not found"))?;
        let is_many = payload["type"] == "ONE_TO_MANY";
        let name = match (new.is_morph, is_many) {
            (false, _) => new.name.clone(),
            (true, false) => format!("{}{}", new.name, target.pascal_singular()),
            (true, true) => format!("{}{}", new.name, target.pascal_plural()),
        };
        let back_label = payload["targetFieldLabel"].as_str().unwrap_or_default();
        let back_name = camel_case(back_label);
        let owner = if is_many { &back_name } else { &name };
        let join_column = format!("{owner}Id");
        let end = |owner: &Object, far: &Object, name: &str, label: &str, kind: RelationKind| {
            let mut field = custom(&owner.name_singular, name, label, FieldType::Relation);
            field.id = state.new_id();
            field.description = Some(format!(
                "{} tied to the {}",
                owner.label_plural, far.label_singular
            ));
            field.icon = Some("IconRelationOneToMany".to_owned());
            field.settings = match kind {
                RelationKind::ManyToOne => json!({
                    "onDelete": "SET_NULL",
                    "relationType": "MANY_TO_ONE",
                    "joinColumnName": join_column,
                }),
                RelationKind::OneToMany => json!({ "relationType": "ONE_TO_MANY" }),
            };
            field.relation = Some(Relation {
                kind,
                target: far.name_singular.clone(),
                join_column: join_column.clone(),
                cascade: false,
                is_morph: new.is_morph && kind == RelationKind::ManyToOne,
            });
            field
        };
        let (kind, back_kind) = match is_many {
            true => (RelationKind::OneToMany, RelationKind::ManyToOne),
            false => (RelationKind::ManyToOne, RelationKind::OneToMany),
        };
        let mut field = end(object, target, &name, &new.label, kind);
        field.is_label_synced = new.is_label_synced;
        if new.description.is_some() {
            field.description.clone_from(&new.description);
        }
        if new.icon.is_some() {
            field.icon.clone_from(&new.icon);
        }
        ends.push((object.id, field));
        let mut back = end(target, object, &back_name, back_label, back_kind);
        back.icon = payload["targetFieldIcon"].as_str().map(str::to_owned);
        backs.push((target.id, back));
    }
    ends.extend(backs);
    Ok(ends)
}

/// `Made gadgets` as a name: `madeGadgets`.
fn camel_case(label: &str) -> String {
    let mut words = label.split(|c: char| !c.is_ascii_alphanumeric());
    let first = words.next().unwrap_or_default().to_lowercase();
    words.fold(first, |name, word| name + &capitalise(&word.to_lowercase()))
}

/// Types that no request can create.
pub fn refused_type(new: &NewField) -> Option<(Vec<Problem>, Option<ApiError>)> {
    let rule = |message: &str, friendly: &str, value: Value| {
        Problem::new("INVALID_FIELD_INPUT", message)
            .with_friendly(friendly)
            .with_value(value)
    };
    match new.kind {
        FieldType::Numeric => Some((
            vec![rule(
                "Field type NUMERIC is not supported for field creation. Use NUMBER instead.",
                "Field type NUMERIC is not supported. Use Number instead.",
                json!("NUMERIC"),
            )],
            None,
        )),
        FieldType::Position => {
            let named = "Field type POSITION must be named \"position\"";
            let system = "Field type POSITION must be a system field";
            let problems = vec![
                rule(
                    &format!("{named}, got \"{}\"", new.name),
                    named,
                    json!(new.name),
                ),
                rule(system, system, json!(false)),
            ];
            Some((problems, None))
        }
        FieldType::TsVector => {
            let message = "TS Vector is not supported for field creation";
            let problem = Problem::new("INVALID_FIELD_INPUT", message)
                .with_friendly("Metadata validation failed")
                .for_developers();
            let summary = "Multiple validation errors occurred while creating field";
            let error = problems::missing_target(summary, "create", &problem);
            Some((Vec::new(), Some(error)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_names() {
        assert_eq!(camel_case("Made gadgets"), "madeGadgets");
        assert_eq!(camel_case("Owner"), "owner");
    }
}
