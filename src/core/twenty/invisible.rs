//! Invisible characters. Copy and paste brings them, and a value with one is not the value that people see.

/// Their Unicode blocks, with names for those that occur in files.
const BLOCKS: [(char, char, &str); 17] = [
    ('\u{ad}', '\u{ad}', "SOFT HYPHEN"),
    ('\u{34f}', '\u{34f}', "COMBINING GRAPHEME JOINER"),
    ('\u{61c}', '\u{61c}', "ARABIC LETTER MARK"),
    ('\u{115f}', '\u{1160}', "HANGUL FILLER"),
    ('\u{180b}', '\u{180e}', "MONGOLIAN VOWEL SEPARATOR"),
    ('\u{200b}', '\u{200b}', "ZERO WIDTH SPACE"),
    ('\u{200c}', '\u{200c}', "ZERO WIDTH NON-JOINER"),
    ('\u{200d}', '\u{200d}', "ZERO WIDTH JOINER"),
    ('\u{200e}', '\u{200f}', "mark of the direction of writing"),
    ('\u{202a}', '\u{202e}', "mark of the direction of writing"),
    ('\u{2060}', '\u{2060}', "WORD JOINER"),
    ('\u{2061}', '\u{2065}', "invisible operator"),
    ('\u{2066}', '\u{206f}', "mark of the direction of writing"),
    ('\u{3164}', '\u{3164}', "HANGUL FILLER"),
    ('\u{fe00}', '\u{fe0f}', "variation selector"),
    (
        '\u{feff}',
        '\u{feff}',
        "ZERO WIDTH NO-BREAK SPACE, also called byte order mark",
    ),
    ('\u{fff9}', '\u{fffb}', "INTERLINEAR ANNOTATION mark"),
];

/// Whether the character has no width. Spaces and control characters do not count.
pub fn is_invisible(c: char) -> bool {
    name(c).is_some()
}

/// The name of an invisible character.
pub fn name(c: char) -> Option<&'static str> {
    if c < '\u{ad}' {
        return None;
    }
    let block = BLOCKS
        .iter()
        .find(|(first, last, _)| (first..=last).contains(&&c));
    match block {
        Some((_, _, name)) => Some(name),
        None => ('\u{e0000}'..='\u{e0fff}')
            .contains(&c)
            .then_some("TAG or variation selector"),
    }
}

/// Removes spaces and invisible characters at the ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Describes the first invisible character inside the text: `an invisible character, ZERO WIDTH SPACE (U+200B), after
/// "jane"`.
pub fn describe(text: &str) -> Option<String> {
    let (at, c, name) = text
        .char_indices()
        .find_map(|(at, c)| Some((at, c, name(c)?)))?;
    let before: Vec<char> = text[..at].chars().rev().take(20).collect();
    let before: String = before.into_iter().rev().collect();
    let place = match before.is_empty() {
        true => "at its beginning".to_owned(),
        false => format!("after \"{before}\""),
    };
    Some(format!(
        "an invisible character, {name} (U+{:04X}), {place}",
        u32::from(c)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_named() {
        for c in "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{fe0f}\u{180e}\u{e0041}".chars() {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "a \u{a0}\u{202f}\u{2003}\n\t-\u{301}\u{e9}\u{91ce}\0".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn the_ends_are_trimmed_and_the_inside_is_named() {
        assert_eq!(trim("\u{feff} jane@x.example\u{200b}\n"), "jane@x.example");
        assert_eq!(trim("\u{200b} \u{feff}"), "");
        assert_eq!(describe("jane@x.example"), None);
        assert_eq!(
            describe("jane\u{200b}@x.example").as_deref(),
            Some("an invisible character, ZERO WIDTH SPACE (U+200B), after \"jane\"")
        );
        assert_eq!(
            describe("\u{ad}x").as_deref(),
            Some("an invisible character, SOFT HYPHEN (U+00AD), at its beginning")
        );
    }
}
