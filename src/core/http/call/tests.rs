//! The retry loop against a scripted network, in paused time: no test here really waits.

mod ambiguity;
mod in_between;
mod observing;
mod redirects;
mod secrecy;
mod throttling;
mod waiting;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::time::Instant;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::ClientConfig;
use crate::core::http::*;
use crate::core::twenty::classify::TwentyClassifier;

pub(super) const KEY: &str = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.Zm9v";
const OK_BODY: &str = r#"{"data":{}}"#;

/// The network's reaction to one request.
#[derive(Clone, Debug)]
enum Step {
    Answer(u16, Vec<(&'static str, String)>, String),
    Fail(TransportErrorKind, bool),
    FailWith(String),
    /// Never answers; `true`: after the request was sent.
    Hang(bool),
}

fn status(status: u16) -> Step {
    Step::Answer(
        status,
        vec![],
        format!(r#"{{"statusCode":{status},"messages":["said {status}"]}}"#),
    )
}

fn ok() -> Step {
    Step::Answer(200, vec![], OK_BODY.to_owned())
}

fn with_header(code: u16, name: &'static str, value: &str) -> Step {
    Step::Answer(code, vec![(name, value.to_owned())], String::new())
}

/// Twenty's rate-limit error.
fn limited() -> Step {
    let body = r#"{"statusCode":429,"error":"HttpException","messages":["Limit reached (100 tokens per 60000 ms)"]}"#;
    Step::Answer(429, vec![], body.to_owned())
}

/// A scripted network: one step per request; the last one repeats for ever.
#[derive(Default)]
struct Script {
    steps: Mutex<VecDeque<Step>>,
    seen: Mutex<Vec<(Instant, TransportRequest)>>,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Step>) -> Arc<Self> {
        Arc::new(Self {
            steps: Mutex::new(steps.into_iter().collect()),
            seen: Mutex::default(),
        })
    }

    fn requests(&self) -> Vec<TransportRequest> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().map(|(_, request)| request.clone()).collect()
    }

    fn count(&self) -> usize {
        self.seen.lock().expect("no panic").len()
    }

    /// When each request arrived, in milliseconds after the first.
    fn times_ms(&self) -> Vec<u128> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter()
            .map(|(at, _)| (*at - seen[0].0).as_millis())
            .collect()
    }
}

impl Transport for Script {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        let mut steps = self.steps.lock().expect("no panic");
        let step = if steps.len() > 1 {
            steps.pop_front().expect("more than one")
        } else {
            steps.front().cloned().expect("a step")
        };
        let sent = request.sent.clone();
        self.seen
            .lock()
            .expect("no panic")
            .push((Instant::now(), request));
        Box::pin(async move {
            match step {
                Step::Answer(status, pairs, body) => Ok(TransportResponse {
                    status,
                    headers: header_map(&pairs),
                    body: Bytes::from(body),
                }),
                Step::Fail(kind, sent) => Err(TransportError {
                    kind,
                    sent,
                    message: "os error 104".into(),
                    advice: None,
                    proxy: None,
                }),
                Step::FailWith(message) => Err(TransportError {
                    kind: TransportErrorKind::Tls,
                    sent: false,
                    message,
                    advice: None,
                    proxy: None,
                }),
                Step::Hang(left) => {
                    if left {
                        sent.raise();
                    }
                    std::future::pending().await
                }
            }
        })
    }
}

fn header_map(pairs: &[(&'static str, String)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_str(value).expect("a header value");
            (HeaderName::from_static(name), value)
        })
        .collect()
}

/// Always the same fraction of the ceiling.
struct Share(f64);

impl Jitter for Share {
    fn spread(&self, ceiling: Duration) -> Duration {
        ceiling.mul_f64(self.0)
    }
}

/// 23 November 2026, noon.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> SystemTime {
        httpdate::parse_http_date("Mon, 23 Nov 2026 12:00:00 GMT").expect("a date")
    }
}

/// A client with a script and the largest jitter.
struct Setup {
    config: ClientConfig,
    workspace: Arc<Workspace>,
    jitter: f64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            config: ClientConfig::new("http://crm.example", KEY).expect("a configuration"),
            workspace: Workspace::new(),
            jitter: 1.0,
        }
    }
}

impl Setup {
    fn client(&self, script: &Arc<Script>) -> HttpClient {
        let parts = Parts {
            workspace: Arc::clone(&self.workspace),
            transport: Arc::clone(script) as Arc<dyn Transport>,
            classifier: Arc::new(TwentyClassifier),
            clock: Arc::new(Noon),
            jitter: Arc::new(Share(self.jitter)),
        };
        HttpClient::with_parts(self.config.clone(), parts).expect("a client")
    }
}

fn client(script: &Arc<Script>) -> HttpClient {
    Setup::default().client(script)
}

async fn fails(script: &Arc<Script>, request: Request) -> CrmError {
    client(script).call(request).await.expect_err("a failure")
}

fn people() -> Request {
    Request::get("/rest/people")
}

fn create() -> Request {
    Request::post("/rest/people", "{}")
}

#[tokio::test(start_paused = true)]
async fn a_request_carries_the_key_and_says_who_asks() {
    let script = Script::new([ok()]);
    let answer = client(&script).call(create()).await.expect("an answer");
    assert_eq!(
        (answer.status, answer.attempts, answer.ambiguous),
        (200, 1, false)
    );
    assert_eq!(answer.body, OK_BODY);
    let request = &script.requests()[0];
    assert_eq!(request.url.as_str(), "http://crm.example/rest/people");
    let authorization = &request.headers[header::AUTHORIZATION];
    assert_eq!(authorization, &format!("Bearer {KEY}"));
    assert!(authorization.is_sensitive());
    assert_eq!(request.headers[header::ACCEPT], "application/json");
    assert_eq!(request.headers[header::CONTENT_TYPE], "application/json");
    let agent = concat!("twenty-crm-native/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.headers[header::USER_AGENT], agent);
}

#[tokio::test(start_paused = true)]
async fn permanent_failures_are_tried_once() {
    for code in [400, 401, 402, 403, 404, 409, 413, 422, 300] {
        let script = Script::new([status(code)]);
        let error = fails(&script, people()).await;
        assert_eq!(script.count(), 1, "{code}");
        assert!(!error.retryable, "{code}");
        assert_eq!(error.status, Some(code));
    }
    let page = Step::Answer(
        200,
        vec![("content-type", "text/html".into())],
        "<html>".into(),
    );
    let script = Script::new([page]);
    assert_eq!(fails(&script, people()).await.code, ErrorCode::Unknown);
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn temporary_failures_are_retried() {
    for step in [
        status(500),
        status(502),
        status(503),
        status(504),
        status(408),
        Step::Answer(
            400,
            vec![],
            r#"{"error":"Error","messages":["connect ECONNREFUSED 1"]}"#.into(),
        ),
        Step::Fail(TransportErrorKind::Connect, false),
        Step::Fail(TransportErrorKind::Dns, false),
        Step::Fail(TransportErrorKind::Tls, false),
        Step::Fail(TransportErrorKind::Reset, true),
        Step::Hang(true),
    ] {
        let script = Script::new([step.clone(), ok()]);
        let answer = client(&script).call(people()).await.expect("an answer");
        assert_eq!(answer.attempts, 2, "{step:?}");
        assert!(!answer.ambiguous, "a read is never ambiguous");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_error_says_what_was_tried() {
    let script = Script::new([status(503)]);
    let error = fails(&script, people()).await;
    assert_eq!(script.count(), 4);
    assert_eq!(error.code, ErrorCode::ServerError);
    assert_eq!(error.status, Some(503));
    assert!(error.retryable);
    assert_eq!(error.details["attempt"], 4);
    assert_eq!(error.details["maxRetries"], 3);
    assert_eq!(error.details["method"], "GET");
    assert_eq!(error.details["path"], "/rest/people");
    assert_eq!(error.details["originalError"], "said 503");
}

#[tokio::test(start_paused = true)]
async fn transport_failures_have_their_codes() {
    for (kind, code, retryable) in [
        (TransportErrorKind::Connect, ErrorCode::NetworkError, true),
        (TransportErrorKind::Dns, ErrorCode::NetworkError, true),
        (TransportErrorKind::Tls, ErrorCode::NetworkError, true),
        (TransportErrorKind::Reset, ErrorCode::NetworkError, true),
        (TransportErrorKind::Protocol, ErrorCode::NetworkError, true),
        (TransportErrorKind::Timeout, ErrorCode::Timeout, true),
        (
            TransportErrorKind::TooLarge,
            ErrorCode::OperationFailed,
            false,
        ),
        (
            TransportErrorKind::Request,
            ErrorCode::ValidationError,
            false,
        ),
    ] {
        let script = Script::new([Step::Fail(kind, false)]);
        let error = fails(&script, people()).await;
        assert_eq!((error.code, error.retryable), (code, retryable), "{kind:?}");
        assert_eq!(error.details["originalError"], "os error 104");
        assert_eq!(error.status, None);
        assert_eq!(script.count(), if retryable { 4 } else { 1 });
    }
}

#[tokio::test(start_paused = true)]
async fn bad_requests_are_never_sent() {
    let script = Script::new([ok()]);
    for path in [
        "https://evil.example/",
        "//evil.example",
        "/../x",
        "/a\r\nb",
        "",
    ] {
        let error = fails(&script, Request::get(path)).await;
        assert_eq!(error.code, ErrorCode::ValidationError);
    }
    let mut bad_header = people();
    bad_header.headers = vec![("X".into(), "a\r\nb".into())];
    assert_eq!(
        fails(&script, bad_header).await.code,
        ErrorCode::ValidationError
    );
    for key in ["", "a\r\nb", "a\nb", "a b", "é", "a\u{0}", "a\u{7f}"] {
        let error = ClientConfig::new("http://crm.example", key).expect_err(key);
        assert_eq!(error.details["field"], "apiKey");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn skip_retry_means_one_attempt() {
    let script = Script::new([status(503)]);
    let mut request = people();
    request.skip_retry = true;
    let error = fails(&script, request).await;
    assert_eq!(script.count(), 1);
    assert!(error.retryable);
}

#[tokio::test(start_paused = true)]
async fn counters_count() {
    let script = Script::new([status(503), limited(), ok(), status(404)]);
    let client = client(&script);
    client.call(people()).await.expect("an answer");
    client.call(people()).await.expect_err("not found");
    let expected = HttpStats {
        requests: 4,
        retries: 2,
        throttled: 1,
        failures: 1,
    };
    assert_eq!(client.stats(), expected);
}
