//! Mappings in an SQLite file.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::core::error::CrmError;
use crate::core::twenty::ids::ObjectKind;

use super::sqlite_db::{Access, DatabaseUser, all_or_nothing};
use super::version_hash::version_hash;
use super::{Mapping, MappingStore, MappingWrite, StoredMapping};

const FIND: &str = "SELECT ever_id, crm_id, version_hash, last_synced_at FROM mapping
    WHERE object_type = ?1 AND ever_id = ?2";

const FIND_BY_CRM_ID: &str = "SELECT ever_id, crm_id, version_hash, last_synced_at FROM mapping
    WHERE object_type = ?1 AND crm_id = ?2 ORDER BY last_synced_at DESC LIMIT 1";

const UPSERT: &str =
    "INSERT INTO mapping (object_type, ever_id, crm_id, version_hash, last_synced_at)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (object_type, ever_id) DO UPDATE SET
        crm_id = excluded.crm_id,
        version_hash = excluded.version_hash,
        last_synced_at = excluded.last_synced_at";

const DELETE: &str = "DELETE FROM mapping WHERE object_type = ?1 AND ever_id = ?2";

/// The mappings of one file. Any number of stores and processes can share a file.
pub struct SqliteMappingStore {
    database: DatabaseUser,
}

impl SqliteMappingStore {
    /// A store on the file at `path`, which is created if it is missing. Its directory must exist.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names `path`.
    pub fn new(path: &str) -> Result<Self, CrmError> {
        Ok(Self {
            database: DatabaseUser::join(path)?,
        })
    }

    /// The mappings of `ever_ids`, in that order; unknown ones are left out.
    ///
    /// # Errors
    /// OPERATION_FAILED, as for all of these methods.
    pub async fn find_all(
        &self,
        ever_ids: Vec<String>,
        kind: ObjectKind,
    ) -> Result<Vec<StoredMapping>, CrmError> {
        self.database
            .run(Access::Read, move |connection| {
                let mut find = connection.prepare_cached(FIND)?;
                let mut found = Vec::with_capacity(ever_ids.len());
                for ever_id in &ever_ids {
                    let row = find
                        .query_row(params![kind.singular(), ever_id], |row| stored(row, kind))
                        .optional()?;
                    found.extend(row);
                }
                Ok(found)
            })
            .await
    }

    /// The mapping of a CRM id; if there are several, the one written last.
    ///
    /// # Errors
    /// OPERATION_FAILED.
    pub async fn find_by_crm(
        &self,
        crm_id: String,
        kind: ObjectKind,
    ) -> Result<Option<StoredMapping>, CrmError> {
        self.database
            .run(Access::Read, move |connection| {
                connection
                    .prepare_cached(FIND_BY_CRM_ID)?
                    .query_row(params![kind.singular(), crm_id], |row| stored(row, kind))
                    .optional()
            })
            .await
    }

    /// Writes all of `mappings` or none. Once it returns, they survive a crash of the process.
    ///
    /// # Errors
    /// OPERATION_FAILED.
    pub async fn upsert_all(&self, mappings: Vec<MappingWrite>) -> Result<(), CrmError> {
        if mappings.is_empty() {
            return Ok(());
        }
        let now_ms = self.database.now_ms();
        // Hashed here, to keep the single writing thread free.
        let rows: Vec<_> = mappings.into_iter().map(hashed).collect();
        self.database
            .run(Access::Write, move |connection| {
                if let [row] = rows.as_slice() {
                    return upsert(connection, row, now_ms);
                }
                all_or_nothing(connection, || {
                    rows.iter()
                        .try_for_each(|row| upsert(connection, row, now_ms))
                })
            })
            .await
    }

    /// Removes one mapping; false if there was none.
    ///
    /// # Errors
    /// OPERATION_FAILED.
    pub async fn delete(&self, ever_id: String, kind: ObjectKind) -> Result<bool, CrmError> {
        self.database
            .run(Access::Write, move |connection| {
                let gone = connection
                    .prepare_cached(DELETE)?
                    .execute(params![kind.singular(), ever_id])?;
                Ok(gone > 0)
            })
            .await
    }

    /// SQLite's integrity check of the whole file: `ok`, or the problems.
    ///
    /// # Errors
    /// OPERATION_FAILED.
    pub async fn integrity(&self) -> Result<String, CrmError> {
        self.database
            .run(Access::Read, |connection| {
                connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))
            })
            .await
    }

    /// Closes the store after all earlier calls; later calls fail.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

fn hashed(write: MappingWrite) -> (Mapping, Option<String>) {
    let of_data = |data: &String| {
        serde_json::from_str(data)
            .ok()
            .map(|data| version_hash(&data))
    };
    let hash = write
        .version_hash
        .or_else(|| write.data.as_ref().and_then(of_data));
    (write.mapping, hash)
}

fn upsert(
    connection: &Connection,
    (mapping, hash): &(Mapping, Option<String>),
    now_ms: u64,
) -> rusqlite::Result<()> {
    connection.prepare_cached(UPSERT)?.execute(params![
        mapping.kind.singular(),
        mapping.ever_id,
        mapping.crm_id,
        hash,
        i64::try_from(now_ms).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

fn stored(row: &Row<'_>, kind: ObjectKind) -> rusqlite::Result<StoredMapping> {
    Ok(StoredMapping {
        mapping: Mapping {
            ever_id: row.get(0)?,
            crm_id: row.get(1)?,
            kind,
        },
        version_hash: row.get(2)?,
        last_synced_at_ms: u64::try_from(row.get::<_, i64>(3)?).ok(),
    })
}

impl MappingStore for SqliteMappingStore {
    fn find<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
        let found = self.find_all(vec![ever_id.to_owned()], kind);
        found.map(|found| Ok(found.map_err(message)?.pop())).boxed()
    }

    fn find_many<'a>(
        &'a self,
        ever_ids: &'a [String],
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Vec<StoredMapping>, String>> {
        let found = self.find_all(ever_ids.to_vec(), kind);
        found.map(|found| found.map_err(message)).boxed()
    }

    fn find_by_crm_id<'a>(
        &'a self,
        crm_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<Option<StoredMapping>, String>> {
        let found = self.find_by_crm(crm_id.to_owned(), kind);
        found.map(|found| found.map_err(message)).boxed()
    }

    fn upsert_many<'a>(
        &'a self,
        mappings: &'a [MappingWrite],
    ) -> BoxFuture<'a, Result<(), String>> {
        let done = self.upsert_all(mappings.to_vec());
        done.map(|done| done.map_err(message)).boxed()
    }

    fn delete_mapping<'a>(
        &'a self,
        ever_id: &'a str,
        kind: ObjectKind,
    ) -> BoxFuture<'a, Result<(), String>> {
        let done = self.delete(ever_id.to_owned(), kind);
        done.map(|done| done.map(drop).map_err(message)).boxed()
    }

    fn identity(&self) -> u64 {
        self.database.identity()
    }
}

fn message(error: CrmError) -> String {
    error.message
}
