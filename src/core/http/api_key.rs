//! The API key: checked once, kept secret, shown nowhere.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::pasted;
use crate::core::error::CrmError;

/// A Twenty API key. `Debug` redacts it, there is no `Display`, and it is wiped when dropped.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Checks the caller's key. Only visible ASCII is allowed: a line break would end the header, and a space was
    /// nearly always copied by accident.
    pub fn new(key: &str) -> Result<Self, CrmError> {
        if key.is_empty() {
            return Err(CrmError::validation(
                "apiKey",
                "apiKey is empty: create one in Twenty under Settings, APIs & Webhooks",
            ));
        }
        let refuse = |why: String| Err(CrmError::validation("apiKey", format!("apiKey {why}")));
        if pasted::is_quoted(key) {
            return refuse("is in quotes: give the key without them (a .env file that is read raw keeps its quotes)".to_owned());
        }
        if pasted::has_scheme(key) {
            return refuse(
                "starts with words of the header (Authorization, Bearer): give the key alone, the client adds them"
                    .to_owned(),
            );
        }
        let odd = key.char_indices().find(|(_, c)| !c.is_ascii_graphic());
        if let Some((position, character)) = odd {
            return refuse(format!(
                "has {} at position {position}: copy the key again, whole, in one line and without quotes or blanks",
                pasted::kind_of(character)
            ));
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The key itself. Use it only for the header and to redact texts.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The `Authorization` header, marked sensitive so that `Debug` output of a request does not show it.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, CrmError> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.expose()))
            .map_err(|_| CrmError::validation("apiKey", "apiKey cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// SHA-256 over the base URL and the key: identifies a workspace without storing its key.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_keys_are_refused_without_being_shown() {
        for (key, says) in [
            ("", "is empty"),
            ("\"topsecret\"", "quotes"),
            ("'topsecret'", "quotes"),
            ("“topsecret”", "quotes"),
            ("topsecret”", "quotes"),
            ("Bearer topsecret", "Bearer"),
            ("Authorization: Bearer topsecret", "Bearer"),
            ("top\nsecret", "a line break at position 3"),
            ("top\r\nsecret", "a line break at position 3"),
            ("top secret", "a blank at position 3"),
            ("top\u{a0}secret", "a blank at position 3"),
            ("top\u{200b}secret", "an invisible character at position 3"),
            ("\u{feff}topsecret", "an invisible character at position 0"),
            ("top\u{0}secret", "a control character at position 3"),
            ("topsécret", "not ASCII"),
        ] {
            let error = ApiKey::new(key).expect_err(key);
            assert_eq!(error.details["field"], "apiKey", "{key}");
            assert!(error.message.contains(says), "{key}: {}", error.message);
            assert!(!error.to_json().contains("secret"), "{}", error.message);
        }
        for key in ["eyJ.a-b_c.d", "!~aZ.-_+/=", "k'e\"y"] {
            assert!(ApiKey::new(key).is_ok(), "{key}");
        }
    }
}
