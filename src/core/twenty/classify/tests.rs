//! The error table row by row, and every recorded answer of a real server where the recordings are.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

use super::*;
use crate::core::http::Throttle;

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

/// What a row of the table promises.
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
        failure.throttle.is_some(),
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
        row(401, "", AuthError, Some("invalid")),
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
    let known = Throttle {
        limit: Some(100),
        window: Some(Duration::from_secs(60)),
    };
    assert_eq!(hinted.throttle, Some(known));
    assert_eq!(hinted.error.details["limit"], 100);

    let newer = r#"{"statusCode":429,"error":"RATE_LIMITED","messages":["Too many requests"],"limitKind":"API","limit":50,"remaining":0,"retryAfterSeconds":1.5}"#;
    let newer = failing("/rest/people", 429, newer);
    assert_eq!(newer.retry_after, Some(Duration::from_millis(1_500)));
    assert_eq!(newer.throttle, Some(Throttle::default()));
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
        // Somebody's data that reads like a failure is still data.
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
fn missing_quota_redirect_and_strangers() {
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
        // The word within somebody's data is no error outside of GraphQL.
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

/// Every recorded answer is judged as its status and body deserve: successes as such, and no failure as unknown.
#[test]
fn recorded_answers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/twenty/transcripts");
    let Ok(files) = std::fs::read_dir(folder) else {
        eprintln!("skipped: no recordings in {folder}");
        return;
    };
    let mut judged = 0;
    for file in files {
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
            // Long bodies were cut in the recordings; what is left of them is no JSON any more.
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
fn an_answer_that_ended_in_the_middle_is_a_lost_one() {
    let whole = r#"{"data":{"createPerson":{"id":"a","name":{}}}}"#;
    assert!(classify("/rest/people", &answer(201, Some(JSON), whole)).is_none());
    for cut in [r#"{"data":{"createPerson":{"id":"a"#, "{", "  [1, "] {
        for path in ["/rest/people", "/graphql"] {
            let failure = failing(path, 201, cut);
            assert_eq!(failure.error.code, ErrorCode::NetworkError, "{cut}");
            assert!(failure.retry && failure.ambiguous, "{cut}");
        }
    }
    // What was refused, and why, is in the body.
    for cut in ["", r#"{"statusCode":400,"messages":["A dup"#] {
        let failure = failing("/rest/people", 400, cut);
        assert_eq!(failure.error.code, ErrorCode::NetworkError, "{cut}");
        assert!(failure.retry && failure.ambiguous, "{cut}");
    }
    let bare = classify("/rest/people", &answer(400, None, "")).expect("a failure");
    assert_eq!(bare.error.code, ErrorCode::ValidationError);
}
