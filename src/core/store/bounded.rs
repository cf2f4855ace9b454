//! A wrapper between the sync engine and a store. It limits how long a store may take, and checks the answers before
//! they are used.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::core::config::{MAPPING_STORE_PAUSE_MS, MAPPING_STORE_TIMEOUT_MS};
use crate::core::quoted::Quoted;
use crate::core::twenty::ids::{ObjectKind, caller_external_id, stored_external_id};

use super::{MappingStore, MappingWrite, StoredMapping};

/// Stores that did not answer, by identity, and until when they are not asked. This outlives services: a web server may
/// make one per request, while the hanging store stays.
static SILENT: LazyLock<Mutex<HashMap<u64, Instant>>> = LazyLock::new(Mutex::default);

/// A store with a time limit, checked answers, and the namespace in its keys, so that two sites can share a store and a
/// workspace.
pub struct BoundedStore {
    inner: Arc<dyn MappingStore>,
    namespace: Option<String>,
}

impl BoundedStore {
    /// `inner` as the services of `namespace` see it.
    pub fn new(inner: Arc<dyn MappingStore>, namespace: Option<String>) -> Self {
        Self { inner, namespace }
    }

    fn key(&self, ever_id: &str) -> String {
        stored_external_id(self.namespace.as_deref(), ever_id)
    }

    async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, String>> + Send,
    ) -> Result<T, String> {
        let identity = self.inner.identity();
        if is_silent(identity) {
            return Err(format!(
                "it recently took longer than {MAPPING_STORE_TIMEOUT_MS} ms to answer, so it is not asked for \
                {MAPPING_STORE_PAUSE_MS} ms"
            ));
        }
        match timeout(Duration::from_millis(MAPPING_STORE_TIMEOUT_MS), work).await {
            Ok(answer) => answer,
            Err(_) => {
                let until = Instant::now() + Duration::from_millis(MAPPING_STORE_PAUSE_MS);
                lock_silent().insert(identity, until);
                Err(format!(
                    "it did not answer within {MAPPING_STORE_TIMEOUT_MS} ms"
                ))
            }
        }
    }

    /// The store's answer with the caller's own id; an error if it cannot be right.
    fn checked(&self, found: StoredMapping, kind: ObjectKind) -> Result<StoredMapping, String> {
        let StoredMapping { mut mapping, .. } = found.clone();
        if mapping.kind != kind {
            return Err(format!(
                "it returned the mapping of a {} instead of one of a {}",
                mapping.kind.singular(),
                kind.singular()
            ));
        }
        // An id that is not a UUID cannot be a row's, and must not become part of a path.
        let Ok(id) = Uuid::parse_str(&mapping.crm_id) else {
            return Err(format!(
                "it returned {} as the CRM id of {}, which is not a UUID",
                Quoted(&mapping.crm_id),
                Quoted(&mapping.ever_id)
            ));
        };
        mapping.crm_id = id.to_string();
        if let Some(own) = caller_external_id(self.namespace.as_deref(), &mapping.ever_id) {
            mapping.ever_id = own.to_owned();
        } else {
            return Err(format!(
                "it returned a mapping of {}, which belongs to another namespace",
                Quoted(&mapping.ever_id)
            ));
        }
        Ok(StoredMapping { mapping, ..found })
    }
}

fn lock_silent() -> std::sync::MutexGuard<'static, HashMap<u64, Instant>> {
    SILENT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_silent(identity: u64) -> bool {
    let mut silent = lock_silent();
    if silent.is_empty() {
        return false;
    }
    let now = Instant::now();
    silent.retain(|_, until| *until > now);
    silent.contains_key(&identity)
}

fn not_asked_for(ever_id: &str) -> String {
    format!(
        "it returned a mapping of {}, which was not asked for",
        Quoted(ever_id)
    )
}

impl MappingStore for BoundedStore {
    fn find<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
        async move {
            let key = self.key(ever_id);
            let Some(found) = self.bounded(self.inner.find(&key, kind)).await? else {
                return Ok(None);
            };
            let found = self.checked(found, kind)?;
            if found.mapping.ever_id != ever_id {
                return Err(not_asked_for(&found.mapping.ever_id));
            }
            Ok(Some(found))
        }
        .boxed()
    }

    fn find_many<'a>(
        &'a self,
        ever_ids: &'a [String],
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Vec<StoredMapping>, String>> {
        async move {
            if ever_ids.is_empty() {
                return Ok(Vec::new());
            }
            let keys: Vec<_> = ever_ids.iter().map(|ever_id| self.key(ever_id)).collect();
            let found = self.bounded(self.inner.find_many(&keys, kind)).await?;
            let asked: std::collections::HashSet<&str> =
                ever_ids.iter().map(String::as_str).collect();
            found
                .into_iter()
                .map(|found| {
                    let found = self.checked(found, kind)?;
                    if asked.contains(found.mapping.ever_id.as_str()) {
                        Ok(found)
                    } else {
                        Err(not_asked_for(&found.mapping.ever_id))
                    }
                })
                .collect()
        }
        .boxed()
    }

    fn find_by_crm_id<'a>(
        &'a self,
        crm_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
        async move {
            let Some(found) = self
                .bounded(self.inner.find_by_crm_id(crm_id, kind))
                .await?
            else {
                return Ok(None);
            };
            let namespace = self.namespace.as_deref();
            if caller_external_id(namespace, &found.mapping.ever_id).is_none() {
                // The record of another site.
                return Ok(None);
            }
            let found = self.checked(found, kind)?;
            if Uuid::parse_str(crm_id).map(|id| id.to_string()) != Ok(found.mapping.crm_id.clone())
            {
                return Err(format!(
                    "it returned the mapping of {} instead of {}",
                    Quoted(&found.mapping.crm_id),
                    Quoted(crm_id)
                ));
            }
            Ok(Some(found))
        }
        .boxed()
    }

    fn upsert_many<'a>(
        &'a self,
        mappings: &'a [MappingWrite],
    ) -> BoxFuture<'a, Result<(), String>> {
        async move {
            if mappings.is_empty() {
                return Ok(());
            }
            let mut keyed = mappings.to_vec();
            for write in &mut keyed {
                write.mapping.ever_id = self.key(&write.mapping.ever_id);
            }
            self.bounded(self.inner.upsert_many(&keyed)).await
        }
        .boxed()
    }

    fn delete_mapping<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let key = self.key(ever_id);
            self.bounded(self.inner.delete_mapping(&key, kind)).await
        }
        .boxed()
    }

    fn identity(&self) -> u64 {
        self.inner.identity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::store::Mapping;
    use ObjectKind::{Company, Person};
    use std::sync::atomic::{AtomicUsize, Ordering};

    const ID: &str = "0a1b2c3d-0000-4000-8000-000000000001";

    /// Returns the same answer to every question, or never answers.
    struct Parrot {
        answer: Option<StoredMapping>,
        hangs: bool,
        asked: AtomicUsize,
        identity: u64,
    }

    impl Parrot {
        fn new(answer: Option<(&str, &str, ObjectKind)>, hangs: bool) -> Arc<Self> {
            static LAST: AtomicUsize = AtomicUsize::new(0);
            Arc::new(Self {
                answer: answer.map(|(ever_id, crm_id, kind)| StoredMapping {
                    mapping: Mapping {
                        ever_id: ever_id.to_owned(),
                        crm_id: crm_id.to_owned(),
                        kind,
                    },
                    version_hash: None,
                    last_synced_at_ms: None,
                }),
                hangs,
                asked: AtomicUsize::new(0),
                identity: 0xb0_0000_0000 + LAST.fetch_add(1, Ordering::Relaxed) as u64,
            })
        }

        fn say<T: Send + 'static>(&self, answer: T) -> BoxFuture<'_, Result<T, String>> {
            async move {
                self.asked.fetch_add(1, Ordering::Relaxed);
                if self.hangs {
                    std::future::pending::<()>().await;
                }
                Ok(answer)
            }
            .boxed()
        }
    }

    impl MappingStore for Parrot {
        fn find<'a>(
            &'a self,
            _: &'a str,
            _: ObjectKind,
        ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
            self.say(self.answer.clone())
        }
        fn find_many<'a>(
            &'a self,
            _: &'a [String],
            _: ObjectKind,
        ) -> BoxFuture<'a, Result<Vec<StoredMapping>, String>> {
            self.say(self.answer.clone().into_iter().collect())
        }
        fn find_by_crm_id<'a>(
            &'a self,
            _: &'a str,
            _: ObjectKind,
        ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
            self.say(self.answer.clone())
        }
        fn upsert_many<'a>(&'a self, _: &'a [MappingWrite]) -> BoxFuture<'a, Result<(), String>> {
            self.say(())
        }
        fn delete_mapping<'a>(
            &'a self,
            _: &'a str,
            _: ObjectKind,
        ) -> BoxFuture<'a, Result<(), String>> {
            self.say(())
        }
        fn identity(&self) -> u64 {
            self.identity
        }
    }

    fn bounded(inner: &Arc<Parrot>, namespace: Option<&str>) -> BoundedStore {
        BoundedStore::new(
            Arc::clone(inner) as Arc<dyn MappingStore>,
            namespace.map(str::to_owned),
        )
    }

    #[tokio::test]
    async fn answers_that_cannot_be_right_are_failures() {
        for (answer, says) in [
            (("other", ID, Person), "not asked for"),
            (("1", "not a uuid", Person), "not a UUID"),
            (("1", "../companies/1", Person), "not a UUID"),
            (("1", "", Person), "not a UUID"),
            (("1", ID, Company), "company"),
        ] {
            let store = bounded(&Parrot::new(Some(answer), false), None);
            let one = store.find("1", Person).await.expect_err(says);
            let many = store
                .find_many(&["0".to_owned(), "1".to_owned()], Person)
                .await
                .expect_err(says);
            assert!(one.contains(says), "{one}");
            assert!(many.contains(says), "{many}");
        }
        let other = "0a1b2c3d-0000-4000-8000-000000000002";
        let store = bounded(&Parrot::new(Some(("1", other, Person)), false), None);
        assert!(store.find_by_crm_id(ID, Person).await.is_err());
    }

    #[tokio::test]
    async fn ids_of_rows_come_in_one_spelling() {
        let upper = ID.to_uppercase();
        let store = bounded(&Parrot::new(Some(("1", &upper, Person)), false), None);
        let found = store.find_by_ever_id("1", Person).await;
        assert_eq!(found, Ok(Some(ID.to_owned())));
        let back = store.find_by_crm_id(ID, Person).await.expect("an answer");
        assert_eq!(back.expect("found").mapping.ever_id, "1");
    }

    #[tokio::test]
    async fn namespaces_of_one_store_do_not_meet() {
        let inner = Parrot::new(Some(("site:1", ID, Person)), false);
        let found = bounded(&inner, Some("site")).find("1", Person).await;
        assert_eq!(
            found.expect("an answer").expect("found").mapping.ever_id,
            "1"
        );
        assert!(bounded(&inner, None).find("1", Person).await.is_err());
        let other = bounded(&inner, Some("other"));
        assert!(other.find("1", Person).await.is_err());
        assert_eq!(other.find_by_crm_id(ID, Person).await, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_store_times_out_and_is_paused() {
        let inner = Parrot::new(None, true);
        let start = Instant::now();
        let store = bounded(&inner, None);
        let error = store.find("1", Person).await.expect_err("hangs");
        assert!(error.contains("5000 ms"), "{error}");
        assert_eq!(
            start.elapsed().as_millis(),
            u128::from(MAPPING_STORE_TIMEOUT_MS)
        );
        // Other services do not ask it either, and do not wait.
        for _ in 0..100 {
            let error = bounded(&inner, None).find("2", Person).await;
            assert!(error.expect_err("silent").contains("it is not asked for"));
        }
        assert_eq!(inner.asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(Duration::from_millis(MAPPING_STORE_PAUSE_MS)).await;
        assert!(store.find("1", Person).await.is_err());
        assert_eq!(inner.asked.load(Ordering::Relaxed), 2);
    }
}
