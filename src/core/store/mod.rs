//! Where mappings from external ids to CRM ids outlive the process. The memory of the process is `sync::cache`.

use futures_util::future::BoxFuture;

use crate::core::twenty::ids::ObjectKind;

/// A mapping as stores keep it (DESIGN: `{ everId, crmId, objectType }`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The caller's external id.
    pub ever_id: String,
    /// The record's id in the CRM.
    pub crm_id: String,
    /// What it is.
    pub kind: ObjectKind,
}

/// The port behind which mappings live. Errors are messages for people: a store that fails never fails an upsert.
pub trait MappingStore: Send + Sync {
    /// The CRM id that is known for an external id.
    fn find_by_ever_id<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<String>, String>>;

    /// Remembers a mapping; `data` is the JSON text of what was written, for stores that hash it.
    fn upsert_mapping<'a>(
        &'a self,
        mapping: &'a Mapping,
        data: &'a str,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// Forgets a mapping that the server disowned.
    fn delete_mapping<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// Two services share what they remember only when their stores are the same: a number that tells stores apart.
    fn identity(&self) -> u64;
}
