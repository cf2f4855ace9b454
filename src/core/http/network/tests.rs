//! The real network, against servers that answer byte by byte as the test says, on port 0.

use http::{HeaderMap, HeaderValue, Method, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::{
    ClientConfig, FullJitter, HttpClient, Parts, Request, SentFlag, SystemClock, Workspace,
};
use crate::core::twenty::classify::TwentyClassifier;

/// How a server reacts to a request.
enum Answer {
    /// Sends these bytes and keeps the connection open.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes.
    BytesAndClose(Vec<u8>),
    /// Resets the connection.
    Reset,
    /// Sends these bytes and then nothing; signals when it has done so, and when the client closes.
    Stall(Vec<u8>, oneshot::Sender<()>, oneshot::Sender<()>),
}

fn json(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Reads one request: head, and as much body as it announces. `None` if the connection ends before.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = memchr::memmem::find(&text, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().expect("a length"));
            if text.len() >= end + 4 + length {
                return Some(String::from_utf8(text).expect("text"));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => text.extend_from_slice(&buffer[..read]),
        }
    }
}

/// Answers requests in order, on any number of connections; returns the requests and the number of connections.
async fn serve(listener: TcpListener, answers: Vec<Answer>) -> (Vec<String>, usize) {
    let mut requests = Vec::new();
    let mut connections = 0;
    let mut answers = answers.into_iter();
    'connections: while answers.len() > 0 {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        connections += 1;
        while answers.len() > 0 {
            let Some(request) = read_request(&mut stream).await else {
                continue 'connections;
            };
            requests.push(request);
            match answers.next().expect("counted") {
                Answer::Bytes(bytes) => stream.write_all(&bytes).await.expect("written"),
                Answer::BytesAndClose(bytes) => {
                    stream.write_all(&bytes).await.expect("written");
                    continue 'connections;
                }
                Answer::Reset => {
                    stream.set_zero_linger().expect("a socket option");
                    continue 'connections;
                }
                Answer::Stall(bytes, stalled, closed) => {
                    stream.write_all(&bytes).await.expect("written");
                    let _ = stalled.send(());
                    let mut rest = Vec::new();
                    // Ends when the client closes, which the test waits for.
                    let _ = stream.read_to_end(&mut rest).await;
                    let _ = closed.send(());
                    continue 'connections;
                }
            }
        }
    }
    (requests, connections)
}

struct Server {
    url: String,
    task: tokio::task::JoinHandle<(Vec<String>, usize)>,
}

async fn server(answers: Vec<Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    Server {
        url,
        task: tokio::spawn(serve(listener, answers)),
    }
}

/// A client without waits between attempts.
fn client(url: &str, timeout_ms: u64) -> HttpClient {
    let mut config = ClientConfig::new(url, "key-of-a-test").expect("a configuration");
    config.timeout_ms = timeout_ms;
    config.initial_backoff_ms = 0;
    let parts = Parts {
        workspace: Workspace::new(),
        transport: Arc::new(NetworkTransport::new(None)),
        classifier: Arc::new(TwentyClassifier),
        clock: Arc::new(SystemClock),
        jitter: Arc::new(FullJitter),
    };
    HttpClient::with_parts(config, parts).expect("a client")
}

fn once(mut request: Request) -> Request {
    request.skip_retry = true;
    request
}

async fn fails_once(url: &str, request: Request, timeout_ms: u64) -> CrmError {
    let call = client(url, timeout_ms).call(once(request)).await;
    call.expect_err("a failure")
}

/// A timeout that no expected answer reaches.
const PATIENT_MS: u64 = 30_000;
/// Short, to keep the tests fast; no answer is expected within it.
const IMPATIENT_MS: u64 = 50;

#[tokio::test]
async fn one_connection_serves_many_calls() {
    let server = server(vec![
        Answer::Bytes(json(200, r#"{"n":1}"#)),
        Answer::Bytes(json(201, r#"{"n":2}"#)),
    ])
    .await;
    let client = client(&server.url, PATIENT_MS);
    let first = client
        .call(Request::get("/rest/people?limit=1"))
        .await
        .expect("an answer");
    assert_eq!((first.status, &*first.body), (200, &br#"{"n":1}"#[..]));
    let second = client
        .call(Request::post("/rest/people", r#"{"a":1}"#))
        .await
        .expect("an answer");
    assert_eq!((second.status, &*second.body), (201, &br#"{"n":2}"#[..]));
    let (requests, connections) = server.task.await.expect("no panic");
    assert_eq!(connections, 1);
    assert!(requests[0].starts_with("GET /rest/people?limit=1 HTTP/1.1\r\n"));
    assert!(requests[0].contains("authorization: Bearer key-of-a-test\r\n"));
    assert!(requests[1].starts_with("POST /rest/people HTTP/1.1\r\n"));
    assert!(
        requests[1].contains("content-length: 7\r\n"),
        "{}",
        requests[1]
    );
    assert!(requests[1].ends_with("\r\n\r\n{\"a\":1}"));
}

#[tokio::test]
async fn a_connection_reset_before_the_answer() {
    let reset = server(vec![Answer::Reset]).await;
    let error = fails_once(&reset.url, Request::post("/x", "{}"), PATIENT_MS).await;
    assert_eq!(error.code, ErrorCode::NetworkError);
    assert_eq!(error.reason(), Some("OUTCOME_UNKNOWN"));

    let repeated = server(vec![Answer::Reset, Answer::Bytes(json(200, "{}"))]).await;
    let answer = client(&repeated.url, PATIENT_MS)
        .call(Request::get("/x"))
        .await;
    assert_eq!(answer.expect("an answer").attempts, 2);
}

#[tokio::test]
async fn a_truncated_body_is_a_broken_connection() {
    for cut in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":"[..],
        &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n"[..],
        &b"HTTP/1.1 200 OK\r\ncontent-le"[..],
    ] {
        let server = server(vec![Answer::BytesAndClose(cut.to_vec())]).await;
        let error = fails_once(&server.url, Request::get("/x"), PATIENT_MS).await;
        assert_eq!(error.code, ErrorCode::NetworkError, "{}", error.to_json());
        assert!(error.retryable);
    }
}

#[tokio::test]
async fn a_stall_is_a_timeout_at_any_point() {
    for start in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let (stalled, _) = oneshot::channel();
        let (closed, seen_closed) = oneshot::channel();
        let server = server(vec![Answer::Stall(start.into(), stalled, closed)]).await;
        let error = fails_once(&server.url, Request::get("/x"), IMPATIENT_MS).await;
        assert_eq!(error.code, ErrorCode::Timeout, "{start}");
        assert!(error.retryable);
        seen_closed.await.expect("the server sees the socket close");
    }
}

#[tokio::test]
async fn a_dropped_call_closes_its_socket() {
    for start in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        let (stalled, seen_stalled) = oneshot::channel();
        let (closed, seen_closed) = oneshot::channel();
        let server = server(vec![Answer::Stall(start.into(), stalled, closed)]).await;
        let client = client(&server.url, PATIENT_MS);
        let call = tokio::spawn(async move { client.call(Request::post("/x", "{}")).await });
        seen_stalled.await.expect("the request arrives");
        call.abort();
        seen_closed.await.expect("the server sees the socket close");
        assert!(call.await.expect_err("aborted").is_cancelled());
    }
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = fails_once(&url, Request::post("/x", "{}"), PATIENT_MS).await;
    assert_eq!(
        (error.code, error.reason()),
        (ErrorCode::NetworkError, Some("CONNECT"))
    );
    assert!(
        !error.details.contains_key("outcomeUnknown"),
        "nothing was sent"
    );
    let cause = error.details["originalError"].as_str().expect("a text");
    assert!(cause.to_lowercase().contains("refused"), "{cause}");
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let error = fails_once(
        "http://no-such-host.invalid",
        Request::get("/x"),
        PATIENT_MS,
    )
    .await;
    assert_eq!(
        (error.code, error.reason()),
        (ErrorCode::NetworkError, Some("DNS"))
    );
}

#[tokio::test]
async fn a_server_that_speaks_no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .expect("written");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    });
    let error = fails_once(&url, Request::post("/x", "{}"), PATIENT_MS).await;
    assert_eq!(
        (error.code, error.reason()),
        (ErrorCode::NetworkError, Some("TLS"))
    );
    assert!(
        !error.details.contains_key("outcomeUnknown"),
        "nothing was sent"
    );
    plain.await.expect("no panic");
}

#[tokio::test]
async fn something_that_is_not_http() {
    let server = server(vec![Answer::BytesAndClose(b"SSH-2.0-OpenSSH\r\n".to_vec())]).await;
    let error = fails_once(&server.url, Request::get("/x"), PATIENT_MS).await;
    assert_eq!(error.code, ErrorCode::NetworkError);
    assert!(
        error.message.contains("does not speak HTTP"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn bodies_are_whole_and_bounded() {
    let large = format!("\"{}\"", "x".repeat(300_000));
    let chunked: Vec<u8> = [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(),
        large
            .as_bytes()
            .chunks(70_000)
            .flat_map(|chunk| {
                [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()
            })
            .collect(),
        b"0\r\n\r\n".to_vec(),
    ]
    .concat();
    for (bytes, limit, fits) in [
        (json(200, &large), large.len(), true),
        (chunked.clone(), large.len(), true),
        (json(200, &large), large.len() - 1, false),
        (chunked, large.len() - 1, false),
    ] {
        let server = server(vec![Answer::BytesAndClose(bytes)]).await;
        let transport = NetworkTransport::new(None);
        let answer = transport
            .send(TransportRequest {
                method: Method::GET,
                url: Url::parse(&server.url).expect("a URL"),
                headers: HeaderMap::new(),
                body: None,
                timeout: Duration::from_secs(30),
                max_response_bytes: limit,
                sent: SentFlag::default(),
            })
            .await;
        match answer {
            Ok(answer) => assert!(fits && answer.body == large.as_bytes()),
            Err(error) => assert!(
                !fits && error.kind == TransportErrorKind::TooLarge,
                "{error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn redirects_are_left_to_the_caller() {
    let mut moved = HeaderMap::new();
    moved.insert(header::LOCATION, HeaderValue::from_static("/elsewhere"));
    let bytes = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    let server = server(vec![
        Answer::Bytes(bytes.to_vec()),
        Answer::Bytes(json(200, "{}")),
    ])
    .await;
    client(&server.url, PATIENT_MS)
        .call(Request::get("/x"))
        .await
        .expect("an answer");
    let (requests, _) = server.task.await.expect("no panic");
    assert!(requests[1].starts_with("GET /elsewhere HTTP/1.1\r\n"));
    assert!(requests[1].contains("authorization: Bearer"));
}

#[test]
fn local_hosts_are_recognised() {
    for (url, local) in [
        ("http://localhost:3000", true),
        ("http://127.0.0.1", true),
        ("http://127.8.9.1", true),
        ("http://[::1]:80", true),
        ("http://twenty.localhost", true),
        ("http://10.0.0.1", false),
        ("https://localhost.example.com", false),
        ("https://crm.example.com", false),
    ] {
        assert_eq!(is_local(&Url::parse(url).expect("a URL")), local, "{url}");
    }
}
