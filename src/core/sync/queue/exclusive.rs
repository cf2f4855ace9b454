//! Work on one record that takes its turn among the upserts of the same key, and is never shared with anybody.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::core::error::CrmError;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::CompanyInput;

use crate::core::sync::context::SyncContext;

use super::keyed_queue::{Hold, Write};
use crate::core::sync::record::input::{Input, Outcome, Upserted};
use crate::core::sync::upsert_turn::broke_off;

impl SyncContext {
    /// Does `work` when all upserts of the key that were called before are done. The place in line is taken at once.
    /// Must be called within a tokio runtime.
    pub(in crate::core::sync) fn in_exclusive_turn<T: Clone + Send + Sync + 'static>(
        &self,
        kind: ObjectKind,
        external_id: String,
        hold: Option<Hold>,
        work: impl Fn(Self) -> BoxFuture<'static, Result<T, CrmError>> + Send + Sync + 'static,
    ) -> impl Future<Output = Result<T, CrmError>> + Send + 'static {
        let result = Arc::new(OnceLock::new());
        // The line is one of upserts. What waits in it as this input is never merged with anything (the settings are
        // nobody else's), so that only its place in the line counts.
        let place_holder = Input::CompanyStub(CompanyInput {
            external_id: external_id.clone(),
            ..CompanyInput::default()
        });
        let (context, slot) = (self.clone(), Arc::clone(&result));
        let write: Write<Input, Outcome> = Arc::new(move |input, audience| {
            let (working, slot) = (work(context.clone()), Arc::clone(&slot));
            let external_id = input.external_id().to_owned();
            Box::pin(async move {
                let working = async {
                    let done = working.await?;
                    // Written once: this closure runs once, because nobody else shares it.
                    let _ = slot.set(done);
                    Ok(Arc::new(Upserted {
                        id: String::new(),
                        external_id,
                        created: false,
                        updated: false,
                        data: Value::Null,
                        warnings: Vec::new(),
                    }))
                };
                audience.unless_left(working).await
            })
        });
        let key = (kind, external_id);
        let settings = fastrand::u64(..);
        let place = self
            .scope
            .queue
            .enter(key, place_holder, settings, Input::merge, write, hold);
        async move {
            let turn = place.wait().await.ok_or_else(|| broke_off("call"))?;
            turn.answer?;
            result.get().cloned().ok_or_else(|| broke_off("call"))
        }
    }
}
