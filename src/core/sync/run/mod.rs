//! A run over many records: chunks of up to 200 run concurrently, but in order if they share a key. The driver writes
//! the chunks.

mod chunk;
mod id_register;
mod identity;
mod known_texts;
mod order;
mod results;
mod reused_ids;

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::value::RawValue;

use chunk::{Chunk, Parsed};
use id_register::{Claim, IdRegister, Spoilt};
use known_texts::KnownText;
use order::Order;
pub use results::Tally;
use reused_ids::id_reused;

use super::context::SyncContext;
use super::driver::{Job, Pipeline, Way, in_turn_alone};
use super::options::CallOptions;
use super::record::input::Input;
use super::record::result::Settled;
use super::record::rules::{Seed, Unchanged};
use super::record::upsert::Start;
use crate::core::config::{MAX_RUN_WRITERS, Options, RUN_WRITERS};
use crate::core::error::CrmError;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::{CompanyInput, PersonInput};

/// The options of a bulk run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkOptions {
    /// The options that single upserts have too.
    pub call: CallOptions,
    /// Decide, but write nothing.
    pub dry_run: bool,
    /// Also write records that have not changed.
    pub force: bool,
    /// Compare unchanged records with the CRM instead of trusting the remembered hash.
    pub verify_unchanged: bool,
    /// Most chunks that are written at once.
    pub max_concurrency: usize,
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            call: CallOptions::default(),
            dry_run: false,
            force: false,
            verify_unchanged: false,
            max_concurrency: RUN_WRITERS,
        }
    }
}

impl BulkOptions {
    /// Parses the options of `syncPersons` / `syncCompanies` from JSON text.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the option.
    pub fn from_json(text: &str) -> Result<Self, CrmError> {
        let options = Options::parse(text, "options")?;
        Ok(Self {
            call: CallOptions::from_json(text)?,
            dry_run: options.flag("dryRun")?,
            force: options.flag("force")?,
            verify_unchanged: options.flag("verifyUnchanged")?,
            max_concurrency: options
                .integer("maxConcurrency", 1, MAX_RUN_WRITERS as u64)?
                .and_then(|count| usize::try_from(count).ok())
                .unwrap_or(RUN_WRITERS),
        })
    }
}

/// One run over many records of one kind. Chunks run concurrently; chunks that share a key run in order.
pub struct BulkRun {
    context: SyncContext,
    kind: ObjectKind,
    options: BulkOptions,
    order: Arc<Order>,
    /// The person or company of each external id.
    ids: IdRegister,
    pipeline: Arc<Pipeline>,
}

impl BulkRun {
    /// A run of a service; its requests are counted separately.
    pub(super) fn new(context: &SyncContext, kind: ObjectKind, options: BulkOptions) -> Self {
        let context = context.for_bulk();
        Self {
            pipeline: Pipeline::new(&context, options.max_concurrency),
            context,
            kind,
            options,
            order: Arc::default(),
            ids: IdRegister::default(),
        }
    }

    /// Stops the run: chunks whose writes have not started are not written.
    pub fn stop(&self) {
        self.pipeline.stop();
    }

    /// Requests that this run has sent so far, retries included.
    pub fn requests(&self) -> u64 {
        self.context.http.stats().requests
    }

    /// Writes chunk `number` of the run (from 0, without gaps): a JSON array of at most
    /// [`MAX_BATCH_RECORDS`](super::driver::MAX_BATCH_RECORDS) flat records. It returns one result per record, in
    /// order; a bad record only fails itself.
    ///
    /// # Errors
    /// VALIDATION_ERROR if `text` is not such an array.
    pub async fn chunk(&self, number: u64, text: &str) -> Result<Vec<Settled>, CrmError> {
        let records = self.records(number, text).await?;
        let mut chunk = self.make_chunk(records);
        let note = || self.ids.note(chunk.claims());
        let (pass, claims) = self.order.enter(number, chunk.keys(), note).await;
        chunk.take_claims(claims);
        self.write(&mut chunk, true).await;
        drop(pass);
        Ok(chunk.results())
    }

    /// Like [`Self::chunk`], for callers that only count: no entities are made, and records whose text is the same as
    /// at their last write are not even parsed.
    ///
    /// # Errors
    /// As [`Self::chunk`].
    pub async fn chunk_counted(&self, number: u64, text: &str) -> Result<Tally, CrmError> {
        let (mut known, rest) = self.part_known(self.records(number, text).await?);
        let mut chunk = self.make_chunk(rest);
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
        self.write(&mut chunk, false).await;
        tally.unchanged += known.len();
        for result in self.write_lapsed(&lapsed).await {
            tally.add(result);
        }
        drop(pass);
        for result in chunk.results() {
            tally.add(result);
        }
        Ok(tally)
    }

    /// A record whose text is unchanged, but whose id is also used for another record of this run.
    fn reused(&self, text: &str) -> Settled {
        let external_id = external_id_of(text);
        let spoilt = Spoilt::TakenIn;
        let error = id_reused(&self.context, self.kind, &external_id, spoilt);
        Settled::failed(external_id, error)
    }

    async fn records<'a>(&self, number: u64, text: &'a str) -> Result<Vec<&'a RawValue>, CrmError> {
        match serde_json::from_str(text) {
            Ok(records) => Ok(records),
            Err(_) => {
                // Later chunks wait for this number, so it must be registered too.
                drop(self.order.enter(number, Vec::new(), || ()).await);
                Err(CrmError::validation("records", "records must be an array"))
            }
        }
    }

    fn make_chunk(&self, records: Vec<&RawValue>) -> Chunk<'_> {
        let inputs = records.into_iter().map(|record| self.parse(record));
        Chunk::new(self, inputs.collect())
    }

    async fn write(&self, chunk: &mut Chunk<'_>, wants_entities: bool) {
        let records = chunk.take_records();
        let options = self.options;
        let way = Way {
            context: self.context.clone(),
            seed: Seed {
                kind: self.kind,
                call: options.call,
                unchanged: match (options.force, options.verify_unchanged) {
                    (true, _) => Unchanged::Write,
                    (false, true) => Unchanged::Verify,
                    (false, false) => Unchanged::Skip,
                },
                wants_entities,
                is_dry: options.dry_run,
            },
        };
        let job = Job {
            context: &self.context,
            ways: vec![way],
            listener: &*chunk,
            make_company: in_turn_alone,
            pipeline: Some(&self.pipeline),
        };
        job.run(records, Start::Together).await;
    }

    /// Records that were unchanged until another chunk wrote them.
    async fn write_lapsed(&self, lapsed: &[KnownText<'_>]) -> Vec<Settled> {
        let turns = lapsed.iter().map(|lapsed| async move {
            let Parsed {
                external_id, input, ..
            } = self.parse(lapsed.text);
            let outcome = match input {
                Ok(input) => in_turn_alone(self.context.clone(), self.options.call, input).await,
                Err(error) => Err(error),
            };
            Settled {
                data: None,
                ..Settled::of_outcome(external_id, outcome)
            }
        });
        join_all(turns).await
    }

    fn parse<'a>(&self, text: &'a RawValue) -> Parsed<'a> {
        let input = match self.kind {
            ObjectKind::Person => PersonInput::parse(text.get()).map(Input::Person),
            ObjectKind::Company => CompanyInput::parse(text.get()).map(Input::Company),
        };
        let external_id = match &input {
            Ok(input) => input.external_id().to_owned(),
            Err(_) => external_id_of(text.get()),
        };
        // Checked before it is merged with others of its key: a refused input must not fail them.
        let input = input.and_then(|input| self.context.check(&input).map(|()| input));
        Parsed {
            external_id,
            input,
            text,
        }
    }
}

/// The external id of a refused record, so that its result can be identified.
fn external_id_of(text: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        external_id: String,
    }
    serde_json::from_str::<Named>(text).map_or_else(|_| String::new(), |named| named.external_id)
}
