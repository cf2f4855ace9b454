//! Every fault does to the connection, and to the data, what it says.
mod client;

use client::{Answer, Client, start};
use serde_json::{Value, json};
use twenty_sim::faults::{FaultAction, FaultRule};
use twenty_sim::{Sim, SimOptions};

async fn with(action: FaultAction) -> (Sim, Client) {
    let sim = start(SimOptions::default()).await;
    sim.state()
        .faults
        .add([FaultRule::times(1, action).on("POST", "/rest/people")]);
    let client = Client::to(&sim).await;
    (sim, client)
}

async fn post(client: &mut Client) -> Answer {
    client
        .call("POST", "/rest/people", json!({ "externalId": "f-1" }))
        .await
}

async fn post_raw(client: &mut Client) -> (Vec<u8>, bool) {
    let request = client.request(
        "POST",
        "/rest/people",
        Some(&json!({ "externalId": "f-1" })),
    );
    // The server may be gone before the last byte is out.
    let _ = client.send(&request).await;
    client.read_to_end().await
}

#[tokio::test]
async fn a_reset_before_processing_writes_nothing() {
    let (sim, mut client) = with(FaultAction::ResetBefore).await;
    let (bytes, reset) = post_raw(&mut client).await;
    assert!(bytes.is_empty() && reset);
    assert_eq!(sim.state().count("people"), 0);
    let mut client = Client::to(&sim).await;
    assert_eq!(post(&mut client).await.status, 201);
}

#[tokio::test]
async fn a_reset_after_processing_loses_the_answer_but_not_the_write() {
    let (sim, mut client) = with(FaultAction::ResetAfter).await;
    let (bytes, reset) = post_raw(&mut client).await;
    assert!(bytes.is_empty() && reset);
    assert_eq!(sim.state().count("people"), 1);
    let mut client = Client::to(&sim).await;
    assert_eq!(
        post(&mut client).await.message(),
        "A duplicate entry was detected"
    );
}

#[tokio::test]
async fn bodies_break_off_with_a_reset_or_a_close() {
    for (action, is_reset) in [
        (FaultAction::ResetMidBody, true),
        (FaultAction::TruncateBody, false),
    ] {
        let (sim, mut client) = with(action).await;
        let (bytes, reset) = post_raw(&mut client).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.starts_with("HTTP/1.1 201 Created"), "{text}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let promised = head
            .lines()
            .find_map(|l| l.strip_prefix("Content-Length: "))
            .unwrap();
        assert!(body.len() < promised.parse::<usize>().unwrap());
        assert_eq!(reset, is_reset);
        assert_eq!(sim.state().count("people"), 1);
    }
}

#[tokio::test]
async fn made_up_answers_write_nothing_unless_told_to() {
    for process in [false, true] {
        let (sim, mut client) = with(FaultAction::Status {
            status: 502,
            body: Value::from("<h1>Bad Gateway</h1>"),
            content_type: None,
            headers: vec![("X-Proxy".to_owned(), "yes".to_owned())],
            process,
        })
        .await;
        let answer = post(&mut client).await;
        assert_eq!(answer.status, 502);
        assert_eq!(answer.headers["content-type"], "text/html");
        assert_eq!(answer.headers["x-proxy"], "yes");
        assert_eq!(answer.body, b"<h1>Bad Gateway</h1>");
        assert_eq!(sim.state().count("people"), usize::from(process));
    }
}

#[tokio::test]
async fn rate_limit_redirect_html_and_database_faults_answer_as_named() {
    let limited = FaultAction::RateLimited {
        retry_after: Some("2".to_owned()),
        retry_after_date_ms: None,
        ttl_ms: None,
    };
    let (_sim, mut client) = with(limited).await;
    let answer = post(&mut client).await;
    assert_eq!(
        (answer.status, answer.headers["retry-after"].as_str()),
        (429, "2")
    );
    assert_eq!(answer.message(), "Limit reached (100 tokens per 60000 ms)");

    let location = "http://127.0.0.1:1/rest/people".to_owned();
    let redirect = FaultAction::Redirect {
        status: 307,
        location: location.clone(),
    };
    let (_sim, mut client) = with(redirect).await;
    let answer = post(&mut client).await;
    assert_eq!(
        (answer.status, &answer.headers["location"]),
        (307, &location)
    );

    let (_sim, mut client) = with(FaultAction::Html).await;
    let answer = post(&mut client).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-type"].starts_with("text/html"));

    let (_sim, mut client) = with(FaultAction::DatabaseDown).await;
    let answer = post(&mut client).await;
    assert_eq!(answer.status, 400);
    assert!(answer.message().starts_with("connect ECONNREFUSED"));
}

#[tokio::test]
async fn stalls_end_and_slow_bodies_arrive_whole() {
    for action in [
        FaultAction::StallHeaders { ms: Some(5) },
        FaultAction::StallBody { ms: Some(5) },
        FaultAction::SlowBody {
            chunk_bytes: 200,
            interval_ms: 1,
        },
        FaultAction::Delay { ms: 5 },
    ] {
        let (_sim, mut client) = with(action).await;
        let answer = post(&mut client).await;
        assert_eq!(answer.json()["data"]["createPerson"]["externalId"], "f-1");
        assert_eq!(client.get("/healthz").await.status, 200);
    }
}

#[tokio::test]
async fn an_endless_stall_ends_with_the_client() {
    let (sim, mut client) = with(FaultAction::StallHeaders { ms: None }).await;
    let request = client.request("POST", "/rest/people", Some(&json!({})));
    client.send(&request).await.unwrap();
    drop(client);
    // The server answers others meanwhile, and stops although one connection hangs.
    let mut other = Client::to(&sim).await;
    assert_eq!(other.get("/healthz").await.status, 200);
    sim.stop().await;
}

#[tokio::test]
async fn the_control_api_adds_rules_and_reports() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let rule = json!({ "path": "/rest", "times": 1, "action": { "type": "html" } });
    assert_eq!(client.call("POST", "/__sim/faults", rule).await.status, 200);
    let first = client.get("/rest/people").await;
    assert!(first.headers["content-type"].starts_with("text/html"));
    assert_eq!(client.get("/rest/people").await.json()["totalCount"], 0);
    assert_eq!(
        client.get("/__sim/faults").await.json()["fired"],
        json!([1])
    );
    let stats = client.get("/__sim/stats").await.json();
    assert_eq!(stats["routes"]["GET /rest/people"], 2);
    assert_eq!(stats["total"], 2);
    let log = client.get("/__sim/log").await.json();
    assert_eq!(log["requests"][1]["headers"]["authorization"], "Bearer");
}
