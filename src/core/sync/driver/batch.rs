//! Batches on the wire: answers matched by id, never by position, and a refused batch split until the bad records stand
//! alone. A batch that is too large or takes too long is halved, and the next ones are as small.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::batch_answer::{self, Kept};
use super::batch_size::{BatchSize, SMALLEST_SPLIT};
use super::entry::Entry;
use super::schema_watch::SchemaWatch;
use super::split::{Next, Parts};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{HttpClient, Request};
use crate::core::sync::record::errors::{is_conflict, is_outcome_unknown};
use crate::core::sync::record::outcome::Blame;
use crate::core::sync::record::row::{Row, id_of};
use crate::core::sync::requests;
use crate::core::twenty::ids::ObjectKind;

/// How a batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// Plain POST: creates all or nothing, and never lands on a row that exists.
    Create,
    /// `?upsert=true`, for rows whose id was just looked up.
    Update,
}

/// Whether an earlier request may have written the records as well, because its answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// There was one request.
    Once,
    /// There may have been several.
    Repeated,
}

/// What became of one record.
pub enum Written {
    /// The server's record, as far as it was to be kept.
    Stored(Row, Certainty),
    /// Refused, or not confirmed.
    Failed(CrmError, Blame),
    /// Not written, because the payload was made for a schema that is no more: map it again.
    Outdated,
}

impl Written {
    /// Says that the record may have been written by an earlier request, whose answer was lost. What is refused now was
    /// refused then.
    fn leave_open(&mut self) {
        match self {
            Self::Stored(_, certainty) => *certainty = Certainty::Repeated,
            Self::Failed(error, _) if is_conflict(error) || !is_about_a_record(error) => {
                error
                    .details
                    .insert("outcomeUnknown".to_owned(), true.into());
            }
            Self::Failed(..) | Self::Outdated => {}
        }
    }
}

/// Where and how batches are written.
#[derive(Clone, Copy)]
pub struct BatchWriter<'a> {
    /// The client.
    pub http: &'a HttpClient,
    /// Person or company.
    pub kind: ObjectKind,
    /// Creates or updates.
    pub mode: WriteMode,
    /// What is kept of the rows that come back.
    pub kept: &'a Kept<'a>,
    /// Whether a conflict is split as well, because looking again did not explain it.
    pub is_last_try: bool,
}

/// One call's records on their way.
pub struct Batches<'a> {
    writer: BatchWriter<'a>,
    size: Arc<BatchSize>,
    parts: Parts,
    /// An earlier batch got no answer, so its records may be there, whatever is said when they are sent again.
    was_lost: bool,
    was_cut_to_room: bool,
}

/// What became of records, each by the caller's number.
type Outcomes = Vec<(usize, Written)>;

impl<'a> Batches<'a> {
    /// To be written in as few requests as the limits allow.
    pub fn new(writer: BatchWriter<'a>, entries: Vec<Entry>) -> Self {
        Self {
            size: writer.http.workspace().extension(BatchSize::default),
            writer,
            parts: Parts::new(entries),
            was_lost: false,
            was_cut_to_room: false,
        }
    }

    /// What became of all of them.
    pub async fn finish(mut self, watch: &mut SchemaWatch<'_>) -> Outcomes {
        let mut all = Vec::new();
        while let Some(outcomes) = self.send_next(watch).await {
            all.extend(outcomes);
        }
        all
    }

    /// Sends one more request, and says what it has settled; none when there is nothing left to send. `watch` is asked
    /// before anything is split: what has become of the schema explains more refusals at once than any record does.
    pub async fn send_next(&mut self, watch: &mut SchemaWatch<'_>) -> Option<Outcomes> {
        let next = self.parts.next(self.size.limits())?;
        let (records, bytes) = (next.entries.len(), bytes_of(&next.entries));
        let mut outcomes = match self.writer.send(&next.entries).await {
            Ok((rows, certainty)) => {
                self.size.succeeded(records, bytes);
                self.parts.done(&next);
                stored(next.entries, rows, certainty)
            }
            Err(error) => self.after_failure(next, error, watch).await,
        };
        if self.was_lost {
            for (_, outcome) in &mut outcomes {
                outcome.leave_open();
            }
        }
        Some(outcomes)
    }

    async fn after_failure(
        &mut self,
        mut next: Next,
        error: CrmError,
        watch: &mut SchemaWatch<'_>,
    ) -> Outcomes {
        let records = next.entries.len();
        if is_conflict(&error) && !self.writer.is_last_try {
            self.parts.done(&next);
            return failed(next.entries, &error);
        }
        if is_about_size(&error, records) {
            self.was_lost |= is_outcome_unknown(&error);
            let bytes = bytes_of(&next.entries);
            if error.code == ErrorCode::Timeout {
                self.size.timed_out(records);
            } else if !is_mostly_one(&next.entries, bytes) {
                self.size.too_large(bytes);
            }
            self.parts.too_many(next);
            return Vec::new();
        }
        if !is_conflict(&error) && watch.explains(&error).await {
            let unwritten = next.entries.into_iter().chain(self.parts.drain());
            return unwritten
                .map(|entry| (entry.item, Written::Outdated))
                .collect();
        }
        if (is_conflict(&error) || is_about_a_record(&error)) && records > 1 {
            self.was_lost |= is_outcome_unknown(&error);
            self.parts.refused(next);
            return Vec::new();
        }
        let room = room_for(&error, records);
        if !self.was_cut_to_room && room > 0 {
            // Once: somebody else may be taking what is left.
            self.was_cut_to_room = true;
            let too_many = next.entries.split_off(room);
            self.parts.again(next);
            return failed(too_many, &error);
        }
        self.parts.done(&next);
        let mut outcomes = failed(next.entries, &error);
        if error.code == ErrorCode::Timeout {
            // The server does not answer even this little: the rest need not wait for it as long again.
            let unsent = self.parts.drain().into_iter();
            let outcome = || Written::Failed(error.clone(), Blame::Shared);
            outcomes.extend(unsent.map(|entry| (entry.item, outcome())));
        }
        outcomes
    }
}

fn stored(entries: Vec<Entry>, mut rows: HashMap<String, Row>, certainty: Certainty) -> Outcomes {
    let outcome = |entry: Entry| match rows.remove(&entry.id) {
        Some(row) => (entry.item, Written::Stored(row, certainty)),
        None => {
            let missing = missing_in_answer(&entry.id);
            (entry.item, Written::Failed(missing, Blame::Shared))
        }
    };
    entries.into_iter().map(outcome).collect()
}

fn failed(entries: Vec<Entry>, error: &CrmError) -> Outcomes {
    let blame = match entries.len() {
        1 => Blame::This,
        _ => Blame::Shared,
    };
    let outcome = || Written::Failed(error.clone(), blame);
    entries
        .into_iter()
        .map(|entry| (entry.item, outcome()))
        .collect()
}

/// Length of a batch's JSON text.
fn bytes_of(batch: &[Entry]) -> usize {
    batch
        .iter()
        .map(|entry| entry.json.len() + 1)
        .sum::<usize>()
        + 1
}

impl BatchWriter<'_> {
    async fn send(&self, batch: &[Entry]) -> Result<(HashMap<String, Row>, Certainty), CrmError> {
        let mut body = String::with_capacity(bytes_of(batch));
        body.push('[');
        for (at, entry) in batch.iter().enumerate() {
            if at > 0 {
                body.push(',');
            }
            body.push_str(&entry.json);
        }
        body.push(']');
        let query = match self.mode {
            WriteMode::Create => "",
            WriteMode::Update => "?upsert=true",
        };
        let path = format!("/rest/batch/{}{query}", self.kind.plural());
        // Ids are fixed beforehand: a repeat of a create says duplicate, a repeat of an update writes the same.
        let mut request = Request::post(path, Bytes::from(body)).repeatable(true);
        // What was too much once is too much again; half of it may not be.
        request.repeat_timeouts = batch.len() <= SMALLEST_SPLIT;
        // Of another batch's answer, it would be the key at most.
        request.expects = std::iter::once(requests::json_key(self.kind.create_many_key()))
            .chain(batch.first().map(|entry| entry.id.clone()))
            .collect();
        let response = self.http.call(request).await?;
        let rows = batch_answer::read(&response.body, self.kind.create_many_key(), self.kept)
            .map_err(|error| requests::unreadable("batch", &error))?
            .ok_or_else(|| requests::not_twenty("batch, but its answer carries no records"))?;
        let certainty = match response.ambiguous {
            true => Certainty::Repeated,
            false => Certainty::Once,
        };
        let by_id = rows
            .into_iter()
            .map(|record| (id_of(&record).to_owned(), record));
        Ok((by_id.collect(), certainty))
    }
}

/// Whether less at once may do.
fn is_about_size(error: &CrmError, records: usize) -> bool {
    match error.code {
        ErrorCode::Timeout => records > SMALLEST_SPLIT,
        _ => records > 1 && error.reason() == Some(error_reason::TOO_LARGE),
    }
}

/// Whether one record makes up most of the batch: then that record is too large, and not the batch.
fn is_mostly_one(batch: &[Entry], bytes: usize) -> bool {
    let largest = batch.iter().map(|entry| entry.json.len()).max();
    largest.is_some_and(|largest| largest >= bytes / 2)
}

/// Whether one of the records is the cause, so that splitting finds it.
pub fn is_about_a_record(error: &CrmError) -> bool {
    matches!(error.code, ErrorCode::ValidationError | ErrorCode::NotFound)
}

/// How many of a batch there is still room for, where a full workspace refused it as a whole and says so; 0 where no part
/// of it would do better.
fn room_for(error: &CrmError, records: usize) -> usize {
    let is_stock = error.details.get("limitKind").and_then(Value::as_str) == Some("stock");
    let left = error.details.get("remaining").and_then(Value::as_u64);
    left.filter(|_| is_stock && error.reason() == Some(error_reason::QUOTA))
        .and_then(|left| usize::try_from(left).ok())
        .filter(|left| *left < records)
        .unwrap_or(0)
}

fn missing_in_answer(id: &str) -> CrmError {
    CrmError::new(
        ErrorCode::OperationFailed,
        format!("the server accepted the batch, but its answer carries no row {id}"),
    )
    .with_retryable(true)
    .with_detail("reason", error_reason::MISSING_IN_ANSWER)
    .with_detail("outcomeUnknown", true)
}
