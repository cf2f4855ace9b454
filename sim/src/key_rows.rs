//! API keys as their routes print them.

use serde_json::{Value, json};

use crate::clock::iso;
use crate::schema::stable_id;
use crate::workspace::WORKSPACE_ID;

/// Expiry of the initial key: 100 years after the workspace was created.
const FIRST_KEY_LIFE_MS: i64 = 100 * 365 * 24 * 3_600_000;

/// The row of the initial key. The simulator's other keys are not listed.
pub fn first(now_ms: i64) -> Value {
    let id = stable_id("apiKey:first").to_string();
    row(&id, "My api key", now_ms + FIRST_KEY_LIFE_MS, now_ms)
}

/// The row of a valid key.
pub fn row(id: &str, name: &str, expires_at_ms: i64, now_ms: i64) -> Value {
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
