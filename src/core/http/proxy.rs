//! The proxies that the environment names: which of them a request goes through. The connections themselves are
//! reqwest's business, with the same rules.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// The variables that name proxies.
const NAMES: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
];

/// The environment as it was when the first request was sent.
pub(super) struct Proxies {
    matcher: Matcher,
    /// Seldom so, and then every request has to be looked at.
    has_socks: bool,
}

impl Proxies {
    pub(super) fn from_environment() -> Self {
        let has_socks = NAMES.iter().any(|name| {
            std::env::var(name).is_ok_and(|value| value.trim_start().starts_with("socks"))
        });
        Self {
            matcher: Matcher::from_system(),
            has_socks,
        }
    }

    /// The proxy that a request to `url` goes through, without its credentials: `http://proxy.example:3128`.
    pub(super) fn shown_for(&self, url: &Url) -> Option<String> {
        let uri = url.as_str().parse().ok()?;
        let proxy = self.matcher.intercept(&uri)?;
        // The credentials are kept apart from the address by the matcher.
        let uri = proxy.uri();
        let scheme = uri.scheme_str().unwrap_or("http");
        let authority = uri.authority()?;
        Some(format!("{scheme}://{authority}"))
    }

    /// The same, where it is one that speaks no HTTP: what is sent to it must not be sent in clear by mistake.
    pub(super) fn unusable_for(&self, url: &Url) -> Option<String> {
        self.has_socks
            .then(|| self.shown_for(url))
            .flatten()
            .filter(|proxy| proxy.starts_with("socks"))
    }
}
