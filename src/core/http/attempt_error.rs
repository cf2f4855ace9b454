//! A failed attempt: the error for the caller, and what to do before that.

use std::time::Duration;

use super::throttle::WaitTooLong;
use super::{BaseUrl, RateLimit, TransportError, TransportErrorKind};
use crate::core::config::{RETRY_BUDGET_COST, RETRY_BUDGET_TIMEOUT_COST};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;

/// An attempt that failed.
pub(super) struct AttemptError {
    /// The caller's error if this was the last attempt.
    pub(super) error: CrmError,
    /// Whether a retry may succeed.
    pub(super) retry: bool,
    /// Whether the server may have carried the request out anyway.
    pub(super) ambiguous: bool,
    /// How long the server asked to wait.
    pub(super) retry_after: Option<Duration>,
    /// Set if the rate limit refused the attempt.
    pub(super) rate_limit: Option<RateLimit>,
    /// The answer belonged to another request: its connection is out of step.
    pub(super) is_misplaced: bool,
    /// Whether the answer had rate-limit headers.
    pub(super) has_rate_headers: bool,
    /// What a retry costs in the retry budget.
    pub(super) cost: u32,
}

impl AttemptError {
    /// A failure that no retry can change.
    pub(super) fn last(error: CrmError) -> Box<Self> {
        Self::new(error, false, false)
    }

    fn new(error: CrmError, retry: bool, ambiguous: bool) -> Box<Self> {
        Box::new(Self {
            error,
            retry,
            ambiguous,
            retry_after: None,
            rate_limit: None,
            is_misplaced: false,
            has_rate_headers: false,
            cost: RETRY_BUDGET_COST,
        })
    }

    /// No complete answer in time. `what` names the request.
    pub(super) fn timed_out(what: &str, after: Duration, sent: bool) -> Box<Self> {
        let millis = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        let error = CrmError::new(
            ErrorCode::Timeout,
            format!("{what} got no complete answer within {millis} ms."),
        )
        .with_detail("timeoutMs", millis);
        let mut failed = Self::new(error, true, sent);
        failed.cost = RETRY_BUDGET_TIMEOUT_COST;
        failed
    }

    /// A success whose body lacks the texts that this request's answer must contain. `what` names the request.
    pub(super) fn misplaced(what: &str, status: u16) -> Box<Self> {
        let error = CrmError::new(
            ErrorCode::NetworkError,
            format!(
                "{what} got the answer to another request: a proxy or load balancer in front of the server mixes up \
                answers."
            ),
        )
        .with_status(status)
        .with_detail("reason", error_reason::WRONG_ANSWER);
        let mut failed = Self::new(error, true, true);
        failed.is_misplaced = true;
        failed
    }

    /// "Not modified", although the request was not conditional. `what` names the request.
    pub(super) fn not_modified(what: &str) -> Box<Self> {
        let error = CrmError::new(
            ErrorCode::OperationFailed,
            format!(
                "{what} was answered with status 304 (Not Modified), but the request was not conditional: a cache in \
                front of Twenty stores answers. Exclude /rest, /graphql and /metadata from it."
            ),
        )
        .with_status(304)
        .with_detail("reason", error_reason::GATEWAY);
        Self::new(error, false, true)
    }

    /// The proxy requires a user and a password. It is not retried: the same ones again may lock the account. `what`
    /// names the request, `scheme` is the scheme of its address; `status` is set if the proxy answered itself.
    pub(super) fn proxy_wants_login(what: &str, scheme: &str, status: Option<u16>) -> Box<Self> {
        let variable = match scheme {
            "https" => "HTTPS_PROXY",
            _ => "HTTP_PROXY",
        };
        let mut error = CrmError::new(
            ErrorCode::NetworkError,
            format!(
                "{what} did not reach Twenty: the proxy requires a user and a password, or rejected the ones it got \
                (status \
                 407). Set them in {variable} (or in ALL_PROXY, if that names the proxy), as in \
                 http://user:password@proxy.example:3128."
            ),
        )
        .with_detail("reason", error_reason::PROXY_AUTH);
        error.status = status;
        Self::new(error, false, false)
    }

    /// The transport got no complete answer. `what` names the request.
    pub(super) fn not_answered(
        what: &str,
        base_url: &BaseUrl,
        error: &TransportError,
    ) -> Box<Self> {
        if is_proxy_login(error) {
            let scheme = base_url.as_str().split(':').next().unwrap_or_default();
            let through = through_proxy(error);
            let failed = Self::proxy_wants_login(&format!("{what}{through}"), scheme, None);
            return Box::new(Self {
                error: with_proxy(failed.error, error),
                ..*failed
            });
        }
        let (code, reason, message) = explain(what, base_url, error);
        // A retry cannot help: the environment of a process does not change.
        let retry = code.retryable_by_default() && error.kind != TransportErrorKind::Proxy;
        let mut crm_error = with_proxy(CrmError::new(code, message), error);
        if let Some(reason) = reason {
            crm_error = crm_error.with_detail("reason", reason);
        }
        Self::new(crm_error, retry, error.sent)
    }
}

/// The transport error as code, reason and message.
fn explain(
    what: &str,
    base_url: &BaseUrl,
    error: &TransportError,
) -> (ErrorCode, Option<&'static str>, String) {
    use ErrorCode::{NetworkError, OperationFailed, Timeout, ValidationError};
    let cause = &error.message;
    let through = through_proxy(error);
    let check_proxy = match &error.proxy {
        Some(_) => "HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment, ",
        None => "",
    };
    let advice = error
        .advice
        .map_or(String::new(), |advice| format!(" {advice}."));
    let network = |reason, message| (NetworkError, reason, message);
    match error.kind {
        TransportErrorKind::Connect => network(
            Some(error_reason::CONNECT),
            format!(
                "No connection to {base_url}{through} for {what}: check {check_proxy}the base URL and that the server is up."
            ),
        ),
        TransportErrorKind::Dns => network(
            Some(error_reason::DNS),
            format!(
                "The host of {base_url}{through} could not be found for {what}: check {check_proxy}the base URL."
            ),
        ),
        TransportErrorKind::Tls => network(
            Some(error_reason::TLS),
            format!("No secure connection to {base_url}{through} for {what}: {cause}.{advice}"),
        ),
        TransportErrorKind::Reset => network(
            None,
            format!("The connection broke before the answer to {what} was complete."),
        ),
        TransportErrorKind::Protocol => network(
            None,
            format!(
                "The server that answered {what} does not speak HTTP: check the base URL {base_url}."
            ),
        ),
        TransportErrorKind::Proxy => network(
            Some(error_reason::PROXY),
            format!("{what} was not sent: {cause}."),
        ),
        TransportErrorKind::Timeout => {
            let message = format!("{what} got no complete answer in time.");
            (Timeout, None, message)
        }
        TransportErrorKind::TooLarge => {
            let message = format!("The answer to {what} is too large: {cause}.{advice}");
            (OperationFailed, Some(error_reason::TOO_LARGE), message)
        }
        TransportErrorKind::Request => {
            let message = format!("{what} cannot be sent: {cause}.");
            (ValidationError, None, message)
        }
    }
}

/// Names the proxy of the request, if it used one.
fn through_proxy(error: &TransportError) -> String {
    match &error.proxy {
        Some(proxy) => format!(" through the proxy {proxy}"),
        None => String::new(),
    }
}

fn with_proxy(crm_error: CrmError, error: &TransportError) -> CrmError {
    let crm_error = crm_error.with_detail("originalError", error.message.as_str());
    match &error.proxy {
        Some(proxy) => crm_error.with_detail("proxy", proxy.as_str()),
        None => crm_error,
    }
}

/// Whether a proxy opened no tunnel because it requires a user and a password. Only the error's text shows the status;
/// a test checks the text.
fn is_proxy_login(error: &TransportError) -> bool {
    error.kind == TransportErrorKind::Connect
        && error.proxy.is_some()
        && error.message.contains("proxy authorization required")
}

/// The rate limit did not clear in time. `last` is the server's answer, if it refused this very call.
pub(super) fn gave_up_waiting(what: &str, last: Option<CrmError>, closed: WaitTooLong) -> CrmError {
    let millis = u64::try_from(closed.wait.as_millis()).unwrap_or(u64::MAX);
    last.filter(|error| error.code == ErrorCode::RateLimit)
        .unwrap_or_else(|| {
            let used_up = match closed.quota {
                None => "the workspace's rate limit is used up".to_owned(),
                Some(quota) => format!("maxRequestsPerMinute ({quota}) is used up"),
            };
            CrmError::new(
                ErrorCode::RateLimit,
                format!(
                    "{what} was not sent: {used_up}, and waiting for it would take {millis} ms or more. Try later, or \
                     allow more time with maxThrottleWaitMs."
                ),
            )
        })
        .with_detail("waitMs", millis)
}

/// The deadline passed before the next attempt. `last` is the error that would have been retried.
pub(super) fn past_deadline(what: &str, last: Option<CrmError>) -> CrmError {
    last.unwrap_or_else(|| {
        CrmError::new(
            ErrorCode::Timeout,
            format!("{what} was not sent: its deadline had passed."),
        )
    })
    .with_detail("deadlineExceeded", true)
}
