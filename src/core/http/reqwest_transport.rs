//! The network: reqwest over one connection pool per process.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::proxy::Proxies;
use super::{
    CaCertificates, SentFlag, Transport, TransportError, TransportErrorKind, TransportRequest,
    TransportResponse, tls,
};

/// An idle connection is kept so long: less than the 65 s after which Twenty closes it (WIRE.md section 1), so that no
/// request is sent into a connection that is just being closed.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(55);

/// Sends over HTTP/1.1, keeps connections alive per origin, honours the system's proxy settings except for
/// this machine itself.
pub struct ReqwestTransport {
    client: LazyClient,
    /// For servers on this machine, which no proxy could reach.
    local: LazyClient,
    ca: Option<CaCertificates>,
    proxies: Arc<OnceLock<Proxies>>,
}

/// Sets of `ca` whose connections are kept although no client uses them, the longest unused forgotten first.
const MAX_UNUSED_TRANSPORTS: usize = 16;

/// Room that is made for a body on the word of the server alone, in bytes.
const MAX_BODY_ROOM: usize = 4 * 1024 * 1024;

type LazyClient = OnceLock<Result<reqwest::Client, TransportError>>;

impl ReqwestTransport {
    /// A transport with a pool of its own, built at the first request. It trusts the system's authorities, and `ca`.
    pub fn new(ca: Option<CaCertificates>) -> Self {
        Self {
            client: OnceLock::new(),
            local: OnceLock::new(),
            ca,
            proxies: Arc::default(),
        }
    }

    /// The process's one transport for `ca`: its pool holds the connections of all clients with the same, by origin. A
    /// connection is never shared by clients that trust differently.
    pub fn shared(ca: Option<&CaCertificates>) -> Arc<Self> {
        static PLAIN: OnceLock<Arc<ReqwestTransport>> = OnceLock::new();
        static WITH_CA: Mutex<Vec<Arc<ReqwestTransport>>> = Mutex::new(Vec::new());
        let Some(ca) = ca else {
            return Arc::clone(PLAIN.get_or_init(|| Arc::new(Self::new(None))));
        };
        let mut known = WITH_CA.lock().unwrap_or_else(PoisonError::into_inner);
        let of_this = |other: &Arc<Self>| {
            let digest = other.ca.as_ref().map(CaCertificates::digest);
            digest == Some(ca.digest())
        };
        let found = known.iter().position(of_this).map(|at| known.remove(at));
        let transport = found.unwrap_or_else(|| Arc::new(Self::new(Some(ca.clone()))));
        known.push(Arc::clone(&transport));
        let unused = |transport: &Arc<Self>| Arc::strong_count(transport) == 1;
        if known.iter().filter(|transport| unused(transport)).count() > MAX_UNUSED_TRANSPORTS
            && let Some(oldest) = known.iter().position(unused)
        {
            known.remove(oldest);
        }
        transport
    }

    fn client(&self, url: &Url) -> Result<reqwest::Client, TransportError> {
        if is_local(url) {
            let build = || build_client(self.ca.as_ref(), true);
            return self.local.get_or_init(build).clone();
        }
        if let Some(proxy) = self.proxies().unusable_for(url) {
            let message = format!("{proxy} is a SOCKS proxy, and only HTTP proxies are supported");
            let mut error = unsent(TransportErrorKind::Connect, message);
            error.proxy = Some(proxy);
            return Err(error);
        }
        let build = || build_client(self.ca.as_ref(), false);
        self.client.get_or_init(build).clone()
    }

    fn proxies(&self) -> &Proxies {
        self.proxies.get_or_init(Proxies::from_environment)
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        let client = self.client(&request.url);
        let url = (!is_local(&request.url)).then(|| request.url.clone());
        let proxies = Arc::clone(&self.proxies);
        Box::pin(async move {
            exchange(client?, request).await.map_err(|mut error| {
                error.proxy = url.and_then(|url| proxies.get()?.shown_for(&url));
                error
            })
        })
    }
}

async fn exchange(
    client: reqwest::Client,
    request: TransportRequest,
) -> Result<TransportResponse, TransportError> {
    let (sent, max_response_bytes) = (request.sent, request.max_response_bytes);
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
        sent: true,
        advice: Some("Ask for less, for example with a limit, or allow more with maxResponseBytes"),
        ..unsent(
            TransportErrorKind::TooLarge,
            format!("it is larger than {max_response_bytes} bytes"),
        )
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
                let expected = usize::try_from(announced).unwrap_or(0).min(MAX_BODY_ROOM);
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

/// A request that did not even leave.
fn unsent(kind: TransportErrorKind, message: String) -> TransportError {
    TransportError {
        kind,
        sent: false,
        message,
        advice: None,
        proxy: None,
    }
}

fn build_client(
    ca: Option<&CaCertificates>,
    local: bool,
) -> Result<reqwest::Client, TransportError> {
    let unusable = |message: String| unsent(TransportErrorKind::Tls, message);
    let tls = tls::client_config(ca.cloned()).map_err(|error| unusable(error.to_string()))?;
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
    let mut message = causes(&error);
    let mut advice = None;
    if kind == TransportErrorKind::TooLarge {
        message = format!("its head is too large ({message})");
    } else if kind == TransportErrorKind::Tls {
        advice = chain(&error).find_map(tls_error).and_then(tls::advice);
    }
    TransportError {
        sent: !never_sent && sent.is_raised(),
        advice,
        ..unsent(kind, message)
    }
}

/// The error and its causes, outermost first.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What failed, and whether it is certain that nothing was sent.
fn kind_of(error: &reqwest::Error) -> (TransportErrorKind, bool) {
    let mut kind = None;
    let mut never_sent = error.is_builder();
    for cause in chain(error) {
        if cause.is::<UnresolvedName>() {
            return (TransportErrorKind::Dns, true);
        }
        if tls_error(cause).is_some() {
            // Certificates are looked at before anything is sent; a record that is broken later on is another matter.
            return (TransportErrorKind::Tls, error.is_connect());
        }
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            never_sent |= http.is_canceled();
            // hyper tells servers alone what kind of a bad head it was; a test holds the wording.
            if http.is_parse() && http.to_string().starts_with("message head is too large") {
                kind = Some(TransportErrorKind::TooLarge);
            } else if http.is_parse() {
                kind = Some(TransportErrorKind::Protocol);
            }
        }
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
fn tls_error<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    cause.downcast_ref().or_else(|| {
        let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
        tls_error(inner)
    })
}

/// All causes in one line, each wording once.
fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    for cause in chain(error).skip(1) {
        let wording = cause.to_string();
        if !text.contains(&wording) {
            text.push_str(": ");
            text.push_str(&wording);
        }
    }
    text
}

#[cfg(test)]
mod tests;
