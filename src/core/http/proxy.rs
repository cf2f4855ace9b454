//! Decides which proxy a request uses: one named by the environment, otherwise one of the system. One parser reads
//! both, as the WHATWG reads URLs, for both transports; reqwest makes the connections. A setting that cannot be read
//! fails the request. Ignoring it would send key and records around a proxy that somebody configured.

use std::ffi::OsString;
use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const NO: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// CGI servers turn a visitor's `Proxy` header into `HTTP_PROXY` (httpoxy), and they also set this variable.
const CGI: &str = "REQUEST_METHOD";

const UNREADABLE: &str = "is not a proxy address: use http://user:password@host:port (write #, /, ? and @ in the \
password as %23, %2F, %3F and %40), or unset it";
const SOCKS: &str = "names a SOCKS proxy, and only HTTP proxies are supported: give the address of one, or unset it";
const NOT_TEXT: &str = "is not valid text: set it again, or unset it";

/// A proxy and its credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The address only, without credentials and path.
    pub(super) url: Url,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Parses an address with or without its scheme. The reason of a refusal never quotes the address.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // The parser would drop them silently, even inside a password.
        if text.chars().any(char::is_control) {
            return Err(UNREADABLE);
        }
        let parsed = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("http://{text}"))
        };
        let url = parsed.map_err(|_| UNREADABLE)?;
        match url.scheme() {
            "http" | "https" => {}
            "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" => return Err(SOCKS),
            _ => return Err(UNREADABLE),
        }
        // A `#`, `/` or `?` in the credentials ends the address early, and the part before it would be taken for the
        // host.
        let rest = &url[url::Position::BeforePath..];
        if rest.contains('@') || !url.host().is_some_and(|host| is_plain(&host)) {
            return Err(UNREADABLE);
        }
        let authorization = authorization_of(&url)?;
        let mut address = url;
        let cleared = address.set_username("").and(address.set_password(None));
        cleared.map_err(|()| UNREADABLE)?;
        address.set_path("/");
        address.set_query(None);
        address.set_fragment(None);
        Ok(Self {
            url: address,
            authorization,
        })
    }
}

/// As errors show it: `http://proxy.example:3128`.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// The setting for one scheme: a proxy, none, or why the setting cannot be used.
type Setting = Result<Option<Proxy>, String>;

/// The environment as it was when the first request was sent.
pub(super) struct Proxies {
    http: Setting,
    https: Setting,
    /// Intercepts every host that `NO_PROXY` does not name.
    exceptions: Matcher,
    /// Used if the environment names no proxy.
    system: Option<Matcher>,
}

impl Proxies {
    pub(super) fn from_environment() -> Self {
        Self {
            system: std::env::var_os(CGI).is_none().then(Matcher::from_system),
            ..Self::read(|name| std::env::var_os(name))
        }
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let is_cgi = variable(CGI).is_some();
        let (no_proxy, exceptions) = match first_of(&variable, NO) {
            Ok(found) => (Ok(()), found.map_or_else(String::new, |(_, text)| text)),
            Err(why) => (Err(why), String::new()),
        };
        let setting = |names| {
            if is_cgi {
                return Ok(None);
            }
            let found = match first_of(&variable, names)? {
                Some(found) => Some(found),
                None => first_of(&variable, ALL)?,
            };
            let Some((name, text)) = found else {
                return Ok(None);
            };
            no_proxy.clone()?;
            let read =
                Proxy::parse(&text).map_err(|why| format!("{name} in the environment {why}"))?;
            Ok(Some(read))
        };
        Self {
            http: setting(HTTP),
            https: setting(HTTPS),
            exceptions: Matcher::builder()
                .all("http://any.invalid")
                .no(entries(&exceptions))
                .build(),
            system: None,
        }
    }

    /// The proxy for a request to `uri`, if there is one, or why the request must not be sent.
    pub(super) fn for_uri(&self, uri: &Uri) -> Setting {
        let setting = match uri.scheme_str() {
            Some("http") => &self.http,
            _ => &self.https,
        };
        let is_direct = || self.exceptions.intercept(uri).is_none();
        match setting {
            Ok(None) => Ok(self.of_system(uri)),
            _ if is_direct() => Ok(None),
            named => named.clone(),
        }
    }

    fn of_system(&self, uri: &Uri) -> Option<Proxy> {
        let found = self.system.as_ref()?.intercept(uri)?;
        Some(Proxy {
            url: Url::parse(&found.uri().to_string()).ok()?,
            authorization: found.basic_auth().cloned(),
        })
    }
}

/// The first of the variables that is set, and its value; `None` if that is blank.
fn first_of(
    variable: impl Fn(&str) -> Option<OsString>,
    names: [&'static str; 2],
) -> Result<Option<(&'static str, String)>, String> {
    for name in names {
        if let Some(value) = variable(name) {
            let Some(value) = value.to_str() else {
                return Err(format!("{name} in the environment {NOT_TEXT}"));
            };
            let text = unwrapped(value);
            return Ok((!text.is_empty()).then(|| (name, text.to_owned())));
        }
    }
    Ok(None)
}

/// A value without what a file or a shell left around it: spaces, line breaks, a pair of quotes.
fn unwrapped(value: &str) -> &str {
    let value = value.trim();
    let without = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    without('"')
        .or_else(|| without('\''))
        .map_or(value, str::trim)
}

/// The entries of `NO_PROXY` separated by commas. Hosts contain no spaces and no quotes, so these separate entries too.
fn entries(text: &str) -> String {
    let parts = text.split(|c: char| c == ',' || c.is_whitespace());
    let parts = parts.map(|part| part.trim_matches(['"', '\'']));
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(",")
}

/// The URL standard allows quotes in a host, but DNS does not. The host `http` is left over from `http//host`.
fn is_plain(host: &Host<&str>) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match host {
        Host::Domain("http" | "https") => false,
        Host::Domain(name) => name.chars().all(plain),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

fn authorization_of(url: &Url) -> Result<Option<HeaderValue>, &'static str> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let text = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let mut value = HeaderValue::try_from(text).map_err(|_| UNREADABLE)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cfg(test)]
mod tests;
