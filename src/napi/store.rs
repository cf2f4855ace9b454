//! A mapping store that lives in JavaScript, asked through the dispatcher. `lib/stores/port.js` wraps the caller's
//! object: it knows the object's methods and converts its answers to the form that is read here.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::dispatcher::Shared;
use crate::core::quoted::Quoted;
use crate::core::store::{Mapping, MappingStore, MappingWrite, StoredMapping};
use crate::core::twenty::ids::ObjectKind;

/// The caller's own mapping store: `MappingStore` of `types/mapping-store.d.ts`.
pub struct CallerStore {
    shared: Arc<Shared>,
    target: u32,
}

/// A mapping as `lib/stores/port.js` writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMapping {
    ever_id: String,
    crm_id: String,
    object_type: String,
    version_hash: Option<String>,
    last_synced_at: Option<f64>,
}

impl CallerStore {
    /// The store that `lib/dispatcher.js` registered as `target`.
    pub fn new(shared: Arc<Shared>, target: u32) -> Self {
        Self { shared, target }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        arguments: Value,
    ) -> Result<T, String> {
        let text = self
            .shared
            .ask(self.target, method, arguments.to_string())
            .await?;
        serde_json::from_str(&text)
            .map_err(|_| format!("{method} returned something that is not a mapping"))
    }
}

/// `person` or `company`.
pub fn kind_named(name: &str) -> Option<ObjectKind> {
    [ObjectKind::Person, ObjectKind::Company]
        .into_iter()
        .find(|kind| kind.singular() == name)
}

fn read(wire: WireMapping) -> Result<StoredMapping, String> {
    let kind = kind_named(&wire.object_type)
        .ok_or_else(|| format!("it returned a mapping of a {}", Quoted(&wire.object_type)))?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let last_synced_at_ms = wire
        .last_synced_at
        .filter(|at| at.is_finite() && *at >= 0.0)
        .map(|at| at as u64);
    Ok(StoredMapping {
        mapping: Mapping {
            ever_id: wire.ever_id,
            crm_id: wire.crm_id,
            kind,
        },
        version_hash: wire.version_hash,
        last_synced_at_ms,
    })
}

fn write(write: &MappingWrite) -> Value {
    let data = write
        .data
        .as_deref()
        .and_then(|data| serde_json::from_str::<Value>(data).ok());
    let mut wire = json!({
        "everId": write.mapping.ever_id,
        "crmId": write.mapping.crm_id,
        "objectType": write.mapping.kind.singular(),
    });
    if let Some(data) = data {
        wire["dataForHash"] = data;
    }
    if let Some(hash) = &write.version_hash {
        wire["versionHash"] = hash.as_str().into();
    }
    wire
}

impl MappingStore for CallerStore {
    fn find<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
        Box::pin(async move {
            let found: Option<WireMapping> = self
                .ask("findByEverId", json!([ever_id, kind.singular()]))
                .await?;
            found.map(read).transpose()
        })
    }

    fn find_many<'a>(
        &'a self,
        ever_ids: &'a [String],
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Vec<StoredMapping>, String>> {
        Box::pin(async move {
            let found: Vec<WireMapping> = self
                .ask("findManyByEverIds", json!([ever_ids, kind.singular()]))
                .await?;
            found.into_iter().map(read).collect()
        })
    }

    fn find_by_crm_id<'a>(
        &'a self,
        crm_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
        Box::pin(async move {
            let found: Option<WireMapping> = self
                .ask("findByCrmId", json!([crm_id, kind.singular()]))
                .await?;
            found.map(read).transpose()
        })
    }

    fn upsert_many<'a>(
        &'a self,
        mappings: &'a [MappingWrite],
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let rows: Vec<Value> = mappings.iter().map(write).collect();
            let _: Option<Value> = self.ask("upsertManyMappings", json!([rows])).await?;
            Ok(())
        })
    }

    fn delete_mapping<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let _: Option<Value> = self
                .ask("deleteMapping", json!([ever_id, kind.singular()]))
                .await?;
            Ok(())
        })
    }

    fn identity(&self) -> u64 {
        // An environment has one dispatcher. Its address identifies the environment, the number identifies the object.
        let environment = Arc::as_ptr(&self.shared) as usize as u64;
        environment.rotate_left(24) ^ u64::from(self.target)
    }
}
