//! What the wire looks like below the API (`docs/twenty/protocol.md#transport`).
mod client;

use client::{Client, start};
use serde_json::json;
use twenty_sim::SimOptions;

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let mut bytes = client.request("POST", "/rest/people", Some(&json!({ "jobTitle": "x" })));
    bytes.extend(client.request("GET", "/rest/people?limit=0", None));
    bytes.extend(client.request("GET", "/nope", None));
    client.send(&bytes).await.unwrap();
    assert_eq!(client.read().await.unwrap().status, 201);
    assert_eq!(client.read().await.unwrap().json()["totalCount"], 1);
    let unknown = client.read().await.unwrap();
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.headers["connection"], "keep-alive");
    let cannot = json!({ "message": "Cannot GET /nope", "error": "Not Found", "statusCode": 404 });
    assert_eq!(unknown.json(), cannot);
    sim.stop().await;
}

#[tokio::test]
async fn chunked_bodies_and_expectations_work() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let head = format!(
        "POST /rest/people HTTP/1.1\r\nHost: sim\r\nAuthorization: bearer {}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\
         Expect: 100-continue\r\n\r\n",
        sim.api_key()
    );
    client.send(head.as_bytes()).await.unwrap();
    assert_eq!(client.read().await.unwrap().status, 100);
    client
        .send(b"5\r\n{\"job\r\n11\r\nTitle\":\"chunked\"}\r\n0\r\n\r\n")
        .await
        .unwrap();
    let answer = client.read().await.unwrap();
    assert_eq!(answer.json()["data"]["createPerson"]["jobTitle"], "chunked");
}

#[tokio::test]
async fn long_heads_are_refused_and_closed() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let target = format!("/rest/people?filter={}", "x".repeat(17_000));
    let request = client.request("GET", &target, None);
    client.send(&request).await.unwrap();
    let (bytes, _) = client.read_to_end().await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
    assert!(text.ends_with("\r\n\r\n"));
}

#[tokio::test]
async fn bodies_above_ten_megabytes_are_500_and_the_connection_lives() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let body = json!({ "jobTitle": "y".repeat(11 * 1024 * 1024) });
    let answer = client.call("POST", "/rest/people", body).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json(), json!("request entity too large"));
    assert_eq!(client.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn unchanged_records_answer_304_to_their_etag() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let created = client.call("POST", "/rest/people", json!({})).await.json();
    let id = created["data"]["createPerson"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/rest/people/{id}");
    let etag = client.get(&path).await.headers["etag"].clone();
    assert!(etag.starts_with("W/\""));
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {}\r\n\
         If-None-Match: {etag}\r\n\r\n",
        sim.api_key()
    );
    client.send(head.as_bytes()).await.unwrap();
    let answer = client.read().await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (304, 0));
}

#[tokio::test]
async fn refused_keys_get_the_middlewares_answer() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await.with_key("garbage");
    let answer = client.get("/rest/people").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(!answer.headers.contains_key("etag"));
    let tokens = sim.state().keys.tokens();
    let mut client = Client::to(&sim).await.with_key(&tokens.read_only);
    assert_eq!(client.get("/rest/people").await.status, 200);
    let answer = client.call("POST", "/rest/people", json!({})).await;
    assert_eq!(
        (answer.status, answer.json()["code"].clone()),
        (400, json!("PERMISSION_DENIED"))
    );
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let sim = start(SimOptions {
        keep_alive_ms: 300,
        ..SimOptions::default()
    })
    .await;
    let mut client = Client::to(&sim).await;
    assert_eq!(client.get("/healthz").await.status, 200);
    let (bytes, reset) = client.read_to_end().await;
    assert!(bytes.is_empty() && !reset);
}
