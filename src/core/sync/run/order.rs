//! Chunks run concurrently, but chunks with a common key run in input order.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};

use crate::core::sync::mappings::digest_map::DigestMap;

/// Closed when the chunk is done.
type Done = Arc<Semaphore>;

/// Something that only one chunk at a time may write, as a digest. If two digests collide, their chunks run one after
/// the other, or a record is read in full without need; nothing worse happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    /// The digest itself.
    pub fn digest(self) -> u64 {
        self.0
    }

    #[cfg(test)]
    pub fn of_digest(digest: u64) -> Self {
        Self(digest)
    }
}

/// A map by key.
pub type KeyMap<T> = DigestMap<Key, T>;

/// The order of one run's chunks.
pub struct Order {
    registered: watch::Sender<u64>,
    holders: Mutex<KeyMap<Done>>,
    /// Each run has another hash key, so nobody can construct inputs that collide.
    digests: RandomState,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            registered: watch::Sender::new(0),
            holders: Mutex::default(),
            digests: RandomState::new(),
        }
    }
}

impl Order {
    fn lock(&self) -> MutexGuard<'_, KeyMap<Done>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of something that only one chunk at a time may write.
    pub fn key(&self, what: impl Hash) -> Key {
        Key(self.digests.hash_one(what))
    }

    /// Registers chunk `number` (from 0, without gaps) with `keys`, and waits until all earlier chunks with one of them
    /// are done. The keys are held until the pass is dropped. `note` is called when all earlier chunks are registered,
    /// and no later one.
    pub async fn enter<T>(
        self: &Arc<Self>,
        number: u64,
        keys: Vec<Key>,
        note: impl FnOnce() -> T,
    ) -> (Pass, T) {
        let mut registered = self.registered.subscribe();
        // `self` holds the sender, so waiting cannot fail.
        let _ = registered.wait_for(|count| *count == number).await;
        let noted = note();
        let done: Done = Arc::new(Semaphore::new(0));
        let mut earlier: Vec<Done> = Vec::new();
        {
            let mut holders = self.lock();
            for key in &keys {
                if let Some(before) = holders.insert(*key, Arc::clone(&done))
                    && !earlier.iter().any(|known| Arc::ptr_eq(known, &before))
                    && !Arc::ptr_eq(&before, &done)
                {
                    earlier.push(before);
                }
            }
        }
        let pass = Pass {
            order: Arc::clone(self),
            keys,
            done,
            has_waited: !earlier.is_empty(),
        };
        self.registered.send_modify(|count| *count += 1);
        for before in earlier {
            // There is never a permit: only closing ends the wait.
            let _ = before.acquire().await;
        }
        (pass, noted)
    }
}

/// A chunk's permission to write its keys.
pub struct Pass {
    order: Arc<Order>,
    keys: Vec<Key>,
    done: Done,
    /// Whether an earlier chunk had one of the keys.
    pub has_waited: bool,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut holders = self.order.lock();
        for key in &self.keys {
            // A later chunk may hold the key by now.
            if holders
                .get(key)
                .is_some_and(|holder| Arc::ptr_eq(holder, &self.done))
            {
                holders.remove(key);
            }
        }
        drop(holders);
        self.done.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn settle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    fn keys(order: &Order, names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| order.key(name)).collect()
    }

    #[tokio::test]
    async fn chunks_of_one_key_go_one_after_the_other_and_others_side_by_side() {
        let order: Arc<Order> = Arc::default();
        let log: Arc<Mutex<Vec<u64>>> = Arc::default();
        let enter = |number, names: &[&str]| {
            let (order, log, keys) = (Arc::clone(&order), Arc::clone(&log), keys(&order, names));
            tokio::spawn(async move {
                let (pass, ()) = order.enter(number, keys, || ()).await;
                log.lock().expect("the log").push(number);
                pass
            })
        };
        // Spawned out of order on purpose: the numbers decide.
        let third = enter(2, &["b", "c"]);
        let second = enter(1, &["x"]);
        let first = enter(0, &["a", "b"]);
        settle().await;
        let first = first.await.expect("no panic");
        second.await.expect("no panic");
        assert!(!log.lock().expect("the log").contains(&2));
        drop(first);
        drop(third.await.expect("no panic"));
        assert_eq!(log.lock().expect("the log").last(), Some(&2));
        assert!(order.lock().is_empty());
    }

    #[tokio::test]
    async fn a_chunk_that_is_dropped_lets_the_next_one_go() {
        let order: Arc<Order> = Arc::default();
        let first = order.enter(0, keys(&order, &["a"]), || ()).await;
        let waiting = tokio::spawn({
            let order = Arc::clone(&order);
            async move { order.enter(1, keys(&order, &["a"]), || ()).await }
        });
        settle().await;
        waiting.abort();
        settle().await;
        drop(first);
        order.enter(2, keys(&order, &["a"]), || ()).await;
    }
}
