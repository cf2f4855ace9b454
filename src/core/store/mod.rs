//! What outlives the process: mappings from external ids to CRM ids, the configuration, and the outbox. The memory of
//! the process is `sync::mappings`.

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

/// A pair of ids: the site's and the CRM's, of one kind of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The caller's external id.
    pub ever_id: String,
    /// The record's id in the CRM.
    pub crm_id: String,
    /// What it is.
    pub kind: ObjectKind,
}

/// A mapping as a store gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMapping {
    /// The pair of ids.
    pub mapping: Mapping,
    /// Hash of what was written last, if the store has one.
    pub version_hash: Option<String>,
    /// When that was, in milliseconds since the epoch, if the store knows.
    pub last_synced_at_ms: Option<u64>,
}

/// A mapping on its way into a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingWrite {
    /// The pair of ids.
    pub mapping: Mapping,
    /// Hash of what was written; none: the store makes one of `data`.
    pub version_hash: Option<String>,
    /// JSON text of what was written, an object; none where nothing is known of it.
    pub data: Option<String>,
}

/// The port behind which mappings live. Errors are messages for people: a store that fails never fails an upsert.
pub trait MappingStore: Send + Sync {
    /// What is known of an external id.
    fn find<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>>;

    /// What is known of many external ids, in one go and in any order; unknown ones are left out.
    fn find_many<'a>(
        &'a self,
        ever_ids: &'a [String],
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Vec<StoredMapping>, String>>;

    /// The way back: the mapping of a CRM id, the one written last where there are several.
    fn find_by_crm_id<'a>(
        &'a self,
        crm_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>>;

    /// Remembers many mappings in one go: all of them, or none and an error. Of one key twice, the later counts.
    fn upsert_many<'a>(&'a self, mappings: &'a [MappingWrite])
    -> BoxFuture<'a, Result<(), String>>;

    /// Forgets a mapping that the server disowned.
    fn delete_mapping<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// Two services share what they remember only when their stores are the same: a number that tells stores apart.
    fn identity(&self) -> u64;

    /// The CRM id that is known for an external id.
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

    /// Remembers one mapping; `data` is the JSON text of what was written, for stores that hash it.
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
