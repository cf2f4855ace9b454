//! The last known domains of company rows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::core::sync::requests::Row;

/// The last known links of our companies. A domain has many spellings, and the unique index of servers before 2.38
/// treats each as different: a domain that is new to a company must be looked up before it is written.
pub struct SeenDomains(Mutex<LruCache<String, Box<str>>>);

/// How many are remembered. A company that is not remembered costs one more look-up.
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

    /// Remembers the link of the company's row.
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

    /// Whether the company's row has one of these spellings.
    pub fn holds(&self, external_id: &str, spellings: &[String]) -> bool {
        self.lock()
            .get(external_id)
            .is_some_and(|link| spellings.iter().any(|spelling| **spelling == **link))
    }

    /// Somebody else changed the row.
    pub fn forget(&self, external_id: &str) {
        self.lock().pop(external_id);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }
}

/// The link of a company's row, if it has one.
pub fn domain_link(row: &Row) -> Option<&str> {
    let link = row.get("domainName")?.get("primaryLinkUrl")?.as_str()?;
    Some(link).filter(|link| !link.is_empty())
}
