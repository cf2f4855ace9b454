//! Rows that this process has written lately: what a shared look-up has shown of them is older than that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use crate::core::sync::record::row::{Row, id_of};
use crate::core::twenty::ids::ObjectKind;

/// How many are remembered: more than the runs of a process read ahead of their writes.
const CAPACITY: usize = 8_192;

/// The last write to a row: when, as the workspace's row locks count time, and the row after it.
type Write = (u64, Arc<Row>);

/// The rows of one workspace that were written while somebody used a shared look-up.
#[derive(Default)]
pub struct RecentWrites {
    readers: AtomicUsize,
    rows: Mutex<Option<LruCache<(ObjectKind, String), Write>>>,
}

impl RecentWrites {
    /// Whether anybody uses shared look-ups.
    pub fn is_read(&self) -> bool {
        self.readers.load(Ordering::Relaxed) > 0
    }

    /// Somebody uses shared look-ups until the reader is dropped.
    pub fn reader(self: &Arc<Self>) -> Reader {
        self.readers.fetch_add(1, Ordering::Relaxed);
        Reader(Arc::clone(self))
    }

    /// A row was written; `row` is its echo.
    pub fn note(&self, kind: ObjectKind, row: &Row, at: u64) {
        if !self.is_read() {
            return;
        }
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = rows.get_or_insert_with(LruCache::unbounded);
        rows.put((kind, id_of(row).to_owned()), (at, Arc::new(row.clone())));
        while rows.len() > CAPACITY {
            rows.pop_lru();
        }
    }

    /// The row as it is by now, where it was written after `looked_at`.
    pub fn newer(&self, kind: ObjectKind, row: &Row, looked_at: u64) -> Option<Row> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, written) = rows.as_ref()?.peek(&(kind, id_of(row).to_owned()))?;
        if *at < looked_at {
            return None;
        }
        let mut newer = row.clone();
        for (name, value) in written.iter() {
            newer.insert(name.clone(), value.clone());
        }
        Some(newer)
    }
}

/// See [`RecentWrites::reader`].
pub struct Reader(Arc<RecentWrites>);

impl Drop for Reader {
    fn drop(&mut self) {
        if self.0.readers.fetch_sub(1, Ordering::Relaxed) == 1 {
            *self.0.rows.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: serde_json::Value) -> Row {
        serde_json::from_value(value).expect("an object")
    }

    #[test]
    fn what_was_written_after_a_look_is_what_the_row_holds() {
        let writes = Arc::new(RecentWrites::default());
        let seen = row(json!({"id": "a", "jobTitle": "old", "city": "Paris"}));
        let echo = row(json!({"id": "a", "jobTitle": "new"}));
        let kind = ObjectKind::Person;
        writes.note(kind, &echo, 5);
        assert_eq!(writes.newer(kind, &seen, 1), None, "nobody reads");
        let reader = writes.reader();
        writes.note(kind, &echo, 5);
        assert_eq!(writes.newer(kind, &seen, 6), None, "the look is newer");
        assert_eq!(writes.newer(ObjectKind::Company, &seen, 1), None);
        let newer = row(json!({"id": "a", "jobTitle": "new", "city": "Paris"}));
        assert_eq!(writes.newer(kind, &seen, 5), Some(newer));
        drop(reader);
        assert!(writes.rows.lock().expect("the rows").is_none());
    }
}
