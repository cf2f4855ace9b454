//! A client for a Twenty server: the HTTP layer with Twenty's way of answering.

use std::sync::Arc;

use super::classify::TwentyClassifier;
use crate::core::error::CrmError;
use crate::core::http::{ClientConfig, HttpClient};

/// A client over the process's shared connections; clients of one base URL and key share their workspace.
///
/// # Errors
/// VALIDATION_ERROR when the key cannot be a header.
pub fn connect(config: ClientConfig) -> Result<HttpClient, CrmError> {
    HttpClient::new(config, Arc::new(TwentyClassifier))
}
