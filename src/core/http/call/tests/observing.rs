//! Events and counters of a call.

use serde_json::{Value, json};

use super::*;
use crate::core::origin;

/// Records every event of the wanted kinds; refuses those after `room`.
struct Notes {
    wanted: u32,
    room: usize,
    noted: Mutex<Vec<Value>>,
}

impl Notes {
    fn of(kinds: &[EventKind]) -> Arc<Self> {
        Arc::new(Self {
            wanted: kinds.iter().fold(0, |mask, &kind| mask | kind as u32),
            room: usize::MAX,
            noted: Mutex::default(),
        })
    }

    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.noted.lock().expect("no panic"))
    }
}

impl Observer for Notes {
    fn wants(&self, kind: EventKind) -> bool {
        self.wanted & kind as u32 != 0
    }

    fn notify(&self, event: &Event<'_>) -> bool {
        let mut noted = self.noted.lock().expect("no panic");
        let mut event = serde_json::to_value(event).expect("JSON");
        // The id counts up over all tests of the process.
        if let Some(id) = event.get_mut("requestId") {
            assert!(id.as_u64().is_some_and(|id| id > 0));
            *id = "a number".into();
        }
        noted.push(event);
        noted.len() <= self.room
    }
}

fn watched(script: &Arc<Script>, notes: &Arc<Notes>) -> HttpClient {
    client(script).for_owner(Some(Arc::clone(notes) as Arc<dyn Observer>))
}

const NOON_MS: f64 = 1_795_435_200_000.0;

#[tokio::test(start_paused = true)]
async fn attempts_are_reported_with_start_end_and_result() {
    use EventKind::{Failure, RequestEnd, RequestStart, Retry};
    let script = Script::new([status(503), ok()]);
    let notes = Notes::of(&[RequestStart, RequestEnd, Retry, Failure]);
    let client = watched(&script, &notes);
    let request = Request::get("/rest/people?filter=emails.primaryEmail[eq]:jane@acme.example");
    origin::scope(Some(7), client.call(request))
        .await
        .expect("an answer");
    let common = json!({
        "call": 7, "operationId": 7, "method": "GET", "path": "/rest/people", "attempt": 1,
        "requestId": "a number", "startTimeMs": NOON_MS, "bytesSent": 0,
    });
    let with = |facts: Value| {
        let mut event = common.as_object().expect("an object").clone();
        event.extend(facts.as_object().expect("an object").clone());
        Value::Object(event)
    };
    let body = r#"{"statusCode":503,"messages":["said 503"]}"#;
    let retry = json!({
        "kind": 4, "call": 7, "operationId": 7, "method": "GET", "path": "/rest/people", "attempt": 1,
        "status": 503, "code": "SERVER_ERROR", "delayMs": 200.0, "retriesLeft": 2,
    });
    assert_eq!(
        notes.take(),
        [
            with(json!({"kind": 1})),
            with(json!({
                "kind": 2, "durationMs": 0.0, "status": 503, "code": "SERVER_ERROR", "bytesReceived": body.len(),
            })),
            retry,
            with(json!({"kind": 1, "attempt": 2})),
            with(json!({
                "kind": 2, "attempt": 2, "durationMs": 0.0, "status": 200, "bytesReceived": OK_BODY.len(),
            })),
        ]
    );
    let metrics = client.metrics();
    assert_eq!(metrics.retry_wait.get(), 200_000);
    assert_eq!(
        metrics.bytes_received.get(),
        (body.len() + OK_BODY.len()) as u64
    );
    assert_eq!(metrics.latency.counts()[0], 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_named_instead_of_its_calls() {
    let notes = Notes::of(&[EventKind::RequestEnd]);
    let client = watched(&Script::new([ok()]), &notes)
        .for_operation(9)
        .for_bulk();
    origin::scope(Some(7), client.call(people()))
        .await
        .expect("an answer");
    let event = &notes.take()[0];
    assert_eq!(
        (&event["call"], &event["operationId"]),
        (&json!(7), &json!(9))
    );
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_is_reported_and_waits_are_counted() {
    let notes = Notes::of(&[EventKind::Throttle, EventKind::Retry]);
    let script = Script::new([with_header(429, "retry-after", "2"), ok()]);
    let client = watched(&script, &notes);
    client.call(people()).await.expect("an answer");
    let told: Vec<_> = notes
        .take()
        .into_iter()
        .map(|event| {
            json!([
                event["kind"],
                event["cause"],
                event["attempt"],
                event["waitMs"],
                event["delayMs"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!([8, "refused", 1, 2000.0, null]),
            json!([4, null, 1, null, 2000.0]),
            json!([8, "paced", 2, 2000.0, null]),
        ]
    );
    assert_eq!(client.metrics().throttle_wait.get(), 2_000_000);
    assert_eq!(client.workspace().throttled(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_attempt_is_reported_and_no_longer_in_flight() {
    let notes = Notes::of(&[EventKind::RequestEnd]);
    let client = watched(&Script::new([Step::Hang(true)]), &notes);
    let call = client.call(people());
    let given_up = tokio::time::timeout(Duration::from_millis(30), call).await;
    assert!(given_up.is_err());
    let event = &notes.take()[0];
    assert_eq!(
        (&event["aborted"], &event["durationMs"]),
        (&json!(true), &json!(30.0))
    );
    let metrics = client.metrics();
    assert_eq!((metrics.in_flight.get(), metrics.aborted.get()), (0, 1));
    assert_eq!(metrics.latency.counts().iter().sum::<u64>(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_an_attempt_that_took_its_time() {
    let script = Script::new([Step::Hang(true)]);
    let mut setup = Setup::default();
    setup.config.max_retries = 0;
    setup.config.timeout_ms = 1_500;
    let client = setup.client(&script);
    client.call(people()).await.expect_err("a timeout");
    let metrics = client.metrics();
    assert_eq!(metrics.latency.max_ms(), 1_500.0);
    let failed: Vec<_> = metrics.failures().filter(|&(_, count)| count > 0).collect();
    assert_eq!(failed, [(ErrorCode::Timeout, 1)]);
    assert_eq!((metrics.in_flight.get(), metrics.aborted.get()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_services_requests_count_for_its_client_only() {
    let client = client(&Script::new([ok()]));
    let (service, other) = (client.for_owner(None), client.for_owner(None));
    let bulk = service.for_bulk();
    bulk.call(people()).await.expect("an answer");
    service.call(people()).await.expect("an answer");
    let requests = |of: &HttpClient| of.metrics().requests.get();
    assert_eq!(
        [&bulk, &service, &client, &other].map(requests),
        [1, 2, 2, 0]
    );
}

#[tokio::test(start_paused = true)]
async fn events_without_room_are_counted() {
    let notes = Arc::new(Notes {
        wanted: EventKind::RequestEnd as u32,
        room: 1,
        noted: Mutex::default(),
    });
    let client = watched(&Script::new([ok()]), &notes);
    for _ in 0..3 {
        client.call(people()).await.expect("an answer");
    }
    assert_eq!(client.metrics().dropped_events.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn unwanted_events_are_not_sent() {
    let notes = Notes::of(&[]);
    let script = Script::new([status(503), limited(), status(404)]);
    watched(&script, &notes)
        .call(people())
        .await
        .expect_err("not found");
    assert_eq!(notes.take(), Vec::<Value>::new());
}
