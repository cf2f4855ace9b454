//! The country of numbers without a country code.

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use crate::core::error::CrmError;

/// The country of national numbers (option `defaultCountry`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Country(pub(super) Region);

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
