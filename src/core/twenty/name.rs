//! Splits a full name into Twenty's first and last name (`docs/twenty/mapping.md#names`).

mod particle;
mod suffix;

/// First and last name. No word is lost: without a comma, first + " " + last is the collapsed input.
pub fn split(full: &str) -> (String, String) {
    if let Some((last, first)) = full.split_once(',') {
        let (last, first) = (collapse(last), collapse(first));
        match (last.is_empty(), first.is_empty()) {
            (false, false) if !suffix::is_all(&first, last.split(' ').count()) => {
                return swapped(&last, &first);
            }
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

/// The normalised form, which all spellings of a name share: spaces, letter case and the order of first and last name
/// do not matter.
pub fn folded(full: &str) -> String {
    let (first, last) = split(full);
    join(&first, &last).to_uppercase()
}

/// Trims the text, and reduces runs of white space to one space.
pub fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `Last, First`, or `Last, Jr., First`.
fn swapped(last: &str, first: &str) -> (String, String) {
    match first.split_once(',') {
        Some((title, rest)) if suffix::is_all(title, 2) && !rest.trim().is_empty() => {
            (collapse(rest), format!("{last}, {}", title.trim()))
        }
        _ => (first.to_owned(), last.to_owned()),
    }
}

fn split_words(full: &str) -> (String, String) {
    let words: Vec<&str> = full.split_whitespace().collect();
    if words.len() < 2 {
        return (words.concat(), String::new());
    }
    // At least one word remains as the first name.
    let last = words.len() - 1 - suffix::count(&words);
    let start = particle::start_of(&words, last);
    (words[..start].join(" "), words[start..].join(" "))
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
            ("Ana Maria de los Santos", "Ana Maria", "de los Santos"),
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

    #[test]
    fn suffixes_stay_with_the_last_name() {
        let cases = [
            ("John Smith Jr.", "John", "Smith Jr."),
            ("John Smith jr", "John", "Smith jr"),
            ("JOHN SMITH JR", "JOHN", "SMITH JR"),
            ("John Smith Sr", "John", "Smith Sr"),
            ("Hal Daume III", "Hal", "Daume III"),
            ("HAL DAUME III", "HAL", "DAUME III"),
            ("Mary Ann Evans IV", "Mary Ann", "Evans IV"),
            ("Henry Ford II", "Henry", "Ford II"),
            ("Ludwig van Beethoven Jr.", "Ludwig", "van Beethoven Jr."),
            ("John Smith Jr. MD", "John", "Smith Jr. MD"),
            ("John Smith Ph. D.", "John", "Smith Ph. D."),
            ("Jane Smith PhD", "Jane", "Smith PhD"),
            ("Jane Smith Ph.D.", "Jane", "Smith Ph.D."),
            ("Jane Smith M.D.", "Jane", "Smith M.D."),
            ("Jane Smith MBA CPA", "Jane", "Smith MBA CPA"),
            (
                "Hans M\u{fc}ller Dipl.-Ing. (FH)",
                "Hans",
                "M\u{fc}ller Dipl.-Ing. (FH)",
            ),
            ("Jane Smith, MSc", "Jane", "Smith, MSc"),
            ("Jane Smith, M.Sc.", "Jane", "Smith, M.Sc."),
            ("Jane Smith, BSc, MSc", "Jane", "Smith, BSc, MSc"),
            ("Jane Smith, MD PhD", "Jane", "Smith, MD PhD"),
            ("Jane Smith, MA", "Jane", "Smith, MA"),
            (
                "Hans M\u{fc}ller, Dipl.-Ing.",
                "Hans",
                "M\u{fc}ller, Dipl.-Ing.",
            ),
            ("John Smith, III", "John", "Smith, III"),
            ("Smith, Jr., John", "John", "Smith, Jr."),
            ("Smith Jr., John", "John", "Smith Jr."),
            ("Smith, John Jr.", "John Jr.", "Smith"),
            ("Jane Roe, MD, FACS", "Jane", "Roe, MD, FACS"),
            ("Jane Roe, MSN, APRN", "Jane", "Roe, MSN, APRN"),
            (
                "MUDr. Jan Nov\u{e1}k, CSc.",
                "MUDr. Jan",
                "Nov\u{e1}k, CSc.",
            ),
            ("Jane Roe, she/her", "Jane", "Roe, she/her"),
            ("Jane Roe (she/her)", "Jane", "Roe (she/her)"),
            (
                "Jane Roe (n\u{e9}e van Doe)",
                "Jane",
                "Roe (n\u{e9}e van Doe)",
            ),
            ("Jane van der Roe [Ops]", "Jane", "van der Roe [Ops]"),
            ("Roe, Jane (she/her)", "Jane (she/her)", "Roe"),
            ("Jane (Janie) Roe", "Jane (Janie)", "Roe"),
            ("Jane (Roe)", "Jane", "(Roe)"),
        ];
        for (full, first, last) in cases {
            assert_eq!(split(full), (first.to_owned(), last.to_owned()), "{full}");
        }
    }

    #[test]
    fn names_that_look_like_titles_are_names() {
        let cases = [
            ("Md Rahman", "Md", "Rahman"),
            ("Rahman, Md", "Md", "Rahman"),
            ("Rahman, Md.", "Md.", "Rahman"),
            ("Rahman, MD", "MD", "Rahman"),
            ("Abdul Karim Md", "Abdul Karim", "Md"),
            ("Pe Win", "Pe", "Win"),
            ("Win, Pe", "Pe", "Win"),
            ("Maung Maung Pe", "Maung Maung", "Pe"),
            ("Jack Ma", "Jack", "Ma"),
            ("Xiao Ming MA", "Xiao Ming", "MA"),
            ("Ma, Jack", "Jack", "Ma"),
            ("Ma Jr", "Ma", "Jr"),
            ("Do Kim", "Do", "Kim"),
            ("V Raman", "V", "Raman"),
            ("Raman, V", "V", "Raman"),
            ("Raman V.", "Raman", "V."),
            ("Ramesh Kumar V.", "Ramesh Kumar", "V."),
            ("Nguyen Thi Vi", "Nguyen Thi", "Vi"),
            ("Uche Grace Mba", "Uche Grace", "Mba"),
            ("UCHE GRACE MBA", "UCHE GRACE", "MBA"),
            ("Lim Teck Beng", "Lim Teck", "Beng"),
            ("Li Xiao Meng", "Li Xiao", "Meng"),
            ("John III", "John", "III"),
            ("Smith Jr.", "Smith", "Jr."),
            ("Van Morrison", "Van", "Morrison"),
            ("Del Shannon", "Del", "Shannon"),
            ("Ben Stiller", "Ben", "Stiller"),
            ("Mac Miller", "Mac", "Miller"),
            ("John E Smith", "John E", "Smith"),
            ("john e smith", "john e", "smith"),
            ("Mary In Young", "Mary In", "Young"),
            ("Van Der Berg", "Van", "Der Berg"),
        ];
        for (full, first, last) in cases {
            assert_eq!(split(full), (first.to_owned(), last.to_owned()), "{full}");
        }
    }

    #[test]
    fn particles_go_with_the_last_name() {
        let cases = [
            ("Jeroen van 't Hooft", "Jeroen", "van 't Hooft"),
            (
                "Jeroen van \u{2019}t Hooft",
                "Jeroen",
                "van \u{2019}t Hooft",
            ),
            ("Jeroen van't Hooft", "Jeroen", "van't Hooft"),
            ("Kees op den Akker", "Kees", "op den Akker"),
            ("Piet in 't Veld", "Piet", "in 't Veld"),
            ("Jan in de Ven", "Jan", "in de Ven"),
            ("Hans an der Lan", "Hans", "an der Lan"),
            ("Anna van het Hof", "Anna", "van het Hof"),
            ("Jean d' Ormesson", "Jean", "d' Ormesson"),
            ("Jean d'Ormesson", "Jean", "d'Ormesson"),
            ("Luca della Robbia", "Luca", "della Robbia"),
            ("Jos\u{e9} Ortega y Gasset", "Jos\u{e9}", "Ortega y Gasset"),
            ("Ana dos Santos e Silva", "Ana", "dos Santos e Silva"),
            (
                "Karl von und zu Guttenberg",
                "Karl",
                "von und zu Guttenberg",
            ),
            ("Mohamed Ben Ali", "Mohamed", "Ben Ali"),
            ("Ahmed ben Bella", "Ahmed", "ben Bella"),
            ("Mahmoud Abu Mazen", "Mahmoud", "Abu Mazen"),
            ("Ian Mc Donald", "Ian", "Mc Donald"),
            ("Sinead O' Connor", "Sinead", "O' Connor"),
            ("Jill St. John", "Jill", "St. John"),
            ("Dafydd ap Gwilym", "Dafydd", "ap Gwilym"),
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
        fn no_word_is_lost(words in prop::collection::vec("([A-Za-z\u{e9}]{1,6}|van|de|los|'t|y|e|in|jr|MD|III|Ph[.]|D[.]|, )", 1..6)) {
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
