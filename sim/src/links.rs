//! LINKS values (`docs/twenty/protocol.md#values`).

use serde_json::{Map, Value};
use url::Url;

use crate::errors::ApiError;
use crate::http::ApiResult;

/// Checks and normalises the URLs of a LINKS value; with `bare_host` the primary URL is reduced
/// to its host (company domains from 2.38).
///
/// # Errors
/// 400 INVALID_URL.
pub fn normalise(links: &mut Map<String, Value>, bare_host: bool) -> ApiResult<()> {
    match links.get_mut("primaryLinkUrl") {
        Some(Value::String(text)) => {
            *text = url(text)?;
            if bare_host {
                *text = host(text);
            }
        }
        // Clearing the URL also clears its label, even if the label is sent.
        Some(_) => {
            links.insert("primaryLinkLabel".to_owned(), Value::Null);
        }
        None => {}
    }
    if let Some(Value::Array(others)) = links.get_mut("secondaryLinks") {
        for other in others {
            if let Some(Value::String(text)) = other.get_mut("url") {
                *text = url(text)?;
            }
        }
    }
    Ok(())
}

fn with_scheme(text: &str) -> Option<Url> {
    text.contains("://")
        .then(|| Url::parse(text).ok())
        .flatten()
}

fn url(text: &str) -> ApiResult<String> {
    let parsed = with_scheme(text);
    let checked = match &parsed {
        Some(url) => Some(url.clone()),
        None => Url::parse(&format!("https://{text}")).ok(),
    };
    let is_host = |host: &str| host.contains('.') || host == "localhost";
    let is_valid = !text.contains(char::is_whitespace)
        && checked
            .as_ref()
            .and_then(Url::host_str)
            .is_some_and(is_host);
    if !is_valid {
        return Err(ApiError::coded(
            "INVALID_URL",
            "The URL of the link is not valid",
        ));
    }
    let Some(url) = parsed else {
        return Ok(text.to_owned());
    };
    let mut result = url.origin().ascii_serialization();
    result.push_str(url.path());
    if let Some(query) = url.query().filter(|query| !query.is_empty()) {
        result.push('?');
        result.push_str(query);
    }
    if let Some(fragment) = url.fragment().filter(|text| !text.is_empty()) {
        result.push('#');
        result.push_str(fragment);
    }
    if result.ends_with('/') {
        result.pop();
    }
    Ok(result)
}

fn host(text: &str) -> String {
    let url = with_scheme(text).or_else(|| Url::parse(&format!("https://{text}")).ok());
    let host = url
        .as_ref()
        .and_then(Url::host_str)
        .unwrap_or(text)
        .to_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_with_a_scheme_are_normalised_and_others_kept() {
        assert_eq!(
            url("HTTPS://Example.com/Ada/").unwrap(),
            "https://example.com/Ada"
        );
        assert_eq!(url("https://x.com").unwrap(), "https://x.com");
        assert_eq!(url("Example.com/ABC/").unwrap(), "Example.com/ABC/");
        assert_eq!(url("https://x.com/a?B=c").unwrap(), "https://x.com/a?B=c");
        assert_eq!(
            url("https://x.com/ü/%2F?#").unwrap(),
            "https://x.com/%C3%BC/%2F"
        );
        assert_eq!(url("not a url").unwrap_err().status(), 400);
        assert_eq!(
            url("nope").unwrap_err().message(),
            "The URL of the link is not valid"
        );
    }

    #[test]
    fn later_servers_keep_the_bare_host_only() {
        assert_eq!(host("https://www.Acme.com:8080/x"), "acme.com");
        assert_eq!(host("acme.com/x"), "acme.com");
    }
}
