//! An upsert's turn among the calls of its key.

use std::sync::Arc;

use crate::core::error::CrmError;

use super::context::SyncContext;
use super::options::CallOptions;
use super::queue::keyed_queue::{Hold, Turn, Write};
use super::record::input::{Input, Outcome, Upserted};

impl SyncContext {
    /// Refuses input that is invalid whatever the workspace's schema is.
    pub(super) fn check(&self, input: &Input) -> Result<(), CrmError> {
        match input {
            Input::Person(person) => self.options.emails.read(&person.email).map(drop),
            _ => Ok(()),
        }
    }

    /// Queues one upsert and sends it in a departure. The place in the queue is taken at once. Must be called within a
    /// tokio runtime.
    pub(super) fn in_turn(
        &self,
        input: Input,
        options: CallOptions,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<Turn<Arc<Upserted>>, CrmError>> + Send + 'static {
        let context = self.clone();
        let number = self.departure_number();
        let write: Write<Input, Outcome> = Arc::new(move |input, audience| {
            let context = context.clone();
            Box::pin(async move { context.depart(input, options, number, audience).await })
        });
        self.in_upsert_turn(input, options, write, hold)
    }
}
