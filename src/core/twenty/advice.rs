//! What a person can do about an error, in one sentence.

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

/// What to do where something answers that is not Twenty's API.
pub const WRONG_ADDRESS: &str = "Set the base URL to the address of Twenty's API server, without /rest and without a path of the web app.";

/// What to do about `error`; `None` where its own message says all that there is to say.
pub fn advice(error: &CrmError) -> Option<&'static str> {
    let text = match (error.code, error.reason()) {
        (ErrorCode::AuthError, Some(error_reason::PERMISSION)) => {
            "Give the key's role the permission in Twenty under Settings, Roles."
        }
        (ErrorCode::AuthError, Some(error_reason::KEY_MISSING)) => {
            "Look at the proxies before the server: one of them drops the Authorization header."
        }
        (ErrorCode::AuthError, Some(error_reason::KEY_INVALID)) => {
            "Copy the key again, whole and without quotes or blanks, or create a new one in Twenty under Settings, APIs & \
             Webhooks."
        }
        (_, Some(error_reason::GATEWAY)) => {
            "Look at what stands in front of Twenty (proxy, firewall, CDN, login page): it has to let this machine through to \
             /rest, /graphql and /metadata."
        }
        (_, Some(error_reason::PROXY_AUTH)) => {
            "Put the proxy's user and password into the variable that names it (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY)."
        }
        (_, Some(error_reason::CODING)) => {
            "Look at the proxies and CDNs before the server: one compresses answers that nobody asked to be compressed. Switch \
             that off for /rest, /graphql and /metadata."
        }
        (ErrorCode::AuthError, _) => {
            "Create a new key in Twenty under Settings, APIs & Webhooks, and configure that one, whole and without blanks."
        }
        (ErrorCode::RateLimit, _) => {
            "Wait until the workspace's rate limit clears; on a server of your own, API_RATE_LIMITING_SHORT_LIMIT and \
             API_RATE_LIMITING_LONG_LIMIT raise it."
        }
        (ErrorCode::NetworkError, Some(error_reason::CONNECT)) => {
            "Start the server, or correct host and port of the base URL; between containers, localhost is each \
             container's own."
        }
        (ErrorCode::NetworkError, Some(error_reason::DNS)) => {
            "Correct the host name in the base URL, or make it known to this machine's name service."
        }
        (ErrorCode::NetworkError, Some(error_reason::TLS)) => {
            "Renew or complete the server's certificate, make its authority known to this machine, or use http:// where \
             the server does not speak TLS."
        }
        (ErrorCode::NetworkError, Some(error_reason::PROXY)) => return None,
        (ErrorCode::NetworkError, _) => {
            "Look at what stands before the server (proxy, load balancer, firewall): it ends connections."
        }
        (ErrorCode::Timeout, _) => {
            "See whether the server is overloaded or a firewall swallows the traffic, or allow more time with timeout."
        }
        (ErrorCode::ServerError, _) => {
            "Look at the Twenty server's log, and whether its database and Redis are up."
        }
        (ErrorCode::OperationFailed, Some(error_reason::REDIRECT)) => {
            "Set the base URL to the address that the server redirects to."
        }
        (ErrorCode::OperationFailed, Some(error_reason::QUOTA)) => {
            "Look at the workspace's plan and record limit in Twenty's settings."
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
    fn causes_that_need_different_hands_get_different_advice() {
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
