//! PHONES values: the server splits a number into national number, country and calling code
//! (`docs/twenty/protocol.md#values`).

use std::cell::RefCell;
use std::collections::HashMap;

use phonenumber::country;
use phonenumber::metadata::DATABASE;
use serde_json::{Map, Value};

use crate::errors::ApiError;
use crate::http::ApiResult;

/// Checks and splits the numbers of a PHONES value.
///
/// # Errors
/// 400 with a separate code for each kind of wrong number, country or calling code.
pub fn normalise(phones: &mut Map<String, Value>) -> ApiResult<()> {
    let names = [
        "primaryPhoneNumber",
        "primaryPhoneCountryCode",
        "primaryPhoneCallingCode",
    ];
    split(phones, names)?;
    if let Some(Value::Array(others)) = phones.get_mut("additionalPhones") {
        for other in others {
            if let Value::Object(other) = other {
                split(other, ["number", "countryCode", "callingCode"])?;
                // Other keys are dropped, blanks become null, and the database sorts the keys.
                let kept = ["number", "callingCode", "countryCode"].map(|name| {
                    let value = other.remove(name)?;
                    Some((
                        name.to_owned(),
                        if value == "" { Value::Null } else { value },
                    ))
                });
                *other = kept.into_iter().flatten().collect();
            }
        }
    }
    Ok(())
}

fn split(phone: &mut Map<String, Value>, names: [&str; 3]) -> ApiResult<()> {
    let [number_name, country_name, calling_name] = names;
    let given = |name: &str| {
        phone
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let country = given(country_name);
    let calling = given(calling_name);
    let region: Option<country::Id> = match &country {
        Some(code) => Some(code.parse().map_err(|_| {
            let message = format!("Invalid country code {code}");
            ApiError::coded("INVALID_PHONE_COUNTRY_CODE", message)
        })?),
        None => None,
    };
    if let Some(calling) = &calling {
        check_calling_code(calling, country.as_deref())?;
    }
    let Some(text) = given(number_name) else {
        return Ok(());
    };
    let invalid = || {
        let message = format!("Provided phone number is invalid {text}");
        ApiError::coded("INVALID_PHONE_NUMBER", message)
    };
    let is_international = text.trim_start().starts_with('+');
    let dialled = match (&region, &calling) {
        (None, Some(code)) if !is_international => {
            format!("+{}{text}", code.trim_start_matches('+'))
        }
        _ => text.clone(),
    };
    if region.is_none() && !dialled.trim_start().starts_with('+') {
        return Err(invalid());
    }
    let Parsed {
        national,
        calling: code,
        country: found,
    } = parse(region, &dialled).ok_or_else(invalid)?;
    if let (Some(given), Some(found)) = (&country, &found)
        && given != found
    {
        return Err(ApiError::coded(
            "CONFLICTING_PHONE_COUNTRY_CODE",
            "Provided and inferred country code are conflicting",
        ));
    }
    if calling
        .as_deref()
        .is_some_and(|given| bare(given) != bare(&code))
    {
        return Err(ApiError::coded(
            "CONFLICTING_PHONE_CALLING_CODE",
            "Provided and inferred calling code are conflicting",
        ));
    }
    phone.insert(number_name.to_owned(), Value::from(national));
    match found.or(country) {
        Some(found) => phone.insert(country_name.to_owned(), Value::from(found)),
        // A blank country is not written either: the row keeps the country of its former number.
        None => phone.remove(country_name),
    };
    phone.insert(
        calling_name.to_owned(),
        Value::from(calling.unwrap_or(code)),
    );
    Ok(())
}

/// A calling code without its plus sign.
fn bare(calling: &str) -> &str {
    calling.strip_prefix('+').unwrap_or(calling)
}

/// A calling code must belong to a country, and to the one that is given: +800 belongs to none.
fn check_calling_code(calling: &str, country: Option<&str>) -> ApiResult<()> {
    let of_code = bare(calling)
        .parse::<u16>()
        .ok()
        .filter(|code| code.to_string() == bare(calling))
        .and_then(|code| DATABASE.by_code(&code))
        .unwrap_or_default();
    let countries: Vec<&str> = of_code
        .iter()
        .map(|metadata| metadata.id())
        .filter(|id| id.len() == 2)
        .collect();
    if countries.is_empty() {
        let message = format!("Invalid calling code {calling}");
        return Err(ApiError::coded("INVALID_PHONE_CALLING_CODE", message));
    }
    if country.is_some_and(|country| !countries.contains(&country)) {
        return Err(ApiError::coded(
            "CONFLICTING_PHONE_CALLING_CODE_AND_COUNTRY_CODE",
            "Provided country code and calling code are conflicting",
        ));
    }
    Ok(())
}

/// A number taken apart.
#[derive(Debug, Clone)]
struct Parsed {
    national: String,
    calling: String,
    country: Option<String>,
}

/// A number as sent, with its country.
type Dialled = (Option<country::Id>, String);

/// Size of the cache of [`parse`].
const MAX_KNOWN: usize = 50_000;

thread_local! {
    /// Parsing costs more than the rest of a write, and a sync sends the same numbers again and again.
    static KNOWN: RefCell<HashMap<Dialled, Option<Parsed>>> = RefCell::default();
}

fn parse(region: Option<country::Id>, dialled: &str) -> Option<Parsed> {
    let key = (region, dialled.to_owned());
    KNOWN.with_borrow_mut(|known| {
        if let Some(parsed) = known.get(&key) {
            return parsed.clone();
        }
        let parsed = phonenumber::parse(region, dialled).ok().map(|number| {
            let code = number.country().code();
            let number = whole(dialled, &number).unwrap_or(number);
            Parsed {
                national: national(dialled, &number),
                calling: format!("+{code}"),
                country: number.country().id().map(|id| id.as_ref().to_owned()),
            }
        });
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, parsed.clone());
        parsed
    })
}

/// The national number. The server's library strips a leading zero only if the rest is a valid number of the country.
fn national(dialled: &str, number: &phonenumber::PhoneNumber) -> String {
    let mut digits: String = dialled.chars().filter(char::is_ascii_digit).collect();
    if dialled.trim_start().starts_with('+') {
        digits.drain(..number.country().code().to_string().len().min(digits.len()));
    }
    let national = number.national().to_string();
    let is_taken_off = digits == format!("0{national}");
    match is_taken_off && !number.is_valid() {
        true => digits,
        false => national,
    }
}

/// The number with all its digits. The crate may strip first digits that only look like the calling code (`590590123`
/// of Guadeloupe, +590); the server's library does not.
fn whole(dialled: &str, number: &phonenumber::PhoneNumber) -> Option<phonenumber::PhoneNumber> {
    let digits: String = dialled.chars().filter(char::is_ascii_digit).collect();
    let code = number.country().code().to_string();
    let is_cut = !dialled.trim_start().starts_with('+')
        && digits.strip_prefix(&code) == Some(&number.national().to_string());
    let read = is_cut.then(|| phonenumber::parse(None, format!("+{code}{digits}")).ok())??;
    read.is_valid().then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn phone(value: Value) -> ApiResult<Value> {
        let mut phones = value.as_object().cloned().unwrap();
        normalise(&mut phones).map(|()| Value::Object(phones))
    }

    fn split_into(number: &str, country: &str, calling: &str) -> Value {
        json!({
            "primaryPhoneNumber": number,
            "primaryPhoneCountryCode": country,
            "primaryPhoneCallingCode": calling,
        })
    }

    #[test]
    fn numbers_are_split() {
        let given = split_into("+33 6 12 34 56 78", "FR", "+33");
        assert_eq!(phone(given).unwrap(), split_into("612345678", "FR", "+33"));
        let given = json!({ "primaryPhoneNumber": "+14155552671" });
        assert_eq!(phone(given).unwrap(), split_into("4155552671", "US", "+1"));
        let given =
            json!({ "primaryPhoneNumber": "06 12 34 56 78", "primaryPhoneCountryCode": "FR" });
        assert_eq!(phone(given).unwrap(), split_into("612345678", "FR", "+33"));
        for given in [
            split_into("590590123", "GP", "+590"),
            split_into("030901820", "FR", "+33"),
        ] {
            assert_eq!(phone(given.clone()).unwrap(), given);
        }
        let given = json!({ "primaryPhoneNumber": "+33030901820" });
        let expected =
            json!({ "primaryPhoneNumber": "030901820", "primaryPhoneCallingCode": "+33" });
        let mut split = phone(given).unwrap();
        split
            .as_object_mut()
            .unwrap()
            .remove("primaryPhoneCountryCode");
        assert_eq!(split, expected);
    }

    #[test]
    fn bad_and_conflicting_numbers_are_refused() {
        let refused = |value| phone(value).unwrap_err().body()["code"].clone();
        assert_eq!(
            refused(json!({ "primaryPhoneNumber": "12" })),
            "INVALID_PHONE_NUMBER"
        );
        assert_eq!(
            refused(json!({ "primaryPhoneNumber": "612345678" })),
            "INVALID_PHONE_NUMBER"
        );
        let given =
            json!({ "primaryPhoneNumber": "+14155552671", "primaryPhoneCountryCode": "FR" });
        assert_eq!(refused(given), "CONFLICTING_PHONE_COUNTRY_CODE");
        for number in ["", "612345678"] {
            let given = split_into(number, "XX", "");
            assert_eq!(refused(given), "INVALID_PHONE_COUNTRY_CODE");
            for calling in ["+800", "+999", "x", "033"] {
                let given = split_into(number, "", calling);
                assert_eq!(refused(given), "INVALID_PHONE_CALLING_CODE", "{calling}");
            }
            let given = split_into(number, "FR", "+1");
            assert_eq!(
                refused(given),
                "CONFLICTING_PHONE_CALLING_CODE_AND_COUNTRY_CODE"
            );
        }
    }

    #[test]
    fn additional_numbers_are_split_like_the_first() {
        let given = json!({ "additionalPhones": [
            { "type": "home", "countryCode": "", "callingCode": "33", "number": "612345678" },
            { "number": "", "countryCode": "FR" },
        ] });
        let expected = json!({ "additionalPhones": [
            { "number": "612345678", "callingCode": "33", "countryCode": "FR" },
            { "number": null, "countryCode": "FR" },
        ] });
        assert_eq!(phone(given).unwrap(), expected);
        let given =
            json!({ "additionalPhones": [{ "number": "12345678", "callingCode": "+800" }] });
        let refused = phone(given).unwrap_err().body()["code"].clone();
        assert_eq!(refused, "INVALID_PHONE_CALLING_CODE");
    }
}
