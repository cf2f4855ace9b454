//! Numbers whose country depends on the version of the numbering plans, so that ours may differ from the server's.

/// Calling codes and first digits of numbers that older numbering plans assign to Kazakhstan, Western Sahara and
/// Réunion, newer ones to Russia, Morocco and Mayotte. Servers use either version (libphonenumber-js 1.10 to 1.13,
/// compared over 800,000 numbers of all shared calling codes), and only they know which.
const REASSIGNED: [(i32, &str); 4] = [(7, "33"), (212, "5288"), (212, "5289"), (262, "9769")];

/// Whether the number is one of these.
pub fn is_reassigned(calling: i32, national: &str) -> bool {
    let begins = |&(code, digits): &(i32, &str)| code == calling && national.starts_with(digits);
    REASSIGNED.iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::super::phone::Phone;

    #[test]
    fn a_country_on_which_plans_differ_is_left_to_the_server() {
        for (text, calling_code) in [
            ("+212 528 841672", "+212"),
            ("+212 528 923981", "+212"),
            ("+7 336 694 34 80", "+7"),
            ("+262 976 99 81 18", "+262"),
        ] {
            let phone = Phone::parse(text, None).expect(text);
            let e164 = text.replace(' ', "");
            assert_eq!(phone.number, e164);
            assert_eq!(phone.country_code, "", "{text}");
            assert_eq!(phone.calling_code, calling_code, "{text}");
        }
        for (text, country) in [
            ("+212 528 231672", "MA"),
            ("+7 343 694 34 80", "RU"),
            ("+7 701 123 45 67", "KZ"),
            ("+262 692 12 34 56", "RE"),
            ("+262 269 60 12 34", "YT"),
        ] {
            let phone = Phone::parse(text, None).expect(text);
            assert_eq!(phone.country_code, country, "{text}");
        }
    }
}
