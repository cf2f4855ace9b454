use std::collections::HashMap;
use std::ffi::OsString;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::{Proxies, Proxy, Setting};

/// The proxy setting for a request to `uri` in an environment.
fn way(variables: &[(&str, &str)], uri: &str) -> Setting {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    let proxies = Proxies::read(|name| variables.get(name).map(OsString::from));
    proxies.for_uri(&uri.parse().expect("a URI"))
}

/// A proxy as `address`, or `address user:password`.
fn told(proxy: &Proxy) -> String {
    let Some(value) = &proxy.authorization else {
        return proxy.to_string();
    };
    assert!(value.is_sensitive());
    let text = value.to_str().expect("ASCII");
    let pair = BASE64_STANDARD
        .decode(text.strip_prefix("Basic ").expect("Basic"))
        .expect("base64");
    format!("{proxy} {}", String::from_utf8_lossy(&pair))
}

const HTTPS: &str = "https://crm.example/rest";
const HTTP: &str = "http://crm.example/rest";

#[test]
fn addresses_are_read_as_the_url_standard_has_it() {
    for (value, expected) in [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://proxy.example", "http://proxy.example"),
        ("https://proxy.example:8443/", "https://proxy.example:8443"),
        ("HTTP://Proxy.Example:80/", "http://proxy.example"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("//proxy.example:3128", "http://proxy.example:3128"),
        ("localhost", "http://localhost"),
        ("10.0.0.1:3128", "http://10.0.0.1:3128"),
        ("http://[::1]:3128", "http://[::1]:3128"),
        (
            "http://proxy_1.example:3128/path?query#fragment",
            "http://proxy_1.example:3128",
        ),
        ("http://prôxy.example", "http://xn--prxy-wqa.example"),
        (
            "http://user:secret@proxy.example:3128",
            "http://proxy.example:3128 user:secret",
        ),
        (
            "user:secret@proxy.example:3128",
            "http://proxy.example:3128 user:secret",
        ),
        ("http://user@proxy.example", "http://proxy.example user:"),
        (
            "http://:secret@proxy.example",
            "http://proxy.example :secret",
        ),
        ("http://@proxy.example", "http://proxy.example"),
        (
            "http://user:p@ss@proxy.example",
            "http://proxy.example user:p@ss",
        ),
        (
            "http://me@corp.example:p@s@s@proxy.example",
            "http://proxy.example me@corp.example:p@s@s",
        ),
        (
            "http://user:p:ss@proxy.example",
            "http://proxy.example user:p:ss",
        ),
        (
            "http://user:p%23%2F%3F%40%3a@proxy.example",
            "http://proxy.example user:p#/?@:",
        ),
        (
            "http://us%65r:p%s100%@proxy.example",
            "http://proxy.example user:p%s100%",
        ),
        (
            "http://user:pässwörd@proxy.example",
            "http://proxy.example user:pässwörd",
        ),
        (
            "http://user:a b\"c'@proxy.example",
            "http://proxy.example user:a b\"c'",
        ),
        (
            "http://CORP%5Cuser:x@proxy.example",
            "http://proxy.example CORP\\user:x",
        ),
    ] {
        let read = Proxy::parse(value).unwrap_or_else(|why| panic!("{value}: {why}"));
        assert_eq!(told(&read), expected, "{value}");
    }
}

#[test]
fn surrounding_quotes_and_spaces_are_removed() {
    let address = "http://user:s3cret@proxy.example:3128";
    for value in [
        format!(" {address} "),
        format!("{address}\n"),
        format!("\r\n{address}\r\n"),
        format!("\t{address}\u{a0}"),
        format!("\"{address}\""),
        format!("'{address}'"),
        format!(" \" {address}\n\" \n"),
    ] {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let read = way(&[(name, &value)], HTTPS)
                .expect("readable")
                .expect("one");
            assert_eq!(
                told(&read),
                "http://proxy.example:3128 user:s3cret",
                "{value:?}"
            );
        }
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            assert!(way(&[(name, &value)], HTTP).expect("readable").is_some());
        }
    }
    for blank in ["", " ", "\n", "\"\"", "''", "\" \""] {
        assert_eq!(way(&[("HTTPS_PROXY", blank)], HTTPS), Ok(None), "{blank:?}");
        let both = [("HTTPS_PROXY", blank), ("ALL_PROXY", "other.example")];
        assert!(way(&both, HTTPS).expect("readable").is_some());
    }
}

#[test]
fn unreadable_settings_are_refused_by_name() {
    for value in [
        // Passwords with characters that end the address early.
        "http://user:s3cr#et@proxy.example:3128",
        "http://user:12#s3cret@proxy.example:3128",
        "http://user:s3cr/et@proxy.example:3128",
        "http://user:12/s3cret@proxy.example:3128",
        "http://us/er:s3cret@proxy.example:3128",
        "http://user:s3cr?et@proxy.example:3128",
        "http://user:12?s3cret@proxy.example:3128",
        "http://user:12\\s3cret@proxy.example:3128",
        "http://user:s3cr\net@proxy.example:3128",
        "user:12#s3cret@proxy.example",
        "user:s3://cret@proxy.example",
        // Not addresses.
        "http://",
        "http://:3128",
        "http://user:s3cret@",
        "http://proxy.example:port",
        "http://proxy.example:99999",
        "http://proxy example:3128",
        "http://a.example:1\nhttp://b.example:2",
        "http://a.example:1,http://b.example:2",
        "a.example:1;b.example:2",
        "http=a.example:1;https=b.example:2",
        "\"http://proxy.example:3128",
        "http://proxy.example\"",
        "“http://proxy.example”",
        "`http://proxy.example`",
        "<http://proxy.example>",
        "http//proxy.example",
        "http:proxy.example:3128",
        "\u{feff}http://proxy.example:3128",
        "${PROXY}",
        "ftp://user:s3cret@proxy.example",
        "quic://proxy.example",
        "file:///etc/proxy",
        // SOCKS.
        "socks5://user:s3cret@proxy.example:1080",
        "SOCKS5H://proxy.example",
        "socks4a://proxy.example",
        "socks://proxy.example",
    ] {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let why = way(&[(name, value)], HTTPS).expect_err(value);
            assert!(
                why.starts_with(&format!("{name} in the environment ")),
                "{why}"
            );
            for part in ["s3c", "cret", "user:1", "proxy.example", "a.example", "12"] {
                assert!(!why.contains(part), "{value}: {why}");
            }
            assert_eq!(
                why.contains("SOCKS"),
                value.to_lowercase().starts_with("socks")
            );
        }
        assert!(way(&[("HTTP_PROXY", value)], HTTP).is_err());
        // A proxy for another scheme does not affect this request, and neither does an unusable one.
        assert_eq!(way(&[("HTTP_PROXY", value)], HTTPS), Ok(None));
        let exempt = [("HTTPS_PROXY", value), ("NO_PROXY", "crm.example")];
        assert_eq!(way(&exempt, HTTPS), Ok(None));
    }
}

#[test]
fn names_and_exceptions_count_as_they_always_did() {
    let all = [
        ("ALL_PROXY", "all.example"),
        ("https_proxy", "lower.example"),
    ];
    assert_eq!(
        told(&way(&all, HTTPS).expect("ok").expect("one")),
        "http://lower.example"
    );
    assert_eq!(
        told(&way(&all, HTTP).expect("ok").expect("one")),
        "http://all.example"
    );
    // The first that is set counts, blank or not.
    let cases = [("HTTPS_PROXY", ""), ("https_proxy", "lower.example")];
    assert_eq!(way(&cases, HTTPS), Ok(None));
    assert_eq!(
        way(
            &[("HTTP_PROXY", "p.example"), ("REQUEST_METHOD", "GET")],
            HTTP
        ),
        Ok(None)
    );
    for exceptions in [
        "crm.example",
        ".example",
        "*",
        "other.example, crm.example",
        " \"crm.example\"\n",
        "'other.example,crm.example'",
        "\"other.example\",\"crm.example\"",
        "other.example crm.example",
        "other.example\ncrm.example\n",
    ] {
        for name in ["NO_PROXY", "no_proxy"] {
            let variables = [("ALL_PROXY", "p.example"), (name, exceptions)];
            assert_eq!(way(&variables, HTTPS), Ok(None), "{exceptions:?}");
        }
    }
    for exceptions in [
        "",
        "other.example",
        "rm.example",
        "crm.example.org",
        "10.0.0.0/8",
    ] {
        let variables = [("ALL_PROXY", "p.example"), ("NO_PROXY", exceptions)];
        assert!(
            way(&variables, HTTPS).expect("ok").is_some(),
            "{exceptions}"
        );
    }
    let network = [("ALL_PROXY", "p.example"), ("NO_PROXY", "\"10.0.0.0/8\"")];
    assert_eq!(way(&network, "http://10.1.2.3/rest"), Ok(None));
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_text_is_refused_by_name() {
    use std::os::unix::ffi::OsStringExt as _;
    let uri: Uri = HTTPS.parse().expect("a URI");
    let bad = || Some(OsString::from_vec(b"http://proxy\xff".to_vec()));
    let proxies = Proxies::read(|name| (name == "https_proxy").then(bad).flatten());
    assert!(
        proxies
            .for_uri(&uri)
            .expect_err("refused")
            .starts_with("https_proxy")
    );
    let proxies = Proxies::read(|name| match name {
        "ALL_PROXY" => Some("p.example".into()),
        "no_proxy" => bad(),
        _ => None,
    });
    assert!(
        proxies
            .for_uri(&uri)
            .expect_err("refused")
            .starts_with("no_proxy")
    );
}

proptest! {
    #[test]
    fn credentials_that_are_encoded_arrive_as_they_are(user in "[^:]{1,12}", password in ".{0,12}") {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let value = format!("http://{}:{}@proxy.example:3128", encode(&user), encode(&password));
        let read = Proxy::parse(&value).expect("readable");
        prop_assert_eq!(told(&read), format!("http://proxy.example:3128 {user}:{password}"));
    }

    #[test]
    fn nothing_of_a_password_is_ever_shown(password in "[#/?@:\\\\%\"' 0-9a-z]{0,4}zqx[#/?@:\\\\%\"' 0-9a-z]{0,4}") {
        let value = format!("http://user:{password}@proxy.example:3128");
        match way(&[("HTTPS_PROXY", &value)], HTTPS) {
            Ok(Some(proxy)) => {
                prop_assert_eq!(proxy.to_string(), "http://proxy.example:3128");
                let shown = format!("{proxy:?}");
                prop_assert!(!shown.contains("zqx"));
            }
            Ok(None) => prop_assert!(false, "it goes direct"),
            Err(why) => prop_assert!(!why.contains("zqx") && why.starts_with("HTTPS_PROXY")),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(value in ".{0,60}") {
        if let Ok(proxy) = Proxy::parse(&value) {
            prop_assert!(!proxy.to_string().contains('@'));
            prop_assert!(proxy.url.username().is_empty() && proxy.url.password().is_none());
        }
    }
}
