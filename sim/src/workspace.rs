//! Data that is the same in every simulated workspace.

use uuid::Uuid;

use crate::schema::stable_id;

/// The workspace's id.
pub const WORKSPACE_ID: &str = "3f1f5b1e-6f0a-4b8e-9f57-2a6f1d3c9a10";

/// Ids of two roles: one that API keys cannot have, and one that they can.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Roles {
    /// Not allowed for keys.
    pub guest: Uuid,
    /// Reads records.
    pub reader: Uuid,
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
