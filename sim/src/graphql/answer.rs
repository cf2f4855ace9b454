//! Bodies of GraphQL answers and their errors.

use serde_json::{Value, json};

use crate::errors::ApiError;
use crate::http::Response;
use crate::rate_limit::Limited;
use crate::refusal::Refusal;

/// One entry of `errors`.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// For developers.
    pub message: String,
    /// What happened.
    pub sub_code: Option<String>,
    /// For people.
    pub friendly: Option<String>,
    /// General class.
    pub code: &'static str,
    /// The details of a limit, as 2.47 sends them.
    pub refusal: Option<Box<Refusal>>,
}

impl Problem {
    /// The GraphQL form of a look-up's REST error; `singular` is the object's name.
    pub fn from_api(error: &ApiError, singular: &str) -> Self {
        if let ApiError::Limit(refusal) = error {
            return Self::limit(refusal.clone());
        }
        let message = error.message();
        let (sub_code, code) = match error {
            ApiError::Core {
                code: Some(code), ..
            } => (Some(code.clone()), "BAD_USER_INPUT"),
            ApiError::Core {
                status: 400, error, ..
            } if error == "BadRequestException" => {
                let cursor = message.contains("cursor") || message.contains("before and after");
                let code = if cursor {
                    "INVALID_CURSOR"
                } else {
                    "INVALID_ARGS_FILTER"
                };
                (Some(code.to_owned()), "BAD_USER_INPUT")
            }
            _ => (None, "INTERNAL_SERVER_ERROR"),
        };
        Self {
            friendly: Some(friendly(&message, singular)),
            message,
            sub_code,
            code,
            refusal: None,
        }
    }

    /// The database cannot be reached.
    pub fn database_down() -> Self {
        Self {
            code: "INTERNAL_SERVER_ERROR",
            ..Self::bad_query("connect ECONNREFUSED 127.0.0.1:55432".to_owned())
        }
    }

    /// The GraphQL form of a write's REST error.
    pub fn of_write(error: &ApiError) -> Self {
        let mut problem = Self::from_api(error, "");
        match error {
            ApiError::Core { status: 404, .. } => {
                problem.sub_code = Some("RECORD_NOT_FOUND".to_owned());
                let friendly = "This record does not exist or has been deleted.";
                problem.friendly = Some(friendly.to_owned());
                problem.code = "NOT_FOUND";
            }
            ApiError::Core {
                code: Some(code), ..
            } if code == "INVALID_URL" => {
                problem.friendly = Some("Invalid URL format.".to_owned());
            }
            ApiError::Core {
                code: None, error, ..
            } if error == "BadRequestException" => {
                problem.sub_code = Some("INVALID_ARGS_DATA".to_owned());
                problem.friendly = Some(friendly_value(&problem.message));
            }
            _ => {}
        }
        problem
    }

    /// The bucket is empty: the field is null, the status is 200.
    pub fn throttled(limited: &Limited, refusal: Option<Refusal>) -> Self {
        if let Some(refusal) = refusal {
            return Self::limit(Box::new(refusal));
        }
        Self {
            refusal: None,
            message: limited.message(),
            sub_code: Some("LIMIT_REACHED".to_owned()),
            friendly: Some("Rate limit reached. Please try again later.".to_owned()),
            code: "BAD_USER_INPUT",
        }
    }

    fn limit(refusal: Box<Refusal>) -> Self {
        Self {
            message: refusal.message().to_owned(),
            sub_code: None,
            friendly: None,
            code: "",
            refusal: Some(refusal),
        }
    }

    /// A mistake in the query itself.
    pub fn bad_query(message: String) -> Self {
        Self {
            refusal: None,
            message,
            sub_code: None,
            friendly: None,
            code: "BAD_USER_INPUT",
        }
    }

    /// The entry in `errors`.
    pub fn print(&self) -> Value {
        if let Some(refusal) = &self.refusal {
            return json!({ "message": self.message, "extensions": refusal.extensions() });
        }
        let mut extensions = json!({});
        if let Some(sub_code) = &self.sub_code {
            extensions["subCode"] = Value::from(sub_code.as_str());
        }
        if let Some(friendly) = &self.friendly {
            extensions["userFriendlyMessage"] = Value::from(friendly.as_str());
        }
        extensions["code"] = Value::from(self.code);
        json!({ "message": self.message, "extensions": extensions })
    }
}

/// The server's message for people about a bad filter.
fn friendly(message: &str, singular: &str) -> String {
    if message.ends_with("argument must be non-negative") {
        return "An error occurred.".to_owned();
    }
    if let Some(name) = message.strip_prefix("Cannot filter by relation field ") {
        return format!("Invalid filter: filtering by relation field {name} is not supported");
    }
    if message.contains("Expected format") {
        return friendly_value(message);
    }
    if let Some((_, complaint)) = message.split_once(" doesn't have any ") {
        return format!("Invalid filter : {singular} object doesn't have any {complaint}");
    }
    if let Some(value) = message
        .strip_prefix("Invalid UUID value ")
        .and_then(|rest| rest.split(" for field").next())
    {
        return format!("Invalid value for UUID: \"{value}\"");
    }
    message.to_owned()
}

/// The server's message for people about a bad value.
fn friendly_value(message: &str) -> String {
    let whole = || message.to_owned();
    let Some(rest) = message.strip_prefix("Invalid ") else {
        return whole();
    };
    if let Some(rest) = rest.strip_prefix("subfield ") {
        let kind = rest
            .split_once(" for ")
            .and_then(|(_, rest)| rest.split_once(" field"));
        return kind.map_or_else(whole, |(kind, _)| format!("Invalid value for {kind}."));
    }
    let Some((what, rest)) = rest.split_once("value ") else {
        return whole();
    };
    let Some((value, field)) = rest.rsplit_once(" for ") else {
        return whole();
    };
    match (what, field.split_once(". Expected")) {
        ("UUID ", _) => format!("Invalid value for UUID: \"{value}\""),
        (_, Some((field, form))) => {
            let kind = field.split(' ').next().unwrap_or_default();
            format!("Invalid value for {kind}: \"{value}\". Expected{form}")
        }
        _ => format!("Invalid value: \"{value}\""),
    }
}

/// The answer to an executed query.
pub fn sent(body: &Value) -> Response {
    Response::json(200, body).from_middleware()
}

/// The answer to a query that was not executed.
pub fn refused(status: u16, error: &Value) -> Response {
    Response {
        etag: false,
        ..Response::json(status, &json!({ "errors": [error] }))
    }
}

/// A request without a valid key: the status is still 200.
pub fn not_authenticated(error: &ApiError) -> Response {
    let ApiError::Auth { message, error, .. } = error else {
        return sent(&json!({}));
    };
    if *error == "INVALID_INPUT" {
        return sent(&json!({ "errors": [{
            "message": message,
            "extensions": {
                "subCode": error,
                "userFriendlyMessage": { "id": "t7SpQO", "message": "Invalid input provided." },
                "code": "BAD_USER_INPUT",
            },
        }] }));
    }
    sent(&json!({ "errors": [{
        "message": message,
        "extensions": {
            "userFriendlyMessage": {
                "id": "z+7x/s",
                "message": "You must be authenticated to perform this action.",
            },
            "subCode": error,
            "code": error,
        },
    }] }))
}

/// The schema of `/metadata` is not simulated; most callers may not use it anyway.
pub fn of_metadata(may_administer: bool) -> Response {
    if may_administer {
        let message = "The simulator does not answer GraphQL on /metadata.";
        return refused(200, &json!({ "message": message }));
    }
    let error = json!({
        "message": "Entity performing the request does not have permission",
        "extensions": {
            "userFriendlyMessage": "User does not have permission.",
            "subCode": "PERMISSION_DENIED",
            "code": "FORBIDDEN",
        },
    });
    let body = json!({ "errors": [error], "data": null });
    Response {
        etag: false,
        ..Response::json(200, &body)
    }
}
