//! The network: one connection pool per process. Without a proxy it uses hyper-util directly, at two thirds of the CPU
//! per request that reqwest costs (`bench/`, "bare Rust client" and "bare hyper-util"). If the environment names a
//! proxy, it uses reqwest.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use http_body::Body as _;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;
use url::{Host, Url};

use super::bounded_body::BoundedBody;
use super::proxied_transport::ProxiedTransport;
use super::proxy::Proxies;
use super::tracked_body::TrackedBody;
use super::transport_failure::{self, UnresolvedName, unsent};
use super::{
    CaCertificates, Transport, TransportError, TransportErrorKind, TransportRequest,
    TransportResponse, tls,
};
use crate::core::config::POOL_IDLE_TIMEOUT;

/// TCP keep-alive detects a peer that disappeared while a request waits for its answer.
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

/// How many sets of `ca` keep their connections after their last client is gone; the least recently used are dropped.
const MAX_UNUSED_TRANSPORTS: usize = 16;

/// Sends over HTTP/1.1, keeps connections alive per origin, honours the system's proxy settings except for
/// this machine itself.
pub struct NetworkTransport {
    pool: OnceLock<Result<Pool, TransportError>>,
    proxied: ProxiedTransport,
    ca: Option<CaCertificates>,
    proxies: OnceLock<Proxies>,
}

type Pool = Client<HttpsConnector<HttpConnector<SystemResolver>>, TrackedBody>;

impl NetworkTransport {
    /// A transport with a pool of its own, built at the first request. It trusts the system's authorities, and `ca`.
    pub fn new(ca: Option<CaCertificates>) -> Self {
        Self {
            pool: OnceLock::new(),
            proxied: ProxiedTransport::new(ca.clone()),
            ca,
            proxies: OnceLock::new(),
        }
    }

    /// The process's one transport for `ca`. Clients with the same `ca` share its pool, by origin. Clients with
    /// different ones never share a connection.
    pub fn shared(ca: Option<&CaCertificates>) -> Arc<Self> {
        static PLAIN: OnceLock<Arc<NetworkTransport>> = OnceLock::new();
        static WITH_CA: Mutex<Vec<Arc<NetworkTransport>>> = Mutex::new(Vec::new());
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
}

impl Transport for NetworkTransport {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        let uri = match Uri::try_from(request.url.as_str()) {
            Ok(uri) => uri,
            Err(error) => {
                let message = transport_failure::causes(&error);
                let failure = unsent(TransportErrorKind::Request, message);
                return Box::pin(async { Err(failure) });
            }
        };
        // A proxy could not reach this machine itself.
        if !is_local(&request.url) {
            let proxies = self.proxies.get_or_init(Proxies::from_environment);
            match proxies.for_uri(&uri) {
                Ok(None) => {}
                Ok(Some(proxy)) => return self.proxied.send(request, &proxy),
                Err(why) => {
                    let failure = unsent(TransportErrorKind::Proxy, why);
                    return Box::pin(async { Err(failure) });
                }
            }
        }
        let pool = self.pool.get_or_init(|| build_pool(self.ca.clone()));
        let pool = pool.clone();
        Box::pin(async move { exchange(pool?, uri, request).await })
    }
}

async fn exchange(
    pool: Pool,
    uri: Uri,
    request: TransportRequest,
) -> Result<TransportResponse, TransportError> {
    let (sent, max_response_bytes) = (request.sent, request.max_response_bytes);
    let body = request.body.filter(|body| !body.is_empty());
    if body.is_none() {
        sent.raise();
    }
    let mut outgoing = http::Request::new(TrackedBody::new(body, sent.clone()));
    *outgoing.method_mut() = request.method;
    *outgoing.uri_mut() = uri;
    *outgoing.headers_mut() = request.headers;
    let response = pool
        .request(outgoing)
        .await
        .map_err(|error| transport_failure::of(&error, error.is_connect(), &sent))?;
    // An answer proves that something was sent, even if the body was not read to its end.
    sent.raise();
    let (head, mut incoming) = response.into_parts();
    let announced = incoming.size_hint().exact().unwrap_or(0);
    let mut body = BoundedBody::new(max_response_bytes, announced)?;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
        let frame = frame.map_err(|error| transport_failure::of(&error, false, &sent))?;
        if let Ok(chunk) = frame.into_data() {
            body.push(chunk)?;
        }
    }
    Ok(TransportResponse {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.finish(),
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

fn build_pool(ca: Option<CaCertificates>) -> Result<Pool, TransportError> {
    let tls = tls::client_config(ca)
        .map_err(|error| unsent(TransportErrorKind::Tls, error.to_string()))?;
    let mut tcp = HttpConnector::new_with_resolver(SystemResolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(TCP_KEEPALIVE));
    Ok(Client::builder(TokioExecutor::new())
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .build(HttpsConnector::from((tcp, tls))))
}

/// The system's resolver.
#[derive(Clone)]
struct SystemResolver;

impl Service<Name> for SystemResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = UnresolvedName;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move {
            let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(UnresolvedName)?
                .collect();
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests;
