//! Data that outlives the process: mappings from external ids to CRM ids, the configuration, and the outbox. The
//! in-memory cache is `sync::mappings`.

mod bounded;
pub mod outbox;
mod seal;
mod sqlite;
pub mod sqlite_config;
mod sqlite_db;
mod sqlite_error;
mod sqlite_schema;
mod version_hash;

use futures_util::future::BoxFuture;

use crate::core::twenty::ids::ObjectKind;

pub use bounded::BoundedStore;
pub use sqlite::SqliteMappingStore;
pub use version_hash::version_hash;

/// A pair of ids, the site's and the CRM's, for one kind of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The caller's external id.
    pub ever_id: String,
    /// The record's id in the CRM.
    pub crm_id: String,
    /// Person or company.
    pub kind: ObjectKind,
}

/// A mapping as read from a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMapping {
    /// The pair of ids.
    pub mapping: Mapping,
    /// Hash of the last write, if the store has one.
    pub version_hash: Option<String>,
    /// The time of the last write, in milliseconds since the epoch, if the store knows it.
    pub last_synced_at_ms: Option<u64>,
}

/// A mapping to write to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingWrite {
    /// The pair of ids.
    pub mapping: Mapping,
    /// Hash of the write; `None`: the store computes it from `data`.
    pub version_hash: Option<String>,
    /// JSON text of the written object; `None` if the content is unknown.
    pub data: Option<String>,
}

/// The interface of mapping stores. Errors are messages for people: a failing store never fails an upsert.
pub trait MappingStore: Send + Sync {
    /// The mapping of an external id.
    fn find<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>>;

    /// The mappings of many external ids, in one call and in any order; unknown ones are left out.
    fn find_many<'a>(
        &'a self,
        ever_ids: &'a [String],
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Vec<StoredMapping>, String>>;

    /// The mapping of a CRM id; if there are several, the one written last.
    fn find_by_crm_id<'a>(
        &'a self,
        crm_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>>;

    /// Writes many mappings in one call: all of them, or none and an error. If a key occurs twice, the later one wins.
    fn upsert_many<'a>(&'a self, mappings: &'a [MappingWrite])
    -> BoxFuture<'a, Result<(), String>>;

    /// Removes a mapping that the server has shown to be wrong.
    fn delete_mapping<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// A number that identifies the store. Two services share their caches only if their stores are the same.
    fn identity(&self) -> u64;

    /// The CRM id of an external id.
    fn find_by_ever_id<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            let found = self.find(ever_id, kind).await?;
            Ok(found.map(|found| found.mapping.crm_id))
        })
    }

    /// Writes one mapping; `data` is the JSON text of the written object, for stores that hash it.
    fn upsert_mapping<'a>(
        &'a self,
        mapping: &'a Mapping,
        data: &'a str,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let write = MappingWrite {
                mapping: mapping.clone(),
                version_hash: None,
                data: Some(data.to_owned()),
            };
            self.upsert_many(std::slice::from_ref(&write)).await
        })
    }
}
