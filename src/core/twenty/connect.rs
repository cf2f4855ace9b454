//! A client for a Twenty server: the HTTP layer with a classifier for Twenty's answers.

use std::sync::Arc;

use super::classify::TwentyClassifier;
use crate::core::error::CrmError;
use crate::core::http::{ClientConfig, HttpClient};

/// A client that uses the process's shared connections. Clients with the same base URL and key share a workspace.
///
/// # Errors
/// VALIDATION_ERROR if the key cannot be sent in a header.
pub fn connect(config: ClientConfig) -> Result<HttpClient, CrmError> {
    HttpClient::new(config, Arc::new(TwentyClassifier))
}
