//! Answers that are not Twenty's: proxies, firewalls, CDNs and login pages in front of it refuse with their own texts,
//! and know nothing of keys and records.

use http::header;
use memchr::memmem;

use super::failure::{Again, described, failure, status_name};
use crate::core::error::ErrorCode;
use crate::core::error_reason;
use crate::core::http::{Failure, TransportResponse};
use crate::core::twenty::error_body::ErrorBody;

/// Longest name of a server that is shown, in characters.
const MAX_SERVER: usize = 40;

/// The routes that they must let through.
const ROUTES: &str = "/rest, /graphql and /metadata";

/// A 401 or 403 that says nothing about the key.
pub(super) fn refused(what: &str, response: &TransportResponse, body: &ErrorBody) -> Box<Failure> {
    let status = status_name(response.status);
    let seen = seen(response, body);
    let message = match password_scheme(response) {
        Some(scheme) => format!(
            "{what} was refused before it reached Twenty ({status}, {seen}): a server in front of it asks for a user \
            and a password (WWW-Authenticate: {scheme}). The API key was not checked. Let {ROUTES} through without a \
            password: Twenty checks the key there."
        ),
        None if is_challenge(response) => format!(
            "{what} was refused before it reached Twenty ({status}, {seen}): a server in front of it only lets \
            browsers through. The API key was not checked. Exclude {ROUTES} from that rule."
        ),
        None => format!(
            "{what} was refused, but not by Twenty ({status}, {seen}): a proxy, firewall or CDN stands in front of \
            it, or the base URL is wrong. The API key was not checked. Allow this machine to reach {ROUTES} there."
        ),
    };
    let reason = Some(error_reason::GATEWAY);
    // Its error class and code are not Twenty's, even if the body looks like it.
    let foreign = ErrorBody {
        is_twentys: false,
        ..body.clone()
    };
    failure(
        described(ErrorCode::AuthError, reason, message, &foreign),
        Again::No,
    )
}

/// A network (captive portal) that requires a sign-in before it lets anything through.
pub(super) fn login_needed(what: &str, body: &ErrorBody) -> Box<Failure> {
    let message = format!(
        "{what} did not reach Twenty: the network requires a sign-in first ({}).",
        status_name(511)
    );
    let reason = Some(error_reason::GATEWAY);
    failure(
        described(ErrorCode::NetworkError, reason, message, body),
        Again::Yes,
    )
}

/// Describes the body and its sender, for use inside a sentence.
pub(super) fn seen(response: &TransportResponse, body: &ErrorBody) -> String {
    let first = response
        .body
        .iter()
        .find(|byte| !byte.is_ascii_whitespace());
    let form = match first {
        None => "without a body",
        Some(b'<') => "with a web page",
        Some(b'{' | b'[')
            if serde_json::from_slice::<serde::de::IgnoredAny>(&response.body).is_ok() =>
        {
            "with JSON that is not Twenty's"
        }
        Some(_) if body.known => "with a text that is not Twenty's",
        Some(_) => "with plain text",
    };
    match server(response) {
        Some(server) => format!("{form}, from {server}"),
        None => form.to_owned(),
    }
}

/// The product that answered, if its name can be shown.
fn server(response: &TransportResponse) -> Option<&str> {
    if response.headers.contains_key("cf-ray") {
        return Some("Cloudflare");
    }
    if response.headers.contains_key("x-amz-cf-id") {
        return Some("CloudFront");
    }
    let named = response.headers.get(header::SERVER)?.to_str().ok()?;
    let product = named.split_whitespace().next()?;
    let is_plain = product
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/'));
    (is_plain && product.len() <= MAX_SERVER).then_some(product)
}

/// The scheme of a password request, if there is one. Twenty itself only asks for Bearer tokens.
fn password_scheme(response: &TransportResponse) -> Option<&'static str> {
    let asked = response.headers.get_all(header::WWW_AUTHENTICATE);
    asked.iter().find_map(|value| {
        let value = value.to_str().ok()?.trim_start().to_ascii_lowercase();
        ["Basic", "Digest", "Negotiate", "NTLM"]
            .into_iter()
            .find(|scheme| value.starts_with(&scheme.to_ascii_lowercase()))
    })
}

fn is_challenge(response: &TransportResponse) -> bool {
    response.headers.contains_key("cf-mitigated")
        || memmem::find(&response.body, b"challenge-platform").is_some()
        || memmem::find(&response.body, b"captcha").is_some()
}

/// Whether a server says that it got plain HTTP where it expects TLS, in the words of nginx, Apache and Go.
pub(super) fn wants_tls(response: &TransportResponse) -> bool {
    [
        &b"plain HTTP request was sent to HTTPS port"[..],
        b"speaking plain HTTP to an SSL-enabled server port",
        b"Client sent an HTTP request to an HTTPS server",
    ]
    .iter()
    .any(|words| memmem::find(&response.body, words).is_some())
}

/// The meaning of statuses with which a gateway reports that it got no answer; Cloudflare has some of its own.
pub(super) fn no_answer(status: u16) -> Option<&'static str> {
    Some(match status {
        502 => "the gateway in front of it got an invalid answer from it, or could not reach it",
        503 => "the gateway in front of it has no server to forward the request to",
        504 => "the gateway in front of it got no answer in time",
        520 => "Cloudflare got an invalid answer from the server",
        521 => "the server refuses Cloudflare's connections",
        522 => "Cloudflare got no connection to the server in time",
        523 => "Cloudflare cannot reach the server",
        524 => "Cloudflare got no answer from the server in time",
        525 => "the TLS handshake between Cloudflare and the server failed",
        526 => "Cloudflare does not accept the server's certificate",
        527 => "the connection between Cloudflare and the server broke",
        530 => "Cloudflare cannot find the server's address, or its tunnel is down",
        _ => return None,
    })
}
