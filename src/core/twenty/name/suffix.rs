//! Suffixes of names: `Jr.`, `III`, `Ph.D.`, `Dipl.-Ing.`
//!
//! Many of them are also names of people (`Md Rahman`, `Jack Ma`, `Lim Beng`, `Uche Mba`, `V Raman`). Those only count
//! as suffixes when they are written like titles.

/// In any letter case, with or without full stops.
const ANY_CASE: &[&str] = &[
    "2nd",
    "3rd",
    "4th",
    "bsc",
    "csc",
    "dphil",
    "drsc",
    "esq",
    "esquire",
    "jnr",
    "jr",
    "junior",
    "j\u{fa}nior",
    "llb",
    "llm",
    "mbbs",
    "mphil",
    "msc",
    "pharmd",
    "phd",
    "psyd",
    "snr",
    "sr",
];

/// Exactly as listed, in a text that is not all capitals; or with full stops in them.
const AS_WRITTEN: &[&str] = &[
    "ACA", "ACCA", "APRN", "BBA", "BEd", "BEng", "BFA", "BSN", "CBE", "CCRN", "CEng", "CFA", "CFP",
    "CISA", "CISM", "CISSP", "CPA", "CRNA", "DBA", "DDS", "DMD", "DPT", "DVM", "EMBA", "EdD",
    "FACC", "FACP", "FACS", "FCA", "FCCA", "FRCP", "FRCS", "FRICS", "JD", "KBE", "KC", "LCSW",
    "LMFT", "LMHC", "MArch", "MBA", "MBE", "MD", "MEd", "MEng", "MFA", "MPH", "MRCP", "MRICS",
    "MRes", "MSN", "MSW", "OBE", "PEng", "PMP", "QC", "RDN", "RN", "ScD",
];

/// Also surnames: they only count after a comma, or with full stops in them.
const MARKED: &[&str] = &["BA", "BS", "DO", "MA", "MS", "PE"];

/// Numerals have no full stop: `V.` is an initial.
const NUMERALS: &[&str] = &["II", "III", "IV", "V"];

/// How many words at the end of a name without a comma are suffixes. At least two words remain as the person's name.
pub fn count(words: &[&str]) -> usize {
    let is_shouted = !words
        .iter()
        .any(|word| word.chars().any(char::is_lowercase));
    let mut kept = words.len();
    while kept > 2 {
        let (word, before) = (words[kept - 1], words[kept - 2]);
        if let Some(start) = brackets_before(words, kept) {
            kept = start;
        } else if kept > 3 && bare(word) == "D" && bare(before).eq_ignore_ascii_case("ph") {
            kept -= 2;
        } else if is_one(word, is_shouted, false) {
            kept -= 1;
        } else {
            break;
        }
    }
    words.len() - kept
}

/// The start of a bracketed part that ends at `end`: `Jane Smith (née Doe)`. At least two words remain before it.
fn brackets_before(words: &[&str], end: usize) -> Option<usize> {
    let last = words.get(end.checked_sub(1)?)?;
    if !last.ends_with([')', ']', '\u{ff09}']) {
        return None;
    }
    let start = words[..end]
        .iter()
        .rposition(|word| word.starts_with(['(', '[', '\u{ff08}']))?;
    (start >= 2).then_some(start)
}

/// Whether a text after a comma has only suffixes: `Jr.`, or `MD, Ph.D.` After a single word, a suffix that can be a
/// first name is one: `Rahman, Md`.
pub fn is_all(text: &str, words_before: usize) -> bool {
    let mut words = text
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .peekable();
    let may_be_name = words_before < 2;
    words.peek().is_some()
        && words.all(|word| is_one(word, false, !may_be_name) && !(may_be_name && is_short(word)))
}

/// Whether a suffix can be a first name or an initial: `MD`, `V`, `RN`.
fn is_short(word: &str) -> bool {
    let bare = bare(word);
    let is_numeral = NUMERALS.contains(&bare.as_str());
    bare == "V" || (bare.len() < 3 && !is_numeral && !is_any_case(&bare))
}

fn is_one(word: &str, is_shouted: bool, behind_comma: bool) -> bool {
    let bare = bare(word);
    // Full stops between letters, which names do not have: `M.D.`, but not `Md.`
    let is_dotted = word.trim_end_matches('.').contains('.');
    let has = |list: &[&str]| match is_dotted {
        true => list.iter().any(|one| one.eq_ignore_ascii_case(&bare)),
        false => !is_shouted && list.contains(&bare.as_str()),
    };
    is_any_case(&bare)
        || is_german_degree(word)
        || (NUMERALS.contains(&word) && (!is_shouted || word.len() > 1))
        || has(AS_WRITTEN)
        || ((is_dotted || behind_comma) && has(MARKED))
        || (behind_comma && is_pronouns(word))
}

/// Pronouns such as `she/her`, which people write after their names.
fn is_pronouns(word: &str) -> bool {
    word.contains('/')
        && word
            .split('/')
            .all(|part| !part.is_empty() && part.chars().all(char::is_lowercase))
}

fn is_any_case(bare: &str) -> bool {
    ANY_CASE.contains(&bare.to_lowercase().as_str())
}

/// `Dipl.-Ing.`, `Dipl.-Kfm.`, and the kind of school that may follow.
fn is_german_degree(word: &str) -> bool {
    let lower = word.to_lowercase();
    lower.starts_with("dipl.")
        || lower.starts_with("dipl-")
        || matches!(word, "(FH)" | "(TH)" | "(BA)")
}

fn bare(word: &str) -> String {
    word.chars().filter(|c| *c != '.').collect()
}
