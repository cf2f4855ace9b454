//! Whether the schema has changed under a chunk: looked at when an answer could have that reason.

use std::sync::Arc;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::context::SyncContext;
use crate::core::sync::schema_source::Sign;
use crate::core::sync::upsert::{is_about_one_record, is_unknown_field};
use crate::core::twenty::schema::WorkspaceSchema;

/// The schema that a chunk is mapped on, and the one that came after it.
pub struct SchemaWatch<'a> {
    service: &'a SyncContext,
    current: Arc<WorkspaceSchema>,
    newer: Option<Arc<WorkspaceSchema>>,
    looks_left: u8,
}

/// How often a chunk asks for the schema: it may change while what was read before is still on its way here.
const MAX_LOOKS: u8 = 2;

impl<'a> SchemaWatch<'a> {
    /// A watch over `current`.
    pub fn new(service: &'a SyncContext, current: Arc<WorkspaceSchema>) -> Self {
        Self {
            service,
            current,
            newer: None,
            looks_left: MAX_LOOKS,
        }
    }

    /// Whether a schema that has changed explains this refusal. The server is asked for it twice at most: further
    /// changes in so short a time are left to the next chunk.
    pub async fn explains(&mut self, error: &CrmError) -> bool {
        if self.newer.is_some() {
            return true;
        }
        let names = &self.service.options.field_names;
        if self.looks_left == 0
            || error.code != ErrorCode::ValidationError
            || is_about_one_record(error, names)
        {
            return false;
        }
        self.looks_left -= 1;
        let sign = if is_unknown_field(error) {
            Sign::Certain
        } else {
            Sign::Possible
        };
        // Where it cannot be read, the refusal stands for itself.
        let newer = self.service.newer_schema(&self.current, sign).await;
        self.newer = newer.ok().flatten();
        if self.newer.is_none() {
            self.looks_left = 0;
        }
        self.newer.is_some()
    }

    /// Whether there is a schema to map on anew.
    pub fn has_newer(&self) -> bool {
        self.newer.is_some()
    }

    /// The schema to map on from now on, when an answer has shown that there is another one.
    pub fn take_newer(&mut self) -> Option<Arc<WorkspaceSchema>> {
        let newer = self.newer.take()?;
        self.current = Arc::clone(&newer);
        Some(newer)
    }
}
