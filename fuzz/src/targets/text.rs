//! Single values: names, phones, domains, addresses, links, ids, paths, keys, certificates.

use twenty_crm_native::core::http::{ApiKey, BaseUrl, CaCertificates, Proxy};
use twenty_crm_native::core::twenty::domain::{self, Domain, DomainForm};
use twenty_crm_native::core::twenty::ids::{self, ObjectKind};
use twenty_crm_native::core::twenty::input::check_external_id;
use twenty_crm_native::core::twenty::jwt_claims::JwtClaims;
use twenty_crm_native::core::twenty::phone::{Country, Phone};
use twenty_crm_native::core::twenty::{email, link, name};

use super::source::Source;

/// No word is lost or doubled, and what comes out is as it is written.
pub fn names(bytes: &[u8]) {
    let full = String::from_utf8_lossy(bytes);
    let (first, last) = name::split(&full);
    assert_eq!(name::collapse(&first), first);
    assert_eq!(name::collapse(&last), last);
    let words = |text: &str| {
        let text = text.replace(',', " ");
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words.sort();
        words
    };
    assert_eq!(words(&format!("{first} {last}")), words(&full));
    let joined = name::join(&first, &last);
    assert_eq!(name::collapse(&joined), joined);
    if !full.contains(',') {
        assert_eq!(joined, name::collapse(&full));
        assert_eq!(name::split(&joined), (first, last), "split again, the same");
    }
}

/// A number that was read reads back as itself, whoever reads it.
pub fn phones(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let country = source.pick(&["", "DE", "FR", "US", "GB", "IT", "CN", "KZ", "VA", "AC"]);
    let text = source.text();
    let country = Country::parse(country).ok();
    let _ = Country::parse(&text);
    let Ok(phone) = Phone::parse(&text, country) else {
        return;
    };
    let e164 = phone.e164();
    assert!(
        e164.starts_with('+') && e164[1..].bytes().all(|b| b.is_ascii_digit()),
        "{e164}"
    );
    // An extension and further numbers are warned of and not written: what is written has none.
    let mut written = phone.clone();
    written.extension = None;
    written.is_first_of_several = false;
    let again = Phone::parse(&e164, None).expect("what was read can be read");
    assert_eq!(again, written);
    assert_eq!(Phone::parse(&e164, country).as_ref(), Ok(&written));
    let fields = phone.to_fields();
    let fields = fields.as_object().expect("an object");
    assert_eq!(Phone::from_parts(fields), Some(e164));
}

/// Every spelling of a domain is that domain.
pub fn domains(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let shown = domain::from_link(&text);
    assert_eq!(domain::from_link(&shown), shown);
    let Ok(parsed) = Domain::parse(&text) else {
        return;
    };
    assert_eq!(shown, parsed.host());
    assert!(parsed.host().is_ascii() && parsed.host() == parsed.host().to_ascii_lowercase());
    for form in [DomainForm::Bare, DomainForm::Https] {
        let link = parsed.to_link(form);
        assert_eq!(DomainForm::of_link(&link), Some(form));
        assert!(parsed.spellings().contains(&link));
    }
    for spelling in parsed.spellings() {
        let again = Domain::parse(&spelling).expect("a spelling of a domain");
        assert_eq!(again.host(), parsed.host(), "{spelling}");
    }
}

/// Normalised once is normalised; a valid address is one line without blanks.
pub fn emails(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let normal = email::normalize(&text);
    assert_eq!(email::normalize(&normal), normal);
    if email::is_valid(&normal) {
        assert!(!normal.contains(char::is_whitespace) && normal.contains('@'));
        assert!(!normal.contains(char::is_control));
    }
    assert!(email::invalid(&normal).message.chars().count() < 200);
}

/// Normalised once is normalised; only web addresses come through.
pub fn links(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(normal) = link::normalize(&text) {
        assert!(
            normal.starts_with("http://") || normal.starts_with("https://"),
            "{normal}"
        );
        assert!(!normal.contains(char::is_whitespace));
        assert_eq!(link::normalize(&normal).as_deref(), Some(&*normal));
    }
}

/// Two records share an id only where kind, namespace and external id are the same.
pub fn external_ids(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let (namespace, one, other) = (source.text(), source.text(), source.text());
    let namespace = ids::check_namespace(&namespace)
        .is_ok()
        .then_some(&*namespace);
    if check_external_id(&one).is_err() || check_external_id(&other).is_err() {
        return;
    }
    let id = |kind, namespace, id: &str| ids::record_id(kind, namespace, id);
    let person = id(ObjectKind::Person, namespace, &one);
    assert_eq!(person, id(ObjectKind::Person, namespace, &one));
    assert_ne!(person, id(ObjectKind::Company, namespace, &one));
    assert_eq!(
        person == id(ObjectKind::Person, namespace, &other),
        one == other
    );
    assert_eq!(
        person == id(ObjectKind::Person, None, &one),
        namespace.is_none()
    );
    let stored = ids::stored_external_id(namespace, &one);
    assert_eq!(ids::caller_external_id(namespace, &stored), Some(&*one));
}

/// A path that is taken stays on the server, under the base path, and in one line.
pub fn paths(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let given = source.pick(&["https://crm.example", "https://crm.example/twenty", ""]);
    let own = if given.is_empty() {
        source.text()
    } else {
        given.to_owned()
    };
    let path = source.text();
    let Ok(base) = BaseUrl::parse(&own) else {
        return;
    };
    assert_eq!(BaseUrl::parse(base.as_str()).expect("a base URL"), base);
    let Ok(url) = base.join(&path) else {
        return;
    };
    assert!(base.is_same_origin(&url), "{url}");
    assert!(
        url.username().is_empty() && url.password().is_none(),
        "{url}"
    );
    assert!(
        url.as_str().starts_with(&format!("{}/", base.as_str())),
        "{url}"
    );
    assert!(url.as_str().bytes().all(|b| b.is_ascii_graphic()), "{url}");
    let mut segments = url.path().split('/');
    assert!(
        segments.all(|segment| !matches!(segment, "." | "..")),
        "{url}"
    );
}

/// What is shown of a proxy is an address without credentials, and is read as the same; a refusal repeats nothing.
pub fn proxies(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Proxy::parse(&text) {
        Ok(proxy) => {
            let shown = proxy.to_string();
            assert!(!shown.contains(['@', '?', '#']), "{shown}");
            let again = Proxy::parse(&shown).expect("an address");
            assert_eq!(again.to_string(), shown);
        }
        Err(why) => assert!(text.len() < 12 || !why.contains(&*text), "{why}"),
    }
}

/// A key that is taken can be a header; what it says of itself is no more than numbers and words.
pub fn api_keys(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(key) = ApiKey::new(&text) {
        assert!(text.bytes().all(|b| b.is_ascii_graphic()));
        assert_eq!(format!("{key:?}"), "ApiKey(<redacted>)");
    }
    if let Some(claims) = JwtClaims::read(&text) {
        assert!(
            claims
                .expires_at_ms()
                .is_none_or(|at| at <= 8_640_000_000_000_000)
        );
    }
}

/// What is taken for certificates can be trusted by a client.
pub fn certificates(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let (one, other) = (source.text(), source.text());
    if let Err(error) = CaCertificates::parse([&*one, &*other]) {
        assert_eq!(error.details["field"], "ca");
    }
}
