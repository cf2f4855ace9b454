//! Changes of records, as webhooks report them (`docs/twenty/protocol.md#webhooks`).

use std::sync::Arc;

use serde_json::Value;

use crate::schema::Object;

/// Kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventAction {
    /// Inserted.
    Created,
    /// Changed; a write that changes nothing sends no event.
    Updated,
    /// Soft-deleted.
    Deleted,
    /// Restored from soft deletion.
    Restored,
    /// Permanently deleted.
    Destroyed,
}

impl EventAction {
    /// The second half of the event's name, such as `created` in `person.created`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Destroyed => "destroyed",
        }
    }
}

/// One change of one record.
#[derive(Debug, Clone)]
pub struct RecordEvent {
    /// The record's object.
    pub object: Arc<Object>,
    /// Kind of change.
    pub action: EventAction,
    /// The record as REST prints it, after the change (before it, for `Destroyed`).
    pub record: Value,
    /// Names of the changed columns, for `Updated`.
    pub updated_fields: Vec<String>,
}
