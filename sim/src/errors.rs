//! The five error bodies a Twenty server sends (`docs/twenty/protocol.md#errors`).

use serde_json::{Value, json};

use crate::refusal::Refusal;

/// An error answer, one variant per body shape.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiError {
    /// Shape 1, core REST: `{statusCode, error, messages, code?}`.
    Core {
        /// HTTP status and `statusCode`.
        status: u16,
        /// Exception class name in `error`.
        error: String,
        /// The only entry of `messages`.
        message: String,
        /// `code`, if the server sends one.
        code: Option<String>,
    },
    /// Shape 2, the framework's default: `{message, error, statusCode}`.
    Nest {
        /// HTTP status and `statusCode`.
        status: u16,
        /// Reason phrase in `error`.
        error: String,
        /// A string, or a list of strings for DTO validation.
        message: Value,
    },
    /// Shape 3, metadata validation: a ready body, always with its own `statusCode`.
    Metadata {
        /// HTTP status.
        status: u16,
        /// The whole body.
        body: Value,
    },
    /// Shape 4: a bare JSON string with status 500.
    Bare(String),
    /// A limit of 2.47 is reached.
    Limit(Box<Refusal>),
    /// Shape 5, the authentication middleware: no charset, no ETag.
    Auth {
        /// 401, 403, or 400 for a token that is cut short.
        status: u16,
        /// The only entry of `messages`.
        message: String,
        /// `FORBIDDEN_EXCEPTION`, `UNAUTHENTICATED` or `INVALID_INPUT`.
        error: &'static str,
    },
}

impl ApiError {
    /// 400 shape 1 with `BadRequestException`.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::core(400, "BadRequestException", message)
    }

    /// Shape 1 with any class name.
    pub fn core(status: u16, error: &str, message: impl Into<String>) -> Self {
        Self::Core {
            status,
            error: error.to_owned(),
            message: message.into(),
            code: None,
        }
    }

    /// 400 shape 1 with class `Error` and a code.
    pub fn coded(code: &str, message: impl Into<String>) -> Self {
        Self::Core {
            status: 400,
            error: "Error".to_owned(),
            message: message.into(),
            code: Some(code.to_owned()),
        }
    }

    /// Adds a code; only shape 1 has one.
    #[must_use]
    pub fn with_code(mut self, name: &str) -> Self {
        if let Self::Core { code, .. } = &mut self {
            *code = Some(name.to_owned());
        }
        self
    }

    /// 404 for a record that is unknown, soft-deleted or destroyed.
    pub fn record_not_found() -> Self {
        Self::core(404, "NotFoundException", "Record not found")
    }

    /// 404 shape 2 for a path without a handler.
    pub fn no_route(method: &str, path: &str) -> Self {
        Self::nest(404, "Not Found", format!("Cannot {method} {path}"))
    }

    /// Shape 2 with a single message.
    pub fn nest(status: u16, error: &str, message: impl Into<String>) -> Self {
        Self::Nest {
            status,
            error: error.to_owned(),
            message: Value::from(message.into()),
        }
    }

    /// Missing permission: 400 on core REST and webhooks, 403 on metadata (`docs/twenty/protocol.md#keys`).
    pub fn permission_denied(status: u16) -> Self {
        Self::Core {
            status,
            error: "Error".to_owned(),
            message: "Entity performing the request does not have permission".to_owned(),
            code: Some("PERMISSION_DENIED".to_owned()),
        }
    }

    /// HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Core { status, .. }
            | Self::Nest { status, .. }
            | Self::Metadata { status, .. }
            | Self::Auth { status, .. } => *status,
            Self::Bare(_) => 500,
            Self::Limit(refusal) => refusal.status(),
        }
    }

    /// The message, as in a GraphQL error or a log.
    pub fn message(&self) -> String {
        match self {
            Self::Core { message, .. } | Self::Auth { message, .. } | Self::Bare(message) => {
                message.clone()
            }
            Self::Limit(refusal) => refusal.message().to_owned(),
            Self::Nest { message, .. } => message
                .as_str()
                .map_or_else(|| message.to_string(), str::to_owned),
            Self::Metadata { body, .. } => body
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// The JSON body.
    pub fn body(&self) -> Value {
        match self {
            Self::Core {
                status,
                error,
                message,
                code,
            } => {
                let mut body =
                    json!({ "statusCode": status, "error": error, "messages": [message] });
                if let Some(code) = code {
                    body["code"] = Value::from(code.as_str());
                }
                body
            }
            Self::Nest {
                status,
                error,
                message,
            } => {
                json!({ "message": message, "error": error, "statusCode": status })
            }
            Self::Metadata { body, .. } => body.clone(),
            Self::Bare(message) => Value::from(message.as_str()),
            Self::Limit(refusal) => refusal.body(),
            Self::Auth {
                status,
                message,
                error,
            } => {
                json!({ "statusCode": status, "messages": [message], "error": error })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_keys_in_wire_order() {
        let text = |e: ApiError| e.body().to_string();
        assert_eq!(
            text(ApiError::bad_request("x")),
            r#"{"statusCode":400,"error":"BadRequestException","messages":["x"]}"#
        );
        assert_eq!(
            text(ApiError::no_route("GET", "/rest")),
            r#"{"message":"Cannot GET /rest","error":"Not Found","statusCode":404}"#
        );
        assert_eq!(text(ApiError::Bare("boom".into())), r#""boom""#);
        assert!(text(ApiError::permission_denied(403)).ends_with(r#""code":"PERMISSION_DENIED"}"#));
    }
}
