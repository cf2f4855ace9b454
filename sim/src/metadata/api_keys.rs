//! `/rest/metadata/apiKeys`: as far as it was recorded, which is what a person's session can do.

use serde_json::{Value, json};
use uuid::Uuid;

use super::plain_list;
use crate::clock::{iso, parse_iso};
use crate::errors::ApiError;
use crate::http::{ApiResult, Request, Response};
use crate::schema::stable_id;
use crate::state::{State, WORKSPACE_ID};

/// Expiry of the key that exists from the start: 100 years after the workspace.
const FIRST_KEY_LIFE_MS: i64 = 100 * 365 * 24 * 3_600_000;

/// Ids of two roles: one that API keys cannot have, and one that they can.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Roles {
    guest: Uuid,
    reader: Uuid,
}

impl Roles {
    /// The same for every simulator.
    pub fn of_workspace() -> Self {
        Self {
            guest: stable_id("role:guest"),
            reader: stable_id("role:reader"),
        }
    }
}

/// The row of the key that exists from the start. The simulator's other keys are its own
/// affair and are not listed.
pub fn first_row(now_ms: i64) -> Value {
    let id = stable_id("apiKey:first").to_string();
    row(&id, "My api key", now_ms + FIRST_KEY_LIFE_MS, now_ms)
}

fn row(id: &str, name: &str, expires_at_ms: i64, now_ms: i64) -> Value {
    json!({
        "workspaceId": WORKSPACE_ID,
        "id": id,
        "name": name,
        "expiresAt": iso(expires_at_ms),
        "revokedAt": null,
        "createdAt": iso(now_ms),
        "updatedAt": iso(now_ms),
    })
}

/// All keys.
pub fn list(state: &State, request: &Request) -> ApiResult<Response> {
    if !request.key.as_ref().is_some_and(|key| key.may_administer) {
        return Err(ApiError::permission_denied(400));
    }
    let rows = state.world().api_keys.clone();
    plain_list(state, request, &rows)
}

/// Only a person's session makes and revokes keys.
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

/// Makes a key row; the token behind it is made elsewhere and was not recorded.
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
    let row = row(
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
    // The row is touched a moment after the date in it was taken.
    row["updatedAt"] = Value::from(iso(now_ms + 2));
    Ok(Response::json(200, row))
}
