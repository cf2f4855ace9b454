//! The network: reqwest over one connection pool per process.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{
    SentFlag, Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
    tls,
};
use crate::core::config::MAX_RESPONSE_BYTES;

/// An idle connection is kept so long: less than the 65 s after which Twenty closes it (WIRE.md section 1), so that no
/// request is sent into a connection that is just being closed.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(55);

/// Sends over HTTP/1.1, keeps connections alive per origin, honours the system's proxy settings except for
/// this machine itself.
pub struct ReqwestTransport {
    client: LazyClient,
    /// For servers on this machine, which no proxy could reach.
    local: LazyClient,
    max_response_bytes: usize,
}

type LazyClient = OnceLock<Result<reqwest::Client, TransportError>>;

impl ReqwestTransport {
    /// A transport with a pool of its own, built at the first request.
    pub fn new() -> Self {
        Self {
            client: OnceLock::new(),
            local: OnceLock::new(),
            max_response_bytes: MAX_RESPONSE_BYTES,
        }
    }

    /// The process's one transport: its pool holds the connections of all clients, by origin.
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<ReqwestTransport>> = OnceLock::new();
        Arc::clone(SHARED.get_or_init(|| Arc::new(Self::new())))
    }

    fn client(&self, url: &Url) -> Result<reqwest::Client, TransportError> {
        let local = is_local(url);
        let client = if local { &self.local } else { &self.client };
        client.get_or_init(|| build_client(local)).clone()
    }
}

impl Default for ReqwestTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        let client = self.client(&request.url);
        let max_response_bytes = self.max_response_bytes;
        Box::pin(async move { exchange(client?, request, max_response_bytes).await })
    }
}

async fn exchange(
    client: reqwest::Client,
    request: TransportRequest,
    max_response_bytes: usize,
) -> Result<TransportResponse, TransportError> {
    let sent = request.sent;
    let mut outgoing = reqwest::Request::new(request.method, request.url);
    *outgoing.headers_mut() = request.headers;
    match request.body {
        Some(body) if sent.is_tracked() => {
            *outgoing.body_mut() = Some(reqwest::Body::wrap(TrackedBody {
                bytes: Some(body),
                sent: sent.clone(),
            }));
        }
        Some(body) => *outgoing.body_mut() = Some(body.into()),
        None => sent.raise(),
    }
    let mut response = client
        .execute(outgoing)
        .await
        .map_err(|error| failure(error, &sent))?;
    // Something answered, so something was sent, even if the body was not asked for in full.
    sent.raise();
    let too_large = || TransportError {
        kind: TransportErrorKind::TooLarge,
        sent: true,
        message: format!("the answer is larger than {max_response_bytes} bytes"),
    };
    let announced = response.content_length().unwrap_or(0);
    if announced > max_response_bytes as u64 {
        return Err(too_large());
    }
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Bytes::new();
    let mut whole: Option<BytesMut> = None;
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| failure(error, &sent))?
    {
        let so_far = whole.as_ref().map_or(body.len(), BytesMut::len);
        if so_far + chunk.len() > max_response_bytes {
            return Err(too_large());
        }
        // Most answers come in one piece, and that needs no copy.
        match &mut whole {
            Some(whole) => whole.extend_from_slice(&chunk),
            None if body.is_empty() => body = chunk,
            None => {
                let expected = usize::try_from(announced).unwrap_or(0);
                let mut joined =
                    BytesMut::with_capacity(expected.max((body.len() + chunk.len()) * 2));
                joined.extend_from_slice(&body);
                joined.extend_from_slice(&chunk);
                whole = Some(joined);
            }
        }
    }
    Ok(TransportResponse {
        status,
        headers,
        body: whole.map_or(body, BytesMut::freeze),
    })
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn build_client(local: bool) -> Result<reqwest::Client, TransportError> {
    let unusable = |message: String| TransportError {
        kind: TransportErrorKind::Tls,
        sent: false,
        message,
    };
    let tls = tls::client_config().map_err(|error| unusable(error.to_string()))?;
    let mut builder = reqwest::Client::builder();
    if local {
        builder = builder.no_proxy();
    }
    builder
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .dns_resolver(Arc::new(SystemResolver))
        .build()
        .map_err(|error| unusable(causes(&error)))
}

/// A body that tells when it is first asked for, which is after the connection stands.
struct TrackedBody {
    bytes: Option<Bytes>,
    sent: SentFlag,
}

impl http_body::Body for TrackedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.sent.raise();
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// The system's resolver. Its failures get a type of their own, so that they can be told from others.
struct SystemResolver;

#[derive(Debug, thiserror::Error)]
#[error("the host name could not be resolved")]
struct UnresolvedName(#[source] io::Error);

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(UnresolvedName)?
                .collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn failure(error: reqwest::Error, sent: &SentFlag) -> TransportError {
    let error = error.without_url();
    let (kind, never_sent) = kind_of(&error);
    TransportError {
        kind,
        sent: !never_sent && sent.is_raised(),
        message: causes(&error),
    }
}

/// What failed, and whether it is certain that nothing was sent.
fn kind_of(error: &reqwest::Error) -> (TransportErrorKind, bool) {
    let mut kind = None;
    let mut never_sent = error.is_builder();
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.is::<UnresolvedName>() {
            return (TransportErrorKind::Dns, true);
        }
        if is_tls(cause) {
            // Certificates are looked at before anything is sent; a record that is broken later on is another matter.
            return (TransportErrorKind::Tls, error.is_connect());
        }
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            never_sent |= http.is_canceled();
            if http.is_parse() {
                kind = Some(TransportErrorKind::Protocol);
            }
        }
        next = cause.source();
    }
    if error.is_connect() {
        return (TransportErrorKind::Connect, true);
    }
    let fallback = if error.is_builder() {
        TransportErrorKind::Request
    } else {
        TransportErrorKind::Reset
    };
    (kind.unwrap_or(fallback), never_sent)
}

/// An I/O error shows its cause's cause as its source, so the cause itself has to be asked for, at every depth.
fn is_tls(cause: &(dyn StdError + 'static)) -> bool {
    cause.is::<rustls::Error>()
        || cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .is_some_and(|inner| is_tls(inner))
}

/// All causes in one line, each wording once.
fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let wording = cause.to_string();
        if !text.contains(&wording) {
            text.push_str(": ");
            text.push_str(&wording);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
