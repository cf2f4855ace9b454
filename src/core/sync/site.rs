//! What services share: one site is one namespace, set of field names and store within one workspace.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use lru::LruCache;
use uuid::Uuid;

use crate::core::error::CrmError;
use crate::core::http::Workspace;
use crate::core::twenty::domain::DomainForm;
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::ids::ObjectKind;

use super::cache::{CACHE_CAPACITY, IdCache};
use super::departures::Departures;
use super::further_emails::FurtherEmails;
use super::row_claims::RowClaims;
use super::schema_source::SchemaSource;
use super::seen_names::SeenNames;
use super::turns::Turns;
use super::upsert::{Input, Upserted};
use super::wire::{Record, id_of};

/// Sites that nobody uses are forgotten beyond this number, the longest unused first: a process that makes up a namespace
/// for each service must not grow with them.
const MAX_LASTING_SITES: usize = 64;

/// What tells sites of one workspace apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SiteKey {
    /// The service's namespace.
    pub namespace: Option<String>,
    /// The service's field names.
    pub field_names: FieldNames,
    /// The store's identity; `None` for the process's memory.
    pub store: Option<u64>,
}

/// A record's kind and external id: what upserts take turns by.
pub type RecordKey = (ObjectKind, String);

/// What an upsert ends with, shared by all who wait for it.
pub type Outcome = Result<Arc<Upserted>, CrmError>;

/// The memory and the lines of one site.
pub struct Site {
    /// External id to CRM id.
    pub cache: IdCache,
    /// Which domain the row of a company was last seen to hold, by external id.
    pub domains: Domains,
    /// Which name the row of a person was last seen to hold, by external id.
    pub names: SeenNames,
    /// Rows that webhooks told to be deleted.
    pub deleted_rows: DeletedRows,
    /// Upserts of one key take turns.
    pub turns: Arc<Turns<RecordKey, Input, Outcome>>,
}

impl Site {
    fn new() -> Self {
        Self {
            cache: IdCache::new(NonZeroUsize::new(CACHE_CAPACITY).unwrap_or(NonZeroUsize::MIN)),
            domains: Domains::default(),
            names: SeenNames::default(),
            deleted_rows: DeletedRows::default(),
            turns: Arc::default(),
        }
    }

    /// Forgets what is remembered of its rows.
    pub fn clear(&self) {
        self.cache.clear();
        self.domains.clear();
        self.names.clear();
    }
}

/// The links that companies of ours were last seen to hold. A domain has many spellings, and on servers before 2.38 the
/// unique index tells them apart: a domain that is new to a company must be looked for before it is written.
pub struct Domains(Mutex<LruCache<String, Box<str>>>);

/// How many are remembered: a company that is not costs a look-up more.
const DOMAIN_CAPACITY: usize = 50_000;

impl Default for Domains {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl Domains {
    fn lock(&self) -> MutexGuard<'_, LruCache<String, Box<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what the company's row holds.
    pub fn note(&self, external_id: &str, row: &Record) {
        let mut domains = self.lock();
        match domain_link(row) {
            None => drop(domains.pop(external_id)),
            Some(link) => drop(domains.put(external_id.to_owned(), link.into())),
        }
        while domains.len() > DOMAIN_CAPACITY {
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

/// How long ago rows were deleted of which nothing else is remembered: an event that comes late must not bring the
/// mapping back.
pub struct DeletedRows(Mutex<LruCache<(ObjectKind, Uuid), u64>>);

/// Events overtake each other within seconds, and so many records are not deleted in them.
const DELETED_ROW_CAPACITY: usize = 10_000;

impl Default for DeletedRows {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl DeletedRows {
    fn lock(&self) -> MutexGuard<'_, LruCache<(ObjectKind, Uuid), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The row had this version when it was deleted.
    pub fn note(&self, kind: ObjectKind, row: Uuid, version: u64) {
        let mut rows = self.lock();
        rows.put((kind, row), version);
        while rows.len() > DELETED_ROW_CAPACITY {
            rows.pop_lru();
        }
    }

    /// Whether the row was deleted after it had this version.
    pub fn is_later(&self, kind: ObjectKind, row: Uuid, version: u64) -> bool {
        self.lock()
            .get(&(kind, row))
            .is_some_and(|deleted| *deleted > version)
    }
}

fn domain_link(row: &Record) -> Option<&str> {
    let link = row.get("domainName")?.get("primaryLinkUrl")?.as_str()?;
    Some(link).filter(|link| !link.is_empty())
}

/// What this layer keeps in the workspace that the HTTP layer shares per process.
pub struct SyncWorkspace {
    /// The workspace's schema.
    pub schema: Arc<SchemaSource>,
    /// Who has made which row its own.
    pub claims: Arc<RowClaims>,
    /// Which people have which addresses beside their primary ones.
    pub further_emails: FurtherEmails,
    /// Single calls that leave together.
    pub departures: Departures,
    /// Without a store a site outlives its services: a service per request must find its cache again.
    lasting: Mutex<LruCache<SiteKey, Arc<Site>>>,
    /// With a store it lives as long as its services: the store remembers.
    passing: Mutex<HashMap<SiteKey, Weak<Site>>>,
    bare_domains: AtomicU32,
    https_domains: AtomicU32,
}

impl Default for SyncWorkspace {
    fn default() -> Self {
        Self {
            schema: Arc::default(),
            claims: Arc::default(),
            further_emails: FurtherEmails::default(),
            departures: Departures::default(),
            lasting: Mutex::new(LruCache::unbounded()),
            passing: Mutex::default(),
            bare_domains: AtomicU32::default(),
            https_domains: AtomicU32::default(),
        }
    }
}

impl SyncWorkspace {
    /// The one instance that belongs to `workspace`.
    pub fn of(workspace: &Workspace) -> Arc<Self> {
        workspace.extension(Self::default)
    }

    /// The site for `key`, made when nobody has it.
    pub fn site(&self, key: SiteKey) -> Arc<Site> {
        if key.store.is_none() {
            let mut sites = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(site) = sites.get(&key) {
                return Arc::clone(site);
            }
            if sites.len() >= MAX_LASTING_SITES {
                forget_longest_unused(&mut sites);
            }
            let site = Arc::new(Site::new());
            sites.put(key, Arc::clone(&site));
            return site;
        }
        let mut sites = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = sites.get(&key).and_then(Weak::upgrade) {
            return site;
        }
        sites.retain(|_, site| site.strong_count() > 0);
        let site = Arc::new(Site::new());
        sites.insert(key, Arc::downgrade(&site));
        site
    }

    /// How this workspace stores domains, as far as its rows have shown; the bare host otherwise, which is what servers
    /// from 2.38 make of every form and what the sample rows of 2.21 hold.
    pub fn domain_form(&self) -> DomainForm {
        let bare = self.bare_domains.load(Ordering::Relaxed);
        if self.https_domains.load(Ordering::Relaxed) > bare {
            DomainForm::Https
        } else {
            DomainForm::Bare
        }
    }

    /// Counts the forms of domains in `rows`, other than those that are ours.
    pub fn learn_domain_form(&self, own_ids: &[String], rows: &[Record]) {
        let links = rows
            .iter()
            .filter(|row| !own_ids.iter().any(|id| id == id_of(row)))
            .filter_map(domain_link);
        for link in links {
            let counter = if link.contains("://") {
                &self.https_domains
            } else {
                &self.bare_domains
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Only a site that no service holds may go: two services of one site must never write side by side.
fn forget_longest_unused(sites: &mut LruCache<SiteKey, Arc<Site>>) {
    let unused = sites
        .iter()
        .rev()
        .find(|(_, site)| Arc::strong_count(site) == 1);
    if let Some(key) = unused.map(|(key, _)| key.clone()) {
        sites.pop(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> SiteKey {
        SiteKey {
            namespace: Some(format!("site {number}")),
            field_names: FieldNames::default(),
            store: None,
        }
    }

    #[test]
    fn sites_that_nobody_uses_are_bounded_and_those_in_use_stay() {
        let workspace = SyncWorkspace::default();
        let used = workspace.site(key(0));
        let recent = Arc::downgrade(&workspace.site(key(1)));
        for number in 2..500 {
            workspace.site(key(number));
            workspace.site(key(1));
        }
        let sites = workspace.lasting.lock().expect("a lock").len();
        assert_eq!(sites, MAX_LASTING_SITES);
        assert!(Arc::ptr_eq(&used, &workspace.site(key(0))));
        assert!(recent.upgrade().is_some(), "the most recently used stay");
    }
}
