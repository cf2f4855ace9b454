//! An index of the additional e-mail addresses in one workspace. It is read from time to time, because no server finds
//! one of them quickly. The index only says which rows to look up; decisions rest on the looked-up rows.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::requests::json_key;
use crate::core::error::CrmError;
use crate::core::http::{HttpClient, Request};
use crate::core::twenty::additional_emails::{build, parse};

/// How long the index is used. An address added meanwhile is not found.
const TTL: Duration = Duration::from_secs(300);

/// How long to wait after a temporary failure to read the index.
const PAUSE: Duration = Duration::from_secs(10);

/// Above this many people with additional addresses, there is no index: it would take seconds and megabytes.
const MAX_ROWS: usize = 20_000;

/// More pages than that many rows need on any server, even one that sends smaller pages.
const MAX_PAGES: usize = 101;

/// The additional addresses of one workspace's people.
#[derive(Default)]
pub struct FurtherEmails {
    current: Mutex<Option<(Instant, Arc<Index>)>>,
    loading: tokio::sync::Mutex<()>,
    is_told: AtomicBool,
    digests: RandomState,
}

/// Digests of addresses and the rows that have them, sorted by digest.
#[derive(Default)]
struct Index(Vec<(u64, Uuid)>);

impl Index {
    fn rows_of(&self, digest: u64) -> Vec<Uuid> {
        let from = self.0.partition_point(|(held, _)| *held < digest);
        let held = self.0[from..].iter();
        let held = held.take_while(|(held, _)| *held == digest);
        held.map(|(_, row)| *row).collect()
    }
}

/// Where addresses may be found.
#[derive(Default)]
pub(super) struct FurtherRows {
    /// For each address, the rows that had it as an additional one when the index was read.
    pub rows: Vec<Vec<Uuid>>,
    /// Why addresses are not searched; reported once per process and workspace.
    pub told: Option<String>,
}

impl FurtherEmails {
    /// The rows that may have these addresses (in normalised form) as additional ones.
    pub(super) async fn find(&self, http: &HttpClient, addresses: &[&str]) -> FurtherRows {
        let (index, told) = self.get(http).await;
        let digests = addresses.iter().map(|it| self.digests.hash_one(it));
        FurtherRows {
            rows: digests.map(|digest| index.rows_of(digest)).collect(),
            told,
        }
    }

    fn current(&self) -> Option<Arc<Index>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, index) = current.as_ref()?;
        (Instant::now() < *until).then(|| Arc::clone(index))
    }

    /// The current index. It is read if necessary; callers at the same time share one reading.
    async fn get(&self, http: &HttpClient) -> (Arc<Index>, Option<String>) {
        if let Some(index) = self.current() {
            return (index, None);
        }
        let _loading = self.loading.lock().await;
        if let Some(index) = self.current() {
            return (index, None);
        }
        let (held, ttl, problem) = match self.read(http).await {
            Ok(Some(held)) => (held, TTL, None),
            Ok(None) => {
                let problem = format!(
                    "more than {MAX_ROWS} people of this workspace have additional e-mail addresses: these addresses \
                    are not searched, and a person who has one of them gets a new row"
                );
                (Vec::new(), TTL, Some(problem))
            }
            // Temporary failures, and those of the key, are reported by the upsert itself.
            Err(error) if error.retryable || error.status != Some(200) => (Vec::new(), PAUSE, None),
            Err(error) => {
                let problem = format!(
                    "additional e-mail addresses are not searched, and a person who has one of them gets a new row: \
                    {}",
                    error.message
                );
                (Vec::new(), TTL, Some(problem))
            }
        };
        let index = Arc::new(Index(held));
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now() + ttl, Arc::clone(&index)));
        let problem = problem.filter(|_| !self.is_told.swap(true, Ordering::Relaxed));
        (index, problem)
    }

    /// `None` if there are too many.
    async fn read(&self, http: &HttpClient) -> Result<Option<Vec<(u64, Uuid)>>, CrmError> {
        let (mut held, mut rows, mut after) = (Vec::new(), 0, None);
        for _ in 0..MAX_PAGES {
            let mut request = Request::post("/graphql", build(after.as_deref())).repeatable(true);
            request.expects = vec![json_key("people")];
            request.skip_retry = true;
            let response = http.call(request).await?;
            let page = parse(&response.body).map_err(|error| error.with_status(200))?;
            let page_held = page.held.into_iter();
            held.extend(page_held.map(|(address, row)| (self.digests.hash_one(address), row)));
            rows += page.rows;
            after = page.next;
            if rows > MAX_ROWS {
                return Ok(None);
            }
            if after.is_none() {
                held.sort_unstable();
                held.dedup();
                return Ok(Some(held));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_of_an_address_are_found() {
        let row = Uuid::from_u128;
        let index = Index(vec![(1, row(1)), (3, row(1)), (3, row(2)), (9, row(3))]);
        assert_eq!(index.rows_of(3), [row(1), row(2)]);
        assert_eq!(index.rows_of(9), [row(3)]);
        assert!(index.rows_of(0).is_empty() && index.rows_of(10).is_empty());
    }
}
