//! The three ways to write records, and their results.

use std::collections::BTreeSet;

use super::*;
use crate::core::sync::options::CallOptions;
use crate::core::sync::record::input::Upserted;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Single calls, one after the other.
    Alone,
    /// Concurrent single calls, which are grouped.
    Together,
    /// One run.
    Bulk,
}

pub(super) const MODES: [Mode; 3] = [Mode::Alone, Mode::Together, Mode::Bulk];

/// The result of one record, without what depends on the way it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub status: Status,
    pub id: Option<String>,
    /// Field and reason of each warning.
    pub warnings: BTreeSet<(String, &'static str)>,
    /// Code and reason of the failure.
    pub error: Option<(&'static str, String)>,
}

impl Told {
    fn of_error(error: &CrmError) -> Self {
        Self {
            status: Status::Failed,
            id: None,
            warnings: BTreeSet::new(),
            error: Some((
                error.code.as_str(),
                error.reason().unwrap_or_default().to_owned(),
            )),
        }
    }

    fn of_warnings(warnings: &[SyncWarning]) -> BTreeSet<(String, &'static str)> {
        warnings
            .iter()
            .map(|warning| (warning.field.clone(), warning.reason))
            .collect()
    }

    pub fn of_call(outcome: &Result<Upserted, CrmError>) -> Self {
        match outcome {
            Err(error) => Self::of_error(error),
            Ok(upserted) => Self {
                status: Status::of(upserted),
                id: Some(upserted.id.clone()),
                warnings: Self::of_warnings(&upserted.warnings),
                error: None,
            },
        }
    }

    pub fn of_item(item: &Settled) -> Self {
        match &item.error {
            Some(error) => Self::of_error(error),
            None => Self {
                status: item.status,
                id: item.id.clone(),
                warnings: Self::of_warnings(&item.warnings),
                error: None,
            },
        }
    }

    pub fn failed_for(&self, reason: &str) -> bool {
        self.error
            .as_ref()
            .is_some_and(|(_, given)| given == reason)
    }

    pub fn warns_of(&self, reason: &str) -> bool {
        self.warnings.iter().any(|(_, given)| *given == reason)
    }
}

/// What is remembered of a record: its row, and the hash of its last write.
pub(super) fn remembered(
    service: &SyncService,
    kind: ObjectKind,
    external_id: &str,
) -> Option<(String, Option<String>)> {
    let known = service.context().scope.cache.recall(kind, external_id)?;
    let hash = known.hash.map(|hash| hash.to_string());
    Some((known.crm_id.to_string(), hash))
}

fn call(
    service: &SyncService,
    kind: ObjectKind,
    record: &Value,
    options: CallOptions,
) -> tokio::task::JoinHandle<Told> {
    let text = record.to_string();
    let input = match kind {
        ObjectKind::Person => PersonInput::parse(&text).map(Input::Person),
        ObjectKind::Company => CompanyInput::parse(&text).map(Input::Company),
    };
    match input {
        Err(error) => tokio::spawn(async move { Told::of_error(&error) }),
        Ok(input) => {
            let upsert = service.upsert(input, options, None);
            tokio::spawn(async move { Told::of_call(&upsert.await) })
        }
    }
}

/// Calls for additional records: two occupy the departures, so that the calls after them are grouped, and one joins the
/// group, so that a single record is not alone. They share no values with other records.
fn company(kind: ObjectKind) -> [Value; 3] {
    [0, 1, 2].map(|number| match kind {
        ObjectKind::Person => person(BUSY + number),
        ObjectKind::Company => {
            json!({ "external_id": format!("busy {number}"), "name": format!("Busy {number}") })
        }
    })
}

/// The first number of these additional people.
const BUSY: usize = 900_000;

/// Whether a row belongs to these additional records.
pub(super) fn is_company(row: &serde_json::Map<String, Value>) -> bool {
    let external_id = row.get("externalId").and_then(Value::as_str);
    external_id.is_some_and(|id| id.starts_with("busy ") || id.starts_with("p-90000"))
}

/// Writes records with different external ids, and returns their results in order.
pub(super) async fn write(
    mode: Mode,
    service: &SyncService,
    kind: ObjectKind,
    records: &[Value],
    options: CallOptions,
) -> Vec<Told> {
    match mode {
        Mode::Alone => {
            let mut all = Vec::with_capacity(records.len());
            for record in records {
                all.push(
                    call(service, kind, record, options)
                        .await
                        .expect("no panic"),
                );
            }
            all
        }
        Mode::Together => {
            let [first, second, last] = company(kind);
            let mut calls: Vec<_> = [&first, &second]
                .into_iter()
                .chain(records)
                .chain([&last])
                .map(|record| call(service, kind, record, options))
                .collect();
            calls.rotate_left(2);
            let mut all = Vec::with_capacity(calls.len());
            for call in calls {
                all.push(call.await.expect("no panic"));
            }
            all.truncate(records.len());
            all
        }
        Mode::Bulk => {
            let options = BulkOptions {
                call: options,
                // A single call sends unchanged records unless it is told to skip them.
                force: options.force || !options.skip_unchanged,
                ..BulkOptions::default()
            };
            let run = service.bulk(kind, options);
            let text = Value::Array(records.to_vec()).to_string();
            let results = run.chunk(0, &text).await.expect("an array");
            results.iter().map(Told::of_item).collect()
        }
    }
}
