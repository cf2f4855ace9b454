//! Opens a database file: permissions, pragmas, and the tables of this version.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::core::config::SQLITE_BUSY_TIMEOUT_MS;

/// Marks our files in their header ("TwCN"), so that we never write to another program's database.
const APPLICATION_ID: i32 = 0x5477_434e;

/// The migrations, in order. Published ones are never edited: every change is a new entry.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE mapping (
        object_type TEXT NOT NULL CHECK (object_type IN ('person', 'company')),
        ever_id TEXT NOT NULL,
        crm_id TEXT NOT NULL,
        version_hash TEXT,
        last_synced_at INTEGER NOT NULL,
        PRIMARY KEY (object_type, ever_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX mapping_by_crm_id ON mapping (object_type, crm_id, last_synced_at);
    CREATE TABLE crm_config (
        singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
        id TEXT NOT NULL,
        base_url TEXT NOT NULL,
        api_key TEXT,
        sealed_api_key BLOB,
        enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        sync_mode TEXT NOT NULL,
        created_by TEXT,
        updated_by TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        CHECK ((api_key IS NULL) <> (sealed_api_key IS NULL))
    ) STRICT;
",
    "
    CREATE TABLE outbox_change (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        entity TEXT NOT NULL CHECK (entity IN ('person', 'company')),
        external_id TEXT NOT NULL,
        needs TEXT,
        enqueued_at INTEGER NOT NULL,
        payload BLOB NOT NULL,
        dead_at INTEGER,
        dead_info BLOB,
        CHECK ((dead_at IS NULL) = (dead_info IS NULL))
    ) STRICT;
    CREATE INDEX outbox_change_by_record ON outbox_change (entity, external_id, id);
    CREATE INDEX outbox_change_waiting ON outbox_change (entity, id) WHERE dead_at IS NULL;
    CREATE TABLE outbox_lane (
        entity TEXT NOT NULL,
        external_id TEXT NOT NULL,
        token TEXT,
        leased_until INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        not_before INTEGER NOT NULL,
        PRIMARY KEY (entity, external_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX outbox_lane_by_token ON outbox_lane (token) WHERE token IS NOT NULL;
",
    // Lanes of older versions use another clock, so their leases and delays are dropped.
    "
    ALTER TABLE outbox_lane ADD COLUMN span INTEGER NOT NULL DEFAULT 0;
",
    // Which run (boot) of the machine's clock a lane's times belong to; null if the machine does not tell.
    "
    ALTER TABLE outbox_lane ADD COLUMN epoch TEXT;
",
];

/// Pause between attempts in cases where SQLite itself does not wait for a lock (two processes that switch to WAL at
/// the same time).
const RETRY_PAUSE: Duration = Duration::from_millis(10);

/// Why a file could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// An error of SQLite.
    Sqlite(rusqlite::Error),
    /// The file is not ours; the text says why and what to do.
    Refused(String),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Opens the database at `path`, and creates or migrates it if necessary. Several processes may do this at the same
/// time. It blocks.
pub fn open(path: &Path) -> Result<Connection, OpenError> {
    let deadline = Instant::now() + Duration::from_millis(SQLITE_BUSY_TIMEOUT_MS);
    loop {
        match try_open(path) {
            Err(OpenError::Sqlite(error)) if is_busy(&error) && Instant::now() < deadline => {
                thread::sleep(RETRY_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// Whether another connection holds the lock.
pub fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn try_open(path: &Path) -> Result<Connection, OpenError> {
    make_private(path);
    // The worker's own lock already keeps threads apart.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(SQLITE_BUSY_TIMEOUT_MS))?;
    check_ownership(&connection, path)?;
    // NORMAL in WAL mode: a commit has reached the operating system before it is reported, so a crash of the process
    // loses nothing. A power failure may lose the last commits, but never damages the file.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;",
    )?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Makes a new file readable by its owner only; SQLite gives the files beside it the same permissions. An existing file
/// keeps its permissions. Errors are ignored: they occur again, with a better message, when SQLite opens the file.
fn make_private(path: &Path) {
    if path == Path::new(":memory:") {
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

fn pragma(connection: &Connection, name: &str) -> Result<i32, rusqlite::Error> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

fn check_ownership(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    // One transaction, so that all of this is one view: otherwise another process could create the tables in between.
    let view = connection.unchecked_transaction()?;
    let application_id = pragma(&view, "application_id")?;
    let tables: i64 = view.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    drop(view);
    if application_id == APPLICATION_ID || tables == 0 {
        return Ok(());
    }
    Err(OpenError::Refused(format!(
        "{} is the database of another program: give twenty-crm-native a file of its own",
        path.display()
    )))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    if pragma(connection, "user_version")? == newest {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated the file while this one waited for the lock.
    let found = pragma(&transaction, "user_version")?;
    if found > newest {
        return Err(OpenError::Refused(format!(
            "{} was written by a newer version of twenty-crm-native: update the package",
            path.display()
        )));
    }
    let done = usize::try_from(found).unwrap_or(0);
    for statements in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(statements)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest)?;
    transaction.commit()?;
    Ok(())
}
