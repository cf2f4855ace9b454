//! Whether the schema has changed under records on their way: looked at when an answer could have that reason.

use std::sync::Arc;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::context::SyncContext;
use crate::core::sync::record::errors::is_unknown_field;
use crate::core::sync::record::refusal::is_about_one_record;
use crate::core::sync::schema_source::Sign;
use crate::core::twenty::schema::WorkspaceSchema;

/// The schema that records are mapped on, and the one that came after it.
pub struct SchemaWatch<'a> {
    context: &'a SyncContext,
    current: Arc<WorkspaceSchema>,
    newer: Option<Arc<WorkspaceSchema>>,
    looks_left: u8,
}

/// How often the schema is asked for: it may change while what was read before is still on its way here.
const MAX_LOOKS: u8 = 2;

impl<'a> SchemaWatch<'a> {
    /// A watch over `current`.
    pub fn new(context: &'a SyncContext, current: Arc<WorkspaceSchema>) -> Self {
        Self {
            context,
            current,
            newer: None,
            looks_left: MAX_LOOKS,
        }
    }

    /// Whether a schema that has changed explains this refusal of a whole request. The server is asked for it twice at
    /// most: further changes in so short a time are left to the next call.
    pub async fn explains(&mut self, error: &CrmError) -> bool {
        if self.newer.is_some() {
            return true;
        }
        let names = &self.context.options.field_names;
        if error.code != ErrorCode::ValidationError || is_about_one_record(error, names) {
            return false;
        }
        self.look(is_unknown_field(error)).await
    }

    /// Whether there is a newer schema. `is_certain`: nothing else explains what was answered.
    pub async fn look(&mut self, is_certain: bool) -> bool {
        if self.newer.is_some() {
            return true;
        }
        if self.looks_left == 0 {
            return false;
        }
        self.looks_left -= 1;
        let sign = match is_certain {
            true => Sign::Certain,
            false => Sign::Possible,
        };
        // Where it cannot be read, the refusal stands for itself.
        let newer = self.context.newer_schema(&self.current, sign).await;
        self.newer = newer.ok().flatten();
        if self.newer.is_none() {
            self.looks_left = 0;
        }
        self.newer.is_some()
    }

    /// The schema to map on from now on, when an answer has shown that there is another one.
    pub fn take_newer(&mut self) -> Option<Arc<WorkspaceSchema>> {
        let newer = self.newer.take()?;
        self.current = Arc::clone(&newer);
        Some(newer)
    }
}
