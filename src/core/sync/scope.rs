//! What services share: one scope is one namespace, set of field names and store within one workspace.

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

/// Scopes that nobody uses are forgotten beyond this number, the longest unused first: a process that makes up a
/// namespace for each service must not grow with them.
const MAX_LASTING_SCOPES: usize = 64;

/// What tells scopes of one workspace apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScopeKey {
    /// The service's namespace.
    pub namespace: Option<String>,
    /// The service's field names.
    pub field_names: FieldNames,
    /// The store's identity; `None` for the process's memory.
    pub store: Option<u64>,
}

/// The memory and the queue of one scope.
pub struct Scope {
    /// External id to CRM id.
    pub cache: MappingCache,
    /// Which domain the row of a company was last seen to hold, by external id.
    pub domains: SeenDomains,
    /// Which name the row of a person was last seen to hold, by external id.
    pub names: SeenNames,
    /// Rows that webhooks told to be deleted.
    pub deleted_rows: DeletedRows,
    /// Calls of one key take turns.
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

    /// Forgets what is remembered of its rows.
    pub fn clear(&self) {
        self.cache.clear();
        self.domains.clear();
        self.names.clear();
    }
}

/// The scopes of one workspace.
pub struct Scopes {
    /// Without a store a scope outlives its services: a service per request must find its cache again.
    lasting: Mutex<LruCache<ScopeKey, Arc<Scope>>>,
    /// With a store it lives as long as its services: the store remembers.
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
    /// The scope for `key`, made when nobody has it.
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

/// Only a scope that no service holds may go: two services of one scope must never write side by side.
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
    fn scopes_that_nobody_uses_are_bounded_and_those_in_use_stay() {
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
