//! E-mail addresses (MAPPING.md, row `email`).

use email_address::{EmailAddress, Options};

use crate::core::error::CrmError;

/// Trimmed and lower-cased, as the server stores addresses (WIRE.md section 4).
pub fn normalize(email: &str) -> String {
    email.trim().to_lowercase()
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

    proptest! {
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
