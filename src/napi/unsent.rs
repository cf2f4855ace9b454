//! The native half of `TwentyCrmSyncService` in the modes that send nothing: text in, text out.

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde_json::json;

use super::dispatcher::{AnswerKind, AnswerText, Dispatcher};
use super::rest_client::thrown;
use super::sqlite_store::SqliteStore;
use super::store_argument::store_of;
use crate::core::sync::delete::DeleteMode;
use crate::core::sync::offline::OfflineService as CoreService;
use crate::core::sync::options::ServiceOptions;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::external_id_from_json;

/// Internal: the native half of a `TwentyCrmSyncService` that sends nothing to Twenty.
#[napi]
pub struct UnsentService {
    core: CoreService,
}

#[napi]
impl UnsentService {
    /// From the options as JSON text, and the mapping store (as in `SyncService`).
    #[napi(constructor, catch_unwind)]
    pub fn new(
        options: String,
        dispatcher: &Dispatcher,
        store: Option<Either<u32, ClassInstance<SqliteStore>>>,
    ) -> Result<Self> {
        let options = ServiceOptions::from_json(&options).map_err(thrown)?;
        let store = store.map(|store| store_of(dispatcher, &store));
        Ok(Self {
            core: CoreService::new(options, store),
        })
    }

    /// Returns `{id, data, flat}` as JSON text: the id that a new record would get, the normalised input, and the flat
    /// entity if it differs, otherwise null. `kind` 0 is a person, 1 a company.
    #[napi(catch_unwind)]
    pub fn normalise(&self, kind: u8, input: String) -> Result<String> {
        let normalised = self.core.normalise(kind_of(kind), &input).map_err(thrown)?;
        let id = normalised.id.to_string();
        Ok(json!({"id": id, "data": normalised.data, "flat": normalised.flat}).to_string())
    }

    /// Checks a deletion and returns `{external_id, mode}` as JSON text. The arguments are those of
    /// `SyncService.delete`.
    #[napi(catch_unwind)]
    pub fn normalise_deletion(&self, key: String, options: Option<String>) -> Result<String> {
        let external_id = external_id_from_json(&key).map_err(thrown)?;
        let mode = DeleteMode::from_json(options.as_deref().unwrap_or("{}")).map_err(thrown)?;
        Ok(json!({"external_id": external_id, "mode": mode}).to_string())
    }

    /// Starts call `id`: asks the store; the answer is `{id, warning}` as JSON text, each of which may be null.
    #[napi(catch_unwind)]
    pub fn mapped_id(
        &self,
        dispatcher: &Dispatcher,
        id: u32,
        kind: u8,
        external_id: String,
    ) -> Result<()> {
        let core = self.core.clone();
        dispatcher.run(id, async move {
            let (mapped, warning) = match core.mapped_id(kind_of(kind), &external_id).await {
                Ok(mapped) => (mapped, None),
                Err(warning) => (None, Some(warning)),
            };
            let answer = json!({"id": mapped, "warning": warning});
            (AnswerKind::Success, AnswerText::Text(answer.to_string()))
        })
    }
}

fn kind_of(kind: u8) -> ObjectKind {
    match kind {
        0 => ObjectKind::Person,
        _ => ObjectKind::Company,
    }
}
