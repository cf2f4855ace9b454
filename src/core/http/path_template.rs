//! A path in the form that logs and events may show.

use super::redact::Redactor;

/// Longest segment that is shown: ids have 36 characters, tokens many more.
const LONGEST_SEGMENT: usize = 48;

/// A number with this many digits or more may be a phone number.
const PHONE_DIGITS: usize = 7;

/// Most segments that are shown; paths of Twenty have at most six.
const MOST_SEGMENTS: usize = 12;

/// `path` without its query, because filters name people. `*` replaces every segment that is not a plain word, number
/// or UUID: it could be a name, an address or a secret.
pub(super) fn of(path: &str, redactor: &Redactor) -> String {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let path = redactor.clean(&path[..end]);
    let mut shown = String::with_capacity(path.len());
    for (number, segment) in path.trim_start_matches('/').split('/').enumerate() {
        shown.push('/');
        if number == MOST_SEGMENTS {
            shown.push('…');
            break;
        }
        shown.push_str(if is_plain(segment) { segment } else { "*" });
    }
    shown
}

/// A UUID, a number or a word: the segments of Twenty's own paths. False for e-mail addresses, phone numbers and
/// encoded text.
fn is_plain(segment: &str) -> bool {
    let is_word = segment
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_number =
        digits >= PHONE_DIGITS && segment.bytes().all(|byte| !byte.is_ascii_alphabetic());
    is_word && segment.len() <= LONGEST_SEGMENT && !is_number
}

/// A machine-readable reason; `None` if the text could be anything else.
pub(super) fn reason<'a>(text: Option<&'a str>, redactor: &Redactor) -> Option<&'a str> {
    text.filter(|text| {
        text.len() <= LONGEST_SEGMENT
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && redactor.clean(text) == *text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::http::ApiKey;

    const KEY: &str = "secret-key-1";

    fn redactor() -> Redactor {
        Redactor::new(&ApiKey::new(KEY).expect("a key"))
    }

    #[test]
    fn only_harmless_segments_are_shown() {
        let uuid = "20202020-1c25-4d02-bf25-6aeccf7ea419";
        for (path, shown) in [
            ("/rest/people", "/rest/people"),
            ("/rest/batch/people?upsert=true", "/rest/batch/people"),
            (
                "/rest/people?filter=emails.primaryEmail[eq]:a@b.de",
                "/rest/people",
            ),
            ("/rest/people#a@b.de", "/rest/people"),
            ("/rest/people/a@b.de", "/rest/people/*"),
            ("/rest/people/a%40b.de/x", "/rest/people/*/x"),
            ("/rest/people/+4915112345678", "/rest/people/*"),
            ("/rest/people/0151-1234567", "/rest/people/*"),
            ("/rest/people/secret-key-1", "/rest/people/*"),
            ("/rest/people/Jane%20Doe", "/rest/people/*"),
            ("/", "/"),
            ("", "/"),
        ] {
            assert_eq!(of(path, &redactor()), shown, "{path}");
        }
        let path = format!("/rest/people/{uuid}");
        assert_eq!(of(&path, &redactor()), path);
        assert_eq!(of(&format!("/{}", "x".repeat(49)), &redactor()), "/*");
        assert_eq!(of(&"/a".repeat(1_000), &redactor()).len(), 12 * 2 + 4);
    }

    #[test]
    fn reasons_are_constants() {
        assert_eq!(reason(Some("CONNECT"), &redactor()), Some("CONNECT"));
        assert_eq!(reason(Some("a@b.de"), &redactor()), None);
        assert_eq!(reason(Some("Jane Doe"), &redactor()), None);
        assert_eq!(reason(None, &redactor()), None);
    }
}
