//! What is not Twenty's answer: proxies, firewalls, CDNs and login pages in front of it refuse in words of their own, and
//! know nothing of keys and records.

use http::header;
use memchr::memmem;

use super::failure::{Again, described, failure, status_name};
use crate::core::error::ErrorCode;
use crate::core::error_reason;
use crate::core::http::{Failure, TransportResponse};
use crate::core::twenty::error_body::ErrorBody;

/// Longest name of a server that is shown, in characters.
const MAX_SERVER: usize = 40;

/// The routes that have to be let through.
const ROUTES: &str = "/rest, /graphql and /metadata";

/// A 401 or 403 that says nothing about the key.
pub(super) fn refused(what: &str, response: &TransportResponse, body: &ErrorBody) -> Box<Failure> {
    let status = status_name(response.status);
    let seen = seen(response, body);
    let message = match password_scheme(response) {
        Some(scheme) => format!(
            "{what} was refused before it reached Twenty ({status}, {seen}): what stands in front of it asks for a user and \
             a password (WWW-Authenticate: {scheme}). The API key was not looked at. Let {ROUTES} through without a \
             password, where Twenty checks the key."
        ),
        None if is_challenge(response) => format!(
            "{what} was refused before it reached Twenty ({status}, {seen}): what stands in front of it wants to see a \
             browser. The API key was not looked at. Let {ROUTES} through without that check."
        ),
        None => format!(
            "{what} was refused, but not by Twenty ({status}, {seen}): a proxy, firewall or CDN stands in front of it, or \
             the base URL leads elsewhere. The API key was not looked at. Let this machine through there, for {ROUTES}."
        ),
    };
    let reason = Some(error_reason::GATEWAY);
    // Whatever form it has, its class and its code are not Twenty's.
    let foreign = ErrorBody {
        is_twentys: false,
        ..body.clone()
    };
    failure(
        described(ErrorCode::AuthError, reason, message, &foreign),
        Again::No,
    )
}

/// A network that wants somebody to sign in before it lets anything through.
pub(super) fn login_needed(what: &str, body: &ErrorBody) -> Box<Failure> {
    let message = format!(
        "{what} did not reach Twenty: the network in between wants somebody to sign in first ({}).",
        status_name(511)
    );
    let reason = Some(error_reason::GATEWAY);
    failure(
        described(ErrorCode::NetworkError, reason, message, body),
        Again::Yes,
    )
}

/// What stands where Twenty's own words would be, for the middle of a sentence.
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
        Some(_) if body.known => "with words that are not Twenty's",
        Some(_) => "with plain text",
    };
    match server(response) {
        Some(server) => format!("{form}, from {server}"),
        None => form.to_owned(),
    }
}

/// Which product answered, where it says so in a way that is fit to be shown.
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

/// How a password is asked for, if one is. Twenty asks for nothing but a Bearer token.
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

/// Whether a server says that it was spoken to in clear where it expects TLS, as nginx, Apache and Go put it.
pub(super) fn wants_tls(response: &TransportResponse) -> bool {
    [
        &b"plain HTTP request was sent to HTTPS port"[..],
        b"speaking plain HTTP to an SSL-enabled server port",
        b"Client sent an HTTP request to an HTTPS server",
    ]
    .iter()
    .any(|words| memmem::find(&response.body, words).is_some())
}

/// What the statuses mean with which a gateway says that it got no answer; Cloudflare has some of its own.
pub(super) fn no_answer(status: u16) -> Option<&'static str> {
    Some(match status {
        502 => "what stands in front of it could not make use of its answer, or found nobody there",
        503 => "what stands in front of it has nobody to hand the request to",
        504 => "what stands in front of it waited for its answer in vain",
        520 => "Cloudflare could not make use of the server's answer",
        521 => "the server does not take Cloudflare's connections",
        522 => "Cloudflare got no connection to the server in time",
        523 => "Cloudflare finds no way to the server",
        524 => "Cloudflare waited for the server's answer in vain",
        525 => "Cloudflare and the server do not agree on TLS",
        526 => "Cloudflare does not accept the server's certificate",
        527 => "the connection between Cloudflare and the server broke",
        530 => "Cloudflare cannot find the server's address, or its tunnel is down",
        _ => return None,
    })
}
