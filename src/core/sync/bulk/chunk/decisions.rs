//! What is to be written for each record of a chunk, once its rows are known.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::core::sync::bulk::item::{Mapped, Status};
use crate::core::sync::collision::{Claimant, Decision, Target, decide, own_gone};
use crate::core::sync::ownership::restrict;
use crate::core::sync::requests::{Record, id_of};
use crate::core::sync::upsert::{
    create_payload, is_as_created, link_kept_warning, linked_warning, store_failed, take_value_from,
};
use crate::core::twenty::comparison::{holds_all, only_blank};
use crate::core::twenty::composite::carry_over;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::WorkspaceSchema;

use super::rivals::holder_of;
use super::row_index::RowIndex;
use super::{Chunk, Content, Write};

impl Chunk<'_> {
    /// Decides every open item; items that need no write are finished. Those that want a value which another record of
    /// the chunk is about to give up stay open, unless this is the last time.
    pub(super) async fn decide_all(
        &mut self,
        schema: &Arc<WorkspaceSchema>,
        rows: &[Record],
        is_last_try: bool,
    ) -> Vec<Write> {
        let index = RowIndex::new(self.kind, self.external_id_field(schema), rows);
        let mut writes = Vec::new();
        let mut values: HashMap<String, usize> = HashMap::new();
        let mut written_rows: HashMap<String, usize> = HashMap::new();
        let nobody = HashSet::new();
        let mut decisions = Vec::new();
        for at in self.open() {
            self.items[at].decided.clear();
            decisions.extend(
                self.decision(at, &index, &nobody)
                    .map(|decision| (at, decision)),
            );
        }
        let given_up = match is_last_try {
            true => HashSet::new(),
            false => self.given_up(&decisions),
        };
        for (at, mut decision) in decisions {
            if holder_of(&decision).is_some_and(|row| given_up.contains(row)) {
                if !self.options.dry_run {
                    continue;
                }
                match self.decision(at, &index, &given_up) {
                    Some(later) => decision = later,
                    None => continue,
                }
            }
            let row = match &decision {
                Decision::Write(target) => Some(id_of(&target.row).to_owned()),
                _ => None,
            };
            if let Some(&writer) = row.as_ref().and_then(|row| written_rows.get(row)) {
                self.leave_row_to(schema, at, writer);
                continue;
            }
            let write = self.act_on(schema, at, decision, &index).await;
            if let Some(row) = row
                && (write.is_some() || self.options.dry_run)
            {
                written_rows.insert(row, at);
            }
            writes.extend(write);
        }
        writes.retain_mut(|write| self.share_value(write, &mut values));
        if self.options.dry_run {
            for write in writes.drain(..) {
                let status = match write.content {
                    Content::Create => Status::Created,
                    Content::Update(_) => Status::Updated,
                };
                self.finish_dry(schema, write.item, status, write.id);
            }
        }
        writes
    }

    /// What is to become of an item where the rows in `without` are not.
    fn decision(
        &self,
        at: usize,
        index: &RowIndex<'_>,
        without: &HashSet<String>,
    ) -> Option<Decision> {
        let item = &self.items[at];
        let mapped = item.mapped.as_ref()?;
        let claimant = Claimant::of(
            self.kind,
            item.input.external_id(),
            &mapped.record,
            &mapped.own_ids,
            mapped.without_unique,
        );
        let mut rows = index.rows_of(mapped);
        rows.retain(|row| claimant.is_own(row) || !without.contains(id_of(row)));
        Some(decide(&claimant, &rows, &self.service.options.collisions))
    }

    pub(super) fn external_id_field(&self, schema: &WorkspaceSchema) -> Option<String> {
        let names = &self.service.options.field_names;
        let field = names.external_id_in(schema.object(self.kind));
        field.name().map(str::to_owned)
    }

    async fn act_on(
        &mut self,
        schema: &Arc<WorkspaceSchema>,
        at: usize,
        decision: Decision,
        index: &RowIndex<'_>,
    ) -> Option<Write> {
        match decision {
            Decision::Fail(error) => {
                self.items[at].fail(error);
                None
            }
            Decision::Skip { row, warning } => {
                self.items[at].decided.push(warning);
                let data = self.entity(schema, at, &row);
                self.items[at].finish(Status::Unchanged, id_of(&row).to_owned(), data);
                None
            }
            Decision::Create { leave_out, note } => {
                if self.is_left_gone(at, index) {
                    return None;
                }
                if !self.options.dry_run
                    && let Some(mapped) = &self.items[at].mapped
                    && index.has_id(&mapped.own_ids)
                {
                    // Another's row sits on the id that was chosen for us: left open for the single upsert.
                    return None;
                }
                let item = &mut self.items[at];
                item.decided.extend(note);
                let mapped = item.mapped.as_mut()?;
                if let Some(warning) = leave_out {
                    mapped.without_unique = true;
                    mapped.is_complete = false;
                    item.warnings.push(warning);
                }
                Some(Write {
                    item: at,
                    id: mapped.record.id.to_string(),
                    claim: false,
                    content: Content::Create,
                })
            }
            Decision::Write(target) => self.write_to(at, target).await,
        }
    }

    #[expect(clippy::too_many_lines)]
    async fn write_to(&mut self, at: usize, target: Target) -> Option<Write> {
        let id = id_of(&target.row).to_owned();
        let item = &mut self.items[at];
        let mapped = item.mapped.as_mut()?;
        if self.maybe_created
            && is_as_created(
                &target.row,
                &create_payload(&mapped.record, payload(mapped, self.kind)),
            )
        {
            self.confirmed.push((at, target.row, Status::Created));
            return None;
        }
        let mut payload = payload(mapped, self.kind);
        mapped.is_complete &=
            restrict(&mapped.restricted, &mut payload, Some(&target.row)) && !target.lacks_value();
        if target.leave_out_unique {
            payload.shift_remove(self.kind.unique_field());
        }
        item.decided.extend(target.warnings);
        let uncleared = carry_over(
            &mut payload,
            &target.row,
            mapped.record.flat_name.as_deref(),
        );
        if target.blanks_only {
            let (filling, mut kept) = only_blank(&payload, &target.row);
            payload = filling;
            kept.extend(uncleared);
            mapped.is_complete = false;
            let unique = mapped.record.unique_value.as_ref();
            item.decided
                .push(linked_warning(item.input.external_id(), unique, &id, &kept));
        } else {
            mapped.is_complete &= uncleared.is_empty();
            for field in uncleared {
                let external_id = item.input.external_id();
                let warning = link_kept_warning(self.kind, external_id, &field);
                item.decided.push(warning);
            }
        }
        let stays = !target.claim && !target.revive && target.take_from.is_none();
        if item.lost.is_some() && stays && holds_all(&target.row, &payload) {
            self.confirmed.push((at, target.row, Status::Updated));
            return None;
        }
        if self.options.verify_unchanged
            && !self.options.force
            && stays
            && holds_all(&target.row, &payload)
        {
            self.leave_unchanged(at, id);
            return None;
        }
        if let Some(other) = target.take_from.as_ref().filter(|_| !self.options.dry_run)
            && let Err(error) = take_value_from(self.service, self.kind, other).await
        {
            self.items[at].fail(error);
            return None;
        }
        if target.claim && !self.options.dry_run {
            let record = &mapped.record;
            let forgotten = self
                .service
                .forget_former_owner(self.kind, &target.row, record);
            if let Err(message) = forgotten.await {
                item.warnings
                    .push(store_failed(item.input.external_id(), &message));
            }
        }
        payload.insert("id".to_owned(), id.clone().into());
        if target.claim
            && let Some(field) = mapped.record.external_id_field.name()
        {
            payload.insert(
                field.to_owned(),
                mapped.record.stored_external_id.clone().into(),
            );
        }
        // A deleted row comes back with every upsert that meets it (`docs/twenty/protocol.md#upserts`); nothing need be
        // sent for that.
        Some(Write {
            item: at,
            id,
            claim: target.claim,
            content: Content::Update(payload),
        })
    }

    /// Whether the row that is remembered for this record is gone, and the policy is not to make it again.
    fn is_left_gone(&mut self, at: usize, index: &RowIndex<'_>) -> bool {
        let item = &mut self.items[at];
        let Some(id) = item
            .mapped
            .as_ref()
            .and_then(|mapped| mapped.remembered.clone())
            .filter(|id| !index.has_id(std::slice::from_ref(id)))
        else {
            return false;
        };
        let policy = self.service.options.collisions.own_gone;
        match own_gone(policy, self.kind, item.input.external_id(), &id) {
            None => return false,
            Some(Err(error)) => item.fail(error),
            Some(Ok(warning)) => {
                item.decided.push(warning);
                self.leave_unchanged(at, id);
            }
        }
        true
    }

    pub(super) fn finish_dry(
        &mut self,
        schema: &WorkspaceSchema,
        at: usize,
        status: Status,
        id: String,
    ) {
        let item = &self.items[at];
        let fields = item
            .mapped
            .as_ref()
            .map(|mapped| mapped.record.fields.clone())
            .unwrap_or_default();
        let data = self.entity(schema, at, &fields);
        self.items[at].finish(status, id, data);
    }
}

/// Everything that is to be written, as far as it is the record's own.
fn payload(mapped: &Mapped, kind: ObjectKind) -> Map<String, Value> {
    let mut payload = mapped.record.fields.clone();
    if mapped.without_unique {
        payload.shift_remove(kind.unique_field());
    }
    mapped.link.write_into(&mut payload);
    payload
}
