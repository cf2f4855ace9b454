//! A client whose network is a function, in paused time: waits take no time, and are counted.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use tokio::time::Instant;
use twenty_crm_native::core::http::{
    ClientConfig, FullJitter, HttpClient, Parts, SystemClock, Transport, TransportError,
    TransportRequest, TransportResponse, Workspace,
};
use twenty_crm_native::core::twenty::classify::TwentyClassifier;
use twenty_crm_native::core::twenty::schema::WorkspaceSchema;

/// The key of all clients here.
pub const KEY: &str = "fuzz.eyJ-secret_key/of+the=fuzzer";

/// A wait for the rate limit may take so long here: no longer, since a server that asks for a wait of a millisecond is
/// asked again after each of them.
pub const MAX_THROTTLE_WAIT_MS: u64 = 2_000;
/// Repeats here.
pub const MAX_RETRIES: u32 = 2;

struct Network<F>(F);

impl<F> Transport for Network<F>
where
    F: Fn(&TransportRequest) -> TransportResponse + Send + Sync,
{
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        request.sent.raise();
        ready(Ok((self.0)(&request))).boxed()
    }
}

/// A client that shares nothing with others.
pub fn client(
    base_url: &str,
    network: impl Fn(&TransportRequest) -> TransportResponse + Send + Sync + 'static,
) -> HttpClient {
    let mut config = ClientConfig::new(base_url, KEY).expect("a configuration");
    config.max_retries = MAX_RETRIES;
    config.max_throttle_wait_ms = MAX_THROTTLE_WAIT_MS;
    let parts = Parts {
        workspace: Workspace::new(),
        transport: Arc::new(Network(network)),
        classifier: Arc::new(TwentyClassifier),
        clock: Arc::new(SystemClock),
        jitter: Arc::new(FullJitter),
    };
    HttpClient::with_parts(config, parts).expect("a client")
}

/// Runs to the end; how long it would have taken.
pub fn run<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let start = Instant::now();
        let outcome = work.await;
        (outcome, start.elapsed())
    })
}

/// An answer with a JSON body.
pub fn answer(status: u16, body: impl Into<Bytes>) -> TransportResponse {
    let mut headers = HeaderMap::new();
    headers.insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    TransportResponse {
        status,
        headers,
        body: body.into(),
    }
}

/// Adds a header where the value can be one.
pub fn add_header(response: &mut TransportResponse, name: &'static str, value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        response
            .headers
            .insert(HeaderName::from_static(name), value);
    }
}

/// The metadata of a provisioned workspace.
pub static METADATA: LazyLock<Bytes> = LazyLock::new(|| {
    let field = |name: &str, kind: &str| json!({"id": name, "name": name, "type": kind, "isUnique": name == "externalId", "isActive": true});
    let options =
        json!([{"value": "FREE", "label": "Free"}, {"value": "STANDARD", "label": "Standard"}]);
    let mut plan = field("planCustom", "SELECT");
    plan["options"] = options;
    let person = [
        field("externalId", "TEXT"),
        field("name", "FULL_NAME"),
        field("emails", "EMAILS"),
        field("phones", "PHONES"),
        field("jobTitle", "TEXT"),
        field("website", "LINKS"),
        field("city", "TEXT"),
        field("accountType", "TEXT"),
        field("totalSubmissions", "NUMBER"),
        plan,
    ];
    let company = [
        field("externalId", "TEXT"),
        field("name", "TEXT"),
        field("domainName", "LINKS"),
        field("website", "LINKS"),
        field("status", "TEXT"),
    ];
    let object = |name: &str, fields: &[serde_json::Value]| json!({"id": name, "nameSingular": name, "fields": fields});
    let objects = json!([object("person", &person), object("company", &company)]);
    let page = json!({"data": {"objects": objects}, "pageInfo": {"hasNextPage": false, "endCursor": null}});
    Bytes::from(page.to_string())
});

/// The same, read.
pub fn schema() -> &'static WorkspaceSchema {
    static SCHEMA: LazyLock<WorkspaceSchema> = LazyLock::new(|| {
        let pages = [METADATA.clone()];
        WorkspaceSchema::from_metadata_objects(&pages).expect("a schema")
    });
    &SCHEMA
}
