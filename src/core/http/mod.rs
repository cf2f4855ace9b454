//! Transport, retry, pacing and redaction: HTTP as the layers above need it, with no knowledge of Twenty.

mod api_key;
mod base_url;
mod classifier;
mod client;
mod clock;
mod request;
mod response;
mod transport;
mod workspace;

pub use api_key::ApiKey;
pub use base_url::BaseUrl;
pub use classifier::{Classifier, Failure, Throttle, Verdict};
pub use client::{HttpClient, HttpStats, Parts};
pub use clock::{Clock, FullJitter, Jitter, SystemClock};
pub use http::Method;
pub use request::{Request, RequestOptions};
pub use response::Response;
pub use transport::{
    SentFlag, Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
};
pub use workspace::Workspace;
