//! Sends what was decided, and takes in what became of it.

use std::sync::Arc;

use crate::core::error::CrmError;
use crate::core::sync::bulk::batch::{Entry, WriteMode, Written, write_batches};
use crate::core::sync::bulk::item::Status;
use crate::core::sync::service::Learnt;
use crate::core::sync::upsert::{is_worth_trying_alone, refused_optional_field};
use crate::core::sync::wire::{Record, id_of};
use crate::core::twenty::schema::WorkspaceSchema;

use super::{Chunk, Write};

impl Chunk<'_> {
    /// Sends the writes, creates first, and takes in what became of them. Conflicts stay open.
    pub(super) async fn write_all(
        &mut self,
        schema: &Arc<WorkspaceSchema>,
        writes: Vec<Write>,
        is_last_try: bool,
    ) {
        let mut stored: Vec<(usize, Record, Status)> = Vec::new();
        let (creates, updates): (Vec<_>, Vec<_>) = writes
            .into_iter()
            .partition(|write| write.mode == WriteMode::Create);
        for (mode, writes) in [(WriteMode::Create, creates), (WriteMode::Update, updates)] {
            if writes.is_empty() {
                continue;
            }
            let entries = writes
                .into_iter()
                .map(|write| Entry::new(write.item, write.id, &write.payload))
                .collect();
            let outcomes =
                write_batches(&self.service.http, self.kind, mode, entries, is_last_try).await;
            for (at, outcome) in outcomes {
                match outcome {
                    Written::Stored(record) => stored.push((
                        at,
                        record,
                        match mode {
                            WriteMode::Create => Status::Created,
                            WriteMode::Update => Status::Updated,
                        },
                    )),
                    Written::Conflict(error) => {
                        self.maybe_created |= error.details.contains_key("outcomeUnknown");
                    }
                    Written::Failed(error) if self.drop_refused(at, &error) => {}
                    Written::Failed(error) if is_worth_trying_alone(&error) => {}
                    Written::Failed(error) => self.items[at].fail(error),
                }
            }
        }
        self.remember(schema, &stored).await;
        for (at, record, status) in stored {
            let data = self.entity(schema, at, &record);
            self.items[at].finish(status, id_of(&record).to_owned(), data);
        }
    }

    /// Takes an optional value out that the server refused, so that the rest of the record is written with the next batch.
    pub(super) fn drop_refused(&mut self, at: usize, error: &CrmError) -> bool {
        let item = &mut self.items[at];
        let Some(mapped) = &mut item.mapped else {
            return false;
        };
        let names = &self.service.options.field_names;
        let Some(refused) = refused_optional_field(error, names) else {
            return false;
        };
        if mapped.record.fields.shift_remove(&refused.field).is_none() {
            return false;
        }
        mapped.is_complete = false;
        let warning = refused.warning(item.input.external_id(), error);
        item.warnings.push(warning);
        true
    }

    pub(super) async fn remember(
        &mut self,
        schema: &Arc<WorkspaceSchema>,
        stored: &[(usize, Record, Status)],
    ) {
        if let Some((_, record, _)) = stored.first() {
            self.service.note_schema_drift(schema, self.kind, record);
        }
        let learnt: Vec<_> = stored
            .iter()
            .filter_map(|(at, record, _)| {
                let item = &self.items[*at];
                let mapped = item.mapped.as_ref()?;
                let hash = mapped.is_complete.then(|| mapped.hash.clone());
                Some(Learnt {
                    external_id: item.input.external_id().to_owned(),
                    crm_id: id_of(record).to_owned(),
                    hash,
                    fields: &mapped.record.fields,
                })
            })
            .collect();
        if let Err(message) = self.service.remember_many(self.kind, &learnt).await {
            self.warn_store(&message);
        }
    }
}
