//! The core's only error type. It has the fields that callers see (code, message, status, retryable, details).

use serde_json::{Map, Value};

/// The class of an error: `TwentyCrmErrorCode` of the public types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// No complete answer within the timeout (connect, headers and body).
    Timeout,
    /// The workspace's rate limit was hit and did not clear in time.
    RateLimit,
    /// The server failed; a later attempt may succeed.
    ServerError,
    /// The key is missing, invalid, expired, revoked or lacks a permission.
    AuthError,
    /// The connection could not be made, or it broke.
    NetworkError,
    /// The input was refused, or a request made from it.
    ValidationError,
    /// The record does not exist.
    NotFound,
    /// The operation failed for another reason.
    OperationFailed,
    /// A failure that this package does not know.
    Unknown,
}

impl ErrorCode {
    /// The code's text, as in the public enum.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "TIMEOUT",
            Self::RateLimit => "RATE_LIMIT",
            Self::ServerError => "SERVER_ERROR",
            Self::AuthError => "AUTH_ERROR",
            Self::NetworkError => "NETWORK_ERROR",
            Self::ValidationError => "VALIDATION_ERROR",
            Self::NotFound => "NOT_FOUND",
            Self::OperationFailed => "OPERATION_FAILED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Whether a later attempt makes sense if nothing more is known (`docs/errors.md#what-is-tried-again`).
    pub const fn retryable_by_default(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::RateLimit | Self::ServerError | Self::NetworkError
        )
    }
}

/// An error as callers see it. `Display` shows the message; no field ever contains an API key.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct CrmError {
    /// The machine-readable class.
    pub code: ErrorCode,
    /// For people: what happened, to which record, and what to do.
    pub message: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Whether a later attempt makes sense. The layers above do not retry again.
    pub retryable: bool,
    /// More facts: `reason`, `originalError`, `attempt`, `maxRetries`, `field`, ….
    pub details: Box<Map<String, Value>>,
}

/// Longest message about invalid input, in bytes.
const MAX_QUOTING: usize = 900;

impl CrmError {
    /// A new error; `code` decides `retryable`.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            status: None,
            retryable: code.retryable_by_default(),
            details: Box::default(),
        }
    }

    /// Invalid input: names the field, is not retryable, and is found before any request. A message too long for a line
    /// of a log is replaced by one without the quotation: cut, it could end in half of a key.
    pub fn validation(field: &str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MAX_QUOTING {
            message = format!("{field} is not valid; the reason is too long to show here");
        }
        Self::new(ErrorCode::ValidationError, message).with_detail("field", field)
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets whether a later attempt makes sense.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// Adds one fact to `details`.
    #[must_use]
    pub fn with_detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// `details.reason`, if it is set.
    pub fn reason(&self) -> Option<&str> {
        self.details.get("reason").and_then(Value::as_str)
    }

    /// The public `TwentyCrmError` as a JSON value.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("code".into(), self.code.as_str().into());
        object.insert("message".into(), self.message.clone().into());
        if let Some(status) = self.status {
            object.insert("status".into(), status.into());
        }
        object.insert("isRetryable".into(), self.retryable.into());
        if !self.details.is_empty() {
            object.insert("details".into(), Value::Object((*self.details).clone()));
        }
        Value::Object(object)
    }

    /// The public `TwentyCrmError` as JSON text, which is passed to JavaScript.
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_shape_of_the_spec() {
        let error = CrmError::new(ErrorCode::RateLimit, "wait")
            .with_status(429)
            .with_detail("attempt", 2);
        assert_eq!(
            error.to_json(),
            r#"{"code":"RATE_LIMIT","message":"wait","status":429,"isRetryable":true,"details":{"attempt":2}}"#
        );
    }

    #[test]
    fn bad_input_is_quoted_where_it_is_short() {
        let quoting = |length| CrmError::validation("f", format!("f is {}", "x".repeat(length)));
        assert!(quoting(100).message.ends_with('x'));
        assert!(quoting(2_000).message.len() < 100);
        assert_eq!(quoting(2_000).details["field"], "f");
    }

    #[test]
    fn absent_parts_are_left_out() {
        let error = CrmError::new(ErrorCode::NotFound, "gone");
        assert_eq!(
            error.to_json(),
            r#"{"code":"NOT_FOUND","message":"gone","isRetryable":false}"#
        );
    }
}
