//! A client for a Twenty server: the HTTP layer with Twenty's way of answering.

use std::sync::Arc;

use super::classify::TwentyClassifier;
use crate::core::config::ClientConfig;
use crate::core::error::CrmError;
use crate::core::http::{FullJitter, HttpClient, Parts, ReqwestTransport, SystemClock, Workspace};

/// A client over the process's shared connections; clients of one base URL and key share their workspace.
///
/// # Errors
/// OPERATION_FAILED when TLS cannot be set up on this machine.
pub fn connect(config: ClientConfig) -> Result<HttpClient, CrmError> {
    let workspace = Workspace::shared(&config.base_url, &config.api_key);
    HttpClient::with_parts(
        config,
        Parts {
            workspace,
            transport: ReqwestTransport::shared(),
            classifier: Arc::new(TwentyClassifier),
            clock: Arc::new(SystemClock),
            jitter: Arc::new(FullJitter),
        },
    )
}
