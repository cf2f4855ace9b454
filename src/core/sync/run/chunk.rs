//! One chunk of a run. Inputs with the same external id are merged into one item, and all get its result.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};

use serde_json::value::RawValue;

use super::BulkRun;
use super::id_register::{Claim, Spoilt};
use super::identity::Identity;
use super::known_texts::input_digest;
use super::order::Key;
use super::reused_ids::id_reused;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::driver::{Ended, Listener, Record};
use crate::core::sync::mappings::who::Who;
use crate::core::sync::record::input::Input;
use crate::core::sync::record::result::{Settled, Status};

/// A parsed record.
pub struct Parsed<'a> {
    /// The caller's external id; empty if the record has none that can be read.
    pub external_id: String,
    /// The input, or why it is refused.
    pub input: Result<Input, CrmError>,
    /// Its JSON text.
    pub text: &'a RawValue,
}

/// The merged inputs of one external id.
struct Item {
    input: Option<Input>,
    external_id: String,
    identity: Identity,
    /// Its inputs are different records: both name and address differ.
    is_reused: bool,
    /// The state of its id when the chunk started.
    claim: Claim,
    /// Digest of its text, if it has only one input.
    text_digest: Option<NonZeroU64>,
}

impl Item {
    /// Merges a later input of the same external id, unless it is a different record.
    fn join(&mut self, later: Input, identity: Identity) {
        self.text_digest = None;
        match (self.identity.joined_by(identity), &mut self.input) {
            (Some(joined), Some(input)) => {
                self.identity = joined;
                input.merge(later);
            }
            _ => self.is_reused = true,
        }
    }
}

/// Where the result of an input comes from.
enum Slot {
    /// The input was refused before anything was sent.
    Refused(Box<Settled>),
    /// The result of an item; `is_first` for the first input of the item.
    Item { item: usize, is_first: bool },
}

/// A chunk in progress.
pub struct Chunk<'a> {
    run: &'a BulkRun,
    items: Vec<Item>,
    slots: Vec<Slot>,
    ends: Mutex<Vec<Option<Settled>>>,
}

impl<'a> Chunk<'a> {
    /// Merges inputs with the same external id, field by field, as if they were written one after the other.
    pub fn new(run: &'a BulkRun, inputs: Vec<Parsed<'_>>) -> Self {
        let cache = &run.context.scope.cache;
        let mut items: Vec<Item> = Vec::with_capacity(inputs.len());
        let mut places: HashMap<String, usize> = HashMap::with_capacity(inputs.len());
        let mut slots = Vec::with_capacity(inputs.len());
        for parsed in inputs {
            let Parsed {
                external_id,
                input,
                text,
            } = parsed;
            let input = match input {
                Ok(input) => input,
                Err(error) => {
                    let refused = Settled::failed(external_id, error);
                    slots.push(Slot::Refused(Box::new(refused)));
                    continue;
                }
            };
            let identity = Identity::of(&run.order, cache, &input);
            let is_first = !places.contains_key(&external_id);
            let item = *places.entry(external_id).or_insert(items.len());
            slots.push(Slot::Item { item, is_first });
            match items.get_mut(item) {
                Some(known) => known.join(input, identity),
                None => items.push(Item {
                    external_id: input.external_id().to_owned(),
                    input: Some(input),
                    identity,
                    is_reused: false,
                    claim: Claim::First,
                    text_digest: Some(cache.digest(text.get())),
                }),
            }
        }
        let ends = Mutex::new(items.iter().map(|_| None).collect());
        Self {
            run,
            items,
            slots,
            ends,
        }
    }

    /// The keys that other chunks must not write concurrently: external ids, e-mails and domains.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::with_capacity(self.items.len() * 2);
        for Item { identity, .. } in &self.items {
            keys.push(identity.id);
            keys.extend(identity.value);
        }
        keys
    }

    /// Each item's id and identity; the identity is `None` if inputs of this chunk disagree on it.
    pub fn claims(&self) -> impl Iterator<Item = (Key, Option<Who>)> {
        self.items.iter().map(|item| {
            let identity = item.identity;
            (identity.id, (!item.is_reused).then_some(identity.who))
        })
    }

    /// Handles the answers of the run's register, in the order of the items.
    pub fn take_claims(&mut self, claims: Vec<Claim>) {
        for (item, claim) in self.items.iter_mut().zip(claims) {
            item.claim = claim;
        }
    }

    /// Takes the records to write, with the numbers of their items.
    pub fn take_records(&mut self) -> Vec<Record> {
        let items = self.items.iter_mut().enumerate();
        let record = |(at, item): (usize, &mut Item)| {
            let (way, input) = (0, item.input.take()?);
            Some(Record { at, way, input })
        };
        items.filter_map(record).collect()
    }

    /// One result per input, in order. If several inputs share an item, only the first gets `created`.
    pub fn results(self) -> Vec<Settled> {
        let mut ends = self
            .ends
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut left = vec![0_usize; self.items.len()];
        for slot in &self.slots {
            if let Slot::Item { item, .. } = slot {
                left[*item] += 1;
            }
        }
        let slots = self.slots.into_iter().map(|slot| match slot {
            Slot::Refused(refused) => *refused,
            Slot::Item { item, is_first } => {
                left[item] -= 1;
                // Most items have one input, which takes the entity without a copy.
                let end = match left[item] {
                    0 => ends[item].take(),
                    _ => ends[item].clone(),
                };
                let mut result =
                    end.unwrap_or_else(|| Settled::failed(String::new(), never_settled()));
                if !is_first && result.status == Status::Created {
                    result.status = Status::Updated;
                }
                result
            }
        });
        slots.collect()
    }
}

impl Listener for Chunk<'_> {
    fn refused(&self, at: usize) -> Option<CrmError> {
        let item = self.items.get(at)?;
        let mut spoilt = self.run.ids.spoilt(item.identity.id)?;
        if item.claim == Claim::First {
            self.run.ids.hold_back(item.identity.id);
            spoilt = Spoilt::HeldBack;
        }
        let (context, kind) = (&self.run.context, self.run.kind);
        Some(id_reused(context, kind, &item.external_id, spoilt))
    }

    fn settled(&self, at: usize, ended: Ended) {
        let Ended {
            settled,
            hash,
            schema,
        } = ended;
        // Remembers that this text equals its row. Not if there are warnings, which must be repeated each time.
        if let (Some(item), Some(hash), Some(schema)) = (self.items.get(at), hash, schema)
            && let Some(text) = item.text_digest.filter(|_| settled.warnings.is_empty())
        {
            let (context, kind) = (&self.run.context, self.run.kind);
            let record = (kind, item.external_id.as_str());
            let input = input_digest(context, &schema, record, text);
            let cache = &context.scope.cache;
            cache.note_input(kind, &item.external_id, hash, input, item.identity.who);
        }
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(end) = ends.get_mut(at) {
            *end = Some(settled);
        }
    }
}

fn never_settled() -> CrmError {
    CrmError::new(
        ErrorCode::Unknown,
        "the record got no result: an internal failure of twenty-crm-native, please report it",
    )
}
