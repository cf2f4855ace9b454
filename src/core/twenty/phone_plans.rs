//! Where numbering plans differ from each other, and a country that is sent may not be the server's.

/// Calling codes, with the first digits of numbers that older numbering plans give to another of their countries than
/// newer ones do: to Kazakhstan, Western Sahara and Réunion. Servers have either (libphonenumber-js 1.10 to 1.13, tried
/// with 800,000 numbers of all shared calling codes), and only they can say which.
const REASSIGNED: [(i32, &str); 4] = [(7, "33"), (212, "5288"), (212, "5289"), (262, "9769")];

/// Whether the number is one of those.
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
            ("+7 336 694 34 80", "+7"),
            ("+262 976 99 81 18", "+262"),
        ] {
            let phone = Phone::parse(text, None).expect(text);
            let e164 = text.replace(' ', "");
            assert_eq!(phone.number, e164);
            assert_eq!(phone.country_code, "", "{text}");
            assert_eq!(phone.calling_code, calling_code, "{text}");
        }
        let phone = Phone::parse("+212 522 841672", None).expect("a number");
        assert_eq!((&*phone.number, &*phone.country_code), ("522841672", "MA"));
    }
}
