//! Links that open a call or a chat. Numbers in messenger links are international, with or without a plus sign.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The content of a link.
#[derive(Debug, PartialEq, Eq)]
pub enum Link<'a> {
    /// The digits of an international number.
    International(String),
    /// A number as typed: `tel:030-123456`.
    Typed(Cow<'a, str>),
    /// More than one number.
    Several,
    /// No number.
    Other,
}

/// Schemes that are followed by a number as typed.
const CALLS: [&str; 17] = [
    "tel",
    "telprompt",
    "callto",
    "call",
    "dial",
    "phone",
    "sms",
    "smsto",
    "mms",
    "mmsto",
    "fax",
    "facetime",
    "facetime-audio",
    "imessage",
    "skype",
    "sip",
    "sips",
];

/// Schemes of messengers.
const MESSENGERS: [&str; 6] = ["whatsapp", "viber", "tg", "sgnl", "signal", "intent"];

/// Hosts of messengers; their subdomains (`api.`, `web.`) count, too.
const HOSTS: [&str; 9] = [
    "wa.me",
    "whatsapp.com",
    "t.me",
    "telegram.me",
    "telegram.dog",
    "signal.me",
    "viber.click",
    "viber.com",
    "wa.link",
];

/// Telegram's hosts.
const TELEGRAM: [&str; 3] = ["t.me", "telegram.me", "telegram.dog"];

/// Parameters in which messengers pass a number.
const PARAMETERS: [&str; 5] = ["phone", "number", "num", "phone_number", "to"];

/// Fewest digits of an international number.
const FEWEST_DIGITS: usize = 7;

/// The link in a text; `None` if it is not a link.
pub fn read(text: &str) -> Option<Link<'_>> {
    let text = text.trim_matches(['<', '>', ' ']);
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), text),
    };
    let rest = rest.trim_start_matches('/');
    match &*scheme {
        "http" | "https" => Some(page_of(rest)),
        "" if is_page(text) => Some(page_of(rest)),
        "" => None,
        scheme if MESSENGERS.contains(&scheme) => Some(in_messenger(rest, usize::MAX)),
        scheme if CALLS.contains(&scheme) => Some(in_call(scheme, rest)),
        // A label: `Mobile: 0151 …`. After a real scheme there is no space.
        _ if text[scheme.len() + 1..].starts_with("//") => Some(Link::Other),
        _ => None,
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'+')
}

/// Whether a text without a scheme starts with a host name and continues after it.
fn is_page(text: &str) -> bool {
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let host = &text[..end];
    let labels = host.split('.').count();
    let is_name = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    let last = host.rsplit('.').next().unwrap_or("");
    labels > 1
        && is_name
        && last.len() > 1
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !host.starts_with('.')
}

/// The link up to its first space, or all of it if only that contains a number: people type spaces between digits.
fn page_of(rest: &str) -> Link<'_> {
    let (link, note) = rest.split_once([' ', ',']).unwrap_or((rest, ""));
    match in_page(link) {
        Link::International(_) if !link.contains('?') && has_number(note) => Link::Several,
        Link::Other if !note.contains("://") => in_page(rest),
        found => found,
    }
}

/// Whether there are enough digits for a number.
fn has_number(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= FEWEST_DIGITS - 2
}

fn in_page(rest: &str) -> Link<'_> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].to_ascii_lowercase();
    let is_messenger = HOSTS.iter().any(|known| {
        host.strip_suffix(known)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    let is_telegram = TELEGRAM.iter().any(|known| host.ends_with(known));
    match is_messenger {
        // In Telegram links, later path segments are ids of channels and posts.
        true if is_telegram => in_messenger(&rest[end..], 1),
        true => in_messenger(&rest[end..], usize::MAX),
        false => Link::Other,
    }
}

/// The number in the parameters, or the last of the first `parts` path segments that is one.
fn in_messenger(rest: &str, parts: usize) -> Link<'_> {
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let parameter = parameters.split(['&', '#']).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_number = PARAMETERS.contains(&&*name.to_ascii_lowercase());
        is_number.then(|| digits(value)).flatten()
    });
    let of_path = || {
        let parts = path
            .split(['/', '#', ';'])
            .filter(|part| !part.is_empty())
            .take(parts);
        parts.filter_map(digits).last()
    };
    match parameter.or_else(of_path) {
        Some(digits) => Link::International(digits),
        None => Link::Other,
    }
}

fn in_call<'a>(scheme: &str, rest: &'a str) -> Link<'a> {
    let end = rest.find(['?', '@']).unwrap_or(rest.len());
    let number = percent_decode_str(&rest[..end]).decode_utf8_lossy();
    let is_name = number.trim_start().starts_with(|c: char| c.is_alphabetic());
    match matches!(scheme, "skype" | "sip" | "sips") && is_name {
        true => Link::Other,
        false => Link::Typed(number),
    }
}

/// The digits of a text that is exactly one international number.
fn digits(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    let is_number = text
        .chars()
        .all(|c| c.is_ascii_digit() || " +-.()".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    (is_number && digits.len() >= FEWEST_DIGITS).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_links() {
        let international = |text: &str| Some(Link::International(text.to_owned()));
        let cases = [
            ("https://wa.me/447911123456", international("447911123456")),
            (
                "wa.me/+44 7911 123456?text=Hi%2012345678",
                international("447911123456"),
            ),
            (
                "HTTPS://WWW.WA.ME/447911123456/",
                international("447911123456"),
            ),
            (
                "https://api.whatsapp.com/send?phone=%2B447911123456&text=x",
                international("447911123456"),
            ),
            (
                "https://web.whatsapp.com/send/?text=1234567890&phone=447911123456",
                international("447911123456"),
            ),
            (
                "whatsapp://send?phone=00447911123456",
                international("447911123456"),
            ),
            ("https://t.me/+447911123456", international("447911123456")),
            (
                "tg://resolve?phone=447911123456",
                international("447911123456"),
            ),
            (
                "https://signal.me/#p/+447911123456",
                international("447911123456"),
            ),
            (
                "viber://chat?number=%2B447911123456",
                international("447911123456"),
            ),
            (
                "https://wa.me/c/447911123456",
                international("447911123456"),
            ),
            (
                "https://wa.me/447911123456 (mobile)",
                international("447911123456"),
            ),
            (
                "https://wa.me/447911123456, https://wa.me/447911123457",
                Some(Link::Several),
            ),
            (
                "https://wa.me/447911123456,https://wa.me/447911123457",
                Some(Link::Several),
            ),
            (
                "https://wa.me/447911123456 / 07911 123457",
                Some(Link::Several),
            ),
            (
                "https://shop.example https://wa.me/447911123457",
                Some(Link::Other),
            ),
            ("https://t.me/c/1234567890/12345678", Some(Link::Other)),
            ("https://wa.me/message/ABCDEFGH123", Some(Link::Other)),
            ("https://t.me/joinchat/AAAA", Some(Link::Other)),
            ("https://t.me/+AbCdEf123", Some(Link::Other)),
            ("https://shop.example/p/447911123456", Some(Link::Other)),
            ("shop.example/447911123456", Some(Link::Other)),
            ("ftp://447911123456", Some(Link::Other)),
            ("sip:jane12345678@x.example", Some(Link::Other)),
            ("skype:echo123", Some(Link::Other)),
            (
                "tel:+49-30-23125042",
                Some(Link::Typed("+49-30-23125042".into())),
            ),
            (
                "tel://030%2023125042",
                Some(Link::Typed("030 23125042".into())),
            ),
            (
                "sip:+493023125042@x.example",
                Some(Link::Typed("+493023125042".into())),
            ),
            (
                "sms:030123456?body=1",
                Some(Link::Typed("030123456".into())),
            ),
            ("Mobile: 030 123456", None),
            ("030 123456", None),
            ("01.23.45.67.89", None),
            ("040/123456", None),
            ("Tel. 030/123456", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
