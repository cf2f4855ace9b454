//! Phone numbers as Twenty's three parts (MAPPING.md, row `phone`).
//!
//! The server parses what it is given with libphonenumber-js and refuses the whole batch for one number that it cannot
//! read (transcripts 117, 481) or whose country it sees otherwise (118). This is a port of the same library with the same
//! numbering plans, so what it reads and which country it finds agree with the server.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, Region};
use serde_json::{Map, Value, json};

use super::warning::reason;
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
    /// The national number, or E.164 where the national number alone would be read otherwise.
    pub number: String,
    /// ISO 3166-1 alpha-2; empty where the number belongs to no one country.
    pub country_code: String,
    /// With the plus sign.
    pub calling_code: String,
    /// Whether it is of a service that belongs to no country (+800 and the like).
    non_geographic: bool,
}

impl Phone {
    /// Reads a number. The error is one of `warning::reason`: INVALID_PHONE, NO_DEFAULT_COUNTRY.
    pub fn parse(text: &str, default_country: Option<Country>) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() > MAX_INPUT_BYTES {
            return Err(reason::INVALID_PHONE);
        }
        let international = PHONE_NUMBER_UTIL.parse(text, None);
        let number = match (international, default_country) {
            (Ok(number), _) => number,
            (Err(_), Some(Country(region))) => PHONE_NUMBER_UTIL
                .parse(text, Some(region))
                .ok()
                // Which country a national number belongs to is a guess; a length that cannot be says it is a wrong one.
                .filter(|number| PHONE_NUMBER_UTIL.is_possible_number(number))
                .ok_or(reason::INVALID_PHONE)?,
            (Err(_), None) if could_be_national(text) => return Err(reason::NO_DEFAULT_COUNTRY),
            (Err(_), None) => return Err(reason::INVALID_PHONE),
        };
        Ok(Self::from_number(&number))
    }

    /// From what a record holds: `+33612345678`, or none where it holds no number.
    pub fn from_parts(phones: &Map<String, Value>) -> Option<String> {
        let part = |key: &str| phones.get(key).and_then(Value::as_str).unwrap_or("").trim();
        let number = part("primaryPhoneNumber");
        if number.is_empty() {
            return None;
        }
        if number.starts_with('+') {
            return Some(number.to_owned());
        }
        Some(format!("{}{number}", part("primaryPhoneCallingCode")))
    }

    /// E.164.
    pub fn e164(&self) -> String {
        if self.number.starts_with('+') {
            return self.number.clone();
        }
        format!("{}{}", self.calling_code, self.number)
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

    fn from_number(number: &PhoneNumber) -> Self {
        let calling = number.country_code;
        let national = rlibphonenumber::get_national_significant_number_owned(number);
        let main = PHONE_NUMBER_UTIL.get_region_for_country_code(calling);
        let non_geographic = main.is_none_or(|region| region == Region::World);
        let regions = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(calling);
        let one_country =
            regions.is_some_and(|mut regions| regions.next().is_some() && regions.next().is_none());
        // libphonenumber-js gives a calling code's only country to every number, and looks closer only where there are more.
        let region = match main {
            Some(region) if one_country => Some(region),
            _ => PHONE_NUMBER_UTIL.get_region_for_number(number),
        };
        let region = region.filter(|region| *region != Region::World);
        let calling_code = format!("+{calling}");
        let reads_back = region.is_some_and(|region| {
            PHONE_NUMBER_UTIL
                .parse(&national, Some(region))
                .is_ok_and(|again| {
                    again.country_code == calling
                        && rlibphonenumber::get_national_significant_number_owned(&again)
                            == national
                })
        });
        Self {
            number: if reads_back {
                national
            } else {
                format!("{calling_code}{national}")
            },
            country_code: region.map(|region| region.to_string()).unwrap_or_default(),
            calling_code,
            non_geographic,
        }
    }
}

/// The subfields that clear `phones`; the composite as `null` is ignored (transcript 161).
pub fn cleared() -> Value {
    json!({
        "primaryPhoneNumber": null,
        "primaryPhoneCountryCode": null,
        "primaryPhoneCallingCode": null,
    })
}

/// Whether the text may be a number whose country only the caller knows.
fn could_be_national(text: &str) -> bool {
    !text.starts_with('+') && text.chars().filter(|c| c.is_numeric()).count() >= 2
}
