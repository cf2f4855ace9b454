//! One chunk: what is remembered, one look-up, the decisions, and the writes.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::batch::WriteMode;
use super::companies::Companies;
use super::id_register::IdRegister;
use super::identity::Identity;
use super::item::{Item, ItemResult, Mapped, Slot, Status};
use super::order::Key;
use super::schema_watch::SchemaWatch;
use super::{BulkOptions, BulkRun, Parsed};
use crate::core::error::CrmError;
use crate::core::sync::company_link::Link;
use crate::core::sync::context::SyncContext;
use crate::core::sync::record::input::Outcome;
use crate::core::sync::record::input::{Input, Upserted};
use crate::core::sync::requests::{Record, is_wrong_answer};
use crate::core::sync::upsert::{entity_of, map, outcome_unknown};
use crate::core::twenty::company_key::CompanyOf;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::WorkspaceSchema;

mod decisions;
mod knowledge;
mod known_inputs;
mod reused_ids;
mod rivals;
mod row_index;
mod writes;

pub(super) use reused_ids::id_reused;

/// A chunk on its way.
pub(super) struct Chunk<'a> {
    service: &'a SyncContext,
    kind: ObjectKind,
    options: BulkOptions,
    /// Whom the ids of the whole run stand for.
    ids: &'a IdRegister,
    items: Vec<Item>,
    schema: Option<Arc<WorkspaceSchema>>,
    companies: Companies,
    /// Whether results carry entities.
    pub wants_entities: bool,
    /// An earlier create of this chunk may have been carried out though its answer was lost.
    maybe_created: bool,
    /// Writes whose answers were lost, and which a look-up has shown to be carried out.
    confirmed: Vec<(usize, Record, Status)>,
    /// When the rows that are decided on were asked for, as the workspace's claims count time.
    looked_at: u64,
    /// Items about which nothing could be found out, and why.
    unknown: Option<(CrmError, Vec<usize>)>,
}

/// What is to be sent for one item.
struct Write {
    item: usize,
    id: String,
    /// The row becomes ours with this write.
    claim: bool,
    content: Content,
}

enum Content {
    /// All that was mapped, into a new row.
    Create,
    /// What a row that exists is to hold.
    Update(Map<String, Value>),
}

impl Write {
    fn mode(&self) -> WriteMode {
        match self.content {
            Content::Create => WriteMode::Create,
            Content::Update(_) => WriteMode::Update,
        }
    }
}

impl<'a> Chunk<'a> {
    /// Joins inputs of one external id, field by field as if written in turn; all of them get the answer.
    pub fn new(run: &'a BulkRun, inputs: Vec<Parsed<'_>>) -> (Self, Vec<Slot>) {
        let cache = &run.service.scope.cache;
        let mut items: Vec<Item> = Vec::with_capacity(inputs.len());
        let mut by_external_id: HashMap<String, usize> = HashMap::with_capacity(inputs.len());
        let mut slots = Vec::with_capacity(inputs.len());
        for Parsed {
            external_id,
            input,
            text,
        } in inputs
        {
            match input {
                Err(error) => {
                    let result = ItemResult::failed(external_id, error);
                    slots.push(Slot::Refused(Box::new(result)));
                }
                Ok(input) => {
                    let identity = Identity::of(&run.order, cache, &input);
                    match by_external_id.get(&external_id) {
                        Some(&item) => {
                            items[item].join(input, identity);
                            slots.push(Slot::Item { item, first: false });
                        }
                        None => {
                            let item = items.len();
                            by_external_id.insert(external_id, item);
                            let mut new = Item::new(input, identity);
                            new.text_digest = Some(cache.digest(text));
                            items.push(new);
                            slots.push(Slot::Item { item, first: true });
                        }
                    }
                }
            }
        }
        (Self::of_items(run, items), slots)
    }

    /// One item for each input; they are of different external ids.
    pub fn of_inputs(run: &'a BulkRun, inputs: Vec<Input>) -> Self {
        let cache = &run.service.scope.cache;
        let item = |input: Input| {
            let identity = Identity::of(&run.order, cache, &input);
            Item::new(input, identity)
        };
        Self::of_items(run, inputs.into_iter().map(item).collect())
    }

    fn of_items(run: &'a BulkRun, items: Vec<Item>) -> Self {
        Self {
            service: &run.service,
            kind: run.kind,
            options: run.options,
            ids: &run.ids,
            items,
            schema: None,
            companies: Companies::default(),
            wants_entities: true,
            maybe_created: false,
            confirmed: Vec::new(),
            looked_at: 0,
            unknown: None,
        }
    }

    /// What chunks must not write side by side: external ids, e-mails and domains.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::with_capacity(self.items.len() * 2);
        for Item { identity, .. } in &self.items {
            keys.push(identity.id);
            keys.extend(identity.value);
        }
        keys
    }

    /// Takes every item as far as batches go. What stays open is for single upserts (`take_open`).
    pub async fn run(&mut self) {
        self.fail_reused();
        if self.open().is_empty() {
            return;
        }
        let mut schema = match self.service.schema().await {
            Ok(schema) => schema,
            Err(error) => return self.fail_open(&error),
        };
        self.schema = Some(Arc::clone(&schema));
        self.map_all(&schema);
        let remembered = self.recall(&schema).await;
        self.skip_unchanged(&remembered);
        let mut watch = SchemaWatch::new(self.service, Arc::clone(&schema));
        let mut is_linked = false;
        let mut is_last_try = false;
        // Ends: the watch finds a newer schema a few times at most, and every other round is the last one or makes the next so.
        while !self.open().is_empty() {
            if let Some(newer) = watch.take_newer() {
                schema = newer;
                self.schema = Some(Arc::clone(&schema));
                self.map_again(&schema);
            }
            let rows = match self.look_up(&schema, !is_linked).await {
                Ok(rows) => rows,
                Err(error) if watch.explains(&error).await => continue,
                Err(error) => return self.fail_open(&error),
            };
            if !is_linked {
                is_linked = true;
                self.link_people(&schema, &mut watch).await;
            }
            // A later chunk may have found out meanwhile.
            self.fail_reused();
            let writes = self.decide_all(&schema, &rows, is_last_try).await;
            if self.options.dry_run {
                return;
            }
            self.write_all(&schema, writes, is_last_try, &mut watch)
                .await;
            if watch.has_newer() {
                continue;
            }
            if is_last_try {
                // Whatever is open now was looked at twice: alone, it is told apart from the rest.
                return;
            }
            is_last_try = true;
        }
    }

    fn open(&self) -> Vec<usize> {
        (0..self.items.len())
            .filter(|&item| self.items[item].outcome.is_none())
            .collect()
    }

    /// The items that batches could not settle, with their inputs.
    pub fn take_open(&mut self) -> Vec<(usize, Input)> {
        if self.options.dry_run {
            return Vec::new();
        }
        self.fail_reused();
        self.open()
            .into_iter()
            .map(|item| {
                let mut input = self.items[item].input.clone();
                if let Some(mapped) = &self.items[item].mapped {
                    self.companies.tell_name(&mapped.record.company, &mut input);
                }
                (item, input)
            })
            .collect()
    }

    /// Takes in what a single upsert made of an item.
    pub fn settle_alone(&mut self, item: usize, outcome: Result<Arc<Upserted>, CrmError>) {
        let item = &mut self.items[item];
        match outcome {
            Err(error)
                if error.retryable && item.lost.is_some()
                    || item.was_refused && is_wrong_answer(&error) =>
            {
                item.fail(outcome_unknown(self.kind, item.input.external_id(), &error));
            }
            Err(error) => item.fail(error),
            Ok(upserted) => {
                // The single upsert has said all of it anew.
                item.mapped = None;
                item.decided.clear();
                item.warnings.clone_from(&upserted.warnings);
                let data = to_raw_value(&upserted.data).ok();
                item.finish(Status::of(&upserted), upserted.id.clone(), data);
            }
        }
    }

    /// One result for each input, in order. Of inputs that share an item, only the first one created it.
    pub fn results(self, slots: Vec<Slot>) -> Vec<ItemResult> {
        let mut left = vec![0_usize; self.items.len()];
        for slot in &slots {
            if let Slot::Item { item, .. } = slot {
                left[*item] += 1;
            }
        }
        let mut outcomes: Vec<Option<ItemResult>> =
            self.items.into_iter().map(|item| item.outcome).collect();
        slots
            .into_iter()
            .map(|slot| match slot {
                Slot::Refused(result) => *result,
                Slot::Item { item, first } => {
                    left[item] -= 1;
                    // Most items have one input, which takes the entity instead of copying it.
                    let outcome = match left[item] {
                        0 => outcomes[item].take(),
                        _ => outcomes[item].clone(),
                    };
                    match outcome {
                        Some(mut result) => {
                            if !first && result.status == Status::Created {
                                result.status = Status::Updated;
                            }
                            result
                        }
                        None => ItemResult::failed(String::new(), never_settled()),
                    }
                }
            })
            .collect()
    }

    /// Items about which nothing could be found out, and why.
    pub fn unknown(&self) -> Option<(&CrmError, &[usize])> {
        let (error, items) = self.unknown.as_ref()?;
        Some((error, items))
    }

    /// What a single upsert of each item would have ended with, in their order.
    pub fn outcomes(self) -> Vec<Outcome> {
        let outcomes = self.items.into_iter().map(|item| {
            let result = item.outcome.ok_or_else(never_settled)?;
            result.into_upserted(self.kind)
        });
        outcomes.collect()
    }

    fn fail_open(&mut self, error: &CrmError) {
        let is_unsent = |&at: &usize| self.items[at].lost.is_none() && !self.items[at].was_refused;
        let unknown = self.open().into_iter().filter(is_unsent).collect();
        self.unknown = Some((error.clone(), unknown));
        for at in self.open() {
            let item = &mut self.items[at];
            let error = match item.lost.take() {
                Some(lost) => outcome_unknown(self.kind, item.input.external_id(), &lost),
                None if item.was_refused && is_wrong_answer(error) => {
                    outcome_unknown(self.kind, item.input.external_id(), error)
                }
                None => error.clone(),
            };
            item.fail(error);
        }
    }

    fn map_all(&mut self, schema: &WorkspaceSchema) {
        let options = &self.service.options;
        for item in &mut self.items {
            match map(self.service, schema, &item.input) {
                Err(error) => item.fail(error),
                Ok(record) => {
                    let link = match &record.company {
                        CompanyOf::Unsaid => Link::None,
                        CompanyOf::Nobody => Link::Clear,
                        CompanyOf::One(company) => {
                            self.companies.note(company);
                            Link::None
                        }
                    };
                    let hash = self.service.hash_of(&item.input, &record, schema);
                    item.mapped = Some(Mapped {
                        own_ids: vec![record.id.to_string()],
                        restricted: options.ownership.restricted(
                            self.kind,
                            &options.field_names,
                            schema.object(self.kind),
                        ),
                        record,
                        link,
                        remembered: None,
                        further_rows: Vec::new(),
                        hash,
                        is_complete: true,
                        without_unique: false,
                        refused_fields: Vec::new(),
                    });
                }
            }
        }
    }

    /// Maps what is open on another schema; what has been found out about it meanwhile stays.
    fn map_again(&mut self, schema: &WorkspaceSchema) {
        let options = &self.service.options;
        for at in self.open() {
            let item = &mut self.items[at];
            let Some(mapped) = &mut item.mapped else {
                continue;
            };
            match map(self.service, schema, &item.input) {
                Err(error) => item.fail(error),
                Ok(mut record) => {
                    record.id = mapped.record.id;
                    mapped.hash = self.service.hash_of(&item.input, &record, schema);
                    for field in &mapped.refused_fields {
                        record.fields.shift_remove(field);
                    }
                    mapped.record = record;
                    mapped.restricted = options.ownership.restricted(
                        self.kind,
                        &options.field_names,
                        schema.object(self.kind),
                    );
                }
            }
        }
    }

    /// The entity that an item's result carries, if results carry any.
    fn entity(
        &self,
        schema: &WorkspaceSchema,
        at: usize,
        record: &Record,
    ) -> Option<Box<RawValue>> {
        if !self.wants_entities {
            return None;
        }
        let external_id = self.items[at].input.external_id();
        let entity = entity_of(self.service, schema, record, self.kind, external_id);
        to_raw_value(&entity).ok()
    }
}

fn never_settled() -> CrmError {
    CrmError::new(
        crate::core::error::ErrorCode::Unknown,
        "the record was not settled: an internal failure of twenty-crm-native, please report it",
    )
}
