//! Reads `catalogue.txt`, the standard objects of a workspace in a custom notation.
//!
//! The file is embedded in the simulator. A test reads every line, because an entry that cannot be read would be left
//! out.

use serde_json::{Map, Value, json};

use crate::schema::{
    Field, FieldType, Object, Relation, RelationKind, capitalise, options, stable_id,
};

const CATALOGUE: &str = include_str!("catalogue.txt");

/// The 28 objects and 454 fields that the server's metadata lists.
pub fn objects() -> Vec<Object> {
    read(CATALOGUE).0
}

/// Objects, and the lines that could not be read.
fn read(text: &str) -> (Vec<Object>, Vec<&str>) {
    let mut objects: Vec<Object> = Vec::new();
    let mut unread = Vec::new();
    for line in text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let words: Vec<&str> = line.split(' ').collect();
        let understood = match words[..] {
            ["object", singular, plural, label_field, ref flags @ ..] => {
                objects.push(object(singular, plural, label_field, flags));
                true
            }
            _ => objects
                .last_mut()
                .is_some_and(|object| member(object, &words).is_some()),
        };
        if !understood {
            unread.push(line);
        }
    }
    for object in &mut objects {
        // The search column comes between an object's own fields and its relations.
        let at = object
            .fields
            .iter()
            .position(|f| f.relation.is_some())
            .unwrap_or(object.fields.len());
        let mut search = Field::new(
            &object.name_singular,
            "searchVector",
            "Search vector",
            FieldType::TsVector,
        );
        search.is_system = true;
        search.description = Some("Words for the full-text search".to_owned());
        search.icon = Some("IconSearch".to_owned());
        object.fields.insert(at, search);
    }
    (objects, unread)
}

/// `calendarEvent` as a label: `Calendar event`.
pub fn words(name: &str) -> String {
    let mut label = String::new();
    for character in name.chars() {
        if character.is_uppercase() {
            label.push(' ');
        }
        label.extend(character.to_lowercase());
    }
    capitalise(&label)
}

fn object(singular: &str, plural: &str, label_field: &str, flags: &[&str]) -> Object {
    let label = words(singular);
    let mut object = Object {
        id: stable_id(&format!("object:{singular}")),
        name_singular: singular.to_owned(),
        name_plural: plural.to_owned(),
        label_plural: words(plural),
        description: Some(format!("{label} of the workspace")),
        label_singular: label,
        icon: Some("IconBox".to_owned()),
        shortcut: flags
            .iter()
            .find_map(|f| f.strip_prefix("shortcut="))
            .map(str::to_owned),
        is_custom: false,
        is_system: flags.contains(&"system"),
        is_creatable: !flags.contains(&"system") || flags.contains(&"creatable"),
        is_searchable: flags.contains(&"searchable"),
        is_active: true,
        duplicate_criteria: Vec::new(),
        label_field: label_field.to_owned(),
        created_at_ms: 0,
        fields: Vec::new(),
    };
    for (name, label, default_value) in [
        ("id", "Id", json!("uuid")),
        ("createdAt", "Creation date", json!("now")),
        ("updatedAt", "Last update", json!("now")),
        ("deletedAt", "Deleted at", Value::Null),
    ] {
        let kind = if name == "id" {
            FieldType::Uuid
        } else {
            FieldType::DateTime
        };
        let field = system_field(&mut object, name, label, kind, default_value);
        if kind == FieldType::DateTime {
            field.settings = json!({ "displayFormat": "RELATIVE" });
        }
    }
    // A standard object may have a column of its own first.
    object
}

fn push<'a>(object: &'a mut Object, name: &str, label: &str, kind: FieldType) -> &'a mut Field {
    let mut field = Field::new(&object.name_singular, name, label, kind);
    field.description = Some(format!(
        "{label} of the {}",
        object.label_singular.to_lowercase()
    ));
    field.icon = Some(icon(kind).to_owned());
    object.fields.push(field);
    let last = object.fields.len() - 1;
    &mut object.fields[last]
}

fn icon(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Uuid => "Icon123",
        FieldType::DateTime | FieldType::Date => "IconCalendar",
        FieldType::Emails => "IconMail",
        FieldType::Phones => "IconPhone",
        FieldType::Links => "IconLink",
        FieldType::Actor => "IconUserCircle",
        FieldType::Position => "IconHierarchy2",
        _ => "IconAbc",
    }
}

fn system_field<'a>(
    object: &'a mut Object,
    name: &str,
    label: &str,
    kind: FieldType,
    default_value: Value,
) -> &'a mut Field {
    let field = push(object, name, label, kind);
    field.is_system = true;
    field.is_read_only = kind != FieldType::Position;
    field.is_nullable = default_value.is_null();
    field.default_value = default_value;
    field
}

fn member(object: &mut Object, words: &[&str]) -> Option<()> {
    match *words {
        ["@position"] => {
            system_field(
                object,
                "position",
                "Position",
                FieldType::Position,
                json!(0),
            );
        }
        ["@actors"] => {
            let by = json!({ "name": "'System'", "source": "'MANUAL'", "workspaceMemberId": null });
            system_field(
                object,
                "createdBy",
                "Created by",
                FieldType::Actor,
                by.clone(),
            );
            system_field(object, "updatedBy", "Updated by", FieldType::Actor, by);
        }
        ["duplicates", ref sets @ ..] => {
            object.duplicate_criteria = sets
                .iter()
                .map(|set| set.split('+').map(str::to_owned).collect())
                .collect();
        }
        [name, side @ (">" | "~"), target, ref flags @ ..] => {
            let field = push(object, name, &self::words(name), FieldType::Relation);
            let join_column = format!("{name}Id");
            let cascade = flags.contains(&"cascade");
            field.settings = json!({
                "onDelete": if cascade { "CASCADE" } else { "SET_NULL" },
                "relationType": "MANY_TO_ONE",
                "joinColumnName": join_column,
            });
            field.relation = Some(Relation {
                kind: RelationKind::ManyToOne,
                target: target.to_owned(),
                join_column,
                cascade,
                is_morph: side == "~",
            });
            flag(field, flags);
        }
        [name, "<", far_end, ref flags @ ..] => {
            let (target, relation) = far_end.split_once('.')?;
            let field = push(object, name, &self::words(name), FieldType::Relation);
            let mut settings = json!({ "relationType": "ONE_TO_MANY" });
            if let Some(far) = flags.iter().find_map(|f| f.strip_prefix("junction=")) {
                settings["junctionTargetFieldId"] =
                    Value::from(stable_id(&format!("field:{target}.{far}")).to_string());
            }
            field.settings = settings;
            field.relation = Some(Relation {
                kind: RelationKind::OneToMany,
                target: target.to_owned(),
                join_column: format!("{relation}Id"),
                cascade: false,
                is_morph: false,
            });
            flag(field, flags);
        }
        [name, kind, ref flags @ ..] => {
            let kind = FieldType::parse(kind)?;
            let owner = object.name_singular.clone();
            let field = push(object, name, &self::words(name), kind);
            if let (FieldType::Select | FieldType::MultiSelect, Some(values)) =
                (kind, flags.first())
            {
                field.options = options(&owner, name, &values.split('|').collect::<Vec<_>>());
            }
            flag(field, flags);
        }
        _ => return None,
    }
    Some(())
}

fn flag(field: &mut Field, flags: &[&str]) {
    for flag in flags {
        match *flag {
            "required" => field.is_nullable = false,
            "ro" => field.is_read_only = true,
            "sys" => field.is_system = true,
            "unique" => field.is_unique = true,
            "max1" => {
                field.settings = Value::Object(Map::from_iter([(
                    "maxNumberOfValues".to_owned(),
                    Value::from(1),
                )]));
            }
            default if default.starts_with('=') => {
                let text = &default[1..];
                field.default_value =
                    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_every_relation_has_two_ends() {
        let (objects, unread) = read(CATALOGUE);
        assert_eq!(unread, [""; 0]);
        assert_eq!(objects.len(), 28);
        assert_eq!(objects.iter().map(|o| o.fields.len()).sum::<usize>(), 454);
        for object in &objects {
            for field in &object.fields {
                let Some(relation) = &field.relation else {
                    continue;
                };
                let target = objects.iter().find(|o| o.name_singular == relation.target);
                let target = target.unwrap_or_else(|| panic!("no {}", relation.target));
                if relation.kind == RelationKind::OneToMany {
                    let column = target.column(&relation.join_column);
                    let back = column
                        .and_then(|f| f.relation.as_ref())
                        .map(|r| r.target.as_str());
                    assert_eq!(
                        back,
                        Some(object.name_singular.as_str()),
                        "{}.{}",
                        object.name_singular,
                        field.name
                    );
                }
            }
        }
    }

    #[test]
    fn names_become_words() {
        assert_eq!(words("calendarEvent"), "Calendar event");
    }
}
