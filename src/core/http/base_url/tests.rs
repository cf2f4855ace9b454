use super::*;
use proptest::prelude::*;

fn base(text: &str) -> BaseUrl {
    BaseUrl::parse(text).expect("a good base URL")
}

#[test]
fn base_urls_lose_their_trailing_slash_and_keep_their_path() {
    assert_eq!(
        base("https://crm.example.com/").as_str(),
        "https://crm.example.com"
    );
    assert_eq!(
        base("http://localhost:3000").as_str(),
        "http://localhost:3000"
    );
    assert_eq!(
        base(" https://x.example/twenty// ").as_str(),
        "https://x.example/twenty"
    );
    assert_eq!(
        base("HTTPS://CRM.Example.com:443").as_str(),
        "https://crm.example.com"
    );
}

#[test]
fn bad_base_urls_are_refused_by_name() {
    for bad in [
        "",
        "   ",
        "crm.example.com",
        "ftp://crm.example.com",
        "file:///etc/passwd",
        "https://user:pw@crm.example.com",
        "https://@crm.example.com",
        "https://crm.example.com?x=1",
        "https://crm.example.com/#x",
        "https://crm.example.com/a b",
        "https://crm.exa\nmple.com",
        "https:\\\\crm.example.com",
        "https://",
        "https://crm.example.com:99999",
    ] {
        let error = BaseUrl::parse(bad).expect_err(bad);
        assert_eq!(error.details["field"], "baseUrl", "{bad}");
    }
}

#[test]
fn quotes_around_a_base_url_are_named() {
    for quoted in [
        "\"https://crm.example.com\"",
        "'https://crm.example.com'",
        " “https://crm.example.com” ",
        "«https://crm.example.com»",
        "<https://crm.example.com>",
        "https://crm.example.com\"",
        "https://crm.example.com'/",
    ] {
        let error = BaseUrl::parse(quoted).expect_err(quoted);
        assert!(error.message.contains("quotes"), "{}", error.message);
    }
}

#[test]
fn paths_are_joined_under_the_base() {
    let plain = base("https://crm.example.com");
    for (path, want) in [
        ("/rest/people", "https://crm.example.com/rest/people"),
        ("rest/people", "https://crm.example.com/rest/people"),
        (
            "/rest/people?limit=1&filter=a[eq]:b",
            "https://crm.example.com/rest/people?limit=1&filter=a[eq]:b",
        ),
        (
            "/rest/people?filter=name[eq]:../x",
            "https://crm.example.com/rest/people?filter=name[eq]:../x",
        ),
        (
            "/rest/people?u=https://x.example//y",
            "https://crm.example.com/rest/people?u=https://x.example//y",
        ),
        (
            "/rest/people?q=a%0Ab",
            "https://crm.example.com/rest/people?q=a%0Ab",
        ),
        (
            "/rest/people?q=é",
            "https://crm.example.com/rest/people?q=%C3%A9",
        ),
        (
            "/rest/people?q=a b ",
            "https://crm.example.com/rest/people?q=a%20b%20",
        ),
        (
            "/rest/people?a=1?b=2",
            "https://crm.example.com/rest/people?a=1?b=2",
        ),
    ] {
        assert_eq!(plain.join(path).expect(path).as_str(), want);
    }
    let deep = base("https://x.example/twenty/");
    assert_eq!(
        deep.join("/rest/people").expect("fine").as_str(),
        "https://x.example/twenty/rest/people"
    );
    assert_eq!(
        deep.join("graphql").expect("fine").as_str(),
        "https://x.example/twenty/graphql"
    );
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let base = base("https://x.example/twenty");
    for bad in [
        "",
        "//evil.example/x",
        "///evil.example/x",
        "https://evil.example/x",
        "HTTPS:evil",
        "javascript:alert(1)",
        "/\\evil.example",
        "\\\\evil.example",
        "/rest/../../admin",
        "../admin",
        "..",
        ".",
        "/rest/./people",
        "/rest/%2e%2e/admin",
        "/rest/.%2E/admin",
        "/rest/..%2fadmin",
        "/rest/..%5cadmin",
        "/rest/..;/admin",
        "/rest/%2e%2e;a=1/admin",
        "/rest/people\r\nX-Evil: 1",
        "/rest/peo\tple",
        "/rest/people\u{0}",
        "/rest/people%0d%0aX",
        "/rest/people\u{85}",
        "/rest/people#x",
    ] {
        let error = base.join(bad).expect_err(bad);
        assert_eq!(error.details["field"], "path", "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The fast path gives the same result as the full one.
    #[test]
    fn plain_paths_are_joined_as_if_parsed(path in "[/]?[a-zA-Z0-9_/-]{0,20}([?][ -~\\u{e9}]{0,20})?") {
        for text in ["https://x.example/twenty", "http://127.0.0.1:3000", "https://x.example/a//b/"] {
            let base = base(text);
            let rest = path.strip_prefix('/').unwrap_or(&path);
            if let (Ok(url), Some(_)) = (base.join(&path), base.join_plain(rest)) {
                let whole = format!("{}/{rest}", text.trim_end_matches('/'));
                prop_assert_eq!(url, Url::parse(&whole).expect("a URL"), "{:?}", path);
            }
        }
    }

    /// Every accepted path stays on the origin and under the base path.
    #[test]
    fn no_accepted_path_leaves_the_base(
        path in prop_oneof![
            any::<String>(),
            proptest::collection::vec(
                prop_oneof![
                    Just("/"), Just("."), Just(".."), Just("%2e"), Just("%2E"), Just("%2f"), Just("%5C"),
                    Just("\\"), Just("@"), Just(":"), Just("//"), Just("?"), Just("#"), Just("https:"),
                    Just("evil.example"), Just("a"), Just(" "), Just("\t"), Just("\n"), Just(";"), Just("é"),
                    Just("%"), Just("%252e"), Just("[eq]"),
                ],
                0..12,
            ).prop_map(|parts| parts.concat()),
        ]
    ) {
        for text in ["https://x.example/twenty", "http://127.0.0.1:3000"] {
            let base = base(text);
            if let Ok(url) = base.join(&path) {
                prop_assert!(url.as_str().starts_with(&format!("{text}/")), "{path:?} -> {url}");
                prop_assert!(base.is_same_origin(&url));
                prop_assert!(url.fragment().is_none());
                prop_assert!(!url.path().split('/').any(|s| s == ".." || s == "."));
            }
        }
    }
}
