//! The API key: checked once, kept secret, shown nowhere.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::core::error::CrmError;

/// A Twenty API key. `Debug` redacts it, there is no `Display`, and it is wiped when dropped.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Takes a key as the caller gave it. Anything but visible ASCII is refused: a line break would end the header,
    /// and a blank is nearly always one that was copied along.
    pub fn new(key: &str) -> Result<Self, CrmError> {
        if key.is_empty() {
            return Err(CrmError::validation(
                "apiKey",
                "apiKey is empty: create one in Twenty under Settings, APIs & Webhooks",
            ));
        }
        if let Some(position) = key.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(CrmError::validation(
                "apiKey",
                format!(
                    "apiKey has a blank, a control character or a non-ASCII character at position {position}: \
                     copy the key again, without quotes, blanks or line breaks"
                ),
            ));
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The key itself. Only for the header and for finding the key in texts that are about to be shown.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The `Authorization` header, marked sensitive so that no `Debug` output of a request shows it.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, CrmError> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.expose()))
            .map_err(|_| CrmError::validation("apiKey", "apiKey cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// SHA-256 over the base URL and the key: tells workspaces apart without holding a key.
    pub(crate) fn digest_with(&self, base_url: &str) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(base_url.as_bytes());
        hasher.update([0]);
        hasher.update(self.expose().as_bytes());
        hasher.finalize().into()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(<redacted>)")
    }
}
