//! Detects text that was copied along with a value, such as quotes: a `.env` file that is read raw keeps them, and word
//! processors turn them into typographic ones.

/// Quotes of all kinds, and the brackets that mails put around addresses.
const QUOTES: [char; 24] = [
    '"', '\'', '`', '´', '“', '”', '„', '‟', '‘', '’', '‚', '‛', '«', '»', '‹', '›', '＂', '＇',
    '「', '」', '『', '』', '<', '>',
];

/// Whether a text starts or ends with a quote. Addresses and keys never do.
pub(super) fn is_quoted(text: &str) -> bool {
    text.starts_with(QUOTES) || text.ends_with(QUOTES)
}

/// Whether a key still starts with the header words `Authorization` or `Bearer`.
pub(super) fn has_scheme(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let lower = lower
        .strip_prefix("authorization")
        .map_or(lower.as_str(), |rest| {
            rest.trim_start_matches([':', '=', ' ', '\t'])
        });
    match lower.strip_prefix("bearer") {
        Some(rest) => {
            rest.is_empty()
                || rest.starts_with([' ', '\t', ':', '=', '+', '%'])
                || rest.starts_with("eyj")
        }
        None => lower.len() < key.len(),
    }
}

/// Names a character that a key cannot contain.
pub(super) fn kind_of(character: char) -> &'static str {
    match character {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "a line break",
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{feff}' => "an invisible character",
        character if character.is_whitespace() => "a blank",
        character if character.is_control() => "a control character",
        _ => "a character that is not ASCII",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_every_kind_are_seen() {
        for text in [
            "\"a\"", "'a'", "“a”", "„a“", "«a»", "`a`", "a\"", "“a", "<a>",
        ] {
            assert!(is_quoted(text), "{text}");
        }
        for text in ["a", "a'b", "a\"b", "", "https://crm.example.com/"] {
            assert!(!is_quoted(text), "{text}");
        }
    }

    #[test]
    fn header_words_before_a_key_are_recognised() {
        for key in [
            "Bearer eyJ.a.b",
            "bearer\teyJ",
            "BEARER: eyJ",
            "BearereyJhbGci",
            "Bearer%20eyJ",
            "Bearer",
            "Authorization: Bearer eyJ",
            "authorization=eyJ",
        ] {
            assert!(has_scheme(key), "{key}");
        }
        for key in ["eyJ.a.b", "bearer-token-1", "bearers", "key-1", ""] {
            assert!(!has_scheme(key), "{key}");
        }
    }
}
