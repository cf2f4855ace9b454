//! Removes the API key from everything that is shown.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::Value;

use super::ApiKey;
use crate::core::error::CrmError;

const MASK: &str = "<redacted>";

/// Shorter keys are not secrets, and replacing them would garble texts.
const SHORTEST_SECRET: usize = 4;

/// Finds the key in texts: as it is, and escaped as in URLs and in JSON.
pub(super) struct Redactor {
    needles: Vec<String>,
}

impl Redactor {
    pub(super) fn new(key: &ApiKey) -> Self {
        let key = key.expose();
        let mut needles = Vec::new();
        if key.len() >= SHORTEST_SECRET {
            needles.push(key.to_owned());
            let in_url: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
            let in_json = Value::from(key).to_string();
            for other in [in_url, in_json[1..in_json.len() - 1].to_owned()] {
                if !needles.contains(&other) {
                    needles.push(other);
                }
            }
        }
        Self { needles }
    }

    /// `text` without the key.
    pub(super) fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut cleaned = Cow::Borrowed(text);
        for needle in &self.needles {
            if cleaned.contains(needle.as_str()) {
                cleaned = Cow::Owned(cleaned.replace(needle.as_str(), MASK));
            }
        }
        match self.clean_escaped(&cleaned) {
            Some(cleaned) => Cow::Owned(cleaned),
            None => cleaned,
        }
    }

    /// `text` without the key, even if some of its characters are escaped, as in URLs or JSON. Every program escapes
    /// another set of characters.
    fn clean_escaped(&self, text: &str) -> Option<String> {
        let key = self.needles.first()?.as_bytes();
        if !text.contains(['%', '\\']) {
            return None;
        }
        let (mut cleaned, mut shown, mut at) = (String::new(), 0, 0);
        // Tries every position, also inside what looks like an escape: the text before the key may end in half an
        // escape.
        while at < text.len() {
            match end_of(key, text.as_bytes(), at) {
                Some(end) => {
                    cleaned.push_str(&text[shown..at]);
                    cleaned.push_str(MASK);
                    (shown, at) = (end, end);
                }
                None => at += 1,
            }
        }
        (shown > 0).then(|| cleaned + &text[shown..])
    }

    /// A body without the key, or `None` if it does not contain it. Only for answers that are about to be shown.
    pub(super) fn clean_body(&self, body: &Bytes) -> Option<Bytes> {
        let text = String::from_utf8_lossy(body);
        match self.clean(&text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(cleaned) => Some(Bytes::from(cleaned)),
        }
    }

    /// Removes the key from an error's message and details.
    pub(super) fn clean_error(&self, error: &mut CrmError) {
        if let Cow::Owned(cleaned) = self.clean(&error.message) {
            error.message = cleaned;
        }
        for value in error.details.values_mut() {
            self.clean_value(value);
        }
    }

    fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(cleaned) = self.clean(text) {
                    *text = cleaned;
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.clean_value(value)),
            Value::Object(map) => map.values_mut().for_each(|value| self.clean_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Where the key ends in `text`, if it starts at `at`. Keys are ASCII, so both positions are character boundaries.
fn end_of(key: &[u8], text: &[u8], mut at: usize) -> Option<usize> {
    for expected in key {
        let (byte, length) = unescape(text, at)?;
        if byte != *expected {
            return None;
        }
        at += length;
    }
    Some(at)
}

/// The byte that `text` encodes at `at`, and the length of its encoding.
fn unescape(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = text.get(at..)?;
    let pair = |at: usize| {
        let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
    };
    Some(match rest {
        [b'%', ..] => pair(1).map_or((b'%', 1), |byte| (byte, 3)),
        [b'\\', b'u', b'0', b'0', ..] => match pair(4) {
            Some(byte) if byte < 0x80 => (byte, 6),
            _ => (b'\\', 1),
        },
        [b'\\', escaped @ (b'"' | b'\\' | b'/'), ..] => (*escaped, 2),
        [byte, ..] => (*byte, 1),
        [] => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::error::ErrorCode;

    #[test]
    fn the_key_is_redacted_in_all_spellings() {
        let redactor = Redactor::new(&ApiKey::new(r#"se"cr/et+1"#).expect("a key"));
        for text in [
            r#"a se"cr/et+1 b"#,
            "a se%22cr%2Fet%2B1 b",
            r#"a se\"cr/et+1 b"#,
        ] {
            assert_eq!(redactor.clean(text), "a <redacted> b");
        }
        assert!(matches!(redactor.clean("nothing"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_key_is_redacted_in_any_percent_encoding() {
        let redactor = Redactor::new(&ApiKey::new("se'cr/et~%2F").expect("a key"));
        for text in [
            "a se%27cr%2fet~%252F b",
            "a se'cr%2Fet%7e%252F b",
            "a %73%65%27cr/et~%25%32F b",
        ] {
            assert_eq!(redactor.clean(text), "a <redacted> b", "{text}");
        }
        assert_eq!(
            redactor.clean("é%C3%A9se%27cr/et~%252Fé%"),
            "é%C3%A9<redacted>é%"
        );
        assert!(matches!(redactor.clean("%41% %4"), Cow::Borrowed(_)));
        let redactor = Redactor::new(&ApiKey::new("fuzz.key").expect("a key"));
        assert_eq!(redactor.clean("b%ff%75zz%2Ekey"), "b%f<redacted>");
    }

    #[test]
    fn the_key_is_redacted_in_any_json_escape() {
        let redactor = Redactor::new(&ApiKey::new("se'cr/et").expect("a key"));
        for text in [
            r#"a \u0073e'cr\/et b"#,
            r#"a se\u0027cr/et b"#,
            r#"a \u0073\u0065\u0027\u0063\u0072\u002F\u0065\u0074 b"#,
        ] {
            assert_eq!(redactor.clean(text), "a <redacted> b", "{text}");
        }
        for text in [r"\", r"\u00", r"\u0073", r"é\u00e9\", "\\u007"] {
            assert_eq!(redactor.clean(text), text);
        }
    }

    #[test]
    fn details_are_searched_in_depth() {
        let redactor = Redactor::new(&ApiKey::new("topsecret").expect("a key"));
        let mut error = CrmError::new(ErrorCode::Unknown, "x topsecret y")
            .with_detail("a", serde_json::json!([{ "b": "topsecret" }]));
        redactor.clean_error(&mut error);
        assert!(!error.to_json().contains("topsecret"));
        assert!(error.message.contains("<redacted>"));
    }

    #[test]
    fn bodies_are_copied_only_when_they_hold_the_key() {
        let redactor = Redactor::new(&ApiKey::new("topsecret").expect("a key"));
        assert!(redactor.clean_body(&Bytes::from_static(b"{}")).is_none());
        let cleaned = redactor.clean_body(&Bytes::from_static(b"<topsecret>"));
        assert_eq!(cleaned.as_deref(), Some(&b"<<redacted>>"[..]));
    }
}
