//! The outbox: changes that wait for delivery, in an SQLite file. `lib/outbox` decides what is delivered when, and what
//! an answer means for a record. This module does what must be durable, and what two workers must not do at once.
//!
//! A change is a row that is only ever appended. One worker at a time claims a record with waiting changes: the
//! record's lane has that worker's token and the end of its lease, and also counts attempts and delays the next one. A
//! worker's report only counts for records whose lanes still have its token.

use std::sync::Arc;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::core::error::CrmError;

use super::seal::{Purpose, Secrets};
use super::sqlite_db::{Access, DatabaseUser, all_or_nothing};

mod moment;
mod outcome;
mod request;
mod sealed;
mod sql;
#[cfg(test)]
mod tests;

use moment::{Moment, Stamp};
use outcome::sealed_outcomes;
pub use request::Request;
use request::{Claim, Filter, NewChange, RecordKey, Settle};
use sealed::{SealedChange, seal_id, sealed_change, unlocked};

/// The outbox of one file, which may also contain mappings and a configuration.
pub struct SqliteOutbox {
    database: DatabaseUser,
    secrets: Arc<Secrets>,
}

impl SqliteOutbox {
    /// Opens the file at `path`, as mapping stores do. `secrets` is a JSON array: the first encrypts the contents of
    /// changes, all of them decrypt; without secrets they are stored in plain text. Ids are always in plain text.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names `path` or `secrets`.
    pub fn new(path: &str, secrets: &str) -> Result<Self, CrmError> {
        Ok(Self {
            secrets: Secrets::from_json(secrets, Purpose::Change)?.into(),
            database: DatabaseUser::join(path)?,
        })
    }

    /// Carries out `request`; the answer is JSON.
    ///
    /// # Errors
    /// OPERATION_FAILED, retryable if another process kept the file locked.
    pub async fn carry_out(&self, request: Request) -> Result<Value, CrmError> {
        use Access::{Read, Write, WriteThrough};
        match request {
            Request::Enqueue { changes, at } => self.enqueue(changes, at).await,
            Request::Claim(claim) => self.claim(claim).await,
            Request::Settle(settled) => self.settle(settled).await,
            Request::Renew {
                token,
                clock,
                lease_ms,
            } => {
                self.run(Write, move |file| renew(file, &token, &clock, lease_ms))
                    .await
            }
            Request::Stats { clock } => {
                self.run(Read, move |file| stats(file, &clock.moment()))
                    .await
            }
            Request::DeadLetters { limit, after } => {
                let (secrets, after) = (Arc::clone(&self.secrets), after.unwrap_or_default());
                self.run(Read, move |file| {
                    dead_letters(file, &secrets, limit, &after)
                })
                .await
            }
            Request::Retry(record) => {
                self.run(WriteThrough, move |file| revive(file, &record))
                    .await
            }
            Request::RetryAll { before } => {
                self.run(WriteThrough, move |file| revive_all(file, before))
                    .await
            }
            Request::Purge(filter) => {
                self.run(WriteThrough, move |file| purge(file, &filter))
                    .await
            }
        }
    }

    async fn enqueue(&self, changes: Vec<NewChange>, at: i64) -> Result<Value, CrmError> {
        let rows = changes
            .into_iter()
            .map(|change| sealed_change(&self.secrets, change))
            .collect::<Result<Vec<_>, _>>()?;
        self.run(Access::WriteThrough, move |file| append(file, &rows, at))
            .await
    }

    async fn claim(&self, claim: Claim) -> Result<Value, CrmError> {
        // A claim that finds nothing must not take the write lock.
        let waits = self.run(Access::Read, |file| {
            let found: bool = file
                .prepare_cached(sql::ANY)?
                .query_row([], |row| row.get(0))?;
            Ok(json!(found))
        });
        if waits.await? == json!(false) {
            return Ok(json!([]));
        }
        let secrets = Arc::clone(&self.secrets);
        self.run(Access::Write, move |file| take(file, &secrets, &claim))
            .await
    }

    async fn settle(&self, settled: Settle) -> Result<Value, CrmError> {
        let outcomes = sealed_outcomes(&self.secrets, settled.records)?;
        let (token, clock, at) = (settled.token, settled.clock, settled.at);
        self.run(Access::Write, move |file| {
            let moment = clock.moment();
            let held = outcomes
                .iter()
                .map(|outcome| outcome.apply(file, &token, &moment, at))
                .collect::<rusqlite::Result<Vec<bool>>>()?;
            Ok(json!(held))
        })
        .await
    }

    /// Closes the store after all earlier calls; later calls fail.
    pub async fn close(&self) {
        self.database.close().await;
    }

    async fn run<F>(&self, access: Access, work: F) -> Result<Value, CrmError>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<Value> + Send + 'static,
    {
        self.database
            .run(access, move |connection| {
                if access == Access::Read {
                    return work(connection);
                }
                all_or_nothing(connection, || work(connection))
            })
            .await
    }
}

fn append(connection: &Connection, rows: &[SealedChange], at: i64) -> rusqlite::Result<Value> {
    let mut insert = connection.prepare_cached(sql::ENQUEUE)?;
    for row in rows {
        insert.execute(params![
            row.entity,
            row.external_id,
            row.needs,
            at,
            row.payload,
        ])?;
    }
    Ok(Value::Null)
}

fn take(connection: &Connection, secrets: &Secrets, claim: &Claim) -> rusqlite::Result<Value> {
    let statement = if claim.is_probe { sql::PROBE } else { sql::DUE };
    let moment = claim.clock.moment();
    let records: Vec<(String, String, i64)> = connection
        .prepare_cached(statement)?
        .query_map(params![moment.now_ms, moment.epoch, claim.limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut lease = connection.prepare_cached(sql::LEASE)?;
    let mut read = connection.prepare_cached(sql::CHANGES)?;
    let mut claimed = Vec::with_capacity(records.len());
    for (entity, external_id, attempts) in records {
        lease.execute(params![
            entity,
            external_id,
            claim.token,
            moment.now_ms + claim.lease_ms,
            claim.lease_ms,
            moment.epoch,
        ])?;
        let id = seal_id(&entity, &external_id);
        let changes: Vec<Value> = read
            .query_map(params![entity, external_id], |row| {
                let text = unlocked(secrets, &row.get::<_, Vec<u8>>(1)?, &id);
                Ok(json!({
                    "id": row.get::<_, i64>(0)?.to_string(),
                    "isDead": row.get::<_, bool>(2)?,
                    "enqueuedAt": row.get::<_, i64>(3)?,
                    "payload": text.as_ref().ok(),
                    "error": text.err().map(|error| error.to_value()),
                }))
            })?
            .collect::<rusqlite::Result<_>>()?;
        claimed.push(json!({
            "entity": entity,
            "externalId": external_id,
            "attempts": attempts,
            "changes": changes,
        }));
    }
    Ok(Value::Array(claimed))
}

fn renew(
    connection: &Connection,
    token: &str,
    clock: &Stamp,
    lease_ms: i64,
) -> rusqlite::Result<Value> {
    let moment = clock.moment();
    let held = connection.prepare_cached(sql::RENEW)?.execute(params![
        token,
        moment.now_ms + lease_ms,
        lease_ms,
        moment.epoch,
    ])?;
    Ok(json!(held))
}

fn stats(connection: &Connection, moment: &Moment<'_>) -> rusqlite::Result<Value> {
    connection
        .prepare_cached(sql::STATS)?
        .query_row(params![moment.now_ms, moment.epoch], |row| {
            Ok(json!({
                "pending": row.get::<_, i64>(0)?,
                "changes": row.get::<_, i64>(1)?,
                "oldestAt": row.get::<_, Option<i64>>(2)?,
                "deadLetters": row.get::<_, i64>(3)?,
                "inFlight": row.get::<_, i64>(4)?,
                "delayed": row.get::<_, i64>(5)?,
            }))
        })
}

fn dead_letters(
    connection: &Connection,
    secrets: &Secrets,
    limit: i64,
    after: &RecordKey,
) -> rusqlite::Result<Value> {
    let rows: Vec<Value> = connection
        .prepare_cached(sql::DEAD)?
        .query_map(params![after.entity, after.external_id, limit], |row| {
            let (entity, external_id): (String, String) = (row.get(1)?, row.get(2)?);
            let id = seal_id(&entity, &external_id);
            let payload = unlocked(secrets, &row.get::<_, Vec<u8>>(5)?, &id);
            let info = unlocked(secrets, &row.get::<_, Vec<u8>>(6)?, &id);
            Ok(json!({
                "id": row.get::<_, i64>(0)?.to_string(),
                "entity": entity,
                "externalId": external_id,
                "enqueuedAt": row.get::<_, i64>(3)?,
                "deadAt": row.get::<_, i64>(4)?,
                "payload": payload.as_ref().ok(),
                "info": info.ok().and_then(|text| serde_json::from_str::<Value>(&text).ok()),
                "error": payload.err().map(|error| error.to_value()),
            }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Value::Array(rows))
}

fn revive(connection: &Connection, record: &RecordKey) -> rusqlite::Result<Value> {
    let key = params![record.entity, record.external_id];
    let found = connection.prepare_cached(sql::REVIVE)?.execute(key)?;
    connection.prepare_cached(sql::HURRY)?.execute(key)?;
    Ok(json!(found > 0))
}

fn revive_all(connection: &Connection, before: Option<i64>) -> rusqlite::Result<Value> {
    connection
        .prepare_cached(sql::HURRY_ALL)?
        .execute(params![before])?;
    let found = connection
        .prepare_cached(sql::REVIVE_ALL)?
        .execute(params![before])?;
    Ok(json!(found))
}

fn purge(connection: &Connection, filter: &Filter) -> rusqlite::Result<Value> {
    let gone = connection.prepare_cached(sql::PURGE)?.execute(params![
        filter.pending,
        filter.entity,
        filter.external_id,
        filter.before,
    ])?;
    let moment = filter.clock.moment();
    connection
        .prepare_cached(sql::TIDY)?
        .execute(params![moment.now_ms, moment.epoch])?;
    Ok(json!(gone))
}
