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

/// The form that all spellings of a name share: blanks and upper case do not count, nor whether the last name comes first.
pub fn folded(full: &str) -> String {
    let (first, last) = split(full);
    join(&first, &last).to_uppercase()
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

/// Whether nothing but titles stands there: `Jr.`, or `MD, Ph.D.`
fn is_suffix(text: &str) -> bool {
    text.split(',').all(|part| {
        let bare: String = part.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
        SUFFIXES
            .iter()
            .any(|suffix| bare.eq_ignore_ascii_case(suffix))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_split_as_people_are_called() {
        let cases = [
            ("Jane Smith", "Jane", "Smith"),
            ("  Jane \t Smith ", "Jane", "Smith"),
            ("Cher", "Cher", ""),
            ("Mary Jane Watson", "Mary Jane", "Watson"),
            ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
            ("Vincent van der Berg", "Vincent", "van der Berg"),
            ("Jean-Claude Van Damme", "Jean-Claude", "Van Damme"),
            ("Van Morrison", "Van", "Morrison"),
            ("de la Cruz", "de", "la Cruz"),
            ("Ana Maria de los Santos", "Ana Maria de los", "Santos"),
            ("Smith, Jane", "Jane", "Smith"),
            ("van Beethoven, Ludwig", "Ludwig", "van Beethoven"),
            ("John Smith, Jr.", "John", "Smith, Jr."),
            ("Jane Doe, Ph.D.", "Jane", "Doe, Ph.D."),
            ("Jane Doe, MD, Ph.D.", "Jane", "Doe, MD, Ph.D."),
            ("Doe, Jane, MD", "Jane, MD", "Doe"),
            ("Smith,", "Smith", ""),
            (", Jane", "Jane", ""),
            (
                "\u{5c71}\u{7530}\u{3000}\u{592a}\u{90ce}",
                "\u{5c71}\u{7530}",
                "\u{592a}\u{90ce}",
            ),
        ];
        for (full, first, last) in cases {
            assert_eq!(split(full), (first.to_owned(), last.to_owned()), "{full}");
        }
    }

    proptest! {
        #[test]
        fn without_a_comma_nothing_moves(full in "[^,]*") {
            let (first, last) = split(&full);
            let joined = if last.is_empty() { first.clone() } else { format!("{first} {last}") };
            prop_assert_eq!(&joined, &collapse(&full));
            prop_assert_eq!(join(&first, &last), joined);
            prop_assert!(!first.is_empty() || full.trim().is_empty());
        }

        #[test]
        fn no_word_is_lost(words in prop::collection::vec("([A-Za-z\u{e9}]{1,6}|van|de|jr|, )", 1..6)) {
            let full = words.join(" ");
            let (first, last) = split(&full);
            let list = |text: &str| {
                let mut list: Vec<String> = text.replace(',', " ").split_whitespace().map(str::to_owned).collect();
                list.sort();
                list
            };
            prop_assert_eq!(list(&format!("{first} {last}")), list(&full));
        }

        #[test]
        fn any_text_is_split(full in any::<String>()) {
            let (first, last) = split(&full);
            prop_assert_eq!(collapse(&first), first);
            prop_assert_eq!(collapse(&last), last);
        }
    }
}
