//! The workspace's schema. It is read once per process and workspace, and again if an answer shows that it changed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{HttpClient, Request};
use crate::core::twenty::advice::WRONG_ADDRESS;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::{WorkspaceSchema, next_metadata_cursor};

/// Objects per page: the server's maximum. Larger workspaces have several pages.
const PAGE_SIZE: u32 = 200;

/// More pages than any workspace has: a cursor that loops must end.
const MAX_PAGES: usize = 50;

/// What looks like a changed schema may be just a bad record. If a reading finds nothing new, further signs are ignored
/// for this long.
const PAUSE_AFTER_FRUITLESS_READING: Duration = Duration::from_secs(10);

/// How certain it is that the schema changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// There may be another cause, for example a bad value.
    Possible,
    /// There is no other cause: the server does not know a field of our schema.
    Certain,
}

/// One workspace's schema, shared by all services of the process.
#[derive(Default)]
pub struct SchemaSource {
    current: RwLock<Option<Arc<WorkspaceSchema>>>,
    loading: tokio::sync::Mutex<()>,
    fruitless_since: Mutex<Option<Instant>>,
    refreshing: AtomicBool,
    /// Fields that answers have shown to be unique, if the schema itself does not tell.
    proven: Mutex<HashSet<(ObjectKind, String)>>,
}

impl SchemaSource {
    /// The schema, if it has been read.
    pub fn current(&self) -> Option<Arc<WorkspaceSchema>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The schema; it is read on first use. Callers at the same time share one reading.
    ///
    /// # Errors
    /// The error of the request; AUTH_ERROR if the key may read neither metadata nor OpenAPI.
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

    /// Reads the schema again. All services of the process use it from then on.
    ///
    /// # Errors
    /// As `get`.
    pub async fn reload(&self, http: &HttpClient) -> Result<Arc<WorkspaceSchema>, CrmError> {
        let _turn = self.loading.lock().await;
        self.load(http).await
    }

    /// The current schema if it differs from `seen`; `None` if nothing changed.
    ///
    /// # Errors
    /// As `get`.
    pub async fn newer_than(
        &self,
        seen: &WorkspaceSchema,
        sign: Sign,
        http: &HttpClient,
    ) -> Result<Option<Arc<WorkspaceSchema>>, CrmError> {
        let _turn = self.loading.lock().await;
        let current = match self.current() {
            Some(schema) if schema.revision != seen.revision => schema,
            Some(_) if sign == Sign::Possible && self.is_pausing() => return Ok(None),
            _ => self.load_for_a_sign(http).await?,
        };
        Ok((current.revision != seen.revision).then_some(current))
    }

    /// Reads the schema again in the background, unless it is newer than `seen`. At most one such reading runs at a
    /// time.
    pub fn refresh_in_background(self: &Arc<Self>, seen: &WorkspaceSchema, http: &HttpClient) {
        let is_newer = self
            .current()
            .is_some_and(|current| current.revision != seen.revision);
        if is_newer || self.is_pausing() || self.refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (source, http) = (Arc::clone(self), http.clone());
        tokio::spawn(async move {
            let _turn = source.loading.lock().await;
            // If reading fails, the old schema stays in use; the next differing answer tries again.
            let _ = source.load_for_a_sign(&http).await;
            source.refreshing.store(false, Ordering::Release);
        });
    }

    fn is_pausing(&self) -> bool {
        self.fruitless_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|since| since.elapsed() < PAUSE_AFTER_FRUITLESS_READING)
    }

    /// An answer has shown that this field is unique. This is remembered until the process ends or the metadata says
    /// otherwise.
    pub fn prove_unique(&self, kind: ObjectKind, name: &str) {
        self.proven().insert((kind, name.to_owned()));
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = current.as_mut() {
            *schema = Arc::new(schema.with_unique([(kind, name)]));
        }
    }

    fn proven(&self) -> MutexGuard<'_, HashSet<(ObjectKind, String)>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Like `load`, but if it finds nothing new, signs are ignored for a while.
    async fn load_for_a_sign(&self, http: &HttpClient) -> Result<Arc<WorkspaceSchema>, CrmError> {
        let known = self.current().map(|schema| schema.revision);
        let schema = self.load(http).await?;
        *self
            .fruitless_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) =
            (known == Some(schema.revision)).then(Instant::now);
        Ok(schema)
    }

    async fn load(&self, http: &HttpClient) -> Result<Arc<WorkspaceSchema>, CrmError> {
        let mut schema = read_schema(http).await.map_err(not_about_the_record)?;
        let proven = self.proven();
        if !proven.is_empty() {
            schema = schema.with_unique(proven.iter().map(|(kind, name)| (*kind, name.as_str())));
        }
        let schema = Arc::new(schema);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&schema));
        Ok(schema)
    }
}

/// A server that refuses to show its schema, or has none, is not Twenty's API at this address (usually the base URL
/// ends in `/rest`). The error must not look like a refusal of the record that waits for the schema.
fn not_about_the_record(error: CrmError) -> CrmError {
    if !matches!(error.code, ErrorCode::ValidationError | ErrorCode::NotFound) {
        return error;
    }
    let message = format!("{} {WRONG_ADDRESS}", error.message);
    CrmError {
        code: ErrorCode::Unknown,
        message,
        ..error
    }
    .with_detail("reason", error_reason::NOT_TWENTY)
}

/// Only metadata tells which fields are unique. A key that may not read it reads the OpenAPI document
/// (`docs/twenty/protocol.md#custom-fields`).
async fn read_schema(http: &HttpClient) -> Result<WorkspaceSchema, CrmError> {
    let read = match read_metadata(http, false).await {
        // An incomplete answer, or one of another request, must not fail everything that waits for the schema.
        Err(error) if error.code == ErrorCode::Unknown => read_metadata(http, true).await,
        read => read,
    };
    match read {
        Ok(schema) => Ok(schema),
        Err(error)
            if error.code == ErrorCode::AuthError
                && error.reason() == Some(error_reason::PERMISSION) =>
        {
            let response = http.call(Request::get("/rest/open-api/core")).await?;
            WorkspaceSchema::from_openapi(&response.body)
        }
        Err(error) => Err(error),
    }
}

/// `anew`: on another connection.
async fn read_metadata(http: &HttpClient, anew: bool) -> Result<WorkspaceSchema, CrmError> {
    let mut pages = Vec::new();
    let mut path = format!("/rest/metadata/objects?limit={PAGE_SIZE}");
    while pages.len() < MAX_PAGES {
        let mut request = Request::get(path.as_str());
        request.last_on_connection = anew;
        let page = http.call(request).await?.body;
        let next = next_metadata_cursor(&page)?;
        pages.push(page);
        match next {
            Some(cursor) => {
                path = format!("/rest/metadata/objects?limit={PAGE_SIZE}&starting_after={cursor}");
            }
            None => break,
        }
    }
    WorkspaceSchema::from_metadata_objects(&pages)
}
