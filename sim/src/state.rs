//! The state of a running server.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use uuid::Uuid;

use crate::auth::{ApiKey, KeyRing};
use crate::clock::Clock;
use crate::dev_rows;
use crate::errors::ApiError;
use crate::faults::FaultList;
use crate::flavour::{Differences, Flavour};
use crate::http::{ApiResult, Request};
use crate::key_rows;
use crate::memo::{Memo, PrintedRow};
use crate::options::{
    Limit, MetadataFormat, Preset, RateLimits, ServiceTimes, SimOptions, UnsentSubfields,
};
use crate::rate_limit::{Limited, RateLimiter};
use crate::refusal::Refusal;
use crate::schema_seed;
use crate::stats::{Stats, StatsReport};
use crate::store::Record;
use crate::webhooks::deliver::Deliveries;
use crate::workspace::WORKSPACE_ID;
use crate::world::World;

/// Settings that can be changed while the server runs.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Milliseconds added to every answer.
    pub latency_ms: u64,
    /// Database time per record.
    pub service_times: ServiceTimes,
    /// Rate limits.
    pub rate_limits: RateLimits,
    /// Body format of the metadata routes.
    pub metadata_format: MetadataFormat,
    /// Server version to imitate.
    pub flavour: Flavour,
    /// How phones and links are written if subfields are not sent.
    pub unsent_subfields: UnsentSubfields,
    /// See [`SimOptions::upsert_race_probability`].
    pub upsert_race_probability: f64,
    /// See [`SimOptions::deliver_webhooks_to_loopback`].
    pub deliver_webhooks_to_loopback: bool,
    /// Milliseconds after which an idle connection is closed.
    pub keep_alive_ms: u64,
    /// See [`SimOptions::told_limits`].
    pub told_limits: bool,
    /// See [`SimOptions::record_limit`].
    pub record_limit: Option<usize>,
    /// See [`SimOptions::allowance_exhausted`].
    pub allowance_exhausted: bool,
    /// See [`SimOptions::webhook_limit`].
    pub webhook_limit: bool,
    /// Whether every request that needs the database fails (`docs/twenty/protocol.md#errors`).
    pub database_down: bool,
}

/// The webhook limit of 2.47 per workspace.
const WEBHOOK_LIMIT: Limit = Limit::of(60, 60_000);

impl Settings {
    /// The differences of the simulated version.
    pub fn differences(&self) -> &'static Differences {
        self.flavour.differences()
    }

    /// Full buckets.
    fn limiter(&self, now_ms: i64) -> RateLimiter {
        RateLimiter::new(self.rate_limits, self.differences().exact_buckets, now_ms)
    }

    /// Checks the record limit for a write; `held` rows exist.
    ///
    /// # Errors
    /// 409 if there is no room for `wanted` rows.
    pub fn check_stock(&self, held: usize, wanted: usize) -> ApiResult<()> {
        match self.record_limit {
            Some(limit) if self.differences().told_limits && held + wanted > limit => {
                let refusal = Refusal::stock(limit, held, WORKSPACE_ID);
                Err(ApiError::Limit(Box::new(refusal)))
            }
            _ => Ok(()),
        }
    }

    /// Checks the allowance for a write.
    ///
    /// # Errors
    /// 402 if it is used up.
    pub fn check_allowance(&self) -> ApiResult<()> {
        if self.allowance_exhausted && self.differences().told_limits {
            let refusal = Refusal::allowance(WORKSPACE_ID);
            return Err(ApiError::Limit(Box::new(refusal)));
        }
        Ok(())
    }
}

impl From<&SimOptions> for Settings {
    fn from(options: &SimOptions) -> Self {
        Self {
            latency_ms: options.latency_ms,
            service_times: options.service_times,
            rate_limits: options.rate_limits,
            metadata_format: options.metadata_format,
            flavour: options.flavour,
            unsent_subfields: options.unsent_subfields,
            upsert_race_probability: options.upsert_race_probability,
            deliver_webhooks_to_loopback: options.deliver_webhooks_to_loopback,
            keep_alive_ms: options.keep_alive_ms,
            told_limits: options.told_limits,
            record_limit: options.record_limit,
            allowance_exhausted: options.allowance_exhausted,
            webhook_limit: options.webhook_limit,
            database_down: false,
        }
    }
}

/// A running server's memory.
#[derive(Debug)]
pub struct State {
    /// The server's clock.
    pub clock: Clock,
    /// API keys.
    pub keys: KeyRing,
    /// Counters and request log.
    pub stats: Stats,
    /// Faults to inject.
    pub faults: FaultList,
    /// The OpenAPI document of the records.
    pub core_document: Memo<Vec<u8>>,
    /// Objects as the metadata lists them.
    pub printed_objects: Memo<Vec<PrintedRow>>,
    /// Fields as the metadata lists them.
    pub printed_fields: Memo<Vec<PrintedRow>>,
    /// Webhook requests in flight.
    pub deliveries: Deliveries,
    options: SimOptions,
    preset: Mutex<Preset>,
    next_ids: Mutex<VecDeque<Uuid>>,
    settings: Mutex<Settings>,
    world: Mutex<World>,
    limiter: Mutex<RateLimiter>,
    webhook_limiter: Mutex<RateLimiter>,
    rng: Mutex<fastrand::Rng>,
}

fn webhook_limiter(now_ms: i64) -> RateLimiter {
    let limits = RateLimits {
        short: None,
        long: Some(WEBHOOK_LIMIT),
    };
    RateLimiter::new(limits, true, now_ms)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// A fresh server.
    pub fn new(options: SimOptions) -> Self {
        let clock = Clock::default();
        let now_ms = clock.now_ms();
        let mut rng = fastrand::Rng::with_seed(options.rng_seed);
        let keys = KeyRing::new(&mut rng, now_ms);
        let state = Self {
            clock,
            keys,
            stats: Stats::new(options.log_size),
            faults: FaultList::default(),
            core_document: Memo::default(),
            printed_objects: Memo::default(),
            printed_fields: Memo::default(),
            deliveries: Deliveries::default(),
            settings: Mutex::new(Settings::from(&options)),
            world: Mutex::default(),
            limiter: Mutex::default(),
            webhook_limiter: Mutex::default(),
            rng: Mutex::new(rng),
            preset: Mutex::new(options.preset),
            next_ids: Mutex::default(),
            options,
        };
        state.reset();
        state
    }

    /// Resets to the state after start: schema, rows, limits, counters, faults, clock. The keys stay.
    pub fn reset(&self) {
        self.clock.reset();
        let now_ms = self.clock.now_ms();
        let settings = Settings::from(&self.options);
        *lock(&self.settings) = settings;
        *lock(&self.limiter) = settings.limiter(now_ms);
        *lock(&self.webhook_limiter) = webhook_limiter(now_ms);
        let preset = *lock(&self.preset);
        lock(&self.next_ids).clear();
        let mut schema = schema_seed::seed(preset, now_ms);
        schema_seed::suit(&mut schema, settings.differences(), now_ms);
        let mut world = World::new(schema);
        world.api_keys.push(key_rows::first(now_ms));
        if preset == Preset::Dev {
            dev_rows::fill(&mut world, now_ms);
        }
        *lock(&self.world) = world;
        self.stats.reset();
        self.faults.clear();
    }

    /// Like [`Self::reset`], with another preset, which later resets use too.
    pub fn reset_to(&self, preset: Preset) {
        *lock(&self.preset) = preset;
        self.reset();
    }

    /// Schema, rows and webhooks. Hold the lock only while working.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// The current settings.
    pub fn settings(&self) -> Settings {
        *lock(&self.settings)
    }

    /// Changes the settings; new rate limits start with full buckets.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = lock(&self.settings);
        let before = (settings.rate_limits, settings.flavour);
        change(&mut settings);
        if (settings.rate_limits, settings.flavour) != before {
            *lock(&self.limiter) = settings.limiter(self.clock.now_ms());
        }
    }

    /// Milliseconds since 1970 on the server's clock.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// A random UUID version 4 from the seeded generator.
    pub fn new_id(&self) -> Uuid {
        let bits = lock(&self.rng).u128(..);
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// Id of the next record that is sent without one: set by [`Self::set_next_ids`], or random.
    pub fn new_record_id(&self) -> Uuid {
        let prescribed = lock(&self.next_ids).pop_front();
        prescribed.unwrap_or_else(|| self.new_id())
    }

    /// Sets the ids of the next inserted records, so that a recording can be replayed.
    pub fn set_next_ids(&self, ids: impl IntoIterator<Item = Uuid>) {
        *lock(&self.next_ids) = ids.into_iter().collect();
    }

    /// True with that probability.
    pub fn chance(&self, probability: f64) -> bool {
        probability > 0.0 && lock(&self.rng).f64() < probability
    }

    /// Random bytes from the seeded generator.
    pub fn random_bytes(&self, count: usize) -> Vec<u8> {
        let mut rng = lock(&self.rng);
        (0..count).map(|_| rng.u8(..)).collect()
    }

    /// Finds the key of a request.
    ///
    /// # Errors
    /// Shape 5, with the middleware's text.
    pub fn authenticate(&self, request: &Request) -> ApiResult<ApiKey> {
        self.keys.authenticate(request.header("authorization"))
    }

    /// Takes a rate-limit token from the workspace's buckets.
    ///
    /// # Errors
    /// [`Limited`] if a bucket is empty.
    pub fn take_token(&self) -> Result<(), Limited> {
        lock(&self.limiter).take(1, self.now_ms())?;
        self.stats.tokens.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The error of a REST call without a token.
    pub fn limited(&self, limited: &Limited, key: Option<&ApiKey>) -> ApiError {
        match self.told(limited, key) {
            Some(refusal) => ApiError::Limit(Box::new(refusal)),
            None => ApiError::core(429, "HttpException", limited.message()),
        }
    }

    /// The details that 2.47 sends with its new limiter.
    pub fn told(&self, limited: &Limited, key: Option<&ApiKey>) -> Option<Refusal> {
        let settings = self.settings();
        let is_told = settings.told_limits && settings.differences().told_limits;
        let name = key.map_or("", |key| key.name.as_str());
        is_told.then(|| Refusal::speed(limited, name, self.now_ms()))
    }

    /// Whether a webhook is queued; false if it exceeds the limit and is dropped.
    pub fn takes_webhook(&self) -> bool {
        let settings = self.settings();
        !(settings.webhook_limit && settings.differences().told_limits)
            || lock(&self.webhook_limiter).take(1, self.now_ms()).is_ok()
    }

    /// The counters.
    pub fn report(&self) -> StatsReport {
        let world = self.world();
        let records: BTreeMap<String, usize> = world
            .schema
            .objects
            .iter()
            .map(|o| (o.name_plural.clone(), world.table(&o.name_singular).live()))
            .filter(|(_, count)| *count > 0)
            .collect();
        drop(world);
        self.stats.report(records)
    }

    /// Number of rows that are not soft-deleted, by plural name.
    pub fn count(&self, plural: &str) -> usize {
        let world = self.world();
        let Some(object) = world.schema.by_plural(plural).cloned() else {
            return 0;
        };
        world.table(&object.name_singular).live()
    }

    /// A stored row by plural name and id, soft-deleted or not, as the store keeps it.
    pub fn record(&self, plural: &str, id: Uuid) -> Option<Record> {
        let world = self.world();
        let object = world.schema.by_plural(plural)?.clone();
        world.table(&object.name_singular).get(id).cloned()
    }

    /// All rows of an object, soft-deleted ones included, as the store keeps them.
    pub fn records(&self, plural: &str) -> Vec<Value> {
        let world = self.world();
        let Some(object) = world.schema.by_plural(plural).cloned() else {
            return Vec::new();
        };
        world
            .table(&object.name_singular)
            .iter()
            .map(|(_, r)| Value::Object(r.clone()))
            .collect()
    }
}
