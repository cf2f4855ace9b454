//! Request bodies (`docs/twenty/protocol.md#transport`).

use serde_json::{Map, Value};

use crate::errors::ApiError;
use crate::http::{ApiResult, Request, parse_query};

/// Parses the body by its content type into [`Request::json`].
///
/// # Errors
/// 400 shape 2 for text that is not JSON, or is a JSON scalar.
pub fn parse(request: &mut Request) -> ApiResult<()> {
    let content_type = request.header("content-type").unwrap_or_default();
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => request.json = Some(parse_json(&request.body)?),
        "application/x-www-form-urlencoded" => {
            let text = String::from_utf8_lossy(&request.body);
            request.json = Some(form(&text));
        }
        "text/plain" => {
            let text = String::from_utf8_lossy(&request.body).into_owned();
            request.json = Some(Value::from(text));
        }
        _ => {}
    }
    Ok(())
}

/// Fields of a form; `name[firstName]=Ada` nests.
fn form(text: &str) -> Value {
    let mut fields = Map::new();
    for (key, value) in parse_query(text) {
        let nested = key
            .split_once('[')
            .and_then(|(k, sub)| Some((k, sub.strip_suffix(']')?)));
        match nested {
            Some((key, sub)) => {
                let entry = fields
                    .entry(key)
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(entry) = entry {
                    entry.insert(sub.to_owned(), Value::from(value));
                }
            }
            None => {
                fields.insert(key, Value::from(value));
            }
        }
    }
    Value::Object(fields)
}

fn parse_json(body: &[u8]) -> ApiResult<Value> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let refused = |message: String| ApiError::nest(400, "Bad Request", message);
    let text = String::from_utf8_lossy(body);
    // The server's parser is strict: it checks the first character before anything else.
    match text.trim_start().chars().next() {
        Some('{' | '[') => serde_json::from_str(&text).map_err(|e| refused(message(&text, &e))),
        Some(other) => Err(refused(format!(
            "Unexpected token '{other}', \"{}\" is not valid JSON",
            excerpt(&text)
        ))),
        None => Err(refused("Unexpected end of JSON input".to_owned())),
    }
}

/// The message of the server's JSON parser for the most common mistakes.
fn message(text: &str, error: &serde_json::Error) -> String {
    let lines_before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let is_eof = error.is_eof();
    // Both parsers count columns from 1. At the end of the text, serde_json names the last character and the server the
    // position after it.
    let column = if is_eof {
        error.column() + 1
    } else {
        error.column()
    };
    let position = lines_before + column.saturating_sub(1);
    let place = format!(
        "in JSON at position {position} (line {} column {column})",
        error.line()
    );
    let reason = error.to_string();
    let says = |what: &str| reason.starts_with(what);
    if says("EOF while parsing a value") {
        "Unexpected end of JSON input".to_owned()
    } else if says("EOF while parsing a string") {
        format!("Unterminated string {place}")
    } else if says("key must be a string") {
        format!("Expected property name or '}}' {place}")
    } else if says("EOF while parsing an object") || says("expected `,` or `}`") {
        format!("Expected ',' or '}}' after property value {place}")
    } else if says("EOF while parsing a list") || says("expected `,` or `]`") {
        format!("Expected ',' or ']' after array element {place}")
    } else if says("expected `:`") {
        format!("Expected ':' after property name {place}")
    } else {
        let found = text
            .get(position..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or(' ');
        format!(
            "Unexpected token '{found}', \"{}\" is not valid JSON",
            excerpt(text)
        )
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse_json(text.as_bytes()).unwrap_err().message()
    }

    #[test]
    fn broken_json_is_refused_in_the_servers_words() {
        assert_eq!(
            refusal("{bad json"),
            "Expected property name or '}' in JSON at position 1 (line 1 column 2)"
        );
        assert_eq!(
            refusal(r#"{"name": {"firstName": "x""#),
            "Expected ',' or '}' after property value in JSON at position 26 (line 1 column 27)"
        );
        assert_eq!(
            refusal("null"),
            "Unexpected token 'n', \"null\" is not valid JSON"
        );
        assert_eq!(
            refusal("\"abc\""),
            "Unexpected token '\"', \"\"abc\"\" is not valid JSON"
        );
    }

    #[test]
    fn forms_nest_and_an_empty_body_is_an_object() {
        let fields = form("name[firstName]=Form&externalId=form-1");
        assert_eq!(fields["name"]["firstName"], "Form");
        assert_eq!(fields["externalId"], "form-1");
        assert_eq!(parse_json(b"").unwrap(), Value::Object(Map::new()));
    }
}
