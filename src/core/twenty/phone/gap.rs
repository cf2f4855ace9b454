//! The text between the digits of a number: separators, words for an extension, or what connects two numbers.

/// Words for "extension", lower case, in the languages of typical files.
const EXTENSION: &[&str] = &[
    // English, and codes that dialers read as a pause.
    "x xt ext extn exten extension ddi p w pause wait isub",
    // German.
    "dw durchw durchwahl app apparat nst nebenst nebenstelle kl klappe",
    // Romance languages.
    "poste int intern interne interno interna interni interior anexo anx anexa ramal",
    "extensión extensao extensão extensió extensie estensione",
    // Dutch and the Nordic languages.
    "toestel toest tst doorkies doorkiesnummer anknytning ankn lokal lok lokalnummer alanumero alanro",
    // Polish, Czech, Slovak, Hungarian, the Baltic languages.
    "wewn wew wewnętrzny wewnetrzny linka klapka mell mellék mellek vid sise iekš",
    // Cyrillic and Greek.
    "доб добавочный добав внутр внутренний вн дод додатковий внутрішній вътр вътрешен лок локал",
    "εσωτ εσωτερικό εσ",
    // Turkish, Azerbaijani, Indonesian, Filipino, Vietnamese.
    "dahili dah daxili pes pesawat samb loc local lẻ bộ",
    // Arabic, Persian, Hebrew.
    "تحويلة فرعي داخلي داخلی שלוחה",
];

/// Words of scripts that write without spaces between words; found anywhere in the text.
const EXTENSION_WITHIN: &[&str] = &[
    "内線",
    "内线",
    "內線",
    "分机",
    "分機",
    "转",
    "轉",
    "내선",
    "ต่อ",
];

/// Words for "number", which may follow the others.
const NUMBER: &[&str] = &["no nr n num number nummer numéro número numero nº №"];

fn has(words: &[&str], word: &str) -> bool {
    words
        .iter()
        .any(|line| line.split(' ').any(|known| known == word))
}

/// The meaning of a text between two groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Spaces, hyphens, dots, brackets: digits of one number.
    Plain,
    /// Separates digits of one number or two numbers: a slash, a hyphen between spaces.
    Either,
    /// A comma: before an extension, or another number.
    Comma,
    /// A word or sign for an extension.
    Extension,
    /// Other words, which are not part of a number, or letters of a phone keypad.
    Word,
    /// Signs that are not part of a number.
    Sign,
}

/// Classifies the text between two groups of digits.
pub fn kind(gap: &str) -> Gap {
    if gap.contains(char::is_alphabetic) {
        return match is_extension(gap) {
            true => Gap::Extension,
            // A letter O instead of the zero that is dropped after a calling code.
            false if matches!(gap.trim().trim_start_matches(['-', '.']), "(o)" | "(O)") => {
                Gap::Plain
            }
            false => Gap::Word,
        };
    }
    if gap.contains(['#', '*', '~']) {
        return Gap::Extension;
    }
    if gap.contains(',') {
        return Gap::Comma;
    }
    if !gap.chars().all(|c| " -.()[]/\\\t\n".contains(c)) {
        return Gap::Sign;
    }
    match gap.contains(['/', '\\']) || gap.trim() == "-" && gap.len() > 2 {
        true => Gap::Either,
        false => Gap::Plain,
    }
}

fn is_extension(gap: &str) -> bool {
    let gap = gap.to_lowercase();
    let mut words = gap
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    let last = words.rfind(|word| !has(NUMBER, word));
    last.is_some_and(|word| has(EXTENSION, word))
        || EXTENSION_WITHIN.iter().any(|word| gap.contains(word))
}
