//! One batch on the wire: answers matched by id, never by position, and a refused batch halved until the bad records
//! stand alone (`docs/twenty/protocol.md#batches`: a plain batch is all or nothing, and never says which row was bad).
//! A batch that is too large or takes too long is halved, too, and the next ones are as small.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::batch_answer::{self, Kept};
use super::batch_size::{BatchSize, SMALLEST_SPLIT};
use super::schema_watch::SchemaWatch;
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

/// One record on its way, under the number by which the caller knows it.
pub struct Entry {
    /// The caller's number.
    pub item: usize,
    /// The id under which its answer is found.
    pub id: String,
    /// JSON text of the payload, which carries the id.
    pub json: String,
}

impl Entry {
    /// From a payload that carries the id.
    pub fn new(item: usize, id: String, payload: &impl Serialize) -> Self {
        Self {
            item,
            id,
            // A JSON object in memory always has a text.
            json: serde_json::to_string(payload).unwrap_or_default(),
        }
    }
}

/// What became of one record.
pub enum Written {
    /// The server's record, as far as it was to be kept.
    Stored(Row),
    /// Refused, or not confirmed.
    Failed(CrmError, Blame),
    /// Not written, because the payload was made for a schema that is no more: map it again.
    Outdated,
}

impl Written {
    /// Says that the record may have been written by an earlier request, whose answer was lost. What is refused now was
    /// refused then.
    fn leave_open(&mut self) {
        if let Self::Failed(error, _) = self
            && (is_conflict(error) || !is_about_a_record(error))
        {
            error
                .details
                .insert("outcomeUnknown".to_owned(), true.into());
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
    /// Whether a conflict is halved as well, because looking again did not explain it.
    pub is_last_try: bool,
}

impl BatchWriter<'_> {
    /// Writes `entries` in as few requests as the limits allow. `watch` is asked before anything is halved: what has
    /// become of the schema explains more refusals at once than any record does.
    pub async fn write(
        &self,
        entries: Vec<Entry>,
        watch: &mut SchemaWatch<'_>,
    ) -> Vec<(usize, Written)> {
        let mut progress = Progress {
            // The next batch is at the end.
            waiting: vec![entries],
            ..Progress::default()
        };
        let size = self.http.workspace().extension(BatchSize::default);
        while let Some(batch) = progress.waiting.pop() {
            let Some(batch) = next_batch(batch, size.limits(), &mut progress.waiting) else {
                continue;
            };
            let bytes = bytes_of(&batch);
            match self.send(&batch).await {
                Ok(records) => {
                    size.succeeded(batch.len(), bytes);
                    progress.stored(batch, records);
                }
                Err(error) => {
                    self.after_failure(batch, error, &size, &mut progress, watch)
                        .await;
                }
            }
        }
        if progress.was_lost {
            for (_, outcome) in &mut progress.written {
                outcome.leave_open();
            }
        }
        progress.written
    }

    async fn after_failure(
        &self,
        mut batch: Vec<Entry>,
        error: CrmError,
        size: &BatchSize,
        progress: &mut Progress,
        watch: &mut SchemaWatch<'_>,
    ) {
        if is_conflict(&error) && !self.is_last_try {
            return progress.failed(batch, &error);
        }
        if is_about_size(&error, batch.len()) {
            progress.was_lost |= is_outcome_unknown(&error);
            let bytes = bytes_of(&batch);
            if error.code == ErrorCode::Timeout {
                size.timed_out(batch.len());
            } else if !is_mostly_one(&batch, bytes) {
                size.too_large(bytes);
            }
            return halve(batch, &mut progress.waiting);
        }
        if !is_conflict(&error) && watch.explains(&error).await {
            let unwritten = batch
                .into_iter()
                .chain(progress.waiting.drain(..).rev().flatten());
            let outdated = unwritten.map(|entry| (entry.item, Written::Outdated));
            return progress.written.extend(outdated);
        }
        if is_about_a_record(&error) && batch.len() > 1 {
            return halve(batch, &mut progress.waiting);
        }
        let room = room_for(&error, batch.len());
        if !progress.was_cut_to_room && room > 0 {
            // Once: somebody else may be taking what is left.
            progress.was_cut_to_room = true;
            let too_many = batch.split_off(room);
            progress.failed(too_many, &error);
            progress.waiting.push(batch);
            return;
        }
        progress.failed(batch, &error);
        if error.code == ErrorCode::Timeout {
            // The server does not answer even this little: the rest need not wait for it as long again.
            let rest = progress.waiting.drain(..).rev().flatten().collect();
            progress.failed_unsent(rest, &error);
        }
    }
}

/// What has become of the entries of one call.
#[derive(Default)]
struct Progress {
    /// Batches still to be sent.
    waiting: Vec<Vec<Entry>>,
    written: Vec<(usize, Written)>,
    /// An earlier batch got no answer, so its records may be there, whatever is said when they are sent again.
    was_lost: bool,
    was_cut_to_room: bool,
}

impl Progress {
    fn stored(&mut self, batch: Vec<Entry>, mut rows: HashMap<String, Row>) {
        for entry in batch {
            let outcome = match rows.remove(&entry.id) {
                Some(row) => Written::Stored(row),
                None => Written::Failed(missing_in_answer(&entry.id), Blame::Shared),
            };
            self.written.push((entry.item, outcome));
        }
    }

    fn failed(&mut self, batch: Vec<Entry>, error: &CrmError) {
        let blame = match batch.len() {
            1 => Blame::This,
            _ => Blame::Shared,
        };
        for entry in batch {
            let outcome = Written::Failed(error.clone(), blame);
            self.written.push((entry.item, outcome));
        }
    }

    fn failed_unsent(&mut self, entries: Vec<Entry>, error: &CrmError) {
        for entry in entries {
            let outcome = Written::Failed(error.clone(), Blame::Shared);
            self.written.push((entry.item, outcome));
        }
    }
}

/// As much of `entries` as a batch may hold; the rest is put back.
fn next_batch(
    mut entries: Vec<Entry>,
    (max_records, max_bytes): (usize, usize),
    waiting: &mut Vec<Vec<Entry>>,
) -> Option<Vec<Entry>> {
    let mut bytes = 2;
    let fitting = entries
        .iter()
        .take(max_records)
        .take_while(|entry| {
            bytes += entry.json.len() + 1;
            bytes <= max_bytes
        })
        .count();
    if entries.is_empty() {
        return None;
    }
    // A record that is too large by itself is sent, so that the server says so.
    let rest = entries.split_off(fitting.max(1));
    if !rest.is_empty() {
        waiting.push(rest);
    }
    Some(entries)
}

/// Length of a batch's JSON text.
fn bytes_of(batch: &[Entry]) -> usize {
    batch
        .iter()
        .map(|entry| entry.json.len() + 1)
        .sum::<usize>()
        + 1
}

/// Puts both halves back, the first one to be sent first.
fn halve(mut batch: Vec<Entry>, waiting: &mut Vec<Vec<Entry>>) {
    let second = batch.split_off(batch.len() / 2);
    waiting.push(second);
    waiting.push(batch);
}

impl BatchWriter<'_> {
    async fn send(&self, batch: &[Entry]) -> Result<HashMap<String, Row>, CrmError> {
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
        Ok(rows
            .into_iter()
            .map(|record| (id_of(&record).to_owned(), record))
            .collect())
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

/// Whether one of the records is the cause, so that halving finds it.
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
