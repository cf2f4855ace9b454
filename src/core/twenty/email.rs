//! E-mail addresses (MAPPING.md, row `email`).

use email_address::{EmailAddress, Options};

use crate::core::error::CrmError;

/// Trimmed and lower-cased, as the server stores addresses (WIRE.md section 4).
pub fn normalize(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether the server would take the (normalised) address. It takes no quoted local part and no blanks, and refuses the
/// whole batch for one bad address (transcript 483), so the check must not be laxer than the server's.
pub fn is_valid(email: &str) -> bool {
    let options = Options::default()
        .without_display_text()
        .without_domain_literal();
    !email.contains(|c: char| c == '"' || c.is_whitespace() || c.is_control())
        && EmailAddress::parse_with_options(email, options).is_ok()
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
