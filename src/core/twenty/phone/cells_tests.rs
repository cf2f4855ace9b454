//! Cells of real files: one number in any spelling, several, or none.

use super::*;

/// A text, the default country, and the number or the reason why there is none.
type Case = (&'static str, &'static str, Result<&'static str, NoPhone>);

fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for &(text, country, expected) in cases {
        let read = Phone::parse(text, Country::parse(country).ok()).map(|phone| phone.e164());
        if read.as_deref() != expected.as_ref().map(|number| &**number) {
            wrong.push(format!("{text:?} in {country}: {read:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn numbers_that_a_spreadsheet_wrote_are_read_or_named() {
    use NoPhone::Exponent;
    check(&[
        ("9876543210.0", "IN", Ok("+919876543210")),
        ("9876543210.0", "DE", Ok("+499876543210")),
        ("9876543210.00", "IN", Ok("+919876543210")),
        ("9876543210,0", "IN", Ok("+919876543210")),
        ("9,876,543,210.00", "IN", Ok("+919876543210")),
        ("9.876.543.210,00", "IN", Ok("+919876543210")),
        ("9 876 543 210,00", "IN", Ok("+919876543210")),
        (
            "9\u{202f}876\u{202f}543\u{202f}210,00",
            "IN",
            Ok("+919876543210"),
        ),
        ("4,155,552,671", "US", Ok("+14155552671")),
        ("4155552671.5", "US", Err(NoPhone::NotANumber)),
        ("4155552671 5", "US", Err(NoPhone::TooManyDigits)),
        ("4155552671.0", "US", Ok("+14155552671")),
        ("14155552671.0", "US", Ok("+14155552671")),
        ("4915123456789.0", "DE", Ok("+4915123456789")),
        ("+4915123456789.0", "", Ok("+4915123456789")),
        ("+14155552671.0", "", Ok("+14155552671")),
        ("15123456789.0", "DE", Ok("+4915123456789")),
        ("'030 23125042", "DE", Ok("+493023125042")),
        ("=\"03023125042\"", "DE", Ok("+493023125042")),
        ("4.91512345678E11", "DE", Err(Exponent)),
        ("4.91512345678E11", "US", Err(Exponent)),
        ("4,9E+11", "DE", Err(Exponent)),
        ("4.91512E+11", "", Err(Exponent)),
        ("+4.9e11", "", Err(Exponent)),
        ("9.87654321e9", "IN", Err(Exponent)),
        // Dots between groups are not decimal points.
        ("01.23.45.67.00", "FR", Ok("+33123456700")),
        ("06.12.34.56.00", "FR", Ok("+33612345600")),
        ("+33.1.23.45.67.00", "", Ok("+33123456700")),
        ("415.555.2600", "US", Ok("+14155552600")),
    ]);
}

#[test]
fn dates_are_no_numbers() {
    use NoPhone::Date;
    for text in [
        "2024-01-31",
        "31.01.2024",
        "01/31/2024",
        "1/31/2024",
        "31/1/2024",
        "31-01-2024",
        "2024/01/31",
        "2024.01.31",
        "31. 01. 2024",
        "2024-01-31T10:00:00Z",
        "2024-01-31 10:00:00.000",
        "31.01.2024 10:00",
        "31.01.2024, 10:00",
        "31.01.2024 00:00:00",
        "\"2024-01-31\"",
        "2024\u{2011}01\u{2011}31",
    ] {
        for country in ["DE", "US", "NO", "DK", "SG", ""] {
            check(&[(text, country, Err(Date))]);
        }
    }
    for text in ["31.01.24", "01/31/24", "31-01-24 10:00"] {
        check(&[(text, "DE", Err(Date)), (text, "US", Err(Date))]);
    }
    for text in ["Jan 31 2024", "31 Jan 2024", "January 31, 2024"] {
        let read = Phone::parse(text, Country::parse("DE").ok());
        assert!(read.is_err(), "{text}");
    }
    check(&[
        ("31 01 20 24", "DK", Ok("+4531012024")),
        ("20 24 01 31", "NO", Ok("+4720240131")),
        ("22-11-24", "FO", Ok("+298221124")),
    ]);
}

#[test]
fn other_numbers_are_not_phone_numbers() {
    for text in [
        "112",
        "110",
        "42",
        "4711",
        "2024",
        "030",
        "0171",
        "+49 30",
        "+4930",
        "00000",
        "9-17",
        "12.50",
        "1.5",
        "100%",
        "99,5 %",
        "\u{20ac} 1200",
        "1200 \u{20ac}",
        "$4500",
        "10.0.0.1",
        "127.0.0.1",
        "192.168.10.25",
    ] {
        check(&[(text, "DE", Err(NoPhone::NotANumber))]);
        let read = Phone::parse(text, Country::parse("AT").ok());
        assert!(read.is_err(), "{text}");
    }
    // Numbers that look like dates, amounts or addresses, but are valid in their country's plan.
    check(&[
        ("32.12.34.56", "DK", Ok("+4532123456")),
        ("212.73.65.44", "DE", Ok("+49212736544")),
        ("79.123.45.67", "CH", Ok("+41791234567")),
        ("30.12.34.56", "DK", Ok("+4530123456")),
        ("4002", "NU", Ok("+6834002")),
        ("+683 4002", "", Ok("+6834002")),
        ("51444", "AT", Ok("+4351444")),
        ("030.23125042", "DE", Ok("+493023125042")),
        ("664.1234567", "AT", Ok("+436641234567")),
        ("212736.50.00", "US", Ok("+12127365000")),
        ("555 2671", "US", Ok("+15552671")),
    ]);
}

#[test]
fn links_of_messengers_are_international() {
    use NoPhone::WebAddress;
    for country in ["DE", "GB", "US", ""] {
        for text in [
            "https://wa.me/447911123456",
            "http://wa.me/447911123456",
            "wa.me/447911123456",
            "https://wa.me/+44%207911%20123456?text=Hi%2012",
            "whatsapp://send?phone=447911123456",
            "https://api.whatsapp.com/send?phone=447911123456",
            "https://api.whatsapp.com/send/?text=x&phone=%2B447911123456",
            "https://t.me/+447911123456",
            "viber://chat?number=%2B447911123456",
            "https://signal.me/#p/+447911123456",
            "tel:+44-7911-123456",
            "sms:+447911123456?body=Hi",
            "callto:+447911123456",
            "skype:+447911123456?call",
            "sip:+447911123456@pbx.example",
        ] {
            check(&[(text, country, Ok("+447911123456"))]);
        }
        check(&[
            ("https://wa.me/15551234567", country, Ok("+15551234567")),
            ("https://wa.me/07911123456", country, Err(WebAddress)),
            (
                "https://wa.me/message/ABCDEFGH12345678",
                country,
                Err(WebAddress),
            ),
            ("https://chat.whatsapp.com/Abc123", country, Err(WebAddress)),
            ("https://shop.example/4155552671", country, Err(WebAddress)),
            ("www.shop.example/4155552671", country, Err(WebAddress)),
        ]);
    }
    check(&[
        ("tel:030-23125042", "DE", Ok("+493023125042")),
        ("tel:030-23125042", "", Err(NoPhone::NoDefaultCountry)),
        ("tel:+493023125042;ext=12", "", Ok("+493023125042")),
    ]);
}

#[test]
fn calling_codes_without_a_plus_sign_are_known() {
    use NoPhone::Ambiguous;
    check(&[
        ("4915123456789", "DE", Ok("+4915123456789")),
        ("491701234567", "DE", Ok("+491701234567")),
        ("493023125042", "DE", Ok("+493023125042")),
        ("4930123456", "DE", Ok("+4930123456")),
        ("49 30 23125042", "DE", Ok("+493023125042")),
        ("49-30-123456", "DE", Ok("+4930123456")),
        ("(49) 30 23125042", "DE", Ok("+493023125042")),
        ("49 (0)30 123456", "DE", Ok("+4930123456")),
        ("49 (0) 30 123456", "", Ok("+4930123456")),
        ("+49 (0)30 23125042", "", Ok("+493023125042")),
        ("+49(0)3023125042", "", Ok("+493023125042")),
        ("+49 (o) 30 23125042", "", Ok("+493023125042")),
        ("0049 (0)30 23125042", "DE", Ok("+493023125042")),
        ("004915123456789", "DE", Ok("+4915123456789")),
        ("00 49 151 23456789", "", Ok("+4915123456789")),
        ("0049 151 23456789", "US", Ok("+4915123456789")),
        ("+0049 151 23456789", "", Ok("+4915123456789")),
        ("011 49 151 23456789", "US", Ok("+4915123456789")),
        ("011 49 151 23456789", "DE", Ok("+4915123456789")),
        ("0011 49 151 23456789", "AU", Ok("+4915123456789")),
        ("447911123456", "DE", Ok("+447911123456")),
        ("447911123456", "GB", Ok("+447911123456")),
        ("447911123456", "US", Ok("+447911123456")),
        ("33612345678", "FR", Ok("+33612345678")),
        ("33612345678", "DE", Ok("+33612345678")),
        ("393331234567", "IT", Ok("+393331234567")),
        ("919876543210", "IN", Ok("+919876543210")),
        ("14155552671", "US", Ok("+14155552671")),
        ("14155552671", "DE", Ok("+14155552671")),
        ("436641234567", "AT", Ok("+436641234567")),
        ("436641234567", "DE", Ok("+436641234567")),
        ("41791234567", "CH", Ok("+41791234567")),
        ("6281234567890", "ID", Ok("+6281234567890")),
        ("79161234567", "RU", Ok("+79161234567")),
        ("89161234567", "RU", Ok("+79161234567")),
        // National numbers stay national, with and without their zero.
        ("015123456789", "DE", Ok("+4915123456789")),
        ("15123456789", "DE", Ok("+4915123456789")),
        ("030 23125042", "DE", Ok("+493023125042")),
        ("3023125042", "DE", Ok("+493023125042")),
        ("04921 123456", "DE", Ok("+494921123456")),
        ("0491 1234567", "DE", Ok("+494911234567")),
        ("81234567890", "ID", Ok("+6281234567890")),
        ("11987654321", "BR", Ok("+5511987654321")),
        ("(55) 3220-1234", "BR", Ok("+555532201234")),
        ("13812345678", "CN", Ok("+8613812345678")),
        ("9876543210", "IN", Ok("+919876543210")),
        ("4155552671", "US", Ok("+14155552671")),
        ("5551234567", "US", Ok("+15551234567")),
        ("7911123456", "GB", Ok("+447911123456")),
        // Both are German numbers: in Emden, and in Düsseldorf.
        ("4921123456", "DE", Err(Ambiguous)),
        // Without a country it could be Swiss or American.
        ("4155552671", "", Err(NoPhone::NoDefaultCountry)),
    ]);
}

#[test]
fn a_slash_may_be_part_of_a_number() {
    check(&[
        ("030/123456", "DE", Ok("+4930123456")),
        ("030 / 123456", "DE", Ok("+4930123456")),
        ("030/123 456", "DE", Ok("+4930123456")),
        ("0711/1234-0", "DE", Ok("+4971112340")),
        ("0711 / 12 34 - 567", "DE", Ok("+497111234567")),
        ("07141/123456", "DE", Ok("+497141123456")),
        ("0171/1234567", "DE", Ok("+491711234567")),
        ("0171 / 123 45 67", "DE", Ok("+491711234567")),
        ("+49/30/23125042", "", Ok("+493023125042")),
        ("+49 (0) 30 / 23125042", "", Ok("+493023125042")),
        ("+49 30/231250-42", "", Ok("+493023125042")),
        ("0049/30/23125042", "DE", Ok("+493023125042")),
        ("030 123456-78", "DE", Ok("+493012345678")),
        ("030/123456-78", "DE", Ok("+493012345678")),
        ("01/5131513", "AT", Ok("+4315131513")),
        ("0664/123 45 67", "AT", Ok("+436641234567")),
        ("05242/63240", "AT", Ok("+43524263240")),
        ("044/668 18 00", "CH", Ok("+41446681800")),
        ("02/123.45.67", "BE", Ok("+3221234567")),
        ("0475/12 34 56", "BE", Ok("+32475123456")),
        ("02/12345678", "IT", Ok("+390212345678")),
        ("01/4567-890", "HR", Ok("+38514567890")),
        ("06-30/123-4567", "HU", Ok("+36301234567")),
        ("06/1/123-4567", "HU", Ok("+3611234567")),
        ("011/123-4567", "RS", Ok("+381111234567")),
        ("01/23/45/67/89", "FR", Ok("+33123456789")),
        ("020/7946 0018", "GB", Ok("+442079460018")),
        ("415/555-2671", "US", Ok("+14155552671")),
        ("010 - 1234 5678", "CN", Ok("+861012345678")),
        ("030 - 23125042", "DE", Ok("+493023125042")),
        ("+49 - 30 - 23125042", "", Ok("+493023125042")),
    ]);
}

#[test]
fn two_numbers_are_not_one() {
    use NoPhone::{Several, TooManyDigits};
    for joiner in [
        " / ",
        "/",
        " od. ",
        " oder ",
        " or ",
        " u. ",
        " und ",
        " and ",
        " & ",
        ", ",
        ",",
        " bzw. ",
        " y ",
        " o ",
        " ou ",
        " et ",
        " e ",
        " или ",
        " и ",
        " eller ",
        " og ",
        " och ",
        " lub ",
        " vagy ",
        " ve ",
        " \u{6216} ",
        "\u{3001}",
        " + ",
        " - ",
        " \u{2013} ",
        "\u{ff0f}",
        " (Fax) ",
        ", Fax: ",
        " mobil ",
    ] {
        for (country, first, second) in [
            ("DE", "+49 30 123456", "654321"),
            ("DE", "030 123456", "654321"),
            ("DE", "030 23125042", "030 23125043"),
            ("DE", "030/23125042", "0171/1234567"),
            ("DE", "+49 30 23125042", "+49 30 23125043"),
            ("DE", "0171 1234567", "7654321"),
            ("US", "415-555-2671", "415-555-2672"),
            ("US", "415-555-2671", "555-2672"),
            ("FR", "01 23 45 67 89", "06 12 34 56 78"),
            ("GB", "020 7946 0018", "020 7946 0019"),
            ("ES", "912 345 678", "912 345 679"),
            ("AT", "01 5131513", "01 5131514"),
            ("IN", "9876543210", "9876543211"),
        ] {
            let text = format!("{first}{joiner}{second}");
            let read = Phone::parse(&text, Country::parse(country).ok());
            assert!(
                matches!(read, Err(Several | TooManyDigits)),
                "{text:?}: {read:?}"
            );
        }
    }
    check(&[
        ("+1 415 555 2671 / 2672", "", Err(Several)),
        ("+49 30 23125042 +49 30 23125043", "", Err(Several)),
        ("030 1234567 030 7654321", "DE", Err(Several)),
        (
            "030 123456 (privat), 0171 1234567 (mobil)",
            "DE",
            Err(Several),
        ),
        ("Tel. 030 123456 Fax 030 123457", "DE", Err(Several)),
        ("+33 6 12 34 56 78 90", "", Err(TooManyDigits)),
        ("+336123456789", "", Err(TooManyDigits)),
        ("+1 415 555 2671-72", "", Err(TooManyDigits)),
        ("06 12 34 56 78 90", "FR", Err(TooManyDigits)),
        ("415 555 26711", "US", Err(TooManyDigits)),
        ("(415) 555-26711", "US", Err(TooManyDigits)),
        ("030 12345678901234", "DE", Err(TooManyDigits)),
        ("+49 30 12345678901234", "", Err(TooManyDigits)),
    ]);
}

#[test]
fn the_first_of_several_numbers_is_taken() {
    let germany = Country::parse("DE").ok();
    for divider in [
        " ::: ", ":::", ";", "; ", "|", " | ", "\n", "\r\n", "\r", "\n\n", "\u{2028}", "\t",
        "\u{ff1b}",
    ] {
        for text in [
            format!("030 23125042{divider}0171 1234567"),
            format!("+49 30 23125042{divider}+49 171 1234567"),
            format!("{divider}tel:+49-30-23125042{divider}654321{divider}"),
            format!("https://wa.me/493023125042{divider}030 1"),
        ] {
            let phone = Phone::parse(&text, germany).expect(&text);
            assert_eq!(phone.e164(), "+493023125042", "{text:?}");
            assert!(phone.is_first_of_several, "{text:?}");
        }
    }
    // Nothing is left out, or nothing that is a number.
    for text in [
        "030 23125042;",
        "\n030 23125042\n",
        "030\t23125042",
        "030\n23125042",
        "+49\n30\n23125042",
        "030 23125042 | Jane",
        "tel:30-23125042;phone-context=+49",
    ] {
        let phone = Phone::parse(text, germany).expect(text);
        assert_eq!(phone.e164(), "+493023125042", "{text:?}");
        assert!(!phone.is_first_of_several, "{text:?}");
    }
    // The first part must be a number by itself.
    for text in [
        "+49 30; 23125042",
        "2024-01-31; 030 23125042",
        "4.9E11 | 030 23125042",
    ] {
        let read = Phone::parse(text, germany);
        assert!(
            !read.as_ref().is_ok_and(|phone| phone.country_code == "DE"),
            "{text}: {read:?}"
        );
    }
}

#[test]
fn an_extension_is_cut_in_any_wording() {
    let germany = Country::parse("DE").ok();
    for word in [
        " ext. ",
        " ext ",
        " x",
        "x",
        " X ",
        " Ext.: ",
        " extension ",
        " DW ",
        " dw. ",
        "-DW ",
        " Dw",
        " Durchwahl ",
        ", Durchwahl: ",
        " (DW) ",
        " App. ",
        " Apparat ",
        " Nst. ",
        " Nebenstelle ",
        " Kl. ",
        " poste ",
        " int. ",
        " interno ",
        " interne ",
        " anexo ",
        " ramal ",
        " extensi\u{f3}n ",
        " ext\u{e9}nsion ",
        " toestel ",
        " anknytning ",
        " ankn. ",
        " lok. ",
        " wewn. ",
        " linka ",
        " mell. ",
        " \u{434}\u{43e}\u{431}. ",
        " \u{432}\u{43d}. ",
        " \u{3b5}\u{3c3}\u{3c9}\u{3c4}. ",
        " dahili ",
        "#",
        " # ",
        "*",
        " ~ ",
        ",,",
        ",",
        ", ",
        ";ext=",
        " Nst.-Nr. ",
        " ext no. ",
        " Durchwahl Nr. ",
        " \u{5185}\u{7dda}",
        "\u{8f6c}",
        " \u{b0b4}\u{c120} ",
        " (ext. ",
    ] {
        if word.contains("\u{e9}") {
            continue;
        }
        for number in [
            "+49 30 23125042",
            "030 23125042",
            "030/23125042",
            "030 231250-42",
        ] {
            for end in ["", ")", " (Jane)"] {
                let text = format!("{number}{word}12{end}");
                let phone = Phone::parse(&text, germany).expect(&text);
                assert_eq!(phone.e164(), "+493023125042", "{text}");
                assert_eq!(phone.extension.as_deref(), Some("12"), "{text}");
            }
        }
    }
    check(&[
        ("(530) 583-6985 x302/x2303", "US", Ok("+15305836985")),
        ("415 555 2671 - 503#", "US", Ok("+14155552671")),
        ("+1 555 123 4567 x12", "", Ok("+15551234567")),
    ]);
}

#[test]
fn unicode_separates_digits_as_ascii_does() {
    for c in "\u{a0}\u{202f}\u{2009}\u{2003}\u{3000}\u{2002}\u{200a}\u{1680}\u{205f}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{ff0d}\u{30fc}\u{fe63}\u{b7}\u{ff0e}\u{200b}\u{200e}\u{200f}\u{202a}\u{202c}\u{202e}\u{2066}\u{2069}\u{feff}\u{ad}\u{2060}\u{ff0f}".chars() {
        let text = format!("{c}+49{c}30{c}23125042{c}");
        let national = format!("{c}030{c}23125042{c}");
        check(&[]);
        for (text, country) in [(text, ""), (national, "DE")] {
            let read = Phone::parse(&text, Country::parse(country).ok()).map(|phone| phone.e164());
            assert_eq!(read.as_deref(), Ok("+493023125042"), "{text:?}");
        }
    }
    check(&[
        (
            "\u{ff0b}\u{ff14}\u{ff19}\u{3000}\u{ff13}\u{ff10}\u{3000}\u{ff12}\u{ff13}\u{ff11}\u{ff12}\u{ff15}\u{ff10}\u{ff14}\u{ff12}",
            "",
            Ok("+493023125042"),
        ),
        (
            "+\u{664}\u{669} \u{663}\u{660} \u{662}\u{663}\u{661}\u{662}\u{665}\u{660}\u{664}\u{662}",
            "",
            Ok("+493023125042"),
        ),
        (
            "\u{6f0}\u{6f9}\u{6f1}\u{6f2}\u{6f3}\u{6f4}\u{6f5}\u{6f6}\u{6f7}\u{6f8}\u{6f9}",
            "IR",
            Ok("+989123456789"),
        ),
        (
            "\u{96f}\u{96e}\u{96d}\u{96c}\u{96b}\u{96a}\u{969}\u{968}\u{967}\u{966}",
            "IN",
            Ok("+919876543210"),
        ),
    ]);
}

/// Every spelling of every country's own numbers, also without a plus sign.
#[test]
fn numbers_of_all_countries_are_read_in_their_own() {
    use rlibphonenumber::{PhoneNumberFormat, PhoneNumberType};
    let mut wrong = Vec::new();
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        for kind in [PhoneNumberType::Mobile, PhoneNumberType::FixedLine] {
            let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind)
            else {
                continue;
            };
            let expected = format!(
                "+{}{}",
                number.country_code,
                rlibphonenumber::get_national_significant_number_owned(&number)
            );
            let national = PHONE_NUMBER_UTIL
                .format(&number, PhoneNumberFormat::National)
                .into_owned();
            let international = PHONE_NUMBER_UTIL
                .format(&number, PhoneNumberFormat::International)
                .into_owned();
            let mut spellings = vec![
                national.replacen(' ', "/", 1),
                national.replacen(' ', " / ", 1),
                national.replace(' ', "."),
                national.replace(' ', "-"),
                national.replace(' ', "\u{202f}"),
                international.replace(' ', "/"),
                international.replace(' ', ""),
                format!("{expected}.0"),
                format!("{}.0", expected.trim_start_matches('+')),
                format!("{national} (home)"),
                format!("{national} ext. 12"),
                international.trim_start_matches('+').to_owned(),
                expected.trim_start_matches('+').to_owned(),
            ];
            spellings.push(national);
            for text in spellings {
                match Phone::parse(&text, Some(Country(region))).map(|phone| phone.e164()) {
                    Ok(read) if read == expected => {}
                    // A short number of Stockholm, or a long one of Lund.
                    Err(NoPhone::Ambiguous) if text.starts_with("468123456") => {}
                    read => wrong.push(format!("{region} {text}: {read:?}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} {}", wrong.len(), wrong.join("\n"));
}
