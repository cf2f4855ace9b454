//! A mapping store that lives in JavaScript, asked through the dispatcher.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::dispatcher::Shared;
use crate::core::store::{Mapping, MappingStore};
use crate::core::twenty::ids::ObjectKind;

/// The port of DESIGN.md, as the caller's object has it.
pub struct CallerStore {
    shared: Arc<Shared>,
    target: u32,
}

impl CallerStore {
    /// The store that `lib/dispatcher.js` registered as `target`.
    pub fn new(shared: Arc<Shared>, target: u32) -> Self {
        Self { shared, target }
    }

    async fn ask(&self, method: &'static str, arguments: Value) -> Result<Value, String> {
        let text = self
            .shared
            .ask(self.target, method, arguments.to_string())
            .await?;
        serde_json::from_str(&text).map_err(|_| format!("{method} gave what is not JSON"))
    }
}

impl MappingStore for CallerStore {
    fn find_by_ever_id<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            let found = self
                .ask("findByEverId", json!([ever_id, kind.singular()]))
                .await?;
            Ok(found
                .get("crmId")
                .and_then(Value::as_str)
                .map(str::to_owned))
        })
    }

    fn upsert_mapping<'a>(
        &'a self,
        mapping: &'a Mapping,
        data: &'a str,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let data: Value = serde_json::from_str(data).unwrap_or(Value::Null);
            let mapping = json!([{
                "everId": mapping.ever_id,
                "crmId": mapping.crm_id,
                "objectType": mapping.kind.singular(),
                "dataForHash": data,
            }]);
            self.ask("upsertMapping", mapping).await.map(drop)
        })
    }

    fn delete_mapping<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.ask("deleteMapping", json!([ever_id, kind.singular()]))
                .await
                .map(drop)
        })
    }

    fn identity(&self) -> u64 {
        // One environment has one dispatcher; its address tells environments apart, the number the objects in one.
        let environment = Arc::as_ptr(&self.shared) as usize as u64;
        environment.rotate_left(24) ^ u64::from(self.target)
    }
}
