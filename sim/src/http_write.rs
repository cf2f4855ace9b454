//! Answers as bytes, with the headers a real server sends (`docs/twenty/protocol.md#transport`).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use crate::errors::ApiError;
use crate::faults::FaultAction;
use crate::http::{JSON_UTF8, Request, Response};
use crate::state::State;

/// An HTTP date for a time in milliseconds since 1970.
fn http_date(ms: i64) -> String {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    httpdate::fmt_http_date(
        UNIX_EPOCH
            .checked_add(since)
            .unwrap_or_else(SystemTime::now),
    )
}

/// An answer in wire form. A large body is separate, because appending it to its head would copy it.
#[derive(Debug)]
pub struct Wire {
    /// The status that is sent.
    pub status: u16,
    /// The head, followed by a small body.
    pub head: Vec<u8>,
    /// A large body.
    pub body: Vec<u8>,
}

impl Wire {
    /// All bytes in one piece.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.head.append(&mut self.body);
        self.head
    }
}

/// Largest body that is appended to its head, so that both are sent together.
const SMALL_BODY_BYTES: usize = 16 * 1024;

/// The whole answer with its status: if the client has it already, it becomes a 304.
pub fn encode(request: &Request, mut response: Response, keep_alive: bool, state: &State) -> Wire {
    use std::fmt::Write as _;
    let is_safe = matches!(request.method.as_str(), "GET" | "HEAD");
    let etag = response.etag.then(|| etag(&response.body));
    if is_safe
        && response.status == 200
        && etag.is_some()
        && request.header("if-none-match") == etag.as_deref()
    {
        response.status = 304;
        response.content_type = None;
        response.body.clear();
    }
    let mut head = format!(
        "HTTP/1.1 {} {}\r\n",
        response.status,
        reason(response.status)
    );
    head.push_str(
        "X-Powered-By: Express\r\nAccess-Control-Allow-Origin: *\r\n\
         Access-Control-Expose-Headers: WWW-Authenticate\r\n",
    );
    if state.settings().differences().credentials {
        head.push_str("Vary: Origin\r\nAccess-Control-Allow-Credentials: true\r\n");
    }
    // Writing to a String cannot fail.
    for (name, value) in &response.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if let Some(content_type) = response.content_type {
        let _ = write!(head, "Content-Type: {content_type}\r\n");
    }
    let has_body = !matches!(response.status, 204 | 304);
    let chunked = response.chunked && keep_alive;
    if has_body && !chunked {
        let _ = write!(head, "Content-Length: {}\r\n", response.body.len());
    }
    if let Some(etag) = etag {
        let _ = write!(head, "ETag: {etag}\r\n");
    }
    let _ = write!(head, "Date: {}\r\n", http_date(state.now_ms()));
    if keep_alive {
        let seconds = state.settings().keep_alive_ms / 1000;
        let _ = write!(
            head,
            "Connection: keep-alive\r\nKeep-Alive: timeout={seconds}\r\n"
        );
    } else {
        head.push_str("Connection: close\r\n");
    }
    if has_body && chunked {
        head.push_str("Transfer-Encoding: chunked\r\n");
    }
    head.push_str("\r\n");
    let mut wire = head.into_bytes();
    let status = response.status;
    let mut body = Vec::new();
    if !has_body || request.method == "HEAD" {
        return Wire {
            status,
            head: wire,
            body,
        };
    }
    if chunked {
        wire.extend_from_slice(format!("{:x}\r\n", response.body.len()).as_bytes());
        wire.extend_from_slice(&response.body);
        wire.extend_from_slice(b"\r\n0\r\n\r\n");
    } else if response.body.len() <= SMALL_BODY_BYTES {
        wire.extend_from_slice(&response.body);
    } else {
        body = response.body;
    }
    Wire {
        status,
        head: wire,
        body,
    }
}

fn etag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let first = hasher.finish();
    body.len().hash(&mut hasher);
    let bytes: Vec<u8> = [first, hasher.finish(), first]
        .iter()
        .flat_map(|n| n.to_be_bytes())
        .take(20)
        .collect();
    format!("W/\"{:x}-{}\"", body.len(), STANDARD_NO_PAD.encode(bytes))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

/// The web app's page, which a deployed server returns for every path outside the API.
const HTML: &str = "<!doctype html><html><head><title>Twenty</title></head><body><div id=\"root\"></div></body></html>";

/// The answer that a fault creates; `None` for faults that only disturb the real answer.
pub fn fault_response(fault: &FaultAction, request: &Request, now_ms: i64) -> Option<Response> {
    match fault {
        FaultAction::Status {
            status,
            body,
            content_type,
            headers,
            ..
        } => {
            let (mut response, default) = match body {
                Value::Null => (Response::empty(*status), None),
                Value::String(text) => (
                    Response::bytes(*status, text.clone().into_bytes()),
                    Some("text/html"),
                ),
                json => (Response::json(*status, json), Some(JSON_UTF8)),
            };
            response.etag = false;
            response.content_type = default;
            for (name, value) in headers {
                response = response.header(name, value.clone());
            }
            if let Some(content_type) = content_type {
                response.content_type = None;
                response = response.header("Content-Type", content_type.clone());
            }
            Some(response)
        }
        FaultAction::DatabaseDown => {
            let text = "connect ECONNREFUSED 127.0.0.1:5432";
            Some(if request.path.starts_with("/rest/metadata") {
                ApiError::Bare(text.to_owned()).into()
            } else {
                ApiError::core(400, "Error", text).into()
            })
        }
        FaultAction::ConnectionCut { .. } => {
            Some(ApiError::bad_request("Connection terminated unexpectedly").into())
        }
        FaultAction::Html => {
            let mut response = Response::bytes(200, HTML.as_bytes().to_vec());
            response.content_type = Some("text/html; charset=utf-8");
            Some(response)
        }
        FaultAction::RateLimited {
            retry_after,
            retry_after_date_ms,
            ttl_ms,
        } => {
            let ttl = ttl_ms.unwrap_or(60_000);
            let message = format!("Limit reached (100 tokens per {ttl} ms)");
            let response: Response = ApiError::core(429, "HttpException", message).into();
            let date = retry_after_date_ms.map(|ms| http_date(now_ms + ms));
            Some(match retry_after.clone().or(date) {
                Some(value) => response.header("Retry-After", value),
                None => response,
            })
        }
        FaultAction::Redirect { status, location } => {
            Some(Response::empty(*status).header("Location", location.clone()))
        }
        _ => None,
    }
}
