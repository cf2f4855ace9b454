//! Prepares a cell that should contain a phone number: unifies spellings of characters, separates several values, and
//! recognises what a spreadsheet turned a number or date into.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use crate::core::twenty::invisible::is_invisible;

/// The zeros of the scripts in which people type digits; each is followed by its digits one to nine.
const ZEROS: [char; 22] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
    '\u{be6}', '\u{c66}', '\u{ce6}', '\u{d66}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}',
    '\u{17e0}', '\u{1810}', '\u{1c50}', '\u{a8d0}', '\u{a9d0}', '\u{ff10}',
];

/// The text with one character for each meaning: ASCII digits, `+`, `-`, `.`, `/`, `,`, brackets, spaces, and `\n` for
/// all line breaks. Invisible characters and surrounding quotes are removed.
pub fn clean(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
    let quotes = |c: char| {
        c.is_whitespace() || "'\"=`\u{b4}\u{2018}\u{2019}\u{201c}\u{201d}\u{201e}".contains(c)
    };
    if text.bytes().all(is_plain) {
        return text.trim_matches(quotes).into();
    }
    let one: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(usual)
        .collect();
    one.trim_matches(quotes).to_owned().into()
}

fn usual(c: char) -> char {
    match c {
        '\t' => '\t',
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        ' '..='~' => c,
        '\u{58a}'
        | '\u{5be}'
        | '\u{1806}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{207b}'
        | '\u{2212}'
        | '\u{2500}'
        | '\u{2501}'
        | '\u{2e3a}'
        | '\u{2e3b}'
        | '\u{301c}'
        | '\u{3030}'
        | '\u{30a0}'
        | '\u{30fc}'
        | '\u{fe31}'
        | '\u{fe32}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}'
        | '\u{ff70}' => '-',
        '\u{b7}' | '\u{2022}' | '\u{2024}' | '\u{2027}' | '\u{2219}' | '\u{22c5}' | '\u{fe52}'
        | '\u{ff0e}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{ff0f}' => '/',
        '\u{60c}' | '\u{3001}' | '\u{fe50}' | '\u{ff0c}' => ',',
        '\u{61b}' | '\u{fe54}' | '\u{ff1b}' => ';',
        '\u{ff1a}' => ':',
        '\u{ff5c}' | '\u{2223}' | '\u{a6}' => '|',
        '\u{ff0b}' | '\u{fe62}' | '\u{207a}' => '+',
        '\u{ff08}' | '\u{fe59}' | '\u{ff3b}' | '\u{3010}' | '\u{3014}' => '(',
        '\u{ff09}' | '\u{fe5a}' | '\u{ff3d}' | '\u{3011}' | '\u{3015}' => ')',
        '\u{ff03}' | '\u{fe5f}' => '#',
        '\u{ff5e}' | '\u{2053}' | '\u{223c}' => '~',
        '\u{ff21}'..='\u{ff5a}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ if c.is_whitespace() => ' ',
        _ if c.is_numeric() => digit(c).unwrap_or(c),
        _ => c,
    }
}

fn digit(c: char) -> Option<char> {
    let value = ZEROS.iter().find_map(|zero| {
        u32::from(c)
            .checked_sub(u32::from(*zero))
            .filter(|value| *value < 10)
    })?;
    char::from_digit(value, 10)
}

/// The values of a cell with several, without those that have no digit. `;` before a name and `=` belongs to a URI.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let each = std::iter::from_fn(move || {
        let whole = rest?;
        let Some((at, length)) = divider(whole) else {
            rest = None;
            return Some(whole);
        };
        rest = Some(&whole[at + length..]);
        Some(&whole[..at])
    });
    each.map(str::trim)
        .filter(|piece| piece.contains(|c: char| c.is_ascii_digit()))
}

/// Whether only line breaks and tabs separate the text; these may also occur within one number.
pub fn is_only_folded(text: &str) -> bool {
    divider(&text.replace(['\n', '\t'], " ")).is_none()
}

fn divider(text: &str) -> Option<(usize, usize)> {
    text.char_indices().find_map(|(at, c)| match c {
        '|' | '\n' | '\t' => Some((at, 1)),
        ';' if !is_parameter(&text[at + 1..]) => Some((at, 1)),
        ':' if text[at..].starts_with("::") => {
            let length = text[at..].bytes().take_while(|byte| *byte == b':').count();
            Some((at, length))
        }
        _ => None,
    })
}

fn is_parameter(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
    })
}

/// Whether it is a number with an exponent: `4.91512345678E11`, `4,9E+11`.
pub fn is_exponent(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mantissa = mantissa.trim_end().trim_start_matches(['+', '-']);
    let is_mantissa = match mantissa.split_once(['.', ',']) {
        Some((whole, rest)) => digits(whole, 20) && (rest.is_empty() || digits(rest, 20)),
        None => digits(mantissa, 20),
    };
    let exponent = exponent.trim_start();
    is_mantissa && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), 3)
}

/// A date in the formats of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Date {
    /// With a four-digit year; no number is grouped like this.
    Full,
    /// With a two-digit year; some numbers are grouped like this.
    Short,
}

/// Recognises `2024-01-31`, `31.01.2024`, `01/31/24`, with or without a time.
pub fn date(text: &str) -> Option<Date> {
    let (day, time) = match text.find(['T', 't']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => day_and_time(text),
    };
    let is_time = |time: &str| {
        time.is_empty() || time.contains(':') && time.starts_with(|c: char| c.is_ascii_digit())
    };
    if !is_time(time.trim()) {
        return None;
    }
    let separator = day
        .chars()
        .find(|c| !c.is_ascii_digit())
        .filter(|c| "-./".contains(*c))?;
    let mut parts = day.trim_end_matches('.').split(separator).map(str::trim);
    let parts = [
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next().unwrap_or(""),
    ];
    let [first, second, third, ""] = parts else {
        return None;
    };
    let value = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse::<u16>().ok()).flatten()
    };
    let is_day = |one: u16, other: u16| {
        (1..=31).contains(&one) && (1..=31).contains(&other) && one.min(other) <= 12
    };
    let is_year = |year: u16| (1900..=2099).contains(&year);
    let (year, one, other) = match (value(first, 4..=4), value(third, 4..=4)) {
        (Some(year), _) => (year, value(second, 1..=2)?, value(third, 1..=2)?),
        (None, Some(year)) => (year, value(first, 1..=2)?, value(second, 1..=2)?),
        (None, None) => {
            let (one, other) = (value(first, 1..=2)?, value(second, 1..=2)?);
            value(third, 2..=2)?;
            return is_day(one, other).then_some(Date::Short);
        }
    };
    (is_year(year) && is_day(one, other)).then_some(Date::Full)
}

/// Splits at the space before a time; the spaces of `31. 01. 2024` belong to the date.
fn day_and_time(text: &str) -> (&str, &str) {
    match text.find(':') {
        None => (text, ""),
        Some(colon) => match text[..colon].rfind([' ', ',']) {
            Some(at) => (text[..at].trim_end_matches([' ', ',']), &text[at + 1..]),
            None => (text, ""),
        },
    }
}

/// A number with decimals that are all zero, as spreadsheets and data frames write whole numbers.
#[derive(Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Without decimals and thousands separators.
    pub whole: String,
    /// Whether it cannot be anything else. Spaces are typed by people.
    pub is_sure: bool,
}

/// How certain it is that a text is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It cannot be a phone number.
    Sure,
    /// Some phone numbers are grouped like it.
    Doubtful,
}

/// Recognises a number with decimals other than zero: `12.50`, `45322.5`.
pub fn fraction(text: &str) -> Option<Likeness> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, rest) = text.split_once('.')?;
    if whole.starts_with('0') || !is_digits(whole) || !is_digits(rest) {
        return None;
    }
    match (whole.len() >= 7, rest.len() <= 2) {
        (true, _) => Some(Likeness::Sure),
        (false, true) => Some(Likeness::Doubtful),
        (false, false) => None,
    }
}

/// Whether it is an amount of money, or a percentage.
pub fn is_amount(text: &str) -> bool {
    let is_currency = |c| matches!(c, '$' | '\u{a2}'..='\u{a5}' | '\u{20a0}'..='\u{20cf}');
    text.ends_with('%') || text.contains(is_currency)
}

/// Recognises an IP address: `192.168.10.25`.
pub fn ip_address(text: &str) -> Option<Likeness> {
    let address = text.parse::<Ipv4Addr>().ok()?;
    let has_lone_digit = text.split('.').any(|group| group.len() == 1);
    match has_lone_digit || address.is_private() {
        true => Some(Likeness::Sure),
        false => Some(Likeness::Doubtful),
    }
}

/// Recognises `9876543210.0`, `9,876,543,210.00`, `4915123456789,0`.
pub fn decimal(text: &str) -> Option<Decimal> {
    // With thousands separators and without decimals: the groups of a phone number are never separated by commas only.
    if text.contains(',') && text.len() >= 9 && is_in_thousands(text, b'.') {
        return Some(Decimal {
            whole: text.replace(',', ""),
            is_sure: true,
        });
    }
    let at = text.rfind(['.', ','])?;
    let (whole, zeros) = (&text[..at], &text[at + 1..]);
    if zeros.is_empty() || !zeros.bytes().all(|byte| byte == b'0') {
        return None;
    }
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = digits.len() >= 7 && is_in_thousands(digits, text.as_bytes()[at]);
    // The only dot of a number that is grouped by spaces: `+49 30 123456.0`.
    let typed = whole.trim_start_matches(|c: char| !c.is_ascii_digit());
    let is_odd = zeros.len() <= 2 && !is_grouped && !typed.contains(['.', ',']);
    let is_decimal = match is_plain {
        true => zeros.len() == 1 || digits.len() >= 7,
        false => is_grouped || is_odd,
    };
    is_decimal.then(|| Decimal {
        whole: match is_grouped {
            true => whole.replace([',', '.', '\'', ' '], ""),
            false => whole.to_owned(),
        },
        is_sure: is_plain || text.as_bytes()[at] == b',' || is_grouped && !whole.contains(' '),
    })
}

fn is_in_thousands(digits: &str, decimal_point: u8) -> bool {
    let Some(separator) = digits.bytes().find(|byte| !byte.is_ascii_digit()) else {
        return false;
    };
    if separator == decimal_point || !b",.' ".contains(&separator) {
        return false;
    }
    let mut groups = digits.split(char::from(separator));
    let is_number = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()) && is_number(first))
        && groups.all(|group| group.len() == 3 && is_number(group))
}
