//! Transport, retries, throttling and redaction: HTTP for the layers above, without knowledge of Twenty.

mod api_key;
mod attempt_error;
mod attempt_span;
mod base_url;
mod bounded_body;
mod ca;
mod call;
mod classifier;
mod client;
mod client_config;
mod client_parts;
mod clock;
mod headers;
mod idempotency;
mod network;
mod observer;
mod pasted;
mod path_template;
mod proxied_transport;
mod proxy;
mod rate_headers;
mod redact;
mod redirect;
mod request;
mod response;
mod retry;
mod retry_budget;
mod throttle;
mod tls;
mod tracked_body;
mod transport;
mod transport_failure;
mod workspace;

pub use api_key::ApiKey;
pub use base_url::BaseUrl;
pub use ca::CaCertificates;
pub use classifier::{Classifier, Failure, RateLimit, Verdict};
pub use client::{HttpClient, HttpStats};
pub use client_config::ClientConfig;
pub use client_parts::Parts;
pub use clock::{Clock, FullJitter, Jitter, SystemClock};
pub use http::Method;
pub use network::NetworkTransport;
pub use observer::{Event, EventKind, Observer};
pub use proxy::Proxy;
pub use request::{Priority, Request, RequestOptions};
pub use response::Response;
pub use transport::{
    SentFlag, Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
};
pub use workspace::Workspace;
