//! Findings about an API key.

use std::time::{Duration, UNIX_EPOCH};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::Response;
use crate::core::twenty::jwt_claims::JwtClaims;

use super::finding::{Check, Finding};

/// A key that expires within this time causes a warning: 30 days, in milliseconds.
const SOON_MS: u64 = 30 * 24 * 3_600_000;

const RENEW: &str = "Create a new key in Twenty under Settings, APIs & Webhooks, and configure it before this one \
expires.";

/// Judges the key by the server's answer to a call with it, and by its own claims.
pub fn judge(
    answer: &Result<Response, CrmError>,
    claims: Option<&JwtClaims>,
    now_ms: u64,
) -> Finding {
    let is_taken = match answer {
        Ok(_) => true,
        Err(error) if error.code == ErrorCode::AuthError => {
            if error.reason() != Some(error_reason::PERMISSION) {
                let mut finding = Finding::failed(Check::ApiKey, error);
                if claims.is_none() {
                    finding.message.push_str(
                        ". It does not look like a Twenty API key either: those have three parts, joined by dots",
                    );
                }
                return with_end(finding, claims);
            }
            true
        }
        Err(_) => false,
    };
    let ends = claims.and_then(JwtClaims::expires_at_ms);
    let is_session = claims.and_then(|claims| claims.kind.as_deref()) == Some("ACCESS");
    let finding = match ends {
        _ if !is_taken => Finding::warning(
            Check::ApiKey,
            "Could not check whether the server accepts the key",
        ),
        _ if is_session => Finding::warning(
            Check::ApiKey,
            "The server accepts it, but it is a user's session token, not an API key, and expires soon",
        )
        .advise("Create an API key in Twenty under Settings, APIs & Webhooks."),
        Some(end) if end <= now_ms.saturating_add(SOON_MS) => Finding::warning(
            Check::ApiKey,
            format!("The server accepts the key, which expires on {}", date(end)),
        )
        .advise(RENEW),
        Some(end) => Finding::ok(
            Check::ApiKey,
            format!("The server accepts the key, which is valid until {}", date(end)),
        ),
        None => Finding::ok(Check::ApiKey, "The server accepts the key"),
    };
    with_end(finding, claims)
}

/// What the key's claims say without a server: that it has expired, or will soon.
pub fn offline(claims: Option<&JwtClaims>, now_ms: u64) -> Option<Finding> {
    let end = claims?.expires_at_ms()?;
    if end > now_ms.saturating_add(SOON_MS) {
        return None;
    }
    let message = if end <= now_ms {
        format!("The key says that it expired on {}", date(end))
    } else {
        format!("The key says that it expires on {}", date(end))
    };
    Some(with_end(
        Finding::warning(Check::ApiKey, message).advise(RENEW),
        claims,
    ))
}

fn with_end(finding: Finding, claims: Option<&JwtClaims>) -> Finding {
    match claims.and_then(JwtClaims::expires_at_ms) {
        Some(end) => finding.with("expiresAtMs", end),
        None => finding,
    }
}

/// A date as HTTP writes it; dates too far in the future become the last possible one.
fn date(millis: u64) -> String {
    /// The end of the year 9999, the last date of this format.
    const LAST_S: u64 = 253_402_300_799;
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs((millis / 1000).min(LAST_S)))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn taken() -> Result<Response, CrmError> {
        Ok(Response {
            status: 200,
            body: bytes::Bytes::new(),
            headers: http::HeaderMap::new(),
            attempts: 1,
            ambiguous: false,
        })
    }

    fn claims(days_left: f64) -> JwtClaims {
        JwtClaims {
            exp: Some(NOW_MS as f64 / 1000.0 + days_left * 86_400.0),
            kind: Some("API_KEY".into()),
            ..JwtClaims::default()
        }
    }

    #[test]
    fn a_key_that_ends_within_thirty_days_is_warned_about() {
        for (days, status) in [
            (29.9, Status::Warning),
            (30.1, Status::Ok),
            (1e8, Status::Ok),
        ] {
            let claims = claims(days);
            let finding = judge(&taken(), Some(&claims), NOW_MS);
            assert_eq!(finding.status, status, "{days}: {}", finding.message);
        }
        let finding = judge(&taken(), Some(&claims(1.0)), NOW_MS);
        assert!(finding.message.contains("GMT") && finding.advice.is_some());
        assert_eq!(finding.details["expiresAtMs"], NOW_MS + 86_400_000);
        assert_eq!(judge(&taken(), None, NOW_MS).status, Status::Ok);
    }

    #[test]
    fn the_server_has_the_last_word() {
        // A wrong local clock does not make a key invalid that the server accepts.
        let old = judge(&taken(), Some(&claims(-1.0)), NOW_MS);
        assert_eq!(old.status, Status::Warning);
        let refused = CrmError::new(ErrorCode::AuthError, "no").with_detail("reason", "revoked");
        assert_eq!(
            judge(&Err(refused), Some(&claims(300.0)), NOW_MS).status,
            Status::Error
        );
        let unknown = CrmError::new(ErrorCode::RateLimit, "wait");
        assert_eq!(
            judge(&Err(unknown), Some(&claims(300.0)), NOW_MS).status,
            Status::Warning
        );
        let denied = CrmError::new(ErrorCode::AuthError, "no").with_detail("reason", "permission");
        assert_eq!(
            judge(&Err(denied), Some(&claims(300.0)), NOW_MS).status,
            Status::Ok
        );
    }

    #[test]
    fn a_session_token_is_not_an_api_key() {
        let session = JwtClaims {
            kind: Some("ACCESS".into()),
            ..claims(300.0)
        };
        assert_eq!(
            judge(&taken(), Some(&session), NOW_MS).status,
            Status::Warning
        );
    }

    #[test]
    fn without_a_server_only_expiry_is_reported() {
        assert!(offline(Some(&claims(300.0)), NOW_MS).is_none());
        assert!(offline(None, NOW_MS).is_none());
        let expired = offline(Some(&claims(-1.0)), NOW_MS).expect("a finding");
        assert!(expired.message.contains("expired on"));
    }
}
