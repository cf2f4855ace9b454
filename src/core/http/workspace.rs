//! State that all clients of one workspace share within the process.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::retry_budget::RetryBudget;
use super::throttle::{ClientQuotas, Throttle};
use super::{ApiKey, BaseUrl};
use crate::core::metrics::Counter;

/// How many unused workspaces are remembered; beyond that, the least recently used is dropped.
const MAX_WORKSPACES: usize = 64;

/// One workspace (base URL and key): rate limiter, retry budget, and the state that the layers above keep per
/// workspace.
#[derive(Default)]
pub struct Workspace {
    pub(super) throttle: Throttle,
    pub(super) quotas: ClientQuotas,
    pub(super) budget: RetryBudget,
    /// Answers that reported the rate limit, for all callers.
    pub(super) throttled: Counter,
    extensions: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

struct Entry {
    workspace: Arc<Workspace>,
    used: u64,
}

#[derive(Default)]
struct Registry {
    entries: HashMap<[u8; 32], Entry>,
    uses: u64,
}

impl Workspace {
    /// A workspace that is shared with no other client.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The process's one workspace for this base URL and key. Only a digest of the key is kept.
    pub fn shared(base_url: &BaseUrl, api_key: &ApiKey) -> Arc<Self> {
        static REGISTRY: OnceLock<Mutex<Registry>> = OnceLock::new();
        let mut registry = REGISTRY
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        registry.get(api_key.digest_with(base_url.as_str()))
    }

    /// How often the rate limit has refused a call in this process.
    pub fn throttled(&self) -> u64 {
        self.throttled.get()
    }

    /// Whether calls are waiting for the rate limit now.
    pub fn is_throttled(&self) -> bool {
        !self.throttle.is_open()
    }

    /// The value of type `T` that the layers above keep for this workspace, made on first use.
    pub fn extension<T: Any + Send + Sync>(&self, init: impl FnOnce() -> T) -> Arc<T> {
        let mut extensions = self
            .extensions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let slot = extensions
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Arc::new(init()));
        // The map is keyed by type, so this downcast cannot fail.
        Arc::clone(slot)
            .downcast::<T>()
            .unwrap_or_else(|_| unreachable!())
    }
}

impl Registry {
    fn get(&mut self, digest: [u8; 32]) -> Arc<Workspace> {
        self.uses += 1;
        let used = self.uses;
        if let Some(entry) = self.entries.get_mut(&digest) {
            entry.used = used;
            return Arc::clone(&entry.workspace);
        }
        if self.entries.len() >= MAX_WORKSPACES {
            self.forget_longest_unused();
        }
        let workspace = Workspace::new();
        let entry = Entry {
            workspace: Arc::clone(&workspace),
            used,
        };
        self.entries.insert(digest, entry);
        workspace
    }

    /// Only workspaces without a client are dropped: two clients of one workspace must share one limiter.
    fn forget_longest_unused(&mut self) {
        let oldest = self
            .entries
            .iter()
            .filter(|(_, entry)| Arc::strong_count(&entry.workspace) == 1)
            .min_by_key(|(_, entry)| entry.used)
            .map(|(digest, _)| *digest);
        if let Some(digest) = oldest {
            self.entries.remove(&digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_workspace_per_base_url_and_key() {
        let base = |text| BaseUrl::parse(text).expect("a base URL");
        let key = |text| ApiKey::new(text).expect("a key");
        let one = Workspace::shared(&base("https://a.example/"), &key("key-1"));
        let same = Workspace::shared(&base("https://a.example"), &key("key-1"));
        assert!(Arc::ptr_eq(&one, &same));
        for (other_base, other_key) in [
            ("https://b.example", "key-1"),
            ("https://a.example", "key-2"),
        ] {
            let other = Workspace::shared(&base(other_base), &key(other_key));
            assert!(!Arc::ptr_eq(&one, &other));
        }
    }

    #[test]
    fn the_registry_is_bounded_but_never_forgets_a_workspace_in_use() {
        let mut registry = Registry::default();
        let used = registry.get([255; 32]);
        for number in 0..200u8 {
            registry.get([number; 32]);
        }
        assert!(registry.entries.len() <= MAX_WORKSPACES);
        assert!(Arc::ptr_eq(&used, &registry.get([255; 32])));
    }

    #[test]
    fn extensions_are_made_once_per_type() {
        let workspace = Workspace::new();
        let first = workspace.extension(|| 1u32);
        let second = workspace.extension(|| 2u32);
        assert_eq!((*first, *second), (1, 1));
        assert_eq!(*workspace.extension(|| "text"), "text");
    }
}
