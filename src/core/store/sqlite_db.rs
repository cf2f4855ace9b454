//! One SQLite file, one connection, one queue of jobs (group commit).
//!
//! Jobs run on tokio's blocking threads, with at most one thread per file. Jobs that wait together share a transaction:
//! a thousand concurrent upserts cost about as much as one batch of a thousand. A job's success is reported only after
//! the commit.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::core::error::CrmError;

use super::sqlite_error::{broken, describe, store_error};
use super::sqlite_schema::{self, OpenError};

/// Most jobs that share one transaction.
const MAX_BATCH: usize = 1_000;

/// Number of prepared statements that are kept.
const STATEMENT_CACHE: usize = 32;

/// Open databases, by the file's canonical path: all stores of a process on one file share one connection.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Database>>>> = LazyLock::new(Mutex::default);

static LAST_NUMBER: AtomicU64 = AtomicU64::new(0);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A database file and its queue of jobs.
pub struct Database {
    path: PathBuf,
    identity: u64,
    line: Mutex<Line>,
    connection: Mutex<Option<Connection>>,
    last_now_ms: AtomicU64,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Box<dyn Job>>,
    is_moving: bool,
    users: usize,
}

/// One store's use of a [`Database`]. The file is closed with its last user.
pub struct DatabaseUser {
    database: Arc<Database>,
    closed: std::sync::atomic::AtomicBool,
}

/// What a job does to the file, and how durable its success is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing.
    Read,
    /// Writes. Once success is reported, the write survives a crash of the process.
    Write,
    /// Writes. The write also survives a power failure, but has to wait for the disk.
    WriteThrough,
}

/// A job in the queue.
trait Job: Send {
    fn access(&self) -> Access;
    fn run(&mut self, connection: &Connection);
    /// Reports the result, or `failure` if it is set.
    fn settle(self: Box<Self>, failure: Option<&CrmError>);
}

struct TypedJob<T, F> {
    work: Option<F>,
    access: Access,
    outcome: Option<rusqlite::Result<T>>,
    reply: oneshot::Sender<Result<T, CrmError>>,
    path: PathBuf,
}

impl<T: Send, F: FnOnce(&Connection) -> rusqlite::Result<T> + Send> Job for TypedJob<T, F> {
    fn access(&self) -> Access {
        self.access
    }

    fn run(&mut self, connection: &Connection) {
        if let Some(work) = self.work.take() {
            self.outcome = Some(work(connection));
        }
    }

    fn settle(self: Box<Self>, failure: Option<&CrmError>) {
        let result = match (failure, self.outcome) {
            (Some(failure), _) => Err(failure.clone()),
            (None, Some(outcome)) => outcome.map_err(|error| describe(&self.path, &error)),
            (None, None) => Err(broken(&self.path)),
        };
        // The caller may have left meanwhile.
        let _ = self.reply.send(result);
    }
}

impl DatabaseUser {
    /// Opens the file at `path` together with its other users; the first job opens it. Each `:memory:` is a database of
    /// its own.
    ///
    /// # Errors
    /// VALIDATION_ERROR if `path` cannot be the path of a file, or its directory does not exist.
    pub fn join(path: &str) -> Result<Self, CrmError> {
        let database = if path == ":memory:" {
            Arc::new(Database::new(PathBuf::from(path)))
        } else {
            let path = canonical(path)?;
            let mut open = lock(&OPEN);
            open.retain(|_, database| database.strong_count() > 0);
            match open.get(&path).and_then(Weak::upgrade) {
                Some(database) => database,
                None => {
                    let database = Arc::new(Database::new(path.clone()));
                    open.insert(path, Arc::downgrade(&database));
                    database
                }
            }
        };
        lock(&database.line).users += 1;
        Ok(Self {
            database,
            closed: std::sync::atomic::AtomicBool::new(false),
        })
    }

    /// Queues `work`; its result is reported after the commit. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// OPERATION_FAILED with `details.reason` `STORE`, retryable if another process held the lock.
    pub async fn run<T, F>(&self, access: Access, work: F) -> Result<T, CrmError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        if self.closed.load(Ordering::Acquire) {
            return Err(store_error(format!(
                "the store on {} is closed: make a new one",
                self.database.path.display()
            )));
        }
        self.database.run(access, work).await
    }

    /// Identifies the file within the process.
    pub fn identity(&self) -> u64 {
        self.database.identity
    }

    /// The current time in milliseconds since the epoch. It is never returned twice, so later writes have later times.
    pub fn now_ms(&self) -> u64 {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            });
        let last = &self.database.last_now_ms;
        let step = |last: u64| Some(now.max(last.saturating_add(1)));
        match last.fetch_update(Ordering::AcqRel, Ordering::Acquire, step) {
            Ok(last) | Err(last) => now.max(last.saturating_add(1)),
        }
    }

    /// Ends this use after all earlier jobs. The last user closes the file.
    pub async fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        // Jobs run in order, so when this one runs, all earlier ones are done.
        let _ = self.database.run(Access::Read, |_| Ok(())).await;
        let is_last = {
            let mut line = lock(&self.database.line);
            line.users -= 1;
            line.users == 0
        };
        if is_last {
            let database = Arc::clone(&self.database);
            let _ = tokio::task::spawn_blocking(move || database.close_unused()).await;
        }
    }
}

impl Drop for DatabaseUser {
    fn drop(&mut self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            lock(&self.database.line).users -= 1;
        }
    }
}

impl Database {
    fn new(path: PathBuf) -> Self {
        let mut hasher = DefaultHasher::new();
        ("sqlite", LAST_NUMBER.fetch_add(1, Ordering::Relaxed)).hash(&mut hasher);
        Self {
            path,
            identity: hasher.finish(),
            line: Mutex::default(),
            connection: Mutex::new(None),
            last_now_ms: AtomicU64::new(0),
        }
    }

    async fn run<T, F>(self: &Arc<Self>, access: Access, work: F) -> Result<T, CrmError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(TypedJob {
            work: Some(work),
            access,
            outcome: None,
            reply,
            path: self.path.clone(),
        });
        let is_first = {
            let mut line = lock(&self.line);
            line.jobs.push_back(job);
            !std::mem::replace(&mut line.is_moving, true)
        };
        if is_first {
            let database = Arc::clone(self);
            tokio::task::spawn_blocking(move || database.work_off());
        }
        answer.await.unwrap_or_else(|_| Err(broken(&self.path)))
    }

    fn work_off(&self) {
        loop {
            let batch: Vec<_> = {
                let mut line = lock(&self.line);
                let count = line.jobs.len().min(MAX_BATCH);
                if count == 0 {
                    line.is_moving = false;
                    return;
                }
                line.jobs.drain(..count).collect()
            };
            // A job that panics fails its whole batch, and the callers get an error; the queue goes on.
            if catch_unwind(AssertUnwindSafe(|| self.carry_out(batch))).is_err() {
                *lock(&self.connection) = None;
            }
        }
    }

    fn carry_out(&self, batch: Vec<Box<dyn Job>>) {
        let mut slot = lock(&self.connection);
        let connection = match self.opened(&mut slot) {
            Ok(connection) => connection,
            Err(error) => {
                for job in batch {
                    job.settle(Some(&error));
                }
                return;
            }
        };
        let failure = run_together(connection, batch, &self.path);
        if failure {
            // The connection's state is unknown, so it is dropped.
            *slot = None;
        }
    }

    fn opened<'a>(&self, slot: &'a mut Option<Connection>) -> Result<&'a Connection, CrmError> {
        if slot.is_none() {
            let connection =
                sqlite_schema::open(&self.path).map_err(|error| self.open_error(error))?;
            connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
            *slot = Some(connection);
        }
        slot.as_ref().ok_or_else(|| broken(&self.path))
    }

    fn open_error(&self, error: OpenError) -> CrmError {
        match error {
            OpenError::Sqlite(error) => describe(&self.path, &error),
            OpenError::Refused(message) => store_error(message),
        }
    }

    fn close_unused(&self) {
        let mut slot = lock(&self.connection);
        // Another user may have joined meanwhile. SQLite cleans up the write-ahead log when the connection is dropped.
        if lock(&self.line).users == 0 {
            *slot = None;
        }
    }
}

/// True if the connection must not be used again.
fn run_together(connection: &Connection, mut batch: Vec<Box<dyn Job>>, path: &Path) -> bool {
    let access = batch.iter().map(|job| job.access()).max();
    let mut failure = None;
    if let Some(begin) = access.and_then(begin)
        && let Err(error) = connection.execute_batch(begin)
    {
        failure = Some(describe(path, &error));
    }
    let is_open = !connection.is_autocommit();
    for job in &mut batch {
        // Without a transaction, read-only jobs can still run.
        if is_open || job.access() == Access::Read {
            job.run(connection);
        }
    }
    if is_open && let Err(error) = connection.execute_batch("COMMIT") {
        failure = Some(describe(path, &error));
    }
    let is_stuck = !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err();
    for job in batch {
        let failure = failure.as_ref().filter(|_| job.access() > Access::Read);
        job.settle(failure);
    }
    is_stuck
}

/// The statements that start a batch whose most demanding job needs `access`. The setting applies to this batch's
/// commit; the next batch that writes sets it again.
fn begin(access: Access) -> Option<&'static str> {
    match access {
        Access::Read => None,
        Access::Write => Some("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"),
        Access::WriteThrough => Some("PRAGMA synchronous = FULL; BEGIN IMMEDIATE"),
    }
}

/// Runs `work` in a savepoint: either all of it is done or nothing.
pub fn all_or_nothing<T>(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT job")?;
    let outcome = work();
    let end = if outcome.is_ok() {
        "RELEASE job"
    } else {
        "ROLLBACK TO job; RELEASE job"
    };
    connection.execute_batch(end)?;
    outcome
}

fn canonical(path: &str) -> Result<PathBuf, CrmError> {
    let refuse = |message: String| Err(CrmError::validation("path", message));
    if path.is_empty() || path.contains('\0') {
        return refuse("path must be the path of a file".to_owned());
    }
    let given = Path::new(path);
    let Some(name) = given.file_name() else {
        return refuse(format!("{path} is not the path of a file"));
    };
    let directory = match given.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Ok(directory) = directory.canonicalize() else {
        return refuse(format!(
            "the directory {} does not exist or cannot be read: create it first",
            directory.display()
        ));
    };
    let path = directory.join(name);
    if path.is_dir() {
        return refuse(format!(
            "{} is a directory: name a file in it",
            path.display()
        ));
    }
    // Otherwise one file under two names would be two databases.
    Ok(path.canonicalize().unwrap_or(path))
}

#[cfg(test)]
mod tests;
