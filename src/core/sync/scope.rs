//! State that services share. A scope is one namespace, set of field names and store within one workspace.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lru::LruCache;

use crate::core::twenty::fields::FieldNames;

use super::mappings::cache::{CACHE_CAPACITY, MappingCache};
use super::mappings::deleted_rows::DeletedRows;
use super::mappings::seen_domains::SeenDomains;
use super::mappings::seen_names::SeenNames;
use super::queue::keyed_queue::KeyedQueue;
use super::record::input::{Input, Outcome, RecordKey};

/// How many unused scopes are remembered; beyond that, the least recently used is dropped. A process that uses a new
/// namespace for each service must not grow.
const MAX_LASTING_SCOPES: usize = 64;

/// The identity of a scope within its workspace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScopeKey {
    /// The service's namespace.
    pub namespace: Option<String>,
    /// The service's field names.
    pub field_names: FieldNames,
    /// The store's identity; `None` if mappings are kept in memory.
    pub store: Option<u64>,
}

/// The caches and the queue of one scope.
pub struct Scope {
    /// External ids and their CRM ids.
    pub cache: MappingCache,
    /// The last known domain of each company's row, by external id.
    pub domains: SeenDomains,
    /// The last known name of each person's row, by external id.
    pub names: SeenNames,
    /// Rows that were deleted according to webhooks.
    pub deleted_rows: DeletedRows,
    /// The queue in which calls of one key take turns.
    pub queue: Arc<KeyedQueue<RecordKey, Input, Outcome>>,
}

impl Scope {
    fn new() -> Self {
        Self {
            cache: MappingCache::new(
                NonZeroUsize::new(CACHE_CAPACITY).unwrap_or(NonZeroUsize::MIN),
            ),
            domains: SeenDomains::default(),
            names: SeenNames::default(),
            deleted_rows: DeletedRows::default(),
            queue: Arc::default(),
        }
    }

    /// Empties the caches.
    pub fn clear(&self) {
        self.cache.clear();
        self.domains.clear();
        self.names.clear();
    }
}

/// The scopes of one workspace.
pub struct Scopes {
    /// A scope without a store outlives its services: the next service must find the cache again (some applications
    /// make one service per request).
    lasting: Mutex<LruCache<ScopeKey, Arc<Scope>>>,
    /// A scope with a store lives as long as its services, because the store keeps the mappings.
    passing: Mutex<HashMap<ScopeKey, Weak<Scope>>>,
}

impl Default for Scopes {
    fn default() -> Self {
        Self {
            lasting: Mutex::new(LruCache::unbounded()),
            passing: Mutex::default(),
        }
    }
}

impl Scopes {
    /// The scope for `key`, created on first use.
    pub fn get(&self, key: ScopeKey) -> Arc<Scope> {
        if key.store.is_none() {
            let mut scopes = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(scope) = scopes.get(&key) {
                return Arc::clone(scope);
            }
            if scopes.len() >= MAX_LASTING_SCOPES {
                forget_longest_unused(&mut scopes);
            }
            let scope = Arc::new(Scope::new());
            scopes.put(key, Arc::clone(&scope));
            return scope;
        }
        let mut scopes = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scope) = scopes.get(&key).and_then(Weak::upgrade) {
            return scope;
        }
        scopes.retain(|_, scope| scope.strong_count() > 0);
        let scope = Arc::new(Scope::new());
        scopes.insert(key, Arc::downgrade(&scope));
        scope
    }
}

/// Only scopes without a service are dropped: two services of one scope must share its queue.
fn forget_longest_unused(scopes: &mut LruCache<ScopeKey, Arc<Scope>>) {
    let unused = scopes
        .iter()
        .rev()
        .find(|(_, scope)| Arc::strong_count(scope) == 1);
    if let Some(key) = unused.map(|(key, _)| key.clone()) {
        scopes.pop(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> ScopeKey {
        ScopeKey {
            namespace: Some(format!("site {number}")),
            field_names: FieldNames::default(),
            store: None,
        }
    }

    #[test]
    fn unused_scopes_are_bounded_and_used_ones_stay() {
        let scopes = Scopes::default();
        let used = scopes.get(key(0));
        let recent = Arc::downgrade(&scopes.get(key(1)));
        for number in 2..500 {
            scopes.get(key(number));
            scopes.get(key(1));
        }
        let kept = scopes.lasting.lock().expect("a lock").len();
        assert_eq!(kept, MAX_LASTING_SCOPES);
        assert!(Arc::ptr_eq(&used, &scopes.get(key(0))));
        assert!(recent.upgrade().is_some(), "the most recently used stay");
    }
}
