//! A fast path for phone numbers in stored form, `+` and digits, as most applications keep them.
//!
//! The library reads any spelling and tries a dozen patterns. If a numbering plan strips nothing from a number in this
//! form, splitting it is enough, and thirty times as fast. All other numbers go to the library.

use rlibphonenumber::PhoneNumber;

/// Calling codes whose plans strip at most one leading zero from a number (`nationalPrefixForParsing` in
/// libphonenumber's metadata).
const PLAIN: [u16; 75] = [
    20, 27, 30, 31, 32, 33, 34, 39, 40, 41, 43, 45, 46, 47, 48, 49, 51, 53, 56, 58, 60, 62, 63, 64,
    65, 66, 84, 90, 91, 92, 93, 94, 95, 98, 212, 213, 216, 221, 225, 233, 234, 237, 254, 255, 256,
    351, 353, 354, 356, 357, 358, 359, 371, 372, 373, 377, 380, 381, 385, 386, 387, 389, 420, 421,
    852, 880, 886, 961, 962, 965, 966, 971, 972, 974, 977,
];

/// The North American plan, which strips a leading one.
const NORTH_AMERICA: u16 = 1;

/// Allowed digits after the calling code. The library refuses shorter and longer numbers, each with its own reason.
const NATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 5..=14;

/// The number as the library would read it; `None` if the library must be asked.
pub fn read(text: &str) -> Option<PhoneNumber> {
    let digits = text.strip_prefix('+')?;
    // No calling code starts with a zero: the library guesses what it means.
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // No calling code is the start of another one.
    let (code, national) = (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code: u16 = code.parse().ok()?;
        (code == NORTH_AMERICA || PLAIN.binary_search(&code).is_ok()).then_some((code, national))
    })?;
    let stripped = match code {
        NORTH_AMERICA => ['0', '1'],
        _ => ['0', '0'],
    };
    if national.starts_with(stripped) || !NATIONAL_DIGITS.contains(&national.len()) {
        return None;
    }
    Some(PhoneNumber {
        country_code: code.into(),
        national_number: national.parse().ok()?,
        ..PhoneNumber::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    fn agrees(text: &str) -> Result<(), TestCaseError> {
        if let Some(number) = read(text) {
            prop_assert_eq!(
                PHONE_NUMBER_UTIL.parse(text, None).ok(),
                Some(number),
                "{}",
                text
            );
        }
        Ok(())
    }

    #[test]
    fn codes_are_in_order_and_none_begins_with_another() {
        assert!(PLAIN.is_sorted());
        let codes: Vec<String> = PLAIN
            .iter()
            .chain([&NORTH_AMERICA])
            .map(u16::to_string)
            .collect();
        for code in &codes {
            assert_eq!(
                codes
                    .iter()
                    .filter(|other| code.starts_with(*other))
                    .count(),
                1,
                "{code}"
            );
        }
    }

    #[test]
    fn every_code_is_read_and_nothing_else() {
        for code in PLAIN.iter().chain([&NORTH_AMERICA]) {
            assert!(read(&format!("+{code}2345678")).is_some(), "{code}");
            assert_eq!(read(&format!("+{code}0345678")), None, "{code}");
        }
        for text in [
            "",
            "+",
            "+1",
            "4930123456",
            "+49 30 123456",
            "+4930123456x1",
            "+12",
            "+7495123456",
            "+1123456789",
            "+04510000",
            "+0012025550123",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// All beginnings of numbers in each plan, in every length.
    #[test]
    fn the_library_reads_the_same() {
        for code in PLAIN.iter().chain([&NORTH_AMERICA]) {
            for start in 0..1000 {
                let length = 2 + start % 10;
                let rest = &"58204617392"[..length];
                agrees(&format!("+{code}{start:03}{rest}")).expect("the same number");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5000) })]

        #[test]
        fn the_library_reads_any_number_the_same(at in 0..=PLAIN.len(), national in "[0-9]{1,17}") {
            let code = PLAIN.get(at).unwrap_or(&NORTH_AMERICA);
            agrees(&format!("+{code}{national}"))?;
        }

        #[test]
        fn the_library_reads_any_text_the_same(text in "[+]?0{0,3}[0-9]{0,18}[ ]?[0-9]{0,3}") {
            agrees(&text)?;
        }
    }
}
