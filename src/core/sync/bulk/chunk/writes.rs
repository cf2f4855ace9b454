//! Sends what was decided, and takes in what became of it.

use std::sync::Arc;

use serde_json::Map;

use crate::core::error::CrmError;
use crate::core::sync::bulk::batch::{Entry, WriteMode, Written, write_batches};
use crate::core::sync::bulk::item::Status;
use crate::core::sync::bulk::rows::Kept;
use crate::core::sync::bulk::schema_watch::SchemaWatch;
use crate::core::sync::queue::row_locks::RowLock;
use crate::core::sync::requests::{self, Record, id_of};
use crate::core::sync::upsert::{
    Creation, is_lost_write, is_outcome_unknown, is_worth_trying_alone, naming_email,
    outcome_unknown, suspects_in,
};
use crate::core::twenty::schema::WorkspaceSchema;

use super::{Chunk, Content, Write};

impl Chunk<'_> {
    /// Sends the writes, creates first, and takes in what became of them. Conflicts stay open.
    #[expect(clippy::too_many_lines)]
    pub(super) async fn write_all(
        &mut self,
        schema: &Arc<WorkspaceSchema>,
        writes: Vec<Write>,
        is_last_try: bool,
        watch: &mut SchemaWatch<'_>,
    ) {
        let names = &self.service.options.field_names;
        let kept = match self.wants_entities {
            true => Kept::all(names),
            false => Kept::identity(names),
        };
        let mut stored = std::mem::take(&mut self.confirmed);
        for write in &writes {
            // A lost write stays one: a slow server may carry it out after the look-up that did not see it.
            self.items[write.item].was_refused = false;
        }
        let (creates, updates): (Vec<_>, Vec<_>) = writes
            .into_iter()
            .partition(|write| write.mode() == WriteMode::Create);
        for (mode, mut writes) in [(WriteMode::Create, creates), (WriteMode::Update, updates)] {
            let claims = self.claim_rows(&mut writes).await;
            if writes.is_empty() {
                continue;
            }
            let entries = writes.into_iter().map(|write| self.entry(write)).collect();
            let outcomes = write_batches(
                &self.service.http,
                self.kind,
                mode,
                entries,
                &kept,
                is_last_try,
                watch,
            )
            .await;
            drop(claims);
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
                    Written::Conflict(error) if is_outcome_unknown(&error) => {
                        self.maybe_created |= mode == WriteMode::Create;
                        self.items[at].lost = Some(error);
                    }
                    Written::Conflict(_) => self.items[at].was_refused = true,
                    Written::Outdated => {}
                    Written::Failed(error) if is_lost_write(&error) => {
                        self.after_lost_answer(at, mode, error, is_last_try);
                    }
                    Written::Failed(error) if self.drop_refused(at, &error) => {}
                    Written::Failed(error) if is_worth_trying_alone(&error) => {
                        self.items[at].was_refused = true;
                    }
                    Written::Failed(error) => self.items[at].fail(naming_email(error)),
                }
            }
        }
        self.remember(schema, &stored).await;
        for (at, record, status) in stored {
            let record = self.with_sent(at, record);
            let data = self.entity(schema, at, &record);
            self.items[at].finish(status, id_of(&record).to_owned(), data);
        }
    }

    /// The record with what was sent and is not shown.
    fn with_sent(&self, at: usize, record: Record) -> Record {
        let Some(mapped) = &self.items[at].mapped else {
            return record;
        };
        if !self.wants_entities {
            return record;
        }
        let is_ours = |name: &str| !mapped.restricted.iter().any(|(other, _)| other == name);
        let sent = mapped.record.fields.iter();
        requests::with_sent(record, sent.filter(|(name, _)| is_ours(name)))
    }

    fn entry(&self, write: Write) -> Entry {
        let Write {
            item, id, content, ..
        } = write;
        match (content, &self.items[item].mapped) {
            (Content::Create, Some(mapped)) => {
                let creation = Creation {
                    mapped: &mapped.record,
                    link: &mapped.link,
                    left_out: mapped.without_unique.then(|| self.kind.unique_field()),
                };
                Entry::new(item, id, &creation)
            }
            (Content::Update(payload), _) => Entry::new(item, id, &payload),
            // Only what is mapped is decided to be created.
            (Content::Create, None) => Entry::new(item, id, &Map::new()),
        }
    }

    /// Takes the rows that become ours. Writes to those that somebody else has taken since the look-up are dropped: their
    /// records stay open.
    async fn claim_rows(&self, writes: &mut Vec<Write>) -> Vec<RowLock> {
        let rows = writes.iter().filter(|write| write.claim);
        let mut ids: Vec<String> = rows.map(|write| write.id.clone()).collect();
        // Everybody takes them in the same order, so that no two wait for each other.
        ids.sort_unstable();
        ids.dedup();
        let mut claims = Vec::with_capacity(ids.len());
        for id in ids {
            let mut claim = self.service.workspace.row_locks.lock(&id).await;
            if claim.take(self.looked_at) {
                claims.push(claim);
            } else {
                writes.retain(|write| write.id != id);
            }
        }
        claims
    }

    /// Every repeat failed, and the server may have carried the write out all the same: the next look-up tells.
    fn after_lost_answer(
        &mut self,
        at: usize,
        mode: WriteMode,
        error: CrmError,
        is_last_try: bool,
    ) {
        let item = &mut self.items[at];
        if is_last_try {
            let unknown = outcome_unknown(self.kind, item.input.external_id(), &error);
            return item.fail(unknown);
        }
        item.lost = Some(error);
        self.maybe_created |= mode == WriteMode::Create;
    }

    /// Takes a value out that the server refused, so that the rest of the record is written with the next batch.
    fn drop_refused(&mut self, at: usize, error: &CrmError) -> bool {
        let item = &mut self.items[at];
        let Some(mapped) = &mut item.mapped else {
            return false;
        };
        let suspects = suspects_in(&mapped.record, error, &self.service.options);
        let refused = match suspects.as_slice() {
            [] => return false,
            [refused] => refused,
            // Which of them it is shows when the record is written alone.
            _ => return true,
        };
        mapped.record.fields.shift_remove(&refused.field);
        mapped.is_complete = false;
        mapped.refused_fields.push(refused.field.clone());
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
        for (at, record, _) in stored {
            let external_id = self.items[*at].input.external_id();
            self.service.note_seen(self.kind, external_id, record);
        }
        let written: Vec<_> = stored
            .iter()
            .filter_map(|(at, record, _)| {
                let item = &self.items[*at];
                let mapped = item.mapped.as_ref()?;
                let hash = mapped.is_complete.then_some(mapped.hash);
                let external_id = item.input.external_id();
                let entry = self
                    .service
                    .entry_of_row(self.kind, external_id, hash, record)?;
                Some((entry, &mapped.record.fields))
            })
            .collect();
        if let Err(message) = self.service.remember_many(&written).await {
            self.warn_store(&message);
        }
        for (at, ..) in stored {
            self.note_known(*at, schema);
        }
    }
}
