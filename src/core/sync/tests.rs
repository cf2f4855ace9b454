//! Bulk runs against twenty-sim in process, in paused time: minutes of pacing take an instant, exact to the
//! millisecond.

mod alike;
mod batch_size;
mod between;
mod corners;
mod departures;
mod drift;
mod meddling;
mod modes;
mod pacing;
mod promises;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use twenty_sim::options::{Limit, RateLimits, ServiceTimes};
use twenty_sim::{SimOptions, State};

use crate::core::error::CrmError;
use crate::core::http::{
    ClientConfig, FullJitter, HttpClient, Parts, SystemClock, Transport, TransportError,
    TransportErrorKind, TransportRequest, TransportResponse, Workspace,
};
use crate::core::sync::driver::MAX_BATCH_RECORDS;
use crate::core::sync::options::{CallOptions, ServiceOptions};
use crate::core::sync::record::input::{Input, Upserted};
use crate::core::sync::record::result::{Settled, Status};
use crate::core::sync::run::BulkOptions;
use crate::core::sync::sync_service::SyncService;
use crate::core::twenty::classify::TwentyClassifier;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::{CompanyInput, PersonInput};
use crate::core::twenty::warning::SyncWarning;
use meddling::{Arriving, Fate, Meddler};

/// One-way latency of the network.
const LATENCY: Duration = Duration::from_millis(10);

/// One exchange with the server.
#[derive(Clone, Debug)]
struct Exchange {
    path: String,
    /// Number of records in the batch.
    records: usize,
    sent: Instant,
    /// When the answer arrived; `None` if nobody waited for it.
    answered: Option<Instant>,
    /// 0 if nobody waited for the answer.
    status: u16,
    /// Refused by the rate limit, which GraphQL reports with status 200.
    is_refused: bool,
}

/// A simulator behind a network that has [`LATENCY`] and refuses bodies larger than `max_body_bytes`.
pub struct Network {
    state: Arc<State>,
    start: Instant,
    start_ms: i64,
    max_body_bytes: usize,
    /// Batches are lost.
    hangs: bool,
    /// Routes for many records do not exist.
    single_only: bool,
    /// How many batches are carried out with their answers lost.
    pub unanswered: AtomicUsize,
    /// Decides what happens to each request.
    meddler: Arc<Mutex<Option<Meddler>>>,
    /// Number of requests so far that write records.
    writes_seen: Arc<AtomicUsize>,
    log: Arc<Mutex<Vec<Exchange>>>,
}

impl Network {
    pub fn new(options: SimOptions) -> Self {
        let state = Arc::new(State::new(options));
        Self {
            start: Instant::now(),
            start_ms: state.now_ms(),
            max_body_bytes: 10 * 1024 * 1024,
            hangs: false,
            single_only: false,
            unanswered: AtomicUsize::new(0),
            meddler: Arc::default(),
            writes_seen: Arc::default(),
            log: Arc::default(),
            state,
        }
    }

    fn exchanges(&self) -> Vec<Exchange> {
        self.log.lock().expect("no panic").clone()
    }

    /// The number of records in each sent batch that passes `filter`.
    fn writes(&self, filter: impl Fn(&Exchange) -> bool) -> Vec<usize> {
        let exchanges = self.exchanges().into_iter();
        exchanges
            .filter(|exchange| exchange.path.starts_with("/rest/batch/") && filter(exchange))
            .map(|exchange| exchange.records)
            .collect()
    }

    /// Number of rate-limit refusals. Refusals of calls that were in flight at one of them belong to it.
    fn refusal_events(&self) -> usize {
        let mut refusals: Vec<_> = self
            .exchanges()
            .into_iter()
            .filter(|exchange| exchange.is_refused)
            .filter_map(|exchange| Some((exchange.sent, exchange.answered?)))
            .collect();
        refusals.sort();
        let mut heard: Option<Instant> = None;
        let mut events = 0;
        for (sent, answered) in refusals {
            if heard.is_none_or(|heard| sent > heard) {
                events += 1;
                heard = Some(answered);
            }
        }
        events
    }
}

impl Transport for Network {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        let mut asked = twenty_sim::http::Request {
            method: request.method.to_string(),
            body: request.body.map(|body| body.to_vec()).unwrap_or_default(),
            ..Default::default()
        };
        let target = request.url[url::Position::BeforePath..].to_owned();
        asked.set_target(&target);
        asked.headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned()))
            .collect();
        let (state, log) = (Arc::clone(&self.state), Arc::clone(&self.log));
        let (meddler, writes) = (Arc::clone(&self.meddler), Arc::clone(&self.writes_seen));
        let (start, start_ms, max_body_bytes) = (self.start, self.start_ms, self.max_body_bytes);
        let place = {
            let mut log = log.lock().expect("no panic");
            log.push(Exchange {
                path: target,
                records: serde_json::from_slice(&asked.body)
                    .map_or(0, |rows: Vec<Value>| rows.len()),
                sent: Instant::now(),
                answered: None,
                status: 0,
                is_refused: false,
            });
            log.len() - 1
        };
        let flag = request.sent;
        let is_batch = request.url.path().starts_with("/rest/batch/");
        let is_lost = self.hangs && is_batch;
        let is_missing = self.single_only && (is_batch || request.url.path() == "/graphql");
        let is_unanswered = is_batch
            && self
                .unanswered
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        Box::pin(async move {
            flag.raise();
            if is_lost {
                std::future::pending::<()>().await;
            }
            sleep(LATENCY).await;
            let elapsed = (Instant::now() - start).as_millis();
            state
                .clock
                .fix_at_ms(start_ms + i64::try_from(elapsed).expect("short"));
            let fate = fate_of(&meddler, &writes, &state, &asked);
            let is_answer_lost = matches!(fate, Fate::AnswerLost);
            let response = if let Fate::Answered(response) = fate {
                response
            } else if matches!(fate, Fate::Lost) {
                return Err(reset());
            } else if is_missing {
                twenty_sim::http::Response::bytes(404, Vec::new())
            } else if asked.body.len() > max_body_bytes {
                twenty_sim::http::Response::bytes(413, Vec::new())
            } else {
                twenty_sim::router::handle(&state, &mut asked)
            };
            if is_unanswered {
                std::future::pending::<()>().await;
            }
            if is_answer_lost {
                return Err(reset());
            }
            sleep(response.service_time + LATENCY).await;
            let exchange = &mut log.lock().expect("no panic")[place];
            exchange.answered = Some(Instant::now());
            exchange.status = response.status;
            let limit = b"Limit reached (";
            exchange.is_refused = memchr::memmem::find(&response.body, limit).is_some();
            let mut headers = HeaderMap::new();
            for (name, value) in &response.headers {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
                headers.append(name, HeaderValue::from_str(value).expect("a value"));
            }
            if let Some(kind) = response.content_type {
                headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            Ok(TransportResponse {
                status: response.status,
                headers,
                body: Bytes::from(response.body),
            })
        })
    }
}

/// The meddler's decision about a request that has arrived.
fn fate_of(
    meddler: &Mutex<Option<Meddler>>,
    writes: &AtomicUsize,
    state: &Arc<State>,
    asked: &twenty_sim::http::Request,
) -> Fate {
    let path = match asked.raw_query.as_str() {
        "" => asked.path.clone(),
        query => format!("{}?{query}", asked.path),
    };
    let body = std::str::from_utf8(&asked.body).unwrap_or_default();
    let write = match Arriving::is_write(&asked.method, &path, body) {
        true => writes.fetch_add(1, Ordering::Relaxed) + 1,
        false => 0,
    };
    let arriving = Arriving {
        state,
        method: &asked.method,
        path: &path,
        body,
        write,
    };
    match &mut *meddler.lock().expect("no panic") {
        Some(meddler) => meddler(&arriving),
        None => Fate::CarriedOut,
    }
}

fn reset() -> TransportError {
    TransportError {
        kind: TransportErrorKind::Reset,
        sent: true,
        message: "the connection broke".to_owned(),
        advice: None,
        proxy: None,
    }
}

/// A service on the network, and the client that it sends with.
pub fn service(network: &Arc<Network>, config: impl Fn(&mut ClientConfig)) -> SyncService {
    service_with(network, config, "{}")
}

/// The same with the service's options, as JSON text.
fn service_with(
    network: &Arc<Network>,
    config: impl Fn(&mut ClientConfig),
    options: &str,
) -> SyncService {
    service_over(network.clone(), &network.state, config, options)
}

/// The same over another transport to the server.
fn service_over(
    transport: Arc<dyn Transport>,
    state: &State,
    config: impl Fn(&mut ClientConfig),
    options: &str,
) -> SyncService {
    let key = state.keys.tokens().full;
    let mut client = ClientConfig::new("http://crm.example", &key).expect("a configuration");
    config(&mut client);
    let parts = Parts {
        workspace: Workspace::new(),
        transport,
        classifier: Arc::new(TwentyClassifier),
        clock: Arc::new(SystemClock),
        jitter: Arc::new(FullJitter),
    };
    let http = HttpClient::with_parts(client, parts).expect("a client");
    let options = ServiceOptions::from_json(options).expect("options");
    SyncService::new(http, options, None)
}

/// Runs to the end on a paused clock, for tests that are not tokio tests.
fn in_paused_time<T>(work: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}

fn person(number: usize) -> Value {
    json!({
        "external_id": format!("p-{number}"),
        "name": "Jane van der Berg",
        "email": format!("p-{number}@example.com"),
    })
}

/// Writes people as `syncPersons` does: chunks of 200, 24 of them in flight.
async fn sync(service: &SyncService, people: Vec<Value>) -> Vec<Settled> {
    sync_with(service, people, BulkOptions::default()).await
}

async fn sync_with(
    service: &SyncService,
    people: Vec<Value>,
    options: BulkOptions,
) -> Vec<Settled> {
    let run = Arc::new(service.bulk(ObjectKind::Person, options));
    let mut chunks = Vec::new();
    for (at, people) in people.chunks(MAX_BATCH_RECORDS).enumerate() {
        let text = Value::Array(people.to_vec()).to_string();
        let run = Arc::clone(&run);
        let chunk: BoxFuture<'static, Vec<Settled>> =
            Box::pin(async move { run.chunk(at as u64, &text).await.expect("an array") });
        chunks.push(chunk);
    }
    let results: Vec<Vec<Settled>> = stream::iter(chunks).buffered(24).collect().await;
    results.into_iter().flatten().collect()
}

/// The people with these numbers.
fn people(numbers: Range<usize>) -> Vec<Value> {
    numbers.map(person).collect()
}

fn is_created(result: &Settled) -> bool {
    result.status == Status::Created
}
