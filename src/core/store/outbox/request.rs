//! What can be asked of an outbox, as `lib/outbox/sqlite.js` writes it: `{"claim": {…}}`. Times are milliseconds by the
//! caller's clocks: leases and delays by one that is never set (`clock`), what people read since 1970 (`at`).

use serde::Deserialize;
use serde_json::Value;

use super::moment::Stamp;

/// One thing to be done.
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
    /// Takes records that are due.
    Claim(Claim),
    /// Puts off the end of a worker's leases; the answer is how many it still has.
    #[serde(rename_all = "camelCase")]
    Renew {
        /// Whose.
        token: String,
        /// The time.
        clock: Stamp,
        /// How long they last from now on.
        lease_ms: i64,
    },
    /// Reports what became of records; the answer is for each of them whether it was still held.
    Settle(Settle),
    /// Counts.
    Stats {
        /// The time.
        clock: Stamp,
    },
    /// Lists dead letters in the order of their records.
    DeadLetters {
        /// At most so many.
        limit: i64,
        /// Those that come after this record.
        after: Option<RecordKey>,
    },
    /// Makes a dead letter a waiting change again; the answer is whether there was one.
    Retry(RecordKey),
    /// Does so for all of them; the answer is how many there were.
    RetryAll {
        /// Only those that were given up before this.
        before: Option<i64>,
    },
    /// Forgets changes; the answer is how many.
    Purge(Filter),
}

/// A record.
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

/// Which records are taken, by whom and until when.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Told apart from every other claim's.
    pub token: String,
    /// Records at most.
    pub limit: i64,
    /// How long they are taken.
    pub lease_ms: i64,
    /// The time.
    pub clock: Stamp,
    /// Take what was tried least often, instead of what waits longest.
    pub is_probe: bool,
}

/// What became of the records of one claim.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settle {
    /// The claim's.
    pub token: String,
    /// The time.
    pub clock: Stamp,
    /// The time since 1970.
    pub at: i64,
    /// One entry per record.
    pub records: Vec<Settlement>,
}

/// What became of one record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// `person` or `company`.
    pub entity: String,
    /// Its external id.
    pub external_id: String,
    /// Ids of changes that are done with.
    pub remove: Vec<String>,
    /// Changes that hold something else from now on.
    pub rewrite: Vec<Rewrite>,
    /// None: nothing is to be remembered of earlier attempts.
    pub lane: Option<Lane>,
}

/// A change that holds something else from now on.
#[derive(Debug, Deserialize)]
pub struct Rewrite {
    /// Its id.
    pub id: String,
    /// As of a new change.
    pub payload: String,
    /// As of a new change.
    pub needs: Option<String>,
    /// Why it is a dead letter from now on; none: it stays what it is.
    pub dead: Option<Value>,
}

/// What is remembered of a record that has to be tried again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// How often it was tried.
    pub attempts: i64,
    /// How long it is left alone, in milliseconds.
    pub delay_ms: i64,
}

/// Which changes are to be forgotten; what is none does not restrict them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    /// Waiting changes as well as dead letters.
    pub pending: bool,
    /// `person` or `company`.
    pub entity: Option<String>,
    /// External id.
    pub external_id: Option<String>,
    /// Those that were enqueued (dead letters: given up) before this.
    pub before: Option<i64>,
    /// The time.
    pub clock: Stamp,
}
