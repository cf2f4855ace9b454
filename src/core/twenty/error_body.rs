//! Parses error answers: Twenty has five formats of error bodies (`docs/twenty/protocol.md#errors`), and GraphQL has
//! another one.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::limit_facts::LimitFacts;

/// Longest server message that is shown, in characters.
const MAX_MESSAGE: usize = 500;
/// Most messages of one answer that are shown.
const MAX_MESSAGES: usize = 5;

/// An error body of any format.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorBody {
    /// The server's text, shortened; empty if there is none.
    pub message: String,
    /// The most specific code: `code`, or the code of the first metadata error, or GraphQL's `subCode` or `code`.
    pub code: Option<String>,
    /// The server's error class (`error`), or GraphQL's `code`.
    pub class: Option<String>,
    /// What it says about a limit.
    pub limits: LimitFacts,
    /// Whether it has a readable text.
    pub known: bool,
    /// Whether it has the format of Twenty's refusals. Proxies, firewalls and gateways also answer with JSON.
    pub is_twentys: bool,
    /// Whether it has the format of the records API: a list of messages. Refusals of keys have it.
    pub is_listing: bool,
}

impl ErrorBody {
    /// Parses the body of a REST answer. A body in none of Twenty's formats has no text, and `known` is false.
    pub fn parse(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::String(message)) => Self {
                message: shorten(&message),
                known: true,
                is_twentys: true,
                ..Self::default()
            },
            Ok(Value::Object(map)) => Self::from_object(&Value::Object(map)),
            _ => Self::default(),
        }
    }

    fn from_object(body: &Value) -> Self {
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        let mut messages = texts(&body["messages"]);
        if messages.is_empty() {
            messages = texts(&body["message"]);
        }
        let mut code = text("code");
        let nested = metadata_errors(&body["errors"]);
        if !nested.is_empty() {
            // The outer message only says that there are several errors; the inner ones say what to do.
            code = code.or_else(|| nested[0].0.clone());
            messages = nested.into_iter().map(|(_, message)| message).collect();
        }
        if let (true, Some(error)) = (messages.is_empty(), body["errors"].get(0)) {
            return graphql_error(error);
        }
        let class = text("error");
        let has_status = body["statusCode"].is_number();
        let has_words = class.is_some() || !messages.is_empty();
        Self {
            known: has_words || has_status,
            is_twentys: has_words && has_status,
            is_listing: has_status && body["messages"].is_array(),
            message: join(&messages),
            code,
            class,
            limits: LimitFacts::read(body),
        }
    }

    /// Whether the code or the class is `word`.
    pub fn says(&self, word: &str) -> bool {
        self.code.as_deref() == Some(word) || self.class.as_deref() == Some(word)
    }
}

/// The errors of a GraphQL answer: empty if it has none, `None` if the body is not a GraphQL answer.
pub fn graphql_errors(body: &[u8]) -> Option<Vec<ErrorBody>> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow, default)]
        errors: Option<&'a serde_json::value::RawValue>,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let Some(errors) = answer.errors else {
        return Some(Vec::new());
    };
    let errors: Value = serde_json::from_str(errors.get()).ok()?;
    let errors = errors.as_array()?;
    Some(errors.iter().map(graphql_error).collect())
}

fn graphql_error(error: &Value) -> ErrorBody {
    let extensions = &error["extensions"];
    let text = |key: &str| extensions[key].as_str().map(str::to_owned);
    let class = text("code");
    ErrorBody {
        message: shorten(error["message"].as_str().unwrap_or_default()),
        code: text("subCode").or_else(|| class.clone()),
        class,
        limits: LimitFacts::read(extensions),
        known: true,
        is_twentys: true,
        is_listing: false,
    }
}

/// One text or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// Code and message of each metadata error. Errors about view fields are only consequences of the others.
fn metadata_errors(errors: &Value) -> Vec<(Option<String>, String)> {
    let Some(kinds) = errors.as_object() else {
        return Vec::new();
    };
    let collect = |with_views: bool| {
        kinds
            .iter()
            .filter(|(kind, _)| with_views || !kind.starts_with("view"))
            .flat_map(|(_, entities)| entities.as_array().into_iter().flatten())
            .flat_map(|entity| entity["errors"].as_array().into_iter().flatten())
            .filter_map(|error| {
                let message = error["message"].as_str()?.to_owned();
                Some((error["code"].as_str().map(str::to_owned), message))
            })
            .collect::<Vec<_>>()
    };
    let telling = collect(false);
    if telling.is_empty() {
        collect(true)
    } else {
        telling
    }
}

fn join(messages: &[String]) -> String {
    let mut joined = String::new();
    for (index, message) in messages.iter().take(MAX_MESSAGES).enumerate() {
        if index > 0 {
            joined.push_str("; ");
        }
        joined.push_str(message);
    }
    if messages.len() > MAX_MESSAGES {
        // Writing to a String cannot fail.
        let _ = write!(joined, "; and {} more", messages.len() - MAX_MESSAGES);
    }
    shorten(&joined)
}

/// One line of at most [`MAX_MESSAGE`] characters.
fn shorten(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(MAX_MESSAGE)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(MAX_MESSAGE).is_some() {
        short.push('…');
    }
    short.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> ErrorBody {
        ErrorBody::parse(body.as_bytes())
    }

    #[test]
    fn the_core_shape() {
        let body = parse(
            r#"{"statusCode":400,"error":"Error","messages":["No","Never"],"code":"INVALID_URL"}"#,
        );
        assert_eq!(body.message, "No; Never");
        assert_eq!(body.code.as_deref(), Some("INVALID_URL"));
        assert_eq!(body.class.as_deref(), Some("Error"));
        assert!(body.known);
    }

    #[test]
    fn the_framework_shape_with_one_message_and_with_many() {
        assert_eq!(
            parse(r#"{"message":"Cannot GET /x","error":"Not Found","statusCode":404}"#).message,
            "Cannot GET /x"
        );
        assert_eq!(
            parse(r#"{"message":["a","b"],"error":"Bad Request","statusCode":400}"#).message,
            "a; b"
        );
    }

    #[test]
    fn the_metadata_shape_shows_the_cause_not_its_consequences() {
        let body = parse(
            r#"{"statusCode":400,"error":"METADATA_VALIDATION_ERROR","message":"Several errors",
                "errors":{"viewField":[{"errors":[{"code":"INVALID_VIEW_DATA","message":"noise"}]}],
                          "fieldMetadata":[{"errors":[{"code":"NOT_AVAILABLE","message":"Name taken"}]}]}}"#,
        );
        assert_eq!(body.message, "Name taken");
        assert_eq!(body.code.as_deref(), Some("NOT_AVAILABLE"));
        assert_eq!(body.class.as_deref(), Some("METADATA_VALIDATION_ERROR"));
    }

    #[test]
    fn a_bare_string_and_the_auth_shape() {
        assert_eq!(
            parse(r#""request entity too large""#).message,
            "request entity too large"
        );
        let auth =
            parse(r#"{"statusCode":401,"messages":["Token invalid."],"error":"UNAUTHENTICATED"}"#);
        assert_eq!(
            (auth.message.as_str(), auth.class.as_deref()),
            ("Token invalid.", Some("UNAUTHENTICATED"))
        );
    }

    #[test]
    fn pages_of_other_servers_are_unknown() {
        for body in ["", "<html>", "null", "5", "[]", "{}", r#"{"a":1}"#] {
            assert!(!parse(body).known, "{body}");
        }
        assert_eq!(
            parse(r#"{"errors":[{"message":"Bad query"}]}"#).message,
            "Bad query"
        );
    }

    #[test]
    fn json_of_other_servers_is_recognised() {
        for body in [
            r#"{"message":"Forbidden"}"#,
            r#"{"error":"Forbidden"}"#,
            r#"{"timestamp":"x","status":403,"error":"Forbidden","path":"/rest/people"}"#,
            r#"{"type":"about:blank","title":"Access denied","status":403}"#,
            r#"{"success":false,"errors":{"code":1020}}"#,
            r#"{"error":{"code":"403","message":"Forbidden"}}"#,
            r#"{"statusCode":403}"#,
            "<html>",
            "",
        ] {
            assert!(!parse(body).is_twentys, "{body}");
            assert!(!parse(body).is_listing, "{body}");
        }
        let auth = parse(r#"{"statusCode":401,"messages":["x"],"error":"UNAUTHENTICATED"}"#);
        assert!(auth.is_twentys && auth.is_listing);
        let framework = parse(r#"{"message":"x","error":"Bad Request","statusCode":400}"#);
        assert!(framework.is_twentys && !framework.is_listing);
    }

    #[test]
    fn long_and_odd_texts_are_tamed() {
        let long = serde_json::json!({ "messages": ["é\n".repeat(5_000)] }).to_string();
        let message = parse(&long).message;
        assert!(message.chars().count() <= MAX_MESSAGE + 1);
        assert!(message.ends_with('…') && !message.contains('\n'));
        let many = serde_json::json!({ "messages": vec!["x"; 9] }).to_string();
        assert_eq!(parse(&many).message, "x; x; x; x; x; and 4 more");
    }

    #[test]
    fn graphql_errors_are_recognised() {
        assert_eq!(graphql_errors(br#"{"data":{"people":{}}}"#), Some(vec![]));
        assert_eq!(
            graphql_errors(br#"{"data":{},"errors":null}"#),
            Some(vec![])
        );
        assert_eq!(graphql_errors(b"<html>"), None);
        assert_eq!(graphql_errors(br#"{"errors":5}"#), None);
        let errors = graphql_errors(
            br#"{"errors":[{"message":"Token invalid.","extensions":{"subCode":"A","code":"B"}},{"message":"Syntax"}]}"#,
        )
        .expect("an answer");
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0].code.as_deref(), Some("A"));
        assert_eq!(errors[0].class.as_deref(), Some("B"));
        assert_eq!(errors[1].code, None);
    }
}
