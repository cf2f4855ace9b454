//! Request bodies (WIRE.md section 1).

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
            let fields: Map<String, Value> = parse_query(&text)
                .into_iter()
                .map(|(k, v)| (k, Value::from(v)))
                .collect();
            request.json = Some(Value::Object(fields));
        }
        _ => {}
    }
    Ok(())
}

fn parse_json(body: &[u8]) -> ApiResult<Value> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let refused = |message: String| ApiError::nest(400, "Bad Request", message);
    let text = String::from_utf8_lossy(body);
    // The server's parser is strict: it looks at the first character before anything else.
    match text.trim_start().chars().next() {
        Some('{' | '[') => serde_json::from_str(&text).map_err(|e| refused(message(&text, &e))),
        Some(other) => Err(refused(format!(
            "Unexpected token '{other}', \"{}\" is not valid JSON",
            excerpt(&text, 0)
        ))),
        None => Err(refused("Unexpected end of JSON input".to_owned())),
    }
}

/// The sentence of the server's JSON parser, near enough: its wording varies with the place.
fn message(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "Unexpected end of JSON input".to_owned();
    }
    let offset: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>()
        + error.column().saturating_sub(1);
    let found = text
        .get(offset..)
        .and_then(|rest| rest.chars().next())
        .unwrap_or(' ');
    format!(
        "Unexpected token '{found}', {} is not valid JSON",
        excerpt(text, offset)
    )
}

fn excerpt(text: &str, offset: usize) -> String {
    let start = text
        .char_indices()
        .map(|(i, _)| i)
        .rfind(|i| *i + 10 <= offset)
        .unwrap_or(0);
    text[start..].chars().take(20).collect()
}
