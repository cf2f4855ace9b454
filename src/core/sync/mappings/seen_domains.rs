//! Which domains the rows of companies were last seen to hold.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::core::sync::requests::Row;

/// The links that companies of ours were last seen to hold. A domain has many spellings, and on servers before 2.38 the
/// unique index tells them apart: a domain that is new to a company must be looked for before it is written.
pub struct SeenDomains(Mutex<LruCache<String, Box<str>>>);

/// How many are remembered: a company that is not costs a look-up more.
const CAPACITY: usize = 50_000;

impl Default for SeenDomains {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl SeenDomains {
    fn lock(&self) -> MutexGuard<'_, LruCache<String, Box<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what the company's row holds.
    pub fn note(&self, external_id: &str, row: &Row) {
        let mut domains = self.lock();
        match domain_link(row) {
            None => drop(domains.pop(external_id)),
            Some(link) => drop(domains.put(external_id.to_owned(), link.into())),
        }
        while domains.len() > CAPACITY {
            domains.pop_lru();
        }
    }

    /// Whether the company's row holds one of these.
    pub fn holds(&self, external_id: &str, spellings: &[String]) -> bool {
        self.lock()
            .get(external_id)
            .is_some_and(|link| spellings.iter().any(|spelling| **spelling == **link))
    }

    /// The row was changed by somebody else.
    pub fn forget(&self, external_id: &str) {
        self.lock().pop(external_id);
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.lock().clear();
    }
}

/// The link that a company's row holds, if it holds one.
pub fn domain_link(row: &Row) -> Option<&str> {
    let link = row.get("domainName")?.get("primaryLinkUrl")?.as_str()?;
    Some(link).filter(|link| !link.is_empty())
}
