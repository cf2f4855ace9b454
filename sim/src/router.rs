//! Routes a request to the module that answers it.

use std::sync::Arc;

use serde_json::json;

use crate::errors::ApiError;
use crate::http::{Request, Response};
use crate::state::State;
use crate::{body, graphql, metadata, openapi, records, webhooks};

/// Answers a request in the order of the real server: body parsing, authentication, routes
/// (`docs/twenty/protocol.md#keys`).
pub fn handle(state: &Arc<State>, request: &mut Request) -> Response {
    if request.method == "OPTIONS" {
        return preflight();
    }
    if let Err(error) = body::parse(request) {
        return error.into();
    }
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments[..] {
        ["healthz"] if request.method == "GET" => {
            let body = json!({ "status": "ok", "info": {}, "error": {}, "details": {} });
            return Response::json(200, &body);
        }
        ["graphql" | "metadata"] => return graphql::handle(state, request),
        ["rest", _, ..] => {}
        _ => return ApiError::no_route(&request.method, &request.path).into(),
    }
    match state.authenticate(request) {
        Ok(key) => request.key = Some(key),
        Err(error) => return error.into(),
    }
    if state.settings().database_down {
        return database_down(state, &segments);
    }
    match segments[..] {
        ["rest", "open-api", ..] => openapi::handle(state, request),
        ["rest", "webhooks", ..] | ["rest", "metadata", "webhooks", ..] => {
            webhooks::handle(state, request)
        }
        [
            "rest",
            "metadata",
            "objects" | "fields" | "apiKeys" | "views" | "roles",
            ..,
        ] => metadata::handle(state, request),
        ["rest", "apiKeys"] => metadata::handle_keys(state, request),
        _ => records::handle(state, request),
    }
}

/// On metadata routes nothing catches the driver's error; on the others it becomes a 400
/// (`docs/twenty/protocol.md#errors`).
fn database_down(state: &State, segments: &[&str]) -> Response {
    let message = "connect ECONNREFUSED 127.0.0.1:55432";
    match segments {
        ["rest", "metadata", ..] => ApiError::Bare(message.to_owned()).into(),
        _ => {
            let error = ApiError::core(400, "Error", message);
            match state.settings().differences().named_failures {
                true => error.with_code("TRANSIENT_DATABASE_ERROR").into(),
                false => error.into(),
            }
        }
    }
}

fn preflight() -> Response {
    Response::empty(204)
        .header(
            "Access-Control-Allow-Methods",
            "GET,HEAD,PUT,PATCH,POST,DELETE",
        )
        .header("Vary", "Access-Control-Request-Headers")
        .header("Content-Length", "0")
}
