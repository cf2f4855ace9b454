//! Particles: words that belong to the last name after them, as in `van der Berg`, `de los Santos`, `Ortega y Gasset`.

/// In any letter case. Never the first word of a name, so that Van Morrison stays as he is.
const PARTICLES: &[&str] = &[
    "abou", "abu", "af", "al", "a\u{ef}t", "av", "ben", "bin", "bint", "d'", "da", "dal", "dalla",
    "das", "de", "degli", "dei", "del", "della", "delle", "dello", "dem", "den", "der", "des",
    "di", "do", "dos", "du", "el", "het", "ibn", "in't", "la", "le", "mac", "mc", "n\u{ed}", "o'",
    "op't", "ould", "saint", "st", "st.", "'s", "'t", "ten", "ter", "u\u{ed}", "van", "van't",
    "vom", "von", "zu", "zum", "zur", "\u{f3}",
];

/// Only in lower case: capitalised, they are names.
const SMALL: &[&str] = &["ab", "ap", "bar", "bat", "te"];

/// Part of a last name only before an article: `op den`, `in 't`, `de los`.
const BEFORE_ARTICLE: &[&str] = &[
    "aan", "an", "auf", "bij", "in", "onder", "op", "over", "uit", "unter", "voor",
];
const ARTICLES: &[&str] = &["de", "dem", "den", "der", "het", "'t"];
const BEHIND_DE: &[&str] = &["las", "los", "les"];

/// Join two last names. Only in lower case, among capitalised words: `John E Smith` has an initial.
const JOINING: &[&str] = &["e", "i", "und", "y"];

/// The start of the last name whose last word is at `last`. The first word is never part of it.
pub fn start_of(words: &[&str], last: usize) -> usize {
    let has_capitals = words
        .iter()
        .any(|word| word.chars().any(char::is_uppercase));
    let mut start = last;
    while start > 1 {
        let before = straight(words[start - 1]);
        let lower = before.to_lowercase();
        let next = straight(words[start]).to_lowercase();
        let is_joined = start > 2 && has_capitals && JOINING.contains(&before.as_str());
        let is_spanish = start > 2
            && BEHIND_DE.contains(&lower.as_str())
            && words[start - 2].eq_ignore_ascii_case("de");
        let is_part = PARTICLES.contains(&lower.as_str())
            || SMALL.contains(&before.as_str())
            || (BEFORE_ARTICLE.contains(&lower.as_str())
                && start < last
                && ARTICLES.contains(&next.as_str()));
        start -= match (is_joined || is_spanish, is_part) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => break,
        };
    }
    start
}

/// With a plain (keyboard) apostrophe.
fn straight(word: &str) -> String {
    word.replace(['\u{2019}', '\u{2018}', '\u{b4}', '`'], "'")
}
