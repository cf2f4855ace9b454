//! Rows that were deleted according to webhooks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::core::twenty::ids::{CrmId, ObjectKind};

/// Deleted rows and their last versions, for rows that have no mapping any more: a late event must not restore the
/// mapping.
pub struct DeletedRows(Mutex<LruCache<(ObjectKind, CrmId), u64>>);

/// Events overtake each other by seconds at most, and fewer records than this are deleted in that time.
const CAPACITY: usize = 10_000;

impl Default for DeletedRows {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl DeletedRows {
    fn lock(&self) -> MutexGuard<'_, LruCache<(ObjectKind, CrmId), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that the row was deleted with this version.
    pub fn note(&self, kind: ObjectKind, row: CrmId, version: u64) {
        let mut rows = self.lock();
        rows.put((kind, row), version);
        while rows.len() > CAPACITY {
            rows.pop_lru();
        }
    }

    /// Whether the row was deleted after it had this version.
    pub fn is_later(&self, kind: ObjectKind, row: CrmId, version: u64) -> bool {
        self.lock()
            .get(&(kind, row))
            .is_some_and(|deleted| *deleted > version)
    }
}
