//! Rows that webhooks told to be deleted.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::core::twenty::ids::{CrmId, ObjectKind};

/// How long ago rows were deleted of which nothing else is remembered: an event that comes late must not bring the
/// mapping back.
pub struct DeletedRows(Mutex<LruCache<(ObjectKind, CrmId), u64>>);

/// Events overtake each other within seconds, and so many records are not deleted in them.
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

    /// The row had this version when it was deleted.
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
