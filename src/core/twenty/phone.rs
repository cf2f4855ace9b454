//! Phone numbers as Twenty's three parts (MAPPING.md, row `phone`).
//!
//! The server parses what it is given with libphonenumber-js and refuses the whole batch for one number that it cannot
//! read (transcripts 117, 481) or whose country it sees otherwise (118). This is a port of the same library with the same
//! numbering plans, so what it reads and which country it finds agree with the server, but for `phone_plans.rs`.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, Region};
use serde_json::{Map, Value, json};

use super::warning::reason;
use super::{phone_e164, phone_plans};
use crate::core::error::CrmError;

/// Longest text that is tried: what is longer is no phone number.
const MAX_INPUT_BYTES: usize = 250;

/// The country that national numbers are read in (option `defaultCountry`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Country(Region);

impl Country {
    /// From an ISO 3166-1 alpha-2 code, in any case.
    pub fn parse(code: &str) -> Result<Self, CrmError> {
        let code = code.trim().to_ascii_uppercase();
        let region = Region::from_code(&code).ok().filter(|region| {
            PHONE_NUMBER_UTIL
                .get_country_code_for_region(*region)
                .is_some()
        });
        region.map(Self).ok_or_else(|| {
            CrmError::validation(
                "defaultCountry",
                "defaultCountry must be a two-letter country code such as FR or US",
            )
        })
    }
}

/// A number as Twenty stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The national number, or E.164 where the national number alone might be read otherwise.
    pub number: String,
    /// ISO 3166-1 alpha-2; empty where the number belongs to no one country, or the server must say to which.
    pub country_code: String,
    /// With the plus sign.
    pub calling_code: String,
    /// Digits behind the number that a switchboard asks for; Twenty has no place for them.
    pub extension: Option<String>,
    /// Whether it is of a service that belongs to no country (+800 and the like).
    non_geographic: bool,
}

impl Phone {
    /// Reads a number. The error is one of `warning::reason`: INVALID_PHONE, NO_DEFAULT_COUNTRY.
    pub fn parse(text: &str, default_country: Option<Country>) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() > MAX_INPUT_BYTES || is_reversed_uri(text) {
            return Err(reason::INVALID_PHONE);
        }
        let noted = without_note(text)
            .and_then(|bare| read(bare, default_country).ok())
            .filter(|number| PHONE_NUMBER_UTIL.is_valid_number(number));
        let number = match noted {
            Some(number) => number,
            None => read(text, default_country)?,
        };
        Self::from_number(&number).ok_or(reason::INVALID_PHONE)
    }

    /// From what a record holds: `+33612345678`, or none where it holds no number.
    pub fn from_parts(phones: &Map<String, Value>) -> Option<String> {
        let part = |key: &str| phones.get(key).and_then(Value::as_str).unwrap_or("").trim();
        let number = part("primaryPhoneNumber");
        if number.is_empty() {
            return None;
        }
        Some(e164_of(part("primaryPhoneCallingCode"), number))
    }

    /// E.164.
    pub fn e164(&self) -> String {
        e164_of(&self.calling_code, &self.number)
    }

    /// The subfields of Twenty's `phones`.
    ///
    /// An unknown country is sent as empty text, or a country that an earlier number left there would stay. The server
    /// takes no calling code that belongs to no country, but finds it itself in E.164.
    pub fn to_fields(&self) -> Value {
        if self.non_geographic {
            return json!({"primaryPhoneNumber": self.e164(), "primaryPhoneCountryCode": ""});
        }
        json!({
            "primaryPhoneNumber": self.number,
            "primaryPhoneCountryCode": self.country_code,
            "primaryPhoneCallingCode": self.calling_code,
        })
    }

    /// None for what does not read back as itself (strings of zeros lose one at each reading).
    fn from_number(number: &PhoneNumber) -> Option<Self> {
        let calling = number.country_code;
        let national = rlibphonenumber::get_national_significant_number_owned(number);
        let non_geographic = is_non_geographic(calling);
        // As libphonenumber-js: a calling code's only country goes with every number, more than one are looked at closely.
        let region = PHONE_NUMBER_UTIL
            .get_region_for_number(number)
            .filter(|region| *region != Region::World)
            .filter(|_| !phone_plans::is_reassigned(calling, &national));
        let in_plan = region
            .is_some_and(|region| PHONE_NUMBER_UTIL.is_valid_number_for_region(number, region));
        let calling_code = format!("+{calling}");
        // A number that its country's plan knows reads back alone; any other is safe only with its calling code.
        let extension = number.extension.clone().filter(|digits| !digits.is_empty());
        let number = if in_plan {
            national
        } else {
            let e164 = format!("{calling_code}{national}");
            let again = PHONE_NUMBER_UTIL.parse(&e164, None).ok()?;
            let same = again.country_code == calling
                && rlibphonenumber::get_national_significant_number_owned(&again) == national;
            same.then_some(e164)?
        };
        Some(Self {
            number,
            country_code: region.map(|region| region.to_string()).unwrap_or_default(),
            calling_code,
            extension,
            non_geographic,
        })
    }
}

/// A number with its calling code, unless it has it already.
pub(super) fn e164_of(calling_code: &str, number: &str) -> String {
    match number.starts_with('+') {
        true => number.to_owned(),
        false => format!("{calling_code}{number}"),
    }
}

/// Whether a calling code belongs to no country.
pub(super) fn is_non_geographic(calling: i32) -> bool {
    let main = PHONE_NUMBER_UTIL.get_region_for_country_code(calling);
    main.is_none_or(|region| region == Region::World)
}

fn read(text: &str, default_country: Option<Country>) -> Result<PhoneNumber, &'static str> {
    if let Some(number) = phone_e164::read(text) {
        return Ok(number);
    }
    match (PHONE_NUMBER_UTIL.parse(text, None), default_country) {
        // Whoever wrote more than a number may have written two of them, which the library reads as one.
        (Ok(number), _) if is_bare(text) || PHONE_NUMBER_UTIL.is_possible_number(&number) => {
            Ok(number)
        }
        (Ok(_), _) => Err(reason::INVALID_PHONE),
        (Err(_), Some(Country(region))) => PHONE_NUMBER_UTIL
            .parse(text, Some(region))
            .ok()
            // Which country a national number belongs to is a guess; a length that cannot be says it is a wrong one.
            .filter(|number| PHONE_NUMBER_UTIL.is_possible_number(number))
            .ok_or(reason::INVALID_PHONE),
        (Err(_), None) if could_be_national(text) => Err(reason::NO_DEFAULT_COUNTRY),
        (Err(_), None) => Err(reason::INVALID_PHONE),
    }
}

/// The text up to its last digit, where words follow: the library reads their letters as those of a telephone's keys,
/// `+33 6 12 34 56 78 (home)` as a number of four digits more.
fn without_note(text: &str) -> Option<&str> {
    let (last, digit) = text.char_indices().rfind(|(_, c)| c.is_numeric())?;
    let (bare, note) = text.split_at(last + digit.len_utf8());
    note.contains(char::is_alphabetic).then_some(bare)
}

/// Whether there is nothing but a number.
fn is_bare(text: &str) -> bool {
    let separates = |c: char| c.is_whitespace() || "+().-".contains(c);
    text.chars().all(|c| c.is_numeric() || separates(c))
}

/// The subfields that clear `phones`; the composite as `null` is ignored (transcript 161).
pub fn cleared() -> Value {
    json!({
        "primaryPhoneNumber": null,
        "primaryPhoneCountryCode": null,
        "primaryPhoneCallingCode": null,
    })
}

/// Whether the parameter of a `tel:` URI (RFC 3966) stands before its scheme, on which the library slices backwards.
fn is_reversed_uri(text: &str) -> bool {
    text.split_once(";phone-context=")
        .is_some_and(|(before, behind)| !before.contains("tel:") && behind.contains("tel:"))
}

/// Whether the text may be a number whose country only the caller knows.
fn could_be_national(text: &str) -> bool {
    !text.starts_with('+') && text.chars().filter(|c| c.is_numeric()).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn france() -> Option<Country> {
        Some(Country::parse("fr").expect("a country"))
    }

    fn parts(phone: &Phone) -> (&str, &str, &str) {
        (&phone.number, &phone.country_code, &phone.calling_code)
    }

    #[test]
    fn a_reversed_uri_is_no_number() {
        for text in ["1;phone-context=+49tel:2", ";phone-context=a;tel:30"] {
            let read = Phone::parse(text, france());
            assert_eq!(read, Err(reason::INVALID_PHONE), "{text}");
        }
        let read = Phone::parse("tel:30-23125042;phone-context=+49", None);
        assert_eq!(read.map(|phone| phone.e164()), Ok("+493023125042".into()));
    }

    /// The first two are what the server answered to these numbers (transcripts 113 and 116).
    #[test]
    fn international_numbers_give_the_three_parts() {
        let cases = [
            ("+33 6 12 34 56 78", ("612345678", "FR", "+33")),
            ("+14155552671", ("4155552671", "US", "+1")),
            ("+39 02 1234 5678", ("0212345678", "IT", "+39")),
            ("+39 06 698 12345", ("0669812345", "VA", "+39")),
            ("+44 (0) 20 8366 1177", ("2083661177", "GB", "+44")),
            ("+44 1481 722222", ("1481722222", "GG", "+44")),
            ("+7 701 123 4567", ("7011234567", "KZ", "+7")),
            ("+1 242 322 1234", ("2423221234", "BS", "+1")),
            ("tel:+33-6-12345678", ("612345678", "FR", "+33")),
            ("\u{ff0b}33612345678", ("612345678", "FR", "+33")),
        ];
        for (text, expected) in cases {
            let phone = Phone::parse(text, None).expect(text);
            assert_eq!(parts(&phone), expected, "{text}");
        }
    }

    #[test]
    fn words_behind_a_number_are_no_digits_of_it() {
        let cases = [
            ("+33 6 12 34 56 78 (home)", "+33612345678"),
            ("+33612345678 mobile", "+33612345678"),
            ("+33 6 12 34 56 78 - Jane", "+33612345678"),
            ("+49 30 23125042 priv", "+493023125042"),
            ("+44 7911 123456 (UK)", "+447911123456"),
            ("+33 1 23 45 67 89 \u{91ce}", "+33123456789"),
            ("06 12 34 56 78 (bureau)", "+33612345678"),
            // Letters that are part of the number stay so.
            ("+1 800 FLOWERS", "+18003569377"),
            ("+1 800 GOT MILK", "+18004686455"),
            ("+1 415 555 2671 ext. 12", "+14155552671"),
        ];
        for (text, expected) in cases {
            let phone = Phone::parse(text, france()).expect(text);
            assert_eq!(phone.e164(), expected, "{text}");
        }
        // Two numbers are not one of the length of both.
        for text in [
            "+1 415 555 2671 / 2672",
            "+1 415 555 2671 or 2672",
            "+49 30 23125042 oder +49 30 23125043",
            "+1 415 555 2671 ask for Bob on 2nd",
        ] {
            let read = Phone::parse(text, None);
            assert_eq!(read, Err(reason::INVALID_PHONE), "{text}");
        }
    }

    #[test]
    fn national_numbers_need_a_country() {
        assert_eq!(
            Phone::parse("06 12 34 56 78", None),
            Err(reason::NO_DEFAULT_COUNTRY)
        );
        let phone = Phone::parse("06 12 34 56 78", france()).expect("a number");
        assert_eq!(parts(&phone), ("612345678", "FR", "+33"));
        let abroad = Phone::parse("00 44 20 8366 1177", france()).expect("a number");
        assert_eq!(parts(&abroad), ("2083661177", "GB", "+44"));
        assert_eq!(
            Phone::parse("+1 415 555 2671", france())
                .expect("a number")
                .country_code,
            "US"
        );
    }

    #[test]
    fn what_the_server_cannot_read_is_refused() {
        for text in [
            "",
            "abc",
            "+",
            "+12",
            "+999123456",
            "call me",
            "+33",
            &"1".repeat(300),
            "+1234567890123456789012",
        ] {
            assert_eq!(
                Phone::parse(text, None),
                Err(reason::INVALID_PHONE),
                "{text}"
            );
        }
        assert_eq!(Phone::parse("12", france()), Err(reason::INVALID_PHONE));
    }

    /// The server takes numbers that no plan assigns, so they are not left out; nor is a country made up for them.
    #[test]
    fn numbers_that_nobody_has_are_kept() {
        let phone = Phone::parse("+1 555 123 4567", None).expect("a number");
        assert_eq!(parts(&phone), ("+15551234567", "", "+1"));
        assert_eq!(phone.to_fields()["primaryPhoneCountryCode"], "");
        assert_eq!(phone.e164(), "+15551234567");
    }

    #[test]
    fn services_without_a_country_leave_the_calling_code_to_the_server() {
        let phone = Phone::parse("+800 1234 5678", None).expect("a number");
        assert_eq!(
            phone.to_fields(),
            json!({"primaryPhoneNumber": "+80012345678", "primaryPhoneCountryCode": ""})
        );
    }

    #[test]
    fn countries_are_checked() {
        for bad in ["", "F", "FRA", "XX", "001", "\u{e9}\u{e9}"] {
            let error = Country::parse(bad).expect_err(bad);
            assert_eq!(error.details["field"], "defaultCountry");
        }
        assert!(Country::parse(" us ").is_ok());
    }

    fn consistent(phone: &Phone) -> Result<(), TestCaseError> {
        prop_assert!(
            phone.calling_code.starts_with('+')
                && phone.calling_code[1..].bytes().all(|b| b.is_ascii_digit())
        );
        prop_assert!(phone.country_code.is_empty() || phone.country_code.len() == 2);
        let e164 = phone.e164();
        prop_assert!(e164.starts_with(&phone.calling_code));
        prop_assert!(e164[1..].bytes().all(|b| b.is_ascii_digit()), "{}", e164);
        // What the record holds reads back as the same number.
        let held = Phone {
            extension: None,
            ..phone.clone()
        };
        prop_assert_eq!(Phone::parse(&e164, None), Ok(held));
        if !phone.country_code.is_empty() {
            let country = Country::parse(&phone.country_code).expect("a country");
            prop_assert_eq!(
                Phone::parse(&phone.number, Some(country)).map(|p| p.e164()),
                Ok(e164.clone())
            );
        }
        if let Value::Object(fields) = phone.to_fields() {
            prop_assert_eq!(Phone::from_parts(&fields), Some(e164));
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn numbers_are_consistent(text in "[+]?[0-9 ().-]{2,22}", national in any::<bool>()) {
            if let Ok(phone) = Phone::parse(&text, france().filter(|_| national)) {
                consistent(&phone)?;
            }
        }

        #[test]
        fn any_text_gives_a_number_or_a_reason(text in "\\PC*|[+]?[0-9]{0,30}[x;#a-z]{0,3}[0-9]{0,8}", national in any::<bool>()) {
            match Phone::parse(&text, france().filter(|_| national)) {
                Ok(phone) => consistent(&phone)?,
                Err(why) => prop_assert!(matches!(why, reason::INVALID_PHONE | reason::NO_DEFAULT_COUNTRY)),
            }
        }
    }
}
