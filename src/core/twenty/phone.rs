//! Phone numbers as Twenty's three parts (`docs/twenty/mapping.md#phones`).
//!
//! The server parses what it is given with libphonenumber-js and refuses the whole batch for one number that it cannot
//! read or whose country it sees otherwise (`docs/twenty/protocol.md#values`). This is a port of the same library with
//! the same numbering plans, so what it reads and which country it finds agree with the server, but for
//! `phone_plans.rs`.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, Region};
use serde_json::{Map, Value, json};

use super::phone_plans;

pub use country::Country;
pub use problem::NoPhone;

#[cfg(test)]
mod cells_tests;
mod country;
mod gap;
mod link;
mod plan;
mod problem;
mod reading;
#[cfg(test)]
mod tests;
mod text;

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
    /// Whether the text that it was read from holds further values.
    pub is_first_of_several: bool,
    /// Whether it is of a service that belongs to no country (+800 and the like).
    non_geographic: bool,
}

impl Phone {
    /// Reads the text of a cell: any spelling of one number, or the first of several.
    ///
    /// # Errors
    /// What the text is, where it is not a number or may be two.
    pub fn parse(text: &str, default_country: Option<Country>) -> Result<Self, NoPhone> {
        let read = reading::read(text, default_country)?;
        let mut phone = Self::from_number(&read.number).ok_or(NoPhone::NotANumber)?;
        phone.extension = read.extension;
        phone.is_first_of_several = read.is_first;
        Ok(phone)
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
            extension: None,
            is_first_of_several: false,
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

/// The subfields that clear `phones`; the composite as `null` is ignored.
pub fn cleared() -> Value {
    json!({
        "primaryPhoneNumber": null,
        "primaryPhoneCountryCode": null,
        "primaryPhoneCallingCode": null,
    })
}
