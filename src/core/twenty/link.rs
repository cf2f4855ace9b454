//! Links (`docs/twenty/mapping.md#person`).

use url::{Host, Url};

use super::domain::is_hostname;
use super::multi_value;

/// The link as it is sent, of several the first: trimmed, with a scheme, host lower-cased, without a trailing slash. None where the server would
/// refuse it, or where it is no web address.
pub fn normalize(link: &str) -> Option<String> {
    let (link, _) = multi_value::first_link(link);
    let mut url = if has_scheme(link) {
        Url::parse(link).ok()?
    } else {
        // Without a scheme any word would do, so a host must look like one.
        let url = Url::parse(&format!("https://{}", link.trim_start_matches("//"))).ok()?;
        url.host_str().filter(|host| host.contains(['.', ':']))?;
        // What has an at sign is an e-mail address, and its host somebody else's site.
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
        // The parser makes addresses of bare numbers, too: `12345` is no site at 0.0.48.57.
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

/// Without slashes at the end, and without a `?` or `#` that nothing follows: the server drops these, and takes one slash
/// off each time (its `normalizeUrlOrigin`), so that what it stores would not be what was sent.
fn without_empty_end(mut link: &str) -> &str {
    loop {
        let mut rest = link.trim_end_matches('/');
        if rest.find('#') == Some(rest.len().saturating_sub(1)) {
            rest = &rest[..rest.len() - 1];
        }
        // What follows a `#` is no query.
        if rest.find(['?', '#']) == Some(rest.len().saturating_sub(1)) && rest.ends_with('?') {
            rest = &rest[..rest.len() - 1];
        }
        if rest == link {
            return link;
        }
        link = rest;
    }
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
