//! The workspace's schema, read once per process and workspace, and again when an answer shows that it changed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::{HttpClient, Request};
use crate::core::twenty::schema::{WorkspaceSchema, next_metadata_cursor};

/// Objects per page: the server's own maximum (WIRE.md section 9). A workspace with more has more pages.
const PAGE_SIZE: u32 = 200;

/// More pages than any workspace has: a cursor that goes round in circles must end.
const MAX_PAGES: usize = 50;

/// A sign of a changed schema may be a mere bad record. After a reading that found nothing new, signs are not followed
/// for this long.
const PAUSE_AFTER_FRUITLESS_READING: Duration = Duration::from_secs(10);

/// One workspace's schema, shared by everybody in the process.
#[derive(Default)]
pub struct SchemaSource {
    current: RwLock<Option<Arc<WorkspaceSchema>>>,
    loading: tokio::sync::Mutex<()>,
    fruitless_since: Mutex<Option<Instant>>,
    refreshing: AtomicBool,
}

impl SchemaSource {
    fn current(&self) -> Option<Arc<WorkspaceSchema>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The schema; read from the server when nobody has read it yet. Callers that come together share one reading.
    ///
    /// # Errors
    /// What the server answered to the reading, AUTH_ERROR when the key may read neither metadata nor OpenAPI.
    pub async fn get(&self, http: &HttpClient) -> Result<Arc<WorkspaceSchema>, CrmError> {
        if let Some(schema) = self.current() {
            return Ok(schema);
        }
        let _turn = self.loading.lock().await;
        match self.current() {
            Some(schema) => Ok(schema),
            None => self.load(http).await,
        }
    }

    /// The schema as it is now, when it is not the one in `seen`; `None` when nothing changed.
    ///
    /// # Errors
    /// As `get`.
    pub async fn newer_than(
        &self,
        seen: &WorkspaceSchema,
        http: &HttpClient,
    ) -> Result<Option<Arc<WorkspaceSchema>>, CrmError> {
        let _turn = self.loading.lock().await;
        let current = match self.current() {
            Some(schema) if schema.revision != seen.revision => schema,
            Some(_) if self.is_pausing() => return Ok(None),
            _ => self.load(http).await?,
        };
        Ok((current.revision != seen.revision).then_some(current))
    }

    /// Reads the schema again without making anybody wait. At most one such reading runs at a time.
    pub fn refresh_in_background(self: &Arc<Self>, http: &HttpClient) {
        if self.is_pausing() || self.refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (source, http) = (Arc::clone(self), http.clone());
        tokio::spawn(async move {
            let _turn = source.loading.lock().await;
            // A failed reading leaves the old schema in force; the next answer that differs asks again.
            let _ = source.load(&http).await;
            source.refreshing.store(false, Ordering::Release);
        });
    }

    fn is_pausing(&self) -> bool {
        self.fruitless_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|since| since.elapsed() < PAUSE_AFTER_FRUITLESS_READING)
    }

    async fn load(&self, http: &HttpClient) -> Result<Arc<WorkspaceSchema>, CrmError> {
        let schema = Arc::new(read_schema(http).await?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let is_known = current
            .as_ref()
            .is_some_and(|known| known.revision == schema.revision);
        *self
            .fruitless_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = is_known.then(Instant::now);
        *current = Some(Arc::clone(&schema));
        Ok(schema)
    }
}

/// Metadata alone tells uniqueness; a key without the right to it reads the OpenAPI document (WIRE.md section 9).
async fn read_schema(http: &HttpClient) -> Result<WorkspaceSchema, CrmError> {
    match read_metadata(http).await {
        Ok(pages) => WorkspaceSchema::from_metadata_objects(&pages),
        Err(error)
            if error.code == ErrorCode::AuthError && error.reason() == Some("permission") =>
        {
            let response = http.call(Request::get("/rest/open-api/core")).await?;
            WorkspaceSchema::from_openapi(&response.body)
        }
        Err(error) => Err(error),
    }
}

async fn read_metadata(http: &HttpClient) -> Result<Vec<Bytes>, CrmError> {
    let mut pages = Vec::new();
    let mut path = format!("/rest/metadata/objects?limit={PAGE_SIZE}");
    while pages.len() < MAX_PAGES {
        let page = http.call(Request::get(path.as_str())).await?.body;
        let next = next_metadata_cursor(&page)?;
        pages.push(page);
        match next {
            Some(cursor) => {
                path = format!("/rest/metadata/objects?limit={PAGE_SIZE}&starting_after={cursor}");
            }
            None => break,
        }
    }
    Ok(pages)
}
