//! Advice for errors, in one sentence each.

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

/// Advice if something other than Twenty's API answers.
pub const WRONG_ADDRESS: &str = "Set the base URL to the address of Twenty's API server, without /rest and without a path of the web app.";

/// Advice for `error`; `None` if its own message already says what to do.
pub fn advice(error: &CrmError) -> Option<&'static str> {
    let text = match (error.code, error.reason()) {
        (ErrorCode::AuthError, Some(error_reason::PERMISSION)) => {
            "Give the key's role the permission in Twenty under Settings, Roles."
        }
        (ErrorCode::AuthError, Some(error_reason::KEY_MISSING)) => {
            "Check the proxies in front of the server: one of them drops the Authorization header."
        }
        (ErrorCode::AuthError, Some(error_reason::KEY_INVALID)) => {
            "Copy the key again, whole and without quotes or blanks, or create a new one in Twenty under Settings, APIs & \
             Webhooks."
        }
        (_, Some(error_reason::GATEWAY)) => {
            "Check what runs in front of Twenty (proxy, firewall, CDN, login page): it must let this machine reach \
            /rest, /graphql and /metadata."
        }
        (_, Some(error_reason::PROXY_AUTH)) => {
            "Add the proxy's user and password to the variable that names it (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY)."
        }
        (_, Some(error_reason::CODING)) => {
            "Check the proxies and CDNs in front of the server: one of them compresses answers although the client \
            did not ask for it. Switch that off for /rest, /graphql and /metadata."
        }
        (ErrorCode::AuthError, _) => {
            "Create a new key in Twenty under Settings, APIs & Webhooks, and configure that one, whole and without blanks."
        }
        (ErrorCode::RateLimit, _) => {
            "Wait until the workspace's rate limit clears; on your own server, raise it with \
            API_RATE_LIMITING_SHORT_LIMIT and API_RATE_LIMITING_LONG_LIMIT."
        }
        (ErrorCode::NetworkError, Some(error_reason::CONNECT)) => {
            "Start the server, or correct host and port of the base URL; inside a container, localhost is the \
            container itself."
        }
        (ErrorCode::NetworkError, Some(error_reason::DNS)) => {
            "Correct the host name in the base URL, or add it to this machine's DNS."
        }
        (ErrorCode::NetworkError, Some(error_reason::TLS)) => {
            "Renew or complete the server's certificate, make this machine trust its CA, or use http:// if the \
            server does not use TLS."
        }
        (ErrorCode::NetworkError, Some(error_reason::PROXY)) => return None,
        (ErrorCode::NetworkError, _) => {
            "Check what runs in front of the server (proxy, load balancer, firewall): it closes connections."
        }
        (ErrorCode::Timeout, _) => {
            "Check whether the server is overloaded or a firewall drops packets, or allow more time with timeout."
        }
        (ErrorCode::ServerError, _) => {
            "Check the Twenty server's log, and that its database and Redis are up."
        }
        (ErrorCode::OperationFailed, Some(error_reason::REDIRECT)) => {
            "Set the base URL to the address that the server redirects to."
        }
        (ErrorCode::OperationFailed, Some(error_reason::QUOTA)) => {
            "Check the workspace's plan and record limit in Twenty's settings."
        }
        (ErrorCode::NotFound | ErrorCode::Unknown, _) => WRONG_ADDRESS,
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_causes_get_different_advice() {
        let with = |code, reason: &str| {
            let error = CrmError::new(code, "x").with_detail("reason", reason);
            advice(&error).expect("advice")
        };
        let all = [
            with(ErrorCode::AuthError, "expired"),
            with(ErrorCode::AuthError, "permission"),
            with(ErrorCode::AuthError, "missing"),
            with(ErrorCode::AuthError, "invalid"),
            with(ErrorCode::AuthError, "GATEWAY"),
            with(ErrorCode::Unknown, "CODING"),
            with(ErrorCode::NetworkError, "PROXY_AUTH"),
            with(ErrorCode::RateLimit, ""),
            with(ErrorCode::NetworkError, "CONNECT"),
            with(ErrorCode::NetworkError, "DNS"),
            with(ErrorCode::NetworkError, "TLS"),
            with(ErrorCode::NetworkError, ""),
            with(ErrorCode::Timeout, ""),
            with(ErrorCode::ServerError, ""),
            with(ErrorCode::OperationFailed, "REDIRECT"),
            with(ErrorCode::OperationFailed, "QUOTA"),
            with(ErrorCode::Unknown, "NOT_TWENTY"),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(advice(&CrmError::validation("baseUrl", "bad")), None);
    }
}
