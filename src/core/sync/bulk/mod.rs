//! Many records: chunks of up to 200, one look-up and at most two writes each (`docs/twenty/protocol.md#batches`).

mod batch;
mod batch_size;
mod chunk;
mod companies;
mod id_register;
mod identity;
mod item;
mod known_texts;
mod order;
mod rows;
mod schema_watch;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::value::RawValue;

pub use batch_size::MAX_BATCH_RECORDS;
use id_register::{Claim, IdRegister, Spoilt};
use identity::unique_value;
pub use item::{ItemResult, Status, Tally};
use known_texts::KnownText;
use order::Order;

use super::context::SyncContext;
use super::options::CallOptions;
use super::record::input::Outcome;
use super::record::input::{Input, Upserted};
use super::upsert_turn::Travel;
use crate::core::config::Options;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::{CompanyInput, PersonInput};

/// A record as it came.
struct Parsed<'a> {
    external_id: String,
    /// What it says, or why it is refused.
    input: Result<Input, CrmError>,
    /// Its JSON text.
    text: &'a str,
}

/// How one bulk run wants its records done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkOptions {
    /// As for single upserts.
    pub call: CallOptions,
    /// Decide, but write nothing.
    pub dry_run: bool,
    /// Write records whose content has not changed, too.
    pub force: bool,
    /// Compare unchanged records with the CRM instead of believing the remembered hash.
    pub verify_unchanged: bool,
}

impl BulkOptions {
    /// Reads the options of `syncPersons` / `syncCompanies` from JSON text.
    ///
    /// # Errors
    /// VALIDATION_ERROR naming the option.
    pub fn from_json(text: &str) -> Result<Self, CrmError> {
        let options = Options::parse(text, "options")?;
        Ok(Self {
            call: CallOptions::from_json(text)?,
            dry_run: options.flag("dryRun")?,
            force: options.flag("force")?,
            verify_unchanged: options.flag("verifyUnchanged")?,
        })
    }
}

/// One run over many records of one kind. Its chunks run side by side; chunks that share a key run in order.
pub struct BulkRun {
    service: SyncContext,
    kind: ObjectKind,
    options: BulkOptions,
    order: Arc<Order>,
    /// Whom each external id stands for.
    ids: IdRegister,
}

impl BulkRun {
    /// A run of `service`; its requests are counted apart.
    pub(super) fn new(service: &SyncContext, kind: ObjectKind, options: BulkOptions) -> Self {
        Self::over(service.for_bulk(), kind, options)
    }

    fn over(service: SyncContext, kind: ObjectKind, options: BulkOptions) -> Self {
        Self {
            service,
            kind,
            options,
            order: Arc::default(),
            ids: IdRegister::default(),
        }
    }

    /// Requests that this run has sent so far, repeats included.
    pub fn requests(&self) -> u64 {
        self.service.http.stats().requests
    }

    /// Writes one chunk, the `number`th of the run (from 0, without gaps): a JSON array of at most
    /// [`MAX_BATCH_RECORDS`] flat records. One result for each, in their order; nothing fails as a whole but an array
    /// that is none.
    ///
    /// # Errors
    /// VALIDATION_ERROR when `text` is no such array.
    pub async fn chunk(&self, number: u64, text: &str) -> Result<Vec<ItemResult>, CrmError> {
        let inputs = self.records(number, text).await?;
        let (mut chunk, slots) = self.make_chunk(inputs, true);
        let note = || self.ids.note(chunk.claims());
        let (pass, claims) = self.order.enter(number, chunk.keys(), note).await;
        chunk.take_claims(claims);
        chunk.run().await;
        self.finish_alone(&mut chunk).await;
        drop(pass);
        Ok(chunk.results(slots))
    }

    /// As [`Self::chunk`], for whoever only counts: no entities are made, and records that say word for word what was
    /// written last are not even read.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub async fn chunk_counted(&self, number: u64, text: &str) -> Result<Tally, CrmError> {
        let (mut known, rest) = self.part_known(self.records(number, text).await?);
        let (mut chunk, slots) = self.make_chunk(rest, false);
        let mut keys = chunk.keys();
        keys.extend(known.iter().map(|known| known.key));
        let note = || {
            let of_known = known.iter().map(|known| (known.key, Some(known.who)));
            self.ids.note(chunk.claims().chain(of_known))
        };
        let (pass, mut claims) = self.order.enter(number, keys, note).await;
        let mut of_known = claims.split_off(claims.len() - known.len()).into_iter();
        chunk.take_claims(claims);
        let mut tally = Tally::default();
        for reused in known.extract_if(.., |_| of_known.next() == Some(Claim::Other)) {
            tally.add(self.reused(reused.text.get()));
        }
        // An earlier chunk may have written one of them meanwhile.
        let lapsed: Vec<_> = match pass.has_waited {
            true => {
                let mut are_known = self.are_known(&known).into_iter();
                known
                    .extract_if(.., |_| are_known.next() != Some(true))
                    .collect()
            }
            false => Vec::new(),
        };
        chunk.run().await;
        self.finish_alone(&mut chunk).await;
        tally.unchanged += known.len();
        for result in self.write_lapsed(&lapsed).await {
            tally.add(result);
        }
        drop(pass);
        for result in chunk.results(slots) {
            tally.add(result);
        }
        Ok(tally)
    }

    /// A record whose id stands for another one of this run, though it says what was written last.
    fn reused(&self, text: &str) -> ItemResult {
        let external_id = external_id_of(text);
        let spoilt = Spoilt::TakenIn;
        let error = chunk::id_reused(&self.service, self.kind, &external_id, spoilt);
        ItemResult::failed(external_id, error)
    }

    async fn records<'a>(&self, number: u64, text: &'a str) -> Result<Vec<&'a RawValue>, CrmError> {
        match serde_json::from_str(text) {
            Ok(records) => Ok(records),
            Err(_) => {
                // Its number counts all the same: later chunks wait for it.
                drop(self.order.enter(number, Vec::new(), || ()).await);
                Err(CrmError::validation("records", "records must be an array"))
            }
        }
    }

    fn make_chunk(
        &self,
        records: Vec<&RawValue>,
        wants_entities: bool,
    ) -> (chunk::Chunk<'_>, Vec<item::Slot>) {
        let inputs = records.into_iter().map(|record| self.parse(record.get()));
        let (mut chunk, slots) = chunk::Chunk::new(self, inputs.collect());
        chunk.wants_entities = wants_entities;
        (chunk, slots)
    }

    /// Records that were known to be unchanged until somebody wrote them.
    async fn write_lapsed(&self, lapsed: &[KnownText<'_>]) -> Vec<ItemResult> {
        let turns = lapsed.iter().map(|lapsed| async move {
            let Parsed {
                external_id, input, ..
            } = self.parse(lapsed.text.get());
            let turn = match input {
                Ok(input) => self.in_turn(input).await,
                Err(error) => Err(error),
            };
            ItemResult::alone(external_id, turn)
        });
        join_all(turns).await
    }

    /// What a batch could not settle goes the way of single upserts, which mends what can be mended.
    async fn finish_alone(&self, chunk: &mut chunk::Chunk<'_>) {
        let open = chunk.take_open();
        settle_each(chunk, open, |input| self.in_turn(input)).await;
    }

    async fn in_turn(&self, input: Input) -> Result<Arc<Upserted>, CrmError> {
        let turn = self
            .service
            .in_turn(input, self.options.call, None, Travel::Alone);
        Ok(turn.await?.answer)
    }

    fn parse<'a>(&self, text: &'a str) -> Parsed<'a> {
        let input = match self.kind {
            ObjectKind::Person => PersonInput::parse(text).map(Input::Person),
            ObjectKind::Company => CompanyInput::parse(text).map(Input::Company),
        };
        let external_id = match &input {
            Ok(input) => input.external_id().to_owned(),
            Err(_) => external_id_of(text),
        };
        // Before it is joined with others of its key: what is refused must not take them along.
        let input = input.and_then(|input| self.service.check(&input).map(|()| input));
        Parsed {
            external_id,
            input,
            text,
        }
    }
}

/// Writes records of different external ids, whose turns the caller holds, in as few requests as a bulk run would take.
/// One outcome for each, in their order.
pub(super) async fn write_together(
    service: &SyncContext,
    call: CallOptions,
    inputs: Vec<Input>,
) -> Vec<Outcome> {
    let kind = inputs.first().map(Input::kind);
    let (Some(kind), true) = (kind, inputs.len() > 1) else {
        return join_all(
            inputs
                .into_iter()
                .map(|input| service.write_alone(call, input)),
        )
        .await;
    };
    let options = BulkOptions {
        call,
        // A single call that does not ask to skip what is unchanged sends it.
        force: call.force || !call.skip_unchanged,
        ..BulkOptions::default()
    };
    let run = BulkRun::over(service.clone(), kind, options);
    let mut chunk = chunk::Chunk::of_inputs(&run, inputs.clone());
    chunk.run().await;
    let mut alone = chunk.take_open();
    if let Some((error, items)) = chunk.unknown()
        && !is_for_all(error)
    {
        // What refuses them together may take each of them.
        alone.extend(items.iter().map(|&item| (item, inputs[item].clone())));
    }
    settle_each(&mut chunk, alone, |input| service.write_alone(call, input)).await;
    chunk.outcomes()
}

/// Settles items with a write of their own. Those that want one and the same e-mail or domain go one after the other: the
/// first of them in the input is to have it.
async fn settle_each<W: Future<Output = Outcome>>(
    chunk: &mut chunk::Chunk<'_>,
    open: Vec<(usize, Input)>,
    write: impl Fn(Input) -> W,
) {
    let write = &write;
    let lines = in_lines(open).into_iter().map(|line| async move {
        let mut settled = Vec::with_capacity(line.len());
        for (item, input) in line {
            settled.push((item, write(input).await));
        }
        settled
    });
    for (item, outcome) in join_all(lines).await.into_iter().flatten() {
        chunk.settle_alone(item, outcome);
    }
}

/// Whether a failure of what is asked for all records at once would be each one's own, too.
fn is_for_all(error: &CrmError) -> bool {
    !matches!(
        error.code,
        ErrorCode::ValidationError | ErrorCode::NotFound | ErrorCode::Unknown
    )
}

/// Records that are written alone, a line for each e-mail or domain that is wanted.
fn in_lines(open: Vec<(usize, Input)>) -> Vec<Vec<(usize, Input)>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut lines: Vec<Vec<(usize, Input)>> = Vec::with_capacity(open.len());
    for (item, input) in open {
        let here = lines.len();
        let value = unique_value(&input).map(Cow::into_owned);
        let place = value.map(|value| *places.entry(value).or_insert(here));
        match place.and_then(|place| lines.get_mut(place)) {
            Some(line) => line.push((item, input)),
            None => lines.push(vec![(item, input)]),
        }
    }
    lines
}

/// The external id of a record that is refused, so that its result can be told from others.
fn external_id_of(text: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        external_id: String,
    }
    serde_json::from_str::<Named>(text).map_or_else(|_| String::new(), |named| named.external_id)
}

#[cfg(test)]
mod tests;
