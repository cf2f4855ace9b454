//! Redirects: a read may follow one on its own origin, a write never follows one, and the key is never sent to another
//! origin.

use http::{Method, header};
use url::Url;

use super::idempotency::is_read;
use super::{BaseUrl, TransportResponse};
use crate::core::config::MAX_REDIRECTS;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

/// The next URL: `None` if `response` is not a redirect, an error if the redirect must not be followed.
pub(super) fn target(
    base_url: &BaseUrl,
    method: &Method,
    from: &Url,
    response: &TransportResponse,
    hops: u32,
) -> Result<Option<Url>, CrmError> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response
        .headers
        .get(header::LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| from.join(location).ok());
    let Some(to) = location else {
        return refuse(
            response.status,
            "The server redirects, but does not say where to.",
            None,
        );
    };
    if !is_read(method) {
        let advice = advice(from, &to, base_url);
        let message = format!(
            "The server redirects this {method} to {}. A write never follows a redirect: {advice}",
            shown(&to)
        );
        return refuse(response.status, &message, Some(&to));
    }
    if !may_follow(from, &to) {
        let advice = advice(from, &to, base_url);
        let message = format!(
            "The server redirects to {}, but the API key must not be sent there: {advice}",
            shown(&to)
        );
        return refuse(response.status, &message, Some(&to));
    }
    if hops >= MAX_REDIRECTS {
        let message = format!(
            "The server redirects more than {MAX_REDIRECTS} times, last to {}: check the base URL {base_url}",
            shown(&to)
        );
        return refuse(response.status, &message, Some(&to));
    }
    Ok(Some(to))
}

fn refuse<T>(status: u16, message: &str, to: Option<&Url>) -> Result<T, CrmError> {
    let mut error = CrmError::new(ErrorCode::OperationFailed, message)
        .with_status(status)
        .with_detail("reason", error_reason::REDIRECT);
    if let Some(to) = to {
        error = error.with_detail("location", shown(to));
    }
    Err(error)
}

/// The same origin, or the same host with TLS added, both on the default ports.
fn may_follow(from: &Url, to: &Url) -> bool {
    let same_origin = from.scheme() == to.scheme()
        && from.host() == to.host()
        && from.port_or_known_default() == to.port_or_known_default();
    let upgraded = from.scheme() == "http"
        && to.scheme() == "https"
        && from.host() == to.host()
        && from.port().is_none()
        && to.port().is_none();
    (same_origin || upgraded) && to.username().is_empty() && to.password().is_none()
}

/// Which base URL to configure, if the redirect keeps the requested path.
fn advice(from: &Url, to: &Url, base_url: &BaseUrl) -> String {
    let base_path = Url::parse(base_url.as_str())
        .map(|url| url.path().trim_end_matches('/').to_owned())
        .unwrap_or_default();
    let asked = from.path().strip_prefix(&base_path).unwrap_or(from.path());
    let kept = to.path().strip_suffix(asked);
    match (kept, to.origin().is_tuple()) {
        (Some(prefix), true) if to.scheme() == "https" || to.scheme() == "http" => {
            let base = format!(
                "{}{}",
                to.origin().ascii_serialization(),
                prefix.trim_end_matches('/')
            );
            if base == base_url.as_str() {
                format!("check the base URL {base_url}")
            } else {
                format!("set the base URL to {base}")
            }
        }
        _ if is_login(to) => format!(
            "a login page seems to stand in front of Twenty, which has to let /rest, /graphql and /metadata through; or check \
             the base URL {base_url}"
        ),
        _ => format!("check the base URL {base_url}"),
    }
}

/// Whether an address looks like that of a login page.
fn is_login(to: &Url) -> bool {
    const WORDS: [&str; 9] = [
        "login",
        "logon",
        "signin",
        "sign-in",
        "sign_in",
        "oauth",
        "saml",
        "sso",
        "cdn-cgi/access",
    ];
    let path = to.path().to_ascii_lowercase();
    let host = to.host_str().unwrap_or_default();
    WORDS.iter().any(|word| path.contains(word))
        || ["login.", "auth.", "sso.", "accounts.", "idp."]
            .iter()
            .any(|start| host.starts_with(start))
}

/// Longest address that is shown with its path.
const SHOWN_CHARS: usize = 300;

/// Without credentials, query and fragment, which may be confidential. A long address is shown without its path: cut in
/// the middle, it could end inside a key, which redaction would then miss.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs that cannot hold credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.as_str().len() > SHOWN_CHARS {
        url.set_path("");
    }
    // Hosts are lower-cased and hold no key.
    url.as_str().chars().take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    fn redirect(status: u16, location: Option<&str>) -> TransportResponse {
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert(
                header::LOCATION,
                HeaderValue::from_str(location).expect("a header"),
            );
        }
        TransportResponse {
            status,
            headers,
            body: Bytes::new(),
        }
    }

    fn follow(method: &Method, from: &str, location: &str) -> Result<Option<Url>, CrmError> {
        let base = BaseUrl::parse("http://crm.example").expect("a base URL");
        let from = Url::parse(from).expect("a URL");
        target(&base, method, &from, &redirect(301, Some(location)), 0)
    }

    #[test]
    fn reads_follow_on_their_own_origin() {
        for (from, location, to) in [
            (
                "http://crm.example/rest/people",
                "/rest/people/",
                "http://crm.example/rest/people/",
            ),
            (
                "http://crm.example/rest/people",
                "http://crm.example:80/a",
                "http://crm.example/a",
            ),
            (
                "http://crm.example/a",
                "https://crm.example/a",
                "https://crm.example/a",
            ),
        ] {
            let followed = follow(&Method::GET, from, location).expect(location);
            assert_eq!(followed.expect("followed").as_str(), to);
        }
    }

    #[test]
    fn reads_never_carry_the_key_elsewhere() {
        for (from, location) in [
            ("http://crm.example/a", "http://evil.example/a"),
            ("http://crm.example/a", "//evil.example/a"),
            ("http://crm.example/a", "http://crm.example:8080/a"),
            ("http://crm.example/a", "http://sub.crm.example/a"),
            ("http://crm.example/a", "http://u:p@crm.example/a"),
            ("https://crm.example/a", "http://crm.example/a"),
            ("http://crm.example:3000/a", "https://crm.example/a"),
            ("http://crm.example/a", "https://crm.example:8443/a"),
            ("http://crm.example/a", "file:///etc/passwd"),
        ] {
            let error = follow(&Method::GET, from, location).expect_err(location);
            assert_eq!(error.code, ErrorCode::OperationFailed);
            assert!(!error.retryable);
            assert_eq!(error.reason(), Some("REDIRECT"));
            assert!(!error.message.contains("u:p"));
        }
    }

    #[test]
    fn writes_never_follow_and_say_what_to_configure() {
        for method in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
            let error = follow(
                &method,
                "http://crm.example/rest/people?x=1",
                "https://new.example/t/rest/people?x=1",
            )
            .expect_err("a write");
            assert_eq!(error.code, ErrorCode::OperationFailed);
            assert_eq!(error.status, Some(301));
            assert!(
                error
                    .message
                    .contains("set the base URL to https://new.example/t"),
                "{}",
                error.message
            );
            assert_eq!(
                error.details["location"],
                "https://new.example/t/rest/people"
            );
        }
        let same = follow(&Method::POST, "http://crm.example/a", "/login").expect_err("a write");
        assert!(
            same.message
                .contains("check the base URL http://crm.example")
        );
    }

    #[test]
    fn a_login_page_in_front_is_named() {
        for location in [
            "https://team.cloudflareaccess.com/cdn-cgi/access/login/crm.example",
            "https://login.microsoftonline.com/x/authorize",
            "https://accounts.google.com/o/v2/auth",
            "/oauth2/sign_in?rd=/rest/people",
            "/auth/saml",
        ] {
            for method in [Method::GET, Method::POST] {
                let from = "http://crm.example/rest/people";
                // A read follows on its own origin, to a page that is not JSON.
                let Err(error) = follow(&method, from, location) else {
                    continue;
                };
                assert!(error.message.contains("login page"), "{}", error.message);
            }
        }
        let moved = follow(
            &Method::POST,
            "http://crm.example/a",
            "https://new.example/a",
        );
        let message = moved.expect_err("a write").message;
        assert!(!message.contains("login"), "{message}");
    }

    #[test]
    fn too_many_hops_and_missing_targets_are_errors() {
        let base = BaseUrl::parse("http://crm.example").expect("a base URL");
        let from = Url::parse("http://crm.example/a").expect("a URL");
        let again = redirect(302, Some("/a"));
        assert!(target(&base, &Method::GET, &from, &again, MAX_REDIRECTS - 1).is_ok());
        assert!(target(&base, &Method::GET, &from, &again, MAX_REDIRECTS).is_err());
        assert!(target(&base, &Method::GET, &from, &redirect(302, None), 0).is_err());
        assert_eq!(
            target(&base, &Method::GET, &from, &redirect(304, None), 0).expect("none"),
            None
        );
    }
}
