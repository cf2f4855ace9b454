//! Phone numbers in Twenty's nested form: a number with its calling code and country, which decide how it is read. If
//! the three do not match, none of them is trusted.

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::phone::{Country, NoPhone, Phone, e164_of};

/// Reads a number with its calling code and country; if both are missing, with the default country.
///
/// # Errors
/// As `Phone::parse`, and `NoPhone::Conflict`.
pub fn read(
    number: &str,
    (calling_code, country): (&str, &str),
    default_country: Option<Country>,
) -> Result<Phone, NoPhone> {
    if calling_code.is_empty() && country.is_empty() {
        return Phone::parse(number, default_country);
    }
    let digits = match calling_code {
        "" => None,
        text => Some(digits_of(text).ok_or(NoPhone::Conflict)?),
    };
    let named = match country {
        "" => None,
        code => code_and_country(code),
    };
    // An unknown country cannot be used to read a national number, and must not be replaced by the default one.
    if named.is_none() && digits.is_none() {
        let phone = Phone::parse(number, None);
        return phone.map_err(|why| match why {
            NoPhone::NoDefaultCountry => NoPhone::Conflict,
            other => other,
        });
    }
    let phone = match (&named, &digits) {
        (Some((_, country)), _) => Phone::parse(number, Some(*country))?,
        (None, Some(digits)) => with_calling_code(number, digits)?,
        (None, None) => return Err(NoPhone::Conflict),
    };
    let is_of_country = named.is_none_or(|(code, _)| phone.calling_code == format!("+{code}"));
    let is_of_code = digits.is_none_or(|digits| {
        // Some write the area code of an island as part of the calling code: +1684.
        let code = phone.calling_code.trim_start_matches('+');
        digits.starts_with(code) && phone.e164().starts_with(&format!("+{digits}"))
    });
    match is_of_country && is_of_code {
        true => Ok(phone),
        false => Err(NoPhone::Conflict),
    }
}

/// The digits of a calling code such as `+49`, `49`, `0049` or `+1-684`; `None` for anything else.
fn digits_of(text: &str) -> Option<String> {
    let bare: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '+' | '-' | '(' | ')' | '.'))
        .collect();
    let digits = bare.strip_prefix("00").unwrap_or(&bare);
    let is_code = (1..=7).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_code.then(|| digits.to_owned())
}

fn code_and_country(country: &str) -> Option<(i32, Country)> {
    let country = country.trim().to_ascii_uppercase();
    let region = Region::from_code(&country).ok()?;
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
    Some((code, Country::parse(&country).ok()?))
}

/// A number without a country: read in the main country of its calling code, or with the code in front.
fn with_calling_code(number: &str, digits: &str) -> Result<Phone, NoPhone> {
    let main = digits
        .parse()
        .ok()
        .and_then(|code| PHONE_NUMBER_UTIL.get_region_for_country_code(code))
        .filter(|region| *region != Region::World)
        .and_then(|region| Country::parse(&region.to_string()).ok());
    match main {
        Some(country) => Phone::parse(number, Some(country)),
        None => Phone::parse(&e164_of(&format!("+{digits}"), number.trim()), None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn germany() -> Option<Country> {
        Country::parse("DE").ok()
    }

    #[test]
    fn code_and_country_decide_how_a_number_is_read() {
        for (number, code, country, e164, region) in [
            ("4155552671", "+1", "US", "+14155552671", "US"),
            ("(415) 555-2671", "1", "us", "+14155552671", "US"),
            ("4155552671", "+1", "", "+14155552671", "US"),
            ("4155552671", "", "US", "+14155552671", "US"),
            ("4165550123", "+1", "", "+14165550123", "CA"),
            // Several countries share this plan; the number itself decides which.
            ("4165550123", "+1", "US", "+14165550123", "CA"),
            ("030 23125042", "+49", "DE", "+493023125042", "DE"),
            ("30 23125042", "0049", "DE", "+493023125042", "DE"),
            ("020 8366 1177", "+44", "GB", "+442083661177", "GB"),
            ("02 1234 5678", "+39", "IT", "+390212345678", "IT"),
            ("612345678", "+33", "FR", "+33612345678", "FR"),
            ("+33 6 12 34 56 78", "+33", "FR", "+33612345678", "FR"),
            ("+33 6 12 34 56 78", "+33", "", "+33612345678", "FR"),
            ("6846331234", "+1-684", "AS", "+16846331234", "AS"),
            ("6331234", "+1684", "", "+16846331234", "AS"),
            ("12345678", "+800", "", "+80012345678", ""),
            ("030 23125042", "", "", "+493023125042", "DE"),
            ("+33 6 12 34 56 78", "", "XX", "+33612345678", "FR"),
            ("612345678", "+33", "XX", "+33612345678", "FR"),
        ] {
            let phone = read(number, (code, country), germany()).expect(number);
            let shown = format!("{number} {code} {country}");
            assert_eq!(
                (phone.e164().as_str(), phone.country_code.as_str()),
                (e164, region),
                "{shown}"
            );
        }
    }

    #[test]
    fn conflicting_parts_are_left_out() {
        for (number, code, country) in [
            ("30 23125042", "+1", "DE"),
            ("4155552671", "+49", "US"),
            ("+49 30 23125042", "+1", "US"),
            ("+49 30 23125042", "+1", ""),
            ("+49 30 23125042", "", "US"),
            ("0049 30 23125042", "+1", ""),
            ("30 23125042", "Germany", "DE"),
            ("30 23125042", "+4", "DE"),
            ("30 23125042", "", "Germany"),
            ("30 23125042", "", "XX"),
        ] {
            let why = read(number, (code, country), germany()).expect_err(number);
            let is_left_out = [NoPhone::Conflict, NoPhone::NotANumber].contains(&why);
            assert!(is_left_out, "{number} {code} {country}: {why:?}");
        }
        let read = read("abc", ("+49", "DE"), germany());
        assert_eq!(read, Err(NoPhone::NotANumber));
    }

    proptest! {
        #[test]
        fn what_is_read_has_the_code_that_was_given(number in "[+]?[0-9 ]{2,16}", code in 1..1000_u16) {
            if let Ok(phone) = read(&number, (&format!("+{code}"), ""), germany()) {
                let begins = format!("+{code}");
                prop_assert!(phone.e164().starts_with(&begins));
            }
        }

        #[test]
        fn any_codes_are_read_or_left_out(number in "\\PC{0,20}", code in "\\PC{0,6}", country in "\\PC{0,4}") {
            let _ = read(&number, (code.trim(), country.trim()), germany());
        }
    }
}
