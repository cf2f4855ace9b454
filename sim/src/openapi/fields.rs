//! Component schemas: the fields of an object for creating, updating and reading.

use serde_json::{Map, Value, json};

use crate::schema::{Field, FieldType, Object, RelationKind, capitalise};

/// Columns that the server fills in and no client sends.
const READ_ONLY: [&str; 5] = ["id", "createdAt", "updatedAt", "deletedAt", "searchVector"];

/// Schema of the body that creates a record.
pub fn input(object: &Object) -> Value {
    let mut schema = update(object);
    let required: Vec<&str> = object
        .fields
        .iter()
        .filter(|f| f.is_active && !f.is_nullable && f.default_value.is_null() && !f.is_system)
        .map(|f| f.name.as_str())
        .collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// Schema of the body that updates a record.
pub fn update(object: &Object) -> Value {
    let mut properties = Map::new();
    let mut example = Map::new();
    for field in object.fields.iter().filter(|f| f.is_active) {
        if READ_ONLY.contains(&field.name.as_str()) {
            continue;
        }
        match &field.relation {
            Some(relation) if relation.kind == RelationKind::ManyToOne => {
                let column = json!({ "type": "string", "format": "uuid" });
                properties.insert(relation.join_column.clone(), column);
            }
            Some(_) => {}
            None => {
                properties.insert(
                    field.name.clone(),
                    described(field, value_schema(field, false)),
                );
            }
        }
        if let Some(shown) = example_of(object, field) {
            example.insert(field.name.clone(), shown);
        }
    }
    let mut schema = envelope(object, properties);
    if !example.is_empty() {
        schema["example"] = Value::Object(example);
    }
    schema
}

/// Schema of a record in answers.
pub fn response(object: &Object) -> Value {
    let mut properties = Map::new();
    let mut relations = Map::new();
    for field in object
        .fields
        .iter()
        .filter(|f| f.is_active && f.name != "searchVector")
    {
        match &field.relation {
            None => {
                properties.insert(
                    field.name.clone(),
                    described(field, value_schema(field, true)),
                );
            }
            Some(relation) => {
                let target = format!(
                    "#/components/schemas/{}ForResponse",
                    capitalise(&relation.target)
                );
                let shown = if relation.kind == RelationKind::ManyToOne {
                    let column = json!({ "type": "string", "format": "uuid" });
                    properties.insert(relation.join_column.clone(), column);
                    json!({ "type": "object", "oneOf": [{ "$ref": target }] })
                } else {
                    json!({ "type": "array", "items": { "$ref": target } })
                };
                relations.insert(field.name.clone(), described(field, shown));
            }
        }
    }
    properties.extend(relations);
    envelope(object, properties)
}

fn envelope(object: &Object, properties: Map<String, Value>) -> Value {
    let mut schema = json!({ "type": "object" });
    if let Some(description) = &object.description {
        schema["description"] = Value::from(description.as_str());
    }
    schema["properties"] = Value::Object(properties);
    schema
}

fn described(field: &Field, mut schema: Value) -> Value {
    if let Some(description) = &field.description {
        schema["description"] = Value::from(description.as_str());
    }
    schema
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// The JSON type of a field's value; answers show a little more than requests accept.
fn value_schema(field: &Field, in_response: bool) -> Value {
    let values = || {
        field
            .options
            .iter()
            .map(|o| o.value.as_str())
            .collect::<Vec<_>>()
    };
    match field.kind {
        FieldType::Uuid => json!({ "type": "string", "format": "uuid" }),
        FieldType::Date => json!({ "type": "string", "format": "date" }),
        FieldType::DateTime => json!({ "type": "string", "format": "date-time" }),
        FieldType::Number => json!({ "type": "integer" }),
        FieldType::Numeric | FieldType::Position => json!({ "type": "number" }),
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Select | FieldType::Rating => json!({ "type": "string", "enum": values() }),
        FieldType::MultiSelect => {
            json!({ "type": "array", "items": { "type": "string", "enum": values() } })
        }
        FieldType::Array => json!({ "type": "array", "items": { "type": "string" } }),
        FieldType::RawJson => json!({ "type": "object" }),
        FieldType::Files => files(in_response),
        FieldType::Actor => actor(in_response),
        FieldType::FullName => json!({
            "type": "object",
            "properties": { "firstName": text(), "lastName": text() },
        }),
        FieldType::Emails => json!({
            "type": "object",
            "properties": {
                "primaryEmail": text(),
                "additionalEmails": {
                    "type": "array",
                    "items": { "type": "string", "format": "email" },
                },
            },
        }),
        FieldType::Links => json!({
            "type": "object",
            "properties": {
                "primaryLinkLabel": text(),
                "primaryLinkUrl": text(),
                "secondaryLinks": { "type": "array", "items": {
                    "type": "object",
                    "description": "One more link",
                    "properties": {
                        "url": { "type": "string", "format": "uri" },
                        "label": text(),
                    },
                } },
            },
        }),
        FieldType::Phones => json!({
            "properties": {
                "additionalPhones": { "type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "number": text(), "countryCode": text(), "callingCode": text(),
                    },
                } },
                "primaryPhoneCountryCode": text(),
                "primaryPhoneCallingCode": text(),
                "primaryPhoneNumber": text(),
            },
            "type": "object",
        }),
        FieldType::Currency => json!({
            "type": "object",
            "properties": { "amountMicros": { "type": "number" }, "currencyCode": text() },
        }),
        FieldType::Address => json!({
            "type": "object",
            "properties": {
                "addressStreet1": text(),
                "addressStreet2": text(),
                "addressCity": text(),
                "addressPostcode": text(),
                "addressState": text(),
                "addressCountry": text(),
                "addressLat": { "type": "number" },
                "addressLng": { "type": "number" },
            },
        }),
        FieldType::RichText => json!({
            "type": "object",
            "properties": { "blocknote": text(), "markdown": text() },
        }),
        FieldType::Text | FieldType::TsVector | FieldType::Relation => text(),
    }
}

fn files(in_response: bool) -> Value {
    let mut properties = json!({
        "fileId": { "type": "string", "format": "uuid" },
        "label": text(),
    });
    if in_response {
        properties["extension"] = text();
        properties["url"] = text();
    }
    json!({ "type": "array", "items": { "type": "object", "properties": properties } })
}

fn actor(in_response: bool) -> Value {
    let sources = [
        "EMAIL", "CALENDAR", "WORKFLOW", "AGENT", "API", "IMPORT", "MANUAL", "SYSTEM", "WEBHOOK",
    ];
    let mut properties = json!({ "source": { "type": "string", "enum": sources } });
    if in_response {
        properties["workspaceMemberId"] = json!({ "type": "string", "format": "uuid" });
        properties["name"] = text();
    }
    json!({ "type": "object", "properties": properties })
}

/// The example value in the document, for the types that have one.
fn example_of(object: &Object, field: &Field) -> Option<Value> {
    let host = format!("https://{}.example/", object.name_singular.to_lowercase());
    match field.kind {
        FieldType::FullName => Some(json!({ "firstName": "Ada", "lastName": "Lovelace" })),
        FieldType::Emails => {
            Some(json!({ "primaryEmail": "ada.lovelace@example.com", "additionalEmails": null }))
        }
        FieldType::Links => {
            Some(json!({ "primaryLinkLabel": "", "primaryLinkUrl": host, "secondaryLinks": [] }))
        }
        FieldType::Phones => Some(json!({
            "primaryPhoneNumber": "06 10 20 30 40",
            "primaryPhoneCallingCode": "+33",
            "primaryPhoneCountryCode": "FR",
            "additionalPhones": [],
        })),
        FieldType::Currency => Some(json!({ "amountMicros": "250000000", "currencyCode": "EUR" })),
        FieldType::Select => field.options.first().map(|o| Value::from(o.value.as_str())),
        FieldType::MultiSelect => field.options.first().map(|o| json!([o.value])),
        FieldType::Text if field.name == "name" => {
            Some(Value::from(format!("{} name", object.label_singular)))
        }
        _ => None,
    }
}
