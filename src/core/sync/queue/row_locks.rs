//! A row without an external id belongs to the first record that claims it. If two records found the same row at the
//! same time, they must not both write their id into it: the second looks again, and finds whose it is.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use tokio::sync::OwnedMutexGuard;

/// How many claimed rows are remembered. No look-up in flight is older than this many claims.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

type Row = Arc<tokio::sync::Mutex<Option<u64>>>;

/// The rows of one workspace that this process has claimed, or is claiming.
pub struct RowLocks {
    rows: Mutex<LruCache<String, Row>>,
    clock: AtomicU64,
}

impl Default for RowLocks {
    fn default() -> Self {
        Self {
            rows: Mutex::new(LruCache::unbounded()),
            clock: AtomicU64::new(0),
        }
    }
}

impl RowLocks {
    /// A logical time; later ones are greater.
    pub fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::AcqRel)
    }

    /// Waits until no other record is claiming this row.
    pub async fn lock(self: &Arc<Self>, row_id: &str) -> RowLock {
        let row = {
            let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
            let row = rows.get_or_insert(row_id.to_owned(), Row::default);
            let row = Arc::clone(row);
            while rows.len() > CAPACITY.get() {
                rows.pop_lru();
            }
            row
        };
        RowLock {
            row: row.lock_owned().await,
            locks: Arc::clone(self),
            is_taken: false,
        }
    }
}

/// The exclusive right to claim a row, while it is held.
pub struct RowLock {
    row: OwnedMutexGuard<Option<u64>>,
    locks: Arc<RowLocks>,
    is_taken: bool,
}

impl RowLock {
    /// Takes the row, unless another record has done so since `looked_at`. The row counts as taken once the claim is
    /// dropped, whatever the write's result.
    pub fn take(&mut self, looked_at: u64) -> bool {
        self.is_taken = self.row.is_none_or(|taken_at| taken_at < looked_at);
        self.is_taken
    }
}

impl Drop for RowLock {
    fn drop(&mut self) {
        if self.is_taken {
            *self.row = Some(self.locks.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_up_before_a_claim_must_be_repeated() {
        let locks = Arc::new(RowLocks::default());
        let looked_at = locks.now();
        let mut first = locks.lock("row").await;
        assert!(first.take(looked_at));
        let second = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.lock("row").await.take(looked_at) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        assert!(!second.await.expect("no panic"));
        let later = locks.now();
        assert!(locks.lock("row").await.take(later));
        assert!(locks.lock("other").await.take(looked_at));
    }

    #[tokio::test]
    async fn claimed_rows_are_bounded() {
        let locks = Arc::new(RowLocks::default());
        for row in 0..=CAPACITY.get() {
            drop(locks.lock(&row.to_string()).await);
        }
        assert_eq!(locks.rows.lock().expect("the rows").len(), CAPACITY.get());
    }
}
