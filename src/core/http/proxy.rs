//! The proxies that the environment names: which of them a request goes through. The connections themselves are
//! reqwest's business, with the same rules.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// The environment as it was when the first request was sent.
pub(super) struct Proxies {
    matcher: Matcher,
}

impl Proxies {
    pub(super) fn from_environment() -> Self {
        Self {
            matcher: Matcher::from_system(),
        }
    }

    /// The proxy that a request to `uri` goes through, without its credentials: `http://proxy.example:3128`.
    pub(super) fn shown_for(&self, uri: &Uri) -> Option<String> {
        let proxy = self.matcher.intercept(uri)?;
        // The credentials are kept apart from the address by the matcher.
        let uri = proxy.uri();
        let scheme = uri.scheme_str().unwrap_or("http");
        let authority = uri.authority()?;
        Some(format!("{scheme}://{authority}"))
    }
}
