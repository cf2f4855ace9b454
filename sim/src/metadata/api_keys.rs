//! `/rest/metadata/apiKeys`, as far as it was recorded: the calls of a user's session.

use serde_json::Value;
use uuid::Uuid;

use super::plain_list;
use crate::clock::{iso, parse_iso};
use crate::errors::ApiError;
use crate::http::{ApiResult, Request, Response};
use crate::key_rows;
use crate::state::State;
use crate::workspace::Roles;

/// All keys.
pub fn list(state: &State, request: &Request) -> ApiResult<Response> {
    if !request.key.as_ref().is_some_and(|key| key.may_administer) {
        return Err(ApiError::permission_denied(400));
    }
    let rows = state.world().api_keys.clone();
    plain_list(state, request, &rows)
}

/// Only a user's session may create and revoke keys.
fn require_session(request: &Request) -> ApiResult<()> {
    let Some(key) = &request.key else {
        return Err(ApiError::permission_denied(400));
    };
    if !key.is_session {
        let message = "This endpoint requires a session access token";
        return Err(ApiError::coded("FORBIDDEN_EXCEPTION", message));
    }
    if !key.may_administer {
        return Err(ApiError::permission_denied(400));
    }
    Ok(())
}

/// Creates a key row. Its token is created elsewhere, which was not recorded.
pub fn create(state: &State, request: &Request) -> ApiResult<Response> {
    require_session(request)?;
    let body = request.json.clone().unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let role = Uuid::parse_str(text("roleId")).ok();
    if role != Some(Roles::of_workspace().reader) {
        let message = "Multiple validation errors occurred while creating role targets";
        return Err(ApiError::core(
            400,
            "WorkspaceMigrationBuilderException",
            message,
        ));
    }
    let now_ms = state.now_ms();
    let expires_at_ms = parse_iso(text("expiresAt")).unwrap_or(now_ms);
    let row = key_rows::row(
        &state.new_id().to_string(),
        text("name"),
        expires_at_ms,
        now_ms,
    );
    state.world().api_keys.push(row.clone());
    Ok(Response::json(201, &row))
}

/// Revokes a key; its row stays.
pub fn revoke(state: &State, request: &Request, id: Uuid) -> ApiResult<Response> {
    require_session(request)?;
    let now_ms = state.now_ms();
    let id = id.to_string();
    let mut world = state.world();
    let row = world
        .api_keys
        .iter_mut()
        .find(|row| row["id"] == id.as_str());
    let row = row.ok_or_else(ApiError::record_not_found)?;
    row["revokedAt"] = Value::from(iso(now_ms));
    // The server updates the row a moment after it takes that date.
    row["updatedAt"] = Value::from(iso(now_ms + 2));
    Ok(Response::json(200, row))
}
