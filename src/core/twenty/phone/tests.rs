//! Spellings of numbers, and texts that are not numbers.

use proptest::prelude::*;

use super::*;

fn france() -> Option<Country> {
    Some(Country::parse("fr").expect("a country"))
}

fn parts(phone: &Phone) -> (&str, &str, &str) {
    (&phone.number, &phone.country_code, &phone.calling_code)
}

#[test]
fn a_reversed_uri_is_not_a_number() {
    for text in ["1;phone-context=+49tel:2", ";phone-context=a;tel:30"] {
        let read = Phone::parse(text, france());
        assert_eq!(read, Err(NoPhone::NotANumber), "{text}");
    }
    let read = Phone::parse("tel:30-23125042;phone-context=+49", None);
    assert_eq!(read.map(|phone| phone.e164()), Ok("+493023125042".into()));
}

/// The first two are answers of a real server to these numbers.
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
fn words_after_a_number_are_not_part_of_it() {
    let cases = [
        ("+33 6 12 34 56 78 (home)", "+33612345678"),
        ("+33612345678 mobile", "+33612345678"),
        ("+33 6 12 34 56 78 - Jane", "+33612345678"),
        ("+49 30 23125042 priv", "+493023125042"),
        ("+44 7911 123456 (UK)", "+447911123456"),
        ("+33 1 23 45 67 89 \u{91ce}", "+33123456789"),
        ("06 12 34 56 78 (bureau)", "+33612345678"),
        // Letters that are part of the number are kept.
        ("+1 800 FLOWERS", "+18003569377"),
        ("+1 800 GOT MILK", "+18004686455"),
        ("+1 415 555 2671 ext. 12", "+14155552671"),
    ];
    for (text, expected) in cases {
        let phone = Phone::parse(text, france()).expect(text);
        assert_eq!(phone.e164(), expected, "{text}");
    }
    for text in [
        "+1 415 555 2671 or 2672",
        "+1 415 555 2671 ask for Bob on 2nd",
    ] {
        let read = Phone::parse(text, None);
        assert_eq!(read, Err(NoPhone::NotANumber), "{text}");
    }
}

#[test]
fn national_numbers_need_a_country() {
    assert_eq!(
        Phone::parse("06 12 34 56 78", None),
        Err(NoPhone::NoDefaultCountry)
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
fn texts_without_a_number_are_refused() {
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
        assert_eq!(Phone::parse(text, None), Err(NoPhone::NotANumber), "{text}");
    }
    assert_eq!(Phone::parse("12", france()), Err(NoPhone::NotANumber));
}

/// The server accepts numbers that no plan assigns, so they are kept, and get no invented country.
#[test]
fn unassigned_numbers_are_kept() {
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

/// Only numbers in their country's plan.
fn valid(phone: Phone) -> Result<Phone, NoPhone> {
    let number = PHONE_NUMBER_UTIL.parse(phone.e164(), None);
    match number.is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number)) {
        true => Ok(phone),
        false => Err(NoPhone::NotANumber),
    }
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
    // The stored number reads back as the same number.
    let held = Phone {
        extension: None,
        is_first_of_several: false,
        ..phone.clone()
    };
    prop_assert_eq!(Phone::parse(&e164, None), Ok(held));
    // The server reads the number with the country beside it.
    if !phone.country_code.is_empty() {
        let Country(region) = Country::parse(&phone.country_code).expect("a country");
        let read = PHONE_NUMBER_UTIL
            .parse(&phone.number, Some(region))
            .expect("a number");
        prop_assert_eq!(
            Phone::from_number(&read).map(|read| read.e164()),
            Some(e164.clone())
        );
    }
    if let Value::Object(fields) = phone.to_fields() {
        prop_assert_eq!(Phone::from_parts(&fields), Some(e164));
    }
    Ok(())
}

/// Text before or after numbers in files.
const BEFORE: [&str; 12] = [
    "",
    " ",
    "'",
    "Tel.: ",
    "T: ",
    "(",
    "tel:",
    "\u{200e}",
    "\u{202a}",
    "Mobile ",
    "\u{1f4de} ",
    "\u{feff}",
];
const BEHIND: [&str; 40] = [
    "",
    " ",
    ".0",
    ".00",
    ",0",
    ")",
    " (home)",
    " privat",
    " or 12",
    " / 12",
    "/12",
    "/1234",
    " / 12345",
    " / 123456",
    " oder 1234567",
    " und 030 1234567",
    " +1 415 555 2671",
    "; 12345678",
    " ::: +4915123456789",
    "\n12345678",
    "\t123",
    " ext. 12",
    " x1234567",
    " DW 12",
    "#1",
    ",12",
    ", 1234567",
    "*12",
    " - 12",
    " - 1234567",
    " 24.12.2024",
    " 10:30",
    "e5",
    "E+11",
    " (ab 18 Uhr)",
    " Jana",
    " abc 1234",
    "\u{202c}",
    " 12",
    "-0",
];

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
            Err(why) => prop_assert!(!why.because().is_empty()),
        }
    }

    /// A number with other text around it is read as itself or with an extension written there, or it is refused.
    #[test]
    fn what_stands_around_a_number_makes_no_other_one(
        code in prop::sample::select(vec!["+49 30", "+49 151", "+1 415", "+44 7911", "+33 6", "+39 02", "+43 1", "+62 812"]),
        rest in "[1-9][0-9]{5,7}", before in prop::sample::select(&BEFORE[..]), behind in prop::sample::select(&BEHIND[..]),
        national in any::<bool>(),
    ) {
        let number = format!("{code} {rest}");
        let Ok(bare) = Phone::parse(&number, None).and_then(valid) else { return Ok(()) };
        let text = format!("{before}{number}{behind}");
        if let Ok(read) = Phone::parse(&text, france().filter(|_| national)) {
            let digits: String = behind.chars().filter(char::is_ascii_digit).collect();
            let is_longer = [" 12", "-0", "/12", " / 12", "/1234", " - 12", " / 12345", " - 1234567"].contains(&behind)
                && read.e164() == format!("{}{digits}", bare.e164());
            prop_assert!(read.e164() == bare.e164() || is_longer, "{}: {}", text, read.e164());
        }
    }
}
