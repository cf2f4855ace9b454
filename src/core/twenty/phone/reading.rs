//! From the text of a cell to one number: which digits belong to it, and whether a calling code is among them.
//!
//! The rule for ambiguous text: never write a number that was certainly not meant. Words and signs that numbers do not
//! contain end the number, and what is left must be valid in its country's plan.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType, Region};

use super::country::Country;
use super::gap::{self, Gap};
use super::link::{self, Link};
use super::plan;
use super::problem::NoPhone;
use super::text;
use crate::core::twenty::phone_e164;

/// Longest text that is tried; no phone number is longer.
const MAX_INPUT_BYTES: usize = 250;

/// Most digits of an extension. More digits are a number.
const EXTENSION_DIGITS: usize = 7;

/// The content of a text.
pub struct Reading {
    pub number: PhoneNumber,
    /// The digits of an extension.
    pub extension: Option<String>,
    /// Whether the text contains more values.
    pub is_first: bool,
}

/// Reads the text of a cell.
pub fn read(text: &str, country: Option<Country>) -> Result<Reading, NoPhone> {
    if let Some(number) = phone_e164::read(text.trim()) {
        return plan::checked(number).map(Reading::from);
    }
    let text = text::clean(text);
    let mut pieces = text::pieces(&text);
    let first = pieces.next().ok_or(NoPhone::NotANumber)?;
    if pieces.next().is_none() {
        return one(first, country);
    }
    let read = one(first, country);
    let is_whole = read.as_ref().is_ok_and(|read| plan::is_valid(&read.number));
    if !is_whole && text::is_only_folded(&text) {
        let joined = one(&text.replace(['\n', '\t'], " "), country);
        if let Ok(joined) = joined
            && plan::is_valid(&joined.number)
        {
            return Ok(joined);
        }
    }
    // The part before the other values must be a number by itself.
    let read = read?;
    match plan::is_whole(&read.number) {
        true => Ok(Reading {
            is_first: true,
            ..read
        }),
        false => Err(NoPhone::NotANumber),
    }
}

impl From<PhoneNumber> for Reading {
    fn from(mut number: PhoneNumber) -> Self {
        let extension = number.extension.take().filter(|digits| !digits.is_empty());
        Self {
            number,
            extension,
            is_first: false,
        }
    }
}

fn one(text: &str, country: Option<Country>) -> Result<Reading, NoPhone> {
    if text.len() > MAX_INPUT_BYTES || text.contains('@') && link::read(text).is_none() {
        return Err(NoPhone::NotANumber);
    }
    if text.contains(";phone-context=") {
        return by_context(text);
    }
    match link::read(text) {
        Some(Link::International(digits)) => {
            let number = plan::international(&digits).and_then(|number| plan::checked(number).ok());
            number.map(Reading::from).ok_or(NoPhone::WebAddress)
        }
        Some(Link::Typed(number)) => typed(&number, country),
        Some(Link::Several) => Err(NoPhone::Several),
        Some(Link::Other) => Err(NoPhone::WebAddress),
        None => typed(text, country),
    }
}

/// A `tel:` URI whose country is given as a parameter (RFC 3966), as the library reads it.
fn by_context(text: &str) -> Result<Reading, NoPhone> {
    // If the parameter comes before the scheme, the library slices backwards and panics.
    let is_reversed = text
        .split_once(";phone-context=")
        .is_some_and(|(before, behind)| !before.contains("tel:") && behind.contains("tel:"));
    if is_reversed {
        return Err(NoPhone::NotANumber);
    }
    let number = PHONE_NUMBER_UTIL.parse(text, None);
    plan::checked(number.map_err(|_| NoPhone::NotANumber)?).map(Reading::from)
}

fn typed(text: &str, country: Option<Country>) -> Result<Reading, NoPhone> {
    if text::is_exponent(text) {
        return Err(NoPhone::Exponent);
    }
    if text::is_amount(text) {
        return Err(NoPhone::NotANumber);
    }
    match text::date(text) {
        Some(text::Date::Full) => return Err(NoPhone::Date),
        Some(text::Date::Short) => return known(text, country, NoPhone::Date),
        None => {}
    }
    let Some(decimal) = text::decimal(text) else {
        return match text::fraction(text).or_else(|| text::ip_address(text)) {
            Some(text::Likeness::Sure) => Err(NoPhone::NotANumber),
            Some(text::Likeness::Doubtful) => known(text, country, NoPhone::NotANumber),
            None => digits_of(text, country),
        };
    };
    let whole = digits_of(&decimal.whole, country);
    if decimal.is_sure {
        return whole;
    }
    let with_zeros = digits_of(text, country);
    match (is_valid(&whole), is_valid(&with_zeros)) {
        (true, false) => whole,
        (true, true) => Err(NoPhone::Ambiguous),
        (false, true) => with_zeros,
        (false, false) => whole,
    }
}

/// Text that looks like something else is a number only if a plan has it.
fn known(text: &str, country: Option<Country>, otherwise: NoPhone) -> Result<Reading, NoPhone> {
    let read = digits_of(text, country);
    if is_valid(&read) {
        return read;
    }
    Err(otherwise)
}

fn is_valid(read: &Result<Reading, NoPhone>) -> bool {
    read.as_ref().is_ok_and(|read| plan::is_valid(&read.number))
}

/// The groups of digits in a text, and the text around them.
struct Groups<'a> {
    text: &'a str,
    /// Start and end of each group.
    spans: Vec<(usize, usize)>,
    has_plus: bool,
}

impl<'a> Groups<'a> {
    fn new(text: &'a str) -> Self {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for (at, _) in text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_digit())
        {
            match spans.last_mut() {
                Some((_, end)) if *end == at => *end = at + 1,
                _ => spans.push((at, at + 1)),
            }
        }
        let before = spans.first().map_or("", |(start, _)| &text[..*start]);
        let has_plus = before
            .trim_end_matches([' ', '(', '[', '-', '.'])
            .ends_with('+');
        Self {
            text,
            spans,
            has_plus,
        }
    }

    fn gap(&self, index: usize) -> &'a str {
        &self.text[self.spans[index].1..self.spans[index + 1].0]
    }

    fn gaps(&self) -> impl DoubleEndedIterator<Item = (usize, &'a str)> {
        (0..self.spans.len().saturating_sub(1)).map(|index| (index, self.gap(index)))
    }

    /// The text up to the end of a group.
    fn up_to(&self, index: usize) -> &'a str {
        &self.text[..self.spans[index].1]
    }

    /// The text after a group.
    fn behind(&self, index: usize) -> &'a str {
        &self.text[self.spans[index].1..]
    }

    /// The text after the last group.
    fn tail(&self) -> &'a str {
        self.spans.last().map_or("", |(_, end)| &self.text[*end..])
    }

    fn digits(&self) -> String {
        self.spans
            .iter()
            .map(|(start, end)| &self.text[*start..*end])
            .collect()
    }
}

fn count(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The number in a text, judged by its digits and the text between and after them.
fn digits_of(text: &str, country: Option<Country>) -> Result<Reading, NoPhone> {
    let groups = Groups::new(text);
    if groups.spans.is_empty() {
        return Err(NoPhone::NotANumber);
    }
    let ends = groups.gaps().find_map(|(index, gap)| match gap::kind(gap) {
        Gap::Plain | Gap::Either => None,
        kind => Some((index, kind)),
    });
    if let Some((index, kind)) = ends {
        return with_more(&groups, index, kind, country);
    }
    if let Some(extension) = american_extension(&groups) {
        let number = plain(groups.up_to(groups.spans.len() - 2), country)?;
        return Ok(Reading {
            extension: Some(extension),
            ..number.into()
        });
    }
    let has_note = groups.tail().contains(char::is_alphabetic);
    let bare = plain(groups.up_to(groups.spans.len() - 1), country);
    let is_valid = bare.as_ref().is_ok_and(plan::is_valid);
    if !is_valid
        && has_note
        && let Some(number) = lettered(text, country)
    {
        return Ok(number.into());
    }
    let has_words = has_note || text.starts_with(char::is_alphabetic);
    // Next to words, a national number must be valid: digits in a sentence rarely are.
    match bare {
        Ok(_) if has_words && !is_valid && !groups.has_plus => Err(NoPhone::NotANumber),
        bare => bare.map(Reading::from),
    }
}

/// `555 2671 - 503#`: the sign for an extension comes after it.
fn american_extension(groups: &Groups) -> Option<String> {
    let last = groups.spans.len().checked_sub(2)?;
    let gap = groups.gap(last);
    let (start, end) = groups.spans[last + 1];
    let is_one = groups.tail().starts_with('#') && gap.chars().all(|c| c == ' ' || c == '-');
    (is_one && end - start <= 6).then(|| groups.text[start..end].to_owned())
}

/// A number followed by something that is not part of it.
fn with_more(
    groups: &Groups,
    index: usize,
    kind: Gap,
    country: Option<Country>,
) -> Result<Reading, NoPhone> {
    let (before, behind) = (groups.up_to(index), groups.behind(index));
    let is_several =
        count(behind) > EXTENSION_DIGITS || kind == Gap::Comma && is_two(before, behind, country);
    let several = || match count(before) >= 5 && count(behind) >= 5 {
        true => NoPhone::Several,
        false => NoPhone::NotANumber,
    };
    match kind {
        Gap::Extension | Gap::Comma if !is_several => {
            let number = plain(before, country)?;
            // Next to words, or before a comma, a national number must be valid: `January 31, 2024`.
            let is_loose = kind == Gap::Comma || groups.text.starts_with(char::is_alphabetic);
            if is_loose && !groups.has_plus && !plan::is_valid(&number) {
                return Err(NoPhone::NotANumber);
            }
            let (start, end) = groups.spans[index + 1];
            Ok(Reading {
                extension: Some(groups.text[start..end].to_owned()),
                ..number.into()
            })
        }
        Gap::Word => lettered(groups.text, country)
            .map(Reading::from)
            .ok_or_else(several),
        _ => Err(several()),
    }
}

/// Groups of digits with only separators between them: one number, or two.
fn plain(text: &str, country: Option<Country>) -> Result<PhoneNumber, NoPhone> {
    let groups = Groups::new(text);
    let digits = groups.digits();
    let mut follows_number = false;
    for (index, gap) in groups.gaps() {
        let may_join = gap::kind(gap) == Gap::Either;
        if !may_join && digits.len() <= plan::LONG_DIGITS {
            continue;
        }
        let (before, behind) = (groups.up_to(index), groups.behind(index));
        let is_two = match may_join {
            true => is_two(before, behind, country),
            false => has_prefix(behind) && is_two(before, behind, country),
        };
        if is_two {
            return Err(NoPhone::Several);
        }
        follows_number |= may_join && is_number(before, country);
    }
    let number = plan::decide(&digits, &hints(&groups, country), country);
    match number {
        Err(NoPhone::TooManyDigits) if follows_number => Err(NoPhone::Several),
        Ok(number) if follows_number && !plan::is_valid(&number) => Err(NoPhone::Several),
        number => number,
    }
}

/// Whether a text starts in a way that only numbers do.
fn has_prefix(text: &str) -> bool {
    let groups = Groups::new(text);
    groups.has_plus || groups.digits().starts_with('0')
}

fn is_number(text: &str, country: Option<Country>) -> bool {
    let groups = Groups::new(text);
    plan::decide(&groups.digits(), &hints(&groups, country), country)
        .is_ok_and(|number| plan::is_valid(&number))
}

/// Whether a number is followed by another one: the second has its own prefix, or is as long as the first without its
/// area code.
fn is_two(before: &str, behind: &str, country: Option<Country>) -> bool {
    const FEWEST: usize = 5;
    let groups = Groups::new(before);
    let Ok(first) = plan::decide(&groups.digits(), &hints(&groups, country), country) else {
        return false;
    };
    let digits = Groups::new(behind).digits();
    if !plan::is_valid(&first) || digits.len() < FEWEST {
        return false;
    }
    if Groups::new(behind).has_plus || digits.starts_with("00") {
        return true;
    }
    let region = PHONE_NUMBER_UTIL.get_region_for_number(&first).map(Country);
    let is_national = |country: Option<Country>| {
        country.is_some()
            && plan::decide(&digits, &plan::Hints::default(), country)
                .is_ok_and(|number| plan::is_valid(&number))
    };
    if digits.starts_with('0') && (is_national(country) || is_national(region)) {
        return true;
    }
    let local = plan::subscriber_digits(&first);
    let whole = rlibphonenumber::get_national_significant_number_owned(&first).len();
    local.abs_diff(digits.len()) <= 1 || whole.abs_diff(digits.len()) <= 1
}

/// What the groups tell about a calling code without a plus sign.
fn hints(groups: &Groups, country: Option<Country>) -> plan::Hints {
    let group = |index: usize| {
        groups
            .spans
            .get(index)
            .map(|(start, end)| &groups.text[*start..*end])
    };
    let is_zero_in_brackets = group(1) == Some("0")
        && groups.gap(0).contains('(')
        && groups.spans.len() > 2
        && groups.gap(1).contains(')')
        && group(0).is_some_and(|code| code.len() <= 3 && !code.starts_with('0'));
    let own =
        country.and_then(|Country(region)| PHONE_NUMBER_UTIL.get_country_code_for_region(region));
    let is_own_apart =
        groups.spans.len() > 1 && own.is_some_and(|own| group(0) == Some(&*own.to_string()));
    plan::Hints {
        has_plus: groups.has_plus,
        is_code_apart: is_zero_in_brackets || is_own_apart,
        first_group: groups
            .spans
            .first()
            .filter(|_| groups.spans.len() > 1)
            .map(|(start, end)| end - start),
    }
}

/// A number whose end is written as letters of a phone keypad. Only service numbers, and North American ones, are
/// written so.
fn lettered(text: &str, country: Option<Country>) -> Option<PhoneNumber> {
    const NORTH_AMERICA: i32 = 1;
    if text.chars().filter(char::is_ascii_alphabetic).count() < 3
        || text.chars().any(|c| c.is_alphabetic() && !c.is_ascii())
    {
        return None;
    }
    let start = text.find(|c: char| c.is_ascii_digit() || c == '+')?;
    let read = |region: Option<Region>| PHONE_NUMBER_UTIL.parse(&text[start..], region).ok();
    let number = read(None).or_else(|| read(Some(country?.0)))?;
    let is_service = matches!(
        PHONE_NUMBER_UTIL.get_number_type(&number),
        PhoneNumberType::TollFree
            | PhoneNumberType::SharedCost
            | PhoneNumberType::PremiumRate
            | PhoneNumberType::UAN
            | PhoneNumberType::PersonalNumber
    );
    (number.extension.is_none()
        && plan::is_valid(&number)
        && (is_service || number.country_code == NORTH_AMERICA))
        .then_some(number)
}
