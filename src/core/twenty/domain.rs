//! Company domains as identities (MAPPING.md, row `domain_name`).

use psl::{Psl, Type};
use url::{Host, Url};

use super::warning::reason;

/// The form in which the workspace stores `domainName.primaryLinkUrl`: servers from 2.38 store the bare host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DomainForm {
    /// `acme.com`.
    Bare,
    /// `https://acme.com`.
    #[default]
    Https,
}

/// Hosts that many organisations share by path or subdomain and that the public suffix list's private section does not
/// have: social networks, link pages, site builders, shops, shorteners, mailbox providers.
const SHARED_HOSTS: &[&str] = &[
    "about.me",
    "beacons.ai",
    "behance.net",
    "bio.link",
    "bit.ly",
    "bsky.app",
    "calendly.com",
    "carrd.co",
    "discord.gg",
    "dribbble.com",
    "etsy.com",
    "eventbrite.com",
    "facebook.com",
    "fb.com",
    "fb.me",
    "flickr.com",
    "github.com",
    "gitlab.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "goo.gl",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "instagram.com",
    "linkedin.com",
    "linkin.bio",
    "linktr.ee",
    "live.com",
    "lnk.bio",
    "mail.ru",
    "maps.app.goo.gl",
    "medium.com",
    "msn.com",
    "notion.site",
    "notion.so",
    "outlook.com",
    "patreon.com",
    "pinterest.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "reddit.com",
    "sites.google.com",
    "snapchat.com",
    "soundcloud.com",
    "squarespace.com",
    "substack.com",
    "t.me",
    "telegram.me",
    "threads.net",
    "tiktok.com",
    "tinyurl.com",
    "tumblr.com",
    "twitch.tv",
    "twitter.com",
    "vimeo.com",
    "vk.com",
    "wa.me",
    "web.de",
    "webflow.com",
    "weebly.com",
    "whatsapp.com",
    "wix.com",
    "wixsite.com",
    "wordpress.com",
    "x.com",
    "yahoo.com",
    "yandex.ru",
    "yelp.com",
    "youtu.be",
    "youtube.com",
];

/// A domain that identifies one organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain {
    host: String,
    typed: Option<String>,
}

impl Domain {
    /// Reads any spelling. The error is one of `warning::reason`: INVALID_DOMAIN, SHARED_DOMAIN, DOMAIN_WITH_PATH.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let lower = text.to_lowercase();
        let rest = lower
            .strip_prefix("https://")
            .or_else(|| lower.strip_prefix("http://"))
            .or_else(|| lower.strip_prefix("//"))
            .unwrap_or(&lower);
        let url = Url::parse(&format!("https://{rest}")).map_err(|_| reason::INVALID_DOMAIN)?;
        let Some(Host::Domain(host)) = url.host() else {
            return Err(reason::INVALID_DOMAIN);
        };
        let host = strip_www(host.trim_end_matches('.'));
        if !url.username().is_empty() || url.password().is_some() {
            return Err(reason::INVALID_DOMAIN);
        }
        let registrable = psl::List.domain(host.as_bytes()).ok_or_else(|| {
            match psl::List.suffix(host.as_bytes()) {
                Some(suffix) if suffix.typ() == Some(Type::Private) => reason::SHARED_DOMAIN,
                _ => reason::INVALID_DOMAIN,
            }
        })?;
        if registrable.suffix().typ() == Some(Type::Private) || is_shared(host) {
            return Err(reason::SHARED_DOMAIN);
        }
        let page = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
        if page || url.port().is_some_and(|port| port != 80) {
            return Err(reason::DOMAIN_WITH_PATH);
        }
        // Where the host was typed in its own script, a row may hold it that way.
        let typed = rest
            .split(['/', ':'])
            .next()
            .map(|host| strip_www(host.trim_end_matches('.')));
        Ok(Self {
            host: host.to_owned(),
            typed: typed.filter(|typed| *typed != host).map(str::to_owned),
        })
    }

    /// The bare host, lower case, ASCII form, without `www.`: the identity.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What is written.
    pub fn to_link(&self, form: DomainForm) -> String {
        match form {
            DomainForm::Bare => self.host.clone(),
            DomainForm::Https => format!("https://{}", self.host),
        }
    }

    /// Every way in which a row may hold this domain; look-ups ask for all of them.
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = Vec::with_capacity(12);
        for host in std::iter::once(&self.host).chain(&self.typed) {
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

/// The domain as entities show it: the bare host where the link is an identity, else the link as it is.
pub fn from_link(link: &str) -> String {
    Domain::parse(link).map_or_else(|_| link.to_owned(), |domain| domain.host)
}

fn strip_www(host: &str) -> &str {
    match host.strip_prefix("www.") {
        Some(rest) if psl::List.domain(rest.as_bytes()).is_some() => rest,
        _ => host,
    }
}

fn is_shared(host: &str) -> bool {
    let listed = |host: &str| SHARED_HOSTS.binary_search(&host).is_ok();
    let parents = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
    listed(host) || parents.into_iter().any(listed)
}
