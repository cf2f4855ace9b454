//! Requests through a proxy, with reqwest, which can open a tunnel.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::bounded_body::BoundedBody;
use super::proxy::Proxy;
use super::tracked_body::TrackedBody;
use super::transport_failure::{self, UnresolvedName, unsent};
use super::{
    CaCertificates, SentFlag, TransportError, TransportErrorKind, TransportRequest,
    TransportResponse, tls,
};
use crate::core::config::POOL_IDLE_TIMEOUT;

/// Sends over HTTP/1.1 through a proxy.
pub(super) struct ProxiedTransport {
    /// One client for `http` and one for `https` servers: they may use different proxies.
    clients: [OnceLock<Result<reqwest::Client, TransportError>>; 2],
    ca: Option<CaCertificates>,
}

impl ProxiedTransport {
    pub(super) fn new(ca: Option<CaCertificates>) -> Self {
        Self {
            clients: [OnceLock::new(), OnceLock::new()],
            ca,
        }
    }

    /// `proxy` must be the one for all requests to servers of the request's scheme.
    pub(super) fn send(
        &self,
        request: TransportRequest,
        proxy: &Proxy,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        let build = || build_client(self.ca.as_ref(), proxy);
        let of_scheme = usize::from(request.url.scheme() == "https");
        let client = self.clients[of_scheme].get_or_init(build).clone();
        let proxy = proxy.to_string();
        Box::pin(async move {
            let answer = match client {
                Ok(client) => exchange(client, request).await,
                Err(error) => Err(error),
            };
            answer.map_err(|mut error| {
                error.proxy = Some(proxy);
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
            let tracked = TrackedBody::new(Some(body), sent.clone());
            *outgoing.body_mut() = Some(reqwest::Body::wrap(tracked));
        }
        Some(body) => *outgoing.body_mut() = Some(body.into()),
        None => sent.raise(),
    }
    let mut response = client
        .execute(outgoing)
        .await
        .map_err(|error| failure(error, &sent))?;
    // An answer proves that something was sent, even if the body was not read to its end.
    sent.raise();
    let announced = response.content_length().unwrap_or(0);
    let mut body = BoundedBody::new(max_response_bytes, announced)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| failure(error, &sent))?
    {
        body.push(chunk)?;
    }
    Ok(TransportResponse {
        status,
        headers,
        body: body.finish(),
    })
}

fn build_client(
    ca: Option<&CaCertificates>,
    proxy: &Proxy,
) -> Result<reqwest::Client, TransportError> {
    let unusable = |message: String| unsent(TransportErrorKind::Tls, message);
    let tls = tls::client_config(ca.cloned()).map_err(|error| unusable(error.to_string()))?;
    let mut way = reqwest::Proxy::all(proxy.url.clone())
        .map_err(|error| unusable(transport_failure::causes(&error.without_url())))?;
    if let Some(authorization) = &proxy.authorization {
        way = way.custom_http_auth(authorization.clone());
    }
    reqwest::Client::builder()
        .proxy(way)
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .dns_resolver(Arc::new(SystemResolver))
        .build()
        .map_err(|error| unusable(transport_failure::causes(&error)))
}

/// The system's resolver. Its failures have their own type, so that they can be told from others.
struct SystemResolver;

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
    if error.is_builder() {
        let message = transport_failure::causes(&error);
        return unsent(TransportErrorKind::Request, message);
    }
    transport_failure::of(&error, error.is_connect(), sent)
}
