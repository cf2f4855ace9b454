//! E-mail addresses (`docs/twenty/mapping.md#person`).

use std::borrow::Cow;

use email_address::{EmailAddress, Options};
use url::quirks::{domain_to_ascii, domain_to_unicode};

use super::nfc::{composed, decomposed};
use super::{invisible, multi_value};
use crate::core::error::CrmError;

/// Removes spaces and invisible characters at the ends, lower-cases the address as the server does, and composes
/// accents (RFC 6532).
pub fn normalize(email: &str) -> String {
    composed(&invisible::trim(email).to_lowercase()).into_owned()
}

/// The normalised form, which all spellings of an address share: lower case, the domain in ASCII without a final dot.
/// Servers store different forms (as typed, in ASCII, or in the domain's own script, according to their source), so
/// addresses are always compared in this form.
pub fn canonical(address: &str) -> Cow<'_, str> {
    let address = address.trim();
    let plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if address.bytes().all(plain) && !address.ends_with('.') {
        return address.into();
    }
    let lower = normalize(address);
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

/// All spellings of the (normalised) address that a row may have, starting with itself; look-ups ask for all of them.
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
    // A row from another program may have the local part with separate accents.
    let apart: Vec<String> = spellings
        .iter()
        .filter_map(|spelling| {
            let (local, domain) = spelling.rsplit_once('@')?;
            Some(format!("{}@{domain}", decomposed(local)))
        })
        .filter(|apart| !spellings.contains(apart))
        .collect();
    spellings.extend(apart);
    spellings
}

/// Whether the server accepts the (normalised) address. It refuses quoted local parts, spaces, and domains without a
/// dot. One bad address makes it refuse the whole batch, so this check must be at least as strict.
pub fn is_valid(email: &str) -> bool {
    let options = Options::default()
        .without_display_text()
        .without_domain_literal();
    !email.contains(|c: char| c == '"' || c.is_whitespace() || c.is_control())
        && EmailAddress::parse_with_options(email, options)
            .is_ok_and(|address| address.domain().contains('.'))
}

/// The error for an invalid address.
pub fn invalid(email: &str) -> CrmError {
    if email.is_empty() {
        return CrmError::validation("email", "email must not be blank");
    }
    let shown: String = email
        .chars()
        .take(100)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let message = match invisible::describe(email) {
        _ if multi_value::has_several_addresses(email) => {
            format!("email looks like several addresses: \"{shown}\". Give one")
        }
        Some(what) => format!("email contains {what}. Remove it"),
        None => format!("email is not an e-mail address: \"{shown}\""),
    };
    CrmError::validation("email", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn valid_and_invalid_addresses_are_distinguished() {
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
            ["jos\u{e9}@example.com", "jose\u{301}@example.com"]
        );
        assert_ne!(
            canonical("jos\u{e9}@example.com"),
            canonical("jose@example.com")
        );
    }

    #[test]
    fn decomposed_and_composed_emails_are_equal() {
        let (composed, apart) = ("jan\u{e9}@b\u{fc}cher.de", "Jane\u{301}@bu\u{308}cher.de");
        assert_eq!(normalize(apart), composed);
        assert_eq!(canonical(apart), canonical(composed));
        assert!(is_valid(&normalize(apart)));
        assert_eq!(
            spellings(&normalize(apart)),
            [
                composed,
                "jan\u{e9}@xn--bcher-kva.de",
                "jane\u{301}@b\u{fc}cher.de",
                "jane\u{301}@xn--bcher-kva.de",
            ]
        );
        for spelling in spellings(composed) {
            assert_eq!(canonical(&spelling), canonical(composed), "{spelling}");
        }
    }

    #[test]
    fn invisible_characters_are_trimmed_or_named() {
        for text in [
            "\u{feff}jane@x.example",
            "jane@x.example\u{200b}",
            "\u{202a} jane@x.example \u{202c}\n",
            "\u{ad}jane@x.example\u{2060}",
        ] {
            assert_eq!(normalize(text), "jane@x.example");
            assert_eq!(canonical(text), "jane@x.example");
        }
        let cases = [
            (
                "jane\u{200b}@x.example",
                "email contains an invisible character, ZERO WIDTH SPACE (U+200B), after \"jane\". Remove it",
            ),
            (
                "jane@x\u{ad}.example",
                "email contains an invisible character, SOFT HYPHEN (U+00AD), after \"jane@x\". Remove it",
            ),
            (
                "jane\u{feff}@x.example",
                "email contains an invisible character, ZERO WIDTH NO-BREAK SPACE, also called byte order mark (U+FEFF), after \"jane\". Remove it",
            ),
        ];
        for (text, message) in cases {
            let address = normalize(text);
            assert!(!is_valid(&address), "{text:?}");
            assert_eq!(invalid(&address).message, message);
        }
    }

    #[test]
    fn two_addresses_in_one_value_are_reported() {
        for divider in [
            "\n", "\r\n", "\t", ";", "; ", ",", ", ", " | ", " ::: ", " / ", "/", " ", " or ",
        ] {
            let address = normalize(&format!("jane@x.example{divider}joe@y.example"));
            assert!(!is_valid(&address), "{address:?}");
            let message = invalid(&address).message;
            assert!(
                message.starts_with("email looks like several addresses: "),
                "{message}"
            );
            assert!(!message.contains(char::is_control), "{message:?}");
        }
        for one in ["jane@@x.example", "Jane <jane@x.example>", "jane", "jane@x"] {
            assert!(!invalid(one).message.contains("several"), "{one}");
        }
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

        /// The server's check, in words: one at sign, no space, no quote before it, maximum lengths.
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
