//! The error table row by row, and all recorded answers of a real server, if the recordings exist.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

use super::*;
use crate::core::http::RateLimit;

const JSON: &str = "application/json; charset=utf-8";

fn answer(status: u16, content_type: Option<&str>, body: &str) -> TransportResponse {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = content_type {
        let value = HeaderValue::from_str(content_type).expect("a header value");
        headers.insert(header::CONTENT_TYPE, value);
    }
    TransportResponse {
        status,
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn classify(path: &str, response: &TransportResponse) -> Option<Failure> {
    match TwentyClassifier.classify(path, &Method::POST, response) {
        Verdict::Ok => None,
        Verdict::Failed(failure) => Some(*failure),
    }
}

fn failing(path: &str, status: u16, body: &str) -> Failure {
    classify(path, &answer(status, Some(JSON), body)).expect("a failure")
}

/// The first shape of error bodies.
fn core(status: u16, error: &str, message: &str) -> String {
    serde_json::json!({ "statusCode": status, "error": error, "messages": [message] }).to_string()
}

fn graphql_error(message: &str, extensions: Value) -> String {
    serde_json::json!({
        "data": { "people": null },
        "errors": [{ "message": message, "extensions": extensions }],
    })
    .to_string()
}

/// The expected result of a row of the table.
struct Row {
    path: &'static str,
    status: u16,
    body: String,
    code: ErrorCode,
    reason: Option<&'static str>,
    retry: bool,
    ambiguous: bool,
}

fn row(status: u16, body: impl Into<String>, code: ErrorCode, reason: Option<&'static str>) -> Row {
    Row {
        path: "/rest/people",
        status,
        body: body.into(),
        code,
        reason,
        retry: matches!(code, ErrorCode::RateLimit | ErrorCode::ServerError),
        ambiguous: false,
    }
}

impl Row {
    fn graphql(mut self) -> Self {
        self.path = "/graphql";
        self
    }

    fn ambiguous(mut self) -> Self {
        self.ambiguous = true;
        self
    }
}

fn check(row: &Row) {
    let failure = failing(row.path, row.status, &row.body);
    let what = format!("{} {}", row.status, row.body);
    assert_eq!(failure.error.code, row.code, "{what}");
    assert_eq!(failure.error.reason(), row.reason, "{what}");
    assert_eq!(failure.retry, row.retry, "{what}");
    assert_eq!(failure.error.retryable, row.retry, "{what}");
    assert_eq!(failure.ambiguous, row.ambiguous, "{what}");
    assert_eq!(failure.error.status, Some(row.status), "{what}");
    assert_eq!(
        failure.rate_limit.is_some(),
        row.code == ErrorCode::RateLimit,
        "{what}"
    );
    assert!(!failure.error.message.is_empty());
}

#[test]
fn authentication_and_permission() {
    use ErrorCode::AuthError;
    let forbidden = "FORBIDDEN_EXCEPTION";
    let denied = r#"{"statusCode":400,"error":"Error","messages":["Entity performing the request does not have permission"],"code":"PERMISSION_DENIED"}"#;
    for row in [
        row(
            401,
            core(401, "UNAUTHENTICATED", "Token invalid."),
            AuthError,
            Some("invalid"),
        ),
        row(
            401,
            core(401, "UNAUTHENTICATED", "Token has expired."),
            AuthError,
            Some("expired"),
        ),
        row(
            400,
            r#"{"statusCode":400,"messages":["Unknown token error."],"error":"INVALID_INPUT"}"#,
            AuthError,
            Some("invalid"),
        ),
        row(
            403,
            r#"{"statusCode":403,"message":"Forbidden resource","error":"Forbidden"}"#,
            AuthError,
            Some("permission"),
        ),
        row(
            200,
            graphql_error(
                "Unknown token error.",
                serde_json::json!({"subCode":"INVALID_INPUT","code":"BAD_USER_INPUT"}),
            ),
            AuthError,
            Some("invalid"),
        )
        .graphql(),
        row(
            403,
            core(403, forbidden, "Missing authentication token"),
            AuthError,
            Some("missing"),
        ),
        row(
            403,
            core(403, forbidden, "This API Key is revoked"),
            AuthError,
            Some("revoked"),
        ),
        row(403, denied, AuthError, Some("permission")),
        row(400, denied, AuthError, Some("permission")),
        row(
            200,
            graphql_error(
                "Token invalid.",
                serde_json::json!({"code":"UNAUTHENTICATED","subCode":"UNAUTHENTICATED"}),
            ),
            AuthError,
            Some("invalid"),
        )
        .graphql(),
        row(
            200,
            graphql_error(
                "Entity performing the request does not have permission",
                serde_json::json!({"code":"FORBIDDEN","subCode":"PERMISSION_DENIED"}),
            ),
            AuthError,
            Some("permission"),
        )
        .graphql(),
        row(
            200,
            graphql_error(
                "Token has expired.",
                serde_json::json!({"code":"UNAUTHENTICATED"}),
            ),
            AuthError,
            Some("expired"),
        )
        .graphql(),
    ] {
        check(&row);
    }
}

#[test]
fn a_truncated_key_gets_advice() {
    let body = r#"{"statusCode":400,"messages":["Unknown token error."],"error":"INVALID_INPUT"}"#;
    for path in ["/rest/people", "/rest/metadata/objects?limit=1"] {
        let message = failing(path, 400, body).error.message;
        assert!(message.contains("end is probably missing"), "{message}");
        assert!(!message.contains("base URL"), "{message}");
    }
}

fn with_headers(status: u16, body: &str, pairs: &[(&'static str, &str)]) -> TransportResponse {
    let mut response = answer(status, None, body);
    for (name, value) in pairs {
        let value = HeaderValue::from_str(value).expect("a header value");
        response.headers.append(*name, value);
    }
    response
}

#[test]
fn refusals_by_intermediaries_are_not_blamed_on_the_key() {
    let page = "<!doctype html><title>Attention Required</title>";
    for status in [401, 403] {
        for (body, headers, says) in [
            (
                page,
                &[("cf-ray", "8f-FRA")][..],
                "with a web page, from Cloudflare",
            ),
            (
                page,
                &[("server", "nginx/1.25.3")],
                "with a web page, from nginx/1.25.3",
            ),
            (page, &[("server", "<evil>")], "with a web page)"),
            ("", &[], "without a body"),
            ("Access denied", &[], "with plain text"),
            (
                "error code: 1020",
                &[("cf-ray", "1")],
                "with plain text, from Cloudflare",
            ),
            (
                r#"{"message":"Forbidden"}"#,
                &[("x-amz-cf-id", "1")],
                "with JSON that is not Twenty's, from CloudFront",
            ),
            (
                r#"{"error":"Forbidden"}"#,
                &[],
                "with JSON that is not Twenty's",
            ),
            (
                r#"{"statusCode":403}"#,
                &[],
                "with JSON that is not Twenty's",
            ),
            (
                r#"{"statusCode":401,"message":"Access denied due to missing subscription key"}"#,
                &[],
                "with JSON that is not",
            ),
            (
                r#"{"statusCode":403,"error":"Forbidden","message":"Blocked"}"#,
                &[],
                "with JSON that is not",
            ),
            (r#""Forbidden""#, &[], "with a text that is not Twenty's"),
            ("[]", &[], "with JSON that is not"),
            (
                "",
                &[("www-authenticate", "Basic realm=\"Staging\"")],
                "WWW-Authenticate: Basic",
            ),
            (
                page,
                &[("www-authenticate", "Digest realm=\"x\", nonce=\"y\"")],
                "WWW-Authenticate: Digest",
            ),
            (
                page,
                &[
                    ("www-authenticate", "Negotiate"),
                    ("www-authenticate", "NTLM"),
                ],
                "Negotiate",
            ),
            (
                page,
                &[("cf-mitigated", "challenge")],
                "only lets browsers through",
            ),
        ] {
            let response = with_headers(status, body, headers);
            for path in ["/rest/people", "/graphql"] {
                let error = classify(path, &response).expect("a failure").error;
                assert_eq!(error.code, ErrorCode::AuthError, "{body}");
                assert_eq!(error.reason(), Some("GATEWAY"), "{body}");
                assert!(!error.retryable);
                assert!(error.message.contains(says), "{body}: {}", error.message);
                assert!(error.message.contains("API key was not checked"));
                assert!(!error.details.contains_key("serverError"));
                assert!(!error.message.contains("Roles"));
            }
        }
    }
    // Twenty's own error is trusted, whatever else the answer contains.
    let own = core(403, "FORBIDDEN_EXCEPTION", "This API Key is revoked");
    let response = with_headers(
        403,
        &own,
        &[("cf-ray", "1"), ("www-authenticate", "Bearer")],
    );
    let error = classify("/rest/people", &response)
        .expect("a failure")
        .error;
    assert_eq!(error.reason(), Some("revoked"));
}

#[test]
fn plain_http_to_a_tls_port_is_named() {
    for words in [
        "<title>400 The plain HTTP request was sent to HTTPS port</title>",
        "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
        "Client sent an HTTP request to an HTTPS server.\n",
    ] {
        let failure = classify("/rest/people", &answer(400, Some("text/html"), words));
        let message = failure.expect("a failure").error.message;
        assert!(message.contains("https://"), "{message}");
    }
}

#[test]
fn statuses_of_intermediaries() {
    let page = "<html>";
    for (status, code, reason, retry, says) in [
        (
            405,
            ErrorCode::ValidationError,
            None,
            false,
            "the answer is not Twenty's",
        ),
        (
            413,
            ErrorCode::ValidationError,
            Some("TOO_LARGE"),
            false,
            "client_max_body_size",
        ),
        (
            414,
            ErrorCode::ValidationError,
            Some("TOO_LARGE"),
            false,
            "POST to /graphql",
        ),
        (
            431,
            ErrorCode::ValidationError,
            Some("TOO_LARGE"),
            false,
            "longer than the server accepts",
        ),
        (
            451,
            ErrorCode::ValidationError,
            None,
            false,
            "legal reasons",
        ),
        (
            402,
            ErrorCode::OperationFailed,
            Some("QUOTA"),
            false,
            "the server's hosting",
        ),
        (
            429,
            ErrorCode::RateLimit,
            None,
            true,
            "the answer is not Twenty's",
        ),
        (502, ErrorCode::ServerError, None, true, "in front of it"),
        (503, ErrorCode::ServerError, None, true, "in front of it"),
        (504, ErrorCode::ServerError, None, true, "no answer in time"),
        (
            511,
            ErrorCode::NetworkError,
            Some("GATEWAY"),
            true,
            "sign-in",
        ),
        (520, ErrorCode::ServerError, None, true, "Cloudflare"),
        (521, ErrorCode::ServerError, None, true, "Cloudflare"),
        (522, ErrorCode::ServerError, None, true, "Cloudflare"),
        (523, ErrorCode::ServerError, None, true, "Cloudflare"),
        (524, ErrorCode::ServerError, None, true, "Cloudflare"),
        (525, ErrorCode::ServerError, None, true, "TLS"),
        (526, ErrorCode::ServerError, None, true, "certificate"),
        (527, ErrorCode::ServerError, None, true, "Cloudflare"),
        (530, ErrorCode::ServerError, None, true, "tunnel"),
    ] {
        let failure = classify("/rest/people", &answer(status, Some("text/html"), page));
        let failure = failure.expect("a failure");
        assert_eq!(failure.error.code, code, "{status}");
        assert_eq!(failure.error.reason(), reason, "{status}");
        assert_eq!(
            (failure.retry, failure.error.retryable),
            (retry, retry),
            "{status}"
        );
        let message = &failure.error.message;
        assert!(message.contains(says), "{status}: {message}");
        assert!(
            message.contains(&status.to_string()) || status == 429,
            "{message}"
        );
        let is_open = matches!(status, 502 | 504 | 520 | 524 | 527);
        assert_eq!(failure.ambiguous, is_open, "{status}");
    }
}

#[test]
fn an_encoding_that_was_not_requested_is_named() {
    let gzip = "\u{1f}not JSON";
    for (status, body, headers, coding, ambiguous) in [
        (200, gzip, &[("content-encoding", "gzip")][..], "gzip", true),
        (201, gzip, &[("content-encoding", "br")], "br", true),
        (200, gzip, &[("content-encoding", "ZSTD")], "zstd", true),
        (
            200,
            "{x",
            &[("content-encoding", "deflate")],
            "deflate",
            true,
        ),
        (
            200,
            gzip,
            &[("content-encoding", "gzip"), ("content-encoding", "br")],
            "gzip, br",
            true,
        ),
        (400, gzip, &[("content-encoding", "gzip")], "gzip", false),
        (401, gzip, &[("content-encoding", "gzip")], "gzip", false),
        (
            200,
            gzip,
            &[("content-encoding", "<odd>")],
            "its Content-Encoding says",
            true,
        ),
    ] {
        let response = with_headers(status, body, headers);
        for path in ["/rest/people", "/graphql"] {
            let failure = classify(path, &response).expect("a failure");
            assert_eq!(failure.error.code, ErrorCode::Unknown);
            assert_eq!(failure.error.reason(), Some("CODING"));
            assert_eq!(failure.error.details["coding"], coding);
            assert!(failure.error.message.contains(coding));
            assert_eq!((failure.retry, failure.ambiguous), (false, ambiguous));
        }
    }
    let mut bare = answer(200, Some(JSON), "");
    bare.body = Bytes::from_static(&[0x1f, 0x8b, 8, 0]);
    let failure = classify("/rest/people", &bare).expect("a failure");
    assert_eq!(failure.error.details["coding"], "gzip");
    // Readable bodies are read, whatever the header says; some statuses need no body.
    let honest = with_headers(200, "{}", &[("content-encoding", "gzip")]);
    assert!(classify("/rest/people", &honest).is_none());
    let identity = with_headers(200, "{}", &[("content-encoding", "identity")]);
    assert!(classify("/rest/people", &identity).is_none());
    for (status, code) in [(429, ErrorCode::RateLimit), (503, ErrorCode::ServerError)] {
        let response = with_headers(status, gzip, &[("content-encoding", "gzip")]);
        let failure = classify("/rest/people", &response).expect("a failure");
        assert_eq!(failure.error.code, code);
    }
}

#[test]
fn quotas_of_newer_servers() {
    let stock = serde_json::json!({
        "statusCode": 409, "error": "QUOTA_EXHAUSTED", "messages": ["person limit reached for this workspace"],
        "limitKind": "stock", "exhaustedKind": "limit", "limit": 1000, "remaining": 7,
        "periodCount": null, "periodUnit": null,
    });
    let allowance = serde_json::json!({
        "statusCode": 402, "error": "QUOTA_EXHAUSTED", "messages": ["No credits left"],
        "limitKind": "quota", "exhaustedKind": "allowance", "limit": 50, "remaining": 0,
        "periodCount": 1, "periodUnit": "month",
    });
    let words = serde_json::json!({
        "statusCode": 409, "error": "Conflict", "messages": ["person limit reached for this workspace"],
    });
    for (status, body) in [(409, &stock), (402, &allowance), (409, &words)] {
        check(&row(
            status,
            body.to_string(),
            ErrorCode::OperationFailed,
            Some("QUOTA"),
        ));
    }
    for extensions in [
        serde_json::json!({"code": "RATE_LIMITED", "limitKind": "stock", "exhaustedKind": "limit", "remaining": 7}),
        serde_json::json!({"code": "RATE_LIMITED", "limitKind": "quota", "exhaustedKind": "allowance"}),
        serde_json::json!({"code": "QUOTA_EXHAUSTED"}),
    ] {
        let body = graphql_error("No more", extensions);
        check(&row(200, body, ErrorCode::OperationFailed, Some("QUOTA")).graphql());
    }
    let error = failing("/rest/batch/people", 409, &stock.to_string()).error;
    assert_eq!(error.details["limitKind"], "stock");
    assert_eq!(error.details["remaining"], 7);
    assert!(error.message.contains("record limit"), "{}", error.message);
}

#[test]
fn codes_of_newer_servers() {
    use ErrorCode::{ServerError, ValidationError};
    let with_code = |status: u16, code: &str| {
        serde_json::json!({
            "statusCode": status, "error": "BadRequestException", "messages": ["It failed"], "code": code,
        })
        .to_string()
    };
    for code in ["TRANSIENT_DATABASE_ERROR", "QUERY_READ_TIMEOUT"] {
        for status in [400, 409, 500, 503] {
            check(&row(status, with_code(status, code), ServerError, None).ambiguous());
        }
        let as_class = core(400, code, "It failed");
        check(&row(400, as_class, ServerError, None).ambiguous());
        let body = graphql_error("It failed", serde_json::json!({"code": code}));
        check(&row(200, body, ServerError, None).graphql().ambiguous());
    }
    check(&row(
        400,
        with_code(400, "INVALID_INPUT"),
        ValidationError,
        None,
    ));
    check(&row(
        400,
        core(400, "INVALID_INPUT", "Bad uuid"),
        ValidationError,
        None,
    ));
    // A connection that was cut, with and without the rows stored.
    let cut = core(
        400,
        "BadRequestException",
        "Connection terminated unexpectedly",
    );
    check(&row(400, cut, ServerError, None).ambiguous());
    check(
        &row(
            500,
            r#""Connection terminated unexpectedly""#,
            ServerError,
            None,
        )
        .ambiguous(),
    );
}

#[test]
fn a_duplicate_that_names_its_constraint_names_the_field() {
    let refused = |message: &str| {
        failing(
            "/rest/people",
            400,
            &core(400, "BadRequestException", message),
        )
        .error
    };
    for (constraint, field) in [
        ("person.IDX_UNIQUE_87914cd3ce963115f8cb943e2ac", "emails"),
        (
            "company.IDX_UNIQUE_2a32339058d0b6910b0834ddf81",
            "domainName",
        ),
        (
            "person.IDX_UNIQUE_504d6ed21c65222b1435c45b728",
            "externalId",
        ),
        (
            "company.IDX_UNIQUE_bace4829d54d97c437dd8552af1",
            "externalId",
        ),
    ] {
        for quote in ["", "\""] {
            let error = refused(&format!(
                "A duplicate entry was detected: unique constraint {quote}{constraint}{quote} was violated"
            ));
            assert_eq!(error.reason(), Some("DUPLICATE"));
            assert_eq!(error.details["fields"], serde_json::json!([field]));
            assert!(error.message.ends_with(&format!("The field is {field}.")));
        }
    }
    let unknown = refused(
        "A duplicate entry was detected: unique constraint _gadget.IDX_UNIQUE_000000000000000000000000000 was violated",
    );
    assert_eq!(unknown.reason(), Some("DUPLICATE"));
    assert!(!unknown.details.contains_key("fields"));
    let bare = refused("A duplicate entry was detected");
    assert_eq!(bare.reason(), Some("DUPLICATE"));
    assert!(!bare.details.contains_key("constraint"));
}

#[test]
fn rate_limit() {
    let limit = "Limit reached (100 tokens per 60000 ms)";
    for row in [
        row(
            429,
            core(429, "HttpException", limit),
            ErrorCode::RateLimit,
            None,
        ),
        row(429, "", ErrorCode::RateLimit, None),
        row(
            429,
            "<html>Too Many Requests</html>",
            ErrorCode::RateLimit,
            None,
        ),
        row(
            200,
            graphql_error(
                limit,
                serde_json::json!({"code":"BAD_USER_INPUT","subCode":"LIMIT_REACHED"}),
            ),
            ErrorCode::RateLimit,
            None,
        )
        .graphql(),
        row(
            200,
            graphql_error(
                "Slow down",
                serde_json::json!({"code":"RATE_LIMITED","retryAfterSeconds":2}),
            ),
            ErrorCode::RateLimit,
            None,
        )
        .graphql(),
    ] {
        check(&row);
    }
    let hinted = failing("/rest/people", 429, &core(429, "HttpException", limit));
    let known = RateLimit {
        limit: Some(100),
        window: Some(Duration::from_secs(60)),
    };
    assert_eq!(hinted.rate_limit, Some(known));
    assert_eq!(hinted.error.details["limit"], 100);

    let newer = r#"{"statusCode":429,"error":"RATE_LIMITED","messages":["Too many requests"],"limitKind":"speed","exhaustedKind":"limit","limit":50,"remaining":0,"periodCount":10,"periodUnit":"second","retryAfterSeconds":1.5}"#;
    let newer = failing("/rest/people", 429, newer);
    assert_eq!(newer.retry_after, Some(Duration::from_millis(1_500)));
    let learnt = RateLimit {
        limit: Some(50),
        window: Some(Duration::from_secs(10)),
    };
    assert_eq!(newer.rate_limit, Some(learnt));
    assert_eq!(newer.error.details["windowMs"], 10_000);

    let without_window = r#"{"statusCode":429,"error":"RATE_LIMITED","messages":["Too many requests"],"limit":50,"periodUnit":null,"retryAfterSeconds":2}"#;
    let without_window = failing("/rest/people", 429, without_window);
    assert_eq!(without_window.rate_limit, Some(RateLimit::default()));
    assert_eq!(without_window.retry_after, Some(Duration::from_secs(2)));

    let graphql = graphql_error(
        "Rate limit exceeded for apiKey: 100 requests per 60s.",
        serde_json::json!({
            "code": "RATE_LIMITED", "limitKind": "speed", "exhaustedKind": "limit", "limit": 100, "remaining": 0,
            "periodCount": 60, "periodUnit": "second", "retryAfterMs": 640,
            "scope": {"spenderType": "apiKey", "spenderId": "x", "operationType": "y"},
        }),
    );
    let graphql = failing("/graphql", 200, &graphql);
    assert_eq!(graphql.error.code, ErrorCode::RateLimit);
    assert_eq!(graphql.rate_limit, Some(known));
    assert_eq!(graphql.retry_after, Some(Duration::from_millis(640)));
}

#[test]
fn failures_of_the_server() {
    use ErrorCode::ServerError;
    for row in [
        row(408, "", ServerError, None),
        row(500, core(500, "Error", "Boom"), ServerError, None),
        row(500, r#""connect ECONNREFUSED 127.0.0.1:5432""#, ServerError, None),
        row(503, "<html>", ServerError, None),
        row(502, "<html>Bad Gateway</html>", ServerError, None).ambiguous(),
        row(504, "", ServerError, None).ambiguous(),
        row(524, "", ServerError, None).ambiguous(),
        row(522, "", ServerError, None),
        row(400, core(400, "Error", "connect ECONNREFUSED 127.0.0.1:55432"), ServerError, None),
        row(400, core(400, "AggregateError", ""), ServerError, None),
        row(400, core(400, "Error", "Query read timeout"), ServerError, None).ambiguous(),
        row(400, r#"{"statusCode":400,"error":"Error","messages":["Timed out"],"code":"QUERY_READ_TIMEOUT"}"#, ServerError, None).ambiguous(),
        row(400, core(400, "Error", "Connection terminated unexpectedly"), ServerError, None).ambiguous(),
        row(400, core(400, "Error", "sorry, too many clients already"), ServerError, None),
        row(400, core(400, "QueryFailedError", "cannot execute INSERT in a read-only transaction"), ServerError, None),
        row(400, core(400, "BadRequestException", "too many connections for role \"twenty\""), ServerError, None),
        row(400, core(400, "Error", "Query runner already released. Cannot run queries anymore."), ServerError, None),
        row(400, core(400, "ErrorReply", "READONLY You can't write against a read only replica."), ServerError, None).ambiguous(),
        row(400, core(400, "ClientClosedError", "The client is closed"), ServerError, None).ambiguous(),
        row(400, core(400, "SocketClosedUnexpectedlyError", "Socket closed unexpectedly"), ServerError, None).ambiguous(),
        row(400, core(400, "Error", "Connection is closed."), ServerError, None).ambiguous(),
        row(200, graphql_error("connect ECONNREFUSED 127.0.0.1:5432", serde_json::json!({"code":"INTERNAL_SERVER_ERROR"})), ServerError, None).graphql(),
        row(200, graphql_error("Internal server error", serde_json::json!({"code":"INTERNAL_SERVER_ERROR"})), ServerError, None).graphql(),
    ] {
        check(&row);
    }
}

#[test]
fn refused_input() {
    use ErrorCode::ValidationError;
    let metadata = r#"{"statusCode":400,"error":"METADATA_VALIDATION_ERROR","message":"Multiple errors","errors":{"fieldMetadata":[{"errors":[{"code":"NOT_AVAILABLE","message":"Name \"plan\" is not available"}]}]}}"#;
    for row in [
        row(
            500,
            core(
                500,
                "InternalServerErrorException",
                "Data validation error.",
            ),
            ValidationError,
            Some("DATA"),
        ),
        row(
            500,
            r#""request entity too large""#,
            ValidationError,
            Some("TOO_LARGE"),
        ),
        row(
            400,
            core(400, "BadRequestException", "A duplicate entry was detected"),
            ValidationError,
            Some("DUPLICATE"),
        ),
        row(
            400,
            core(
                400,
                "BadRequestException",
                "Object person doesn't have any \"plan\" field.",
            ),
            ValidationError,
            None,
        ),
        // A user's data that looks like a failure is still data.
        row(
            400,
            core(
                400,
                "BadRequestException",
                "Invalid string value 'connect ECONNREFUSED' for field \"x\"",
            ),
            ValidationError,
            None,
        ),
        row(
            400,
            r#"{"message":["label should not be empty"],"error":"Bad Request","statusCode":400}"#,
            ValidationError,
            None,
        ),
        row(400, metadata, ValidationError, None),
        row(
            409,
            core(409, "Conflict", "Conflict"),
            ValidationError,
            Some("CONFLICT"),
        ),
        row(413, "", ValidationError, Some("TOO_LARGE")),
        row(422, core(422, "X", "Nope"), ValidationError, None),
        row(431, "", ValidationError, Some("TOO_LARGE")),
        row(
            200,
            graphql_error(
                "Object person doesn't have any \"x\" field.",
                serde_json::json!({"code":"BAD_USER_INPUT","subCode":"INVALID_ARGS_FILTER"}),
            ),
            ValidationError,
            None,
        )
        .graphql(),
        row(
            200,
            r#"{"errors":[{"message":"Syntax Error: Expected Name"}]}"#,
            ValidationError,
            None,
        )
        .graphql(),
    ] {
        check(&row);
    }
    let error = failing("/rest/metadata/fields", 400, metadata).error;
    assert_eq!(error.details["serverCode"], "NOT_AVAILABLE");
    assert!(error.message.contains("Name \"plan\" is not available"));
}

#[test]
fn missing_record_quota_redirect_and_foreign_answers() {
    for row in [
        row(
            404,
            core(404, "NotFoundException", "Record not found"),
            ErrorCode::NotFound,
            None,
        ),
        row(
            404,
            r#"{"message":"Cannot GET /nope","error":"Not Found","statusCode":404}"#,
            ErrorCode::NotFound,
            None,
        ),
        row(404, "<html>", ErrorCode::NotFound, None),
        row(
            402,
            core(402, "X", "Credits used up"),
            ErrorCode::OperationFailed,
            Some("QUOTA"),
        ),
        row(
            409,
            r#"{"statusCode":409,"error":"QUOTA_EXHAUSTED","messages":["No"]}"#,
            ErrorCode::OperationFailed,
            Some("QUOTA"),
        ),
        row(
            409,
            r#"{"statusCode":409,"error":"Error","code":"WORKSPACE_RECORD_LIMIT","messages":["No"]}"#,
            ErrorCode::OperationFailed,
            Some("QUOTA"),
        ),
        row(300, "", ErrorCode::OperationFailed, Some("REDIRECT")),
    ] {
        check(&row);
    }
    assert!(
        failing("/rest/x", 404, "<html>")
            .error
            .message
            .contains("base URL")
    );
}

#[test]
fn a_success_that_is_not_json_is_not_twenty() {
    let page = "<!doctype html><html>";
    for (content_type, body) in [
        (Some("text/html"), page),
        (Some("text/html"), "plain"),
        (None, page),
        (None, "OK"),
        (Some(JSON), page),
        (Some("text/plain"), "OK"),
    ] {
        for path in ["/rest/people", "/graphql"] {
            let failure = classify(path, &answer(200, content_type, body)).expect("a failure");
            assert_eq!(failure.error.code, ErrorCode::Unknown);
            assert_eq!(failure.error.reason(), Some("NOT_TWENTY"));
            assert!(!failure.retry && !failure.error.retryable);
            assert!(failure.error.message.contains("check the base URL"));
        }
    }
    let cut = classify("/graphql", &answer(200, Some(JSON), r#"{"errors":["#)).expect("a failure");
    assert_eq!(cut.error.code, ErrorCode::NetworkError);
    assert!(cut.retry && cut.error.retryable);
}

#[test]
fn successes() {
    for (status, content_type, body) in [
        (200, Some(JSON), r#"{"data":{}}"#),
        (201, Some(JSON), "  [1]"),
        (200, None, "{}"),
        (200, Some(JSON), "\"text\""),
        (200, Some(JSON), "null"),
        (204, None, ""),
        (200, None, ""),
        (200, Some("text/html"), ""),
        (304, None, ""),
        // The word in a user's data is not an error outside of GraphQL.
        (
            200,
            Some(JSON),
            r#"{"data":{"errors":[{"message":"x"}]},"errors":[1]}"#,
        ),
    ] {
        let verdict = classify("/rest/people", &answer(status, content_type, body));
        assert!(verdict.is_none(), "{status} {body}");
    }
    for body in [
        r#"{"data":{"people":{"edges":[]}}}"#,
        r#"{"data":{"people":{"x":"\"errors\""}}}"#,
        r#"{"data":{"people":{"errors":[1]}}}"#,
        r#"{"data":{},"errors":[]}"#,
    ] {
        assert!(
            classify("/graphql", &answer(200, Some(JSON), body)).is_none(),
            "{body}"
        );
    }
}

#[test]
fn messages_are_bounded() {
    let long = core(400, "Error", &"x".repeat(100_000));
    assert!(failing("/rest/people", 400, &long).error.to_json().len() < 3_000);
}

/// Every recorded answer is classified by its status and body: successes as such, and no failure as unknown.
#[test]
fn recorded_answers() {
    let folders = [
        concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/twenty/transcripts"),
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/twenty/transcripts-2.31"
        ),
    ];
    let folders: Vec<_> = folders.into_iter().flat_map(std::fs::read_dir).collect();
    if folders.is_empty() {
        eprintln!("skipped: no recordings");
        return;
    }
    let mut judged = 0;
    for file in folders.into_iter().flatten() {
        let path = file.expect("a directory entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable recording");
        let recording: Value = serde_json::from_str(&text).expect("JSON");
        let response = &recording["response"];
        let Some(status) = response["status"].as_u64() else {
            continue;
        };
        let url = recording["request"]["url"].as_str().expect("a URL");
        let url_path = url
            .splitn(4, '/')
            .nth(3)
            .map(|rest| format!("/{rest}"))
            .expect("a path");
        let body = match &response["body"] {
            // The recordings cut long bodies, which are then not JSON any more.
            Value::String(text) if response["body_is_json"] == false || text.is_empty() => {
                text.clone()
            }
            other => other.to_string(),
        };
        let status = u16::try_from(status).expect("a status");
        let given = answer(status, Some(JSON), &body);
        let failure = match TwentyClassifier.classify(&url_path, &Method::GET, &given) {
            Verdict::Ok => None,
            Verdict::Failed(failure) => Some(failure),
        };
        let errors = is_graphql(&url_path) && response["body"]["errors"].is_array();
        let failed = (status >= 400) || errors;
        assert_eq!(failure.is_some(), failed, "{}", path.display());
        if let Some(failure) = failure {
            assert_ne!(failure.error.code, ErrorCode::Unknown, "{}", path.display());
            let reason = failure.error.reason();
            let is_foreign = matches!(reason, Some("GATEWAY" | "CODING" | "PROXY_AUTH"));
            assert!(!is_foreign, "{}", path.display());
            let limited = text.contains("Limit reached (");
            assert_eq!(
                failure.error.code == ErrorCode::RateLimit,
                limited,
                "{}",
                path.display()
            );
        }
        judged += 1;
    }
    assert!(judged > 400, "only {judged} recordings were judged");
}

#[test]
fn a_truncated_answer_counts_as_lost() {
    let whole = r#"{"data":{"createPerson":{"id":"a","name":{}}}}"#;
    assert!(classify("/rest/people", &answer(201, Some(JSON), whole)).is_none());
    for cut in [r#"{"data":{"createPerson":{"id":"a"#, "{", "  [1, "] {
        for path in ["/rest/people", "/graphql"] {
            let failure = failing(path, 201, cut);
            assert_eq!(failure.error.code, ErrorCode::NetworkError, "{cut}");
            assert!(failure.retry && failure.ambiguous, "{cut}");
        }
    }
    // The refused value and the reason are in the body.
    for cut in ["", r#"{"statusCode":400,"messages":["A dup"#] {
        let failure = failing("/rest/people", 400, cut);
        assert_eq!(failure.error.code, ErrorCode::NetworkError, "{cut}");
        assert!(failure.retry && failure.ambiguous, "{cut}");
    }
    for status in [401, 403] {
        let failure = failing(
            "/rest/people",
            status,
            r#"{"statusCode":403,"messages":["This A"#,
        );
        assert_eq!(failure.error.code, ErrorCode::NetworkError, "{status}");
    }
    let bare = classify("/rest/people", &answer(400, None, "")).expect("a failure");
    assert_eq!(bare.error.code, ErrorCode::ValidationError);
}
