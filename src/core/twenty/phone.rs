//! Phone numbers in Twenty's three parts (`docs/twenty/mapping.md#phones`).
//!
//! The server parses numbers with libphonenumber-js. It refuses a whole batch if it cannot read one number, or finds
//! another country for it (`docs/twenty/protocol.md#values`). This module uses a port of the same library with the same
//! numbering plans, so it reads numbers and countries as the server does, except for those in `phone_plans.rs`.

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
    /// The national number; or E.164, if the national number alone could be read as another one.
    pub number: String,
    /// ISO 3166-1 alpha-2; empty if the number belongs to no single country, or only the server can tell which.
    pub country_code: String,
    /// With the plus sign.
    pub calling_code: String,
    /// The extension behind the number; Twenty has no place for it.
    pub extension: Option<String>,
    /// Whether the text contained more values.
    pub is_first_of_several: bool,
    /// Whether it belongs to a service without a country (such as +800).
    non_geographic: bool,
}

impl Phone {
    /// Reads the text of a cell: one number in any spelling, or the first of several.
    ///
    /// # Errors
    /// What the text is instead, if it is not a number or may be two.
    pub fn parse(text: &str, default_country: Option<Country>) -> Result<Self, NoPhone> {
        let read = reading::read(text, default_country)?;
        let mut phone = Self::from_number(&read.number).ok_or(NoPhone::NotANumber)?;
        phone.extension = read.extension;
        phone.is_first_of_several = read.is_first;
        Ok(phone)
    }

    /// From a record's composite: `+33612345678`, or `None` if it has no number.
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
    /// An unknown country is sent as empty text, because otherwise the country of an earlier number would stay. Calling
    /// codes without a country are not sent: the server refuses them, but finds them itself in E.164.
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

    /// `None` if the result would be read as another number (strings of zeros lose one at each reading).
    fn from_number(number: &PhoneNumber) -> Option<Self> {
        let calling = number.country_code;
        let national = rlibphonenumber::get_national_significant_number_owned(number);
        let non_geographic = is_non_geographic(calling);
        // As in libphonenumber-js: if a calling code has one country, every number belongs to it; if it has several,
        // the number is examined.
        let region = PHONE_NUMBER_UTIL
            .get_region_for_number(number)
            .filter(|region| *region != Region::World)
            .filter(|_| !phone_plans::is_reassigned(calling, &national));
        let in_plan = region
            .is_some_and(|region| PHONE_NUMBER_UTIL.is_valid_number_for_region(number, region));
        let calling_code = format!("+{calling}");
        // A number of its country's plan can be read alone; any other number needs its calling code.
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

/// A number with its calling code, which is added if it is missing.
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
