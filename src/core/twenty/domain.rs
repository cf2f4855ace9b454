//! Company domains as identities (`docs/twenty/mapping.md#domains`).

use std::borrow::Cow;

use url::quirks::domain_to_unicode;
use url::{Host, Url};

use super::nfc::composed;
use super::public_suffix::{self, SuffixKind};
use super::warning::reason;
use super::{invisible, multi_value};

/// How the workspace stores `domainName.primaryLinkUrl`: servers from 2.38 store the bare host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DomainForm {
    /// `acme.com`.
    Bare,
    /// `https://acme.com`.
    #[default]
    Https,
}

impl DomainForm {
    /// The form of a row's link; `None` if it is blank.
    pub fn of_link(link: &str) -> Option<Self> {
        match link.trim() {
            "" => None,
            link if link.contains("://") => Some(Self::Https),
            _ => Some(Self::Bare),
        }
    }
}

/// A domain that identifies one organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain {
    host: String,
    typed: Option<String>,
}

impl Domain {
    /// Parses any spelling. The error is one of `warning::reason`: INVALID_DOMAIN, SHARED_DOMAIN, DOMAIN_WITH_PATH.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = invisible::trim(text);
        // URL parsers ignore line breaks and tabs, and would join two hosts into one.
        if multi_value::is_folded(text) {
            return Err(reason::INVALID_DOMAIN);
        }
        let lower = composed(&text.to_lowercase()).into_owned();
        let rest = lower
            .strip_prefix("https://")
            .or_else(|| lower.strip_prefix("http://"))
            .or_else(|| lower.strip_prefix("//"))
            .unwrap_or(&lower)
            // URL parsers ignore additional slashes; without this, a spelling could start with them or be empty.
            .trim_start_matches(['/', '\\']);
        let url = Url::parse(&format!("https://{rest}")).map_err(|_| reason::INVALID_DOMAIN)?;
        let Some(Host::Domain(host)) = url.host() else {
            return Err(reason::INVALID_DOMAIN);
        };
        // One final dot is the DNS root. With more, part of an e-mail address could pass for a host.
        let host = host.strip_suffix('.').unwrap_or(host);
        // Ignored characters (soft hyphens) can leave an empty label.
        if host.split('.').any(str::is_empty) {
            return Err(reason::INVALID_DOMAIN);
        }
        let host = strip_www(host);
        if !is_hostname(host) {
            return Err(reason::INVALID_DOMAIN);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(reason::INVALID_DOMAIN);
        }
        if public_suffix::suffix(host).kind == SuffixKind::Private || shared_hosts::is_shared(host)
        {
            return Err(reason::SHARED_DOMAIN);
        }
        if !public_suffix::is_registrable(host) {
            return Err(reason::INVALID_DOMAIN);
        }
        let page = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
        if page || url.port().is_some_and(|port| port != 80) {
            return Err(reason::DOMAIN_WITH_PATH);
        }
        // If the host was typed in its own script, a row may have it in that form.
        let typed = rest
            .split(['/', '\\', ':'])
            .next()
            .map(|host| strip_www(host.trim_end_matches('.')));
        Ok(Self {
            host: host.to_owned(),
            typed: typed
                .filter(|typed| !typed.is_ascii() && is_spelling_of(typed, host))
                .map(str::to_owned),
        })
    }

    /// The identity: the bare host in lower case and ASCII form, without `www.`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The link to write.
    pub fn to_link(&self, form: DomainForm) -> String {
        match form {
            DomainForm::Bare => self.host.clone(),
            DomainForm::Https => format!("https://{}", self.host),
        }
    }

    /// All spellings of this domain that a row may have; look-ups ask for all of them.
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = Vec::with_capacity(12);
        let letters = Some(&self.host)
            .filter(|host| host.contains("xn--"))
            .map(|host| domain_to_unicode(host))
            .filter(|letters| !letters.is_empty() && Some(letters) != self.typed.as_ref())
            // Keep only spellings that parse back to the same host.
            .filter(|letters| Self::parse(letters).is_ok_and(|read| read.host == self.host));
        let others = self.typed.iter().chain(&letters);
        for host in std::iter::once(&self.host).chain(others) {
            for scheme in ["", "https://", "http://"] {
                for www in ["", "www."] {
                    for slash in ["", "/"] {
                        spellings.push(format!("{scheme}{www}{host}{slash}"));
                    }
                }
            }
        }
        spellings
    }
}

/// The domain that entities show: the bare host if the link identifies an organisation, otherwise the link itself.
pub fn from_link(link: &str) -> String {
    Domain::parse(link).map_or_else(|_| link.to_owned(), |domain| domain.host)
}

/// The normalised form: the bare host, which all spellings share; a link that identifies no organisation stays as it
/// is.
pub fn canonical(link: &str) -> Cow<'_, str> {
    Domain::parse(link).map_or(Cow::Borrowed(link), |domain| domain.host.into())
}

/// Whether the server accepts this host (lower case, ASCII) in a link. It wants at least two labels of letters, digits
/// and hyphens, without a hyphen at either end, and with underscores only at the start of a label. This follows the
/// pattern in the server's source, whose labels are a little shorter than those of the DNS.
pub fn is_hostname(host: &str) -> bool {
    let fits_in = |label: &str, most: usize| {
        let most = if label.starts_with("xn--") { 63 } else { most };
        (1..=most).contains(&label.len())
    };
    let mut labels = host.split('.').rev();
    let is_plain = |label: &str| {
        label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = labels.next().unwrap_or("");
    let mut others = 0;
    let fits = labels.all(|label| {
        others += 1;
        let rest = label.strip_prefix('_').unwrap_or(label);
        fits_in(rest, 62) && is_plain(rest)
    });
    fits && (1..=10).contains(&others) && fits_in(last, 61) && is_plain(last)
}

/// Removed repeatedly, because the rest would otherwise be another domain.
fn strip_www(mut host: &str) -> &str {
    while let Some(rest) = host.strip_prefix("www.")
        && public_suffix::is_registrable(rest)
    {
        host = rest;
    }
    host
}

/// URL parsers ignore characters that a row would keep (control characters at the ends, tabs anywhere).
fn is_spelling_of(typed: &str, host: &str) -> bool {
    let parsed = Url::parse(&format!("https://{typed}/"));
    !typed.contains(|c: char| c == '@' || c.is_control())
        && parsed.is_ok_and(|url| url.host_str().is_some_and(|other| strip_www(other) == host))
}

mod shared_hosts;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn domains_without_an_organisation_are_refused() {
        let cases = [
            ("https://acme.com/shop", reason::DOMAIN_WITH_PATH),
            ("acme.com?x=1", reason::DOMAIN_WITH_PATH),
            ("acme.com:8080", reason::DOMAIN_WITH_PATH),
            ("facebook.com", reason::SHARED_DOMAIN),
            ("https://www.facebook.com/acme", reason::SHARED_DOMAIN),
            ("linktr.ee/acme", reason::SHARED_DOMAIN),
            ("acme.github.io", reason::SHARED_DOMAIN),
            ("github.io", reason::SHARED_DOMAIN),
            ("acme.wordpress.com", reason::SHARED_DOMAIN),
            ("co.uk", reason::INVALID_DOMAIN),
            ("acme", reason::INVALID_DOMAIN),
            ("not a domain", reason::INVALID_DOMAIN),
            ("", reason::INVALID_DOMAIN),
            ("127.0.0.1", reason::INVALID_DOMAIN),
            ("127.0.0.%2e%2e/", reason::INVALID_DOMAIN),
            ("acme.com..", reason::INVALID_DOMAIN),
            ("jane@acme.com", reason::INVALID_DOMAIN),
            ("www.\u{ad}.com", reason::INVALID_DOMAIN),
            ("\u{ad}.acme.com", reason::INVALID_DOMAIN),
            ("my_shop.example.com", reason::INVALID_DOMAIN),
            ("shop-.example.com", reason::INVALID_DOMAIN),
            ("-x.com", reason::INVALID_DOMAIN),
            ("a.example\nb.example", reason::INVALID_DOMAIN),
            ("a.example\tb.example", reason::INVALID_DOMAIN),
            ("a.example\r\nb.example", reason::INVALID_DOMAIN),
            ("a.example\u{2028}b.example", reason::INVALID_DOMAIN),
            ("a.example;b.example", reason::INVALID_DOMAIN),
            ("a.example, b.example", reason::INVALID_DOMAIN),
            ("a.example | b.example", reason::INVALID_DOMAIN),
            ("a.example ::: b.example", reason::INVALID_DOMAIN),
            (
                "https://a.example https://b.example",
                reason::INVALID_DOMAIN,
            ),
        ];
        for (text, why) in cases {
            assert_eq!(Domain::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn hosts_are_those_that_the_server_takes() {
        for host in [
            "acme.com",
            "2.com",
            "a--b.com",
            "_dmarc.acme.com",
            "foo.xn--p1ai",
            "xn--e1afmkfd.xn--p1ai",
            &format!("{}.com", "l".repeat(62)),
            &format!("xn--{}.com", "l".repeat(59)),
            &format!("acme.{}", "l".repeat(61)),
        ] {
            assert!(is_hostname(host), "{host}");
        }
        for host in [
            "",
            "intranet",
            "acme.com.",
            "a_b.com",
            "-x.com",
            "x-.com",
            "a..com",
            "_.com",
            &format!("{}.com", "l".repeat(63)),
            &format!("acme.{}", "l".repeat(62)),
        ] {
            assert!(!is_hostname(host), "{host}");
        }
    }

    #[test]
    fn the_form_that_the_workspace_stores_is_written() {
        let domain = Domain::parse("https://www.Acme.co.uk/").expect("a domain");
        assert_eq!(domain.to_link(DomainForm::Bare), "acme.co.uk");
        assert_eq!(domain.to_link(DomainForm::Https), "https://acme.co.uk");
        assert!(
            domain
                .spellings()
                .contains(&"http://www.acme.co.uk/".to_owned())
        );
    }

    #[test]
    fn other_scripts_equal_their_ascii_form() {
        let typed = Domain::parse("B\u{fc}cher.de").expect("a domain");
        assert_eq!(typed.host(), "xn--bcher-kva.de");
        assert!(
            typed
                .spellings()
                .contains(&"https://b\u{fc}cher.de".to_owned())
        );
        let ascii = Domain::parse("xn--bcher-kva.de").expect("a domain");
        assert_eq!(ascii.host(), typed.host());
        assert!(ascii.spellings().contains(&"b\u{fc}cher.de".to_owned()));
        for spelling in typed.spellings() {
            assert_eq!(canonical(&spelling), ascii.host(), "{spelling}");
        }
        assert_eq!(canonical("https://acme.com/shop"), "https://acme.com/shop");
    }

    #[test]
    fn the_form_is_learned_from_what_rows_hold() {
        let domain = Domain::parse("acme.com").expect("a domain");
        for form in [DomainForm::Bare, DomainForm::Https] {
            assert_eq!(DomainForm::of_link(&domain.to_link(form)), Some(form));
        }
        assert_eq!(DomainForm::of_link(" "), None);
    }

    #[test]
    fn no_spelling_is_blank_however_a_domain_is_typed() {
        for text in [
            "http:////acme.com",
            "///acme.com",
            "https://\\\\acme.com",
            "www.www.acme.com",
            "www.www.acme.com\0",
            "%61cme.com",
            "\u{feff}acme.com\u{200b}",
            "ac\u{ad}me.com",
        ] {
            let domain = Domain::parse(text).expect(text);
            assert_eq!(domain.host(), "acme.com");
            for spelling in domain.spellings() {
                assert_eq!(from_link(&spelling), "acme.com", "{text}: {spelling}");
            }
        }
    }

    #[test]
    fn decomposed_and_composed_domains_are_equal() {
        let apart = Domain::parse("bu\u{308}cher.de").expect("a domain");
        assert_eq!(apart, Domain::parse("b\u{fc}cher.de").expect("a domain"));
        assert_eq!(apart.host(), "xn--bcher-kva.de");
    }

    #[test]
    fn www_is_kept_where_it_is_the_name() {
        assert_eq!(
            Domain::parse("www.com").expect("a domain").host(),
            "www.com"
        );
    }

    proptest! {
        #[test]
        fn every_spelling_is_one_identity(name in "acme-[a-z0-9]{1,10}", suffix in "(com|org|co[.]uk|example|test)") {
            let host = format!("{name}.{suffix}");
            let domain = Domain::parse(&host).expect("a domain");
            let spellings = domain.spellings();
            for form in [DomainForm::Bare, DomainForm::Https] {
                prop_assert!(spellings.contains(&domain.to_link(form)));
            }
            for spelling in &spellings {
                for text in [spelling.clone(), spelling.to_uppercase(), format!(" {spelling} ")] {
                    prop_assert_eq!(Domain::parse(&text), Ok(domain.clone()), "{}", text);
                }
            }
            prop_assert_eq!(from_link(&domain.to_link(DomainForm::Https)), host);
        }

        #[test]
        fn any_text_gives_a_domain_or_a_reason(text in any::<String>()) {
            if let Ok(domain) = Domain::parse(&text) {
                prop_assert_eq!(Domain::parse(domain.host()).map(|d| d.host), Ok(domain.host));
            }
        }
    }
}
