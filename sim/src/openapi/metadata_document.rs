//! The document that describes the metadata routes; it does not depend on the schema.

use serde_json::{Map, Value, json};

use super::info;
use super::parts::{
    answers, body, data_of, document_path, external_docs, list_of, page_of, parameter, parameters,
    reference, responses, security_schemes,
};
use crate::catalogue::words;
use crate::schema::{FIELD_TYPES, capitalise};

const RESOURCES: &str = include_str!("metadata_resources.txt");

/// One property of a resource and the schemas that contain it.
struct Property<'a> {
    name: &'a str,
    schema: Value,
    uses: Vec<&'a str>,
}

struct Resource<'a> {
    one: &'a str,
    many: &'a str,
    properties: Vec<Property<'a>>,
}

fn resources() -> Vec<Resource<'static>> {
    let mut all: Vec<Resource> = Vec::new();
    for line in RESOURCES.lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("resource"), Some(one), Some(many)) => {
                all.push(Resource {
                    one,
                    many,
                    properties: Vec::new(),
                });
            }
            (Some(name), Some(kind), first) => {
                let uses: Vec<&str> = first.into_iter().chain(words).collect();
                if let Some(resource) = all.last_mut() {
                    let schema = schema_of(kind);
                    resource.properties.push(Property { name, schema, uses });
                }
            }
            _ => {}
        }
    }
    all
}

fn schema_of(kind: &str) -> Value {
    match kind {
        "text" => json!({ "type": "string" }),
        "uuid" => json!({ "type": "string", "format": "uuid" }),
        "date" => json!({ "type": "string", "format": "date-time" }),
        "number" => json!({ "type": "number" }),
        "bool" => json!({ "type": "boolean" }),
        "any" => json!({}),
        "map" => json!({ "type": "object" }),
        "texts" => json!({ "type": "array", "items": { "type": "string" } }),
        "grid" => reference("GridPosition"),
        "fields" => list_of("FieldForResponse"),
        "tabs" => list_of("PageLayoutTabForResponse"),
        "kind" => json!({ "type": "string", "enum": field_type_names() }),
        "options" => json!({
            "type": "array",
            "description": "The choices of a SELECT or MULTI_SELECT field",
            "items": { "type": "object", "properties": {
                "color": { "type": "string" },
                "label": { "type": "string" },
                "value": {
                    "type": "string",
                    "pattern": "^[A-Z0-9]+_[A-Z0-9]+$",
                    "example": "OPTION_1",
                },
                "position": { "type": "number" },
            } },
        }),
        values => json!({ "type": "string", "enum": values.split('|').collect::<Vec<_>>() }),
    }
}

/// All field types by name, in alphabetical order.
pub fn field_type_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = FIELD_TYPES.iter().map(|(_, name)| *name).collect();
    names.push("MORPH_RELATION");
    names.sort_unstable();
    names
}

fn schema(resource: &Resource, purpose: &str, description: String) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut required_last = Vec::new();
    for property in resource
        .properties
        .iter()
        .filter(|p| p.uses.contains(&purpose))
    {
        let mut schema = property.schema.clone();
        let word = |prefix: &str| {
            property
                .uses
                .iter()
                .find_map(|word| word.strip_prefix(prefix))
        };
        let default = match purpose {
            "c" => word("="),
            "u" => word("update="),
            _ => None,
        };
        if let Some(default) = default.and_then(|text| serde_json::from_str(text).ok()) {
            schema["default"] = default;
        }
        if purpose == "c" {
            if let (Some(more), Some(Value::Array(values))) =
                (word("more="), schema.get_mut("enum"))
            {
                values.extend(more.split('|').map(Value::from));
            }
            if property.uses.contains(&"required") {
                required.push(property.name);
            }
            if property.uses.contains(&"required-last") {
                required_last.push(property.name);
            }
        }
        properties.insert(property.name.to_owned(), schema);
    }
    let mut schema =
        json!({ "type": "object", "description": description, "properties": properties });
    required.append(&mut required_last);
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn paths(resource: &Resource) -> [(String, Value); 2] {
    let (one, many) = (resource.one, resource.many);
    let pascal = capitalise(one);
    let shown = || reference(&format!("{pascal}ForResponse"));
    let operation = |verb: &str, noun: &str, parameters: &[&str]| {
        let parameters: Vec<Value> = parameters.iter().map(|p| parameter(p)).collect();
        json!({
            "tags": [many],
            "summary": format!("{verb} {noun}"),
            "parameters": parameters,
        })
    };
    let mut list = operation(
        "Find Many",
        many,
        &["limit", "startingAfter", "endingBefore"],
    );
    list["responses"] = answers("200", page_of(many, &format!("{pascal}ForResponse")));

    let mut create = json!({ "tags": [many], "summary": format!("Create One {one}") });
    create["operationId"] = Value::from(format!("createOne{pascal}"));
    create["requestBody"] = body(reference(&pascal));
    create["responses"] = answers("201", data_of(&format!("createOne{pascal}"), shown()));

    let mut delete = operation("Delete One", one, &["idPath"]);
    delete["operationId"] = Value::from(format!("deleteOne{pascal}"));
    let id = json!({ "type": "object", "properties": { "id": schema_of("uuid") } });
    delete["responses"] = answers("200", data_of(&format!("deleteOne{pascal}"), id));

    let mut find = operation("Find One", one, &["idPath"]);
    find["responses"] = answers("200", data_of(one, shown()));

    let mut update = operation("Update One", one, &["idPath"]);
    update["operationId"] = Value::from(format!("updateOne{pascal}"));
    update["requestBody"] = body(reference(&format!("{pascal}ForUpdate")));
    update["responses"] = answers("200", data_of(&format!("updateOne{pascal}"), shown()));

    [
        (format!("/{many}"), json!({ "get": list, "post": create })),
        (
            format!("/{many}/{{id}}"),
            json!({ "delete": delete, "get": find, "patch": update }),
        ),
    ]
}

/// The whole document.
pub fn document(server: &str) -> Value {
    let mut schemas = Map::new();
    let mut all_paths = Map::new();
    let mut tags = vec![json!({ "name": "General", "description": "General requests" })];
    all_paths.insert("/open-api/metadata".to_owned(), document_path(server));
    for resource in resources() {
        let pascal = capitalise(resource.one);
        let label = words(resource.one).to_lowercase();
        let many = json!({
            "type": "array",
            "description": format!("Several of: {label}"),
            "items": reference(&pascal),
        });
        let many_shown = json!({
            "type": "array",
            "description": format!("Several of: {label}"),
            "items": reference(&format!("{pascal}ForResponse")),
        });
        let plural = capitalise(resource.many);
        schemas.insert(
            pascal.clone(),
            schema(&resource, "c", format!("One {label}")),
        );
        schemas.insert(plural.clone(), many);
        schemas.insert(
            format!("{pascal}ForUpdate"),
            schema(&resource, "u", format!("Changes to one {label}")),
        );
        schemas.insert(
            format!("{pascal}ForResponse"),
            schema(&resource, "r", format!("One {label}")),
        );
        schemas.insert(format!("{plural}ForResponse"), many_shown);
        all_paths.extend(paths(&resource));
        tags.push(json!({
            "name": resource.many,
            "description": format!("Object `{plural}`"),
        }));
    }
    let number = |minimum: u64| json!({ "type": "number", "minimum": minimum });
    schemas.insert(
        "GridPosition".to_owned(),
        json!({
            "type": "object",
            "description": "Place of a widget",
            "properties": {
                "row": number(0),
                "column": number(0),
                "rowSpan": number(1),
                "columnSpan": number(1),
            },
            "required": ["row", "column", "rowSpan", "columnSpan"],
        }),
    );
    json!({
        "openapi": "3.1.1",
        "info": info::info(server, "metadata"),
        "servers": [{
            "url": format!("{server}/rest/metadata"),
            "description": "Production Development",
        }],
        "components": {
            "securitySchemes": security_schemes(),
            "schemas": schemas,
            "parameters": parameters(1000, 1000),
            "responses": responses(),
        },
        "security": [{ "bearerAuth": [] }],
        "externalDocs": external_docs(),
        "paths": all_paths,
        "tags": tags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_has_its_schemas_and_paths() {
        let document = document("http://x");
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.len(), 13 * 5 + 1);
        assert_eq!(document["paths"].as_object().unwrap().len(), 13 * 2 + 1);
        assert_eq!(
            schemas["Field"]["required"],
            json!(["type", "name", "label", "objectMetadataId"])
        );
        assert_eq!(
            schemas["ObjectForUpdate"]["properties"],
            json!({
                "isActive": { "type": "boolean" }
            })
        );
    }
}
