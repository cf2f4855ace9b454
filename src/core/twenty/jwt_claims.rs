//! The claims of an API key. Twenty's keys are JSON Web Tokens. Only the server can check the signature, so the claims
//! are just hints.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The readable part of a key.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct JwtClaims {
    /// Expiry, in seconds since the epoch.
    #[serde(default)]
    pub exp: Option<f64>,
    /// `API_KEY` for API keys, `ACCESS` for session tokens of users.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The workspace of the key.
    #[serde(default, rename = "workspaceId")]
    pub workspace_id: Option<String>,
}

impl JwtClaims {
    /// Parses a key; `None` if it is not a JSON Web Token.
    pub fn read(key: &str) -> Option<Self> {
        let mut parts = key.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// Expiry in milliseconds since the epoch; `None` if it is missing or not a possible date.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn expires_at_ms(&self) -> Option<u64> {
        /// The last date of JavaScript's `Date`.
        const LAST_MS: f64 = 8.64e15;
        let millis = self.exp? * 1000.0;
        (0.0..=LAST_MS).contains(&millis).then_some(millis as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(payload: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn the_end_of_a_key_is_read() {
        let claims = JwtClaims::read(&key(r#"{"type":"API_KEY","exp":1700000000,"jti":"x"}"#));
        let claims = claims.expect("claims");
        assert_eq!(claims.expires_at_ms(), Some(1_700_000_000_000));
        assert_eq!(claims.kind.as_deref(), Some("API_KEY"));
        let endless = JwtClaims::read(&key("{}")).expect("claims");
        assert_eq!(endless.expires_at_ms(), None);
    }

    #[test]
    fn other_texts_have_no_claims() {
        for bad in [
            "",
            "abc",
            "a.b",
            "a.b.c.d",
            "a.!!.c",
            &key("not json"),
            &key(r#"{"exp":"soon"}"#),
        ] {
            assert_eq!(JwtClaims::read(bad), None, "{bad}");
        }
        for odd in ["-5", "1e300"] {
            let claims = JwtClaims::read(&key(&format!(r#"{{"exp":{odd}}}"#)));
            assert_eq!(claims.expect("claims").expires_at_ms(), None, "{odd}");
        }
    }
}
