//! The OpenAPI documents, generated from the current schema at each request.
//!
//! They have the form, the custom fields and the size of the real ones (about 650 kB for the core), including their
//! errors: they say that depth is 1 by default, have no PUT, and list a `/restore/{id}` that never works
//! (`docs/twenty/protocol.md#custom-fields`).

mod events;
mod fields;
mod info;
mod metadata_document;
mod parts;
mod paths;

pub use metadata_document::field_type_names;

use serde_json::{Map, Value, json};

use crate::errors::ApiError;
use crate::http::{Request, Response};
use crate::schema::{Object, Schema};
use crate::state::State;

/// Answers `GET /rest/open-api/core` and `GET /rest/open-api/metadata`.
pub fn handle(state: &State, request: &Request) -> Response {
    let host = request.header("host").unwrap_or("127.0.0.1");
    let server = format!("http://{host}");
    match request.path.trim_end_matches('/').rsplit('/').next() {
        Some("core") => {
            let schema = state.world().schema.clone();
            let document = state.core_document.get(&schema, &server, || {
                // Values with string keys always serialise.
                serde_json::to_vec(&core_document(&schema, &server)).unwrap_or_default()
            });
            Response::bytes(200, document.to_vec())
        }
        Some("metadata") => Response::json(200, &metadata_document::document(&server)),
        _ => ApiError::no_route(&request.method, &request.path).into(),
    }
}

/// The document that describes the records of a workspace.
pub fn core_document(schema: &Schema, server: &str) -> Value {
    let mut objects: Vec<&Object> = schema
        .objects
        .iter()
        .filter(|object| object.is_active)
        .map(AsRef::as_ref)
        .collect();
    // In the document's order: by plural name, whatever the case.
    objects.sort_by_key(|object| object.name_plural.to_lowercase());

    let mut schemas = Map::new();
    let mut paths = Map::new();
    let mut webhooks = Map::new();
    let mut tags = vec![json!({ "name": "General", "description": "General requests" })];
    paths.insert("/open-api/core".to_owned(), parts::document_path(server));
    for object in &objects {
        let name = object.pascal_singular();
        schemas.insert(name.clone(), fields::input(object));
        schemas.insert(format!("{name}ForUpdate"), fields::update(object));
        schemas.insert(format!("{name}ForResponse"), fields::response(object));
        paths.extend(paths::of_object(object));
        if object.name_singular == "dashboard" {
            let path = "/dashboards/{id}/duplicate".to_owned();
            paths.insert(path, paths::duplicate_dashboard());
        }
        webhooks.extend(events::of_object(object));
        tags.push(json!({
            "name": object.name_plural,
            "description": format!("Object `{}`", object.pascal_plural()),
        }));
    }
    json!({
        "openapi": "3.1.1",
        "info": info::info(server, "core"),
        "servers": [{ "url": format!("{server}/rest/"), "description": "Production Development" }],
        "components": {
            "securitySchemes": parts::security_schemes(),
            "schemas": schemas,
            "parameters": parts::parameters(200, 60),
            "responses": parts::responses(),
        },
        "security": [{ "bearerAuth": [] }],
        "externalDocs": parts::external_docs(),
        "paths": paths,
        "webhooks": webhooks,
        "tags": tags,
    })
}
