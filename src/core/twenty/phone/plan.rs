//! What numbering plans say about digits: whether they are a valid number, and whether they include a calling code.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType, ValidationError,
    get_national_significant_number_owned as national_digits,
};

use super::country::Country;
use super::problem::NoPhone;
use crate::core::twenty::phone_e164;

/// Most digits of a number with its calling code (ITU-T E.164).
const MOST_DIGITS: usize = 15;

/// Fewest digits of a number that no plan has. Shorter ones are emergency numbers, area codes, or no numbers.
const FEWEST_UNKNOWN_DIGITS: usize = 5;

/// National numbers rarely have more digits than this.
pub const LONG_DIGITS: usize = 12;

/// From this many digits on, a missing plus sign is more likely than a long national number.
const CODE_DIGITS: usize = 11;

/// What the spelling of a number tells about its calling code.
#[derive(Debug, Default)]
pub struct Hints {
    /// There is a plus sign in front.
    pub has_plus: bool,
    /// The first group is a calling code: the default country's, or one before `(0)`.
    pub is_code_apart: bool,
    /// Number of digits in the first group, if there are several.
    pub first_group: Option<usize>,
}

impl Hints {
    /// Whether a number with that calling code can be grouped like this: the code separate, or together with the area
    /// code.
    fn allow(&self, number: &PhoneNumber) -> bool {
        const WITH_AREA: std::ops::RangeInclusive<usize> = 5..=7;
        let code = number.country_code.to_string().len();
        self.first_group
            .is_none_or(|first| first == code || WITH_AREA.contains(&first))
    }
}

/// Whether the number is valid in its country's plan.
pub fn is_valid(number: &PhoneNumber) -> bool {
    PHONE_NUMBER_UTIL.is_valid_number(number)
}

/// Whether it has the length of a number of its country with area code.
pub fn is_whole(number: &PhoneNumber) -> bool {
    let length = PHONE_NUMBER_UTIL.is_possible_number_with_reason(number);
    length == Ok(NumberLengthType::IsPossible)
}

/// Refuses numbers with too many digits, or far too few. The server accepts numbers that are slightly too short or
/// unassigned.
pub fn checked(number: PhoneNumber) -> Result<PhoneNumber, NoPhone> {
    let national = national_digits(&number).len();
    let digits = national + number.country_code.to_string().len();
    let length = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number);
    if digits > MOST_DIGITS || length == Err(ValidationError::TooLong) {
        return Err(NoPhone::TooManyDigits);
    }
    match national < FEWEST_UNKNOWN_DIGITS && !is_valid(&number) {
        true => Err(NoPhone::NotANumber),
        false => Ok(number),
    }
}

/// The number, if the digits start with a calling code.
pub fn international(digits: &str) -> Option<PhoneNumber> {
    let text = format!("+{digits}");
    phone_e164::read(&text).or_else(|| PHONE_NUMBER_UTIL.parse(&text, None).ok())
}

/// Number of digits after the area code; all of them if there is none.
pub fn subscriber_digits(number: &PhoneNumber) -> usize {
    let area = PHONE_NUMBER_UTIL.get_length_of_national_destination_code(number);
    national_digits(number).len().saturating_sub(area)
}

/// Decides which number the digits are.
pub fn decide(
    digits: &str,
    hints: &Hints,
    country: Option<Country>,
) -> Result<PhoneNumber, NoPhone> {
    if hints.has_plus {
        let code = digits.trim_start_matches("00");
        return international(code)
            .ok_or(NoPhone::NotANumber)
            .and_then(checked);
    }
    if hints.is_code_apart
        && let Some(number) = valid(digits)
    {
        return Ok(number);
    }
    let Some(Country(region)) = country else {
        return match digits.strip_prefix("00").and_then(valid) {
            Some(number) => Ok(number),
            None if digits.len() < 2 => Err(NoPhone::NotANumber),
            None => Err(NoPhone::NoDefaultCountry),
        };
    };
    let national = PHONE_NUMBER_UTIL
        .parse(digits, Some(region))
        .map_err(|_| NoPhone::NotANumber);
    match national {
        Ok(national) if is_valid(&national) => {
            let own = PHONE_NUMBER_UTIL.get_country_code_for_region(region);
            let is_own = own.is_some_and(|own| digits.starts_with(&own.to_string()));
            let is_short = digits.len() < CODE_DIGITS && !is_own;
            if is_short || national_digits(&national) != digits {
                return checked(national);
            }
            match valid(digits) {
                Some(international) => settle(national, international, digits, is_own),
                None => checked(national),
            }
        }
        national => unassigned(digits, national.and_then(checked), hints),
    }
}

/// The number, if the digits start with a calling code and its country's plan has it.
fn valid(digits: &str) -> Option<PhoneNumber> {
    let number = international(digits).filter(is_valid)?;
    checked(number).ok()
}

/// Digits that are not a number of the country: a foreign number, or an unassigned one.
fn unassigned(
    digits: &str,
    national: Result<PhoneNumber, NoPhone>,
    hints: &Hints,
) -> Result<PhoneNumber, NoPhone> {
    // Prefixes for international calls, of this country and of others.
    let abroad = ["00", "011", "0011"]
        .into_iter()
        .find_map(|prefix| valid(digits.strip_prefix(prefix)?));
    if let Some(number) = abroad {
        return Ok(number);
    }
    let is_possible = national
        .as_ref()
        .is_ok_and(|number| PHONE_NUMBER_UTIL.is_possible_number(number));
    match valid(digits) {
        Some(number) if hints.allow(&number) && (!is_possible || digits.len() >= CODE_DIGITS) => {
            Ok(number)
        }
        // Which country a national number belongs to is a guess; an impossible length shows that the guess is wrong.
        _ if is_possible => national,
        _ => Err(national.err().unwrap_or(NoPhone::NotANumber)),
    }
}

/// Digits without the leading zero of a national number, which are one number with a calling code in front and another
/// one without.
fn settle(
    national: PhoneNumber,
    international: PhoneNumber,
    digits: &str,
    is_own: bool,
) -> Result<PhoneNumber, NoPhone> {
    let is_mobile = |number: &PhoneNumber| {
        use PhoneNumberType::{FixedLineOrMobile, Mobile};
        matches!(
            PHONE_NUMBER_UTIL.get_number_type(number),
            Mobile | FixedLineOrMobile
        )
    };
    let is_line = PHONE_NUMBER_UTIL.get_number_type(&national) == PhoneNumberType::FixedLine;
    if is_mobile(&national) {
        return checked(national);
    }
    if digits.len() < CODE_DIGITS {
        return Err(NoPhone::Ambiguous);
    }
    // No country has landlines with that many digits; a few do with an extension.
    match is_own || !is_line || digits.len() > CODE_DIGITS || is_mobile(&international) {
        true => Ok(international),
        false => Err(NoPhone::Ambiguous),
    }
}
