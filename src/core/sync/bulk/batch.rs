//! One batch on the wire: answers matched by id, never by position, and a refused batch halved until the bad records
//! stand alone (WIRE.md section 6: a plain batch is all or nothing, and never says which row was bad).

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::schema_watch::SchemaWatch;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::{HttpClient, Request};
use crate::core::sync::wire::{Record, id_of};
use crate::core::twenty::ids::ObjectKind;

/// Records of one batch: the server's own maximum (WIRE.md section 6).
pub const MAX_BATCH_RECORDS: usize = 200;

/// Bytes of one batch, a little below the server's limit of 10 MB (WIRE.md section 1).
pub const MAX_BATCH_BYTES: usize = 10_000_000 - 64 * 1024;

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
    /// JSON text of the payload.
    pub json: String,
}

impl Entry {
    /// From a payload that carries the id.
    pub fn new(item: usize, id: String, payload: &Map<String, Value>) -> Self {
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
    /// The server's record.
    Stored(Record),
    /// Another row holds one of its unique values: look again, and decide again.
    Conflict(CrmError),
    /// Refused, or not confirmed.
    Failed(CrmError),
    /// Not written, because the payload was made for a schema that is no more: map it again.
    Outdated,
}

#[derive(Deserialize)]
struct Envelope {
    data: Map<String, Value>,
}

/// Writes `entries` in as few requests as the limits allow. `is_last_try`: a conflict is halved as well, because looking
/// again did not explain it. `watch` is asked before anything is halved: what has become of the schema explains more
/// refusals at once than any record does.
pub async fn write_batches(
    http: &HttpClient,
    kind: ObjectKind,
    mode: WriteMode,
    entries: Vec<Entry>,
    is_last_try: bool,
    watch: &mut SchemaWatch<'_>,
) -> Vec<(usize, Written)> {
    let mut written = Vec::with_capacity(entries.len());
    // Batches still to be sent; the next one is at the end.
    let mut waiting = split_by_size(entries);
    waiting.reverse();
    while let Some(batch) = waiting.pop() {
        match send(http, kind, mode, &batch).await {
            Ok(mut records) => {
                for entry in batch {
                    let outcome = match records.remove(&entry.id) {
                        Some(record) => Written::Stored(record),
                        None => Written::Conflict(missing_in_answer(&entry.id)),
                    };
                    written.push((entry.item, outcome));
                }
            }
            Err(error) if is_conflict(&error) && !is_last_try => {
                for entry in batch {
                    written.push((entry.item, Written::Conflict(error.clone())));
                }
            }
            Err(error) if !is_conflict(&error) && watch.explains(&error).await => {
                let unwritten = batch.into_iter().chain(waiting.drain(..).rev().flatten());
                written.extend(unwritten.map(|entry| (entry.item, Written::Outdated)));
            }
            Err(error) if is_about_a_record(&error) && batch.len() > 1 => {
                let (first, second) = halve(batch);
                waiting.push(second);
                waiting.push(first);
            }
            Err(error) => {
                for entry in batch {
                    let outcome = if is_conflict(&error) {
                        Written::Conflict(error.clone())
                    } else {
                        Written::Failed(error.clone())
                    };
                    written.push((entry.item, outcome));
                }
            }
        }
    }
    written
}

fn split_by_size(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut bytes = 2;
    for entry in entries {
        let size = entry.json.len() + 1;
        if !batch.is_empty() && (batch.len() == MAX_BATCH_RECORDS || bytes + size > MAX_BATCH_BYTES)
        {
            batches.push(std::mem::take(&mut batch));
            bytes = 2;
        }
        bytes += size;
        batch.push(entry);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

fn halve(mut batch: Vec<Entry>) -> (Vec<Entry>, Vec<Entry>) {
    let second = batch.split_off(batch.len() / 2);
    (batch, second)
}

async fn send(
    http: &HttpClient,
    kind: ObjectKind,
    mode: WriteMode,
    batch: &[Entry],
) -> Result<std::collections::HashMap<String, Record>, CrmError> {
    let length = batch
        .iter()
        .map(|entry| entry.json.len() + 1)
        .sum::<usize>()
        + 2;
    let mut body = String::with_capacity(length);
    body.push('[');
    for (at, entry) in batch.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.push_str(&entry.json);
    }
    body.push(']');
    let query = match mode {
        WriteMode::Create => "",
        WriteMode::Update => "?upsert=true",
    };
    let path = format!("/rest/batch/{}{query}", kind.plural());
    // Ids are fixed beforehand: a repeat of a create says duplicate, a repeat of an update writes the same.
    let request = Request::post(path, Bytes::from(body)).repeatable(true);
    let response = http.call(request).await?;
    let unreadable = || {
        CrmError::new(
            ErrorCode::Unknown,
            "the server accepted the batch, but its answer is not a Twenty envelope: check the base URL",
        )
        .with_detail("reason", "NOT_TWENTY")
    };
    let mut envelope: Envelope =
        serde_json::from_slice(&response.body).map_err(|_| unreadable())?;
    let Some(Value::Array(rows)) = envelope.data.remove(kind.create_many_key()) else {
        return Err(unreadable());
    };
    Ok(rows
        .into_iter()
        .filter_map(|row| match row {
            Value::Object(record) => Some((id_of(&record).to_owned(), record)),
            _ => None,
        })
        .collect())
}

/// Whether another row stands in the way, which a look-up explains.
pub fn is_conflict(error: &CrmError) -> bool {
    matches!(error.reason(), Some("DUPLICATE" | "MULTIPLE_MATCHES"))
}

/// Whether one of the records is the cause, so that halving finds it.
pub fn is_about_a_record(error: &CrmError) -> bool {
    matches!(error.code, ErrorCode::ValidationError | ErrorCode::NotFound)
}

fn missing_in_answer(id: &str) -> CrmError {
    CrmError::new(
        ErrorCode::OperationFailed,
        format!("the server accepted the batch, but its answer carries no row {id}"),
    )
    .with_retryable(true)
    .with_detail("reason", "MISSING_IN_ANSWER")
}
