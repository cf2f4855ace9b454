//! Requests to an outbox, as `lib/outbox/sqlite.js` writes them: `{"claim": {…}}`. Times are milliseconds of the
//! caller's clocks: leases and delays use a monotonic one (`clock`), times for people are since 1970 (`at`).

use serde::Deserialize;
use serde_json::Value;

use super::moment::Stamp;

/// One request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// Appends changes, durably.
    Enqueue {
        /// In the order in which they were made.
        changes: Vec<NewChange>,
        /// The time since 1970.
        at: i64,
    },
    /// Claims records that are due.
    Claim(Claim),
    /// Extends a worker's leases; the answer is how many records it still holds.
    #[serde(rename_all = "camelCase")]
    Renew {
        /// The worker's token.
        token: String,
        /// The time.
        clock: Stamp,
        /// How long the leases last from now on.
        lease_ms: i64,
    },
    /// Reports outcomes; the answer says for each record whether it was still held.
    Settle(Settle),
    /// Counts changes.
    Stats {
        /// The time.
        clock: Stamp,
    },
    /// Lists dead letters in the order of their records.
    DeadLetters {
        /// Most dead letters to return.
        limit: i64,
        /// Only those after this record.
        after: Option<RecordKey>,
    },
    /// Makes a dead letter a waiting change again; the answer is whether there was one.
    Retry(RecordKey),
    /// Does so for all dead letters; the answer is how many there were.
    RetryAll {
        /// Only those that became dead letters before this time.
        before: Option<i64>,
    },
    /// Deletes changes; the answer is how many.
    Purge(Filter),
}

/// Identifies a record.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordKey {
    /// `person` or `company`.
    pub entity: String,
    /// Its external id.
    pub external_id: String,
}

/// A change of one record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewChange {
    /// `person` or `company`.
    pub entity: String,
    /// The record's external id.
    pub external_id: String,
    /// External id of the company that has to be written first.
    pub needs: Option<String>,
    /// The fields, as JSON text.
    pub payload: String,
}

/// Which records to claim, for whom and how long.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The claim's token, different from that of any other claim.
    pub token: String,
    /// Most records to claim.
    pub limit: i64,
    /// How long the leases last.
    pub lease_ms: i64,
    /// The time.
    pub clock: Stamp,
    /// Claim the record with the fewest attempts instead of the one that has waited longest.
    pub is_probe: bool,
}

/// The outcomes of the records of one claim.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settle {
    /// The claim's token.
    pub token: String,
    /// The time.
    pub clock: Stamp,
    /// The time since 1970.
    pub at: i64,
    /// One entry per record.
    pub records: Vec<Settlement>,
}

/// The outcome of one record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// `person` or `company`.
    pub entity: String,
    /// Its external id.
    pub external_id: String,
    /// Ids of changes to remove: they are done.
    pub remove: Vec<String>,
    /// Changes to rewrite.
    pub rewrite: Vec<Rewrite>,
    /// The retry state. `None` clears it.
    pub lane: Option<Lane>,
}

/// The new contents of a change.
#[derive(Debug, Deserialize)]
pub struct Rewrite {
    /// Its id.
    pub id: String,
    /// As in a new change.
    pub payload: String,
    /// As in a new change.
    pub needs: Option<String>,
    /// Why it becomes a dead letter; `None`: it does not.
    pub dead: Option<Value>,
}

/// The retry state of a record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// The number of attempts.
    pub attempts: i64,
    /// Time until the next attempt, in milliseconds.
    pub delay_ms: i64,
}

/// Which changes to delete. A filter that is `None` does not apply.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    /// Also waiting changes, not only dead letters.
    pub pending: bool,
    /// `person` or `company`.
    pub entity: Option<String>,
    /// External id.
    pub external_id: Option<String>,
    /// Only those enqueued before this time (for dead letters: that became dead before it).
    pub before: Option<i64>,
    /// The time.
    pub clock: Stamp,
}
