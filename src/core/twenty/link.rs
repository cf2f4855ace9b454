//! Links (MAPPING.md, row `website`).

use url::Url;

/// The link as it is sent: trimmed, with a scheme, host lower-cased, without a trailing slash. None where the server would
/// refuse it (transcript 125), or where it is no web address.
pub fn normalize(link: &str) -> Option<String> {
    let link = link.trim();
    let with_scheme = if has_scheme(link) {
        link.to_owned()
    } else {
        format!("https://{}", link.trim_start_matches("//"))
    };
    let url = Url::parse(&with_scheme).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.host_str()?.contains(['.', ':']) {
        return None;
    }
    let text = url.as_str();
    Some(text.strip_suffix('/').unwrap_or(text).to_owned())
}

/// `name:` with something that cannot be a port behind it; `host:8080/x` has none.
fn has_scheme(link: &str) -> bool {
    let Some((scheme, rest)) = link.split_once(':') else {
        return false;
    };
    let name = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-'));
    name && (rest.starts_with("//") || !rest.starts_with(|c: char| c.is_ascii_digit()))
}
