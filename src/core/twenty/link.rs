//! Links (`docs/twenty/mapping.md#person`).

use url::{Host, Url};

use super::domain::is_hostname;
use super::multi_value;

/// The link to send; of several, the first. It is trimmed, has a scheme, a lower-case host and no trailing slash.
/// `None` if it is not a web address, or the server would refuse it.
pub fn normalize(link: &str) -> Option<String> {
    let (link, _) = multi_value::first_link(link);
    let mut url = if has_scheme(link) {
        Url::parse(link).ok()?
    } else {
        // Without a scheme any word would parse, so the host must look like one.
        let url = Url::parse(&format!("https://{}", link.trim_start_matches("//"))).ok()?;
        url.host_str().filter(|host| host.contains(['.', ':']))?;
        // Text with an at sign is an e-mail address, and its host is somebody else's site.
        if !url.username().is_empty() {
            return None;
        }
        url
    };
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let is_taken = match url.host()? {
        Host::Domain(host) => host == "localhost" || is_hostname(host),
        // The parser also turns numbers into IP addresses: `12345` would become 0.0.48.57.
        Host::Ipv4(address) => link.contains(&address.to_string()),
        Host::Ipv6(_) => false,
    };
    if !is_taken {
        return None;
    }
    if url.query() == Some("") {
        url.set_query(None);
    }
    Some(without_empty_end(url.as_str()).to_owned())
}

/// Removes slashes at the end, and a `?` or `#` with nothing after it. The server removes these, and one slash at each
/// write (`normalizeUrlOrigin`), so the stored link would differ from the sent one.
fn without_empty_end(mut link: &str) -> &str {
    loop {
        let mut rest = link.trim_end_matches('/');
        if rest.find('#') == Some(rest.len().saturating_sub(1)) {
            rest = &rest[..rest.len() - 1];
        }
        // Text after a `#` is not a query.
        if rest.find(['?', '#']) == Some(rest.len().saturating_sub(1)) && rest.ends_with('?') {
            rest = &rest[..rest.len() - 1];
        }
        if rest == link {
            return link;
        }
        link = rest;
    }
}

/// Whether it starts with `name:` and the next part cannot be a port; `host:8080/x` has no scheme.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_are_sent_as_the_server_stores_them() {
        let cases = [
            ("acme.com", Some("https://acme.com")),
            (" https://acme.com/ ", Some("https://acme.com")),
            ("HTTP://Acme.COM/Path/", Some("http://acme.com/Path")),
            ("//acme.com/x", Some("https://acme.com/x")),
            ("acme.com:8080/x", Some("https://acme.com:8080/x")),
            ("https://acme.com/a?b=c#d", Some("https://acme.com/a?b=c#d")),
            ("https://acme.com/?#", Some("https://acme.com")),
            ("https://acme.com?/", Some("https://acme.com")),
            ("https://acme.com#//", Some("https://acme.com")),
            ("https://acme.com/?q#//", Some("https://acme.com/?q")),
            ("https://acme.com/?a?", Some("https://acme.com/?a?")),
            ("https://acme.com/#a#", Some("https://acme.com/#a#")),
            ("https://acme.com/a?#b", Some("https://acme.com/a#b")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("not a url", None),
            ("word", None),
            ("", None),
            ("mailto:jane@acme.com", None),
            ("jane@gmail.com", None),
            ("acme.com/@jane", Some("https://acme.com/@jane")),
            ("javascript:alert(1)", None),
            ("https://", None),
            ("http://127.0.0.1:3000/x", Some("http://127.0.0.1:3000/x")),
            ("10.20.30.40/x", Some("https://10.20.30.40/x")),
            ("12345", None),
            ("https://12345", None),
            ("1.5", None),
            ("3.14.15", None),
            ("http://0x7f.1/", None),
            ("http://010.020.030.040/", None),
            ("http://intranet/x", None),
            ("http://[::1]/x", None),
            ("https://my_shop.example.com/x", None),
            ("\u{feff}acme.com\u{200b}", Some("https://acme.com")),
            ("a.example\nb.example", Some("https://a.example")),
            ("a.example\tb.example", Some("https://a.example")),
            ("nothing\nb.example", None),
            ("https://bu\u{308}cher.de", Some("https://xn--bcher-kva.de")),
        ];
        for (link, expected) in cases {
            assert_eq!(normalize(link).as_deref(), expected, "{link}");
        }
    }

    proptest! {
        #[test]
        fn a_normal_link_stays_as_it_is(link in "(https?://|HTTPS://|)[a-zA-Z0-9.]{1,12}[.](com|org)([/?#][a-zA-Z0-9%?#=/. ]{0,12})?|\\PC{0,30}") {
            if let Some(once) = normalize(&link) {
                prop_assert!(once.starts_with("https://") || once.starts_with("http://"));
                prop_assert!(Url::parse(&once).is_ok());
                prop_assert_eq!(normalize(&once), Some(once));
            }
        }
    }
}
