//! `/rest/webhooks` and `/rest/metadata/webhooks`: bare objects and lists.

use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::deliver::hex;
use crate::clock::iso;
use crate::errors::ApiError;
use crate::http::{ApiResult, Request, Response, respond};
use crate::metadata::{plain_list, workspace_application_id};
use crate::state::State;
use crate::workspace::WORKSPACE_ID;

/// Answers a request on webhooks.
pub fn handle(state: &Arc<State>, request: &Request) -> Response {
    respond(route(state, request))
}

fn route(state: &State, request: &Request) -> ApiResult<Response> {
    if !request.key.as_ref().is_some_and(|key| key.may_administer) {
        return Err(ApiError::permission_denied(400));
    }
    let id = request
        .path
        .rsplit('/')
        .next()
        .filter(|last| *last != "webhooks");
    match (request.method.as_str(), id) {
        ("GET" | "HEAD", None) => {
            let rows = state.world().webhooks.clone();
            plain_list(state, request, &rows)
        }
        ("POST", None) => create(state, &request.json.clone().unwrap_or_default()),
        (method, Some(id)) => {
            let id = Uuid::parse_str(id).map_err(|_| {
                let message = "Validation failed (uuid is expected)";
                ApiError::nest(400, "Bad Request", message)
            })?;
            match method {
                "GET" | "HEAD" => Ok(get(state, id)),
                "PATCH" | "PUT" => update(state, request, id),
                "DELETE" => delete(state, id),
                _ => Err(ApiError::no_route(method, &request.path)),
            }
        }
        (method, None) => Err(ApiError::no_route(method, &request.path)),
    }
}

fn not_found() -> ApiError {
    ApiError::coded("WEBHOOK_NOT_FOUND", "Webhook not found")
}

/// An unknown webhook gives an empty answer with status 200.
fn get(state: &State, id: Uuid) -> Response {
    let id = id.to_string();
    match state
        .world()
        .webhooks
        .iter()
        .find(|webhook| webhook["id"] == id.as_str())
    {
        Some(webhook) => Response::json(200, webhook),
        None => Response::empty(200),
    }
}

fn check_target(url: &str) -> ApiResult<()> {
    match Url::parse(url) {
        Ok(url) if url.has_host() => Ok(()),
        _ => Err(ApiError::core(
            400,
            "WorkspaceMigrationBuilderException",
            "Multiple validation errors occurred while creating webhook",
        )),
    }
}

/// The column is a list; the database refuses anything else.
fn check_operations(operations: &Value) -> ApiResult<()> {
    if operations.is_array() {
        return Ok(());
    }
    let sent = operations
        .as_str()
        .map_or_else(|| operations.to_string(), str::to_owned);
    Err(ApiError::bad_request(format!(
        "malformed array literal: \"{sent}\""
    )))
}

/// Registers a webhook; the body is that of the REST route.
///
/// # Errors
/// The server's answer to a target or a list of operations that it does not take.
pub fn create(state: &State, body: &Value) -> ApiResult<Response> {
    let target = body
        .get("targetUrl")
        .and_then(Value::as_str)
        .unwrap_or_default();
    check_target(target)?;
    let operations = body
        .get("operations")
        .cloned()
        .unwrap_or_else(|| json!(["*.*"]));
    check_operations(&operations)?;
    let secret = body
        .get("secret")
        .and_then(Value::as_str)
        .filter(|secret| !secret.is_empty());
    let secret = secret.map_or_else(|| hex(&state.random_bytes(32)), str::to_owned);
    let now = iso(state.now_ms());
    let webhook = json!({
        "id": state.new_id().to_string(),
        "targetUrl": target,
        "operations": operations,
        "description": body.get("description").cloned().unwrap_or_default(),
        "secret": secret,
        "workspaceId": WORKSPACE_ID,
        "applicationId": workspace_application_id(),
        "createdAt": now,
        "updatedAt": now,
        "deletedAt": null,
    });
    state.world().webhooks.push(webhook.clone());
    Ok(Response::json(201, &webhook))
}

fn update(state: &State, request: &Request, id: Uuid) -> ApiResult<Response> {
    let body = request.json.clone().unwrap_or_default();
    if let Some(target) = body.get("targetUrl") {
        check_target(target.as_str().unwrap_or_default())?;
    }
    if let Some(operations) = body.get("operations") {
        check_operations(operations)?;
    }
    let now = iso(state.now_ms());
    let id = id.to_string();
    let mut world = state.world();
    let webhook = world
        .webhooks
        .iter_mut()
        .find(|webhook| webhook["id"] == id.as_str());
    let webhook = webhook.ok_or_else(not_found)?;
    for key in ["targetUrl", "operations", "description", "secret"] {
        if let Some(value) = body.get(key) {
            webhook[key] = value.clone();
        }
    }
    webhook["updatedAt"] = Value::from(now);
    Ok(Response::json(200, webhook))
}

fn delete(state: &State, id: Uuid) -> ApiResult<Response> {
    let id = id.to_string();
    let mut world = state.world();
    let before = world.webhooks.len();
    world
        .webhooks
        .retain(|webhook| webhook["id"] != id.as_str());
    if world.webhooks.len() == before {
        return Err(not_found());
    }
    // The handler returns a bare boolean, which the framework sends as text.
    Ok(Response {
        content_type: Some("text/html; charset=utf-8"),
        ..Response::json(200, &true)
    })
}
