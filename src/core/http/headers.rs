//! The headers of one call.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use uuid::Uuid;

use super::Request;
use crate::core::error::CrmError;
use crate::core::quoted::Quoted;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest idempotency key, in characters (the limit of Stripe).
const MAX_IDEMPOTENCY_KEY: usize = 255;

/// Most headers that a call can add, and their bytes in total. Servers accept about as much: Node.js 16 KB.
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: usize = 65_536;

/// Headers that only the client sets: authentication, host, framing, and the encoding of the answer (the client decodes
/// none).
const RESERVED: [HeaderName; 13] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    header::ACCEPT_ENCODING,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// All headers of `request`. A write gets an idempotency key, the same for all its attempts.
pub(super) fn build(base: &HeaderMap, request: &Request) -> Result<HeaderMap, CrmError> {
    let mut headers = base.clone();
    if request.body.is_some() {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    check_size(&request.headers)?;
    for (name, value) in &request.headers {
        let name = check_name(name)?;
        let value = HeaderValue::from_str(value).map_err(|_| {
            CrmError::validation(
                "headers",
                format!("headers: the value of \"{name}\" has a line break, a control character or a character that is not ASCII"),
            )
        })?;
        headers.insert(name, value);
    }
    if let Some(key) = &request.idempotency_key {
        headers.insert(IDEMPOTENCY_KEY, check_key(key)?);
    } else if !request.method.is_safe() && !headers.contains_key(IDEMPOTENCY_KEY) {
        headers.insert(IDEMPOTENCY_KEY, made_up_key());
    }
    Ok(headers)
}

fn check_size(headers: &[(String, String)]) -> Result<(), CrmError> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if headers.len() <= MAX_HEADERS && bytes <= MAX_HEADER_BYTES {
        return Ok(());
    }
    let message = format!(
        "headers: at most {MAX_HEADERS} with {MAX_HEADER_BYTES} bytes in all can be added, not {} with {bytes}",
        headers.len()
    );
    Err(CrmError::validation("headers", message))
}

/// Whether the caller sent a conditional request.
pub(super) fn is_conditional(headers: &HeaderMap) -> bool {
    headers.contains_key(header::IF_NONE_MATCH) || headers.contains_key(header::IF_MODIFIED_SINCE)
}

/// Asks the server to close the connection after the answer, so that anything else waiting on it is dropped.
pub(super) fn close_after(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn check_name(name: &str) -> Result<HeaderName, CrmError> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        CrmError::validation(
            "headers",
            format!("headers: {} is not a header name", Quoted(name)),
        )
    })?;
    if RESERVED.contains(&name) {
        return Err(CrmError::validation(
            "headers",
            format!("headers: \"{name}\" cannot be set, the client sets it itself"),
        ));
    }
    Ok(name)
}

fn check_key(key: &str) -> Result<HeaderValue, CrmError> {
    let visible = key
        .bytes()
        .all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if key.trim().is_empty() || key.len() > MAX_IDEMPOTENCY_KEY || !visible {
        return Err(CrmError::validation(
            "idempotencyKey",
            format!("idempotencyKey must be 1 to {MAX_IDEMPOTENCY_KEY} visible ASCII characters"),
        ));
    }
    HeaderValue::from_str(key)
        .map_err(|_| CrmError::validation("idempotencyKey", "idempotencyKey cannot be sent"))
}

/// A random UUID. It only has to be unique, so the fast generator is enough.
fn made_up_key() -> HeaderValue {
    let uuid = uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
    let mut buffer = Uuid::encode_buffer();
    let text: &str = uuid.hyphenated().encode_lower(&mut buffer);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_headers(pairs: &[(&str, &str)]) -> Request {
        let mut request = Request::get("/x");
        request.headers = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        request
    }

    #[test]
    fn callers_headers_are_added_and_may_replace_accept() {
        let mut base = HeaderMap::new();
        base.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let request = with_headers(&[("X-Trace", "1"), ("accept", "text/plain")]);
        let headers = build(&base, &request).expect("good headers");
        assert_eq!(headers["x-trace"], "1");
        assert_eq!(headers[header::ACCEPT], "text/plain");
        assert!(!headers.contains_key(IDEMPOTENCY_KEY));
    }

    #[test]
    fn bad_headers_are_refused_by_name() {
        for (name, value) in [
            ("X-A", "a\r\nX-Evil: 1"),
            ("X-A", "a\nb"),
            ("X-A", "a\u{0}"),
            ("X\r\nEvil", "1"),
            ("", "1"),
            ("X A", "1"),
            ("Authorization", "Bearer other"),
            ("HOST", "evil.example"),
            ("content-length", "0"),
            ("Transfer-Encoding", "chunked"),
            ("Accept-Encoding", "gzip"),
        ] {
            let error = build(&HeaderMap::new(), &with_headers(&[(name, value)])).expect_err(name);
            assert_eq!(error.details["field"], "headers");
        }
    }

    #[test]
    fn every_write_has_an_idempotency_key() {
        let made_up = || {
            build(&HeaderMap::new(), &Request::post("/x", "{}")).expect("good")[IDEMPOTENCY_KEY]
                .to_str()
                .expect("text")
                .to_owned()
        };
        let uuid = Uuid::parse_str(&made_up()).expect("a UUID");
        assert_eq!(uuid.get_version_num(), 4);
        assert_ne!(made_up(), made_up());

        let mut given = Request::delete("/x");
        given.idempotency_key = Some("order 66".into());
        assert_eq!(
            build(&HeaderMap::new(), &given).expect("good")[IDEMPOTENCY_KEY],
            "order 66"
        );

        let mut as_header = Request::post("/x", "{}");
        as_header.headers = vec![("Idempotency-Key".into(), "mine".into())];
        assert_eq!(
            build(&HeaderMap::new(), &as_header).expect("good")[IDEMPOTENCY_KEY],
            "mine"
        );
    }

    #[test]
    fn bad_idempotency_keys_are_refused() {
        for key in ["", " ", "a\r\nb", "é", &"x".repeat(256)] {
            let mut request = Request::post("/x", "{}");
            request.idempotency_key = Some(key.to_owned());
            let error = build(&HeaderMap::new(), &request).expect_err(key);
            assert_eq!(error.details["field"], "idempotencyKey");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_line_break_gets_into_a_header(name in any::<String>(), value in any::<String>()) {
            if let Ok(headers) = build(&HeaderMap::new(), &with_headers(&[(&name, &value)])) {
                for value in headers.values() {
                    prop_assert!(!value.as_bytes().iter().any(|b| matches!(b, b'\r' | b'\n' | 0)));
                }
            }
        }
    }
}
