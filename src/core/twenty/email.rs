//! E-mail addresses (MAPPING.md, row `email`).

use std::borrow::Cow;

use email_address::{EmailAddress, Options};
use url::quirks::{domain_to_ascii, domain_to_unicode};

use crate::core::error::CrmError;

/// Trimmed and lower-cased, as the server stores addresses (WIRE.md section 4).
pub fn normalize(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The one form that all spellings of an address share: lower case, the domain in its ASCII form without a dot at its end.
/// Servers differ in what they store (as it was typed, the ASCII form, or the one in the domain's own script; read in the
/// server's source), so what is compared with a row is always this.
pub fn canonical(address: &str) -> Cow<'_, str> {
    let address = address.trim();
    let plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if address.bytes().all(plain) && !address.ends_with('.') {
        return address.into();
    }
    let lower = address.to_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@') else {
        return lower.into();
    };
    let domain = domain.trim_end_matches('.');
    let ascii = domain_to_ascii(domain);
    let ascii = match ascii.is_empty() {
        true => domain,
        false => &ascii,
    };
    format!("{local}@{ascii}").into()
}

/// Every way in which a row may hold the (normalised) address, itself first: look-ups ask for all of them.
pub fn spellings(address: &str) -> Vec<String> {
    let mut spellings = vec![address.to_owned()];
    if address.is_ascii() && !address.contains("xn--") {
        return spellings;
    }
    if let Some((local, domain)) = address.rsplit_once('@') {
        for domain in [domain_to_ascii(domain), domain_to_unicode(domain)] {
            let spelling = format!("{local}@{domain}");
            if !domain.is_empty() && !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
    }
    spellings
}

/// Whether the server would take the (normalised) address. It takes no quoted local part, no blanks and no domain without a dot, and refuses the
/// whole batch for one bad address (transcript 483), so the check must not be laxer than the server's.
pub fn is_valid(email: &str) -> bool {
    let options = Options::default()
        .without_display_text()
        .without_domain_literal();
    !email.contains(|c: char| c == '"' || c.is_whitespace() || c.is_control())
        && EmailAddress::parse_with_options(email, options)
            .is_ok_and(|address| address.domain().contains('.'))
}

/// The refusal of an address that is none.
pub fn invalid(email: &str) -> CrmError {
    let message = if email.is_empty() {
        "email must not be blank".to_owned()
    } else {
        let shown: String = email.chars().take(100).collect();
        format!("email is not an e-mail address: \"{shown}\"")
    };
    CrmError::validation("email", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        let good = [
            "jane@example.com",
            "j.o'neil+tag@sub.example.co.uk",
            "jos\u{e9}@b\u{fc}cher.de",
            "a@b.c",
        ];
        let bad = [
            "",
            "nope",
            "not an email",
            "@example.com",
            "jane@",
            "jane@@example.com",
            "jane@exa mple.com",
            "\"jane doe\"@example.com",
            "Jane <jane@example.com>",
            "jane@example.com,joe@example.com",
            "jane@[127.0.0.1]",
            "jane.@example.com",
            "jane@.com",
            "jane\n@example.com",
        ];
        for email in good {
            assert!(is_valid(&normalize(email)), "{email}");
        }
        for email in bad {
            assert!(!is_valid(&normalize(email)), "{email}");
        }
        assert_eq!(normalize("  Jane@Example.COM\n"), "jane@example.com");
    }

    #[test]
    fn a_domain_in_its_own_script_is_one_address_with_its_ascii_form() {
        let (letters, ascii) = ("jane@b\u{fc}cher.de", "jane@xn--bcher-kva.de");
        for spelling in [
            letters,
            ascii,
            "Jane@B\u{dc}CHER.de.",
            " JANE@XN--BCHER-KVA.DE ",
        ] {
            assert_eq!(canonical(spelling), ascii, "{spelling}");
        }
        assert_eq!(spellings(letters), [letters, ascii]);
        assert_eq!(spellings(ascii), [ascii, letters]);
        assert_eq!(spellings("jane@example.com"), ["jane@example.com"]);
        // Only the domain has two forms.
        assert_eq!(
            spellings("jos\u{e9}@example.com"),
            ["jos\u{e9}@example.com"]
        );
        assert_ne!(
            canonical("jos\u{e9}@example.com"),
            canonical("jose@example.com")
        );
    }

    proptest! {
        #[test]
        fn every_spelling_has_one_canonical_form(email in "[a-z\u{e9}.+]{1,8}@[a-z\u{e4}\u{4f8b}\u{df}-]{1,10}[.](com|de|\u{440}\u{444})") {
            let address = normalize(&email);
            for spelling in spellings(&address) {
                prop_assert_eq!(canonical(&spelling), canonical(&address), "{}", spelling);
                let once = canonical(&spelling);
                prop_assert_eq!(&canonical(&once), &once);
            }
        }

        /// What the server checks (its pattern for addresses, in words): one at sign, no blank, no quote before it, lengths.
        #[test]
        fn nothing_passes_that_the_server_refuses(email in "[a-zA-Z0-9.\"@ +\u{e9}\u{a0}-]{0,30}|\\PC{0,20}@\\PC{0,20}") {
            let email = normalize(&email);
            if is_valid(&email) {
                let (local, domain) = email.split_once('@').expect("has an at sign");
                prop_assert!(!local.contains('"') && (1..=64).contains(&local.chars().count()), "{}", email);
                prop_assert!(!domain.contains('@') && (1..=255).contains(&domain.chars().count()), "{}", email);
                prop_assert!(!email.contains(char::is_whitespace), "{}", email);
            }
        }

        #[test]
        fn normalising_twice_changes_nothing(email in any::<String>()) {
            let once = normalize(&email);
            prop_assert_eq!(normalize(&once), once);
        }
    }
}
