//! The server's address, and paths that cannot leave it.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use super::pasted;
use crate::core::error::CrmError;

/// Longest URL that HTTP libraries agree on (hyper's limit). Servers accept much less.
const MAX_URL_BYTES: usize = 65_534;
const TOO_LONG: &str = "makes a URL of more than 65534 bytes, which no server accepts: send long filters in a POST \
to /graphql";

/// Where Twenty is: scheme, host, port and an optional base path, without a trailing slash.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Parsed, for origin comparisons.
    url: Url,
    /// The base URL as text, without trailing slash. Paths are appended to it.
    text: String,
}

impl BaseUrl {
    /// Parses the caller's base URL: http or https, no credentials, no query, no fragment.
    pub fn parse(text: &str) -> Result<Self, CrmError> {
        let refuse = |why: &str| Err(CrmError::validation("baseUrl", format!("baseUrl {why}")));
        let trimmed = text.trim_matches(' ');
        if trimmed.is_empty() {
            return refuse(
                "is empty: give the address of your Twenty, for example https://crm.example.com",
            );
        }
        if pasted::is_quoted(trimmed.trim_end_matches('/')) {
            return refuse(
                "is in quotes: give the address without them (a .env file that is read raw keeps its quotes)",
            );
        }
        if trimmed
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return refuse("contains spaces, backslashes or control characters");
        }
        let url = match Url::parse(trimmed) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) => {
                return refuse(
                    "needs a scheme: start it with https:// (or http:// for a local server)",
                );
            }
            Err(error) => return refuse(&format!("is not a URL: {error}")),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("must start with https:// or http://");
        }
        if !url.username().is_empty() || url.password().is_some() || has_userinfo(trimmed) {
            return refuse("must not hold credentials: they belong into apiKey");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("must not have a query or a fragment");
        }
        let mut url = url;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, text })
    }

    /// The base URL without trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `url` has the same scheme, host and port.
    pub fn is_same_origin(&self, url: &Url) -> bool {
        self.url.scheme() == url.scheme()
            && self.url.host() == url.host()
            && self.url.port_or_known_default() == url.port_or_known_default()
    }

    /// `path` under this base URL. Refuses, before anything is sent, every path that could lead to another place.
    pub fn join(&self, path: &str) -> Result<Url, CrmError> {
        let refuse = |why: &str| Err(CrmError::validation("path", format!("path {why}")));
        if path.is_empty() {
            return refuse("is empty");
        }
        if path.len() > MAX_URL_BYTES {
            return refuse(TOO_LONG);
        }
        if let Some(why) = forbidden(path) {
            return refuse(why);
        }
        let rest = path.strip_prefix('/').unwrap_or(path);
        if let Some(url) = self.join_plain(rest) {
            return Ok(url);
        }
        let mut full = String::with_capacity(self.text.len() + rest.len() + 1);
        full.push_str(&self.text);
        full.push('/');
        full.push_str(rest);
        if full.ends_with(' ') {
            // The parser would strip trailing spaces, and with them the end of a filter's value.
            let blanks = full.len() - full.trim_end_matches(' ').len();
            full.truncate(full.len() - blanks);
            full.push_str(&"%20".repeat(blanks));
        }
        match Url::parse(&full) {
            Ok(url) if url.as_str().len() > MAX_URL_BYTES => refuse(TOO_LONG),
            Ok(url) if self.contains(&url) => Ok(url),
            Ok(_) => refuse("leaves the base URL"),
            Err(error) => refuse(&format!("does not make a URL: {error}")),
        }
    }

    /// The fast path for paths without special characters: the base URL is not parsed again.
    fn join_plain(&self, rest: &str) -> Option<Url> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        if !path.bytes().all(plain) || query.is_some_and(|query| query.ends_with(' ')) {
            return None;
        }
        let mut url = self.url.clone();
        let base_path = self.url.path().trim_end_matches('/');
        let mut full_path = String::with_capacity(base_path.len() + path.len() + 1);
        full_path.push_str(base_path);
        full_path.push('/');
        full_path.push_str(path);
        url.set_path(&full_path);
        url.set_query(query);
        Some(url)
    }

    /// Whether `url` lies on this origin and under this base path.
    fn contains(&self, url: &Url) -> bool {
        let base_path = self.url.path().trim_end_matches('/');
        self.is_same_origin(url)
            && url.username().is_empty()
            && url.password().is_none()
            && url
                .path()
                .strip_prefix(base_path)
                .is_some_and(|rest| rest.starts_with('/'))
    }
}

/// `https://@host` parses to an empty user name, so the text is checked too.
fn has_userinfo(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        authority.contains('@')
    })
}

/// The reason why a path is refused, if it is.
fn forbidden(path: &str) -> Option<&'static str> {
    if path.starts_with("//") {
        return Some("starts with //, which names another host");
    }
    let mut path_bytes = path.len();
    let mut escaped = false;
    for (index, byte) in path.bytes().enumerate() {
        match byte {
            0..=0x1f | 0x7f => {
                return Some("has a control character, tab or line break: percent-encode it");
            }
            b'\\' => return Some("has a backslash: percent-encode it in a query, use / in a path"),
            b'#' => return Some("has a fragment (#): percent-encode the character as %23"),
            b'?' if index < path_bytes => path_bytes = index,
            b'%' if index < path_bytes => escaped = true,
            _ => {}
        }
    }
    if !path.is_ascii() && path.chars().any(char::is_control) {
        return Some("has a control character");
    }
    let path = &path[..path_bytes];
    if is_absolute(path) {
        return Some("is an absolute URL: give the path under baseUrl only");
    }
    if !escaped {
        return has_dot_segment(path).then_some("has a . or .. segment");
    }
    let decoded = Cow::from(percent_decode_str(path));
    if decoded.iter().any(u8::is_ascii_control) {
        return Some("has an encoded control character");
    }
    let decoded = String::from_utf8_lossy(&decoded);
    has_dot_segment(&decoded).then_some("has an encoded . or .. segment")
}

/// Whether the path starts with a scheme: a letter, then letters, digits, `+`, `-`, `.` up to a colon, within the first
/// segment.
fn is_absolute(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    first.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

/// Some servers strip path parameters before they resolve dots, hence the `;`.
fn has_dot_segment(path: &str) -> bool {
    path.split(['/', '\\'])
        .any(|segment| matches!(segment.split(';').next(), Some("." | "..")))
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
