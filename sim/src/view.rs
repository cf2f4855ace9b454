//! Prints records like the server: every column, blanks as "", relations on request.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::shown_ms;
use crate::field_choice::FieldChoice;
use crate::schema::{Field, FieldType, Object, RelationKind, SubType};
use crate::store::{Record, get, id_of, is_deleted};
use crate::world::World;

/// Most records of a one-to-many relation that depth 1 shows (`docs/twenty/protocol.md#records`).
const MAX_RELATED: usize = 60;

/// A record ready to be printed.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    object: &'a Object,
    record: &'a Record,
    related_in: Option<&'a World>,
    choice: Option<&'a FieldChoice>,
}

impl<'a> View<'a> {
    /// The record without its relations (depth 0).
    pub fn flat(object: &'a Object, record: &'a Record) -> Self {
        Self {
            object,
            record,
            related_in: None,
            choice: None,
        }
    }

    /// The record at depth 0 or 1.
    pub fn at_depth(object: &'a Object, record: &'a Record, depth: u8, world: &'a World) -> Self {
        Self {
            object,
            record,
            related_in: (depth > 0).then_some(world),
            choice: None,
        }
    }

    /// The same view with only some fields.
    #[must_use]
    pub fn choosing(self, choice: Option<&'a FieldChoice>) -> Self {
        Self { choice, ..self }
    }

    fn shows(&self, field: &Field) -> bool {
        field.is_active && self.choice.is_none_or(|choice| choice.shows(field))
    }

    /// As a JSON value.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

/// One column as printed: the stored value, with the type's blank instead of null.
pub fn printed<'a>(field: &'a Field, stored: &'a Value) -> Printed<'a> {
    Printed { field, stored }
}

/// See [`printed`].
#[derive(Debug, Clone, Copy)]
pub struct Printed<'a> {
    field: &'a Field,
    stored: &'a Value,
}

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let subfields = self.field.kind.subfields();
        if subfields.is_empty() {
            return match (self.field.kind, self.stored) {
                (FieldType::Text | FieldType::TsVector, Value::Null) => {
                    serializer.serialize_str("")
                }
                (FieldType::DateTime, Value::String(text)) => match shown_ms(text) {
                    Some(shown) => serializer.serialize_str(&shown),
                    None => serializer.serialize_str(text),
                },
                (FieldType::MultiSelect | FieldType::Array, Value::Null) => {
                    Value::Array(Vec::new()).serialize(serializer)
                }
                (_, stored) => stored.serialize(serializer),
            };
        }
        let mut map = serializer.serialize_map(Some(subfields.len()))?;
        // Subfields are mostly stored in the order of their type.
        let all = self.stored.as_object();
        let mut in_order = all.into_iter().flatten().peekable();
        for (name, kind) in subfields {
            let stored = match in_order.next_if(|(stored, _)| stored == name) {
                Some((_, stored)) => stored,
                None => self.stored.get(name).unwrap_or(&Value::Null),
            };
            match (stored, blank(self.field.kind, name, *kind)) {
                (Value::Null, Some(blank)) => map.serialize_entry(name, &blank)?,
                _ => map.serialize_entry(name, stored)?,
            }
        }
        map.end()
    }
}

fn blank(kind: FieldType, name: &str, sub: SubType) -> Option<Value> {
    match sub {
        SubType::Text => Some(json!("")),
        SubType::NullableText if name == "markdown" => Some(json!("")),
        SubType::Json if kind != FieldType::Actor => Some(json!([])),
        _ => None,
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // Rows mostly store their columns in the order of the fields: then no look-up is needed.
        let mut stored = self.record.iter().peekable();
        for field in self.object.fields.iter().filter(|f| self.shows(f)) {
            if let Some(column) = field.column() {
                let value = match stored.next_if(|(name, _)| *name == column) {
                    Some((_, value)) => value,
                    None => get(self.record, column, None),
                };
                let value = match self.related_in {
                    Some(world) if reads_null(world, self.record, field) => &Value::Null,
                    _ => value,
                };
                map.serialize_entry(column, &printed(field, value))?;
            }
        }
        if let Some(world) = self.related_in {
            for field in self.object.fields.iter().filter(|f| self.shows(f)) {
                self.relation(&mut map, world, field)?;
            }
        }
        map.end()
    }
}

impl View<'_> {
    fn relation<M: SerializeMap>(
        &self,
        map: &mut M,
        world: &World,
        field: &Field,
    ) -> Result<(), M::Error> {
        let Some(relation) = &field.relation else {
            return Ok(());
        };
        let Some(target) = world.schema.by_singular(&relation.target) else {
            return Ok(());
        };
        match relation.kind {
            RelationKind::ManyToOne => {
                let found = target_of(world, &relation.target, self.record, &relation.join_column);
                map.serialize_entry(&field.name, &found.map(|r| View::flat(target, r)))
            }
            RelationKind::OneToMany => {
                let table = world.table(&relation.target);
                let rows: Vec<View<'_>> = table
                    .referring(&relation.join_column, id_of(self.record))
                    .into_iter()
                    .filter_map(|id| table.get(id))
                    .filter(|r| !is_deleted(r))
                    .take(MAX_RELATED)
                    .map(|r| View::flat(target, r))
                    .collect();
                map.serialize_entry(&field.name, &rows)
            }
        }
    }
}

/// Whether a join column is printed as null: its relation is also shown, and the related row is soft-deleted.
pub fn reads_null(world: &World, record: &Record, field: &Field) -> bool {
    let Some(relation) = field
        .relation
        .as_ref()
        .filter(|relation| relation.kind == RelationKind::ManyToOne)
    else {
        return false;
    };
    target_of(world, &relation.target, record, &relation.join_column).is_none()
}

/// The live row that a join column refers to.
pub fn target_of<'a>(
    world: &'a World,
    target: &str,
    record: &Record,
    join_column: &str,
) -> Option<&'a Record> {
    let id = get(record, join_column, None)
        .as_str()
        .and_then(|t| Uuid::parse_str(t).ok())?;
    world.table(target).get(id).filter(|r| !is_deleted(r))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::schema_seed::seed;

    #[test]
    fn unset_columns_print_as_the_types_blank() {
        let schema = seed(Preset::Provisioned, 0);
        let record = json!({ "id": Uuid::from_u128(1), "name": { "firstName": "A" } });
        let record = record.as_object().unwrap();
        let person = View::flat(schema.by_singular("person").unwrap(), record).to_value();
        assert_eq!(person["name"], json!({ "firstName": "A", "lastName": "" }));
        assert_eq!(
            person["emails"],
            json!({ "primaryEmail": "", "additionalEmails": [] })
        );
        assert_eq!(person["jobTitle"], "");
        assert_eq!(person["companyId"], Value::Null);
        assert_eq!(person["totalSubmissions"], Value::Null);
        assert!(person.get("company").is_none());
        let company = View::flat(schema.by_singular("company").unwrap(), record).to_value();
        assert_eq!(
            company["annualRevenue"],
            json!({ "amountMicros": null, "currencyCode": null })
        );
        assert_eq!(company["address"]["addressLat"], Value::Null);
        assert_eq!(company["address"]["addressCity"], "");
    }
}
