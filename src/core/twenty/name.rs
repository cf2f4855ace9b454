//! One full name into Twenty's first and last name (MAPPING.md, row `name`).

/// Words that belong to the last name that follows them.
const PARTICLES: &[&str] = &[
    "af", "al", "av", "bin", "bint", "da", "dal", "das", "de", "degli", "dei", "del", "della",
    "den", "der", "di", "do", "dos", "du", "el", "ibn", "la", "le", "ten", "ter", "van", "vom",
    "von", "zu", "zum", "zur",
];

/// What may follow a comma without being a first name.
const SUFFIXES: &[&str] = &[
    "jr", "sr", "ii", "iii", "iv", "esq", "md", "phd", "mba", "cpa", "dds", "rn", "pe",
];

/// First and last name. No word is lost: without a comma, first + " " + last is the collapsed input.
pub fn split(full: &str) -> (String, String) {
    if let Some((last, first)) = full.split_once(',') {
        let (last, first) = (collapse(last), collapse(first));
        match (last.is_empty(), first.is_empty()) {
            (false, false) if !is_suffix(&first) => return (first, last),
            (false, false) => {
                let (given, family) = split_words(&last);
                return match family.is_empty() {
                    true => (given, first),
                    false => (given, format!("{family}, {first}")),
                };
            }
            (false, true) => return split_words(&last),
            (true, false) => return split_words(&first),
            (true, true) => {}
        }
    }
    split_words(full)
}

/// The name as one text again.
pub fn join(first: &str, last: &str) -> String {
    collapse(&format!("{first} {last}"))
}

/// Trimmed, and runs of blanks made one space.
pub fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn split_words(full: &str) -> (String, String) {
    let words: Vec<&str> = full.split_whitespace().collect();
    if words.len() < 2 {
        return (words.concat(), String::new());
    }
    // At least one word stays the first name, so that nobody is left without one.
    let mut start = words.len() - 1;
    while start > 1 && is_particle(words[start - 1]) {
        start -= 1;
    }
    (words[..start].join(" "), words[start..].join(" "))
}

fn is_particle(word: &str) -> bool {
    PARTICLES
        .iter()
        .any(|particle| word.eq_ignore_ascii_case(particle))
}

fn is_suffix(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    SUFFIXES
        .iter()
        .any(|suffix| bare.eq_ignore_ascii_case(suffix))
}
